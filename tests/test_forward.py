"""Forward mode: tangents by the rules of reverse mode, the same derivatives on Values, on Tensors and on nodes."""

import math

import numpy as np
import pytest
from array_oracles import COUNT, Draw, complex_step, romberg
from array_samples import with_parameters
from hypothesis import given, strategies as st
from oracles import NaiveEngine, RoundOff, objections
from test_array_ops import EVERY_CASE, samples
from test_properties import engine_gradient, expressions

import autograd
from autograd import Tensor, Value, gradients, no_grad, push_forward, walk_back
from autograd.errors import AutogradError, OperandError, ShapeError, StaleData
from autograd.forward import directional
from autograd.ops import TABLE


def apply(name, *operands):
    return TABLE[name](*operands)


def forward_gradient(expression, point, create_graph=False):
    """∂root/∂input for every input, by a sweep each."""
    inputs = [Value(x) for x in point]
    root = expression.evaluate(apply, inputs)
    return [float(directional([root], {x: 1.0}, create_graph=create_graph)[0]) for x in inputs]


# ── Values ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(expressions())
def test_any_expression_has_the_gradient_of_the_naive_engine(case):
    expression, point = case
    assert objections(NaiveEngine().estimates(expression, point), forward_gradient(expression, point)) == []


@given(expressions())
def test_forward_and_reverse_mode_agree_within_their_round_off(case):
    expression, point = case
    pairs = zip(forward_gradient(expression, point), engine_gradient(expression, point), strict=True)
    assert all(
        abs(forward - reverse) <= 2 * bound
        for (forward, reverse), bound in zip(pairs, RoundOff.of(expression, point), strict=True)
    )


@given(expressions(most=30))
def test_rules_run_on_nodes_give_the_tangents_that_they_give_on_floats(case):
    expression, point = case
    assert forward_gradient(expression, point, create_graph=True) == forward_gradient(expression, point)


@given(expressions(most=30), st.lists(st.floats(-2, 2), min_size=4, max_size=4))
def test_one_sweep_along_a_direction_is_the_gradient_times_the_direction(case, direction):
    expression, point = case
    inputs = [Value(x) for x in point]
    root = expression.evaluate(apply, inputs)
    along = dict(zip(inputs, direction, strict=False))
    (found,) = directional([root], along)
    products = [g * v for g, v in zip(engine_gradient(expression, point), direction, strict=False)]
    bounds = [bound * abs(v) for bound, v in zip(RoundOff.of(expression, point), direction, strict=False)]
    # Sums over inputs are taken in another order: one more rounding for each.
    assert abs(found - math.fsum(products)) <= 2 * sum(bounds) + 8 * 2.0**-53 * sum(map(abs, products))


def test_tangents_come_in_the_order_of_the_walk_parents_before_children():
    x, y = Value(3.0), Value(5.0)
    product = x * y
    root = product + x
    assert list(push_forward(root, {x: 1.0})) == [(x, 1.0), (product, 5.0), (root, 6.0)]


def test_a_node_used_twice_adds_what_comes_along_both_edges():
    x = Value(3.0)
    assert directional([x * x], {x: 1.0}) == (6.0,)


def test_several_roots_are_reached_in_one_sweep():
    x, y = Value(2.0), Value(0.5)
    assert directional([x * y, x, y.exp(), x * x], {x: 1.0}) == (0.5, 1.0, 0.0, 4.0)
    assert directional([], {x: 1.0}) == ()


def test_an_interior_node_may_move_on_its_own():
    x = Value(2.0)
    square = x * x
    assert directional([square * 3.0 + x], {square: 1.0}) == (3.0,)
    assert directional([square * 3.0 + x], {square: 1.0, x: 10.0}) == (13.0,)


def test_no_node_is_written_to():
    x = Value(2.0)
    root = x * x
    directional([root], {x: 1.0})
    assert (x.grad, root.grad, root.walked) == (0.0, 0.0, False)


def test_nothing_comes_from_a_branch_not_taken():
    x = Value(-1.0)
    y = autograd.where(x > 0.0, autograd.sqrt(x), x)
    assert directional([y], {x: 1.0}) == (1.0,)
    zero = Value(0.0)
    assert directional([autograd.sqrt(zero)], {zero: 1.0}) == (math.inf,)
    assert directional([autograd.sqrt(zero)], {zero: 0.0}) == (0.0,)
    t, zeros = Tensor([-1.0, 4.0]), Tensor([0.0, 0.0])
    with np.errstate(invalid="ignore"):
        y = autograd.where(t > 0.0, autograd.sqrt(t), t)
    (tangent,) = directional([y], {t: [1.0, 1.0]})
    assert tangent.tolist() == [1.0, 0.25]
    (tangent,) = directional([autograd.sqrt(zeros)], {zeros: [1.0, 0.0]})
    assert tangent.tolist() == [math.inf, 0.0]


def test_a_chain_of_100_000_nodes_is_walked_without_recursion():
    x = y = Value(1.0)
    for _ in range(100_000):
        y = y + 0.001
    assert directional([y], {x: 1.0}) == (1.0,)


# ── Tensors ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(expressions(most=20))
def test_tangents_on_arrays_are_those_on_numbers_entry_by_entry(case):
    expression, point = case
    inputs = [Tensor(np.full((2, 1), x)) for x in point]
    with np.errstate(all="ignore"):
        root = expression.evaluate(apply, inputs)
    for x, expected in zip(inputs, forward_gradient(expression, point), strict=True):
        (found,) = directional([root], {x: np.array([[1.0], [0.0]])})
        slack = 2 * max(RoundOff.of(expression, point))
        assert np.shape(found) in [(2, 1), ()]  # 0.0 where the root does not depend on x
        assert np.max(np.abs(found + np.zeros((2, 1)) - [[expected], [0.0]])) <= slack


def exact_tangent(by_numpy, sample, directions):
    """J·v column by column, and how far from it a right tangent may be: array_oracles.Estimate, along v."""
    largest = max((float(np.max(np.abs(a), initial=0.0)) for a in sample.operands), default=0.0)
    total, allowed = 0.0, 0.0
    entries = sum(a.size for a in sample.operands)
    for place, v in enumerate(directions):
        jacobian, error = (complex_step if sample.analytic else romberg)(by_numpy, sample.operands, place)
        v = v.reshape(-1, *[1] * (jacobian.ndim - 1))
        total = total + (v * jacobian).sum(axis=0)
        allowed = allowed + (abs(v) * (error + 0.0 * jacobian)).sum(axis=0)
        allowed = allowed + 2.0**-53 * 2 * (entries + 16) * (abs(v) * (1 + np.abs(jacobian))).sum(axis=0) * (
            1 + largest
        )
    return total, allowed


def along(function, sample, dtype=np.float64, **options):
    tensors = [Tensor(a.astype(dtype)) for a in sample.operands]
    directions = [Draw("direction", place).seed(a.shape).astype(dtype) for place, a in enumerate(sample.operands)]
    y = sample.call(function, *tensors)
    (tangent,) = directional([y], dict(zip(tensors, directions, strict=True)), **options)
    return y, tensors, directions, tangent


@EVERY_CASE
def test_the_tangent_of_every_row_and_function_is_the_jacobian_times_the_direction(function, sampler, reference):
    for sample, by_numpy, _ in samples(sampler, reference, COUNT // 10):
        y, _, directions, tangent = along(function, sample)
        expected, allowed = exact_tangent(by_numpy, sample, directions)
        assert np.shape(tangent) == y.shape
        assert (np.abs(tangent - expected) <= allowed).all(), sample


@EVERY_CASE
def test_forward_and_reverse_mode_are_each_others_transpose_in_the_dtype_of_the_result(function, sampler, reference):
    for sample, _, seed in samples(sampler, reference, COUNT // 20):
        for dtype, unit in ((np.float32, 2.0**-24), (np.float64, 2.0**-53)):
            y, tensors, directions, tangent = along(function, sample, dtype)
            assert (tangent.dtype, tangent.shape) == (y.dtype, y.shape)
            y.backward(seed.astype(y.dtype))
            right = sum(np.sum(t.grad.astype(float) * v) for t, v in zip(tensors, directions, strict=True))
            left = np.sum(tangent.astype(float) * seed.astype(y.dtype))
            # uᵀ(Jv) = (uᵀJ)v: both are sums of the products u·p·v, each of which has the error of its p.
            entries = sum(a.size for a in sample.operands) + y.size
            largest = 1 + max((float(np.max(np.abs(a), initial=0.0)) for a in sample.operands), default=0.0)
            products = sum(np.sum(np.abs(t.grad * v)) for t, v in zip(tensors, directions, strict=True))
            size = products + np.sum(np.abs(tangent * seed)) + entries * 4.0
            assert abs(left - right) <= 16 * (entries + 16) * unit * size * largest, sample


@EVERY_CASE
def test_rules_run_on_nodes_give_the_tangents_that_they_give_on_arrays(function, sampler, reference):
    for sample, _, _ in samples(sampler, reference, COUNT // 20):
        _, _, _, tangent = along(function, sample)
        y, _, _, node = along(function, sample, create_graph=True)
        assert isinstance(node, Tensor)
        np.testing.assert_allclose(node.data + np.zeros(y.shape), tangent, rtol=1e-12, atol=1e-14)


@EVERY_CASE
def test_reverse_over_forward_is_forward_over_reverse(function, sampler, reference):
    for sample, _, seed in samples(sampler, reference, COUNT // 40):
        tensors = [Tensor(a) for a in sample.operands]
        directions = {t: Draw("direction", place).seed(t.shape) for place, t in enumerate(tensors)}
        y = sample.call(function, *tensors)
        root = (y * y * seed).sum()
        (slope,) = directional([root], directions, create_graph=True)
        reverse_over_forward = gradients(slope, tensors)
        first = gradients(root, tensors, create_graph=True)
        for one, other, t in zip(reverse_over_forward, directional(first, directions), tensors, strict=True):
            # Both are within the roundings of a second derivative, on values of this size.
            size = max(1.0, float(np.max(np.abs(one), initial=0.0)), float(np.max(np.abs(other), initial=0.0)))
            np.testing.assert_allclose(one + np.zeros(t.shape), other + np.zeros(t.shape), rtol=0, atol=1e-10 * size)


def test_operands_that_broadcast_move_their_result_everywhere():
    column, row = Tensor([[1.0], [2.0], [3.0]]), Tensor([[1.0, 10.0]])
    (tangent,) = directional([column * row], {column: [[1.0], [0.0], [2.0]]})
    assert tangent.tolist() == [[1.0, 10.0], [0.0, 0.0], [2.0, 20.0]]


def test_a_users_own_ops_need_no_second_rule():
    cube = autograd.elementwise("cube", lambda a: a**3, lambda a: a**3, lambda y, a: (3.0 * a * a,))
    twist = autograd.array_op("twist", lambda a, b: a[::-1] * b, lambda g, y, a, b: ((g * b)[::-1], g * a[::-1]))
    a, b = Tensor([1.0, 2.0]), Tensor([3.0, 5.0])
    (tangent,) = directional([twist(cube(a), b)], {a: [1.0, 0.0], b: [0.0, 1.0]})
    assert tangent.tolist() == [0.0, 3.0 * 5.0 + 1.0]


def test_an_op_that_gives_whole_numbers_hands_derivatives_on_uncut_in_both_modes():
    rounded = autograd.array_op("rounded", lambda a: np.round(a).astype(int), lambda g, y, a: (g,))
    for dtype in (np.float32, np.float64):
        x = Tensor(np.array([0.3, 1.7], dtype))
        y = rounded(x)
        (tangent,) = directional([y * 0.5], {x: [1.0, 2.0]})
        (back,) = autograd.gradients((y * 0.25).sum(), [x])
        assert (y.dtype, y.tolist(), tangent.tolist(), back.tolist()) == (dtype, [0.0, 2.0], [0.5, 1.0], [0.25, 0.25])


def test_a_rule_that_is_wrong_by_a_thousandth_shows_in_the_tangent_too():
    sample, by_numpy, _ = next(samples(three_numbers, np.tanh, 1))
    wrong = autograd.array_op("wrong", np.tanh, lambda g, y, a: (1.001 * g * (1.0 - y * y),))
    for function, right in ((autograd.tanh, True), (wrong, False)):
        _, _, directions, tangent = along(function, sample)
        expected, allowed = exact_tangent(by_numpy, sample, directions)
        assert (np.abs(tangent - expected) <= allowed).all() == right


def three_numbers(draw):
    return with_parameters([draw.array((3,))])


def test_under_no_grad_tangents_are_computed_and_nothing_is_recorded():
    x = Tensor([1.0, 2.0])
    y = (x * x).sum()
    with no_grad():
        assert directional([y], {x: [1.0, 1.0]}) == (6.0,)
        with pytest.raises(AutogradError, match="outside no_grad"):
            directional([y], {x: [1.0, 1.0]}, create_graph=True)
        assert not (x * 2.0).requires_grad


def test_second_derivatives_by_forward_over_forward():
    x = Value(2.0)
    (first,) = directional([x**3], {x: 1.0}, create_graph=True)
    (second,) = directional([first], {x: 1.0}, create_graph=True)
    (third,) = directional([second], {x: 1.0})
    assert (first.data, second.data, third) == (12.0, 12.0, 6.0)
    t = Tensor([2.0, 3.0])
    (first,) = directional([t**3], {t: [1.0, 1.0]}, create_graph=True)
    (second,) = directional([first], {t: [1.0, 0.0]})
    assert second.tolist() == [12.0, 0.0]


def test_a_tangent_may_be_a_node_and_is_differentiated_too():
    x, v = Value(3.0), Value(5.0)
    (slope,) = directional([x * x], {x: v}, create_graph=True)
    assert slope.data == 30.0
    assert gradients(slope, [x, v]) == (10.0, 6.0)


# ── what does not fit ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("tangent", "error", "message"),
    [
        ([1.0, 2.0, 3.0], ShapeError, r"tangent of t must have shape \(2,\), got shape \(3,\)"),
        (1.0, ShapeError, r"must have shape \(2,\), got shape \(\)"),
        ("up", OperandError, "the tangent of t must hold real numbers, got str: up"),
        ([[1.0], [2.0, 3.0]], ShapeError, "rows of unequal length"),
        (Value(1.0), OperandError, "needs push_forward"),
    ],
)
def test_a_tangent_that_does_not_fit_is_refused(tangent, error, message):
    t = Tensor([1.0, 2.0], label="t")
    with pytest.raises(error, match=message):
        directional([t * t], {t: tangent})


def test_tangents_of_values_are_single_numbers():
    x = Value(1.0, label="x")
    with pytest.raises(OperandError, match="the tangent of x"):
        directional([x * x], {x: [1.0, 2.0]})
    with pytest.raises(OperandError, match="must be one number"):
        directional([x * x], {x: Tensor([1.0])}, create_graph=True)
    t = Tensor([1.0])
    with pytest.raises(OperandError, match="an array or Tensor of shape"):
        directional([t * t], {t: x}, create_graph=True)


def test_what_is_no_node_and_what_is_frozen_cannot_move():
    x, frozen = Value(1.0), Value(2.0)
    frozen.requires_grad = False
    with pytest.raises(OperandError, match="is no node"):
        directional([x * x], {"x": 1.0})
    with pytest.raises(AutogradError, match="frozen"):
        directional([x * frozen], {frozen: 1.0})
    with pytest.raises(OperandError, match="takes a dict from nodes to their tangents"):
        list(push_forward(x, [1.0]))
    with pytest.raises(OperandError, match="walks from a node or a list of nodes"):
        list(push_forward(3.0, {x: 1.0}))


@pytest.mark.parametrize("create_graph", [False, True])
def test_data_set_since_are_stale(create_graph):
    t = Tensor([1.0, 2.0], label="t")
    y = t * t
    t.data = [3.0, 4.0]
    with pytest.raises(StaleData, match="mul"):
        directional([y], {t: [1.0, 1.0]}, create_graph=create_graph)
    x = Value(2.0)
    square = x * x
    x.data = 5.0
    assert directional([square], {x: 1.0}) == (4.0,)  # stored at forward time
    with pytest.raises(StaleData, match="mul"):
        directional([square], {x: 1.0}, create_graph=True)


def test_a_forward_sweep_costs_as_little_of_the_graph_on_nodes_as_on_arrays():
    # Each rule runs on stand-ins for its operands, so that its transpose does not walk into their past.
    x = y = Tensor([0.5])
    lengths = []
    for _ in range(3):
        for _ in range(20):
            y = autograd.tanh(y)
        (tangent,) = directional([y.sum()], {x: [1.0]}, create_graph=True)
        lengths.append(len(autograd.ancestry(tangent)))
    assert lengths[2] - lengths[1] == lengths[1] - lengths[0]
    assert dict(walk_back(tangent))[x].shape == (1,)
