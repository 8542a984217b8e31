"""The second step of the layout: the order within each layer that lets few steps cross."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable

from autograd.view.layout.layers import Layers

SWEEPS = 10
PATIENCE = 3  # sweeps without a better order before the search ends


def put_in_order(found: Layers) -> None:
    """Fills the layers in an order with few crossings: the depth-first order of operands, improved while it lasts."""
    found.layers = _depth_first(found)
    search = _Search(found)
    best, fewest, stale = [list(layer) for layer in found.layers], search.crossings(), 0
    for sweep in range(SWEEPS):
        if fewest == 0 or stale == PATIENCE:
            break
        search.sweep(forward=sweep % 2 == 0)
        search.transpose()
        now = search.crossings()
        stale += 1
        if now < fewest:
            best, fewest, stale = [list(layer) for layer in found.layers], now, 0
    found.layers = best


def _depth_first(found: Layers) -> list[list[int]]:
    """Each layer in the order in which a walk from the last items, operands in their order, comes to it."""
    behind: list[list[int]] = [[] for _ in found.rank]
    ends = set(range(len(found.items)))
    for step in found.steps:
        behind[step.target].append(step.source)
        ends.discard(step.source)
    layers: list[list[int]] = [[] for _ in found.layers]
    seen: set[int] = set()
    stack = sorted(ends, reverse=True)
    while stack:
        vertex = stack.pop()
        if vertex not in seen:
            seen.add(vertex)
            layers[found.rank[vertex]].append(vertex)
            stack.extend(reversed(behind[vertex]))
    return layers


class _Search:
    """The current order, and where every vertex stands in it.

    The ends of a step count by where they touch the vertex, as a fraction of it: so a large item with several
    entries in a fixed order is told apart from a small one.
    """

    def __init__(self, found: Layers) -> None:
        self.layers = found.layers
        self.place = [0] * len(found.rank)
        self.ahead: list[list[tuple[int, float, float]]] = [[] for _ in found.rank]
        self.behind: list[list[tuple[int, float, float]]] = [[] for _ in found.rank]
        for step in found.steps:
            leave = _fraction(step.leave, found.across(step.source))
            enter = _fraction(step.enter, found.across(step.target))
            self.ahead[step.source].append((step.target, leave, enter))
            self.behind[step.target].append((step.source, enter, leave))
        for layer in self.layers:
            self._number(layer)

    def _number(self, layer: Iterable[int]) -> None:
        for i, vertex in enumerate(layer):
            self.place[vertex] = i

    def crossings(self) -> int:
        return sum(self._crossings_after(layer) for layer in self.layers)

    def _crossings_after(self, layer: list[int]) -> int:
        place = self.place
        ends = sorted((place[v] + own, place[w] + other) for v in layer for w, own, other in self.ahead[v])
        seen: list[float] = []
        total = 0
        for _, end in ends:
            total += len(seen) - bisect_right(seen, end)
            insort(seen, end)
        return total

    def sweep(self, *, forward: bool) -> None:
        """Sorts every layer by the medians of its neighbours in the layer before, going one way."""
        neighbours = self.behind if forward else self.ahead
        for layer in self.layers if forward else reversed(self.layers):
            medians = {v: self._median(neighbours[v]) for v in layer if neighbours[v]}
            by_median = iter(sorted(medians, key=medians.__getitem__))
            layer[:] = [next(by_median) if v in medians else v for v in layer]
            self._number(layer)

    def _median(self, neighbours: list[tuple[int, float, float]]) -> float:
        places = sorted(self.place[w] + other for w, _, other in neighbours)
        return (places[(len(places) - 1) // 2] + places[len(places) // 2]) / 2.0

    def transpose(self) -> None:
        """Swaps neighbours in a layer where that removes crossings, and looks again at the layers around a swap."""
        restless = set(range(len(self.layers)))
        for _ in range(6):
            swapped = [i for i in sorted(restless) if self._transpose_layer(self.layers[i])]
            restless = {j for i in swapped for j in (i - 1, i, i + 1) if 0 <= j < len(self.layers)}

    def _transpose_layer(self, layer: list[int]) -> bool:
        behind = [self._places(self.behind[v]) for v in layer]
        ahead = [self._places(self.ahead[v]) for v in layer]
        swapped = False
        for i in range(len(layer) - 1):
            j = i + 1
            if _gain(behind[i], behind[j]) + _gain(ahead[i], ahead[j]) > 0:
                layer[i], layer[j] = layer[j], layer[i]
                behind[i], behind[j] = behind[j], behind[i]
                ahead[i], ahead[j] = ahead[j], ahead[i]
                swapped = True
        if swapped:
            self._number(layer)
        return swapped

    def _places(self, neighbours: list[tuple[int, float, float]]) -> list[float]:
        return sorted(self.place[w] + other for w, _, other in neighbours)


def _fraction(offset: float | None, across: float) -> float:
    return 0.5 if offset is None or across == 0.0 else 0.9 * offset / across


def _gain(first: list[float], second: list[float]) -> int:
    """How many crossings go when two neighbours, given by where their sorted steps end, change places."""
    if not first or not second:
        return 0
    if first[-1] < second[0]:  # none cross now, and all would
        return -len(first) * len(second)
    crossing = sum([len(first) - bisect_right(first, end) for end in second])
    return crossing - sum([bisect_left(first, end) for end in second])
