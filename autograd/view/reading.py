"""What the boxes and links of a picture are read from: a graph, its names, and one fresh backward pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from autograd.backward import masked_product, walk_back
from autograd.graph import Node
from autograd.view.parts import Direction, Kind
from autograd.view.text import count, number

Edges = Literal["derivatives", "values", "none"]


@dataclass(frozen=True, slots=True)
class Reading:
    """A graph and how it is to be read; `adjoints` is empty before a backward pass, `names` is in ancestry order."""

    root: Node
    names: Mapping[Node, str]
    adjoints: Mapping[Node, Any]
    digits: int
    edges: Edges
    direction: Direction

    @property
    def back(self) -> str:
        """The arrow against the direction of the picture."""
        return "←" if self.direction == "LR" else "↑"

    def number(self, x: Any) -> str:
        return number(x, self.digits)

    def kind(self, node: Node) -> Kind:
        if node is self.root:
            return "root"
        if node.op is not None:
            return "operation"
        return "variable" if node.requires_grad else "constant"

    def written(self, node: Node) -> str:
        """The operation that made a node in the textbook's notation, over the names of its operands."""
        return "" if node.op is None else node.op.written(*(self.names[parent] for parent in node.parents))


@dataclass(frozen=True, slots=True)
class Edge:
    """One edge of the graph: the operand, the operation, and the derivative between them."""

    operand: Node
    operation: Node
    derivative: Any

    def share(self, adjoints: Mapping[Node, Any]) -> Any:
        """What the operation sends back to the operand: its gradient × the derivative."""
        return masked_product(adjoints.get(self.operation, 0.0), self.derivative)


def adjoints_of(root: Node) -> dict[Node, Any]:
    """∂root/∂node for every node, of one fresh pass; nothing before a backward pass from the root."""
    return dict(walk_back(root)) if root.walked else {}


def census(nodes: Mapping[Node, Any] | tuple[Node, ...]) -> list[tuple[str, int]]:
    """How many operations, variables and constants there are, without those there are none of."""
    kinds = Counter("operation" if node.op else "variable" if node.requires_grad else "constant" for node in nodes)
    return [(kind, kinds[kind]) for kind in ("operation", "variable", "constant") if kinds[kind]]


def counted(nodes: Mapping[Node, Any] | tuple[Node, ...]) -> str:
    """The census as words: 6 operations, 3 variables, 3 constants."""
    return ", ".join(count(n, kind) for kind, n in census(nodes))
