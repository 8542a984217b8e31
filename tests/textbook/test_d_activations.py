"""Textbook, 4.1: activations with their derivatives (Table 4.2, Figs 4.2 to 4.4 and 4.10)."""

import math

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, gradients

POINTS = [-6.0, -2.5, -1.0, -0.3, 0.0, 0.3, 1.0, 2.5, 6.0]


def sigma(x):
    return 1 / (1 + math.exp(-x))


TABLE_4_2 = {
    "logistic": (autograd.sigmoid, sigma, lambda x: sigma(x) * (1 - sigma(x))),
    "tanh": (
        autograd.tanh,
        lambda x: (math.exp(x) - math.exp(-x)) / (math.exp(x) + math.exp(-x)),
        lambda x: 1 - math.tanh(x) ** 2,
    ),
    "hard-logistic": (
        autograd.hard_logistic,
        lambda x: max(min(0.25 * x + 0.5, 1), 0),
        lambda x: 0.25 if -2 < x < 2 else 0.0,
    ),
    "hard-tanh": (autograd.hard_tanh, lambda x: max(min(x, 1), -1), lambda x: 1.0 if -1 < x < 1 else 0.0),
    "ReLU": (autograd.relu, lambda x: max(0, x), lambda x: float(x > 0)),
    "leaky ReLU": (
        autograd.leaky_relu,
        lambda x: max(0, x) + 0.01 * min(0, x),
        lambda x: (x > 0) + 0.01 * (x <= 0),
    ),
    "leaky ReLU of a lecture": (
        lambda x: autograd.leaky_relu(x, 0.1),
        lambda x: max(0, x) + 0.1 * min(0, x),
        lambda x: (x > 0) + 0.1 * (x <= 0),
    ),
    "PReLU": (
        lambda x: autograd.prelu(x, 0.25),
        lambda x: max(0, x) + 0.25 * min(0, x),
        lambda x: (x > 0) + 0.25 * (x <= 0),
    ),
    "ELU": (
        autograd.elu,
        lambda x: max(0, x) + min(0, math.exp(x) - 1),
        lambda x: (x > 0) + (x <= 0) * math.exp(x),
    ),
    "ELU of scale 0.5": (
        lambda x: autograd.elu(x, 0.5),
        lambda x: max(0, x) + min(0, 0.5 * (math.exp(x) - 1)),
        lambda x: (x > 0) + (x <= 0) * 0.5 * math.exp(x),
    ),
    "softplus": (autograd.softplus, lambda x: math.log(1 + math.exp(x)), sigma),
}


@pytest.mark.parametrize("name", TABLE_4_2)
@pytest.mark.parametrize("x", POINTS)
def test_table_4_2(name, x):
    f, value, derivative = TABLE_4_2[name]
    v = Value(x)
    y = f(v)
    y.backward()
    # The textbook's formulas cancel where they subtract, hence the absolute part.
    assert y.data == pytest.approx(value(x), rel=1e-13, abs=1e-15)
    assert v.grad == pytest.approx(derivative(x), rel=1e-12, abs=1e-15)
    assert f(x) == pytest.approx(y.data, rel=1e-14)


def test_the_step_of_the_perceptron_has_no_gradient_to_train_by():
    for x, y in ((-1.0, 0.0), (0.0, 1.0), (2.0, 1.0)):
        assert autograd.unit_step(Value(x)).data == y
    assert [autograd.sign(x) for x in (-2.0, 2.0)] == [-1.0, 1.0]
    v = Value(1.0)
    (autograd.unit_step(v) + autograd.sign(v)).backward()
    assert v.grad == 0.0


def test_the_derivative_of_the_logistic_lies_between_0_and_a_quarter_and_saturates_on_both_sides():
    slopes = []
    for x in np.linspace(-20, 20, 401):
        v = Value(x)
        v.sigmoid().backward()
        slopes.append(v.grad)
    assert min(slopes) >= 0.0
    assert max(slopes) == slopes[200] == 0.25
    assert slopes[0] < 1e-8
    assert slopes[-1] < 1e-8


def test_the_logistic_saturates_as_printed():
    for x, printed, digits in ((5.0, 0.00665, 5e-6), (10.0, 4.54e-5, 5e-8)):
        for side in (x, -x):
            v = Value(side)
            v.sigmoid().backward()
            assert abs(v.grad - printed) <= digits


def test_the_derivative_of_tanh_lies_between_0_and_1_and_tanh_is_zero_centred():
    for x in np.linspace(-20, 20, 101):
        v = Value(x)
        y = v.tanh()
        y.backward()
        assert 0.0 <= v.grad <= 1.0
        assert autograd.tanh(-x) == -y.data


@pytest.mark.parametrize("x", POINTS)
def test_the_three_ways_to_write_tanh_agree(x):
    v = Value(x)
    ways = [
        v.tanh(),
        2 * (2 * v).sigmoid() - 1,
        ((2 * v).exp() - 1) / ((2 * v).exp() + 1),
        (v.exp() - (-v).exp()) / (v.exp() + (-v).exp()),
    ]
    for way in ways:
        v.zero_grad()
        way.backward()
        assert way.data == pytest.approx(math.tanh(x), rel=1e-13, abs=1e-15)
        # e²ˣ − 1 and 2σ − 1 lose what they cancel: a few roundings of a number near 1.
        assert v.grad == pytest.approx(1 - math.tanh(x) ** 2, rel=1e-8, abs=1e-14)


def test_tanh_written_with_exponentials_fails_where_tanh_does_not():
    v = Value(1000.0)
    written_out = ((2 * v).exp() - 1) / ((2 * v).exp() + 1)
    assert math.isnan(written_out.data)
    assert v.tanh().data == 1.0


def test_the_hard_forms_are_the_taylor_lines_at_0():
    for hard, soft in ((autograd.hard_logistic, autograd.sigmoid), (autograd.hard_tanh, autograd.tanh)):
        a, b = Value(0.0), Value(0.0)
        y, z = hard(a), soft(b)
        y.backward()
        z.backward()
        assert (y.data, a.grad) == (z.data, b.grad)


def test_relu_saturates_on_the_left_and_can_die():
    neuron = nn.Neuron(1, activation="relu")
    neuron.set_weights([1.0], bias=-10.0)
    for x in (-3.0, 0.0, 3.0):
        neuron([x]).backward()
    assert [p.grad for p in neuron.parameters()] == [0.0, 0.0]


@pytest.mark.parametrize("x", POINTS)
def test_leaky_relu_is_the_larger_of_x_and_a_part_of_x(x):
    v, u = Value(x), Value(x)
    y, z = autograd.leaky_relu(v), autograd.maximum(u, 0.01 * u)
    assert y.data == z.data
    if x:
        y.backward()
        z.backward()
        assert v.grad == u.grad


@pytest.mark.parametrize("x", POINTS)
def test_prelu_learns_by_the_negative_part(x):
    v, slope = Value(x), Value(0.25)
    autograd.prelu(v, slope).backward()
    assert slope.grad == min(0.0, x)


def test_a_prelu_slope_may_be_shared_by_many_neurons():
    slope = Value(0.25)
    autograd.sum([autograd.prelu(Value(x), slope) for x in (-1.0, -2.0, 3.0)]).backward()
    assert slope.grad == -3.0


def test_softplus_is_a_smooth_relu():
    for x in POINTS:
        assert 0.0 < autograd.softplus(x) - autograd.relu(x) <= math.log(2.0)
    assert autograd.softplus(0.0) == pytest.approx(math.log(2.0), rel=1e-15)


def test_maxout_routes_to_the_winner():
    x = [0.5, -1.0]
    weights = [[Value(w) for w in row] for row in ([1.0, 2.0], [-3.0, 0.5], [0.2, 0.1])]
    biases = [Value(b) for b in (0.1, 0.2, 0.3)]
    pieces = [autograd.dot(row, x) + b for row, b in zip(weights, biases, strict=True)]
    unit = autograd.maxout(pieces)
    unit.backward()
    winner = max(range(3), key=lambda k: pieces[k].data)
    assert unit.data == pieces[winner].data
    for k in range(3):
        assert [w.grad for w in weights[k]] == (x if k == winner else [0.0, 0.0])
        assert biases[k].grad == float(k == winner)


@pytest.mark.parametrize("x", [p for p in POINTS if p])
def test_leaky_relu_is_a_maxout_of_two_pieces(x):
    v, u = Value(x), Value(x)
    autograd.maxout([v, 0.01 * v]).backward()
    autograd.leaky_relu(u).backward()
    assert v.grad == u.grad


def test_softmax_of_4_1_and_minus_4():
    printed = [0.952270, 0.047411, 0.000319]
    assert [round(p, 6) for p in autograd.softmax([4.0, 1.0, -4.0])] == printed
    assert [round(p.data, 6) for p in autograd.softmax([Value(4.0), Value(1.0), Value(-4.0)])] == printed


def test_the_jacobian_of_softmax_is_p_times_delta_minus_p():
    zs = [Value(z) for z in (4.0, 1.0, -4.0)]
    ps = autograd.softmax(zs)
    numbers = [p.data for p in ps]
    for i, p in enumerate(ps):
        wanted = [numbers[i] * ((i == j) - numbers[j]) for j in range(3)]
        assert gradients(p, zs) == pytest.approx(wanted, rel=1e-12, abs=1e-17)
