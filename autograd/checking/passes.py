"""Passes: the engine's own derivatives of one run of f, as numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.backward import walk_back
from autograd.checking.subject import Run, Vector
from autograd.forward import directional
from autograd.graph import Node
from autograd.tensor import Tensor


def reverse(run: Run, weights: Vector) -> Vector:
    """The gradient of Σ weights · values toward every number of the point, by reverse mode."""
    total = [np.zeros(np.shape(x._data)) for x in run.variables]
    for output, own in zip(run.outputs, run.split(weights), strict=True):
        if not (isinstance(output, Node) and output.requires_grad) or not own.any():
            continue
        found = dict(walk_back(output, _like(output, own)))
        for place, variable in enumerate(run.variables):
            if variable in found:
                total[place] = total[place] + np.asarray(found[variable], dtype=float)
    return _joined(total)


def forward(run: Run, direction: Vector) -> Vector:
    """The derivative of every value along a direction, by forward mode."""
    tangents, start = {}, 0
    for variable in run.variables:
        size = int(np.size(variable._data))
        own = direction[start : start + size].reshape(np.shape(variable._data))
        start += size
        if own.any():
            tangents[variable] = _like(variable, own)
    reached = [x for x in run.outputs if isinstance(x, Node) and x.requires_grad]
    found = dict(zip(reached, directional(reached, tangents), strict=True)) if reached else {}
    parts = []
    for output, shape in zip(run.outputs, run.shapes, strict=True):
        tangent = found.get(output, 0.0) if isinstance(output, Node) else 0.0
        parts.append(np.broadcast_to(np.asarray(tangent, dtype=float), shape))
    return _joined(parts)


def _like(node: Any, numbers: Vector) -> Any:
    return numbers.astype(node.dtype) if isinstance(node, Tensor) else float(numbers)


def _joined(parts: list[Any]) -> Vector:
    return np.concatenate([part.reshape(-1) for part in parts]) if parts else np.zeros(0)
