"""Buffers: which array every NumPy call writes into, so that a program makes none while it runs.

An array's room is free again after the last call that reads it, and goes to the next array that fits. An elementwise
call writes over an operand that nobody reads after it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.aligned import aligned_empty
from autograd.program.tensors.fusions import places_in
from autograd.program.tensors.sketches import UFUNC, VIEW, At, Call, Sheet, cast, looked_up

# Functions that write where they are told, as ufuncs do.
WRITING = (np.dot, np.clip, np.concatenate, np.cumsum, np.argmax, np.argmin, np.where, cast, looked_up,
           np.reshape)  # fmt: skip


class Buffers:
    """The arrays of a program's calls: `arrays` by place, of all whose place in memory is known before the first call.

    `kept` are the places that are read when all calls are made; `homes` gives arrays of the caller's for some of them,
    `bound` those that are there before any call.
    """

    def __init__(
        self,
        sheet: Sheet,
        calls: Sequence[Call],
        kept: Collection[int],
        homes: Mapping[int, NDArray[Any]],
        bound: Mapping[int, NDArray[Any]],
    ) -> None:
        self.sheet, self.arrays = sheet, {**sheet.constants, **bound}
        self._free: list[NDArray[np.uint8]] = []
        self._rooms: dict[int, NDArray[np.uint8]] = {}  # of the places that have one of ours
        self.bytes = 0
        bases = self._bases(calls)
        last = {bases[p]: i for i, call in enumerate(calls) for p in places_in((call.arguments, call.options))}
        last |= {bases[place]: len(calls) for place in kept}
        homes = {
            bases[place]: home for place, home in homes.items() if bases[place] == place and self._fits(home, place)
        }
        for i, call in enumerate(calls):
            dying = {bases[p] for p in places_in((call.arguments, call.options)) if last[bases[p]] == i}
            if call.kind == VIEW:
                self._view(call)
            elif (call.kind == UFUNC and not self._on_numbers(call)) or call.function in WRITING:
                self._give_room(call, dying, homes.get(call.place))
            for place in dying & self._rooms.keys():
                self._free.append(self._rooms.pop(place))
        self.at_home = set(homes)

    def _bases(self, calls: Sequence[Call]) -> dict[int, int]:
        """For each place the one whose numbers it shares."""
        bases = {place: place for place in range(len(self.sheet.arrays))}
        for call in calls:
            if call.kind == VIEW:
                bases[call.place] = bases[places_in(call.arguments)[0]]
        return bases

    def _fits(self, home: NDArray[Any], place: int) -> bool:
        example = self.sheet.arrays[place]
        return home.shape == example.shape and home.dtype == example.dtype and home.strides == example.strides

    def _on_numbers(self, call: Call) -> bool:
        """Whether this is arithmetic on single numbers, such as a function made: they need no place of their own."""
        operands = places_in(call.arguments)
        return isinstance(call.function, np.ufunc) and not any(
            place in self.arrays or self.sheet.arrays[place].ndim for place in operands
        )

    def _view(self, call: Call) -> None:
        (source, *others) = places_in((call.arguments, call.options))
        if source in self.arrays and not others:
            arguments = [self.arrays[x.place] if isinstance(x, At) else x for x in call.arguments]
            self.arrays[call.place] = call.function(*arguments, **call.options)

    def _give_room(self, call: Call, dying: set[int], home: NDArray[Any] | None) -> None:
        example = self.sheet.arrays[call.place]
        if home is not None:
            self.arrays[call.place] = home
            return
        room = self._over(call, dying) if isinstance(call.function, np.ufunc) else None
        if room is None:
            fitting = [free for free in self._free if free.nbytes >= example.nbytes]
            room = min(fitting, key=lambda free: free.nbytes) if fitting else self._new(example.nbytes)
            self._free = [free for free in self._free if free is not room]
        self._rooms[call.place] = room
        self.arrays[call.place] = np.ndarray(example.shape, example.dtype, room.data, 0, example.strides)

    def _over(self, call: Call, dying: set[int]) -> NDArray[np.uint8] | None:
        """The room of an operand that dies here and is laid out as the result, of a call entry by entry."""
        if call.function.signature is not None:
            return None
        example = self.sheet.arrays[call.place]
        for argument in call.arguments:
            held = self.arrays.get(argument.place) if isinstance(argument, At) else None
            if held is None:
                continue
            for place in dying & self._rooms.keys():
                room = self._rooms[place]
                starts = held.ctypes.data == room.ctypes.data
                if starts and (held.shape, held.dtype, held.strides) == (example.shape, example.dtype, example.strides):
                    return self._rooms.pop(place)
        return None

    def _new(self, size: int) -> NDArray[np.uint8]:
        self.bytes += size
        return aligned_empty(size, np.uint8)
