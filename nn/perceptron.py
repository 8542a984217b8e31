"""The perceptron and its learning rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.errors import ArgumentError
from nn.arguments import at_least_one, rate as checked_rate
from nn.samples import checked_samples
from nn.scalar import Neuron


class Perceptron(Neuron):
    """The neuron of 1958: 1 where w·x + b ≥ 0, else 0. It has no gradient and its own learning rule (textbook, 4.1).

    Weights and bias start at 0.

    >>> perceptron = Perceptron(2)
    >>> perceptron.learn([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1])
    True
    """

    def __init__(self, inputs: int) -> None:
        super().__init__(inputs, activation="step", rng=0)
        self.set_weights([0.0] * inputs, bias=0.0)

    def learn(self, X: Any, y: Any, epochs: int = 100, rate: float = 1.0) -> bool:
        """Learns by w ← w + rate·(y − ŷ)·x, b ← b + rate·(y − ŷ), and returns whether it came to make no mistake.

        X holds a row for each sample, in an array or in lists; labels are 0 and 1. It stops after the first epoch
        without a mistake, and after `epochs` at the latest. Parameters that are frozen, their
        requires_grad False, stay as they are.
        """
        rate = checked_rate(rate, "Perceptron.learn", "rate")
        samples = checked_samples(X, y)
        for label in samples.targets:
            if label not in (0, 1):
                raise ArgumentError(f"Perceptron.learn takes the labels 0 and 1, got {label!r}")
        for _ in range(at_least_one(epochs, "Perceptron.learn", "epochs")):
            mistakes = [self._corrects(row, label, rate) for row, label in samples]
            if not any(mistakes):
                return True
        return False

    def _corrects(self, row: Sequence[float], label: float, rate: float) -> bool:
        """One application of the rule; whether there was a mistake to correct."""
        error = label - self(row).data
        for parameter, x in zip([*self.weights, self.bias], [*row, 1.0], strict=True):
            if parameter.requires_grad:
                parameter.data += rate * error * x
        return bool(error)

    def __repr__(self) -> str:
        return f"Perceptron({len(self.weights)})"
