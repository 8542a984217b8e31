"""Structural risk: what is added to the mean loss for large weights (textbook, 4.3)."""

from __future__ import annotations

import operator
from functools import reduce
from typing import Any

from autograd import Tensor
from autograd.errors import ArgumentError
from nn.arguments import rate
from nn.module import Module, Parameter, is_bias


def l2_penalty(model: Module, strength: float) -> Any:
    """(λ/2)·‖W‖² over the weights of a model, never its biases: what structural risk adds to the mean loss.

    One Value, or of a model of Tensors a Tensor of rank 0. ArgumentError where the strength λ is negative or not
    finite, or the model has no weights.
    """
    weights = [parameter for name, parameter in model.named_parameters() if not is_bias(name)]
    factor = 0.5 * rate(strength, "l2_penalty", "strength")
    if not weights:
        raise ArgumentError(f"l2_penalty takes a model with weights, and {model!r} has none")
    return reduce(operator.add, map(_squares, weights)) * factor


def _squares(weight: Parameter) -> Any:
    return (weight * weight).sum() if isinstance(weight, Tensor) else weight * weight
