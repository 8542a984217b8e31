"""Passes: what makes a listing shorter without changing a bit of what it computes.

Each is a function from a listing to a listing. All but the last go over the instructions once and say, for each, which
place already holds its result; the last leaves out what nobody asks for.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from autograd import ops
from autograd.errors import AutogradError
from autograd.op import Op
from autograd.program.instructions import Instruction, Instructions
from autograd.program.listing import Listing

LARGEST = 20_000  # instructions: to simplify more takes longer than to run them many times
# For an op with its operands, the listing so far, and where it would be put: a place that holds the result, or None.
Finder = Callable[[Listing, int, Op, tuple[int, ...], Any], int | None]


def constants(listing: Listing) -> Listing:
    """Computes what depends on constants alone."""

    def known(new: Listing, _: int, op: Op, operands: tuple[int, ...], parameters: Any) -> int | None:
        if operands and max(operands) >= 0:
            return None
        try:
            x = op(*map(new.value_at, operands), **(parameters or {}))
        except AutogradError:  # an array op on plain numbers, say: it is left to the executor
            return None
        return new.constant(x)

    return _over(listing, known)


def algebra(listing: Listing) -> Listing:
    """Leaves out what is exact in floating point: × 1, − − x, x ^ 1, choices that constants decide.

    Not x + 0, which turns −0 into 0, nor x × 0, which is nan where x is not finite.
    """

    def shorter(new: Listing, _: int, op: Op, operands: tuple[int, ...], parameters: Any) -> int | None:
        rule = _ALGEBRA.get(op)
        return rule(new, *operands) if rule else None

    return _over(listing, shorter)


def common(listing: Listing) -> Listing:
    """Computes equal expressions once; a × b and b × a are equal."""
    seen: dict[Any, int] = {}
    numbers: dict[bytes, int] = {}
    values = listing.constants
    alike = [numbers.setdefault(struct.pack("d", x), ~i) if x.__class__ is float else ~i for i, x in enumerate(values)]

    def before(_: Listing, place: int, op: Op, operands: tuple[int, ...], parameters: Any) -> int | None:
        if parameters is not None:
            return None
        if min(operands, default=0) < 0:
            operands = tuple([x if x >= 0 else alike[~x] for x in operands])
        if op in _COMMUTATIVE and operands[0] > operands[1]:
            operands = operands[::-1]
        known = seen.setdefault((op, operands), place)
        return None if known == place else known

    return _over(listing, before)


def dead(listing: Listing) -> Listing:
    """Leaves out what no output, derivative or guard depends on."""
    lines, first, last = listing.instructions, len(listing.inputs), listing.last
    needed = bytearray(last + len(listing.constants))  # constants lie at the end
    for place in (*listing.outputs, *listing.gradients, *(guard.place for guard in listing.guards)):
        if place is not None:
            needed[place] = True
    for place, operands in zip(range(last - 1, first - 1, -1), reversed(lines.operands), strict=True):
        if needed[place]:
            for operand in operands:
                needed[operand] = True
    if all(needed[first:]):
        return listing
    kept = [place for place in range(first, last) if needed[place]]
    values = [place for place in range(-1, -len(listing.constants) - 1, -1) if needed[place]]
    places: list[int | None] = [*range(first), *[None] * (len(needed) - first)]
    for here, place in enumerate(kept, start=first):
        places[place] = here
    for number, place in enumerate(values):
        places[place] = ~number
    new = Instructions()
    for place in kept:
        op, operands, parameters, origin = lines[place - first]
        moved = tuple([places[operand] for operand in operands])
        new.add(op, moved, parameters, None if origin is None else places[origin])  # type: ignore[arg-type]
    return replace(
        _moved(listing, places),
        constants=[listing.value_at(place) for place in values],
        instructions=new,
        forward=bisect_left(kept, first + listing.forward),
    )


PASSES: dict[str, Callable[[Listing], Listing]] = {
    "constants": constants,
    "algebra": algebra,
    "common subexpressions": common,
    "dead code": dead,
}


def simplified(listing: Listing) -> tuple[Listing, dict[str, int]]:
    """The listing after all passes, and how many instructions each of them removed: a large one as it is."""
    if len(listing.instructions) > LARGEST:
        return listing, {}
    recorded, removed = listing, dict.fromkeys(PASSES, 0)
    changes, seen = 0, dict.fromkeys(PASSES, -1)  # a pass finds all there is for it, and no more before others have
    while min(seen.values()) < changes:
        for name, shorten in PASSES.items():
            if seen[name] == changes:
                continue
            count = len(listing.instructions)
            listing = shorten(listing)
            gone = count - len(listing.instructions)
            removed[name] += gone
            changes += gone > 0 and shorten is not dead  # what nobody asks for is nothing that others go by
            seen[name] = changes
    return replace(listing, recorded=recorded), removed


# ── how a pass goes over a listing ───────────────────────────────────────────────────────────────────────────────────


def _over(listing: Listing, find: Finder) -> Listing:
    """The listing without the instructions whose result `find` knows to be somewhere."""
    lines, first, shapes = listing.instructions, len(listing.inputs), listing.shapes
    forward, parameters_of = listing.forward, lines.parameters
    places: list[Any] = [*range(listing.last), *range(-len(listing.constants), 0)]
    new = replace(listing, constants=list(listing.constants))  # as it was, until something is left out
    kept, at = None, first
    for place, op, operands in zip(range(first, listing.last), lines.ops, lines.operands, strict=True):
        if kept is not None:
            operands = tuple([places[operand] for operand in operands])
        parameters = parameters_of.get(place - first) if parameters_of else None
        found = find(new, at, op, operands, parameters)
        # A number may stand for an array, and is none.
        if found is not None and new.shape_at(found) == shapes.get(place):
            if kept is None:
                kept = lines.until(place - first)
                new = replace(new, instructions=kept, shapes=dict(shapes))
            places[place] = found
            forward -= place - first < listing.forward
            continue
        if kept is not None:
            origin = lines.origins[place - first]
            kept.add(op, operands, parameters, None if origin is None else places[origin])
            places[place] = at
            if shapes:
                new.shapes[at] = shapes.get(place)  # type: ignore[assignment]
        at += 1
    if kept is None:
        return listing
    return replace(_moved(listing, places), constants=new.constants, instructions=kept, forward=forward)


def _moved(listing: Listing, places: Sequence[int | None]) -> Listing:
    """What a listing says about places, said of the new ones, constants last; of those that are gone, nothing.

    Where two places have become one, the derivative by it is a sum that nobody computes: it has no place.
    """
    here = Counter(map(places.__getitem__, listing.adjoints))
    moved = ((places[place], places[adjoint]) for place, adjoint in listing.adjoints.items())
    new: Any = places  # where none is gone that is asked for
    return replace(
        listing,
        guards=[guard._replace(place=new[guard.place]) for guard in listing.guards],
        outputs=[new[place] for place in listing.outputs],
        adjoints={a: b for a, b in moved if a is not None and b is not None and a >= 0 and here[a] == 1},
        gradients=[None if place is None else new[place] for place in listing.gradients],
        apart={new[place] for place in listing.apart if new[place] is not None},
        shapes={new[place]: shape for place, shape in listing.shapes.items() if new[place] is not None},
    )


# ── algebra that is exact ────────────────────────────────────────────────────────────────────────────────────────────

_COMMUTATIVE = {ops.add, ops.mul, ops.equal, ops.not_equal}
_TRUTHS = {ops.greater, ops.greater_equal, ops.less, ops.less_equal, ops.equal, ops.not_equal}


def _line(listing: Listing, place: int) -> Instruction | None:
    i = place - len(listing.inputs)
    return listing.instructions[i] if i >= 0 else None


def _product(listing: Listing, a: int, b: int) -> int | None:
    if a >= 0 and b >= 0:
        return None
    for x, other in ((a, b), (b, a)):
        if other >= 0:
            continue
        if listing.is_number(other, 1.0):
            return x
        line = _line(listing, x)
        if _is_never(listing, x, other):
            return other
        if listing.is_number(other, -1.0) and line and line.op is ops.mul:
            for y, sign in (line.operands, line.operands[::-1]):
                if listing.is_number(sign, -1.0):
                    return y
    return None


def _quotient(listing: Listing, a: int, b: int) -> int | None:
    return a if listing.is_number(b, 1.0) else None


def _is_never(listing: Listing, truth: int, factor: int) -> bool:
    """Whether this is a truth, 1 or 0, × 0."""
    line = _line(listing, truth)
    return listing.is_number(factor, 0.0) and line is not None and line.op in _TRUTHS


def _choice(listing: Listing, condition: int, a: int, b: int) -> int | None:
    line = _line(listing, condition)
    if line and line.op is ops.mul and (_is_never(listing, *line.operands) or _is_never(listing, *line.operands[::-1])):
        return b  # of numbers the condition is 0.0 by now; of arrays it still says their shape
    if condition < 0 and listing.value_at(condition).__class__ is float:
        return a if listing.value_at(condition) != 0.0 else b
    return a if a == b else None


_ALGEBRA: dict[Op, Callable[..., int | None]] = {
    ops.mul: _product, ops.divide: _quotient, ops.pow: _quotient, ops.where: _choice,
}  # fmt: skip
