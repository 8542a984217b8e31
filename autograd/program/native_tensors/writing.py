"""The stages of a program as the source of native code: a loop each, or a call of what `kernels` holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd.program.native_tensors.bodies import Body
from autograd.program.native_tensors.places import Places
from autograd.program.native_tensors.stages import NotNative, Stage
from autograd.program.native_tensors.sums import INDENT, product, reduction, sum_of_products
from autograd.program.tensors.sketches import DECISION, Call, looked_up


def lines(places: Places, stage: Stage) -> Iterator[str]:
    """The lines of one stage."""
    if stage.shape is not None:
        yield from _loop(places, stage)
        return
    (call,) = stage.calls
    if call.kind == DECISION:
        yield from _decision(places, call)
    elif call.function is looked_up:
        yield from _lookup(places, call)
    elif call.function in (np.dot, np.matmul):
        yield from product(places, call)
    elif call.function is np.vdot:
        yield from sum_of_products(places, call)
    elif getattr(call.function, "__name__", "") == "reduce":
        yield from reduction(places, call)
    else:
        name = getattr(call.function, "__name__", repr(call.function))
        raise NotNative(f"{name} has no native form")


def long_loop(places: Places, stage: Stage) -> Iterator[str]:
    """A loop over one axis from `first` to `last`, whatever the length of the examples is."""
    return _loop(places, stage, ["first, last"])


def _loop(places: Places, stage: Stage, ranges: Sequence[Any] = ()) -> Iterator[str]:
    body = Body(places, stage)
    ranges = ranges or body.sizes
    for level in range(len(ranges) + 1):
        if level:
            yield f"{INDENT * (level - 1)}for i{level} in range({ranges[level - 1]}):"
        yield from (f"{INDENT * level}{line}" for line in body.lines[level])


def _decision(places: Places, call: Call) -> Iterator[str]:
    x = places.entry(call.arguments[0].place, [""] * places.views.examples[call.arguments[0].place].ndim)
    finite = f"not math.isfinite({x})"
    yield f"if {finite if call.held is None else f'{x} == 0' if call.held else f'{x} != 0'}:"
    yield f"{INDENT}return np.nan"


def _lookup(places: Places, call: Call) -> Iterator[str]:
    table, columns = (x.place for x in call.arguments)
    rows, many = places.views.examples[table].shape
    (count,) = places.views.examples[columns].shape
    yield f"for i1 in range({count}):"
    yield f"    column = min(max({places.entry(columns, ['i1'])}, 0), {many - 1})"
    for row in range(rows):
        yield f"    {places.entry(call.place, [str(row), 'i1'])} = {places.entry(table, [str(row), 'column'])}"
