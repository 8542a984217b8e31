"""An optimizer's move in native code.

It is the optimizer's own: `move` is run once on sketches, which write down the NumPy calls that it makes. Its numbers,
such as the learning rate, are read from the optimizer at every step.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd.program.native_tensors.page import NativePage
from autograd.program.native_tensors.places import Home, Places
from autograd.program.native_tensors.stages import NotNative, Stage, Views, is_elementwise
from autograd.program.native_tensors.writing import lines as lines_of, long_loop
from autograd.program.tensors.fusions import needed_calls, places_in
from autograd.program.tensors.sketches import DECISION, Sheet, Undecided
from nn.optimizers import Optimizer

EXAMPLE = 8  # numbers in the arrays that a move is recorded on


class Run(NamedTuple):
    """Neighbouring numbers that move in the same way: those of the flat with this number, from first to last."""

    flat: int
    first: int
    last: int
    decays: bool


def runs_of(optimizer: Optimizer, moved: list[list[bool]]) -> list[Run]:
    """The numbers that the optimizer moves, in as few pieces as there can be."""
    found: list[Run] = []
    for i, (flat, parts) in enumerate(zip(optimizer.flats, optimizer.parts(moved), strict=True)):
        for w, _, decays, _, _ in parts:
            first = (w.ctypes.data - flat.data.ctypes.data) // w.itemsize
            if found and found[-1][:1] == (i,) and found[-1][2:] == (first, decays):
                found[-1] = found[-1]._replace(last=first + w.size)
            else:
                found.append(Run(i, first, first + w.size, decays))
    return found


def _is_number(x: Any) -> bool:
    return isinstance(x, (float, int, np.floating, np.integer)) and not isinstance(x, bool)


def _is_numbers(x: Any) -> bool:
    return all(map(_is_numbers, x)) if isinstance(x, tuple) else _is_number(x)


def _watched(x: Any) -> set[str]:
    """From now on the names of all attributes that an object is asked for."""
    names: set[str] = set()

    class Watched(type(x)):  # type: ignore[misc]
        def __getattribute__(self, name: str) -> Any:
            names.add(name)
            return super().__getattribute__(name)

    x.__class__ = Watched
    return names


class Move:
    """An optimizer's move as the body of a loop, and which of its numbers that loop asks for.

    `settings` are these numbers as Python expressions of `optimizer`; their names in the loop are s0, s1, and so on.
    `choices` are its attributes that are no numbers, on which its branches may depend.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self._optimizer = optimizer
        self.settings: list[str] = []
        self.choices: dict[str, Any] = {}

    def lines(self, page: NativePage, run: Run) -> list[str]:
        """The loop over one run."""
        flat, memory = self._optimizer.flats[run.flat], self._optimizer._memories[run.flat]
        sheet = Sheet()
        known: dict[int, str] = {}
        double = self._double(sheet, known)
        arrays = [flat.data, flat.grad, *memory.values()]
        w, g, *remembered, step, spare = (
            sheet.sketch(np.ones(EXAMPLE, flat.data.dtype)) for _ in range(len(arrays) + 2)
        )
        pointers = {x.place: page.home_of(a) for x, a in zip((w, g, *remembered), arrays, strict=True)}
        decay = double.weight_decay if run.decays else 0.0
        asked = _watched(double)
        try:
            double.move(w, g, decay, (step, spare), *remembered)
        except (Undecided, TypeError, ValueError, AttributeError) as error:
            raise NotNative(f"{type(self._optimizer).__name__}.move cannot be recorded: {error}") from None
        for call in sheet.calls:  # that a weight decay is one is asked before every step
            if call.kind == DECISION and known.get(call.arguments[0].place) != "optimizer.weight_decay":
                raise NotNative(f"{type(self._optimizer).__name__}.move takes branches on its numbers")
        for name in asked & vars(self._optimizer).keys():
            x = vars(self._optimizer)[name]
            if isinstance(x, (bool, str)) or x is None:
                self.choices[name] = x
            elif not _is_numbers(x):
                raise NotNative(f"{type(self._optimizer).__name__}.move asks for {name}, which is no number")
        if sheet.constants:
            raise NotNative(f"{type(self._optimizer).__name__}.move uses arrays of its own")
        results = {
            x.place: pointer
            for x, pointer in zip((w, *remembered), [pointers[p] for p in pointers if p != g.place], strict=True)
        }
        calls = needed_calls([call for call in sheet.calls if call.kind != DECISION], set(results))
        return self._written(sheet, calls, pointers, results, known, run)

    def _double(self, sheet: Sheet, known: dict[int, str]) -> Any:
        """A copy of the optimizer whose numbers are sketches."""
        double = copy.copy(self._optimizer)
        double._arrays = {}  # its own, which `prepare` may fill
        double.steps += 1
        double.prepare()

        def stands_for(x: Any, text: str) -> Any:
            if isinstance(x, tuple):
                return tuple(stands_for(part, f"{text}[{i}]") for i, part in enumerate(x))
            if not _is_number(x):
                return x
            sketch = sheet.sketch(np.array(float(x)))
            known[sketch.place] = text if isinstance(x, float) else f"float({text})"
            return sketch

        numbers = stands_for(double.numbers(), "numbers")
        for name, x in list(vars(double).items()):
            vars(double)[name] = stands_for(x, f"optimizer.{name}")
        vars(double)["arrays"] = lambda w: list(numbers)
        return double

    def _written(
        self,
        sheet: Sheet,
        calls: Sequence[Any],
        pointers: dict[int, Home],
        results: dict[int, Home],
        known: dict[int, str],
        run: Run,
    ) -> list[str]:
        views = Views(sheet, calls)
        used = {place for call in calls for place in places_in(call.arguments)}
        names = {}
        for place, text in known.items():
            if place in used:
                if text not in self.settings:
                    self.settings.append(text)
                names[place] = f"s{self.settings.index(text)}"
        clash = results.keys() & pointers.keys()
        places = Places(sheet, views, {**pointers, **{p: results[p] for p in results.keys() - clash}}, names)
        lines = [f"first, last = {run.first}, {run.last}"]
        vector = []
        for call in calls:
            if not is_elementwise(call):
                raise NotNative(f"{type(self._optimizer).__name__}.move is not entry by entry")
            if sheet.arrays[call.place].ndim:
                vector.append(call)
            elif any(place not in places.known and place not in sheet.constants for place in places_in(call.arguments)):
                raise NotNative(f"{type(self._optimizer).__name__}.move needs one number of many")
            else:
                lines += lines_of(places, Stage([call], ()))
                places.known[call.place] = f"a{call.place}"
        return [*lines, *long_loop(places, Stage(vector, (EXAMPLE,)))]
