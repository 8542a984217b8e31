"""The graph in the language of Graphviz: plain labels, quoted so that every text shows as it was written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autograd.view import palette
from autograd.view.parts import Box, Link, Picture
from autograd.view.text import one_line


def dot_of(picture: Picture) -> str:
    """The whole graph as text."""
    return "digraph {\n" + "".join(f"\t{line}\n" for line in _lines(picture)) + "}\n"


def _lines(picture: Picture) -> Iterator[str]:
    yield f"rankdir={picture.direction}"
    yield f"tooltip={quoted(picture.title)}"
    yield 'node [shape=box style="rounded,filled" fontname=Helvetica fontsize=12]'
    yield "edge [fontname=Helvetica fontsize=10 arrowsize=0.7]"
    marked = {mark.box for mark in picture.marks}
    yield from nested(picture, [_box(box) + _border(i in marked) for i, box in enumerate(picture.boxes)])
    for link in picture.links:
        yield f"n{link.source} -> n{link.target} [{_link(link)}]"


def nested(picture: Picture, attributes: Sequence[str]) -> Iterator[str]:
    """A line for every box with its attributes, those in frames within clusters."""
    within: dict[int | None, list[str | int]] = {None: []}
    for number, frame in enumerate(picture.frames):
        within[number] = []
        within[frame.outer].append(number)
    for number, box in enumerate(picture.boxes):
        within[box.frame].append(f"n{number} [{attributes[number]}]")
    stack = within[None][::-1]
    while stack:
        at = stack.pop()
        if isinstance(at, str):
            yield at
            continue
        place = "labelloc=t labeljust=l" if picture.direction == "LR" else "labelloc=b labeljust=l"
        yield f'subgraph cluster_{at} {{ label={quoted(picture.frames[at].name)} fontname="Helvetica" {place}'
        stack += ["}", *reversed(within[at])]


def _box(box: Box) -> str:
    heading = f"{box.name} = {box.detail}" if box.detail else box.name
    rows = [f"{label} {text}" for label, text in box.rows]
    paint = palette.PAINTS[box.kind]
    return (
        f"label={quoted(heading, *rows)} fillcolor={quoted(paint.header)} color={quoted(paint.border)} "
        f"tooltip={quoted(*box.tooltip.splitlines())}"
    )


def _border(marked: bool) -> str:
    """The border of a box that is pointed out, in place of its own."""
    return f" color={quoted(palette.MARK)} penwidth=3" if marked else ""


def _link(link: Link) -> str:
    colour = palette.WIRE if link.differentiable else palette.GREY_WIRE
    texts = [text for text in (link.forward, link.backward) if text]
    label = f"label={quoted(*texts)} " if texts else ""
    return f"{label}color={quoted(colour)} tooltip={quoted(*link.tooltip.splitlines())}"


def quoted(*lines: str) -> str:
    """A quoted string of these lines that Graphviz shows literally: it reads backslashes and HTML's ampersands."""
    escaped = (one_line(line).replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(escaped) + '"'
