"""The data that training accepts: X and y, checked before anything is learned, as plain rows and targets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.errors import DataError


@dataclass(frozen=True)
class Samples:
    """Rows of numbers, each with its target: a number, or a list of numbers."""

    rows: list[list[float]]
    targets: list[Any]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[tuple[list[float], Any]]:
        return zip(self.rows, self.targets, strict=True)

    def taken(self, indices: Iterable[int]) -> Samples:
        """The samples at these indices, in their order."""
        return Samples([self.rows[i] for i in indices], [self.targets[i] for i in indices])


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
