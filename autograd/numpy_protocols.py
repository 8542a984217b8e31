"""What NumPy's own functions mean when they meet a Tensor: np.exp(t), array @ t, np.concatenate([t, u])."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd import array_functions as functions, ops
from autograd.errors import OperandError
from autograd.graph import Node

# Ufuncs that are no row themselves, as algebra over rows.
_ALGEBRA: dict[np.ufunc, Callable[..., Any]] = {
    np.subtract: lambda a, b: a - b if isinstance(a, Node) else a + b * -1.0,
    np.negative: lambda a: ops.mul(a, -1.0),
    np.positive: lambda a: a,
    np.square: lambda a: a * a,
    np.absolute: ops.abs,
    np.matmul: functions.matmul,
    np.float_power: ops.pow,
    np.exp2: lambda a: ops.pow(2.0, a),
    np.log2: lambda a: ops.divide(ops.log(a), math.log(2.0)),
    np.log10: lambda a: ops.divide(ops.log(a), math.log(10.0)),
    np.greater: ops.greater,
    np.greater_equal: ops.greater_equal,
    np.less: ops.less,
    np.less_equal: ops.less_equal,
    np.equal: ops.equal,
    np.not_equal: ops.not_equal,
}

UFUNCS: dict[Any, Callable[..., Any]] = {
    op.array_function: op for op in ops.TABLE.values() if isinstance(op.array_function, np.ufunc)
} | _ALGEBRA

FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.sum: functions.sum,
    np.mean: functions.mean,
    np.var: functions.var,
    np.std: functions.std,
    np.prod: functions.prod,
    np.max: functions.max,
    np.amax: functions.max,
    np.min: functions.min,
    np.amin: functions.min,
    np.argmax: functions.argmax,
    np.argmin: functions.argmin,
    np.cumsum: functions.cumsum,
    np.linalg.norm: functions.norm,
    np.einsum: functions.einsum,
    np.dot: functions.dot,
    np.outer: functions.outer,
    np.trace: functions.trace,
    np.reshape: functions.reshape,
    np.ravel: lambda a: functions.reshape(a, -1),
    np.transpose: functions.transpose,
    np.swapaxes: functions.swapaxes,
    np.moveaxis: functions.moveaxis,
    np.expand_dims: functions.expand_dims,
    np.squeeze: functions.squeeze,
    np.broadcast_to: functions.broadcast_to,
    np.concatenate: functions.concatenate,
    np.stack: functions.stack,
    np.split: functions.split,
    np.take: functions.take,
    np.flip: functions.flip,
    np.pad: functions.pad,
    np.tile: functions.tile,
    np.repeat: functions.repeat,
    np.where: ops.where,
    np.clip: lambda a, a_min=None, a_max=None, min=None, max=None: functions.clip(
        a, min if a_min is None else a_min, max if a_max is None else a_max
    ),
    np.shape: lambda a: a.shape,
    np.ndim: lambda a: a.ndim,
    np.size: lambda a: a.size,
}


def of_ufunc(ufunc: np.ufunc, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """The node for a call of a NumPy ufunc; OperandError where the tables have no such op, or for its options."""
    if method != "__call__":
        raise OperandError(
            f"np.{ufunc.__name__}.{method} does not work on a Tensor: use autograd.sum, prod, max or min"
        )
    if ufunc not in UFUNCS:
        raise OperandError(_unknown(f"np.{ufunc.__name__}", "elementwise"))
    if options:
        names = ", ".join(f"{name}=" for name in options)
        raise OperandError(f"np.{ufunc.__name__} on a Tensor makes a new node and takes no {names}")
    return UFUNCS[ufunc](*inputs)


def of_function(function: Any, arguments: Sequence[Any], options: dict[str, Any]) -> Any:
    """The node for a call of a NumPy function; OperandError where there is no such function here."""
    module = getattr(function, "__module__", "numpy").replace("numpy", "np", 1)
    name = f"{module}.{getattr(function, '__name__', function)}"
    if function not in FUNCTIONS:
        raise OperandError(_unknown(name, "array_op"))
    try:
        return FUNCTIONS[function](*arguments, **options)
    except TypeError as error:
        if isinstance(error, OperandError):
            raise
        raise OperandError(f"{name} on a Tensor: {error}") from None


def _unknown(name: str, maker: str) -> str:
    return (
        f"{name} is not among autograd's functions: {name}(t.data, …) gives its numbers alone, without a derivative, "
        f"and autograd.{maker} makes an op of it"
    )
