"""Around lanes in native code: what all lanes share, computed once a call, and what is made of sums over lanes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import ops
from autograd.op import Op
from autograd.program.lanes.plan import COMBINED, DOT, ONCE, TOTAL, Plan
from autograd.program.listing import Listing
from autograd.program.native.tables import Tape, steps

ONE = -(1 << 30)  # the place of a constant 1, which a sum is a product with


class AroundLanes:
    """What is done once a call before any lane, and after the last one; a subclass runs the blocks. See `Passage`."""

    block: int  # lanes that one call of `run` takes

    def __init__(self, listing: Listing, batched: Sequence[bool], gradient: bool) -> None:
        self.plan = Plan(listing, batched, gradient)
        self._first = len(listing.inputs)
        self._batched = [i for i, own in enumerate(batched) if own]
        self._before = self._tape_before()
        self._sums = {place: i for i, (place, _) in enumerate(self.plan.done(TOTAL, DOT))}
        self._after = self._tape_after()

    def _tape_before(self) -> Tape:
        numbers = [i for i in range(self._first) if i not in self._batched]
        known = {place: i for i, place in enumerate(numbers)}
        once = [place for place, _ in self.plan.done(ONCE)]
        known |= {place: len(numbers) + i for i, place in enumerate(once)}
        self._shared = known
        lines = []
        for place in once:
            op, operands = self._line(place)
            lines.append((op, tuple([known.get(operand, operand) for operand in operands])))
        guards = [(known[place], guard.held) for place, guard in self.plan.guards.items() if place in known]
        return Tape(steps(lines, len(numbers)), [*self.plan.listing.constants, 1.0], len(numbers), [], 0, guards)

    def _place(self, place: int) -> int:
        """Where a number that all lanes share lies among those that `before` gives."""
        if place == ONE:
            return 0  # the last constant
        return self._before.place(self._shared.get(place, place))

    def before(self, *numbers: Any) -> tuple[Any, ...] | None:
        """All numbers that lanes share; None where a guard on one of them does not hold."""
        found = self._before.numbers(np.array(numbers, np.float64))
        return None if found is None else (found,)

    def _tape_after(self) -> Tape:
        """What is made of sums over lanes. Its inputs: how many lanes there are, the sums, and what all lanes share."""
        first = 1 + len(self._sums) + self._before.length
        totals = {place: 1 + i for place, i in self._sums.items()}
        lines: list[tuple[Op, tuple[int, ...]]] = []

        def made(op: Op, *operands: int) -> int:
            lines.append((op, operands))
            return first + len(lines) - 1

        def shared(place: int) -> int:
            return 1 + len(self._sums) + self._place(place)

        def total(place: int) -> int:
            return totals[place] if place in self.plan.varying else made(ops.mul, 0, shared(place))

        for place, _ in self.plan.done(COMBINED):
            op, operands = self._line(place)
            of = total if op is ops.add else lambda x: totals[x] if x in self.plan.varying else shared(x)
            totals[place] = made(op, *map(of, operands))
        handed_out = [total(place) for _, place in self.plan.sums]
        return Tape(steps(lines, first), [], first, handed_out, len(handed_out))

    def after(self, count: int, *others: Any) -> list[float]:
        """The derivatives by what all lanes share, of numbers as `before` took and gave them and of the sums."""
        known, sums = others[len(others) - len(self._sums) - 1], others[len(others) - len(self._sums) :]
        results = np.empty(self._after.results)
        self._after.run(np.concatenate([[count], sums, known]), results)
        return results.tolist()

    def _line(self, place: int) -> tuple[Op, tuple[int, ...]]:
        return self.plan.listing.instructions[place - self._first][:2]
