"""Tensor: what it takes and gives, its data and gradient, its methods, and what every refusal says."""

import copy
import math
import pickle

import numpy as np
import pytest
from array_oracles import Draw

import autograd
from autograd import Tensor, Value, array_functions, no_grad, ops
from autograd.errors import ArgumentError, AutogradError, Detached, OperandError, ShapeError, StaleData

# ── what it holds ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "dtype"),
    [
        (1.5, np.float64),
        (3, np.float64),
        (True, np.float64),
        ([1, 2], np.float64),
        (range(3), np.float64),
        ([[1.0], [2.0]], np.float64),
        ([], np.float64),
        (np.float32(1.5), np.float32),
        (np.zeros((2, 0), np.float32), np.float32),
        (np.ones(3), np.float64),
        (np.ones(3, ">f8"), np.float64),
        ([np.ones(2), np.zeros(2)], np.float64),
    ],
)
def test_a_tensor_holds_float32_or_float64(given, dtype):
    x = Tensor(given)
    assert x.dtype == dtype
    assert x.data.dtype.isnative
    assert np.array_equal(x.data, np.asarray(given, dtype=float))
    assert (x.shape, x.ndim, x.size) == (np.shape(given), np.ndim(given), np.size(given))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.arange(3), r"int64: write a\.astype\(np\.float64\)"),
        (np.array([True]), r"bool: write a\.astype"),
        (np.int64(3), r"int64: write a\.astype"),
        ([1j], r"float32 or float64, and got list: '\[1j\]'"),
        ("text", r"float32 or float64, and got str: 'text'"),
        (None, r"float32 or float64, and got NoneType"),
        (np.array([1.0, None]), r"float32 or float64, and got an array of object"),
        (np.ones(2, np.float16), r"float32 or float64, and got float16"),
        (np.ones(2, np.longdouble), r"float32 or float64, and got"),
        ({1.0}, r"float32 or float64, and got set"),
        ([[1.0], [1.0, 2.0]], r"rows of equal length"),
        (np.ma.array([1.0, 2.0], mask=[False, True]), r"masked array.*a\.filled\(0\.0\)"),
        (Tensor([1.0]), r"node\.data"),
        (Value(1.0), r"node\.data"),
        ([Tensor(1.0)], r"autograd\.stack"),
        ([[Tensor(1.0)], [Tensor(2.0)]], r"lists of nodes.*autograd\.stack"),
    ],
)
def test_what_a_tensor_cannot_hold_is_refused_with_the_way_out(given, message):
    with pytest.raises(AutogradError, match=message):
        Tensor(given)


@pytest.mark.parametrize("second", ["x", np.float32, "float32", 1, None])
def test_a_label_or_dtype_in_the_place_of_requires_grad_is_refused(second):
    with pytest.raises(ArgumentError, match=r"requires_grad is True or False, got .* label=….*astype"):
        Tensor([1.0], second)


def test_a_place_found_by_argmax_picks_from_a_list():
    x = Tensor([1.0, 5.0, 3.0])
    assert ["a", "b", "c"][x.argmax()] == "b"
    assert (int(x.max()), list(range(x.argmax()))) == (5, [0])
    with pytest.raises(OperandError, match="only a whole number, such as argmax gives"):
        ["a", "b", "c"][Tensor(1.0)]


def test_a_tensor_copies_what_it_is_given():
    a = np.array([1.0, 2.0])
    x = Tensor(a)
    y = x * a
    a[:] = 100.0
    y.sum().backward()
    assert x.data.tolist() == x.grad.tolist() == [1.0, 2.0]


def test_data_is_read_only_and_numpy_copies():
    x = Tensor([1.0, 2.0])
    for node in (x, x * 2.0):
        assert not node.data.flags.writeable
        assert node.numpy().flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            node.data.fill(0.0)
    with pytest.raises(AutogradError, match=r"t\.numpy\(\).* t\.data = new"):
        x.data[0] = 5.0
    x.numpy()[0] = 5.0
    assert x.data.tolist() == [1.0, 2.0]


def test_the_data_of_a_leaf_are_set_as_a_whole_in_its_dtype():
    x = Tensor(np.array([1.0, 2.0], np.float32))
    shown = x.data
    for new in ([3, 4], np.array([3.0, 4.0]), np.array([3, 4]), (3.0, 4.0)):
        x.data = new
        assert x.data.tolist() == shown.tolist() == [3.0, 4.0]
        assert x.dtype == np.float32


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_steps_in_place_do_what_setting_the_data_does(dtype):
    x, y = Tensor(np.array([1.0, 2.0], dtype)), Tensor(np.array([1.0, 2.0], dtype))
    g = np.array([0.5, -1.0], dtype)
    x.data -= 0.1 * g
    y.data = y.data - 0.1 * g
    assert x.data.tolist() == y.data.tolist()
    x.data += g
    x.data *= 2.0
    x.data /= 4.0
    x.data **= 2
    assert x.data.tolist() == pytest.approx(((y.data + g) / 2) ** 2)
    assert x.dtype == dtype
    graph = (x * x).sum()
    x.data -= g
    with pytest.raises(AutogradError, match="mul was computed from a parameter"):
        graph.backward()


def test_whatever_numpy_makes_of_a_leafs_data_is_a_plain_array():
    data = Tensor([[1.0, 2.0]]).data
    made = [data + 1, data[0], data[:, :1], data.sum(0), np.concatenate([data, data]), data @ data.T, np.exp(data)]
    assert {type(a) for a in [*made, data.copy(), np.array(data), pickle.loads(pickle.dumps(data))]} == {np.ndarray}
    assert type(data.sum()) is np.float64
    assert repr(data) == "array([[1., 2.]])"
    own = data.astype(np.float32)
    own[0, 0] = 7.0
    assert own.tolist() == [[7.0, 2.0]]


@pytest.mark.parametrize(
    ("new", "message"),
    [
        (np.zeros(3), r"shape \(3,\) do not fit a leaf of shape \(2,\)"),
        (0.0, r"shape \(\) do not fit"),
        ("x", r"data takes numbers, .* got str"),
        (None, r"data takes numbers, .* got NoneType"),
        (np.array([1j, 2j]), r"got an array of complex128"),
        (Tensor([1.0, 2.0]), r"node\.data"),
    ],
)
def test_data_that_do_not_fit_a_leaf_are_refused(new, message):
    x = Tensor([1.0, 2.0])
    with pytest.raises(AutogradError, match=message):
        x.data = new
    assert x.data.tolist() == [1.0, 2.0]


def test_the_data_of_an_interior_node_stay_as_they_are():
    y = Tensor([1.0]) * 2.0
    with pytest.raises(AutogradError, match="were computed"):
        y.data = [1.0]
    with pytest.raises(OperandError, match=r"autograd\.where"):
        y[0] = 1.0


def test_numbers_lists_and_text_of_a_tensor():
    x = Tensor([[1.0, 2.0]], label="x")
    assert x.tolist() == [[1.0, 2.0]]
    assert (Tensor(2.5).item(), float(Tensor([2.5])), f"{Tensor(2.5):.2f}") == (2.5, 2.5, "2.50")
    assert repr(x) == "Tensor([[1., 2.]], dtype=float64, label='x')"
    assert repr((x + 1).detach()) == "Tensor([[2., 3.]], dtype=float64, requires_grad=False)"
    assert repr(Tensor(np.zeros((5, 5))) @ np.ones(5)) == "Tensor([0., 0., 0., 0., 0.], dtype=float64, op=matmul)"
    assert "shape=(5, 5)" in repr(Tensor(np.zeros((5, 5))))
    assert [row.tolist() for row in Tensor([[1.0], [2.0]])] == [[1.0], [2.0]]
    assert len(Tensor([1.0, 2.0])) == 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Tensor([1.0, 2.0]).item(), r"shape \(2,\)"),
        (lambda: float(Tensor([1.0, 2.0])), r"shape \(2,\)"),
        (lambda: bool(Tensor([1.0, 2.0]) > 0), r"shape \(2,\) is neither true nor false: use autograd\.where"),
        (lambda: len(Tensor(1.0)), r"rank 0"),
        (lambda: list(Tensor(1.0)), r"rank 0"),
        (lambda: 1.0 in Tensor([[1.0, 2.0]]), r"neither true nor false"),
    ],
)
def test_what_only_one_number_can_be_is_refused_to_several(call, message):
    with pytest.raises(AutogradError, match=message):
        call()


# ── gradients ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_grad_is_none_until_a_pass_and_leaves_add_up():
    x = Tensor([1.0, 2.0])
    y = (x * x).sum()
    assert x.grad is None
    y.backward()
    assert x.grad.tolist() == [2.0, 4.0]
    y.backward()
    assert x.grad.tolist() == [4.0, 8.0]
    assert y.grad == 1.0
    x.zero_grad()
    assert x.grad is None


@pytest.mark.parametrize("zero", [0, 0.0, [0, 0], np.zeros(2, int), np.zeros(2), np.zeros(2, np.float32)])
def test_a_gradient_set_to_zero_in_any_form_starts_anew(zero):
    x = Tensor([1.0, 2.0])
    x.grad = zero
    (x * x).sum().backward()
    assert (x.grad.tolist(), x.grad.dtype) == ([2.0, 4.0], np.float64)


@pytest.mark.parametrize(
    ("grad", "message"),
    [
        (np.zeros(3), r"grad was set to shape \(3,\) on a leaf of shape \(2,\)"),
        (np.zeros((3, 2)), r"grad was set to shape \(3, 2\)"),
        ("x", r"grad takes numbers"),
        (Tensor([0.0, 0.0]), r"grad takes numbers, and got a node"),
    ],
)
def test_a_gradient_set_to_what_is_none_is_refused(grad, message):
    x = Tensor([1.0, 2.0])
    x.grad = grad
    with pytest.raises(AutogradError, match=message):
        (x * x).sum().backward()


def test_a_seed_says_how_much_each_entry_counts():
    for seed in ([1.0, 10.0], (1, 10), np.array([1.0, 10.0]), Tensor([1.0, 10.0])):
        x = Tensor([2.0, 3.0])
        (x * x).backward(seed)
        assert x.grad.tolist() == [4.0, 60.0]


def test_a_seed_is_copied():
    x, seed = Tensor([2.0, 3.0]), np.ones(2)
    y = x * 1.0
    y.backward(seed)
    seed[:] = 100.0
    assert y.grad.tolist() == x.grad.tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("seed", "message"),
    [
        (None, r"shape \(2,\).*t\.sum\(\)\.backward\(\).*t\.backward\(weights"),
        (np.ones(3), r"shape \(3,\) and the Tensor \(2,\)"),
        (1.0, r"shape \(\) and the Tensor \(2,\)"),
        (np.ones(2, np.float32), r"float32 and the Tensor float64"),
        (np.ones(2, int), r"int64 and the Tensor float64"),
        (np.ones(2) * 1j, r"complex128"),
        ("xy", r"the seed takes numbers, .* got str"),
        ([None, None], r"got list"),
        (Value(1.0), r"node"),
    ],
)
def test_a_seed_that_does_not_fit_is_refused_at_the_call(seed, message):
    x = Tensor([1.0, 2.0])
    with pytest.raises(AutogradError, match=message):
        (x * 2.0).backward(seed)
    assert x.grad is None


def test_a_frozen_leaf_gets_no_gradient():
    x, w = Tensor([1.0]), Tensor([2.0], requires_grad=False)
    (x * w).sum().backward()
    assert (x.grad.tolist(), w.grad) == ([2.0], None)
    assert not (w * 2.0).requires_grad


def test_local_gradients_are_those_of_the_row_entry_by_entry():
    x, w = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])
    by_x, by_w = (x * w).local_gradients
    assert (by_x.tolist(), by_w.tolist()) == ([3.0, 4.0], [1.0, 2.0])
    assert (x * 2.0).local_gradients[1] is None
    assert callable(x.sum().local_gradients[0])
    assert x.sum(axis=0, keepdims=True).parameters == {"axis": 0, "keepdims": True}


# ── methods and operators ────────────────────────────────────────────────────────────────────────────────────────────

METHODS = {
    **{name: {"axis": 0, "keepdims": True} for name in ("sum", "mean", "prod", "max", "min", "logsumexp")},
    **{name: {"axis": 1} for name in ("argmax", "argmin")},
    **{name: {"axis": 1, "ddof": 1} for name in ("var", "std")},
    **{name: {"axis": 0} for name in ("softmax", "log_softmax", "cumsum")},
    "trace": {"offset": 1},
    "take": {"indices": [0, 0], "axis": 1},
    "repeat": {"repeats": 2, "axis": 0},
    "swapaxes": {"axis1": 0, "axis2": 1},
    "dot": {"b": np.ones(3)},
    "squeeze": {},
}


@pytest.mark.parametrize("name", METHODS)
def test_a_method_is_the_function_of_its_name(name):
    x = Tensor(Draw(name).array((2, 3)))
    y, z = getattr(x, name)(**METHODS[name]), getattr(array_functions, name)(x, **METHODS[name])
    assert np.array_equal(y.data, z.data)
    assert y.op is z.op


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "tanh", "relu", "reciprocal"])
def test_an_elementary_method_is_the_row_of_its_name(name):
    y = getattr(Tensor([0.5, 2.0]), name)()
    assert y.op is getattr(ops, name)


def test_shapes_by_methods():
    x = Tensor(np.arange(6.0).reshape(2, 3))
    assert x.reshape(3, 2).shape == x.reshape((3, 2)).shape == x.T.shape == x.reshape(-1, 2).shape == (3, 2)
    assert x.transpose(1, 0).shape == x.transpose((1, 0)).shape == x.transpose().shape == (3, 2)
    assert x.flatten().shape == x.reshape(-1).shape == (6,)
    assert x.astype(np.float32).dtype == np.float32
    assert x.sigmoid().op is ops.logistic


def test_division_is_ieee_division():
    a, b = Tensor([49.0, 1.0]), np.array([49.0, 3.0])
    assert (a / b).data.tolist() == [1.0, 1.0 / 3.0]
    assert (a / b).op is ops.divide


@pytest.mark.parametrize("compare", [np.greater, np.less, np.equal, np.not_equal, np.greater_equal, np.less_equal])
def test_comparisons_give_truths_that_choose_and_add_up(compare):
    a, b = np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 2.0])
    x = Tensor(a)
    truths = compare(x, b)
    assert truths.data.tolist() == compare(a, b).astype(float).tolist()
    assert not truths.requires_grad
    assert x[truths].data.tolist() == a[compare(a, b)].tolist()
    x[truths].sum().backward()
    assert x.grad.tolist() == compare(a, b).astype(float).tolist()


def test_comparisons_of_places_choose_too():
    x = Tensor([[1.0, 2.0], [4.0, 3.0]])
    right = x.argmax(axis=1) == np.array([1, 1])
    assert right.data.tolist() == [1.0, 0.0]
    assert x[right].data.tolist() == [[1.0, 2.0]]
    assert right.mean().item() == 0.5
    assert x[[0, 1], x.argmax(axis=1)].data.tolist() == [2.0, 4.0]


def test_equality_with_what_is_no_number_is_python_s():
    x = Tensor([1.0])
    assert (x == None) is False  # noqa: E711
    assert (x != "x") is True
    assert x in [x]
    assert {x: 1}[x] == 1


def test_whole_numbers_without_a_sign_are_subtracted_as_numbers():
    x = Tensor([1.0, 2.0])
    for dtype in (np.uint8, np.int8, np.bool_, np.uint64):
        assert (x - np.array([1, 1], dtype)).data.tolist() == [0.0, 1.0]
        assert (np.array([1, 1], dtype) - x).data.tolist() == [0.0, -1.0]


def test_whole_numbers_in_plain_functions_do_not_wrap():
    small = np.array([1, 200], np.uint8)
    assert array_functions.norm(small) == pytest.approx(math.hypot(1, 200))
    assert autograd.logsumexp(small) == pytest.approx(200.0)
    assert autograd.softmax(small).tolist() == pytest.approx([0.0, 1.0], abs=1e-60)
    assert autograd.log_softmax(small).tolist() == pytest.approx([-199.0, 0.0])
    assert autograd.prod(small) == 200


def test_an_integer_beyond_the_floats_is_infinite_as_on_values():
    assert (Tensor([1.0]) * 10**400).data.tolist() == [math.inf]


# ── copies, modes ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_of_a_leaf_has_numbers_and_a_gradient_of_its_own(copied):
    x = Tensor([1.0, 2.0], label="x")
    x.sum().backward()
    twin = copied(x)
    twin.data = [5.0, 6.0]
    twin.grad += 1.0
    assert (x.data.tolist(), x.grad.tolist()) == ([1.0, 2.0], [1.0, 1.0])
    assert (twin.label, twin.dtype, twin.requires_grad) == ("x", x.dtype, True)


def test_a_copied_graph_computes_gradients_of_its_own_leaves():
    x = Tensor([1.0, 2.0])
    y = (x * x).sum()
    for twin in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        twin.backward()
        (leaf,) = [node for node in autograd.ancestry(twin) if node.op is None]
        assert leaf.grad.tolist() == [2.0, 4.0]
        assert [len(node.parents) for node in autograd.ancestry(twin)] == [0, 2, 1]
        leaf.data = [7.0, 7.0]
    assert (x.grad, x.data.tolist()) == (None, [1.0, 2.0])


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda y: pickle.loads(pickle.dumps(y))])
def test_a_copied_graph_of_many_ops_has_the_same_gradients_and_knows_when_they_are_stale(copied):
    a = Tensor(np.arange(6.0).reshape(2, 3) / 3 + 0.1, label="a")
    w = Tensor(np.arange(12.0).reshape(3, 4).astype(np.float32) / 7, label="w")
    scores = (a @ w).tanh()[:, [0, 0, -1]] * autograd.softmax(a) - autograd.where(a > 1.0, a, 0.5)
    y = autograd.logsumexp(scores, axis=1).sum() * 2.0 + autograd.concatenate([a, 3.0 - a]).max() ** 2
    y.backward()
    for twin in (copied(y), copied(copied(y))):
        leaves = {node.label: node for node in autograd.ancestry(twin) if node.label}
        for leaf in leaves.values():
            leaf.zero_grad()
        twin.backward()
        assert np.array_equal(leaves["a"].grad, a.grad)
        assert np.array_equal(leaves["w"].grad, w.grad)
        assert (leaves["w"].grad.dtype, twin.item()) == (np.float32, y.item())
        leaves["w"].data = np.zeros((3, 4))
        with pytest.raises(StaleData, match="matmul was computed from a parameter w"):
            twin.backward()
    y.backward()  # the original goes on


def test_a_copied_graph_indexes_by_its_own_nodes():
    x = Tensor([[1.0, 2.0], [4.0, 3.0]])
    y = (x[[0, 1], x.argmax(axis=1)] ** 2).sum() + (x[x > 2.0] ** 3).sum()
    for twin in (y, copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        twin.backward()
        (leaf,) = [node for node in autograd.ancestry(twin) if node.op is None and node.requires_grad]
        assert leaf.grad.tolist() == [[0.0, 4.0], [56.0, 27.0]]
        leaf.zero_grad()


def test_a_node_made_under_trace_knows_its_line():
    with autograd.trace():
        y = Tensor([1.0]) * 2.0
    assert str(y.site).startswith(__file__)
    assert (Tensor([1.0]) * 2.0).site is None


def test_under_no_grad_results_are_constants_that_share_nothing_with_their_leaf():
    x = Tensor([1.0, 2.0])
    with no_grad():
        y, view = x * 2.0, x.reshape(2, 1)
    assert (y.op, y.requires_grad, y.parents) == (None, False, ())
    x.data = [5.0, 5.0]
    assert (y.data.tolist(), view.data.tolist()) == ([2.0, 4.0], [[1.0], [2.0]])


def test_detach_gives_a_constant_that_stays_when_the_leaf_changes():
    x = Tensor([1.0, 2.0])
    for node in (x, x * 1.0):
        constant = node.detach()
        assert (constant.requires_grad, constant.op) == (False, None)
        (x * constant).sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]
    constant = x.detach()
    x.data = [9.0, 9.0]
    assert constant.data.tolist() == [1.0, 2.0]


# ── refusals: the op, the shapes, the way out ────────────────────────────────────────────────────────────────────────

A = Tensor(np.arange(12.0).reshape(3, 4))
ROW = Tensor(np.arange(4.0))
ONE = Tensor(2.0)
EMPTY = Tensor(np.zeros((0, 3)))

REFUSALS = {
    "shapes that do not broadcast": (lambda: A + np.ones(3), r"add cannot join \(3, 4\) with \(3,\).*expand_dims"),
    "a condition that does not": (lambda: autograd.where(A > 0, ROW, np.ones(3)), r"where cannot join"),
    "inner sizes": (lambda: A @ A, r"matmul cannot join \(3, 4\) with \(3, 4\): .* 4 and 3 .*Transpose"),
    "stacks of matrices": (
        lambda: np.ones((2, 3, 3)) @ Tensor(np.ones((5, 3, 3))),
        r"matmul cannot join .*\(5, 3, 3\)",
    ),
    "matmul with a number": (lambda: A @ 2.0, r"matmul cannot join \(3, 4\) with \(\).*Use \*"),
    "an axis": (lambda: A.sum(5), r"sum: there is no axis 5 in shape \(3, 4\)"),
    "an axis twice": (lambda: A.sum((0, -2)), r"sum: axis \(0, -2\) names an axis twice"),
    "an axis in text": (lambda: A.mean("x"), r"mean: there is no axis 'x'"),
    "an axis of argmax": (lambda: A.argmax((0, 1)), r"argmax: there is no axis \(0, 1\)"),
    "an axis of cumsum": (lambda: A.cumsum((0, 1)), r"cumsum: there is no axis"),
    "the largest of nothing": (lambda: EMPTY.max(0), r"max cannot take shape \(0, 3\)"),
    "a size": (lambda: A.reshape(5, 5), r"reshape cannot take shape \(3, 4\), shape=\(5, 5\)"),
    "two sizes to find": (lambda: A.reshape(-1, -1), r"reshape cannot take shape"),
    "a shape in text": (lambda: A.reshape("x"), r"reshape: shape is made of whole numbers, got 'x'"),
    "no shape": (lambda: array_functions.reshape(A, None), r"reshape: shape .* got None"),
    "a fraction of a size": (lambda: A.reshape(3.0, 4), r"reshape: shape is made of whole numbers"),
    "axes twice": (lambda: autograd.transpose(A, (0, 0)), r"transpose cannot take shape \(3, 4\), axes=\(0, 0\)"),
    "one axis of two": (lambda: autograd.transpose(A, 1), r"transpose cannot take shape"),
    "an axis to swap": (lambda: autograd.swapaxes(A, 0, 5), r"swapaxes: there is no axis 5"),
    "an axis to move": (lambda: autograd.moveaxis(A, None, 1), r"moveaxis: axes .* None"),
    "a place for an axis": (lambda: autograd.expand_dims(A, 7), r"expand_dims: .* got 7"),
    "a place in text": (lambda: autograd.expand_dims(A, "x"), r"expand_dims: axis .* got 'x'"),
    "an axis to squeeze": (lambda: autograd.squeeze(A, 0), r"squeeze: shape \(3, 4\) has no axis of size 1 at 0"),
    "a shape to stretch to": (lambda: autograd.broadcast_to(A, (3, 3)), r"broadcast_to cannot take shape \(3, 4\)"),
    "arrays that do not fit": (
        lambda: autograd.concatenate([A, ROW]),
        r"concatenate cannot take shape \(3, 4\) with \(4,\)",
    ),
    "nothing to join": (lambda: autograd.concatenate([]), r"concatenate takes a list"),
    "one Tensor to join": (lambda: autograd.concatenate(A), r"concatenate takes a list .* not Tensor"),
    "Values to join": (lambda: autograd.stack([Value(1.0)]), r"a Value is one number"),
    "shapes to stack": (lambda: autograd.stack([A, ROW]), r"stack joins arrays of one shape"),
    "an axis to stack along": (lambda: autograd.stack([A, A], 9), r"stack: the new axis .* got 9"),
    "pieces": (lambda: autograd.split(A, 5), r"split: 3 entries along axis 0 cannot be cut into 5"),
    "pieces of nothing": (lambda: autograd.split(A, None), r"split: sections .* got None"),
    "a place to take": (lambda: autograd.take(A, 99), r"getitem cannot take shape \(12,\).*99"),
    "half a place": (lambda: autograd.take(A, 1.5), r"whole numbers, slices or truths, not '1.5'"),
    "pairs of widths": (lambda: autograd.pad(A, (1, 2, 3)), r"pad: pad_width \(1, 2, 3\)"),
    "half a width": (lambda: autograd.pad(A, 1.5), r"pad: pad_width 1.5"),
    "a width below 0": (lambda: autograd.pad(A, -1), r"pad: widths must be at least 0"),
    "a mode": (lambda: autograd.pad(A, 1, "foo"), r"pad: mode is constant, edge.*'foo'"),
    "a constant": (lambda: autograd.pad(A, 1, constant_values="x"), r"pad: constant_values .* 'x'"),
    "nothing to reflect": (lambda: autograd.pad(EMPTY, 1, "reflect"), r"pad: axis 0 of shape \(0, 3\) is empty"),
    "repetitions of the whole": (lambda: autograd.tile(A, 1.5), r"tile: reps .* got 1.5"),
    "repetitions below 0": (lambda: autograd.tile(A, -1), r"tile: reps must be at least 0"),
    "repetitions of each": (lambda: autograd.repeat(A, [1, 2], 0), r"repeat: 2 numbers .* 3"),
    "half a repetition": (lambda: autograd.repeat(A, 1.5), r"repeat: repeats .* 1.5"),
    "bounds": (lambda: autograd.clip(A, np.zeros(3), 1.0), r"clip cannot join \(3, 4\) with \(3,\)"),
    "bounds in text": (lambda: autograd.clip(A, "x", 1.0), r"clip works on .* not on str"),
    "operands of einsum": (lambda: autograd.einsum("ij,jk->ik", A), r"einsum: 'ij,jk->ik' names .* than 1"),
    "letters": (lambda: autograd.einsum("ijk->i", A), r"einsum cannot take shape \(3, 4\), subscripts='ijk->i'"),
    "sizes of letters": (lambda: autograd.einsum("ij,jk->ik", A, A), r"einsum cannot take shape .*'j'"),
    "a letter from nowhere": (lambda: autograd.einsum("ij->k", A), r"einsum cannot take .*'k'"),
    "signs in einsum": (lambda: autograd.einsum("i?->i", A), r"einsum cannot take .*'\?'"),
    "einsum without text": (lambda: autograd.einsum(A, [0, 1]), r"einsum takes subscripts as text"),
    "dot": (lambda: autograd.dot(A, A), r"cannot join \(3, 4\) with \(3, 4\)"),
    "the trace of a vector": (lambda: ROW.trace(), r"trace: there is no axis 1 in shape \(4,\)"),
    "the trace along one axis": (lambda: A.trace(0, 0, 0), r"trace: a diagonal runs along two axes"),
    "a diagonal in text": (lambda: A.trace("x"), r"trace: offset .* 'x'"),
    "a norm": (lambda: autograd.norm(A, 3), r"norm: ord is None, 'fro'.* 3 for shape \(3, 4\)"),
    "a norm of three axes": (lambda: autograd.norm(Tensor(np.ones((2, 2, 2))), "fro"), r"norm: ord .*\(2, 2, 2\)"),
    "ddof": (lambda: A.var(ddof="x"), r"var: ddof is a number, got 'x'"),
    "a dtype": (lambda: A.astype(int), r"dtype is float32 or float64, got <class 'int'>"),
    "a softmax of a number": (lambda: autograd.softmax(ONE), r"softmax: there is no axis -1 in shape \(\)"),
    "a place": (lambda: A[9], r"getitem cannot take shape \(3, 4\), index=\(9,\)"),
    "an index in text": (lambda: A["x"], r"whole numbers, slices or truths, not 'x'"),
    "half an index": (lambda: A[1.5], r"whole numbers, slices or truths, not '1.5'"),
    "too many indices": (lambda: A[0, 0, 0], r"getitem cannot take shape \(3, 4\), index=\(0, 0, 0\)"),
    "a mask of another shape": (lambda: A[np.array([True, False])], r"getitem cannot take shape \(3, 4\)"),
    "ragged indices": (lambda: A[[[0, 1], [2]]], r"whole numbers, slices or truths"),
    "indices of objects": (lambda: A[np.array([None, 1])], r"whole numbers, slices or truths"),
    "numbers as an index": (lambda: A[Tensor([0.5])], r"whole numbers or truths, such as t > 0"),
    "a Value as an index": (lambda: A[Value(1.0)], r"whole numbers, slices or truths"),
    "an index into a number": (lambda: ONE[0], r"getitem cannot take shape \(\)"),
    "complex numbers": (lambda: A + 1j, r"add works on Tensors, arrays and numbers, not on complex"),
    "complex arrays": (lambda: A * (np.ones(4) * 1j), r"mul works on .* not on ndarray"),
    "the trace of a matrix": (lambda: autograd.trace(A), r"trace\(\) takes nothing.*t\.trace\(\) or np\.trace"),
    "a mode without brackets": (lambda: no_grad(abs), r"no_grad\(\) takes nothing: .*@no_grad\(\)"),
    "a list": (lambda: autograd.exp([1.0]), r"exp works on numbers, arrays, Values and Tensors, not on list"),
    "text": (lambda: "x" + A, r"add works on .* not on str: 'x'"),
    "text taken away": (lambda: A - "x", r"subtraction works on .* not on str"),
    "None": (lambda: A * None, r"mul works on .* not on NoneType"),
    "None taken away": (lambda: None - A, r"works on Tensors, arrays and numbers, not on NoneType"),
    "objects": (lambda: A + np.array([None] * 4), r"add works on .* not on ndarray"),
    "a list of nodes": (lambda: A * [ONE, ONE, ONE, ONE], r"a list that holds nodes: join them with autograd\.stack"),
    "a list of nodes taken away": (lambda: ROW - [ONE, ONE, ONE, ONE], r"a list that holds nodes"),
    "a Value": (lambda: A + Value(1.0), r"add cannot join a Value and a Tensor"),
    "a Value taken away": (lambda: A - Value(1.0), r"add cannot join a Value and a Tensor"),
    "a Value on the left": (lambda: Value(1.0) * A, r"mul cannot join a Value and a Tensor"),
    "ragged rows": (lambda: A * [[1.0], [1.0, 2.0]], r"rows of unequal length"),
    "longer floats": (lambda: A * np.ones(4, np.longdouble), r"float64\)|works on"),
    "a list of Tensors to sum": (lambda: autograd.sum([A, A]), r"sum takes one Tensor.*autograd\.stack"),
    "text to sum": (lambda: autograd.sum("x"), r"sum works on a list"),
    "operands too many": (lambda: autograd.add(A, A, A), r"add takes 2 operands, got 3"),
    "operands too few": (lambda: autograd.exp(), r"exp takes 1 operand, got 0"),
    "a parameter too many": (lambda: ops.TABLE and autograd.array_ops.sum(A, foo=1), r"sum: .*foo"),
    "a parameter too few": (lambda: autograd.array_ops.reshape(A), r"reshape: .*shape"),
    "plain arrays to reshape": (lambda: autograd.reshape(np.ones(3), (2, 2)), r"reshape cannot take shape \(3,\)"),
    "plain arrays to multiply": (
        lambda: autograd.matmul(np.ones(3), np.ones(2)),
        r"matmul cannot join \(3,\) with \(2,\)",
    ),
    "plain arrays to add": (lambda: autograd.add(np.ones(3), np.ones(2)), r"add cannot join \(3,\) with \(2,\)"),
    "plain text": (lambda: autograd.mean(np.array(["x"])), r"an array of numbers is wanted"),
    "a plain array to take from": (lambda: autograd.take(np.ones(3), 99), r"getitem cannot take shape \(3,\)"),
    "rows to plain sums": (lambda: array_functions.sum([[1.0], [1.0, 2.0]]), r"rows of unequal length"),
    "a label": (lambda: Tensor(1.0, label=3), r"a label is a string"),
    "parameters of a Value": (lambda: array_functions.sum(Value(1.0)), r"a Value is one number"),
    "more scores than probabilities": (
        lambda: autograd.array_ops.nll(A, np.ones(3)),
        r"nll cannot join \(3, 4\) with \(3,\)",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_names_the_op_what_it_got_and_the_way_out(name):
    call, message = REFUSALS[name]
    with pytest.raises(AutogradError, match=message):
        call()


def test_a_plain_number_made_inside_a_rule_on_nodes_is_refused():
    mean_by_hand = autograd.array_op("detaching", lambda a: a.mean(), lambda g, y, a: (g * y.item() * a,))
    x = Tensor([1.0, 2.0])
    with pytest.raises(Detached, match="cut the derivative off"):
        autograd.gradients(mean_by_hand(x), [x], create_graph=True)


def test_backward_from_a_constant_says_why_there_is_nothing():
    with pytest.raises(AutogradError, match=r"constant.*no_grad"):
        Tensor(1.0, requires_grad=False).backward()
    with no_grad():
        y = Tensor([1.0]).sum()
    with pytest.raises(AutogradError, match="constant"):
        y.backward()


def test_shapes_of_unreached_and_reached_leaves():
    x, w = Tensor([1.0, 2.0]), Tensor([3.0])
    assert autograd.gradients((x * x).sum(), [x, w])[0].tolist() == [2.0, 4.0]
    assert autograd.gradients((x * x).sum(), [w]) == (0.0,)
    with pytest.raises(ShapeError, match=r"\(2,\)"):
        autograd.gradients(x * x, [x])


# ── gradients kept where an optimizer wants them ─────────────────────────────────────────────────────────────────────


def twice_a_layer(w, b):
    """Two layers with the same weights, and the weights themselves once more."""
    x = np.linspace(-1.0, 1.0, 12).reshape(4, 3)
    hidden = autograd.tanh(autograd.array_ops.linear(x, w, b))
    return (autograd.array_ops.linear(hidden, w, b) ** 2).sum() + (w * w).sum()


def test_a_leaf_that_keeps_its_gradient_elsewhere_has_the_same_gradient():
    start = Draw("weights").array((3, 3))
    w, b = Tensor(start), Tensor(np.ones(3))
    twice_a_layer(w, b).backward()
    moved, shift = Tensor(start), Tensor(np.ones(3))
    data, grad = np.empty(12), np.full(12, np.nan)
    moved.move_to(data[:9].reshape(3, 3), grad[:9].reshape(3, 3))
    shift.move_to(data[9:], grad[9:])
    for passes in (1, 2, 3):
        twice_a_layer(moved, shift).backward()
        np.testing.assert_allclose(grad, passes * np.concatenate([w.grad.ravel(), b.grad]), rtol=1e-13)
        assert np.shares_memory(moved.grad, grad)
    moved.zero_grad()
    twice_a_layer(moved, shift).backward()
    np.testing.assert_allclose(moved.grad, w.grad, rtol=1e-13)
    np.testing.assert_allclose(shift.grad, 4 * b.grad, rtol=1e-13)
    assert np.shares_memory(moved.grad, grad)


def test_gradients_asked_for_apart_are_not_written_where_a_leaf_keeps_its_own():
    w, b = Tensor(Draw("weights").array((3, 3))), Tensor(np.ones(3))
    grad = np.full(9, np.nan)
    w.move_to(np.empty((3, 3)), grad.reshape(3, 3))
    by_w, _ = autograd.gradients(twice_a_layer(w, b), [w, b])
    assert np.isnan(grad).all()
    assert not np.shares_memory(by_w, grad)
    twice_a_layer(w, b).backward()
    np.testing.assert_allclose(grad.reshape(3, 3), by_w, rtol=1e-13)


def test_a_copy_of_a_moved_leaf_stands_on_its_own():
    w = Tensor(np.ones((2, 2)))
    data, grad = np.empty((2, 2)), np.zeros((2, 2))
    w.move_to(data, grad)
    w.sum().backward()
    for twin in (copy.copy(w), copy.deepcopy(w), pickle.loads(pickle.dumps(w))):
        twin.sum().backward()
        twin.data = np.zeros((2, 2))
        twin.zero_grad()
        twin.sum().backward()
    assert (grad.tolist(), data.tolist()) == ([[1.0, 1.0]] * 2, [[1.0, 1.0]] * 2)
