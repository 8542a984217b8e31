"""Numerical differentiation: every estimate lies within its own error of the truth, or says that it does not know."""

import builtins
import math
import operator

import mpmath
import numpy as np
import pytest
from hypothesis import given, strategies as st

import autograd
from autograd import Tensor, Value, numeric
from autograd.errors import ArgumentError, MissingExtra, NonFinite, OperandError, ShapeError

METHODS = ["forward", "central", "richardson", "complex"]
REAL_METHODS = METHODS[:3]

# name: the function on floats, its derivative at 50 digits, and where it is tried
SMOOTH = {
    "exp": (autograd.exp, mpmath.exp, (-20.0, 20.0)),
    "log": (autograd.log, lambda x: 1 / x, (0.05, 100.0)),
    "sin": (autograd.sin, mpmath.cos, (-10.0, 10.0)),
    "cos": (autograd.cos, lambda x: -mpmath.sin(x), (-10.0, 10.0)),
    "tanh": (autograd.tanh, lambda x: 1 / mpmath.cosh(x) ** 2, (-5.0, 5.0)),
    "arctan": (autograd.arctan, lambda x: 1 / (1 + x**2), (-10.0, 10.0)),
    "arcsin": (autograd.arcsin, lambda x: 1 / mpmath.sqrt(1 - x**2), (-0.9, 0.9)),
    "sqrt": (autograd.sqrt, lambda x: 1 / (2 * mpmath.sqrt(x)), (0.05, 100.0)),
    "sinh": (autograd.sinh, mpmath.cosh, (-10.0, 10.0)),
    "log1p": (autograd.log1p, lambda x: 1 / (1 + x), (-0.9, 100.0)),
    "expm1": (autograd.expm1, mpmath.exp, (-10.0, 10.0)),
    "sigmoid": (autograd.sigmoid, lambda x: 1 / (2 * mpmath.cosh(x / 2)) ** 2, (-10.0, 10.0)),
    "reciprocal": (autograd.reciprocal, lambda x: -1 / x**2, (0.05, 100.0)),
    "cubic": (lambda x: x * x * x - 2.0 * x, lambda x: 3 * x**2 - 2, (-10.0, 10.0)),
    "gaussian": (lambda x: autograd.exp(-x * x), lambda x: -2 * x * mpmath.exp(-(x**2)), (-3.0, 3.0)),
    "composite": (
        lambda x: autograd.sin(x) * autograd.exp(x / 3.0),
        lambda x: mpmath.exp(x / 3) * (mpmath.cos(x) + mpmath.sin(x) / 3),
        (-5.0, 5.0),
    ),
}


def truth(name, x):
    with mpmath.workdps(50):
        return SMOOTH[name][1](mpmath.mpf(x))


def off(estimate, exact):
    with mpmath.workdps(50):
        return float(abs(mpmath.mpf(float(estimate.value)) - exact))


@st.composite
def smooth_places(draw):
    name = draw(st.sampled_from(sorted(SMOOTH)))
    return name, draw(st.floats(*SMOOTH[name][2]))


# ── every estimate holds its bound ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("method", METHODS)
@given(place=smooth_places())
def test_the_truth_lies_within_the_error(method, place):
    name, x = place
    estimate = numeric.estimate(SMOOTH[name][0], x, method=method)
    assert off(estimate, truth(name, x)) <= estimate.error


@pytest.mark.parametrize(
    ("method", "digits"), [("forward", 4.5), ("central", 7.0), ("richardson", 9.0), ("complex", 14.0)]
)
@given(place=smooth_places())
def test_the_error_is_small_where_the_function_is_tame(method, digits, place):
    name, x = place
    slope, value = abs(float(truth(name, x))), abs(SMOOTH[name][0](x))
    estimate = numeric.estimate(SMOOTH[name][0], x, method=method)
    if method == "complex":
        assert estimate.error <= 10.0**-digits * (slope + value)
    elif abs(x) > 0.5:
        assert estimate.error <= 10.0**-digits * (slope + value) * max(1.0, abs(x)) ** 3


@pytest.mark.parametrize(("method", "order"), [("forward", 1), ("central", 2)])
def test_truncation_falls_with_the_order_of_the_method(method, order):
    wide, narrow = (abs(numeric.derivative(math.exp, 1.0, method, step=h) - math.e) for h in (2.0**-6, 2.0**-7))
    assert wide / narrow == pytest.approx(2**order, rel=0.02)


@pytest.mark.parametrize(
    ("method", "truncation", "rounding"),
    [("forward", lambda h: h / 2, 2.0), ("central", lambda h: h**2 / 6, 1.0)],
)
@given(x=st.floats(-3.0, 3.0), exponent=st.integers(-26, -3))
def test_differences_keep_the_derived_bound_at_every_step(method, truncation, rounding, x, exponent):
    # Truncation with the largest higher derivative on the way, e^(x + h); round-off with values right to 4 units.
    h = 2.0**exponent
    top = math.exp(x + h)
    bound = truncation(h) * top + rounding * 4 * 2.0**-53 * top * (1 + abs(x)) / h
    assert abs(numeric.derivative(math.exp, x, method, step=h) - math.exp(x)) <= bound


def test_richardson_reaches_twelve_digits():
    assert numeric.derivative(math.exp, 1.0) == pytest.approx(math.e, rel=1e-12)


def test_the_complex_step_is_right_to_the_last_digits():
    assert numeric.derivative(autograd.exp, 1.0, "complex") == pytest.approx(math.e, rel=4e-16)


# ── scales ───────────────────────────────────────────────────────────────────────────────────────────────────────────

SCALES = [1e-300, 1e-200, 1e-100, 1e-30, 1e-8, 1e-3, 1.0, 1e3, 1e8, 1e30, 1e100, 1e200, 1e300]


@pytest.mark.parametrize("x", SCALES)
@pytest.mark.parametrize("method", ["richardson", "complex"])
@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (autograd.log, lambda x: 1 / x),
        (autograd.sqrt, lambda x: 0.5 / mpmath.sqrt(x)),
        (lambda x: 3.0 * x, lambda x: 3),
    ],
)
def test_the_step_fits_any_scale(f, slope, method, x):
    with mpmath.workdps(50):
        exact = slope(mpmath.mpf(x))
    estimate = numeric.estimate(f, x, method=method)
    assert off(estimate, exact) <= estimate.error <= 1e-8 * float(exact)


@pytest.mark.parametrize("x", [0.0, 5e-324, 1e-300, -1e-100, 1e-10])
@pytest.mark.parametrize("method", METHODS)
def test_near_0_a_function_of_scale_1_is_seen_on_that_scale(method, x):
    estimate = numeric.estimate(autograd.exp, x, method=method)
    assert off(estimate, 1 + mpmath.mpf(x)) <= estimate.error < 1e-6


@pytest.mark.parametrize("x", [1e6, 1e9])
def test_a_function_of_scale_1_is_seen_far_out(x):
    estimate = numeric.estimate(math.sin, x)
    assert off(estimate, mpmath.cos(mpmath.mpf(x))) <= estimate.error < 1e-3


@pytest.mark.parametrize("x", [1e-300, 1e-100, 1e-10])
def test_central_differences_stay_inside_the_domain(x):
    seen = []

    def log(x):
        seen.append(x)
        return math.log(x)

    estimate = numeric.estimate(log, x, method="central")
    assert off(estimate, 1 / mpmath.mpf(x)) <= estimate.error < 1e-5 / x
    assert min(point for point in seen[-4:]) > 0.0


@pytest.mark.parametrize("distance", [1e-3, 1e-6, 1e-9])
@pytest.mark.parametrize("method", ["central", "richardson"])
def test_near_the_edge_of_a_domain_the_step_shrinks(method, distance):
    x = 5.0 + distance
    exact = 1 / (mpmath.mpf(x) - 5)
    estimate = numeric.estimate(lambda x: autograd.log(x - 5.0), x, method=method)
    assert off(estimate, exact) <= estimate.error
    assert float(estimate.value) == pytest.approx(float(exact), rel=1e-2)


def refusing(error):
    """Twice the logarithm of what lies between 0 and 1, which raises this beyond."""

    def f(p):
        if not 0.0 < p < 1.0:
            raise error(f"a probability of {p}")
        return 2.0 * math.log(p)

    return f


REFUSALS = [ValueError, ZeroDivisionError, AssertionError, ArgumentError, NonFinite]


@pytest.mark.parametrize("error", REFUSALS)
@pytest.mark.parametrize("method", REAL_METHODS)
def test_what_a_function_refuses_is_outside_its_domain_and_smaller_steps_are_tried(method, error):
    estimate = numeric.estimate(refusing(error), 0.9999, method=method)
    assert off(estimate, 2 / mpmath.mpf(0.9999)) <= estimate.error
    assert float(estimate.value) == pytest.approx(2.0, rel=1e-3)


@pytest.mark.parametrize("method", REAL_METHODS)
def test_misuse_is_raised_though_it_happens_beside_the_point(method):
    with pytest.raises(ShapeError, match=r"a probability of 1\."):
        numeric.estimate(refusing(ShapeError), 1.0 - 2e-16, method=method)


@pytest.mark.parametrize("method", REAL_METHODS)
def test_at_the_point_itself_the_library_says_what_it_refuses(method):
    with pytest.raises(ArgumentError, match=r"^a probability of 1\.5$"):
        numeric.derivative(refusing(ArgumentError), 1.5, method)


def test_where_there_is_no_room_the_message_says_what_was_raised():
    with pytest.raises(NonFinite, match=r"input 0 = 1\.0, however near \(a probability of 1\.0.*give a point farther"):
        numeric.derivative(lambda p: refusing(ValueError)(p - 2e-16 * (p <= 1.0)), 1.0)


def test_at_the_edge_itself_nothing_is_known():
    with pytest.raises(NonFinite, match=r"not finite .* input 0 = 0\.0"):
        numeric.derivative(math.sqrt, 0.0)
    assert numeric.estimate(math.sqrt, 0.0, method="forward").error == math.inf


def test_a_step_of_the_callers_that_leaves_the_domain_is_refused():
    with pytest.raises(NonFinite, match="give a smaller step"):
        numeric.derivative(math.log, 0.5, "central", step=1.0)


# ── kinks ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("method", REAL_METHODS)
@pytest.mark.parametrize("at", [0.0, 1.0, -3.0, 100.0])
def test_at_a_kink_the_error_spans_the_one_sided_slopes(method, at):
    for f, low, high in ((lambda x: abs(x - at), -1.0, 1.0), (lambda x: autograd.relu(x - at), 0.0, 1.0)):
        estimate = numeric.estimate(f, at, method=method)
        assert estimate.error >= 0.49 * (high - low)
        assert estimate.value - estimate.error <= low + 0.02
        assert estimate.value + estimate.error >= high - 0.02


@given(st.floats(1e-6, 0.4))
def test_beside_a_kink_richardson_goes_close_enough(distance):
    estimate = numeric.estimate(lambda x: abs(x - 1.0), 1.0 + distance)
    assert abs(estimate.value - 1.0) <= estimate.error < 1e-3


# ── inputs and results of every form ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("method", METHODS)
def test_a_gradient_is_shaped_like_its_inputs(method):
    def f(number, array, numbers, pair):
        return number * autograd.sum(array * array) + numbers[0] * numbers[1] * pair[0] + pair[1]

    array = np.arange(6.0).reshape(2, 3)
    toward_number, toward_array, toward_list, toward_tuple = numeric.gradient(
        f, 2.0, array, [3.0, 4.0], (5, 6), method=method
    )
    assert isinstance(toward_number, float)
    assert isinstance(toward_list, list)
    assert isinstance(toward_tuple, tuple)
    assert toward_number == pytest.approx(55.0, rel=1e-6)
    np.testing.assert_allclose(toward_array, 4.0 * array, rtol=1e-5, atol=1e-6)
    assert toward_list == pytest.approx([20.0, 15.0], rel=1e-6)
    assert toward_tuple == pytest.approx((12.0, 1.0), rel=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_a_jacobian_has_the_axes_of_the_value_and_then_those_of_the_input(method):
    W = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    np.testing.assert_allclose(numeric.jacobian(lambda x: W @ x, np.ones(3), method=method), W, rtol=1e-6)
    y = numeric.jacobian(lambda x: autograd.outer(x, x), [1.0, 2.0], method=method)
    assert y.shape == (2, 2, 2)
    np.testing.assert_allclose(y[0, 1], [2.0, 1.0], rtol=1e-6)


def test_a_nested_list_is_given_and_answered_as_one():
    (toward,) = numeric.gradient(lambda rows: rows[0][1] * rows[1][0], [[1.0, 2.0], [3.0, 4.0]], method="complex")
    assert toward == [[0.0, 3.0], [2.0, 0.0]]


@pytest.mark.parametrize("method", METHODS)
def test_inputs_without_numbers_have_a_gradient_without_numbers(method):
    (toward,) = numeric.gradient(lambda x: 1.0, np.zeros((0, 3)), method=method)
    assert toward.shape == (0, 3)


def test_whole_numbers_become_floats():
    assert numeric.gradient(lambda x, a: x**2 + a.sum(), 3, np.arange(2), method="complex")[0] == 6.0


def test_float32_is_evaluated_in_float64():
    seen = set()

    def f(a):
        seen.add(a.dtype)
        return (a * a).sum()

    (toward,) = numeric.gradient(f, np.array([0.1, 2.0], np.float32), method="central")
    assert seen == {np.dtype(np.float64)}
    np.testing.assert_allclose(toward, 2.0 * np.array([0.1, 2.0], np.float32), rtol=1e-9)


def works_in_float32(a):
    return np.sin(a.astype(np.float32)).sum()


def insists_on_float32(a):
    if a.dtype != np.float32:
        raise TypeError("float32 only")
    return np.sin(a).sum()


@pytest.mark.parametrize("f", [works_in_float32, insists_on_float32])
@pytest.mark.parametrize("method", REAL_METHODS)
def test_where_a_function_works_in_float32_steps_and_errors_suit_it(f, method):
    x = np.array([0.5, 1.0, -2.0], np.float32)
    estimate = numeric.estimate(f, x, method=method)
    exact = np.cos(x.astype(np.float64))
    assert (np.abs(estimate.value - exact) <= estimate.error).all()
    assert (estimate.error < 0.02).all()
    assert (estimate.error > 1e-6).all()


def test_outside_its_domain_a_function_of_float32_is_not_taken_for_one_that_insists_on_it():
    x = np.array([1e-9], np.float32)
    estimate = numeric.estimate(lambda a: math.log(a[0]), x, method="central")
    assert abs(estimate.value[0] - 1 / float(x[0])) <= estimate.error[0] < 1e-6 / x[0]


def test_the_complex_step_of_a_function_that_insists_on_float32_is_refused():
    with pytest.raises(OperandError, match="insists_on_float32 does not take complex numbers"):
        numeric.gradient(insists_on_float32, np.ones(2, np.float32), method="complex")


def test_functions_that_give_nodes_are_read_by_their_data():
    W = Tensor([1.0, 2.0])
    np.testing.assert_allclose(numeric.gradient(lambda x: (W * x).sum(), np.ones(2))[0], [1.0, 2.0])
    assert numeric.derivative(lambda x: Value(x) * 3.0, 2.0) == pytest.approx(3.0)


# ── what it costs ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("method", "evaluations"), [("complex", 25), ("richardson", 321)])
def test_evaluations_are_counted(method, evaluations):
    calls = []

    def f(x):
        calls.append(1)
        return autograd.sum(autograd.exp(x))

    numeric.gradient(f, np.linspace(0.5, 1.0, 20), method=method)
    assert len(calls) == evaluations
    calls.clear()
    assert numeric.estimate(f, np.linspace(0.5, 1.0, 20), method=method).evaluations == len(calls)


@pytest.mark.parametrize("method", METHODS)
def test_with_batch_one_call_does_for_a_thousand_inputs(method):
    calls = []
    x = np.linspace(0.5, 2.0, 1000)

    def f(stack):
        calls.append(len(stack))
        return autograd.sum(stack * stack, axis=-1)

    (toward,) = numeric.gradient(f, x, method=method, batch=True)
    np.testing.assert_allclose(toward, 2.0 * x, rtol=1e-3)
    assert len(calls) <= 20


@pytest.mark.parametrize("method", METHODS)
def test_with_batch_every_input_is_a_stack(method):
    def f(number, matrix):
        return number * autograd.sum(matrix, axis=(-2, -1))

    one_by_one = numeric.gradient(lambda n, m: n * autograd.sum(m), 2.0, np.ones((2, 3)), method=method)
    stacked = numeric.gradient(f, 2.0, np.ones((2, 3)), method=method, batch=True)
    for alone, together in zip(one_by_one, stacked, strict=True):
        np.testing.assert_allclose(alone, together, rtol=1e-7)


def test_with_batch_a_function_that_forgets_the_first_axis_is_named():
    def total(stack):
        return autograd.sum(stack)

    with pytest.raises(ShapeError, match=r"total with batch=True must give a value for each of \d+ entries"):
        numeric.gradient(total, np.ones(3), batch=True)
    with pytest.raises(OperandError, match="does not work on stacks"):
        numeric.gradient(lambda x: math.exp(x), 1.0, batch=True)


# ── the complex step takes analytic ops alone ────────────────────────────────────────────────────────────────────────

KINKED = {
    "abs": autograd.abs,
    "relu": autograd.relu,
    "maximum": lambda x: autograd.maximum(x, 0.5),
    "max": lambda x: autograd.max([x, 0.5 * x]),
    "where": lambda x: autograd.where(1.0, x, 0.0),
    "greater": lambda x: x * autograd.greater(x, 0.0),
    "clip": autograd.hard_tanh,
    "sign": lambda x: autograd.sign(x) * x,
}


@pytest.mark.parametrize("op", sorted(KINKED))
def test_an_op_that_is_not_analytic_refuses_by_name(op):
    with pytest.raises(OperandError, match=rf"^{op} takes no complex numbers.*method='richardson'"):
        numeric.derivative(KINKED[op], 0.25, "complex")


@pytest.mark.parametrize("name", ["max", "min", "argmax"])
def test_array_ops_that_are_not_analytic_refuse_by_name(name):
    with pytest.raises(OperandError, match=rf"^{name} takes no complex numbers"):
        getattr(autograd, name)(np.array([1.0 + 1j, 2.0]))


def test_a_users_op_says_that_it_is_analytic():
    rows = ("cube", lambda a: a * a * a, lambda a: a**3, lambda y, a: (3.0 * a * a,))
    with pytest.raises(OperandError, match="cube takes no complex numbers, for it is not marked analytic"):
        numeric.derivative(autograd.elementwise(*rows), 2.0, "complex")
    assert numeric.derivative(autograd.elementwise(*rows, analytic=True), 2.0, "complex") == pytest.approx(12.0)


@pytest.mark.parametrize(
    "f",
    [
        autograd.softmax, autograd.log_softmax, autograd.cumsum, autograd.logsumexp, autograd.norm, autograd.std,
        autograd.prod, autograd.reciprocal, lambda x: autograd.sigmoid(100.0 * x), lambda x: x[::-1] ** 3,
        lambda x: autograd.einsum("i,j->ij", x, x), lambda x: autograd.reshape(autograd.outer(x, x), -1),
        lambda x: autograd.concatenate([x, x]), lambda x: autograd.broadcast_to(x, (2, 3)),
        lambda x: autograd.pad(x, 1),
    ],
)  # fmt: skip
def test_analytic_functions_of_arrays_take_the_complex_step(f):
    x = np.array([0.3, -0.7, 1.1])
    smooth = numeric.estimate(f, x)
    np.testing.assert_array_less(
        np.abs(numeric.jacobian(f, x, "complex") - smooth.value),
        np.broadcast_to(smooth.error + 1e-14, smooth.value.shape),
    )


def test_pythons_abs_does_not_slip_through():
    with pytest.raises(OperandError, match=r"gave the real 2\.0 for a complex number"):
        numeric.derivative(abs, 2.0, "complex")
    with pytest.raises(OperandError, match="another slope along real numbers"):
        numeric.derivative(lambda x: abs(x) * x, 2.0, "complex")
    with pytest.raises(OperandError, match="another slope along real numbers"):
        numeric.gradient(lambda x: (np.conj(x) * x).sum(), np.array([1.0, 2.0]), method="complex")


def test_math_and_comparisons_do_not_take_complex_numbers():
    with pytest.raises(OperandError, match="does not take complex numbers, which method='complex' gives it"):
        numeric.derivative(math.exp, 1.0, "complex")
    with pytest.raises(OperandError, match="no comparisons"):
        numeric.derivative(lambda x: x if operator.gt(x, 0) else 0.0 * x, 1.0, "complex")


def test_a_flat_spot_of_an_analytic_function_is_no_contradiction():
    for f in (lambda x: x**3, lambda x: x**2, autograd.cos, lambda x: x * 1e-300):
        estimate = numeric.estimate(f, 0.0, method="complex")
        assert abs(estimate.value - numeric.derivative(f, 0.0, "central")) <= estimate.error + 1e-10


def test_what_cancels_to_zero_everywhere_is_no_contradiction():
    for x in (0.765625, 1.53125, 2.515625):  # the complex x/x is off by a rounding there
        for f in (lambda x: x / x - 1.0, lambda x: autograd.log(x / x)):
            assert abs(numeric.derivative(f, x, "complex")) < 1e-15
    with pytest.raises(OperandError, match="not analytic"):
        numeric.derivative(lambda x: abs(x) - x, 1.0, "complex")


# ── bad input ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("method", METHODS)
def test_a_value_that_is_not_finite_is_named(method):
    def log(x):
        return autograd.log(x)

    with pytest.raises(NonFinite, match=r"log gave -inf at 0\.0"):
        numeric.derivative(log, 0.0, method)
    with pytest.raises(NonFinite, match=r"log gave nan at -1\.0 \(.+\)"):
        numeric.derivative(math.log, -1.0, "central")


def test_what_is_no_function_and_no_number_is_named():
    with pytest.raises(OperandError, match="is none"):
        numeric.derivative(3.0, 1.0)
    with pytest.raises(OperandError, match=r"must give a number .* gave str: 'four'"):
        numeric.derivative(lambda x: "four", 1.0)
    with pytest.raises(OperandError, match="gave NoneType"):
        numeric.gradient(lambda x: None, [1.0])
    with pytest.raises(OperandError, match="input 1 is a node"):
        numeric.gradient(lambda x, y: x, 1.0, Value(2.0))
    with pytest.raises(OperandError, match="input 0 must be a real number"):
        numeric.gradient(lambda x: x, "one")
    with pytest.raises(OperandError, match="input 0 must be a real number"):
        numeric.gradient(lambda x: x, 1j)
    with pytest.raises(OperandError, match="derivative takes one number"):
        numeric.derivative(lambda x: x, [1.0])
    with pytest.raises(ShapeError, match="input 0 has rows of unequal length"):
        numeric.gradient(lambda x: x[0][0], [[1.0], [1.0, 2.0]])
    with pytest.raises(ArgumentError, match="at least one input"):
        numeric.gradient(lambda: 1.0)
    with pytest.raises(ArgumentError, match="input 0 must be finite"):
        numeric.derivative(math.exp, math.inf)
    with pytest.raises(ArgumentError, match="method is one of forward, central, richardson, complex; got 'newton'"):
        numeric.derivative(math.exp, 1.0, "newton")
    with pytest.raises(ArgumentError, match="beyond the range"):
        numeric.derivative(math.exp, 10**400)


def test_a_function_that_changes_its_shape_is_named():
    def moody(x):
        return np.ones(2 if x > 1.0 else 3) * x

    with pytest.raises(ShapeError, match=r"moody gave shape \(3,\) first, and shape \(2,\) near the same point"):
        numeric.jacobian(moody, 1.0, "forward")


def test_a_gradient_of_several_numbers_points_to_the_jacobian():
    with pytest.raises(ShapeError, match=r"gave 3 numbers of shape \(3,\).*jacobian"):
        numeric.gradient(lambda x: x, np.ones(3))


@pytest.mark.parametrize("step", [0.0, -1.0, math.nan, math.inf, "small", True])
def test_a_step_is_a_positive_number(step):
    for method in METHODS:
        with pytest.raises(ArgumentError, match="a step is a positive number"):
            numeric.derivative(autograd.exp, 1.0, method, step=step)


def test_a_step_lost_beside_x_is_refused():
    with pytest.raises(ArgumentError, match=r"the step 1e-20 is lost beside input 1\[1\] = 3.0: the next float is"):
        numeric.gradient(lambda x, a: x + a.sum(), 0.0, np.array([0.0, 3.0]), method="forward", step=1e-20)
    assert numeric.derivative(autograd.exp, 1.0, "complex", step=1e-20) == pytest.approx(math.e, rel=1e-15)


def test_errors_of_the_function_itself_pass_through():
    def broken(x):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        numeric.derivative(broken, 1.0)
    with pytest.raises(ShapeError, match="add cannot join"):
        numeric.gradient(lambda x: autograd.sum(autograd.add(x, np.ones(3))), np.ones(2))


# ── the error against the step ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("method", "best"), [("forward", 2.0**-26), ("central", 2.0**-17.7)])
def test_the_best_step_is_where_both_errors_meet(method, best):
    curve = numeric.error_against_step(math.exp, 1.0, exact=math.e, method=method)
    assert best / 16 <= curve.best_step <= best * 16
    assert set(curve.branches[: curve.steps.index(curve.best_step)]) == {"round-off"}
    assert set(curve.branches[curve.steps.index(curve.best_step) + 1 :]) == {"truncation"}


@pytest.mark.parametrize("method", ["forward", "central"])
def test_the_error_is_a_u(method):
    curve = numeric.error_against_step(autograd.sin, 0.7, exact=math.cos(0.7), method=method)
    least = min(curve.errors)
    assert curve.errors[0] > 1e4 * least
    assert curve.errors[-1] > 1e4 * least


def test_the_complex_step_has_no_branch_where_errors_grow_as_steps_fall():
    curve = numeric.error_against_step(
        autograd.exp, 1.0, exact=math.e, method="complex", steps=[1e-200, 1e-100, 1e-20, 1e-2]
    )
    assert max(curve.errors[:3]) < 1e-15
    assert curve.branches == ("round-off", "round-off", "round-off", "truncation")


def test_without_the_truth_richardson_stands_for_it():
    curve = numeric.error_against_step(math.exp, 1.0)
    assert curve.exact == pytest.approx(math.e, rel=1e-12)


def test_steps_that_leave_the_domain_or_are_lost_have_no_error():
    curve = numeric.error_against_step(math.log, 0.5, steps=[1.0, 1e-3, 1e-30])
    assert math.isnan(curve.errors[0])
    assert math.isnan(curve.errors[2])
    assert curve.best_step == 1e-3
    with pytest.raises(OperandError, match="x is a number, got 'half'"):
        numeric.error_against_step(math.log, "half", exact=2.0)
    with pytest.raises(OperandError, match="exact is a number, got 'two'"):
        numeric.error_against_step(math.log, 0.5, exact="two")
    with pytest.raises(ArgumentError, match="at least one step"):
        numeric.error_against_step(math.log, 0.5, steps=[])


def test_the_table_names_both_branches_and_the_best_step():
    lines = str(numeric.error_against_step(math.exp, 1.0, exact=math.e)).splitlines()
    assert lines[0] == f"central at x = 1, exact {math.e!r}"
    assert len(lines) == 2 + 53
    assert [line.endswith("best") for line in lines].count(True) == 1
    assert lines[2].endswith("round-off")
    assert lines[-1].endswith("truncation")


def test_the_plot_names_both_branches():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    axes = numeric.error_against_step(math.exp, 1.0, exact=math.e).plot()
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels[:2] == ["round-off", "truncation"]
    assert labels[2].startswith("best step")
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    matplotlib.pyplot.close(axes.figure)


def test_without_matplotlib_the_plot_names_the_extra(monkeypatch):
    curve = numeric.error_against_step(math.exp, 1.0, steps=[0.1])
    load = builtins.__import__

    def refuse(name, *rest, **options):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return load(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(MissingExtra, match=r'pip install "glassgrad\[plot\]"'):
        curve.plot()
