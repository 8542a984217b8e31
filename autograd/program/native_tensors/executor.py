"""The executor on whole arrays in native code: the calls of a listing as one function that Numba compiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.program.listing import Listing
from autograd.program.native.cache import numba
from autograd.program.native_tensors.page import NativePage
from autograd.program.native_tensors.stages import NotNative
from autograd.program.tensors.calls import Calls
from autograd.program.tensors.executor import Arrays
from autograd.program.tensors.fusions import Fused


class NativeArrays(Arrays):
    """Runs a listing on arrays in native code; what has no native form is run by NumPy, and `reason` says what that is.

    Results are within a few n ε of the exact ones, n being the terms of a sum, as those of NumPy are.
    """

    def __init__(self, listing: Listing, title: str) -> None:
        super().__init__(listing, title)
        numba()
        self.reason = ""
        self._natives: dict[bool, _Compiled] = {}

    def _run(self, inputs: Sequence[Any], gradient: bool) -> Any:
        with self._lock:
            if gradient not in self._natives and not self.reason:
                try:
                    self._natives[gradient] = _Compiled(self.listing, inputs, gradient)
                except NotNative as error:
                    self.reason = f"by NumPy, for {error}"
            native = self._natives.get(gradient)
            if native is not None and native.takes(inputs):
                return native(inputs)
        return super()._run(inputs, gradient)


class _Compiled:
    """The native code for inputs of the dtypes and shapes of these."""

    def __init__(self, listing: Listing, inputs: Sequence[NDArray[Any]], gradient: bool) -> None:
        inputs = [in_order(x) for x in inputs]
        page = NativePage(
            Fused(Calls(listing, inputs, gradient=gradient)), {i: f"p{i}" for i in range(len(inputs))}, {}
        )
        self._code, self._table = page.compiled()
        self._kinds = [(x.dtype, x.shape) for x in inputs]
        self._found = [page.array(place) for place in page.outputs], [page.array(place) for place in page.gradients]

    def takes(self, inputs: Sequence[NDArray[Any]]) -> bool:
        """Whether the code is for such inputs."""
        return [(x.dtype, x.shape) for x in inputs] == self._kinds

    def __call__(self, inputs: Sequence[NDArray[Any]]) -> Any:
        """Outputs and gradients; False where a decision falls otherwise."""
        status = self._code(*map(in_order, inputs), self._table)
        return status == 0.0 and tuple([np.array(a)[()] for a in part] for part in self._found)


def in_order(x: NDArray[Any]) -> NDArray[Any]:
    """The array, or a copy of it that lies row by row."""
    return x if x.flags.carray else np.array(x, order="C")
