"""Which entries of its operands an op's derivative matters for: not those behind a branch that it discarded.

A mask is true where an entry is live. It goes back along the edges as a gradient does, entry by entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd import array_ops as table
from autograd.arrays import fitted
from autograd.graph import Node
from autograd.op import ArrayOp

# Sums of entries, or of products of entries of different operands: which entry reaches which does not depend on the
# numbers, so it is found where all are 1. (A weight that happens to be 0 keeps its input live.)
LINEAR: frozenset[ArrayOp] = frozenset(
    {table.reshape, table.transpose, table.broadcast_to, table.astype, table.concatenate, table.getitem, table.scatter,
     table.sum, table.cumsum, table.matmul, table.einsum, table.linear}
)  # fmt: skip


def live_operands(node: Node, mask: Any, *, constants: bool = False) -> Iterator[tuple[Node, Any]]:
    """Each operand that a derivative is taken toward, with the entries that are live where those of `mask` are.

    Nodes none of whose entries are live are left out. With `constants` the constants of an array op count too.
    """
    assert node.op is not None
    if node._data.__class__ is float:
        yield from _of_numbers(node, mask)
        return
    found = _through_array_op(node, mask, constants) if node.op.whole else _through_entries(node, mask)
    for parent, reached in found:
        if reached is mask and mask.shape == np.shape(parent._data):
            yield parent, mask
            continue
        counts = fitted(np.asarray(reached, np.float64), np.shape(parent._data), np.float64, node.op)
        if counts.any():
            yield parent, counts != 0.0


def _of_numbers(node: Any, mask: Any) -> Iterator[tuple[Node, Any]]:
    for parent, local in zip(node.parents, node.local_gradients, strict=True):
        if local is not None and not (node.op.selects and local == 0.0):
            yield parent, mask


def _through_entries(node: Any, mask: Any) -> Iterator[tuple[Node, Any]]:
    """An op that selects discards a branch where the derivative toward it is exactly 0."""
    for parent, local in zip(node.parents, node.local_gradients, strict=True):
        if local is not None:
            yield parent, mask & (local != 0.0) if node.op.selects else mask


def _through_array_op(node: Any, mask: Any, constants: bool) -> Iterator[tuple[Node, Any]]:
    """By the pull-back of the mask where the op selects or is linear; else every entry may reach every other."""
    op, operands = node.op, [parent._data for parent in node.parents]
    edges = [a.dtype.kind == "f" or None for a in operands] if constants and op.derivable else node.edges
    if not (op.selects or op in LINEAR):
        yield from ((p, np.ones(p._data.shape, bool)) for p, edge in zip(node.parents, edges, strict=True) if edge)
        return
    if op in LINEAR:
        operands = [a if a.dtype.kind in "iub" else np.ones_like(a) for a in operands]
    weights = mask.astype(node._data.dtype)
    with np.errstate(all="ignore"):
        for place, share in op.shares(weights, node._data, operands, edges, node.parameters, lambda place: None):
            yield node.parents[place], np.asarray(share) != 0.0
