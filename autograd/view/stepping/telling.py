"""From a root to its story: one fresh walk back, told in the order of the picture's boxes."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from autograd.graph import Node
from autograd.view.contributions import Contribution, Visit, visits_from
from autograd.view.datum import same
from autograd.view.drawing import laid_out
from autograd.view.folding import Block, Fold, foldings
from autograd.view.layout import place
from autograd.view.names import names as names_of
from autograd.view.parts import Box, Direction, Picture
from autograd.view.placement import Placement
from autograd.view.reading import Pass, Reading
from autograd.view.stepping import sentences
from autograd.view.stepping.steps import NOTHING, Fact, Row, Step, Story, called
from autograd.view.text import one_line, width
from autograd.view.wording import counted


def story_of(
    root: Node,
    *,
    names: Mapping[str, Any] | None = None,
    digits: int = 4,
    fold: Fold = None,
    limit: int = 300,
    direction: Direction = "LR",
    remark: str = "",
) -> Story:
    """Every forward operation and every backward contribution of a graph, from one fresh walk back.

    Backward steps come in the order of the walk. Where the picture folds nodes into a box, that box is one step
    forward and one backward. Options are those of `draw`; a `remark` stands in the title and at the end. Raises
    ShapeError where the root is more than one number.
    """
    visits = visits_from(root)
    named = names_of(root, names, digits=digits)
    fresh = Pass({visit.node: visit.gradient for visit in visits})
    reading = Reading(root, named, fresh, digits, "derivatives", direction)
    folding, picture, placement = laid_out(reading, foldings(list(named), fold, limit))
    return _Teller(reading, folding.blocks, picture, visits).story(placement, remark)


class _Teller:
    """What is told so far, and where every node of the graph is in the picture."""

    def __init__(self, reading: Reading, blocks: tuple[Block, ...], picture: Picture, visits: list[Visit]) -> None:
        self.reading, self.blocks, self.visits = reading, blocks, visits
        self.home = {node: b for b, block in enumerate(blocks) for node in block.nodes}
        self.shown = dict(self._shown())
        self.picture = replace(picture, boxes=tuple(map(self._final, range(len(blocks)), picture.boxes)))
        self.folded = {b: _opened_by(block, picture.boxes[b]) for b, block in enumerate(blocks) if block.folded}
        self.called = called(picture.boxes, self.folded)
        self.links: dict[tuple[int, int], list[int]] = {}
        for j, link in enumerate(picture.links):
            self.links.setdefault((link.source, link.target), []).append(j)
        self.shares = Counter(c.operand for visit in visits for c in visit.contributions)
        self.heard: Counter[Node] = Counter()
        self.sums: dict[Node, Any] = {}
        self.steps: list[Step] = []
        self.facts: list[Fact] = []

    def story(self, placement: Placement, remark: str) -> Story:
        self._forward()
        self._seed()
        self._backward()
        self._done(remark)
        title = f"Steps of {one_line(self.reading.names[self.reading.root])}: {counted(self.reading.names)}"
        title += f"; {one_line(remark)}" if remark else ""
        notes = self.picture.notes
        story = Story(title, self.picture, placement, tuple(self.steps), self.folded, notes, tuple(self.facts))
        widest = _widest(story)
        return story if widest == self.picture else replace(story, placement=place(widest))

    # ── what the boxes show ──────────────────────────────────────────────────────────────────────────────────────────

    def _shown(self) -> Iterator[tuple[Node, int]]:
        """The node whose numbers each box shows: its own, or the one that is read outside a folded box."""
        read: list[dict[Node, None]] = [{} for _ in self.blocks]
        for node in self.reading.names:
            for parent in node.parents:
                if self.home[parent] != self.home[node]:
                    read[self.home[parent]][parent] = None
        read[self.home[self.reading.root]][self.reading.root] = None
        for b, block in enumerate(self.blocks):
            nodes = tuple(read[b]) if block.folded else block.nodes
            if len(nodes) == 1:
                yield nodes[0], b

    def _final(self, b: int, box: Box) -> Box:
        """The box as it is when all is done; a leaf's stored grad is told where it holds something else."""
        nodes = self.blocks[b].nodes
        if len(nodes) > 1 or nodes[0].op is not None or not nodes[0].requires_grad:
            return box
        text = self.reading.gradient(self.reading.adjoints.get(nodes[0], 0.0)) + self._stored(nodes[0])
        return replace(box, rows=tuple((label, text if label == "grad" else old) for label, old in box.rows))

    def _stored(self, leaf: Node) -> str:
        gradient, stored = self.reading.adjoints.get(leaf, 0.0), leaf.grad
        if stored is None or not np.any(stored) or same(stored, gradient, self.reading.digits):
            return ""
        return f" (stored {self.reading.gradient(stored)})"

    def _shows(self, row: Row, nodes: Iterable[Node], text: Callable[[Node], str]) -> tuple[tuple[int, Row, str], ...]:
        return tuple((self.shown[node], row, text(node)) for node in nodes if node in self.shown)

    # ── the steps ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _tell(self, fact: Fact, **entries: Any) -> None:
        plain: dict[str, Any] = {"link": None, "boxes": (), "formula": "", "role": "", "note": ""}
        plain |= {"before": "", "after": "", "site": "", "shows": ()}
        entries = {name: one_line(entry) if isinstance(entry, str) else entry for name, entry in entries.items()}
        self.steps.append(Step(**(plain | entries)))
        self.facts.append(fact)

    def _forward(self) -> None:
        """The operations in ancestry order, a folded box as soon as all that it reads is there."""
        before: list[set[int]] = [set() for _ in self.blocks]
        first: dict[int, int] = {}
        for i, node in enumerate(self.reading.names):
            first.setdefault(self.home[node], i)
            before[self.home[node]].update(self.home[parent] for parent in node.parents)
        for b in _in_order(before, first):
            block = self.blocks[b]
            operations = [node for node in block.nodes if node.op is not None]
            if not operations:
                continue
            shows = self._shows("value", operations, lambda node: self.reading.value(node._data))
            told = {"phase": "forward", "box": b, "boxes": tuple(sorted(before[b] - {b})), "shows": shows}
            if block.folded:
                told |= sentences.folded_forward(self.reading, self.called[b], block.nodes, self.shown)
            else:
                told |= sentences.forward(self.reading, block.nodes[0])
            self._tell(Fact(block.nodes), **told, site=_site(operations[-1]))

    def _seed(self) -> None:
        root, b = self.reading.root, self.home[self.reading.root]
        self.sums[root] = seed = self.reading.adjoints[root]
        text = self.reading.gradient(seed)
        shows = self._shows("grad", (root,), lambda _: text)
        told = sentences.seed(self.reading)
        self._tell(Fact((root,), 1.0), phase="seed", box=b, before=NOTHING, after=text, shows=shows, **told)

    def _backward(self) -> None:
        """The contributions in the order of the walk, those of a folded box together once it has heard everything."""
        said: list[list[Contribution]] = [[] for _ in self.blocks]
        before: list[set[int]] = [set() for _ in self.blocks]
        first: dict[int, int] = {}
        for i, visit in enumerate(self.visits):
            b = self.home[visit.node]
            first.setdefault(b, i)
            said[b] += visit.contributions
            for c in visit.contributions:
                before[self.home[c.operand]].add(b)
        for b in _in_order(before, first):
            if self.blocks[b].folded:
                self._folded_speaks(b, said[b])
                continue
            occurrences: Counter[int] = Counter()
            for c in said[b]:
                self._speaks(b, c, occurrences)

    def _speaks(self, b: int, c: Contribution, occurrences: Counter[int]) -> None:
        before, after = self._added(c)
        source = self.home[c.operand]
        text = self.reading.gradient(after)
        self._tell(
            Fact((c.operand,), _largest(after)),
            phase="backward",
            box=source,
            link=self._link(source, b, c, occurrences),
            boxes=(b,),
            **sentences.backward(self.reading, c),
            note="; ".join(filter(None, self._notes(c))),
            before=NOTHING if before is None else self.reading.gradient(before),
            after=text,
            site=_site(c.operation),
            shows=self._shows("grad", (c.operand,), lambda _: text),
        )

    def _link(self, source: int, target: int, c: Contribution, occurrences: Counter[int]) -> int:
        """The link of this edge: each operand of an operation has its own, a folded box one for all it hands over."""
        links = self.links[source, target]
        same_ends = [place for place, parent in enumerate(c.operation.parents) if self.home[parent] == source]
        return links[min(same_ends.index(c.place), len(links) - 1)]

    def _notes(self, c: Contribution) -> Iterator[str]:
        name, of = self.reading.names[c.operand], self.shares[c.operand]
        if of > 1:
            yield f"{name} adds up what it hears: {self.heard[c.operand]} of {of} shares so far"
        yield sentences.about_mask(c)
        if self.heard[c.operand] == of and c.operand.op is None and (stored := self._stored(c.operand)):
            yield f"{name}.grad holds {stored[len(' (stored ') : -1]}, for earlier passes are in it too"

    def _folded_speaks(self, b: int, said: list[Contribution]) -> None:
        receivers: dict[Node, Any] = {}
        for c in said:
            receivers[c.operand] = self._added(c)[1]
        outside = [node for node in receivers if self.home[node] != b]
        own = self.blocks[b].nodes
        gradients = [self.reading.adjoints[node] for node in own if node in self.reading.adjoints]
        self._tell(
            Fact((*own, *outside), _largest([_largest(g) for g in [*gradients, *receivers.values()]])),
            phase="backward",
            box=b,
            boxes=tuple(sorted({self.home[node] for node in outside})),
            **sentences.folded_backward(self.reading, self.called[b], own, outside, receivers),
            shows=self._shows("grad", receivers, lambda node: self.reading.gradient(receivers[node])),
        )

    def _added(self, c: Contribution) -> tuple[Any, Any]:
        """The operand's sum before and after a contribution; the last one is what the walk itself arrived at."""
        self.heard[c.operand] += 1
        before = self.sums.get(c.operand)
        with np.errstate(all="ignore"):
            after = c.share if before is None else before + c.share
        if self.heard[c.operand] == self.shares[c.operand]:
            after = self.reading.adjoints[c.operand]
        self.sums[c.operand] = after
        return before, after

    def _done(self, remark: str) -> None:
        variables = [node for node in self.reading.names if node.op is None and node.requires_grad]
        silent = [node for node in self.shown if node.requires_grad and node not in self.sums]
        late = [*silent, *(node for node in variables if node in self.sums and self._stored(node))]
        rows = {b: dict(box.rows) for b, box in enumerate(self.picture.boxes)}
        shows = self._shows("grad", dict.fromkeys(late), lambda node: rows[self.shown[node]].get("grad", NOTHING))
        told = sentences.done(self.reading, variables) | {"note": remark}
        self._tell(Fact(()), phase="done", box=self.home[self.reading.root], shows=shows, **told)


def _in_order(before: list[set[int]], first: Mapping[int, int]) -> Iterator[int]:
    """Blocks after all that come before them, and otherwise by their first place; those without a place are left out.

    Where every block is one node this is the order of the places themselves.
    """
    waiting = {b: len(before[b] - {b}) for b in first}
    after: dict[int, list[int]] = {}
    for b in first:
        for other in before[b] - {b}:
            after.setdefault(other, []).append(b)
    ready = [(first[b], b) for b, n in waiting.items() if n == 0]
    heapq.heapify(ready)
    while ready:
        _, b = heapq.heappop(ready)
        yield b
        for other in after.get(b, ()):
            waiting[other] -= 1
            if waiting[other] == 0:
                heapq.heappush(ready, (first[other], other))


def _largest(x: Any) -> float:
    """max |x|; nan where one entry is."""
    return float(np.max(np.abs(x), initial=0.0))


def _site(node: Node) -> str:
    return "" if node.site is None else node.site.short


def _opened_by(block: Block, box: Box) -> str:
    return box.name if block.place is None else block.place.name


def _widest(story: Story) -> Picture:
    """The picture with the widest text that each row ever shows, so that none of them sticks out of its box."""
    rows = [dict(box.rows) for box in story.picture.boxes]
    for step in story.steps:
        for b, row, text in step.shows:
            if width(text, 12.0) > width(rows[b].get(row, ""), 12.0):
                rows[b][row] = text
    boxes = (replace(box, rows=tuple(own.items())) for box, own in zip(story.picture.boxes, rows, strict=True))
    return replace(story.picture, boxes=tuple(boxes))
