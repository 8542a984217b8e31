"""Where everything is: rectangles, routes and spots for text, in pixels from the top left corner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Rectangle:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a line of text stands: its baseline, and which part of it is at x."""

    x: float
    y: float
    anchor: Anchor


@dataclass(frozen=True, slots=True)
class Route:
    """The way of a link along segments of one point (a line) or three (a cubic curve), and its texts.

    It starts at a box, or where it leaves the way of an earlier link from that box.
    """

    start: Point
    segments: tuple[tuple[Point, ...], ...]
    forward: Spot
    backward: Spot


@dataclass(frozen=True, slots=True)
class Placement:
    """The geometry of a picture: boxes, frames with their titles and links in the picture's order."""

    width: float
    height: float
    boxes: tuple[Rectangle, ...]
    frames: tuple[Rectangle, ...]
    titles: tuple[Spot, ...]  # those of the frames
    routes: tuple[Route, ...]
