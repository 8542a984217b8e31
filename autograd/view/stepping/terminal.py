"""A story as plain text: one step between its neighbours with the numbers so far, or every step in a list."""

from __future__ import annotations

from collections.abc import Iterator

from autograd.view.stepping.steps import Step, Story
from autograd.view.table import aligned

LARGEST = 16  # boxes of which the table shows every one; of more only those that the step is about

_PHASES = {"forward": "forward", "seed": "backward", "backward": "backward", "done": "done"}


def page_at(story: Story, position: int, remark: str = "") -> str:
    """The step at a position, the titles of those around it, and a table of values and gradients as they are then."""
    steps = story.steps
    step = steps[position]
    lines = [story.title, f"step {position + 1} of {len(steps)} · {_PHASES[step.phase]}", ""]
    for place in range(max(position - 1, 0), min(position + 2, len(steps))):
        mark = "▶" if place == position else " "
        lines.append(f"{mark} {place + 1:>{len(str(len(steps)))}}  {steps[place].title}")
        if place == position:
            lines += [f"{'':>{len(str(len(steps))) + 4}}{line}" for line in _told(step)]
    if remark:
        lines += ["", remark]
    return "\n".join([*lines, "", _table(story, position)])


def listing(story: Story) -> str:
    """Every step, one after the other, and the numbers when all is done."""
    lines = [story.title]
    margin = len(str(len(story.steps)))
    phase = ""
    for place, step in enumerate(story.steps):
        if _PHASES[step.phase] != phase:
            phase = _PHASES[step.phase]
            lines += ["", phase]
        lines.append(f"{place + 1:>{margin + 2}}  {step.title}")
        lines += [f"{'':>{margin + 4}}{line}" for line in _told(step)]
    return "\n".join([*lines, "", _table(story, len(story.steps) - 1)])


def _told(step: Step) -> Iterator[str]:
    """What a step says below its title."""
    yield from (text for text in (step.formula, step.role, step.note) if text)
    if step.after and step.phase == "backward":
        yield f"grad {step.before} → {step.after}"
    if step.site:
        yield step.site


def _table(story: Story, position: int) -> str:
    """Value and gradient of the boxes once the steps up to a position are taken."""
    rows = {(place, row): text for place, row, text in story.start}
    for step in story.steps[: position + 1]:
        rows.update({(place, row): text for place, row, text in step.shows})
    boxes, names = story.picture.boxes, story.names
    wanted = _in_order(story)
    if len(boxes) > LARGEST:
        step = story.steps[position]
        about = {step.box, *step.boxes[:LARGEST]}
        wanted = [box for box in wanted if box in about]
    cells = [
        (names[b], boxes[b].detail, rows.get((b, "value"), ""), rows.get((b, "grad"), ""))
        for b in wanted
        if boxes[b].rows
    ]
    return aligned([("node", "function", "value", "grad"), *cells], right=(2, 3), ruled_after=(0,))


def _in_order(story: Story) -> list[int]:
    """The boxes in the order in which they are computed, each behind its operands.

    Where nothing is folded it is that of the picture, which begins a folded box at the first constant inside.
    """
    every = range(len(story.picture.boxes))
    if not story.folded:
        return list(every)
    told = [box for step in story.steps if step.phase == "forward" for box in (*step.boxes, step.box)]
    return list(dict.fromkeys([*told, *every]))
