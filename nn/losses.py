"""Losses: the outputs for one sample and its label in, one Value out (textbook, 4.2 and 4.3).

Outputs are a list of Values or one Value; labels are plain numbers. Of a list of such lists, a batch, and as many
labels the loss is the mean. Each class checks labels of its kind and knows
when outputs count as a mistake, which is what training reports as the error rate. Names are PyTorch's where it has one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import autograd
from autograd import Value, ops
from autograd.errors import ArgumentError, OperandError, ShapeError
from nn.metrics import is_list, predicted_class, zero_one
from nn.module import Module, is_bias


class Loss(Module):
    """One sample's error. A subclass writes `between(outputs, target)`, both ready for use, and `check`."""

    def forward(self, outputs: Any, target: Any) -> Any:
        """Raises ArgumentError or ShapeError where the target cannot be one for these outputs."""
        if is_list(outputs) and any(is_list(row) for row in outputs):
            return self._of_batch(outputs, target)
        outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
        if not outputs:
            raise ShapeError(f"{type(self).__name__} got no outputs: it compares at least one with {target!r}")
        self.check(target, len(outputs))
        return self.between(outputs, target)

    def _of_batch(self, outputs: Sequence[Any], targets: Any) -> Any:
        if not is_list(targets) or len(targets) != len(outputs):
            raise ShapeError(f"{type(self).__name__}: a batch of {len(outputs)} samples needs as many labels in a list")
        return autograd.mean([self.forward(row, target) for row, target in zip(outputs, targets, strict=True)])

    def check(self, target: Any, outputs: int) -> None:
        """Raises where the target cannot be one for that many outputs."""
        raise NotImplementedError(f"{type(self).__name__} needs a method check(self, target, outputs)")

    def between(self, outputs: list[Any], target: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} needs a method between(self, outputs, target)")

    def predicted(self, outputs: Any) -> Any:
        """The class that the outputs name, as a label of this loss."""
        return predicted_class(outputs)

    def is_mistake(self, outputs: Any, target: Any) -> bool | None:
        """Whether the outputs name a wrong class; None where targets are no classes."""
        return None

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


# ── distances: one number wanted for each output ─────────────────────────────────────────────────────────────────────


class DistanceLoss(Loss):
    """factor · Σ distance(fᵢ − yᵢ) over outputs fᵢ and as many numbers yᵢ."""

    def check(self, target: Any, outputs: int) -> None:
        targets = len(_listed(target))
        if targets != outputs:
            raise ShapeError(
                f"{type(self).__name__} compares each output with one number, got {outputs} outputs and {targets} "
                "targets. For a class label use CrossEntropyLoss."
            )

    def between(self, outputs: list[Any], target: Any) -> Any:
        total = autograd.sum([self.distance(f - y) for f, y in zip(outputs, _listed(target), strict=True)])
        factor = self.factor(len(outputs))
        return total if factor == 1.0 else total * factor

    def distance(self, difference: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} needs a method distance(self, difference)")

    def factor(self, outputs: int) -> float:
        return 1.0


class SquaredError(DistanceLoss):
    """Σ (yᵢ − fᵢ)²."""

    def distance(self, difference: Any) -> Any:
        return difference**2


class HalfSquaredError(SquaredError):
    """C = ½‖y − a‖²."""

    def factor(self, outputs: int) -> float:
        return 0.5


class MSELoss(SquaredError):
    """(1/n) Σ (yᵢ − fᵢ)² over the n outputs."""

    def factor(self, outputs: int) -> float:
        return 1.0 / outputs


class AbsoluteError(DistanceLoss):
    """Σ |yᵢ − fᵢ|."""

    def distance(self, difference: Any) -> Any:
        return abs(difference)


class L1Loss(AbsoluteError):
    """(1/n) Σ |yᵢ − fᵢ| over the n outputs."""

    def factor(self, outputs: int) -> float:
        return 1.0 / outputs


# ── classes: a label says which output should be largest ─────────────────────────────────────────────────────────────


class ClassLoss(Loss):
    """A loss whose label is the index of a class, a one-hot list, or a soft one: a probability for each class."""

    def check(self, target: Any, outputs: int) -> None:
        if outputs < 2:
            raise ShapeError(
                f"{type(self).__name__} needs an output for each class, got {outputs}. A single output, the "
                "probability of class 1 that a sigmoid gives, is what LogLoss takes."
            )
        if is_list(target):
            self._check_distribution(list(target), outputs)
        elif target not in range(outputs):
            raise ArgumentError(f"label {target!r} is not a class: {outputs} outputs allow 0 to {outputs - 1}")

    def _check_distribution(self, target: list[float], outputs: int) -> None:
        if len(target) != outputs:
            raise ShapeError(f"a label of {len(target)} probabilities does not fit {outputs} outputs")
        if not all(y >= 0.0 for y in target) or abs(sum(target) - 1.0) > 1e-6:
            raise ArgumentError(f"a one-hot or soft label holds probabilities that sum to 1, got {target}")

    def is_mistake(self, outputs: Any, target: Any) -> bool | None:
        return zero_one(outputs, target) == 1.0


class CrossEntropyLoss(ClassLoss):
    """−Σ yᵢ ln softmax(z)ᵢ of logits z, computed as Σ yᵢ (ln Σⱼ e^{zⱼ} − zᵢ), stable; ∂/∂zᵢ = pᵢ − yᵢ.

    Outputs that softmax itself made, recorded in their graph, raise ArgumentError: softmax of softmax still learns,
    slowly and wrongly. Where they were changed after softmax, or nothing was recorded, the mistake is not seen.
    """

    def between(self, outputs: list[Any], target: Any) -> Any:
        if _softmax_made(outputs):
            raise ArgumentError(
                "CrossEntropyLoss takes logits and these outputs already went through softmax. Leave softmax out "
                "(MLP: output='identity'), or use LogLoss on the probabilities, or NLLLoss after log_softmax."
            )
        total = autograd.logsumexp(outputs)
        return _expected(target, lambda i: total - outputs[i])


class NLLLoss(ClassLoss):
    """−Σ yᵢ fᵢ of log-probabilities f, such as log_softmax gives."""

    def between(self, outputs: list[Any], target: Any) -> Any:
        if _softmax_made(outputs):
            raise ArgumentError(
                "NLLLoss takes log-probabilities and these are the probabilities of softmax. Use log_softmax in its "
                "place, or LogLoss on the probabilities."
            )
        return _expected(target, lambda i: -outputs[i])


class SoftCrossEntropy(ClassLoss):
    """−Σ yᵢ ln fᵢ of probabilities f, with 0 · ln 0 = 0 in value and gradient."""

    def between(self, outputs: list[Any], target: Any) -> Any:
        return _expected(target, lambda i: -ops.log(outputs[i]))


class LogLoss(SoftCrossEntropy):
    """−ln p(y) of probabilities; a single output is the probability of class 1, of the classes 0 and 1."""

    def check(self, target: Any, outputs: int) -> None:
        super().check(target, max(outputs, 2))

    def between(self, outputs: list[Any], target: Any) -> Any:
        return super().between([1.0 - outputs[0], outputs[0]] if len(outputs) == 1 else outputs, target)


# ── margins: labels −1 and 1, the sign of the output decides ─────────────────────────────────────────────────────────


class MarginLoss(Loss):
    """A loss of y·f, averaged over the outputs, with every y −1 or 1."""

    def check(self, target: Any, outputs: int) -> None:
        labels = _listed(target)
        if len(labels) != outputs:
            raise ShapeError(f"{type(self).__name__} needs a label for each of {outputs} outputs, got {len(labels)}")
        for label in labels:
            if label not in (-1, 1):
                raise ArgumentError(f"{type(self).__name__} takes the labels -1 and 1, got {label!r}")

    def between(self, outputs: list[Any], target: Any) -> Any:
        terms = [self.of_margin(f * float(y)) for f, y in zip(outputs, _listed(target), strict=True)]
        return terms[0] if len(terms) == 1 else autograd.mean(terms)

    def of_margin(self, margin: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} needs a method of_margin(self, margin)")

    def predicted(self, outputs: Any) -> Any:
        """1 for an output of at least 0, else −1; a list of them where there are several outputs."""
        signs = [1 if float(f) >= 0.0 else -1 for f in _listed(outputs)]
        return signs[0] if len(signs) == 1 else signs

    def is_mistake(self, outputs: Any, target: Any) -> bool | None:
        return any(sign != y for sign, y in zip(_listed(self.predicted(outputs)), _listed(target), strict=True))


class HingeLoss(MarginLoss):
    """max(0, 1 − y·f)."""

    def of_margin(self, margin: Any) -> Any:
        return ops.relu(1.0 - margin)


class ExponentialLoss(MarginLoss):
    """e^(−y·f)."""

    def of_margin(self, margin: Any) -> Any:
        return ops.exp(-margin)


# ── structural risk ──────────────────────────────────────────────────────────────────────────────────────────────────


def l2_penalty(model: Module, strength: float) -> Any:
    """(λ/2)·‖W‖² over the weights of a model, never its biases: what structural risk adds to the mean loss."""
    weights = [parameter for name, parameter in model.named_parameters() if not is_bias(name)]
    return autograd.sum([weight * weight for weight in weights]) * (0.5 * strength)


def _expected(target: Any, cost: Callable[[int], Any]) -> Any:
    """Σ yᵢ·cost(i). Classes with yᵢ = 0 are left out: that is what makes 0 · ln 0 equal to 0."""
    if not is_list(target):
        return cost(int(float(target)))
    return autograd.sum([cost(i) if y == 1.0 else cost(i) * float(y) for i, y in enumerate(target) if y != 0.0])


def _softmax_made(outputs: Sequence[Any]) -> bool:
    """Whether recorded outputs are exponentials, or exponentials times a factor, that sum to 1.

    Judged by the ops that made them and not by their values alone: logits may well lie between 0 and 1.
    """
    for output in outputs:
        if not isinstance(output, Value) or output.op not in (ops.exp, ops.mul, ops.divide):
            return False
        if output.op is not ops.exp and not any(parent.op is ops.exp for parent in output.parents):
            return False
    return math.isclose(sum(output.data for output in outputs), 1.0, abs_tol=1e-9)


def _listed(x: Any) -> Sequence[Any]:
    if isinstance(x, str):
        raise OperandError(f"a loss compares numbers, got the text {x!r}")
    return x if is_list(x) else [x]
