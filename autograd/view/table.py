"""The textbook's table of a graph: function, value, local derivatives and gradient, one node a line."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from autograd.errors import GraphTooLarge, OperandError
from autograd.graph import Node
from autograd.view.names import names
from autograd.view.reading import Reading, pass_from
from autograd.view.text import one_line

LARGEST = 1_000  # operations: more lines than that nobody reads

_HEADINGS = ("node", "function", "value", "local derivatives", "gradient")


def table(root: Node, *, given: Mapping[str, Any] | None = None, digits: int = 6) -> str:
    """The forward and backward table of a graph, operations first and variables below, as text.

    Tensors show their entries where they are few, or else shape and dtype; array ops have no local derivatives.
    Gradients are those of one fresh pass from the root, and — until backward() has been called on that root. `given`,
    such as locals(), names nodes that have no label. Raises GraphTooLarge beyond `LARGEST` operations.
    """
    if not isinstance(root, Node):
        raise OperandError(f"table shows the graph of a Value or a Tensor, not of {type(root).__name__}")
    called = names(root, given, digits=digits)
    operations = [node for node in called if node.op is not None]
    if len(operations) > LARGEST:
        raise GraphTooLarge(
            f"the graph has {len(operations):,} operations and a table shows {LARGEST:,}: give table() a node "
            "further down, or draw(root), which folds"
        )
    reading = Reading(root, called, pass_from(root, called[root]), digits, "none", "LR")
    variables = [node for node in called if node.op is None and node.requires_grad]
    rows: list[tuple[str, ...]] = [_HEADINGS]
    rows += [_row(reading, node) for node in operations]
    rows += [_row(reading, node) for node in variables]
    return aligned(rows, right=(2, 4), ruled_after=(0, len(operations)))


def _row(reading: Reading, node: Node) -> tuple[str, ...]:
    name = reading.names[node]
    derivatives = ", ".join(
        f"{reading.local(node, place)} = {reading.value(edge.derivative)}"
        for place, edge in enumerate(reading.edges_into(node))
        if edge.derivative is not None
    )
    gradient = reading.gradient(reading.adjoints.get(node, 0.0)) if reading.adjoints else "—"
    return (name, reading.written(node) or "variable", reading.value(node._data), derivatives, gradient)


def aligned(rows: Sequence[Sequence[str]], right: Collection[int], ruled_after: Collection[int]) -> str:
    """Rows of cells as lines of text: columns `right` end under one another, and a rule follows some of the rows."""
    rows = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
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
