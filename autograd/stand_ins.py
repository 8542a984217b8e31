"""Stand-ins: variables in the place of nodes, so that a walk ends at them, and tied to those nodes once it is over.

A derivative toward a node of a larger graph is taken toward its stand-in: whatever else depends on the node stays out
of it, and the walk costs no more than the part of the graph that it is about.
"""

from __future__ import annotations

from autograd.graph import Node
from autograd.tensor import Tensor
from autograd.value import Value


def stand_in(node: Node) -> Value | Tensor:
    """A variable that holds a copy of the node's numbers; whole numbers, such as argmax gives, become float64."""
    if not isinstance(node, Tensor):
        return Value(node._data)
    return Tensor(node._data if node.dtype.kind == "f" else node._data.astype(float))


def tie(variable: Value | Tensor, node: Node) -> None:
    """Turns a stand-in into node × 1: what was computed from it depends on the node from now on."""
    link = node * 1.0  # type: ignore[operator]
    for kind in type(variable).__mro__:
        for slot in getattr(kind, "__slots__", ()):
            setattr(variable, slot, getattr(link, slot))
