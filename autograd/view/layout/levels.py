"""Levels: what one frame holds, or all that is in no frame, laid out on its own.

Lengths are along the flow and across it: x and y where the picture runs from left to right, y and x from top to bottom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autograd.view.box_text import ARROW, LINE, NAME, label_room, size_of
from autograd.view.layout.flow import Flow, flow
from autograd.view.layout.layers import Item, Wire
from autograd.view.layout.nesting import OUTERMOST, Key, Leg, level_of
from autograd.view.parts import Direction, Link, Picture
from autograd.view.placement import Point
from autograd.view.text import width

TITLE, PADDING = 26.0, 12.0  # inside a frame: on the side of its title, and on the others
CLEAR = 7.0  # least room between a title and a wire beside it


def turned(point: Point, direction: Direction) -> Point:
    """From (along, across) to (x, y), or back."""
    return point if direction == "LR" else (point[1], point[0])


@dataclass(frozen=True, slots=True)
class Level:
    """A layout of the items of one frame; from the frame's corner, `shift` is where it begins, `title` its title."""

    layout: Flow
    items: Mapping[Key, int]
    legs: Mapping[Leg, int]
    shift: Point
    title: Point
    along: float
    across: float

    def corner(self, key: Key) -> Point:
        """Where an item begins, from the frame's corner."""
        along, across = self.layout.corners[self.items[key]]
        return along + self.shift[0], across + self.shift[1]


def levels_of(picture: Picture, ways: Sequence[Sequence[Leg]]) -> tuple[dict[int, Level], list[Point]]:
    """Every level of a picture, and the sizes of its boxes along the flow and across it."""
    boxes = _box_sizes(picture)
    keys: dict[int, dict[Key, None]] = {level: {} for level in (OUTERMOST, *range(len(picture.frames)))}
    legs: dict[int, dict[Leg, None]] = {level: {} for level in keys}
    for number, box in enumerate(picture.boxes):
        keys[level_of(box.frame)][Key("box", number)] = None
    for number, frame in enumerate(picture.frames):
        keys[level_of(frame.outer)][Key("frame", number)] = None
    for leg in (leg for way in ways for leg in way):
        legs[leg.level][leg] = None
        keys[leg.level].update(dict.fromkeys((leg.source, leg.target)))
    levels: dict[int, Level] = {}
    for level in sorted(keys, reverse=True):  # inner frames have the higher numbers
        levels[level] = _Builder(picture, boxes, levels).level(level, list(keys[level]), list(legs[level]))
    return levels, boxes


def _box_sizes(picture: Picture) -> list[Point]:
    """Boxes hold their text and, on the side where links enter, the texts of those links."""
    needed = [0.0] * len(picture.boxes)
    for link in picture.links:
        before, after, _ = _room(link, picture.direction)
        needed[link.target] += before + after
    sizes = [turned(size_of(box), picture.direction) for box in picture.boxes]
    return [(along, max(across, room)) for (along, across), room in zip(sizes, needed, strict=True)]


def _room(link: Link, direction: Direction) -> tuple[float, float, float]:
    """What the text of a link takes: across the flow before and after its line, and along it."""
    texts = [text for text in (link.forward, link.backward) if text]
    if direction == "LR":
        before, after = (LINE + 2.0 if text else 6.0 for text in (link.forward, link.backward))
        return before, after, (label_room(link) + 12.0 if texts else 2.0) + ARROW
    return 6.0, label_room(link) + 12.0 if texts else 6.0, len(texts) * LINE + 6.0 + ARROW


@dataclass(frozen=True, slots=True)
class _Builder:
    """Lays out one level, given the box sizes and the levels inside it."""

    picture: Picture
    boxes: Sequence[Point]
    inner: Mapping[int, Level]

    def level(self, level: int, keys: list[Key], legs: list[Leg]) -> Level:
        items = {key: i for i, key in enumerate(keys)}
        layout = flow([self._item(key) for key in keys], [self._wire(leg, items) for leg in legs])
        return Level(layout, items, {leg: i for i, leg in enumerate(legs)}, *self._framed(level, items, layout))

    def _framed(self, level: int, items: Mapping[Key, int], layout: Flow) -> tuple[Point, Point, float, float]:
        """The shift of a level's content, the start of its title's baseline, and its size with title and padding."""
        if level == OUTERMOST:
            return (0.0, 0.0), (0.0, 0.0), layout.along, layout.across
        room = width(self.picture.frames[level].name, NAME, bold=True)
        along, across = layout.along + 2 * PADDING, layout.across + 2 * PADDING
        if self.picture.direction == "LR":
            return (PADDING, TITLE), (PADDING, 17.0), max(along, room + 2 * PADDING), across + TITLE - PADDING
        along += TITLE - PADDING
        leaving = [layout.corners[i][1] + PADDING for key, i in items.items() if key.kind == "out"]
        start = _beside(leaving, room)
        return (PADDING, PADDING), (along - 9.0, start), along, max(across, start + room + PADDING)

    def _item(self, key: Key) -> Item:
        if key.kind == "box":
            return Item(*self.boxes[key.number])
        if key.kind == "frame":
            return Item(self.inner[key.number].along, self.inner[key.number].across)
        return Item(0.0, 0.0, pin="first" if key.kind == "in" else "last")

    def _wire(self, leg: Leg, items: Mapping[Key, int]) -> Wire:
        leave = enter = 0.0
        if leg.source.kind == "box":
            leave = self.boxes[leg.source.number][1] / 2.0
        elif leg.source.kind == "frame":
            leave = self.inner[leg.source.number].corner(Key("out", leg.origin))[1]
        if leg.link is not None:
            room = _room(self.picture.links[leg.link], self.picture.direction)
            return Wire(items[leg.source], items[leg.target], leave, None, *room)
        if leg.target.kind == "frame":
            enter = self.inner[leg.target.number].corner(Key("in", leg.origin))[1]
        return Wire(items[leg.source], items[leg.target], leave, enter)


def _beside(wires: Sequence[float], room: float) -> float:
    """Where a title begins in a band that wires cross at these places: as far left as it stands clear of them."""
    lefts = (PADDING - CLEAR, *sorted(wire for wire in wires if wire > PADDING - CLEAR))
    free = (left for left in lefts if not any(left < wire < left + room + 2 * CLEAR for wire in wires))
    return next(free) + CLEAR
