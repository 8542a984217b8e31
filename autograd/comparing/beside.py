"""Beside: two aligned graphs, node beside node, and where they part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from autograd.comparing.alignment import Alignment
from autograd.comparing.differences import Difference, Kind, apart
from autograd.graph import Node
from autograd.view.names import names

Names = Mapping[Node, str]
Adjoints = Mapping[Node, Any]


class Beside:
    """Two aligned graphs, node beside node."""

    def __init__(self, alignment: Alignment, roots: tuple[Node, Node], ulps: float | None) -> None:
        self.alignment, self.roots, self.ulps = alignment, roots, ulps
        self.ours, self.theirs = (outline.nodes for outline in alignment.outlines)

    @cached_property
    def called(self) -> tuple[Names, Names]:
        """What every view calls the nodes; not looked at where nothing differs."""
        return names(self.roots[0]), names(self.roots[1])

    def forward(self, pairs: Sequence[tuple[int, int]]) -> list[Difference]:
        """Differences of structure and of values, in the order in which the first graph computes them."""
        placed = [(at, self._difference("structure", i, j, what=what)) for at, i, j, what in self._structure()]
        for i, j in pairs:
            found = self._of_numbers("value", i, j, self.ours[i]._data, self.theirs[j]._data)
            if found is not None:
                placed.append((float(i), found))
        return [found for _, found in sorted(placed, key=lambda pair: pair[0])]

    def backward(self, pairs: Sequence[tuple[int, int]], ours: Adjoints, theirs: Adjoints) -> Iterator[Difference]:
        """Differences of gradients, in the order of a backward pass; what a pass does not reach has the gradient 0."""
        for i, j in reversed(pairs):
            a, b = self.ours[i], self.theirs[j]
            if a not in ours and b not in theirs:
                continue
            own, other = (ours[a] if a in ours else _zeros(a)), (theirs[b] if b in theirs else _zeros(b))
            found = self._of_numbers("gradient", i, j, own, other)
            if found is not None and found.kind == "gradient":
                yield found

    def _difference(self, kind: Kind, i: int | None, j: int | None, **more: Any) -> Difference:
        first, second = None if i is None else self.ours[i], None if j is None else self.theirs[j]
        own, other = ("" if x is None else called[x] for x, called in zip((first, second), self.called, strict=True))
        return Difference(kind, first, second, own, other, **more)

    def _of_numbers(self, kind: Kind, i: int, j: int, x: Any, y: Any) -> Difference | None:
        found = apart(x, y)
        if found is None:
            return self._difference("structure", i, j, what=f"shape {np.shape(x)} against {np.shape(y)}")
        if found.ulps <= (found.rounding if self.ulps is None else self.ulps):
            return None
        numbers, dtype = found.numbers, found.dtype
        return self._difference(kind, i, j, numbers=numbers, ulps=found.ulps, index=found.index, dtype=dtype)

    def _structure(self) -> Iterator[tuple[float, int | None, int | None, str]]:
        """Nodes that another stands for, and nodes in one graph alone, each with its place in the first graph."""
        replaced = self.alignment.replaced
        for i, j in replaced:
            yield float(i), i, j, f"{_kind(self.ours[i])} against {_kind(self.theirs[j])}"
        known = {i for i, _ in replaced}, {j for _, j in replaced}
        here = [float(i) for i in range(len(self.ours))]
        for i, partner in enumerate(self.alignment.of_first):
            if partner is None and i not in known[0]:
                yield self._told(0, i, here), i, None, f"{_kind(self.ours[i])} in the first alone"
        there = self._places_of_second()
        for j, partner in enumerate(self.alignment.of_second):
            if partner is None and j not in known[1]:
                yield self._told(1, j, there), None, j, f"{_kind(self.theirs[j])} in the second alone"

    def _told(self, side: int, place: int, places: Sequence[float]) -> float:
        """Where a node is told of: a leaf with the op that uses it, and after that."""
        outline = self.alignment.outlines[side]
        if outline.parents[place] or not outline.children[place]:
            return places[place]
        return places[outline.children[place][0][0]] + 0.25

    def _places_of_second(self) -> list[float]:
        """Where the nodes of the second graph would stand in the first: before what is computed after them."""
        places, ahead = [], float(len(self.ours))
        partners = self.alignment.of_second
        for partner in reversed(partners):
            ahead = float(partner) if partner is not None else ahead
            places.append(ahead if partner is not None else ahead - 0.5)
        return places[::-1]


def _zeros(node: Node) -> Any:
    return 0.0 if node._data.__class__ is float else np.zeros_like(node._data)


def _kind(node: Node) -> str:
    if node.op is not None:
        return node.op.name
    return "a variable" if node.requires_grad else "a constant"
