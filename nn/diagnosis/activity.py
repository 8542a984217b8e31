"""What the units of each layer do, read off the nodes of a graph: dead, saturated, and how much comes back to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd
from autograd import Node
from nn.scalar import Neuron

FLAT = 0.05  # a slope |f′| below this counts as saturated


@dataclass
class Activity:
    """What was met at one layer: counts of units and of entries, and the sum of squares of what comes back to it.

    `site` is the line of the user's code that computes it, where there is one.
    """

    units: int = 0
    dead: int = 0
    entries: int = 0
    saturated: int = 0
    squares: float = 0.0
    counted: int = 0
    site: str = ""

    @property
    def dead_share(self) -> float | None:
        """The part of the ReLU units that are 0 for every sample."""
        return self.dead / self.units if self.units else None

    @property
    def saturated_share(self) -> float | None:
        """The part of what sigmoid, tanh and clip give where their slope is below 0.05."""
        return self.saturated / self.entries if self.entries else None

    @property
    def signal(self) -> float | None:
        """The root mean square of ∂loss/∂(what the layer gives)."""
        return float((self.squares / self.counted) ** 0.5) if self.counted else None

    def hear(self, adjoint: Any) -> None:
        """Enters what comes back to the layer, if anything does."""
        if adjoint is not None:
            self.squares += float(np.square(np.asarray(adjoint, np.float64)).sum())
            self.counted += int(np.size(adjoint))


# ── Tensors ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def look_at_arrays(
    layers: Mapping[Node, int], adjoints: Mapping[Node, Any], activities: Sequence[Activity], here: str
) -> None:
    """Enters what the graph of a batch shows: its nodes by layer, parents first, the last node being the output."""
    last: dict[int, Node] = {}
    for node, place in layers.items():
        last[place] = node
        _keep_site(activities[place], node, here)
        _look_at_array(node, activities[place])
    for place, node in last.items():
        activities[place].hear(adjoints.get(node))


def _keep_site(activity: Activity, node: Node, here: str) -> None:
    """The first line that is not the one from which the pass was started: a library model has no other."""
    site = str(node.site or "")
    if site != here:
        activity.site = activity.site or site


def _look_at_array(node: Any, activity: Activity) -> None:
    name, data = node.op.name, node._data
    if data.ndim and data.size and (name == "relu" or (name == "maximum" and _has_zero(node.parents))):
        units = data.shape[-1]
        activity.units += units
        activity.dead += int(np.count_nonzero((data.reshape(-1, units) <= 0.0).all(axis=0)))
    elif name in ("logistic", "tanh", "clip"):
        activity.entries += data.size
        activity.saturated += int(np.count_nonzero(_slopes(name, node) < FLAT))


def _slopes(name: str, node: Any) -> NDArray[Any]:
    y = node._data
    if name == "clip":
        x, low, high = (parent._data for parent in node.parents)
        return np.asarray((x > low) & (x < high), float)
    return np.asarray(y * (1.0 - y) if name == "logistic" else 1.0 - y * y)


def _has_zero(operands: Iterable[Any]) -> bool:
    return any(operand.op is None and not operand.requires_grad and not np.any(operand._data) for operand in operands)


# ── Values ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class Neurons:
    """What single neurons do from sample to sample: whether each ReLU was ever above 0."""

    def __init__(self, activities: Sequence[Activity], here: str) -> None:
        self.activities, self.here = activities, here
        self._alive: dict[tuple[int, Neuron], bool] = {}

    def look(self, layers: Mapping[Node, int], adjoints: Mapping[Node, Any]) -> None:
        """Enters what one sample's graph shows; a neuron's output is the last node of its call."""
        last: dict[Any, Any] = {}
        for node, place in layers.items():
            _keep_site(self.activities[place], node, self.here)
            last[node.region] = node
        for region, node in last.items():
            owner = None if region is None else region.owner
            if isinstance(owner, Neuron):
                self._enter(node, owner, layers[node], adjoints.get(node))

    def _enter(self, node: Any, neuron: Neuron, place: int, adjoint: Any) -> None:
        activity = self.activities[place]
        activity.hear(adjoint)
        if node.op.name == "relu":
            self._alive[place, neuron] = self._alive.get((place, neuron), False) or node._data > 0.0
        slope = _slope(node, neuron)
        if slope is not None:
            activity.entries += 1
            activity.saturated += slope < FLAT

    def count(self) -> None:
        """After the last sample: how many ReLU units there are, and how many were never above 0."""
        for (place, _), lives in self._alive.items():
            self.activities[place].units += 1
            self.activities[place].dead += not lives


def _slope(node: Any, neuron: Neuron) -> float | None:
    if node.op.name == "tanh":
        return float(1.0 - node._data * node._data)
    if node.op.name == "clip":
        return abs(node.edges[0] or 0.0)
    return float(node._data * (1.0 - node._data)) if neuron.function is autograd.sigmoid else None
