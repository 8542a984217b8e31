"""What section B measures: one training step (forward, loss, backward, update) of five small and large networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Step = Callable[[], Any]  # does one training step and gives the loss before its update, a number or what holds one

BETAS, EPSILON = (0.9, 0.999), 1e-8  # of Adam
RATES = {"SGD": 0.01, "Adam": 1e-4}  # small: thousands of steps on one batch must not end in zeros and denormals


@dataclass(frozen=True)
class Task:
    """A fully connected network with biases, what trains it, and its batch: float32, softmax cross-entropy, mean."""

    sizes: tuple[int, ...]
    activation: str  # "sigmoid" or "ReLU", after every layer but the last
    batch: int
    optimizer: str  # "SGD" or "Adam"

    @property
    def name(self) -> str:
        return f"{'-'.join(map(str, self.sizes))} {self.activation}, {self.batch}, {self.optimizer}"

    @property
    def rate(self) -> float:
        return RATES[self.optimizer]

    def data(self) -> tuple[Array, Array]:
        """Inputs of shape (batch, sizes[0]) and the class of each row: the same for every system."""
        rng = np.random.default_rng(0)
        X = rng.normal(size=(self.batch, self.sizes[0])).astype(np.float32)
        return X, rng.integers(0, self.sizes[-1], self.batch)

    def weights(self) -> list[tuple[Array, Array]]:
        """What training begins with, a pair for each layer: W of shape (outputs, inputs) and b of shape (outputs,)."""
        rng = np.random.default_rng(1)
        layers = []
        for inputs, outputs in pairwise(self.sizes):
            bound = inputs**-0.5
            W = rng.uniform(-bound, bound, (outputs, inputs)).astype(np.float32)
            layers.append((W, rng.uniform(-bound, bound, outputs).astype(np.float32)))
        return layers


TASKS = {
    task.name: task
    for task in (
        Task((4, 6, 3), "sigmoid", 120, "SGD"),
        Task((4, 6, 3), "sigmoid", 120, "Adam"),
        Task((64, 32, 10), "ReLU", 32, "SGD"),
        Task((784, 512, 512, 10), "ReLU", 64, "SGD"),
        Task((784, 512, 512, 10), "ReLU", 128, "Adam"),
    )
}
