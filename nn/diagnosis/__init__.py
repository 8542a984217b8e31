"""Diagnosis: what a training does with its signals and gradients, layer by layer, and what is wrong with it."""
