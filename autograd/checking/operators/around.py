"""Around: random programs in which an op stands: operands that are shared, views and stretched, results used again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd.checking.operators.domain import Points
from autograd.checking.operators.target import Target
from autograd.checking.programs import forms
from autograd.checking.programs.builder import Builder, evaluated
from autograd.checking.programs.expression import Expression, Form
from autograd.checking.programs.forms import operands_of

WHOLE = ((2,), (2, 3), (1,), (3,), (8,), (3, 2), (), (2, 1, 2), (0,), (7,))
NUDGES = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0625, -0.03)  # off the points that were tried, now and then
FOLLOWING = 3  # steps after the op, at most
DTYPES = ("float64", "float32", "mixed")


class Operand(NamedTuple):
    """An operand of the op: an input that holds these numbers, and what is done to it on the way; or a constant."""

    array: Any
    view: Form | None = None
    is_constant: bool = False


class Call(NamedTuple):
    """The op as a program calls it: its operands, and which of them are places; the others are constants."""

    form: Form
    operands: Sequence[Any]
    moving: Sequence[int]
    shapes: frozenset[Any] | None  # of the operands that it takes; None where broadcasting takes them all

    def added(self, builder: Builder, places: Sequence[int]) -> int | None:
        """The call on these places as one more step of a program; None where it cannot be judged."""
        operands = self.on(places)
        shapes = tuple(np.shape(builder.values[x] if isinstance(x, int) else x) for x in operands)
        return builder.add(self.form, operands) if self.shapes is None or shapes in self.shapes else None

    def on(self, places: Sequence[int]) -> list[Any]:
        """The operands of a call on other places."""
        found = list(self.operands)
        for place, own in zip(self.moving, places, strict=True):
            found[place] = own
        return found


def elementwise_program(draw: Any, st: Any, target: Target, domains: dict[int, Points]) -> Expression:
    """An elementwise op on numbers or arrays; at a kink of its own it stands alone."""
    count = draw(st.sampled_from(sorted(domains, key=lambda n: (abs(n - 2), n))))
    on_arrays = draw(st.booleans())
    whole = draw(st.sampled_from(WHOLE)) if on_arrays else ()
    size = max(math.prod(whole), 1)
    points = np.array([draw(st.sampled_from(domains[count].points)) for _ in range(size)])
    nudge = draw(st.sampled_from(NUDGES))
    arrays = [(points[:, place] + nudge)[: math.prod(whole)].reshape(whole) for place in range(count)]
    operands = [
        Operand(array, is_constant=True)
        if place in target.constants
        else _operand(draw, st, array, _cut(draw, st, array), on_arrays)
        for place, array in enumerate(arrays)
    ]
    form = target.form(count, {})
    built = _built(draw, st, form, operands, on_arrays, None)
    if built is None:
        plain = [points[: math.prod(whole), place].reshape(whole) for place in range(count)]
        return _alone(form, [Operand(a, None, i in target.constants) for i, a in enumerate(plain)], on_arrays)
    return built


def array_program(draw: Any, st: Any, target: Target, cases: Sequence[Any]) -> Expression:
    """An array op on arrays of the shapes it takes, or on those that the user gave. A case is parameters and domain."""
    parameters, domain, given = draw(st.sampled_from(cases))
    shapes = draw(st.sampled_from(domain.shapes)) if domain is not None else [np.shape(x) for x in given]
    operands = []
    for place, shape in enumerate(shapes):
        own = None if given is None or isinstance(given[place], tuple) else np.asarray(given[place], dtype=float)
        if own is None:
            start = draw(st.integers(0, len(domain.entries) - 1))
            mixed = draw(st.permutations(domain.entries)) if draw(st.booleans()) else domain.entries
            own = np.resize(np.roll(mixed, -start - 3 * place), math.prod(shape)).reshape(shape)
        is_constant = place in target.constants
        operands.append(Operand(own, None, True) if is_constant else _operand(draw, st, own, own, True))
    form = target.form(len(shapes), parameters)
    known = domain.shapes if domain is not None else [tuple(shapes)]
    built = _built(draw, st, form, operands, True, frozenset(known))
    return _alone(form, operands, True) if built is None else built


def _cut(draw: Any, st: Any, array: Any) -> Any:
    """The same, or a part that broadcasting stretches again."""
    if not array.ndim or not array.size:
        return array
    cuts = [array, array[:1], array[..., :1], array[0], array.reshape(-1)[0]]
    return np.asarray(draw(st.sampled_from(cuts)))


def _operand(draw: Any, st: Any, whole: Any, array: Any, on_arrays: bool) -> Operand:
    """A way in which the program comes by an operand: as an input, or as a view of one in another layout."""
    if not on_arrays or not array.ndim:
        return Operand(array)
    views: list[tuple[Any, Form | None]] = [(array, None), (array[::-1], forms.BACKWARDS)]
    if array.ndim > 1:
        views.append((array.T, forms.TURNED))
    wide = np.repeat(array, 2, axis=-1)
    views.append((wide, forms.every_other()))
    if array.ndim and array.shape[0] > 1 and (array == array[:1]).all():
        views.append((array[:1], forms.broadcast_to(array.shape)))
    held, view = draw(st.sampled_from(views))
    return Operand(np.ascontiguousarray(held), view)


def _built(
    draw: Any, st: Any, form: Form, operands: Sequence[Operand], on_arrays: bool, shapes: frozenset[Any] | None
) -> Expression | None:
    """The op on these operands, some of them shared, and what follows; None where it is not smooth there."""
    moving = [own for own in operands if not own.is_constant]
    shares = [draw(st.booleans()) if place else False for place in range(len(moving))]
    if draw(st.booleans()) or not any(shares):
        shares = [False] * len(moving)
    inputs = [own for own, shared in zip(moving, shares, strict=True) if not shared]
    dtype = draw(st.sampled_from(DTYPES)) if on_arrays else "float64"
    arrays = [_typed(own.array, dtype, number) for number, own in enumerate(inputs)]
    builder = Builder(arrays if on_arrays else [float(a) for a in arrays])
    held = iter(_viewed(builder, inputs))
    places: list[int] = []
    for shared in shares:
        places.append(places[0] if shared else next(held))
    given = iter(places)
    at = [_constant(own.array) if own.is_constant else next(given) for own in operands]
    call = Call(form, at, [place for place, own in enumerate(operands) if not own.is_constant], shapes)
    made = call.added(builder, places)
    if made is None:
        return None
    _repeated(draw, st, builder, call, made)
    _followed(draw, st, builder, call, on_arrays)
    return builder.expression()


def _viewed(builder: Builder, inputs: Sequence[Operand]) -> list[int]:
    """Where each operand is, after the step that views its input."""
    places = []
    for place, own in enumerate(inputs):
        found = None if own.view is None else builder.add(own.view, (place,))
        places.append(place if found is None else found)
    return places


def _repeated(draw: Any, st: Any, builder: Builder, call: Call, made: int) -> None:
    """The op once more: on the same operands, or on them in another order; and both results joined."""
    again = draw(st.sampled_from(("no", "no", "same", "turned")))
    if again == "no":
        return
    places = [call.operands[place] for place in call.moving]
    second = call.added(builder, places if again == "same" else places[::-1])
    if second is not None:
        builder.add(draw(st.sampled_from((forms.TIMES, forms.PLUS))), (made, second))


def _followed(draw: Any, st: Any, builder: Builder, call: Call, on_arrays: bool) -> None:
    """A few steps from the newest place on, with older ones beside it."""
    choices = [forms.TIMES, forms.PLUS, forms.THIRD, call.form, forms.SINE, *(forms.OF_ARRAYS if on_arrays else ())]
    for _ in range(draw(st.integers(0, FOLLOWING))):
        chosen = draw(st.sampled_from(choices))
        last = len(builder.values) - 1
        count = len(call.moving) if chosen is call.form else operands_of(chosen)
        places = [last, *(last - max(draw(st.integers(-last, last)), 0) for _ in range(count - 1))]
        if count:
            call.added(builder, places) if chosen is call.form else builder.add(chosen, places)


def _alone(form: Form, operands: Sequence[Operand], on_arrays: bool) -> Expression:
    """The op by itself, where it need not be smooth."""
    arrays = [own.array if own.view is None else _seen(own) for own in operands]
    moving = [place for place, own in enumerate(operands) if not own.is_constant]
    builder = Builder([arrays[place] if on_arrays else float(arrays[place]) for place in moving])
    at = [moving.index(i) if i in moving else _constant(arrays[i]) for i in range(len(operands))]
    builder.put(form, at, np.zeros(()))
    return builder.expression()


def _seen(operand: Operand) -> Any:
    assert operand.view is not None
    return evaluated(operand.view, [operand.array])


def _constant(array: Any) -> Any:
    return array if array.ndim else float(array)


def _typed(array: Any, dtype: str, number: int) -> Any:
    single = dtype == "float32" or (dtype == "mixed" and number % 2 == 0)
    return np.array(array, dtype=np.float32 if single else np.float64)
