"""Textbook, 4.3: backpropagation written out in NumPy, sample by sample, for any deep network of Tensors."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, strategies as st

import nn
from autograd import Tensor

# Module, f, and f′ in terms of z.
ACTIVATIONS = {
    "logistic": (nn.Sigmoid, lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
    "tanh": (nn.Tanh, np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "ReLU": (nn.ReLU, lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float)),
    "leaky ReLU": (
        lambda: nn.LeakyReLU(0.1),
        lambda z: np.where(z > 0, z, 0.1 * z),
        lambda z: np.where(z > 0, 1.0, 0.1),
    ),
    "softplus": (nn.Softplus, lambda z: np.log(1 + np.exp(z)), lambda z: 1 / (1 + np.exp(-z))),
    "identity": (nn.Identity, lambda z: z, np.ones_like),
}

names = st.sampled_from(sorted(ACTIVATIONS))
seeds = st.integers(0, 10_000)


class Network:
    """Linear layers and an activation after each, in float64, and what one forward pass through them gave."""

    def __init__(self, sizes, activations, seed):
        rng = np.random.default_rng(seed)
        self.activations = activations
        self.layers = [nn.Linear(n, m, dtype=np.float64, rng=rng) for n, m in pairwise(sizes)]
        for layer in self.layers:
            layer.bias.data = 0.5 * rng.normal(size=layer.bias.shape)
        self.modules = [ACTIVATIONS[name][0]() for name in activations]

    def __call__(self, x):
        self.z, self.a = [], [x]
        for layer, activation in zip(self.layers, self.modules, strict=True):
            self.z.append(layer(self.a[-1]))
            self.a.append(activation(self.z[-1]))
        return self.a[-1]

    @property
    def weights(self):
        return [(layer.weight.numpy(), layer.bias.numpy()) for layer in self.layers]


def forward(weights, activations, x):
    """Every zˡ of one sample, and every aˡ from the input on."""
    zs, outputs = [], [x]
    for (W, b), name in zip(weights, activations, strict=True):
        zs.append(W @ outputs[-1] + b)
        outputs.append(ACTIVATIONS[name][1](zs[-1]))
    return zs, outputs


def backpropagation(weights, activations, x, last_delta):
    """The δˡ and ∂C/∂Wˡ of one sample, from δᴸ = last_delta(zᴸ, aᴸ) down: δˡ = f′(zˡ) ⊙ (Wˡ⁺¹)ᵀδˡ⁺¹."""
    zs, outputs = forward(weights, activations, x)
    deltas = [last_delta(zs[-1], outputs[-1])]
    for layer in range(len(weights) - 2, -1, -1):
        deltas.insert(0, ACTIVATIONS[activations[layer]][2](zs[layer]) * (weights[layer + 1][0].T @ deltas[0]))
    return deltas, [np.outer(delta, a) for delta, a in zip(deltas, outputs[:-1], strict=True)]


def sizes_of(weights, activations, x, last_delta):
    """How large the same numbers would be if nothing cancelled: the same lines on absolute values."""
    zs, outputs = forward(weights, activations, x)
    slopes = [ACTIVATIONS[name][2](z) for name, z in zip(activations, zs, strict=True)]
    deltas = [slopes[-1] + np.abs(last_delta(zs[-1], outputs[-1]))]  # δᴸ is a difference of numbers near 1
    for layer in range(len(weights) - 2, -1, -1):
        deltas.insert(0, slopes[layer] * (np.abs(weights[layer + 1][0]).T @ deltas[0]))
    return deltas, [np.outer(delta, 1 + np.abs(a)) for delta, a in zip(deltas, outputs[:-1], strict=True)]


def assert_close(found, by_hand, size):
    """Equal to 1e-12 of the size that the terms have before they cancel."""
    __tracebackhide__ = True
    assert np.shape(found) == np.shape(by_hand)
    assert np.all(np.abs(found - by_hand) <= 1e-12 * size), f"{found}\nis not\n{by_hand}"


def assert_backpropagated(network, X, last_deltas):
    """Demands what these lines give in every W, every b and every z, for the mean cost over the rows of X."""
    weights, names = network.weights, network.activations
    every = [backpropagation(weights, names, x, last) for x, last in zip(X, last_deltas, strict=True)]
    sizes = [sizes_of(weights, names, x, last) for x, last in zip(X, last_deltas, strict=True)]
    for place, layer in enumerate(network.layers):
        # The cost is a mean of costs of samples, so its gradient is the mean of their gradients.
        (delta, by_weight), (size, size_of_weight) = (
            [np.array([pair[kind][place] for pair in pairs]) for kind in (0, 1)] for pairs in (every, sizes)
        )
        assert_close(layer.weight.grad, by_weight.mean(axis=0), size_of_weight.mean(axis=0))
        assert_close(layer.bias.grad, delta.mean(axis=0), size.mean(axis=0))
        assert_close(network.z[place].grad, delta / len(X), size / len(X))


# ── any deep network ─────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.data(), st.lists(st.integers(1, 6), min_size=2, max_size=7), st.integers(1, 4), seeds)
def test_backpropagation_by_hand_is_what_the_engine_gives(data, sizes, n, seed):
    activations = [data.draw(names, label=f"layer {place}") for place in range(1, len(sizes))]
    network, rng = Network(sizes, activations, seed), np.random.default_rng(seed + 1)
    X, Y = rng.normal(size=(n, sizes[0])), rng.normal(size=(n, sizes[-1]))
    cost = nn.HalfSquaredError()(network(Tensor(X)), Y)
    cost.backward()
    # C = ½‖y − a‖², so δᴸ = ∇ₐC ⊙ f′(zᴸ) = (a − y) ⊙ f′(zᴸ).
    slope = ACTIVATIONS[activations[-1]][2]
    assert_backpropagated(network, X, [lambda z, a, y=y: (a - y) * slope(z) for y in Y])
    outputs = [forward(network.weights, activations, x)[1][-1] for x in X]
    assert cost.item() == pytest.approx(np.mean([0.5 * np.sum((y - a) ** 2) for y, a in zip(Y, outputs, strict=True)]))


@given(st.data(), st.lists(st.integers(2, 6), min_size=2, max_size=5), st.integers(1, 4), seeds)
def test_after_softmax_with_cross_entropy_the_last_delta_is_p_minus_y(data, sizes, n, seed):
    activations = [data.draw(names, label=f"layer {place}") for place in range(1, len(sizes) - 1)] + ["identity"]
    network, rng = Network(sizes, activations, seed), np.random.default_rng(seed + 1)
    X, labels = rng.normal(size=(n, sizes[0])), rng.integers(sizes[-1], size=n)
    nn.CrossEntropyLoss()(network(Tensor(X)), labels).backward()
    one_hot = np.eye(sizes[-1])[labels]
    assert_backpropagated(network, X, [lambda z, a, y=y: np.exp(z) / np.exp(z).sum() - y for y in one_hot])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_p_minus_y_in_numbers(dtype):
    # With p = (0.34, 0.46, 0.20) and class 1: (−0.66, 0.46, 0.20).
    z = Tensor(np.log([0.34, 0.46, 0.20]).astype(dtype))
    nn.CrossEntropyLoss()(z, 0).backward()
    np.testing.assert_allclose(z.grad, [-0.66, 0.46, 0.20], rtol=1e-6)
    through_softmax = Tensor(z.data)
    nn.LogLoss()(nn.Softmax()(through_softmax), 0).backward()
    np.testing.assert_allclose(through_softmax.grad, [-0.66, 0.46, 0.20], rtol=1e-6)


@given(st.integers(1, 6), seeds)
def test_the_gradient_of_the_mean_is_the_mean_of_gradients(n, seed):
    network, rng = Network([3, 4, 2], ["tanh", "identity"], seed), np.random.default_rng(seed + 1)
    X, Y, loss = rng.normal(size=(n, 3)), rng.normal(size=(n, 2)), nn.HalfSquaredError()
    parameters = [parameter for layer in network.layers for parameter in layer.parameters()]

    def gradients_of(X, Y):
        for parameter in parameters:
            parameter.zero_grad()
        loss(network(X), Y).backward()
        return [parameter.grad.copy() for parameter in parameters]

    single = [gradients_of(X[[i]], Y[[i]]) for i in range(n)]
    for together, each in zip(gradients_of(X, Y), zip(*single, strict=True), strict=True):
        assert_close(together, np.mean(each, axis=0), 1 + np.mean(np.abs(each), axis=0))


def test_in_32_bits_the_gradients_are_those_of_64_bits_to_single_precision():
    wide = Network([5, 8, 8, 3], ["logistic", "tanh", "identity"], seed=0)
    narrow = Network([5, 8, 8, 3], ["logistic", "tanh", "identity"], seed=0)
    narrow.layers = [nn.Linear(layer.in_features, layer.out_features) for layer in wide.layers]
    rng = np.random.default_rng(1)
    X, labels = rng.normal(size=(6, 5)), rng.integers(3, size=6)
    for layer, reference in zip(narrow.layers, wide.layers, strict=True):
        layer.load_state_dict(reference.state_dict())
    for network, dtype in ((wide, np.float64), (narrow, np.float32)):
        nn.CrossEntropyLoss()(network(Tensor(X.astype(dtype))), labels).backward()
    for layer, reference in zip(narrow.layers, wide.layers, strict=True):
        for found, wanted in zip(layer.parameters(), reference.parameters(), strict=True):
            assert found.grad.dtype == np.float32
            np.testing.assert_allclose(found.grad, wanted.grad, rtol=0, atol=2e-6 * np.abs(wanted.grad).max())


def test_a_wrong_line_of_backpropagation_would_be_noticed():
    network = Network([3, 4, 4, 2], ["tanh", "logistic", "identity"], seed=0)
    X, Y = np.ones((2, 3)), np.zeros((2, 2))
    nn.HalfSquaredError()(network(Tensor(X)), Y).backward()
    with pytest.raises(AssertionError):
        assert_backpropagated(network, X, [lambda z, a: a - 1e-9] * 2)
