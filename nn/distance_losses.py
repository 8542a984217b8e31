"""Distances: one number wanted for each output (textbook, 4.2)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd
from autograd.errors import ArgumentError, ShapeError
from autograd.graph import Node
from nn.losses import Loss, for_each
from nn.targets import demand, like_outputs, listed


class DistanceLoss(Loss):
    """factor · Σ distance(fᵢ − yᵢ) over outputs fᵢ and as many numbers yᵢ; where it is entrywise, each by itself."""

    factor: float = 1.0

    def check(self, target: Any, outputs: int) -> None:
        targets = listed(target)
        if len(targets) != outputs:
            raise ShapeError(
                f"{self.name} compares each output with one number, got {outputs} outputs and {len(targets)} "
                "targets. For a class label use CrossEntropyLoss."
            )
        for y in targets:
            if not isinstance(y, Node) and not math.isfinite(y):
                raise ArgumentError(f"{self.name}: a target is a finite number, got {y}")

    def checked(self, y: NDArray[Any], shape: tuple[int, ...], first: int = 0) -> NDArray[Any]:
        hint = "each output is compared with one number. For class labels use CrossEntropyLoss."
        y = like_outputs(y, shape, self.name, hint)
        demand(np.isfinite(y), y, f"{self.name}: a target is a finite number, got {{}}{{}}", first)
        return y

    def between(self, outputs: Any, target: Any) -> Any:
        if not isinstance(outputs, list) and not outputs.ndim and not self.entrywise:
            outputs, target = outputs.reshape(1), target.reshape(1)
        distances = for_each(
            lambda f, y: self.distance(f - y), outputs, listed(target) if isinstance(outputs, list) else target
        )
        if self.entrywise:
            return distances
        total = autograd.sum(distances, axis=-1)
        return total if self.factor == 1.0 else total * self.factor

    def distance(self, difference: Any) -> Any:
        """The distance of an output from its target, given their difference."""
        raise NotImplementedError(f"{self.name} needs a method distance(self, difference)")


class SquaredError(DistanceLoss):
    """Σ (yᵢ − fᵢ)² over the outputs of a sample."""

    def distance(self, difference: Any) -> Any:
        return difference**2


class HalfSquaredError(SquaredError):
    """C = ½‖y − a‖² of each sample."""

    factor = 0.5


class MSELoss(SquaredError):
    """(yᵢ − fᵢ)² of each output: the mean is (1/n) Σ (yᵢ − fᵢ)² over all outputs of all samples."""

    entrywise = True


class AbsoluteError(DistanceLoss):
    """Σ |yᵢ − fᵢ| over the outputs of a sample."""

    def distance(self, difference: Any) -> Any:
        return abs(difference)


class L1Loss(AbsoluteError):
    """|yᵢ − fᵢ| of each output: the mean is (1/n) Σ |yᵢ − fᵢ| over all outputs of all samples."""

    entrywise = True
