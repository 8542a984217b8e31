"""Recognition: which mistake explains the gradients that somebody's own backward pass has left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.graph import Node
from autograd.mistakes.mistake import Mistake
from autograd.view.text import count

MOST_PASSES = 100  # whole multiples of a gradient that are taken for passes without zero_grad


@dataclass(frozen=True, eq=False, repr=False)
class Recognition:
    """Gradients beside those of a right pass and of every mistake; true where they are wrong.

    `found` holds them by node, and `mistakes` those that give exactly these. `passes` is above 1 where every one of
    them is that whole multiple of the right one, as after so many passes without `zero_grad()`, and 0 where no
    gradient is stored yet. `first` is the first node, in the order of a backward pass, that is wrong.
    """

    found: Mapping[Node, Any]
    mistakes: Sequence[Mistake]
    passes: int
    first: Node | None
    beside: Mistake

    def __bool__(self) -> bool:
        return self.first is not None

    def __str__(self) -> str:
        own = count(len(self.found), "gradient")
        if self.first is None:
            return f"{own} looked at, and right"
        if not self.passes:
            return (
                "no gradient is stored in its leaves yet: call backward() on the root first, or give those of your "
                "own pass, recognise(root, {node: gradient, …})"
            )
        told = self.beside.told
        difference = (
            f"{self.beside.names[self.first]}: {told(self.found, self.first)} in place of "
            f"{told(self.beside.right, self.first)}"
        )
        if self.passes > 1:
            return (
                f"forgetting zero_grad: every gradient is {self.passes} times the right one, as after {self.passes} "
                f"passes without zero_grad(); {difference}"
            )
        if not self.mistakes:
            return f"wrong, and like no mistake that is known here: first at {difference}"
        if len(self.mistakes) == 1:
            return f"{self.mistakes[0].name}: {difference}. {self.mistakes[0].explanation}"
        lines = [f"  {each.name}: {each.explanation.partition('. ')[0]}" for each in self.mistakes]
        return "\n".join([f"{difference}, which {len(self.mistakes)} mistakes give alike:", *lines])

    __repr__ = __str__

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: the text."""
        return {"text/plain": str(self)}


def unstored(beside: Mistake) -> Recognition | None:
    """What there is to say where no leaf holds a gradient, though some have one; None where one does."""
    leaves = [node for node in beside.order if node.op is None]
    wanted = [node for node in leaves if np.any(beside.right[node])]
    if not wanted or any(node.grad is not None and np.any(node.grad) for node in leaves):
        return None
    return Recognition({}, (), 0, wanted[0], beside)


def recognised(found: Mapping[Node, Any], candidates: Sequence[Mistake]) -> Recognition:
    """The mistakes among the candidates, of one graph, that give what was found wherever something was."""
    beside = candidates[0]
    own = Mistake("", beside.root, beside.right, {**beside.right, **found}, "")
    if own.first is None:
        return Recognition(found, (), 1, None, own)
    alike = [each for each in candidates if all(_close(each, node, each.wrong.get(node), found) for node in found)]
    return Recognition(found, alike, _passes(found, own), own.first, own)


def _passes(found: Mapping[Node, Any], own: Mistake) -> int:
    """The whole number by which all right gradients are multiplied; 1 where there is none."""
    for node in found:
        largest = np.argmax(np.abs(own.right[node]))
        right, other = (float(np.ravel(gradients[node])[largest]) for gradients in (own.right, found))
        if right != 0.0:
            times = round(other / right) if np.isfinite(other / right) else 1
            several = {node: own.right[node] * times for node in found}
            if 1 < times <= MOST_PASSES and all(_close(own, node, several[node], found) for node in found):
                return times
            return 1
    return 1


def _close(beside: Mistake, node: Node, expected: Any, found: Mapping[Node, Any]) -> bool:
    """Whether a gradient that was found is the one expected, up to rounding."""
    return expected is not None and not Mistake("", beside.root, {node: expected}, found, "").is_wrong(node)
