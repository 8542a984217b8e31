"""The textbook's table of a graph: function, value, local derivatives and gradient, one node a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograd.errors import GraphTooLarge, OperandError
from autograd.graph import Node
from autograd.view.names import names
from autograd.view.reading import adjoints_of
from autograd.view.text import number

LARGEST = 1_000  # operations: more lines than that nobody reads

_HEADINGS = ("node", "function", "value", "local derivatives", "gradient")


def table(root: Node, *, given: Mapping[str, Any] | None = None, digits: int = 6) -> str:
    """The forward and backward table of a graph, operations first and variables below, as text.

    Gradients are those of one fresh pass from the root, and — until backward() has been called on that root. `given`,
    such as locals(), names nodes that have no label. Raises GraphTooLarge beyond `LARGEST` operations.
    """
    if not isinstance(root, Node):
        raise OperandError(f"table shows the graph of a Value, not of {type(root).__name__}")
    called = names(root, given, digits=digits)
    operations = [node for node in called if node.op is not None]
    if len(operations) > LARGEST:
        raise GraphTooLarge(
            f"the graph has {len(operations):,} operations and a table shows {LARGEST:,}: give table() a node "
            "further down, or draw(root), which folds"
        )
    adjoints = adjoints_of(root)
    variables = [node for node in called if node.op is None and node.requires_grad]
    rows: list[tuple[str, ...]] = [_HEADINGS]
    rows += [_row(node, called, adjoints, digits) for node in operations]
    rows += [_row(node, called, adjoints, digits) for node in variables]
    return _aligned(rows, ruled_after=(0, len(operations)))


def _row(node: Node, called: Mapping[Node, str], adjoints: Mapping[Node, Any], digits: int) -> tuple[str, ...]:
    operands = [called[parent] for parent in node.parents]
    function = "variable" if node.op is None else node.op.written(*operands)
    derivatives = ", ".join(
        f"∂{called[node]}/∂{operand} = {number(local, digits)}"
        for operand, local in zip(operands, node.local_gradients, strict=True)
        if local is not None
    )
    gradient = number(adjoints.get(node, 0.0), digits) if adjoints else "—"
    return (called[node], function, number(node._data, digits), derivatives, gradient)


def _aligned(rows: list[tuple[str, ...]], ruled_after: tuple[int, ...]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    right = (2, 4)  # numbers stand under one another
    lines = []
    for place, row in enumerate(rows):
        cells = [
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
        if place in ruled_after and place + 1 < len(rows):
            lines.append("  ".join("─" * width for width in widths))
    return "\n".join(lines)
