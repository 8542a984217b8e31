"""Mistake: the gradients of a wrong pass beside the right ones, and the first node at which they part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from textwrap import fill
from typing import Any

import numpy as np

from autograd.graph import Node, ancestry
from autograd.view import datum
from autograd.view.drawing import Drawing, draw
from autograd.view.names import names
from autograd.view.notation import notation
from autograd.view.table import aligned
from autograd.view.text import count

WIDTH = 100  # characters of a line of text
SHOWN = 24  # nodes that a table shows, from the one before the first that is wrong


@dataclass(frozen=True, eq=False, repr=False)
class Mistake:
    """What one mistake does to the gradients of one graph; true where it does anything.

    `right` and `wrong` hold ∂root/∂node for every node that needs a gradient. `first` is the first node, in the order
    of a backward pass, whose gradient is wrong by more than rounding; None where the mistake does no harm here.
    """

    name: str
    root: Node
    right: Mapping[Node, Any]
    wrong: Mapping[Node, Any]
    explanation: str

    @cached_property
    def names(self) -> Mapping[Node, str]:
        """What every view calls the nodes."""
        return names(self.root)

    @cached_property
    def order(self) -> tuple[Node, ...]:
        """The nodes that need a gradient, in the order of a backward pass: children before parents."""
        return tuple(reversed(ancestry(self.root, differentiable=True)))

    @cached_property
    def first(self) -> Node | None:
        """The first node whose gradient is wrong."""
        return next((node for node in self.order if self.is_wrong(node)), None)

    @property
    def table(self) -> str:
        """Every node with its right and its wrong gradient, the root first; of large graphs those around the first."""
        # By identity: nodes are equal by their data, and arrays are neither equal nor not.
        start = max(next((place for place, node in enumerate(self.order) if node is self.first), 0) - 2, 0)
        shown = self.order[start : start + SHOWN]
        rows = [("node", "function", "right", "wrong", "differs"), *map(self._row, shown)]
        rest = len(self.order) - len(shown)
        more = f"\nand {count(rest, 'more node')}" if rest else ""
        return aligned(rows, right=(2, 3), ruled_after=(0,)) + more

    def drawing(self, **options: Any) -> Drawing:
        """The graph with the right gradients, and the first node that is wrong marked."""
        options = {"gradients": self.right, **options}
        if self.first is None:
            return draw(self.root, **options)
        note = f"{self.name}: {self.told(self.wrong, self.first)} in place of {self.told(self.right, self.first)}"
        return draw(self.root, marks={self.first: note}, **options)

    def __bool__(self) -> bool:
        return self.first is not None

    def __str__(self) -> str:
        if self.first is None:
            outcome = "On this graph it does no harm: every gradient is right all the same."
        else:
            told = f"{self.told(self.wrong, self.first)} in place of {self.told(self.right, self.first)}"
            outcome = f"It first shows at {self.names[self.first]}: {told}."
        return f"{self.name}\n{fill(self.explanation, WIDTH)}\n{outcome}\n\n{self.table}"

    __repr__ = __str__

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: the picture, and the text for whoever reads text."""
        return {**self.drawing()._repr_mimebundle_(), "text/plain": str(self)}

    def _row(self, node: Node) -> tuple[str, ...]:
        written = notation(node, [self.names[parent] for parent in node.parents]) or "variable"
        sign = "← first" if node is self.first else "←" if self.is_wrong(node) else ""
        return (self.names[node], written, self.told(self.right, node), self.told(self.wrong, node), sign)

    def told(self, gradients: Mapping[Node, Any], node: Node) -> str:
        """A gradient as text."""
        return datum.size(gradients[node], 6) if node in gradients else "none"

    def is_wrong(self, node: Node) -> bool:
        """Whether the gradient of a node is off by more than rounding."""
        if node not in self.right or node not in self.wrong:
            return (node in self.right) != (node in self.wrong)
        right, wrong = self.right[node], self.wrong[node]
        if right.__class__ is wrong.__class__ is float and right == wrong:  # nearly all, in a hundredth of the time
            return False
        right, wrong = np.asarray(right), np.asarray(wrong)
        rounding = 64.0 * float(np.finfo(right.dtype).eps)
        close = np.isclose(wrong, right, rtol=rounding, atol=rounding * self._largest, equal_nan=True)
        return not bool(close.all())

    @cached_property
    def _largest(self) -> float:
        """The largest gradient of the graph that is finite: what is this far below it is rounding."""
        tops = (np.max(np.abs(g), where=np.isfinite(g), initial=0.0) for g in map(np.asarray, self.right.values()))
        return float(max(tops, default=0.0)) * 1e-3


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Overview:
    """All mistakes on one graph."""

    mistakes: tuple[Mistake, ...]

    def __iter__(self) -> Any:
        return iter(self.mistakes)

    def __len__(self) -> int:
        return len(self.mistakes)

    def __getitem__(self, place: int) -> Mistake:
        return self.mistakes[place]

    def __str__(self) -> str:
        rows = [("mistake", "first wrong node", "right", "wrong", "nodes wrong"), *map(_summary, self.mistakes)]
        return aligned(rows, right=(2, 3, 4), ruled_after=(0,))

    __repr__ = __str__

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: the table."""
        return {"text/plain": str(self)}


def _summary(mistake: Mistake) -> tuple[str, ...]:
    if mistake.first is None:
        return (mistake.name, "no harm here", "", "", "0")
    first, total = mistake.first, sum(map(mistake.is_wrong, mistake.order))
    told = mistake.told(mistake.right, first), mistake.told(mistake.wrong, first)
    return (mistake.name, mistake.names[first], *told, f"{total:,}")
