"""Many parameters as one array: their numbers end to end, and their gradients in a second array of the same shape.

An optimizer is then a few NumPy calls over long arrays, whatever the parameters are. Tensors live in these arrays, so
nothing is copied; Values are read into them before a move and written back after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor, Value
from autograd.aligned import aligned_zeros

# Entries that are moved at a time: with the optimizer's own arrays they stay in the cache from one call to the next.
# Smaller blocks, which the second-level cache would hold, were no quicker: there are more calls to make.
BLOCK = 131_072


class Flat:
    """The parameters of one dtype in a fixed order, each with a place in `data` and in `grad`."""

    def __init__(self, parameters: Sequence[Any], sizes: Sequence[int], dtype: Any) -> None:
        self.parameters = parameters
        ends = list(accumulate(sizes))
        self.places = [slice(end - size, end) for size, end in zip(sizes, ends, strict=True)]
        self.data: NDArray[Any] = aligned_zeros(ends[-1], dtype)
        self.grad: NDArray[Any] = aligned_zeros(ends[-1], dtype)

    def gather(self) -> list[bool]:
        """Brings numbers and gradients into their places, and says which parameters have a gradient to follow."""
        raise NotImplementedError

    def release(self, moved: Sequence[bool]) -> None:
        """Hands the numbers back to the parameters that were moved."""
        raise NotImplementedError

    def blocks(self, moved: Sequence[bool], kinds: Sequence[Any]) -> list[tuple[slice, Any]]:
        """The places of neighbours that move and are of one kind, joined, in pieces of at most BLOCK entries."""
        runs = groupby(zip(moved, kinds, self.places, strict=True), key=lambda item: item[:2])
        found = [(kind, [place for _, _, place in run]) for (moves, kind), run in runs if moves]
        return [(piece, kind) for kind, run in found for piece in _cut(run[0].start, run[-1].stop)]


class FlatTensors(Flat):
    """Tensors, which live here: their data and grad are parts of the two arrays."""

    def __init__(self, parameters: Sequence[Tensor]) -> None:
        super().__init__(parameters, [p.size for p in parameters], parameters[0].dtype)
        self._homes: list[Any] = []

    def gather(self) -> list[bool]:
        for parameter, (home, grad) in zip(self.parameters, self.homes, strict=True):
            if not parameter.lives_in(home):  # at first, or when another optimizer has taken it in
                parameter.move_to(home, grad)
        return [p.requires_grad and p.bring_grad_home() for p in self.parameters]

    def release(self, moved: Sequence[bool]) -> None:
        for parameter, has_moved in zip(self.parameters, moved, strict=True):
            if has_moved:
                parameter.changed()

    @property
    def homes(self) -> list[tuple[NDArray[Any], NDArray[Any]]]:
        """Of every parameter its part of the two arrays: the same ones whenever it comes back."""
        if not self._homes:
            several = zip(self.parameters, self.places, strict=True)
            self._homes = [(self.data[at].reshape(p.shape), self.grad[at].reshape(p.shape)) for p, at in several]
        return self._homes

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_homes": []}  # a copy has parts of its own arrays


class FlatValues(Flat):
    """Values, read before a move and written after it."""

    def __init__(self, parameters: Sequence[Value]) -> None:
        super().__init__(parameters, [1] * len(parameters), np.float64)

    def gather(self) -> list[bool]:
        self.data[:] = [p.data for p in self.parameters]
        self.grad[:] = [p.grad or 0.0 for p in self.parameters]
        return [p.requires_grad for p in self.parameters]

    def release(self, moved: Sequence[bool]) -> None:
        for parameter, number, has_moved in zip(self.parameters, self.data.tolist(), moved, strict=True):
            if has_moved:
                parameter.data = number


def flattened(parameters: Sequence[Any]) -> list[Flat]:
    """One Flat for each kind and dtype among the parameters, which keep their order."""
    groups: dict[Any, list[Any]] = {}
    for parameter in parameters:
        groups.setdefault(parameter.dtype if isinstance(parameter, Tensor) else Value, []).append(parameter)
    return [FlatValues(group) if key is Value else FlatTensors(group) for key, group in groups.items()]


def _cut(start: int, stop: int) -> list[slice]:
    return [slice(place, min(place + BLOCK, stop)) for place in range(start, stop, BLOCK)]
