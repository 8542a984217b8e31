"""Algebra: the operators + − × ÷ and powers of a node that is no number, one row of the table each."""

from __future__ import annotations

from typing import Any

from autograd import ops
from autograd.graph import Node


class Algebra(Node):
    """A kind of node that rules can be run on: its operators are rows, and `apply` says what becomes of them."""

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        return ops.add(self, other)

    def __radd__(self, other: Any) -> Any:
        return ops.add(other, self)

    def __mul__(self, other: Any) -> Any:
        return ops.mul(self, other)

    def __rmul__(self, other: Any) -> Any:
        return ops.mul(other, self)

    def __neg__(self) -> Any:
        return self * -1.0

    def __pos__(self) -> Any:
        return self

    def __sub__(self, other: Any) -> Any:
        return self + -other

    def __rsub__(self, other: Any) -> Any:
        return other + -self

    def __truediv__(self, other: Any) -> Any:
        return ops.divide(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return ops.divide(other, self)

    def __pow__(self, other: Any) -> Any:
        return ops.pow(self, other)

    def __rpow__(self, other: Any) -> Any:
        return ops.pow(other, self)

    def __abs__(self) -> Any:
        return ops.abs(self)

    def sigmoid(self) -> Any:
        """The row logistic of this node."""
        return ops.logistic(self)
