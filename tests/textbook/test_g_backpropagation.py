"""Textbook, 4.3: backpropagation written out in NumPy for deep networks, and the engine beside it."""

from itertools import pairwise

import numpy as np
import pytest

import nn

SIZES = [3, 5, 4, 4, 2]

F = {
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float)),
    "identity": (lambda z: z, np.ones_like),
}


def random_network(activation, output, seed):
    """The same random deep network as matrices and as a model."""
    rng = np.random.default_rng(seed)
    matrices = [rng.normal(size=(m, n)) / np.sqrt(n) for n, m in pairwise(SIZES)]
    biases = [0.5 * rng.normal(size=m) for m in SIZES[1:]]
    model = nn.MLP(SIZES, activation=activation, output=output)
    for layer, W, b in zip(model.layers, matrices, biases, strict=True):
        layer.set_weights(W.tolist(), b.tolist())
    return matrices, biases, model


def forward(matrices, biases, names, x):
    """Every zˡ, and every aˡ from the input on."""
    zs, activations = [], [x]
    for W, b, name in zip(matrices, biases, names, strict=True):
        zs.append(W @ activations[-1] + b)
        activations.append(F[name][0](zs[-1]))
    return zs, activations


def backpropagation(matrices, zs, activations, names, delta):
    """∂C/∂Wˡ = δˡ(aˡ⁻¹)ᵀ and ∂C/∂bˡ = δˡ for every layer, from δᴸ down: δˡ = f′(zˡ) ⊙ (Wˡ⁺¹)ᵀδˡ⁺¹."""
    gradients = []
    for layer in reversed(range(len(matrices))):
        gradients.insert(0, (np.outer(delta, activations[layer]), delta))
        if layer:
            delta = F[names[layer - 1]][1](zs[layer - 1]) * (matrices[layer].T @ delta)
    return gradients


def found(model):
    """The gradients the engine left in the parameters, as matrices and vectors."""
    return [
        (np.array([[w.grad for w in n.weights] for n in layer.neurons]), np.array([n.bias.grad for n in layer.neurons]))
        for layer in model.layers
    ]


def assert_same(engine, by_hand):
    for (W, b), (dW, db) in zip(engine, by_hand, strict=True):
        np.testing.assert_allclose(W, dW, rtol=1e-11, atol=1e-15)
        np.testing.assert_allclose(b, db, rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("output", ["sigmoid", "identity"])
@pytest.mark.parametrize("seed", [1, 2])
def test_backpropagation_by_hand_is_what_the_engine_gives(activation, output, seed):
    matrices, biases, model = random_network(activation, output, seed)
    names = [activation] * 3 + [output]
    x, y = np.array([0.5, -1.0, 2.0]), np.array([1.0, 0.0])
    zs, activations = forward(matrices, biases, names, x)
    delta = (activations[-1] - y) * F[output][1](zs[-1])  # ∇ₐC ⊙ f′(zᴸ) with C = ½‖y − a‖²
    cost = nn.HalfSquaredError()(model(x.tolist()), y.tolist())
    cost.backward()
    assert cost.data == pytest.approx(0.5 * np.sum((activations[-1] - y) ** 2), rel=1e-13)
    assert_same(found(model), backpropagation(matrices, zs, activations, names, delta))


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("label", [0, 1])
def test_after_softmax_with_cross_entropy_the_last_delta_is_p_minus_y(activation, label):
    matrices, biases, model = random_network(activation, "identity", seed=3)
    names = [activation] * 3 + ["identity"]
    x = np.array([0.5, -1.0, 2.0])
    zs, activations = forward(matrices, biases, names, x)
    p = np.exp(zs[-1]) / np.exp(zs[-1]).sum()
    nn.CrossEntropyLoss()(model(x.tolist()), label).backward()
    assert_same(found(model), backpropagation(matrices, zs, activations, names, p - np.eye(2)[label]))


def test_the_gradient_of_a_mean_cost_is_the_mean_of_gradients():
    _, _, model = random_network("tanh", "identity", seed=4)
    rng = np.random.default_rng(5)
    rows, targets = rng.normal(size=(4, 3)).tolist(), rng.normal(size=(4, 2)).tolist()
    loss = nn.HalfSquaredError()
    single = []
    for row, target in zip(rows, targets, strict=True):
        model.zero_grad()
        loss(model(row), target).backward()
        single.append([p.grad for p in model.parameters()])
    model.zero_grad()
    sum((loss(model(row), target) * 0.25 for row, target in zip(rows, targets, strict=True)), 0.0).backward()
    together = [p.grad for p in model.parameters()]
    assert together == pytest.approx(np.mean(single, axis=0).tolist(), rel=1e-12, abs=1e-15)
