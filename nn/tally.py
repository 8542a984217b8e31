"""Tally: what is met on the way through some samples, added up to their score."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from autograd.errors import OperandError
from nn.history import Score

Metrics: TypeAlias = Mapping[str, Callable[[Any, Any], Any]]


class Tally:
    """Losses, mistakes and, where there are metrics, predictions and targets, batch by batch."""

    def __init__(self, metrics: Metrics) -> None:
        self.metrics = metrics
        self.losses: list[float] = []
        self.counted = 0.0
        self.judged = self.mistakes = 0
        self.predicted: list[Any] = []
        self.targets: list[Any] = []

    def add(self, mean_loss: float, counted: float, samples: int, mistakes: int | None) -> None:
        """Enters samples that count so much; how many were named wrongly, None where targets are no classes."""
        self.losses.append(mean_loss * counted)
        self.counted += counted
        if mistakes is not None:
            self.judged += samples
            self.mistakes += mistakes

    def keep(self, predicted: Any, targets: Any) -> None:
        """Keeps predictions and targets for the metrics."""
        self.predicted.append(predicted)
        self.targets.append(targets)

    def mean_loss(self) -> float:
        """Σ loss / Σ count, 0 where nothing counts."""
        return exact_sum(self.losses) / (self.counted or 1.0)

    def score(self) -> Score:
        """The means over all samples entered, and what each metric says of them."""
        return Score(
            loss=self.mean_loss(),
            error_rate=self.mistakes / self.judged if self.judged else None,
            metrics={name: self._measured(name) for name in self.metrics},
        )

    def _measured(self, name: str) -> float:
        found = self.metrics[name](_joined(self.predicted), _joined(self.targets))
        try:
            return float(found)
        except (TypeError, ValueError):
            raise OperandError(f"fit: the metric {name!r} must give a number, and gave {found!r:.60}") from None


def exact_sum(numbers: list[float]) -> float:
    """The sum, rounded once; inf or nan where it leaves the range of floats."""
    try:
        return math.fsum(numbers)
    except (OverflowError, ValueError):
        return sum(numbers)


def _joined(parts: list[Any]) -> Any:
    """Batches of arrays as one array, lists of them as one list."""
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    return [item for part in parts for item in part]
