"""Which nodes of a graph a picture shows one by one, and which share a box: by region, as asked or as needed."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from typing import TypeAlias

from autograd.errors import ArgumentError, GraphTooLarge
from autograd.graph import Node
from autograd.view.blocks import Block, Folding, parents_of
from autograd.view.middle import middle_folded
from autograd.view.regions import Graph, Path, Place, places
from autograd.view.text import count

Fold: TypeAlias = bool | int | str | Collection[str] | None


def folded(order: list[Node], fold: Fold, limit: int) -> Folding:
    """The blocks of a graph: folded as asked, and further where that leaves more blocks than the limit.

    Unasked, regions fold as deep inside as the limit allows, at first each call on its own, then all the calls of a
    module together; where that does not help, all that lies between the first and the last nodes folds.
    Raises GraphTooLarge where folding is forbidden and the graph is beyond the limit.
    """
    graph = Graph.of(order)
    paths = places(graph, calls_together=False)
    if fold is not None and fold is not False:
        blocks = _blocks(graph, paths, _asked(paths, fold))
        return Folding(blocks) if len(blocks) <= limit else middle_folded(graph, blocks, limit)
    if len(order) <= limit:
        return Folding(_blocks(graph, paths, [None] * len(paths)))
    if fold is None:
        return _automatic(graph, paths, limit)
    raise GraphTooLarge(
        f"the graph has {count(len(order), 'node')}, more than limit={limit}, and fold=False forbids folding. "
        "Leave fold out, or raise the limit."
    )


def _asked(paths: list[Path], fold: int | str | Collection[str]) -> list[Place | None]:
    """For every node the outermost of its places that is to be folded: by depth, or by name."""
    if isinstance(fold, int):
        if fold < 1:
            raise ArgumentError(f"fold={fold} is no depth: the outermost regions are at depth 1")
        return [path[fold - 1] if len(path) >= fold else None for path in paths]
    wanted = {fold} if isinstance(fold, str) else set(fold)
    found = {place: place.name for path in paths for place in path}
    for name in sorted(wanted):
        if not any(_answers(own, name) for own in found.values()):
            known = ", ".join(list(dict.fromkeys(found.values()))[:12]) or "none"
            raise ArgumentError(f"fold={name!r} is no region of this graph; its regions: {known}")
    shut = {place for place, own in found.items() if any(_answers(own, name) for name in wanted)}
    return [next((place for place in path if place in shut), None) for path in paths]


def _answers(name: str, wanted: str) -> bool:
    return name == wanted or name.endswith("." + wanted)


def _blocks(graph: Graph, paths: list[Path], shut: list[Place | None]) -> tuple[Block, ...]:
    """One block for each folded place and each other node, in the order of their first nodes."""
    members: dict[Hashable, list[int]] = {}
    for i, place in enumerate(shut):
        members.setdefault(i if place is None else place, []).append(i)
    blocks = []
    for found in members.values():
        place, path = shut[found[0]], paths[found[0]]
        around = path if place is None else path[: path.index(place)]
        blocks.append(Block(tuple(graph.nodes[i] for i in found), around, place))
    return tuple(blocks)


def _automatic(graph: Graph, paths: list[Path], limit: int) -> Folding:
    fewest = _blocks(graph, paths, [None] * len(paths))
    for calls_together in (False, True):
        deepest = max(map(len, paths))
        if calls_together and deepest:
            paths = places(graph, calls_together=True)
        for depth in range(deepest, 0, -1):
            blocks = _blocks(graph, paths, _asked(paths, depth))
            if len(blocks) <= limit and sum(map(len, parents_of(graph, blocks))) <= 2 * limit:
                return Folding(blocks, _sentence(graph, depth, limit, calls_together))
            fewest = min(fewest, blocks, key=len)
    return middle_folded(graph, fewest, limit)


def _sentence(graph: Graph, depth: int, limit: int, calls_together: bool) -> str:
    together = ", all calls of a module together" if calls_together else ""
    nodes = count(len(graph.nodes), "node")
    return f"{nodes}, above the limit of {limit:,}: folded by region at depth {depth}{together}"
