"""Hypothesis strategies for property tests of functions and their gradients; an extra, glassgrad[checking]."""

from autograd.checking.strategies.arrays import LAYOUTS, arrays, shapes, tensors
from autograd.checking.strategies.expressions import expressions
from autograd.checking.strategies.numbers import floats, values

__all__ = ["LAYOUTS", "arrays", "expressions", "floats", "shapes", "tensors", "values"]
