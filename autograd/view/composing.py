"""From a graph and its folding to a picture: boxes, the links between them, frames, notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from autograd.graph import Node
from autograd.view.box_text import NAME, ROOM
from autograd.view.datum import NORM
from autograd.view.folding import Block, Folding
from autograd.view.parts import Box, Frame, Link, Picture
from autograd.view.reading import Edge, Reading
from autograd.view.regions import RegionPlace
from autograd.view.text import one_line, shortened
from autograd.view.wording import box_of, calls_of, counted, link_of


def picture_of(reading: Reading, folding: Folding) -> Picture:
    """The parts of a folded graph."""
    blocks = folding.blocks
    places = _places(blocks)
    joined = _joined(reading, blocks)
    outputs: list[dict[Node, None]] = [{} for _ in blocks]
    for (source, _, _), edges in joined.items():
        outputs[source].update((edge.operand, None) for edge in edges)
    links = tuple(
        link_of(reading, source, target, edges, into_folded=blocks[target].folded)
        for (source, target, _), edges in joined.items()
    )
    boxes = tuple(box_of(reading, *each, places) for each in zip(blocks, map(tuple, outputs), strict=True))
    return Picture(
        title=f"Graph of {one_line(reading.names[reading.root])}: {counted(reading.names)}",
        direction=reading.direction,
        boxes=boxes,
        links=links,
        frames=tuple(_frame(place, places) for place in places),
        notes=tuple(_notes(reading, folding, boxes, links)),
    )


def _places(blocks: Iterable[Block]) -> dict[RegionPlace, int]:
    """The places to be drawn as frames, numbered, outer before inner."""
    places: dict[RegionPlace, int] = {}
    for block in blocks:
        for place in block.path:
            places.setdefault(place, len(places))
    return places


def _frame(place: RegionPlace, places: Mapping[RegionPlace, int]) -> Frame:
    title = shortened(one_line(place.own_name), NAME, ROOM, bold=True) + calls_of(place)
    return Frame(title, place.name, None if place.outer is None else places[place.outer])


def _joined(reading: Reading, blocks: tuple[Block, ...]) -> dict[tuple[int, int, int], list[Edge]]:
    """The edges of the graph by the boxes at their ends: each on its own, those of a folded box together."""
    home = {node: b for b, block in enumerate(blocks) for node in block.nodes}
    joined: dict[tuple[int, int, int], list[Edge]] = {}
    for node in reading.names:
        target = home[node]
        if all(home[parent] == target for parent in node.parents):
            continue
        for edge in reading.edges_into(node):
            source = home[edge.operand]
            if source != target:
                together = blocks[source].folded or blocks[target].folded
                ends = (source, target, -1 if together else len(joined))
                joined.setdefault(ends, []).append(edge)
    return joined


def _notes(reading: Reading, folding: Folding, boxes: Iterable[Box], links: Iterable[Link]) -> Iterable[str]:
    """What the picture has to explain below itself, and no more."""
    derivatives = any(link.forward.startswith("∂") for link in links)
    if derivatives:
        yield "∂  derivative of the operation by this operand"
    if any(link.backward for link in links):
        product = ": the operation's gradient × ∂" if derivatives else ""
        yield f"{reading.back}  the operand's share of the gradient{product}"
    gradients = [text for box in boxes for label, text in box.rows if label == "grad"]
    if any(NORM in text for text in [*gradients, *(link.backward for link in links)]):
        yield f"{NORM}  √Σg² over the entries g of an array"
    if not reading.adjoints and reading.root.requires_grad:
        yield f"—  {one_line(reading.gradients.missing)}"
    if folding.note is not None:
        yield folding.note
