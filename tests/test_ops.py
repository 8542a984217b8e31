"""The rows of the table: floats and arrays agree, IEEE-754 holds, and special points follow the one rule."""

import copy
import itertools
import math

import numpy as np
import pytest
from hypothesis import example, given, strategies as st

import autograd
from autograd import Value, elementwise, ops
from autograd.errors import ArgumentError, OperandError, RuleError
from autograd.ops import TABLE

INF, NAN, TINY = math.inf, math.nan, 5e-324
EVERY_ROW = pytest.mark.parametrize("op", TABLE.values(), ids=lambda op: op.name)

SPECIAL = [
    *(0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, INF, -INF, NAN),
    *(TINY, -TINY, 1e-310, 2.2250738585072014e-308, 1e-8, 36.8, 709.9, -745.2, 1e16, -1e155, 1e308, -1.7e308),
]
FEW_SPECIAL = [0.0, -0.0, 1.0, -1.0, 2.5, INF, -INF, NAN, TINY, 800.0]


def special_points(op):
    if op.arity in (1, 2):
        return list(itertools.product(SPECIAL, repeat=op.arity))
    return list(itertools.product(FEW_SPECIAL, repeat=3))


def taken(entry):
    return entry() if callable(entry) else entry


def array_rule(op, y, columns):
    """Each entry of the rule on arrays as a whole column of floats, None where there is no derivative."""
    entries = (None,) * len(columns) if op.rule is None else op.rule(y, *columns)
    return [None if e is None else np.broadcast_to(taken(e), y.shape).astype(float) for e in entries]


def slack(op, y):
    """How far apart two roundings of a derivative may be: e^(x − y) has the absolute error of y as a relative one."""
    return 1e-14 + (8 * math.ulp(y) if op is ops.logsumexp and math.isfinite(y) else 0.0)


def same(found, wanted, ulps=8, absolute=0.0):
    """Equal as IEEE-754 numbers are: nan is nan, infinities match, ±0 are one, and the rest within some roundings."""
    found, wanted = np.asarray(found, dtype=float), np.asarray(wanted, dtype=float)
    close = np.isclose(found, wanted, rtol=ulps * 2.0**-52, atol=absolute + 8 * TINY, equal_nan=True)
    # exp near its overflow may round to the largest float on one side and to infinity on the other
    edge = np.maximum(np.abs(found), np.abs(wanted)) > 1.79e308
    return close | (edge & (np.sign(found) == np.sign(wanted)) & (np.minimum(np.abs(found), np.abs(wanted)) > 1.79e308))


@EVERY_ROW
def test_floats_and_arrays_give_the_same_value_at_special_points(op):
    points = special_points(op)
    with np.errstate(all="ignore"):
        on_arrays = op(*np.array(points).T)
    on_floats = [op(*point) for point in points]
    wrong = [(p, f, a) for p, f, a in zip(points, on_floats, on_arrays, strict=True) if not same(f, a)]
    assert wrong == []


@EVERY_ROW
def test_floats_and_arrays_give_the_same_derivatives_at_special_points(op):
    points = special_points(op)
    columns = list(np.array(points).T)
    with np.errstate(all="ignore"):
        on_arrays = array_rule(op, np.asarray(op(*columns), dtype=float), columns)
    wrong = []
    for row, point in enumerate(points):
        y, derivatives = op.value_and_derivatives(*point)
        for place, entry in enumerate(map(taken, derivatives)):
            other = on_arrays[place]
            if (entry is None) != (other is None) or (
                entry is not None and not same(entry, other[row], 64, slack(op, y))
            ):
                wrong.append((point, place, entry, other if other is None else other[row]))
    assert wrong == []


@EVERY_ROW
@given(data=st.data())
def test_floats_and_arrays_agree_anywhere(op, data):
    point = data.draw(st.tuples(*[st.floats()] * (3 if op.arity == -1 else op.arity)), label="operands")
    y, derivatives = op.value_and_derivatives(*point)
    columns = [np.array([x, 0.5]) for x in point]
    with np.errstate(all="ignore"):
        ys = np.asarray(op(*columns), dtype=float)
        on_arrays = array_rule(op, ys, columns)
    # Far out, one rounding of the operand moves tan and its like by more than any number of roundings of the result.
    assert same(y, ys[0], ulps=64)
    for entry, other in zip(derivatives, on_arrays, strict=True):
        assert (entry is None) == (other is None)
        assert entry is None or same(taken(entry), other[0], ulps=4096, absolute=slack(op, y))


@EVERY_ROW
def test_every_row_answers_any_floats_with_a_float_and_never_raises(op):
    for point in special_points(op):
        y, derivatives = op.value_and_derivatives(*point)
        assert type(y) is float
        assert all(d is None or isinstance(float(taken(d)), float) for d in derivatives)


@EVERY_ROW
def test_recording_keeps_the_value_and_the_derivatives_of_the_row_as_plain_floats(op):
    for point in special_points(op)[::7]:
        y, derivatives = op.value_and_derivatives(*point)
        node = op(*map(Value, point))
        assert same(node.data, y, ulps=0)
        for stored, derivative in zip(node.local_gradients, map(taken, derivatives), strict=True):
            assert (stored is None) == (derivative is None)
            assert stored is None or (type(stored) is float and same(stored, derivative, ulps=0))


@EVERY_ROW
def test_every_row_is_found_in_the_table_under_its_own_name(op):
    assert TABLE[op.name] is op
    assert getattr(ops, op.name) is op
    assert repr(op) == f"<op {op.name}>"


@EVERY_ROW
def test_every_row_can_be_written_with_the_names_of_its_operands(op):
    names = ("apple", "berry", "cherry")[: 3 if op.arity == -1 else op.arity]
    assert all(name in op.written(*names) for name in names)
    assert all(name in op.latex.format(*names) for name in (names[:1] if op.arity == -1 else names))


@pytest.mark.parametrize("op", [op for op in TABLE.values() if op.analytic], ids=lambda op: op.name)
def test_an_analytic_row_takes_complex_arrays_whose_imaginary_part_carries_the_derivative(op):
    point = (0.4, 0.7, 0.9)[: op.arity]
    derivatives = op.value_and_derivatives(*point)[1]
    for place, derivative in enumerate(derivatives):
        stepped = [np.array([complex(x, 1e-100 * (i == place))]) for i, x in enumerate(point)]
        # No difference is taken: what is left is a few roundings.
        assert (op(*stepped).imag / 1e-100)[0] == pytest.approx(taken(derivative), rel=1e-13)


# ── special points, on floats and on arrays ──────────────────────────────────────────────────────────────────────────


def derivatives_of(op, *point):
    """The local derivatives at one point, taken on floats and on arrays: both must be the same."""
    on_floats = [taken(d) for d in op.value_and_derivatives(*point)[1]]
    columns = [np.array([x, x]) for x in point]
    with np.errstate(all="ignore"):
        on_arrays = array_rule(op, np.asarray(op(*columns), dtype=float), columns)
    for found, other in zip(on_floats, on_arrays, strict=True):
        assert (found is None) == (other is None)
        assert found is None or np.array_equal([found, found], other, equal_nan=True)
    return [None if d is None else float(d) for d in on_floats]


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_relu_has_the_derivative_0_at_0(zero):
    assert derivatives_of(ops.relu, zero) == [0.0]
    assert derivatives_of(ops.relu, TINY) == [1.0]
    assert derivatives_of(ops.relu, -TINY) == [0.0]


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_abs_has_the_subgradient_of_least_norm_at_0(zero):
    assert derivatives_of(ops.abs, zero) == [0.0]
    assert derivatives_of(ops.abs, TINY) == [1.0]
    assert derivatives_of(ops.abs, -3.0) == [-1.0]


@pytest.mark.parametrize("op", [ops.maximum, ops.minimum, ops.max, ops.min], ids=lambda op: op.name)
def test_two_that_tie_share_equally(op):
    assert derivatives_of(op, 2.0, 2.0) == [0.5, 0.5]
    assert derivatives_of(op, 0.0, -0.0) == [0.5, 0.5]


def test_the_winner_takes_all():
    assert derivatives_of(ops.maximum, 1.0, 2.0) == [0.0, 1.0]
    assert derivatives_of(ops.minimum, 1.0, 2.0) == [1.0, 0.0]
    assert derivatives_of(ops.max, 1.0, 3.0, 2.0) == [0.0, 1.0, 0.0]
    assert derivatives_of(ops.min, 1.0, 3.0, 2.0) == [1.0, 0.0, 0.0]


def test_all_that_tie_for_max_share_equally_and_the_shares_sum_to_1():
    assert derivatives_of(ops.max, 2.0, 2.0, 1.0) == [0.5, 0.5, 0.0]
    assert derivatives_of(ops.min, 1.0, 2.0, 1.0, 1.0) == pytest.approx([1 / 3, 0.0, 1 / 3, 1 / 3], abs=1e-16)
    assert derivatives_of(ops.max, INF, INF, 0.0) == [0.5, 0.5, 0.0]


@pytest.mark.parametrize(("x", "slope"), [(-2, 0), (-1, 0), (-0.5, 1), (0.5, 1), (1, 0), (2, 0)])
def test_clip_has_the_derivative_1_inside_and_0_at_and_beyond_its_bounds(x, slope):
    assert derivatives_of(ops.clip, float(x), -1.0, 1.0) == [slope, None, None]


def test_where_passes_the_derivative_to_the_branch_taken_and_none_to_the_condition():
    assert derivatives_of(ops.where, 1.0, 5.0, 6.0) == [None, 1.0, 0.0]
    assert derivatives_of(ops.where, 0.0, 5.0, 6.0) == [None, 0.0, 1.0]


def test_sqrt_at_0_is_0_with_an_infinite_slope():
    for zero in (0.0, -0.0):
        assert ops.sqrt(zero) == 0.0
        assert derivatives_of(ops.sqrt, zero) == [INF]


def test_log_at_0_is_minus_infinity_with_an_infinite_slope():
    assert ops.log(0.0) == -INF
    assert derivatives_of(ops.log, 0.0) == [INF]
    assert derivatives_of(ops.log1p, -1.0) == [INF]


def test_arcsin_and_arccos_have_infinite_slopes_at_the_ends_of_their_domain():
    assert derivatives_of(ops.arcsin, 1.0) == derivatives_of(ops.arcsin, -1.0) == [INF]
    assert derivatives_of(ops.arccos, 1.0) == derivatives_of(ops.arccos, -1.0) == [-INF]


def test_a_power_has_its_own_slope_at_zero():
    assert derivatives_of(ops.pow, 0.0, 2.0) == [0.0, 0.0]
    assert derivatives_of(ops.pow, 0.0, 1.0) == [1.0, 0.0]
    assert derivatives_of(ops.pow, 0.0, 0.5) == [INF, 0.0]
    assert derivatives_of(ops.pow, 0.0, 0.0)[0] == 0.0
    assert derivatives_of(ops.pow, -2.0, 0.0)[0] == 0.0


def test_a_negative_base_has_a_slope_by_the_base_and_none_by_the_exponent():
    by_base, by_exponent = derivatives_of(ops.pow, -2.0, 3.0)
    assert by_base == 12.0
    assert math.isnan(by_exponent)


def test_saturated_activations_have_the_derivative_0():
    for op in (ops.tanh, ops.logistic):
        assert derivatives_of(op, 1000.0) == derivatives_of(op, -1000.0) == [0.0]
        assert derivatives_of(op, INF) == derivatives_of(op, -INF) == [0.0]


def test_the_logistic_keeps_its_small_values_on_the_left():
    assert ops.logistic(-40.0) == pytest.approx(math.exp(-40.0), rel=1e-15)
    assert derivatives_of(ops.logistic, -40.0) == pytest.approx([math.exp(-40.0)], rel=1e-15)


def test_logsumexp_of_only_minus_infinity_is_minus_infinity_with_derivatives_0():
    assert ops.logsumexp(-INF, -INF) == -INF
    assert derivatives_of(ops.logsumexp, -INF, -INF) == [0.0, 0.0]


def test_logsumexp_does_not_overflow():
    assert ops.logsumexp(1000.0, 1000.0) == pytest.approx(1000.0 + math.log(2.0), rel=1e-15)
    assert derivatives_of(ops.logsumexp, 1000.0, 1000.0) == pytest.approx([0.5, 0.5], rel=1e-12)
    assert derivatives_of(ops.logsumexp, 1000.0, -1000.0) == [1.0, 0.0]
    assert derivatives_of(ops.logaddexp, -1000.0, 1000.0) == [0.0, 1.0]


def test_logaddexp_of_only_minus_infinity_agrees_with_logsumexp():
    assert derivatives_of(ops.logaddexp, -INF, -INF) == [0.0, 0.0]


@pytest.mark.parametrize("name", ["relu", "maximum", "minimum", "max", "min", "clip", "abs", "logsumexp", "sign"])
def test_what_chooses_or_folds_passes_nan_on(name):
    op = TABLE[name]
    count = {-1: 3}.get(op.arity, op.arity)
    for place in range(count):
        point = [1.0] * count
        point[place] = NAN
        assert math.isnan(op(*point))


def test_where_passes_on_the_nan_of_the_branch_taken_only():
    assert math.isnan(ops.where(1.0, NAN, 2.0))
    assert ops.where(0.0, NAN, 2.0) == 2.0


@pytest.mark.parametrize("op", [op for op in TABLE.values() if op.rule is None], ids=lambda op: op.name)
def test_comparisons_and_sign_have_no_derivative(op):
    x = Value(0.5)
    y = op(x, 1.0) if op.arity == 2 else op(x)
    assert not y.requires_grad
    assert set(y.local_gradients) == {None}
    (y * 3.0 + x).backward()
    assert x.grad == 1.0


def test_comparisons_give_one_or_zero():
    assert [ops.greater(2, 1), ops.greater(1, 1), ops.greater_equal(1, 1)] == [1.0, 0.0, 1.0]
    assert [ops.less(1, 2), ops.less(1, 1), ops.less_equal(1, 1)] == [1.0, 0.0, 1.0]
    assert [ops.equal(1, 1), ops.equal(1, 2), ops.not_equal(1, 2), ops.not_equal(1, 1)] == [1.0, 0.0, 1.0, 0.0]
    assert [ops.sign(-3), ops.sign(0), ops.sign(3)] == [-1.0, 0.0, 1.0]


# ── IEEE-754, as NumPy has it ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("op", "operands", "value"),
    [
        (ops.exp, (1000.0,), INF),
        (ops.exp, (-1000.0,), 0.0),
        (ops.expm1, (1000.0,), INF),
        (ops.sinh, (-1000.0,), -INF),
        (ops.cosh, (1000.0,), INF),
        (ops.log, (0.0,), -INF),
        (ops.log, (-1.0,), NAN),
        (ops.log1p, (-1.0,), -INF),
        (ops.sqrt, (-1.0,), NAN),
        (ops.reciprocal, (0.0,), INF),
        (ops.reciprocal, (-0.0,), -INF),
        (ops.divide, (0.0, 0.0), NAN),
        (ops.divide, (-1.0, 0.0), -INF),
        (ops.pow, (-8.0, 1 / 3), NAN),
        (ops.pow, (0.0, -1.0), INF),
        (ops.pow, (10.0, 400.0), INF),
        (ops.pow, (NAN, 0.0), 1.0),
        (ops.arcsin, (2.0,), NAN),
        (ops.arccos, (-2.0,), NAN),
        (ops.sin, (INF,), NAN),
        (ops.tan, (INF,), NAN),
        (ops.add, (INF, -INF), NAN),
        (ops.mul, (0.0, INF), NAN),
    ],
    ids=lambda x: getattr(x, "name", None) or str(x),
)
def test_where_python_would_raise_a_row_answers_as_ieee_754_does(op, operands, value):
    assert same(op(*operands), value, ulps=0)
    with np.errstate(all="ignore"):
        assert same(op(*(np.array([x]) for x in operands)), [value], ulps=0)


def test_the_signs_of_zero_survive():
    assert math.copysign(1.0, ops.sqrt(-0.0)) == -1.0
    assert math.copysign(1.0, ops.mul(-1.0, 0.0)) == -1.0
    assert math.copysign(1.0, ops.reciprocal(-INF)) == -1.0


# ── calling an op ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_op_on_plain_numbers_gives_a_float():
    for operands in [(2, 3), (2.0, 3), (np.float64(2), np.int64(3)), (np.float32(2), True + 2)]:
        y = ops.mul(*operands)
        assert type(y) is float
        assert y == 6.0


def test_an_op_on_arrays_gives_an_array():
    y = ops.maximum(np.array([1.0, 5.0]), 2.0)
    assert isinstance(y, np.ndarray)
    assert y.tolist() == [2.0, 5.0]


def test_an_op_on_a_value_gives_a_value_that_remembers_the_op():
    x = Value(0.5)
    y = ops.tanh(x)
    assert y.op is ops.tanh
    assert y.parents == (x,)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ops.exp(), r"exp takes 1 operand, got 0"),
        (lambda: ops.exp(1.0, 2.0), r"exp takes 1 operand, got 2"),
        (lambda: ops.maximum(Value(1.0)), r"maximum takes 2 operands, got 1"),
        (lambda: ops.where(1.0, 2.0), r"where takes 3 operands, got 2"),
        (lambda: ops.max(), r"max takes .* got 0"),
        (lambda: ops.exp("1"), r"exp works on numbers, arrays, Values and Tensors, not on str: '1'"),
        (lambda: ops.maximum(Value(1.0), None), r"maximum works on numbers and Values, not on NoneType"),
        (
            lambda: ops.maximum(Value(1.0), np.ones(2)),
            r"maximum takes numbers and Values, not an array of shape \(2,\).*Tensor",
        ),
        (lambda: ops.max(Value(1.0), [2.0]), r"max works on numbers and Values, not on list"),
        (lambda: ops.exp(Value(1.0), Value(2.0)), r"exp takes 1 operand, got 2"),
    ],
)
def test_wrong_operands_are_refused_by_name(call, message):
    with pytest.raises(OperandError, match=message):
        call()


# ── a user's own op ──────────────────────────────────────────────────────────────────────────────────────────────────


cube = elementwise("cube", lambda a: a * a * a, lambda a: a**3, lambda y, a: (3.0 * a * a,), symbol="{}³")
hypotenuse = elementwise(
    "hypotenuse", math.hypot, np.hypot, lambda y, a, b: (a * ops.reciprocal(y), lambda: b * ops.reciprocal(y))
)


def test_one_row_makes_an_op_for_floats_arrays_and_values():
    assert cube(2) == 8.0
    assert cube(np.array([1.0, 2.0])).tolist() == [1.0, 8.0]
    x = Value(2.0)
    y = cube(x)
    y.backward()
    assert (y.data, x.grad, y.op.name, y.op.written("x")) == (8.0, 12.0, "cube", "x³")


def test_an_op_of_ones_own_takes_numbers_on_either_side():
    a = Value(3.0)
    hypotenuse(a, 4).backward()
    assert a.grad == pytest.approx(0.6, rel=1e-15)
    b = Value(4.0)
    y = hypotenuse(np.float64(3.0), b)
    y.backward()
    assert (y.data, y.local_gradients[0]) == (5.0, None)
    assert b.grad == pytest.approx(0.8, rel=1e-15)


def test_an_op_of_ones_own_may_take_four_operands():
    def crossed(a, b, c, d):
        return a * b + c * d

    op = elementwise("crossed", crossed, crossed, lambda y, a, b, c, d: (b, a, d, c))
    leaves = [Value(x) for x in (2.0, 3.0, 5.0, 7.0)]
    op(*leaves).backward()
    assert [leaf.grad for leaf in leaves] == [3.0, 2.0, 7.0, 5.0]


def test_an_op_of_ones_own_may_take_any_number_of_operands():
    total = elementwise("total", lambda *xs: math.fsum(xs), lambda *xs: sum(xs), lambda y, *xs: (1.0,) * len(xs))
    xs = [Value(x) for x in (1.0, 2.0, 3.0, 4.0)]
    y = total(*xs)
    y.backward()
    assert (y.data, [x.grad for x in xs]) == (10.0, [1.0] * 4)


@pytest.mark.parametrize("op", [cube, ops.exp], ids=lambda op: op.name)
def test_a_copy_of_an_op_is_the_op(op):
    assert copy.copy(op) is op
    assert copy.deepcopy([op])[0] is op


def test_a_function_that_raises_gets_the_answer_of_ieee_754():
    inverse = elementwise("inverse", lambda a: 1 / a, lambda a: 1 / a, lambda y, a: (-y * y,))
    x = Value(0.0)
    y = inverse(x)
    y.backward()
    assert (y.data, x.grad) == (INF, -INF)
    assert inverse(0.0) == INF


def test_a_rule_that_raises_gets_the_answer_of_ieee_754():
    root = elementwise("root", math.sqrt, np.sqrt, lambda y, a: (0.5 / y,))
    x = Value(0.0)
    root(x).backward()
    assert x.grad == INF


@pytest.mark.parametrize(("entry", "slope"), [(2, 2.0), (True, 1.0), (np.float32(0.5), 0.5), (lambda: 3, 3.0)])
def test_a_rule_may_give_any_number_or_a_function_of_nothing(entry, slope):
    for f in (
        elementwise("f", lambda a: a, lambda a: a, lambda y, a: (entry,)),
        lambda x: elementwise("g", lambda a, b: a + b, np.add, lambda y, a, b: (entry, 0.0))(x, 1.0),
    ):
        x = Value(1.0)
        y = f(x)
        y.backward()
        assert x.grad == slope
        assert type(y.local_gradients[0]) is float


def test_a_function_may_return_any_number():
    for one in (1, True, np.float32(1.0), np.int64(1)):
        y = elementwise("one", lambda a, one=one: one, np.ones_like, lambda y, a: (0.0,))(Value(3.0))
        assert type(y.data) is float
        assert y.data == 1.0


def test_an_op_of_ones_own_gives_a_float_on_plain_numbers_whatever_its_function_returns():
    truth = elementwise("truth", lambda a: a > 0, lambda a: a > 0, None)
    for x in (2.0, 2, np.float64(2)):
        assert type(truth(x)) is float


def test_an_entry_on_demand_is_not_taken_toward_a_constant():
    def forbidden():
        raise AssertionError("nobody asked")

    lazy = elementwise("lazy", lambda a, b: a, lambda a, b: a, lambda y, a, b: (1.0, forbidden))
    lazy(Value(1.0), 2.0).backward()
    frozen = Value(2.0)
    frozen.requires_grad = False
    lazy(Value(1.0), frozen).backward()


@pytest.mark.parametrize(
    "rule",
    [
        lambda y, a: (1.0, 2.0),
        lambda y, a: (),
        lambda y, a: 1.0,
        lambda y, a: None,
        lambda y, a: [1.0],
        lambda y, a: {"a": 1.0},
    ],
    ids=["two", "none of them", "a bare number", "nothing", "a list", "a dict"],
)
def test_a_rule_of_one_operand_must_return_a_tuple_of_one(rule):
    op = elementwise("crooked", lambda a: a, lambda a: a, rule)
    with pytest.raises(RuleError, match="the rule of crooked must return a tuple of 1 derivatives"):
        op(Value(1.0))


@pytest.mark.parametrize(
    "rule",
    [lambda y, a, b: (1.0,), lambda y, a, b: (1.0, 2.0, 3.0), lambda y, a, b: 1.0, lambda y, a, b: [1.0, 2.0]],
    ids=["one", "three", "a bare number", "a list"],
)
def test_a_rule_of_two_operands_must_return_a_tuple_of_two(rule):
    op = elementwise("crooked", lambda a, b: a, lambda a, b: a, rule)
    with pytest.raises(RuleError, match="the rule of crooked must return a tuple of 2 derivatives"):
        op(Value(1.0), Value(2.0))


@pytest.mark.parametrize("rule", [lambda a: (1.0,), lambda y, a, b: (1.0, 1.0), lambda: ()], ids=["y", "b", "all"])
def test_a_rule_that_takes_other_operands_than_its_function_is_refused_at_once(rule):
    with pytest.raises(RuleError, match="the rule of crooked must take the result y and then the 1 operands"):
        elementwise("crooked", lambda a: a, lambda a: a, rule)


def test_a_rule_that_gives_no_number_is_refused_by_name():
    op = elementwise("wordy", lambda a: a, lambda a: a, lambda y, a: ("steep",))
    with pytest.raises(RuleError, match="the rule of wordy gave 'steep' where a number was expected"):
        op(Value(1.0))


def test_a_function_that_gives_no_number_is_refused_by_name():
    op = elementwise("twisted", lambda a: complex(a, 1.0), lambda a: a, lambda y, a: (1.0,))
    with pytest.raises(OperandError, match="twisted"):
        op(Value(1.0))


@pytest.mark.parametrize(
    "arguments",
    [
        *(("two words", abs, abs, None), ("", abs, abs, None), (3, abs, abs, None)),
        *(("f", 1.0, abs, None), ("f", abs, None, None), ("f", abs, abs, 1.0)),
    ],
    ids=str,
)
def test_a_row_that_cannot_be_an_op_is_refused(arguments):
    with pytest.raises(OperandError):
        elementwise(*arguments)


@example(x=0.0)
@given(x=st.floats(allow_nan=False, allow_infinity=False))
def test_division_through_the_reciprocal_differs_from_division_by_at_most_two_roundings(x):
    quotient = (Value(x) / 3.0).data
    assert abs(quotient - x / 3.0) <= 2 * math.ulp(x / 3.0)


def test_a_rule_may_bind_what_it_needs_as_defaults():
    powers = [
        elementwise(f"power_{n}", lambda a, n=n: a**n, lambda a, n=n: a**n, lambda y, a, n=n: (n * a ** (n - 1),))
        for n in (2, 3)
    ]
    x = Value(2.0)
    assert [autograd.gradients(op(x), [x]) for op in powers] == [(4.0,), (12.0,)]


def test_a_symbol_that_does_not_fit_its_operands_is_refused_at_once():
    with pytest.raises(ArgumentError, match=r"one \{\} for each"):
        elementwise("twice", lambda a: 2 * a, lambda a: 2 * a, lambda y, a: (2.0,), symbol="{} {}")


def test_the_reciprocal_of_integers_is_no_integer_division():
    assert autograd.reciprocal(np.array([1, 2, 4])).tolist() == [1.0, 0.5, 0.25]
