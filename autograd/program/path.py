"""Path: one recording of a function, along the branches that one example took, and the executors that run it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from autograd.graph import Node
from autograd.program import careful
from autograd.program.arrays import Arrays
from autograd.program.floats import Floats
from autograd.program.lanes import Lanes
from autograd.program.listing import Listing
from autograd.program.native import Native, Straight
from autograd.program.passes import simplified
from autograd.program.recording import Recorded

STRAIGHT = "native, straight"
EXECUTORS: dict[str, Callable[[Listing, str], Any]] = {
    "python": Floats, "arrays": Arrays, "numpy": Lanes, "native": Native, STRAIGHT: Straight,
}  # fmt: skip


class Path:
    """A listing, the form of what it gives, and where the leaves come from that the function uses unasked."""

    def __init__(
        self,
        recorded: Recorded,
        given: Sequence[Any],
        owners: dict[Any, tuple[int, str]],
        models: Sequence[int],
        name: str,
    ) -> None:
        self.listing, self.result, self._name = recorded.listing, recorded.result, name
        self.of_arrays, self.differentiable = recorded.of_arrays, recorded.differentiable
        self.has_gradient = any(place is not None for place in self.listing.gradients)
        self.leaves = list(recorded.captured)
        self.owners = [owners.get(leaf) for leaf in self.leaves]  # place of a model among the arguments, and a name
        self._held = {i: given[i] for i in models}
        self.zeros = {
            i: {name: _zero(leaf._data) for name, leaf in model.named_parameters()} for i, model in self._held.items()
        }
        self._executors: dict[str, Any] = {}

    @cached_property
    def short(self) -> Listing:
        """The listing after simplification: what executors run."""
        return simplified(self.listing)[0]

    def captured(self, given: Sequence[Any]) -> list[Any]:
        """The numbers of the leaves that are no arguments: of the models given, and of variables used unasked."""
        return [leaf._data for leaf in self.nodes(given)] if self.leaves else []

    def nodes(self, given: Sequence[Any]) -> list[Node]:
        """These leaves themselves."""
        if all(given[i] is model for i, model in self._held.items()):
            return self.leaves
        named = {i: dict(given[i].named_parameters()) for i in self._held}
        return [
            leaf if owner is None else named[owner[0]][owner[1]]
            for leaf, owner in zip(self.leaves, self.owners, strict=True)
        ]

    def holds(self, inputs: Sequence[Any]) -> bool:
        """Whether these numbers take the branches of this path."""
        return not self.listing.guards or careful.value(self.listing, inputs) is not None

    def executor(self, kind: str) -> Any:
        """What runs the listing, made when it is first asked for."""
        if kind not in self._executors:
            self._executors[kind] = EXECUTORS[kind](self.short, self._name)
        return self._executors[kind]

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_executors": {}}  # made anew where it is unpickled


def _zero(x: Any) -> Any:
    return 0.0 if x.__class__ is float else np.zeros_like(x)
