"""What a picture says: a node or what is folded in each box, and derivatives, values and shares along the links."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from autograd.graph import Node
from autograd.view.datum import in_full, is_one_number, same
from autograd.view.folding import Block
from autograd.view.parts import Box, Link
from autograd.view.reading import Edge, Reading
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
    tooltip = [f"{name} = {written}" if written else name, f"value {in_full(node._data)}"]
    if node in reading.adjoints:
        tooltip.append(f"gradient {in_full(reading.adjoints[node])}")
    if node.site is not None:
        tooltip.append(str(node.site))
    bare = kind == "constant" and name == reading.value(node._data)
    rows = () if bare else _numbers(reading, node)
    return Box(kind, one_line(name), one_line(written), rows, "\n".join(tooltip), frame)


def _numbers(reading: Reading, node: Node) -> Rows:
    """Value and gradient of one pass; at a leaf also what its grad holds, where that is something else."""
    value = ("value", reading.value(node._data))
    if not node.requires_grad:
        return (value,)
    if not reading.adjoints:
        return (value, ("grad", "—"))
    gradient, stored = (0.0 if x is None else x for x in (reading.adjoints.get(node), node.grad))
    text = reading.gradient(gradient)
    if node.op is None and not reading.gradients.given and not same(stored, gradient, reading.digits):
        text += f" (stored {reading.gradient(stored)})"
    return (value, ("grad", text))


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


def link_of(reading: Reading, source: int, target: int, edges: list[Edge], *, into_folded: bool) -> Link:
    """The link between two boxes that stands for these edges: one, or several where a box is folded."""
    differentiable = any(edge.differentiable for edge in edges)
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
        return reading.value(first.operand._data)
    if into_folded or len(edges) > 1 or first.derivative is None or not is_one_number(first.derivative):
        return ""
    return "∂ " + reading.value(first.derivative)


def _backward(reading: Reading, edges: list[Edge]) -> str:
    """What all the edges together send back to the one operand they leave."""
    shares = [edge.share for edge in edges if edge.share is not None]
    if reading.edges != "derivatives" or not shares or len({edge.operand for edge in edges}) > 1:
        return ""
    return f"{reading.back} {reading.gradient(sum(shares))}"


def _about(reading: Reading, edges: list[Edge]) -> str:
    """A link in words, as its tooltip."""
    first = edges[0]
    operand, operation = reading.names[first.operand], reading.names[first.operation]
    if len(edges) > 1:
        return f"{count(len(edges), 'edge')}, the first from {operand} to {operation}"
    lines = [f"{operand} → {operation}", f"value {in_full(first.operand._data)}"]
    if first.derivative is not None:
        lines.append(f"∂{operation}/∂{operand} = {in_full(first.derivative)}")
    if first.share is not None:
        lines.append(f"share of the gradient: {_product(reading, first)}{in_full(first.share)}")
    return "\n".join(lines)


def _product(reading: Reading, edge: Edge) -> str:
    """The two numbers whose product a share is, where they are numbers."""
    gradient = reading.adjoints.get(edge.operation, 0.0)
    if edge.derivative is None or not (is_one_number(gradient) and is_one_number(edge.derivative)):
        return ""
    return f"{in_full(gradient)} × {in_full(edge.derivative)} = "
