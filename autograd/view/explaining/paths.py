"""Every path from a root down to a node, with the product of the local derivatives along it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from autograd.graph import Node, ancestry
from autograd.products import masked_product
from autograd.view.reading import derivatives_of
from autograd.view.text import number

MOST, LONGEST = 32, 200  # paths that are listed, and nodes between the root and the node


@dataclass(frozen=True, slots=True)
class Path:
    """The names of the nodes from the root down, the local derivative of each edge, and their product."""

    names: tuple[str, ...]
    locals: tuple[float, ...]
    product: float

    def text(self, digits: int) -> str:
        way, product = " → ".join(self.names), number(self.product, digits)
        if len(self.locals) == 1:
            return f"{way}: {product}"
        factors = " · ".join(number(local, digits) for local in self.locals)
        masked = math.isnan(math.prod(self.locals)) and not math.isnan(self.product)
        return f"{way}: {factors} = {product}{', for 0 · ∞ counts as 0' if masked else ''}"


def paths_between(root: Node, node: Node, names: Mapping[Node, str]) -> Iterator[Path]:
    """The paths from left to right, where all nodes are single numbers and there are few: at most `MOST` paths.

    A product is taken from the root down, as the walk back takes it: nan counts as 0 where a factor is exactly 0.
    """
    edges = _edges(root, node)
    if edges is None:
        return
    waiting: list[tuple[tuple[Node, ...], tuple[float, ...], float]] = [((root,), (), 1.0)]
    while waiting:
        way, factors, product = waiting.pop()
        if way[-1] is node:
            yield Path(tuple(names[each] for each in way), factors, product)
            continue
        for parent, local in reversed(edges[way[-1]]):
            waiting.append(((*way, parent), (*factors, local), float(masked_product(product, local))))


def _edges(root: Node, node: Node) -> dict[Node, list[tuple[Node, float]]] | None:
    """For every node that leads down to the node its edges on the way there; None where that is too much to list."""
    found: dict[Node, list[tuple[Node, float]]] = {node: []}
    ways = {node: 1}
    for other in ancestry(root, differentiable=True):
        if other is node or other.op is None or not any(parent in ways for parent in other.parents):
            continue
        pairs = zip(other.parents, derivatives_of(other), strict=True)
        leading = [(parent, local) for parent, local in pairs if parent in ways and local is not None]
        arrays = any(callable(local) or np.size(local) != 1 or np.size(parent._data) != 1 for parent, local in leading)
        if arrays or len(found) > LONGEST:
            return None
        if leading:
            found[other] = [(parent, float(np.asarray(local).item())) for parent, local in leading]
            ways[other] = min(sum(ways[parent] for parent, _ in leading), MOST + 1)
    return found if 0 < ways.get(root, 0) <= MOST else None
