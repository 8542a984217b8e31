"""Twenty wrong gradients as engineers write them, made by somebody who has not seen the checker.

The bench breaks rows by known operators, which a checker could be fitted to. Here each case is an op, a layer or a loss
whose values are right and whose derivative has one fault, of a kind that bug reports of other libraries tell about. The
inputs are what a user would hand over: ordinary numbers, and where a fault shows at few places only, mostly others.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import autograd
from autograd import array_op, array_ops, elementwise, ops

Case = tuple[Callable[..., Any], tuple[Any, ...]]


@dataclass(frozen=True)
class Blind:
    """One wrong gradient: `build()` gives a function of nodes, and the numbers or arrays it is to be checked at.

    `fault` says in a sentence what is wrong. `options` is what the user passes to the checker besides.
    """

    name: str
    fault: str
    build: Callable[[], Case]
    options: dict[str, Any] = field(default_factory=dict)


# ── elementwise rows ─────────────────────────────────────────────────────────────────────────────────────────────────


def gelu_cubic_factor() -> Case:
    scale, cubic = math.sqrt(2.0 / math.pi), 0.044715

    def rule(y: Any, a: Any) -> tuple[Any, ...]:
        t = ops.tanh(scale * (a + cubic * a * a * a))
        return (0.5 * (1.0 + t) + 0.5 * a * (1.0 - t * t) * scale * (1.0 + cubic * a * a),)

    gelu = elementwise(
        "gelu",
        lambda a: 0.5 * a * (1.0 + math.tanh(scale * (a + cubic * a**3))),
        lambda a: 0.5 * a * (1.0 + np.tanh(scale * (a + cubic * a**3))),
        rule,
    )
    return gelu, (np.array([-1.5, -0.2, 0.1, 0.9, 2.0]),)


def exp_slope_clipped() -> Case:
    intensity = elementwise("intensity", math.exp, np.exp, lambda y, a: (ops.minimum(y, 10.0),))

    def poisson_loss(log_rate: Any, weight: Any) -> Any:
        return weight * (intensity(log_rate) - 3.0 * log_rate)

    return poisson_loss, (2.6, 0.5)


def elu_negative_side() -> Case:
    elu = elementwise(
        "exponential_linear",
        lambda a: a if a > 0.0 else math.expm1(a),
        lambda a: np.where(a > 0.0, a, np.expm1(np.minimum(a, 0.0))),
        lambda y, a: (ops.where(ops.greater(a, 0.0), 1.0, y),),
    )
    return elu, (np.array([[0.3, 1.2, 2.5], [0.8, -0.7, 0.1]]),)


def float32_cancellation() -> Case:
    growth = elementwise(
        "mean_growth",
        lambda a: math.expm1(a) / a,
        lambda a: np.expm1(a) / a,
        lambda y, a: (ops.divide(ops.exp(a) * (a - 1.0) + 1.0, a * a),),
    )
    return lambda a: autograd.sum(growth(a)), (np.array([0.7, 0.002, 1.3], np.float32),)


def normal_cdf_four_digits() -> Case:
    def cdf(a: float) -> float:
        return 0.5 * (1.0 + math.erf(a / math.sqrt(2.0)))

    normal_cdf = elementwise(
        "normal_cdf", cdf, np.vectorize(cdf, otypes=[float]), lambda y, a: (0.3989 * ops.exp(-0.5 * a * a),)
    )
    return lambda a, b: normal_cdf(a * b + 0.1), (0.4, 1.5)


def softplus_second_derivative() -> Case:
    slope = elementwise("softplus_slope", ops.logistic.function, ops.logistic.array_function, lambda y, a: (y,))
    softplus = elementwise(
        "smooth_ramp", lambda a: math.log1p(math.exp(a)), lambda a: np.log1p(np.exp(a)), lambda y, a: (slope(a),)
    )
    return softplus, (0.7,)


def hypot_swapped() -> Case:
    distance = elementwise(
        "distance", math.hypot, np.hypot, lambda y, a, b: (ops.divide(b, y), ops.divide(a, y))
    )  # right wherever a = b
    return distance, (np.array([3.0, 1.0, -2.0, 0.5]), np.array([3.0, 1.0, -2.0, 0.6]))


# ── normalisers and losses ───────────────────────────────────────────────────────────────────────────────────────────


def softmax_diagonal_only() -> Case:
    probabilities = array_op("probabilities", lambda a: array_ops.softmax(a), lambda g, y, a: (g * y * (1.0 - y),))
    return probabilities, (np.array([[0.2, -1.0, 0.7], [1.5, 0.3, -0.4]]),)


def layer_norm_constant_variance() -> Case:
    def spread(a: Any) -> Any:
        return ops.sqrt(autograd.var(a, axis=-1, keepdims=True) + 1e-5)

    layer_norm = array_op(
        "layer_norm",
        lambda a: (a - a.mean(axis=-1, keepdims=True)) / np.sqrt(a.var(axis=-1, keepdims=True) + 1e-5),
        lambda g, y, a: (ops.divide(g - autograd.mean(g, axis=-1, keepdims=True), spread(a)),),
    )
    gain = np.array([1.0, 0.5, -0.3, 2.0])
    return lambda x: layer_norm(x) * gain, (np.random.default_rng(1).normal(size=(3, 4)),)


def cross_entropy_summed() -> Case:
    truths = np.eye(3)[[0, 2, 1, 1]]
    cross_entropy = array_op(
        "mean_cross_entropy",
        lambda z: np.asarray(-(truths * array_ops.log_softmax(z)).sum() / len(z)),
        lambda g, y, z: (g * (array_ops.softmax(z) - truths),),
    )
    return cross_entropy, (np.random.default_rng(2).normal(size=(4, 3)),)


def squared_distance_sign() -> Case:
    squared_distance = array_op(
        "squared_distance",
        lambda p, t: np.asarray(((p - t) ** 2).sum()),
        lambda g, y, p, t: (2.0 * g * (p - t), 2.0 * g * (p - t)),
    )
    rng = np.random.default_rng(3)
    return squared_distance, (rng.normal(size=(2, 3)), rng.normal(size=(2, 3)))


def norm_off_the_graph() -> Case:
    def normalised_output(direction: Any, length: Any) -> Any:
        weight = direction * (length / float(np.linalg.norm(np.asarray(direction.data))))
        return autograd.sum(weight * np.array([0.5, -1.0, 2.0]))

    return normalised_output, (np.array([1.0, 2.0, -1.0]), np.array(1.5))


# ── layers ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def weight_gradient_transposed() -> Case:
    projection = array_op(
        "projection",
        lambda x, w: x @ w,
        lambda g, y, x, w: (array_ops.matmul(g, w.T), array_ops.matmul(g.T, x)),
    )
    rng = np.random.default_rng(4)
    return (lambda x, w: ops.tanh(projection(x, w))), (rng.normal(size=(4, 3)), rng.normal(size=(3, 3)))


def bias_gradient_wrong_axis() -> Case:
    dense = array_op(
        "dense",
        lambda x, w, b: x @ w.T + b,
        lambda g, y, x, w, b: (array_ops.matmul(g, w), array_ops.matmul(g.T, x), array_ops.sum(g, axis=1)),
    )
    rng = np.random.default_rng(5)
    inputs = (rng.normal(size=(3, 2)), rng.normal(size=(3, 2)), rng.normal(size=3))
    return (lambda x, w, b: autograd.sum(dense(x, w, b) ** 2)), inputs


def max_pool_local_index() -> Case:
    width = 3

    def pull_back(g: Any, y: Any, a: Any) -> tuple[Any, ...]:
        winners = array_ops.argmax(array_ops.reshape(a, shape=(-1, width)), axis=1)  # places within each window
        return (array_ops.scatter(g, winners, index=(array_ops.PLACE,), shape=a.shape),)

    max_pool = array_op("max_pool", lambda a: a.reshape(-1, width).max(axis=1), pull_back)
    return max_pool, (np.array([0.1, 0.9, 0.4, 2.0, -1.0, 0.3]),)


def embedding_overwrites() -> Case:
    words = np.array([2, 0, 2, 3])

    def placed(g: Any, shape: tuple[int, ...]) -> Any:
        rows = np.zeros(shape, g.dtype)
        rows[words] = g
        return rows

    place = array_op("place_rows", placed, lambda g, y, rows, shape: (array_ops.getitem(g, index=(words,)),))
    embedding = array_op("embedding", lambda table: table[words], lambda g, y, table: (place(g, shape=table.shape),))
    return (lambda table: ops.sin(embedding(table))), (np.random.default_rng(6).normal(size=(5, 2)),)


def causal_padding_off_by_one() -> Case:
    pad = array_op(
        "causal_pad",
        lambda a: np.pad(a, (2, 0)),
        lambda g, y, a: (array_ops.getitem(g, index=(slice(1, -1),)),),
    )

    def causal_filter(x: Any, kernel: Any) -> Any:
        padded = pad(x)
        return kernel[0] * padded[:-2] + kernel[1] * padded[1:-1] + kernel[2] * padded[2:]

    return causal_filter, (np.array([1.0, -0.5, 0.3, 2.0]), np.array([0.2, 0.5, 0.3]))


# ── sequences, sharing and state ─────────────────────────────────────────────────────────────────────────────────────


def discount_wrong_direction() -> Case:
    def discounted(rewards: Any) -> Any:
        returns = np.array(rewards)
        for i in range(len(returns) - 2, -1, -1):
            returns[i] += 0.9 * returns[i + 1]
        return returns

    returns = array_op("discounted_returns", discounted, lambda g, y, rewards: (returns(g),))
    return (lambda rewards: returns(rewards) ** 2), (np.array([1.0, 0.0, -0.5, 2.0]),)


def residual_scaled_in_place() -> Case:
    kept = np.array([0.0, 2.0, 2.0, 0.0, 2.0])

    def pull_back(g: Any, y: Any, a: Any) -> tuple[Any, ...]:
        g *= kept  # the sum that the gradient comes from has handed the same array to the other branch
        return (g,)

    dropped = array_op("dropped", lambda a: a * kept, pull_back)

    def residual_block(x: Any) -> Any:
        return autograd.sum((x + dropped(x)) ** 2)

    return residual_block, (np.array([0.5, -1.0, 0.3, 1.5, 0.2]),)


def saved_by_the_last_call() -> Case:
    saved: dict[str, Any] = {}

    def square(a: Any) -> Any:
        saved["a"] = a
        return a * a

    remembered_square = array_op("remembered_square", square, lambda g, y, a: (2.0 * g * saved["a"],))

    def two_layers(x: Any) -> Any:
        return remembered_square(remembered_square(x) + 1.0)

    return two_layers, (np.array([0.5, -0.8, 1.1]),)


BLIND: tuple[Blind, ...] = (
    Blind(
        "gelu_cubic_factor",
        "The slope of gelu's inner polynomial x + c x³ is taken as 1 + c x²: the factor 3 is forgotten.",
        gelu_cubic_factor,
    ),
    Blind(
        "exp_slope_clipped",
        "The rule of exp clips its derivative at 10, so that training does not diverge.",
        exp_slope_clipped,
    ),
    Blind(
        "elu_negative_side",
        "Where the input is negative, elu's derivative is y in place of y + 1.",
        elu_negative_side,
    ),
    Blind(
        "float32_cancellation",
        "The derivative of (eᵃ − 1)/a is a formula that cancels: good in float64, and at small a wrong in float32.",
        float32_cancellation,
    ),
    Blind(
        "normal_cdf_four_digits",
        "The density in the rule has 0.3989 for 1/√(2π): one part in ten thousand too small.",
        normal_cdf_four_digits,
    ),
    Blind(
        "softplus_second_derivative",
        "Only the second derivative is wrong: the rule of the slope σ says y in place of y (1 − y).",
        softplus_second_derivative,
    ),
    Blind(
        "hypot_swapped",
        "The two derivatives of √(a² + b²) are swapped: right wherever a = b, as at all inputs but one.",
        hypot_swapped,
    ),
    Blind(
        "softmax_diagonal_only",
        "Of the Jacobian of softmax the pull-back has the diagonal alone.",
        softmax_diagonal_only,
    ),
    Blind(
        "layer_norm_constant_variance",
        "Layer normalisation is differentiated as though the variance did not depend on the input.",
        layer_norm_constant_variance,
    ),
    Blind(
        "cross_entropy_summed",
        "The loss is the mean over the batch, and its gradient that of the sum.",
        cross_entropy_summed,
    ),
    Blind(
        "squared_distance_sign",
        "The share of the target lacks its minus sign.",
        squared_distance_sign,
    ),
    Blind(
        "norm_off_the_graph",
        "Weight normalisation divides by a norm made a plain number with float(), which then counts as a constant.",
        norm_off_the_graph,
    ),
    Blind(
        "weight_gradient_transposed",
        "The share of a square weight matrix comes back transposed.",
        weight_gradient_transposed,
    ),
    Blind(
        "bias_gradient_wrong_axis",
        "The bias gradient is summed over features in place of samples, and both are three.",
        bias_gradient_wrong_axis,
    ),
    Blind(
        "max_pool_local_index",
        "Max pooling takes the winner's place within its window for its place in the input.",
        max_pool_local_index,
    ),
    Blind(
        "embedding_overwrites",
        "A row that is looked up twice receives the last share in place of the sum of both.",
        embedding_overwrites,
    ),
    Blind(
        "causal_padding_off_by_one",
        "Two zeros are padded in front, and the gradient is cut as though there were one on either side.",
        causal_padding_off_by_one,
    ),
    Blind(
        "discount_wrong_direction",
        "The pull-back of discounted returns, a sum from the end, runs from the end too.",
        discount_wrong_direction,
    ),
    Blind(
        "residual_scaled_in_place",
        "The pull-back scales the incoming gradient in place, which the skip connection shares.",
        residual_scaled_in_place,
    ),
    Blind(
        "saved_by_the_last_call",
        "The op keeps its input for the pull-back in one place, so that of two uses the first gets the second's.",
        saved_by_the_last_call,
    ),
)
