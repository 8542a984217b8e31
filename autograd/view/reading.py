"""What the boxes and links of a picture are read from: a graph, its names, and one fresh backward pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from autograd.backward import walk_back
from autograd.errors import ShapeError, StaleData
from autograd.graph import Node
from autograd.view import datum
from autograd.view.notation import notation
from autograd.view.parts import Direction, Kind
from autograd.view.text import ordinal

Edges = Literal["derivatives", "values", "none"]


class Pass(NamedTuple):
    """∂root/∂node for every node that one fresh pass reaches; or none at all, and why; or those that were given."""

    adjoints: Mapping[Node, Any]
    missing: str = ""
    given: bool = False


def pass_from(root: Node, name: str) -> Pass:
    """One fresh backward pass; nothing until backward() has been called on the root, or where there can be none."""
    try:
        with np.errstate(all="ignore"):
            root.seed()
            if root.walked:
                return Pass(dict(walk_back(root)))
    except ShapeError:
        return Pass(
            {}, f"{name} has {np.size(root._data):,} entries, and gradients are those of one number: draw its sum"
        )
    except StaleData:
        return Pass({}, f"data of a leaf have been set since {name} was computed: draw it before an optimizer's step")
    return Pass({}, f"no backward pass from {name} yet")


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """One edge of the graph: the operand, the operation, and what lies between them.

    The derivative is a number or an array, and None where there is a pull-back instead, or nothing at all. The share
    is what the operation sends back to the operand, None where there was no pass.
    """

    operand: Node
    operation: Node
    differentiable: bool
    derivative: Any
    share: Any


@dataclass(frozen=True, slots=True)
class Reading:
    """A graph and how it is to be read; `names` is in ancestry order, and gradients are those of one pass, if any."""

    root: Node
    names: Mapping[Node, str]
    gradients: Pass
    digits: int
    edges: Edges
    direction: Direction

    @property
    def adjoints(self) -> Mapping[Node, Any]:
        return self.gradients.adjoints

    @property
    def back(self) -> str:
        """The arrow against the direction of the picture."""
        return "←" if self.direction == "LR" else "↑"

    def value(self, x: Any) -> str:
        return datum.brief(x, self.digits)

    def gradient(self, x: Any) -> str:
        return datum.size(x, self.digits)

    def kind(self, node: Node) -> Kind:
        if node is self.root:
            return "root"
        if node.op is not None:
            return "operation"
        return "variable" if node.requires_grad else "constant"

    def written(self, node: Node) -> str:
        """The operation that made a node in the textbook's notation, over the names of its operands."""
        return notation(node, [self.names[parent] for parent in node.parents])

    def local(self, operation: Node, place: int) -> str:
        """∂h1/∂a, the derivative toward one operand; toward one of several a ∂h1/∂(2nd a), for ∂h1/∂a is their sum."""
        operand = operation.parents[place]
        places = [i for i, other in enumerate(operation.parents) if other is operand]
        nth = places.index(place) + 1
        name = self.names[operand] if len(places) == 1 else f"({ordinal(nth)} {self.names[operand]})"
        return f"∂{self.names[operation]}/∂{name}"

    def edges_into(self, node: Node) -> Iterator[Edge]:
        """The edges from a node's operands, in the order written."""
        derivatives = derivatives_of(node)
        shares = shares_of(node, derivatives, self.adjoints[node]) if node in self.adjoints else {}
        for place, (parent, derivative) in enumerate(zip(node.parents, derivatives, strict=True)):
            share = None if derivative is None or not self.adjoints else shares.get(place, 0.0)
            shown = None if callable(derivative) else _spread(derivative, parent, node)
            yield Edge(parent, node, derivative is not None, shown, share)


def derivatives_of(node: Node) -> tuple[Any, ...]:
    """For each operand the local derivative, or the pull-back; the pull-back too where leaves have new data."""
    try:
        with np.errstate(all="ignore"):
            return node.local_gradients
    except StaleData:
        return tuple(edge and node.shares for edge in node.edges)


def _spread(derivative: Any, operand: Node, operation: Node) -> Any:
    """The derivative entry by entry: one number for all entries does not stand for an operand that was stretched."""
    if derivative is None or np.size(operand._data) == np.size(operation._data):
        return derivative
    return np.broadcast_to(derivative, np.shape(operation._data))


def shares_of(node: Node, derivatives: tuple[Any, ...], adjoint: Any) -> dict[int, Any]:
    """What each operand receives from a node that has received `adjoint`, by its place among the operands."""
    places = [place for place, derivative in enumerate(derivatives) if derivative is not None]
    found = {}
    with np.errstate(all="ignore"):
        for parent, share in node.shares(adjoint, False):
            place = next(place for place in places if node.parents[place] is parent)
            places.remove(place)
            found[place] = share
    return found
