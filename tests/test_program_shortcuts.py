"""Shortcuts of a whole training step: fewer NumPy calls, the same results up to rounding."""

import numpy as np
import pytest

import autograd
import nn
from autograd import record
from autograd.program.simplifying.passes import simplified
from autograd.program.tensors.calls import Calls
from autograd.program.tensors.fusions import Fused
from autograd.program.tensors.page import RunningPage
from autograd.program.tensors.shortcuts import Shortened
from autograd.program.tensors.sketches import looked_up
from nn.targets import checked_targets

SHAPES = [(1, 2), (7, 3), (30, 10), (120, 3), (33, 64)]
EXTREMES = [-np.inf, -1e4, -100.0, -40.0, -1.0, -1e-30, 0.0, 1e-8, 1.0, 17.0, 40.0, 100.0, 1e4, np.inf, np.nan]


def both(f, *inputs, labels=None):
    """The calls of a function of arrays without shortcuts and with them, each run; and which functions they call."""
    with checked_targets():
        listing = simplified(record(f, *inputs, argnums=0).listing)[0]
    found = []
    for shortened in (False, True):
        calls = Fused(Calls(listing, inputs, gradient=True))
        made = Shortened(calls, labels) if shortened else calls
        page = RunningPage(made, listing.inputs)
        page.run(*inputs)
        outputs, gradients = page.run(*inputs)  # the second time in arrays that are full
        found.append(([np.array(x) for x in (*outputs, *gradients)], [call.function for call in made.calls], page))
    return found


def assert_close(found, expected, terms):
    """Within as many roundings as there are terms in the longest sum, and a few more."""
    for a, b in zip(found, expected, strict=True):
        eps = np.finfo(b.dtype).eps
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        np.testing.assert_allclose(a, b, rtol=0.0, atol=(terms + 16) * eps * max(1.0, abs(b).max()))


@pytest.fixture(params=[np.float32, np.float64], ids=["float32", "float64"])
def dtype(request):
    return request.param


def test_a_sigmoid_takes_one_exponential_and_is_as_exact_everywhere(dtype):
    a = np.array([*EXTREMES, *np.random.default_rng(0).normal(size=200) * 20.0], dtype)
    (_, before, _), ((_, y, *_), after, _) = both(lambda a: (autograd.sum(a), autograd.sigmoid(a)), a)
    assert (before.count(np.copysign), after.count(np.copysign)) == (1, 0)
    with np.errstate(all="ignore"):
        exact = 1.0 / (1.0 + np.exp(-a.astype(np.longdouble)))
    smallest = float(np.finfo(dtype).tiny)
    np.testing.assert_allclose(y.astype(float), exact.astype(float), rtol=6 * np.finfo(dtype).eps, atol=smallest)


def test_the_slope_of_a_sigmoid_is_one_quotient_and_as_exact_everywhere(dtype):
    a = np.array([*EXTREMES[:-1], *np.random.default_rng(5).normal(size=200) * 20.0], dtype)
    (_, before, _), ((_, slope), after, _) = both(lambda a: autograd.sum(autograd.sigmoid(a)), a)
    assert (before.count(np.subtract), after.count(np.subtract)) == (1, 0)
    with np.errstate(all="ignore"):
        small = np.exp(-abs(a.astype(np.longdouble)))
        exact = small / (1.0 + small) ** 2
    np.testing.assert_allclose(slope.astype(float), exact.astype(float), rtol=8e-8 if dtype == np.float32 else 1e-15,
                               atol=np.finfo(dtype).eps)  # fmt: skip


@pytest.mark.parametrize("f", [autograd.relu, lambda a: autograd.maximum(a, 0.0)], ids=["relu", "maximum"])
def test_a_rectifier_is_a_product_with_its_slope_and_has_the_same_numbers(f, dtype):
    a = np.array([x for x in EXTREMES if np.isfinite(x)], dtype)
    (expected, before, _), (found, after, _) = both(lambda a: autograd.sum(f(a) * a), a)
    assert np.maximum in before
    if f is autograd.relu:  # which has no slope of 1/2 at 0
        assert np.maximum not in after
        assert after.count(np.greater) == before.count(np.greater) == 1
    assert_close(found, expected, 10.0 * a.size)


def test_a_rectifier_whose_slope_nobody_asks_for_stays(dtype):
    a = np.array([-1.0, 2.0], dtype)
    weights = np.ones(2, dtype)
    (_, _, _), (found, after, _) = both(lambda w, a: autograd.sum(autograd.relu(a) * w), weights, a)
    assert np.maximum in after
    assert found[0] == 2.0


@pytest.mark.parametrize("shape", SHAPES)
def test_sums_of_rows_and_columns_are_products_with_ones(shape, dtype):
    a = np.random.default_rng(1).normal(size=shape).astype(dtype)

    def f(a):
        rows = autograd.sum(a * a, axis=1, keepdims=True)
        return autograd.sum(rows * a) + autograd.sum(autograd.sum(a * a, axis=0) * 2.0)

    (expected, before, _), (found, after, _) = both(f, a)
    assert before.count(np.add.reduce) - after.count(np.add.reduce) >= 2
    assert_close(found, expected, 10.0 * a.size)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("soft", [False, True], ids=["labels", "soft labels"])
def test_cross_entropy_takes_no_second_exponential(shape, soft, dtype):
    rng = np.random.default_rng(2)
    z = (rng.normal(size=shape) * 10.0).astype(dtype)
    y = rng.dirichlet(np.ones(shape[1]), shape[0]).astype(dtype) if soft else rng.integers(0, shape[1], shape[0])
    (expected, before, _), (found, after, _) = both(nn.CrossEntropyLoss(), z, y, labels=1)
    assert (before.count(np.exp), after.count(np.exp)) == (2, 1)
    assert (looked_up in after) is not soft
    assert after.count(np.add.reduce) == 0  # labels weigh the same in every row
    assert_close(found, expected, 10.0 * z.size)


def test_a_label_that_is_no_class_gives_nan_where_there_should_be_none_and_else_what_the_equation_gives():
    z, y = np.random.default_rng(3).normal(size=(5, 3)), np.array([0, 1, 2, 0, 1])
    *_, (_, _, page) = both(nn.CrossEntropyLoss(), z, y, labels=1)
    for alien in (-1, 3, 2**62, -(2**63)):
        with np.errstate(invalid="ignore"):
            assert page.run(z, np.array([0, 1, alien, 0, 1])) is False

    def chosen(z, y):
        return autograd.sum((y == np.arange(3)[:, np.newaxis]).T * z)

    (_, _, before), (_, after, page) = both(chosen, z, y)
    assert looked_up in after
    for alien in (-1, 3, 2**62, -(2**63)):
        given = z, np.array([0, 1, alien, 0, 1])
        np.testing.assert_allclose(page.run(*given)[0][0], before.run(*given)[0][0], rtol=1e-15)


def test_logarithms_and_exponentials_of_something_else_stay():
    a = np.random.default_rng(4).uniform(1.0, 2.0, size=(6, 4))

    def f(a):
        other = a - autograd.log(autograd.sum(autograd.exp(a * 2.0), axis=1, keepdims=True))
        return autograd.sum(autograd.exp(other) * a / (1.0 + autograd.exp(-abs(a))))

    (expected, _, _), (found, after, _) = both(f, a)
    assert after.count(np.exp) >= 3
    assert_close(found, expected, a.size)
