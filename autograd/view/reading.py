"""What the boxes and links of a picture are read from: a graph, its names, and one fresh backward pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from autograd.backward import walk_back
from autograd.graph import Node
from autograd.view.parts import Direction, Kind
from autograd.view.text import number

Edges = Literal["derivatives", "values", "none"]


@dataclass(frozen=True, slots=True)
class Reading:
    """A graph and how it is to be read; `names` is in ancestry order, `adjoints` empty before a pass from the root."""

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


def adjoints_of(root: Node) -> dict[Node, Any]:
    """∂root/∂node for every node, of one fresh pass; nothing until backward() has been called on the root."""
    return dict(walk_back(root)) if root.walked else {}
