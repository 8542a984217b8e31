"""What a training step costs in NumPy without any engine: written by hand, and its matrix products alone.

As in a textbook a sample is a column: z = W·a + b, and backward δaᵀ is the gradient of W and Wᵀδ goes on to a.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from benchmarks.tensor_workloads import BETAS, EPSILON, Array, Step, Task

BLOCK = 65_536  # parameters that are updated at a time: with their gradients and moments they stay in cache
ZERO, ONE = np.zeros((), np.float32), np.ones((), np.float32)  # NumPy would convert 0.0 and 1.0 at every call


def products_alone(task: Task) -> Step:
    """All matrix products of the step, forward and backward, and nothing else; its loss is 0."""
    rng = np.random.default_rng(0)
    products: list[tuple[Array, Array, Array]] = []

    def product(left: Array, right: Array) -> None:
        products.append((left, right, np.empty((len(left), right.shape[1]), np.float32)))

    signals = [rng.normal(size=(size, task.batch)).astype(np.float32) for size in task.sizes]
    signals[0] = task.data()[0].T
    weights = [W for W, _ in task.weights()]
    for W, a in zip(weights, signals, strict=False):
        product(W, a)
    for layer in reversed(range(len(weights))):
        delta = signals[layer + 1]
        product(delta, signals[layer].T)
        if layer:
            product(weights[layer].T, delta)

    def step() -> float:
        for left, right, out in products:
            np.dot(left, right, out=out)
        return 0.0

    return step


class NumpyByHand:
    """The whole step with every array made beforehand: all parameters lie in one, all gradients in another."""

    def __init__(self, task: Task) -> None:
        X, labels = task.data()
        self.parameters = np.concatenate([part.ravel() for layer in task.weights() for part in layer])
        self.gradients = np.empty_like(self.parameters)
        weights, gradients = _layers(self.parameters, task.sizes), _layers(self.gradients, task.sizes)
        signals = [X.T] + [np.empty((size, task.batch), np.float32) for size in task.sizes[1:]]
        slopes, deltas = [[None, *(np.empty_like(a) for a in signals[1:])] for _ in range(2)]
        self.way_up, self.way_down = [], []
        for i, ((W, b), (dW, db)) in enumerate(zip(weights, gradients, strict=True)):
            self.way_up.append((W, signals[i], b[:, None], signals[i + 1], slopes[i + 1]))
            self.way_down.insert(0, (deltas[i + 1], signals[i].T, dW, db, W.T, deltas[i], slopes[i]))
        self.logits, self.delta = signals[-1], deltas[-1]
        self.activate = {"sigmoid": _sigmoid, "ReLU": _relu}[task.activation]
        self.targets = np.zeros_like(self.logits)  # one-hot, over the size of the batch
        self.targets[labels, np.arange(task.batch)] = 1.0 / task.batch
        self.batch = np.array(task.batch, np.float32)
        self.ones = np.ones(task.batch, np.float32)
        self.top, self.total = np.empty((2, task.batch), np.float32)
        self.update = {"SGD": _SGD, "Adam": _Adam}[task.optimizer](self.parameters, self.gradients, task.rate)

    def step(self) -> float:
        self.forward()
        loss = self.loss()
        self.backward()
        self.update()
        return loss

    def forward(self) -> None:
        for W, a, b, z, slope in self.way_up:
            np.dot(W, a, out=z)
            np.add(z, b, out=z)
            if z is not self.logits:
                self.activate(z, slope)

    def loss(self) -> float:
        """The mean of ln Σ e^z − z_label; its derivative, (softmax − one-hot) / batch, goes to the last delta."""
        z, e, top, total = self.logits, self.delta, self.top, self.total
        np.maximum.reduce(z, axis=0, out=top)
        np.subtract(z, top, out=z)
        np.exp(z, out=e)
        np.add.reduce(e, axis=0, out=total)
        np.log(total, out=top)
        loss = np.dot(top, self.ones) / self.batch - np.vdot(z, self.targets)
        np.multiply(total, self.batch, out=total)
        np.divide(e, total, out=e)
        np.subtract(e, self.targets, out=e)
        return float(loss)

    def backward(self) -> None:
        for delta, a, dW, db, W, below, slope in self.way_down:
            np.dot(delta, a, out=dW)
            np.dot(delta, self.ones, out=db)
            if below is not None:
                np.dot(W, delta, out=below)
                np.multiply(below, slope, out=below)


class _SGD:
    """w ← w − rate·g."""

    def __init__(self, parameters: Array, gradients: Array, rate: float) -> None:
        self.rate = np.array(rate, np.float32)
        self.blocks = _blocks(parameters, gradients)

    def __call__(self) -> None:
        for w, g in self.blocks:
            np.multiply(g, self.rate, out=g)
            np.subtract(w, g, out=w)


class _Adam:
    """Adam (Kingma and Ba, 2015), with m / (1 − β₁) and v / (1 − β₂) remembered in place of m and v.

    The gradient's own array is where the step is worked out, so that a block is four arrays and ten passes.
    """

    def __init__(self, parameters: Array, gradients: Array, rate: float) -> None:
        self.rate, self.steps = rate, 0
        self.betas = [np.array(beta, np.float32) for beta in BETAS]
        moments = np.zeros((2, parameters.size), np.float32)
        self.blocks = _blocks(parameters, gradients, *moments)

    def __call__(self) -> None:
        self.steps += 1
        (first, second), (beta, gamma) = BETAS, self.betas
        spread = ((1.0 - second) / (1.0 - second**self.steps)) ** 0.5
        rate = np.array(self.rate * (1.0 - first) / (1.0 - first**self.steps) / spread, np.float32)
        epsilon = np.array(EPSILON / spread, np.float32)
        for w, g, m, v in self.blocks:
            np.multiply(m, beta, out=m)
            np.add(m, g, out=m)
            np.multiply(g, g, out=g)
            np.multiply(v, gamma, out=v)
            np.add(v, g, out=v)
            np.sqrt(v, out=g)
            np.add(g, epsilon, out=g)
            np.divide(m, g, out=g)
            np.multiply(g, rate, out=g)
            np.subtract(w, g, out=w)


def numpy_by_hand(task: Task) -> Step:
    return NumpyByHand(task).step


def _sigmoid(z: Array, slope: Array) -> None:
    """z becomes a = 1 / (1 + e⁻ᶻ), slope a − a²."""
    np.negative(z, out=z)
    np.exp(z, out=z)
    np.add(z, ONE, out=z)
    np.reciprocal(z, out=z)
    np.multiply(z, z, out=slope)
    np.subtract(z, slope, out=slope)


def _relu(z: Array, slope: Array) -> None:
    """The slope is 1 where z > 0, else 0, and z becomes z · slope: quicker than np.maximum."""
    np.greater(z, ZERO, out=slope)
    np.multiply(z, slope, out=z)


def _layers(flat: Array, sizes: Sequence[int]) -> Iterator[tuple[Array, Array]]:
    """The W and b of each layer as views of one long array."""
    start = 0
    for inputs, outputs in pairwise(sizes):
        middle, end = start + outputs * inputs, start + outputs * inputs + outputs
        yield flat[start:middle].reshape(outputs, inputs), flat[middle:end]
        start = end


def _blocks(*arrays: Array) -> list[tuple[Array, ...]]:
    return [tuple(a[start : start + BLOCK] for a in arrays) for start in range(0, arrays[0].size, BLOCK)]
