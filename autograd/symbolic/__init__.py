"""Symbolic differentiation: graphs as SymPy expressions, and the table's own rules run on symbols (textbook, 4.5.2)."""

from autograd.symbolic.expressions import derivative, simplify, symbols, sympy_derivative, to_latex, to_sympy

__all__ = ["derivative", "simplify", "symbols", "sympy_derivative", "to_latex", "to_sympy"]
