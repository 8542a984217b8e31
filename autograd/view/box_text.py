"""The inside of boxes: how large a box is for its text, and where each line of it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from autograd.view.parts import Box, Link
from autograd.view.placement import Anchor
from autograd.view.text import shortened, width

NAME, TEXT, SMALL = 13.0, 12.0, 11.0  # font sizes: names, operations, everything else
HEADER, ROW, MARGIN = 26.0, 17.0, 10.0
LEAST, COLUMN = 58.0, 110.0  # the narrowest rows, and how wide they spread at most in a wider box
LINE = 13.0  # from one line of text on a link to the next
ARROW = 7.0  # the length of an arrow's head
SPACE = 4.0  # between a name and its operation
ROOM = 230.0  # the widest line of text in a box

Role = Literal["name", "detail", "label", "value", "gradient"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text in a box, relative to the box's corner."""

    x: float
    y: float
    text: str
    size: float
    role: Role
    anchor: Anchor


def size_of(box: Box) -> tuple[float, float]:
    """The least width and height that hold the text of a box."""
    name, detail = _header(box)
    widest = width(name, NAME, bold=True) + (SPACE + width(detail, TEXT) if detail else 0.0)
    if not box.rows:
        return widest + 2 * MARGIN, HEADER
    return max(widest, _rows_width(box)) + 2 * MARGIN, HEADER + len(box.rows) * ROW + 7.0


def _rows_width(box: Box) -> float:
    """From the labels of the rows to the ends of their texts, at the least."""
    return max(LEAST, *(width(label, SMALL) + 12.0 + width(text, TEXT) for label, text in box.rows))


def lines_of(box: Box, across: float, down: float) -> list[Line]:
    """The lines of text in a box of this width and height."""
    name, detail = _header(box)
    baseline = HEADER - 8.5 if box.rows else down / 2.0 + 4.5
    if detail:
        left = (across - size_of(box)[0]) / 2.0 + MARGIN
        start = left + width(name, NAME, bold=True) + SPACE
        lines = [
            Line(left, baseline, name, NAME, "name", "start"),
            Line(start, baseline, detail, TEXT, "detail", "start"),
        ]
    else:
        lines = [Line(across / 2.0, baseline, name, NAME, "name", "middle")]
    if box.rows:
        lines += _row_lines(box, across, down)
    return lines


def _row_lines(box: Box, across: float, down: float) -> list[Line]:
    column = min(across - 2 * MARGIN, max(_rows_width(box), COLUMN))
    left = (across - column) / 2.0
    top = HEADER + (down - HEADER - len(box.rows) * ROW) / 2.0
    lines = []
    for i, (label, text) in enumerate(box.rows):
        y = top + i * ROW + 12.5
        lines.append(Line(left, y, label, SMALL, "label", "start"))
        lines.append(Line(left + column, y, text, TEXT, "gradient" if label == "grad" else "value", "end"))
    return lines


def _header(box: Box) -> tuple[str, str]:
    detail = f"= {box.detail}" if box.detail else ""
    return shortened(box.name, NAME, ROOM, bold=True), shortened(detail, TEXT, ROOM)


def label_room(link: Link) -> float:
    """The width of the widest text along a link."""
    return max(width(link.forward, SMALL), width(link.backward, SMALL))
