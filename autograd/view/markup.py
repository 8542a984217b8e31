"""Pieces of SVG and HTML as text. Everything a user wrote goes through `escaped`."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape

from autograd.view.placement import Point, Route, Spot
from autograd.view.text import printable


def escaped(content: str) -> str:
    """The text as XML shows it literally, in an element or an attribute."""
    return escape(printable(content), {'"': "&quot;", "'": "&#39;", "\r": "&#13;"})


def element(name: str, attributes: Mapping[str, str], *content: str) -> str:
    """An element; attributes are escaped, content is markup already."""
    opening = name + "".join(f' {key}="{escaped(value)}"' for key, value in attributes.items())
    return f"<{opening}>{''.join(content)}</{name}>" if content else f"<{opening}/>"


def text(
    spot: Spot, content: str, size: float, colour: str, *, bold: bool = False, hook: Mapping[str, str] | None = None
) -> str:
    """One line of text, its content escaped; `hook` is an attribute by which a script finds it."""
    attributes = {"x": pixels(spot.x), "y": pixels(spot.y), "font-size": pixels(size), "fill": colour}
    if bold:
        attributes["font-weight"] = "bold"
    if spot.anchor != "start":
        attributes["text-anchor"] = spot.anchor
    return element("text", {**attributes, **(hook or {})}, escaped(content))


def path(route: Route) -> str:
    """The way of a link in the language of the attribute `d`."""
    parts = [f"M{_point(route.start)}"]
    for segment in route.segments:
        parts.append(("L" if len(segment) == 1 else "C") + " ".join(map(_point, segment)))
    return "".join(parts)


def _point(point: Point) -> str:
    return f"{pixels(point[0])} {pixels(point[1])}"


def pixels(x: float) -> str:
    """A length to a tenth of a pixel."""
    shown = f"{x:.1f}".removesuffix(".0")
    return "0" if shown == "-0" else shown


def page_of(svg: str, title: str) -> str:
    """A page that needs nothing else, no network, script or font: the SVG at its own size, to be scrolled.

    Its ground follows the reader's choice of light or dark.
    """
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escaped(title)}</title>
</head>
<body style="margin:1.5rem">
<div style="overflow:auto;max-height:calc(100vh - 3rem)"><div style="width:max-content">
{svg}</div></div>
</body>
</html>
"""
