"""Places: where the numbers of a native program lie, and how its source names their entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from autograd.program.native_tensors.stages import Views
from autograd.program.tensors.sketches import Sheet


class Home(NamedTuple):
    """Where the numbers of a base lie: a pointer's name, and the entry that they begin at."""

    pointer: str
    start: int


class Places:
    """Where every base lies that is stored, by `homes`.

    `known` are numbers that have a name already; beside an array they take its dtype, as plain floats do.
    """

    def __init__(self, sheet: Sheet, views: Views, homes: Mapping[int, Home], known: Mapping[int, str] | None = None):
        self.sheet, self.views, self.homes = sheet, views, homes
        self.known: dict[int, str] = dict(known or {})

    def entry(self, place: int, indices: Sequence[str], steps: Sequence[int] | None = None) -> str:
        """The entry of an array at these indices, one an axis."""
        home = self.homes[self.views.bases[place]]
        start = home.start + self.views.offset(place)
        steps = self.views.steps(place) if steps is None else steps
        terms = [i if step == 1 else f"{i} * {step}" for i, step in zip(indices, steps, strict=True) if step and i]
        return f"{home.pointer}[{' + '.join([str(start), *terms] if start or not terms else terms)}]"

    def index(self, place: int, terms: Sequence[tuple[str, int]]) -> str:
        """The place of an entry in the memory that its pointer points to, of names times steps."""
        start = self.homes[self.views.bases[place]].start + self.views.offset(place)
        return " + ".join([str(start), *(f"{name} * {step}" for name, step in terms if step)])

    def pointer(self, place: int) -> str:
        """The name of the pointer to the memory that an array lies in."""
        return self.homes[self.views.bases[place]].pointer

    def number(self, place: int) -> str:
        """The one entry of an array."""
        return self.entry(place, [""] * self.views.examples[place].ndim)

    def dtype(self, place: int) -> Any:
        """What the numbers at a place are."""
        return self.sheet.arrays[place].dtype


def is_one_number(sheet: Sheet, place: int) -> bool:
    """Whether there is a constant at a place that is the same number wherever it is looked at."""
    x = sheet.constants.get(place)
    return x is not None and (x.size == 1 or bool((x == x.flat[0]).all()))
