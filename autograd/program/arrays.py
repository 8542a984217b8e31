"""The executor on whole arrays: every instruction by the array function of its op."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.op import Op
from autograd.program import careful
from autograd.program.careful import Results, truth
from autograd.program.listing import Listing, run


class Arrays:
    """Runs a listing on arrays; None where a guard goes the other way."""

    def __init__(self, listing: Listing, title: str) -> None:
        self.listing, self.title = listing, title

    def value(self, inputs: Sequence[Any]) -> list[Any] | None:
        """The outputs."""
        numbers = self._run(inputs, len(self.listing.inputs) + self.listing.forward)
        return None if numbers is None else [numbers[place] for place in self.listing.outputs]

    def value_and_gradient(self, inputs: Sequence[Any]) -> Results | None:
        """The outputs, and the derivatives by the inputs that are differentiated toward."""
        numbers = self._run(inputs, None)
        if numbers is None:
            return None
        found = [numbers[place] for place in self.listing.gradients if place is not None]
        if any(np.isnan(g).any() for g in found):
            return careful.value_and_gradient(self.listing, inputs)
        return [numbers[place] for place in self.listing.outputs], found

    def _run(self, inputs: Sequence[Any], until: int | None) -> list[Any] | None:
        with np.errstate(all="ignore"):
            numbers = run(self.listing, inputs, _apply, until)
        return None if any(truth(numbers[guard.place]) != guard.held for guard in self.listing.guards) else numbers


def _apply(op: Op, operands: Sequence[Any], parameters: Any) -> Any:
    if op.whole:
        return op(*(np.asarray(x) if x.__class__ is float else x for x in operands), **(parameters or {}))
    return op(*operands)
