"""Rounding: how far round-off may take a value or a derivative, found by computing them in arithmetic that wobbles.

The graph of a run is evaluated again while every result is moved by a few units in its last place, at random. What
comes out differently is what round-off can do, however the errors of the parts cancel or add up.

(Stochastic arithmetic: Vignes, Mathematics and Computers in Simulation 35, 1993; Monte Carlo arithmetic: Parker, 1997.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autograd.arrays import fitted
from autograd.checking.subject import Part, Run, Vector
from autograd.graph import Node
from autograd.tensor import Tensor

WOBBLE = 8.0  # units of rounding: an op is taken to be right within so many, and is better nearly always
EXPLAINED = 2.0**-17  # relative: so much may cancel inside of an op or a rule on float32
PAIRS = 3  # how often everything is computed, each time twice


class Replay:
    """The graph of one run, to be computed again on plain numbers, with or without a wobble.

    An operand that is used twice stays one and the same: what a rule makes of that is part of what is judged. Choices
    that f made in Python, and whatever no derivative passes through, stay as they were.
    """

    def __init__(self, run: Run, rng: np.random.Generator) -> None:
        self.run, self.rng, self.order = run, rng, run.order()
        self._lost: dict[Node, Any] = {}
        self._side = 1.0

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
                copied = node.op is not None and node.op.selects  # a choice hands on one of its operands as it is
                numbers[node] = self._wobbled(y, self._lost_by(node)) if wobbling and not copied else y
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
            adjoint = self._wobbled(adjoints.pop(node))
            found = _shares(node, adjoint, numbers)
            for (parent, share), lost in zip(found, _lost_in_rule(node, adjoint, numbers, found), strict=True):
                if parent.op is None or lost is not None:  # what reaches a variable wobbles no further on
                    share = self._wobbled(share, 0.0 if lost is None else lost)
                adjoints[parent] = adjoints[parent] + share if parent in adjoints else share
        parts = [
            np.broadcast_to(np.asarray(adjoints.get(x, 0.0), dtype=float), np.shape(x._data)).reshape(-1)
            for x in self.run.variables
        ]
        return np.concatenate(parts) if parts else np.zeros(0)

    def either_way(self) -> Iterator[None]:
        """Twice: what wobbles one way the first time goes the other way the second, so that both sides are seen."""
        state = self.rng.bit_generator.state
        yield
        self.rng.bit_generator.state = state
        self._side = -1.0
        yield
        self._side = 1.0

    def _lost_by(self, node: Node) -> Any:
        """What an op on float32 has lost inside, where digits may cancel: its result beside that in float64."""
        if not _is_single(node):
            return 0.0
        if node not in self._lost:
            assert node.op is not None
            operands = [_doubled(parent._data) for parent in node.parents]
            exact = node.op.array_function(*operands, **node.parameters)  # type: ignore[attr-defined]
            self._lost[node] = _beside(node._data, exact)
        return self._lost[node]

    def _wobbled(self, x: Any, lost: Any = 0.0) -> Any:
        """Every number moved by 2 to 8 units and what is lost, either way: moved indeed, a rule may lie where it is."""
        if x.dtype.kind != "f":
            return x
        units = self._side * self.rng.uniform(2.0, WOBBLE, x.shape) * self.rng.choice([-1.0, 1.0], x.shape)
        moved = x + x * (units * (np.finfo(x.dtype).eps / 2)) + np.sign(units) * lost
        return moved.astype(x.dtype) if isinstance(moved, np.ndarray) else x.dtype.type(moved)


def scatter_of_gradients(
    replay: Replay, point: Vector, parts: Sequence[Part], functionals: Vector, project: Callable[[Vector], Vector]
) -> Vector | None:
    """What `project` makes of the gradients of all functionals, in several wobbling computations along the first axis.

    None where a rule does not run on plain numbers.
    """
    try:
        found = []
        replay.gradient(replay.evaluated(point, parts, wobbling=True), functionals[0])  # what a rule kept is no noise
        for _ in range(PAIRS):
            for _ in replay.either_way():
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
    parents, op = node.parents, node.op
    found = _raw_shares(node, adjoint, numbers[node], [numbers.get(parent, parent._data) for parent in parents])
    if not isinstance(node, Tensor):
        return [(parents[place], np.float64(share)) for place, share in found]
    return [(p, fitted(np.asarray(s), p.shape, p.dtype, op)) for p, s in ((parents[i], s) for i, s in found)]


def _raw_shares(node: Any, adjoint: Any, y: Any, operands: list[Any]) -> list[tuple[int, Any]]:
    parameters = node.parameters if isinstance(node, Tensor) else None
    if not isinstance(node, Tensor):
        operands = [np.float64(x) for x in operands]
    return list(node.op.shares(adjoint, y, operands, node.edges, parameters, lambda place: None))


def _lost_in_rule(node: Any, adjoint: Any, numbers: dict[Node, Any], found: list[tuple[Node, Any]]) -> list[Any]:
    """What a rule on float32 has lost inside of every share: that in float64 beside it; None for other nodes."""
    if not _is_single(node):
        return [None] * len(found)
    operands = [_doubled(numbers.get(parent, parent._data)) for parent in node.parents]
    exact = _raw_shares(node, _doubled(adjoint), _doubled(numbers[node]), operands)
    return [
        _beside(share, fitted(np.asarray(own, dtype=float), parent.shape, np.dtype(float), node.op))  # type: ignore[attr-defined]
        for (parent, share), (_, own) in zip(found, exact, strict=True)
    ]


def _is_single(node: Any) -> bool:
    return isinstance(node, Tensor) and node.dtype == np.float32


def _doubled(x: Any) -> Any:
    return x.astype(float) if x.dtype.kind == "f" else x


def _beside(single: Any, exact: Any) -> Any:
    """How far float32 is off, up to what round-off explains: what is wrong in float32 alone is to be seen."""
    off = np.abs(np.asarray(exact, dtype=float) - single)
    return np.where(np.isfinite(off), np.fmin(off, EXPLAINED * np.abs(single).max(initial=0.0)), 0.0)
