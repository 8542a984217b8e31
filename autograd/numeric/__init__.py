"""Numerical differentiation: forward, central, Richardson's extrapolation and the complex step (textbook, 4.5.1)."""

from autograd.numeric.against_step import ErrorAgainstStep, error_against_step
from autograd.numeric.derivatives import METHODS, Estimate, derivative, estimate, estimates, gradient, jacobian

__all__ = [
    "METHODS", "ErrorAgainstStep", "Estimate", "derivative", "error_against_step", "estimate", "estimates", "gradient",
    "jacobian",
]  # fmt: skip
