"""Activations as modules: the textbook's functions and derivatives on Tensors, arrays, lists and Values."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as arrays

import nn
from autograd import Tensor, Value
from autograd.errors import ArgumentError, OperandError
from nn.activation_modules import ACTIVATION_MODULES
from nn.activations import ACTIVATIONS, LAYER_ACTIVATIONS


def logistic(x):
    return 1.0 / (1.0 + np.exp(-x))


# Module, f and f′ as the textbook prints them (Table 4.2), in plain NumPy.
TABLE_4_2 = [
    (nn.Identity(), lambda x: x, np.ones_like),
    (nn.Sigmoid(), logistic, lambda x: logistic(x) * (1.0 - logistic(x))),
    (nn.Tanh(), lambda x: (np.exp(2.0 * x) - 1.0) / (np.exp(2.0 * x) + 1.0), lambda x: 1.0 / np.cosh(x) ** 2),
    (
        nn.HardLogistic(),
        lambda x: np.maximum(np.minimum(0.25 * x + 0.5, 1.0), 0.0),
        lambda x: np.where(np.abs(x) < 2.0, 0.25, 0.0),
    ),
    (nn.HardTanh(), lambda x: np.maximum(np.minimum(x, 1.0), -1.0), lambda x: np.where(np.abs(x) < 1.0, 1.0, 0.0)),
    (nn.ReLU(), lambda x: np.maximum(0.0, x), lambda x: np.where(x > 0.0, 1.0, 0.0)),
    (nn.ReLU6(), lambda x: np.minimum(np.maximum(0.0, x), 6.0), lambda x: np.where((x > 0.0) & (x < 6.0), 1.0, 0.0)),
    (
        nn.LeakyReLU(),
        lambda x: np.maximum(0.0, x) + 0.01 * np.minimum(0.0, x),
        lambda x: np.where(x > 0.0, 1.0, 0.01),
    ),
    (nn.LeakyReLU(0.1), lambda x: np.maximum(x, 0.1 * x), lambda x: np.where(x > 0.0, 1.0, 0.1)),
    (
        nn.ELU(),
        lambda x: np.maximum(0.0, x) + np.minimum(0.0, np.exp(x) - 1.0),
        lambda x: np.where(x > 0.0, 1.0, np.exp(x)),
    ),
    (
        nn.ELU(0.5),
        lambda x: np.maximum(0.0, x) + np.minimum(0.0, 0.5 * (np.exp(x) - 1.0)),
        lambda x: np.where(x > 0.0, 1.0, 0.5 * np.exp(x)),
    ),
    (nn.Softplus(), lambda x: np.log(1.0 + np.exp(x)), logistic),
    (nn.LogSigmoid(), lambda x: np.log(logistic(x)), lambda x: 1.0 - logistic(x)),
]
MODULES = [module for module, _, _ in TABLE_4_2]
KINKS = np.array([-2.0, -1.0, 0.0, 1.0, 2.0, 6.0])

inputs = st.one_of(
    arrays.arrays(np.float64, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0), elements=st.floats(-8.0, 8.0)),
    st.just(KINKS),
)


@pytest.mark.parametrize(("module", "f", "df"), TABLE_4_2, ids=map(repr, MODULES))
@given(x=inputs, seed=st.integers(0, 100))
def test_values_and_derivatives_are_those_of_the_textbook(module, f, df, x, seed):
    t = Tensor(x)
    y = module(t)
    weights = np.random.default_rng(seed).normal(size=x.shape)
    y.backward(weights)
    np.testing.assert_allclose(y.data, f(x), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(t.grad, weights * df(x), rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("module", [*MODULES, nn.Softmax(), nn.LogSoftmax()], ids=repr)
def test_float32_stays_float32_in_value_and_gradient(module):
    x = np.linspace(-3.0, 7.0, 12).reshape(3, 4)
    t, exact = Tensor(x.astype(np.float32)), Tensor(x)
    for each in (t, exact):
        (module(each) * np.arange(12.0, dtype=each.dtype).reshape(3, 4)).sum().backward()
    assert module(t).dtype == t.grad.dtype == np.float32
    np.testing.assert_allclose(t.grad, exact.grad, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("module", [*MODULES, nn.Step(), nn.Softmax(), nn.LogSoftmax()], ids=repr)
def test_plain_data_give_the_same_numbers_as_a_plain_array(module):
    x = np.array([[-3.0, 0.0, 2.0]])
    expected = module(Tensor(x)).data
    for data in (x, x.tolist(), x.astype(int), x.astype(np.float32)):
        y = module(data)
        assert type(y) is np.ndarray
        assert y.dtype == (np.float32 if data is not x and getattr(data, "dtype", None) == np.float32 else np.float64)
        np.testing.assert_allclose(y, expected, rtol=1e-6)


@pytest.mark.parametrize("module", MODULES, ids=repr)
@given(number=st.floats(-8.0, 8.0))
def test_a_value_gives_the_same_number_and_derivative_as_a_tensor(module, number):
    x, t = Value(number), Tensor(number)
    y, u = module(x), module(t)
    y.backward()
    u.backward()
    assert y.data == pytest.approx(u.item(), rel=1e-12, abs=1e-15)
    assert x.grad == pytest.approx(float(t.grad), rel=1e-11, abs=1e-15)


@pytest.mark.parametrize("module", [*MODULES, nn.Softmax(), nn.LogSoftmax()], ids=repr)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_inputs_stay_finite_without_a_warning(module, dtype):
    # Where eˣ itself overflows, at 89 in float32, ELU computes it and then discards it: NumPy warns of that.
    t = Tensor(np.array([-1000.0, 1000.0], dtype))
    y = module(t)
    y.backward(np.ones(2, dtype))
    assert np.isfinite(y.data).all()
    assert np.isfinite(t.grad).all()


def test_the_step_has_no_derivative():
    t = Tensor([-1.0, 0.0, 2.0])
    y = nn.Step()(t)
    assert y.tolist() == [0.0, 1.0, 1.0]
    assert not y.requires_grad


def test_softmax_of_the_textbooks_numbers():
    np.testing.assert_allclose(nn.Softmax()([4.0, 1.0, -4.0]), [0.952270, 0.047411, 0.000319], atol=5e-7)


@given(
    z=arrays.arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 5)), elements=st.floats(-30.0, 30.0)),
    axis=st.sampled_from([-1, 0, 1]),
)
def test_softmax_and_its_logarithm_are_the_formulas_along_any_axis(z, axis):
    e = np.exp(z - z.max(axis, keepdims=True))
    p = e / e.sum(axis, keepdims=True)
    g = np.cos(np.arange(z.size)).reshape(z.shape)
    t, u = Tensor(z), Tensor(z)
    y, log_y = nn.Softmax(axis)(t), nn.LogSoftmax(axis)(u)
    y.backward(g)
    log_y.backward(g)
    np.testing.assert_allclose(y.data, p, rtol=1e-12)
    np.testing.assert_allclose(np.exp(log_y.data), p, rtol=1e-12)
    np.testing.assert_allclose(t.grad, p * (g - (g * p).sum(axis, keepdims=True)), atol=1e-13)
    np.testing.assert_allclose(u.grad, g - p * g.sum(axis, keepdims=True), atol=1e-13)


def test_names_mean_the_same_function_for_modules_and_for_neurons():
    assert set(ACTIVATION_MODULES) == {*ACTIVATIONS, *LAYER_ACTIVATIONS}
    x = np.linspace(-3.0, 7.0, 21)
    for name, function in {**ACTIVATIONS, **LAYER_ACTIVATIONS}.items():
        np.testing.assert_array_equal(ACTIVATION_MODULES[name]()(x), function(x), err_msg=name)


def test_activations_have_no_parameters_and_print_what_they_are():
    for kind in ACTIVATION_MODULES.values():
        assert len(kind().parameters()) == 0
        assert repr(kind()).startswith(kind.__name__)
    shown = [nn.LeakyReLU(0.2), nn.ELU(), nn.Softmax(), nn.LogSoftmax(axis=0), nn.Tanh()]
    assert [repr(module) for module in shown] == [
        "LeakyReLU(0.2)", "ELU(1)", "Softmax()", "LogSoftmax(axis=0)", "Tanh()",
    ]  # fmt: skip


def test_a_subclass_with_a_function_of_its_own_is_an_activation():
    class Swish(nn.ActivationModule):
        """x · σ(x)."""

        def function(self, x):
            return x * nn.Sigmoid()(x)

    assert Swish()([1.0]) == pytest.approx([0.7310585786300049])
    assert Swish()(Value(1.0)).data == pytest.approx(0.7310585786300049)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: nn.LeakyReLU(-0.1), ArgumentError, "LeakyReLU: negative_slope must be at least 0"),
        (lambda: nn.LeakyReLU("0.1"), ArgumentError, "LeakyReLU: negative_slope must be a number"),
        (lambda: nn.ELU(float("nan")), ArgumentError, "ELU: alpha must be at least 0 and finite"),
        (lambda: nn.Softmax(0.5), ArgumentError, "Softmax: axis must be a whole number"),
        (lambda: nn.Softmax(1)([1.0, 2.0]), ArgumentError, r"no axis 1 in shape \(2,\)"),
        (lambda: nn.ReLU()("abc"), OperandError, r"ReLU\(\) works on Tensors and arrays of numbers, not on str"),
        (lambda: nn.Tanh()(None), OperandError, r"Tanh\(\) works on .* not on NoneType"),
        (lambda: nn.Tanh()([Value(1.0)]), OperandError, "not on a list of nodes"),
        (lambda: nn.Tanh()([[1.0], [2.0, 3.0]]), ValueError, "rows of unequal length"),
    ],
)
def test_what_does_not_fit_is_named(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
