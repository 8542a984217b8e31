"""The first step of the layout: every item gets a layer, as late as possible, and long wires a bend in each between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Item:
    """Something to place: its size along the flow and across it; pinned items lie before or after all others."""

    along: float
    across: float
    pin: Literal["first", "last"] | None = None


@dataclass(frozen=True, slots=True)
class Wire:
    """A connection that leaves its source at `leave` across it and enters its target at `enter`.

    Where `enter` is None the layout chooses: the entries of the target are stacked in the order of where they come
    from, each with room `before` and `after` it across the flow; `along` is the room its text takes along the flow.
    """

    source: int
    target: int
    leave: float
    enter: float | None = None
    before: float = 4.0
    after: float = 4.0
    along: float = 0.0


@dataclass(slots=True)
class Step:
    """From a vertex in one layer to one in the next; a step into an item belongs to one wire, others are shared."""

    source: int
    target: int
    leave: float
    enter: float | None
    wire: Wire | None = None


class Layers:
    """Items and bends in layers, joined by steps from one layer to the next.

    Vertices below the number of items are the items, the others bends. All wires that leave an item at one place
    share a trunk of bends and branch off it. `ways` lists the steps of every wire; the order within `layers` is
    found later.
    """

    def __init__(self, items: Sequence[Item], wires: Sequence[Wire]) -> None:
        self.items, self.wires = items, wires
        self.rank = _ranks(items, wires)
        self.steps: list[Step] = []
        self.ways: list[list[Step]] = []
        trunks: dict[tuple[int, float], list[Step]] = {}
        for wire in wires:
            self.ways.append(self._way(wire, trunks.setdefault((wire.source, wire.leave), [])))
        self.layers: list[list[int]] = [[] for _ in range(max(self.rank, default=-1) + 1)]

    def across(self, vertex: int) -> float:
        """The size of a vertex across the flow."""
        return self.items[vertex].across if vertex < len(self.items) else 0.0

    def is_bend(self, vertex: int) -> bool:
        return vertex >= len(self.items)

    def _way(self, wire: Wire, trunk: list[Step]) -> list[Step]:
        length = self.rank[wire.target] - self.rank[wire.source] - 1
        while len(trunk) < length:
            tail = trunk[-1].target if trunk else wire.source
            trunk.append(Step(tail, len(self.rank), 0.0 if trunk else wire.leave, 0.0))
            self.steps.append(trunk[-1])
            self.rank.append(self.rank[tail] + 1)
        tail, leave = (trunk[length - 1].target, 0.0) if length else (wire.source, wire.leave)
        self.steps.append(Step(tail, wire.target, leave, wire.enter, wire))
        return [*trunk[:length], self.steps[-1]]


def _ranks(items: Sequence[Item], wires: Sequence[Wire]) -> list[int]:
    """The layer of every item: as late as what it feeds allows, the pinned at their end."""
    sources: list[list[int]] = [[] for _ in items]
    waiting = [0] * len(items)
    for wire in wires:
        sources[wire.target].append(wire.source)
        waiting[wire.source] += 1
    one_is_last = any(item.pin == "last" for item in items)
    distance = [int(one_is_last and item.pin != "last") for item in items]
    ready = [i for i, n in enumerate(waiting) if n == 0]
    while ready:
        target = ready.pop()
        for source in sources[target]:
            distance[source] = max(distance[source], distance[target] + 1)
            waiting[source] -= 1
            if waiting[source] == 0:
                ready.append(source)
    farthest = max((d for d, item in zip(distance, items, strict=True) if item.pin != "first"), default=0)
    if any(item.pin == "first" for item in items):
        farthest += 1
    return [0 if item.pin == "first" else farthest - d for d, item in zip(distance, items, strict=True)]
