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


@dataclass(frozen=True, slots=True)
class _Bands:
    """For every layer where it begins and ends along the flow, and where the straight pieces before it begin."""

    begins: list[float]
    ends: list[float]
    straight: list[float]


def flow(items: Sequence[Item], wires: Sequence[Wire]) -> Flow:
    """Items in layers, sources before targets; every wire ends in a straight piece long enough for its text."""
    found = Layers(items, wires)
    put_in_order(found)
    stack_entries(found)
    across = positions(found)
    bands = _bands(found, across)
    corners = _corners(found, bands, across)
    starts, ways = [], []
    for wire, steps in zip(wires, found.ways, strict=True):
        starts.append((corners[wire.source][0] + items[wire.source].along, across[wire.source] + wire.leave))
        ways.append([*_bends(found, steps, bands, across), _last_piece(steps[-1], corners, across)])
    farthest = max(at + found.across(vertex) for vertex, at in enumerate(across))
    return Flow(bands.ends[-1], farthest, corners, starts, ways)


def _bands(found: Layers, across: list[float]) -> _Bands:
    steepest, room = [0.0] * len(found.layers), [0.0] * len(found.layers)
    for step in found.steps:
        rank = found.rank[step.target]
        rise = _end(step, across) - across[step.source] - step.leave
        steepest[rank] = max(steepest[rank], abs(rise))
        room[rank] = max(room[rank], step.wire.along if step.wire else 0.0)
    bands, at = _Bands([], [], []), 0.0
    for rank, layer in enumerate(found.layers):
        if rank:
            at += CHANNEL + min(STEEP * steepest[rank], WIDEST)
        bands.straight.append(at)
        bands.begins.append(at + room[rank])
        at = bands.begins[-1] + max((found.items[v].along for v in layer if not found.is_bend(v)), default=0.0)
        bands.ends.append(at)
    return bands


def _corners(found: Layers, bands: _Bands, across: list[float]) -> list[Point]:
    """Items at the beginning of their layer along the flow; those that nothing flows into at its end."""
    fed = {wire.target for wire in found.wires}
    corners = []
    for number, item in enumerate(found.items):
        rank = found.rank[number]
        corners.append((bands.begins[rank] if number in fed else bands.ends[rank] - item.along, across[number]))
    return corners


def _bends(found: Layers, steps: Sequence[Step], bands: _Bands, across: list[float]) -> Segments:
    """Straight to the end of the layer, in a curve to the next, straight through it, and so on."""
    segments: Segments = []
    for step in steps:
        rank = found.rank[step.target]
        begin = (bands.ends[rank - 1], across[step.source] + step.leave)
        end = (bands.straight[rank], _end(step, across))
        half = (begin[0] + end[0]) / 2.0
        segments += [(begin,), ((half, begin[1]), (half, end[1]), end)]
    return segments


def _last_piece(step: Step, corners: list[Point], across: list[float]) -> tuple[Point]:
    return ((corners[step.target][0], _end(step, across)),)


def _end(step: Step, across: list[float]) -> float:
    assert step.enter is not None
    return across[step.target] + step.enter
