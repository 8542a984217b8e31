"""Reverse mode: what each pass stores, what the walk yields, and derivatives of derivatives."""

import gc
import math

import mpmath
import naive
import numpy as np
import pytest

import autograd
from autograd import Value, ancestry, detect_anomaly, elementwise, gradients, ops, walk_back
from autograd.errors import AutogradError, Detached, NonFinite, OperandError, StaleData
from autograd.ops import TABLE

# ── one pass ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_backward_stores_a_gradient_in_every_node():
    x, y = Value(2.0), Value(3.0)
    u = x * y
    f = u + x
    f.backward()
    assert [node.grad for node in (f, u, x, y)] == [1.0, 1.0, 4.0, 2.0]


def test_a_value_used_twice_hears_from_both_uses():
    a = Value(1.0)
    b = a + a
    c = b + b
    c.backward()
    assert (a.grad, b.grad) == (4.0, 2.0)


def test_backward_on_a_leaf_gives_it_the_gradient_1():
    x = Value(3.0)
    x.backward()
    assert x.grad == 1.0


def test_leaves_add_up_over_passes_and_interior_nodes_hold_the_last():
    x = Value(3.0)
    square = x * x
    f = square * 2
    f.backward()
    assert (x.grad, square.grad, f.grad) == (12.0, 2.0, 1.0)
    f.backward()
    assert (x.grad, square.grad, f.grad) == (24.0, 2.0, 1.0)
    x.zero_grad()
    square.backward()
    assert (x.grad, square.grad) == (6.0, 1.0)


def test_two_losses_add_up_in_what_they_share():
    x = Value(3.0)
    (x * x).backward()
    (x * 5).backward()
    assert x.grad == 11.0


def test_what_the_root_does_not_depend_on_keeps_its_gradient():
    x, y = Value(1.0), Value(2.0)
    x.grad = 7.0
    (y * y).backward()
    assert x.grad == 7.0


def test_nothing_flows_through_an_op_without_derivative():
    x = Value(2.0)
    y = autograd.greater(x, 1.0)
    (y * 3 + x).backward()
    assert (x.grad, y.grad) == (1.0, 0.0)


def test_a_root_that_no_variable_reaches_gives_no_gradient():
    x = Value(2.0)
    f = autograd.sign(x)
    f.backward()
    assert x.grad == 0.0
    assert gradients(f, [x]) == (0.0,)


def test_backward_from_a_constant_is_refused():
    with autograd.no_grad():
        y = Value(2.0) * 3
    frozen = Value(2.0)
    frozen.requires_grad = False
    for constant in (y, frozen):
        with pytest.raises(AutogradError, match=r"a constant.*no_grad\(\)"):
            constant.backward()


def test_the_topological_order_is_needed():
    # A walk that lets a node speak when it is first met, not when it has heard from every child, is wrong here.
    x = Value(2.0)
    a = x * 3
    b = a * a
    f = a + b

    def hasty(root):
        adjoints, queue = {root: 1.0}, [root]
        for node in queue:
            for parent, local in zip(node.parents, node.local_gradients, strict=True):
                if local is not None:
                    if parent not in adjoints:
                        queue.append(parent)
                    adjoints[parent] = adjoints.get(parent, 0.0) + adjoints[node] * local
        return adjoints

    f.backward()
    assert x.grad == 2 * 3 * 6 + 3
    assert hasty(f)[x] == 3  # `a` spoke before `b` had spoken to it


def test_first_gradients_are_those_of_the_forward_pass_even_if_data_changes_later():
    x = Value(3.0)
    y = x * x
    x.data = 100.0
    y.backward()
    assert x.grad == 6.0


def test_nothing_comes_from_a_branch_not_taken():
    for x, slope in ((-1.0, 1.0), (4.0, 0.25)):
        v = Value(x)
        autograd.where(v > 0, autograd.sqrt(v), v).backward()
        assert v.grad == slope


@pytest.mark.parametrize(
    "choose", [lambda v: autograd.where(v > 0, v.log(), 0.0), lambda v: autograd.clip(v.log(), -1, 1)]
)
def test_a_slope_that_is_infinite_behind_a_zero_contributes_nothing(choose):
    v = Value(0.0)
    choose(v).backward()
    assert v.grad == 0.0


def test_nan_without_a_zero_beside_it_is_passed_on():
    x, y = Value(-1.0), Value(2.0)
    (autograd.log(x - 1) ** 0.5 * y).backward()
    assert math.isnan(x.grad)
    assert math.isnan(y.grad)


def test_backward_leaves_the_garbage_collector_as_it_was():
    x = Value(2.0)
    (x * x).backward()
    assert gc.isenabled()
    gc.disable()
    try:
        (x * x).backward()
        assert not gc.isenabled()
    finally:
        gc.enable()


# ── the walk itself ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_walk_yields_each_node_once_with_its_adjoint_children_first():
    x = Value(2.0)
    u = x * 3
    f = u * u
    assert [(node, adjoint) for node, adjoint in walk_back(f)] == [(f, 1.0), (u, 12.0), (x, 36.0)]


def test_the_walk_writes_to_no_node():
    x = Value(2.0)
    f = x * x
    for _ in walk_back(f):
        pass
    assert (x.grad, f.grad) == (0.0, 0.0)


def test_the_walk_visits_only_what_carries_a_derivative():
    x, c = Value(2.0), Value(5.0)
    c.requires_grad = False
    f = x * c + autograd.greater(x, 1.0)
    assert [node for node, _ in walk_back(f)][-1] is x
    assert c not in [node for node, _ in walk_back(f)]


def test_the_walk_can_be_seeded():
    x = Value(2.0)
    assert dict(walk_back(x * x, 10.0))[x] == 40.0


def test_the_walk_stops_when_its_reader_does():
    x = Value(2.0)
    f = x.exp() * x
    first = next(walk_back(f))
    assert first == (f, 1.0)


def test_gradients_are_returned_and_stored_nowhere():
    x, y, z = Value(2.0), Value(3.0), Value(4.0)
    u = x * y
    f = u * u
    assert gradients(f, [y, u, z, x, f]) == (24.0, 12.0, 0.0, 36.0, 1.0)
    assert {node.grad for node in (x, y, z, u, f)} == {0.0}


# ── derivatives of derivatives ───────────────────────────────────────────────────────────────────────────────────────


def nested(f, x, order):
    """The first derivatives of f at x, one by one, each the gradient of the one before."""
    v = Value(x)
    y, found = f(v), []
    for _ in range(order):
        (y,) = gradients(y, [v], create_graph=True)
        found.append(float(y))
        if not isinstance(y, Value):
            return found + [0.0] * (order - len(found))
    return found


@pytest.mark.parametrize(
    ("f", "derivatives"),
    [
        (lambda x: x**3, lambda x: [3 * x * x, 6 * x, 6.0]),
        (lambda x: x * x * x, lambda x: [3 * x * x, 6 * x, 6.0]),
        (lambda x: x.exp(), lambda x: [math.exp(x)] * 3),
        (lambda x: x.sin(), lambda x: [math.cos(x), -math.sin(x), -math.cos(x)]),
        (lambda x: x.log(), lambda x: [1 / x, -1 / x**2, 2 / x**3]),
        (lambda x: 1 / x, lambda x: [-1 / x**2, 2 / x**3, -6 / x**4]),
        (lambda x: x.sqrt(), lambda x: [0.5 * x**-0.5, -0.25 * x**-1.5, 0.375 * x**-2.5]),
        (lambda x: 2**x, lambda x: [2**x * math.log(2) ** n for n in (1, 2, 3)]),
        (lambda x: (x * x).exp(), lambda x: [math.exp(x * x) * p for p in (2 * x, 4 * x * x + 2, 8 * x**3 + 12 * x)]),
        (lambda x: 5 * x + 1, lambda x: [5.0, 0.0, 0.0]),
        (lambda x: autograd.relu(x) * x, lambda x: [2 * x, 2.0, 0.0]),
        (lambda x: abs(x) * x, lambda x: [2 * x, 2.0, 0.0]),
        (lambda x: autograd.max([x * x, x, 0.0]), lambda x: [2 * x, 2.0, 0.0] if x > 1 else [1.0, 0.0, 0.0]),
    ],
)
@pytest.mark.parametrize("x", [0.4, 1.7])
def test_three_derivatives_by_nesting_are_the_analytic_ones(f, derivatives, x):
    # Each differentiation adds a few roundings to numbers of order 10.
    assert nested(f, x, 3) == pytest.approx(derivatives(x), rel=1e-12, abs=1e-12)


UNARY = [op for op in TABLE.values() if op.arity == 1 and op.rule is not None and op.name in naive.ROWS]
PRECISE = {
    "exp": mpmath.exp, "reciprocal": lambda a: 1 / a, "sqrt": mpmath.sqrt, "log": mpmath.log, "log1p": mpmath.log1p,
    "expm1": mpmath.expm1, "sin": mpmath.sin, "cos": mpmath.cos, "tan": mpmath.tan, "arcsin": mpmath.asin,
    "arccos": mpmath.acos, "arctan": mpmath.atan, "sinh": mpmath.sinh, "cosh": mpmath.cosh, "tanh": mpmath.tanh,
    "logistic": lambda a: 1 / (1 + mpmath.exp(-a)), "abs": abs, "relu": lambda a: a if a > 0 else 0 * a,
}  # fmt: skip


@pytest.mark.parametrize("op", UNARY, ids=lambda op: op.name)
@pytest.mark.parametrize("x", [0.3, 0.7])
def test_every_row_of_one_operand_has_three_derivatives(op, x):
    with mpmath.workdps(50):
        truth = [float(mpmath.diff(PRECISE[op.name], mpmath.mpf(x), n)) for n in (1, 2, 3)]
    assert nested(op, x, 3) == pytest.approx(truth, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    ("op", "precise"),
    [
        (ops.mul, lambda a, b: a * b),
        (ops.divide, lambda a, b: a / b),
        (ops.pow, lambda a, b: a**b),
        (ops.logaddexp, lambda a, b: mpmath.log(mpmath.exp(a) + mpmath.exp(b))),
        (ops.logsumexp, lambda a, b: mpmath.log(mpmath.exp(a) + mpmath.exp(b))),
    ],
    ids=lambda x: getattr(x, "name", ""),
)
def test_every_smooth_row_of_two_operands_has_the_right_second_derivatives(op, precise):
    point = (0.7, 1.3)
    a, b = map(Value, point)
    first = gradients(op(a, b), [a, b], create_graph=True)
    found = [x for g in first for x in (gradients(g, [a, b]) if isinstance(g, Value) else (0.0, 0.0))]
    with mpmath.workdps(50):
        at = tuple(map(mpmath.mpf, point))
        truth = [float(mpmath.diff(precise, at, order)) for order in ((2, 0), (1, 1), (1, 1), (0, 2))]
    assert found == pytest.approx(truth, rel=1e-12, abs=1e-12)


def test_the_walk_nested_by_hand_gives_the_second_derivative():
    x = Value(0.5)
    y = x.sin() * x
    slope = dict(walk_back(y, create_graph=True))[x]
    assert slope.data == pytest.approx(math.sin(0.5) + 0.5 * math.cos(0.5), rel=1e-15)
    curvature = dict(walk_back(slope, create_graph=True))[x]
    assert curvature.data == pytest.approx(2 * math.cos(0.5) - 0.5 * math.sin(0.5), rel=1e-14)
    slope.backward()
    assert x.grad == curvature.data


def test_the_second_derivative_of_9x_squared_at_0_is_18():
    assert nested(lambda x: (3 * x) ** 2, 0.0, 2) == [0.0, 18.0]


def test_powers_keep_their_derivatives_at_0():
    assert nested(lambda x: x**2, 0.0, 3) == [0.0, 2.0, 0.0]
    assert nested(lambda x: x**3, 0.0, 3) == [0.0, 0.0, 6.0]
    assert nested(lambda x: x**1, 0.0, 2) == [1.0, 0.0]
    assert nested(lambda x: x**0, 0.0, 2) == [0.0, 0.0]


def test_second_derivatives_through_a_branch_not_taken_are_zero():
    for x in (-1.0, 0.0):
        assert nested(lambda v: autograd.where(v > 0, autograd.sqrt(v) * v, v * v), x, 2) == [2 * x, 2.0]


def test_gradients_with_a_graph_are_nodes_that_reach_back_to_the_variables():
    x, y = Value(2.0), Value(3.0)
    by_x, by_y = gradients(x * x * y, [x, y], create_graph=True)
    assert isinstance(by_x, Value)
    assert (by_x.data, by_y.data) == (12.0, 4.0)
    assert {x, y} <= set(ancestry(by_x))
    assert gradients(by_x, [x, y]) == (6.0, 4.0)
    assert gradients(by_y, [x, y]) == (4.0, 0.0)


def test_a_gradient_can_be_part_of_a_loss():
    # The penalty (df/dx)² of f = w·x² is (2wx)², whose derivative by w is 8wx².
    w, x = Value(3.0), Value(2.0)
    (slope,) = gradients(w * x * x, [x], create_graph=True)
    (slope * slope).backward()
    assert w.grad == 8 * 3 * 4


def test_data_changed_before_a_nested_derivative_is_refused_by_name():
    x = Value(3.0)
    y = x * x
    x.data = 4.0
    with pytest.raises(StaleData, match=r"mul stored the local derivative 3\.0.*now gives 4\.0"):
        gradients(y, [x], create_graph=True)


def test_data_changed_inside_is_noticed_at_the_node_that_used_it():
    x = Value(0.5)
    inner = x.sin()
    y = inner.exp()
    x.data = 0.6
    with pytest.raises(StaleData, match="sin"):
        gradients(y, [x], create_graph=True)


def test_data_put_back_as_it_was_may_be_differentiated_again():
    x = Value(3.0)
    y = x * x
    x.data = 4.0
    x.data = 3.0
    (slope,) = gradients(y, [x], create_graph=True)
    assert slope.data == 6.0


def test_a_nested_derivative_that_is_nan_both_times_is_not_stale():
    x = Value(-1.0)
    (slope,) = gradients(autograd.sqrt(x), [x], create_graph=True)
    assert math.isnan(slope.data)


def test_an_op_of_ones_own_can_be_differentiated_twice():
    cube = autograd.elementwise("cube", lambda a: a * a * a, lambda a: np.power(a, 3), lambda y, a: (3.0 * a * a,))
    assert nested(cube, 2.0, 3) == [12.0, 12.0, 6.0]


def test_a_rule_written_with_math_is_refused_where_it_would_cut_the_second_derivative_off():
    sine = elementwise("sine", math.sin, np.sin, lambda y, a: (math.cos(a),))
    x = Value(1.0)
    y = sine(x)
    assert gradients(y, [x]) == (math.cos(1.0),)
    with pytest.raises(Detached, match=r"autograd\.exp and the like"):
        gradients(y, [x], create_graph=True)
    assert float(x) == 1.0


def test_gradients_under_detect_anomaly_name_the_anomaly_too():
    x = Value(0.0, "x")
    with pytest.raises(NonFinite, match="sqrt"), detect_anomaly():
        gradients(autograd.sqrt(x), [x])


@pytest.mark.parametrize("b", [0.0, 1.0, 2.0, -1.0, 0.5])
def test_the_mixed_derivatives_of_a_power_are_one(b):
    base, power = Value(2.0), Value(b)
    by_base, by_power = gradients(base**power, [base, power], create_graph=True)
    (one,), (other,) = gradients(by_base, [power]), gradients(by_power, [base])
    expected = 2.0 ** (b - 1.0) * (1.0 + b * math.log(2.0))
    assert one == pytest.approx(expected, rel=1e-14)
    assert other == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("wrt", [Value(1.0), 1.0, [1.0], ["x"], None])
def test_gradients_by_what_is_no_list_of_nodes_are_refused(wrt):
    with pytest.raises(OperandError, match=r"gradients\(root, \[x, y\]\)"):
        gradients(Value(2.0) * 3, wrt)


def test_gradients_take_any_iterable_of_nodes():
    x, y = Value(2.0), Value(3.0)
    assert gradients(x * y, (v for v in (x, y))) == (3.0, 2.0)


def test_with_create_graph_every_gradient_is_a_node():
    x, y = Value(2.0), Value(3.0)
    for gradient in gradients(x + x, [x, y], create_graph=True):
        assert isinstance(gradient, Value)
        assert gradients(gradient, [x]) == (0.0,)


def test_a_graph_of_gradients_is_not_promised_under_no_grad():
    x = Value(2.0)
    y = x * x
    with pytest.raises(AutogradError, match="outside no_grad"), autograd.no_grad():
        gradients(y, [x], create_graph=True)


def test_a_grad_set_to_none_starts_a_new_sum():
    x = Value(2.0)
    x.grad = None
    (x * 3).backward()
    assert x.grad == 3.0


def test_a_rule_that_divides_nodes_is_not_called_stale():
    seventh = elementwise("seventh", lambda a: a * a / 14.0, lambda a: a * a / 14.0, lambda y, a: (a / 7.0,))
    x = Value(2.0)
    (slope,) = gradients(seventh(x), [x], create_graph=True)
    assert gradients(slope, [x]) == pytest.approx((1.0 / 7.0,))


@pytest.mark.parametrize("walk", [ancestry, lambda x: list(walk_back(x)), lambda x: gradients(x, [])])
def test_only_nodes_have_a_graph(walk):
    with pytest.raises(OperandError, match="walked from a node"):
        walk(1.0)
