"""The parts of a picture: boxes, links between them, frames around them. Plain data, before any geometry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Direction = Literal["LR", "TB"]
Kind = Literal["variable", "constant", "operation", "root", "folded"]


@dataclass(frozen=True, slots=True)
class Box:
    """One node of the graph, or many folded into one."""

    kind: Kind
    name: str
    detail: str  # the operation in the textbook's notation, or what is folded
    rows: tuple[tuple[str, str], ...]  # ("value", "0.5"), ("grad", "—")
    tooltip: str
    frame: int | None = None  # the innermost frame around it


@dataclass(frozen=True, slots=True)
class Link:
    """One edge of the graph, from operand to operation, or many between the same two boxes."""

    source: int
    target: int
    forward: str  # what travels with the arrow: the value, or the local derivative
    backward: str  # what travels against it: the share of the gradient
    differentiable: bool
    tooltip: str


@dataclass(frozen=True, slots=True)
class Frame:
    """A region drawn as a frame around its boxes."""

    name: str
    tooltip: str
    outer: int | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A box that is pointed out, and why."""

    box: int
    note: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything a picture says, and nothing about where it says it; links refer to boxes by their place."""

    title: str
    direction: Direction
    boxes: tuple[Box, ...]
    links: tuple[Link, ...]
    frames: tuple[Frame, ...]
    notes: tuple[str, ...]
    marks: tuple[Mark, ...] = field(default=(), repr=False)  # a picture without any has the bytes it always had
