"""Domain: where an op can be checked, found by trying: points of elementwise ops, shapes and entries of array ops."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd.checking.operators.target import Target
from autograd.checking.programs.builder import evaluated, moderate, surroundings
from autograd.checking.programs.expression import Form
from autograd.errors import ArgumentError

# From the simplest on, for a failing program shrinks toward the first.
ANCHORS = (
    *(1.0, 0.5, 2.0, -1.0, -0.5, -2.0, 0.25, -0.25, 0.75, -0.75, 1.5, -1.5, 3.0, -3.0),
    *(0.0, 0.01, -0.01, 0.1, 0.9, -0.9, 5.0, -5.0, 10.0, -10.0, 30.0, -30.0),
)
TRIED = 600  # points of several operands
SHAPES = ((3,), (), (2, 3), (3, 2), (3, 3), (4, 3), (4,), (2, 3, 2))
KEPT = 16  # combinations of shapes
PLAIN = (0.5, -1.0, 2.0, -0.25, 1.5, -2.0, 0.75, -1.5, 1.0, -0.5)
ENTRIES = (PLAIN, tuple(abs(x) for x in PLAIN), tuple(x / 2.5 for x in PLAIN), tuple(1.5 + abs(x) for x in PLAIN))


class Points(NamedTuple):
    """Operands at which an elementwise op and its surroundings are finite, one number for each operand."""

    points: list[tuple[float, ...]]


class Shapes(NamedTuple):
    """Shapes of operands that an array op takes, and numbers to fill them with."""

    shapes: list[tuple[tuple[int, ...], ...]]
    entries: tuple[float, ...]


def points_of(target: Target, form: Form, count: int, candidates: Sequence[Any] | None = None) -> Points:
    """The domain of an elementwise op, where it is finite: among many points, or among those of a user's arrays."""
    if candidates is None:
        tried = _combined(count)
    else:
        tried = np.array([np.ravel(x) for x in np.broadcast_arrays(*map(np.asarray, candidates))], dtype=float)
    moving = [place for place in range(count) if place not in target.constants]
    value = _by_arrays_or_numbers(form, list(tried))
    alive = moderate(value)
    for place in moving:
        with np.errstate(all="ignore"):
            alive &= moderate(_by_arrays_or_numbers(form, _moved(tried, place, 1.0)))
            alive &= moderate(_by_arrays_or_numbers(form, _moved(tried, place, -1.0)))
    found = [tuple(float(x) for x in point) for point in tried[:, alive].T]
    if not found:
        raise ArgumentError(
            f"{target.op.name} is finite at none of the points that were tried: give operands at which it is, "
            f"check_op({target.name}, inputs=[{', '.join(['…'] * count)}])"
        )
    return Points(found)


def _combined(count: int) -> Any:
    """Combinations of anchors, the simplest first: all of them, or so many at random."""
    if count <= 2:
        places = list(itertools.product(range(len(ANCHORS)), repeat=count))
    else:
        drawn = np.random.default_rng(0).integers(0, len(ANCHORS), (TRIED, count))
        places = [(0,) * count, *map(tuple, drawn.tolist())]
    places.sort(key=lambda own: (sum(own), own))
    return np.array([[ANCHORS[i] for i in own] for own in dict.fromkeys(places)]).T


def _moved(tried: Any, place: int, side: float) -> list[Any]:
    own = list(tried)
    own[place] = own[place] + side * 2.0**-6 * (1.0 + np.abs(own[place]))
    return own


def _by_arrays_or_numbers(form: Form, at: Sequence[Any]) -> Any:
    """An elementwise op on arrays, or number by number where its function on arrays does not work."""
    try:
        value = evaluated(form, at)
        if value.shape == np.shape(at[0]):
            return value
    except Exception:  # a fault that a program will show
        pass
    return np.array([_number(form, own) for own in zip(*at, strict=True)])


def _number(form: Form, at: Sequence[float]) -> float:
    try:
        return float(form.function(*map(float, at)))
    except Exception:
        return float("nan")


def shapes_of(target: Target, count: int, parameters: Mapping[str, Any], given: Sequence[Any] | None) -> Shapes:
    """Shapes that an array op takes, and entries at which it is finite; ArgumentError where none is found."""
    tried = [tuple(given)] if given is not None else _shape_tuples(count)
    found = None
    if given is None:  # a pull-back may be meant for some of the shapes that its function happens to take
        found = _working(target, tried, parameters, strict=True)
    found = found or _working(target, tried, parameters, strict=False)
    if found is None:
        hint = "" if parameters else ", and parameters={…} where it takes any"
        raise ArgumentError(
            f"no operands were found with which {target.op.name} works: give arrays, or shapes of them, one for each "
            f"operand, check_op({target.name}, inputs=[(2, 3), …]){hint}"
        )
    return found


def _working(target: Target, tried: Sequence[Any], parameters: Mapping[str, Any], strict: bool) -> Shapes | None:
    """The shapes, and of all entries those with which most shapes work."""
    best: Shapes | None = None
    for entries in ENTRIES:
        working = (own for own in tried if _works(target, own, entries, parameters, strict))
        kept = list(itertools.islice(working, KEPT))
        if kept and (best is None or len(kept) > len(best.shapes)):
            best = Shapes(kept, entries)
    return best


def _shape_tuples(count: int) -> list[tuple[tuple[int, ...], ...]]:
    if count > 3:
        return [(shape,) * count for shape in SHAPES]
    combined = itertools.product(range(len(SHAPES)), repeat=count)
    return [tuple(SHAPES[i] for i in own) for own in sorted(combined, key=lambda own: (sum(own), own))]


def filled(shape: Sequence[int], entries: Sequence[float], start: int = 0) -> Any:
    """An array of these entries, one after another, no two equal ones close together."""
    size = int(np.prod(shape, dtype=int))
    own = np.resize(np.roll(np.asarray(entries, dtype=float), -start), size) + 2.0**-5 * (
        np.arange(size) // len(entries)
    )
    return own.reshape(tuple(shape))


def _works(
    target: Target, shapes: Sequence[Any], entries: Sequence[float], parameters: Mapping[str, Any], strict: bool
) -> bool:
    """Whether the op is finite on such operands and around them; if `strict`, whether its pull-back takes them."""
    form = target.form(len(shapes), parameters)
    operands = [filled(shape, entries, 3 * place) for place, shape in enumerate(shapes)]
    try:
        value = evaluated(form, operands)
        if not moderate(value).all() or not value.size:
            return False
        for place in range(len(operands)):
            surroundings(form, operands, value, place)
        return not strict or fits(target, operands, parameters)
    except Exception:
        return False


def fits(target: Target, operands: Sequence[Any], parameters: Mapping[str, Any]) -> bool:
    """Whether every share of a pull-back has the shape of its operand, or one that broadcasting stretched."""
    op: Any = target.op
    if not op.derivable:
        return True
    with np.errstate(all="ignore"):
        y = op.function(*map(np.array, operands), **parameters)
        found = op.shares(
            np.ones(np.shape(y)), y, operands, [True] * len(operands), dict(parameters), lambda place: None
        )
        shapes = {place: np.shape(share) for place, share in found}
    return all(np.broadcast_shapes(own, operands[place].shape) == own for place, own in shapes.items())
