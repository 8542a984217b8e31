"""Stages: the NumPy calls of a program in the order in which native code makes them.

Elementwise calls on arrays of one shape share a stage, which is one loop: what one of them gives the next is never
stored. Every call stands as late as those allow that read what it gives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd.program.tensors.fusions import places_in
from autograd.program.tensors.sketches import UFUNC, VIEW, At, Call, Sheet, cast

CASTING = (cast, np.clip, np.where)  # elementwise functions that are no ufuncs


class NotNative(Exception):
    """Why calls have no native form."""


class Stage(NamedTuple):
    """Calls in order: several elementwise ones on arrays of one shape, or one of another kind and no shape."""

    calls: list[Call]
    shape: tuple[int, ...] | None


class Views:
    """At every place an example of its array, those of views made anew of what they are views of, and their bases."""

    def __init__(self, sheet: Sheet, calls: Sequence[Call]) -> None:
        self.examples: list[NDArray[Any]] = list(sheet.arrays)
        self.bases = list(range(len(sheet.arrays)))
        for call in calls:
            if call.kind != VIEW:
                continue
            source, *others = places_in((call.arguments, call.options))
            arguments = [self.examples[x.place] if isinstance(x, At) else x for x in call.arguments]
            made = call.function(*arguments, **call.options) if not others else None
            if made is None or not (made.size and np.may_share_memory(made, self.examples[source])):
                raise NotNative(f"{_named(call)} is no plain view here")
            self.examples[call.place], self.bases[call.place] = made, self.bases[source]

    def offset(self, place: int) -> int:
        """How many entries after the first entry of its base an array begins."""
        here, base = self.examples[place], self.examples[self.bases[place]]
        return int(here.ctypes.data - base.ctypes.data) // here.itemsize

    def steps(self, place: int) -> tuple[int, ...]:
        """Entries between neighbours along each axis."""
        example = self.examples[place]
        return tuple(step // example.itemsize for step in example.strides)

    def lie_alike(self, one: int, other: int) -> bool:
        """Whether two places hold the same numbers in the same order."""
        if one == other:
            return True
        shapes = self.examples[one].shape == self.examples[other].shape
        return (
            self.bases[one] == self.bases[other]
            and shapes
            and self.steps(one) == self.steps(other)
            and self.offset(one) == self.offset(other)
        )


def is_elementwise(call: Call) -> bool:
    """Whether each entry of the result depends on the same entries of the operands alone."""
    if call.function in CASTING:
        return not call.options
    return call.kind == UFUNC and isinstance(call.function, np.ufunc) and call.function.signature is None


def stages_of(calls: Sequence[Call], views: Views) -> list[Stage]:
    """The stages of calls, first to last."""
    late: list[Stage] = []  # from the last to the first
    needed: dict[int, list[tuple[int, int]]] = {}  # for a base who reads it: a stage, and the place it is read at
    for call in reversed(calls):
        if call.kind == VIEW:
            continue
        shape = views.examples[call.place].shape if is_elementwise(call) else None
        readers = needed.get(views.bases[call.place], []) if call.place >= 0 else []
        first = max((i if _joins(late[i], shape, views, call.place, read) else i + 1 for i, read in readers), default=0)
        i = next((i for i in range(first, len(late)) if shape is not None and late[i].shape == shape), len(late))
        if i == len(late):
            late.append(Stage([], shape))
        late[i].calls.insert(0, call)
        for place in places_in((call.arguments, call.options)):
            needed.setdefault(views.bases[place], []).append((i, place))
    return late[::-1]


def _joins(stage: Stage, shape: Any, views: Views, place: int, read: int) -> bool:
    """Whether a call that gives `place` may stand in a stage that reads it as `read`: entry by entry."""
    return shape is not None and stage.shape == shape and views.lie_alike(place, read)


def _named(call: Call) -> str:
    function: Callable[..., Any] = call.function
    return getattr(function, "__name__", repr(function))
