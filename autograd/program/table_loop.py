"""The table loop: a large listing run on floats line by line, for Python takes long to compile so many lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from autograd.backward import paused_collector
from autograd.program.listing import Instruction, Listing


class Stretch(NamedTuple):
    """Instructions one after the other, each of two operands or each of another number: places, functions, operands."""

    places: range
    functions: list[Callable[..., float]]
    operands: list[tuple[int, ...]]


class TableLoop:
    """What the page of a listing would give, `value` and `value_and_gradient`, of the inputs in order."""

    def __init__(self, listing: Listing) -> None:
        first, self._last = len(listing.inputs), listing.last
        with paused_collector():  # it would go over the whole listing again and again
            self._forward = list(_stretches(listing.instructions[: listing.forward], first))
            self._backward = list(_stretches(listing.instructions[listing.forward :], first + listing.forward))
        self._constants = listing.constants[::-1]  # at the end, so that a negative place finds its own
        self._outputs, self._guards = listing.outputs, listing.guards
        self._slopes = [place for place in listing.gradients if place is not None]

    def value(self, *inputs: float) -> Any:
        """The output, or a tuple of them; None where a branch was recorded that goes the other way."""
        return self._output(self._forward_part(inputs))

    def value_and_gradient(self, *inputs: float) -> Any:
        """The output and a tuple of derivatives; None where a branch was recorded that goes the other way."""
        numbers = self._forward_part(inputs)
        y = self._output(numbers)
        if y is None:
            return None
        _run(self._backward, numbers)
        return y, tuple([numbers[place] for place in self._slopes])

    def _forward_part(self, inputs: Sequence[float]) -> list[Any]:
        numbers = [*inputs, *[None] * (self._last - len(inputs)), *self._constants]
        _run(self._forward, numbers)
        return numbers

    def _output(self, numbers: list[Any]) -> Any:
        if any((numbers[guard.place] != 0.0) != guard.held for guard in self._guards):
            return None
        outputs = tuple([numbers[place] for place in self._outputs])
        return outputs[0] if len(outputs) == 1 else outputs


def _run(stretches: Sequence[Stretch], numbers: list[Any]) -> None:
    """Fills in the results. Most instructions have two operands, and are spared the question how many."""
    for places, functions, operands in stretches:
        if len(operands[0]) == 2:
            for place, function, (a, b) in zip(places, functions, operands, strict=True):
                numbers[place] = function(numbers[a], numbers[b])
        else:
            for place, function, some in zip(places, functions, operands, strict=True):
                numbers[place] = function(*[numbers[x] for x in some])


def _stretches(lines: Sequence[Instruction], place: int) -> Iterator[Stretch]:
    """The instructions from this place on; it is Python's own loops that make this quick."""
    others = [i for i, line in enumerate(lines) if len(line[1]) != 2]
    begun = 0
    for i in [*others, len(lines)]:
        for start, stop in ((begun, i), (i, min(i + 1, len(lines)))):
            if start < stop:
                part = lines[start:stop]
                called, operands = [line[0].function for line in part], [line[1] for line in part]
                yield Stretch(range(place + start, place + stop), called, operands)
        begun = i + 1
