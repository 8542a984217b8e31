"""Data sets by name: flowers, digits, truth tables, and shapes drawn at random. Nothing is downloaded."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np

from nn.dataset import Dataset
from nn.mnist import mnist
from nn.synthetic import circles, gaussians, moons, spirals

__all__ = [
    "Dataset", "and_", "circles", "digits", "gaussians", "iris", "mnist", "moons", "nand", "or_", "spirals", "xor",
]  # fmt: skip

_FOLDER = Path(__file__).with_name("datasets")


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


def digits() -> Dataset:
    """1,797 handwritten digits, each 8×8 pixels row after row, from 0.0 for paper to 16.0 for ink.

    X has the shape (1797, 64); `X[i].reshape(8, 8)` is an image. `source` names the licence. Networks learn such
    numbers more easily after `standardised`, or after a division by 16.
    """
    with gzip.open(_FOLDER / "digits.csv.gz", "rt", encoding="ascii") as file:
        table = np.loadtxt(file, delimiter=",", dtype=np.uint8)
    return Dataset(
        name="digits",
        X=table[:, :-1].astype(np.float64),
        y=table[:, -1].astype(np.int64),
        feature_names=[f"pixel {row},{column}" for row in range(8) for column in range(8)],
        class_names=[str(digit) for digit in range(10)],
        source=(_FOLDER / "digits.txt").read_text(encoding="utf-8"),
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
