"""Whole programs on arrays: the scalar engine, explicit tiling and loops and, where it is there, PyTorch agree."""

import importlib
import importlib.util
import itertools
import math

import naive
import numpy as np
import pytest
from array_oracles import Draw
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays, mutually_broadcastable_shapes
from oracles import RoundOff
from test_properties import expressions

import autograd
from autograd import Tensor, Value, gradients
from autograd.ops import TABLE

# ── Tensor against Value ─────────────────────────────────────────────────────────────────────────────────────────────


def apply(name, *operands):
    return TABLE[name](*operands)


def on_values(expression, point):
    inputs = [Value(x) for x in point]
    root = expression.evaluate(apply, inputs)
    root.backward()
    return root.data, [x.grad for x in inputs]


def neighbours(point, count=5):
    """The point, and others close to it that may lie on the other side of a choice."""
    rng = np.random.default_rng(len(point))
    return [
        point,
        *(
            tuple(x + float(dx) for x, dx in zip(point, rng.normal(0, 0.1, len(point)), strict=True))
            for _ in range(count)
        ),
    ]


@given(expressions(most=30))
def test_any_expression_on_arrays_of_points_is_the_scalar_engines_at_each_point(case):
    expression, point = case
    points = neighbours(point)
    inputs = [Tensor(column) for column in np.array(points).T]
    with np.errstate(all="ignore"):
        root = expression.evaluate(apply, inputs)
        root.sum().backward()
    for place, at in enumerate(points):
        try:
            analysis = RoundOff(at)
            for step in expression.steps:
                analysis.take(*step)
        except (ArithmeticError, ValueError, TypeError):  # a neighbour outside the domain
            continue
        value, slopes = on_values(expression, at)
        # Both engines may be wrong by their round-off. Beyond the sizes that the analysis is made for, nothing is said.
        if max(analysis.slope_errors[-1]) < 1e-8 and analysis.value_errors[-1] < 1e-10:
            assert abs(root.data[place] - value) <= 2 * analysis.value_errors[-1]
            for x, slope, bound in zip(inputs, slopes, analysis.slope_errors[-1], strict=True):
                assert abs((0.0 if x.grad is None else x.grad[place]) - slope) <= 2 * bound


@given(expressions(most=20))
def test_gradients_of_expressions_by_nodes_and_by_arrays_are_the_same(case):
    expression, point = case
    inputs = [Tensor(np.full((2, 1), x)) for x in point]
    with np.errstate(all="ignore"):
        root = expression.evaluate(apply, inputs).sum()
        by_arrays = gradients(root, inputs)
        by_nodes = gradients(root, inputs, create_graph=True)
    for found, node in zip(by_arrays, by_nodes, strict=True):
        np.testing.assert_allclose(node.data + np.zeros((2, 1)), found, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("name", [name for name, op in TABLE.items() if op.rule and name in naive.ROWS])
def test_the_value_of_a_row_on_arrays_is_its_closed_form_at_every_entry(name):
    op = TABLE[name]
    draw = Draw(name)
    columns = [draw.array((40,), 0.3, 0.9) for _ in range(3 if op.arity == -1 else op.arity)]
    found = op(*map(Tensor, columns)).data
    for place, point in enumerate(zip(*columns, strict=True)):
        assert found[place] == pytest.approx(naive.ROWS[name][0](*map(float, point)), rel=1e-14, abs=1e-15)


# ── broadcasting ─────────────────────────────────────────────────────────────────────────────────────────────────────

SHAPES = [shape for rank in range(4) for shape in itertools.product((0, 1, 3), repeat=rank)]
PAIRS = []
for pair in itertools.product(SHAPES, repeat=2):
    try:
        PAIRS.append((*pair, np.broadcast_shapes(*pair)))
    except ValueError:
        continue


def summed_to(shape, share):
    """What was tiled is summed, axis by axis."""
    for _ in range(share.ndim - len(shape)):
        share = share.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1 and share.shape[axis] != 1:
            share = share.sum(axis=axis).reshape([1 if i == axis else n for i, n in enumerate(share.shape)])
    return share


def test_every_pair_of_shapes_that_broadcasts_equals_explicit_tiling_and_summing():
    rng = np.random.default_rng(0)
    assert len(PAIRS) > 400
    for a_shape, b_shape, shape in PAIRS:
        a, b, seed = Tensor(rng.normal(size=a_shape)), Tensor(rng.normal(size=b_shape)), rng.normal(size=shape)
        y = a * b
        assert y.shape == shape
        y.backward(seed)
        assert (a.grad.shape, b.grad.shape) == (a_shape, b_shape)
        by_a, by_b = (np.array(np.broadcast_to(x.data, shape)) for x in (b, a))  # ∂ab/∂a is b, tiled
        np.testing.assert_allclose(a.grad, summed_to(a_shape, seed * by_a), rtol=1e-13, atol=1e-14)
        np.testing.assert_allclose(b.grad, summed_to(b_shape, seed * by_b), rtol=1e-13, atol=1e-14)


@given(
    mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3, min_side=0),
    st.sampled_from([name for name, op in TABLE.items() if op.arity == 2 and op.rule]),
)
def test_any_two_shapes_under_any_row_of_two_operands_equal_explicit_tiling_and_summing(shapes, name):
    draw = np.random.default_rng(1)
    operands = [draw.uniform(0.3, 2.0, shape) for shape in shapes.input_shapes]
    seed = draw.normal(size=shapes.result_shape)
    small = [Tensor(a) for a in operands]
    tiled = [Tensor(np.array(np.broadcast_to(a, shapes.result_shape))) for a in operands]
    for x, y in (small, tiled):
        TABLE[name](x, y).backward(seed)
    for x, big in zip(small, tiled, strict=True):
        assert x.grad.shape == x.shape
        np.testing.assert_allclose(x.grad, summed_to(x.shape, big.grad), rtol=1e-12, atol=1e-12)


@given(arrays(np.float64, st.tuples(st.integers(0, 3), st.integers(0, 3)), elements=st.floats(-5, 5)), st.data())
def test_a_reduction_equals_the_explicit_loop(a, data):
    axis = data.draw(st.sampled_from([None, 0, 1, -1, -2, (0, 1), (-1, 0), ()]))
    x = Tensor(a)
    y = x.sum(axis)
    seed = np.random.default_rng(2).normal(size=y.shape)
    y.backward(seed)
    gone = {0, 1} if axis is None else {i % 2 for i in (axis if isinstance(axis, tuple) else (axis,))}
    for place in np.ndindex(a.shape):
        assert x.grad[place] == seed[tuple(i for where, i in enumerate(place) if where not in gone)]


@given(st.lists(st.integers(-3, 2), max_size=12))
def test_indexing_by_places_adds_up_what_every_occurrence_receives(places):
    x = Tensor([1.0, 2.0, 3.0])
    weights = np.arange(1.0, len(places) + 1)
    (x[places] * weights).sum().backward()
    expected = [math.fsum(w for w, place in zip(weights, places, strict=True) if place % 3 == i) for i in range(3)]
    assert x.grad.tolist() == expected


def test_matmul_of_every_pair_of_ranks_equals_explicit_loops():
    rng = np.random.default_rng(3)
    for left, right in itertools.product(range(1, 5), repeat=2):
        a = Tensor(rng.normal(size=((2, 1, 2, 3) if left > 1 else (3,))[-left:] if left > 1 else (3,)))
        b = Tensor(rng.normal(size=(1, 2, 3, 2)[-right:] if right > 1 else (3,)))
        y = a @ b
        seed = rng.normal(size=y.shape)
        y.backward(seed)
        wide_a = a.data.reshape((1,) * (4 - max(left, 2)) + ((1, 3) if left == 1 else a.shape))
        wide_b = b.data.reshape((1,) * (4 - max(right, 2)) + ((3, 1) if right == 1 else b.shape))
        sizes = (max(wide_a.shape[0], wide_b.shape[0]), max(wide_a.shape[1], wide_b.shape[1]))
        g = seed.reshape(*sizes, wide_a.shape[2], wide_b.shape[3])
        by_a, by_b = np.zeros(wide_a.shape), np.zeros(wide_b.shape)
        for i, j, row, column, k in np.ndindex(*g.shape, 3):
            of_a = (i % wide_a.shape[0], j % wide_a.shape[1], row, k)
            of_b = (i % wide_b.shape[0], j % wide_b.shape[1], k, column)
            by_a[of_a] += g[i, j, row, column] * wide_b[of_b]
            by_b[of_b] += g[i, j, row, column] * wide_a[of_a]
        np.testing.assert_allclose(a.grad, by_a.reshape(a.shape), rtol=1e-12)
        np.testing.assert_allclose(b.grad, by_b.reshape(b.shape), rtol=1e-12)


# ── derivatives of derivatives ───────────────────────────────────────────────────────────────────────────────────────


def test_masks_hold_in_second_derivatives_too():
    x = Tensor([0.0, 4.0])
    y = autograd.where(x > 0.0, autograd.sqrt(x), x * x).sum()
    (first,) = gradients(y, [x], create_graph=True)
    assert first.data.tolist() == [0.0, 0.25]
    (second,) = gradients(first.sum(), [x])
    assert second.tolist() == [2.0, pytest.approx(-0.25 * 4.0**-1.5)]


def test_the_hessian_of_a_quadratic_form_is_its_matrix():
    matrix = np.array([[2.0, 1.0, 0.0], [1.0, 3.0, -1.0], [0.0, -1.0, 5.0]])
    x = Tensor([1.0, -2.0, 0.5])
    (slope,) = gradients(0.5 * (x @ (matrix @ x)), [x], create_graph=True)
    rows = [gradients(slope[i], [x])[0] for i in range(3)]
    np.testing.assert_allclose(rows, matrix, rtol=1e-14)


def test_third_derivatives_of_a_power():
    x = Tensor([1.0, 2.0])
    y = (x**4).sum()
    for expected in ([4.0, 32.0], [12.0, 48.0], [24.0, 48.0]):
        (slope,) = gradients(y, [x], create_graph=True)
        assert slope.data.tolist() == pytest.approx(expected)
        y = slope.sum()


# ── PyTorch, where it is installed ───────────────────────────────────────────────────────────────────────────────────

TORCH = [importlib.import_module("torch")] if importlib.util.find_spec("torch") else []

COMPOSED = {
    "a layer of tanh and a softmax": lambda m, x, w: m.log_softmax(m.tanh(x @ w), -1)[:, 0].sum(),
    "a normalised matrix": lambda m, x, w: ((x - x.mean(0)) * (1.0 / (x * x).sum(0))).sum() + w.sum(),
    "an attention": lambda m, x, w: (m.softmax(m.einsum("ij,kj->ik", x @ w, x), -1) @ x).sum(),
    "logsumexp of products": lambda m, x, w: m.logsumexp(x @ w, 1).sum(),
    "choices": lambda m, x, w: m.where(x > 0, x * x, m.exp(x)).sum() + m.relu(w).sum() * m.sigmoid(x[0, 0]),
    "picked twice": lambda m, x, w: (x[[0, 0, 2]] @ w[:, [1, 1]]).sum() ** 2,
    "cumulative": lambda m, x, w: (m.cumsum(x, 0) ** 2).sum() + m.prod(w),
}


@pytest.mark.parametrize("name", COMPOSED)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_composed_functions_have_the_gradients_of_pytorch(name, dtype):
    for torch in TORCH:
        draw = Draw(name)
        x, w = draw.array((4, 3)).astype(dtype), draw.array((3, 3)).astype(dtype)
        ours, theirs = (
            [Tensor(x), Tensor(w)],
            [torch.tensor(x, requires_grad=True), torch.tensor(w, requires_grad=True)],
        )
        y, z = COMPOSED[name](autograd, *ours), COMPOSED[name](torch, *theirs)
        y.backward()
        z.backward()
        tolerance = 1e-4 if dtype is np.float32 else 1e-11
        assert y.data == pytest.approx(z.item(), rel=tolerance)
        for own, other in zip(ours, theirs, strict=True):
            assert own.grad.dtype == dtype
            np.testing.assert_allclose(own.grad, other.grad.numpy(), rtol=tolerance, atol=tolerance)
