"""Textbook, 4.4: one sigmoid neuron as a graph, by hand, forward and in reverse (Table 4.1, Fig 4.7)."""

import numpy as np
import pytest

import autograd
from autograd import Value, ancestry, gradients, jacobian, push_forward, sweeps, walk_back


@pytest.fixture
def neuron():
    """f(x; w, b) = 1 / (exp(−(w·x + b)) + 1) at x = 1, w = 0, b = 0, with its six nodes h1 … h6."""
    x, w, b = Value(1.0, label="x"), Value(0.0, label="w"), Value(0.0, label="b")
    f = 1 / (autograd.exp(-(x * w + b)) + 1)
    return {"x": x, "w": w, "b": b, "f": f, "h": [node for node in ancestry(f) if node.op]}


def test_the_neuron_decomposes_into_six_elementary_functions(neuron):
    assert [h.op.name for h in neuron["h"]] == ["mul", "add", "mul", "exp", "add", "reciprocal"]
    assert neuron["h"][-1] is neuron["f"]


def test_the_six_nodes_have_the_printed_values(neuron):
    assert [h.data for h in neuron["h"]] == [0.0, 0.0, 0.0, 1.0, 2.0, 0.5]


def test_the_six_nodes_have_the_local_derivatives_of_table_4_1(neuron):
    h1, h2, h3, h4, h5, h6 = neuron["h"]
    x, w, b = neuron["x"], neuron["w"], neuron["b"]
    assert dict(zip(h1.parents, h1.local_gradients, strict=True)) == {w: 1.0, x: 0.0}
    assert dict(zip(h2.parents, h2.local_gradients, strict=True)) == {h1: 1.0, b: 1.0}
    assert (h3.parents[0], h3.parents[1].data, h3.local_gradients) == (h2, -1.0, (-1.0, None))
    assert (h4.parents, h4.local_gradients) == ((h3,), (1.0,))
    assert (h5.parents[0], h5.parents[1].data, h5.local_gradients) == (h4, 1.0, (1.0, None))
    assert (h6.parents, h6.local_gradients) == ((h5,), (-0.25,))


def test_the_derivatives_are_a_quarter_a_quarter_and_nothing(neuron):
    neuron["f"].backward()
    assert (neuron["w"].grad, neuron["b"].grad, neuron["x"].grad) == (0.25, 0.25, 0.0)


def test_the_derivative_is_the_product_along_the_path(neuron):
    h1, h2, h3, h4, h5, h6 = neuron["h"]
    product = h6.data / h6.data  # ∂f/∂h6
    for node, parent in [(h6, h5), (h5, h4), (h4, h3), (h3, h2), (h2, h1), (h1, neuron["w"])]:
        product *= node.local_gradients[node.parents.index(parent)]
    assert product == 0.25


def test_products_along_several_paths_add_up():
    # w reaches f along two paths: f = w·x + w·y.
    w, x, y = Value(2.0), Value(3.0), Value(5.0)
    f = w * x + w * y
    paths = [path.local_gradients[0] * f.local_gradients[place] for place, path in enumerate(f.parents)]
    f.backward()
    assert w.grad == sum(paths) == 8.0


def forward_accumulation(root, leaf):
    """∂node/∂leaf for every node of the graph, from the leaf to the root, by the chain rule and nothing else."""
    tangents = {}
    for node in ancestry(root):
        edges = zip(node.parents, node.local_gradients, strict=True)
        carried = sum(local * tangents[parent] for parent, local in edges if local is not None)
        tangents[node] = 1.0 if node is leaf else carried
    return tangents


def test_forward_mode_accumulates_the_printed_numbers(neuron):
    tangents = forward_accumulation(neuron["f"], neuron["w"])
    assert [tangents[h] for h in neuron["h"]] == [1.0, 1.0, -1.0, -1.0, -1.0, 0.25]


def test_the_engine_pushes_forward_the_printed_numbers_step_by_step(neuron):
    steps = push_forward(neuron["f"], {neuron["w"]: 1.0})
    assert next(steps) == (neuron["w"], 1.0)
    assert list(steps) == list(zip(neuron["h"], [1.0, 1.0, -1.0, -1.0, -1.0, 0.25], strict=True))


def test_forward_mode_takes_a_sweep_for_each_of_x_w_and_b(neuron):
    def sweep(leaf):
        return [tangent for node, tangent in push_forward(neuron["f"], {neuron[leaf]: 1.0}) if node.op]

    assert sweep("x") == [0.0] * 6  # ∂h1/∂x is w = 0
    assert sweep("b") == [1.0, -1.0, -1.0, -1.0, 0.25]  # from h2 on
    assert sweep("w") == [1.0, 1.0, -1.0, -1.0, -1.0, 0.25]


def test_reverse_mode_accumulates_the_printed_numbers(neuron):
    adjoints = dict(walk_back(neuron["f"]))
    assert [adjoints[h] for h in reversed(neuron["h"])] == [1.0, -0.25, -0.25, -0.25, 0.25, 0.25]
    assert adjoints[neuron["w"]] == 0.25


def test_backward_leaves_the_accumulated_numbers_in_the_nodes(neuron):
    neuron["f"].backward()
    assert [h.grad for h in neuron["h"]] == [0.25, 0.25, -0.25, -0.25, -0.25, 1.0]


def test_forward_mode_needs_n_sweeps_and_reverse_mode_m():
    f = lambda x, w, b: 1 / (autograd.exp(-(x * w + b)) + 1)  # noqa: E731
    assert (sweeps(f, 1.0, 0.0, 0.0).forward, sweeps(f, 1.0, 0.0, 0.0).reverse) == (3, 1)
    assert sweeps(f, 1.0, 0.0, 0.0).mode == "reverse"  # it wins when n > m
    assert sweeps(lambda x: [x, x * x], 1.0).mode == "forward"


def test_one_reverse_sweep_gives_what_takes_a_forward_sweep_for_each_input():
    xs = [Value(0.3 * i) for i in range(1, 6)]
    f = autograd.exp(autograd.sum([x * x for x in xs])) * xs[0]
    by_forward_sweeps = [forward_accumulation(f, x)[f] for x in xs]
    adjoints = dict(walk_back(f))
    assert [adjoints[x] for x in xs] == pytest.approx(by_forward_sweeps, rel=1e-14)


def test_one_forward_sweep_gives_what_takes_a_reverse_sweep_for_each_output():
    x = Value(0.7)
    outputs = [x.exp(), x * x, x.sin(), 1 / x]
    root = autograd.sum(outputs)
    tangents = forward_accumulation(root, x)
    assert [tangents[y] for y in outputs] == [dict(walk_back(y))[x] for y in outputs]


@pytest.mark.parametrize(("x", "w", "b"), [(1.0, 0.0, 0.0), (2.0, -0.5, 0.25), (-3.0, 1.5, 4.0)])
def test_anywhere_the_derivatives_are_those_of_the_closed_form(x, w, b):
    leaves = [Value(v) for v in (x, w, b)]
    f = (leaves[0] * leaves[1] + leaves[2]).sigmoid()
    f.backward()
    slope = f.data * (1 - f.data)
    assert [v.grad for v in leaves] == pytest.approx([slope * w, slope * x, slope], rel=1e-14)


def test_the_jacobians_of_a_layer_are_the_identity_a_diagonal_and_w():
    # z = W·a + b and h = f(z); rows are outputs, so ∂z/∂a = W (the book prints Wᵀ, its layout being the other one).
    W = [[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]]
    a, b = [Value(x) for x in (1.0, -2.0, 0.5)], [Value(x) for x in (0.1, -0.3)]
    z = [autograd.dot(row, a) + shift for row, shift in zip(W, b, strict=True)]
    h = [x.tanh() for x in z]
    assert [gradients(x, a) for x in z] == [tuple(row) for row in W]
    assert [gradients(x, b) for x in z] == [(1.0, 0.0), (0.0, 1.0)]
    slopes = [1 - x.data**2 for x in h]
    assert [gradients(x, z) for x in h] == [(pytest.approx(slopes[0]), 0.0), (0.0, pytest.approx(slopes[1]))]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_the_same_jacobians_come_out_of_either_mode(mode):
    W, a, b = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]]), np.array([1.0, -2.0, 0.5]), np.array([0.1, -0.3])
    by_w, by_a, by_b = jacobian(lambda W, a, b: W @ a + b, (0, 1, 2), mode=mode)(W, a, b)
    assert np.array_equal(by_a, W)
    assert np.array_equal(by_b, np.eye(2))
    assert np.array_equal(by_w, [[[*a], [0.0] * 3], [[0.0] * 3, [*a]]])
    z = W @ a + b
    np.testing.assert_allclose(jacobian(autograd.tanh, mode=mode)(z), np.diag(1 - np.tanh(z) ** 2), rtol=1e-14)


def test_a_dynamic_graph_is_built_as_the_program_runs():
    def f(x):
        while x < 10:  # how often depends on the number
            x = x * 2
        return x

    for start, doublings in ((1.0, 4), (6.0, 1), (11.0, 0)):
        x = Value(start)
        y = f(x)
        y.backward()
        assert len(ancestry(y)) == 1 + 2 * doublings  # each doubling with its constant
        assert x.grad == 2.0**doublings
