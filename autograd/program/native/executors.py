"""The executors in native code: a tape for a loop that was compiled once for all programs, or code of its own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from struct import Struct
from typing import Any

import numpy as np

from autograd.errors import OperandError, ShapeError
from autograd.program import careful
from autograd.program.careful import Results
from autograd.program.floats.executor import Floats
from autograd.program.lanes.executor import Lanes
from autograd.program.lanes.tape import TapedLanes
from autograd.program.listing import Listing
from autograd.program.native.cache import numba
from autograd.program.native.rows import refusal, rounds_apart
from autograd.program.native.tables import tape_of

ANOTHER_BRANCH, NAN = 1, 2  # what native code says besides 0
LONGEST = 6_000  # instructions of straight-line code: in lanes their results may take 64 bytes each of the stack


class Native:
    """Runs a listing in native code, on one sample or in lanes; None where a guard goes the other way.

    What native code does not know is run by Python instead; `reason` says what that is, and is empty otherwise.
    """

    def __init__(self, listing: Listing, title: str) -> None:
        self.listing, self.title = listing, title
        why = refusal(listing)
        self._by_python, self.reason = bool(why), why and f"by Python, for {why}"
        if not self._by_python:
            numba()
        self._rounds_apart = any(rounds_apart(line.op) for line in listing.instructions[: listing.forward])
        self._inputs, self._outputs = Struct(f"{len(listing.inputs)}d"), len(listing.outputs)
        self._compiled: dict[tuple[tuple[bool, ...], bool], Any] = {}
        self._slopes = sum(place is not None for place in listing.gradients)

    def _code(self, gradient: bool) -> Any:
        return tape_of(self.listing, gradient)

    def _lane_code(self, batched: Sequence[bool], gradient: bool) -> Any:
        return TapedLanes(self.listing, batched, gradient)

    @cached_property
    def _forward(self) -> Any:
        return self._code(gradient=False)

    @cached_property
    def _whole(self) -> Any:
        return self._code(gradient=True)

    @cached_property
    def _floats(self) -> Floats:
        return Floats(self.listing, self.title)

    @cached_property
    def _lanes(self) -> Lanes:
        return Lanes(self.listing, self.title)

    def value(self, inputs: Sequence[float]) -> Sequence[float] | None:
        """The outputs."""
        if self._by_python:
            return self._floats.value(inputs)
        return self._called(inputs, Struct(f"{self._outputs}d"))

    def value_and_gradient(self, inputs: Sequence[float]) -> Results | tuple[Any, Any] | None:
        """The outputs, and the derivatives by the inputs that are differentiated toward."""
        if self._by_python:
            return self._floats.value_and_gradient(inputs)
        numbers = self._called(inputs, Struct(f"{self._outputs + self._slopes}d"))
        return None if numbers is None else (numbers[: self._outputs], numbers[self._outputs :])

    def _called(self, inputs: Sequence[float], form: Struct) -> tuple[float, ...] | None:
        """What a call gives for plain numbers, by the form of its results; a Struct is twice as quick as NumPy here."""
        given: Any = np.empty(len(inputs))
        results: Any = np.empty(form.size // 8)
        self._inputs.pack_into(given, 0, *inputs)
        return form.unpack_from(results) if self.call(given, results) else None

    def call(self, inputs: Any, results: Any) -> bool:
        """Fills an array with the outputs and, where it has room for them, the derivatives; False on another branch.

        Both arrays are of float64, contiguous, of one axis; nothing is allocated. ShapeError or OperandError else.
        """
        gradient = len(results) != self._outputs
        if len(inputs) != len(self.listing.inputs) or len(results) != self._outputs + gradient * self._slopes:
            raise ShapeError(
                f"{self.title} takes {len(self.listing.inputs)} numbers and gives {self._outputs}, or "
                f"{self._outputs + self._slopes} with its derivatives: got arrays of {len(inputs)} and {len(results)}"
            )
        if self._by_python:
            way = self.value_and_gradient if gradient else self.value
            return _put(way(inputs.tolist()), results)
        try:
            status = (self._whole if gradient else self._forward).run(inputs, results)
        except TypeError:
            raise OperandError(
                f"{self.title} takes contiguous arrays of float64 with one axis here: got {_kind(inputs)} and "
                f"{_kind(results)}"
            ) from None
        if status == NAN:
            return _put(careful.value_and_gradient(self.listing, inputs.tolist()), results)
        if status == ANOTHER_BRANCH and self._rounds_apart and self._floats.value(inputs.tolist()) is not None:
            way = self._floats.value_and_gradient if gradient else self._floats.value  # a decision is Python's
            return _put(way(inputs.tolist()), results)
        return bool(status != ANOTHER_BRANCH)

    def compiled(self, batched: Sequence[bool], gradient: bool) -> Any:
        """What runs lanes where these inputs have one number a lane; see `Passage`."""
        if self._by_python:
            return self._lanes.compiled(batched, gradient)
        key = (tuple(batched), gradient)
        if key not in self._compiled:
            self._compiled[key] = self._lane_code(*key)
        return self._compiled[key]


class Straight(Native):
    """Runs a listing by machine code of its own: faster for small programs, and compiled for each of them."""

    def __init__(self, listing: Listing, title: str) -> None:
        super().__init__(listing, title)
        self._long = len(listing.instructions) > LONGEST
        if self._long and not self._by_python:
            self.reason = f"in the table loop, for straight-line code is for at most {LONGEST:,}"

    def _code(self, gradient: bool) -> Any:
        if self._long:
            return super()._code(gradient)
        from autograd.program.native.machine_code import StraightCode

        return StraightCode(self.listing, gradient)

    def _lane_code(self, batched: Sequence[bool], gradient: bool) -> Any:
        if self._long:
            return super()._lane_code(batched, gradient)
        from autograd.program.lanes.code import StraightLanes

        return StraightLanes(self.listing, batched, gradient)


def _put(found: Any, results: Any) -> bool:
    """Puts what was found in another way into the results; False on another branch."""
    if found is not None:
        results[:] = [*found[0], *found[1]] if isinstance(found[0], Sequence) else found
    return found is not None


def _kind(x: Any) -> str:
    if not isinstance(x, np.ndarray):
        return f"a {type(x).__name__}"
    return f"{'' if x.flags.c_contiguous else 'strided '}{x.dtype} of shape {x.shape}"
