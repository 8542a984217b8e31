"""Which nodes of a graph a picture shows one by one, and which share a box: by region, as asked or as needed."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from autograd.errors import ArgumentError, GraphTooLarge
from autograd.graph import Node
from autograd.view.regions import Graph, Path, RegionPlace, places
from autograd.view.text import count

Fold: TypeAlias = bool | int | str | Collection[str] | None


@dataclass(frozen=True, slots=True)
class Block:
    """Nodes that share one box and the places around it; `place` is set where the box is a folded place."""

    nodes: tuple[Node, ...]
    path: Path
    place: RegionPlace | None = None

    @property
    def folded(self) -> bool:
        return self.place is not None or len(self.nodes) > 1


@dataclass(frozen=True, slots=True)
class Folding:
    """Every node in exactly one block, and a sentence about what was folded without being asked for."""

    blocks: tuple[Block, ...]
    note: str | None = None


def foldings(order: list[Node], fold: Fold, limit: int) -> Iterator[Folding]:
    """The foldings of a graph that may be drawn, of which one is taken: what hides least comes first.

    Asked for, there is one; where it leaves more blocks than the limit, what is in the middle folds too. Unasked,
    there is none at all and then regions, from deep inside outwards, at first each call on its own and then all
    the calls of a module together, without those beyond the limit. Where all are, what is in the middle folds.
    Raises GraphTooLarge where folding is forbidden and the graph is beyond the limit.
    """
    graph = Graph.of(order)
    paths = places(graph, calls_together=False)
    whole = _blocks(graph, paths, [None] * len(paths))
    if fold is None:
        yield from _automatic(graph, paths, whole, limit)
    elif fold is not False:
        blocks = _blocks(graph, paths, _asked(paths, fold))
        yield Folding(blocks) if len(blocks) <= limit else _middle_folded(graph, blocks, limit)
    elif len(order) <= limit:
        yield Folding(whole)
    else:
        raise GraphTooLarge(
            f"the graph has {count(len(order), 'node')}, more than limit={limit}, and fold=False forbids folding. "
            "Leave fold out, or raise the limit."
        )


def _asked(paths: list[Path], fold: int | str | Collection[str]) -> list[RegionPlace | None]:
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


def _blocks(graph: Graph, paths: list[Path], shut: list[RegionPlace | None]) -> tuple[Block, ...]:
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


def _automatic(graph: Graph, paths: list[Path], whole: tuple[Block, ...], limit: int) -> Iterator[Folding]:
    fewest, within = whole, len(whole) <= limit
    if within:
        yield Folding(whole)
    deepest = max(map(len, paths))
    for calls_together in (False, True) if deepest else ():
        if calls_together:
            paths = places(graph, calls_together=True)
        for depth in range(deepest, 0, -1):
            blocks = _blocks(graph, paths, _asked(paths, depth))
            if len(blocks) <= limit and sum(map(len, _parents_of(graph, blocks))) <= 2 * limit:
                within = True
                together = ", all calls of a module together" if calls_together else ""
                yield Folding(blocks, _note(graph, limit, f"folded by region at depth {depth}{together}"))
            fewest = min(fewest, blocks, key=len)
    if not within:
        yield _middle_folded(graph, fewest, limit)


def _note(graph: Graph, limit: int, done: str) -> str:
    """What was folded without being asked for, why, and how to see it all."""
    n = len(graph.nodes)
    if n > limit:
        return f"{n:,} nodes, above the limit of {limit:,}: {done}; fold=False, limit={n} shows all"
    return f"{count(n, 'node')}, too wide to be read: {done}; fold=False shows all"


def _middle_folded(graph: Graph, blocks: tuple[Block, ...], limit: int) -> Folding:
    """The blocks nearest the root, those computed first and a few variables, labelled ones first; the rest in one.

    What is kept on the leaves' side holds all its parents, what is kept on the root's side all its children: a path
    that leaves the middle never comes back, so the folded graph has no cycle.
    """
    parents = _parents_of(graph, blocks)
    root = next(b for b, block in enumerate(blocks) if block.nodes[-1] is graph.nodes[-1])
    order = _parents_first(parents, root)
    shown = max(limit // 8, 3)
    last = _nearest(parents, order)[: shown - shown // 3]
    variables = [b for b in order if not parents[b] and blocks[b].nodes[0].requires_grad]
    variables.sort(key=lambda b: blocks[b].nodes[0].label is None)
    kept = {*last, *order[: shown // 3], *variables[: limit // 20]}
    middle = [node for b in order if b not in kept for node in blocks[b].nodes]
    if not middle:
        return Folding(blocks)
    apart = [Block(blocks[b].nodes, (), blocks[b].place) for b in order if b in kept]
    note = _note(graph, limit, f"the {len(middle):,} between the first and the last are folded into one box")
    return Folding((*apart, Block(tuple(middle), ())), note)


def _parents_first(parents: list[list[int]], root: int) -> list[int]:
    """Every block after those it reads from, depth-first and left to right."""
    order: list[int] = []
    seen: set[int] = set()
    stack: list[tuple[int, bool]] = [(root, False)]
    while stack:
        block, ready = stack.pop()
        if ready:
            order.append(block)
        elif block not in seen:
            seen.add(block)
            stack.append((block, True))
            stack.extend((parent, False) for parent in reversed(parents[block]))
    return order


def _nearest(parents: list[list[int]], order: list[int]) -> list[int]:
    """The blocks by their longest way to the root, which comes first."""
    distance = dict.fromkeys(order, 0)
    for block in reversed(order):
        for parent in parents[block]:
            distance[parent] = max(distance[parent], distance[block] + 1)
    nearest_first = list(reversed(order))  # which settles ties
    return sorted(nearest_first, key=distance.__getitem__)


def _parents_of(graph: Graph, blocks: tuple[Block, ...]) -> list[list[int]]:
    """For every block the places of the blocks it reads from, each once."""
    block_of = {node: b for b, block in enumerate(blocks) for node in block.nodes}
    home = [block_of[node] for node in graph.nodes]
    parents: list[dict[int, None]] = [{} for _ in blocks]
    for i, found in enumerate(graph.parents):
        for p in found:
            if home[p] != home[i]:
                parents[home[i]][home[p]] = None
    return [list(found) for found in parents]
