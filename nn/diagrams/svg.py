"""SVG from the parts of a diagram and their places, and the same network in the language of Graphviz."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from autograd.view import palette
from autograd.view.dot import quoted
from autograd.view.markup import element, escaped, pixels, text
from autograd.view.parts import Kind as Paint
from autograd.view.placement import Point, Rectangle, Spot
from autograd.view.svg import FONT, MARGIN
from autograd.view.text import shortened, width
from nn.diagrams.parts import Column, Kind, Line, Network, Unit
from nn.diagrams.places import ARROW, NAME, RADIUS, ROOM, SMALL, TINY, Places

COLOURS = {1: "#2f6fb5", -1: "#c2571a", 0: palette.GREY_WIRE}  # by the sign of a weight; apart to colour-blind eyes too
PAINTS: dict[Kind, Paint] = {"input": "variable", "hidden": "operation", "output": "root"}
THIN, THICK, CROWDED = 0.5, 4.5, 2.4  # widths of lines: the least, the largest, and the largest where there are many
MANY = 120  # lines
NOTE = 17.0
BEFORE = {"positive": 23.0, "negative": 23.0, "bias": 12.0, "": 0.0}  # room before a line of the legend for its sign
APART = 16.0  # from one of them to the next


def svg_of(network: Network, places: Places) -> str:
    """The document, on a light card. Every id begins with a hash of the content."""
    prefix = "d" + hashlib.sha256(repr((network, places)).encode("utf-8", "replace")).hexdigest()[:10]
    legend = _legend(network)
    legend_width = sum(BEFORE[kind] + width(meaning, SMALL) + APART for kind, meaning in legend)
    widest = max(legend_width, *(width(note, SMALL) for note in network.notes), 0.0)
    across = max(places.width, widest) + 2.0 * MARGIN
    down = places.height + NOTE * (1 + len(network.notes)) + 8.0 + 2.0 * MARGIN
    size = {"width": pixels(across), "height": pixels(down), "viewBox": f"0 0 {pixels(across)} {pixels(down)}"}
    head = {"xmlns": "http://www.w3.org/2000/svg", "id": prefix, **size, "role": "img", "font-family": FONT}
    head["style"] = "max-width:100%;height:auto"
    shift = {"transform": f"translate({pixels((across - places.width) / 2.0)} {pixels(MARGIN)})"}
    body = [
        f"<title>{escaped(network.title)}</title>",
        _rectangle(Rectangle(0.5, 0.5, across - 1.0, down - 1.0), palette.PAGE, palette.BORDER, 10.0),
        element("g", shift, *_drawn(network, places, prefix)),
        *_notes(network, legend, down),
    ]
    return element("svg", head, *body) + "\n"


def _drawn(network: Network, places: Places, prefix: str) -> Iterator[str]:
    """Lines, the weak below the strong, then their numbers, then circles."""
    order = sorted(range(len(network.lines)), key=lambda i: network.lines[i].strength)
    for i in order:
        line = network.lines[i]
        ends = places.circles[line.column][line.source], places.circles[line.column + 1][line.target]
        yield element("g", {"id": f"{prefix}-line-{i}"}, *_line(line, *ends, _widest(network)))
    for line, area in zip(network.lines, places.numbers, strict=True):
        if area is not None:
            yield _rectangle(area, palette.PAGE, "none", 3.0)
            spot = Spot(area.x + area.width / 2.0, area.y + area.height - 2.5, "middle")
            yield text(spot, line.number, SMALL, COLOURS[line.sign] if line.sign else palette.MUTED)
    for c, (column, middles, dots) in enumerate(zip(network.columns, places.circles, places.dots, strict=True)):
        for i, (unit, middle) in enumerate(zip(column.units, middles, strict=True)):
            yield element("g", {"id": f"{prefix}-unit-{c}-{i}"}, *_unit(unit, middle))
        if dots is not None:
            yield from _left_out(column, dots)
        yield from _caption(column, places.captions[c], places.caption_room)


def _widest(network: Network) -> float:
    return CROWDED if len(network.lines) > MANY else THICK


def _line(line: Line, start: Point, end: Point, widest: float) -> Iterator[str]:
    yield f"<title>{escaped(line.tooltip)}</title>"
    ends = {"x1": start[0], "y1": start[1], "x2": end[0], "y2": end[1]}
    stroke = {"stroke": COLOURS[line.sign], "stroke-width": f"{THIN + (widest - THIN) * line.strength:.2f}"}
    stroke["stroke-opacity"] = f"{0.25 + 0.7 * line.strength:.2f}"
    if not line.sign:
        stroke["stroke-dasharray"] = "3 3"
    yield element("line", {**{name: pixels(x) for name, x in ends.items()}, **stroke})


def _unit(unit: Unit, middle: Point) -> Iterator[str]:
    x, y = middle
    paint = palette.PAINTS[PAINTS[unit.kind]]
    yield f"<title>{escaped(unit.tooltip)}</title>"
    if unit.kind == "output":
        yield _arrow(x + RADIUS, x + RADIUS + ARROW - 6.0, y)
    circle = {"cx": pixels(x), "cy": pixels(y), "r": pixels(RADIUS), "fill": paint.body, "stroke": paint.border}
    yield element("circle", {**circle, "stroke-width": "1.4"})
    room = 2.0 * RADIUS - 4.0
    bold = bool(unit.function)
    size = SMALL if width(unit.inside, SMALL, bold=bold) <= room - 6.0 else TINY
    inside = shortened(unit.inside, size, room, bold=bold)
    yield text(Spot(x, y + (1.0 if bold else 4.0), "middle"), inside, size, palette.INK, bold=bold)
    if unit.function:
        yield text(Spot(x, y + 13.0, "middle"), shortened(unit.function, TINY, room - 8.0), TINY, palette.MUTED)
    if unit.bias:
        yield text(
            Spot(x, y + RADIUS + 12.0, "middle"), unit.bias, SMALL, COLOURS[unit.sign] if unit.sign else palette.MUTED
        )
    elif unit.sign:
        dot = {"cx": pixels(x - 0.71 * RADIUS), "cy": pixels(y + 0.71 * RADIUS), "r": pixels(2.0 + 3.0 * unit.strength)}
        yield element("circle", {**dot, "fill": COLOURS[unit.sign], "stroke": palette.PAGE})
    if unit.beside:
        spot = (
            Spot(x - RADIUS - 7.0, y + 4.0, "end")
            if unit.kind == "input"
            else Spot(x + RADIUS + ARROW, y + 4.0, "start")
        )
        yield text(spot, shortened(unit.beside, NAME, ROOM), NAME, palette.INK)


def _arrow(start: float, end: float, y: float) -> str:
    tip = f"M{pixels(start)} {pixels(y)}H{pixels(end)}m-5 -3.2l5 3.2l-5 3.2"
    return element("path", {"d": tip, "fill": "none", "stroke": palette.WIRE, "stroke-width": "1.4"})


def _left_out(column: Column, middle: Point) -> Iterator[str]:
    x, y = middle
    counted = f"{column.left_out:,} more"
    size = width(counted, SMALL) + 6.0
    yield _rectangle(Rectangle(x - size / 2.0, y - 18.0, size, 37.0), palette.PAGE, "none", 4.0)
    yield text(Spot(x, y - 2.0, "middle"), "⋮", 20.0, palette.MUTED)
    yield text(Spot(x, y + 15.0, "middle"), counted, SMALL, palette.MUTED)


def _caption(column: Column, spot: Point, room: float) -> Iterator[str]:
    for line, caption in enumerate(column.captions):
        if caption:
            below = Spot(spot[0], spot[1] + 15.0 * line, "middle")
            colour = palette.MUTED if line else palette.INK
            yield text(below, shortened(caption, SMALL, room), SMALL, colour)


# ── below the network ────────────────────────────────────────────────────────────────────────────────────────────────


def _legend(network: Network) -> list[tuple[str, str]]:
    """What colours and widths mean, each with the sign that stands before it."""
    legend = [("positive", "positive"), ("negative", "negative weight")]
    legend.append(("", "width: size, relative to the largest of the layer"))
    if any(unit.sign and not unit.bias for column in network.columns for unit in column.units):
        legend.append(("bias", "bias"))
    return legend


def _notes(network: Network, legend: list[tuple[str, str]], down: float) -> Iterator[str]:
    y = down - MARGIN + 3.0 - NOTE * len(network.notes)
    x = MARGIN
    for kind, meaning in legend:
        if kind == "bias":
            dot = {"cx": pixels(x + 4.0), "cy": pixels(y - 3.5), "r": "3.5"}
            yield element("circle", {**dot, "fill": palette.MUTED})
        elif kind:
            ends = {"x1": pixels(x), "x2": pixels(x + 18.0), "y1": pixels(y - 3.5), "y2": pixels(y - 3.5)}
            yield element("line", {**ends, "stroke": COLOURS[1 if kind == "positive" else -1], "stroke-width": "3"})
        x += BEFORE[kind]
        yield text(Spot(x, y, "start"), meaning, SMALL, palette.MUTED)
        x += width(meaning, SMALL) + APART
    for i, note in enumerate(network.notes, 1):
        yield text(Spot(MARGIN, y + i * NOTE, "start"), note, SMALL, palette.MUTED)


def _rectangle(area: Rectangle, fill: str, stroke: str, radius: float) -> str:
    sides = {"x": area.x, "y": area.y, "width": area.width, "height": area.height, "rx": radius}
    return element("rect", {**{name: pixels(x) for name, x in sides.items()}, "fill": fill, "stroke": stroke})


# ── Graphviz ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def dot_of(network: Network) -> str:
    """The shown units and lines as a directed graph; positions are Graphviz's own."""
    lines = ["rankdir=LR", f"tooltip={quoted(network.title)}", "node [shape=circle style=filled fontname=Helvetica]"]
    for c, column in enumerate(network.columns):
        for i, unit in enumerate(column.units):
            paint = palette.PAINTS[PAINTS[unit.kind]]
            label = quoted(*(part for part in (unit.beside, unit.inside, unit.function, unit.bias) if part))
            lines.append(f'u{c}_{i} [label={label} fillcolor="{paint.body}" color="{paint.border}"]')
        if column.left_out:
            lines.append(f"left{c} [shape=plaintext style=solid label={quoted(f'⋮ {column.left_out:,} more')}]")
    for line in network.lines:
        ends = f"u{line.column}_{line.source} -> u{line.column + 1}_{line.target}"
        label = f" label={quoted(line.number)}" if line.number else ""
        thickness = THIN + (_widest(network) - THIN) * line.strength
        lines.append(f'{ends} [color="{COLOURS[line.sign]}" penwidth={thickness:.2f} arrowhead=none{label}]')
    return "digraph {\n" + "".join(f"\t{line}\n" for line in lines) + "}\n"
