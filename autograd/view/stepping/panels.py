"""The picture of a story as it is at one step: whole, or only what the step is about."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from autograd.view import palette
from autograd.view.layout import place
from autograd.view.markup import element, path, pixels
from autograd.view.parts import Link, Picture
from autograd.view.placement import Placement
from autograd.view.stepping.steps import Step, Story

MOST = 6  # operands in a picture of one operation, besides those the step is about

Texts = list[dict[str, str]]  # of every box the texts of its rows


@dataclass(frozen=True, slots=True)
class Panel:
    """A step with its picture; places in it are those of this picture, −1 where the step's box is not in it."""

    number: int  # counted from 1
    step: Step
    name: str  # of the step's box
    picture: Picture
    placement: Placement
    current: int
    lit: tuple[int, ...]
    link: int | None


def panels_of(story: Story, wanted: Collection[int], *, whole: bool) -> Iterator[Panel]:
    """The panels of the wanted steps, in order; with `whole` every one shows the whole picture."""
    texts: Texts = [dict(box.rows) for box in story.picture.boxes]
    for box, row, text in story.start:
        texts[box][row] = text
    computed = {i for i, box in enumerate(story.picture.boxes) if box.kind in ("variable", "constant")}
    travelled = _travelled(story)
    for k, step in enumerate(story.steps):
        for box, row, text in step.shows:
            texts[box][row] = text
        if step.phase == "forward":
            computed.add(step.box)
        if k in wanted:
            heard = {i for i, at in enumerate(travelled) if at <= k}
            kept = range(len(story.picture.boxes)) if whole else _about(story.picture, step)
            yield _panel(story, k, _state(story.picture, texts, computed, heard), kept)


def _travelled(story: Story) -> list[int]:
    """For every link the step at which all that travels back along it has arrived; the last one where nothing does.

    Several shares may travel along the link of a folded box, and a folded box speaks to all its operands in one step.
    """
    last = {step.link: k for k, step in enumerate(story.steps) if step.link is not None}
    spoke = {step.box: k for k, step in enumerate(story.steps) if step.phase == "backward" and step.link is None}
    end = len(story.steps) - 1
    return [last.get(i, spoke.get(link.target, end)) for i, link in enumerate(story.picture.links)]


def _state(picture: Picture, texts: Texts, computed: Collection[int], heard: Collection[int]) -> Picture:
    """The picture with the numbers of one moment: no derivative before its operation, no share before it travelled."""
    links = tuple(
        replace(
            link,
            forward=link.forward if link.target in computed else "",
            backward=link.backward if i in heard else "",
        )
        for i, link in enumerate(picture.links)
    )
    boxes = tuple(replace(box, rows=tuple(own.items())) for box, own in zip(picture.boxes, texts, strict=True))
    return replace(picture, boxes=boxes, links=links)


def _about(picture: Picture, step: Step) -> list[int]:
    """The boxes of the operation that is computed or speaks: itself and its operands, of many the first."""
    operation = step.boxes[0] if step.link is not None and step.boxes else step.box
    named = {step.box, *step.boxes[:MOST]}
    operands = [link.source for link in picture.links if link.target == operation]
    return sorted(named | set(operands[:MOST]))


def _panel(story: Story, k: int, picture: Picture, kept: Collection[int]) -> Panel:
    step, name = story.steps[k], story.names[story.steps[k].box]
    if len(kept) == len(picture.boxes):
        return Panel(k + 1, step, name, picture, story.placement, step.box, step.boxes, step.link)
    places = {box: i for i, box in enumerate(kept)}
    links = {i: link for i, link in enumerate(picture.links) if {link.source, link.target} <= places.keys()}
    part = Picture(
        title=picture.title,
        direction=picture.direction,
        boxes=tuple(replace(picture.boxes[box], name=story.names[box], frame=None) for box in kept),
        links=tuple(_moved(link, places) for link in links.values()),
        frames=(),
        notes=(),
    )
    lit = tuple(places[box] for box in step.boxes if box in places)
    link = None if step.link is None else list(links).index(step.link)
    return Panel(k + 1, step, name, part, place(part), places[step.box], lit, link)


def _moved(link: Link, places: Mapping[int, int]) -> Link:
    return replace(link, source=places[link.source], target=places[link.target])


def highlights(panel: Panel) -> Iterator[str]:
    """A thick line around the box of the step, dashed ones around its partners and along its link."""
    colour = palette.BACK if panel.step.phase != "forward" else palette.FORTH
    marked = [(box, "2", "6 3") for box in panel.lit] + [(panel.current, "3.2", "none")]
    if panel.link is not None:
        way = path(panel.placement.routes[panel.link])
        yield element("path", {"d": way, "fill": "none", "stroke": colour, "stroke-width": "2.6",
                               "stroke-dasharray": "7 5"})  # fmt: skip
    for box, thick, dashes in marked:
        area = panel.placement.boxes[box]
        sides = {"x": area.x, "y": area.y, "width": area.width, "height": area.height}
        radius = 7.0 if panel.picture.boxes[box].rows else area.height / 2.0
        numbers = {name: pixels(x) for name, x in (sides | {"rx": radius}).items()}
        yield element("rect", {**numbers, "fill": "none", "stroke": colour, "stroke-width": thick,
                               "stroke-dasharray": dashes})  # fmt: skip
