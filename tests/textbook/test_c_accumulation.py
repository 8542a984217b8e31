"""Textbook, 4.5: forward and reverse accumulation, step by step, and both against the derivative by hand."""

import math

import pytest

import autograd
from autograd import Value, grad, jvp, push_forward, walk_back

# Each example: the function, a point, and its derivatives as written out by hand.


def sigmoid_neuron(x, w, b):
    return 1 / (autograd.exp(-(w * x + b)) + 1)


def by_hand_sigmoid_neuron(x, w, b):
    f = 1 / (math.exp(-(w * x + b)) + 1)
    return f * (1 - f) * w, f * (1 - f) * x, f * (1 - f)


def squared_error(x, w, b, target):
    return (autograd.sigmoid(w * x + b) - target) ** 2


def by_hand_squared_error(x, w, b, target):
    f = 1 / (math.exp(-(w * x + b)) + 1)
    outer = 2 * (f - target)
    return outer * f * (1 - f) * w, outer * f * (1 - f) * x, outer * f * (1 - f), -outer


EXAMPLES = {
    "sigmoid neuron at the printed point": (sigmoid_neuron, (1.0, 0.0, 0.0), by_hand_sigmoid_neuron),
    "sigmoid neuron": (sigmoid_neuron, (2.0, -0.5, 0.25), by_hand_sigmoid_neuron),
    "(x + y) z": (lambda x, y, z: (x + y) * z, (-2.0, 5.0, -4.0), lambda x, y, z: (z, z, x + y)),
    "u² + v² with u = xy and v = x/y": (
        lambda x, y: (x * y) ** 2 + (x / y) ** 2,
        (1.5, 0.7),
        lambda x, y: (2 * x * y**2 + 2 * x / y**2, 2 * x**2 * y - 2 * x**2 / y**3),
    ),
    "f(f(f(w))) with f = tanh": (
        lambda w: autograd.tanh(autograd.tanh(autograd.tanh(w))),
        (0.8,),
        lambda w: (math.prod(1 - math.tanh(x) ** 2 for x in (math.tanh(math.tanh(w)), math.tanh(w), w)),),
    ),
    "softplus": (autograd.softplus, (0.3,), lambda x: (1 / (1 + math.exp(-x)),)),
    "tanh by its exponentials": (
        lambda x: (autograd.exp(2 * x) - 1) / (autograd.exp(2 * x) + 1),
        (0.6,),
        lambda x: (1 - math.tanh(x) ** 2,),
    ),
    "one neuron with squared loss": (squared_error, (0.5, 1.2, -0.3, 1.0), by_hand_squared_error),
}
EVERY_EXAMPLE = pytest.mark.parametrize(("f", "point", "by_hand"), EXAMPLES.values(), ids=EXAMPLES)


def unit(point, place):
    return tuple(float(i == place) for i in range(len(point)))


@EVERY_EXAMPLE
def test_forward_reverse_and_the_derivative_by_hand_agree(f, point, by_hand):
    reverse = grad(f, tuple(range(len(point))))(*point)
    forward = [jvp(f, point, unit(point, place))[1] for place in range(len(point))]
    # A handful of roundings lie on each way, on numbers of order 1.
    assert reverse == pytest.approx(by_hand(*point), rel=1e-13, abs=1e-15)
    assert forward == pytest.approx(by_hand(*point), rel=1e-13, abs=1e-15)


def test_forward_accumulation_writes_down_every_intermediate_derivative_by_w():
    x, w, b = Value(1.0), Value(0.0), Value(0.0)
    f = sigmoid_neuron(x, w, b)
    written = [(node.op.name, tangent) for node, tangent in push_forward(f, {w: 1.0}) if node.op]
    assert written == [("mul", 1.0), ("add", 1.0), ("mul", -1.0), ("exp", -1.0), ("add", -1.0), ("reciprocal", 0.25)]


def test_reverse_accumulation_writes_down_the_derivative_of_f_by_every_intermediate():
    x, w, b = Value(1.0), Value(0.0), Value(0.0)
    f = sigmoid_neuron(x, w, b)
    adjoints = [(node.op.name, adjoint) for node, adjoint in walk_back(f) if node.op]
    assert adjoints == [
        ("reciprocal", 1.0), ("add", -0.25), ("exp", -0.25), ("mul", -0.25), ("add", 0.25), ("mul", 0.25),
    ]  # fmt: skip
    assert dict(walk_back(f))[w] == 0.25


def test_the_two_accumulations_meet_at_every_node_of_the_path():
    # ∂f/∂h · ∂h/∂w is ∂f/∂w wherever the one path from w to f is cut.
    x, w, b = Value(2.0), Value(-0.5), Value(0.25)
    f = sigmoid_neuron(x, w, b)
    adjoints = dict(walk_back(f))
    by_hand = by_hand_sigmoid_neuron(2.0, -0.5, 0.25)[1]
    met = [adjoints[node] * tangent for node, tangent in push_forward(f, {w: 1.0})]
    assert met == pytest.approx([by_hand] * 7, rel=1e-14)
