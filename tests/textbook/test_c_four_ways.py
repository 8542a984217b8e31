"""Textbook: four ways to a derivative. The first is numerical: differences, their two errors and what they cost."""

import math

import numpy as np
import pytest

import autograd
from autograd import Value, numeric


def neuron(x, w, b):
    return 1.0 / (autograd.exp(-(x * w + b)) + 1.0)


def product_of_a_sum(x, y, z):
    return (x + y) * z


def squares_of_product_and_quotient(x, y):
    u, v = x * y, x / y
    return u**2 + v**2


EXAMPLES = [
    (neuron, (1.0, 0.0, 0.0), (0.0, 0.25, 0.25)),
    (product_of_a_sum, (-2.0, 5.0, -4.0), (-4.0, -4.0, 3.0)),
    (squares_of_product_and_quotient, (1.0, 2.0), (8.5, 3.75)),
]


def test_the_forward_and_the_central_difference_are_the_textbooks_formulas():
    x, h = 0.5, 2.0**-10
    assert numeric.derivative(math.exp, x, "forward", step=h) == (math.exp(x + h) - math.exp(x)) / h
    assert numeric.derivative(math.exp, x, "central", step=h) == (math.exp(x + h) - math.exp(x - h)) / (2 * h)


@pytest.mark.parametrize("n", [1, 2, 10, 100])
@pytest.mark.parametrize(("method", "evaluations"), [("forward", lambda n: n + 1), ("central", lambda n: 2 * n)])
def test_n_parameters_need_n_plus_1_evaluations_or_2n(n, method, evaluations):
    calls = []

    def f(x):
        calls.append(1)
        return float(np.sum(np.sin(x)))

    numeric.gradient(f, np.linspace(0.1, 1.0, n), method=method)
    assert len(calls) == evaluations(n)


@pytest.mark.parametrize("method", ["forward", "central"])
def test_too_small_a_step_is_round_off_and_too_large_a_step_truncation(method):
    curve = numeric.error_against_step(math.exp, 1.0, exact=math.e, method=method)
    at = dict(zip(curve.steps, zip(curve.errors, curve.branches, strict=True), strict=True))
    small, best, large = at[2.0**-50], at[curve.best_step], at[2.0**-2]
    assert small[0] > 1e3 * best[0] < large[0]
    assert (small[1], large[1]) == ("round-off", "truncation")


def test_a_central_difference_is_better_than_a_forward_one_at_its_best():
    forward, central = (
        min(numeric.error_against_step(math.exp, 1.0, exact=math.e, method=method).errors)
        for method in ("forward", "central")
    )
    assert central < forward / 100


@pytest.mark.parametrize(("f", "point", "gradient"), EXAMPLES)
@pytest.mark.parametrize("method", sorted(numeric.METHODS))
def test_numerical_and_reverse_mode_agree_each_within_its_own_error(f, point, gradient, method):
    estimates = numeric.estimates(f, *point, method=method)
    values = [Value(x) for x in point]
    f(*values).backward()
    for estimate, value, exact in zip(estimates, values, gradient, strict=True):
        assert value.grad == pytest.approx(exact, rel=1e-15)
        assert abs(estimate.value - value.grad) <= estimate.error + 1e-15
        assert estimate.error < 1e-5
