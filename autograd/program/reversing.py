"""Reversing: the gradient part of a listing, written by the derivative rules of its ops.

Backward is the same walk as everywhere: children before parents, each share the adjoint times the local derivative.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np

from autograd import ops
from autograd.errors import RuleError
from autograd.op import Op
from autograd.products import masked_product
from autograd.program.lines import Line, share_of
from autograd.program.listing import Instruction, Listing, Shapes

Wanted = tuple[bool, ...]
Step = Callable[[int, int, Wanted], Iterable[tuple[int, int]]]


def reverse(
    listing: Listing, walk: Iterable[int], wanted: Sequence[Wanted], wrt: Collection[int], shapes: Shapes
) -> None:
    """Appends the instructions that compute the gradient of the first output by each input in `wrt`.

    `walk` is the backward walk: the places of the instructions that a derivative may pass through, children before
    parents; `wanted` says of every instruction which of its operands it goes on to. `shapes` gives the shape and dtype
    at places that hold arrays; it is empty where all are numbers.
    """
    root = listing.outputs[0]
    adjoints = {root: _one(listing, root, shapes)}
    first, add = len(listing.inputs), listing.add
    step = _on_arrays(listing, shapes) if shapes else _on_floats(listing)
    for place in walk:
        adjoint = adjoints.get(place)
        if adjoint is None:  # only a condition or an index: its child had nothing to say to it
            continue
        for parent, share in step(place, adjoint, wanted[place - first]):
            known = adjoints.get(parent)
            if known is not None:
                share = add(ops.add, (known, share), None, place)
                if shapes:
                    shapes[share] = shapes[parent]
            adjoints[parent] = share
    unreached = {place for place in wrt if place not in adjoints}
    adjoints |= {place: _zero(listing, place, shapes) for place in unreached}
    listing.gradients = [adjoints[place] if place in wrt else None for place in range(first)]
    listing.adjoints = {p: adjoint for p, adjoint in adjoints.items() if p >= 0 and p != root and p not in unreached}


def _one(listing: Listing, place: int, shapes: Shapes) -> int:
    return listing.constant(np.ones(*shapes[place]) if place in shapes else 1.0)


def _zero(listing: Listing, place: int, shapes: Shapes) -> int:
    return listing.constant(np.zeros(*shapes[place]) if place in shapes else 0.0)


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _on_floats(listing: Listing) -> Step:
    """On numbers a rule writes the same lines wherever its op stands: written once an op, they are copied here."""
    instructions, first = listing.instructions, len(listing.inputs)
    blank = tuple.__new__
    templates: dict[Any, tuple[Any, ...]] = {}

    def step(place: int, adjoint: int, wanted: Wanted) -> Iterable[tuple[int, int]]:
        op, operands, _, _ = instructions[place - first]
        kind = (op, wanted, adjoint < 0 and listing.is_number(adjoint, 1.0))
        if kind not in templates:
            lines, numbers, shares = _template(op, op.rule, *kind[1:])
            templates[kind] = lines, [listing.constant(x) for x in reversed(numbers)], shares
        lines, constants, shares = templates[kind]
        if not lines and not constants:  # passed on as it is, or a number that is known
            here = [adjoint, place, *operands]
            return [(operands[i], here[share]) for i, share in shares]
        base = first + len(instructions)
        # What every place of the template is here: adjoint, result and operands, its lines, its constants at the end.
        here = [adjoint, place, *operands, *range(base, base + len(lines)), *constants]
        for rule_op, read, _, _ in lines:
            instructions.append(blank(Instruction, (rule_op, tuple([here[i] for i in read]), None, place)))
        return [(operands[i], here[share]) for i, share in shares]

    return step


@cache
def _template(
    op: Op, rule: Any, wanted: Wanted, seeded: bool
) -> tuple[list[Instruction], list[float], list[tuple[int, int]]]:
    """The lines that an op's rule writes, the constants it needs, and each operand's place with that of its share.

    The template's own inputs are the adjoint, the result and the operands. Where the adjoint is the 1 that a pass
    begins with, the share is the local derivative.
    """
    listing = Listing(["g", "y", *(f"x{i}" for i in range(len(wanted)))])
    adjoint, y, *operands = (Line(listing, place) for place in range(len(listing.inputs)))
    shares = []
    entries = rule(y, *operands)
    if not isinstance(entries, tuple) or len(entries) != len(wanted):
        raise RuleError(f"the rule of {op.name} must return a tuple of {len(wanted)} derivatives, and gave {entries!r}")
    for i, entry in enumerate(entries):
        if wanted[i] and entry is not None:
            local = entry() if callable(entry) else entry
            share = share_of(local if seeded else masked_product(adjoint, local), operands[i], op)
            shares.append((i, share.place))
    return listing.instructions, listing.constants, shares


# ── arrays ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _on_arrays(listing: Listing, shapes: Shapes) -> Step:
    """On arrays what a rule writes depends on shapes: it is run for every instruction."""
    first = len(listing.inputs)

    def line(place: int, like: int) -> Any:
        if like < 0 and listing.value_at(like).__class__ is float:
            return listing.value_at(like)
        return Line(listing, place, *shapes[like])

    def step(place: int, adjoint: int, wanted: Wanted) -> Iterable[tuple[int, int]]:
        op, operands, parameters, _ = listing.instructions[place - first]
        start = len(listing.instructions)
        parents = [line(operand, operand) for operand in operands]
        if op.whole:
            parents = [Line(listing, o, (), np.dtype(float)) if p.__class__ is float else p
                       for o, p in zip(operands, parents, strict=True)]  # fmt: skip
        edges = [True if edge else None for edge in wanted]
        shares = op.shares(line(adjoint, place), line(place, place), parents, edges, parameters, lambda _: None)
        found = [(operands[i], share_of(share, parents[i], op).place) for i, share in list(shares)]
        listing.instructions[start:] = [line._replace(origin=place) for line in listing.instructions[start:]]
        return found

    return step
