"""Textbook, 4.3 and exercise 4-6: how ‖δˡ‖ shrinks toward the input in 20 layers of 64, and what does not cure it."""

from functools import partial

import numpy as np
import pytest

import nn
from autograd import Tensor
from nn.initializers import normal

DEPTH, WIDTH = 20, 64
SEEDS = range(12)


def deep_network(activation, init, seed, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return [(nn.Linear(WIDTH, WIDTH, dtype=dtype, rng=rng, init=init), activation()) for _ in range(DEPTH)]


def backpropagated(layers, seed, dtype=np.float64):
    """The norms of δ¹ … δ²⁰ after backward from ½‖y − a‖² on eight random samples."""
    rng = np.random.default_rng(seed + 1000)
    a, z = Tensor(rng.normal(size=(8, WIDTH)).astype(dtype)), []
    for linear, activation in layers:
        z.append(linear(a))
        a = activation(z[-1])
    nn.HalfSquaredError()(a, rng.normal(size=(8, WIDTH))).backward()
    return [float(np.linalg.norm(node.grad)) for node in z]


def first_against_last(activation, init):
    """‖δ¹‖/‖δ²⁰‖ from several seeds."""
    norms = [backpropagated(deep_network(activation, init, seed), seed) for seed in SEEDS]
    return [each[0] / each[-1] for each in norms]


def test_the_logistic_with_weights_of_variance_1_n_loses_ten_orders_of_magnitude():
    assert max(first_against_last(nn.Sigmoid, "lecun_normal")) < 1e-10


def test_relu_with_he_weights_keeps_above_a_tenth():
    assert min(first_against_last(nn.ReLU, "he_normal")) > 0.1


def test_tanh_depends_on_the_initialisation_a_millionth_or_a_tenth():
    # N(0, 1/(4n)), each layer halving, against N(0, 1/n).
    halving = first_against_last(nn.Tanh, partial(normal, std=1 / np.sqrt(4 * WIDTH)))
    keeping = first_against_last(nn.Tanh, "lecun_normal")
    assert all(-6.5 < np.log10(ratio) < -5.5 for ratio in halving)
    assert all(-1.5 < np.log10(ratio) < -0.5 for ratio in keeping)


def test_each_layer_of_the_logistic_leaves_about_a_quarter():
    # σ′ ≤ 0.25, and a matrix of N(0, 1/n) keeps the length of a vector, up to fluctuations.
    norms = backpropagated(deep_network(nn.Sigmoid, "lecun_normal", seed=0), seed=0)
    factors = np.array(norms[:-1]) / norms[1:]
    assert np.all(factors < 0.5)
    assert np.exp(np.log(factors).mean()) == pytest.approx(0.25, rel=0.2)


def test_in_32_bits_it_vanishes_alike():
    norms = backpropagated(deep_network(nn.Sigmoid, "lecun_normal", 0, np.float32), 0, np.float32)
    assert 0.0 < norms[0] / norms[-1] < 1e-10


# ── exercise 4-6 ─────────────────────────────────────────────────────────────────────────────────────────────────────


def update_ratios(lr):
    """‖ΔW‖/‖W‖ of the first layer and of the last after one step of SGD from the same weights."""
    layers = deep_network(nn.Sigmoid, "lecun_normal", seed=0)
    model = nn.Sequential(*(module for pair in layers for module in pair))
    before = model.state_dict()
    backpropagated(layers, seed=0)
    nn.SGD(model, lr=lr).step()
    after = model.state_dict()
    ratios = {name: np.linalg.norm(after[name] - W) / np.linalg.norm(W) for name, W in before.items() if W.ndim == 2}
    first, *_, last = ratios.values()
    return first, last


def test_a_larger_learning_rate_scales_both_update_ratios_and_so_does_not_cure():
    first, last = update_ratios(lr=0.1)
    assert first / last < 1e-9
    for factor in (1e2, 1e4):
        larger_first, larger_last = update_ratios(lr=0.1 * factor)
        # The difference W′ − W of so small a step holds few digits.
        assert larger_first / first == pytest.approx(factor, rel=1e-2)
        assert larger_last / last == pytest.approx(factor, rel=1e-9)


def test_a_learning_rate_at_which_the_first_layer_moves_tears_the_last_apart():
    first, _ = update_ratios(lr=0.1)
    first, last = update_ratios(lr=0.1 * 1e-3 / first)
    assert first == pytest.approx(1e-3, rel=1e-2)  # what a healthy update changes
    assert last > 1e5  # a hundred thousand times its own size
