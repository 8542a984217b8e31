"""Layers of Tensors: Linear, Maxout, PReLU, Flatten and Dropout against plain NumPy formulas."""

import copy
import functools
import pickle

import numpy as np
import pytest
from hypothesis import given, strategies as st

import nn
from autograd import Tensor, Value, no_grad
from autograd.errors import ArgumentError, OperandError, ShapeError
from nn.initializers import INITIALIZERS, normal

DTYPES = [np.float32, np.float64]
TOLERANCE = {np.float32: {"rtol": 2e-4, "atol": 2e-5}, np.float64: {"rtol": 1e-11, "atol": 1e-13}}

sizes = st.integers(1, 5)
leading = st.lists(st.integers(0, 4), max_size=3).map(tuple)


def random(shape, dtype, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


# ── Linear ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(leading=leading, inputs=sizes, outputs=sizes, dtype=st.sampled_from(DTYPES), bias=st.booleans())
def test_linear_is_the_textbooks_layer_in_value_and_gradient(leading, inputs, outputs, dtype, bias):
    layer = nn.Linear(inputs, outputs, bias=bias, dtype=dtype, rng=0)
    if bias:
        layer.bias.data = random(outputs, dtype, 1)
    x = random((*leading, inputs), dtype, 2)
    g = random((*leading, outputs), dtype, 3)
    t = Tensor(x)
    z = layer(t)
    z.backward(g)
    W, b = layer.weight.numpy(), layer.bias.numpy() if bias else np.zeros(outputs, dtype)
    rows, deltas = x.reshape(-1, inputs), g.reshape(-1, outputs)
    assert z.dtype == dtype
    np.testing.assert_allclose(z.data, np.einsum("...j,ij->...i", x, W) + b, **TOLERANCE[dtype])
    expected = [(t, np.einsum("...i,ij->...j", g, W)), (layer.weight, np.einsum("ni,nj->ij", deltas, rows))]
    for node, gradient in [*expected, (layer.bias, deltas.sum(0))][: 3 if bias else 2]:
        assert node.grad.dtype == dtype
        assert node.grad.shape == node.shape
        np.testing.assert_allclose(node.grad, gradient, **TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
def test_plain_data_of_any_dtype_are_cast_and_promote_nothing(dtype):
    layer = nn.Linear(2, 3, dtype=dtype, rng=0)
    for data in ([[1, 2]], np.array([[1, 2]]), np.array([[1.0, 2.0]]), np.array([[1.0, 2.0]], np.float32)):
        z = layer(data)
        z.sum().backward()
        assert z.dtype == layer.weight.grad.dtype == dtype
        np.testing.assert_array_equal(z.data, layer([[1.0, 2.0]]).data)


def test_a_tensor_of_another_dtype_promotes_as_numpy_does_and_gradients_keep_their_own():
    layer, x = nn.Linear(2, 3, rng=0), Tensor(np.ones((1, 2)))
    z = layer(x)
    z.sum().backward()
    assert (z.dtype, x.grad.dtype, layer.weight.grad.dtype) == (np.float64, np.float64, np.float32)


def test_the_gradient_is_that_of_the_data_as_they_were():
    layer, x = nn.Linear(2, 1, rng=0), np.ones((1, 2), np.float32)
    z = layer(x)
    x[:] = 7.0
    z.backward()
    assert layer.weight.grad.tolist() == [[1.0, 1.0]]


def test_plain_data_are_constants():
    z = nn.Linear(2, 1, rng=0)([[1.0, 2.0]])
    assert [node.requires_grad for node in z.parents] == [False, True, True]
    with no_grad():
        assert not nn.Linear(2, 1)([[1.0, 2.0]]).requires_grad


def test_weights_start_like_those_of_a_neuron_and_biases_at_0():
    linear, layer = nn.Linear(4, 6, dtype=np.float64, rng=3), nn.Layer(4, 6, rng=3)
    assert linear.weight.tolist() == [[w.data for w in neuron.weights] for neuron in layer.neurons]
    assert linear.bias.tolist() == [0.0] * 6
    assert nn.Linear(4, 6, rng=3).weight.dtype == np.float32
    assert nn.Linear(400, 600, rng=3).weight.data.var() == pytest.approx(1 / 400, rel=0.02)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_an_initializer_is_asked_for_by_name_or_given(name):
    weight = nn.Linear(3, 5, rng=1, init=name).weight
    np.testing.assert_array_equal(weight.data, INITIALIZERS[name]((5, 3), np.float32, np.random.default_rng(1)))
    np.testing.assert_array_equal(nn.Linear(3, 5, rng=1, init=INITIALIZERS[name]).weight.data, weight.data)


def test_an_initializer_of_ones_own_gives_numbers_and_the_layer_their_dtype():
    assert nn.Linear(3, 5, rng=1, init=functools.partial(normal, std=0.1)).weight.dtype == np.float32
    assert nn.Linear(2, 2, init=lambda shape, dtype, rng: np.eye(2, dtype=int)).weight.tolist() == [[1, 0], [0, 1]]
    with pytest.raises(ShapeError, match=r"asked for shape \(2, 3\) and gave \(3, 2\)"):
        nn.Linear(3, 2, init=lambda shape, dtype, rng: np.ones((3, 2)))


def test_parameters_have_pytorchs_names():
    assert [name for name, _ in nn.Linear(4, 6).named_parameters()] == ["weight", "bias"]
    assert [name for name, _ in nn.Linear(4, 6, bias=False).named_parameters()] == ["weight"]


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: nn.Linear(4, 6)(np.ones((120, 3))), ShapeError, r"Linear\(4, 6\): .* \(…, 4\), got \(120, 3\)"),
        (lambda: nn.Linear(4, 6)(Tensor(np.ones(3))), ShapeError, r"expected inputs of shape \(…, 4\), got \(3,\)"),
        (lambda: nn.Linear(1, 6)(3.0), ShapeError, r"got \(\)"),
        (lambda: nn.Linear(2, 6)([[1, 2], [3]]), ShapeError, r"Linear\(2, 6\) was called on rows of unequal length"),
        (lambda: nn.Linear(2, 6)("ab"), OperandError, r"Linear\(2, 6\) works on .* numbers, not on str: 'ab'"),
        (lambda: nn.Linear(2, 6)(None), OperandError, "not on NoneType"),
        (lambda: nn.Linear(1, 6)(np.array([1j])), OperandError, "not on ndarray"),
        (lambda: nn.Linear(1, 6)(Value(1.0)), OperandError, "not on a Value: nn.Layer is made of Values"),
        (lambda: nn.Linear(1, 6)([Value(1.0)]), OperandError, "not on a list of nodes"),
        (lambda: nn.Linear(0, 6), ArgumentError, "Linear: in_features must be at least 1, got 0"),
        (lambda: nn.Linear(6, 2.5), ArgumentError, "Linear: out_features must be a positive whole number, got 2.5"),
        (lambda: nn.Linear(6, 2, dtype=int), ArgumentError, "Linear: dtype must be float32 or float64"),
        (lambda: nn.Linear(6, 2, bias=np.float64), ArgumentError, "bias is True or False"),
        (lambda: nn.Linear(6, 2, True), ArgumentError, "dtype"),
        (lambda: nn.Linear(6, 2, init="he"), ArgumentError, "unknown initializer 'he'.*he_uniform"),
        (lambda: nn.Maxout(2, 3)([[1.0]]), ShapeError, r"Maxout\(2, 3, pieces=2\): expected inputs of shape \(…, 2\)"),
        (lambda: nn.Maxout(2, 3, pieces=0), ArgumentError, "Maxout: pieces must be at least 1"),
        (lambda: nn.PReLU(3)([1.0, 2.0]), ShapeError, r"PReLU\(3\): expected inputs of shape \(…, 3\), got \(2,\)"),
        (lambda: nn.PReLU(dtype=int), ArgumentError, "PReLU: dtype must be float32 or float64"),
        (lambda: nn.Maxout(2, 3, dtype="f2"), ArgumentError, "Maxout: dtype must be float32 or float64"),
        (lambda: nn.PReLU(init="a"), ArgumentError, "PReLU: init must be a number"),
        (lambda: nn.PReLU(0), ArgumentError, "PReLU: num_parameters must be at least 1"),
        (lambda: nn.Flatten()(1.0), ShapeError, "Flatten keeps the first axis"),
        (lambda: nn.Flatten()(Value(1.0)), ShapeError, "Flatten keeps the first axis"),
        (lambda: nn.Dropout(1.0), ArgumentError, "Dropout: p must be at least 0 and less than 1, got 1.0"),
        (lambda: nn.Dropout(-0.1), ArgumentError, "Dropout: p must be at least 0"),
        (lambda: nn.Dropout(rng="seed"), ArgumentError, "randomness comes from"),
        (lambda: nn.Dropout()(Value(1.0)), OperandError, r"Dropout\(0.5\) works on Tensors and arrays"),
    ],
)
def test_what_does_not_fit_is_named(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


# ── Maxout ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(leading=leading, inputs=sizes, outputs=sizes, pieces=sizes, dtype=st.sampled_from(DTYPES))
def test_maxout_is_the_largest_of_its_linear_pieces_and_routes_to_it(leading, inputs, outputs, pieces, dtype):
    layer = nn.Maxout(inputs, outputs, pieces=pieces, dtype=dtype, rng=0)
    layer.bias.data = random(outputs * pieces, dtype, 1)
    x, g = random((*leading, inputs), dtype, 2), random((*leading, outputs), dtype, 3)
    t = Tensor(x)
    y = layer(t)
    y.backward(g)
    W = layer.weight.numpy().reshape(outputs, pieces, inputs)
    z = np.einsum("...j,ikj->...ik", x, W) + layer.bias.numpy().reshape(outputs, pieces)
    wins = (z == z.max(-1, keepdims=True)) * g[..., None]
    assert y.dtype == t.grad.dtype == layer.weight.grad.dtype == layer.bias.grad.dtype == dtype
    np.testing.assert_allclose(y.data, z.max(-1), **TOLERANCE[dtype])
    np.testing.assert_allclose(t.grad, np.einsum("...ik,ikj->...j", wins, W), **TOLERANCE[dtype])
    rows, routed = x.reshape(-1, inputs), wins.reshape(-1, outputs, pieces)
    expected = np.einsum("nik,nj->ikj", routed, rows).reshape(-1, inputs)
    np.testing.assert_allclose(layer.weight.grad, expected, **TOLERANCE[dtype])
    np.testing.assert_allclose(layer.bias.grad, routed.sum(0).ravel(), **TOLERANCE[dtype])


def test_leaky_relu_is_a_maxout_of_two_pieces():
    layer = nn.Maxout(1, 1, pieces=2, dtype=np.float64)
    layer.load_state_dict({"weight": [[1.0], [0.1]], "bias": [0.0, 0.0]})
    x = np.linspace(-2.0, 2.0, 9).reshape(-1, 1)
    np.testing.assert_allclose(layer(x).data, nn.LeakyReLU(0.1)(x), rtol=1e-15)


# ── PReLU ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(leading=leading, features=sizes, shared=st.booleans(), dtype=st.sampled_from(DTYPES))
def test_prelu_learns_its_slopes_from_what_is_negative(leading, features, shared, dtype):
    module = nn.PReLU(1 if shared else features, dtype=dtype)
    assert module.weight.tolist() == [0.25] * (1 if shared else features)
    x, g = random((*leading, features), dtype, 2), random((*leading, features), dtype, 3)
    t = Tensor(x)
    y = module(t)
    y.backward(g)
    assert y.dtype == t.grad.dtype == module.weight.grad.dtype == dtype
    np.testing.assert_allclose(y.data, np.maximum(0, x) + 0.25 * np.minimum(0, x), **TOLERANCE[dtype])
    np.testing.assert_allclose(t.grad, np.where(x > 0, 1.0, 0.25) * g, **TOLERANCE[dtype])
    per_slope = (g * np.minimum(0, x)).reshape(-1, features).sum(0)
    expected = per_slope.sum(keepdims=True) if shared else per_slope
    np.testing.assert_allclose(module.weight.grad, expected, **TOLERANCE[dtype])


def test_at_the_kink_prelu_has_the_slope_toward_x_and_nothing_toward_the_slope():
    module, x = nn.PReLU(init=0.5, dtype=np.float64), Tensor([0.0])
    module(x).backward()
    assert (x.grad.tolist(), module.weight.grad.tolist()) == ([0.5], [0.0])


def test_plain_float64_data_do_not_promote_a_float32_prelu():
    assert nn.PReLU()(np.ones((2, 3))).dtype == np.float32
    assert nn.PReLU()(np.ones((2, 3), int)).dtype == np.float32


# ── Flatten ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("shape", [(2, 3, 4), (5, 1, 2, 3), (0, 2, 3), (3, 0, 2), (2, 3), (4,)])
def test_flatten_keeps_the_first_axis_and_the_order(shape):
    x = random(shape, np.float32)
    flat = x if x.ndim <= 2 else x.reshape(shape[0], int(np.prod(shape[1:])))
    t = Tensor(x)
    y = nn.Flatten()(t)
    np.testing.assert_array_equal(y.data, flat)
    y.backward(flat + 1)
    np.testing.assert_array_equal(t.grad, x + 1)
    assert y.dtype == t.grad.dtype == np.float32
    for data in (x, x.tolist()):
        assert type(nn.Flatten()(data)) is np.ndarray
    np.testing.assert_array_equal(nn.Flatten()(x), flat)


# ── Dropout ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("p", [0.1, 0.5, 0.75])
def test_dropout_keeps_the_mean_and_its_gradient_is_its_mask(p, dtype):
    t = Tensor(np.ones((200, 100), dtype))
    y = nn.Dropout(p, rng=0)(t)
    y.sum().backward()
    assert y.dtype == t.grad.dtype == dtype
    np.testing.assert_allclose(np.unique(y.data), [0.0, 1.0 / (1.0 - p)], rtol=1e-6)
    np.testing.assert_array_equal(t.grad, y.data)
    assert (y.data == 0.0).mean() == pytest.approx(p, abs=0.02)


def test_dropout_does_nothing_in_evaluation_mode_or_at_p_0():
    t, x = Tensor(np.ones(4)), np.ones(4, np.float32)
    module = nn.Dropout(0.9, rng=0).eval()
    assert module(t) is t
    assert module(x) is x
    assert nn.Dropout(0.0, rng=0)(t) is t
    before = module.rng.bit_generator.state
    module(t)
    assert module.rng.bit_generator.state == before


def test_dropout_on_an_array_gives_an_array_of_its_dtype():
    y = nn.Dropout(0.5, rng=0)(np.ones(100, np.float32))
    assert type(y) is np.ndarray
    assert y.dtype == np.float32
    assert set(y.tolist()) == {0.0, 2.0}


def test_dropouts_draws_follow_from_its_generator_alone():
    np.random.seed(1)
    before = str(np.random.get_state())
    x, one, other = np.ones(50), nn.Dropout(rng=7), nn.Dropout(rng=7)
    first, second = one(x), one(x)
    assert not np.array_equal(first, second)
    assert np.array_equal(first, other(x))
    state = other.rng.bit_generator.state
    assert np.array_equal(second, other(x))
    other.rng.bit_generator.state = state
    assert np.array_equal(second, other(x))
    assert str(np.random.get_state()) == before


# ── every layer ──────────────────────────────────────────────────────────────────────────────────────────────────────


LAYERS = [
    nn.Linear(3, 2, rng=0), nn.Linear(3, 2, bias=False, rng=0), nn.Maxout(3, 2, pieces=4, rng=0), nn.PReLU(3),
    nn.Dropout(0.25, rng=0), nn.Flatten(),
]  # fmt: skip


def test_layers_print_what_makes_them():
    assert [repr(layer) for layer in LAYERS] == [
        "Linear(3, 2)", "Linear(3, 2, bias=False)", "Maxout(3, 2, pieces=4)", "PReLU(3)", "Dropout(0.25)", "Flatten()",
    ]  # fmt: skip


@pytest.mark.parametrize("layer", LAYERS, ids=repr)
def test_a_copy_or_pickle_of_a_layer_computes_the_same_and_shares_nothing(layer):
    x = random((4, 3), np.float32)
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        original = copy.deepcopy(layer)
        np.testing.assert_array_equal(np.asarray(original.eval()(x).tolist()), np.asarray(twin.eval()(x).tolist()))
        before = layer.state_dict()
        for parameter in twin.parameters():
            parameter.data = parameter.data + 1.0
            parameter.grad = np.ones_like(parameter.data)
        for name, data in layer.state_dict().items():
            np.testing.assert_array_equal(data, before[name])
        assert all(parameter.grad is None for parameter in layer.parameters())


@pytest.mark.parametrize("layer", LAYERS, ids=repr)
def test_a_state_keeps_dtypes_and_goes_back_in(layer):
    state = layer.state_dict()
    assert all(data.dtype == np.float32 for data in state.values())
    for parameter in layer.parameters():
        parameter.data = parameter.data * 2.0
    layer.load_state_dict(state)
    assert {name: data.tolist() for name, data in layer.state_dict().items()} == {
        name: data.tolist() for name, data in state.items()
    }
