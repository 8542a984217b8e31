"""What a picture says: a node or what is folded in each box, and derivatives, values and shares along the links."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from autograd.graph import Node
from autograd.products import masked_product
from autograd.view.folding import Block
from autograd.view.parts import Box, Link
from autograd.view.reading import Reading
from autograd.view.regions import RegionPlace
from autograd.view.text import count, one_line

Rows = tuple[tuple[str, str], ...]


def box_of(reading: Reading, block: Block, outputs: tuple[Node, ...], frames: Mapping[RegionPlace, int]) -> Box:
    """The box of a block whose nodes `outputs` are read outside it."""
    frame = frames[block.path[-1]] if block.path else None
    if not block.folded:
        return _single(reading, block.nodes[0], frame)
    if reading.root is block.nodes[-1]:
        outputs = (*outputs, reading.root)
    rows = tuple((f"{kind}s", f"{n:,}") for kind, n in census(block.nodes))
    if len(outputs) == 1:
        rows += _numbers(reading, outputs[0])
    return Box("folded", one_line(_folded_name(block)), "", rows, _folded_tooltip(block), frame)


def calls_of(place: RegionPlace) -> str:
    """How many calls a place stands for, where there are several."""
    return f" · {len(place.calls):,} calls" if len(place.calls) > 1 else ""


def _single(reading: Reading, node: Node, frame: int | None) -> Box:
    kind, name, written = reading.kind(node), reading.names[node], reading.written(node)
    tooltip = [f"{name} = {written}" if written else name, f"value {node._data!r}"]
    if node in reading.adjoints:
        tooltip.append(f"gradient {reading.adjoints[node]!r}")
    if node.site is not None:
        tooltip.append(str(node.site))
    bare = kind == "constant" and name == reading.number(node._data)
    rows = () if bare else _numbers(reading, node)
    return Box(kind, one_line(name), one_line(written), rows, "\n".join(tooltip), frame)


def _numbers(reading: Reading, node: Node) -> Rows:
    """Value and gradient of one pass; at a leaf also what its grad holds, where that is something else."""
    value = ("value", reading.number(node._data))
    if not node.requires_grad:
        return (value,)
    if not reading.adjoints:
        return (value, ("grad", "—"))
    gradient, stored = (reading.number(x) for x in (reading.adjoints.get(node, 0.0), node.grad))
    if node.op is None and stored != gradient:
        gradient += f" (stored {stored})"
    return (value, ("grad", gradient))


def _folded_name(block: Block) -> str:
    if block.place is None:
        return f"… {count(len(block.nodes), 'node')} folded"
    around = block.path[-1].name + "." if block.path else ""
    return block.place.name.removeprefix(around) + calls_of(block.place)


def _folded_tooltip(block: Block) -> str:
    operations = Counter(node.op.name for node in block.nodes if node.op)
    lines = [] if block.place is None else [block.place.name]
    return "\n".join([*lines, counted(block.nodes), ", ".join(f"{n:,} {name}" for name, n in operations.most_common())])


def census(nodes: Collection[Node]) -> list[tuple[str, int]]:
    """How many operations, variables and constants there are, without those there are none of."""
    kinds = Counter("operation" if node.op else "variable" if node.requires_grad else "constant" for node in nodes)
    return [(kind, kinds[kind]) for kind in ("operation", "variable", "constant") if kinds[kind]]


def counted(nodes: Collection[Node]) -> str:
    """The census as words: 6 operations, 3 variables, 3 constants."""
    return ", ".join(count(n, kind) for kind, n in census(nodes))


@dataclass(frozen=True, slots=True)
class Edge:
    """One edge of the graph: the operand, the operation, and the derivative between them."""

    operand: Node
    operation: Node
    derivative: Any

    def share(self, adjoints: Mapping[Node, Any]) -> Any:
        """What the operation sends back to the operand: its gradient × the derivative."""
        return masked_product(adjoints.get(self.operation, 0.0), self.derivative)


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
