"""Transforms: functions made of functions, that give derivatives.

They work on functions of floats, arrays, and lists, tuples and dicts of them, and nest to any order. A function must be
pure: what it gives depends on its arguments alone. Where it uses a variable of yours besides, results that depend on it
stay nodes, so that a derivative toward it is not lost; under no_grad they are numbers.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from autograd.evaluation import Evaluation, recording
from autograd.forward import fitting
from autograd.graph import Node
from autograd.lifting import name_of, places_of, shape_of, within
from autograd.sweeping import Sweeps, columns_of, counted, pulled, pushed, rows_of
from autograd.tensor import Tensor
from autograd.trees import beside, rebuilt


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The gradient of f, a function of the same arguments: in the form of argument `argnums`, or a tuple for several.

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
            shares = run.like_arguments(pulled(run, run.one_number()))
            return run.value(), shares if isinstance(argnums, (list, tuple)) else shares[0]

    return both


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """The value of f, and its pull-back: a function of cotangents, which have the form of the value.

    It gives vᵀJ in one reverse sweep, a tuple with one entry for each primal, and can be called as often as you like.

    >>> value, pull_back = vjp(lambda x, y: [x * y, x + y], 2.0, 5.0)
    >>> value, pull_back([1.0, 0.0])
    ([10.0, 7.0], (5.0, 2.0))
    """
    with Evaluation(f, primals, {}, range(len(primals))) as run:
        value = run.value()

    def pull_back(cotangents: Any) -> tuple[Any, ...]:
        named = list(beside(run.result, cotangents, "the cotangent"))
        here = run.along([v for _, v in named])
        with recording(), np.errstate(all="ignore"):
            pairs = zip(run.outputs, named, strict=True)
            terms = [x * fitting(x, v, name) for x, (name, v) in pairs if isinstance(x, Node) and x.requires_grad]
            total = reduce(operator.add, [x.sum() if isinstance(x, Tensor) else x for x in terms], 0.0)
        return here.like_arguments(pulled(here, total))

    return value, pull_back


def jvp(f: Callable[..., Any], primals: Any, tangents: Any) -> tuple[Any, Any]:
    """The value of f, and its derivative along the tangents, in the form of the value: one forward sweep, Jv.

    `primals` is a tuple or list of arguments, anything else the one argument; `tangents` has the same form.

    >>> jvp(lambda x, y: x * y, (2.0, 5.0), (1.0, 0.0))
    (10.0, 5.0)
    """
    arguments, directions = _as_arguments(primals, tangents)
    named = list(beside(arguments, directions, "tangents"))
    with Evaluation(f, arguments, {}, range(len(arguments))) as run:
        here = run.along([t for _, t in named])
        pairs = zip(run.variables, named, strict=True)
        along = {variable: fitting(variable, t, name) for variable, (name, t) in pairs}
        return here.value(), here.like_outputs(pushed(here, along))


def hvp(f: Callable[..., Any], primals: Any, tangents: Any) -> Any:
    """The Hessian of f times the tangents, in the form of the primals, by forward over reverse mode: two sweeps.

    `primals` is a tuple or list of arguments, anything else the one argument; `tangents` has the same form.

    >>> hvp(lambda x, y: x * x * y, (2.0, 5.0), (1.0, 0.0))
    (10.0, 4.0)
    """
    arguments, directions = _as_arguments(primals, tangents)
    gradient = grad(f, tuple(range(len(arguments))))
    products = jvp(gradient, arguments, directions)[1]
    return type(primals)(products) if isinstance(primals, (list, tuple)) else products[0]


def jacobian(f: Callable[..., Any], argnums: int | Sequence[int] = 0, mode: str | None = None) -> Callable[..., Any]:
    """All derivatives of f: for each output in the form of the value, an array of shape output.shape + input.shape.

    In the place of each output stands the form of argument `argnums`, a tuple for several. `mode` is "forward", one
    sweep an input, or "reverse", one an output; where it is None, whichever takes fewer (`sweeps` counts them).

    >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1]])([2.0, 5.0])
    [[5.0, 2.0], [1.0, 1.0]]
    """
    places = places_of(argnums, name_of(f))
    if mode not in (None, "forward", "reverse"):
        raise ArgumentError(f"mode is 'forward', 'reverse', or None for whichever takes fewer sweeps; got {mode!r}")

    def table(*arguments: Any, **keywords: Any) -> Any:
        with Evaluation(f, arguments, keywords, within(places, len(arguments), name_of(f))) as run:
            rows = columns_of(run) if (mode or counted(run).mode) == "forward" else rows_of(run)
            pairs = zip(rows, run.outputs, strict=True)
            blocks = [run.like_arguments(row, outer=shape_of(output)) for row, output in pairs]
            several = isinstance(argnums, (list, tuple))
            return rebuilt(run.result, iter([block if several else block[0] for block in blocks]))

    return table


def hessian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """All second derivatives of f, which gives one number: the Jacobian of its gradient, input.shape + input.shape.

    >>> hessian(lambda x: x[0] * x[0] * x[1])([2.0, 5.0])
    [[10.0, 4.0], [4.0, 0.0]]
    """
    return jacobian(grad(f, argnums), argnums)


def sweeps(f: Callable[..., Any], *xs: Any) -> Sweeps:
    """How many sweeps all derivatives of f at these arguments take: n in forward mode, m in reverse mode.

    >>> print(sweeps(lambda w: w @ w, np.ones(1000)))
    n = 1000 inputs, m = 1 outputs: 1000 forward or 1 reverse sweeps; jacobian picks reverse mode
    """
    return counted(Evaluation(f, xs, {}, range(len(xs))))


def _as_arguments(primals: Any, tangents: Any) -> tuple[tuple[Any, ...], Any]:
    return (tuple(primals), tangents) if isinstance(primals, (list, tuple)) else ((primals,), (tangents,))
