"""Textbook, 4.1 to 4.3: neurons, layers and networks, the exercises, and what networks can represent."""

import math

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, gradients


def sigma(x):
    return 1 / (1 + math.exp(-x))


def test_a_neuron_is_f_of_w_x_plus_b():
    neuron = nn.Neuron(3, activation="tanh")
    neuron.set_weights([0.5, -1.0, 0.25], bias=0.1)
    assert neuron([1.0, 2.0, 3.0]).data == pytest.approx(math.tanh(0.5 - 2.0 + 0.75 + 0.1), rel=1e-14)


def test_a_layer_is_the_matrix_times_the_vector_plus_the_bias():
    W, b = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [0.5, -0.5]
    layer = nn.Layer(3, 2, activation="identity")
    layer.set_weights(W, b)
    assert [a.data for a in layer([1.0, -1.0, 2.0])] == (np.array(W) @ [1.0, -1.0, 2.0] + b).tolist()


def test_w_i_j_leads_from_neuron_j_to_neuron_i():
    layer = nn.Layer(3, 2, activation="identity")
    layer.set_weights([[0.0, 0.0, 7.0], [0.0, 0.0, 0.0]], [0.0, 0.0])
    outputs = layer([1.0, 1.0, 1.0])
    assert [a.data for a in outputs] == [7.0, 0.0]
    outputs[0].backward()
    assert layer.neurons[0].weights[2].grad == 1.0


@pytest.mark.parametrize("table", [nn.data.and_, nn.data.or_, nn.data.nand])
def test_the_perceptron_learns_what_a_line_divides(table):
    data, perceptron = table(), nn.Perceptron(2)
    assert perceptron.learn(data.X, data.y)
    assert nn.predict(perceptron, data.X) == data.y.tolist()


def test_the_perceptron_cannot_learn_xor():
    data, perceptron = nn.data.xor(), nn.Perceptron(2)
    assert not perceptron.learn(data.X, data.y, epochs=500)
    # No perceptron can: of all on a fine grid of weights none computes it.
    grid = [x / 2 for x in range(-4, 5)]
    assert not any(
        [int(w1 * x1 + w2 * x2 + b >= 0) for x1, x2 in data.X] == data.y.tolist()
        for w1 in grid
        for w2 in grid
        for b in grid
    )


def test_exercise_4_2_two_hidden_relu_neurons_compute_xor():
    model = nn.MLP([2, 2, 1], activation="relu")
    model.layers[0].set_weights([[1.0, 1.0], [1.0, 1.0]], [0.0, -1.0])
    model.layers[1].set_weights([[1.0, -2.0]], [0.0])
    data = nn.data.xor()
    assert [model(row)[0].data for row in data.X.tolist()] == data.y.tolist()


@pytest.mark.parametrize(("d", "N", "L", "count"), [(2, 13, 4, 57), (3, 9, 3, None), (5, 21, 6, None), (1, 4, 2, None)])
def test_exercise_4_3_the_number_of_parameters(d, N, L, count):
    k = (N - 1) // (L - 1)
    model = nn.MLP([d] + [k] * (L - 1) + [1])
    formula = k * (d + 1) + (L - 2) * k * (k + 1) + (k + 1)
    assert len(model.parameters()) == formula
    assert count in (None, formula)


def test_the_3_2_3_network_by_hand():
    # Weights as printed: w1 … w6 from inputs to hidden, w7 … w12 from hidden to outputs, no biases.
    rng = np.random.default_rng(11)
    numbers, x, target = rng.normal(size=12).tolist(), [0.5, -1.0, 2.0], [1.0, 0.0, 0.5]
    w = {i: Value(number, label=f"w{i}") for i, number in enumerate(numbers, start=1)}
    h1 = (w[1] * x[0] + w[3] * x[1] + w[5] * x[2]).sigmoid()
    h2 = (w[2] * x[0] + w[4] * x[1] + w[6] * x[2]).sigmoid()
    outputs = [(w[i] * h1 + w[i + 3] * h2).sigmoid() for i in (7, 8, 9)]
    autograd.sum([(o - t) ** 2 for o, t in zip(outputs, target, strict=True)]).backward()

    a1, a2 = h1.data, h2.data
    delta = [2 * (o.data - t) * o.data * (1 - o.data) for o, t in zip(outputs, target, strict=True)]
    hidden = [
        sum(delta[i] * numbers[6 + i] for i in range(3)) * a1 * (1 - a1),
        sum(delta[i] * numbers[9 + i] for i in range(3)) * a2 * (1 - a2),
    ]
    by_hand = {2 * j + i + 1: hidden[i] * x[j] for i in range(2) for j in range(3)}
    by_hand |= {7 + i: delta[i] * a1 for i in range(3)} | {10 + i: delta[i] * a2 for i in range(3)}
    assert [w[i].grad for i in range(1, 13)] == pytest.approx([by_hand[i] for i in range(1, 13)], rel=1e-12)


def test_the_3_2_3_network_by_hand_is_the_one_of_layers():
    rng = np.random.default_rng(11)
    first, second = rng.normal(size=(2, 3)), rng.normal(size=(3, 2))
    model = nn.MLP([3, 2, 3], output="sigmoid")
    model.layers[0].set_weights(first.tolist(), [0.0, 0.0])
    model.layers[1].set_weights(second.tolist(), [0.0] * 3)
    x = np.array([0.5, -1.0, 2.0])
    by_hand = 1 / (1 + np.exp(-second @ (1 / (1 + np.exp(-first @ x)))))
    assert [y.data for y in model(x.tolist())] == pytest.approx(by_hand.tolist(), rel=1e-14)


def test_one_neuron_with_squared_loss():
    w, b, x, y = 0.6, -0.3, 1.5, 1.0
    neuron = nn.Neuron(1)
    neuron.set_weights([w], bias=b)
    nn.SquaredError()(neuron([x]), y).backward()
    s = sigma(w * x + b)
    assert neuron.weights[0].grad == pytest.approx(2 * (s - y) * (1 - s) * s * x, rel=1e-13)


def broken_line(knots, heights):
    """A one-hidden-layer ReLU network that draws the line through these points: each neuron bends it once."""
    slopes = np.diff(heights) / np.diff(knots)
    bends = np.diff(slopes, prepend=0.0)
    model = nn.MLP([1, len(bends), 1], activation="relu")
    model.layers[0].set_weights([[1.0]] * len(bends), [-k for k in knots[:-1]])
    model.layers[1].set_weights([bends.tolist()], [heights[0]])
    return model


def test_a_relu_network_draws_any_broken_line():
    knots, heights = [0.0, 1.0, 1.5, 3.0, 4.0], [1.0, -2.0, 0.5, 0.5, 3.0]
    model = broken_line(knots, heights)
    for x in np.linspace(0.0, 4.0, 41):
        assert model([x])[0].data == pytest.approx(np.interp(x, knots, heights), abs=1e-12)


def test_the_approximation_error_falls_as_neurons_are_added():
    xs = np.linspace(0.0, 2 * math.pi, 101)
    errors = []
    for m in (4, 8, 16, 32):
        knots = np.linspace(0.0, 2 * math.pi, m + 1)
        model = broken_line(knots.tolist(), np.sin(knots).tolist())
        with autograd.no_grad():
            errors.append(max(abs(model([x])[0].data - math.sin(x)) for x in xs))
    # A line through a curve is off by at most h²/8 · max|f″|, h the distance of the knots.
    for m, error in zip((4, 8, 16, 32), errors, strict=True):
        assert error <= (2 * math.pi / m) ** 2 / 8
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < errors[0] / 30


def surface(loss, w1, w2):
    model = nn.MLP([1, 1, 1], output="sigmoid")
    model.layers[0].set_weights([[w1]], [0.0])
    model.layers[1].set_weights([[w2]], [0.0])
    with autograd.no_grad():
        return loss(model([1.0])[0]).data


@pytest.mark.parametrize(
    "loss", [lambda y: (1 - y) ** 2, lambda y: -autograd.log(y)], ids=["squared error", "minus the log"]
)
def test_fig_4_9_the_surfaces_of_the_1_1_1_network_are_not_convex(loss):
    # On a convex surface the middle of two points lies no higher than the line between them.
    ends, middle = [(0.0, -8.0), (8.0, -8.0)], (4.0, -8.0)
    assert surface(loss, 1.0, 1.0) == pytest.approx(loss(sigma(sigma(1.0))), rel=1e-14)
    assert surface(loss, *middle) > sum(surface(loss, *end) for end in ends) / 2 + 1e-3


def test_a_recurrent_cell_unrolled_over_time_is_an_ordinary_expression():
    # h_t = tanh(u·x_t + w·h_{t−1}); ∂h_t/∂w = (1 − h_t²)(h_{t−1} + w·∂h_{t−1}/∂w), one weight for all times.
    u, w, xs = Value(0.7), Value(-0.4), [0.5, -1.0, 2.0, 0.3]
    state, by_u, by_w, h = Value(0.0), 0.0, 0.0, 0.0
    for x in xs:
        state = (u * x + w * state).tanh()
        now = math.tanh(0.7 * x - 0.4 * h)
        by_u = (1 - now**2) * (x - 0.4 * by_u)
        by_w = (1 - now**2) * (h - 0.4 * by_w)
        h = now
    assert gradients(state, [u, w]) == pytest.approx((by_u, by_w), rel=1e-13)


def test_a_graph_convolution_is_an_ordinary_expression():
    # Each node of a path graph averages itself and its neighbours, times one weight, through a ReLU.
    features, w = [1.0, -2.0, 4.0, 0.5], Value(0.5)
    neighbours = [[0, 1], [0, 1, 2], [1, 2, 3], [2, 3]]
    means = [sum(features[j] for j in near) / len(near) for near in neighbours]
    outputs = [autograd.relu(w * autograd.mean([features[j] for j in near])) for near in neighbours]
    autograd.sum(outputs).backward()
    assert [y.data for y in outputs] == pytest.approx([max(0.0, 0.5 * m) for m in means], rel=1e-14)
    assert w.grad == pytest.approx(sum(m for m in means if m > 0), rel=1e-14)
