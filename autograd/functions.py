"""What is no row: activations, softmax and the folds over lists of Values, as algebra over the table.

Each takes Values or plain numbers. Kinks are written with where, clip or relu, so that f′ at the kink is the
textbook's (Table 4.2).
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import reduce
from typing import Any

from autograd import ops
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
    return ops.where(ops.greater(x, 0.0), x, scale * ops.expm1(x))


def softplus(x: Any) -> Any:
    """ln(1 + eˣ), stable; its derivative is σ(x)."""
    return ops.logaddexp(x, 0.0)


def log_sigmoid(x: Any) -> Any:
    """ln σ(x) = −softplus(−x), stable."""
    return -softplus(-x)


def clip(x: Any, low: Any, high: Any) -> Any:
    """x held between two bounds: at constant bounds the derivative is 0, at Values the tie is shared equally."""
    if isinstance(low, Node) or isinstance(high, Node):
        return ops.minimum(ops.maximum(x, low), high)
    return ops.clip(x, low, high)


# ── over lists ───────────────────────────────────────────────────────────────────────────────────────────────────────


def softmax(xs: Sequence[Any]) -> list[Any]:
    """e^{xᵢ} / Σⱼ e^{xⱼ} for each x, written e^{xᵢ − ln Σⱼ e^{xⱼ}} so that nothing overflows (textbook, 4.2)."""
    return [ops.exp(x) for x in log_softmax(_listed(xs, "softmax"))]


def log_softmax(xs: Sequence[Any]) -> list[Any]:
    """xᵢ − ln Σⱼ e^{xⱼ} for each x."""
    total = logsumexp(_listed(xs, "log_softmax"))
    return [x - total for x in xs]


def logsumexp(xs: Sequence[Any]) -> Any:
    """ln Σ eˣ, stable; its derivatives are the softmax. −∞ with derivatives 0 where every x is −∞."""
    return ops.logsumexp(*_listed(xs, "logsumexp"))


def max(xs: Sequence[Any]) -> Any:
    """The largest; those equal to it share the derivative equally."""
    return ops.max(*_listed(xs, "max"))


def min(xs: Sequence[Any]) -> Any:
    """The smallest; those equal to it share the derivative equally."""
    return ops.min(*_listed(xs, "min"))


def maxout(pieces: Sequence[Any]) -> Any:
    """maxₖ zₖ over the K linear pieces of one unit: `max` under its name as an activation (textbook, 4.2)."""
    return max(pieces)


def sum(xs: Sequence[Any]) -> Any:
    """x₁ + x₂ + …, added from left to right."""
    return reduce(operator.add, _listed(xs, "sum"))


def prod(xs: Sequence[Any]) -> Any:
    """x₁ × x₂ × …, multiplied from left to right; right where factors are 0."""
    return reduce(operator.mul, _listed(xs, "prod"))


def mean(xs: Sequence[Any]) -> Any:
    """The sum × 1/n."""
    return sum(_listed(xs, "mean")) * (1.0 / len(xs))


def var(xs: Sequence[Any]) -> Any:
    """The mean of (x − mean)²."""
    middle = mean(xs)
    return mean([(x - middle) * (x - middle) for x in xs])


def std(xs: Sequence[Any]) -> Any:
    """The square root of the variance; where all x are equal its derivatives are 0."""
    return ops.sqrt(var(xs))


def norm(xs: Sequence[Any]) -> Any:
    """√Σx²; at 0 its derivatives are 0, the subgradient of least norm."""
    return ops.sqrt(sum([x * x for x in _listed(xs, "norm")]))


def dot(xs: Sequence[Any], ys: Sequence[Any]) -> Any:
    """Σ xᵢ yᵢ, added from left to right."""
    if len(_listed(xs, "dot")) != len(_listed(ys, "dot")):
        raise ShapeError(f"dot cannot join {len(xs)} numbers with {len(ys)}: both lists must have the same length")
    return sum([x * y for x, y in zip(xs, ys, strict=True)])


def _listed(xs: Sequence[Any], name: str) -> Sequence[Any]:
    if not isinstance(xs, (list, tuple)):
        raise OperandError(f"{name} works on a list or tuple of Values and numbers, not on {type(xs).__name__}")
    if not xs:
        raise ArgumentError(f"{name} of an empty list is not defined: give it at least one Value or number")
    return xs
