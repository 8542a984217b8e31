"""Value: the operators and what they record, constants, comparisons, NumPy beside it, and wrong operands."""

import copy
import math
import operator
import pickle

import numpy as np
import pytest

import autograd
from autograd import Value
from autograd.errors import AutogradError, OperandError


def names(root):
    """The ops that made a value, parents first."""
    return [node.op.name for node in autograd.ancestry(root) if node.op]


def grads(f, *xs):
    """f's value and its derivatives at xs."""
    inputs = [Value(x) for x in xs]
    y = f(*inputs)
    y.backward()
    return y.data, [x.grad for x in inputs]


# ── operators and what they record ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("f", "recorded", "value", "slopes"),
    [
        (lambda a, b: a + b, ["add"], 10.0, [1.0, 1.0]),
        (lambda a, b: a * b, ["mul"], 16.0, [2.0, 8.0]),
        (lambda a, b: a - b, ["mul", "add"], 6.0, [1.0, -1.0]),
        (lambda a, b: a / b, ["reciprocal", "mul"], 4.0, [0.5, -2.0]),
        (lambda a, b: a**b, ["pow"], 64.0, [16.0, 64.0 * math.log(8.0)]),
    ],
    ids=["+", "-", "×", "÷", "**"],
)
def test_an_operator_between_values_records_the_elementary_ops(f, recorded, value, slopes):
    assert names(f(Value(8.0), Value(2.0))) == recorded
    assert grads(f, 8.0, 2.0) == (value, slopes)


@pytest.mark.parametrize(
    ("f", "recorded", "value", "slope"),
    [
        (lambda a: a + 2, ["add"], 10.0, 1.0),
        (lambda a: 2 + a, ["add"], 10.0, 1.0),
        (lambda a: a * 2, ["mul"], 16.0, 2.0),
        (lambda a: 2 * a, ["mul"], 16.0, 2.0),
        (lambda a: a - 2, ["add"], 6.0, 1.0),
        (lambda a: 2 - a, ["mul", "add"], -6.0, -1.0),
        (lambda a: a / 2, ["mul"], 4.0, 0.5),
        (lambda a: 2 / a, ["reciprocal", "mul"], 0.25, -0.03125),
        (lambda a: 1 / a, ["reciprocal"], 0.125, -0.015625),
        (lambda a: a**2, ["pow"], 64.0, 16.0),
        (lambda a: 2**a, ["pow"], 256.0, 256.0 * math.log(2.0)),
        (lambda a: -a, ["mul"], -8.0, -1.0),
        (lambda a: abs(-a), ["mul", "abs"], 8.0, 1.0),
        (lambda a: a.exp().log(), ["exp", "log"], 8.0, 1.0),
        (lambda a: a.relu(), ["relu"], 8.0, 1.0),
        (lambda a: a.sqrt() ** 2, ["sqrt", "pow"], 8.0, 1.0),
        (lambda a: a.sigmoid(), ["mul", "exp", "add", "reciprocal"], 1 / (math.exp(-8.0) + 1), None),
    ],
)
def test_an_operator_with_a_plain_number_records_what_the_textbook_would(f, recorded, value, slope):
    assert names(f(Value(8.0))) == recorded
    found, (by_a,) = grads(f, 8.0)
    assert found == pytest.approx(value, rel=1e-15)
    assert slope is None or by_a == pytest.approx(slope, rel=1e-15)


@pytest.mark.parametrize(
    "number", [3, 3.0, True, np.float64(3), np.float32(3), np.int64(3), np.bool_(True), np.array(3.0)]
)
@pytest.mark.parametrize("f", [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow])
def test_any_plain_number_counts_as_a_float_on_either_side(f, number):
    x, z = Value(2.0), Value(2.0)
    for y, wanted in ((f(x, number), f(z, float(number))), (f(number, x), f(float(number), z))):
        y.backward()
        wanted.backward()
        assert isinstance(y, Value)
        assert type(y.data) is float
        assert (y.data, names(y)) == (wanted.data, names(wanted))
    assert x.grad == z.grad


def test_operands_keep_the_order_in_which_they_were_written():
    x = Value(3.0)
    assert [p.data for p in (2 + x).parents] == [2.0, 3.0]
    assert [p.data for p in (x + 2).parents] == [3.0, 2.0]
    assert [p.data for p in (2 * x).parents] == [2.0, 3.0]
    assert [p.data for p in (2**x).parents] == [2.0, 3.0]
    assert [p.data for p in (np.float64(2) * x).parents] == [2.0, 3.0]
    assert [p.data for p in (2 - x).parents] == [2.0, -3.0]
    assert [p.data for p in (2 / x).parents] == [2.0, pytest.approx(1 / 3)]
    assert [p.data for p in (x - 2).parents] == [3.0, -2.0]
    assert [p.data for p in (x / 2).parents] == [3.0, 0.5]
    assert [p.data for p in (-x).parents] == [3.0, -1.0]


def test_the_textbook_neuron_records_h1_to_h6_in_order():
    w, x, b = Value(0.0), Value(1.0), Value(0.0)
    f = 1 / (autograd.exp(-(x * w + b)) + 1)
    assert names(f) == ["mul", "add", "mul", "exp", "add", "reciprocal"]
    assert names((x * w + b).sigmoid()) == names(f)
    assert names(autograd.sigmoid(x * w + b)) == names(f)


def test_plus_x_is_x_itself():
    x = Value(1.0)
    assert +x is x


def test_an_in_place_operator_makes_a_new_node_and_leaves_the_old_one_alone():
    x = Value(1.0)
    y = x
    y += 2
    y *= 3
    assert (x.data, x.op) == (1.0, None)
    assert (y.data, names(y)) == (9.0, ["add", "mul"])


# ── constants and variables ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_plain_number_becomes_a_constant_toward_which_no_derivative_is_taken():
    x = Value(3.0)
    y = x * 2
    constant = y.parents[1]
    assert y.parents[0] is x
    assert (constant.data, constant.op, constant.requires_grad) == (2.0, None, False)
    assert y.local_gradients == (2.0, None)
    assert y.parents[1] is constant
    y.backward()
    assert constant.grad == 0.0


def test_a_leaf_has_no_op_no_parents_and_no_local_gradients():
    x = Value(3.0, label="x")
    assert (x.op, x.parents, x.local_gradients, x.grad, x.requires_grad, x.label) == (None, (), (), 0.0, True, "x")


def test_a_value_times_itself_has_two_parents():
    a = Value(3.0)
    y = a * a
    assert y.parents == (a, a)
    assert y.local_gradients == (3.0, 3.0)


def test_a_value_keeps_all_operands_of_an_op_of_many():
    xs = [Value(x) for x in (1.0, 3.0, 2.0)]
    y = autograd.max([*xs, 5.0])
    assert y.parents[:3] == tuple(xs)
    assert y.parents[3].data == 5.0
    assert y.parents[3] is y.parents[3]
    assert y.local_gradients == (0.0, 0.0, 0.0, None)


def test_a_frozen_leaf_is_a_constant():
    w, x = Value(2.0), Value(3.0)
    w.requires_grad = False
    y = w * x
    y.backward()
    assert y.local_gradients == (None, 2.0)
    assert (w.grad, x.grad) == (0.0, 2.0)


def test_what_depends_on_constants_alone_needs_no_gradient():
    c = Value(2.0)
    c.requires_grad = False
    assert not (c * 3 + 1).exp().requires_grad
    assert (c * Value(1.0)).requires_grad


def test_requires_grad_of_an_interior_node_cannot_be_set():
    with pytest.raises(AutogradError, match=r"requires_grad belongs to leaves; this node was made by mul"):
        (Value(2.0) * 3).requires_grad = False


# ── data and grad ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("number", [3, 3.0, np.float64(3), np.float32(3), np.int8(3), np.array(3)])
def test_data_is_always_a_plain_float(number):
    assert type(Value(number).data) is float
    v = Value(0.0)
    v.data = number
    assert type(v.data) is float
    assert v.data == 3.0


def test_integers_beyond_the_floats_become_infinite():
    assert Value(10**400).data == math.inf
    assert (Value(1.0) * -(10**400)).data == -math.inf


def test_a_training_step_may_be_written_in_place():
    w = Value(1.0)
    for _ in range(3):
        loss = (w * 2) ** 2
        loss.backward()
        w.data -= 0.125 * w.grad
        w.grad = 0
    assert w.data == 0.0
    assert w.grad == 0


def test_grad_is_zero_before_any_pass_and_after_zero_grad():
    x = Value(3.0)
    assert x.grad == 0.0
    (x * x).backward()
    assert x.grad == 6.0
    x.zero_grad()
    assert x.grad == 0.0


@pytest.mark.parametrize("wrong", [None, "1", [1.0], 1j, np.ones(2), object()])
def test_data_that_is_no_number_is_refused(wrong):
    with pytest.raises(OperandError):
        Value(wrong)
    v = Value(1.0)
    with pytest.raises(OperandError, match="data"):
        v.data = wrong
    assert v.data == 1.0


def test_a_value_of_a_value_is_refused_in_words_that_make_sense():
    with pytest.raises(OperandError) as raised:
        Value(Value(1.0))
    assert "works on numbers and Values, not on Value" not in str(raised.value)


def test_a_label_is_a_string():
    v = Value(1.0, "weight")
    v.label = "w"
    assert v.label == "w"
    v.label = None
    assert v.label is None
    with pytest.raises(OperandError, match="a label is a string, got int"):
        v.label = 3
    with pytest.raises(OperandError, match="a label is a string"):
        Value(1.0, label=3)


def test_a_value_has_no_attributes_but_its_own():
    with pytest.raises(AttributeError):
        Value(1.0).gard = 0.0


# ── comparisons, hashing, conversion ─────────────────────────────────────────────────────────────────────────────────


def test_comparisons_act_on_data():
    a, b = Value(1.0), Value(2.0)
    assert a < b
    assert a <= b
    assert b > a
    assert b >= a
    assert a == Value(1.0)
    assert a != b
    assert a == 1
    assert 1 == a  # noqa: SIM300
    assert 0 < a < 1.5
    assert np.float64(0.5) < a
    assert np.float64(1.0) == a
    assert not a < a
    assert Value(math.nan) != Value(math.nan)


def test_a_value_is_not_equal_to_what_is_no_number():
    assert Value(1.0) != "1"
    assert Value(1.0) != None  # noqa: E711
    assert Value(1.0) not in ["x", None]
    with pytest.raises(TypeError):
        _ = Value(1.0) < "1"


def test_hashing_is_by_identity():
    a, b = Value(1.0), Value(1.0)
    assert a == b
    assert len({a, b}) == 2
    assert {a: "a", b: "b"}[b] == "b"


def test_sum_and_max_over_values_work():
    xs = [Value(x) for x in (1.0, 4.0, 2.0)]
    assert max(xs) is xs[1]
    assert min(xs) is xs[0]
    assert sorted(xs) == [xs[0], xs[2], xs[1]]
    total = sum(xs)
    total.backward()
    assert total.data == 7.0
    assert [x.grad for x in xs] == [1.0, 1.0, 1.0]


def test_a_value_is_true_unless_it_is_zero():
    assert Value(0.1)
    assert not Value(0.0)
    assert Value(math.nan)


def test_a_value_formats_and_converts_as_its_number():
    v = Value(1.23456, label="v")
    assert f"{v:.2f}" == "1.23"
    assert f"{v:10.1e}" == "   1.2e+00"
    assert float(v) == 1.23456
    assert f"{v}" == repr(v) == str(v) == "Value(1.23456, grad=0.0, label='v')"
    assert repr(v * 2) == "Value(2.46912, grad=0.0, op=mul)"


# ── NumPy beside it ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("f", [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow])
def test_a_numpy_scalar_on_the_left_records_what_a_float_does(f):
    x, z = Value(3.0), Value(3.0)
    y, w = f(np.float64(2.0), x), f(2.0, z)
    y.backward()
    w.backward()
    assert isinstance(y, Value)
    assert names(y) == names(w)
    assert (y.data, x.grad) == (w.data, z.grad)


@pytest.mark.parametrize("f", [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow])
@pytest.mark.parametrize("array", [np.ones(2), np.ones((2, 2)), np.array([3], dtype=int), np.ones(0)])
def test_an_array_beside_a_value_is_refused_by_naming_tensor(f, array):
    for call in (lambda: f(array, Value(1.0)), lambda: f(Value(1.0), array)):
        with pytest.raises(TypeError, match="Tensor"):
            call()


@pytest.mark.parametrize("function", [np.exp, np.log, np.tanh, np.maximum, np.sqrt])
def test_a_numpy_function_of_a_value_is_refused_by_naming_ours(function):
    operands = (Value(1.0),) * function.nin
    with pytest.raises(TypeError, match=f"use autograd.{function.__name__}"):
        function(*operands)


@pytest.mark.parametrize("function", [np.square, np.arctan2, np.floor_divide, np.cbrt])
def test_a_numpy_function_that_we_do_not_have_is_not_promised(function):
    operands = (Value(1.0),) * function.nin
    with pytest.raises(TypeError) as raised:
        function(*operands)
    assert f"autograd.{function.__name__}" not in str(raised.value)


# ── wrong operands ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("wrong", ["1", None, [1.0], 1j, object()], ids=lambda x: type(x).__name__)
@pytest.mark.parametrize("f", [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow])
def test_an_operand_that_is_no_number_is_refused_on_either_side(f, wrong):
    for call in (lambda: f(Value(1.0), wrong), lambda: f(wrong, Value(1.0))):
        with pytest.raises(TypeError):
            call()


@pytest.mark.parametrize(
    ("f", "name"),
    [
        (operator.add, "add"),
        (operator.sub, "subtraction"),
        (operator.mul, "mul"),
        (operator.pow, "pow"),
        (operator.truediv, "reciprocal"),
    ],
)
def test_a_wrong_operand_is_refused_by_naming_the_op_and_what_was_given(f, name):
    with pytest.raises(OperandError, match=f"{name} works on numbers and Values, not on str: 'two'"):
        f(Value(1.0), "two")


def test_every_error_is_one_of_ours_and_a_type_error_too():
    with pytest.raises(OperandError) as raised:
        Value(1.0) + "1"
    assert isinstance(raised.value, AutogradError)
    assert isinstance(raised.value, TypeError)


# ── IEEE-754 ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_value_never_raises_where_floats_have_an_answer():
    zero = Value(0.0)
    assert (1 / zero).data == math.inf
    assert (-1 / zero).data == -math.inf
    assert math.isnan((zero / 0).data)
    assert Value(1000.0).exp().data == math.inf
    assert zero.log().data == -math.inf
    assert math.isnan((Value(-8.0) ** (1 / 3)).data)
    assert (Value(1e308) * 10).data == math.inf
    assert (Value(10.0) ** 400).data == math.inf


# ── subclasses, copies, pickles ──────────────────────────────────────────────────────────────────────────────────────


class Parameter(Value):
    __slots__ = ()


def test_a_subclass_of_value_works_wherever_a_value_does():
    for make in (Value, Parameter):
        w, x = make(2.0), Value(3.0)
        y = (w * w + w * x - x / w) ** 2 + autograd.max([w, x]) + (1 - w).exp() + autograd.where(w > 0, w, x)
        y.backward()
        assert isinstance(y, Value)
        if make is Value:
            expected = (y.data, w.grad, x.grad)
        else:
            assert (y.data, w.grad, x.grad) == expected


def test_a_deep_copy_is_a_graph_of_its_own():
    x = Value(3.0, label="x")
    y = x * x + 1
    twin = copy.deepcopy(y)
    twin.backward()
    assert x.grad == 0.0
    assert [n.data for n in autograd.ancestry(twin)] == [n.data for n in autograd.ancestry(y)]
    leaf = autograd.ancestry(twin)[0]
    assert (leaf.label, leaf.grad) == ("x", 6.0)
    assert twin.parents[0].parents == (leaf, leaf)


def test_a_deep_copy_of_several_values_keeps_what_they_share():
    x = Value(3.0)
    twins = copy.deepcopy({"x": x, "square": x * x, "cube": x * x * x})
    (twins["square"] + twins["cube"]).backward()
    assert twins["x"].grad == 6.0 + 27.0


def test_a_pickle_brings_back_the_graph_and_its_gradients():
    x = Value(3.0, label="x")
    y = autograd.max([x * x, x.exp().log(), x + 1])
    y.backward()
    twin = pickle.loads(pickle.dumps(y))
    assert [repr(n) for n in autograd.ancestry(twin)] == [repr(n) for n in autograd.ancestry(y)]
    assert [n.local_gradients for n in autograd.ancestry(twin)] == [n.local_gradients for n in autograd.ancestry(y)]
    assert twin.op is y.op
    twin.backward()
    assert autograd.ancestry(twin)[0].grad == 12.0


def test_a_pickle_of_a_graph_with_an_op_of_ones_own_is_refused_by_name():
    double = autograd.elementwise("double", lambda a: 2 * a, lambda a: 2 * a, lambda y, a: (2.0,))
    with pytest.raises(AutogradError, match="double"):
        pickle.loads(pickle.dumps(double(Value(1.0))))


def test_an_op_of_ones_own_is_not_pickled_as_the_row_whose_name_it_has():
    other = autograd.elementwise("exp", lambda a: 2 * a, lambda a: 2 * a, lambda y, a: (2.0,))
    y = other(Value(1.0))
    with pytest.raises(AutogradError, match="exp"):
        pickle.loads(pickle.dumps(y))


def test_a_copy_of_an_interior_node_has_the_same_parents():
    x = Value(3.0)
    y = x * x
    y.backward()
    twin = copy.copy(y)
    assert twin is not y
    assert twin.parents == (x, x)
    assert (twin.data, twin.grad, twin.op, twin.local_gradients) == (9.0, 1.0, y.op, (3.0, 3.0))


def test_a_copy_of_a_leaf_is_independent_of_the_original():
    x = Value(3.0, label="x")
    twin = copy.copy(x)
    twin.data = 4.0
    (twin * 2).backward()
    assert (x.data, x.grad, twin.label) == (3.0, 0.0, "x")
