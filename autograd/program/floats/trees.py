"""Trees: a listing cut into expressions, each of a shape and with a place where its result is kept."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from autograd.program.floats.shapes import Shape, constant_text, reads_once
from autograd.program.instructions import Instructions
from autograd.program.listing import Listing

LARGEST_TREE = 64  # instructions in one expression: nested deeper, Python's parser would stop
Part = tuple[Shape | str | None, tuple[int, ...]]  # what goes into another expression, and the places that it reads
Tree = tuple[int, Shape, tuple[int, ...]]  # the place of a result that is kept, its shape, the places that it reads


def grown(listing: Listing, often: float = math.inf) -> tuple[list[Tree], list[Tree]]:
    """The trees of the forward part, and those of the gradient part.

    A result is kept where it is used more than once, in the other part, handed out or asked for by a guard; what nobody
    uses is left out. A constant that is used more often than this belongs to the shape, others are read as numbers are.
    """
    turn, first = listing.forward, len(listing.inputs)
    uses = _uses(listing)
    parts: list[Part | None] = [None] * len(uses)  # at each place; constants lie at the end
    for i, x in enumerate(listing.constants):
        if uses[~i] > often:
            parts[~i] = constant_text(x), ()
    shapes: dict[Any, Shape] = {}
    ends = (0, turn), (turn, len(listing.instructions))
    before, after = (_grown(listing.instructions, start, stop, first, uses, parts, shapes) for start, stop in ends)
    return before, after


def _uses(listing: Listing) -> list[int]:
    """How often each place is read; more than once where its number must be kept for other reasons, too."""
    every = listing.last + len(listing.constants)
    counts = []
    operands, turn = listing.instructions.operands, listing.forward
    for lines in (operands[:turn], operands[turn:]):
        counts.append(np.bincount(np.fromiter(chain.from_iterable(lines), np.intp) % every, minlength=every))
    within, after = counts
    after[: len(listing.inputs) + turn] *= 2
    uses: list[int] = (within + after).tolist()
    for place in chain(listing.outputs, listing.gradients, [guard.place for guard in listing.guards]):
        if place is not None:
            uses[place] += 2
    return uses


def _grown(
    lines: Instructions,
    start: int,
    stop: int,
    first: int,
    uses: Sequence[int],
    parts: list[Part | None],
    shapes: dict[Any, Shape],
) -> list[Tree]:
    """The trees of the instructions from start to stop; hundreds of thousands of a large program pass here."""
    found: list[Tree] = []
    keep, known = found.append, shapes.get
    every, begin, end = lines.ops[start:stop], first + start, first + stop
    pairs = {op for op in set(every) if op.arity == 2 and reads_once(op)}
    key: tuple[Any, ...]
    columns = range(begin, end), every, lines.operands[start:stop], uses[begin:end]
    for place, op, operands, count in zip(*columns, strict=True):
        if op in pairs:
            a, b = operands
            left, right = parts[a], parts[b]
            if left is None:
                if right is None:
                    key, leaves = (op, None, None), operands
                else:
                    key, leaves = (op, None, right[0]), (a, *right[1])
            elif right is None:
                key, leaves = (op, left[0], None), (*left[1], b)
            else:
                key, leaves = (op, left[0], right[0]), left[1] + right[1]
        else:
            if not reads_once(op):
                _keep(operands, parts, found)
            each = [parts[x] or (None, (x,)) for x in operands]
            key, leaves = (op, *[part for part, _ in each]), tuple([x for _, read in each for x in read])
        if count:
            shape = known(key)
            if shape is None:
                shape = shapes[key] = Shape(op, key[1:])
            if count == 1 and shape.size < LARGEST_TREE:
                parts[place] = shape, leaves
            else:
                keep((place, shape, leaves))
    return found


def _keep(places: Sequence[int], parts: list[Part | None], found: list[Tree]) -> None:
    """Keeps the results at these places: they are used once, and read more than once there."""
    for place in places:
        part = parts[place]
        if part is not None and part[0].__class__ is Shape:
            parts[place] = None
            found.append((place, *part))  # type: ignore[arg-type]


def slots(trees: Sequence[Tree], begun: Mapping[int, int], kept: Collection[int]) -> dict[int, int]:
    """Where each result lies when it is needed: those nobody reads any more make room for others.

    `begun` says where the numbers lie that there are before; those at the places `kept` are there at the end.
    """
    last: dict[int, int] = {}
    for number, (_, _, leaves) in enumerate(trees):
        last.update(dict.fromkeys(leaves, number))
    last |= dict.fromkeys(kept, -1)
    where, free, count = dict(begun), [], len(begun)
    for number, (place, _, leaves) in enumerate(trees):
        for leaf in leaves:
            if last[leaf] == number and leaf >= 0:
                last[leaf] = -1
                free.append(where[leaf])
        if free:
            where[place] = free.pop()
        else:
            where[place] = count
            count += 1
    return where
