"""Outline: a graph as plain numbers, of which only the structure is looked at."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from typing import Any

from autograd.graph import Node, ancestry


class Outline:
    """Nodes in ancestry order, what each of them is, and the places of its parents and children.

    What a node is, its `token`, is its op with the parameters that were given to it, or the kind of leaf; and its label
    where the other graph has that label too.
    """

    def __init__(self, root: Node) -> None:
        self.nodes = ancestry(root)
        places = {node: place for place, node in enumerate(self.nodes)}
        self.parents = [tuple(places[parent] for parent in node.parents) for node in self.nodes]
        self.children: list[list[tuple[int, int]]] = [[] for _ in self.nodes]
        for place, found in enumerate(self.parents):
            for operand, parent in enumerate(found):
                self.children[parent].append((place, operand))
        self.tokens: list[Hashable] = []

    @property
    def labels(self) -> set[str]:
        """Every label in the graph."""
        return {node.label for node in self.nodes if node.label is not None}

    def name_by(self, labels: Collection[str]) -> None:
        """Settles what every node is, given the labels that count."""
        self.tokens = [_token(node, labels) for node in self.nodes]


def _token(node: Node, labels: Collection[str]) -> Hashable:
    label = node.label if node.label in labels else None
    if node.op is None:
        return ("variable" if node.requires_grad or label else "constant", label)
    parameters: dict[str, Any] = getattr(node, "parameters", {})
    given = repr(sorted((name, x) for name, x in parameters.items() if name != "dtype")) if parameters else ""
    return (node.op.name, given, label)


def inward(outlines: tuple[Outline, Outline]) -> tuple[list[int], list[int]]:
    """A number for every node, equal where the nodes and all that they are computed from are alike."""
    numbers: dict[Hashable, int] = {}
    found: list[list[int]] = []
    for outline in outlines:
        own: list[int] = []
        for token, parents in zip(outline.tokens, outline.parents, strict=True):
            own.append(numbers.setdefault((token, tuple(own[p] for p in parents)), len(numbers)))
        found.append(own)
    return found[0], found[1]


def outward(outlines: tuple[Outline, Outline]) -> tuple[list[int], list[int]]:
    """A number for every node, equal where the nodes and all the ways from them to the root are alike."""
    numbers: dict[Hashable, int] = {}
    found: list[list[int]] = []
    for outline in outlines:
        own = [0] * len(outline.nodes)
        for place in reversed(range(len(outline.nodes))):
            ways = tuple(sorted((own[child], operand) for child, operand in outline.children[place]))
            own[place] = numbers.setdefault((outline.tokens[place], ways), len(numbers))
        found.append(own)
    return found[0], found[1]
