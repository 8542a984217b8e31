"""Compiled training: a step recorded once, run by NumPy, by lanes or in machine code."""
