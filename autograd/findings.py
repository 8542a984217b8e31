"""Findings: where in a graph a value or a derivative that matters stops being finite, and how that is said.

Both faces of the detector read them: `detect_anomaly` raises the first, `why_nan` explains it. Values and Tensors go
the same way here: a number is an array of one entry, and what matters is asked entry by entry.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from autograd import ops
from autograd.entries import call, called, entry, first_index, place_of, which_of
from autograd.graph import Node, ancestry
from autograd.liveness import live_operands

Kind = Literal["came in", "made here", "derivative", "masked", "sent back", "added up"]


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """One place where a number stops being finite.

    `kind` is "came in" (the leaf `node` held it, and `use` is the first op that met it), "made here" (`node` is it, of
    finite operands), "derivative" (adjoint × local derivative toward operand `place` of `node`), "masked" (the same,
    where one factor is 0 and the product was taken as 0), "sent back" (what an array op hands to an operand) or "added
    up" (the shares of a node, each of them finite). `lost` marks the entries of `node` that it is about.
    """

    kind: Kind
    node: Node
    lost: Any
    use: Node | None = None
    place: int | None = None
    above: Any = None
    local: Any = None

    @property
    def at(self) -> tuple[int, ...]:
        """The index of the first entry that is lost; () of a number."""
        return first_index(self.lost)

    @property
    def sentence(self) -> str:
        """The finding in one line: op, operands, and the line of the user's code or how to learn it."""
        return _SENTENCES[self.kind](self)


def finite(x: Any) -> bool:
    """Whether a number, or every entry of an array, is finite."""
    return math.isfinite(x) if x.__class__ is float else bool(np.isfinite(x).all())


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def lost_values(root: Node) -> list[Finding]:
    """Where the entries of the root that are not finite began, in ancestry order; none where all are finite.

    What a later op absorbed into a finite number, such as the branch that `where` does not take, is not among them.
    """
    if finite(root._data):
        return []
    masks: dict[Node, Any] = {root: _lost(root._data)}
    first_use: dict[Node, Node] = {}
    found: list[Finding] = []
    for node in reversed(ancestry(root)):
        mask = masks.pop(node, None)
        if mask is None:
            continue
        if node.op is None:
            found.append(Finding("came in", node, mask, use=first_use.get(node)))
            continue
        carried = list(carried_by(node, mask))
        if not carried:
            found.append(Finding("made here", node, mask))
        for parent, reached in carried:
            first_use[parent] = node  # the walk goes backward, so that the last one written is the first
            masks[parent] = masks[parent] | reached if parent in masks else reached
    return found[::-1]


def carried_by(node: Node, mask: Any) -> Iterator[tuple[Node, Any]]:
    """Each operand that handed something not finite on to these entries, with its own entries that did."""
    assert node.op is not None
    if not node.op.whole:
        yield from _carried_by_entries(node, mask)
        return
    if node.op.derivable:
        reached_by: Any = live_operands(node, mask, constants=True)
    else:
        reached_by = ((parent, np.ones(np.shape(parent._data), bool)) for parent in node.parents)
    for parent, reached in reached_by:
        lost = reached & _lost(parent._data)
        if lost.any():
            yield parent, lost


def _carried_by_entries(node: Node, mask: Any) -> Iterator[tuple[Node, Any]]:
    """An op that selects hands on what is nan or what it took; any other op hands on whatever is not finite."""
    assert node.op is not None
    y, parents = node._data, node.parents
    if node.op is ops.where:
        taken = np.not_equal(parents[0]._data, 0.0)
        choices: list[Any] = [(parents[1], taken), (parents[2], ~taken)]
    else:
        choices = [(parent, True) for parent in parents]
    for parent, chosen in choices:
        data = parent._data
        if finite(data):
            continue
        lost = mask & chosen & ~np.isfinite(data)
        if node.op.selects and node.op is not ops.where:
            lost = lost & (np.isnan(data) | np.equal(data, y))
        if np.any(lost):
            yield parent, _own_entries(lost, data)


def _own_entries(mask: Any, data: Any) -> Any:
    """A mask over what an operand was stretched to, as a mask over the operand."""
    beyond = tuple(range(np.ndim(mask) - np.ndim(data)))
    mask = np.any(mask, axis=beyond) if beyond else np.asarray(mask)
    stretched = tuple(i for i, size in enumerate(np.shape(data)) if size == 1 and mask.shape[i] != 1)
    return np.any(mask, axis=stretched, keepdims=True) if stretched else mask


def _lost(x: Any) -> Any:
    return np.asarray(~np.isfinite(x))


# ── the way back ─────────────────────────────────────────────────────────────────────────────────────────────────────


def on_the_way_back(root: Node, walk: Iterable[tuple[Node, Any]]) -> Iterator[tuple[Node, Any, list[Finding]]]:
    """The same walk, each node with what is found on its edges before any mask hides it.

    What only follows from an earlier finding is none; neither is what a choice has discarded.
    """
    live: dict[Node, Any] = {root: np.ones(np.shape(root._data), bool)}  # the entries whose adjoint matters
    spoiled: set[Node] = set()  # nodes that an earlier finding handed something to
    for node, adjoint in walk:
        mask = live.pop(node, None)
        found: list[Finding] = []
        if mask is not None:
            numbers = adjoint._data if isinstance(adjoint, Node) else adjoint
            found = list(_found_at(node, numbers, mask, node in spoiled))
            if node.op is not None:
                if node in spoiled or any(finding.kind != "masked" for finding in found):
                    spoiled.update(node.parents)
                for parent, reached in live_operands(node, mask):
                    live[parent] = live[parent] | reached if parent in live else reached
        yield node, adjoint, found


def _found_at(node: Node, adjoint: Any, mask: Any, spoiled: bool) -> Iterator[Finding]:
    if not finite(adjoint) and not spoiled:
        lost = mask & ~np.isfinite(adjoint)
        if lost.any():
            yield Finding("added up", node, lost, above=adjoint)
            spoiled = True
    if node.op is None:
        return
    yield from (_in_shares if node.op.whole else _in_products)(node, adjoint, mask, spoiled)


def _in_products(node: Node, adjoint: Any, mask: Any, spoiled: bool) -> Iterator[Finding]:
    """Of an elementwise op: the edges on which the product, before any mask, is not finite."""
    assert node.op is not None
    for place, local in enumerate(node.local_gradients):
        if local is None:
            continue
        if adjoint.__class__ is float and local.__class__ is float and math.isfinite(adjoint * local):
            continue
        with np.errstate(all="ignore"):
            product = adjoint * local
        if finite(product):
            continue
        lost = mask & ~np.isfinite(product)
        if node.op.selects:
            lost = lost & (local != 0.0)
        masked = lost & np.isnan(product) & (np.equal(adjoint, 0.0) | np.equal(local, 0.0))
        rest = lost & ~masked
        if rest.any() and not spoiled:
            yield Finding("derivative", node, rest, place=place, above=adjoint, local=local)
        if masked.any():
            yield Finding("masked", node, masked, place=place, above=adjoint, local=local)


def _in_shares(node: Node, adjoint: Any, mask: Any, spoiled: bool) -> Iterator[Finding]:
    """Of an array op: the operands to which it sends back what is not finite."""
    if spoiled:
        return
    with np.errstate(all="ignore"):
        for parent, share in node.shares(np.where(mask, adjoint, np.zeros_like(adjoint)), False):
            lost = ~np.isfinite(share)
            if lost.any():
                place = next(i for i, other in enumerate(node.parents) if other is parent)
                yield Finding("sent back", node, lost, place=place, above=adjoint, local=share)


# ── in words ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _made_here(finding: Finding) -> str:
    node, at = finding.node, finding.at
    assert node.op is not None
    return f"{node.op.name} gave {entry(node._data, at)}{which_of(finding.lost)}: {call(node, at)}{place_of(node)}"


def _came_in(finding: Finding) -> str:
    node, use = finding.node, finding.use
    value = f"the value {entry(node._data, finding.at)}{which_of(finding.lost)}"
    came = f"{value} came in from outside, as a leaf{called(node)}"
    if use is None or use.op is None:
        return came
    return f"{came}, first used by {use.op.name}: {call(use, None)}{place_of(use)}"


def _derivative(finding: Finding) -> str:
    node, at = finding.node, finding.at
    assert node.op is not None
    assert finding.place is not None
    above, local = entry(finding.above, at), entry(finding.local, at)
    which = f"operand {finding.place + 1}{called(node.parents[finding.place])}"
    if finding.kind == "masked":
        masked = f"{above} × {local} toward {which} is nan and was taken as 0"
        what = f"on the way back through {node.op.name}, {masked}"
    else:
        what = f"the derivative of {node.op.name} toward {which} is {local}, times {above} from above"
    return f"{what}{which_of(finding.lost)}: {call(node, at)} = {entry(node._data, at)}{place_of(node)}"


def _sent_back(finding: Finding) -> str:
    node = finding.node
    assert node.op is not None
    assert finding.place is not None
    parent = node.parents[finding.place]
    what = f"{node.op.name} sends back {entry(finding.local, finding.at)} toward {parent.label or 'an operand'}"
    return f"{what}{which_of(finding.lost)}: {call(node, None)}{place_of(node)}"


def _added_up(finding: Finding) -> str:
    node = finding.node
    what = f"the gradient of {node.op.name if node.op else 'a leaf'}{called(node)}"
    made = "" if node.op is None else f": {call(node, None if node.op.whole else finding.at)}{place_of(node)}"
    return f"{what} is {entry(finding.above, finding.at)}{which_of(finding.lost)}, added up from finite shares{made}"


_SENTENCES = {
    "came in": _came_in, "made here": _made_here, "derivative": _derivative, "masked": _derivative,
    "sent back": _sent_back, "added up": _added_up,
}  # fmt: skip
