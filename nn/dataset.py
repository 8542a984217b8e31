"""A data set: rows of features, the class of each row, and the names of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.errors import ArgumentError, DataError, OperandError, ShapeError
from nn.arguments import at_least_one, rate
from nn.randomness import Randomness, generator_from

_BLOCK = 4096  # rows at a time where a whole copy of X would be wasted


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples as rows of X, of shape (samples, features), and their classes y, indices into `class_names`."""

    name: str
    X: NDArray[np.floating[Any]]
    y: NDArray[np.int64]
    feature_names: list[str]
    class_names: list[str]
    source: str

    def __post_init__(self) -> None:
        if not isinstance(self.X, np.ndarray) or not isinstance(self.y, np.ndarray):
            raise DataError(
                f"Dataset {self.name!r}: X and y are NumPy arrays, got {type(self.X).__name__} and "
                f"{type(self.y).__name__}: np.array(…)?"
            )
        shapes = f"{np.shape(self.X)} and {np.shape(self.y)}"
        if np.ndim(self.X) != 2 or np.shape(self.y) != (len(self.X),) or self.y.dtype.kind not in "iu":
            raise DataError(
                f"Dataset {self.name!r}: X must hold rows of features, and y a whole number for each row; "
                f"got the shapes {shapes} and y of {self.y.dtype}"
            )
        if len(self.feature_names) != self.X.shape[1]:
            raise DataError(
                f"Dataset {self.name!r}: X has {self.X.shape[1]} columns, and there are {len(self.feature_names)} "
                "feature names"
            )
        classes = len(self.class_names)
        (strange,) = np.nonzero((self.y < 0) | (self.y >= classes))
        if strange.size:
            raise DataError(
                f"Dataset {self.name!r}: y holds {self.y[strange[0]]} in row {strange[0]}, and {classes} class names "
                f"allow 0 to {classes - 1}"
            )

    def __len__(self) -> int:
        return len(self.X)

    def split(self, per_class: int) -> tuple[Dataset, Dataset]:
        """The first `per_class` rows of every class, and all other rows, each in their order.

        The textbook's split of Iris is `iris().split(40)`: 120 flowers train, 30 test.
        """

        if isinstance(per_class, float):
            raise ArgumentError(
                f"split: per_class is a number of rows, got {per_class!r}. A part is what split_stratified draws"
            )
        at_least_one(per_class, "split", "per_class")

        def first(rows: NDArray[np.intp], label: int) -> NDArray[np.intp]:
            if per_class >= len(rows):
                raise ArgumentError(
                    f"split: {self.class_names[label]} has {len(rows)} rows, so per_class must be 1 to "
                    f"{len(rows) - 1}, got {per_class!r}"
                )
            return rows[:per_class]

        chosen = self._chosen(first)
        return self._taken(chosen), self._taken(~chosen)

    def split_stratified(self, held_out: float = 0.2, seed: Randomness = None) -> tuple[Dataset, Dataset]:
        """Training rows and the part `held_out` of all rows, drawn at random in each class, each in their order.

        Both parts keep the shares of the classes to within a row, and every class has a row in both. The same seed
        gives the same split.
        """
        part = rate(held_out, "split_stratified", "held_out", below=1.0)
        if part == 0.0:
            raise ArgumentError("split_stratified: held_out must be a part between 0 and 1, got 0")
        rng = generator_from(seed)
        sizes = np.bincount(self.y, minlength=len(self.class_names))
        # The rounded shares of the first, the first two, … classes differ by whole numbers that add up to the whole.
        shares = np.diff(np.rint(part * np.cumsum(sizes)), prepend=0.0).astype(int)

        def drawn(rows: NDArray[np.intp], label: int) -> NDArray[np.intp]:
            if len(rows) == 1:
                raise ArgumentError(
                    f"split_stratified: {self.class_names[label]} has 1 row and cannot be in both parts; leave the "
                    "class out, or give it a second row"
                )
            return rng.permutation(rows)[: np.clip(shares[label], 1, len(rows) - 1)] if len(rows) else rows

        chosen = self._chosen(drawn)
        return self._taken(~chosen), self._taken(chosen)

    def shuffled(self, seed: Randomness = None) -> Dataset:
        """The same rows in random order, each with its class; the same seed gives the same order."""
        return self._taken(generator_from(seed).permutation(len(self)))

    def standardised(self, like: Dataset | None = None) -> Dataset:
        """(x − mean) / standard deviation for every feature, both taken from `like`, by default from this data.

        Test data are standardised like the training data: `test.standardised(like=train)`. A feature that never
        changes in `like` is only shifted. Sums run in float64, and X keeps its float type.
        """
        if like is not None and not isinstance(like, Dataset):
            raise OperandError(f"standardised: like is a Dataset, such as the training data; got {type(like).__name__}")
        reference = self.X if like is None else like.X
        if reference.shape[1] != self.X.shape[1]:
            raise ShapeError(
                f"standardised: this data has {self.X.shape[1]} features and like={like!r} has {reference.shape[1]}: "
                "both must have the same"
            )
        mean, spread = _mean_and_spread(reference)
        dtype = self.X.dtype if self.X.dtype.kind == "f" else np.dtype(np.float64)
        return replace(self, X=(self.X - mean.astype(dtype)) / spread.astype(dtype))

    def _chosen(self, choice: Callable[[NDArray[np.intp], int], NDArray[np.intp]]) -> NDArray[np.bool_]:
        """True for each row that `choice` takes from the rows of its class."""
        chosen = np.zeros(len(self), dtype=bool)
        for label in range(len(self.class_names)):
            chosen[choice(np.nonzero(self.y == label)[0], label)] = True
        return chosen

    def _taken(self, rows: NDArray[Any]) -> Dataset:
        return replace(self, X=self.X[rows], y=self.y[rows])

    def __repr__(self) -> str:
        features, classes = len(self.feature_names), len(self.class_names)
        return f"Dataset({self.name!r}, {len(self)} rows, {features} features, {classes} classes)"


def _mean_and_spread(X: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of each column; a column that never changes has itself as mean, and spread 1."""
    if not len(X):
        raise DataError("standardised: there are no rows to take a mean of")
    mean = X.mean(axis=0, dtype=np.float64)
    squares = sum(np.square(X[start : start + _BLOCK] - mean).sum(axis=0) for start in range(0, len(X), _BLOCK))
    # The rounded mean of equal numbers may miss them by a last digit, which a division would blow up to ±1.
    constant = X.min(axis=0) == X.max(axis=0)
    return np.where(constant, X[0], mean), np.where(constant, 1.0, np.sqrt(squares / len(X)))
