"""Recording: a function run on fresh leaves, twice, and written down as a listing.

What the two runs have in common is the program. Where they differ it would freeze something, randomness say, and
refuses. A leaf that both runs share lies outside the function, a model's parameter for instance: it becomes an input
of the program, read anew at every call.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from autograd.backward import paused_collector
from autograd.errors import Detached, Unrecordable
from autograd.graph import Node
from autograd.modes import Mode, ModeChange, Site, calling_site
from autograd.program.arguments import RESERVED
from autograd.program.listing import Guard, Listing, same
from autograd.program.reversing import reverse
from autograd.program.twins import captured_by_both
from autograd.program.writing import Written, walked
from autograd.tensor import Tensor


class Decision:
    """A node that decided which way a branch went, which way that was, and the line that asked."""

    __slots__ = ("held", "line", "node")

    def __init__(self, node: Node, held: bool, line: Site) -> None:
        self.node, self.held, self.line = node, held, line


class Recording(ModeChange):
    """Inside, decisions by numbers are noted, and turning a node into a plain number raises: it would be frozen."""

    __slots__ = ("decisions", "keeps_lines")

    def __init__(self, keeps_lines: bool = False) -> None:
        super().__init__()
        self.decisions: list[Decision] = []
        self.keeps_lines = keeps_lines

    def _changed(self, mode: Mode) -> Mode:
        return Mode(keeps_lines=self.keeps_lines, attached=True, recording=self)

    def decided(self, node: Node) -> bool:
        """Whether the number of this node is true: a guard of the program from now on."""
        held = bool(node._data)
        self.decisions.append(Decision(node, held, calling_site()))
        return held

    def read(self, node: Node, how: str) -> None:
        """Refuses to hand out a plain number."""
        raise Detached(
            f"{calling_site()} reads {how} of {node!r} while a program is recorded: the number would be frozen into "
            "it. Compute with the node itself; autograd has exp, where, maximum and the like"
        )

    def written_to(self, node: Node) -> None:
        """Refuses a change that replays would not repeat."""
        raise Unrecordable(
            f"{calling_site()} sets the data of {node!r} while a program is recorded, and a program would not do so "
            "again: give the new numbers back as results, and set them outside"
        )


class Run:
    """What one run of the function left: the nodes of its decisions and outputs, and what it gave, as a tree."""

    def __init__(
        self, f: Callable[[Sequence[Any]], tuple[Any, list[Any]]], inputs: Sequence[Any], keeps_lines: bool = False
    ) -> None:
        recording = Recording(keeps_lines)
        self.inputs = inputs
        with recording:
            self.result, self.outputs = f(inputs)
        self.decisions = recording.decisions
        self.ends = [*(decision.node for decision in self.decisions), *self.outputs]
        self.roots = [x for x in self.ends if isinstance(x, Node)]

    @cached_property
    def order(self) -> list[Node]:
        """Every node that an output or a decision depends on, parents before children."""
        return walked(self.roots)

    def written(self, captured: Sequence[Node], names: Sequence[str]) -> Written:
        """The run as a listing, with its decisions and outputs."""
        written = Written(self.order, [*self.inputs, *captured], names)
        listing, places = written.listing, written.places
        listing.guards = [Guard(places[d.node], d.held, str(d.line)) for d in self.decisions]
        listing.outputs = [places[x] if isinstance(x, Node) else listing.constant(x) for x in self.outputs]
        return written


class Recorded:
    """A listing, the leaves that it uses besides the function's arguments, and the form of what the function gave."""

    def __init__(self, listing: Listing, captured: Sequence[Node], result: Any, of_arrays: bool) -> None:
        self.listing, self.captured, self.result, self.of_arrays = listing, captured, result, of_arrays


def recorded(
    f: Callable[[Sequence[Any]], tuple[Any, list[Any]]],
    fresh: Callable[[], Sequence[Node]],
    names: Sequence[str],
    wrt: Sequence[int],
    name: str,
    known: Mapping[Any, str],
    parameters: Collection[Any],
) -> Recorded:
    """The listing of f, which takes a list of leaves and gives its result and the outputs in it, from left to right.

    `fresh` makes new leaves for a run; `wrt` are the inputs differentiated toward, and among the
    leaves captured, which come after them, `parameters`. `known` gives names to captured leaves.
    """
    with paused_collector():
        one, two = Run(f, fresh()), Run(f, fresh())
        captured = _captured(one, two, lambda: Run(f, fresh(), keeps_lines=True), name)
        written = one.written(captured, [*names, *_names_of(captured, names, known)])
        root = one.outputs[0] if len(one.outputs) == 1 else None
        if root is not None and np.size(root._data if isinstance(root, Node) else root) == 1:
            toward = [*wrt, *(len(names) + i for i, leaf in enumerate(captured) if leaf in parameters)]
            reverse(written.listing, written.walk(root), written.wanted, toward, written.shapes(root))
    of_arrays = any(isinstance(x, Tensor) for x in (*one.inputs, *one.ends))
    return Recorded(written.listing, captured, one.result, of_arrays)


def _names_of(captured: Sequence[Node], taken: Sequence[str], known: Mapping[Any, str]) -> list[str]:
    """What captured leaves are called: as is known, or by their labels where these are names, else p1, p2, …"""
    used, names = {*taken, *RESERVED}, []
    for number, leaf in enumerate(captured, start=1):
        name = known.get(leaf) or leaf.label or ""
        name = name if name.isidentifier() else f"p{number}"
        while name in used:
            name += "_"
        used.add(name)
        names.append(name)
    return names


# ── what would be frozen ─────────────────────────────────────────────────────────────────────────────────────────────


def _captured(one: Run, two: Run, again: Callable[[], Run], name: str) -> list[Node]:
    """The leaves that both runs took from outside; Unrecordable where they differ, naming the first line that does."""
    decided = [d.held for d in one.decisions] == [d.held for d in two.decisions]
    if decided and len(one.outputs) == len(two.outputs):
        pairs = [*zip(one.inputs, two.inputs, strict=True), *zip(one.ends, two.ends, strict=True)]
        captured = captured_by_both(one.order, pairs, set(one.inputs))
        if captured is not None:
            return captured
    raise Unrecordable(
        f"{name} did not do the same twice with the same inputs{_first_difference(again(), again())}: a program would "
        "freeze what chance, or something it changes itself, made of it. Give such numbers as arguments"
    )


def _first_difference(one: Run, two: Run) -> str:
    for a, b in zip(walked(one.roots), walked(two.roots), strict=False):
        if a.op is not b.op or not same(a._data, b._data):
            site = a.site or next((n.site for n in one.order if n.site and a in n.parents), None)
            return f": first at {site}" if site else ""
    return ""
