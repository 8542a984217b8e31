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
from autograd.program.instructions import Instructions
from autograd.program.lines import Line, share_of
from autograd.program.listing import Listing, Shapes

Wanted = tuple[bool, ...]


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
    if shapes:
        _through_arrays(listing, walk, wanted, adjoints, shapes)
    else:
        _through_numbers(listing, walk, wanted, adjoints)
    listing.gradients = [
        None if place not in wrt else adjoints[place] if place in adjoints else _zero(listing, place, shapes)
        for place in range(len(listing.inputs))
    ]
    del adjoints[root]
    listing.adjoints = adjoints


def _one(listing: Listing, place: int, shapes: Shapes) -> int:
    return listing.constant(np.ones(*shapes[place]) if place in shapes else 1.0)


def _zero(listing: Listing, place: int, shapes: Shapes) -> int:
    return listing.constant(np.zeros(*shapes[place]) if place in shapes else 0.0)


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _through_numbers(listing: Listing, walk: Iterable[int], wanted: Sequence[Wanted], adjoints: dict[int, int]) -> None:
    """On numbers a rule writes the same lines wherever its op stands: they are written once an op, and copied here."""
    lines, first, adjoint_of = listing.instructions, len(listing.inputs), adjoints.get
    op_of, operands_of = lines.ops, lines.operands
    add_op, add_operands, add_origin = op_of.append, operands_of.append, lines.origins.append
    copies: dict[Any, tuple[Callable[..., int], list[int]]] = {}
    place_after = listing.last
    for place in walk:
        adjoint = adjoint_of(place)
        if adjoint is None:  # only a condition or an index: its child had nothing to say to it
            continue
        i = place - first
        op = op_of[i]
        kind = op, wanted[i], adjoint < 0 and listing.is_number(adjoint, 1.0)
        known = copies.get(kind)
        if known is None:
            copy, numbers = _copy(op, op.rule, *kind[1:])
            known = copies[kind] = copy, [listing.constant(x) for x in numbers]
        copy, constants = known
        place_after = copy(
            add_op, add_operands, add_origin, place_after, constants, adjoints, adjoint, place, operands_of[i]
        )


@cache
def _copy(op: Op, rule: Any, wanted: Wanted, seeded: bool) -> tuple[Callable[..., int], list[float]]:
    """A function that appends what a rule writes and adds the shares to the adjoints; the constants that it needs.

    It takes what appends to the columns of the instructions, the place after the last, the places of those constants,
    the adjoints, the adjoint, the place of the op and those of its operands, and gives the place after the last. Every
    line of a large program is written by it: so it is Python of its own, line for line, and no loop over the template.
    """
    lines, constants, shares = _template(op, rule, wanted, seeded)
    inputs = ["g", "y", *(f"x{i}" for i in range(len(wanted)))]

    def name(place: int) -> str:
        if place < 0:
            return f"constants[{~place}]"
        return inputs[place] if place < len(inputs) else f"start + {place - len(inputs)}"

    def added(called: str, operands: Iterable[str]) -> str:
        return f"add_op({called}); add_operands(({''.join(f'{x}, ' for x in operands)})); add_origin(y)"

    body = [f"{''.join(f'{x}, ' for x in inputs[2:])} = operands"]
    body += [added(f"op{i}", map(name, line.operands)) for i, line in enumerate(lines)]
    body.append(f"after = start + {len(lines)}")
    for i, place in shares:
        share = name(place)
        body += [f"known = adjoints.get(x{i})", f"if known is None: adjoints[x{i}] = {share}", "else:"]
        body += [f"    {added('add', ['known', share])}", f"    adjoints[x{i}] = after", "    after += 1"]
    head = "def copy(add_op, add_operands, add_origin, start, constants, adjoints, g, y, operands):"
    namespace: dict[str, Any] = {"add": ops.add}
    namespace |= {f"op{i}": line.op for i, line in enumerate(lines)}
    exec("\n    ".join([head, *body, "return after"]), namespace)
    return namespace["copy"], constants


@cache
def _template(
    op: Op, rule: Any, wanted: Wanted, seeded: bool
) -> tuple[Instructions, list[float], list[tuple[int, int]]]:
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


def _through_arrays(
    listing: Listing, walk: Iterable[int], wanted: Sequence[Wanted], adjoints: dict[int, int], shapes: Shapes
) -> None:
    """On arrays what a rule writes depends on shapes: it is run for every instruction."""
    first = len(listing.inputs)
    for place in walk:
        adjoint = adjoints.get(place)
        if adjoint is None:  # only a condition or an index: its child had nothing to say to it
            continue
        for parent, share in _array_shares(listing, place, adjoint, wanted[place - first], shapes):
            known = adjoints.get(parent)
            if known is not None:
                share = listing.add(ops.add, (known, share), None, place)
                shapes[share] = shapes[parent]
            adjoints[parent] = share


def _array_shares(
    listing: Listing, place: int, adjoint: int, wanted: Wanted, shapes: Shapes
) -> Iterable[tuple[int, int]]:
    """The operands of an instruction, each with the place of its share."""

    def line(place: int, like: int) -> Any:
        if like < 0 and listing.value_at(like).__class__ is float:
            return listing.value_at(like)
        return Line(listing, place, *shapes[like])

    op, operands, parameters, _ = listing.instructions[place - len(listing.inputs)]
    start = len(listing.instructions)
    parents = [line(operand, operand) for operand in operands]
    if op.whole:
        parents = [Line(listing, o, (), np.dtype(float)) if p.__class__ is float else p
                   for o, p in zip(operands, parents, strict=True)]  # fmt: skip
    edges = [True if edge else None for edge in wanted]
    shares = op.shares(line(adjoint, place), line(place, place), parents, edges, parameters, lambda _: None)
    found = [(operands[i], share_of(share, parents[i], op).place) for i, share in list(shares)]
    listing.instructions.origins[start:] = [place] * (len(listing.instructions) - start)
    return found
