"""Rounding: how far round-off may take a value or a derivative, found by computing them in arithmetic that wobbles.

The graph of a run is evaluated again while every result is moved by a few units in its last place, at random. What
comes out differently is what round-off can do, however the errors of the parts cancel or add up.

(Stochastic arithmetic: Vignes, Mathematics and Computers in Simulation 35, 1993; Monte Carlo arithmetic: Parker, 1997.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.arrays import fitted
from autograd.checking.subject import Part, Run, Vector
from autograd.graph import Node
from autograd.tensor import Tensor

WOBBLE = 8.0  # units of rounding: an op is taken to be right within so many, and is better nearly always
TIMES = 5  # how often everything is computed


class Replay:
    """The graph of one run, to be computed again on plain numbers, with or without a wobble.

    An operand that is used twice stays one and the same: what a rule makes of that is part of what is judged. Choices
    that f made in Python, and whatever no derivative passes through, stay as they were.
    """

    def __init__(self, run: Run, rng: np.random.Generator) -> None:
        self.run, self.rng, self.order = run, rng, run.order()

    def evaluated(self, point: Vector, parts: Sequence[Part], wobbling: bool) -> dict[Node, Any]:
        """The number or array of every node, the variables holding these numbers."""
        numbers: dict[Node, Any] = {}
        for variable, part in zip(self.run.variables, parts, strict=True):
            own = point[part.places].reshape(part.shape)
            given = own.astype(variable.dtype) if isinstance(variable, Tensor) else np.float64(own)
            numbers[variable] = self._wobbled(given) if wobbling else given
        for node in self.order:
            if node not in numbers:
                y = _own(node) if node.op is None else _computed(node, numbers)
                numbers[node] = self._wobbled(y) if wobbling else y
        return numbers

    def values(self, numbers: dict[Node, Any]) -> Vector:
        """All numbers that f gives."""
        parts = [
            np.asarray(numbers.get(x, x._data) if isinstance(x, Node) else x, dtype=float).reshape(-1)
            for x in self.run.outputs
        ]
        return np.concatenate(parts) if parts else np.zeros(0)

    def gradient(self, numbers: dict[Node, Any], weights: Vector) -> Vector:
        """The gradient of Σ weights · values toward every number of the point, wobbling on its way back."""
        adjoints: dict[Node, Any] = {}
        for output, own in zip(self.run.outputs, self.run.split(weights), strict=True):
            if output in numbers and own.any():
                seed = own.astype(output.dtype) if isinstance(output, Tensor) else np.float64(own)
                adjoints[output] = adjoints[output] + seed if output in adjoints else seed
        for node in reversed(self.order):
            if node.op is None or node not in adjoints:
                continue
            for parent, share in _shares(node, self._wobbled(adjoints.pop(node)), numbers):
                adjoints[parent] = adjoints[parent] + share if parent in adjoints else share
        parts = [
            np.broadcast_to(np.asarray(adjoints.get(x, 0.0), dtype=float), np.shape(x._data)).reshape(-1)
            for x in self.run.variables
        ]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _wobbled(self, x: Any) -> Any:
        if x.dtype.kind != "f":
            return x
        moved = x + x * (self.rng.uniform(-WOBBLE, WOBBLE, x.shape) * (np.finfo(x.dtype).eps / 2))
        return moved.astype(x.dtype) if isinstance(moved, np.ndarray) else x.dtype.type(moved)


def scatter_of_gradients(
    replay: Replay, point: Vector, parts: Sequence[Part], functionals: Vector, project: Callable[[Vector], Vector]
) -> Vector | None:
    """What `project` makes of the gradients of all functionals, in several wobbling computations along the first axis.

    None where a rule does not run on plain numbers.
    """
    try:
        found = []
        for _ in range(TIMES):
            numbers = replay.evaluated(point, parts, wobbling=True)
            found.append(project(np.stack([replay.gradient(numbers, weights) for weights in functionals])))
        return np.asarray(found)
    except Exception:
        return None


def noise_of_values(replay: Replay, points: Sequence[Vector], parts: Sequence[Part]) -> Vector:
    """How far round-off may take each value, at the worst of these points; 0 where the ops do not run on numbers."""
    noise = np.zeros(replay.run.values.size)
    try:
        for point in points:
            exact = replay.values(replay.evaluated(point, parts, wobbling=False))
            moved = replay.values(replay.evaluated(point, parts, wobbling=True))
            noise = np.fmax(noise, np.abs(moved - exact))
    except Exception:
        return noise
    return noise


def _own(leaf: Node) -> Any:
    """The numbers of a variable that f uses from outside."""
    return leaf._data if isinstance(leaf, Tensor) else np.float64(leaf._data)


def _computed(node: Node, numbers: dict[Node, Any]) -> Any:
    assert node.op is not None
    operands = [numbers.get(parent, parent._data) for parent in node.parents]
    if isinstance(node, Tensor):
        return np.asarray(node.op.array_function(*operands, **node.parameters))
    return np.float64(node.op(*(float(x) for x in operands)))


def _shares(node: Any, adjoint: Any, numbers: dict[Node, Any]) -> list[tuple[Node, Any]]:
    parents = node.parents
    operands = [numbers.get(parent, parent._data) for parent in parents]
    parameters = node.parameters if isinstance(node, Tensor) else None
    if not isinstance(node, Tensor):
        operands = [np.float64(x) for x in operands]
    op = node.op
    found = op.shares(adjoint, numbers[node], operands, node.edges, parameters, lambda place: None)
    if not isinstance(node, Tensor):
        return [(parents[place], np.float64(share)) for place, share in found]
    return [(p, fitted(np.asarray(s), p.shape, p.dtype, op)) for p, s in ((parents[i], s) for i, s in found)]
