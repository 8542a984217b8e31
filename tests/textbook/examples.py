"""Every example of the textbook's sections A, B, D, E and F that has a derivative: one table for all ways to it.

An example is a function of numbers or Values, which gives one or a list of them, and a point. At a kink the example
says what the derivatives are by the rule of the design: the least subgradient, and for activations the textbook's f′
(Table 4.2).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import autograd
import nn


class Example(NamedTuple):
    """A function at a point; `reach` is how far around it the function is defined, where that is less than 1/4.

    `kink` holds the derivative by every input where the slopes on two sides differ, None where there is no kink.
    """

    row: str
    f: Callable[..., Any]
    point: tuple[float, ...]
    given: str = ""
    kink: tuple[float, ...] | None = None
    reach: float | None = None

    @property
    def name(self) -> str:
        at = ", ".join(f"{x:.4g}" for x in self.point[:4]) + (", …" if len(self.point) > 4 else "")
        return f"{self.row}{self.given and ', '}{self.given} at {'the kink ' if self.kink else ''}{at}"


def at_points(row: str, f: Callable[..., Any], *points: float | tuple[float, ...], given: str = "") -> list[Example]:
    return [Example(row, f, point if isinstance(point, tuple) else (point,), given) for point in points]


def normal_numbers(count: int, seed: int) -> tuple[float, ...]:
    return tuple(np.random.default_rng(seed).normal(size=count).tolist())


# ── A: one neuron as a graph, and the layers of the matrix calculus ──────────────────────────────────────────────────


def neuron(x, w, b):
    return 1 / (autograd.exp(-(x * w + b)) + 1)


def layer(activation):
    """The activations of z = Wa + b, as a function of W (two rows of three), a and b."""

    def of_numbers(*numbers):
        W, a, b = (numbers[:3], numbers[3:6]), numbers[6:9], numbers[9:]
        return [activation(autograd.dot(row, a) + shift) for row, shift in zip(W, b, strict=True)]

    return of_numbers


A = [
    *at_points("h1 = x × w", lambda x, w: x * w, (1.0, 0.0)),
    *at_points("h2 = h1 + b", lambda h1, b: h1 + b, (0.0, 0.0)),
    *at_points("h3 = h2 × −1", lambda h2: h2 * -1.0, 0.0),
    *at_points("h4 = exp(h3)", autograd.exp, 0.0),
    *at_points("h5 = h4 + 1", lambda h4: h4 + 1.0, 1.0),
    *at_points("h6 = 1/h5", lambda h5: 1 / h5, 2.0),
    *at_points("the sigmoid neuron", neuron, (1.0, 0.0, 0.0), (2.0, -0.5, 0.25), (-3.0, 1.5, 4.0)),
    *at_points("several paths", lambda w, x, y: w * x + w * y, (2.0, 3.0, 5.0)),
    *at_points("z = Wa + b", layer(lambda z: z), normal_numbers(11, seed=1)),
    *at_points("a = f(z)", lambda *zs: [autograd.tanh(z) for z in zs], (0.5, -1.0, 2.0)),
    *at_points("f(Wa + b)", layer(autograd.sigmoid), normal_numbers(11, seed=2)),
]

# ── B: small graphs by hand ──────────────────────────────────────────────────────────────────────────────────────────


def squares(x, y):
    u, v = x * y, x / y
    return u**2 + v**2


B = [
    *at_points("(x + y)·z", lambda x, y, z: (x + y) * z, (-2.0, 5.0, -4.0)),
    *at_points("add distributes", lambda x, y: (x + y) * 7.0, (3.0, -1.0)),
    *at_points("multiply swaps", lambda x, y: x * y * 7.0, (3.0, -1.0)),
    *at_points("copy adds", lambda x, a, b: x * a + x * b, (3.0, 5.0, 7.0)),
    *at_points("max routes", lambda x, y: autograd.maximum(x, y) * 7.0, (3.0, -1.0), (-1.0, 3.0)),
    Example("max routes", autograd.maximum, (2.0, 2.0), kink=(0.5, 0.5)),
    *at_points("u² + v²", squares, (1.5, 0.75), (3.0, -0.5), (-2.0, -4.0)),
    *at_points("k(g(s), h(s))", lambda s: autograd.sin(s) * autograd.exp(s) * autograd.exp(s), 0.7),
    *at_points("a first-order step", lambda x, y: x * x + 3.0 * (y * y) + x * y, (1.0, -2.0)),
    *at_points(
        "f(f(f(w)))", lambda w: autograd.sigmoid(autograd.sigmoid(autograd.sigmoid(w))), 0.4, -3.0, given="f = σ"
    ),
    *at_points("f(f(f(w)))", lambda w: autograd.tanh(autograd.tanh(autograd.tanh(w))), 0.8, given="f = tanh"),
]

# ── D: activations (Table 4.2) ───────────────────────────────────────────────────────────────────────────────────────

LEFT, RIGHT = (-6.0, -1.125, -0.3), (0.3, 1.125, 6.0)


def maxout(x, *numbers):
    """The largest of three linear pieces wₖx + bₖ."""
    return autograd.maxout([numbers[i] * x + numbers[i + 1] for i in (0, 2, 4)])


def quotient_of_exponentials(x):
    return (autograd.exp(x) - autograd.exp(-x)) / (autograd.exp(x) + autograd.exp(-x))


def quotient_of_squares(x):
    return (autograd.exp(2.0 * x) - 1.0) / (autograd.exp(2.0 * x) + 1.0)


def tenth(x):
    return autograd.leaky_relu(x, 0.1)


def larger(x):
    return autograd.maximum(x, 0.01 * x)


def half_elu(x):
    return autograd.elu(x, 0.5)


PIECES = (1.0, 0.25, -3.0, 0.5, 0.125, 0.75)

D = [
    *at_points("step", autograd.unit_step, *LEFT, *RIGHT),
    Example("step", autograd.unit_step, (0.0,), kink=(0.0,)),
    *at_points("sgn", autograd.sign, *LEFT, *RIGHT),
    Example("sgn", autograd.sign, (0.0,), kink=(0.0,)),
    *at_points("logistic", autograd.sigmoid, *LEFT, 0.0, *RIGHT, 10.0),
    *at_points("tanh", autograd.tanh, *LEFT, 0.0, *RIGHT),
    *at_points("tanh as (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ)", quotient_of_exponentials, *LEFT, 0.0, *RIGHT),
    *at_points("tanh as 2σ(2x) − 1", lambda x: 2.0 * autograd.sigmoid(2.0 * x) - 1.0, *LEFT, 0.0, *RIGHT),
    *at_points("tanh as (e²ˣ − 1)/(e²ˣ + 1)", quotient_of_squares, *LEFT, 0.0, *RIGHT),
    *at_points("hard-logistic", autograd.hard_logistic, *LEFT, 0.0, *RIGHT),
    *(Example("hard-logistic", autograd.hard_logistic, (x,), kink=(0.0,)) for x in (-2.0, 2.0)),
    *at_points("hard-tanh", autograd.hard_tanh, *LEFT, 0.0, *RIGHT),
    *(Example("hard-tanh", autograd.hard_tanh, (x,), kink=(0.0,)) for x in (-1.0, 1.0)),
    *at_points("ReLU", autograd.relu, *LEFT, *RIGHT),
    Example("ReLU", autograd.relu, (0.0,), kink=(0.0,)),
    *at_points("leaky ReLU", autograd.leaky_relu, *LEFT, *RIGHT),
    Example("leaky ReLU", autograd.leaky_relu, (0.0,), kink=(0.01,)),
    *at_points("leaky ReLU of a lecture's figure", tenth, *LEFT, *RIGHT),
    Example("leaky ReLU of a lecture's figure", tenth, (0.0,), kink=(0.1,)),
    *at_points("leaky ReLU as max(x, γx)", larger, *LEFT, *RIGHT),
    Example("leaky ReLU as max(x, γx)", larger, (0.0,), kink=(0.505,)),
    *at_points("PReLU", autograd.prelu, *((x, 0.25) for x in (*LEFT, *RIGHT))),
    Example("PReLU", autograd.prelu, (0.0, 0.25), kink=(0.25, 0.0)),
    *at_points("ELU", autograd.elu, *LEFT, 0.0, *RIGHT),  # at 0 both sides have the slope 1
    *at_points("ELU with γ = 1/2", half_elu, *LEFT, *RIGHT),
    Example("ELU with γ = 1/2", half_elu, (0.0,), kink=(0.5,)),
    *at_points("softplus", autograd.softplus, *LEFT, 0.0, *RIGHT),
    *at_points("maxout", maxout, (-0.5, *PIECES), (2.0, *PIECES)),
    Example("maxout", lambda x, y: autograd.maxout([x, y, -3.0]), (1.5, 1.5), kink=(0.5, 0.5)),
    *at_points("softmax", lambda *zs: autograd.softmax(list(zs)), (4.0, 1.0, -4.0), (0.3, -0.7, 0.1)),
]

# ── E: losses ────────────────────────────────────────────────────────────────────────────────────────────────────────

PROBABILITIES = (0.34, 0.46, 0.20)
XS, YS = (0.5, 1.0, -2.0, 3.0), (1.0, 2.5, -3.0, 7.0)


def against(loss, target):
    """The loss as a function of the outputs."""
    return lambda *outputs: loss(list(outputs), target)


def of_parameters(model, inputs, loss=lambda outputs: outputs):
    """What a model gives for these inputs, as a function of all its parameters in the order of `parameters()`."""

    def run(*numbers):
        supply = iter(numbers)
        for each in [
            neuron for layer in getattr(model, "layers", [model]) for neuron in getattr(layer, "neurons", [layer])
        ]:
            each.weights = [next(supply) for _ in each.weights]
            each.bias = next(supply)
        return loss(model(inputs))

    return run


def penalised(*numbers):
    """Structural risk: the loss of a 2–1–1 network and (λ/2)·‖W‖², which passes the biases by."""
    weights = [numbers[0], numbers[1], numbers[3]]
    risk = of_parameters(nn.MLP([2, 1, 1]), [0.5, -1.0], lambda outputs: nn.SquaredError()(outputs, [1.0]))
    return risk(*numbers) + 0.5 * 0.125 * autograd.sum([w * w for w in weights])


def linear_regression(w, b):
    return autograd.mean([nn.SquaredError()([w * x + b], [y]) for x, y in zip(XS, YS, strict=True)])


def logistic_regression(w1, w2, b):
    return nn.LogLoss()([autograd.sigmoid(2.0 * w1 + 0.5 * w2 + b)], 1)


def softmax_regression(*numbers):
    zs = [2.0 * numbers[i] + 0.5 * numbers[i + 1] + numbers[i + 2] for i in (0, 3, 6)]
    return nn.LogLoss()(autograd.softmax(zs), 2)


E = [
    *at_points("absolute", against(nn.AbsoluteError(), 1.0), 2.5, -2.5),
    Example("absolute", against(nn.AbsoluteError(), 1.0), (1.0,), kink=(0.0,)),
    *at_points("squared", against(nn.SquaredError(), 1.0), 2.5, 1.0),
    *at_points("C = ½‖y − a‖²", against(nn.HalfSquaredError(), [0.0, 5.0]), (1.0, 3.0)),
    *at_points("mean squared error", against(nn.MSELoss(), [0.0, 5.0]), (1.0, 3.0)),
    *(Example("log loss", against(nn.LogLoss(), i), PROBABILITIES, f"class {i}", reach=0.125) for i in range(3)),
    *(
        Example("cross-entropy", against(nn.SoftCrossEntropy(), label), PROBABILITIES, f"label {label}", reach=0.125)
        for label in ([0, 1, 0], [0.25, 0.5, 0.25])
    ),
    Example("0·log 0", lambda p: nn.SoftCrossEntropy()([0.0, p], [0.0, 1.0]), (0.75,), reach=0.125),
    *at_points("hinge", against(nn.HingeLoss(), 1), 0.3, -0.3, 2.0, given="y = 1"),
    *at_points("hinge", against(nn.HingeLoss(), -1), 0.3, -2.0, given="y = −1"),
    Example("hinge", against(nn.HingeLoss(), 1), (1.0,), kink=(0.0,)),
    *at_points("exponential", against(nn.ExponentialLoss(), 1), 0.3, -2.0, given="y = 1"),
    *at_points("exponential", against(nn.ExponentialLoss(), -1), 0.3, 2.0, given="y = −1"),
    *at_points("softmax with cross-entropy", against(nn.CrossEntropyLoss(), 0), (0.3, 0.6, -0.2), (4.0, 1.0, -4.0)),
    *at_points(
        "softmax with cross-entropy",
        against(nn.CrossEntropyLoss(), [0.25, 0.5, 0.25]),
        (0.3, 0.6, -0.2),
        given="a soft label",
    ),
    *at_points("softmax, then log loss", lambda *zs: nn.LogLoss()(autograd.softmax(list(zs)), 0), (0.3, 0.6, -0.2)),
    *at_points("linear regression", linear_regression, (0.7, -0.2)),
    *at_points("logistic regression", logistic_regression, (0.5, -1.0, 0.25)),
    *at_points("softmax regression", softmax_regression, (0.5, -1.0, 0.0, 0.1, 0.2, 0.1, -0.3, 0.4, -0.1)),
    *at_points("structural risk", penalised, normal_numbers(5, seed=4)),
]

# ── F: networks ──────────────────────────────────────────────────────────────────────────────────────────────────────


def three_two_three(*w):
    """Σ(ŷᵢ − yᵢ)² of the 3–2–3 network as printed: w1 … w6 lead to the hidden neurons, w7 … w12 on; no biases."""
    x, target = (0.5, -1.0, 2.0), (1.0, 0.0, 0.5)
    h1 = autograd.sigmoid(w[0] * x[0] + w[2] * x[1] + w[4] * x[2])
    h2 = autograd.sigmoid(w[1] * x[0] + w[3] * x[1] + w[5] * x[2])
    outputs = [autograd.sigmoid(w[i] * h1 + w[i + 3] * h2) for i in (6, 7, 8)]
    return autograd.sum([(o - t) ** 2 for o, t in zip(outputs, target, strict=True)])


def exclusive_or(x1, x2):
    """Exercise 4-2: two hidden ReLU neurons."""
    return autograd.relu(x1 + x2) - 2.0 * autograd.relu(x1 + x2 - 1.0)


def one_one_one(w1, w2):
    """σ(w₂σ(w₁x)) at x = 1."""
    return autograd.sigmoid(w2 * autograd.sigmoid(w1))


def sum_of_neurons(x, *numbers):
    """Theorem 4.1: F(x) = Σ vᵢ φ(wᵢx + bᵢ), here with three logistic φ."""
    return autograd.sum([numbers[i] * autograd.sigmoid(numbers[i + 1] * x + numbers[i + 2]) for i in (0, 3, 6)])


def broken_line(x):
    """A line with the slopes −3, 5, 0 that bends at 1 and 3/2: ReLU neurons side by side."""
    return 1.0 - 3.0 * autograd.relu(x) + 8.0 * autograd.relu(x - 1.0) - 5.0 * autograd.relu(x - 1.5)


def recurrent_cell(u, w):
    """h ← tanh(u·x + w·h), unrolled over four times."""
    state = 0.0
    for x in (0.5, -1.0, 2.0, 0.25):
        state = autograd.tanh(u * x + w * state)
    return state


def graph_convolution(w, *features):
    """Each node of a path of four averages itself and its neighbours, times one weight, through a ReLU."""
    shares = [(0, 1), (0, 1, 1, 2), (1, 2, 2, 3), (2, 3)]
    return [autograd.relu(w * autograd.mean([features[j] for j in near])) for near in shares]


F = [
    *at_points("neuron", of_parameters(nn.Neuron(3, "tanh"), [1.0, 2.0, 3.0]), (0.5, -1.0, 0.25, 0.1)),
    *at_points("layer", of_parameters(nn.Layer(3, 2), [1.0, -1.0, 2.0]), normal_numbers(8, seed=3)),
    *at_points("perceptron", of_parameters(nn.Perceptron(2), [1.0, 0.0]), (1.0, 1.0, -1.5), (1.0, 1.0, -0.5)),
    Example("perceptron", of_parameters(nn.Perceptron(2), [1.0, 0.0]), (1.0, 1.0, -1.0), kink=(0.0, 0.0, 0.0)),
    *at_points("XOR", exclusive_or, (0.25, 0.125), (0.75, 0.625), (1.0, 1.0)),
    Example("XOR", exclusive_or, (0.0, 0.0), kink=(0.0, 0.0)),
    *(Example("XOR", exclusive_or, corner, kink=(1.0, 1.0)) for corner in ((0.0, 1.0), (1.0, 0.0))),
    *at_points("3–2–3 network", three_two_three, normal_numbers(12, seed=11)),
    *at_points(
        "one neuron with squared loss",
        of_parameters(nn.Neuron(1), [1.5], lambda a: nn.SquaredError()(a, 1.0)),
        (0.6, -0.3),
    ),
    *at_points("universal approximation", sum_of_neurons, normal_numbers(10, seed=5)),
    *at_points("a broken line", broken_line, 0.5, 1.25, 2.0),
    *(Example("a broken line", broken_line, (x,), kink=(slope,)) for x, slope in ((1.0, -3.0), (1.5, 5.0))),
    *at_points("1–1–1 surface of (1 − y)²", lambda w1, w2: (1.0 - one_one_one(w1, w2)) ** 2, (1.0, 1.0), (4.0, -8.0)),
    *at_points("1–1–1 surface of −ln y", lambda w1, w2: -autograd.log(one_one_one(w1, w2)), (1.0, 1.0), (4.0, -8.0)),
    *at_points(
        "the network of the digits, small",
        of_parameters(nn.MLP([1, 1, 1, 2], "relu"), [0.5], lambda zs: nn.CrossEntropyLoss()(zs, 1)),
        (0.75, 0.25, 1.5, -0.5, 0.7, -0.2, -1.1, 0.3),
    ),
    *at_points(
        "deep and narrow",
        of_parameters(nn.MLP([1, 1, 1, 1, 1, 1], "tanh"), [0.5], lambda a: nn.SquaredError()(a, [1.0])),
        normal_numbers(10, seed=7),
    ),
    *at_points("a recurrent cell", recurrent_cell, (0.7, -0.4)),
    *at_points("a graph convolution", graph_convolution, (0.5, 1.0, -2.0, 4.0, 0.5)),
]

SECTIONS = {"A": A, "B": B, "D": D, "E": E, "F": F}
EXAMPLES = {f"{section}: {example.name}": example for section, examples in SECTIONS.items() for example in examples}
