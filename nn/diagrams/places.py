"""Where the parts of a diagram stand: circles in columns, and numbers on lines so that none lies on another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from autograd.view.placement import Point, Rectangle
from autograd.view.text import shortened, width
from nn.diagrams.parts import Column, Line, Network

RADIUS = 23.0
NAME, SMALL, TINY = 12.0, 11.0, 9.5  # font sizes
ROW, BIAS_ROW = 56.0, 68.0  # from one circle to the next; with a bias below each
NEAR, FAR, NUMBERED = 110.0, 150.0, 200.0  # from one column to the next: many columns, a few, and with numbers on lines
ARROW = 26.0  # the arrow out of an output
ROOM = 150.0  # the widest name beside a circle
NUMBER_HEIGHT = 12.0
_SPOTS = (0.34, 0.5, 0.66, 0.27, 0.42, 0.58, 0.73, 0.22, 0.79)  # where on its line a number may stand, best first


@dataclass(frozen=True, slots=True)
class Places:
    """The geometry of a diagram: a circle's middle for each unit, ⋮ for each column, a rectangle for each number."""

    width: float
    height: float
    circles: tuple[tuple[Point, ...], ...]
    dots: tuple[Point | None, ...]
    captions: tuple[Point, ...]
    numbers: tuple[Rectangle | None, ...]  # in the order of the lines
    caption_room: float


def places_of(network: Network) -> Places:
    """Every column centred on one line, as far apart as what is written between them needs."""
    row = BIAS_ROW if any(unit.bias for column in network.columns for unit in column.units) else ROW
    gap = NUMBERED if network.numbered else NEAR if len(network.columns) > 6 else FAR
    left = max((beside(unit.beside) for unit in network.columns[0].units), default=0.0)
    right = ARROW + max((beside(unit.beside) for unit in network.columns[-1].units), default=0.0)
    margin = max(0.0, (_widest_caption(network, gap) / 2.0) - RADIUS)
    start = RADIUS + max(left, margin)
    tallest = max(_slots(column) for column in network.columns) * row
    circles, dots = [], []
    for place, column in enumerate(network.columns):
        x, top = start + place * gap, (tallest - _slots(column) * row) / 2.0 + row / 2.0
        skip = [0 if i < column.before else 1 for i in range(len(column.units))]
        circles.append(tuple((x, top + (i + late * bool(column.left_out)) * row) for i, late in enumerate(skip)))
        dots.append((x, top + column.before * row) if column.left_out else None)
    across = start + (len(network.columns) - 1) * gap + RADIUS + max(right, margin)
    captions = tuple((start + place * gap, tallest + 18.0) for place in range(len(network.columns)))
    numbers = tuple(_numbers(network.lines, circles)) if network.numbered else (None,) * len(network.lines)
    return Places(across, tallest + 38.0, tuple(circles), tuple(dots), captions, numbers, gap - 12.0)


def beside(name: str) -> float:
    """How much room a name beside a circle takes."""
    return width(shortened(name, NAME, ROOM), NAME) + 8.0 if name else 0.0


def _slots(column: Column) -> int:
    return len(column.units) + bool(column.left_out)


def _widest_caption(network: Network, gap: float) -> float:
    ends = (network.columns[0], network.columns[-1])
    return min(gap, max(width(caption, SMALL) for column in ends for caption in column.captions))


def _numbers(lines: Iterable[Line], circles: list[tuple[Point, ...]]) -> Iterable[Rectangle]:
    """A rectangle on each line, at the first spot where it overlaps no earlier one, or where it overlaps the least."""
    taken: list[Rectangle] = []
    for line in lines:
        start, end = circles[line.column][line.source], circles[line.column + 1][line.target]
        size = width(line.number, SMALL) + 4.0
        spots = [_around(start, end, t, size) for t in _SPOTS]
        best = min(spots, key=lambda spot: sum(_overlap(spot, other) for other in taken))
        taken.append(best)
        yield best


def _around(start: Point, end: Point, t: float, size: float) -> Rectangle:
    x, y = start[0] + t * (end[0] - start[0]), start[1] + t * (end[1] - start[1])
    return Rectangle(x - size / 2.0, y - NUMBER_HEIGHT / 2.0, size, NUMBER_HEIGHT)


def _overlap(a: Rectangle, b: Rectangle) -> float:
    across = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    down = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    return across * down if across > 0.0 and down > 0.0 else 0.0
