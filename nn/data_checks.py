"""What is wrong with data, and where: the checks before training, of rows for Values and of arrays for Tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from autograd.errors import AutogradError, DataError
from nn.arguments import float_type

_BLOCK_BYTES = 1 << 20  # what is checked at a time

# ── rows of plain numbers ────────────────────────────────────────────────────────────────────────────────────────────


def checked_rows(X: Any, whose: str = "") -> list[list[float]]:
    """X as lists of finite floats, all of one length, else DataError names the row and column."""
    if isinstance(X, np.ndarray) and X.ndim == 2 and X.size and X.dtype.kind in "biuf" and np.isfinite(X).all():
        return [row.tolist() for row in X.astype(float)]
    try:
        rows = [list(row) for row in X]
    except TypeError:
        raise DataError(
            f"{whose}X must hold rows of numbers, one a sample; where a sample is one number, write [[x] for x in X]"
        ) from None
    if not rows:
        raise DataError(f"{whose}X is empty: there is nothing to learn from")
    for i, row in enumerate(rows):
        if len(row) != len(rows[0]) or not row:
            raise DataError(
                f"{whose}X has {len(row)} numbers in row {i} and {len(rows[0])} in row 0: all rows must be alike"
            )
        for j, number in enumerate(row):
            demand_number(number, f"{whose}X holds {{}} in row {i}, column {j}")
    return [[float(number) for number in row] for row in rows]


def demand_number(number: Any, place: str) -> None:
    """Raises DataError unless this is a finite real number; `place` is the message's beginning, with {} for it."""
    if not isinstance(number, (int, float, np.number, np.bool_)) or isinstance(number, np.complexfloating):
        raise DataError(place.format(f"{type(number).__name__} {str(number)[:40]!r}") + ": data are plain numbers")
    if not np.isfinite(float(number)):
        raise DataError(place.format(str(number)) + ": data must be finite")


# ── arrays ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def checked_arrays(
    X: Any, y: Any, whose: str = "", dtype: DTypeLike | None = None
) -> tuple[NDArray[Any], NDArray[Any]]:
    """X and y as arrays with equally many rows, at least one, and nothing but finite numbers in them.

    X has the shape (n, …) with at least two dimensions, y (n,) or (n, k). Arrays are returned as they are, whatever
    real type they have; they are read block by block, so that memory-mapped ones may be larger than memory.

    DataError says what is wrong, with the row and column of the first bad number; where a `dtype` is given, numbers
    that are too large for it are bad too. `whose` stands before X and y in the message.
    """
    kind = None if dtype is None else float_type(dtype, "checked_arrays")
    rows, targets = number_array(X, f"{whose}X"), number_array(y, f"{whose}y")
    if not rows.size:
        raise DataError(f"{whose}X is empty, with the shape {rows.shape}: there is nothing to learn from")
    if rows.ndim < 2:
        raise DataError(
            f"{whose}X must hold rows of numbers, one a sample, and has the shape {rows.shape}; where a sample is one "
            "number, write X.reshape(-1, 1)"
        )
    if targets.ndim not in (1, 2):
        raise DataError(f"{whose}y must hold one label or target for each row of X, got the shape {targets.shape}")
    if len(rows) != len(targets) or not targets.size:
        raise DataError(
            f"{whose}X has {len(rows)} rows and y the shape {targets.shape}: each row needs one label or target"
        )
    _demand_finite(rows, f"{whose}X", kind)
    _demand_finite(targets, f"{whose}y", kind)
    return rows, targets


def number_array(data: Any, name: str) -> NDArray[Any]:
    """The data as an array of real numbers or truth values, else DataError, which calls them by `name`."""
    if isinstance(data, np.ma.MaskedArray) and np.ma.is_masked(data):
        raise DataError(f"{name} is a masked array with gaps: leave such rows out, or fill them with .filled(number)")
    try:
        array = np.asarray(data)
    except AutogradError:
        raise
    except (TypeError, ValueError):
        raise DataError(f"{name} is no array of numbers: {_unlike(data)}") from None
    except OverflowError:
        array = np.asarray(data, dtype=object)
    if array.dtype.kind not in "biuf":
        # A list may mix kinds, of which NumPy makes one: the elements are looked at as they were.
        elements = np.asarray(data, dtype=object)
        for place, element in np.ndenumerate(elements):
            if not isinstance(element, (int, float, np.integer, np.floating, np.bool_)):
                found = f"{type(element).__name__} {str(element)[:40]!r}"
                raise DataError(f"{name} holds {found}{_where(place)}: data are plain numbers")
        array = _from_objects(elements, name)
    return array


def _unlike(data: Any) -> str:
    """The first row of another length than row 0, in words."""
    if isinstance(data, (list, tuple)):
        lengths = [len(row) if isinstance(row, (list, tuple, np.ndarray)) else 1 for row in data]
        for i, length in enumerate(lengths):
            if length != lengths[0]:
                return f"it has {length} in row {i} and {lengths[0]} in row 0, and all rows must be alike"
    return "all rows must be alike"


def _from_objects(elements: NDArray[Any], name: str) -> NDArray[Any]:
    """Plain numbers, kept as objects, in the type that NumPy has for them all."""
    try:
        array = np.array(elements.tolist())
    except OverflowError:
        array = elements
    if array.dtype.kind == "O":
        raise DataError(f"{name} holds whole numbers that are too large for any type of NumPy: write them as floats")
    return array


def _demand_finite(array: NDArray[Any], name: str, dtype: np.dtype[Any] | None) -> None:
    """Raises DataError at the first number that is not finite, or is not once it is converted to dtype."""
    if array.dtype.kind != "f":
        return
    step = max(1, _BLOCK_BYTES // max(1, array[0].nbytes))
    for start in range(0, len(array), step):
        block = array[start : start + step]
        with np.errstate(over="ignore"):
            finite = np.isfinite(block if dtype is None else block.astype(dtype, copy=False))
        if not finite.all():
            first = np.unravel_index(int(np.argmin(finite)), finite.shape)
            number = block[first]
            why = f"too large for {dtype}" if np.isfinite(number) else "data must be finite"
            raise DataError(f"{name} holds {number}{_where((start + int(first[0]), *first[1:]))}: {why}")


def _where(place: tuple[Any, ...]) -> str:
    """The place of an element in words: its row, its column, or its index inside the row."""
    if not place:
        return ""
    inside = [int(index) for index in place[1:]]
    if len(inside) < 2:
        return f" in row {int(place[0])}" + "".join(f", column {index}" for index in inside)
    return f" in row {int(place[0])} at {inside}"
