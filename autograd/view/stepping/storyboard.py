"""A story on paper: one panel a step, each with the picture as it then is and the rule under it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from autograd.errors import ArgumentError
from autograd.view import palette
from autograd.view.markup import element, escaped, pixels, text
from autograd.view.placement import Spot
from autograd.view.stepping.panels import Panel, highlights, panels_of
from autograd.view.stepping.steps import NOTHING, Step, Story
from autograd.view.svg import FONT, drawn
from autograd.view.text import count, shortened, width

PAGE, SHEET = 794.0, 1123.0  # the width and height of A4 in pixels: no panel lies across the end of a sheet
MARGIN, GAP = 40.0, 22.0
COLUMN = (PAGE - 2 * MARGIN - GAP) / 2.0
LEGIBLE = 0.6  # the scale below which the text of a picture is too small on paper
MOST = 120  # panels, unless more are asked for
TITLE, FORMULA, WORDS = 13.0, 13.0, 11.0  # font sizes
LINE = 1.35  # from one line of text to the next, in font sizes


def storyboard_of(story: Story, every: int | None = None) -> str:
    """One SVG as wide as a page, for printing: every step, or every so many of them where there are more than 120.

    A picture too wide for the page is replaced by what the step is about, the operation and its operands. `every` is a
    whole number of at least 1; the last step is always there.
    """
    every = _spacing(len(story.steps), every)
    wanted = {*range(0, len(story.steps), every), len(story.steps) - 1}
    whole = story.placement.width * LEGIBLE <= PAGE - 2 * MARGIN
    panels = list(panels_of(story, wanted, whole=whole))
    grid = _Grid.of(panels)
    prefix = "s" + hashlib.sha256(repr((story.title, story.steps, every)).encode("utf-8", "replace")).hexdigest()[:10]
    body, top = _heading(story, every), MARGIN + 46.0
    for first in range(0, len(panels), grid.columns):
        row = panels[first : first + grid.columns]
        heights = [grid.scale * panel.placement.height + 8.0 + _height(grid.lines(panel)) for panel in row]
        top = _on_one_sheet(top, max(heights))
        for i, panel in enumerate(row):
            body.append(grid.panel(panel, MARGIN + i * (COLUMN + GAP), top, f"{prefix}-{panel.number}"))
        top += max(heights) + GAP
    size = {"width": pixels(PAGE), "height": pixels(top + MARGIN - GAP)}
    head = {"xmlns": "http://www.w3.org/2000/svg", "id": prefix, **size, "role": "img", "font-family": FONT}
    head |= {"viewBox": f"0 0 {size['width']} {size['height']}", "style": "max-width:100%;height:auto"}
    ground = element("rect", {**size, "fill": palette.PAGE})
    return element("svg", head, f"<title>{escaped(story.title)}</title>", ground, *body) + "\n"


def _spacing(steps: int, every: int | None) -> int:
    if every is None:
        return max(1, -(-steps // MOST))
    if not isinstance(every, int) or isinstance(every, bool) or every < 1:
        raise ArgumentError(f"every={every!r} is not allowed: it is a whole number of at least 1")
    return every


def _on_one_sheet(top: float, height: float) -> float:
    """The top itself, or that of the next sheet where the panel would lie across the end of this one."""
    end = (top // SHEET + 1.0) * SHEET
    return top if top + height <= end - MARGIN or height > SHEET - 2 * MARGIN else end + MARGIN


def _heading(story: Story, every: int) -> list[str]:
    steps = count(len(story.steps), "step")
    about = steps if every == 1 else f"{steps}, of which one in {every} is shown, and the last"
    room = PAGE - 2 * MARGIN
    return [
        text(Spot(MARGIN, MARGIN + 12.0, "start"), shortened(story.title, 16.0, room, bold=True), 16.0, palette.INK,
             bold=True),
        text(Spot(MARGIN, MARGIN + 30.0, "start"), about, WORDS, palette.MUTED),
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Grid:
    """How many panels stand side by side, and the one scale of all their pictures."""

    columns: int
    scale: float

    @staticmethod
    def of(panels: list[Panel]) -> _Grid:
        widest = max(panel.placement.width for panel in panels)
        columns = 2 if widest * LEGIBLE <= COLUMN else 1
        room = COLUMN if columns == 2 else PAGE - 2 * MARGIN
        return _Grid(columns, min(1.0, room / widest))

    @property
    def room(self) -> float:
        return COLUMN if self.columns == 2 else PAGE - 2 * MARGIN

    def lines(self, panel: Panel) -> list[tuple[str, float, str]]:
        """The lines of text under a picture, with their sizes and colours."""
        step = panel.step
        texts = [
            (f"{panel.number}. {step.title}", TITLE, palette.INK),
            (step.formula, FORMULA, palette.BACK if step.phase != "forward" else palette.FORTH),
            (_change(step, panel.name), WORDS, palette.INK),
            (step.role, WORDS, palette.MUTED),
            (step.note, WORDS, palette.MUTED),
            (step.site, WORDS, palette.MUTED),
        ]
        return [(line, size, colour) for said, size, colour in texts for line in _wrapped(said, size, self.room)]

    def panel(self, panel: Panel, left: float, top: float, prefix: str) -> str:
        """The picture with what the step is about marked in it, and its lines below."""
        at = f"translate({pixels(left)} {pixels(top)}) scale({self.scale:.4g})"
        marked = [*drawn(panel.picture, panel.placement, prefix), *highlights(panel)]
        parts = [element("g", {"transform": at}, *marked)]
        y = top + panel.placement.height * self.scale + 8.0
        for i, (line, size, colour) in enumerate(self.lines(panel)):
            y += size * LINE
            parts.append(text(Spot(left, y, "start"), line, size, colour, bold=i == 0))
        return element("g", {"id": prefix}, *parts)


def _height(lines: Sequence[tuple[str, float, str]]) -> float:
    return sum(size for _, size, _ in lines) * LINE


def _change(step: Step, name: str) -> str:
    kind = "value" if step.phase == "forward" else "gradient"
    return f"{kind} of {name}: {step.before or NOTHING} → {step.after}" if step.after else ""


def _wrapped(said: str, size: float, room: float) -> list[str]:
    """The words on as many lines as they need, none where there are none; a word wider than the room is shortened."""
    lines: list[str] = []
    for word in said.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size, bold=True) <= room:
            lines[-1] = longer
        else:
            lines.append(shortened(word, size, room, bold=True))
    return lines
