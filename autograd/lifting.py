"""Lifting: numbers become variables, and derivatives become numbers again.

Floats become Values and arrays Tensors. Where both are there all become Tensors, for the two do not mix; floats still
get floats back. Nodes, such as a transform inside another one is given, get nodes back.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, OperandError
from autograd.graph import Node
from autograd.op import as_float
from autograd.stand_ins import stand_in
from autograd.tensor import Tensor
from autograd.trees import leaves
from autograd.value import Value

# ── shapes and numbers ───────────────────────────────────────────────────────────────────────────────────────────────


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of an output or a variable: () of a number."""
    return tuple(np.shape(x._data if isinstance(x, Node) else x))


def plain(x: Any) -> Any:
    """The numbers of a node, an array as a copy."""
    numbers = x._data if isinstance(x, Node) else x
    return np.array(numbers) if isinstance(numbers, np.ndarray) else numbers


def whole(part: Any, like: Any, outer: tuple[int, ...] = ()) -> Any:
    """A derivative in the shape of `like`, `outer` axes in front, and in its dtype; one number stands for all."""
    shape, dtype = (*outer, *shape_of(like)), _float_dtype_of(like)
    if isinstance(part, Tensor):
        part = part if part.shape == shape else part + np.zeros(shape, dtype)
        return part if part.dtype == dtype else part.astype(dtype)
    if isinstance(part, Node) or not (shape or isinstance(like, (Tensor, np.ndarray))):
        return part
    return np.broadcast_to(np.asarray(part, dtype), shape)


def _float_dtype_of(x: Any) -> Any:
    dtype = x.dtype if isinstance(x, (Tensor, np.ndarray)) else np.dtype(float)
    return dtype if dtype.kind == "f" else np.dtype(float)


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
        raise OperandError(f"a function is differentiated, and {repr(f)[:60]} is none")
    name = getattr(f, "__name__", "f")
    return name if name.isidentifier() else "f"


def dtype_of_numbers(given: Sequence[Any], arguments: Sequence[Any]) -> Any:
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


def lifted(leaf: Any, name: str, dtype: Any) -> Value | Tensor:
    """A variable with the numbers of a leaf; OperandError names what holds none."""
    if isinstance(leaf, Node):
        return stand_in(leaf)
    if isinstance(leaf, np.ndarray):
        try:
            return Tensor(leaf.astype(float) if leaf.dtype.kind in "iub" else leaf)
        except OperandError as error:
            raise OperandError(f"{name}: {error}") from None
    if isinstance(leaf, (Real, np.bool_)):
        number = as_float(leaf, name)
        return Value(number) if dtype is None else Tensor(np.array(number, dtype))
    raise OperandError(
        f"{name} is {_shown(leaf)}, and derivatives are taken toward numbers, arrays, and lists, tuples and dicts of "
        "them: pass it as another argument, and name in argnums those to differentiate toward"
    )


def checked_output(output: Any, name: str) -> Any:
    """An output as it is; OperandError for what is no number and no array of numbers."""
    number = isinstance(output, (Real, np.ndarray)) and not isinstance(output, bool)
    if isinstance(output, Node) or (number and np.asarray(output).dtype.kind in "fiu"):
        return output
    way_out = ": does it return its result?" if output is None else ", which is no number and no array of numbers"
    raise OperandError(f"{name} is {_shown(output)}{way_out}")


def _shown(x: Any) -> str:
    return "None" if x is None else f"{type(x).__name__} {str(x)[:60]!r}"
