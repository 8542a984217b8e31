"""Textbook, 4.1 to 4.3: networks of Tensors built by hand, what they represent, and other shapes than layers."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import autograd
import nn
from autograd import Tensor

fewer = settings(max_examples=settings().max_examples // 4)
seeds = st.integers(0, 10_000)


def sigma(x):
    return 1 / (1 + np.exp(-x))


def network(*layers, dtype=np.float64, bend=nn.ReLU):
    """Linear layers with these weights and biases, and an activation between each and the next."""
    modules = []
    for W, b in layers:
        outputs, inputs = np.shape(W)
        linear = nn.Linear(inputs, outputs, dtype=dtype)
        linear.load_state_dict({"weight": W, "bias": b})
        modules += [linear, bend()]
    return nn.Sequential(*modules[:-1])


# ── exercises ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_exercise_4_2_two_hidden_relu_neurons_compute_xor(dtype):
    # h1 = relu(x1 + x2), h2 = relu(x1 + x2 − 1), y = h1 − 2·h2.
    model = network(([[1, 1], [1, 1]], [0, -1]), ([[1, -2]], [0]), dtype=dtype)
    table = nn.data.xor()
    y = model(table.X)
    assert y.dtype == dtype
    assert y.data[:, 0].tolist() == table.y.tolist() == [0, 1, 1, 0]


def test_exercise_4_2_trained_from_random_weights_such_a_network_succeeds_about_one_time_in_four():
    # 300 networks at once, each with its own 2×2 and 2×1 weights: their losses add up, so their gradients stay apart.
    rng, table = np.random.default_rng(0), nn.data.xor()
    width = np.sqrt(3 / 2)  # of variance 1/2, one over the number of inputs
    W1, W2 = (Tensor(rng.uniform(-width, width, size=(300, *shape))) for shape in [(2, 2), (2, 1)])
    b1, b2 = Tensor(np.zeros((300, 1, 2))), Tensor(np.zeros((300, 1, 1)))
    optimizer, y = nn.SGD([W1, b1, W2, b2], lr=0.1), table.y.reshape(4, 1)
    for _ in range(1000):
        optimizer.zero_grad()
        outputs = autograd.relu(table.X @ W1 + b1) @ W2 + b2
        ((outputs - y) ** 2).mean(axis=(1, 2)).sum().backward()
        optimizer.step()
    rate = np.mean(np.all((outputs.data > 0.5) == y, axis=(1, 2)))
    assert 0.15 < rate < 0.35


def exercise_4_3(d, N, L):
    """Inputs d, and N neurons in L layers: L − 1 hidden ones of k = (N − 1)/(L − 1), and one output."""
    k = (N - 1) // (L - 1)
    sizes = [d, *[k] * (L - 1), 1]
    return nn.Sequential(*(nn.Linear(n, m, rng=0) for n, m in pairwise(sizes)))


def test_exercise_4_3_inputs_2_neurons_13_and_layers_4_make_57_parameters():
    assert exercise_4_3(d=2, N=13, L=4).summary(2).total == 57


@fewer
@given(d=st.integers(1, 9), k=st.integers(1, 9), L=st.integers(2, 6))
def test_exercise_4_3_the_formula_counts_the_numbers_of_a_real_network(d, k, L):
    model = exercise_4_3(d, k * (L - 1) + 1, L)
    count = sum(parameter.size for parameter in model.parameters())
    assert count == model.summary(d).total == k * (d + 1) + (L - 2) * k * (k + 1) + (k + 1)


def test_the_digits_network_has_669_706_parameters():
    model = nn.Sequential(
        nn.Flatten(), nn.Linear(784, 512, rng=0), nn.ReLU(), nn.Linear(512, 512, rng=0), nn.ReLU(),
        nn.Linear(512, 10, rng=0),
    )  # fmt: skip
    images = np.random.default_rng(0).random((2, 28, 28), dtype=np.float32)
    assert model(images).shape == (2, 10)
    assert sum(p.size for p in model.parameters()) == 784 * 512 + 512 + 512 * 512 + 512 + 512 * 10 + 10 == 669_706
    assert str(model.summary((28, 28))).endswith("669,706")


# ── the 3–2–3 network ────────────────────────────────────────────────────────────────────────────────────────────────


@fewer
@given(seeds)
def test_the_3_2_3_network_by_hand(seed):
    rng = np.random.default_rng(seed)
    w = dict(enumerate(rng.normal(size=12).tolist(), start=1))
    (x1, x2, x3), target = rng.normal(size=3).tolist(), rng.random(3).tolist()

    first = Tensor([[w[1], w[3], w[5]], [w[2], w[4], w[6]]])
    second = Tensor([[w[7], w[10]], [w[8], w[11]], [w[9], w[12]]])
    hidden = (first @ [x1, x2, x3]).sigmoid()
    outputs = (second @ hidden).sigmoid()
    ((outputs - target) ** 2).sum().backward()

    # In_h1 = w1x1 + w3x2 + w5x3, In_h2 = w2x1 + w4x2 + w6x3, and In_oᵢ = w₆₊ᵢ·h1 + w₉₊ᵢ·h2.
    h1 = float(sigma(w[1] * x1 + w[3] * x2 + w[5] * x3))
    h2 = float(sigma(w[2] * x1 + w[4] * x2 + w[6] * x3))
    o = [float(sigma(w[6 + i] * h1 + w[9 + i] * h2)) for i in (1, 2, 3)]
    delta = [2 * (y - t) * y * (1 - y) for y, t in zip(o, target, strict=True)]  # ∂L/∂In_oᵢ
    through = [delta[i] * w[7 + i] * h1 * (1 - h1) * x1 for i in range(3)]

    size = sum(map(abs, through))
    assert hidden.data.tolist() == pytest.approx([h1, h2], rel=1e-14)
    assert first.grad[0, 0] == pytest.approx(sum(through), abs=1e-13 * size)  # ∂L/∂w1, through all three outputs
    assert second.grad == pytest.approx(np.outer(delta, [h1, h2]), rel=1e-12, abs=1e-16)


def test_one_neuron_with_squared_loss():
    # ∂C/∂w₁ = 2(σ(wx + b) − ŷ)(1 − σ(wx + b))·σ(wx + b)·x₁.
    w, b, x, y = [0.6, -1.2], -0.3, [1.5, 0.5], 1.0
    neuron = nn.Sequential(*network(([w], [b])), nn.Sigmoid())
    nn.SquaredError()(neuron([x]), [[y]]).backward()
    s = sigma(np.dot(w, x) + b)
    np.testing.assert_allclose(neuron[0].weight.grad, [2 * (s - y) * (1 - s) * s * np.array(x)], rtol=1e-13)


# ── Theorem 4.1 ──────────────────────────────────────────────────────────────────────────────────────────────────────


def broken_line(knots, heights):
    """F(x) = Σ vᵢ relu(wᵢx + bᵢ) + c through these points: a neuron at each knot bends the line."""
    bends = np.diff(np.diff(heights) / np.diff(knots), prepend=0.0)
    return network((np.ones((len(bends), 1)), -knots[:-1]), ([bends], heights[:1]))


@fewer
@given(st.integers(2, 9), seeds)
def test_a_network_with_one_hidden_layer_of_relu_draws_any_broken_line(count, seed):
    rng = np.random.default_rng(seed)
    knots, heights = np.cumsum(rng.uniform(0.2, 2.0, count)), rng.normal(size=count)
    x = np.concatenate([knots, rng.uniform(knots[0], knots[-1], 50)])
    np.testing.assert_allclose(
        broken_line(knots, heights)(x[:, None]).data[:, 0], np.interp(x, knots, heights), atol=1e-11
    )


def test_its_error_falls_with_the_square_of_the_number_of_neurons():
    x = np.linspace(0.0, math.tau, 5001)
    errors = {}
    for m in (4, 8, 16, 32, 64, 128):
        knots = np.linspace(0.0, math.tau, m + 1)
        errors[m] = np.abs(broken_line(knots, np.sin(knots))(x[:, None]).data[:, 0] - np.sin(x)).max()
        # A line through a curve is off by at most h²/8 · max|f″|, h = τ/m being the distance of the knots.
        assert errors[m] <= (math.tau / m) ** 2 / 8
    for m in (8, 16, 32, 64):
        assert errors[m] / errors[2 * m] == pytest.approx(4, rel=0.1)


# ── Fig 4.9 ──────────────────────────────────────────────────────────────────────────────────────────────────────────

# Each with its derivative by y; the book prints ln y for −ln y.
LOSSES = {
    "(1 − y)²": (lambda y: (1 - y) ** 2, lambda y: -2 * (1 - y)),
    "−ln y": (lambda y: -autograd.log(y), lambda y: -1 / y),
}


def surface(name, w1, w2):
    """The loss of y = σ(w₂σ(w₁x)) at x = 1 for every pair of weights, as one Tensor."""
    return LOSSES[name][0]((w2 * (w1 * 1.0).sigmoid()).sigmoid())


@pytest.mark.parametrize("name", LOSSES)
def test_fig_4_9_is_drawn_on_a_grid_by_broadcasting(name):
    along = np.linspace(-10, 10, 41)
    w1, w2 = Tensor(along[:, None]), Tensor(along)
    heights = surface(name, w1, w2)
    heights.sum().backward()
    assert heights.shape == (41, 41)
    # Point by point; a weight's derivative adds up those of the points on its line of the grid.
    by_w1, by_w2 = np.zeros(41), np.zeros(41)
    for i in range(41):
        for j in range(41):
            hidden = 1 / (1 + math.exp(-along[i]))
            y = 1 / (1 + math.exp(-along[j] * hidden))
            assert heights.data[i, j] == pytest.approx((1 - y) ** 2 if "²" in name else -math.log(y), rel=1e-10)
            delta = LOSSES[name][1](y) * y * (1 - y)
            by_w1[i] += delta * along[j] * hidden * (1 - hidden)
            by_w2[j] += delta * hidden
    np.testing.assert_allclose(w1.grad[:, 0], by_w1, rtol=1e-10)
    np.testing.assert_allclose(w2.grad, by_w2, rtol=1e-10)


@pytest.mark.parametrize("name", LOSSES)
def test_fig_4_9_is_not_convex(name):
    # On a convex surface the middle of two points lies no higher than the line between them.
    ends = surface(name, Tensor([0.0, 8.0]), Tensor([-8.0, -8.0])).data
    middle = surface(name, Tensor(4.0), Tensor(-8.0)).item()
    assert middle > ends.mean() + 1e-3


# ── Fig 4.5: networks that are no layers in a row ────────────────────────────────────────────────────────────────────


@fewer
@given(steps=st.integers(1, 6), inputs=st.integers(1, 4), size=st.integers(1, 4), seed=seeds)
def test_a_recurrent_cell_unrolled_over_time_is_an_ordinary_expression(steps, inputs, size, seed):
    # h_t = tanh(U x_t + W h_{t−1} + b): the same three parameters at all times.
    rng = np.random.default_rng(seed)
    U, W, b = (Tensor(0.7 * rng.normal(size=s)) for s in [(size, inputs), (size, size), (size,)])
    xs, wanted = rng.normal(size=(steps, inputs)), rng.normal(size=size)
    state = Tensor(np.zeros(size), requires_grad=False)
    for x in xs:
        state = (U @ x + W @ state + b).tanh()
    (0.5 * ((state - wanted) ** 2).sum()).backward()

    # Backpropagation through time, entry by entry.
    states = [np.zeros(size)]
    for x in xs:
        states.append(np.tanh([U.data[i] @ x + W.data[i] @ states[-1] + b.data[i] for i in range(size)]))
    by_U, by_W, by_b = np.zeros((size, inputs)), np.zeros((size, size)), np.zeros(size)
    back = states[-1] - wanted
    for t in range(steps, 0, -1):
        delta = [(1 - states[t][i] ** 2) * back[i] for i in range(size)]
        for i in range(size):
            by_U[i] += delta[i] * xs[t - 1]
            by_W[i] += delta[i] * states[t - 1]
            by_b[i] += delta[i]
        back = [sum(delta[i] * W.data[i, j] for i in range(size)) for j in range(size)]
    for parameter, by_hand in [(U, by_U), (W, by_W), (b, by_b)]:
        np.testing.assert_allclose(parameter.grad, by_hand, rtol=1e-11, atol=1e-13)


def convolution(neighbours, features, W):
    """relu(Â X Wᵀ): each node's new features from the mean over itself and its neighbours."""
    return autograd.relu(neighbours / neighbours.sum(axis=1, keepdims=True) @ features @ W.T)


@fewer
@given(nodes=st.integers(2, 5), seed=seeds)
def test_a_graph_convolution_is_an_ordinary_expression(nodes, seed):
    rng = np.random.default_rng(seed)
    joined = np.triu(rng.random((nodes, nodes)) < 0.5, 1)
    neighbours = (joined | joined.T | np.eye(nodes, dtype=bool)).astype(float)
    X, W, g = (rng.normal(size=s) for s in [(nodes, 3), (2, 3), (nodes, 2)])
    features, weight = Tensor(X), Tensor(W)
    outputs = convolution(neighbours, features, weight)
    outputs.backward(g)

    # Node by node and neighbour by neighbour.
    by_features, by_weight = np.zeros_like(X), np.zeros_like(W)
    for i in range(nodes):
        near = [j for j in range(nodes) if neighbours[i, j]]
        mean = sum(X[j] for j in near) / len(near)
        for k in range(2):
            z = W[k] @ mean
            assert outputs.data[i, k] == pytest.approx(max(0.0, z), rel=1e-12, abs=1e-14)
            if z > 0:
                by_weight[k] += g[i, k] * mean
                for j in near:
                    by_features[j] += g[i, k] * W[k] / len(near)
    np.testing.assert_allclose(weight.grad, by_weight, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(features.grad, by_features, rtol=1e-11, atol=1e-13)


def test_a_feedback_network_settles_and_is_differentiated_through_its_iterations():
    # a = σ(W a + x) by iteration; at the fixed point ∂a/∂x = (I − D W)⁻¹ D with D = diag f′.
    rng = np.random.default_rng(2)
    W, x = 0.8 * rng.normal(size=(4, 4)), Tensor(rng.normal(size=4))
    a = Tensor(np.zeros(4), requires_grad=False)
    for _ in range(60):
        a = (W @ a + x).sigmoid()
    np.testing.assert_allclose(a.data, sigma(W @ a.data + x.data), rtol=1e-13)
    a.sum().backward()
    D = np.diag(a.data * (1 - a.data))
    np.testing.assert_allclose(x.grad, np.linalg.solve((np.eye(4) - D @ W).T, np.ones(4)) @ D, rtol=1e-11)
