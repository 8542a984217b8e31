"""Recording: a function run on fresh leaves, twice, and written down as a listing.

What the two runs have in common is the program. Where they differ it would freeze something, randomness say, and
refuses. A leaf that both runs share lies outside the function, a model's parameter for instance: it becomes an input
of the program, read anew at every call.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from autograd import array_ops
from autograd.backward import paused_collector
from autograd.errors import Unrecordable
from autograd.graph import Node
from autograd.program.arguments import RESERVED
from autograd.program.decisions import Recording, needed, unrecorded
from autograd.program.forms import distinct, python_name
from autograd.program.listing import Guard, Listing, same
from autograd.program.reversing import reverse
from autograd.program.twins import walked_as_twins
from autograd.program.writing import Written, walked
from autograd.tensor import Tensor
from autograd.trees import rebuilt


class Run:
    """What one run of the function left: the nodes of its decisions and outputs, and what it gave, as a tree."""

    def __init__(
        self, f: Callable[[Sequence[Any]], tuple[Any, list[Any]]], inputs: Sequence[Any], keeps_lines: bool = False
    ) -> None:
        recording = Recording(keeps_lines)
        self.inputs = inputs
        with recording:
            self.result, self.outputs = f(inputs)
        self.decisions = needed(recording.decisions, self.outputs)
        self.ends = [*(decision.node for decision in self.decisions), *self.outputs]
        self.roots = [x for x in self.ends if isinstance(x, Node)]
        self.of_arrays = any(isinstance(x, Tensor) for x in (*inputs, *self.ends))

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
        if self.of_arrays:
            written.note_shapes()
        return written


class Recorded:
    """A listing, the leaves that it uses besides the function's arguments, and the form of what the function gave.

    It is differentiable where that is one number: then the listing has a gradient part.
    """

    def __init__(self, listing: Listing, captured: Sequence[Node], run: Run, differentiable: bool) -> None:
        self.listing, self.captured, self.differentiable = listing, captured, differentiable
        self.result = rebuilt(run.result, iter([None] * len(run.outputs)))  # without the nodes: they hold the graph
        self.of_arrays = run.of_arrays


def recorded(
    f: Callable[[Sequence[Any]], tuple[Any, list[Any]]],
    fresh: Callable[[], Sequence[Node]],
    names: Sequence[str],
    wrt: Sequence[int],
    name: str,
    known: Mapping[Any, str],
    parameters: Collection[Any],
    *,
    beside: bool = False,
) -> Recorded:
    """The listing of f, which takes a list of leaves and gives its result and the outputs in it, from left to right.

    `fresh` makes new leaves for a run; `wrt` are the inputs differentiated toward, and among the
    leaves captured, which come after them, `parameters`. `known` gives names to captured leaves. The gradient
    is that of the one output; with `beside` of the first, beside which there may be others.
    """
    with paused_collector(), unrecorded():  # what both runs left is gone before the collector could go over it
        chance = _states_of_chance()
        run, captured = _run_twice(f, fresh, name)
        if _states_of_chance() != chance:
            raise Unrecordable(
                f"{name} draws random numbers, of Python's or NumPy's own generator: a program would freeze them, or "
                "what they decided. Draw them outside, and give them as arguments"
            )
        if run.of_arrays and any(map(_is_taken_by_truths, run.order)):
            site = next(node.site for node in Run(f, fresh(), keeps_lines=True).order if _is_taken_by_truths(node))
            raise Unrecordable(
                f"at {site} an array is indexed by truths that {name} computes: how many numbers that gives may differ "
                "from call to call, and a program's shapes are fixed. Choose with autograd.where(truths, array, 0.0)"
            )
        every = [*names, *_names_of(captured, names, known)]
        toward = [*wrt, *(len(names) + i for i, leaf in enumerate(captured) if leaf in parameters)]
        written = run.written(captured, every)
        root = run.outputs[0] if len(run.outputs) == 1 or beside else None
        made = Recorded(written.listing, captured, run, root is not None and np.size(_number(root)) == 1)
        shapes = written.listing.shapes if isinstance(root, Tensor) else {}
        walk, wanted = written.walk(root) if made.differentiable else (), written.wanted
        del run, root, written  # a large gradient part takes the room that the graph leaves
        if made.differentiable:
            reverse(made.listing, walk, wanted, toward, shapes)
    return made


def _run_twice(
    f: Callable[[Sequence[Any]], tuple[Any, list[Any]]], fresh: Callable[[], Sequence[Node]], name: str
) -> tuple[Run, list[Node]]:
    """What a run left, and the leaves that it takes from outside: those that a second run takes, too."""
    one, two = Run(f, fresh()), Run(f, fresh())
    one.order, captured = _common(one, two, lambda: Run(f, fresh(), keeps_lines=True), name)
    return one, captured


def _number(x: Any) -> Any:
    return x._data if isinstance(x, Node) else x


def _names_of(captured: Sequence[Node], taken: Sequence[str], known: Mapping[Any, str]) -> list[str]:
    """What captured leaves are called: as is known, or by their labels, else p1, p2, …"""
    names = [known.get(leaf) or leaf.label or f"p{number}" for number, leaf in enumerate(captured, start=1)]
    return distinct(map(python_name, names), {*taken, *RESERVED})


# ── what would be frozen ─────────────────────────────────────────────────────────────────────────────────────────────


def _common(one: Run, two: Run, again: Callable[[], Run], name: str) -> tuple[list[Node], list[Node]]:
    """What both runs did, and the leaves they took from outside; Unrecordable at the first line where they differ."""
    decided = [d.held for d in one.decisions] == [d.held for d in two.decisions]
    if decided and len(one.outputs) == len(two.outputs):
        ends, inputs = zip(one.ends, two.ends, strict=True), zip(one.inputs, two.inputs, strict=True)
        found = walked_as_twins(list(ends), list(inputs))
        if found is not None:
            return found
    raise Unrecordable(
        f"{name} did not do the same twice with the same inputs{_first_difference(again(), again())}: a program would "
        "freeze what chance, or something it changes itself, made of it. Give such numbers as arguments; a module that "
        "draws while it is trained, as Dropout does, is put in evaluation mode by model.eval()"
    )


def _states_of_chance() -> tuple[Any, ...]:
    """Where the generators are that belong to nobody: moved on, they have been used."""
    _, numbers, place, *normal = np.random.get_state(legacy=True)
    return random.getstate(), np.asarray(numbers).tobytes(), place, *normal


def _is_taken_by_truths(node: Node) -> bool:
    return node.op is array_ops.getitem and any(place._data.dtype.kind == "b" for place in node.parents[1:])


def _first_difference(one: Run, two: Run) -> str:
    for a, b in zip(walked(one.roots), walked(two.roots), strict=False):
        if a.op is not b.op or not same(a._data, b._data):
            node = a if a.site else next((n for n in one.order if n.site and any(p is a for p in n.parents)), None)
            return f": first at {node.site}{_of_region(node)}" if node is not None else ""
    return ""


def _of_region(node: Node) -> str:
    """The module or block that the node was made in, in words: a Dropout in training mode, say."""
    region = node.region
    if region is None:
        return ""
    return f", in {region.name}" + (f", {region.owner!r}" if not isinstance(region.owner, str) else "")
