"""Mistakes on purpose: each does to the gradients what it is said to do, and nothing else."""

import math
from collections import Counter

import naive
import numpy as np
import pytest
from random_programs import program

import autograd
from autograd import Tensor, Value, ancestry, mistakes
from autograd.errors import ArgumentError, AutogradError, OperandError, ShapeError


def doubled_twice():
    """a = 1, b = a + a, c = b + b."""
    a = Value(1.0, "a")
    b = a + a
    b.label = "b"
    c = b + b
    c.label = "c"
    return a, b, c


def test_why_the_topological_sort():
    a, b, c = doubled_twice()
    found = mistakes.without_topological_order(c)
    assert (found.right[a], found.wrong[a], found.first) == (4.0, 2.0, a)
    assert found.wrong[b] == 2.0  # b has heard both shares, and had spoken after the first
    assert "What it hears later" in str(found)
    assert a.grad == 0.0


@pytest.mark.parametrize(
    ("mistake", "first", "wrong"),
    [
        ("without_topological_order", "a", {"c": 1.0, "b": 2.0, "a": 2.0}),
        ("overwriting", "b", {"c": 1.0, "b": 1.0, "a": 1.0}),
        ("forgetting_zero_grad", "a", {"c": 1.0, "b": 2.0, "a": 8.0}),
        ("parents_as_a_set", "b", {"c": 1.0, "b": 1.0, "a": 1.0}),
        ("stale_data", None, {"c": 1.0, "b": 2.0, "a": 4.0}),
    ],
)
def test_every_mistake_on_a_plus_a(mistake, first, wrong):
    _, _, c = doubled_twice()
    found = getattr(mistakes, mistake)(c)
    assert {node.label: x for node, x in found.wrong.items()} == wrong
    assert {node.label: x for node, x in found.right.items()} == {"c": 1.0, "b": 2.0, "a": 4.0}
    assert (found.first and found.first.label) == first
    assert bool(found) == (first is not None)


def test_stale_data_bite_where_a_slope_depends_on_them():
    x = Value(3.0, "x")
    found = mistakes.stale_data(x * x, step=0.5)
    assert (found.right[x], found.wrong[x]) == (6.0, 0.0)  # 3 − 0.5 · 6 = 0, and its slope is 0
    assert x.data == 3.0


# ── the wrong passes, against passes written down apart ──────────────────────────────────────────────────────────────


def slopes(node):
    """Closed forms of the local derivatives, one for each operand that needs one; nan is taken as 0."""
    partials = naive.ROWS[node.op.name][1](*(float(parent.data) for parent in node.parents))
    pairs = zip(node.parents, partials, strict=True)
    return [(parent, partial) for parent, partial in pairs if parent.requires_grad and not math.isnan(partial)]


def last_share(root):
    gradients = {root: 1.0}
    for node in reversed(ancestry(root)):
        if node in gradients and node.op is not None:
            gradients.update({parent: gradients[node] * partial for parent, partial in slopes(node)})
    return gradients


def discovery(root, gradients=None, share=1.0):
    """The recursion that a first engine is often written with."""
    gradients = {} if gradients is None else gradients
    heard = root in gradients
    gradients[root] = gradients.get(root, 0.0) + share
    if not heard and root.op is not None:
        mine = gradients[root]
        for parent, partial in slopes(root):
            discovery(parent, gradients, mine * partial)
    return gradients


def one_edge(root):
    gradients = Counter({root: 1.0})
    for node in reversed(ancestry(root)):
        if node.op is not None and node in gradients:
            for parent, partial in dict(reversed(slopes(node))).items():  # the first edge of each parent
                gradients[parent] += gradients[node] * partial
    return gradients


SMOOTH = {"add", "mul", "exp", "reciprocal", "sin", "cos", "tanh", "arctan", "expm1", "log", "sqrt", "logistic"}


def programs(count):
    """Random programs of which a closed form knows every slope."""
    number = 0
    while count:
        made = program(number, 30)
        number += 1
        if made.names <= SMOOTH and made.size > 2:
            count -= 1
            yield made.run([Value(x) for x in made.point])


@pytest.mark.parametrize(
    ("mistake", "pass_"),
    [
        (mistakes.overwriting, last_share),
        (mistakes.without_topological_order, discovery),
        (mistakes.parents_as_a_set, one_edge),
    ],
)
def test_a_wrong_pass_is_wrong_in_the_way_it_says(mistake, pass_):
    harmful = 0
    for root in programs(60):
        found, expected = mistake(root), pass_(root)
        for node, x in found.wrong.items():
            assert x == pytest.approx(expected[node], rel=1e-6, abs=1e-9)
        harmful += bool(found)
    assert harmful > 5


def test_the_right_gradients_are_those_of_backward_and_the_first_wrong_one_has_right_ones_before_it():
    for root in programs(40):
        for found in mistakes.all(root):
            root.backward()
            interior = [node for node in found.order if node.op is not None]
            assert all(found.right[node] == node.grad for node in interior)
            if found:
                before = found.order[: found.order.index(found.first)]
                assert not any(found.is_wrong(node) for node in before)
                assert found.is_wrong(found.first)


def test_where_every_node_is_used_once_the_order_the_sum_and_the_set_do_not_matter():
    f = (Value(0.5) * Value(2.0) + Value(1.0)).exp() * Value(3.0)
    for mistake in (mistakes.without_topological_order, mistakes.overwriting, mistakes.parents_as_a_set):
        assert not mistake(f)
        assert "does no harm" in str(mistake(f))
    assert mistakes.forgetting_zero_grad(f)


def test_mistakes_are_made_on_tensors_too():
    w = Tensor([[1.0, 2.0], [3.0, 4.0]], label="W")
    root = (np.tanh(w @ w) + w).sum()
    root.backward()
    for found in mistakes.all(root):
        np.testing.assert_allclose(found.right[w], w.grad)
    assert mistakes.parents_as_a_set(root).first is w
    np.testing.assert_allclose(mistakes.forgetting_zero_grad(root).wrong[w], 2.0 * w.grad)
    broadcast = (Tensor([1.0, 2.0], label="b") * np.ones((3, 2)) * Tensor([0.5, 0.25], label="c")).sum()
    assert mistakes.stale_data(broadcast).wrong.keys() == mistakes.stale_data(broadcast).right.keys()
    single = Tensor(np.array([1.0, 2.0], np.float32))
    assert mistakes.stale_data((single * single).sum()).wrong[single].dtype == np.float32


# ── as text and picture ──────────────────────────────────────────────────────────────────────────────────────────────


def test_the_table_shows_every_node_and_points_to_the_first():
    _, _, c = doubled_twice()
    lines = mistakes.overwriting(c).table.splitlines()
    assert [line.split() for line in lines[2:]] == [
        ["c", "b", "+", "b", "1", "1"],
        ["b", "a", "+", "a", "2", "1", "←", "first"],
        ["a", "variable", "4", "1", "←"],
    ]


def test_the_overview_has_a_line_for_each_mistake():
    _, _, c = doubled_twice()
    overview = mistakes.all(c)
    assert len(overview) == 5
    assert [line.split()[-2:] for line in str(overview).splitlines()[2:]] == [
        ["2", "1"], ["1", "2"], ["8", "1"], ["1", "2"], ["here", "0"],
    ]  # fmt: skip
    assert overview[0].name == "without the topological order"


def test_the_drawing_marks_the_first_wrong_node():
    _, _, c = doubled_twice()
    found = mistakes.without_topological_order(c)
    svg = found.drawing().svg
    assert [f">{gradient}<" in svg for gradient in ("4", "← 2")] == [True, True]  # though backward() was never called
    assert "no backward pass" not in svg
    assert "no backward pass" in found.drawing(gradients=None).svg
    assert svg.count("-mark-") == 1
    assert "a: without the topological order: 2 in place of 4" in svg
    assert "penwidth=3" in found.drawing().dot
    assert "-mark-" not in mistakes.stale_data(c).drawing().svg
    assert set(found._repr_mimebundle_()) == {"text/html", "image/svg+xml", "text/plain"}


def test_marks_are_nodes_of_the_graph_with_a_text():
    a, b, _ = doubled_twice()
    with pytest.raises(ArgumentError, match="no node of this graph"):
        autograd.draw(b, marks={Value(1.0): "elsewhere"})
    with pytest.raises(ArgumentError, match="nodes to texts"):
        autograd.draw(b, marks=[a])
    assert autograd.draw(b, marks={}).svg == autograd.draw(b).svg
    assert "&lt;b&gt;⏎" in autograd.draw(b, marks={a: "<b>\n"}).svg


def test_a_mark_in_a_folded_part_marks_its_box():
    y = x = Value(1.0, "x")
    for _ in range(400):
        y = y * 1.01
    middle = ancestry(y)[200]
    drawing = autograd.draw(y, marks={middle: "here"})
    assert drawing.svg.count("-mark-") == 1
    assert x in ancestry(y)


def test_a_chain_of_100_000_is_gone_through():
    y = Value(0.0)
    for _ in range(100_000):
        y = y + 0.001
    found = mistakes.without_topological_order(y * y)
    assert found.order.index(found.first) == 2
    assert "more nodes" in found.table


def test_what_has_no_backward_pass_is_refused():
    with pytest.raises(OperandError, match="root"):
        mistakes.overwriting(1.0)
    with autograd.no_grad():
        y = Value(1.0) * 2.0
    with pytest.raises(AutogradError, match="constant"):
        mistakes.all(y)
    with pytest.raises(ArgumentError, match="step"):
        mistakes.stale_data(Value(1.0) * 2.0, step=math.nan)
    with pytest.raises(AutogradError, match="shape"):
        mistakes.all(Tensor([1.0, 2.0]) * 2.0)


# ── which mistake was it ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "name", ["without_topological_order", "overwriting", "forgetting_zero_grad", "parents_as_a_set"]
)
def test_a_mistake_is_recognised_by_the_gradients_it_leaves(name):
    x, y = Value(0.7, "x"), Value(-1.2, "y")
    h = x * x + y
    root = (h * x).tanh() * h + h
    made = getattr(mistakes, name)(root)
    leaves = {node: made.wrong[node] for node in (x, y) if node in made.wrong}
    assert made
    found = mistakes.recognise(root, leaves)
    assert found
    assert made.name.split(" ", 1)[0] in str(found)
    assert found.first in (x, y)


def test_right_gradients_are_right():
    _, _, c = doubled_twice()
    c.backward()
    assert not mistakes.recognise(c)
    assert str(mistakes.recognise(c)) == "1 gradient looked at, and right"


@pytest.mark.parametrize("leaf", [Value(1.0, "a"), Tensor([1.0, 2.0], label="a")])
def test_before_any_pass_it_is_said_that_no_gradient_is_stored(leaf):
    root = autograd.sum(leaf * leaf) if isinstance(leaf, Tensor) else leaf * leaf
    found = mistakes.recognise(root)
    assert (bool(found), found.passes, dict(found.found)) == (True, 0, {})
    assert "no gradient is stored in its leaves yet: call backward()" in str(found)
    root.backward()
    assert not mistakes.recognise(root)


def test_gradients_that_are_0_and_stored_are_right_where_they_should_be_0():
    x = Value(0.0, "x")
    assert not mistakes.recognise(x * x)


@pytest.mark.parametrize("passes", [2, 3, 7])
def test_what_is_stored_tells_how_many_passes_are_in_it(passes):
    W = Tensor(np.array([[0.5, -1.0], [0.0, 2.0]]), label="W")
    root = (W @ np.array([1.0, 3.0])).tanh().sum()
    for _ in range(passes):
        root.backward()
    found = mistakes.recognise(root)
    assert found.passes == passes
    assert f"as after {passes} passes without zero_grad()" in str(found)


def test_mistakes_that_give_the_same_are_all_named():
    a, _, c = doubled_twice()
    text = str(mistakes.recognise(c, {a: 1.0}))
    assert "overwriting instead of adding" in text
    assert "parents as a set" in text
    assert "a: 1 in place of 4" in text


@pytest.mark.parametrize("wrong", [0.0, -4.0, 5.0, math.nan, math.inf])
def test_what_no_mistake_gives_is_said_to_be_wrong_all_the_same(wrong):
    a, _, c = doubled_twice()
    found = mistakes.recognise(c, {a: wrong})
    assert found
    assert "like no mistake that is known here: first at a" in str(found)


def test_gradients_of_a_program_can_be_looked_at():
    program = autograd.record(lambda x: x * x + x, 3.0)
    graph = program.graph()
    assert mistakes.recognise(program, {}).first is None
    assert graph.data == 12.0


def test_what_is_no_gradient_of_the_root_is_refused():
    a, b, c = doubled_twice()
    with pytest.raises(OperandError, match="gradients by node"):
        mistakes.recognise(c, [4.0])
    with pytest.raises(ArgumentError, match="no derivative by"):
        mistakes.recognise(b, {c: 1.0})
    with pytest.raises(ShapeError, match="has the shape"):
        mistakes.recognise(c, {a: np.ones(2)})


@pytest.mark.parametrize("leaf", [Value(1.0, "a"), Tensor([1.0, 2.0], label="a")])
def test_a_long_table_begins_before_the_node_that_is_wrong_and_not_before_its_like(leaf):
    b = leaf + leaf
    f = autograd.sum(b + b) if isinstance(leaf, Tensor) else b + b
    for _ in range(40):
        f = f * 0.25 * 4.0  # at f * 0.25 it is 1, as the leaf is
    mistake = mistakes.without_topological_order(f)
    assert mistake.first is leaf
    assert [line.split()[0] for line in mistake.table.splitlines()[2:] if "first" in line] == ["a"]
