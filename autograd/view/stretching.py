"""Stretches: a column and a row that meet entry with every entry, where entry by entry was more likely meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from autograd.graph import Node, ancestry
from autograd.view.notation import notation

_NEW_AXIS = ("reshape", "expand_dims", "getitem", "broadcast_to", "stack")  # ops that make a column of a row on purpose


def stretches(root: Node, names: Mapping[Node, str]) -> Iterator[tuple[Node, str]]:
    """Every node that crosses n computed numbers with a leaf of n numbers to n × n, and a sentence about it.

    Outputs of shape (n, 1) minus targets of shape (n,) are the usual case. It is none where an op has added the axis,
    as x[:, None] − x does, for then it was asked for.
    """
    for node in ancestry(root):
        if node.op is None or node.op.whole or np.ndim(node._data) != 2:
            continue
        for leaf, other in _pairs(node.parents):
            if _cross(leaf, other) and not _added_axis(other):
                yield node, _sentence(node, leaf, other, names)
                break


def _pairs(parents: tuple[Node, ...]) -> Iterator[tuple[Node, Node]]:
    for leaf in parents:
        if _is_given(leaf):
            yield from ((leaf, other) for other in parents if other is not leaf and not _is_given(other))


def _is_given(node: Node) -> bool:
    """A leaf, or −1 times a leaf, which is how it is subtracted."""
    if node.op is None:
        return True
    of_leaves = node.op.name == "mul" and all(parent.op is None for parent in node.parents)
    return of_leaves and any(np.ndim(parent._data) == 0 and parent._data == -1.0 for parent in node.parents)


def _cross(one: Node, other: Node) -> bool:
    """Whether they have the shapes (n, 1) and (n,), in any order, for one n above 1."""
    row, column = sorted((np.shape(one._data), np.shape(other._data)), key=len)
    return len(row) == 1 and row[0] > 1 and column == (row[0], 1)


def _added_axis(node: Node) -> bool:
    assert node.op is not None
    return node.op.name in _NEW_AXIS and np.ndim(node.parents[0]._data) < np.ndim(node._data)


def _sentence(node: Node, leaf: Node, other: Node, names: Mapping[Node, str]) -> str:
    written = notation(node, [names.get(parent, "it") for parent in node.parents])
    shapes = [np.shape(parent._data) for parent in (other, leaf)]
    place = "" if node.site is None else f" at {node.site}"
    alike = "(-1, 1)" if len(shapes[0]) == 2 else "(-1)"
    return (
        f"{names[node]} = {written}{place} joins shapes {shapes[0]} and {shapes[1]} to {np.shape(node._data)}, every "
        f"number of one with every number of the other: if number by number was meant, write "
        f"{names.get(leaf, 'it')}.reshape{alike}"
    )
