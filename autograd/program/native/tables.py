"""Tables: a listing as arrays of integers, and the tape that native code runs.

A step is a row's code with the places of up to three operands, constants below 0 and inputs first, as in a listing. An
op of any number of operands takes as many steps as it needs, two operands at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from autograd.op import Op
from autograd.program.listing import Listing
from autograd.program.native.cache import loops
from autograd.program.native.rows import ARITIES, CODES, in_pairs

HEAD = 4  # numbers that a tape begins with
_WIDEST = max(ARITIES)


class Steps(NamedTuple):
    """Codes, operands (one row a step), and the step that has the result of every instruction."""

    codes: Any
    operands: Any
    results: Any


def steps(instructions: Sequence[tuple[Any, ...]], first: int) -> Steps:
    """What is computed by instructions that follow `first` inputs, each an op and the places of its operands first."""
    count = len(instructions)
    codes = list(map(CODES.get, [line[0] for line in instructions]))
    if None in codes:
        return _unfolded(instructions, first)
    found = np.fromiter(codes, np.int32, count)
    flat = np.fromiter(chain.from_iterable([line[1] for line in instructions]), np.int32)
    arities = np.array(ARITIES)[found]
    operands = np.zeros((count, _WIDEST), np.int32)
    operands[np.arange(_WIDEST) < arities[:, None]] = flat
    return Steps(found, operands, np.arange(count))


def _unfolded(instructions: Sequence[tuple[Any, ...]], first: int) -> Steps:
    """The same where some take any number of operands."""
    lines: list[tuple[Op, tuple[int, ...]]] = []
    results: list[int] = []
    for op, places, *_ in instructions:
        here = tuple([x if x < first else first + results[x - first] for x in places])
        lines += in_pairs(op, here, range(first + len(lines), first + len(lines) + len(places)))
        results.append(len(lines) - 1)
    return steps(lines, first)._replace(results=np.array(results, np.int32))


class Tape:
    """Steps in runs of one code, as the native loop reads them, with what is handed out and the guards."""

    def __init__(
        self,
        done: Steps,
        constants: Sequence[float],
        first: int,
        handed_out: Sequence[int],
        outputs: int,
        guards: Sequence[tuple[int, bool]] = (),
    ) -> None:
        self._constants, self._first = len(constants), first
        runs, moved = loops().scheduled(done.codes, done.operands, np.array(ARITIES, np.int32), len(constants), first)
        self._moved = moved[done.results]
        self.results, self.length = len(handed_out), len(constants) + first + len(done.codes)
        head = [len(constants), HEAD + len(runs), len(guards), outputs]
        deciding = [x for place, held in guards for x in (self.place(place), held)]
        given = [self.place(place) for place in handed_out]
        self._tape = np.concatenate([np.array(head, np.uint32), runs, np.array(deciding + given, np.uint32)])
        self._numbers = np.zeros(self.length)
        self._numbers[: len(constants)] = constants[::-1]
        self._kept: list[Any] = []  # each caller has numbers of its own, threads as well
        self._run = loops().one

    def place(self, place: int) -> int:
        """Where a number of the listing lies among the tape's: constants, inputs, and steps in their new order."""
        if place < self._first:
            return self._constants + place
        return self._constants + self._first + int(self._moved[place - self._first])

    def run(self, inputs: Any, results: Any) -> int:
        """Fills the results: 0, or 1 where a guard does not hold, or 2 where a derivative is nan."""
        try:
            numbers = self._kept.pop()
        except IndexError:
            numbers = self._numbers.copy()
        status = self._run(inputs, results, numbers, self._tape)
        self._kept.append(numbers)
        return status

    def numbers(self, inputs: Any) -> Any | None:
        """Every number of a run, in an array of its own; None where a guard does not hold."""
        numbers = self._numbers.copy()
        status = self._run(inputs, np.empty(self.results), numbers, self._tape)
        return None if status == 1 else numbers


def tape_of(listing: Listing, gradient: bool) -> Tape:
    """The tape of a listing, its forward part or all of it."""
    first = len(listing.inputs)
    lines = listing.instructions if gradient else listing.instructions[: listing.forward]
    slopes = [place for place in listing.gradients if place is not None] if gradient else []
    guards = [(guard.place, guard.held) for guard in listing.guards]
    return Tape(
        steps(lines, first), listing.constants, first, [*listing.outputs, *slopes], len(listing.outputs), guards
    )
