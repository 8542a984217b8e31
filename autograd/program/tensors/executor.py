"""The executor on whole arrays: the NumPy calls of a listing, made in arrays that are there already."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np

from autograd.program import careful
from autograd.program.careful import Results
from autograd.program.listing import Listing
from autograd.program.tensors.calls import Calls
from autograd.program.tensors.fusions import Fused
from autograd.program.tensors.page import RunningPage


class Arrays:
    """Runs a listing on arrays; None where a guard goes the other way.

    What it gives are copies: the arrays that a call works in are the next call's as well.
    """

    def __init__(self, listing: Listing, title: str) -> None:
        self.listing, self.title = listing, title
        self._pages: dict[bool, RunningPage] = {}
        self._lock = Lock()  # the arrays of a page are those of one call at a time

    def value(self, inputs: Sequence[Any]) -> Sequence[Any] | None:
        """The outputs."""
        found = self._run(as_arrays(inputs), gradient=False)
        return found[0] if found else careful.value(self.listing, inputs)

    def value_and_gradient(self, inputs: Sequence[Any]) -> Results | None:
        """The outputs, and the derivatives by the inputs that are differentiated toward."""
        found = self._run(as_arrays(inputs), gradient=True)
        if not found or any(np.isnan(g).any() for g in found[1]):
            return careful.value_and_gradient(self.listing, inputs)
        return found

    def _run(self, inputs: Sequence[Any], gradient: bool) -> Any:
        with self._lock, np.errstate(all="ignore"):
            if gradient not in self._pages:
                calls = Calls(self.listing, inputs, gradient=gradient)
                self._pages[gradient] = RunningPage(Fused(calls), self.listing.inputs)
            found = self._pages[gradient].run(*inputs)
            return found and tuple([np.array(a)[()] for a in part] for part in found)


def as_arrays(inputs: Sequence[Any]) -> list[Any]:
    """Numbers as arrays of the arrays' dtype, which they take on in what is recorded."""
    floats = [x.dtype for x in inputs if isinstance(x, np.ndarray) and x.dtype.kind == "f"]
    dtype = np.result_type(*floats) if floats else np.dtype(float)
    return [x if isinstance(x, np.ndarray) else np.array(x, dtype) for x in inputs]
