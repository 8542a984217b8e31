"""How far one step of an optimizer would move each parameter: taken by a twin, so that nothing is moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd import Tensor, Value
from nn.diagnosis.layers import Group, norm
from nn.module import Parameter
from nn.optimizers import Optimizer


def update_ratios(
    groups: Sequence[Group], optimizers: Sequence[Optimizer], gradients: Mapping[Parameter, Any]
) -> list[float | None]:
    """Of each layer ‖one step of its weights‖ / ‖weights‖, biases left out; None where nothing moves them."""
    steps: dict[Parameter, Any] = {}
    for optimizer in optimizers:
        steps |= _steps(optimizer, gradients)
    ratios: list[float | None] = []
    for group in groups:
        moved = [p for p in group.weights if p in steps]
        size = norm(p._data for p in moved)
        ratios.append(norm(steps[p] for p in moved) / size if moved and size else None)
    return ratios


def _steps(optimizer: Optimizer, gradients: Mapping[Parameter, Any]) -> dict[Parameter, Any]:
    """Of each parameter that moves, the change that the next step would make."""
    moving = [p for p in optimizer.parameters if p in gradients and p.requires_grad]
    try:
        twins = _twins(optimizer, gradients)
    except TypeError:  # an optimizer of one's own, which is made in a way of its own
        return {p: optimizer.lr * np.asarray(gradients[p]) for p in moving}
    return {p: np.asarray(twins[p]._data) - np.asarray(p._data) for p in moving}


def _twins(optimizer: Optimizer, gradients: Mapping[Parameter, Any]) -> dict[Parameter, Parameter]:
    """A copy of every parameter after one step of a copy of the optimizer along these gradients."""
    twins: dict[Parameter, Parameter] = {}
    for parameter in optimizer.parameters:
        twin: Parameter = Tensor(parameter._data) if isinstance(parameter, Tensor) else Value(parameter._data)
        twin.requires_grad = parameter.requires_grad
        twins[parameter] = twin
    pairs = [(name, twins[p]) for name, p in zip(optimizer.names, optimizer.parameters, strict=True)]
    copy = type(optimizer)(pairs, **optimizer.settings())
    copy.load_state_dict(optimizer.state_dict())
    for parameter, twin in twins.items():
        if parameter in gradients:
            twin.grad = np.array(gradients[parameter]) if isinstance(twin, Tensor) else float(gradients[parameter])
    with np.errstate(all="ignore"):
        copy.update()
    return twins
