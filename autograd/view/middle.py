"""Folding by size alone: all that lies between the first and the last blocks of a graph becomes one box."""

from __future__ import annotations

from autograd.view.blocks import Block, Folding, parents_of
from autograd.view.regions import Graph
from autograd.view.text import count


def middle_folded(graph: Graph, blocks: tuple[Block, ...], limit: int) -> Folding:
    """The blocks nearest the root, those computed first and a few variables, labelled ones first; the rest in one.

    What is kept on the leaves' side holds all its parents, what is kept on the root's side all its children: a path
    that leaves the middle never comes back, so the folded graph has no cycle.
    """
    parents = parents_of(graph, blocks)
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
    note = (
        f"{count(len(graph.nodes), 'node')}, above the limit of {limit:,}: the {len(middle):,} between the first and "
        "the last are folded into one box"
    )
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
