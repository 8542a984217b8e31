"""Mini-batches of arrays: one epoch after another over data that may lie in a file larger than memory.

Beside X and y, which are never copied whole, there is only the order of the rows and the batch of the moment.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from autograd.errors import ArgumentError, AutogradError, DataError
from nn.arguments import at_least_one
from nn.randomness import Randomness, generator_from

Batch: TypeAlias = tuple[NDArray[Any], NDArray[Any]]

_BLOCK_BYTES = 1 << 20  # what is checked at a time


def batches(X: Any, y: Any, size: int, rng: Randomness = None, dtype: DTypeLike | None = None) -> Iterator[Batch]:
    """The rows of X and y in random order, `size` at a time; each row comes once, and the last batch may be smaller.

    X has the shape (n, …), y (n,) or (n, k); `checked_arrays` makes such arrays. The batches are copies, so they may
    be changed. X, and y where it holds floats, are converted to `dtype`, float32 or float64, one batch at a time, by
    default not at all; whole numbers and truth values in y become int64.

    The order is `rng.permutation(n)`, drawn at the call. Where X is memory-mapped the rows inside a batch are sorted,
    so that the file is read from front to back: which rows a batch holds does not change.
    """
    rows, labels, count = _alike(X, y, size, "batches")
    order = generator_from(rng).permutation(len(rows))
    return _shuffled(rows, labels, order, count, _float_type(dtype, "batches"))


def batches_in_order(X: Any, y: Any, size: int, dtype: DTypeLike | None = None) -> Iterator[Batch]:
    """The rows of X and y from first to last, `size` at a time, as a pass that only measures needs them.

    Types and shapes are those of `batches`. What needs no conversion is not copied: such a batch is a view of X.
    """
    rows, labels, count = _alike(X, y, size, "batches_in_order")
    parts = [slice(start, start + count) for start in range(0, len(rows), count)]
    kind = _float_type(dtype, "batches_in_order")
    return ((_inputs(rows[part], kind), _targets(labels[part], kind)) for part in parts)


def checked_arrays(X: Any, y: Any, whose: str = "", dtype: DTypeLike | None = None) -> Batch:
    """X and y as arrays with equally many rows, at least one, and nothing but finite numbers in them.

    X has the shape (n, …) with at least two dimensions, y (n,) or (n, k). Arrays are returned as they are, whatever
    real type they have; they are read block by block, so that memory-mapped ones may be larger than memory.

    DataError says what is wrong, with the row and column of the first bad number; where a `dtype` is given, numbers
    that are too large for it are bad too. `whose` stands before X and y in the message.
    """
    kind = _float_type(dtype, "checked_arrays")
    rows, targets = _numbers(X, f"{whose}X"), _numbers(y, f"{whose}y")
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


def _shuffled(
    X: NDArray[Any], y: NDArray[Any], order: NDArray[np.int64], size: int, dtype: np.dtype[Any] | None
) -> Iterator[Batch]:
    in_file = _is_memory_mapped(X)
    for start in range(0, len(order), size):
        rows = order[start : start + size]
        if in_file:
            rows = np.sort(rows)
        yield _inputs(X[rows], dtype), _targets(y[rows], dtype)


def _inputs(rows: NDArray[Any], dtype: np.dtype[Any] | None) -> NDArray[Any]:
    return rows if dtype is None else rows.astype(dtype, copy=False)


def _targets(rows: NDArray[Any], dtype: np.dtype[Any] | None) -> NDArray[Any]:
    return _inputs(rows, dtype) if rows.dtype.kind == "f" else rows.astype(np.int64, copy=False)


def _alike(X: Any, y: Any, size: int, where: str) -> tuple[NDArray[Any], NDArray[Any], int]:
    """X and y as arrays of equally many rows, and a batch size that fits them."""
    rows, labels, count = np.asarray(X), np.asarray(y), at_least_one(size, where, "size")
    if not rows.ndim or not labels.ndim or len(rows) != len(labels):
        raise DataError(f"{where}: X has the shape {rows.shape} and y {labels.shape}: each row of X needs one of y")
    if count > len(rows):
        raise DataError(f"{where}: a batch of {count} does not fit the {len(rows)} rows there are")
    return rows, labels, count


def _float_type(dtype: DTypeLike | None, where: str) -> np.dtype[Any] | None:
    if dtype is None:
        return None
    try:
        kind = np.dtype(dtype)
    except (TypeError, ValueError):
        kind = np.dtype(object)
    if kind not in (np.float32, np.float64):
        raise ArgumentError(f"{where}: dtype must be np.float32, np.float64 or None, got {dtype!r}")
    return kind


def _is_memory_mapped(array: NDArray[Any]) -> bool:
    owner: Any = array
    while isinstance(owner, np.ndarray):
        owner = owner.base
    return isinstance(owner, mmap.mmap)


# ── what is wrong with an array, and where ──────────────────────────────────────────────────────────────────────────


def _numbers(data: Any, name: str) -> NDArray[Any]:
    """The data as an array of real numbers or truth values, else DataError."""
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
            finite = np.isfinite(_inputs(block, dtype))
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
