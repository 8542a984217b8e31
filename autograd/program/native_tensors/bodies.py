"""The loops of elementwise calls in native code, of which each is one statement."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.program.native_tensors.places import Places, is_one_number
from autograd.program.native_tensors.spelling import KEEPING, kind_of, number, written
from autograd.program.native_tensors.stages import NotNative, Stage, Views
from autograd.program.tensors.sketches import At, Call, cast


class Body:
    """The loops of one elementwise stage: their sizes, outermost first, and the lines at each depth."""

    def __init__(self, places: Places, stage: Stage) -> None:
        assert stage.shape is not None
        self.places, self.stage = places, stage
        views = places.views
        self._made: dict[int, str] = {}  # names by place
        accesses: dict[int, tuple[int, ...]] = {}  # steps along the axes of the loop, for what is loaded or stored
        made = {call.place for call in stage.calls}
        for call in stage.calls:
            for x in call.arguments:
                if isinstance(x, At) and not (
                    self._made_here(x.place, made) or is_one_number(places.sheet, x.place) or x.place in places.known
                ):
                    accesses[x.place] = _spread(views, x.place, stage.shape)
            if call.place in places.homes:
                accesses[call.place] = views.steps(call.place)
        weights = [
            max((abs(steps[i]) for place, steps in accesses.items() if place in made), default=0)
            for i in range(len(stage.shape))
        ]
        order = sorted((i for i in range(len(stage.shape)) if stage.shape[i] > 1), key=lambda i: -weights[i])
        axes = [(stage.shape[i], {place: steps[i] for place, steps in accesses.items()}) for i in order]
        axes = _joined(axes)
        self.sizes = [size for size, _ in axes]
        self._steps = {place: [steps[place] for _, steps in axes] for place in accesses}
        self.lines: list[list[str]] = [[] for _ in range(len(axes) + 1)]
        self._loaded: dict[int, str] = {}
        for call in stage.calls:
            self._write(call, made)

    def _made_here(self, place: int, made: set[int]) -> bool:
        return any(self.places.views.lie_alike(place, one) for one in made)

    def _entry(self, place: int) -> tuple[str, int]:
        """An array's entry in the loops, and the depth of the innermost loop that it depends on."""
        steps = self._steps[place]
        names = [f"i{level + 1}" for level in range(len(steps))]
        depth = max((level + 1 for level, step in enumerate(steps) if step), default=0)
        return self.places.entry(place, names, steps), depth

    def _operand(self, x: Any, dtype: Any, made: set[int]) -> str:
        places = self.places
        if not isinstance(x, At):
            if x is None:
                raise NotNative("a bound that is not there has no native form")
            return number(x, dtype)
        if x.place in places.known:
            return places.known[x.place]
        if is_one_number(places.sheet, x.place):
            return number(places.sheet.constants[x.place].flat[0], places.dtype(x.place))
        for one in made:
            if one in self._made and places.views.lie_alike(x.place, one):
                return self._made[one]
        if x.place not in self._loaded:
            entry, depth = self._entry(x.place)
            self._loaded[x.place] = f"a{x.place}"
            self.lines[depth].append(f"a{x.place} = {entry}")
        return self._loaded[x.place]

    def _write(self, call: Call, made: set[int]) -> None:
        places = self.places
        result = places.dtype(call.place)
        if call.function is cast:
            call = call._replace(arguments=call.arguments[:1])
        strong = [x for x in call.arguments[call.function is np.where :] if isinstance(x, At)]
        strong = [x for x in strong if x.place not in places.known] or strong
        dtype = np.result_type(*(places.dtype(x.place) for x in strong)) if strong else result
        if dtype.kind in "ib" and result.kind == "f":
            dtype = result
        operands = [self._operand(x, dtype, made) for x in call.arguments]
        for i, x in enumerate(call.arguments):
            if isinstance(x, At) and places.dtype(x.place) != dtype and (i or call.function is not np.where):
                operands[i] = f"{kind_of(dtype)}({operands[i]})"
        name = f"a{call.place}"
        text = written(call, operands, dtype)
        keeps = call.function in KEEPING and dtype == result and result.kind == "f"
        self.lines[-1].append(f"{name} = {text if keeps else f'{kind_of(result)}({text})'}")
        self._made[call.place] = name
        if call.place in places.homes:
            self.lines[-1].append(f"{self._entry(call.place)[0]} = {name}")


def _spread(views: Views, place: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Entries between neighbours of an array that is broadcast to a shape."""
    example = views.examples[place]
    steps = [0 if size == 1 else step for size, step in zip(example.shape, views.steps(place), strict=True)]
    return (*[0] * (len(shape) - example.ndim), *steps)


Axis = tuple[int, dict[int, int]]


def _joined(axes: list[Axis]) -> list[Axis]:
    """Axes along which every array goes on where the axis within ends, as one."""
    found: list[Axis] = []
    for size, steps in axes:
        if found and all(before == steps[place] * size for place, before in found[-1][1].items()):
            found[-1] = (found[-1][0] * size, steps)
        else:
            found.append((size, steps))
    return found
