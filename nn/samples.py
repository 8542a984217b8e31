"""Samples: rows and their targets, taken in batches. Plain lists for models of Values, arrays for those of Tensors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from autograd.errors import DataError
from nn.arguments import at_least_one, float_type
from nn.data_checks import checked_arrays, checked_rows, demand_number, number_array
from nn.randomness import Randomness, generator_from

Batch: TypeAlias = tuple[NDArray[Any], NDArray[Any]]


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

    Batches have the `dtype` given, float32 or float64, or their own: X, and y where it holds floats. Other y become
    int64.
    """

    X: NDArray[Any]
    y: NDArray[Any]
    dtype: np.dtype[Any] | None
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

    def batches(self, size: int, order: NDArray[np.intp] | None = None) -> Iterator[Batch]:
        """Inputs and targets, `size` at a time, in the order given or from first to last.

        Inside a batch rows come in the order of X, so that a file is read from front to back, and so that data in a
        file and in memory give the same run.
        """
        places = self.chosen if order is None or self.chosen is None else self.chosen[order]
        places = order if places is None else places
        for start in range(0, len(self), size):
            part: Any = slice(start, start + size)
            rows = part if places is None else np.sort(places[part])
            yield self._floats(self.X[rows]), self._targets(self.y[rows])

    def _floats(self, rows: NDArray[Any]) -> NDArray[Any]:
        return rows if self.dtype is None else rows.astype(self.dtype, copy=False)

    def _targets(self, y: NDArray[Any]) -> NDArray[Any]:
        return self._floats(y) if y.dtype.kind == "f" else y.astype(np.int64, copy=False)


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
            demand_number(number, f"{whose}y holds {{}} in row {i}" + (f", column {j}" if several else ""))
    return Samples(rows, targets)


def batches(X: Any, y: Any, size: int, rng: Randomness = None, dtype: DTypeLike | None = None) -> Iterator[Batch]:
    """The rows of X and y in random order, `size` at a time; each row comes once, and the last batch may be smaller.

    X has the shape (n, …), y (n,) or (n, k); either may be a memory-mapped file larger than memory. The batches are
    copies, so they may be changed. X, and y where it holds floats, are converted to `dtype`, float32 or float64, one
    batch at a time, by default not at all; whole numbers and truth values in y become int64.

    The order is `rng.permutation(n)`, drawn at the call; inside a batch rows are sorted. These are the batches of
    `nn.fit`, whose epochs draw one such order after the other. DataError where X and y are not of equal length, or a
    batch is larger than they are.
    """
    rows, labels, count = number_array(X, "X"), number_array(y, "y"), at_least_one(size, "batches", "size")
    if not rows.ndim or not labels.ndim or len(rows) != len(labels):
        raise DataError(f"batches: X has the shape {rows.shape} and y {labels.shape}: each row of X needs one of y")
    if count > len(rows):
        raise DataError(f"batches: a batch of {count} does not fit the {len(rows)} rows there are")
    samples = ArraySamples(rows, labels, None if dtype is None else float_type(dtype, "batches"))
    return samples.batches(count, generator_from(rng).permutation(len(rows)))
