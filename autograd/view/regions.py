"""Regions as nested places of nodes, each of which can be drawn as one box without closing a cycle."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from autograd.graph import Node
from autograd.modes import Region


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph by numbers: its nodes in ancestry order, and for each the places of its parents in that order."""

    nodes: list[Node]
    parents: list[tuple[int, ...]]

    @staticmethod
    def of(nodes: list[Node]) -> Graph:
        index = {node: i for i, node in enumerate(nodes)}
        return Graph(nodes, [tuple(index[parent] for parent in node.parents) for node in nodes])


@dataclass(eq=False, slots=True)
class RegionPlace:
    """One call of a region, or all its calls together; a region that is left and entered again may have several."""

    region: Region
    outer: RegionPlace | None
    calls: set[Region] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The dotted path of names, outermost first."""
        return self.region.name

    @property
    def own_name(self) -> str:
        """The name within the place around this one."""
        return self.name if self.region.outer is None else self.name[len(self.region.outer.name) + 1 :]


Path = tuple[RegionPlace, ...]  # the places around a node, outermost first


def places(graph: Graph, *, calls_together: bool) -> list[Path]:
    """For every node the places it lies in.

    A place is one call of a region or, with `calls_together`, all the calls of one module or one name within the
    same outer place. Leaves lie where all their readers lie: the weights of a neuron inside that neuron.
    """
    chains = _chains(graph, calls_together)
    paths: list[Path] = [()] * len(chains)
    for depth in range(max(map(len, chains))):
        inside = [i for i, chain in enumerate(chains) if len(chain) > depth]
        numbering: dict[Hashable, int] = {}
        groups = [-1 - i for i in range(len(chains))]  # alone, unless inside
        for i in inside:
            region = chains[i][depth]
            key = (paths[i], region.owner if calls_together else region)
            groups[i] = numbering.setdefault(key, len(numbering))
        made: dict[Hashable, RegionPlace] = {}
        for i, group in zip(inside, _convex(graph, groups, inside), strict=True):
            region = chains[i][depth]
            if group not in made:
                made[group] = RegionPlace(region, paths[i][-1] if depth else None)
            made[group].calls.add(region)
            paths[i] += (made[group],)
    return paths


def _chains(graph: Graph, calls_together: bool) -> list[tuple[Region, ...]]:
    """For every node its regions, outermost first; a leaf takes those of its readers where they are all the same."""
    known: dict[Region | None, tuple[Region, ...]] = {None: ()}
    chains: list[tuple[Region, ...] | None] = [None] * len(graph.nodes)
    for i, node in enumerate(graph.nodes):
        if node.op is None:
            continue
        chain = chains[i] = _chain(node.region, known)
        for parent in graph.parents[i]:
            if graph.nodes[parent].op is None:
                before = chains[parent]
                chains[parent] = chain if before is None or _same(before, chain, calls_together) else ()
    return [chain or () for chain in chains]


def _same(chain: tuple[Region, ...], other: tuple[Region, ...], calls_together: bool) -> bool:
    if not calls_together:
        return chain == other
    return [region.owner for region in chain] == [region.owner for region in other]


def _chain(region: Region | None, known: dict[Region | None, tuple[Region, ...]]) -> tuple[Region, ...]:
    unknown = []
    outer = region
    while outer is not None and outer not in known:
        unknown.append(outer)
        outer = outer.outer
    for inner in reversed(unknown):
        known[inner] = (*known[inner.outer], inner)
    return known[region]


def _convex(graph: Graph, groups: list[int], inside: list[int]) -> list[Hashable]:
    """The groups of the nodes inside; those on a cycle of the contracted graph are split by stage, which opens it."""
    # A region left and entered again: a in r, b = f(a) outside, c = a + b in r once more. As one box r would feed b and
    # be fed by it. Stages go up where the group changes, a: 0, b: 1, c: 2, so r becomes two boxes, before b and after.
    cyclic = _cyclic(graph, groups)
    if not cyclic:
        return [groups[i] for i in inside]
    stages = _stages(graph, groups)
    return [(groups[i], stages[i]) if groups[i] in cyclic else groups[i] for i in inside]


def _stages(graph: Graph, groups: list[int]) -> list[int]:
    """The most changes of group on any way to a node: along an edge between two groups it grows."""
    stages: list[int] = []
    for i, parents in enumerate(graph.parents):
        stages.append(max((stages[p] + (groups[p] != groups[i]) for p in parents if graph.parents[p]), default=0))
    first_reader: dict[int, int] = {}
    for i, parents in enumerate(graph.parents):
        for p in parents:
            if not graph.parents[p]:
                first_reader[p] = min(stages[i], first_reader.get(p, stages[i]))
    return [first_reader.get(i, stage) for i, stage in enumerate(stages)]


def _cyclic(graph: Graph, groups: list[int]) -> set[int]:
    """The groups that lie on a cycle, or between two, once each group is one node."""
    ahead: dict[int, set[int]] = {group: set() for group in groups}
    behind: dict[int, set[int]] = {group: set() for group in groups}
    for i, parents in enumerate(graph.parents):
        for p in parents:
            if groups[p] != groups[i]:
                ahead[groups[p]].add(groups[i])
                behind[groups[i]].add(groups[p])
    return _peeled(behind, ahead) & _peeled(ahead, behind)


def _peeled(before: dict[int, set[int]], after: dict[int, set[int]]) -> set[int]:
    """What is left when those with nothing before them are taken away, again and again."""
    waiting = {group: len(found) for group, found in before.items()}
    ready = [group for group, n in waiting.items() if n == 0]
    while ready:
        group = ready.pop()
        del waiting[group]
        for follower in after[group]:
            waiting[follower] -= 1
            if waiting[follower] == 0:
                ready.append(follower)
    return set(waiting)
