"""Transforms: functions made of functions, that give derivatives.

They work on functions of floats, arrays, and lists, tuples and dicts of them, and nest to any order. A function must be
pure: what it gives depends on its arguments alone. Whatever it uses besides, a variable of yours included, is not
differentiated toward; but results that depend on such a variable stay nodes, so that you can.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from autograd import array_functions
from autograd.backward import gradients
from autograd.errors import ArgumentError
from autograd.forward import directional, fitting
from autograd.graph import Node
from autograd.lifting import Evaluation, name_of, places_of, recording, shape_of, whole, within
from autograd.modes import MODE
from autograd.tensor import Tensor
from autograd.trees import beside


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The gradient of f, as a function of the same arguments: in the form of argument `argnums`, or a tuple for several.

    f gives one number (ShapeError otherwise). Floats get floats and arrays arrays of their dtype; 0 toward what f does
    not use. Whole numbers are lifted to floats; OperandError names what is no number. Arguments by name are passed on.

    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    >>> grad(lambda p: p["w"] * 3.0 + p["b"])({"w": 1.0, "b": 2.0})
    {'w': 3.0, 'b': 1.0}
    """
    both = value_and_grad(f, argnums)

    def gradient(*arguments: Any, **keywords: Any) -> Any:
        return both(*arguments, **keywords)[1]

    return gradient


def value_and_grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., tuple[Any, Any]]:
    """The value of f and its gradient in one pass; see `grad`.

    >>> value_and_grad(lambda x, y: x * y, argnums=(0, 1))(2.0, 5.0)
    (10.0, (5.0, 2.0))
    """
    places = places_of(argnums, name_of(f))

    def both(*arguments: Any, **keywords: Any) -> tuple[Any, Any]:
        with Evaluation(f, arguments, keywords, within(places, len(arguments), name_of(f))) as run:
            shares = run.like_arguments(_pulled(run, run.one_number()))
            return run.value(), shares if isinstance(argnums, (list, tuple)) else shares[0]

    return both


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """The value of f, and the pull-back: cotangents in the form of the value → one gradient for each primal, in a tuple.

    The pull-back of v is vᵀJ, one reverse sweep; it can be called as often as you like.

    >>> value, pull_back = vjp(lambda x, y: [x * y, x + y], 2.0, 5.0)
    >>> value, pull_back([1.0, 0.0])
    ([10.0, 7.0], (5.0, 2.0))
    """
    with Evaluation(f, primals, {}, range(len(primals))) as run:
        value = run.value()

    def pull_back(cotangents: Any) -> tuple[Any, ...]:
        with recording(), np.errstate(all="ignore"):
            given = [v for _, v in beside(run.result, cotangents, "the cotangent")]
            pairs = beside(run.result, cotangents, "the cotangent")
            weights = [
                fitting(x, v, name) if isinstance(x, Node) else None
                for x, (name, v) in zip(run.outputs, pairs, strict=True)
            ]
            ...
        return run.like_arguments(_pulled(run, total))

    return value, pull_back
