"""SVG from a picture and its placement: pure text, colours as attributes, nothing from style sheets or font files."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping

from autograd.view import palette
from autograd.view.box_text import ARROW, HEADER, NAME, SMALL, Line, lines_of
from autograd.view.markup import element, escaped, path, pixels, text
from autograd.view.parts import Box, Frame, Link, Mark, Picture
from autograd.view.placement import Placement, Rectangle, Route, Spot
from autograd.view.text import width

MARGIN, NOTE = 18.0, 17.0  # around everything, and from one line of notes to the next
FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"


def svg_of(picture: Picture, placement: Placement, *, hooks: bool = False) -> str:
    """The document. Every id begins with a hash of the content, so that two pictures on one page share none.

    With `hooks` every part that a stepper changes says what it is: `data-box` and `data-link` hold its place in the
    picture, `data-from` and `data-to` the boxes that a link joins, `data-row` what a text shows: "value" or "grad" in
    a box, "local" or "share" along a link.
    """
    prefix = "g" + hashlib.sha256(repr((picture, placement)).encode("utf-8", "replace")).hexdigest()[:10]
    notes = max((width(note, SMALL) for note in picture.notes), default=0.0)
    across = max(placement.width, notes) + 2 * MARGIN
    down = placement.height + 2 * MARGIN + (len(picture.notes) * NOTE + 8.0 if picture.notes else 0.0)
    size = {"width": pixels(across), "height": pixels(down), "viewBox": f"0 0 {pixels(across)} {pixels(down)}"}
    head = {"xmlns": "http://www.w3.org/2000/svg", "id": prefix, **size, "role": "img", "font-family": FONT}
    head["style"] = "max-width:100%;height:auto"
    shift = {"transform": f"translate({pixels((across - placement.width) / 2.0)} {pixels(MARGIN)})"}
    background = Rectangle(0.5, 0.5, across - 1.0, down - 1.0)
    body = [
        f"<title>{escaped(picture.title)}</title>",
        _rectangle(background, palette.PAGE, palette.BORDER, 10.0),
        element("g", shift, *drawn(picture, placement, prefix, hooks=hooks)),
        *_notes(picture, down),
    ]
    return element("svg", head, *body) + "\n"


def drawn(picture: Picture, placement: Placement, prefix: str, *, hooks: bool = False) -> Iterator[str]:
    """Frames below links below the frames' titles, which no link strikes through, below boxes."""
    for i, (frame, area) in enumerate(zip(picture.frames, placement.frames, strict=True)):
        yield element("g", {"id": f"{prefix}-frame-{i}"}, *_frame(picture, frame, area))
    for i, (link, route) in enumerate(zip(picture.links, placement.routes, strict=True)):
        hook = {"data-link": str(i), "data-from": str(link.source), "data-to": str(link.target)} if hooks else {}
        yield element("g", {"id": f"{prefix}-edge-{i}", **hook}, *_link(link, route, hooks))
    for i, (frame, spot) in enumerate(zip(picture.frames, placement.titles, strict=True)):
        yield element("g", {"id": f"{prefix}-title-{i}"}, *_title(picture, frame, spot))
    for i, (box, area) in enumerate(zip(picture.boxes, placement.boxes, strict=True)):
        hook = {"data-box": str(i)} if hooks else {}
        yield element("g", {"id": f"{prefix}-node-{i}", **hook}, *_box(box, area, hooks))
    for i, mark in enumerate(picture.marks):
        yield element("g", {"id": f"{prefix}-mark-{i}"}, *_mark(mark, placement.boxes[mark.box]))


def _frame(picture: Picture, frame: Frame, area: Rectangle) -> Iterator[str]:
    yield f"<title>{escaped(frame.tooltip)}</title>"
    yield _rectangle(area, _ground(picture, frame), palette.FRAME_BORDER, 8.0)


def _title(picture: Picture, frame: Frame, spot: Spot) -> Iterator[str]:
    """The title on a patch of the frame's colour: the built-in layout keeps links away from it, dot does not."""
    patch = Rectangle(spot.x - 3.0, spot.y - NAME, width(frame.name, NAME, bold=True) + 6.0, NAME + 4.0)
    yield _rectangle(patch, _ground(picture, frame), "none", 3.0)
    yield text(spot, frame.name, NAME, palette.MUTED, bold=True)


def _ground(picture: Picture, frame: Frame) -> str:
    depth, outer = 0, frame.outer
    while outer is not None:
        depth, outer = depth + 1, picture.frames[outer].outer
    return palette.FRAMES[depth % len(palette.FRAMES)]


def _link(link: Link, route: Route, hooks: bool) -> Iterator[str]:
    colour = palette.WIRE if link.differentiable else palette.GREY_WIRE
    yield f"<title>{escaped(link.tooltip)}</title>"
    yield element("path", {"d": path(route), "fill": "none", "stroke": colour, "stroke-width": "1.4"})
    yield element("path", {"d": _arrow(route), "fill": colour})
    if link.forward:
        yield text(route.forward, link.forward, SMALL, palette.DERIVATIVE, hook=_row("local", hooks))
    if link.backward:
        yield text(route.backward, link.backward, SMALL, palette.GRADIENT, hook=_row("share", hooks))


def _row(name: str, hooks: bool) -> Mapping[str, str]:
    return {"data-row": name} if hooks else {}


def _arrow(route: Route) -> str:
    """The head of an arrow at the end of a route, along its last direction."""
    points = [route.start, *(point for segment in route.segments for point in segment)]
    (from_x, from_y), (x, y) = points[-2:]
    length = math.hypot(x - from_x, y - from_y) or 1.0
    along, down = (x - from_x) / length, (y - from_y) / length
    tail_x, tail_y = x - ARROW * along, y - ARROW * down
    corners = [(x, y), (tail_x - 3.2 * down, tail_y + 3.2 * along), (tail_x + 3.2 * down, tail_y - 3.2 * along)]
    return "M" + "L".join(f"{pixels(a)} {pixels(b)}" for a, b in corners) + "Z"


def _box(box: Box, area: Rectangle, hooks: bool) -> Iterator[str]:
    paint = palette.PAINTS[box.kind]
    radius = 7.0 if box.rows else area.height / 2.0
    yield f"<title>{escaped(box.tooltip)}</title>"
    yield _rectangle(area, paint.body, paint.border, radius)
    if box.kind == "folded":
        inner = Rectangle(area.x + 2.5, area.y + 2.5, area.width - 5.0, area.height - 5.0)
        yield _rectangle(inner, "none", paint.header, radius - 2.0)
    if box.rows:
        yield element("path", {"d": _band(area, radius), "fill": paint.header})
    label = ""  # of the row that a value or a gradient ends
    for line in lines_of(box, area.width, area.height):
        yield _line(line, area, box, _row(label, hooks and label in ("value", "grad")))
        label = line.text if line.role == "label" else ""


def _mark(mark: Mark, area: Rectangle) -> Iterator[str]:
    """A border around a box, and its note where the pointer rests on it."""
    sides = {"x": area.x - 4.0, "y": area.y - 4.0, "width": area.width + 8.0, "height": area.height + 8.0, "rx": 10.0}
    border = {"fill": "none", "stroke": palette.MARK, "stroke-width": "3"}
    yield f"<title>{escaped(mark.note)}</title>"
    yield element("rect", {**{name: pixels(x) for name, x in sides.items()}, **border})


def _band(area: Rectangle, radius: float) -> str:
    """The header of a box: a band with the upper corners round, just inside the border."""
    left, right, top, bottom = area.x + 0.6, area.x + area.width - 0.6, area.y + 0.6, area.y + HEADER - 2.0
    r = pixels(radius - 0.6)
    return (
        f"M{pixels(left)} {pixels(bottom)}V{pixels(top + radius - 0.6)}a{r} {r} 0 0 1 {r} -{r}"
        f"H{pixels(right - radius + 0.6)}a{r} {r} 0 0 1 {r} {r}V{pixels(bottom)}Z"
    )


def _line(line: Line, area: Rectangle, box: Box, hook: Mapping[str, str]) -> str:
    colour = palette.MUTED if box.kind == "constant" else palette.TEXT[line.role]
    bold = line.role == "name" and box.kind != "constant"
    spot = Spot(area.x + line.x, area.y + line.y, line.anchor)
    return text(spot, line.text, line.size, colour, bold=bold, hook=hook)


def _notes(picture: Picture, down: float) -> Iterator[str]:
    for i, note in enumerate(reversed(picture.notes)):
        yield text(Spot(MARGIN, down - MARGIN + 3.0 - i * NOTE, "start"), note, SMALL, palette.MUTED)


def _rectangle(area: Rectangle, fill: str, stroke: str, radius: float) -> str:
    sides = {"x": area.x, "y": area.y, "width": area.width, "height": area.height, "rx": radius}
    return element("rect", {**{name: pixels(x) for name, x in sides.items()}, "fill": fill, "stroke": stroke})
