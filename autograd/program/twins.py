"""Twins: whether two runs of a function did the same, node by node, and what both took from outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from autograd.graph import MANY, Node
from autograd.program.listing import alike, same


def captured_by_both(order: Sequence[Node], pairs: Iterable[tuple[Any, Any]], inputs: set[Node]) -> list[Node] | None:
    """The leaves that are one and the same in two runs, hence lie outside the function; None where the runs differ.

    `order` is the first run's graph, parents before children; `pairs` are the inputs and roots of one run with those of
    the other. Every node meets its twin where a child of it does, or the two graphs differ.
    """
    twins: dict[Any, Any] = {}
    if not all(_meet(twins, a, b) for a, b in pairs):
        return None
    captured: list[Node] = []
    for a in reversed(order):
        b = twins[a]
        if a.op is not b.op:
            return None
        if a.op is None:
            if a is b:
                captured.append(a)
            elif a not in inputs and not same(a._data, b._data):
                return None
            continue
        left, right, other_left, other_right = a._left, a._right, b._left, b._right
        if right is MANY or other_right is MANY:
            if right is not other_right or len(left) != len(other_left) or not _same_parameters(a, b):
                return None
            if not all(_meet(twins, x, y) for x, y in zip(left, other_left, strict=True)):
                return None
            continue
        # The same for one or two parents, written out: every node of a large program passes here.
        if left.__class__ is float:
            if left != other_left and not same(left, other_left):
                return None
        elif twins.setdefault(left, other_left) is not other_left:
            return None
        if right.__class__ is float:
            if right != other_right and not same(right, other_right):
                return None
        elif right is not None and twins.setdefault(right, other_right) is not other_right:
            return None
    captured.reverse()
    return captured


def _meet(twins: dict[Any, Any], a: Any, b: Any) -> bool:
    """Notes two nodes as twins, or compares two constants; False where they differ."""
    if isinstance(a, Node):
        return isinstance(b, Node) and twins.setdefault(a, b) is b
    return not isinstance(b, Node) and same(a, b)


def _same_parameters(a: Any, b: Any) -> bool:
    return alike(getattr(a, "_parameters", None), getattr(b, "_parameters", None))
