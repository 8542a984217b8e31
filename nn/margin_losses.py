"""Margins: labels −1 and 1, of which the sign of the output decides (textbook, 4.2)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd
from autograd import Tensor, ops
from autograd.errors import ArgumentError, ShapeError
from autograd.graph import Node
from nn.classes import is_batch, is_list, plain_numbers
from nn.losses import Loss, for_each
from nn.targets import as_data, demand, like_outputs, listed


class MarginLoss(Loss):
    """A loss of y·f for each output f, with every y −1 or 1."""

    entrywise = True

    def check(self, target: Any, outputs: int) -> None:
        labels = listed(target)
        if len(labels) != outputs:
            raise ShapeError(f"{self.name} needs a label for each of {outputs} outputs, got {len(labels)}")
        for label in labels:
            if label not in (-1, 1):
                raise ArgumentError(f"{self.name} takes the labels -1 and 1, got {label!r}")

    def checked(self, y: NDArray[Any], shape: tuple[int, ...], first: int = 0) -> NDArray[Any]:
        y = like_outputs(y, shape, self.name, "each output needs a label -1 or 1.")
        message = f"{self.name} takes the labels -1 and 1, got {{}}{{}}. Of labels 0 and 1 make 2 * y - 1."
        demand(np.asarray((y == 1) | (y == -1)), y, message, first)
        return y

    def fit(self, targets: Tensor, shape: tuple[int, ...]) -> Any:
        return autograd.min(targets * targets == 1.0)

    def between(self, outputs: Any, target: Any) -> Any:
        if isinstance(outputs, list):
            target = [y if isinstance(y, Node) else float(y) for y in listed(target)]
        return for_each(lambda f, y: self.of_margin(f * y), outputs, target)

    def of_margin(self, margin: Any) -> Any:
        """The loss of an output, given y·f."""
        raise NotImplementedError(f"{self.name} needs a method of_margin(self, margin)")

    def predicted(self, outputs: Any) -> Any:
        """1 for an output of at least 0, else −1; a list of them where there are several outputs.

        Of a Tensor or an array it is an array of its shape, without the last axis where that has size 1.
        """
        if isinstance(outputs, (list, tuple)) and is_batch(outputs):
            return [self.predicted(row) for row in outputs]
        if is_list(outputs) and not isinstance(outputs, (list, tuple)):
            signs = np.where(plain_numbers(outputs) >= 0.0, 1, -1)
            return signs[..., 0] if signs.ndim > 1 and signs.shape[-1] == 1 else signs
        each = [1 if float(f) >= 0.0 else -1 for f in listed(outputs)]
        return each[0] if len(each) == 1 else each

    def is_mistake(self, outputs: Any, target: Any) -> bool | None:
        named = listed(self.predicted(outputs))
        return any(int(sign) != y for sign, y in zip(named, listed(target), strict=True))

    def mistakes(self, outputs: Any, targets: Any) -> NDArray[np.bool_] | None:
        """A sample of several outputs is a mistake where any of them has the wrong sign."""
        scores = plain_numbers(outputs)
        labels = like_outputs(as_data(targets, self.name), scores.shape, self.name, "each output needs a label.")
        wrong = np.where(scores >= 0.0, 1, -1) != labels
        return np.asarray(wrong.reshape(len(wrong), -1).any(axis=1))


class HingeLoss(MarginLoss):
    """max(0, 1 − y·f)."""

    def of_margin(self, margin: Any) -> Any:
        return ops.relu(1.0 - margin)


class ExponentialLoss(MarginLoss):
    """e^(−y·f)."""

    def of_margin(self, margin: Any) -> Any:
        return ops.exp(-margin)
