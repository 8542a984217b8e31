"""Path: one recording of a function, along the branches that one example took, and the executors that run it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from autograd.graph import Node
from autograd.program import careful
from autograd.program.floats.executor import Floats
from autograd.program.lanes.executor import Lanes
from autograd.program.listing import Listing
from autograd.program.native.executors import Native, Straight
from autograd.program.native_tensors.executor import NativeArrays
from autograd.program.recording import Recorded
from autograd.program.simplifying.passes import simplified
from autograd.program.simplifying.stable import fused
from autograd.program.tensors.executor import Arrays

STRAIGHT = "native, straight"
ARRAYS, NATIVE_ARRAYS = "arrays", "arrays, native"
EXECUTORS: dict[str, Callable[[Listing, str], Any]] = {
    "python": Floats, ARRAYS: Arrays, "numpy": Lanes, "native": Native, STRAIGHT: Straight, NATIVE_ARRAYS: NativeArrays,
}  # fmt: skip

_IS_VARIABLE = attrgetter("_requires_grad")


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
        self._variable = [leaf.requires_grad for leaf in self.leaves]
        self.unfused, self.forms = self.listing, dict[str, int]()
        self._executors: dict[str, Any] = {}

    def fused(self) -> Path:
        """The same path with its formulas in stable forms; `forms` says in which, and how often each was taken."""
        path = Path.__new__(Path)
        listing, forms = fused(self.unfused)
        vars(path).update(vars(self), listing=listing, forms=forms, _executors={})
        vars(path).pop("short", None)
        return path

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

    def demand_as_frozen(self, given: Sequence[Any]) -> None:
        """ArgumentError where another parameter of a model given is frozen, or one less, than when it was recorded."""
        if not self._held or list(map(_IS_VARIABLE, self.nodes(given))) == self._variable:
            return
        for owner, leaf, variable in zip(self.owners, self.nodes(given), self._variable, strict=True):
            if owner is not None and leaf.requires_grad is not variable:
                then, now = ("variable", "frozen") if variable else ("frozen", "variable")
                raise ArgumentError(
                    f"{owner[1]} was {then} when {self._name} was recorded, and is {now}: a program has the "
                    "derivatives by what was variable. Record it again"
                )

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
