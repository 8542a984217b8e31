"""The data that training accepts, checked before anything is learned: plain rows for Values, arrays for Tensors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from autograd.errors import DataError
from nn.batches import checked_arrays


@dataclass(frozen=True)
class Samples:
    """Rows of numbers, each with its target: a number, or a list of numbers."""

    rows: list[list[float]]
    targets: list[Any]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[tuple[list[float], Any]]:
        return zip(self.rows, self.targets, strict=True)

    @property
    def shapes(self) -> list[list[int]]:
        """The sizes of rows and targets, as arrays of them would have."""
        return [[len(self), len(self.rows[0])], [len(self), *np.shape(self.targets[0])]]

    def taken(self, indices: Iterable[int]) -> Samples:
        """The samples at these indices, in their order."""
        return Samples([self.rows[i] for i in indices], [self.targets[i] for i in indices])

    def batches(self, size: int, order: Sequence[int] | None = None) -> Iterator[tuple[list[Any], list[Any]]]:
        """Rows and targets, `size` at a time, in the order given or from first to last."""
        sequence = range(len(self)) if order is None else order
        for start in range(0, len(self), size):
            batch = self.taken(sequence[start : start + size])
            yield batch.rows, batch.targets


@dataclass(frozen=True)
class ArraySamples:
    """Rows of X and y, all of them or those at the places `chosen`; the arrays are never copied whole.

    Batches have the model's `dtype`, float32 or float64: X, and y where it holds floats. Other y become int64.
    """

    X: NDArray[Any]
    y: NDArray[Any]
    dtype: np.dtype[Any]
    chosen: NDArray[np.intp] | None = None

    def __len__(self) -> int:
        return len(self.X) if self.chosen is None else len(self.chosen)

    @property
    def shapes(self) -> list[list[int]]:
        """The shapes of inputs and targets."""
        return [[len(self), *self.X.shape[1:]], [len(self), *self.y.shape[1:]]]

    def taken(self, indices: NDArray[np.intp]) -> ArraySamples:
        """The samples at these indices."""
        return ArraySamples(self.X, self.y, self.dtype, indices if self.chosen is None else self.chosen[indices])

    def batches(self, size: int, order: NDArray[np.intp] | None = None) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
        """Inputs and targets, `size` at a time, in the order given or from first to last.

        Inside a batch rows come in the order of X, so that a file is read from front to back, and so that data in a
        file and in memory give the same run.
        """
        places = self.chosen if order is None or self.chosen is None else self.chosen[order]
        places = order if places is None else places
        for start in range(0, len(self), size):
            part: Any = slice(start, start + size)
            rows = part if places is None else np.sort(places[part])
            yield self.X[rows].astype(self.dtype, copy=False), self._targets(self.y[rows])

    def _targets(self, y: NDArray[Any]) -> NDArray[Any]:
        return y.astype(self.dtype if y.dtype.kind == "f" else np.int64, copy=False)


Data: TypeAlias = Samples | ArraySamples


def checked_array_samples(X: Any, y: Any, dtype: np.dtype[Any], whose: str = "") -> ArraySamples:
    """X and y as arrays of equally many rows, finite also in `dtype`, else DataError says where.

    They are read block by block, and not copied, so that memory-mapped ones may be larger than memory.
    """
    return ArraySamples(*checked_arrays(X, y, whose, dtype), dtype)


def checked_samples(X: Any, y: Any, whose: str = "") -> Samples:
    """Rows and targets of equal, positive number and nothing but finite numbers in them, else DataError says where.

    `whose` stands before X and y in the message.
    """
    rows = checked_rows(X, whose)
    try:
        targets = y.tolist() if isinstance(y, np.ndarray) else list(y)
    except TypeError:
        raise DataError(f"{whose}y must hold one label or target for each row of X, got {y!r}") from None
    if len(targets) != len(rows):
        raise DataError(f"{whose}X has {len(rows)} rows and y has {len(targets)} entries: each row needs one")
    for i, target in enumerate(targets):
        several = isinstance(target, (list, tuple, np.ndarray))
        for j, number in enumerate(target if several else [target]):
            _demand_number(number, f"{whose}y holds {{}} in row {i}" + (f", column {j}" if several else ""))
    return Samples(rows, targets)


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
            _demand_number(number, f"{whose}X holds {{}} in row {i}, column {j}")
    return [[float(number) for number in row] for row in rows]


def _demand_number(number: Any, place: str) -> None:
    if not isinstance(number, (int, float, np.number, np.bool_)) or isinstance(number, np.complexfloating):
        raise DataError(place.format(f"{type(number).__name__} {str(number)[:40]!r}") + ": data are plain numbers")
    if not np.isfinite(float(number)):
        raise DataError(place.format(str(number)) + ": data must be finite")
