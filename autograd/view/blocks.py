"""Blocks: nodes of a graph that share one box of a picture."""

from __future__ import annotations

from dataclasses import dataclass

from autograd.graph import Node
from autograd.view.regions import Graph, Path, Place


@dataclass(frozen=True, slots=True)
class Block:
    """Nodes that share one box and the places around it; `place` is set where the box is a folded place."""

    nodes: tuple[Node, ...]
    path: Path
    place: Place | None = None

    @property
    def folded(self) -> bool:
        return self.place is not None or len(self.nodes) > 1


@dataclass(frozen=True, slots=True)
class Folding:
    """Every node in exactly one block, and a sentence about what was folded without being asked for."""

    blocks: tuple[Block, ...]
    note: str | None = None


def parents_of(graph: Graph, blocks: tuple[Block, ...]) -> list[list[int]]:
    """For every block the places of the blocks it reads from, each once."""
    block_of = {node: b for b, block in enumerate(blocks) for node in block.nodes}
    home = [block_of[node] for node in graph.nodes]
    parents: list[dict[int, None]] = [{} for _ in blocks]
    for i, found in enumerate(graph.parents):
        for p in found:
            if home[p] != home[i]:
                parents[home[i]][home[p]] = None
    return [list(found) for found in parents]
