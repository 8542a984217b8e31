"""A finding about a training, and the evidence that findings are drawn from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nn.diagnosis.layers import Group
from nn.diagnosis.one_pass import Pass
from nn.module import Module
from nn.optimizers import Optimizer
from nn.samples import ArraySamples, Data


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong: its kind, the layer or "" for the whole, a sentence with the way out, and the figure.

    `site` is the line of the user's code where it happens, "file.py:12", where that is known.
    """

    kind: str
    layer: str
    message: str
    figure: float
    site: str = ""

    def __str__(self) -> str:
        return self.message + (f" ({self.site})" if self.site else "")


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """All that is known of a training: of what was not given there is nothing."""

    model: Module
    groups: Sequence[Group]
    losses: Sequence[float]
    validation: Sequence[float]
    error_rates: Sequence[float]
    optimizers: Sequence[Optimizer]
    ratios: Sequence[float | None]  # of each layer, ‖one step‖ / ‖weights‖
    passed: Pass | None
    samples: Data | None

    @property
    def data(self) -> tuple[Any, Any]:
        """X and y, all rows that there are."""
        if isinstance(self.samples, ArraySamples):
            return self.samples.X, self.samples.y
        return (self.samples.rows, self.samples.targets) if self.samples else ((), ())

    @property
    def rate(self) -> str:
        """The learning rates in words."""
        rates = " and ".join(f"{optimizer.lr:.3g}" for optimizer in self.optimizers)
        return f"the learning rate ({rates})" if rates else "the learning rate"

    @property
    def learned(self) -> bool:
        """Whether the training has come to something, so that small gradients and saturated units are its end.

        Where targets are classes: the mistakes are at most half of those of always naming the most frequent class.
        Else: the loss fell by 40 %, or explains half of the variance of the targets.
        """
        passed = self.passed
        if any(not math.isfinite(loss) for loss in self.losses):
            return False
        if passed is not None and passed.mistakes is not None:
            _, counts = np.unique(passed.targets, return_counts=True)
            chance = 1.0 - counts.max() / counts.sum()
            return chance > 0.0 and float(passed.mistakes.mean()) <= 0.5 * chance
        if len(self.error_rates) > 1 and self.error_rates[0] > 0.0:
            return self.error_rates[-1] <= 0.5 * self.error_rates[0] or self._fell
        return self._fell or (passed is not None and _explained(passed) > 0.5)

    @property
    def _fell(self) -> bool:
        return len(self.losses) > 1 and self.losses[-1] <= 0.6 * self.losses[0]


def _explained(passed: Pass) -> float:
    """R², the part of the targets' variance that the outputs explain; 0 where the two do not match."""
    if passed.outputs.size != passed.targets.size or passed.targets.dtype.kind != "f":
        return 0.0
    y, outputs = passed.targets.ravel(), passed.outputs.ravel()
    spread = float(np.square(y - y.mean()).sum())
    return 1.0 - float(np.square(y - outputs).sum()) / spread if spread else 0.0
