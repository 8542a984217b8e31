"""How well predicted numbers fit: the mean squared error and R²."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.errors import ArgumentError, ShapeError
from nn.classes import plain_numbers


def mean_squared_error(predicted: Any, targets: Any) -> float:
    """(1/n) Σ (yᵢ − fᵢ)² over all entries, added in float64.

    Both have one shape, or one is (n, 1) and the other (n,), else ShapeError; ArgumentError where a number is not
    finite.
    """
    f, y = _pair("mean_squared_error", predicted, targets)
    return float(np.mean((y - f) ** 2))


def r2_score(predicted: Any, targets: Any) -> float:
    """R² = 1 − Σ (yᵢ − fᵢ)² / Σ (yᵢ − ȳ)², the part of the targets' variance that is explained.

    Of several columns it is the mean over them. Where targets never change it is 1 if every prediction is exact, else
    0, as in scikit-learn. Shapes and errors are those of `mean_squared_error`; two samples at least.
    """
    f, y = _pair("r2_score", predicted, targets)
    if len(y) < 2:
        raise ArgumentError("r2_score: one sample has no variance to explain, give at least two")
    f, y = f.reshape(len(f), -1), y.reshape(len(y), -1)
    residual = ((y - f) ** 2).sum(axis=0)
    constant = (y == y[0]).all(axis=0)
    spread = np.where(constant, 1.0, ((y - y.mean(axis=0)) ** 2).sum(axis=0))
    with np.errstate(divide="ignore", over="ignore"):  # a spread that rounds to 0 gives −∞
        scores = np.where(constant, residual == 0.0, 1.0 - residual / spread)
    return float(scores.mean())


def _pair(where: str, predicted: Any, targets: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Predictions and targets as float64 of one shape."""
    arrays = [plain_numbers(predicted), plain_numbers(targets)]
    for what, array in zip(("predictions", "targets"), arrays, strict=True):
        if array.dtype.kind not in "biuf":
            raise ArgumentError(f"{where}: {what} are numbers, got an array of {array.dtype}")
    f, y = (array.astype(np.float64) for array in arrays)
    if f.shape != y.shape and f.size == y.size and {(*f.shape, 1), f.shape} & {(*y.shape, 1), y.shape}:
        f, y = f.ravel(), y.ravel()
    if f.shape != y.shape or not f.size or not f.ndim:
        raise ShapeError(f"{where}: predictions of shape {f.shape} and targets of shape {y.shape} do not match")
    for what, array in (("prediction", f), ("target", y)):
        finite = np.isfinite(array).reshape(len(array), -1).all(axis=1)
        if not finite.all():
            raise ArgumentError(f"{where}: the {what} in row {int(np.argmin(finite))} is not finite")
    return f, y
