"""Probe: a function near a point. It evaluates, counts, and judges what comes back."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, AutogradError, NonFinite, OperandError, ShapeError
from autograd.graph import Node
from autograd.numeric.inputs import Array, Inputs, shown

BLOCK = 2**20  # how many numbers one stack of inputs holds at most: 8 MiB

OUTSIDE = (ArithmeticError, ValueError, AssertionError)  # what functions raise outside their domain
REFUSALS = (ArgumentError, NonFinite)  # those of this library's errors that are raised there


def leaves_domain(error: Exception) -> bool:
    """Whether a function that raises this was asked beside its domain: ArithmeticError, ValueError, AssertionError.

    This library's own errors say that it is misused, and that is no domain; but for ArgumentError, with which a loss
    refuses a probability of 1.1, and NonFinite.
    """
    return isinstance(error, OUTSIDE) and (isinstance(error, REFUSALS) or not isinstance(error, AutogradError))


class Probe:
    """f near a point, whose numbers are one vector, `point`. `evaluations` counts the points at which f was evaluated.

    Where f leaves its domain (see `leaves_domain`), or gives complex numbers for real ones, the value is nan. `unit` is
    the rounding error of f's arithmetic as its results show it: 2⁻⁵³, or 2⁻²⁴ where they are float32. An f that refuses
    float64 in place of the float32 it was given gets float32.

    With `batch` f takes stacks, each input an array with one axis more in front, and gives a value for each entry.
    """

    def __init__(self, f: Callable[..., Any], xs: Sequence[Any], batch: bool = False) -> None:
        if not callable(f):
            raise OperandError(f"a function is differentiated, and {shown(f)} is none")
        name = getattr(f, "__name__", "f")
        self.f, self.batch, self.name = f, batch, name if name.isidentifier() else "f"
        self.inputs = Inputs(xs)
        self.point = self.inputs.point
        self.unit = 2.0**-53
        self.evaluations = 0
        self.shape: tuple[int, ...] | None = None  # that of f's values, once it is known
        self._lifted = True
        self._centre: Array | None = None
        self._complaint: Exception | None = None

    def centre(self) -> Array:
        """f at the point itself, evaluated once; NonFinite where that is not finite."""
        if self._centre is None:
            (self._centre,) = self.at(self.point[None])
        if not np.isfinite(self._centre).all():
            raise NonFinite(
                f"{self.name} gave {shown(self._centre)} at {shown(self.point)}{self.said}: "
                "where the value is not finite there is no derivative to estimate"
            ) from self._complaint
        return self._centre

    @property
    def said(self) -> str:
        """What f raised when it last left its domain, for a message."""
        return f" ({self._complaint})" if self._complaint else ""

    def moved(self, entries: Array, offsets: Array) -> Array:
        """Where numbers of the point land when they are moved: point[entries] + offsets, rounded as f will see it."""
        places: Array = self.point[entries] + offsets
        return places if self._lifted or places.dtype.kind == "c" else places.astype(np.float32).astype(np.float64)

    def around(self, entries: Array, offsets: Array) -> Array:
        """f with one number moved at a time: a value for each pair of an entry and an offset, along the first axis."""
        places = self.moved(entries, offsets)
        rows = max(1, BLOCK // max(self.point.size, 1))
        blocks = []
        for start in range(0, len(entries), rows):
            block = slice(start, start + rows)
            points = np.repeat(self.point[None], len(entries[block]), axis=0).astype(places.dtype)
            points[np.arange(len(points)), entries[block]] = places[block]
            blocks.append(self.at(points))
        return np.concatenate(blocks) if blocks else np.zeros((0, *self.centre().shape))

    def at(self, points: Array) -> Array:
        """f at every row of points, a value for each along the first axis; at complex points complex values."""
        self.evaluations += len(points)
        with np.errstate(all="ignore"):
            values = self._of_stack(points) if self.batch else [self._of_row(row) for row in points]
        if self.shape is None and not np.array_equal(points[0], self.point):
            self.centre()  # tells the shape, or what is wrong
        outside = np.full(self.shape or (), math.nan)
        return np.stack([outside if value is None else value for value in values])

    def _of_row(self, row: Array) -> Array | None:
        """f at one point, None outside its domain."""
        try:
            return self._judged(self._called(row, self.inputs.arguments), row.dtype.kind)
        except OUTSIDE as error:
            at_home = isinstance(error, AutogradError) and np.array_equal(row, self.point)
            if at_home or not leaves_domain(error):
                raise  # at the point itself our own errors say more than that there is no value
            self._complaint = error
            return None

    def _of_stack(self, points: Array) -> list[Array]:
        try:
            values = _numbers(self._called(points, self.inputs.stacks), self.name)
        except AutogradError:
            raise
        except (*OUTSIDE, TypeError) as error:
            raise OperandError(f"{self.name} does not work on stacks, which batch=True gives it: {error}") from error
        if values.shape[:1] != (len(points),):
            raise ShapeError(
                f"{self.name} with batch=True must give a value for each of {len(points)} entries along the first "
                f"axis, and gave shape {values.shape}"
            )
        return [self._judged(value, points.dtype.kind) for value in values]

    def _called(self, numbers: Array, arguments: Callable[[Array, bool], list[Any]]) -> Any:
        try:
            return self.f(*arguments(numbers, self._lifted))
        except Exception as error:
            if numbers.dtype.kind == "c" and isinstance(error, TypeError) and not isinstance(error, AutogradError):
                raise OperandError(
                    f"{self.name} does not take complex numbers, which method='complex' gives it ({error}): write "
                    "autograd.exp and the like and no comparisons, or use method='richardson'"
                ) from error
            if self.shape is not None or not self._lifted or not self.inputs.single:
                raise
        given = self.f(*arguments(numbers, False))  # raises again where float32 is no better
        self._lifted, self.unit = False, 2.0**-24
        return given

    def _judged(self, given: Any, kind: str) -> Array:
        """What f gave at points of this kind ("c" complex, "f" real) as an array, of one shape every time."""
        value = _numbers(given, self.name)
        if self.shape is None:
            self.shape = value.shape
        if value.shape != self.shape:
            raise ShapeError(f"{self.name} gave shape {self.shape} first, and shape {value.shape} near the same point")
        if value.dtype.kind == "f":
            self.unit = max(self.unit, float(np.finfo(value.dtype).eps) / 2)
        if kind != "c":
            return np.full(self.shape, math.nan) if value.dtype.kind == "c" else value.astype(np.float64)
        if value.dtype.kind != "c":
            raise OperandError(
                f"{self.name} gave the real {shown(value)} for a complex number: it is constant there, or made of what "
                "is not analytic, such as abs. Use method='richardson' in place of method='complex'."
            )
        return value.astype(np.complex128)


def _numbers(given: Any, name: str) -> Array:
    """What f gave, nodes read as their data, as an array of numbers."""
    try:
        value = np.asarray(_plain(given))
    except ValueError:
        value = np.asarray(None)
    if value.dtype.kind not in "fiubc":
        raise OperandError(
            f"{name} must give a number or an array of numbers, and gave {type(given).__name__}: {shown(given)}"
        )
    return value


def _plain(given: Any) -> Any:
    if isinstance(given, (list, tuple)):
        return [_plain(part) for part in given]
    return given._data if isinstance(given, Node) else given
