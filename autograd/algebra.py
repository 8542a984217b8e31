"""Algebra: the operators + − × ÷ and powers of a node that is no number, one row of the table each."""

from __future__ import annotations

from typing import Any, NoReturn

from autograd import ops
from autograd.errors import Detached
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

    # Such a node has no number. A rule that asks for one, or decides by one, would hold at some point and not at all.

    def why_undecided(self) -> str:
        """What is told to a rule that decides by this node, and how it should be written."""
        raise NotImplementedError

    def _undecided(self, *_: Any) -> NoReturn:
        raise Detached(self.why_undecided())

    __float__ = __bool__ = __lt__ = __le__ = __gt__ = __ge__ = _undecided

    def __eq__(self, other: object) -> bool:
        return self is other if isinstance(other, Node) else self._undecided()

    __hash__ = object.__hash__

    def sigmoid(self) -> Any:
        """The row logistic of this node."""
        return ops.logistic(self)
