"""A part of a graph as a graph of its own: copies of its nodes, and leaves where operands lie outside it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from copy import copy
from typing import Any

import numpy as np

from autograd.evaluation import recording
from autograd.graph import Node
from autograd.modes import Region
from autograd.op import array_op, elementwise
from autograd.tensor import Tensor
from autograd.view.contributions import Visit

REST = "rest"  # the op that stands for everything between a part of a graph and the root


def section(
    inside: Collection[Node], names: Mapping[Node, str], *, toward: Set[Node] | None = None
) -> dict[Node, Node]:
    """A copy of each node inside, in ancestry order; `names` are those of the whole graph, and go with the copies.

    An operand outside becomes a leaf with its numbers: a variable where it needs a gradient and is among those
    `toward` which derivatives are asked for (None: all), else a constant. Local derivatives stay as they are.
    """
    copies: dict[Node, Node] = {}
    within = set(inside)
    for node in names:
        if node in within:
            copies[node] = copied = copy(node)
            for operand in node.parents:
                if operand not in copies:
                    copies[operand] = _leaf(operand, names[operand], toward is None or operand in toward)
            operands = [copies[operand] for operand in node.parents]
            pairs = zip(operands, node.edges, strict=True)
            copied.join(operands, [edge if operand.requires_grad else None for operand, edge in pairs])
            if copied.op is not None or copied.requires_grad:
                copied.label = names[node]
    return copies


def _leaf(node: Node, name: str, wanted: bool) -> Node:
    if node.op is None and not node.requires_grad:
        return node  # a constant as it is
    leaf = node.constant(node._data)
    leaf.requires_grad = node.requires_grad and wanted
    leaf.label = name
    return leaf


def part_of(root: Node, inside: Collection[Node], visits: Sequence[Visit], names: Mapping[Node, str]) -> Node:
    """The root of a part of root's graph, whose gradients are those that a walk back from root itself gives it.

    Everything between the part and the root is one operation, `rest`: its local derivatives are the gradients that
    arrive from outside.
    """
    within = set(inside)
    arriving: dict[Node, Any] = {}
    for visit in visits:
        for c in visit.contributions:
            if c.operand in within and c.operation not in within:
                arriving[c.operand] = c.share if c.operand not in arriving else arriving[c.operand] + c.share
    copies = section(inside, names)
    _enter([copies[node] for node in names if node in within and node.op is not None])
    if root in within:
        return copies[root]
    with recording():
        outer = _rest(root, list(arriving.values()))(*(copies[node] for node in arriving))
    outer.label = names[root]
    return outer


def _rest(root: Node, arriving: list[Any]) -> Callable[..., Node]:
    value = root._data
    if not isinstance(root, Tensor):
        return elementwise(REST, lambda *xs: value, lambda *xs: np.float64(value), lambda y, *xs: tuple(arriving))
    return array_op(REST, lambda *xs: value.copy(), lambda g, y, *xs: tuple(arriving))


def _enter(operations: Sequence[Node]) -> None:
    """Takes the regions that all these nodes share away from them: what is opened does not fold up again."""
    chains = [list(_chain(node.region)) for node in operations]
    shared = 0
    for level in zip(*chains, strict=False):
        if any(region.owner != level[0].owner for region in level):
            break
        shared += 1
    inner: dict[Region, Region] = {}
    for node, chain in zip(operations, chains, strict=True):
        outer: Region | None = None
        for i, region in enumerate(chain[shared:], shared):
            name = region.name if i == 0 else region.name.removeprefix(f"{chain[i - 1].name}.")
            outer = inner.setdefault(region, Region(name, outer))
        node._mark = node.mark._replace(region=outer)


def _chain(region: Region | None) -> Iterator[Region]:
    """The regions around a node, outermost first."""
    if region is not None:
        yield from _chain(region.outer)
        yield region
