"""step(root): the walk forward and the walk back, one operation and one contribution at a time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

from autograd.backward import paused_collector
from autograd.errors import ArgumentError, OperandError
from autograd.graph import Node
from autograd.view.contributions import visits_from
from autograd.view.drawing import demand_allowed, demand_foldable, demand_whole, saved
from autograd.view.folding import Fold
from autograd.view.names import names as names_of, node_called
from autograd.view.parts import Direction
from autograd.view.section import part_of
from autograd.view.starting import root_of
from autograd.view.stepping import terminal
from autograd.view.stepping.page.document import fragment_of_story, page_of_story
from autograd.view.stepping.steps import Step, Story
from autograd.view.stepping.telling import story_of
from autograd.view.stepping.watching import watched
from autograd.view.text import number

BOUND = 1e3  # |gradient| beyond which break_when stops
PAGE = 1_000  # nodes inside folded boxes that a page takes along, so that they open on a click


def step(
    root: Any,
    *xs: Any,
    direction: Direction = "LR",
    digits: int = 4,
    names: Mapping[str, Any] | None = None,
    fold: Fold = None,
    limit: int = 300,
) -> Stepper:
    """Steps through a root's graph, every operation forward and every contribution to a gradient back.

    The root is a Value, or a Tensor of one number; or a function, which is run at `xs`: plain numbers and arrays among
    them become variables named as its parameters, and every step knows its file and line. The gradients are those of
    one fresh walk back, the same that `backward()` runs; a leaf whose grad holds something else says so. Where boxes
    are folded, each is one step, and `open` steps through it. Options are those of `draw`.

    >>> stepper = step(lambda w, x: w * x, 2.0, 3.0)
    >>> stepper.run_to("w").formula
    '∂h1/∂w += ∂h1/∂h1 · ∂h1/∂w = 1 · 3 = 3'
    """
    demand_allowed("direction", direction, get_args(Direction))
    demand_whole("digits", digits, 1, 17)
    demand_whole("limit", limit, 2, None)
    demand_foldable(fold)
    options = _Options(direction, digits, names, fold, limit)
    return Stepper(root_of(root, xs), options)


@dataclass(frozen=True, slots=True)
class _Options:
    direction: Direction
    digits: int
    names: Mapping[str, Any] | None
    fold: Fold
    limit: int


class Stepper:
    """A story and a place in it: `next`, `back` and `seek` move, `print` shows where it stands, notebooks show it all.

    `position` is the place of the step it stands at, from 0; iteration goes over all steps and leaves it there.
    """

    def __init__(self, root: Node, options: _Options, remark: str = "") -> None:
        self._root, self._options = root, options
        with paused_collector():
            self._whole = story_of(
                root,
                names=options.names,
                digits=options.digits,
                fold=options.fold,
                limit=options.limit,
                direction=options.direction,
                remark=remark,
            )
        self._names = names_of(root, options.names, digits=options.digits)
        self.story = self._whole  # what is stepped through: all of it, or what reaches the node watched
        self.position = 0
        self.stopped = ""  # why the last run() stopped before the end
        self._bound: float | None = None
        self._widget: Any = None

    # ── where it stands ──────────────────────────────────────────────────────────────────────────────────────────────

    def __len__(self) -> int:
        return len(self.story.steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.story.steps)

    @property
    def current(self) -> Step:
        """The step it stands at."""
        return self.story.steps[self.position]

    def next(self) -> Step:
        """One step on; at the end it stays there."""
        return self.seek(min(self.position + 1, len(self) - 1))

    def back(self) -> Step:
        """One step back; at the beginning it stays there."""
        return self.seek(max(self.position - 1, 0))

    def seek(self, position: int) -> Step:
        """The step at a position, from 0; negative ones count from the end. ArgumentError where there is none."""
        if not isinstance(position, int) or isinstance(position, bool) or not -len(self) <= position < len(self):
            raise ArgumentError(f"seek({position!r}): there are steps 0 to {len(self) - 1}")
        self.position, self.stopped = position % len(self), ""
        if self._widget is not None:
            self._widget.position = self.position
        return self.current

    # ── going on until something happens ─────────────────────────────────────────────────────────────────────────────

    def run(self) -> Stepper:
        """Goes on to the next step at which `break_when` stops, or to the end; `stopped` says which gradient it was."""
        for place in range(self.position + 1, len(self)):
            size = self.story.facts[place].size
            if self._bound is not None and not (math.isfinite(size) and size <= self._bound):
                self.seek(place)
                self.stopped = self._about(size)
                return self
        self.seek(len(self) - 1)
        return self

    def run_to(self, target: Node | str) -> Step:
        """The next step about a node, given as itself or by its name: its value, or a contribution to its gradient."""
        node = self._node(target, "run_to")
        for place in range(self.position + 1, len(self)):
            if any(other is node for other in self.story.facts[place].nodes):  # Values are equal by their data
                return self.seek(place)
        name = self._names[node]
        if not any(other is node for fact in self.story.facts for other in fact.nodes):
            raise ArgumentError(f"no step is about {name}: it is not computed here, and no gradient comes back to it")
        raise ArgumentError(f"no step after {self.position} is about {name}: seek(0) goes back to the beginning")

    def break_when(self, bound: float | None = BOUND) -> Stepper:
        """From now on `run` stops where a gradient is not finite, or beyond the bound; None takes that back."""
        if bound is not None and (isinstance(bound, bool) or not isinstance(bound, (int, float)) or not bound > 0):
            raise ArgumentError(f"break_when(bound={bound!r}): the bound of |gradient| is a number above 0, or None")
        self._bound = bound
        return self

    def _about(self, size: float) -> str:
        """Why run() has stopped at the current step."""
        name, root = self.story.names[self.current.box], self._names[self._root]
        gradient = f"a gradient inside {name}" if self.current.box in self.story.folded else f"|∂{root}/∂{name}|"
        if not math.isfinite(size):
            return f"stopped: {gradient} is not finite: {number(size)}"
        assert self._bound is not None
        return f"stopped: {gradient} = {number(size)} is beyond {number(self._bound)}"

    # ── a part of it ─────────────────────────────────────────────────────────────────────────────────────────────────

    def watch(self, leaf: Node | str | None) -> Stepper:
        """Goes back to the beginning, and from now on takes only the steps that reach a node; None: all steps again.

        What the others change in the picture shows with the next step that is taken.
        """
        self._widget = None  # one that is shown goes on showing the steps it was made for
        self.story = self._whole if leaf is None else watched(self._whole, self._node(leaf, "watch"), self._root)
        self.seek(0)
        return self

    def open(self, box: str) -> Stepper:
        """The stepper of a folded box by its name, that of a region for one; gradients from outside are given."""
        return self._opened(self._folded(box))

    def _folded(self, name: str) -> int:
        boxes = self._whole.folded
        found = [place for place, own in boxes.items() if own == name]
        found = found or [place for place, own in boxes.items() if own.endswith(f".{name}")]
        if not found:
            known = ", ".join(boxes.values()) or "none: all is shown"
            raise ArgumentError(f"{name!r} is no folded box; there is {known}")
        if several := ", ".join(dict.fromkeys(boxes[place] for place in found if boxes[place] != boxes[found[0]])):
            raise ArgumentError(f"{name!r} is not one folded box: there are {boxes[found[0]]}, {several}")
        return min(found)

    def _opened(self, place: int) -> Stepper:
        root = part_of(self._root, self._members[place], self._visits, self._names)
        remark = f"inside {self._whole.folded[place]}, and what lies outside hears only what is said to it from here"
        return Stepper(root, replace(self._options, names=None, fold=None), remark)

    @cached_property
    def _visits(self) -> Any:
        return visits_from(self._root)

    @cached_property
    def _members(self) -> dict[int, tuple[Node, ...]]:
        """The nodes of every folded box."""
        told = zip(self._whole.steps, self._whole.facts, strict=True)
        return {s.box: fact.nodes for s, fact in told if s.phase == "forward" and s.box in self._whole.folded}

    def _node(self, target: Node | str, asker: str) -> Node:
        if isinstance(target, Node):
            if target not in self._names:
                raise ArgumentError(f"{target!r} is no node of the graph of {self._names[self._root]}")
            return target
        if not isinstance(target, str):
            raise OperandError(f"{asker} takes a node or its name, got {type(target).__name__}: {str(target)[:60]!r}")
        return node_called(self._names, target, f"{asker}(node)")

    # ── faces ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def __str__(self) -> str:
        return terminal.page_at(self.story, self.position, self.stopped)

    def __repr__(self) -> str:
        return f"<stepper: {self.story.title}, step {self.position + 1} of {len(self)}>"

    def listing(self) -> str:
        """Every step as text, one below the other."""
        return terminal.listing(self.story)

    def play(
        self, seconds: float = 1.0, show: Callable[[str], Any] = print, pause: Callable[[float], Any] = time.sleep
    ) -> None:
        """Shows every step from here to the end in a terminal, `seconds` apart."""
        if not isinstance(seconds, (int, float)) or not 0.0 <= seconds < math.inf:
            raise ArgumentError(f"play(seconds={seconds!r}): the pause between two steps is a number of seconds")
        show(str(self))
        while self.position < len(self) - 1:
            pause(seconds)
            self.next()
            show(f"\n{self}")

    def widget(self) -> Any:
        """The stepper as a widget, for a notebook with a kernel: where the one goes, the other goes.

        Its `position` can be read, set and observed. MissingExtra without anywidget.
        """
        from autograd.view.stepping.widget import widget_of

        self._widget = made = widget_of(self.story, position=self.position, inside=self._inside())
        made.observe(lambda change: made is self._widget and self.seek(change["new"]), "position")
        return made

    @property
    def html(self) -> str:
        """A page of its own that needs nothing else: no network, no kernel."""
        return page_of_story(self.story, position=self.position, inside=self._inside())

    def _inside(self) -> dict[int, Story]:
        """The stories of folded boxes, the smallest first, as far as a page should carry them."""
        found, left = {}, PAGE
        for place in sorted(self._members, key=lambda place: len(self._members[place])):
            left -= len(self._members[place])
            if left < 0:
                break
            found[place] = self._opened(place).story
        return found

    def save(self, path: str | Path) -> None:
        """Writes a file whose ending is .html (the page), .svg (a storyboard to print) or .txt (the list of steps)."""
        from autograd.view.stepping.storyboard import storyboard_of

        faces = {".html": lambda: self.html, ".svg": lambda: storyboard_of(self.story), ".txt": lambda: self.listing()}
        saved("a stepper", path, faces)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: the stepper as HTML, which works without a kernel, or the current step as text."""
        html = fragment_of_story(self.story, position=self.position, inside=self._inside())
        return {"text/html": html, "text/plain": str(self)}
