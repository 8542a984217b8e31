"""The wrong passes: each walks the same graph as `autograd.backward`, with one mistake in it on purpose.

Each gives ∂root/∂node for the nodes it reaches, as a dictionary, and writes to no node. What is wrong stands in one
line, marked by a comment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from autograd.arrays import fitted
from autograd.backward import walk_back
from autograd.graph import Node, ancestry

Gradients = dict[Node, Any]


def in_order_of_discovery(root: Node) -> Gradients:
    """Depth-first from the root: a node hands its gradient on as soon as it has heard from anyone."""
    gradients: Gradients = {root: root.seed()}
    speaking = [root.shares(gradients[root], False)]
    while speaking:
        found = next(speaking[-1], None)
        if found is None:
            speaking.pop()
            continue
        parent, share = found
        first_time = parent not in gradients
        _add(gradients, parent, share)
        if first_time:  # wrong: it may hear from others yet, and it speaks but once
            speaking.append(parent.shares(gradients[parent], False))
    return gradients


def keeping_the_last_share(root: Node) -> Gradients:
    """In the right order, but a share takes the place of what was there."""
    gradients: Gradients = {root: root.seed()}
    for node in reversed(ancestry(root, differentiable=True)):
        if node in gradients:
            for parent, share in node.shares(gradients[node], False):
                gradients[parent] = share  # wrong: = in place of +=
    return gradients


def one_edge_for_each_parent(root: Node) -> Gradients:
    """In the right order, but over the set of a node's parents: a parent used twice by one op is there once."""
    gradients: Gradients = {root: root.seed()}
    for node in reversed(ancestry(root, differentiable=True)):
        if node in gradients:
            heard: set[Node] = set()
            for parent, share in node.shares(gradients[node], False):
                if parent not in heard:  # wrong: a × a has two edges
                    heard.add(parent)
                    _add(gradients, parent, share)
    return gradients


def two_passes_into_one_sum(root: Node) -> Gradients:
    """Two right passes, one after the other, into gradients that nobody sets back to zero between them."""
    gradients: Gradients = {}
    for _ in range(2):
        for node, adjoint in walk_back(root):
            if node.op is None:
                _add(gradients, node, adjoint)  # wrong from the second pass on: the first is in there still
            else:
                gradients[node] = adjoint
    return gradients


def with_new_data(root: Node, data: Mapping[Node, Any]) -> Gradients:
    """In the right order, but local derivatives are taken at data that leaves were given after the forward pass."""
    gradients: Gradients = {root: root.seed()}
    for node in reversed(ancestry(root, differentiable=True)):
        if node in gradients and node.op is not None:
            operands = [data.get(parent, parent._data) for parent in node.parents]  # wrong: not what y was computed of
            for parent, share in _shares_at(node, gradients[node], operands):
                _add(gradients, parent, share)
    return gradients


def _add(gradients: Gradients, node: Node, share: Any) -> None:
    gradients[node] = gradients[node] + share if node in gradients else share


def _shares_at(node: Node, adjoint: Any, operands: list[Any]) -> Iterator[tuple[Node, Any]]:
    """What a node sends back by its rule at these operands, beside the value that it has."""
    assert node.op is not None
    if not node.op.derivable:
        return
    scalar = node._data.__class__ is float
    at = [np.float64(x) for x in operands] if scalar else operands
    y = np.float64(node._data) if scalar else node._data
    parameters = getattr(node, "parameters", None)
    for place, share in node.op.shares(adjoint, y, at, node.edges, parameters, lambda place: None):
        parent = node.parents[place]
        if scalar:
            yield parent, float(share)
        else:
            yield parent, fitted(np.asarray(share), np.shape(parent._data), parent._data.dtype, node.op)
