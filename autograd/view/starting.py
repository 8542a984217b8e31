"""What is stepped through or explained: a root, or a function run at given numbers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any

import numpy as np

from autograd.errors import AutogradError, OperandError, ShapeError
from autograd.graph import Node
from autograd.lifting import dtype_of_numbers, lifted, name_of
from autograd.modes import current_mode, trace
from autograd.trees import leaves, rebuilt
from autograd.view.text import count


def root_of(root: Any, xs: Sequence[Any] = (), *, asker: str = "step") -> Node:
    """The root of a graph: a node, the example of a program, or what a function gives at `xs`, traced line by line.

    Raises OperandError for anything else, ShapeError for a root of several numbers, AutogradError for a constant.
    """
    if hasattr(root, "graph") and not xs:
        root = root.graph()
    elif callable(root) and not isinstance(root, Node):
        root = _traced(root, xs, asker)
    elif xs:
        raise OperandError(f"{asker}(root, …) takes a function before further arguments, not {root!r:.60}")
    if not isinstance(root, Node):
        raise OperandError(
            f"{asker} takes a Value or a Tensor, the root of a graph, or a function and its arguments, got "
            f"{type(root).__name__}: {str(root)[:60]!r}"
        )
    if np.size(root._data) != 1:
        raise ShapeError(
            f"{asker} follows the gradients of one number, and this Tensor has shape {np.shape(root._data)}: "
            f"take its sum, {asker}(t.sum())"
        )
    if not root.requires_grad:
        raise AutogradError(
            f"{asker} from {root!r}, a constant: no gradient goes back from it. Was it made under no_grad(), or from "
            "leaves that are frozen?"
        )
    demand_no_recording(root)
    return root


def demand_no_recording(root: Node) -> None:
    """Under record the numbers shown would be frozen into the program."""
    if (recording := current_mode().recording) is not None:
        recording.read(root, "the gradients")


def _traced(f: Callable[..., Any], xs: Sequence[Any], asker: str) -> Any:
    """What f gives at variables in the place of numbers, each named as the parameter it is given for."""
    name = name_of(f)
    dtype = dtype_of_numbers([x for _, x in _leaves(xs, name)], xs)
    parts = iter([_variable(x, called, dtype) for called, x in _named(f, name, xs)])
    with trace():
        given = f(*(rebuilt(x, parts) for x in xs))
    if not isinstance(given, Node):
        was = "None: does it return its result?" if given is None else f"{type(given).__name__} {str(given)[:60]!r}"
        raise OperandError(f"{asker}({name}, …) follows the number that {name} gives, and it gave {was}")
    return given


def _variable(x: Any, called: str, dtype: Any) -> Any:
    """A variable with this name; what holds no numbers, and what is a node already, is left as it is."""
    if isinstance(x, (bool, np.bool_, Node)) or not isinstance(x, (Real, np.ndarray)):
        return x
    variable = lifted(x, called, dtype)
    variable.label = called
    return variable


def _named(f: Callable[..., Any], name: str, xs: Sequence[Any]) -> list[tuple[str, Any]]:
    """Every leaf of the arguments with its name: x, or x[0] inside a list given for x."""
    try:
        signature = inspect.signature(f)
    except (TypeError, ValueError):  # a builtin that does not say
        return [leaf for i, x in enumerate(xs) for leaf in leaves(x, f"x{i + 1}")]
    try:
        bound = signature.bind(*xs)
    except TypeError as error:
        raise OperandError(f"{name} cannot be called with {count(len(xs), 'argument')}: {error}") from None
    return [leaf for parameter, x in bound.arguments.items() for leaf in leaves(x, parameter)]


def _leaves(xs: Sequence[Any], name: str) -> list[tuple[str, Any]]:
    return [leaf for x in xs for leaf in leaves(x, name)]
