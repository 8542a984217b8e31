"""Fusing: a listing with its formulas in stable forms, and the gradient that the rules write for these.

Results differ from those of the formulas by a few roundings of what the exponentials are taken of, where these are
finite; and they are finite, derivatives too, where the formulas overflow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograd.op import Op
from autograd.program.lines import Line
from autograd.program.listing import Listing
from autograd.program.reversing import Wanted, reverse
from autograd.program.simplifying.exponentials import Reading
from autograd.program.simplifying.stable_forms import STABLE_FORMS, StableForm

_FORMS_OF = {op: [form for form in STABLE_FORMS if form.op is op] for op in {form.op for form in STABLE_FORMS}}


def fused(listing: Listing) -> tuple[Listing, dict[str, int]]:
    """The listing with the stable forms of its formulas, and how often each form was taken.

    What decides a branch is left as it is, so that branches are those of the function; so is what no derivative goes
    through, recorded under no_grad.
    """
    first = len(listing.inputs)
    places = {place: place for place in range(-len(listing.constants), first)}
    new = Listing(listing.inputs, list(listing.constants))
    new.shapes = {place: listing.shapes[place] for place in places if place in listing.shapes}
    deciding, taken = _ancestry(listing, [guard.place for guard in listing.guards]), Counter[str]()
    apart: set[int] = set()
    reading = Reading(new, apart)
    for place in range(first, first + listing.forward):
        op, operands, parameters, _ = listing.instructions[place - first]
        here, shape = tuple([places[operand] for operand in operands]), listing.shapes.get(place)
        free = op in _FORMS_OF and place not in deciding and place not in listing.apart
        found = _form(reading, op, here, shape) if free else None
        if found is not None:
            form, places[place] = found
            taken[f"{form.formula} as {form.computed}"] += 1
            continue
        places[place] = new.add(op, here, parameters)
        if shape is not None:
            new.shapes[places[place]] = shape
        if place in listing.apart:
            apart.add(places[place])
    new.forward = len(new.instructions)
    new = replace(
        new,
        guards=[guard._replace(place=places[guard.place]) for guard in listing.guards],
        outputs=[places[place] for place in listing.outputs],
        apart=apart,
    )
    _differentiate(new, [place for place, g in enumerate(listing.gradients) if g is not None], bool(listing.gradients))
    return new, dict(taken)


def _form(reading: Reading, op: Op, operands: Sequence[int], shape: Any) -> tuple[StableForm, int] | None:
    """The first form that fits this instruction, written, and the place of its result."""
    numbers = [reading.at(operand) for operand in operands]
    for form in _FORMS_OF[op]:
        found = form.found(reading, *numbers)
        if isinstance(found, Line) and reading.listing.shape_at(found.place) == shape:
            return form, found.place
    return None


def _ancestry(listing: Listing, places: Sequence[int]) -> set[int]:
    """These places and those that they are computed from."""
    found, stack, first = set[int](), list(places), len(listing.inputs)
    while stack:
        place = stack.pop()
        if place >= first and place not in found:
            found.add(place)
            stack += listing.instructions[place - first].operands
    return found


def _differentiate(listing: Listing, toward: Sequence[int], differentiable: bool) -> None:
    """Appends the gradient part, as the rules write it."""
    if not differentiable:
        return
    constants = enumerate(listing.constants)
    listing.shapes |= {~i: (x.shape, x.dtype) for i, x in constants if isinstance(x, np.ndarray)}
    varying, wanted, first = set(toward), list[Wanted](), len(listing.inputs)
    for place, (op, operands, _, _) in zip(listing.places, listing.instructions, strict=True):
        edges = tuple([operand in varying and op.derivable for operand in operands])
        wanted.append(edges)
        if any(edges) and place not in listing.apart:
            varying.add(place)
    (root, *_) = listing.outputs
    walk = [place for place in reversed(listing.places) if place in varying] if root in varying else []
    reverse(listing, walk, wanted, toward, listing.shapes if listing.shape_at(root) is not None else {})
    assert len(listing.gradients) == first
