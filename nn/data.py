"""Data sets: the flowers of Iris, and the truth tables of two inputs. Nothing is downloaded."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autograd.errors import ArgumentError

_FOLDER = Path(__file__).with_name("datasets")


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples as rows of X, of shape (samples, features), and their classes y, indices into `class_names`."""

    name: str
    X: NDArray[np.float64]
    y: NDArray[np.int64]
    feature_names: list[str]
    class_names: list[str]
    source: str

    def __len__(self) -> int:
        return len(self.X)

    def split(self, per_class: int) -> tuple[Dataset, Dataset]:
        """The first `per_class` rows of every class, and all other rows, each in their order.

        The textbook's split of Iris is `iris().split(40)`: 120 flowers train, 30 test.
        """
        order = np.zeros(len(self), dtype=int)
        for label in range(len(self.class_names)):
            (rows,) = np.nonzero(self.y == label)
            if not 0 < per_class < len(rows):
                raise ArgumentError(
                    f"split: {self.class_names[label]} has {len(rows)} rows, so per_class must be 1 to "
                    f"{len(rows) - 1}, got {per_class!r}"
                )
            order[rows] = np.arange(len(rows))
        first = order < per_class
        return replace(self, X=self.X[first], y=self.y[first]), replace(self, X=self.X[~first], y=self.y[~first])

    def standardised(self, like: Dataset | None = None) -> Dataset:
        """(x − mean) / standard deviation for every feature, both taken from `like`, by default from this data.

        Test data are standardised like the training data: `test.standardised(like=train)`.
        """
        reference = self if like is None else like
        spread = reference.X.std(axis=0)
        return replace(self, X=(self.X - reference.X.mean(axis=0)) / np.where(spread == 0.0, 1.0, spread))

    def __repr__(self) -> str:
        features, classes = len(self.feature_names), len(self.class_names)
        return f"Dataset({self.name!r}, {len(self)} rows, {features} features, {classes} classes)"


def iris() -> Dataset:
    """Fisher's 150 flowers, 50 of each of three species, four lengths in centimetres; `source` names the licence."""
    with (_FOLDER / "iris.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    class_names = list(dict.fromkeys(row[-1] for row in rows))
    return Dataset(
        name="iris",
        X=np.array([[float(x) for x in row[:-1]] for row in rows]),
        y=np.array([class_names.index(row[-1]) for row in rows]),
        feature_names=[name.replace("_", " ") for name in header[:-1]],
        class_names=class_names,
        source=(_FOLDER / "iris.txt").read_text(encoding="utf-8"),
    )


def xor() -> Dataset:
    """1 where exactly one of two inputs is 1: no single line divides the classes."""
    return _truth_table("xor", [0, 1, 1, 0])


def and_() -> Dataset:
    """1 where both inputs are 1."""
    return _truth_table("and", [0, 0, 0, 1])


def or_() -> Dataset:
    """1 where at least one input is 1."""
    return _truth_table("or", [0, 1, 1, 1])


def nand() -> Dataset:
    """0 where both inputs are 1."""
    return _truth_table("nand", [1, 1, 1, 0])


def _truth_table(name: str, labels: list[int]) -> Dataset:
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return Dataset(name, X, np.array(labels), ["x1", "x2"], ["0", "1"], source="a truth table")
