"""The one description of a stepper: plain data that the terminal, the page, the widget and the storyboard show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from autograd.graph import Node
from autograd.view.parts import Box, Picture
from autograd.view.placement import Placement

Phase = Literal["forward", "seed", "backward", "done"]
Row = Literal["value", "grad"]

NOTHING = "—"  # the gradient of a node that has not heard anything
UNKNOWN = "…"  # the value of an operation that has not been computed


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens: an operation is computed, or a share of the gradient arrives at an operand.

    `box` and `link` are places in the picture. `shows` says what changes in it: the box, the row and its new text.
    """

    phase: Phase
    box: int  # forward: the operation; backward: the operand that receives, or the folded box that speaks
    link: int | None  # backward: the link along which the share travels
    boxes: tuple[int, ...]  # forward: the operands; backward: the operation that speaks
    title: str
    formula: str  # the rule with numbers put in
    role: str  # what the operation does to gradients
    note: str
    before: str
    after: str
    site: str  # file.py:12
    shows: tuple[tuple[int, Row, str], ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """What a step is about in the graph: the nodes computed or reached, and the largest |gradient| of those reached."""

    nodes: tuple[Node, ...]
    size: float = 0.0


@dataclass(frozen=True, slots=True)
class Story:
    """A graph stepped through: its picture, as it is when all is done, and every step on the way."""

    title: str
    picture: Picture
    placement: Placement
    steps: tuple[Step, ...]
    folded: Mapping[int, str] = field(default_factory=dict)  # the boxes that can be opened, by the names to open them
    notes: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()  # one for each step

    @property
    def start(self) -> list[tuple[int, Row, str]]:
        """What the rows of the boxes show before the first step: of leaves their value, and nothing more."""
        told = {(place, row) for step in self.steps for place, row, _ in step.shows}
        found: list[tuple[int, Row, str]] = []
        for place, box in enumerate(self.picture.boxes):
            for label, text in box.rows:
                if label == "value":
                    found.append((place, "value", UNKNOWN if (place, "value") in told else text))
                elif label == "grad":
                    found.append((place, "grad", NOTHING))
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """What the boxes are called in words."""
        return called(self.picture.boxes, self.folded)


def called(boxes: Sequence[Box], folded: Mapping[int, str]) -> tuple[str, ...]:
    """The names of boxes; of folded ones the whole name where the one in the picture is a number or there twice."""
    times = Counter(boxes[place].name for place in folded)
    whole = {place for place in folded if times[boxes[place].name] > 1 or boxes[place].name[0].isdigit()}
    return tuple(folded[place] if place in whole else box.name for place, box in enumerate(boxes))


def as_data(story: Story) -> dict[str, Any]:
    """The story as what JSON can hold: steps as objects without their empty entries.

    `start` and the `shows` of a step are lists of [box, "value" or "grad", text].
    """
    return {
        "title": story.title,
        "boxes": list(story.names),
        "start": [list(row) for row in story.start],
        "steps": [_step_as_data(step) for step in story.steps],
        "folded": {str(place): name for place, name in story.folded.items()},
        "notes": list(story.notes),
    }


def _step_as_data(step: Step) -> dict[str, Any]:
    entries: dict[str, Any] = {name: getattr(step, name) for name in _STEP}
    entries["boxes"], entries["shows"] = list(step.boxes), [list(row) for row in step.shows]
    return {name: entry for name, entry in entries.items() if entry not in ("", None, [])}


_STEP = ("phase", "box", "link", "title", "formula", "role", "note", "before", "after", "site")
