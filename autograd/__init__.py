"""glassgrad: reverse-mode automatic differentiation you can see through.

PYTEST_DONT_REWRITE, for pytest knows of this package by its plugin and may find it imported already.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from autograd import errors
from autograd.anomaly import detect_anomaly
from autograd.array_functions import (
    argmax,
    argmin,
    broadcast_to,
    concatenate,
    cumsum,
    einsum,
    expand_dims,
    flip,
    matmul,
    moveaxis,
    outer,
    pad,
    repeat,
    reshape,
    split,
    squeeze,
    stack,
    swapaxes,
    take,
    tile,
    transpose,
)
from autograd.backward import gradients, paused_collector, walk_back
from autograd.forward import push_forward
from autograd.functions import (
    clip,
    dot,
    elu,
    hard_logistic,
    hard_tanh,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    logsumexp,
    max as max,
    maxout,
    mean,
    min as min,
    norm,
    prelu,
    prod,
    relu6,
    sigmoid,
    softmax,
    softplus,
    std,
    sum as sum,
    unit_step,
    var,
)
from autograd.graph import Node, ancestry
from autograd.modes import no_grad, region, trace
from autograd.op import ArrayOp, Op, array_op, elementwise
from autograd.ops import (
    abs as abs,
    add,
    arccos,
    arcsin,
    arctan,
    cos,
    cosh,
    divide,
    equal,
    exp,
    expm1,
    greater,
    greater_equal,
    less,
    less_equal,
    log,
    log1p,
    logaddexp,
    maximum,
    minimum,
    mul,
    not_equal,
    pow as pow,
    reciprocal,
    relu,
    sign,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
    where,
)
from autograd.tensor import Tensor
from autograd.transforms import grad, hessian, hvp, jacobian, jvp, sweeps, value_and_grad, vjp
from autograd.value import Value

__version__ = "0.1.0"

if TYPE_CHECKING:
    from autograd import mistakes as mistakes, numeric as numeric, symbolic as symbolic
    from autograd.comparing import compare
    from autograd.diagnosis import why_nan
    from autograd.program import Program, record
    from autograd.view.drawing import Drawing, draw
    from autograd.view.explaining.explanation import Explanation, explain
    from autograd.view.opening.opened import opened
    from autograd.view.stepping.stepper import Stepper, step

# Loaded on first use, so that importing the engine costs little more than importing NumPy.
_ON_FIRST_USE = {
    "assert_gradients": "autograd.checking",
    "assert_op": "autograd.checking",
    "check": "autograd.checking",
    "check_op": "autograd.checking",
    "checking": "autograd.checking",
    "compare": "autograd.comparing",
    "draw": "autograd.view.drawing",
    "explain": "autograd.view.explaining.explanation",
    "mistakes": "autograd.mistakes",
    "numeric": "autograd.numeric",
    "opened": "autograd.view.opening.opened",
    "step": "autograd.view.stepping.stepper",
    "symbolic": "autograd.symbolic",
    "why_nan": "autograd.diagnosis",
    "Drawing": "autograd.view.drawing",
    "Explanation": "autograd.view.explaining.explanation",
    "Program": "autograd.program",
    "Stepper": "autograd.view.stepping.stepper",
    "record": "autograd.program",
}


def __getattr__(name: str) -> Any:
    if name not in _ON_FIRST_USE:
        raise AttributeError(f"module 'autograd' has no attribute {name!r}")
    module = import_module(_ON_FIRST_USE[name])
    return module if module.__name__ == f"autograd.{name}" else getattr(module, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_ON_FIRST_USE})


# Without abs, max, min, pow and sum, so that `from autograd import *` leaves Python's own in place.

__all__ = [
    "ArrayOp", "Drawing", "Explanation", "Node", "Op", "Program", "Stepper", "Tensor", "Value", "add", "ancestry",
    "arccos", "arcsin", "arctan", "argmax", "argmin", "array_op", "assert_gradients", "assert_op", "broadcast_to",
    "check", "check_op", "checking", "clip", "compare", "concatenate", "cos", "cosh", "cumsum", "detect_anomaly",
    "divide", "dot", "draw", "einsum", "elementwise", "elu", "equal", "errors", "exp", "expand_dims", "explain",
    "expm1", "flip", "grad", "gradients", "greater", "greater_equal", "hard_logistic", "hard_tanh", "hessian", "hvp",
    "jacobian", "jvp", "leaky_relu", "less", "less_equal", "log", "log1p", "log_sigmoid", "log_softmax", "logaddexp",
    "logsumexp", "matmul", "maximum", "maxout", "mean", "minimum", "mistakes", "moveaxis", "mul", "no_grad", "norm",
    "not_equal", "numeric", "opened", "outer", "pad", "paused_collector", "prelu", "prod", "push_forward",
    "reciprocal", "record", "region", "relu", "relu6", "repeat", "reshape", "sigmoid", "sign", "sin", "sinh",
    "softmax", "softplus", "split", "sqrt", "squeeze", "stack", "std", "step", "swapaxes", "sweeps", "symbolic",
    "take", "tan", "tanh", "tile", "trace", "transpose", "unit_step", "value_and_grad", "var", "vjp", "walk_back",
    "where", "why_nan",
]  # fmt: skip
