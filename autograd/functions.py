"""What is no row: activations, softmax and the folds, as algebra over the table for both kinds of node.

Activations take Values, Tensors, arrays or plain numbers. Kinks are written with where, clip or relu, so that f′ at
the kink is the textbook's (Table 4.2). A fold takes a list of Values and plain numbers, which it joins one by one; or
a Tensor or an array, which it reduces along `axis` as NumPy's function of that name does.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

from autograd import array_functions, ops
from autograd.array_functions import Axis
from autograd.errors import ArgumentError, OperandError, ShapeError
from autograd.graph import Node

# ── activations (textbook, Table 4.2) ────────────────────────────────────────────────────────────────────────────────


def sigmoid(x: Any) -> Any:
    """σ(x) = 1/(1 + e⁻ˣ): on a Value the textbook's four steps h3 … h6, on plain numbers the fused stable row."""
    return x.sigmoid() if isinstance(x, Node) else ops.logistic(x)  # type: ignore[attr-defined]


def unit_step(x: Any) -> Any:
    """1 where x ≥ 0, else 0: the threshold of the perceptron, without a derivative."""
    return ops.greater_equal(x, 0.0)


def hard_logistic(x: Any) -> Any:
    """max(min(0.25x + 0.5, 1), 0): the tangent of σ at 0, cut off; the derivative is 0.25 inside and 0 outside."""
    return ops.clip(0.25 * x + 0.5, 0.0, 1.0)


def hard_tanh(x: Any) -> Any:
    """max(min(x, 1), −1): the tangent of tanh at 0, cut off; the derivative is 1 inside and 0 outside."""
    return ops.clip(x, -1.0, 1.0)


def relu6(x: Any) -> Any:
    """min(relu(x), 6)."""
    return ops.clip(x, 0.0, 6.0)


def prelu(x: Any, slope: Any) -> Any:
    """max(0, x) + slope · min(0, x), the slope learned: ∂/∂slope = min(0, x)."""
    return ops.where(ops.greater(x, 0.0), x, slope * x)


def leaky_relu(x: Any, slope: float = 0.01) -> Any:
    """max(0, x) + slope · min(0, x); the derivative at 0 is the slope."""
    return prelu(x, slope)


def elu(x: Any, scale: float = 1.0) -> Any:
    """x where x > 0, else scale · (eˣ − 1); the derivative at 0 is the scale."""
    right = ops.greater(x, 0.0)
    return ops.where(right, x, scale * ops.expm1(ops.where(right, 0.0, x)))  # the inner one keeps e^x from overflowing


def softplus(x: Any) -> Any:
    """ln(1 + eˣ), stable; its derivative is σ(x)."""
    return ops.logaddexp(x, 0.0)


def log_sigmoid(x: Any) -> Any:
    """ln σ(x) = −softplus(−x), stable."""
    return -softplus(-x)


def clip(x: Any, low: Any, high: Any) -> Any:
    """x held between two bounds: at constant bounds the derivative is 0, at variables the tie is shared equally."""
    if _is_array(x):
        return array_functions.clip(x, low, high)
    if isinstance(low, Node) or isinstance(high, Node):
        return ops.minimum(ops.maximum(x, low), high)
    return ops.clip(x, low, high)


# ── over lists of Values, and along the axes of arrays ───────────────────────────────────────────────────────────────


def softmax(xs: Any, axis: Axis = -1) -> Any:
    """e^{xᵢ} / Σⱼ e^{xⱼ} for each x, written e^{xᵢ − ln Σⱼ e^{xⱼ}} so that nothing overflows (textbook, 4.2)."""
    if _is_array(xs):
        return array_functions.softmax(xs, axis)
    return [ops.exp(x) for x in log_softmax(_listed(xs, "softmax"))]


def log_softmax(xs: Any, axis: Axis = -1) -> Any:
    """xᵢ − ln Σⱼ e^{xⱼ} for each x."""
    if _is_array(xs):
        return array_functions.log_softmax(xs, axis)
    total = logsumexp(_listed(xs, "log_softmax"))
    return [x - total for x in xs]


def logsumexp(xs: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """ln Σ eˣ, stable; its derivatives are the softmax. −∞ with derivatives 0 where every x is −∞."""
    if _is_array(xs):
        return array_functions.logsumexp(xs, axis, keepdims)
    return ops.logsumexp(*_listed(xs, "logsumexp", axis))


def max(xs: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The largest; those equal to it share the derivative equally."""
    if _is_array(xs):
        return array_functions.max(xs, axis, keepdims)
    return ops.max(*_listed(xs, "max", axis))


def min(xs: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The smallest; those equal to it share the derivative equally."""
    if _is_array(xs):
        return array_functions.min(xs, axis, keepdims)
    return ops.min(*_listed(xs, "min", axis))


def maxout(pieces: Any, axis: Axis = -1) -> Any:
    """maxₖ zₖ over the K linear pieces of one unit: `max` under its name as an activation (textbook, 4.2)."""
    return max(pieces, axis) if _is_array(pieces) else max(pieces)


def sum(xs: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """x₁ + x₂ + …, a list's from left to right."""
    if _is_array(xs):
        return array_functions.sum(xs, axis, keepdims)
    return reduce(operator.add, _listed(xs, "sum", axis))


def prod(xs: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """x₁ × x₂ × …, a list's from left to right; right where factors are 0."""
    if _is_array(xs):
        return array_functions.prod(xs, axis, keepdims)
    return reduce(operator.mul, _listed(xs, "prod", axis))


def mean(xs: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The sum × 1/n."""
    if _is_array(xs):
        return array_functions.mean(xs, axis, keepdims)
    return sum(_listed(xs, "mean", axis)) * (1.0 / len(xs))


def var(xs: Any, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """Σ (x − mean)² / (n − ddof)."""
    if _is_array(xs):
        return array_functions.var(xs, axis, ddof, keepdims)
    middle = mean(_listed(xs, "var", axis))
    away = [x - middle for x in xs]
    if len(xs) <= ddof:
        raise ArgumentError(f"var: of {len(xs)} numbers, ddof must be below {len(xs)}, got {ddof!r}")
    return sum([x * x for x in away]) * (1.0 / (len(xs) - ddof))


def std(xs: Any, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """The square root of the variance; where all x are equal its derivatives are 0."""
    return ops.sqrt(var(xs, axis, ddof, keepdims))


def norm(xs: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    """√Σx²; at 0 its derivatives are 0, the subgradient of least norm. `ord` is for arrays: see NumPy's norm."""
    if _is_array(xs):
        return array_functions.norm(xs, ord, axis, keepdims)
    if ord not in (None, 2):
        raise ArgumentError(f"norm of a list of Values is √Σx², without ord; got ord={ord!r}")
    return ops.sqrt(sum([x * x for x in _listed(xs, "norm", axis)]))


def dot(xs: Any, ys: Any) -> Any:
    """Σ xᵢ yᵢ, of lists added from left to right; of Tensors and arrays as NumPy's dot."""
    if _is_array(xs) or _is_array(ys):
        return array_functions.dot(xs, ys)
    if len(_listed(xs, "dot")) != len(_listed(ys, "dot")):
        raise ShapeError(f"dot cannot join {len(xs)} numbers with {len(ys)}: both lists must have the same length")
    return sum([x * y for x, y in zip(xs, ys, strict=True)])


def _is_array(x: Any) -> bool:
    """Whether x is one object with axes, a Tensor or an array (also nested lists), and not a list of Values."""
    if isinstance(x, (list, tuple)):
        return bool(x) and isinstance(x[0], (list, tuple, np.ndarray))
    return hasattr(x, "shape")


def _listed(xs: Any, name: str, axis: Axis = None) -> Sequence[Any]:
    if not isinstance(xs, (list, tuple)):
        raise OperandError(
            f"{name} works on a list or tuple of Values and numbers, a Tensor or an array, not on {type(xs).__name__}"
        )
    if not xs:
        raise ArgumentError(f"{name} of an empty list is not defined: give it at least one Value or number")
    if any(hasattr(x, "shape") and isinstance(x, Node) for x in xs):
        raise OperandError(f"{name} takes one Tensor, not a list of them: join them first with autograd.stack")
    if axis not in (None, 0, -1):
        raise ArgumentError(f"{name}: a list of Values has the one axis 0, got axis={axis!r}")
    return xs
