"""Passes: what makes a listing shorter without changing a bit of what it computes.

Each is a function from a listing to a listing. All but the last go over the instructions once and say, for each, which
place already holds its result; the last leaves out what nobody asks for.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from autograd import ops
from autograd.errors import AutogradError
from autograd.op import Op
from autograd.program.listing import Instruction, Listing

LARGEST = 20_000  # instructions: to simplify more takes longer than to run them many times
# For an op with its operands, and the listing so far: a place that holds the result already, or None.
Finder = Callable[[Listing, Op, tuple[int, ...], Any], int | None]


def constants(listing: Listing) -> Listing:
    """Computes what depends on constants alone."""

    def known(new: Listing, op: Op, operands: tuple[int, ...], parameters: Any) -> int | None:
        if not all(place < 0 for place in operands):
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

    def shorter(new: Listing, op: Op, operands: tuple[int, ...], parameters: Any) -> int | None:
        rule = _ALGEBRA.get(op)
        return rule(new, *operands) if rule else None

    return _over(listing, shorter)


def common(listing: Listing) -> Listing:
    """Computes equal expressions once; a × b and b × a are equal."""
    seen: dict[Any, int] = {}
    numbers: dict[bytes, int] = {}

    def same_number(new: Listing, place: int) -> int:
        x = new.value_at(place) if place < 0 else None
        return numbers.setdefault(struct.pack("d", x), place) if x.__class__ is float else place

    def before(new: Listing, op: Op, operands: tuple[int, ...], parameters: Any) -> int | None:
        if parameters is not None:
            return None
        places = tuple([same_number(new, place) for place in operands])
        key = (op, *(sorted(places) if op in _COMMUTATIVE else places))
        found = seen.get(key)
        if found is None:
            seen[key] = new.last  # where this instruction is about to go
        return found

    return _over(listing, before)


def dead(listing: Listing) -> Listing:
    """Leaves out what no output, derivative or guard depends on."""
    first = len(listing.inputs)
    needed = {place for place in (*listing.outputs, *listing.gradients) if place is not None}
    needed |= {guard.place for guard in listing.guards}
    for i in range(len(listing.instructions) - 1, -1, -1):
        if first + i in needed:
            needed.update(listing.instructions[i].operands)
    places = {place: place for place in range(first)}
    kept = [i for i in range(len(listing.instructions)) if first + i in needed]
    places |= {first + i: first + number for number, i in enumerate(kept)}
    values = [place for place in range(-1, -len(listing.constants) - 1, -1) if place in needed]
    places |= {place: ~number for number, place in enumerate(values)}
    return replace(
        _moved(listing, places),
        constants=[listing.value_at(place) for place in values],
        instructions=[_placed(listing.instructions[i], places) for i in kept],
        forward=sum(i < listing.forward for i in kept),
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
    while True:
        before = len(listing.instructions)
        for name, shorten in PASSES.items():
            count = len(listing.instructions)
            listing = shorten(listing)
            removed[name] += count - len(listing.instructions)
        if len(listing.instructions) == before:
            return replace(listing, recorded=recorded), removed


# ── how a pass goes over a listing ───────────────────────────────────────────────────────────────────────────────────


def _over(listing: Listing, find: Finder) -> Listing:
    """The listing without the instructions whose result `find` knows to be somewhere."""
    first = len(listing.inputs)
    new = Listing(listing.inputs, list(listing.constants))
    new.shapes = {place: shape for place, shape in listing.shapes.items() if place < first}
    places = {place: place for place in range(-len(listing.constants), first)}
    for i, (op, operands, parameters, origin) in enumerate(listing.instructions):
        if i == listing.forward:
            new.forward = len(new.instructions)
        here = tuple([places[operand] for operand in operands])
        place, shape = find(new, op, here, parameters), listing.shapes.get(first + i)
        if place is None or new.shape_at(place) != shape:  # a number may stand for an array, and is none
            place = new.add(op, here, parameters, None if origin is None else places[origin])
            if shape is not None:
                new.shapes[place] = shape
        places[first + i] = place
    if listing.forward == len(listing.instructions):
        new.forward = len(new.instructions)
    moved = _moved(listing, places)
    return replace(moved, constants=new.constants, instructions=new.instructions, forward=new.forward)


def _moved(listing: Listing, places: dict[int, int]) -> Listing:
    """What a listing says about places, said of the new ones; of those that are gone, nothing.

    Where two places have become one, the derivative by it is a sum that nobody computes: it has no place.
    """
    here = Counter(places[place] for place in listing.adjoints if place in places)
    adjoints = {
        places[place]: places[adjoint]
        for place, adjoint in listing.adjoints.items()
        if place in places and adjoint in places and places[place] >= 0 and here[places[place]] == 1
    }
    return replace(
        listing,
        guards=[guard._replace(place=places[guard.place]) for guard in listing.guards],
        outputs=[places[place] for place in listing.outputs],
        adjoints=adjoints,
        gradients=[None if place is None else places[place] for place in listing.gradients],
        apart={places[place] for place in listing.apart if place in places},
        shapes={places[place]: shape for place, shape in listing.shapes.items() if place in places},
    )


def _placed(line: Instruction, places: dict[int, int]) -> Instruction:
    origin = None if line.origin is None else places.get(line.origin)
    return line._replace(operands=tuple([places[operand] for operand in line.operands]), origin=origin)


# ── algebra that is exact ────────────────────────────────────────────────────────────────────────────────────────────

_COMMUTATIVE = {ops.add, ops.mul, ops.equal, ops.not_equal}
_TRUTHS = {ops.greater, ops.greater_equal, ops.less, ops.less_equal, ops.equal, ops.not_equal}


def _line(listing: Listing, place: int) -> Instruction | None:
    i = place - len(listing.inputs)
    return listing.instructions[i] if i >= 0 else None


def _product(listing: Listing, a: int, b: int) -> int | None:
    for x, other in ((a, b), (b, a)):
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
