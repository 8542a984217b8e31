"""How links cross frames: one leg inside every frame they leave or enter, and one in the frame that holds both ends."""

from __future__ import annotations

from typing import Literal, NamedTuple

from autograd.view.parts import Picture

OUTERMOST = -1  # the level around all frames


class Key(NamedTuple):
    """Something in a level: a box, a frame, or a port on its side where links of one box come in or go out."""

    kind: Literal["box", "frame", "in", "out"]
    number: int  # of the box or frame; a port has that of the box its links come from


class Leg(NamedTuple):
    """A piece of a link within one level; links of one box share it wherever they run together."""

    level: int
    source: Key
    target: Key
    origin: int  # the box its links come from
    link: int | None  # the one link it belongs to, where it ends in a box


def legs_of(picture: Picture) -> list[list[Leg]]:
    """For every link its legs from source to target."""
    frames = [_frames_around(picture, box.frame) for box in picture.boxes]
    return [
        _legs(number, link.source, link.target, frames[link.source], frames[link.target])
        for number, link in enumerate(picture.links)
    ]


def _frames_around(picture: Picture, frame: int | None) -> list[int]:
    """The level and the frames around a box, outermost first."""
    around = []
    while frame is not None:
        around.append(frame)
        frame = picture.frames[frame].outer
    return [OUTERMOST, *reversed(around)]


def _legs(number: int, source: int, target: int, out_of: list[int], into: list[int]) -> list[Leg]:
    shared = sum(1 for a, b in zip(out_of, into, strict=False) if a == b)
    legs, at = [], Key("box", source)
    for level in reversed(out_of[shared:]):
        legs.append(Leg(level, at, Key("out", source), source, None))
        at = Key("frame", level)
    for i, level in enumerate(into[shared - 1 :], shared):
        end = Key("frame", into[i]) if i < len(into) else Key("box", target)
        legs.append(Leg(level, at, end, source, number if end.kind == "box" else None))
        at = Key("in", source)
    return legs


def level_of(frame: int | None) -> int:
    """The level that a frame makes; None stands for no frame."""
    return OUTERMOST if frame is None else frame
