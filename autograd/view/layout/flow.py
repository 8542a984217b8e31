"""A layered layout of items and wires, in coordinates along the flow and across it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autograd.view.layout.coordinates import positions, stack_entries
from autograd.view.layout.crossings import put_in_order
from autograd.view.layout.layers import Item, Layers, Step, Wire
from autograd.view.placement import Point

CHANNEL = 24.0  # room for a curve between two layers; steeper curves get more
STEEP, WIDEST = 0.18, 130.0
Segments = list[tuple[Point, ...]]


@dataclass(frozen=True, slots=True)
class Flow:
    """Where items begin and how wires run: each from its first point, segment by segment, in (along, across)."""

    along: float
    across: float
    corners: list[Point]
    starts: list[Point]
    ways: list[Segments]


def flow(items: Sequence[Item], wires: Sequence[Wire]) -> Flow:
    """Items in layers, sources before targets; every wire ends in a straight piece long enough for its text."""
    found = Layers(items, wires)
    put_in_order(found)
    stack_entries(found)
    across = positions(found)
    begins, ends, texts = _extents(found, across)
    fed = {wire.target for wire in wires}
    corners = [_corner(found, i, begins, ends, across, i in fed) for i in range(len(items))]
    starts, ways = [], []
    for wire, steps in zip(wires, found.ways, strict=True):
        starts.append((corners[wire.source][0] + items[wire.source].along, across[wire.source] + wire.leave))
        ways.append(_way(found, steps, (begins, ends, texts), corners, across))
    total = max((across[i] + items[i].across for i in range(len(items))), default=0.0)
    return Flow(ends[-1], max([total, *across]), corners, starts, ways)


def _extents(found: Layers, across: list[float]) -> tuple[list[float], list[float], list[float]]:
    """For every layer where it begins and ends along the flow, and where the straight pieces before it begin."""
    begins, ends, texts, at = [], [], [], 0.0
    steepest, room = [0.0] * len(found.layers), [0.0] * len(found.layers)
    for step in found.steps:
        rank = found.rank[step.target]
        rise = across[step.target] + (step.enter or 0.0) - across[step.source] - step.leave
        steepest[rank] = max(steepest[rank], abs(rise))
        room[rank] = max(room[rank], step.wire.along if step.wire else 0.0)
    for rank, layer in enumerate(found.layers):
        if rank:
            at += CHANNEL + min(STEEP * steepest[rank], WIDEST)
        texts.append(at)
        begins.append(at + room[rank])
        at = begins[-1] + max((found.items[v].along for v in layer if not found.is_bend(v)), default=0.0)
        ends.append(at)
    return begins, ends, texts


def _corner(found: Layers, item: int, begins: list[float], ends: list[float], across: list[float], fed: bool) -> Point:
    """At the beginning of its layer along the flow; what nothing flows into stands at the end, near its reader."""
    rank = found.rank[item]
    return begins[rank] if fed else ends[rank] - found.items[item].along, across[item]


def _way(
    found: Layers,
    steps: Sequence[Step],
    extents: tuple[list[float], list[float], list[float]],
    corners: list[Point],
    across: list[float],
) -> Segments:
    """Straight to the end of the layer, a curve to the next, straight through it, and so on to the target."""
    _, ends, texts = extents
    segments: Segments = []
    for step in steps:
        rank = found.rank[step.target]
        begin = (ends[rank - 1], across[step.source] + step.leave)
        end = (texts[rank], across[step.target] + (step.enter or 0.0))
        half = (begin[0] + end[0]) / 2.0
        segments += [(begin,), ((half, begin[1]), (half, end[1]), end)]
    last = steps[-1].target
    segments.append(((corners[last][0], end[1]),))
    return segments
