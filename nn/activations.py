"""Activations by name: what a neuron does to its sum, and what a whole layer does to all of its sums."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import autograd
from autograd.errors import ArgumentError

Activation: TypeAlias = str | Callable[[Any], Any]


def identity(x: Any) -> Any:
    """x itself: the output of a neuron without an activation, a logit."""
    return x


# What one neuron does to its sum (textbook, Table 4.2).
ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "identity": identity,
    "step": autograd.unit_step,
    "sigmoid": autograd.sigmoid,
    "tanh": autograd.tanh,
    "relu": autograd.relu,
    "leaky_relu": autograd.leaky_relu,
    "relu6": autograd.relu6,
    "elu": autograd.elu,
    "softplus": autograd.softplus,
    "log_sigmoid": autograd.log_sigmoid,
    "hard_logistic": autograd.hard_logistic,
    "hard_tanh": autograd.hard_tanh,
}

# What a whole layer does to the sums of its neurons together.
LAYER_ACTIVATIONS: dict[str, Callable[[Sequence[Any]], list[Any]]] = {
    "softmax": autograd.softmax,
    "log_softmax": autograd.log_softmax,
}


def activation_function(activation: Activation, allowed: dict[str, Callable[[Any], Any]]) -> Callable[[Any], Any]:
    """The function of that name, or the function given; ArgumentError lists the allowed names."""
    if callable(activation):
        return activation
    if not isinstance(activation, str) or activation not in allowed:
        raise ArgumentError(
            f"unknown activation {activation!r}: a function of one Value, or one of {', '.join(allowed)}"
        )
    return allowed[activation]


def activation_name(activation: Activation | Sequence[Activation]) -> str:
    """How a module shows its activation: the name in quotes, or that of the function; of several a list."""
    if isinstance(activation, Sequence) and not isinstance(activation, str):
        return f"[{', '.join(map(activation_name, activation))}]"
    return repr(activation) if isinstance(activation, str) else getattr(activation, "__name__", repr(activation))
