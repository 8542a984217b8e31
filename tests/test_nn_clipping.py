"""Gradient clipping: one factor for all, or each entry by itself, on Values and Tensors."""

import math

import numpy as np
import pytest

import nn
from autograd import Tensor, Value
from autograd.errors import ArgumentError, OperandError


def values(*gradients):
    """Values with these gradients."""
    parameters = [Value(0.0) for _ in gradients]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
    return parameters


def tensors(*gradients, dtype=np.float64):
    """Tensors with these gradients, alternately of rank 2 and 0."""
    shapes = [() if i % 2 else (1, 1) for i in range(len(gradients))]
    parameters = [Tensor(np.zeros(shape, dtype)) for shape in shapes]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = np.full(parameter.shape, gradient, dtype)
    return parameters


def gradients(parameters):
    return [float(np.sum(parameter.grad)) for parameter in parameters]


KINDS = pytest.mark.parametrize("made", [values, tensors])


@KINDS
@pytest.mark.parametrize(("most", "factor"), [(10.0, 1.0), (5.0, 1.0), (1.0, 0.2), (1e-3, 2e-4)])
def test_a_norm_beyond_the_bound_is_scaled_down_to_it(made, most, factor):
    parameters = made(3.0, -4.0)
    assert nn.clip_grad_norm(parameters, most) == 5.0
    assert gradients(parameters) == pytest.approx([3.0 * factor, -4.0 * factor], rel=1e-15)


@KINDS
def test_entries_beyond_the_bound_are_set_to_it(made):
    parameters = made(3.0, -4.0, 0.5)
    assert nn.clip_grad_value(parameters, 1.0) is None
    assert gradients(parameters) == [1.0, -1.0, 0.5]


@KINDS
@pytest.mark.parametrize("size", [1e-300, 1e300])
def test_norms_whose_squares_leave_the_range_of_floats_are_right(made, size):
    parameters = made(3.0 * size, 4.0 * size)
    assert nn.clip_grad_norm(parameters, size) == pytest.approx(5.0 * size, rel=1e-15)
    assert gradients(parameters) == pytest.approx([0.6 * size, 0.8 * size], rel=1e-15)


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_gradients_in_float32_are_no_exception_and_stay_in_float32(size):
    parameters = tensors(3.0 * size, 4.0 * size, dtype=np.float32)
    assert nn.clip_grad_norm(parameters, size) == pytest.approx(5.0 * size, rel=1e-6)
    assert gradients(parameters) == pytest.approx([0.6 * size, 0.8 * size], rel=1e-6)
    assert {parameter.grad.dtype for parameter in parameters} == {np.dtype(np.float32)}


@KINDS
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_norm_that_is_not_finite_is_returned_and_nothing_is_changed(made, bad):
    parameters = made(3.0, bad)
    assert nn.clip_grad_norm(parameters, 1.0) == pytest.approx(bad, nan_ok=True)
    assert gradients(parameters) == pytest.approx([3.0, bad], nan_ok=True)


@KINDS
def test_values_that_are_not_finite_are_clipped_where_they_have_a_sign(made):
    parameters = made(math.inf, -math.inf, math.nan)
    nn.clip_grad_value(parameters, 2.0)
    assert gradients(parameters) == pytest.approx([2.0, -2.0, math.nan], nan_ok=True)


@KINDS
def test_frozen_parameters_do_not_count_and_shared_ones_count_once(made):
    first, second, frozen = made(3.0, 4.0, 100.0)
    frozen.requires_grad = False
    assert nn.clip_grad_norm([first, second, first, frozen], 1.0) == 5.0
    assert gradients([first, second, frozen]) == pytest.approx([0.6, 0.8, 100.0])


def test_a_tensor_without_a_gradient_does_not_count():
    assert nn.clip_grad_norm([Tensor([1.0]), *tensors(2.0)], 1.0) == 2.0
    assert nn.clip_grad_norm([], 1.0) == 0.0


def test_the_gradients_of_an_optimizers_tensors_are_clipped_where_they_live():
    model = nn.Linear(2, 1, dtype=np.float64, rng=0)
    optimizer = nn.SGD(model, lr=1.0)
    for _ in range(2):
        before = model.weight.numpy()
        optimizer.zero_grad()
        (model([[3.0, 4.0]]) * 100.0).sum().backward()
        nn.clip_grad_norm(model, 1.0)
        optimizer.step()
    moved = before - model.weight.data
    np.testing.assert_allclose(moved, [[3.0 / math.sqrt(26.0), 4.0 / math.sqrt(26.0)]])


@pytest.mark.parametrize("clip", [nn.clip_grad_norm, nn.clip_grad_value])
@pytest.mark.parametrize(
    ("parameters", "most", "kind", "message"),
    [
        ([], 0.0, ArgumentError, "most must be more than 0"),
        ([], -1.0, ArgumentError, "most must be at least 0 and finite"),
        ([], math.nan, ArgumentError, "most must be at least 0 and finite"),
        ([], "1", ArgumentError, "most must be a number"),
        (3.0, 1.0, OperandError, "a module or a list of parameters, not float"),
        (Tensor([1.0]), 1.0, OperandError, "a module or a list of parameters, not Tensor"),
        ([1.0], 1.0, OperandError, "takes Values and Tensors, not 1.0"),
    ],
)
def test_what_cannot_be_clipped_is_named(clip, parameters, most, kind, message):
    with pytest.raises(kind, match=message):
        clip(parameters, most)
