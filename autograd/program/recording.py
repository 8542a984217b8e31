"""Recording: a function run on fresh leaves, twice, and written down as a listing.

What the two runs have in common is the program. Where they differ it would freeze something, randomness say, and
refuses. A leaf that both runs share lies outside the function, a model's parameter for instance: it becomes an input
of the program, read anew at every call.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from autograd.backward import paused_collector
from autograd.errors import Detached, Unrecordable
from autograd.graph import MANY, Node, ancestry
from autograd.modes import Mode, ModeChange, Site, calling_site
from autograd.program.listing import Guard, Instruction, Listing, same
from autograd.program.reversing import Wanted, reverse
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
    """What one run of the function left: the nodes of its outputs and decisions, and what it gave, as a tree."""

    def __init__(self, f: Callable[[Sequence[Any]], tuple[Any, list[Any]]], inputs: Sequence[Any], lines: bool) -> None:
        recording = Recording(lines)
        self.inputs = inputs
        with recording:
            self.result, self.outputs = f(inputs)
        self.decisions = recording.decisions
        roots = [decision.node for decision in self.decisions] + [x for x in self.outputs if isinstance(x, Node)]
        self.order = walked(roots)

    @property
    def leaves(self) -> list[Node]:
        """The leaves that are no inputs of the function."""
        own = set(self.inputs)
        return [node for node in self.order if node.op is None and node not in own]


def walked(roots: Sequence[Node], differentiable: bool = False) -> list[Node]:
    """The ancestry of several roots, one after the other."""
    if len(roots) == 1:
        return ancestry(roots[0], differentiable=differentiable)
    ends = Node()  # a child of all roots, to walk from
    ends.join(roots, [True] * len(roots))
    return ancestry(ends, differentiable=differentiable)[:-1]


class Recorded:
    """A listing with what belongs to it: the captured leaves, the form of the results, and which are numbers."""

    def __init__(self, listing: Listing, captured: Sequence[Node], result: Any, outputs: Sequence[Any]) -> None:
        self.listing, self.captured, self.result, self.outputs = listing, captured, result, outputs


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
        one, two = Run(f, fresh(), False), Run(f, fresh(), False)
        shared = set(two.leaves)
        captured = [leaf for leaf in one.leaves if leaf in shared]
        called = [*names, *_names_of(captured, names, known)]
        listing, places = _written(one, captured, called)
        again, _ = _written(two, captured, called)
        _demand_same(listing, again, lambda: (Run(f, fresh(), True), Run(f, fresh(), True)), name)
        _with_outputs(listing, one, places)
        if len(one.outputs) == 1 and isinstance(one.outputs[0], Node):
            toward = [*wrt, *(len(names) + i for i, leaf in enumerate(captured) if leaf in parameters)]
            _with_gradients(listing, one, places, toward)
    return Recorded(listing, captured, one.result, one.outputs)


def _written(run: Run, captured: Sequence[Node], names: Sequence[str]) -> tuple[Listing, dict[Node, int]]:
    """The forward part of a run as a listing, and the place of each of its nodes."""
    listing = Listing(list(names))
    places: dict[Node, int] = {node: i for i, node in enumerate([*run.inputs, *captured])}
    known: dict[float, int] = {}
    constants, append, place = listing.constants, listing.instructions.append, len(places)

    def constant(x: Any) -> int:
        if x.__class__ is float and x == x and x != 0.0:
            if x not in known:
                known[x] = listing.constant(x)
            return known[x]
        constants.append(x)
        return -len(constants)

    for node in run.order:
        op = node.op
        if op is None:
            if node not in places:
                places[node] = constant(node._data)
            continue
        left, right = node._left, node._right
        if right is MANY:
            operands = tuple([places[p] if isinstance(p, Node) else constant(p) for p in left])
        elif right is None:
            operands = (places[left] if isinstance(left, Node) else constant(left),)
        else:
            operands = (
                places[left] if isinstance(left, Node) else constant(left),
                places[right] if isinstance(right, Node) else constant(right),
            )
        append(Instruction(op, operands, getattr(node, "_parameters", None) or None))
        if not node._requires_grad and op.derivable and any(p.requires_grad for p in node.parents):
            listing.apart.add(place)
        places[node] = place
        place += 1
    listing.forward = len(listing.instructions)
    listing.guards = [Guard(places[d.node], d.held, str(d.line)) for d in run.decisions]
    return listing, places


def _names_of(captured: Sequence[Node], taken: Sequence[str], known: Mapping[Any, str]) -> list[str]:
    """What captured leaves are called: as is known, or by their labels where these are names, else p1, p2, …"""
    used, names = set(taken), []
    for number, leaf in enumerate(captured, start=1):
        name = known.get(leaf) or leaf.label or ""
        name = name if name.isidentifier() else f"p{number}"
        while name in used:
            name += "_"
        used.add(name)
        names.append(name)
    return names


def _with_outputs(listing: Listing, run: Run, places: dict[Node, int]) -> None:
    listing.outputs = [places[x] if isinstance(x, Node) else listing.constant(x) for x in run.outputs]


def _with_gradients(listing: Listing, run: Run, places: dict[Node, int], wrt: Sequence[int]) -> None:
    (root,) = run.outputs
    if np.size(root._data) != 1:
        return
    walk: list[tuple[int, Wanted]] = []
    shapes: dict[int, Any] = {}
    for node in reversed(walked([root], differentiable=True)) if root.requires_grad else ():
        if node.op is not None:
            walk.append((places[node], tuple([edge is not None for edge in node.edges])))
    if isinstance(root, Tensor):
        shapes = {place: (node._data.shape, node._data.dtype) for node, place in places.items()}
        shapes |= {~i: (x.shape, x.dtype) for i, x in enumerate(listing.constants) if isinstance(x, np.ndarray)}
    reverse(listing, walk, wrt, shapes)


# ── what would be frozen ─────────────────────────────────────────────────────────────────────────────────────────────


def _demand_same(one: Listing, two: Listing, with_lines: Callable[[], tuple[Run, Run]], name: str) -> None:
    """Unrecordable where two runs with the same inputs differ, naming the line of the first difference."""
    constants = len(one.constants) == len(two.constants) and all(map(same, one.constants, two.constants))
    if constants and one.guards == two.guards and _same_lines(one, two):
        return
    raise Unrecordable(
        f"{name} did not do the same twice with the same inputs{_first_difference(*with_lines())}: a program would "
        "freeze what chance, or something it changes itself, made of it. Give such numbers as arguments"
    )


def _same_lines(one: Listing, two: Listing) -> bool:
    lines = [i[:2] for i in one.instructions] == [i[:2] for i in two.instructions]
    return lines and all(
        _same_parameters(a.parameters, b.parameters)
        for a, b in zip(one.instructions, two.instructions, strict=True)
        if a.parameters is not None
    )


def _same_parameters(one: Any, two: Any) -> bool:
    """Whether the parameters of an array op are the same, arrays among them number by number."""
    if isinstance(one, dict):
        return one.keys() == two.keys() and all(_same_parameters(one[key], two[key]) for key in one)
    if isinstance(one, (tuple, list)):
        return type(one) is type(two) and len(one) == len(two) and all(map(_same_parameters, one, two))
    return same(one, two) if isinstance(one, (float, np.ndarray)) else bool(one == two)


def _first_difference(one: Run, two: Run) -> str:
    pairs = zip(one.order, two.order, strict=False)
    for a, b in pairs:
        if a.op is not b.op or not same(a._data, b._data):
            site = a.site or next((n.site for n in one.order if n.site and a in n.parents), None)
            return f": first at {site}" if site else ""
    return ""
