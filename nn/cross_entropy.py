"""Cross-entropy and its kin: a label says which output should be largest (textbook, 4.3)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd
from autograd import Tensor, Value, array_ops, ops
from autograd.errors import ArgumentError, ShapeError
from nn.class_losses import ClassLoss
from nn.classes import plain_numbers
from nn.targets import as_data, demand_between, live

# How far a number may lie outside of what it should be and still be it, rounded or moved by a small step.
_OUTSIDE = 1e-3
_NO_LOGARITHMS = "NLLLoss takes log-probabilities, which are never above 0, got {}. For logits use CrossEntropyLoss."
_NO_PROBABILITIES = (
    "{} takes probabilities, between 0 and 1, got {{}}. Put softmax before it, or sigmoid where there is one output; "
    "or take CrossEntropyLoss on logits."
)


class CrossEntropyLoss(ClassLoss):
    """−Σ yᵢ ln softmax(z)ᵢ of logits z, computed as Σ yᵢ (ln Σⱼ e^{zⱼ} − zᵢ), stable; ∂/∂zᵢ = pᵢ − yᵢ.

    A logit of −∞ rules its class out: it has the probability 0 and the derivative 0.

    Outputs that softmax itself made, recorded in their graph, raise ArgumentError: softmax of softmax still learns,
    slowly and wrongly. Where they were changed after softmax, or nothing was recorded, the mistake is not seen.
    """

    def costs(self, outputs: list[Any]) -> Callable[[int], Any]:
        self._demand_logits(_softmax_made(outputs))
        total = autograd.logsumexp(outputs)
        return lambda i: total - outputs[i]

    def total(self, outputs: Tensor, p: Any, axis: int | None) -> Any:
        self._demand_logits(_softmax_made_tensor(outputs))
        return array_ops.nll(array_ops.log_softmax(outputs, axis=-1), p, axis=axis)

    def _demand_logits(self, softmaxed: bool) -> None:
        if softmaxed:
            raise ArgumentError(
                "CrossEntropyLoss takes logits and these outputs already went through softmax. Leave softmax out "
                "(MLP: output='identity'), or use LogLoss on the probabilities, or NLLLoss after log_softmax."
            )


class NLLLoss(ClassLoss):
    """−Σ yᵢ fᵢ of log-probabilities f, such as log_softmax gives.

    Outputs that softmax made, and numbers above 0, which no logarithm of a probability is, raise ArgumentError.
    """

    def costs(self, outputs: list[Any]) -> Callable[[int], Any]:
        self._demand_no_softmax(_softmax_made(outputs))
        demand_between(outputs, -math.inf, _OUTSIDE, _NO_LOGARITHMS)
        return lambda i: -outputs[i]

    def total(self, outputs: Tensor, p: Any, axis: int | None) -> Any:
        self._demand_no_softmax(_softmax_made_tensor(outputs))
        demand_between(outputs, -math.inf, _OUTSIDE, _NO_LOGARITHMS)
        return array_ops.nll(outputs, p, axis=axis)

    def _demand_no_softmax(self, softmaxed: bool) -> None:
        if softmaxed:
            raise ArgumentError(
                "NLLLoss takes log-probabilities and these are the probabilities of softmax. Use log_softmax in its "
                "place, or LogLoss on the probabilities."
            )


class SoftCrossEntropy(ClassLoss):
    """−Σ yᵢ ln fᵢ of probabilities f, with 0 · ln 0 = 0 in value and gradient; ArgumentError below 0 and above 1."""

    def costs(self, outputs: list[Any]) -> Callable[[int], Any]:
        self._demand_probabilities(outputs)
        return lambda i: -ops.log(outputs[i])

    def total(self, outputs: Tensor, p: Any, axis: int | None) -> Any:
        self._demand_probabilities(outputs)
        # The logarithm of what does not count is not taken.
        return array_ops.nll(ops.log(ops.where(p, outputs, 1.0)), p, axis=axis)

    def _demand_probabilities(self, outputs: Any) -> None:
        demand_between(outputs, -_OUTSIDE, 1.0 + _OUTSIDE, _NO_PROBABILITIES.format(self.name))


class LogLoss(SoftCrossEntropy):
    """−ln p(y) of probabilities; a single output is the probability of class 1, of the classes 0 and 1.

    Single outputs of n samples have the shape (n, 1), or (n,) where there are as many labels.
    """

    def check(self, target: Any, outputs: int) -> None:
        super().check(target, max(outputs, 2))

    def checked(self, y: NDArray[Any], shape: tuple[int, ...], first: int = 0) -> NDArray[Any]:
        if not shape or shape[-1] > 1:
            return super().checked(y, shape if shape else (2,), first)
        labels = y.reshape(shape[:-1]) if y.shape == shape else y
        return super().checked(labels, (*shape[:-1], 2), first)

    def between(self, outputs: Any, target: Any) -> Any:
        if len(outputs) == 1:
            self._demand_probabilities(outputs)
            outputs = _both(outputs[0])
        return super().between(outputs, target)

    def as_numbers(self, target: Any, outputs: int) -> Any:
        return super().as_numbers(target, max(outputs, 2))

    def label_weight(self, target: Any, outputs: int) -> float | None:
        return super().label_weight(target, max(outputs, 2))

    def of_array(self, outputs: Tensor, targets: Any, weight: Any) -> Any:
        y = targets if live(targets) is not None else as_data(targets, self.name)
        if outputs.ndim == 1 and y.ndim == 1:
            self._demand_single(outputs, y)
            outputs = outputs.reshape(-1, 1)
        if not outputs.ndim:
            outputs = outputs.reshape(1)
        if outputs.shape[-1] > 1:
            return super().of_array(outputs, y, weight)
        self._demand_probabilities(outputs)
        labels = y.reshape(outputs.shape[:-1]) if y.shape == outputs.shape else y
        return super().of_array(autograd.concatenate(_both(outputs), axis=-1), labels, weight)

    def _demand_single(self, outputs: Tensor, y: Any) -> None:
        """Raises where n outputs and n labels may just as well be one sample of n classes and its soft label."""
        if len(y) > 1 and _sum_to_1(outputs._data) and _sum_to_1(getattr(y, "_data", y)):
            raise ShapeError(
                f"LogLoss: outputs and labels of shape {outputs.shape} may be {len(y)} samples or one of {len(y)} "
                f"classes. Give {len(y)} samples the shape ({len(y)}, 1), and one sample the shape (1, {len(y)})."
            )

    def mistakes(self, outputs: Any, targets: Any) -> NDArray[np.bool_] | None:
        scores, labels = plain_numbers(outputs), as_data(targets, self.name)
        return super().mistakes(scores.reshape(-1, 1) if scores.ndim == labels.ndim == 1 else scores, labels)


def _both(probability: Any) -> list[Any]:
    return [1.0 - probability, probability]


def _sum_to_1(p: NDArray[Any]) -> bool:
    """Whether the last axis sums to 1 everywhere, up to what rounding of softmax leaves."""
    allowed = math.sqrt(np.finfo(p.dtype).eps) if p.dtype.kind == "f" else 0.0
    return bool((abs(p.sum(axis=-1) - 1.0) <= allowed).all())


def _softmax_made(outputs: Sequence[Any]) -> bool:
    """Whether recorded outputs are exponentials, or exponentials times a factor, that sum to 1.

    Judged by the ops that made them and not by their values alone: logits may well lie between 0 and 1.
    """
    for output in outputs:
        if not isinstance(output, Value) or not _may_be_softmax(output):
            return False
    return math.isclose(sum(output.data for output in outputs), 1.0, abs_tol=1e-9)


def _softmax_made_tensor(outputs: Tensor) -> bool:
    """The same of a Tensor along its last axis, and whether it is the op softmax itself."""
    if outputs.op is array_ops.softmax:
        return outputs.parameters.get("axis", -1) in (-1, outputs.ndim - 1)
    return outputs.op is not None and _may_be_softmax(outputs) and _sum_to_1(outputs._data)


def _may_be_softmax(output: Any) -> bool:
    if output.op is ops.exp:
        return True
    return output.op in (ops.mul, ops.divide) and any(
        getattr(parent, "op", None) is ops.exp for parent in output.parents
    )
