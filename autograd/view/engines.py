"""Who finds the places of boxes: this library's own layout, or the program `dot` behind the same SVG."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any, Literal

from autograd.errors import AutogradError, MissingExtra
from autograd.view.box_text import SMALL, size_of
from autograd.view.dot import nested, quoted
from autograd.view.layout import place
from autograd.view.parts import Direction, Link, Picture
from autograd.view.placement import Placement, Point, Rectangle, Route, Spot

Engine = Literal["builtin", "dot", "auto"]
INCH = 72.0  # dot takes sizes in inches and gives places in points, here pixels


def placed(picture: Picture, engine: Engine) -> Placement:
    """The placement by an engine; MissingExtra where it has to be `dot` and there is none."""
    if engine == "builtin":
        return place(picture)
    if shutil.which("dot") is None:
        if engine == "auto":
            return place(picture)
        raise MissingExtra(
            "engine='dot' needs the program dot of Graphviz, which is not on the PATH: install Graphviz "
            "(apt-get install graphviz, brew install graphviz), or leave engine out"
        )
    question = "\n".join(_lines(picture)).encode()
    done = subprocess.run(["dot", "-Tjson0"], input=question, capture_output=True, check=False)
    if done.returncode:
        problem = done.stderr.decode(errors="replace").strip()[:200]
        raise AutogradError(
            f"dot could not lay out this graph: {problem}. Leave engine out to use the built-in layout."
        )
    return _read(picture, json.loads(done.stdout))


def _lines(picture: Picture) -> Iterator[str]:
    """What dot has to know: the sizes of boxes, the frames, the links and the room for their texts."""
    yield f"digraph {{ rankdir={picture.direction} nodesep=0.3 ranksep=0.5"
    yield 'node [shape=box fixedsize=true label=""]'
    yield f"edge [fontname=Helvetica fontsize={SMALL:g} arrowsize=0.6]"
    sizes = [size_of(box) for box in picture.boxes]
    yield from nested(picture, [f"width={across / INCH:.4f} height={down / INCH:.4f}" for across, down in sizes])
    for i, link in enumerate(picture.links):
        texts = [text for text in (link.forward, link.backward) if text]
        label = f" label={quoted(*texts)}" if texts else ""
        yield f'n{link.source} -> n{link.target} [id="e{i}"{label}]'
    yield "}"


def _read(picture: Picture, found: dict[str, Any]) -> Placement:
    """The placement from dot's answer, whose y axis points up."""
    _, _, across, down = map(float, found["bb"].split(","))
    objects = {item["name"]: item for item in found["objects"]}
    edges = {edge["id"]: edge for edge in found.get("edges", ())}
    frames = tuple(_frame(objects[f"cluster_{i}"], down) for i in range(len(picture.frames)))
    return Placement(
        width=across,
        height=down,
        boxes=tuple(_box(objects[f"n{i}"], down) for i in range(len(picture.boxes))),
        frames=frames,
        titles=tuple(_title(area, picture.direction) for area in frames),
        routes=tuple(_route(link, edges[f"e{i}"], down) for i, link in enumerate(picture.links)),
    )


def _point(text: str, down: float) -> Point:
    x, y = map(float, text.split(","))
    return x, down - y


def _box(item: dict[str, str], down: float) -> Rectangle:
    (x, y), across, high = _point(item["pos"], down), float(item["width"]) * INCH, float(item["height"]) * INCH
    return Rectangle(x - across / 2.0, y - high / 2.0, across, high)


def _frame(item: dict[str, str], down: float) -> Rectangle:
    left, bottom, right, top = map(float, item["bb"].split(","))
    return Rectangle(left, down - top, right - left, top - bottom)


def _title(area: Rectangle, direction: Direction) -> Spot:
    """At the left of the side where dot left room for it."""
    return Spot(area.x + 12.0, area.y + (17.0 if direction == "LR" else area.height - 9.0), "start")


def _route(link: Link, edge: dict[str, str], down: float) -> Route:
    """dot gives the point of the arrow first, then a start and three points for every curve."""
    arrow, start, *rest = edge["pos"].split(" ")
    points = [_point(text, down) for text in rest]
    curves = [tuple(points[i : i + 3]) for i in range(0, len(points), 3)]
    tip = _point(arrow.removeprefix("e,"), down)
    x, y = _point(edge["lp"], down) if "lp" in edge else tip
    both = bool(link.forward and link.backward)
    upper, lower = (Spot(x, y + (shift if both else 1.5), "middle") for shift in (-5.5, 7.5))
    return Route(_point(start, down), (*curves, (tip,)), upper, lower)
