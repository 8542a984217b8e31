"""Rooms: parts of a few long arrays, in which native code keeps what one stage gives the next."""

from __future__ import annotations

from typing import Any

from autograd.program.native_tensors.stages import Stage
from autograd.program.tensors.fusions import places_in


class Rooms:
    """Rooms in one array for each dtype, which are free again after the last stage that reads them."""

    def __init__(self) -> None:
        self.sizes: dict[Any, int] = {}
        self._free: dict[Any, list[tuple[int, int]]] = {}

    def taken(self, size: int, dtype: Any) -> int:
        """The start of a room for so many entries."""
        line = 64 // dtype.itemsize
        size += -size % line
        free = self._free.setdefault(dtype, [])
        fitting = [room for room in free if room[1] >= size]
        if fitting:
            room = min(fitting, key=lambda room: room[1])
            free.remove(room)
            if room[1] > size:
                free.append((room[0] + size, room[1] - size))
            return room[0]
        start = self.sizes.get(dtype, 0)
        self.sizes[dtype] = start + size
        return start

    def give_back(self, start: int, size: int, dtype: Any) -> None:
        """Makes a room free."""
        self._free[dtype].append((start, size + -size % (64 // dtype.itemsize)))


def reads(stage: Stage) -> list[int]:
    """The places that a stage reads."""
    return [place for call in stage.calls for place in places_in((call.arguments, call.options))]
