"""The third step of the layout: how far across every vertex lies, so that wires run straight and nothing overlaps."""

from __future__ import annotations

import math
from collections.abc import Sequence

from autograd.view.layout.layers import Layers, Step

GAP, BEND_GAP = 18.0, 12.0  # least room between items, and between a bend and its neighbour
ROUNDS = 6


def stack_entries(found: Layers) -> None:
    """Settles where wires enter the items that left it open: in the order of where they come from, side by side."""
    place = {vertex: i for layer in found.layers for i, vertex in enumerate(layer)}
    entering: dict[int, list[Step]] = {}
    for step in found.steps:
        if step.enter is None:
            entering.setdefault(step.target, []).append(step)
    for target, steps in entering.items():
        steps.sort(key=lambda step: place[step.source] + _leaving_at(found, step))
        rooms = [(step.wire.before, step.wire.after) for step in steps if step.wire]
        spare = found.across(target) - math.fsum(map(math.fsum, rooms))
        # A lone entry is in the middle if its text leaves it there; several have their texts in the middle.
        edge = min(max(found.across(target) / 2.0 - rooms[0][0], 0.0), spare) if len(rooms) == 1 else spare / 2.0
        for step, (before, after) in zip(steps, rooms, strict=True):
            step.enter = edge + before
            edge += before + after


def _leaving_at(found: Layers, step: Step) -> float:
    return step.leave / (found.across(step.source) or 1.0)


def positions(found: Layers) -> list[float]:
    """The position across the flow where every vertex begins; the least is 0."""
    pulls = _pulls(found)
    place = [0.0] * len(found.rank)
    for layer in found.layers:
        _put_near(found, layer, place, {})
    for turn in range(ROUNDS):
        for towards in ((-1,), (1,)) if turn < ROUNDS - 1 else ((-1, 1), (-1, 1)):
            for layer in found.layers if -1 in towards else reversed(found.layers):
                wishes = {v: _wish([pull for pull in pulls[v] if pull[0] in towards], place) for v in layer}
                _put_near(found, layer, place, {v: wish for v, wish in wishes.items() if wish is not None})
    least = min(place, default=0.0)
    return [at - least for at in place]


Pull = tuple[int, int, float, float]  # toward the layer before (−1) or after (1), the neighbour, offset, weight


def _pulls(found: Layers) -> list[list[Pull]]:
    """What every vertex would like to be level with."""
    fed = {step.target for step in found.steps}
    pulls: list[list[Pull]] = [[] for _ in found.rank]
    for step in found.steps:
        bends = found.is_bend(step.source) + found.is_bend(step.target)
        weight = (1.0, 2.0, 8.0)[bends] if step.source in fed else 0.1
        enter = step.enter if step.wire is None or step.wire.enter is not None else found.across(step.target) / 2.0
        offset = step.leave - (enter or 0.0)
        pulls[step.target].append((-1, step.source, offset, weight))
        pulls[step.source].append((1, step.target, -offset, weight))
    return pulls


def _wish(pulls: list[Pull], place: list[float]) -> tuple[float, float] | None:
    """The weighted mean of what pulls a vertex, and the weight."""
    weight = math.fsum(pull[3] for pull in pulls)
    if not weight:
        return None
    return math.fsum(pull[3] * (place[pull[1]] + pull[2]) for pull in pulls) / weight, weight


def _put_near(found: Layers, layer: list[int], place: list[float], wishes: dict[int, tuple[float, float]]) -> None:
    """Puts a layer as near to its wishes as the order and the sizes allow; the others would like to stay."""
    room, at = [], 0.0
    for i, vertex in enumerate(layer):
        room.append(at)
        if i + 1 < len(layer):
            at += found.across(vertex) + _gap(found, vertex, layer[i + 1])
    wanted = [wishes.get(vertex, (place[vertex], 0.001)) for vertex in layer]
    free = isotonic([wish - r for (wish, _), r in zip(wanted, room, strict=True)], [weight for _, weight in wanted])
    for vertex, r, offset in zip(layer, room, free, strict=True):
        place[vertex] = r + offset


def _gap(found: Layers, vertex: int, following: int) -> float:
    return BEND_GAP if found.is_bend(vertex) or found.is_bend(following) else GAP


def isotonic(wishes: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The rising sequence nearest to the wishes by weighted squares: neighbours out of order share their mean."""
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for mean, weight in zip(wishes, weights, strict=True):
        count = 1
        while pools and pools[-1][0] > mean:
            other, heavier, more = pools.pop()
            mean = (mean * weight + other * heavier) / (weight + heavier)
            weight, count = weight + heavier, count + more
        pools.append((mean, weight, count))
    return [mean for mean, _, count in pools for _ in range(count)]
