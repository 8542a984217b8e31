"""What is no row: activations, softmax and the folds over lists, on Values and on plain numbers."""

import inspect
import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

import autograd
from autograd import Value
from autograd.errors import AutogradError, OperandError, ShapeError

INF = math.inf


def slope(f, x):
    v = Value(x)
    f(v).backward()
    return v.grad


def slopes(f, xs):
    values = [Value(x) for x in xs]
    f(values).backward()
    return [v.grad for v in values]


ACTIVATIONS = [
    *(autograd.sigmoid, autograd.tanh, autograd.hard_logistic, autograd.hard_tanh, autograd.relu, autograd.relu6),
    *(autograd.leaky_relu, autograd.elu, autograd.softplus, autograd.log_sigmoid, autograd.unit_step),
]
FOLDS = [
    *(autograd.logsumexp, autograd.max, autograd.min, autograd.maxout, autograd.sum, autograd.prod, autograd.mean),
    *(autograd.var, autograd.std, autograd.norm),
]
named = pytest.mark.parametrize


@named("f", ACTIVATIONS, ids=lambda f: getattr(f, "__name__", None) or f.name)
@given(x=st.floats(-800, 800))
def test_an_activation_has_the_same_value_on_numbers_and_on_values(f, x):
    # sigmoid on a Value goes through exp, + and 1/x, so the two may differ by a few roundings.
    assert f(Value(x)).data == pytest.approx(f(x), rel=1e-15, abs=1e-300)


@named("f", FOLDS, ids=lambda f: f.__name__)
@given(xs=st.lists(st.floats(-50, 50), min_size=1, max_size=6))
def test_a_fold_has_the_same_value_on_numbers_and_on_values(f, xs):
    assert f([Value(x) for x in xs]).data == f(xs)
    assert f(tuple(Value(x) for x in xs)).data == f(xs)


def test_every_public_function_has_a_docstring():
    for name in autograd.__all__:
        if name not in ("draw", "Drawing"):
            thing = getattr(autograd, name)
            assert inspect.getdoc(thing) or isinstance(thing, autograd.Op)


# ── kinks ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@named(
    ("f", "x", "expected"),
    [
        (autograd.relu, 0.0, 0.0),
        (autograd.relu6, 0.0, 0.0),
        (autograd.relu6, 6.0, 0.0),
        (autograd.relu6, 3.0, 1.0),
        (autograd.hard_tanh, -1.0, 0.0),
        (autograd.hard_tanh, 1.0, 0.0),
        (autograd.hard_tanh, 0.0, 1.0),
        (autograd.hard_logistic, -2.0, 0.0),
        (autograd.hard_logistic, 2.0, 0.0),
        (autograd.hard_logistic, 0.0, 0.25),
        (autograd.leaky_relu, 0.0, 0.01),
        (autograd.elu, 0.0, 1.0),
        (lambda x: autograd.elu(x, 0.5), 0.0, 0.5),
        (lambda x: autograd.leaky_relu(x, 0.1), 0.0, 0.1),
        (abs, 0.0, 0.0),
    ],
)
def test_at_a_kink_the_derivative_is_the_textbooks(f, x, expected):
    assert slope(f, x) == expected


def test_prelu_learns_its_slope():
    for x, by_slope in ((-2.0, -2.0), (0.0, 0.0), (3.0, 0.0)):
        v, a = Value(x), Value(0.25)
        autograd.prelu(v, a).backward()
        assert a.grad == by_slope
        assert v.grad == (1.0 if x > 0 else 0.25)


def test_clip_at_bounds_that_are_values_shares_the_tie():
    x, low, high = Value(1.0), Value(1.0), Value(3.0)
    y = autograd.clip(x, low, high)
    y.backward()
    assert (y.data, x.grad, low.grad, high.grad) == (1.0, 0.5, 0.5, 0.0)


def test_clip_of_a_number_between_values_moves_with_the_bound():
    low = Value(2.0)
    y = autograd.clip(1.0, low, 3.0)
    y.backward()
    assert (y.data, low.grad) == (2.0, 1.0)


# ── stability ────────────────────────────────────────────────────────────────────────────────────────────────────────


@named(
    ("f", "x", "value", "derivative"),
    [
        (autograd.sigmoid, 1000.0, 1.0, 0.0),
        (autograd.sigmoid, -1000.0, 0.0, 0.0),
        (autograd.softplus, 1000.0, 1000.0, 1.0),
        (autograd.softplus, -1000.0, 0.0, 0.0),
        (autograd.log_sigmoid, 1000.0, 0.0, 0.0),
        (autograd.log_sigmoid, -1000.0, -1000.0, 1.0),
        (autograd.tanh, 1000.0, 1.0, 0.0),
        (autograd.tanh, -1000.0, -1.0, 0.0),
        (autograd.elu, 1000.0, 1000.0, 1.0),
        (autograd.elu, -1000.0, -1.0, 0.0),
        (lambda x: autograd.logsumexp([x, 0.0]), 1000.0, 1000.0, 1.0),
        (lambda x: autograd.softmax([x, 0.0])[0], 1000.0, 1.0, 0.0),
        (lambda x: autograd.softmax([x, 0.0])[0], -1000.0, 0.0, 0.0),
        (lambda x: autograd.log_softmax([x, 0.0])[0], -1000.0, -1000.0, 1.0),
    ],
)
def test_far_out_value_and_derivative_are_finite_and_right(f, x, value, derivative):
    assert f(Value(x)).data == pytest.approx(value, abs=1e-300)
    assert slope(f, x) == pytest.approx(derivative, abs=1e-300)


@given(st.lists(st.floats(-1000, 1000), min_size=1, max_size=6))
def test_softmax_sums_to_1_and_its_gradients_sum_to_0(xs):
    values = [Value(x) for x in xs]
    ps = autograd.softmax(values)
    # Each p is e^(x − lse) whose exponent, up to 2000 in size, is rounded at 2000·2⁻⁵³.
    assert math.fsum(p.data for p in ps) == pytest.approx(1.0, abs=len(xs) * 1e-12)
    ps[0].backward()
    assert math.fsum(v.grad for v in values) == pytest.approx(0.0, abs=len(xs) * 1e-12)


def test_softmax_gives_a_masked_class_probability_and_gradient_0():
    values = [Value(1.0), Value(-INF), Value(2.0)]
    ps = autograd.softmax(values)
    assert ps[1].data == 0.0
    assert ps[0].data == pytest.approx(1 / (1 + math.e))
    (-autograd.log(ps[2])).backward()
    assert values[1].grad == 0.0
    assert values[0].grad == pytest.approx(1 / (1 + math.e))


def test_softmax_of_only_minus_infinity_is_nan():
    assert all(math.isnan(p) for p in autograd.softmax([-INF, -INF]))
    assert all(math.isnan(p.data) for p in autograd.softmax([Value(-INF), Value(-INF)]))


def test_logsumexp_of_only_minus_infinity_has_gradients_0():
    assert autograd.logsumexp([Value(-INF), Value(-INF)]).data == -INF
    assert slopes(autograd.logsumexp, [-INF, -INF]) == [0.0, 0.0]


# ── folds ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_ties_in_max_share_equally():
    assert slopes(autograd.max, [2.0, 2.0, 1.0]) == [0.5, 0.5, 0.0]
    assert slopes(autograd.min, [2.0, 1.0, 1.0]) == [0.0, 0.5, 0.5]
    assert slopes(autograd.maxout, [1.0, 5.0, 3.0]) == [0.0, 1.0, 0.0]


def test_the_product_is_right_where_factors_are_zero():
    assert slopes(autograd.prod, [2.0, 0.0, 3.0]) == [0.0, 6.0, 0.0]
    assert slopes(autograd.prod, [2.0, 0.0, 0.0]) == [0.0, 0.0, 0.0]
    assert slopes(autograd.prod, [2.0, 3.0, 5.0]) == [15.0, 10.0, 6.0]


def test_norm_and_std_have_the_gradient_0_where_they_have_a_tip():
    assert slopes(autograd.norm, [0.0, 0.0, 0.0]) == [0.0, 0.0, 0.0]
    assert slopes(autograd.std, [4.0, 4.0, 4.0]) == [0.0, 0.0, 0.0]


def test_norm_points_along_its_vector():
    assert autograd.norm([Value(3.0), Value(4.0)]).data == 5.0
    assert slopes(autograd.norm, [3.0, 4.0]) == pytest.approx([0.6, 0.8], rel=1e-15)


def test_sum_mean_variance_and_deviation_agree_with_numpy():
    xs = [1.0, 4.0, 2.5, -3.0]
    for ours, theirs in (
        (autograd.sum, np.sum),
        (autograd.mean, np.mean),
        (autograd.var, np.var),
        (autograd.std, np.std),
    ):
        assert ours([Value(x) for x in xs]).data == pytest.approx(theirs(xs), rel=1e-15)
    assert slopes(autograd.var, xs) == pytest.approx([2 * (x - np.mean(xs)) / 4 for x in xs], rel=1e-14)


def test_dot_multiplies_and_adds_from_left_to_right():
    w, x = [Value(1.0), Value(2.0)], [3.0, 4.0]
    y = autograd.dot(w, x)
    y.backward()
    assert y.data == 11.0
    assert [v.grad for v in w] == [3.0, 4.0]
    assert [node.op.name for node in autograd.ancestry(y) if node.op] == ["mul", "mul", "add"]


def test_a_fold_over_numbers_and_values_mixed_differentiates_by_the_values():
    x = Value(2.0)
    y = autograd.sum([1, x, 3.0]) * autograd.prod([x, 2])
    y.backward()
    assert y.data == 24.0
    assert x.grad == 4.0 + 12.0


@named("f", [*FOLDS, autograd.softmax, autograd.log_softmax], ids=lambda f: f.__name__)
def test_an_empty_list_is_refused_by_name(f):
    with pytest.raises(AutogradError, match="empty list"):
        f([])


@named("f", [*FOLDS, autograd.softmax, autograd.log_softmax], ids=lambda f: f.__name__)
@named("wrong", [3.0, Value(1.0), "12", None], ids=lambda x: type(x).__name__)
def test_what_is_no_list_is_refused_by_name(f, wrong):
    with pytest.raises(OperandError, match="list"):
        f(wrong)


def test_dot_of_lists_of_different_lengths_is_refused():
    with pytest.raises(ShapeError, match="dot cannot join 2 numbers with 1"):
        autograd.dot([1.0, 2.0], [1.0])


@named("f", ACTIVATIONS, ids=lambda f: getattr(f, "__name__", None) or f.name)
@named("wrong", ["1", None, [1.0]], ids=lambda x: type(x).__name__)
def test_an_activation_refuses_what_is_no_number(f, wrong):
    with pytest.raises(TypeError):
        f(wrong)


def test_activations_pass_nan_on():
    for f in ACTIVATIONS[:-1]:
        assert math.isnan(f(math.nan))
        assert math.isnan(f(Value(math.nan)).data)


def test_the_unit_step_is_1_from_0_on_and_has_no_derivative():
    assert [autograd.unit_step(x) for x in (-1.0, 0.0, 2.0)] == [0.0, 1.0, 1.0]
    assert not autograd.unit_step(Value(1.0)).requires_grad


def test_functions_work_on_integers_too():
    assert autograd.softplus(0) == pytest.approx(math.log(2.0))
    assert autograd.hard_logistic(1) == 0.75
    assert autograd.log_sigmoid(0) == pytest.approx(-math.log(2.0))
    assert autograd.elu(-1) == pytest.approx(math.exp(-1) - 1)
