"""Activations as modules: each is one of autograd's functions, and has the rule of that function and no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd
from autograd import Tensor
from autograd.errors import ArgumentError
from nn.activations import identity
from nn.arguments import rate
from nn.inputs import array_or_node
from nn.module import Module


class ActivationModule(Module):
    """A function without parameters, of a Tensor, an array or a Value. A subclass says which: its `function`."""

    function: Callable[[Any], Any]

    def forward(self, x: Any) -> Any:
        """A node of a node; an array of arrays, lists and numbers. OperandError where x holds no numbers."""
        return self.function(x if x.__class__ is Tensor else array_or_node(x, self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


# ── entry by entry (textbook, Table 4.2) ─────────────────────────────────────────────────────────────────────────────


class Identity(ActivationModule):
    """x itself."""

    function = staticmethod(identity)


class Step(ActivationModule):
    """1 where x ≥ 0, else 0: the threshold of the perceptron, without a derivative."""

    function = staticmethod(autograd.unit_step)


class Sigmoid(ActivationModule):
    """σ(x) = 1/(1 + e⁻ˣ), between 0 and 1; it saturates on both sides."""

    function = staticmethod(autograd.sigmoid)


class Tanh(ActivationModule):
    """(eˣ − e⁻ˣ)/(eˣ + e⁻ˣ), between −1 and 1 and zero-centred."""

    function = staticmethod(autograd.tanh)


class HardLogistic(ActivationModule):
    """max(min(0.25x + 0.5, 1), 0): the derivative is 0.25 inside, and 0 outside and at the kinks."""

    function = staticmethod(autograd.hard_logistic)


class HardTanh(ActivationModule):
    """max(min(x, 1), −1): the derivative is 1 inside, and 0 outside and at the kinks."""

    function = staticmethod(autograd.hard_tanh)


class ReLU(ActivationModule):
    """max(0, x); the derivative at 0 is 0."""

    function = staticmethod(autograd.relu)


class ReLU6(ActivationModule):
    """min(max(0, x), 6); the derivative at 0 and at 6 is 0."""

    function = staticmethod(autograd.relu6)


class Softplus(ActivationModule):
    """ln(1 + eˣ), a smooth ReLU, stable."""

    function = staticmethod(autograd.softplus)


class LogSigmoid(ActivationModule):
    """ln σ(x), stable."""

    function = staticmethod(autograd.log_sigmoid)


class LeakyReLU(ActivationModule):
    """max(0, x) + negative_slope · min(0, x); the derivative at 0 is that slope."""

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = rate(negative_slope, "LeakyReLU", "negative_slope")

    def function(self, x: Any) -> Any:
        return autograd.leaky_relu(x, self.negative_slope)

    def __repr__(self) -> str:
        return f"LeakyReLU({self.negative_slope:g})"


class ELU(ActivationModule):
    """x where x > 0, else alpha · (eˣ − 1); the derivative at 0 is alpha."""

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = rate(alpha, "ELU", "alpha")

    def function(self, x: Any) -> Any:
        return autograd.elu(x, self.alpha)

    def __repr__(self) -> str:
        return f"ELU({self.alpha:g})"


# ── along an axis ────────────────────────────────────────────────────────────────────────────────────────────────────


class Softmax(ActivationModule):
    """e^{xᵢ} / Σⱼ e^{xⱼ} along an axis: probabilities, which sum to 1."""

    def __init__(self, axis: int = -1) -> None:
        if not isinstance(axis, int) or isinstance(axis, bool):
            raise ArgumentError(f"{type(self).__name__}: axis must be a whole number, got {axis!r}")
        self.axis = axis

    def function(self, x: Any) -> Any:
        return autograd.softmax(x, self.axis)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({'' if self.axis == -1 else f'axis={self.axis}'})"


class LogSoftmax(Softmax):
    """xᵢ − ln Σⱼ e^{xⱼ} along an axis: the logarithms of probabilities, stable, which is what NLLLoss takes."""

    def function(self, x: Any) -> Any:
        return autograd.log_softmax(x, self.axis)


# The modules by the names that neurons and layers of Values know them by (nn.activations).
ACTIVATION_MODULES: dict[str, type[ActivationModule]] = {
    "identity": Identity,
    "step": Step,
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "relu6": ReLU6,
    "elu": ELU,
    "softplus": Softplus,
    "log_sigmoid": LogSigmoid,
    "hard_logistic": HardLogistic,
    "hard_tanh": HardTanh,
    "softmax": Softmax,
    "log_softmax": LogSoftmax,
}
