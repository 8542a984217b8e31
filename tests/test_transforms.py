"""Transforms: derivatives of functions of floats, arrays, lists, tuples and dicts, to any order."""

import itertools
import math
from collections import OrderedDict, namedtuple

import mpmath
import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays, mutually_broadcastable_shapes
from oracles import NaiveEngine, RoundOff, objections
from test_properties import expressions

import autograd
from autograd import Tensor, Value, grad, hessian, hvp, jacobian, jvp, no_grad, sweeps, value_and_grad, vjp
from autograd.backward import walk_back
from autograd.errors import ArgumentError, AutogradError, Detached, OperandError, ShapeError
from autograd.ops import TABLE

W = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])
A3 = np.array([1.0, -2.0, 0.5])


def as_function(expression):
    return lambda *xs: expression.evaluate(lambda name, *operands: TABLE[name](*operands), xs)


# ── the gradient ─────────────────────────────────────────────────────────────────────────────────────────────────────


@given(expressions(most=30))
def test_the_gradient_of_any_expression_is_the_naive_engines(case):
    expression, point = case
    value, found = value_and_grad(as_function(expression), tuple(range(len(point))))(*point)
    assert type(value) is float
    assert objections(NaiveEngine().estimates(expression, point), found) == []


@given(expressions(most=20))
def test_jvp_vjp_and_jacobian_in_both_modes_agree(case):
    expression, point = case
    f, every = as_function(expression), tuple(range(len(point)))
    gradient = grad(f, every)(*point)
    bounds = [2 * bound for bound in RoundOff.of(expression, point)]
    _, pull_back = vjp(f, *point)
    by_columns = [jvp(f, point, [float(i == j) for j in every])[1] for i in every]
    for other in (pull_back(1.0), by_columns, *(jacobian(f, every, mode=m)(*point) for m in ("forward", "reverse"))):
        assert all(abs(a - b) <= bound for a, b, bound in zip(gradient, other, bounds, strict=True))


def test_floats_get_floats_and_arrays_get_arrays_of_their_dtype():
    slope = grad(lambda x: x * x)(3.0)
    assert (slope, type(slope)) == (6.0, float)
    for dtype in (np.float32, np.float64):
        slope = grad(lambda x: (x * x).sum())(np.array([1.0, 2.0], dtype))
        assert type(slope) is np.ndarray
        assert (slope.dtype, slope.tolist()) == (dtype, [2.0, 4.0])
    assert grad(lambda x: x * x)(np.array(3.0)).shape == ()


def test_whole_numbers_are_lifted_to_floats():
    assert grad(lambda x: x * x)(3) == 6.0
    assert grad(lambda x: x * x)(np.int64(3)) == 6.0
    slope = grad(lambda x: (x * x).sum())(np.array([1, 2]))
    assert (slope.dtype, slope.tolist()) == (np.float64, [2.0, 4.0])


def test_arguments_and_results_may_be_trees():
    Point = namedtuple("Point", "x y")
    tree = {"point": Point(2.0, 3.0), "list": [5.0, (7.0,)], "ordered": OrderedDict(a=11.0)}
    found = grad(lambda t: t["point"].x * t["point"].y * t["list"][0] * t["list"][1][0] + t["ordered"]["a"])(tree)
    assert found == {"point": Point(105.0, 70.0), "list": [42.0, (30.0,)], "ordered": OrderedDict(a=1.0)}
    assert type(found["point"]) is Point
    assert type(found["ordered"]) is OrderedDict
    assert tree["point"] == Point(2.0, 3.0)


def test_the_gradient_of_a_model_whose_parameters_are_a_dict_of_arrays():
    rng = np.random.default_rng(0)
    parameters = {"W": rng.normal(size=(3, 2)).astype(np.float32), "b": np.zeros(3, np.float32)}
    X, y = rng.normal(size=(5, 2)).astype(np.float32), rng.normal(size=(5, 3)).astype(np.float32)

    def loss(p, X, y):
        return ((X @ p["W"].T + p["b"] - y) ** 2).mean()

    value, found = value_and_grad(loss)(parameters, X, y)
    error = X @ parameters["W"].T + parameters["b"] - y
    np.testing.assert_allclose(value, (error**2).mean(), rtol=1e-5)
    np.testing.assert_allclose(found["W"], 2 * error.T @ X / error.size, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found["b"], 2 * error.sum(axis=0) / error.size, rtol=1e-4, atol=1e-6)
    assert {g.dtype for g in found.values()} == {np.dtype(np.float32)}


def test_what_a_function_does_not_use_has_the_gradient_0():
    found = grad(lambda x, y, z: x * 2.0, (0, 1, 2))(1.0, 5.0, [1.0])
    assert found == (2.0, 0.0, [0.0])
    found = grad(lambda x, y: x.sum(), (0, 1))(np.ones(2), np.ones((2, 3), np.float32))
    assert found[1].tolist() == [[0.0] * 3] * 2
    assert found[1].dtype == np.float32
    assert grad(lambda x: 3.0)(1.0) == 0.0
    assert grad(lambda x: autograd.unit_step(x))(1.0) == 0.0


def test_gradients_share_no_memory_with_one_another_or_with_what_was_given():
    a, b = np.ones(3), np.ones(3)
    first, second = grad(lambda x, y: (x + y).sum(), (0, 1))(a, b)
    first += 100.0
    assert second.tolist() == [1.0] * 3
    value, found = value_and_grad(lambda x: x.sum())(a)
    found += value
    assert a.tolist() == [1.0] * 3
    (_, kept) = jvp(lambda x: x, a, b)
    kept += 1.0
    assert b.tolist() == [1.0] * 3


def test_floats_among_arrays_become_tensors_and_get_floats_back():
    X = np.arange(4.0, dtype=np.float32)
    value, (slope, shift) = value_and_grad(lambda w, b, X: ((w * X + b) ** 2).sum(), (0, 1))(2.0, 1.0, X)
    assert (value.dtype, value) == (np.float32, 84.0)
    assert (slope, shift, type(slope)) == (68.0, 32.0, float)


def test_other_arguments_are_passed_on_as_they_are():
    def f(x, kind, power=1.0, *, table=None):
        assert (kind, table) == ("cubic", {"a": None})
        return x**power

    assert grad(f)(2.0, "cubic", 3.0, table={"a": None}) == 12.0
    assert grad(f, argnums=-1)(1.0, "cubic", 1.0, table={"a": None}) == 0.0


@given(mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3), st.data())
def test_gradients_of_arrays_that_broadcast_have_their_shapes(shapes, data):
    operands = [data.draw(arrays(float, shape, elements=st.floats(-2, 2))) for shape in shapes.input_shapes]
    found = grad(lambda a, b: (a * b).sum(), (0, 1))(*operands)
    assert [g.shape for g in found] == [a.shape for a in operands]


# ── any order, by nesting ────────────────────────────────────────────────────────────────────────────────────────────

SMOOTH = {
    "sin": (autograd.sin, mpmath.sin),
    "exp": (autograd.exp, mpmath.exp),
    "tanh": (autograd.tanh, mpmath.tanh),
    "x to the fifth": (lambda x: x**5, lambda x: x**5),
    "1 / x": (lambda x: 1 / x, lambda x: 1 / x),
    "logistic": (autograd.sigmoid, lambda x: 1 / (1 + mpmath.exp(-x))),
    "x exp(-x²)": (lambda x: x * autograd.exp(-x * x), lambda x: x * mpmath.exp(-x * x)),
}


def along_one(f):
    """The derivative by forward mode."""
    return lambda x: jvp(f, (x,), (1.0,))[1]


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("x", [-1.3, 0.4, 2.0])
def test_the_first_three_derivatives_by_every_nesting_of_the_two_modes(name, x):
    f, truth = SMOOTH[name]
    with mpmath.workdps(40):
        expected = [float(mpmath.diff(truth, mpmath.mpf(x), n)) for n in (1, 2, 3)]
    for order in (1, 2, 3):
        for nesting in itertools.product((grad, along_one), repeat=order):
            g = f
            for transform in nesting:
                g = transform(g)
            # A third derivative sums a few dozen terms, each with a few roundings.
            assert g(x) == pytest.approx(expected[order - 1], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("transform", [grad, along_one])
def test_the_same_on_arrays_of_one_number(transform):
    x = np.array(0.4)
    second = grad(lambda x: along_one(autograd.tanh)(x) if transform is along_one else grad(autograd.tanh)(x))(x)
    y = math.tanh(0.4)
    np.testing.assert_allclose(second, -2 * y * (1 - y * y), rtol=1e-14)


def test_the_second_derivative_of_the_square_of_3x_at_0_is_18():
    assert grad(grad(lambda x: (3.0 * x) ** 2))(0.0) == 18.0
    assert hessian(lambda x: (3.0 * x) ** 2)(0.0) == 18.0
    assert hessian(lambda x: ((3.0 * x) ** 2).sum())(np.zeros(2)).tolist() == [[18.0, 0.0], [0.0, 18.0]]


def test_no_perturbation_is_confused_with_another():
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert jvp(lambda x: x * jvp(lambda y: x + y, (1.0,), (1.0,))[1], (1.0,), (1.0,)) == (1.0, 1.0)
    assert grad(lambda x: x * along_one(lambda y: x + y)(1.0))(1.0) == 1.0
    assert along_one(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1.0
    for inner, outer in itertools.product((grad, along_one), repeat=2):
        # d/dx (x · d/dy xy) = d/dx x² and, where y stands at x itself, d/dx (d/dy xy) = d/dx x.
        assert outer(lambda x, d=inner: x * d(lambda y: x * y)(1.0))(3.0) == 6.0
        assert outer(lambda x, d=inner: d(lambda y: x * y)(x))(3.0) == 1.0
        # d/dx x · d/dy (x y²) at y = 2x = d/dx 4x³
        assert outer(lambda x, d=inner: x * d(lambda y: x * y * y)(2.0 * x))(3.0) == 108.0
        t = np.array([3.0])
        assert grad(lambda x, d=grad: (x * d(lambda y: (x * y * y).sum())(2.0 * x)).sum())(t).tolist() == [108.0]


def test_a_derivative_inside_a_function_is_differentiated_with_it():
    # f(x) = d/dy (y² x³) at y = x is 2x⁴, so f′ = 8x³.
    f = lambda x: grad(lambda y: y * y * x**3)(x)  # noqa: E731
    assert (f(2.0), grad(f)(2.0), grad(grad(f))(2.0)) == (32.0, 64.0, 96.0)


def test_inside_a_function_every_transform_gives_nodes():
    def f(x):
        value, slope = value_and_grad(lambda y: y * y)(x)
        matrix = jacobian(lambda y: [y, y * y])(x)
        along = jvp(lambda y: y * y, (x,), (1.0,))[1]
        (back,) = vjp(lambda y: y * y, x)[1](1.0)
        second = hessian(lambda y: y**3)(x)
        product = hvp(lambda y: y**3, x, 1.0)
        parts = [value, slope, matrix[1], along, back, second, product]
        assert all(isinstance(part, Value) for part in parts)
        return autograd.sum(parts)

    # x² + 4 · 2x + 2 · 6x at x = 3, and its derivative 2x + 20.
    assert value_and_grad(f)(3.0) == (69.0, 26.0)


def test_nodes_given_are_nodes_got_and_backward_reaches_them():
    x, t = Value(3.0), Tensor([1.0, 2.0])
    slope = grad(lambda y: y**3)(x)
    assert isinstance(slope, Value)
    slope.backward()
    assert x.grad == 18.0
    slope = grad(lambda y: (y**3).sum())(t)
    (slope * [1.0, 10.0]).sum().backward()
    assert t.grad.tolist() == [6.0, 120.0]


def test_a_variable_used_from_outside_keeps_its_derivative():
    w = Value(2.0)
    slope = grad(lambda x: w * x * x)(3.0)
    assert slope.data == 12.0
    slope.backward()
    assert w.grad == 6.0
    with no_grad():
        assert grad(lambda x: w * x * x)(3.0) == 12.0


def test_transforms_work_under_no_grad_and_leave_it_as_it_is():
    with no_grad():
        assert grad(lambda x: x**3)(2.0) == 12.0
        assert jvp(lambda x: x**3, 2.0, 1.0) == (8.0, 12.0)
        assert hessian(lambda x: x**3)(2.0) == 12.0
        x = Tensor([2.0])
        assert jacobian(lambda x: x * x, mode="forward")(x).requires_grad is False
        assert not (x * 2.0).requires_grad
        with pytest.raises(ZeroDivisionError):
            grad(lambda x: 1 // 0)(1.0)
        assert not (x * 2.0).requires_grad
    assert (x * 2.0).requires_grad


# ── vjp, jvp, hvp ────────────────────────────────────────────────────────────────────────────────────────────────────


def outputs(x, p):
    return {"sum": (x * p["w"]).sum(), "both": [autograd.tanh(x), x[0] * p["w"]]}


def test_vjp_pulls_cotangents_back_in_the_form_of_the_value():
    x, p = np.array([0.5, -1.0]), {"w": np.array([2.0, 3.0])}
    value, pull_back = vjp(outputs, x, p)
    assert value["sum"] == -2.0
    for seed in ({"sum": 1.0, "both": [[0.0, 0.0], [0.0, 0.0]]}, {"sum": 0.0, "both": [[1.0, 2.0], [0.5, 0.25]]}):
        by_x, by_p = pull_back(seed)
        one, (by_tanh, by_w) = seed["sum"], map(np.array, seed["both"])
        slope = 1.0 - np.tanh(x) ** 2
        np.testing.assert_allclose(by_x, one * p["w"] + by_tanh * slope + [by_w @ p["w"], 0.0], rtol=1e-14)
        np.testing.assert_allclose(by_p["w"], one * x + by_w * x[0], rtol=1e-14)


def test_jvp_pushes_tangents_forward_in_the_form_of_the_value():
    x, p = np.array([0.5, -1.0]), {"w": np.array([2.0, 3.0])}
    value, tangent = jvp(outputs, (x, p), (np.array([1.0, 0.0]), {"w": [0.0, 1.0]}))
    assert value["both"][0].tolist() == np.tanh(x).tolist()
    assert tangent["sum"] == 2.0 - 1.0
    np.testing.assert_allclose(tangent["both"][0], [1.0 - math.tanh(0.5) ** 2, 0.0], rtol=1e-14)
    np.testing.assert_allclose(tangent["both"][1], [2.0, 3.0 + 0.5], rtol=1e-14)


def test_a_pull_back_can_be_called_again_and_differentiated():
    value, pull_back = vjp(lambda x: x**3, 2.0)
    assert (value, pull_back(1.0), pull_back(0.5)) == (8.0, (12.0,), (6.0,))
    v = Value(5.0)
    (pulled,) = pull_back(v)
    pulled.backward()
    assert v.grad == 12.0
    assert grad(lambda x: vjp(lambda y: y**3, x)[1](1.0)[0])(2.0) == 12.0


def test_jvp_and_vjp_are_each_others_transpose():
    rng = np.random.default_rng(5)
    f = lambda x: autograd.softmax(autograd.tanh(W @ x))  # noqa: E731
    x, v, u = rng.normal(size=3), rng.normal(size=3), rng.normal(size=2)
    _, tangent = jvp(f, (x,), (v,))
    (pulled,) = vjp(f, x)[1](u)
    assert u @ tangent == pytest.approx(pulled @ v, rel=1e-12)


def test_the_hessian_times_a_vector_is_hvp_in_the_form_of_the_primals():
    def f(x, p):
        return (autograd.tanh(W @ x) * p["s"]).sum() + (x**3).sum() * p["s"]

    x, p, v, q = A3, {"s": 0.7}, np.array([1.0, 2.0, -1.0]), {"s": 0.3}
    by_x, by_p = hvp(f, (x, p), (v, q))
    table = hessian(f, (0, 1))(x, p)
    np.testing.assert_allclose(by_x, table[0][0] @ v + table[0][1]["s"] * q["s"], rtol=1e-12)
    np.testing.assert_allclose(by_p["s"], table[1]["s"][0] @ v + table[1]["s"][1]["s"] * q["s"], rtol=1e-12)
    assert hvp(lambda x: x**3, 2.0, 10.0) == 120.0
    assert hvp(lambda x: x**3, [2.0], [10.0]) == [120.0]


# ── Jacobians ────────────────────────────────────────────────────────────────────────────────────────────────────────

MODES = pytest.mark.parametrize("mode", [None, "forward", "reverse"])


@MODES
def test_the_jacobians_of_a_layer_are_w_the_identity_and_a_diagonal(mode):
    b = np.array([0.1, -0.3])
    by_a, by_b, by_w = jacobian(lambda a, b, w: w @ a + b, (0, 1, 2), mode=mode)(A3, b, W)
    assert np.array_equal(by_a, W)  # ours is numerator layout; the book prints Wᵀ
    assert np.array_equal(by_b, np.eye(2))
    assert np.array_equal(by_w, np.einsum("ij,k->ijk", np.eye(2), A3))
    z = W @ A3 + b
    np.testing.assert_allclose(jacobian(autograd.tanh, mode=mode)(z), np.diag(1.0 - np.tanh(z) ** 2), rtol=1e-14)


@MODES
def test_a_jacobian_has_the_shape_of_the_output_and_then_that_of_the_input(mode):
    f = lambda x: autograd.sin(x)[:, None, :] * x[None, :, :1]  # noqa: E731
    x = np.random.default_rng(1).normal(size=(2, 3))
    found = jacobian(f, mode=mode)(x)
    assert found.shape == (2, 2, 3, 2, 3)
    expected = np.zeros(found.shape)
    for i, j, k in np.ndindex(2, 2, 3):  # y[i, j, k] = sin x[i, k] · x[j, 0]
        expected[i, j, k, i, k] += math.cos(x[i, k]) * x[j, 0]
        expected[i, j, k, j, 0] += math.sin(x[i, k])
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-16)


@MODES
def test_jacobians_of_trees_have_the_form_of_the_output_and_then_that_of_the_input(mode):
    found = jacobian(lambda p: {"y": p["a"] * p["b"][0], "c": [p["a"], 4.0]}, mode=mode)({"a": 2.0, "b": [3.0]})
    assert found == {"y": {"a": 3.0, "b": [2.0]}, "c": [{"a": 1.0, "b": [0.0]}, {"a": 0.0, "b": [0.0]}]}
    found = jacobian(lambda x, s: [x * s, s], (0, 1), mode=mode)(np.ones(2), 3.0)
    assert [[block.tolist() for block in row] for row in [found[0]]] == [[[[3.0, 0.0], [0.0, 3.0]], [1.0, 1.0]]]
    assert found[1][0].tolist() == [0.0, 0.0]
    assert found[1][1] == 1.0


@MODES
def test_jacobians_where_nothing_goes_in_or_out(mode):
    assert jacobian(lambda x: x * 2.0, mode=mode)(np.zeros((0, 2))).shape == (0, 2, 0, 2)
    assert jacobian(lambda x: x[:0], mode=mode)(np.ones(3)).shape == (0, 3)
    assert jacobian(lambda x: np.ones(2), mode=mode)(np.ones(3)).tolist() == [[0.0] * 3] * 2
    assert jacobian(lambda x: [], mode=mode)(1.0) == []
    assert jacobian(lambda x: 2.0, mode=mode)([]) == []


@MODES
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_jacobian_has_the_dtype_of_the_input(mode, dtype):
    assert jacobian(lambda x: x.astype(np.float64) * 2.0, mode=mode)(np.ones(2, dtype)).dtype == dtype


@given(expressions(names=("add", "mul", "sin", "tanh", "exp", "logistic"), most=8))
def test_the_hessian_of_any_expression_is_symmetric_and_the_same_forward_over_forward(case):
    expression, point = case
    f = lambda xs: as_function(expression)(*xs)  # noqa: E731
    found = np.array(hessian(f)(point))
    other = np.array(jacobian(jacobian(f, mode="forward"), mode="forward")(point))
    size = max(1.0, float(np.max(np.abs(found))))
    np.testing.assert_allclose(found, found.T, rtol=0, atol=1e-9 * size)
    np.testing.assert_allclose(found, other, rtol=0, atol=1e-9 * size)


def test_the_hessian_of_a_quadratic_form_is_its_matrix():
    matrix = np.array([[2.0, 1.0, 0.0], [1.0, 3.0, -1.0], [0.0, -1.0, 5.0]])
    np.testing.assert_allclose(hessian(lambda x: 0.5 * (x @ (matrix @ x)))(A3), matrix, rtol=1e-14)


def test_the_hessian_of_logsumexp_is_that_of_the_closed_form():
    p = np.exp(A3) / np.exp(A3).sum()
    np.testing.assert_allclose(hessian(autograd.logsumexp)(A3), np.diag(p) - np.outer(p, p), rtol=1e-13, atol=1e-16)
    by_lists = hessian(autograd.logsumexp)(A3.tolist())
    np.testing.assert_allclose(by_lists, np.diag(p) - np.outer(p, p), rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("modes", list(itertools.product(("forward", "reverse"), repeat=3)), ids="-".join)
def test_third_derivatives_of_a_vector_by_every_nesting(modes):
    f = lambda x: (x**3).sum() * x[0]  # noqa: E731
    for mode in modes:
        f = jacobian(f, mode=mode)
    a, b = 2.0, -1.5
    found = f(np.array([a, b]))
    # x⁴ + y³x: ∂³/∂x³ = 24x, ∂³/∂x∂y² = 6y, ∂³/∂y³ = 6x, ∂³/∂x²∂y = 0.
    expected = np.array([[[24 * a, 0.0], [0.0, 6 * b]], [[0.0, 6 * b], [6 * b, 6 * a]]])
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-13)


# ── sweeps ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_jacobian_takes_n_forward_or_m_reverse_sweeps_whichever_are_fewer():
    wide, tall = (lambda x: W @ x), (lambda x: W.T @ x)
    assert (sweeps(wide, A3).forward, sweeps(wide, A3).reverse, sweeps(wide, A3).mode) == (3, 2, "reverse")
    assert (sweeps(tall, np.ones(2)).mode, sweeps(lambda x: x * x, 1.0).mode) == ("forward", "reverse")
    assert sweeps(lambda p, x: [p["w"] * x, x], {"w": 1.0}, 2.0) == (2, 2)
    assert str(sweeps(wide, A3)) == (
        "n = 3 inputs, m = 2 outputs: 3 forward or 2 reverse sweeps; jacobian picks reverse mode"
    )


def test_the_sweeps_that_are_reported_are_those_that_are_made(monkeypatch):
    made = []

    def counted(name, original):
        return lambda *args, **options: made.append(name) or original(*args, **options)

    from autograd import sweeping

    monkeypatch.setattr(sweeping, "gradients", counted("reverse", sweeping.gradients))
    monkeypatch.setattr(sweeping, "directional", counted("forward", sweeping.directional))
    for f, x in ((lambda x: W @ x, A3), (lambda x: W.T @ x, np.ones(2)), (lambda x: [x, x * x, x**3], 2.0)):
        made.clear()
        jacobian(f)(x)
        report = sweeps(f, x)
        assert made == [report.mode] * min(report)


# ── what is asked wrongly ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: x, r"one number, and f gave shape \(3,\): use jacobian for every derivative, vjp"),
        (lambda x: [x.sum(), x.sum()], "f gave a list of 2"),
        (lambda x: {"loss": x.sum()}, "f gave a dict of 1"),
        (lambda x: np.ones(2), r"f gave shape \(2,\)"),
    ],
)
def test_a_gradient_of_more_than_one_number_is_refused_with_a_way_out(f, message):
    with pytest.raises(ShapeError, match=message):
        grad(f)(np.ones(3))


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (None, "what f gave is None: does it return its result"),
        ("loss", "is str 'loss', which is no number"),
        ({"a": 1.0, "b": [None]}, r"what f gave\['b'\]\[0\] is None"),
        (True, "is bool"),
        (np.array([True]), "is ndarray"),
        (1j, "is complex"),
    ],
)
def test_a_function_that_gives_no_numbers_is_refused_by_name(result, message):
    for transform in (grad, jacobian, hessian, lambda f: lambda x: vjp(f, x), lambda f: lambda x: jvp(f, x, 1.0)):
        with pytest.raises(OperandError, match=message):
            transform(lambda x: result)(1.0)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        (None, "argument 0 of f is None, and derivatives are taken toward numbers"),
        ("x", "argument 0 of f is str 'x'"),
        (1j, "argument 0 of f is complex"),
        ({"w": [1.0, "two"]}, r"argument 0 of f\['w'\]\[1\] is str 'two'.*argnums"),
        (
            np.array([1j]),
            "argument 0 of f: Tensor takes numbers, of float32 or float64, and got an array of complex128",
        ),
        (np.array(["a"]), "argument 0 of f: Tensor takes"),
        (np.float16(1.0).reshape(1), "argument 0 of f: Tensor takes .*float32 or float64, and got.* float16"),
        ({1.0, 2.0}, "argument 0 of f is set"),
        (object(), "argument 0 of f is object"),
    ],
)
def test_what_holds_no_numbers_is_refused_by_name(argument, message):
    for transform in (grad, jacobian, lambda f: lambda x: vjp(f, x), lambda f: lambda x: jvp(f, (x,), (x,))):
        with pytest.raises(AutogradError, match=message):
            transform(lambda x: 1.0)(argument)


@pytest.mark.parametrize("argnums", ["x", 1.0, True, None, (), (0, "y")])
def test_argnums_are_places(argnums):
    with pytest.raises(ArgumentError, match="argnums is the place of an argument"):
        grad(lambda x: x, argnums)


@pytest.mark.parametrize("argnums", [1, -2, (0, 0), (0, -1), (0, 5)])
def test_argnums_name_arguments_that_are_there_each_once(argnums):
    with pytest.raises(ArgumentError, match="does not name arguments of f, each once: it was called with 1"):
        grad(lambda x: x, argnums)(1.0)


def test_what_is_no_function_is_refused():
    for transform in (grad, value_and_grad, jacobian, hessian, vjp, sweeps):
        with pytest.raises(OperandError, match="a function is differentiated, and 3"):
            transform(3.0)
    for transform in (jvp, hvp):
        with pytest.raises(OperandError, match="is none"):
            transform(3.0, (1.0,), (1.0,))
    with pytest.raises(ArgumentError, match="mode is 'forward', 'reverse'"):
        jacobian(lambda x: x, mode="both")


@pytest.mark.parametrize(
    ("tangents", "message"),
    [
        ((1.0,), "tangents must be a tuple of 2, got a tuple of 1"),
        ((np.ones(2), 1.0), r"tangents\[1\] must be a dict with the keys \['w'\], got float"),
        ((np.ones(2), {"v": 1.0}), r"tangents\[1\] must be a dict with the keys \['w'\], got a dict with the keys"),
        ((np.ones(3), {"w": 1.0}), r"tangents\[0\] must have shape \(2,\), got shape \(3,\)"),
        ((np.ones(2), {"w": "up"}), r"tangents\[1\]\['w'\] must hold real numbers, got str"),
    ],
)
def test_tangents_have_the_form_of_the_primals(tangents, message):
    with pytest.raises(AutogradError, match=message):
        jvp(lambda x, p: x * p["w"], (np.ones(2), {"w": 1.0}), tangents)


def test_cotangents_have_the_form_of_the_value():
    _, pull_back = vjp(lambda x: [x, x.sum()], np.ones(2))
    for cotangents, message in (
        (1.0, "the cotangent must be a list of 2, got float"),
        ([np.ones(3), 1.0], r"the cotangent\[0\] must have shape \(2,\)"),
        ([np.ones(2), None], r"the cotangent\[1\] must hold real numbers, got NoneType"),
    ):
        with pytest.raises(AutogradError, match=message):
            pull_back(cotangents)


def test_leaving_the_graph_inside_a_function_is_an_error_and_not_a_silent_0():
    with pytest.raises(Detached, match=r"autograd\.exp"):
        grad(lambda x: math.exp(x))(1.0)
    with pytest.raises(OperandError, match=r"autograd\.exp"):
        grad(lambda x: np.exp(x))(1.0)
    with pytest.raises(Detached):
        grad(lambda x: x.item())(np.array(1.0))
    with pytest.raises(Detached):
        jacobian(lambda x: np.asarray(x))(np.ones(2))


def test_a_value_and_an_array_do_not_mix():
    with pytest.raises(OperandError, match="do not mix"):
        grad(lambda x, y: (x * y).sum(), (0, 1))(Value(1.0), np.ones(2))


def test_an_error_inside_a_function_comes_out_as_it_is_and_leaves_nothing_behind():
    x = Value(2.0)
    with pytest.raises(ZeroDivisionError):
        grad(lambda y: y * (1 // 0))(x)
    assert float(x) == 2.0
    assert x.parents == ()


def test_what_a_user_gives_is_left_as_it_was():
    x, t = Value(2.0), Tensor([1.0])
    grad(lambda a, b: a * a)(x, t)
    jvp(lambda b: b * b, t, [1.0])
    assert (x.grad, x.op, t.grad, t.op) == (0.0, None, None, None)
    assert dict(walk_back(x)) == {x: 1.0}
