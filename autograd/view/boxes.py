"""What each box of a picture says: one node's name, operation, value and gradient, or what is folded in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from autograd.graph import Node
from autograd.view.blocks import Block
from autograd.view.parts import Box
from autograd.view.reading import Reading, census, counted
from autograd.view.regions import Place
from autograd.view.text import count, one_line

Rows = tuple[tuple[str, str], ...]


def box_of(reading: Reading, block: Block, outputs: tuple[Node, ...], frames: Mapping[Place, int]) -> Box:
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


def calls_of(place: Place) -> str:
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
