"""Passes: the engine's own derivatives of one run of f, as numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.backward import walk_back
from autograd.checking.lines import Line
from autograd.checking.rounding import Replay, scatter_of_gradients
from autograd.checking.subject import Run, Subject, Vector
from autograd.forward import directional
from autograd.graph import Node
from autograd.tensor import Tensor

FEW_DIGITS = 2.0  # float32 rounds in steps so wide that a few samples may all come out the same


@dataclass
class Sweep:
    """The engine's derivatives in one mode: one for each functional along any line, and how far round-off may be.

    `analytic` and `spread` hold those of the lines that are compared: [functional, line].
    """

    mode: str
    along: Callable[[Line], Vector]
    analytic: Vector
    spread: Vector


def reverse_sweep(
    subject: Subject, run: Run, weights: Vector, lines: Sequence[Line], rng: np.random.Generator
) -> Sweep:
    """One pass back for each functional, and several in arithmetic that wobbles."""
    gradients = np.stack([reverse(run, own) for own in weights])
    analytic = projected(gradients, lines)
    project = lambda found: projected(found, lines)  # noqa: E731
    scatter = scatter_of_gradients(Replay(run, rng), subject.point, subject.parts, weights, project)
    if scatter is None:  # a rule that runs on the engine's nodes alone: each op rounds, and the errors add up
        unit = 2.0**-24 if any(_is_single(x) for x in run.variables) else subject.unit
        spread = 16.0 * unit * len(run.order()) * np.abs(analytic)
    else:
        low = any(_is_single(x) for x in run.variables)
        spread = (FEW_DIGITS if low else 1.0) * np.ptp(scatter, axis=0)
    spread[~np.isfinite(spread)] = 0.0
    return Sweep("reverse", lambda line: projected(gradients, [line])[:, 0], analytic, spread)


def forward_sweep(run: Run, weights: Vector, lines: Sequence[Line], spread: Vector) -> Sweep:
    """One pass along each line: the same sums as in reverse mode, in another order, with the same spread."""

    def along(line: Line) -> Vector:
        return np.asarray(weights @ forward(run, line.direction))

    return Sweep("forward", along, np.stack([along(line) for line in lines], axis=1), spread)


def projected(gradients: Vector, lines: Sequence[Line]) -> Vector:
    """Gradients along lines; entries that a line leaves alone may be nan."""
    used = [np.flatnonzero(line.direction) for line in lines]
    return np.stack([gradients[:, own] @ line.direction[own] for own, line in zip(used, lines, strict=True)], axis=1)


def _is_single(x: Any) -> bool:
    return getattr(x, "dtype", None) == np.float32


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
