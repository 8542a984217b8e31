"""The executor on plain floats: straight-line code compiled by Python, or a loop over the tables of a large listing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from autograd.program import careful
from autograd.program.careful import Results
from autograd.program.floats.straight import straight
from autograd.program.floats.table_loop import TableLoop
from autograd.program.listing import Listing
from autograd.program.simplifying.passes import LARGEST

# What Python's functions raise where IEEE-754 has an infinity or nan.
EXCEPTIONAL = (ArithmeticError, ValueError)


class Floats:
    """Runs a listing on floats, bit for bit as the engine would; None where a guard goes the other way."""

    def __init__(self, listing: Listing, title: str) -> None:
        self.listing, self.title = listing, title
        self._one = len(listing.outputs) == 1

    @cached_property
    def functions(self) -> dict[str, Any]:
        """What calls run, `value` and `value_and_gradient`: made at the first call."""
        if len(self.listing.instructions) > LARGEST:
            return {"value": self._loop.value, "value_and_gradient": self._loop.value_and_gradient}
        return straight(self.listing, self.title)

    @cached_property
    def _loop(self) -> TableLoop:
        return TableLoop(self.listing, self.title)

    def prepare(self) -> None:
        """Makes at once whatever calls need, so that no later one makes anything: the tables of a large listing too."""
        self.functions  # noqa: B018 (made when they are looked at)
        if len(self.listing.instructions) > LARGEST:
            self._loop.prepare()

    def value(self, inputs: Sequence[float]) -> Sequence[float] | None:
        """The outputs."""
        try:
            y = self.functions["value"](*inputs)
        except EXCEPTIONAL:
            return careful.value(self.listing, inputs)
        return (y,) if self._one and y is not None else y

    def value_and_gradient(self, inputs: Sequence[float]) -> Results | tuple[Any, Any] | None:
        """The outputs, and the derivatives by the inputs that are differentiated toward."""
        try:
            found = self.functions["value_and_gradient"](*inputs)
            if found is None:
                return None
            total = sum(found[1])
        except EXCEPTIONAL:
            total = float("nan")
        if total != total:  # a nan among them, or ∞ − ∞: the masked way knows
            return careful.value_and_gradient(self.listing, inputs)
        return (found[0],), found[1]
