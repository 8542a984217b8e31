"""Gradient clipping: gradients that are too long made shorter before an optimizer follows them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.errors import ArgumentError, OperandError
from nn.arguments import rate
from nn.module import Module, Parameter
from nn.optimizers import Optimizer


def clip_grad_norm(parameters: Any, most: float) -> float:
    """Scales all gradients by one factor where their joint norm √Σg² is more than `most`; returns the norm before.

    Accepts a module or its parameters, Values or Tensors; frozen ones, and Tensors without a gradient, do not count.
    The direction stays (Pascanu, Mikolov and Bengio, 2013, algorithm 1). A norm that is nan, or inf because a gradient
    is, is returned as it is and nothing is changed: no factor would help.
    """
    limit = _limit(most, "clip_grad_norm")
    reached = _with_gradient(parameters, "clip_grad_norm")
    norm = _norm(reached)
    if norm > limit and math.isfinite(norm):
        for parameter in reached:
            parameter.grad = _times(parameter.grad, limit / norm)
    return norm


def clip_grad_value(parameters: Any, most: float) -> None:
    """Holds every entry of every gradient between −most and most; nan stays nan. Accepts what `clip_grad_norm` does."""
    limit = _limit(most, "clip_grad_value")
    for parameter in _with_gradient(parameters, "clip_grad_value"):
        if isinstance(parameter.grad, np.ndarray):
            np.clip(parameter.grad, -limit, limit, out=parameter.grad)
        elif not math.isnan(parameter.grad):
            parameter.grad = max(-limit, min(limit, parameter.grad))


@dataclass(frozen=True)
class Clipper:
    """Clips an optimizer's gradients when it is called: every entry to `limit`, then their joint norm to `norm`."""

    optimizer: Optimizer
    norm: float | None
    limit: float | None

    def __call__(self) -> None:
        if self.limit is not None:
            clip_grad_value(self.optimizer.parameters, self.limit)
        if self.norm is not None:
            clip_grad_norm(self.optimizer.parameters, self.norm)


def clipper(optimizer: Optimizer, norm: float | None, limit: float | None) -> Clipper | None:
    """What clips an optimizer's gradients before a step, the value first; None where nothing does.

    Each bound is checked at once.
    """
    if norm is None and limit is None:
        return None
    for bound, clip in ((norm, clip_grad_norm), (limit, clip_grad_value)):
        if bound is not None:
            clip([], bound)
    return Clipper(optimizer, norm, limit)


def _limit(most: Any, where: str) -> float:
    limit = rate(most, where, "most")
    if limit == 0.0:
        raise ArgumentError(f"{where}: most must be more than 0, else nothing would move")
    return limit


def _with_gradient(parameters: Any, where: str) -> list[Any]:
    """The parameters that an optimizer would move, each once."""
    several = parameters.parameters() if isinstance(parameters, Module) else parameters
    if not isinstance(several, Iterable) or isinstance(several, Tensor):
        raise OperandError(f"{where} takes a module or a list of parameters, not {type(parameters).__name__}")
    unique = list(dict.fromkeys(several))
    for parameter in unique:
        if not isinstance(parameter, Parameter):
            raise OperandError(f"{where} takes Values and Tensors, not {parameter!r}")
    return [parameter for parameter in unique if parameter.requires_grad and parameter.grad is not None]


def _norm(parameters: list[Any]) -> float:
    """√Σg² in float64, without overflow: numbers whose squares would be too large or too small are scaled first."""
    gradients = [np.ravel(parameter.grad) for parameter in parameters]
    with np.errstate(over="ignore", under="ignore"):
        squares = [float(np.dot(g, g)) for g in gradients]
        total = math.fsum(squares) if all(map(math.isfinite, squares)) else math.inf
        if 1e-30 < total < math.inf:
            return math.sqrt(total)
        largest = max((float(np.abs(g).max()) for g in gradients if g.size), default=0.0)
        if largest == 0.0 or not math.isfinite(largest):
            return largest
        return largest * math.sqrt(math.fsum(float(np.square(g / largest, dtype=float).sum()) for g in gradients))


def _times(gradient: Any, factor: float) -> Any:
    """An array in its own place, a plain number anew."""
    if isinstance(gradient, np.ndarray):
        gradient *= factor
        return gradient
    return gradient * factor
