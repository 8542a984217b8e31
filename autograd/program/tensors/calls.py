"""The NumPy calls that a listing of Tensors comes down to, found by running the rows of the table on sketches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import array_ops
from autograd.op import Op
from autograd.program.listing import Listing
from autograd.program.tensors.sketches import FUNCTION, Sheet, Sketch, Undecided

# What NumPy and the table's functions raise where a sketch is not the array that they need.
_REFUSED = (Undecided, TypeError, ValueError, AttributeError)


class Calls:
    """A listing as NumPy calls: where among their results its inputs, outputs and gradients lie."""

    def __init__(self, listing: Listing, inputs: Sequence[Any], *, gradient: bool) -> None:
        self.listing, self.sheet, self.gradient = listing, Sheet(), gradient
        first = len(listing.inputs)
        stop = listing.last if gradient else first + listing.forward
        guards = {guard.place: guard for guard in listing.guards}
        # Constants lie at the end, so that a negative place finds its own.
        held: list[Any] = [self.sheet.sketch(np.asarray(x)) for x in inputs] + [None] * (stop - first)
        held += [self._held(x) for x in reversed(listing.constants)]
        for place in range(stop):
            self.sheet.line = place
            if place >= first:
                op, operands, parameters, _ = listing.instructions[place - first]
                held[place] = self._made(op, [held[operand] for operand in operands], parameters or {})
            if place in guards:
                x = held[place]
                self.sheet.decided(self._place(x), guards[place].held)
        self.outputs = [self._place(held[place]) for place in listing.outputs]
        gradients = [place for place in listing.gradients if place is not None] if gradient else []
        self.gradients = [self._place(held[place]) for place in gradients]
        self.results = [self._place(held[place]) if place >= first else -1 for place in range(stop)]

    def _held(self, x: Any) -> Any:
        return self.sheet.constant(x) if isinstance(x, np.ndarray) else x

    def _place(self, x: Any) -> int:
        return x.place if isinstance(x, Sketch) else self.sheet.constant(np.asarray(x)).place

    def _made(self, op: Op, operands: list[Any], parameters: dict[str, Any]) -> Any:
        """What an op makes of sketches: by the calls that its function makes, or by the function as a whole."""
        sheet = self.sheet
        if op is array_ops.scatter:  # which fills an array of zeros, step by step
            a, *places = operands
            index = array_ops.filled(parameters["index"], places)
            return sheet.called(FUNCTION, array_ops.scattered, (a, index, parameters["shape"]), {})
        if op.whole:
            operands = [sheet.constant(np.asarray(x)) if x.__class__ is float else x for x in operands]
        before = len(sheet.calls)
        places = [x.place if isinstance(x, Sketch) else None for x in operands]
        try:
            y = op.array_function(*map(_copied, operands), **parameters)
            return y if isinstance(y, Sketch) else sheet.constant(np.asarray(y))
        except _REFUSED:
            del sheet.calls[before:]
            operands = [x if place is None else Sketch(sheet, place) for x, place in zip(operands, places, strict=True)]
            return sheet.called(FUNCTION, op.array_function, operands, parameters)


def _copied(x: Any) -> Any:
    """A sketch of the same place: the function may make another of its own."""
    return Sketch(x.sheet, x.place) if isinstance(x, Sketch) else x
