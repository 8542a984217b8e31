"""Entries: how a message names one entry of an array, the operands of an op, and the line that made a node."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.graph import Node

Index = tuple[int, ...]


def first_index(lost: Any) -> Index:
    """The index of the first true entry."""
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(lost)), np.shape(lost)))


def entry(x: Any, at: Index) -> Any:
    """The entry of x at an index of what x is broadcast to."""
    return x[own_index(x, at)] if isinstance(x, np.ndarray) else x


def own_index(x: Any, at: Index) -> Index:
    """An index of what x is broadcast to, as an index of x."""
    ours = at[len(at) - x.ndim :]
    return tuple(0 if size == 1 else i for i, size in zip(ours, x.shape, strict=True))


def which_of(lost: Any) -> str:
    """Which entry it is, of how many; nothing where there is only one number."""
    if np.ndim(lost) == 0:
        return ""
    several = f", the first of {np.count_nonzero(lost):,} such entries" if np.count_nonzero(lost) > 1 else ""
    return f" at {list(first_index(lost))} of shape {np.shape(lost)}{several}"


def call(node: Node, at: Index | None) -> str:
    """The op and its operands: each entry at an index of an elementwise op, else what is no number by its shape."""
    assert node.op is not None
    return node.op.written(*(_operand(parent, None if node.op.whole else at) for parent in node.parents))


def _operand(node: Node, at: Index | None) -> str:
    data = node._data
    if np.ndim(data) == 0:
        return f"{node.label} = {data}" if node.label else str(data)
    if at is None:
        return f"{node.label or 'an array'} of shape {data.shape}"
    own = own_index(data, at)
    return f"{node.label}{list(own)} = {data[own]}" if node.label else str(data[own])


def called(node: Node) -> str:
    """The label of a node in brackets; nothing where it has none."""
    return f" ({node.label})" if node.label else ""


def place_of(node: Node) -> str:
    """The line of the user's code that made a node, or how to learn it."""
    return f", made in {node.site}" if node.site else "; run it under detect_anomaly() or trace() to learn the line"
