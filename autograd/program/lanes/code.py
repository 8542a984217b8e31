"""Lanes by straight-line code: eight lanes at a time, their numbers side by side in the machine's registers."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd import ops
from autograd.program.lanes.plan import DOT, LANES, TOTAL, Plan
from autograd.program.listing import Listing
from autograd.program.native.lanes import AroundLanes
from autograd.program.native.machine_code import WIDTH, Code, MachineCode, Source, functions
from autograd.program.native.rows import in_pairs

BLOCK = 4096  # lanes that one call takes


class StraightLanes(AroundLanes):
    """Blocks of lanes by machine code of their own."""

    block = BLOCK

    def __init__(self, listing: Listing, batched: Sequence[bool], gradient: bool) -> None:
        super().__init__(listing, batched, gradient)
        self._guards = [guard for place, guard in self.plan.guards.items() if place in self.plan.varying]
        self._code = MachineCode(in_lanes(self.plan, BLOCK, self._place), "in_lanes")
        self._call = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4, ctypes.c_int64, ctypes.c_int64)(self._code.address)
        self._kept: list[Any] = []

    def before(self, *numbers: Any) -> tuple[Any, ...] | None:
        """All numbers that lanes share, once for each lane of a vector, and as they are."""
        known = super().before(*numbers)
        return known and (np.repeat(known[0], WIDTH), *known)

    def run(self, inputs: Sequence[Any], known: Sequence[Any], handed_out: Sequence[Any], lanes: int) -> Any:
        """One block: the sums over its lanes; or the truths of a guard."""
        try:
            columns, results = self._kept.pop()  # each caller has arrays of its own, threads as well
        except IndexError:
            columns = np.zeros((len(self._batched), BLOCK))
            results = np.empty((len(handed_out) + len(self._guards), BLOCK))
        for column, place in zip(columns, self._batched, strict=True):
            column[:lanes] = inputs[place]
        # Of the last vector only the lanes that there are count.
        sums, whole = np.zeros((2, len(self._sums), WIDTH)), lanes - lanes % WIDTH
        for part, start, stop in ((sums[0], 0, whole), (sums[1], whole, lanes)):
            if start < stop:
                self._call(*[x.ctypes.data for x in (columns, results, known[0], part)], start, stop)
        for room, result in zip(handed_out, results, strict=False):
            room[:] = result[:lanes]
        asked = results[len(handed_out) :, :lanes]
        truths = next((held for x, guard in zip(asked, self._guards, strict=True)
                       if not (held := (x != 0.0) == guard.held).all()), None)  # fmt: skip
        self._kept.append((columns, results))
        if truths is not None:
            return truths
        return tuple((sums[0].sum(axis=1) + sums[1, :, : lanes - whole].sum(axis=1)).tolist())


def in_lanes(plan: Plan, block: int, shared: Callable[[int], int]) -> Source:
    """A function that goes over lanes `start` to `stop`, eight at a time.

    Columns and results are rows of `block` numbers; to the rows of results come those of the numbers that guards ask
    for. What lanes share is there eight times over, and every sum has eight numbers, one for each lane of a vector.
    """
    code, first = Code(f"<{WIDTH} x double>"), len(plan.listing.inputs)
    column = {place: i for i, place in enumerate(place for place in range(first) if place in plan.varying)}
    names: dict[int, str] = {}

    def number(place: int) -> str:
        if place < 0:
            return code.constant(plan.listing.value_at(place))
        if place in column:
            return code.load("%columns", code.add(f"add i64 %lane, {column[place] * block}"))
        return names[place] if place in names else code.load("%shared", WIDTH * shared(place))

    sums = 0
    for place, kind in plan.done(LANES, TOTAL, DOT):
        if kind == TOTAL:
            share = number(place)
        else:
            op, operands, *_ = plan.listing.instructions[place - first]
            for row, pair in in_pairs(op, operands, [place] * len(operands)):
                share = code.row(row, [number(x) for x in pair])
                if kind == LANES:
                    names[place] = share
        if kind != LANES:
            code.store(code.row(ops.add, [code.load("%sums", sums), share]), "%sums", sums)
            sums += WIDTH
    guards = [place for place in plan.guards if place in plan.varying]
    for i, place in enumerate([*plan.handed_out, *guards]):
        code.store(number(place), "%results", code.add(f"add i64 %lane, {i * block}"))
    head = (
        "define i64 @in_lanes(ptr noalias %columns, ptr noalias %results, ptr noalias %shared, ptr noalias %sums, "
        "i64 %start, i64 %stop) {\nbr label %loop\nloop:\n%lane = phi i64 [%start, %0], [%next, %last]"
    )
    tail = (
        f"br label %last\nlast:\n%next = add i64 %lane, {WIDTH}\n%more = icmp slt i64 %next, %stop\n"
        "br i1 %more, label %loop, label %done\ndone:\nret i64 0\n}"
    )
    return "\n".join([*functions(code), head, *code.lines, tail]), code.called
