"""Lanes by a tape: each line of it goes over a room, one number for each lane, before the next one does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.program.lanes.plan import DOT, LANES, TOTAL, Plan
from autograd.program.listing import Listing
from autograd.program.native.cache import loops
from autograd.program.native.lanes import ONE, AroundLanes
from autograd.program.native.rows import CODES, in_pairs

CACHE = 1 << 19  # bytes that the rooms may take up together: they are gone over many times
FEWEST, MOST = 64, 1024  # lanes in a room: fewer make deciding dear, more gain nothing
ROOMS_A_BLOCK = 16  # how many times the rooms are filled in one call
ADD_PRODUCTS, HAND_OUT, GUARD = -1, -2, -3  # what a line may be besides a row
_SPARE = 3  # rooms for numbers that all lanes share, one for each operand


class TapedLanes(AroundLanes):
    """Blocks of lanes by a tape."""

    def __init__(self, listing: Listing, batched: Sequence[bool], gradient: bool) -> None:
        super().__init__(listing, batched, gradient)
        self._guarded = any(place in self.plan.varying for place in self.plan.guards)
        lines = LaneLines(self.plan, self._batched, self._place)
        self._tape, self._rooms = np.array(lines.lines, np.int32).reshape(-1, 5), lines.count + _SPARE
        self._at_once = min(max(CACHE // (8 * self._rooms) & -8, FEWEST), MOST)
        self.block = self._at_once * (1 if self._guarded else ROOMS_A_BLOCK)
        self._kept: list[Any] = []
        self._run = loops().lanes

    def run(self, inputs: Sequence[Any], known: Sequence[Any], handed_out: Sequence[Any], lanes: int) -> Any:
        """One block: the sums over its lanes; or the truths of a guard."""
        rooms, columns, results = self._take(lanes)
        sums = np.zeros(len(self._sums))
        for column, place in zip(columns, self._batched, strict=True):
            column[:] = inputs[place]
        line = self._run(columns, results, rooms, known[0], sums, self._tape)
        if line >= 0:
            _, held, place, *_ = self._tape[line]
            truths = (rooms[place, :lanes] != 0.0) == bool(held)
        else:
            for room, result in zip(handed_out, results, strict=True):
                room[:] = result
        self._kept.append((rooms, columns, results))
        return truths if line >= 0 else tuple(sums.tolist())

    def _take(self, lanes: int) -> tuple[Any, Any, Any]:
        """Rooms, and room for what goes in and out: as the last block had them, if it had as many lanes."""
        try:
            kept = self._kept.pop()  # each caller has rooms of its own, threads as well
        except IndexError:
            kept = None
        if kept is not None and kept[1].shape[1] == lanes:
            return kept
        at_once = lanes if self._guarded else self._at_once
        sizes = (self._rooms, at_once), (len(self._batched), lanes), (len(self.plan.handed_out), lanes)
        return tuple(map(np.empty, sizes))  # type: ignore[return-value]


class LaneLines:
    """The lines of a tape of lanes, and how many rooms they need: one is free again when nobody asks for it any more.

    No result lies where an operand does: the machine goes over both in steps of several lanes at once.
    """

    def __init__(self, plan: Plan, batched: Sequence[int], shared: Callable[[int], int]) -> None:
        self._plan, self._shared, self._first = plan, shared, len(plan.listing.inputs)
        self.lines: list[tuple[int, ...]] = []
        self._rooms = {place: room for room, place in enumerate(batched)}
        self.count = len(batched)
        self._free: list[int] = []
        for place in batched:
            self._guard(place)
        self._write([*plan.done(LANES, TOTAL, DOT)])
        for number, place in enumerate(plan.handed_out):
            self._line(HAND_OUT, number, place)

    def _write(self, work: Sequence[tuple[int, str]]) -> None:
        needed = [self._needed(place, kind) for place, kind in work]
        last = {operand: i for i, operands in enumerate(needed) for operand in operands}
        last |= dict.fromkeys(self._plan.handed_out, len(work))
        sums = 0
        for i, (place, kind) in enumerate(work):
            if kind == LANES:
                self._compute(place)
                self._guard(place)
            else:
                a, b = needed[i] if kind == DOT else (place, ONE)
                self._line(ADD_PRODUCTS, sums, a, b)
                sums += 1
            gone = {x for x in (*needed[i], place) if last.get(x, i) == i and x in self._rooms}
            self._free += [self._rooms[x] for x in gone]

    def _needed(self, place: int, kind: str) -> tuple[int, ...]:
        return (place,) if kind == TOTAL else self._plan.listing.instructions[place - self._first].operands

    def _compute(self, place: int) -> None:
        if self._free:
            room = self._free.pop()
        else:
            room = self.count
            self.count += 1
        op, operands, *_ = self._plan.listing.instructions[place - self._first]
        self._rooms[place] = room
        for row, pair in in_pairs(op, operands, [place] * len(operands)):
            self._line(CODES[row], room, *pair)

    def _guard(self, place: int) -> None:
        guard = self._plan.guards.get(place)
        if guard is not None:
            self._line(GUARD, int(guard.held), place)

    def _line(self, code: int, to: int, *operands: int) -> None:
        places = [self._rooms[x] if x in self._rooms else ~self._shared(x) for x in operands]
        self.lines.append((code, to, *places, *[0] * (3 - len(places))))
