"""Inputs: numbers, arrays and lists as one vector, and back again as they were given."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from autograd.errors import ArgumentError, OperandError, ShapeError
from autograd.graph import Node

Array: TypeAlias = NDArray[Any]


class Inputs:
    """The inputs of a function, in order: all their numbers are `point`, a vector of float64, arrays row by row.

    Whole numbers become floats, float32 is lifted to float64. OperandError for what holds no real numbers,
    ArgumentError for numbers that are not finite.
    """

    def __init__(self, xs: Sequence[Any]) -> None:
        if not xs:
            raise ArgumentError("a derivative is taken toward something: give at least one input")
        self.given = list(xs)
        self.arrays = [_floats(x, f"input {place}") for place, x in enumerate(xs)]
        self.point: Array = np.concatenate([array.reshape(-1) for array in self.arrays])
        self.single = any(isinstance(x, np.ndarray) and x.dtype == np.float32 for x in xs)
        self._ends = np.cumsum([array.size for array in self.arrays]).tolist()

    def arguments(self, row: Array, lifted: bool = True) -> list[Any]:
        """The inputs with the numbers of one row, a float, an array or a list for each; float32 again if not lifted."""
        parts = self._split(row[None] if row.dtype.kind == "c" or lifted else row[None].astype(np.float32))
        return [_like(x, part[0], lifted) for x, part in zip(self.given, parts, strict=True)]

    def stacks(self, rows: Array, lifted: bool = True) -> list[Array]:
        """The inputs as arrays with one axis more in front: an entry of it for each row."""
        parts = self._split(rows)
        return [
            part.astype(np.float32) if not lifted and getattr(x, "dtype", None) == np.float32 else part
            for x, part in zip(self.given, parts, strict=True)
        ]

    def sorted(self, columns: Array) -> list[Any]:
        """What belongs to each number (first axis), sorted by inputs and shaped like them, any other axes in front."""
        parts = np.split(np.moveaxis(columns, 0, -1), self._ends[:-1], axis=-1)
        shaped = [part.reshape(part.shape[:-1] + own.shape) for part, own in zip(parts, self.arrays, strict=True)]
        return [_like(x, part) for x, part in zip(self.given, shaped, strict=True)]

    def named(self, entry: int) -> str:
        """A number of the point as the reader knows it: which input, and where in it."""
        place = next(place for place, end in enumerate(self._ends) if entry < end)
        shape = self.arrays[place].shape
        index = np.unravel_index(entry - self._ends[place] + self.arrays[place].size, shape) if shape else ()
        return f"input {place}" + (f"[{', '.join(str(int(i)) for i in index)}]" if index else "")

    def _split(self, rows: Array) -> list[Array]:
        parts = np.split(rows, self._ends[:-1], axis=1)
        return [part.reshape(len(rows), *own.shape) for part, own in zip(parts, self.arrays, strict=True)]


def _floats(x: Any, name: str) -> Array:
    if isinstance(x, Node):
        raise OperandError(f"{name} is a node of a graph: give its numbers, which are its .data")
    try:
        array = np.asarray(float(x) if isinstance(x, (Real, np.bool_)) else x)
    except ValueError:
        raise ShapeError(f"{name} has rows of unequal length") from None
    except OverflowError:
        raise ArgumentError(f"{name} is a whole number beyond the range of floats") from None
    if array.dtype.kind not in "fiub" or not isinstance(x, (Real, np.bool_, np.ndarray, list, tuple)):
        raise OperandError(f"{name} must be a real number, or an array or list of them, got {shown(x)}")
    floats: Array = array.astype(np.float64)
    if not np.isfinite(floats).all():
        raise ArgumentError(f"{name} must be finite to be moved a little, got {shown(x)}")
    return floats


def _like(x: Any, numbers: Array, lifted: bool = True) -> Any:
    """These numbers in the form that x has: a float, an array, a list or a tuple; arrays where there are other axes."""
    if isinstance(x, np.ndarray):
        return numbers if lifted or x.dtype == np.float32 else numbers.astype(np.float64)
    if numbers.ndim > np.ndim(x):
        return numbers
    return type(x)(numbers.tolist()) if isinstance(x, (list, tuple)) else numbers.item()


def shown(x: Any) -> str:
    """Numbers for a message: short, whatever they are."""
    if isinstance(x, np.ndarray):
        x = x.item() if x.size == 1 else x.tolist()
    text = str(x) if isinstance(x, (float, int, complex, list)) else repr(x)
    return text if len(text) <= 60 else text[:57] + "…"
