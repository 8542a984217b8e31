"""Writing: the graph that a run of a function left, as the forward part of a listing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from autograd.graph import MANY, Node, ancestry
from autograd.program.listing import Listing
from autograd.program.reversing import Wanted
from autograd.tensor import Tensor

_NEITHER, _LEFT, _RIGHT, _BOTH = (False, False), (True, False), (False, True), (True, True)
_ONE, _NONE = (True,), (False,)


def walked(roots: Sequence[Node], differentiable: bool = False) -> list[Node]:
    """The ancestry of several roots, one after the other, without plain numbers."""
    if len(roots) == 1:
        return ancestry(roots[0], differentiable=differentiable, numbers=False)
    ends = Node()  # a child of all roots, to walk from
    ends.join(roots, [True] * len(roots))
    return ancestry(ends, differentiable=differentiable, numbers=False)[:-1]


class Written:
    """A listing made of nodes in order; where each node is, and which operands of each a derivative goes on to."""

    def __init__(self, order: Sequence[Node], inputs: Sequence[Node], names: Sequence[str]) -> None:
        self.listing = Listing(list(names))
        self.places: dict[Any, int] = {node: i for i, node in enumerate(inputs)}
        self.wanted: list[Wanted] = []
        self._known: dict[float, int] = {}
        self._detour = False  # whether there is an operand that varies and that no derivative goes on to
        self._write(order)
        self.listing.forward = len(self.listing.instructions)

    def _write(self, order: Sequence[Node]) -> None:
        """The hot path of recording: two hundred thousand nodes of a large program pass here."""
        places, constant, place = self.places, self._constant, len(self.places)
        lines, want = self.listing.instructions, self.wanted.append
        add_op, add_operands = lines.ops.append, lines.operands.append
        known = self._known.get
        for node in order:
            op = node.op
            if op is None:
                if node not in places:
                    places[node] = constant(node._data)
                continue
            left, right = node._left, node._right
            # A number that was met before is found at once; 0 and nan, which are told apart by bits, are not.
            if right is None:
                a = (known(left) or constant(left)) if left.__class__ is float else places[left]
                add_operands((a,))
                wanted: Wanted = _ONE if node._d_left is not None else _NONE
            elif right is MANY:
                add_operands(self._operands_of_many(node))
                if parameters := getattr(node, "_parameters", None):
                    lines.parameters[len(lines)] = parameters
                wanted = tuple([edge is not None for edge in node._d_left])
            else:
                a = (known(left) or constant(left)) if left.__class__ is float else places[left]
                b = (known(right) or constant(right)) if right.__class__ is float else places[right]
                add_operands((a, b))
                if node._d_left is not None:
                    wanted = _BOTH if node._d_right is not None else _LEFT
                else:
                    wanted = _RIGHT if node._d_right is not None else _NEITHER
            add_op(op)
            want(wanted)
            if not node._requires_grad and self._varies(left, right):
                self._detour = True
                if op.derivable:
                    self.listing.apart.add(place)
            places[node] = place
            place += 1
        lines.origins = [None] * len(lines)

    def _operands_of_many(self, node: Node) -> tuple[int, ...]:
        """The places of more than two operands."""
        operands = tuple([self.places[p] if isinstance(p, Node) else self._constant(p) for p in node._left])
        self._detour = self._detour or any(
            edge is None and isinstance(p, Node) and p._requires_grad
            for edge, p in zip(node._d_left, node._left, strict=True)
        )
        return operands

    def _constant(self, x: Any) -> int:
        if x.__class__ is float and x == x and x != 0.0:
            place = self._known.get(x)
            if place is None:
                place = self._known[x] = self.listing.constant(x)
            return place
        return self.listing.constant(x)

    def _varies(self, left: Any, right: Any) -> bool:
        operands = left if right is MANY else (left, right)
        return any(isinstance(x, Node) and x._requires_grad for x in operands)

    def walk(self, root: Any) -> Iterable[int]:
        """The places that a backward pass goes over, children before parents, in the very order of the engine's."""
        first = len(self.listing.inputs)
        if not isinstance(root, Node) or not root.requires_grad:
            return ()
        if not self._detour and not self.listing.guards:
            return range(self.listing.last - 1, first - 1, -1)
        nodes = reversed(walked([root], differentiable=True))
        return [self.places[node] for node in nodes if node.op is not None]

    def note_shapes(self) -> None:
        """Says of every place that holds an array its shape and dtype."""
        listing = self.listing
        listing.shapes = {p: (x._data.shape, x._data.dtype) for x, p in self.places.items() if isinstance(x, Tensor)}
        numbers = enumerate(listing.constants)
        listing.shapes |= {~i: (x.shape, x.dtype) for i, x in numbers if isinstance(x, np.ndarray)}
