"""ClassLoss: labels of classes, checked and weighted; what a label costs is said in cross_entropy.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd
from autograd import Tensor, ops
from autograd.errors import ArgumentError, ShapeError
from autograd.graph import Node
from nn.classes import is_list, plain_numbers, predicted_class
from nn.losses import Loss
from nn.reductions import share_of
from nn.targets import as_data, class_weights, demand, listed, sample_weights


class ClassLoss(Loss):
    """A loss whose label is the index of a class, a one-hot list, or a soft one: a probability for each class.

    Labels for a Tensor of shape (n, k) are n indices, or probabilities of shape (n, k).

    `weight` holds a number for each class, by which its part of every loss is multiplied. The mean is then PyTorch's
    weighted mean, Σ w(yᵢ) lossᵢ / Σ w(yᵢ); a soft label has the weight Σ wⱼ yⱼ, so that a one-hot label counts as its
    index does. (For probabilities PyTorch divides by n.)
    """

    def __init__(self, weight: Any = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.weight = class_weights(weight, self.name)

    def between(self, outputs: Any, target: Any) -> Any:
        """The loss of one sample, a list of Values."""
        return _expected(self._weighted_label(target, len(outputs)), self.costs(outputs))

    def costs(self, outputs: list[Any]) -> Callable[[int], Any]:
        """What the label i costs, for each i; asked only where its probability is not 0."""
        raise NotImplementedError(f"{self.name} needs a method costs(self, outputs)")

    def total(self, outputs: Tensor, p: Any, axis: int | None) -> Any:
        """Σ pᵢ costᵢ along an axis, or over everything, of a Tensor; 0 wherever pᵢ is 0."""
        raise NotImplementedError(f"{self.name} needs a method total(self, outputs, p, axis) for outputs in a Tensor")

    # ── labels ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def check(self, target: Any, outputs: int) -> None:
        self._demand_classes(outputs)
        if is_list(target):
            self._check_distribution([float(y) for y in listed(target)], outputs)
        elif target not in range(outputs):
            raise ArgumentError(f"label {target!r} is not a class: {outputs} outputs allow 0 to {outputs - 1}")

    def check_batch(self, targets: Any, output_shape: Sequence[int], first: int = 0) -> None:
        if self.weight is None and len(output_shape) == 2 and targets.__class__ is np.ndarray:
            # Seen as unsigned, a negative number is a large one: what is passed at every step is seen at a glance.
            indices = targets.ndim == 1 and targets.dtype == np.int64 and output_shape[1] > 1
            if indices and targets.size and np.maximum.reduce(targets.view(np.uint64)) < output_shape[1]:
                return
        super().check_batch(targets, output_shape, first)

    def _demand_classes(self, outputs: int) -> None:
        if outputs < 2:
            raise ShapeError(
                f"{self.name} needs an output for each class, got {outputs}. A single output, the "
                "probability of class 1 that a sigmoid gives, is what LogLoss takes."
            )
        if self.weight is not None and len(self.weight) != outputs:
            raise ShapeError(f"{self.name}: weight holds {len(self.weight)} numbers, and there are {outputs} classes")

    def _check_distribution(self, target: list[float], outputs: int) -> None:
        if len(target) != outputs:
            raise ShapeError(f"a label of {len(target)} probabilities does not fit {outputs} outputs")
        if not all(y >= 0.0 for y in target) or abs(sum(target) - 1.0) > 1e-6:
            raise ArgumentError(f"a one-hot or soft label holds probabilities that sum to 1, got {target}")

    def checked(self, y: NDArray[Any], shape: tuple[int, ...], first: int = 0) -> NDArray[Any]:
        """Indices as int64, or probabilities as floats."""
        classes = shape[-1] if shape else 1
        self._demand_classes(classes)
        if y.shape == shape[:-1]:
            return self._checked_indices(y, classes, first)
        if y.shape != shape:
            raise ShapeError(
                f"{self.name}: outputs of shape {shape} and labels of shape {y.shape} do not match: labels are indices "
                f"of shape {shape[:-1]}, or probabilities of shape {shape}"
            )
        y = y if y.dtype.kind == "f" else y.astype(np.float64)
        good = (y >= 0.0).all(axis=-1) & (abs(y.sum(axis=-1, dtype=np.float64) - 1.0) <= _tolerance(y.dtype))
        demand(good, y, "a one-hot or soft label holds probabilities that sum to 1, got {}{}", first)
        return y

    def _checked_indices(self, y: NDArray[Any], classes: int, first: int) -> NDArray[np.int64]:
        message = f"label {{}}{{}} is not a class: {classes} outputs allow 0 to {classes - 1}"
        if y.dtype.kind == "f":
            demand((y >= 0.0) & (y < classes) & (y == np.floor(y)), y, message + _hint(y), first)
        labels = y.astype(np.int64, copy=False)
        # Seen as unsigned, a negative number is a large one.
        if labels.view(np.uint64).max() >= classes:
            demand((y >= 0) & (y < classes), y, message + _hint(y), first)
        return labels

    def as_numbers(self, target: Any, outputs: int) -> Any:
        """The probability of each class."""
        return list(target) if is_list(target) else [float(i == target) for i in range(outputs)]

    def label_weight(self, target: Any, outputs: int) -> float | None:
        return None if self.weight is None else sum(self._weighted_label(target, outputs))

    def _weighted_label(self, target: Any, outputs: int) -> list[Any]:
        label: list[Any] = [y if isinstance(y, Node) else float(y) for y in self.as_numbers(target, outputs)]
        return label if self.weight is None else [y * float(w) for y, w in zip(label, self.weight, strict=True)]

    # ── Tensors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def of_array(self, outputs: Tensor, targets: Any, weight: Any) -> Any:
        p = self._shares(self.ready(targets, outputs.shape), outputs, weight)
        p = p if isinstance(p, Tensor) else outputs.constant(p)
        return self.total(outputs, p, -1 if self.reduction == "none" else None)

    def fit(self, targets: Tensor, shape: tuple[int, ...]) -> Any:
        if targets.ndim < len(shape):  # indices
            return (autograd.min(targets) >= 0.0) * (autograd.max(targets) < shape[-1])
        away = autograd.max(abs(autograd.sum(targets, axis=-1) - 1.0))
        return (autograd.min(targets) >= 0.0) * (away <= _tolerance(targets.dtype))

    def _shares(self, y: Any, outputs: Tensor, weight: Any) -> Any:
        """What the loss of each class of each sample counts: its probability × weights, divided as the mean divides."""
        shape, dtype = outputs.shape, outputs.dtype
        p = _one_hot(y, outputs) if y.ndim < len(shape) else y.astype(dtype)
        if self.weight is not None:
            p = p * self.weight.astype(dtype)
        if weight is not None:
            p = p * sample_weights(weight, shape[:-1], dtype, self.name)[..., np.newaxis]
        if self.reduction == "mean":
            counted = self.weight is not None or weight is not None
            p = p * share_of(_total(p) if counted else p.size // shape[-1])
        return p

    # ── what is named ────────────────────────────────────────────────────────────────────────────────────────────────

    def is_mistake(self, outputs: Any, target: Any) -> bool | None:
        wanted = predicted_class(list(target)) if is_list(target) else target
        return bool(predicted_class(outputs) != wanted)

    def mistakes(self, outputs: Any, targets: Any) -> NDArray[np.bool_] | None:
        named = np.asarray(predicted_class(plain_numbers(outputs)))
        labels = as_data(targets, self.name)
        if labels.ndim > named.ndim:
            labels = labels[..., 0] if labels.shape[-1] == 1 else labels.argmax(axis=-1)
        if labels.shape != named.shape:
            raise ShapeError(f"{self.name}: {named.size} samples were named, and there are {labels.size} labels")
        return np.asarray(named != labels)

    def __repr__(self) -> str:
        options = [] if self.weight is None else [f"weight={self.weight.tolist()}"]
        options += [] if self.reduction == "mean" else [f"reduction={self.reduction!r}"]
        return f"{self.name}({', '.join(options)})"


def _expected(label: Sequence[float], cost: Callable[[int], Any]) -> Any:
    """Σ yᵢ·cost(i). Classes with yᵢ = 0 are left out: that is what makes 0 · ln 0 equal to 0."""
    if any(isinstance(y, Node) for y in label):  # in a program, where any of them may be 0 at the next call
        return autograd.sum([ops.where(y, cost(i), 0.0) * y for i, y in enumerate(label)])
    terms = [cost(i) if y == 1.0 else cost(i) * y for i, y in enumerate(label) if y != 0.0]
    return autograd.sum(terms) if terms else 0.0 * cost(0)


def _one_hot(labels: Any, outputs: Tensor) -> Any:
    """1 at each label and 0 elsewhere, stored as the outputs are, so that both are read in one order."""
    shape, dtype = outputs.shape, outputs.dtype
    if isinstance(labels, Tensor):
        if labels.ndim != 1:
            return (labels.reshape(*labels.shape, 1) == np.arange(shape[-1])).astype(dtype)
        return (labels == np.arange(shape[-1])[:, np.newaxis]).astype(dtype).T
    p = np.zeros_like(outputs._data, order="K" if len(shape) == 2 else "C")
    p.reshape(-1, shape[-1])[np.arange(labels.size), labels.ravel()] = 1.0
    return p


def _total(p: Any) -> Any:
    return autograd.sum(p) if isinstance(p, Tensor) else p.sum(dtype=np.float64)


def _hint(y: NDArray[Any]) -> str:
    # The message is a pattern for str.format.
    return ". Of labels -1 and 1 make (1 + y) // 2." if np.isin(y, (-1, 1)).all() else ""


def _tolerance(dtype: Any) -> float:
    return 1e-6 if np.dtype(dtype).itemsize >= 8 else 1e-3
