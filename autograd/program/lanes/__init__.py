"""Lanes: a program run on arrays, one number of each for every sample, a block of them at a time."""
