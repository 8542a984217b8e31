"""Subject: the function under test, from a vector of numbers to a vector of numbers, by way of the user's own types."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from autograd.errors import ArgumentError, OperandError, ShapeError
from autograd.graph import Node, ancestry
from autograd.op import Op, as_float
from autograd.tensor import Tensor
from autograd.trees import leaves, rebuilt
from autograd.value import Value

__tracebackhide__ = True  # pytest shows the lines of the caller and of f, and none from here
Vector: TypeAlias = NDArray[Any]

FEW = 64  # numbers, or parts of one input, that are looked at one by one


@dataclass(frozen=True, eq=False)
class Part:
    """One leaf of the inputs: its name and shape, where its numbers lie in the point, and its kind of node.

    Or all leaves of one input, as a vector.
    """

    name: str
    shape: tuple[int, ...]
    places: slice
    is_value: bool
    is_single: bool

    def index(self, place: int) -> tuple[int, ...]:
        """Where an entry of the point lies in this part; () of a number."""
        return tuple(int(i) for i in np.unravel_index(place - self.places.start, self.shape)) if self.shape else ()


class Run:
    """f evaluated once: the variables it was given, the outputs it made of them, and all their numbers, `values`."""

    def __init__(self, variables: list[Any], outputs: list[tuple[str, Any]]) -> None:
        self.variables = variables
        self.names = [name for name, _ in outputs]
        self.outputs = [output for _, output in outputs]
        shapes = [np.shape(_numbers(output)) for output in self.outputs]
        self.ends = np.cumsum([math.prod(shape) for shape in shapes]).tolist()
        self.shapes = shapes
        parts = [np.asarray(_numbers(output), dtype=float).reshape(-1) for output in self.outputs]
        self.values: Vector = np.concatenate(parts) if parts else np.zeros(0)

    def order(self) -> list[Node]:
        """Every node that a derivative passes through, parents before children."""
        found: dict[Node, None] = {}
        for output in self.outputs:
            if isinstance(output, Node) and output.requires_grad:
                found.update(dict.fromkeys(ancestry(output, differentiable=True)))
        return list(found)

    def split(self, vector: Vector) -> list[Vector]:
        """What belongs to each output, in its shape."""
        parts = np.split(vector, self.ends[:-1])
        return [part.reshape(shape) for part, shape in zip(parts, self.shapes, strict=True)]

    def label(self, place: int) -> str:
        """An entry of the outputs as the reader knows it; nothing where there is only one."""
        if self.values.size == 1:
            return ""
        output = next(number for number, end in enumerate(self.ends) if place < end)
        shape, start = self.shapes[output], (0, *self.ends)[output]
        index = np.unravel_index(place - start, shape) if shape else ()
        return self.names[output] + (f"[{', '.join(str(int(i)) for i in index)}]" if shape else "")


class Subject:
    """f with the inputs it is checked at, all their numbers one vector of float64, `point`.

    Floats become Values and arrays Tensors, all of them Tensors where both are there; nodes are replaced by fresh
    variables of their kind. Whole numbers are lifted to float64, and so is float32 where f takes it: `lifted` says
    whether it did. OperandError for what is no number, ArgumentError for numbers that are not finite.
    """

    def __init__(
        self, f: Callable[..., Any], inputs: Sequence[Any], names: Sequence[str] = (), outputs: Sequence[str] = ()
    ) -> None:
        if not callable(f):
            raise OperandError(f"check takes a function and its inputs, check(f, x, y), and {str(f)[:60]!r} is none")
        if not inputs:
            raise ArgumentError("check takes the inputs too, check(f, x, y): give at least one")
        name = getattr(f, "name" if isinstance(f, Op) else "__name__", "f")
        self.f, self.inputs, self.name = f, list(inputs), name if name.isidentifier() else "f"
        self._outputs = list(outputs)
        self.called = list(names) or _names(f, inputs)
        named = [list(leaves(x, called)) for x, called in zip(inputs, self.called, strict=True)]
        scalar = not any(isinstance(leaf, (np.ndarray, Tensor)) for own in named for _, leaf in own)
        self.parts: list[Part] = []
        self.groups: list[Part] = []  # the parts, but those of one input together where they are many
        numbers: list[Vector] = []
        for called, own in zip(self.called, named, strict=True):
            arrays = [_array(leaf, name, scalar) for name, leaf in own]
            numbers += [array.astype(float).reshape(-1) for array in arrays]
            parts = _parts([name for name, _ in own], arrays, self.parts[-1].places.stop if self.parts else 0, scalar)
            self.parts += parts
            self.groups += parts if len(parts) <= FEW else [_together(called, parts)]
        self.point: Vector = np.concatenate(numbers) if numbers else np.zeros(0)
        self.single = any(part.is_single for part in self.parts)
        self.lifted = True
        self._rounded = False  # whether what f gives is rounded to float32 on the way

    def centre(self) -> Run:
        """f at the point, in float64 where it takes that."""
        try:
            run = self.run(self.point)
        except Exception:
            if not self.single:
                raise
            self.lifted = False
            run = self.run(self.point)
        self._rounded = any(getattr(node, "dtype", None) == np.float32 for node in (*run.order(), *run.outputs))
        return run

    @property
    def unit(self) -> float:
        """The unit of rounding of what f gives."""
        return 2.0**-24 if self._rounded else 2.0**-53

    def run(self, point: Vector, single: bool = False) -> Run:
        """f on fresh variables that hold these numbers; with `single` float32 where the inputs had it."""
        variables = []
        for part in self.parts:
            numbers = point[part.places].reshape(part.shape)
            low = part.is_single and (single or not self.lifted)
            variables.append(
                Value(float(numbers)) if part.is_value else Tensor(numbers.astype(np.float32) if low else numbers)
            )
        filled = iter(variables)
        arguments = [rebuilt(x, filled) for x in self.inputs]
        result = self.f(*arguments)
        outputs = list(leaves(result, ""))
        checked = [(name, _checked(x, f"what {self.name} gave{name}")) for name, x in outputs]
        if self._outputs:
            checked = [(name, x) for name, (_, x) in zip(self._outputs, checked, strict=True)]
        return Run(variables, checked)

    def moved(self, point: Vector) -> Subject:
        """The same function at another point."""
        other = copy(self)
        other.point = point
        return other

    def values(self, point: Vector) -> Vector:
        """All numbers that f gives at a point, in float32 where they were rounded to it on the way."""
        values = self.run(point).values
        return values.astype(np.float32) if self._rounded else values

    def within(self, group: Part) -> list[Part]:
        """The parts that a group is made of: itself, or several."""
        start, stop = group.places.start, group.places.stop
        return [part for part in self.parts if start <= part.places.start and part.places.stop <= stop]

    def part_of(self, place: int) -> Part:
        """The input that an entry of the point belongs to."""
        return next(part for part in self.parts if place < part.places.stop)


def _names(f: Callable[..., Any], inputs: Sequence[Any]) -> list[str]:
    """What each input is called: by its label, else as the parameter of f, else by its position."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    own = [p.name for p in parameters if p.kind in plain]
    names = [
        (x.label if isinstance(x, Node) else None) or (own[place] if place < len(own) else f"input {place}")
        for place, x in enumerate(inputs)
    ]
    return [name if names.count(name) == 1 else f"{name} (input {place})" for place, name in enumerate(names)]


def _parts(names: Sequence[str], arrays: Sequence[Vector], start: int, scalar: bool) -> list[Part]:
    """A part for each leaf, one behind the other."""
    ends = np.cumsum([start, *(array.size for array in arrays)]).tolist()
    return [
        Part(name, array.shape, slice(ends[place], ends[place + 1]), scalar, array.dtype == np.float32)
        for place, (name, array) in enumerate(zip(names, arrays, strict=True))
    ]


def _together(name: str, parts: Sequence[Part]) -> Part:
    """All leaves of an input as one part."""
    places = slice(parts[0].places.start, parts[-1].places.stop)
    return Part(name, (places.stop - places.start,), places, parts[0].is_value, any(part.is_single for part in parts))


def _array(leaf: Any, name: str, scalar: bool) -> NDArray[Any]:
    """The numbers of an input: float32 stays, whole numbers become float64."""
    if isinstance(leaf, Value) and not scalar:
        raise OperandError(f"{name} is a Value beside an array, and the two do not mix: give a number in its place")
    data = leaf._data if isinstance(leaf, Node) else leaf
    if isinstance(data, (bool, np.bool_)) or (isinstance(data, np.ndarray) and data.dtype == bool):
        raise OperandError(f"{name} holds truths, toward which there is no derivative: let f use it from outside")
    if isinstance(data, np.ndarray):
        if data.dtype.kind not in "fiu":
            raise OperandError(f"{name} must hold real numbers, and has dtype {data.dtype}")
        array = data if data.dtype in (np.float32, np.float64) else data.astype(float)
    elif isinstance(data, Real):
        array = np.asarray(as_float(data, name))
    else:
        raise OperandError(
            f"{name} is {type(data).__name__} {str(data)[:40]!r}, and check takes numbers, arrays, and lists, tuples "
            "and dicts of them: let f use it from outside, check(lambda x: f(x, other), x)"
        )
    if not np.isfinite(array).all():
        raise ArgumentError(f"{name} holds {array[~np.isfinite(array)].flat[0]}: a check needs finite numbers to move")
    return array


def _checked(output: Any, name: str) -> Any:
    """What f gave, if that is a node, a number or an array of numbers."""
    numbers = _numbers(output)
    if isinstance(numbers, (Real, np.ndarray)) and np.asarray(numbers).dtype.kind in "fiu":
        return output
    shown = "None: does it return its result?" if output is None else f"{type(output).__name__} {str(output)[:60]!r}"
    way_out = "" if output is None else ", which is no number and no array of numbers"
    if isinstance(numbers, np.ndarray) and numbers.dtype == object:
        raise ShapeError(f"{name} is an array of objects: join nodes with autograd.stack, or give a list of them")
    raise OperandError(f"{name} is {shown}{way_out}")


def _numbers(x: Any) -> Any:
    return x._data if isinstance(x, Node) else x
