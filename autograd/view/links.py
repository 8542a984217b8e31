"""What each link of a picture says: along the arrow a derivative or a value, against it a share of the gradient."""

from __future__ import annotations

import math

from autograd.view.parts import Link
from autograd.view.reading import Edge, Reading
from autograd.view.text import count


def link_of(reading: Reading, source: int, target: int, edges: list[Edge], *, into_folded: bool) -> Link:
    """The link between two boxes that stands for these edges: one, or several where a box is folded."""
    differentiable = any(edge.derivative is not None for edge in edges)
    forward, backward = _forward(reading, edges, into_folded), _backward(reading, edges)
    return Link(source, target, forward, backward, differentiable, _about(reading, edges))


def _forward(reading: Reading, edges: list[Edge], into_folded: bool) -> str:
    """The one value or the one derivative; into a folded box no derivative, for its operation is not to be seen."""
    first, operands = edges[0], len({edge.operand for edge in edges})
    if reading.edges == "none":
        return ""
    if operands > 1:
        return f"{operands:,} values"
    if reading.edges == "values":
        return reading.number(first.operand._data)
    if into_folded or len(edges) > 1 or first.derivative is None:
        return ""
    return "∂ " + reading.number(first.derivative)


def _backward(reading: Reading, edges: list[Edge]) -> str:
    """What all the edges together send back to the one operand they leave."""
    taken = [edge for edge in edges if edge.derivative is not None]
    if reading.edges != "derivatives" or not reading.adjoints or not taken or len({edge.operand for edge in edges}) > 1:
        return ""
    return f"{reading.back} {reading.number(math.fsum(edge.share(reading.adjoints) for edge in taken))}"


def _about(reading: Reading, edges: list[Edge]) -> str:
    """A link in words, as its tooltip."""
    first = edges[0]
    operand, operation = reading.names[first.operand], reading.names[first.operation]
    if len(edges) > 1:
        return f"{count(len(edges), 'edge')}, the first from {operand} to {operation}"
    lines = [f"{operand} → {operation}", f"value {first.operand._data!r}"]
    if first.derivative is not None:
        lines.append(f"∂{operation}/∂{operand} = {first.derivative!r}")
        if reading.adjoints:
            gradient, share = reading.adjoints.get(first.operation, 0.0), first.share(reading.adjoints)
            lines.append(f"share of the gradient: {gradient!r} × {first.derivative!r} = {share!r}")
    return "\n".join(lines)
