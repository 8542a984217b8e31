"""Chains: elementwise calls after one another over arrays that are too large for the cache, made block by block.

A block's numbers are still in the cache when the next call reads them. Where all arrays fit into it nothing is won.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.program.tensors.fusions import places_in
from autograd.program.tensors.sketches import UFUNC, VIEW, At, Call, Sheet

Array = NDArray[Any]
# Measured: below this size the cache of all cores holds the arrays, and smaller blocks cost more calls than they save.
LARGE = 1 << 25  # bytes of the arrays of a chain, from which on it is made in blocks
BLOCK = 1 << 22  # bytes of a block of all of them


class Chain:
    """Calls that may be made one block after the other: each reads of what others write only the block it is at.

    `arrays` are those that are where they are before any call; others, such as inputs, share no memory with them.
    """

    def __init__(self, first: Call, sheet: Sheet, arrays: Mapping[int, Array]) -> None:
        self.calls, self._sheet, self._arrays = [first], sheet, arrays
        self.is_open = self._is_elementwise(first)

    def takes(self, call: Call) -> bool:
        """Whether a call can be the chain's next one."""
        if not self.is_open or not self._is_elementwise(call):
            return False
        one, other = self._result(self.calls[0]), self._result(call)
        if (one.shape, _slowest(one)) != (other.shape, _slowest(other)):
            return False
        written = self._result(call)
        return all(_apart_or_alike(a, self._result(c)) for c in self.calls for a in self._read(call)) and all(
            _apart_or_alike(a, written) for c in self.calls for a in [*self._read(c), self._result(c)]
        )

    def blocks(self) -> tuple[list[int], list[tuple[Any, ...]]]:
        """The places that are cut, and for every block their parts: an index where the array is not known yet.

        There are none where the chain is better made in one go.
        """
        if not self.is_open or len(self.calls) < 2:
            return [], []
        result = self._result(self.calls[0])
        axis, rows = _slowest(result) - result.ndim, result.shape[_slowest(result)]
        places = dict.fromkeys(p for call in self.calls for p in [*places_in(call.arguments), call.place])
        cut = [p for p in places if self._sheet.arrays[p].ndim >= -axis and self._sheet.arrays[p].shape[axis] > 1]
        size = sum(self._sheet.arrays[p].nbytes for p in cut)
        if size < LARGE or rows < 2:
            return [], []
        step = max(1, BLOCK * rows // size)
        parts = [slice(start, min(start + step, rows)) for start in range(0, rows, step)]
        return cut, [tuple(self._part(place, axis, part) for place in cut) for part in parts]

    def _part(self, place: int, axis: int, part: slice) -> Any:
        index: tuple[Any, ...] = (..., part, *[slice(None)] * (-1 - axis))
        return self._arrays[place][index] if place in self._arrays else index

    def _is_elementwise(self, call: Call) -> bool:
        elementwise = call.kind == UFUNC and isinstance(call.function, np.ufunc) and call.function.signature is None
        return elementwise and not call.options and call.place in self._arrays and self._result(call).ndim > 0

    def _result(self, call: Call) -> Array:
        return self._arrays[call.place]

    def _read(self, call: Call) -> list[Array]:
        return [self._arrays[x.place] for x in call.arguments if isinstance(x, At) and x.place in self._arrays]


def chains(calls: Sequence[Call], sheet: Sheet, arrays: Mapping[int, Array]) -> Iterator[Chain]:
    """All calls in their order, those together that can be a chain; views that are there already are left out."""
    last: Chain | None = None
    for call in calls:
        if call.kind == VIEW and call.place in arrays:
            continue
        if last is not None and last.takes(call):
            last.calls.append(call)
            continue
        if last is not None:
            yield last
        last = Chain(call, sheet, arrays)
    if last is not None:
        yield last


def _slowest(a: Array) -> int:
    """The axis along which neighbours lie farthest from each other: blocks along it lie in one piece each."""
    return max(range(a.ndim), key=lambda axis: (a.shape[axis] > 1, abs(a.strides[axis])))


def _apart_or_alike(a: Array, written: Array) -> bool:
    """Whether blocks of one array meet no other blocks of the other in memory."""
    if not np.may_share_memory(a, written):
        return True
    alike = (a.shape, a.strides, a.dtype) == (written.shape, written.strides, written.dtype)
    return alike and a.ctypes.data == written.ctypes.data
