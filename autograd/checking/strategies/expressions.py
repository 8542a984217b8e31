"""Expressions: whole programs with inputs, of which every step is smooth where it is taken."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.checking.extra import hypothesis
from autograd.checking.programs.builder import Builder
from autograd.checking.programs.expression import Expression, Form
from autograd.checking.programs.forms import OF_ARRAYS, OF_NUMBERS, OPS, PLUS, TIMES, operands_of
from autograd.checking.strategies.arrays import arrays, shapes
from autograd.checking.strategies.numbers import floats
from autograd.errors import ArgumentError
from autograd.ops import TABLE

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

SIMPLE = (1.0, 2.0, 0.5, -1.0, -0.5)  # inputs shrink toward the first, where most rows are at their smoothest
FAR = 8  # how many places an operand may lie back


def expressions(
    arrays: bool | None = None, *, names: Collection[str] | None = None, largest: int = 12
) -> SearchStrategy[Expression]:
    """Programs of up to `largest` steps, on numbers or on arrays: `check(e.function, *e.inputs)` passes on each.

    An expression carries its inputs and its steps, prints as a script, and is called like the function that it is.
    Results are used again, operands broadcast. No step is near a kink, a jump or the edge of its domain, and none is
    too steep to be judged. `arrays` is False for numbers, True for arrays and None for either; `names` are the rows of
    the table that occur beside + − ×, all unless given. They shrink to few steps on few simple numbers.
    """
    st = hypothesis("expressions").strategies
    if isinstance(largest, bool) or not isinstance(largest, int) or largest < 1:
        raise ArgumentError(f"largest is how many steps there are at most, 1 or more; got {largest!r}")
    forms = _forms(names)
    kinds = st.booleans() if arrays is None else st.just(bool(arrays))

    def written(draw: Any) -> Expression:
        on_arrays = draw(kinds)
        builder = Builder(draw(_inputs(st, on_arrays)))
        back = st.integers(-FAR, FAR)
        taken = st.tuples(st.sampled_from((*forms, *OF_ARRAYS) if on_arrays else forms), back, back, back)
        least = draw(st.sampled_from((1, 1, largest)))
        for form, *offsets in draw(st.lists(taken, min_size=least, max_size=2 * largest)):  # about half can be judged
            if len(builder.steps) < largest:
                step(builder, form, offsets)
        if not builder.steps:
            builder.put(TIMES, (0, 1.5), 1.5 * builder.values[0])
        return builder.expression()

    strategy: SearchStrategy[Expression] = st.composite(written)()
    return strategy


def step(builder: Builder, form: Form, offsets: Sequence[int]) -> int | None:
    """One more step where it can be judged, its operands counted back from the newest place, which comes most often."""
    last = len(builder.values) - 1
    return builder.add(form, [last - min(max(back, 0), last) for back in offsets[: operands_of(form)]])


def _inputs(st: Any, on_arrays: bool) -> Any:
    few_digits = floats(dtype=np.float32).filter(lambda x: x == 0.0 or abs(x) > 2.0**-10)
    own = st.sampled_from(SIMPLE) | few_digits
    if not on_arrays:
        return st.lists(own, min_size=1, max_size=3)
    whole = shapes(most=6, least=1, rank=(0, 2))
    return whole.flatmap(
        lambda shape: st.lists(
            st.sampled_from(_stretched_to(shape)).flatmap(lambda own_shape: arrays(own_shape, np.float64, "C", own)),
            min_size=1,
            max_size=3,
        )
    )


def _stretched_to(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Shapes that broadcast to this one, which comes first."""
    ones = [tuple(1 if axis == place else size for axis, size in enumerate(shape)) for place in range(len(shape))]
    return list(dict.fromkeys([shape, *(shape[place:] for place in range(1, len(shape) + 1)), *ones]))


def _forms(names: Collection[str] | None) -> tuple[Form, ...]:
    if names is None:
        return OF_NUMBERS
    unknown = [name for name in names if name not in TABLE or not TABLE[name].derivable]
    if unknown or isinstance(names, str):
        known = ", ".join(name for name, op in TABLE.items() if op.derivable)
        raise ArgumentError(f"names are rows of the table that have a derivative, among {known}; got {names!r}")
    wanted = tuple(f"ops.{name}(" for name in names if name not in ("add", "mul"))
    own = (form for form in OF_NUMBERS if form.imports == OPS and form.written.startswith(wanted))
    return (TIMES, PLUS, *own)
