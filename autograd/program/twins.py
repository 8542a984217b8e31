"""Twins: two runs of a function walked side by side, node by node, to see whether they did the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.graph import MANY, Node
from autograd.program.listing import alike, same

Pair = tuple[Any, Any]  # a node of the first run and its twin in the second


def walked_as_twins(ends: Sequence[Pair], inputs: Sequence[Pair]) -> tuple[list[Node], list[Node]] | None:
    """What the first run did, parents before children, and the leaves that both runs share; None where they differ.

    `ends` are what the runs ended in, nodes or constants, and `inputs` their leaves: those are walked to, and are not
    in what is given. Leaves that are one and the same in both lie outside the function.
    """
    if not all(isinstance(b, Node) if isinstance(a, Node) else _are_alike(a, b) for a, b in ends):
        return None
    roots = [pair for pair in ends if isinstance(pair[0], Node)]
    if not roots:
        return [], []
    twins = _Twins(inputs)
    return (twins.order[:-1], twins.shared) if twins.walk(*map(_child, zip(*roots, strict=True))) else None


def _child(roots: Sequence[Node]) -> Node:
    """A node to walk from to all of these."""
    node = Node()
    node.op = None
    node.join(roots, roots)
    return node


class _Twins:
    """A walk over two graphs at once, as far as they are the same."""

    def __init__(self, inputs: Sequence[Pair]) -> None:
        self.order: list[Node] = []  # of the first graph
        self.shared: list[Node] = []
        self._twins: dict[Any, Any] = dict(inputs)

    def walk(self, node: Any, twin: Any) -> bool:
        """Whether every node from here up has one twin, made in the same way.

        It goes as `ancestry` goes. This is a hot path of recording: all nodes of a large program pass here.
        """
        twins, finish = self._twins, self.order.append
        stack: list[Any] = []
        pop, twin_of = stack.pop, twins.get
        while True:
            # Down: leave the node on the stack, under a None and the pairs still to be visited, and go to the first.
            if twin.__class__ is not node.__class__ or node.op is not twin.op:
                return False
            twins[node] = twin
            left, right, other_left, other_right = node._left, node._right, twin._left, twin._right
            if right is MANY or other_right is MANY or left is None:
                waiting = self._waiting(node, twin)
                if waiting is None:
                    return False
                if waiting:
                    stack += (node, None, *waiting[:-2])
                    node, twin = waiting[:-3:-1]
                    continue
            # The same for one or two parents, written out.
            else:
                later = False
                if right is None or right.__class__ is float:
                    if right is not other_right and not _are_alike(right, other_right):
                        return False
                elif (known := twin_of(right)) is None:
                    later = True
                elif known is not other_right:
                    return False
                if left.__class__ is float:
                    if left is not other_left and not _are_alike(left, other_left):
                        return False
                elif (known := twin_of(left)) is None:
                    stack += (node, None, other_right, right) if later else (node, None)
                    node, twin = left, other_left
                    continue
                elif known is not other_left:
                    return False
                if later:
                    stack += (node, None)
                    node, twin = right, other_right
                    continue
            finish(node)
            # Up: a None says that all parents of the node below it are finished.
            while stack:
                node = pop()
                if node is None:
                    finish(pop())
                    continue
                twin = pop()
                known = twin_of(node)
                if known is None:
                    break
                if known is not twin:
                    return False
            else:
                return True

    def _waiting(self, node: Any, twin: Any) -> list[Any] | None:
        """The parents to be visited, the last first, each after its twin; None where the nodes differ."""
        left, other_left = node._left, twin._left
        if left is None:
            if node is twin:
                self.shared.append(node)
            return [] if node is twin or (other_left is None and same(node._data, twin._data)) else None
        if node._right is not twin._right or len(left) != len(other_left) or not _same_parameters(node, twin):
            return None
        waiting: list[Any] = []
        for a, b in zip(reversed(left), reversed(other_left), strict=True):
            if not isinstance(a, Node):
                if not _are_alike(a, b):
                    return None
            elif (known := self._twins.get(a)) is None:
                waiting += (b, a)
            elif known is not b:
                return None
        return waiting


def _are_alike(a: Any, b: Any) -> bool:
    return not isinstance(b, Node) and (a is b or same(a, b))


def _same_parameters(a: Any, b: Any) -> bool:
    return alike(getattr(a, "_parameters", None), getattr(b, "_parameters", None))
