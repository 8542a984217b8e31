"""Lifting: the numbers among a function's arguments become variables, and derivatives become numbers again.

Floats become Values and arrays Tensors. Where both are there all become Tensors, for the two do not mix; floats still
get floats back. Nodes, such as a transform inside another one is given, get nodes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from numbers import Real
from types import TracebackType
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, OperandError, ShapeError
from autograd.graph import Node, ancestry
from autograd.modes import MODE, Mode, ModeChange
from autograd.op import as_float
from autograd.stand_ins import stand_in, tie
from autograd.tensor import Tensor
from autograd.trees import leaves, rebuilt
from autograd.value import Value


class recording(ModeChange):  # noqa: N801 (reads as a statement: with recording())
    """Inside, ops record even under no_grad, and turning a node into a plain number raises: so does math.exp(v)."""

    __slots__ = ()

    def _changed(self, mode: Mode) -> Mode:
        return Mode(True, mode.keeps_lines, mode.watcher, mode.region, True)


class Evaluation:
    """f evaluated once on variables, in the place of the arguments that it is differentiated toward.

    `variables` stand for the numbers of those arguments and `outputs` are what f gave, both from left to right. Results
    are plain numbers, unless they can be differentiated again: where a node was given, or f uses variables from outside.
    Leaving the `with` block ties the variables to the nodes that they stand for.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        arguments: Sequence[Any],
        keywords: dict[str, Any],
        places: Sequence[int],
        directions: Sequence[Any] = (),
    ) -> None:
        self.name = name_of(f)
        self._chosen = [arguments[place] for place in places]
        named = [leaf for place in places for leaf in leaves(arguments[place], f"argument {place} of {self.name}")]
        self._given = [leaf for _, leaf in named]
        dtype = _dtype_of_numbers(self._given, arguments)
        self.variables = [_lifted(leaf, name, dtype) for name, leaf in named]
        parts = iter(self.variables)
        lifted = {place: rebuilt(arguments[place], parts) for place in places}
        with recording(), np.errstate(all="ignore"):
            self.result = f(*(lifted.get(place, x) for place, x in enumerate(arguments)), **keywords)
        self.outputs = [_checked(x, name) for name, x in leaves(self.result, f"what {self.name} gave")]
        self.as_nodes = any(isinstance(x, Node) for x in (*self._given, *directions)) or (
            MODE.get().records and self._uses_other_variables()
        )
        self.create_graph = self.as_nodes and MODE.get().records

    def __enter__(self) -> Evaluation:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for given, variable in zip(self._given, self.variables, strict=True):
            if isinstance(given, Node) and kind is None:
                tie(variable, given)

    def _uses_other_variables(self) -> bool:
        own = set(self.variables)
        return any(
            node.op is None and node.requires_grad and node not in own
            for output in self.reached()
            for node in ancestry(output, differentiable=True)
        )

    def reached(self) -> list[Any]:
        """The outputs that a derivative can be taken of."""
        return [x for x in self.outputs if isinstance(x, Node) and x.requires_grad]

    def one_number(self) -> Any:
        """The output, where it is one number; else an error that says which transform takes more."""
        if isinstance(self.result, (list, tuple, dict)):
            held = f"a {type(self.result).__name__} of {len(self.result)}"
        elif np.size(plain(self.result)) == 1:
            return self.result
        else:
            held = f"shape {shape_of(self.result)}"
        raise ShapeError(
            f"a gradient is that of one number, and {self.name} gave {held}: use jacobian for every derivative, "
            "vjp for those of a weighted sum, or sum up what it gives"
        )

    def value(self) -> Any:
        """What f gave."""
        return rebuilt(self.result, iter([_scalar(self._finished(x, x)) for x in self.outputs]))

    def like_outputs(self, tangents: Sequence[Any]) -> Any:
        """What belongs to each output, 0.0 standing for zeros, in the form of what f gave."""
        pairs = zip(tangents, self.outputs, strict=True)
        return rebuilt(self.result, iter([_scalar(self._finished(whole(t, x), x)) for t, x in pairs]))

    def like_arguments(self, parts: Sequence[Any], outer: tuple[int, ...] = ()) -> tuple[Any, ...]:
        """What belongs to each variable, `outer` axes in front of its own, in the form of the arguments."""
        results = []
        for given, variable, part in zip(self._given, self.variables, parts, strict=True):
            result = self._finished(whole(part, variable, outer), variable)
            number = isinstance(given, Real) and isinstance(result, np.ndarray) and not result.ndim
            results.append(result.item() if number else result)
        filled = iter(results)
        return tuple(rebuilt(argument, filled) for argument in self._chosen)

    def _finished(self, x: Any, like: Any) -> Any:
        """A value or derivative as it is handed out: a node, or numbers that nobody else holds."""
        if self.create_graph and isinstance(x, Node):
            return x
        numbers = plain(x)
        return like.constant(numbers) if self.as_nodes and isinstance(like, Node) else numbers


# ── shapes and numbers ───────────────────────────────────────────────────────────────────────────────────────────────


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of an output or a variable: () of a number."""
    return tuple(np.shape(x._data if isinstance(x, Node) else x))


def plain(x: Any) -> Any:
    """The numbers of a node, an array as a copy."""
    numbers = x._data if isinstance(x, Node) else x
    return np.array(numbers) if isinstance(numbers, np.ndarray) else numbers


def whole(part: Any, like: Any, outer: tuple[int, ...] = ()) -> Any:
    """A derivative of the shape of `like`, with `outer` axes in front, in its dtype; 0.0 stands for zeros."""
    shape, dtype = (*outer, *shape_of(like)), _float_dtype_of(like)
    if isinstance(part, Node):
        return part.astype(dtype) if isinstance(part, Tensor) and part.dtype != dtype else part
    return np.zeros(shape, dtype) + part if shape or isinstance(like, (Tensor, np.ndarray)) else float(part)


def _float_dtype_of(x: Any) -> Any:
    dtype = x.dtype if isinstance(x, (Tensor, np.ndarray)) else np.dtype(float)
    return dtype if dtype.kind == "f" else np.dtype(float)


def _scalar(x: Any) -> Any:
    """A number in place of an array without axes, as NumPy's functions give it."""
    return x[()] if isinstance(x, np.ndarray) else x


# ── what may go in and out ───────────────────────────────────────────────────────────────────────────────────────────


def places_of(argnums: Any, name: str) -> tuple[int, ...]:
    """Which arguments are differentiated toward, one or several, each named once."""
    places = tuple(argnums) if isinstance(argnums, (list, tuple)) else (argnums,)
    if not places or not all(isinstance(n, (int, np.integer)) and not isinstance(n, bool) for n in places):
        raise ArgumentError(f"{name}: argnums is the place of an argument, or a tuple of places, got {argnums!r}")
    return tuple(int(n) for n in places)


def within(places: Sequence[int], count: int, name: str) -> tuple[int, ...]:
    """These places, those counted from the end included, among so many arguments."""
    if any(not -count <= place < count for place in places) or len({p % count for p in places}) < len(places):
        raise ArgumentError(
            f"argnums={places if len(places) > 1 else places[0]} does not name arguments of {name}, each once: "
            f"it was called with {count} by position"
        )
    return tuple(place % count for place in places)


def name_of(f: Any) -> str:
    """What a function is called in messages; OperandError for what is none."""
    if not callable(f):
        raise OperandError(f"a function is differentiated, and {str(f)[:60]!r} is none")
    name = getattr(f, "__name__", "f")
    return name if name.isidentifier() else "f"


def _dtype_of_numbers(given: Sequence[Any], arguments: Sequence[Any]) -> Any:
    """None where numbers become Values; else the dtype that those among arrays take on, which is the arrays' own."""
    seen = [leaf for argument in arguments for _, leaf in leaves(argument, "")]
    arrays = [leaf.dtype for leaf in seen if isinstance(leaf, (np.ndarray, Tensor))]
    values = [leaf for leaf in seen if isinstance(leaf, Value)]
    if values and any(isinstance(leaf, (np.ndarray, Tensor)) for leaf in given):
        raise OperandError(f"an array and {values[0]!r} do not mix: give Tensors, or a number in place of the Value")
    if not arrays or values:
        return None
    floats = [dtype for dtype in arrays if dtype in (np.float32, np.float64)]
    return np.result_type(*floats) if floats else np.dtype(float)


def _lifted(leaf: Any, name: str, dtype: Any) -> Value | Tensor:
    if isinstance(leaf, Node):
        return stand_in(leaf)
    if isinstance(leaf, np.ndarray):
        return Tensor(leaf.astype(float) if leaf.dtype.kind in "iub" else leaf)
    if isinstance(leaf, (Real, np.bool_)):
        number = as_float(leaf, name)
        return Value(number) if dtype is None else Tensor(np.array(number, dtype))
    raise OperandError(
        f"{name} is {_shown(leaf)}, and derivatives are taken toward numbers, arrays, and lists, tuples and dicts of "
        "them: pass it as another argument, and name in argnums those to differentiate toward"
    )


def _checked(output: Any, name: str) -> Any:
    number = isinstance(output, (Real, np.ndarray)) and not isinstance(output, bool)
    if isinstance(output, Node) or (number and np.asarray(output).dtype.kind in "fiu"):
        return output
    way_out = ": does it return its result?" if output is None else ", which is no number and no array of numbers"
    raise OperandError(f"{name} is {_shown(output)}{way_out}")


def _shown(x: Any) -> str:
    return "None" if x is None else f"{type(x).__name__} {str(x)[:60]!r}"
