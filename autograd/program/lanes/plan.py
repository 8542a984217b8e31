"""The plan of lanes: which numbers of a listing differ from lane to lane, which are summed over lanes, and where.

A derivative toward an input that all lanes share is the sum of theirs. The gradient part is linear in what comes down
to it, so the sum is taken as early as it can be: Σ (a + b) is Σ a + Σ b, Σ a·u with one u for all lanes is u·Σ a, and
Σ a·b is one pass over a and b.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from autograd import ops
from autograd.program.lanes.spelling import in_place
from autograd.program.listing import Listing

ONCE, LANES, DOT, TOTAL, COMBINED = "once", "lanes", "dot", "total", "combined"


class Plan:
    """What is done once a call, what in every block of lanes, what after the last, and which room each result has.

    `batched` says of each input whether it has one number a lane. Rooms are arrays of one number a lane: first those
    handed out, of the outputs and of the gradients by batched inputs, then `count` others, used again and again.
    """

    def __init__(self, listing: Listing, batched: Sequence[bool], gradient: bool) -> None:
        self.listing, self.first = listing, len(listing.inputs)
        self.stop = listing.last if gradient else self.first + listing.forward
        self.varying = _varying(listing, batched, self.stop)
        found = [(i, place) for i, place in enumerate(listing.gradients) if place is not None] if gradient else []
        self.slopes = [(i, place) for i, place in found if batched[i]]
        self.sums = [(i, place) for i, place in found if not batched[i]]
        self.handed_out = [*listing.outputs, *(place for _, place in self.slopes)]
        self.guards = {guard.place: guard for guard in listing.guards if guard.place >= 0}
        self.work: list[tuple[int, str]] = []  # what is done at which place, in order
        self._plan()
        self.tallies = sum(1 for _ in self.done(TOTAL, DOT))  # how many sums a block gives
        self.rooms: dict[int, int] = {}
        self.count = 0
        self._furnish()

    def done(self, *kinds: str) -> Iterator[tuple[int, str]]:
        """The places where such things are done, in order, and which of them."""
        return ((place, kind) for place, kind in self.work if kind in kinds)

    def in_order(self, slopes: Sequence[Any], sums: Sequence[Any]) -> list[Any]:
        """Derivatives by batched inputs and by all others, in the order of inputs."""
        found = {i: x for (i, _), x in zip([*self.slopes, *self.sums], [*slopes, *sums], strict=True)}
        return [found[i] for i in sorted(found)]

    def _plan(self) -> None:
        """From the results back: what is needed as it is, and of what only the sum."""
        wanted = {*self.handed_out, *self.guards}
        summed = {place for _, place in self.sums}
        wanted |= summed - self.varying
        summed &= self.varying
        for place in range(self.stop - 1, -1, -1):
            if place in summed:
                self._sum(place, wanted, summed)
            if place in wanted and place >= self.first:
                wanted.update(self._operands(place))
                self.work.append((place, LANES if place in self.varying else ONCE))
        self.work.reverse()

    def _sum(self, place: int, wanted: set[int], summed: set[int]) -> None:
        op = self.listing.instructions[place - self.first].op if place >= self.first else None
        if op not in (ops.add, ops.mul) or place in wanted:
            wanted.add(place)
            self.work.append((place, TOTAL))
            return
        operands = self._operands(place)
        if op is ops.mul and self.varying.issuperset(operands):
            wanted.update(operands)
            self.work.append((place, DOT))
            return
        for operand in operands:
            (summed if operand in self.varying else wanted).add(operand)
        self.work.append((place, COMBINED))

    def _operands(self, place: int) -> tuple[int, ...]:
        return self.listing.instructions[place - self.first].operands

    def _furnish(self) -> None:
        """Gives every result in lanes a room: one whose number nobody asks for any more, if there is one."""
        for number, place in enumerate(self.handed_out):
            if place in self.varying and place >= self.first:
                self.rooms.setdefault(place, number)
        last = {operand: place for place, _ in self.done(LANES, DOT) for operand in self._operands(place)}
        free: list[int] = []
        for place, kind in self.done(LANES, DOT):
            leaving = {operand for operand in self._operands(place) if last[operand] == place}
            left = [self.rooms[operand] for operand in leaving if self.rooms.get(operand, -1) >= len(self.handed_out)]
            safe = in_place(self.listing.instructions[place - self.first])
            if safe:
                free += left
            if kind == LANES and place not in self.rooms:
                self.rooms[place] = free.pop() if free else len(self.handed_out) + self.count
                self.count = max(self.count, self.rooms[place] + 1 - len(self.handed_out))
            if not safe:
                free += left
            if kind == LANES and place not in last and self.rooms[place] >= len(self.handed_out):
                free.append(self.rooms[place])  # a condition or a total: asked for at once and never again


def _varying(listing: Listing, batched: Sequence[bool], stop: int) -> set[int]:
    """The places whose numbers depend on an input that has one a lane."""
    first = len(listing.inputs)
    found = {place for place, differs in enumerate(batched) if differs}
    for place in range(first, stop):
        if not found.isdisjoint(listing.instructions[place - first].operands):
            found.add(place)
    return found
