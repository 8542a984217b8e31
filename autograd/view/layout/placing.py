"""The built-in layout: frames from the inside out, each laid out on its own, then all put together."""

from __future__ import annotations

from collections.abc import Iterator

from autograd.view.box_text import ARROW, LINE, label_room
from autograd.view.layout.levels import Level, levels_of, turned
from autograd.view.layout.nesting import OUTERMOST, Key, Leg, legs_of, level_of
from autograd.view.parts import Direction, Link, Picture
from autograd.view.placement import Placement, Point, Rectangle, Route, Spot

Segment = tuple[Point, ...]  # one point, the end of a line, or the three of a curve


def place(picture: Picture) -> Placement:
    """Boxes in layers along the flow, frames around their own boxes alone, links that end in a straight piece."""
    ways, direction = legs_of(picture), picture.direction
    levels, sizes = levels_of(picture, ways)
    origins = _origins(picture, levels)
    boxes = [_corner(levels, origins, Key("box", i), box.frame) for i, box in enumerate(picture.boxes)]
    inner = range(len(picture.frames))
    return Placement(
        *turned((levels[OUTERMOST].along, levels[OUTERMOST].across), direction),
        boxes=tuple(_rectangle(*each, direction) for each in zip(boxes, sizes, strict=True)),
        frames=tuple(_rectangle(origins[i], (levels[i].along, levels[i].across), direction) for i in inner),
        titles=tuple(_title(levels[i], origins[i], direction) for i in inner),
        routes=tuple(_routes(picture, ways, levels, origins)),
    )


def _origins(picture: Picture, levels: dict[int, Level]) -> dict[int, Point]:
    """Where every level begins, in the whole picture."""
    origins: dict[int, Point] = {OUTERMOST: (0.0, 0.0)}
    for number, frame in enumerate(picture.frames):  # outer frames have the lower numbers
        origins[number] = _corner(levels, origins, Key("frame", number), frame.outer)
    return origins


def _corner(levels: dict[int, Level], origins: dict[int, Point], key: Key, frame: int | None) -> Point:
    level = level_of(frame)
    return _moved(levels[level].corner(key), origins[level])


def _moved(point: Point, by: Point) -> Point:
    return point[0] + by[0], point[1] + by[1]


def _rectangle(corner: Point, size: Point, direction: Direction) -> Rectangle:
    return Rectangle(*turned(corner, direction), *turned(size, direction))


def _title(level: Level, origin: Point, direction: Direction) -> Spot:
    return Spot(*turned(_moved(level.title, origin), direction), "start")


def _routes(
    picture: Picture, ways: list[list[Leg]], levels: dict[int, Level], origins: dict[int, Point]
) -> Iterator[Route]:
    """The ways of links; what several of one box share belongs to the first alone, for drawn twice it looks bolder."""
    laid: set[tuple[int, Point, Segment]] = set()
    for link, way in zip(picture.links, ways, strict=True):
        start, *segments = _way(way, levels, origins, picture.direction)
        at, end, own = start[-1], segments[-1][-1], 0
        for segment in segments[:-1]:
            if (link.source, at, segment) not in laid:
                break
            at, own = segment[-1], own + 1
        tails = [at, *(segment[-1] for segment in segments[own:-1])]
        laid.update((link.source, *each) for each in zip(tails, segments[own:], strict=True))
        yield Route(at, _simplified(at, segments[own:]), *_spots(link, end, picture.direction))


def _way(way: list[Leg], levels: dict[int, Level], origins: dict[int, Point], direction: Direction) -> list[Segment]:
    """The legs of a link joined by straight lines through the sides of frames: its first point, then its segments."""
    segments: list[Segment] = []
    for leg in way:
        level = levels[leg.level]
        shift, number = _moved(level.shift, origins[leg.level]), level.legs[leg]
        for segment in ((level.layout.starts[number],), *level.layout.ways[number]):
            segments.append(tuple(turned(_moved(point, shift), direction) for point in segment))
    return segments


def _simplified(start: Point, segments: list[Segment]) -> tuple[Segment, ...]:
    """The segments that lead somewhere: curves that are straight are lines, lines that go straight on are one."""
    kept: list[Segment] = []
    at = start
    for segment in segments:
        if _near(at, segment[-1], 0) and _near(at, segment[-1], 1):
            continue
        straight = len(segment) == 1 or _near(at, segment[-1], 0) or _near(at, segment[-1], 1)
        if straight and kept and len(kept[-1]) == 1:
            kept.pop()
        kept.append(segment[-1:] if straight else segment)
        at = segment[-1]
    return tuple(kept)


def _near(point: Point, other: Point, axis: int) -> bool:
    return abs(point[axis] - other[axis]) < 0.05


def _spots(link: Link, end: Point, direction: Direction) -> tuple[Spot, Spot]:
    """Where the texts of a link stand on its last straight piece: to both sides of it, or to the right of it."""
    x, y = end
    if direction == "LR":
        middle = x - ARROW - 6.0 - label_room(link) / 2.0
        return Spot(middle, y - 4.0, "middle"), Spot(middle, y + 11.0, "middle")
    lower = y - ARROW - 6.0
    upper = lower - LINE if link.backward else lower
    return Spot(x + 6.0, upper, "start"), Spot(x + 6.0, lower, "start")
