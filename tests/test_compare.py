"""compare aligns two graphs and names the first node whose value, gradient or operation differs."""

import math

import numpy as np
import pytest
from random_programs import program

import autograd
from autograd import Tensor, Value, ancestry, compare, elementwise
from autograd.errors import ArgumentError, OperandError

OPS = autograd.ops.TABLE


def run(made, change=None):
    """The graph of a program; `change(step, name, operands)` may take the place of a step."""
    steps = iter(range(made.size))

    def apply(name, *operands):
        step = next(steps)
        changed = None if change is None else change(step, name, operands)
        return OPS[name](*operands) if changed is None else changed

    return made.expression.evaluate(apply, [Value(x, f"x{i}") for i, x in enumerate(made.point)])


# ── the same ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_graph_is_the_same_as_itself_and_as_its_like():
    for number in range(60):
        made = program(number, 60)
        root = run(made)
        assert compare(root, root).same
        found = compare(root, run(made))
        assert found.same
        assert (found.partners, found.first) == (len(ancestry(root)), None)
        assert not found


def test_graphs_without_finite_numbers_are_the_same_where_the_numbers_are():
    x = Value(math.nan)
    assert compare(x * 2.0 + math.inf, x * 2.0 + math.inf).same


def test_a_label_in_one_graph_alone_makes_no_difference():
    assert compare(Value(1.0, "x") * 2.0, Value(1.0) * 2.0).same


def test_the_graphs_may_have_been_walked_already():
    x, y = Value(2.0), Value(2.0)
    one, other = x * x, y * y
    one.backward()
    one.backward()
    assert compare(one, other).same
    assert (x.grad, y.grad) == (8.0, 0.0)  # nothing was stored


# ── values and gradients ─────────────────────────────────────────────────────────────────────────────────────────────


def test_the_amount_is_told_in_units_in_the_last_place():
    x, y = 1.0, np.nextafter(np.nextafter(1.0, 2.0), 2.0)
    found = compare(Value(x), Value(y))
    assert (found.first.kind, found.first.ulps, found.first.dtype) == ("value", 2.0, "float64")
    assert compare(Tensor(np.float32(1.0)), Tensor(np.float32(1.0) + np.float32(2.0**-23))).first.ulps == 1.0
    assert compare(Value(math.inf), Value(1.0)).first.ulps == math.inf
    assert compare(Value(0.0), Value(-0.0)).same


def test_a_leaf_that_differs_is_the_first_difference():
    for number in range(60):
        made = program(number, 40)
        moved = made.at([made.point[0] + 0.25, *made.point[1:]])
        one, other = run(made), run(moved)
        if all(node.label != "x0" for node in ancestry(one)):
            continue
        first = compare(one, other).first
        assert (first.kind, first.name, first.numbers) == ("value", "x0", (made.point[0], moved.point[0]))


def test_a_step_whose_result_differs_is_the_first_difference():
    seen = 0
    for number in range(80):
        made = program(number, 40)
        at = number % made.size
        nudged = elementwise(made.expression.steps[at][0], *_nudged(OPS[made.expression.steps[at][0]]))
        one, other = run(made), run(made, lambda step, name, xs, at=at, op=nudged: op(*xs) if step == at else None)
        if not any(node.op is nudged for node in ancestry(other)):
            continue
        seen += 1
        first = compare(one, other).first
        assert (first.kind, first.second.op) == ("value", nudged)
        assert first.ulps >= 1.0
    assert seen > 60


def _nudged(op):
    """The functions of an op whose result is one unit in the last place too large."""
    return (
        lambda *xs: float(np.nextafter(op.function(*xs), math.inf)),
        lambda *xs: np.nextafter(op.array_function(*xs), math.inf),
        op.rule,
    )


def test_a_rule_that_differs_shows_in_the_gradient_of_its_operand():
    wrong = elementwise("tanh", math.tanh, np.tanh, lambda y, a: (1.0 - y,))
    x, y = Value(0.5, "x"), Value(0.5, "x")
    found = compare((x * 3.0).tanh() * 2.0, wrong(y * 3.0) * 2.0)
    assert (found.first.kind, found.first.name, found.first.first.op.name) == ("gradient", "h1", "mul")
    assert [each.kind for each in found.differences] == ["gradient", "gradient"]


def test_what_is_detached_in_one_run_has_no_gradient_there():
    def loss(w, detached):
        h = w * 2.0
        if detached:
            h = h.detach()
        return (h * w).sum()

    found = compare(loss(Tensor([1.0, 2.0], label="w"), False), loss(Tensor([1.0, 2.0], label="w"), True))
    assert not found.same
    frozen = Value(3.0, "w")
    frozen.requires_grad = False
    x, y = Value(2.0, "x"), Value(2.0, "x")
    first = compare(Value(3.0, "w") * x, frozen * y).first
    assert (first.kind, first.name, first.numbers) == ("gradient", "w", (2.0, 0.0))


def test_float32_is_compared_with_float64_in_its_own_units():
    rng = np.random.default_rng(0)
    data, weights = rng.normal(size=(5, 4)), rng.normal(size=(4, 3))

    def loss(dtype):
        w = Tensor(weights.astype(dtype), label="W")
        return (autograd.ops.tanh(data.astype(dtype) @ w) ** 2).mean()

    found = compare(loss(np.float32), loss(np.float64))
    assert found.first.dtype == "float32"
    assert 0.5 < max(each.ulps for each in found.differences) < 1000.0
    assert found.first.name == "h1"  # W and the data are the same number, rounded
    assert compare(loss(np.float32), loss(np.float64), ulps=1000.0).same
    assert compare(loss(np.float64), loss(np.float64)).same


# ── structure ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_another_op_in_the_same_place_is_where_the_structure_differs():
    seen = 0
    for number in range(80):
        made = program(number, 40)
        at = number % made.size
        if OPS[made.expression.steps[at][0]].arity != 1 or "arctan" in made.names:
            continue

        def change(step, name, xs, at=at):
            return autograd.arctan(xs[0]) if step == at else None

        one, other = run(made), run(made, change)
        changed = [node for node in ancestry(other) if node.op is autograd.arctan]
        if len(changed) != 1:
            continue
        seen += 1
        first = compare(one, other).first
        assert (first.kind, first.second) == ("structure", changed[0])
        assert first.what == f"{made.expression.steps[at][0]} against arctan"
    assert seen > 10


def test_a_node_that_was_put_in_is_where_the_structure_differs_and_the_rest_is_aligned():
    seen = 0
    for number in range(80):
        made = program(number, 40)
        at = number % made.size

        def change(step, name, xs, at=at):
            return autograd.arctan(OPS[name](*xs)) if step == at and isinstance(OPS[name](*xs), Value) else None

        one, other = run(made), run(made, change)
        inserted = [node for node in ancestry(other) if node.op is autograd.arctan]
        if "arctan" in made.names or not inserted:
            continue
        seen += 1
        for found, missing in ((compare(one, other), False), (compare(other, one), True)):
            assert found.partners == len(ancestry(one))
            assert (found.first.kind, found.first.first if missing else found.first.second) == ("structure", *inserted)
            assert found.first.what == f"arctan in the {'first' if missing else 'second'} alone"
            assert "—" not in str(found.first)
    assert seen > 40


def test_a_layer_that_was_put_in_is_told_in_the_order_it_is_computed():
    def loss(extra):
        h = autograd.ops.tanh(Tensor([[1.0, 2.0]]) @ Tensor([[0.5], [0.25]], label="W"))
        return autograd.sum((h * 1.5 if extra else h) ** 2)

    found = compare(loss(False), loss(True))
    kinds = [(each.kind, each.what) for each in found.differences[:3]]
    assert kinds == [
        ("structure", "mul in the second alone"),
        ("structure", "a constant in the second alone"),
        ("value", ""),
    ]


def test_shapes_and_parameters_are_structure():
    x = Tensor(np.ones((3, 3)))
    assert compare(autograd.sum(x, axis=0), autograd.sum(x, axis=1)).first.kind == "structure"
    assert "shape" in compare(Tensor(np.ones(3)) * 2.0, Tensor(np.ones(4)) * 2.0).first.what


def test_the_order_of_operands_is_structure_where_they_are_told_apart():
    x, y = Value(2.0, "x"), Value(3.0, "y")
    assert compare(x * y, x * y).same
    assert not compare(x * y, y * x).same


# ── as text and picture ──────────────────────────────────────────────────────────────────────────────────────────────


def test_the_report_is_a_table_of_the_first_differences():
    x = Value(1.0, "x")
    found = compare(autograd.exp(x) * 2.0, autograd.exp(x) * 3.0)
    text = str(found)
    assert text.startswith("first difference, value of 2 beside 3: 2.0 against 3.0, ")
    assert "4 nodes against 4, 4 of them aligned" in text
    assert [line.split()[:3] for line in text.splitlines()[5:]] == [
        ["2", "3", "value"], ["h2", "h2", "value"], ["h1", "h1", "gradient"], ["x", "x", "gradient"],
    ]  # fmt: skip
    assert found._repr_mimebundle_() == {"text/plain": text}
    assert str(compare(x, x)) == "the same: 1 node against 1, 1 of them aligned"


def test_the_drawing_marks_the_first_node_that_differs():
    x = Value(1.0, "x")
    same, other = autograd.exp(x) * 2.0, autograd.tanh(x) * 2.0
    found = compare(same, other)
    svg = found.drawing().svg
    assert svg.count("-mark-") == 1
    assert "exp against tanh" in svg
    assert "no backward pass" not in svg
    assert "5.437" in svg  # the gradient of x in the first
    assert "-mark-" not in compare(same, same).drawing().svg


def test_a_note_says_why_gradients_are_not_compared():
    x = Value(1.0)
    with autograd.no_grad():
        constant = x * 2.0
    assert "one of the roots is a constant" in compare(constant, x * 2.0).note
    t = Tensor([1.0, 2.0])
    y = (t * t).sum()
    t.data = [1.0, 3.0]
    assert "set since" in compare(y, y).note


def test_programs_are_compared_at_their_example():
    one = autograd.record(lambda x: x.exp() * 2.0, 1.0)
    other = autograd.record(lambda x: x.exp() + 2.0, 1.0)
    assert compare(one, one).same
    assert compare(one, other).first.what == "mul against add"


def test_chains_of_100_000_are_compared():
    def chain(length, tanh_at=None):
        y = Value(1.0, "x")
        for i in range(length):
            y = y.tanh() if i == tanh_at else y + 0.001
        return y

    assert compare(chain(50_000), chain(50_000)).same  # with their constants 100,001 nodes each
    found = compare(chain(20_000), chain(20_000, tanh_at=10_000))
    assert (found.first.what, found.first.name) == ("add against tanh", "h10001")


def test_what_is_no_root_is_refused():
    with pytest.raises(OperandError, match="compare takes two roots"):
        compare(Value(1.0), 1.0)
    with pytest.raises(ArgumentError, match="ulps"):
        compare(Value(1.0), Value(1.0), ulps=-1.0)
