"""Textbook, 4.1: the activations of Table 4.2 on Tensors, in both widths of float, entry by entry and along axes."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays

import autograd
import nn
from autograd import Tensor

DTYPES = [np.float32, np.float64]


def sigma(x):
    return 1 / (1 + np.exp(-x))


# Module, f and f′ as Table 4.2 prints them.
TABLE_4_2 = {
    "logistic": (nn.Sigmoid(), sigma, lambda x: sigma(x) * (1 - sigma(x))),
    "tanh": (
        nn.Tanh(),
        lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)),
        lambda x: 1 - ((np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))) ** 2,
    ),
    "hard-logistic": (
        nn.HardLogistic(),
        lambda x: np.maximum(np.minimum(0.25 * x + 0.5, 1), 0),
        lambda x: 0.25 * ((x > -2) & (x < 2)),
    ),
    "hard-tanh": (nn.HardTanh(), lambda x: np.maximum(np.minimum(x, 1), -1), lambda x: 1.0 * ((x > -1) & (x < 1))),
    "ReLU": (nn.ReLU(), lambda x: np.maximum(0, x), lambda x: 1.0 * (x > 0)),
    "leaky ReLU": (
        nn.LeakyReLU(),
        lambda x: np.maximum(0, x) + 0.01 * np.minimum(0, x),
        lambda x: (x > 0) + 0.01 * (x <= 0),
    ),
    "leaky ReLU of a lecture": (
        nn.LeakyReLU(0.1),
        lambda x: np.maximum(0, x) + 0.1 * np.minimum(0, x),
        lambda x: (x > 0) + 0.1 * (x <= 0),
    ),
    "PReLU": (
        nn.PReLU(init=0.25),
        lambda x: np.maximum(0, x) + 0.25 * np.minimum(0, x),
        lambda x: (x > 0) + 0.25 * (x <= 0),
    ),
    "ELU": (
        nn.ELU(),
        lambda x: np.maximum(0, x) + np.minimum(0, np.exp(x) - 1),
        lambda x: (x > 0) + (x <= 0) * np.exp(x),
    ),
    "ELU of scale 0.5": (
        nn.ELU(0.5),
        lambda x: np.maximum(0, x) + np.minimum(0, 0.5 * (np.exp(x) - 1)),
        lambda x: (x > 0) + (x <= 0) * 0.5 * np.exp(x),
    ),
    "softplus": (nn.Softplus(), lambda x: np.log(1 + np.exp(x)), sigma),
    "step": (nn.Step(), lambda x: 1.0 * (x >= 0), lambda x: 0.0 * x),
}


def slope(function, x):
    """f′ in every entry of x, by one backward pass with ones; 0 where nothing comes back."""
    t = Tensor(x)
    y = function(t)
    y.backward(np.ones(y.shape, y.dtype))
    return np.zeros(t.shape, t.dtype) if t.grad is None else t.grad


# ── Table 4.2 ────────────────────────────────────────────────────────────────────────────────────────────────────────

# The kinks 0, ±1 and ±2 among numbers of every size up to where the textbook's eˣ is still harmless.
_drawn = np.random.default_rng(0).normal(size=(4, 500)) * np.array([[0.01], [1.0], [3.0], [8.0]])
POINTS = np.concatenate([[0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 30.0, -30.0], np.clip(_drawn, -30, 30).ravel()])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", TABLE_4_2)
def test_table_4_2_in_every_entry(name, dtype):
    module, value, derivative = TABLE_4_2[name]
    if isinstance(module, nn.PReLU):
        module = nn.PReLU(init=0.25, dtype=dtype)
    x = POINTS.astype(dtype).reshape(4, -1, 2)
    exact, y, slopes = x.astype(np.longdouble), module(Tensor(x)), slope(module, x)
    # An entry near 0 may be the difference of numbers near 1: two units of their last digit remain.
    unit = np.finfo(dtype).eps
    np.testing.assert_allclose(y.data, value(exact), rtol=8 * unit, atol=2 * unit)
    np.testing.assert_allclose(slopes, derivative(exact), rtol=8 * unit, atol=2 * unit)
    assert y.dtype == slopes.dtype == dtype


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 1, 3), (0, 2)], ids=str)
@pytest.mark.parametrize("name", TABLE_4_2)
def test_an_activation_keeps_the_shape_of_what_it_is_given(name, shape):
    module = TABLE_4_2[name][0]
    t = Tensor(np.full(shape, -0.5))
    assert module(t).shape == slope(module, t.data).shape == shape


AT_THE_KINKS = [
    (nn.ReLU(), {0.0: 0.0}),
    (nn.ReLU6(), {0.0: 0.0, 6.0: 0.0}),
    (nn.LeakyReLU(), {0.0: 0.01}),
    (nn.ELU(0.5), {0.0: 0.5}),
    (nn.HardLogistic(), {-2.0: 0.0, 2.0: 0.0}),
    (nn.HardTanh(), {-1.0: 0.0, 1.0: 0.0}),
    (nn.Step(), {0.0: 0.0}),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("module", "slopes"), AT_THE_KINKS, ids=repr)
def test_at_a_kink_the_derivative_is_the_tables(module, slopes, dtype):
    np.testing.assert_array_equal(slope(module, np.array(list(slopes), dtype)), np.array(list(slopes.values()), dtype))


# ── saturation ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_logistic_saturates_as_printed(dtype):
    at_5, at_minus_5, at_10, at_minus_10 = slope(nn.Sigmoid(), np.array([5, -5, 10, -10], dtype)).tolist()
    assert round(at_5, 5) == round(at_minus_5, 5) == 0.00665
    assert f"{at_10:.2e}" == f"{at_minus_10:.2e}" == "4.54e-05"


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("module", "steepest"), [(nn.Sigmoid(), 0.25), (nn.Tanh(), 1.0)], ids=["logistic", "tanh"])
def test_saturating_functions_are_steepest_at_0_and_flat_far_away(module, steepest, dtype):
    slopes = slope(module, np.linspace(-1000, 1000, 2001).astype(dtype))
    assert slopes.min() >= 0.0
    assert slopes.max() == slopes[1000] == steepest
    assert np.all(slopes[:900] < 1e-30)
    assert np.all(slopes[1100:] < 1e-30)


def test_relu_saturates_on_the_left_and_a_neuron_left_of_0_for_every_sample_is_dead():
    neuron = nn.Sequential(nn.Linear(1, 1), nn.ReLU())
    neuron.load_state_dict({"0.weight": [[1.0]], "0.bias": [-10.0]})
    neuron([[-3.0], [0.0], [3.0]]).sum().backward()
    assert [p.grad.item() for p in neuron.parameters()] == [0.0, 0.0]


# ── tanh, a stability example ────────────────────────────────────────────────────────────────────────────────────────

WAYS_TO_WRITE_TANH = {
    "2σ(2x) − 1": lambda x: 2 * autograd.sigmoid(2 * x) - 1,
    "(e²ˣ − 1)/(e²ˣ + 1)": lambda x: (autograd.exp(2 * x) - 1) / (autograd.exp(2 * x) + 1),
    "(eˣ − e⁻ˣ)/(eˣ + e⁻ˣ)": lambda x: (autograd.exp(x) - autograd.exp(-x)) / (autograd.exp(x) + autograd.exp(-x)),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("way", WAYS_TO_WRITE_TANH)
def test_near_0_every_way_to_write_tanh_gives_the_same(way, dtype):
    x, unit = np.linspace(-3, 3, 25).astype(dtype), np.finfo(dtype).eps
    exact = np.tanh(x.astype(np.longdouble))
    np.testing.assert_allclose(WAYS_TO_WRITE_TANH[way](Tensor(x)).data, exact, atol=8 * unit, rtol=0)
    np.testing.assert_allclose(slope(WAYS_TO_WRITE_TANH[way], x), 1 - exact**2, atol=32 * unit, rtol=0)


@pytest.mark.parametrize(("dtype", "far"), [(np.float32, 60.0), (np.float64, 400.0)])
def test_far_from_0_only_tanh_itself_and_the_logistic_form_still_stand(dtype, far):
    x = np.array([far], dtype)
    for stable in (autograd.tanh, WAYS_TO_WRITE_TANH["2σ(2x) − 1"]):
        assert (stable(Tensor(x)).item(), slope(stable, x).item()) == (1.0, 0.0)
        assert (stable(Tensor(-x)).item(), slope(stable, -x).item()) == (-1.0, 0.0)
    # e^120 overflows 32 bits as e^800 does 64: infinity over infinity. For the third form both sides are far.
    quotients = {"(e²ˣ − 1)/(e²ˣ + 1)": [x], "(eˣ − e⁻ˣ)/(eˣ + e⁻ˣ)": [2 * x, -2 * x]}
    with np.errstate(over="ignore", invalid="ignore"):
        assert all(math.isnan(WAYS_TO_WRITE_TANH[way](Tensor(at)).item()) for way in quotients for at in quotients[way])


@pytest.mark.parametrize("dtype", DTYPES)
def test_tanh_is_zero_centred_and_the_logistic_is_not(dtype):
    x = np.random.default_rng(0).normal(size=1000).astype(dtype)
    both_sides = Tensor(np.concatenate([x, -x]))
    assert abs(nn.Tanh()(both_sides).mean().item()) < 1e-6
    assert nn.Sigmoid()(both_sides).mean().item() == pytest.approx(0.5, abs=1e-6)


# ── learned slopes, maxout, softmax ──────────────────────────────────────────────────────────────────────────────────


@given(arrays(np.float64, st.tuples(st.integers(1, 5), st.just(3)), elements=st.floats(-30, 30)), st.booleans())
def test_prelu_learns_by_the_negative_part_per_neuron_or_shared(x, shared):
    module = nn.PReLU(1 if shared else 3, dtype=np.float64)
    module(Tensor(x)).sum().backward()
    by_neuron = np.minimum(0, x).sum(axis=0)
    np.testing.assert_allclose(module.weight.grad, [by_neuron.sum()] if shared else by_neuron, rtol=1e-14, atol=0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_leaky_relu_is_the_larger_of_x_and_a_part_of_x_and_so_a_maxout_of_two_pieces(dtype):
    x = np.array([-6.0, -1.0, -0.3, 0.3, 1.0, 6.0], dtype).reshape(-1, 1)
    unit = nn.Maxout(1, 1, pieces=2, dtype=dtype)
    unit.load_state_dict({"weight": [[1.0], [0.01]], "bias": [0.0, 0.0]})
    for way in (unit, lambda t: autograd.maximum(t, 0.01 * t)):
        np.testing.assert_array_equal(way(Tensor(x)).data, nn.LeakyReLU()(Tensor(x)).data)
        np.testing.assert_array_equal(slope(way, x), slope(nn.LeakyReLU(), x))


@given(st.integers(0, 99), st.integers(1, 4))
def test_maxout_routes_to_the_winner(seed, pieces):
    rng = np.random.default_rng(seed)
    unit, x = nn.Maxout(3, 2, pieces, dtype=np.float64, rng=rng), rng.normal(size=3)
    unit(x).sum().backward()
    z = (unit.weight.data @ x).reshape(2, pieces)
    wins = (z == z.max(axis=1, keepdims=True)).reshape(-1, 1)
    np.testing.assert_array_equal(unit.weight.grad, wins * x)
    np.testing.assert_array_equal(unit.bias.grad, wins[:, 0])


@pytest.mark.parametrize("dtype", DTYPES)
def test_softmax_of_4_1_and_minus_4(dtype):
    p = nn.Softmax()(Tensor(np.array([4.0, 1.0, -4.0], dtype)))
    assert p.dtype == dtype
    assert [round(float(entry), 6) for entry in p.data] == [0.952270, 0.047411, 0.000319]


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_jacobian_of_softmax_is_p_times_delta_minus_p(dtype):
    # pᵢ(δᵢⱼ − pⱼ): ∂p₁/∂z₁ = p₁(1 − p₁), ∂p₁/∂z₂ = −p₁p₂.
    z = Tensor(np.array([4.0, 1.0, -4.0], dtype))
    p = nn.Softmax()(z)
    for i, unit_seed in enumerate(np.eye(3, dtype=dtype)):
        z.zero_grad()
        p.backward(unit_seed)
        wanted = p.data[i] * (unit_seed - p.data)
        np.testing.assert_allclose(z.grad, wanted, rtol=8 * np.finfo(dtype).eps, atol=np.finfo(dtype).eps)


@given(arrays(np.float64, (4, 3), elements=st.floats(-1000, 1000)), st.floats(-1000, 1000))
def test_softmax_gives_probabilities_that_a_shift_of_all_logits_does_not_change(z, shift):
    p = nn.Softmax()(Tensor(z)).data
    np.testing.assert_allclose(p.sum(axis=-1), 1.0, rtol=1e-14)
    # Adding the shift rounds each logit by up to 2e-13, which is the relative change of its probability.
    np.testing.assert_allclose(nn.Softmax()(Tensor(z + shift)).data, p, rtol=1e-11, atol=1e-300)
