"""Textbook, 4.3: the Jacobians of a layer, row by row, by backward with a unit seed for each output."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import nn
from autograd import Tensor

fewer = settings(max_examples=settings().max_examples // 4)  # each takes one backward pass for each output
sizes = st.integers(1, 6)
seeds = st.integers(0, 10_000)

SLOPES = {
    nn.Sigmoid: lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2,
    nn.Tanh: lambda z: 1 / np.cosh(z) ** 2,
    nn.ReLU: lambda z: np.where(z > 0, 1.0, 0.0),
    nn.ELU: lambda z: np.where(z > 0, 1.0, np.exp(np.minimum(z, 0))),
    nn.Softplus: lambda z: 1 / (1 + np.exp(-z)),
}


def jacobian(y, x):
    """∂yᵢ/∂xⱼ in row i: numerator layout, in which the outputs are the rows."""
    rows = []
    for unit_seed in np.eye(y.size):
        x.zero_grad()
        y.backward(unit_seed)
        rows.append(x.grad.copy())
    return np.array(rows)


def random_layer(inputs, outputs, seed):
    """z = Wa + b with its parts as leaves: W, a, b and z."""
    rng = np.random.default_rng(seed)
    W, a, b = (Tensor(rng.normal(size=shape)) for shape in [(outputs, inputs), (inputs,), (outputs,)])
    return W, a, b, W @ a + b


@fewer
@given(sizes, sizes, seeds)
def test_dz_db_is_the_identity(inputs, outputs, seed):
    _, _, b, z = random_layer(inputs, outputs, seed)
    np.testing.assert_array_equal(jacobian(z, b), np.eye(outputs))


@fewer
@given(sizes, sizes, seeds)
def test_dz_da_is_w_where_the_book_in_its_other_layout_prints_w_transposed(inputs, outputs, seed):
    W, a, _, z = random_layer(inputs, outputs, seed)
    np.testing.assert_array_equal(jacobian(z, a), W.data)


@fewer
@given(sizes, sizes, seeds)
def test_dz_dw_holds_the_inputs_in_the_row_of_its_neuron(inputs, outputs, seed):
    W, a, _, z = random_layer(inputs, outputs, seed)
    wanted = np.zeros((outputs, outputs, inputs))
    for i in range(outputs):
        wanted[i, i] = a.data
    np.testing.assert_array_equal(jacobian(z, W), wanted)


@pytest.mark.parametrize("activation", SLOPES)
@fewer
@given(size=sizes, seed=seeds)
def test_da_dz_is_the_diagonal_of_f_prime(activation, size, seed):
    z = Tensor(np.random.default_rng(seed).normal(size=size))
    wanted = np.diag(SLOPES[activation](z.data))
    np.testing.assert_allclose(jacobian(activation()(z), z), wanted, rtol=1e-13, atol=1e-15)


@fewer
@given(sizes, sizes, seeds)
def test_the_jacobian_of_the_layer_is_their_product(inputs, outputs, seed):
    W, a, _, z = random_layer(inputs, outputs, seed)
    whole = jacobian(z.tanh(), a)
    # 1 − tanh² loses what it cancels: a rounding of 1, times a weight.
    np.testing.assert_allclose(whole, np.diag(SLOPES[nn.Tanh](z.data)) @ W.data, rtol=1e-13, atol=1e-15)


@fewer
@given(sizes, sizes, seeds)
def test_nn_linear_has_the_same_jacobians(inputs, outputs, seed):
    layer = nn.Linear(inputs, outputs, dtype=np.float64, rng=seed)
    x = Tensor(np.random.default_rng(seed).normal(size=inputs))
    np.testing.assert_array_equal(jacobian(layer(x), x), layer.weight.data)
    np.testing.assert_array_equal(jacobian(layer(x), layer.bias), np.eye(outputs))
