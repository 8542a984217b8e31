"""step: every forward operation and every backward contribution, with its rule, its numbers and its words."""

import json
import math
import re
from collections import defaultdict

import naive
import numpy as np
import pytest
from random_programs import program

import autograd
import nn
from autograd import Tensor, Value, ancestry, no_grad, region, step, trace, walk_back, where
from autograd.errors import ArgumentError, AutogradError, GraphTooLarge, OperandError, ShapeError, StaleData
from autograd.view.contributions import visits_from
from autograd.view.stepping.formula import derivatives_written
from autograd.view.stepping.interactive import interact
from autograd.view.stepping.steps import as_data
from autograd.view.stepping.telling import story_of

C = np.array([[0.5, 0.25, 0.25]])  # what a loss of classes should give
PROGRAMS = [program(number, 60) for number in range(40)]


def neuron(x, w, b):
    """The textbook's neuron: h1 … h6."""
    return 1 / ((-(x * w + b)).exp() + 1)


def network(seed=0, sizes=(3, 4, 4, 2)):
    """The squared outputs of a small network of Values, in regions, and its inputs."""
    mlp = nn.MLP(list(sizes), rng=seed)
    return sum(out * out for out in mlp([0.5, -1.0, 0.25]))


def layers():
    """A loss of two layers of Tensors, one of them shared by two paths."""
    rng = np.random.default_rng(0)
    x = Tensor(rng.normal(size=(5, 3)), requires_grad=False, label="x")
    w, b, v = (Tensor(rng.normal(size=size), label=name) for size, name in [((3, 4), "W"), ((4,), "b"), ((4, 2), "V")])
    hidden = autograd.tanh(x @ w + b)
    return (autograd.softmax(hidden @ v) ** 2).sum() + (w * w).sum()


def number_of(text):
    return float(text.replace("−", "-"))


def state(stepper, position):
    """What the rows of the boxes show at a position, the shows of all steps applied in order."""
    rows = {(box, row): text for box, row, text in stepper.story.start}
    for each in list(stepper)[: position + 1]:
        rows.update({(box, row): text for box, row, text in each.shows})
    return rows


# ── the textbook's neuron ────────────────────────────────────────────────────────────────────────────────────────────


def test_the_neuron_is_stepped_through_with_the_textbooks_numbers():
    stepper = step(neuron, 1.0, 0.0, 0.0)
    assert [each.formula for each in stepper if each.phase == "forward"] == [
        "h1 = 1 × 0 = 0",
        "h2 = 0 + 0 = 0",
        "h3 = 0 × −1 = 0",
        "h4 = exp(0) = 1",
        "h5 = 1 + 1 = 2",
        "h6 = 1 / 2 = 0.5",
    ]
    assert [each.formula for each in stepper if each.phase in ("seed", "backward")] == [
        "∂h6/∂h6 = 1",
        "∂h6/∂h5 += ∂h6/∂h6 · ∂h6/∂h5 = 1 · −0.25 = −0.25",
        "∂h6/∂h4 += ∂h6/∂h5 · ∂h5/∂h4 = −0.25 · 1 = −0.25",
        "∂h6/∂h3 += ∂h6/∂h4 · ∂h4/∂h3 = −0.25 · 1 = −0.25",
        "∂h6/∂h2 += ∂h6/∂h3 · ∂h3/∂h2 = −0.25 · −1 = 0.25",
        "∂h6/∂h1 += ∂h6/∂h2 · ∂h2/∂h1 = 0.25 · 1 = 0.25",
        "∂h6/∂b += ∂h6/∂h2 · ∂h2/∂b = 0.25 · 1 = 0.25",
        "∂h6/∂x += ∂h6/∂h1 · ∂h1/∂x = 0.25 · 0 = 0",
        "∂h6/∂w += ∂h6/∂h1 · ∂h1/∂w = 0.25 · 1 = 0.25",
    ]


def test_the_local_derivatives_are_told_where_they_are_taken():
    notes = [each.note for each in step(neuron, 1.0, 0.0, 0.0) if each.phase == "forward"]
    assert notes == [
        "∂h1/∂x = 0, ∂h1/∂w = 1",
        "∂h2/∂h1 = 1, ∂h2/∂b = 1",
        "∂h3/∂h2 = −1",
        "∂h4/∂h3 = 1",
        "∂h5/∂h4 = 1",
        "∂h6/∂h5 = −0.25",
    ]


def test_a_label_stands_in_the_place_of_the_roots_name():
    f = neuron(Value(1.0, "x"), Value(0.0, "w"), Value(0.0, "b"))
    f.label = "f"
    assert [each.formula for each in step(f)][-2] == "∂f/∂w += ∂f/∂h1 · ∂h1/∂w = 0.25 · 1 = 0.25"


def test_every_step_of_a_function_knows_its_line():
    stepper = step(neuron, 1.0, 0.0, 0.0)
    line = neuron.__code__.co_firstlineno + 2
    assert {each.site for each in stepper if each.phase in ("forward", "backward")} == {f"test_stepping.py:{line}"}


def test_the_last_step_gives_every_gradient():
    last = list(step(neuron, 1.0, 0.0, 0.0))[-1]
    assert (last.phase, last.formula) == ("done", "∂h6/∂x = 0, ∂h6/∂w = 0.25, ∂h6/∂b = 0.25")


# ── the numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("make", [*(lambda p=p: p.run([Value(x) for x in p.point]) for p in PROGRAMS), network, layers])
def test_the_sums_told_are_those_of_the_walk_bit_for_bit(make):
    root = make()
    sums = {root: root.seed()}
    for visit in visits_from(root):
        assert np.array_equal(sums[visit.node], visit.gradient, equal_nan=True)
        for c in visit.contributions:
            assert (c.before is None) == (c.operand not in sums)
            assert c.before is None or np.array_equal(c.before, sums[c.operand], equal_nan=True)
            sums[c.operand] = c.after
    walked = dict(walk_back(root))
    assert list(walked) == [visit.node for visit in visits_from(root)]
    for node, gradient in walked.items():
        assert np.array_equal(sums[node], gradient, equal_nan=True)


def with_numbers(example):
    """The root of a program, and for each of its nodes the same number of the naive engine."""
    xs = [Value(x) for x in example.point]
    known = {id(x): naive.Number(x.data) for x in xs}

    def apply(name, *operands):
        node = autograd.ops.TABLE[name](*operands)
        known[id(node)] = naive.apply(name, *(known[id(x)] if isinstance(x, Value) else x for x in operands))
        return node

    return example.expression.evaluate(apply, xs), known


@pytest.mark.parametrize("example", PROGRAMS, ids=lambda example: example.made)
def test_every_number_told_is_what_a_naive_engine_gives(example):
    root, known = with_numbers(example)
    stepper = step(root, digits=17, fold=False)
    order = ancestry(root)
    close = {"rel": 1e-6, "abs": 1e-7}
    for each in stepper:
        *_, last = each.formula.split(" = ")
        if each.phase == "forward":
            assert number_of(last) == pytest.approx(known[id(order[each.box])].data, **close)
        if each.phase != "backward":
            continue
        (speaker,) = each.boxes
        operation, operand = known[id(order[speaker])], order[each.box]
        upstream, local = map(number_of, each.formula.split(" = ")[1].split(" · "))
        partials = [p for p, x in zip(operation.partials, operation.operands, strict=True) if x is known[id(operand)]]
        assert upstream == pytest.approx(naive.derivative(known[id(root)], operation), **close)
        assert any(local == pytest.approx(partial, **close) for partial in partials)
        assert number_of(last) == upstream * local
        assert number_of(each.after) == (0.0 if each.before == "—" else number_of(each.before)) + number_of(last)


@pytest.mark.parametrize("example", PROGRAMS, ids=lambda example: example.made)
def test_every_edge_that_carries_a_derivative_is_told_once_along_its_own_link(example):
    root, _ = with_numbers(example)
    stepper = step(root, fold=False)
    walked = dict(walk_back(root))
    edges = sum(edge is not None for node in walked for edge in node.edges)
    contributions = [each for each in stepper if each.phase == "backward"]
    assert len({each.link for each in contributions}) == len(contributions) == edges
    links = stepper.story.picture.links
    assert all((links[each.link].source, links[each.link].target) == (each.box, *each.boxes) for each in contributions)
    assert [each.box for each in stepper if each.phase == "forward"] == [
        place for place, node in enumerate(ancestry(root)) if node.op is not None
    ]


@pytest.mark.parametrize("make", [lambda: neuron(Value(1.0), Value(0.5), Value(0.0)), network, layers])
def test_once_all_steps_are_taken_the_picture_shows_its_own_rows(make):
    stepper = step(make())
    rows = state(stepper, len(stepper) - 1)
    for place, box in enumerate(stepper.story.picture.boxes):
        for row, text in box.rows:
            if row in ("value", "grad"):
                assert rows[place, row] == text


def test_before_the_first_step_only_leaves_show_a_value():
    stepper = step(neuron, 1.0, 0.0, 0.0)
    boxes = stepper.story.picture.boxes
    shown = {boxes[place].name: text for place, row, text in stepper.story.start if row == "value"}
    assert shown == {"x": "1", "w": "0", "b": "0", **{f"h{i}": "…" for i in range(1, 7)}}
    assert {text for _, row, text in stepper.story.start if row == "grad"} == {"—"}


def test_no_text_that_a_box_ever_shows_is_wider_than_the_box():
    from autograd.view.text import width

    story = step(network(), fold=False).story
    for each in story.steps:
        for box, _, text in each.shows:
            assert width(text, 12.0) + width("value", 11.0) + 12.0 <= story.placement.boxes[box].width


# ── roles ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def roles(root):
    """The first word on each operation, and all that is said with it."""
    return {each.title.split(" ")[0]: each.role for each in step(root) if each.phase == "backward"}


def test_operations_are_told_by_what_they_do_to_gradients():
    a, b = Value(2.0, "a"), Value(3.0, "b")
    assert roles(a + b) == {"h1": "distributes: hands its gradient on unchanged to both"}
    assert roles(a + 1) == {"h1": "distributes: hands its gradient on unchanged"}
    assert roles(a * b) == {"h1": "swaps: each operand gets the other's value times the gradient"}
    assert roles(a * a) == {"h1": "swaps: each operand gets the other's value times the gradient"}
    assert roles(a * 4) == {"h1": "scales: by 4, which is constant"}
    assert roles(a.relu()) == {"h1": "routes: the gradient passes where a > 0, else nothing"}
    assert roles(autograd.maximum(a, b)) == {"h1": "routes: the larger one gets all of it, and equals share it"}
    assert roles(where(1.0, a, b)) == {"h1": "routes: the branch that was taken gets all of it"}
    assert roles(a.tanh()) == {"h1": "scales: by ∂h1/∂a = 1 − h1²"}


def test_the_derivative_of_a_users_op_is_read_from_its_row():
    cube = autograd.elementwise("cube", lambda a: a**3, lambda a: a**3, lambda y, a: (3.0 * a * a,))
    assert roles(cube(Value(2.0, "a"))) == {"h1": "scales: by ∂h1/∂a = 3 × a × a"}
    by_math = autograd.elementwise("half", lambda a: a / 2, lambda a: a / 2, lambda y, a: (math.sqrt(a * 0.0 + 0.25),))
    assert roles(by_math(Value(2.0, "a"))) == {"h1": "scales: by ∂h1/∂a"}


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("exp", ("y",)),
        ("reciprocal", ("−y²",)),
        ("divide", ("1/b", "−y / b")),
        ("pow", ("b × a ^ (b − 1)", "y × log(a)")),
        ("log", ("1/a",)),
        ("sqrt", ("0.5/y",)),
        ("tanh", ("1 − y²",)),
        ("logistic", ("y × (1 − y)",)),
        ("cos", ("−sin(a)",)),
        ("arctan", ("1/(1 + a²)",)),
        ("logsumexp", ("exp(a − y)", "exp(b − y)")),
        ("greater", ("", "")),
    ],
)
def test_a_rule_is_written_over_names(name, written):
    assert derivatives_written(autograd.ops.TABLE[name], "y", ["a", "b"][: len(written)]) == written


@pytest.mark.parametrize("name", [n for n, op in autograd.ops.TABLE.items() if op.analytic and n != "tan"])
def test_a_written_derivative_has_the_value_of_the_rule(name):
    op = autograd.ops.TABLE[name]
    point = [0.3, 0.7][: op.arity]
    y, derivatives = op.value_and_derivatives(*point)
    known = {n: getattr(np, n) for n in ("exp", "sin", "cos", "sinh", "cosh", "sqrt", "log")} | {
        "y": y,
        "a": 0.3,
        "b": 0.7,
    }
    for text, derivative in zip(derivatives_written(op, "y", ["a", "b"][: op.arity]), derivatives, strict=True):
        python = text.replace("−", "-").replace("×", "*").replace("²", "**2").replace("^", "**")
        value = derivative() if callable(derivative) else derivative
        assert eval(python, {"__builtins__": {}}, known) == pytest.approx(value)


def test_a_node_that_several_paths_share_counts_what_it_has_heard():
    a = Value(3.0, "a")
    told = [
        (each.note, each.before, each.after) for each in step(a * a + a) if each.phase == "backward" and each.box == 0
    ]
    assert told == [
        ("a adds up what it hears: 1 of 3 shares so far", "—", "1"),
        ("a adds up what it hears: 2 of 3 shares so far", "1", "4"),
        ("a adds up what it hears: 3 of 3 shares so far", "4", "7"),
    ]


def test_a_product_that_counts_as_0_says_so():
    x = Value(0.0, "x")
    told = [each for each in step(where(autograd.greater(x, 0.0), x.log(), x)) if "counts as 0" in each.note]
    assert [each.formula for each in told] == ["∂h3/∂x += ∂h3/∂h2 · ∂h2/∂x = 0 · inf = 0"]


def test_a_leaf_that_holds_more_than_this_pass_says_so():
    a = Value(3.0, "a")
    f = a * 2
    f.backward()
    f.backward()
    stepper = step(f)
    assert stepper.run_to("a").note == "a.grad holds 4, for earlier passes are in it too"
    assert state(stepper, len(stepper) - 1)[0, "grad"] == "2 (stored 4)"
    assert a.grad == 4.0
    assert "stored" not in step(Value(3.0, "a") * 2).listing()


def test_a_leaf_that_nothing_comes_back_to_ends_with_0():
    a, b = Value(2.0, "a"), Value(1.0, "b")
    stepper = step(a + 0 * autograd.sign(b))
    place = [box.name for box in stepper.story.picture.boxes].index("b")
    assert state(stepper, len(stepper) - 2)[place, "grad"] == "—"
    assert state(stepper, len(stepper) - 1)[place, "grad"] == "0"


# ── tensors ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_tensors_are_told_by_shape_by_their_few_entries_and_by_norm():
    w, x = Tensor([[1.0, 2.0]], label="W"), Tensor([3.0, 4.0], label="x")
    told = [each.formula for each in step((w * x).sum() * 2)]
    assert told == [
        "h1 = [[1, 2]] × [3, 4] = [[3, 8]]",
        "h2 = sum([[3, 8]]) = 11",
        "h3 = 11 × 2 = 22",
        "∂h3/∂h3 = 1",
        "∂h3/∂h2 += ∂h3/∂h3 · ∂h3/∂h2 = 1 · 2 = 2",
        "∂h3/∂h1 += pull-back of sum at ∂h3/∂h2 = [[2, 2]] (1×2 float64)",
        "∂h3/∂W += ∂h3/∂h1 ⊙ ∂h1/∂W = [[2, 2]] ⊙ [3, 4] = [[6, 8]] (1×2 float64)",
        "∂h3/∂x += ∂h3/∂h1 ⊙ ∂h1/∂x = [[2, 2]] ⊙ [[1, 2]] = [2, 4] (2 float64)",
        "∂h3/∂W = [[6, 8]], ∂h3/∂x = [2, 4]",
    ]
    large = [each for each in step(layers()) if "float64)" in each.formula]
    assert any("norm" in each.formula and "5×4 float64" in each.formula for each in large)


def test_matrix_products_are_told_with_their_pull_backs():
    told = {each.title: (each.formula.split(" = ")[0], each.role) for each in step(layers())}
    assert told["h1 speaks to W"][0] == "∂h10/∂W += xᵀ @ ∂h10/∂h1"
    assert told["h1 speaks to W"][1] == "swaps: each factor gets the gradient times the other one, transposed"
    assert told["h2 speaks to b"][0] == "∂h10/∂b += Σ ∂h10/∂h2 ⊙ ∂h2/∂b"
    assert told["h2 speaks to b"][1].endswith("adds up over what was stretched")


@pytest.mark.parametrize(
    ("make", "written", "rule"),
    [
        (autograd.softmax, "h1 ⊙ (∂h3/∂h1 − Σ ∂h3/∂h1 ⊙ h1)", lambda x, g, y: y * (g - np.sum(g * y))),
        (autograd.log_softmax, "∂h3/∂h1 − exp(h1) ⊙ Σ ∂h3/∂h1", lambda x, g, y: g - np.exp(y) * np.sum(g)),
        (lambda x: autograd.array_ops.nll(x, C), "−c1 ⊙ ∂h3/∂h1", lambda x, g, y: -C * g),
        (autograd.logsumexp, "∂h3/∂h1 ⊙ exp(x − h1)", lambda x, g, y: g * np.exp(x - y)),
    ],
)  # fmt: skip
def test_losses_of_classes_are_told_with_their_pull_backs(make, written, rule):
    x = Tensor([[0.5, -1.0, 2.0]], label="x")
    y = make(x)
    g = np.arange(1.0, 1.0 + y.size).reshape(y.shape)
    root = (y * g).sum()
    (last,) = [each for each in step(root, fold=False) if each.title == "h1 speaks to x"]
    assert last.formula.startswith(f"∂h3/∂x += {written} = ")
    assert last.role
    assert dict(walk_back(root))[x] == pytest.approx(rule(x.data, g, y.data), rel=1e-12)


def test_a_folded_box_whose_name_is_a_number_is_told_by_its_whole_name():
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.ReLU(), nn.Linear(3, 1, rng=0))
    stepper = step(model(np.ones((1, 2), np.float32)).sum(), fold=2)
    titles = [each.title for each in stepper if each.phase == "forward"]
    assert titles[:3] == [f"Sequential.{i} is computed" for i in range(3)]


def test_folded_boxes_are_listed_in_the_order_in_which_they_are_computed():
    stepper = step(autograd.sum(nn.MLP([2, 3, 3, 2], rng=0)([1.0, 2.0])))
    computed = [each.title.split()[0] for each in stepper if each.phase == "forward"]
    table = str(stepper).partition("─\n")[2].splitlines()
    assert len(stepper.story.folded) > 6
    assert [line.split()[0] for line in table] == computed


def test_a_negative_summand_stands_in_parentheses():
    x = Value(3.0, "x")
    titles = {each.title: each.formula for each in step((x - 3) * -2 + -x) if each.phase == "forward"}
    assert titles["h1 = x + (−3)"] == "h1 = 3 + (−3) = 0"
    assert titles["h4 = h2 + h3"] == "h4 = 0 + (−3) = −3"
    assert titles["h2 = h1 × −2"] == "h2 = 0 × −2 = 0"


# ── moving ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_stepper_goes_on_and_back_and_stays_at_its_ends():
    stepper = step(neuron, 1.0, 0.0, 0.0)
    assert (len(stepper), stepper.position, stepper.current.phase) == (16, 0, "forward")
    assert stepper.back() is stepper.seek(0)
    assert [stepper.next() for _ in range(15)] == list(stepper)[1:]
    assert stepper.next() is stepper.current is stepper.seek(-1)
    assert stepper.back() is stepper.seek(14)
    assert stepper.position == 14
    for position in (16, -17, 1.0, True, "1", None):
        with pytest.raises(ArgumentError, match="there are steps 0 to 15"):
            stepper.seek(position)
    assert stepper.position == 14


def test_it_runs_to_a_node_given_as_itself_or_by_name():
    x, w, b = Value(1.0, "x"), Value(0.0, "w"), Value(0.0, "b")
    stepper = step(neuron(x, w, b))  # where w, b and h1 to h3 are all 0
    assert stepper.run_to("h4").title == "h4 = exp(h3)"
    assert stepper.run_to("h4").title == "h5 speaks to h4"
    assert stepper.run_to(w).title == "h1 speaks to w"
    with pytest.raises(ArgumentError, match=r"no step after 14 is about h4: seek\(0\)"):
        stepper.run_to("h4")
    with pytest.raises(ArgumentError, match="no node is called 'v'; there are x, w, h1"):
        stepper.run_to("v")
    with pytest.raises(ArgumentError, match="is no node of the graph of h6"):
        stepper.run_to(Value(1.0))
    with pytest.raises(OperandError, match="run_to takes a node or its name, got int: '3'"):
        stepper.run_to(3)


def test_a_leaf_that_nothing_comes_back_to_has_no_step():
    with pytest.raises(ArgumentError, match="no step is about 2: it is not computed here, and no gradient comes back"):
        step(Value(1.0, "x") * 2).run_to("2")


def test_a_name_that_several_nodes_have_is_refused():
    first, second = Value(1.0, "w"), Value(2.0, "w")
    stepper = step(first * second)
    with pytest.raises(ArgumentError, match=r"2 nodes are called 'w': give the node itself, watch\(node\)"):
        stepper.watch("w")
    assert stepper.run_to(second).formula.endswith("= 1 · 1 = 1")


def test_an_operand_that_is_read_twice_is_told_apart_by_its_place():
    a = Value(3.0, "a")
    stepper = step(a * a)
    assert stepper.current.note == "∂h1/∂(1st a) = 3, ∂h1/∂(2nd a) = 3"  # ∂h1/∂a is 6
    assert stepper.run_to(a).formula == "∂h1/∂a += ∂h1/∂h1 · ∂h1/∂(1st a) = 1 · 3 = 3"
    assert stepper.run_to(a).formula == "∂h1/∂a += ∂h1/∂h1 · ∂h1/∂(2nd a) = 1 · 3 = 3"
    weights = autograd.elementwise("four", lambda *xs: sum(xs), lambda *xs: sum(xs), lambda y, a, b, c, d: (1.0,) * 4)
    assert "∂h1/∂(4th a) = 1" in step(weights(a, a, a, a)).current.note


@pytest.mark.parametrize("label", ["red \x1b[31m", "two\nlines", "turned \u202e round", "\u2028"])
def test_a_label_cannot_break_out_of_its_line(label):
    hostile, plain = step(Value(1.0, label) * 2).listing(), step(Value(1.0, "x") * 2).listing()
    assert not re.search("[\x00-\x09\x0b-\x1f\u2028\u202e]", hostile)
    assert hostile.count("\n") == plain.count("\n")


def test_it_stops_where_a_gradient_passes_a_bound():
    stepper = step(lambda x: (x * 50) * 50, 2.0).break_when(1e3)
    assert stepper.run().current.title == "h1 speaks to x"
    assert stepper.stopped == "stopped: |∂h2/∂x| = 2500 is beyond 1000"
    assert stepper.stopped in str(stepper)
    assert stepper.run().current.phase == "done"
    assert stepper.stopped == ""
    assert step(lambda x: (x * 50) * 50, 2.0).run().current.phase == "done"


@pytest.mark.parametrize(("bound", "x"), [(1e3, 0.0), (math.inf, 0.0), (math.inf, -1.0)])
def test_it_stops_where_a_gradient_is_not_finite(bound, x):
    stepper = step(lambda x: x.sqrt() * 2, x).break_when(bound).run()
    assert re.fullmatch(r"stopped: \|∂h2/∂x\| is not finite: (inf|nan)", stepper.stopped)


@pytest.mark.parametrize("bound", [0, -1.0, math.nan, "1", True])
def test_a_bound_is_a_number_above_0(bound):
    with pytest.raises(ArgumentError, match="is a number above 0"):
        step(neuron, 1.0, 0.0, 0.0).break_when(bound)
    assert step(neuron, 1.0, 0.0, 0.0).break_when(0.1).break_when(None).run().stopped == ""


def test_watching_a_leaf_leaves_the_steps_that_reach_it():
    stepper = step(lambda a, b: (a * 2) * (b + 1), 3.0, 4.0).watch("a")
    assert [each.title for each in stepper] == [
        "h1 = a × 2",
        "h3 = h1 × h2",
        "h3 begins the walk back",
        "h3 speaks to h1",
        "h1 speaks to a",
        "every gradient is there",
    ]
    assert state(stepper, 1) == state(stepper.watch(None), 2)
    assert len(stepper) == 9
    with pytest.raises(ArgumentError, match="no node is called 'c'"):
        stepper.watch("c")


@pytest.mark.parametrize("example", PROGRAMS[:15], ids=lambda example: example.made)
def test_what_is_watched_ends_like_the_whole(example):
    root, _ = with_numbers(example)
    stepper = step(root)
    whole = state(stepper, len(stepper) - 1)
    for x in [node for node in ancestry(root) if node.op is None and node.requires_grad]:
        assert state(stepper.watch(x), len(stepper) - 1) == whole
        assert all(each.phase in ("seed", "done") or stepper.story.facts[i].nodes for i, each in enumerate(stepper))


# ── what is stepped through ──────────────────────────────────────────────────────────────────────────────────────────


def test_numbers_lists_and_arrays_become_variables_named_as_the_parameters():
    def f(xs, w, *rest, name="f"):
        return xs[0] * w + xs[1] * rest[0]

    boxes = step(f, [1.0, 2.0], 3, 4.0).story.picture.boxes
    assert {box.name for box in boxes if box.kind == "variable"} == {"xs[0]", "xs[1]", "w", "rest[0]"}
    boxes = step(lambda W, x: (W @ x).sum(), np.eye(2), np.ones(2)).story.picture.boxes
    assert {box.name for box in boxes if box.kind == "variable"} == {"W", "x"}


def test_a_node_given_to_a_function_stays_itself_and_is_not_written_to():
    x = Value(2.0, "mine")
    stepper = step(lambda x, y: x * y, x, 3.0)
    assert stepper.run_to(x).after == "3"
    assert x.grad == 0.0


def test_a_program_is_stepped_through_at_its_example():
    assert list(step(autograd.record(lambda x: x * x, 3.0)))[-1].formula.endswith("= 6")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((3.0,), OperandError, "step takes a Value or a Tensor, the root of a graph, or a function"),
        (("x",), OperandError, "got str: 'x'"),
        ((Value(1.0) * 2, 3.0), OperandError, "takes a function before further arguments"),
        ((Tensor([1.0, 2.0]) * 2,), ShapeError, r"shape \(2,\): take its sum, step\(t.sum\(\)\)"),
        ((lambda x: x.data, 1.0), OperandError, r"follows the number that f gives, and it gave float '1.0'"),
        ((lambda x: None, 1.0), OperandError, "None: does it return its result"),
        ((neuron, 1.0), OperandError, "neuron cannot be called with 1 argument: missing a required argument: 'w'"),
        ((neuron, 1.0, 2.0, 3.0, 4.0), OperandError, "neuron cannot be called with 4 arguments"),
        ((lambda x, y: x, Value(1.0), np.ones(2)), OperandError, "an array and"),
    ],
)
def test_what_cannot_be_stepped_through_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        step(*arguments)


def test_a_constant_and_stale_data_are_refused():
    with no_grad():
        constant = Value(1.0) * 2
    with pytest.raises(AutogradError, match=r"a constant: no gradient goes back from it. Was it made under no_grad"):
        step(constant)
    w = Tensor([1.0], label="w")
    loss = (w * w).sum()
    w.data = [2.0]
    with pytest.raises(StaleData, match="w"):
        step(loss)


@pytest.mark.parametrize(
    "option", [{"digits": 0}, {"digits": 18}, {"limit": 1}, {"direction": "RL"}, {"fold": 1.5}, {"names": 3}]
)
def test_options_have_a_fixed_set_of_values(option):
    with pytest.raises(ArgumentError):
        step(Value(1.0) * 2, **option)


def test_a_leaf_is_a_story_too():
    stepper = step(Value(1.0, "a"))
    assert [each.phase for each in stepper] == ["seed", "done"]
    assert stepper.story.start == [(0, "value", "1"), (0, "grad", "—")]


# ── large graphs ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_folded_box_is_one_step_forward_and_one_back():
    stepper = step(network(), fold=2)
    forward, backward = defaultdict(list), defaultdict(list)
    for each in stepper:
        if each.box in stepper.story.folded and each.link is None:  # a share that arrives there has a link
            {"forward": forward, "backward": backward}[each.phase][each.box].append(each.title)
    names = {f"layers.{i}" for i in range(3)}
    assert {titles[0].split(" ")[0].removeprefix("MLP.") for titles in forward.values()} == names
    assert all(len(titles) == 1 for titles in [*forward.values(), *backward.values()])
    assert forward.keys() == backward.keys()


@pytest.mark.parametrize("fold", [1, 2, 3, "layers.1", None])
def test_folded_or_not_every_gradient_told_is_that_of_the_walk(fold):
    root = network()
    stepper = step(root, fold=fold, digits=17)
    walked = dict(walk_back(root))
    seen = {}
    for each, fact in zip(stepper, stepper.story.facts, strict=True):
        if each.phase == "backward" and each.link is not None:
            seen[fact.nodes[0]] = each.after
    assert seen
    for node, text in seen.items():
        assert number_of(text) == walked[node]


def test_an_operand_is_told_of_before_whatever_is_computed_from_it():
    story = step(network(), fold=2).story
    ready = {place for place, box in enumerate(story.picture.boxes) if box.kind in ("variable", "constant")}
    for each in story.steps:
        if each.phase == "forward":
            assert set(each.boxes) <= ready
            ready.add(each.box)


def test_a_folded_box_opens_with_the_gradients_that_arrive_from_outside():
    root = network()
    nodes = [node for node in walk_back(root) if node[0].region and node[0].region.name == "MLP.layers.1.neurons.0"]
    named = dict(zip(ancestry(root), step(root, fold=False).story.picture.boxes, strict=True))
    layer = step(root, fold=2, digits=17).open("layers.1")
    inner = layer.open("neurons.0")
    told = {inner.story.picture.boxes[each.box].name: each.after for each in inner if each.phase == "backward"}
    assert len(nodes) > 10
    for node, gradient in nodes:
        assert number_of(told[named[node].name]) == pytest.approx(gradient, rel=1e-12)
    for stepper, outputs in ((layer, 4), (inner, 1)):
        given = [each for each in stepper if each.role.startswith("given: arrives from outside")]
        assert len(given) == outputs
        assert "hears only what is said to it from here" in stepper.story.title


def test_what_is_opened_may_hold_the_root_or_tensors():
    with region("loss"):
        x = Tensor(np.arange(6.0).reshape(2, 3), label="x")
        with region("inner"):
            y = autograd.tanh(x)
        f = (y * y).sum()
    f.label = "f"
    gradient = dict(walk_back(f))[x]
    outer = step(f, fold=1).open("loss")
    inner = step(f, fold="inner").open("inner")
    for stepper in (outer, inner):
        last = [each for each in stepper if each.phase == "backward"][-1]
        assert last.after == f"norm {np.linalg.norm(gradient):.4g}"
    assert [each.title for each in inner if each.phase == "backward"] == ["f speaks to h1", "h1 speaks to x"]


def test_what_is_not_folded_cannot_be_opened():
    with pytest.raises(ArgumentError, match=r"'layers.9' is no folded box; there is MLP.layers"):
        step(network(), fold=2).open("layers.9")
    with pytest.raises(ArgumentError, match="none: all is shown"):
        step(neuron, 1.0, 0.0, 0.0).open("neuron")


def test_folded_boxes_of_one_name_in_several_places_are_told_apart():
    stepper = step(network(sizes=(3, 2, 2)), fold=3)
    names = {f"MLP.layers.{i}.neurons.{k}" for i in range(2) for k in range(2)}
    assert set(stepper.story.folded.values()) == names
    assert {each.title.removesuffix(" is computed") for each in stepper if "is computed" in each.title} == names
    assert names <= set(as_data(stepper.story)["boxes"])
    assert stepper.open("layers.1.neurons.0").story.title.endswith("said to it from here")
    with pytest.raises(ArgumentError, match=r"'neurons.0' is not one folded box: there are MLP\.layers"):
        stepper.open("neurons.0")


def test_a_chain_of_a_hundred_thousand_nodes_is_folded():
    x = Value(1.0, "x")
    for _ in range(100_000):
        x = x * 1.00001
    stepper = step(x)
    assert len(stepper) < 300
    (name,) = stepper.story.folded.values()
    assert "folded" in name
    assert list(stepper)[-1].formula.endswith(f"= {1.00001**100_000:.4g}")


def test_folding_may_be_forbidden_up_to_the_limit():
    with pytest.raises(GraphTooLarge, match="fold=False forbids folding"):
        step(network(), fold=False, limit=100)


def test_ten_thousand_nodes_step_by_module():
    root = network(sizes=(3, 60, 60, 2))
    assert len(ancestry(root)) > 10_000
    stepper = step(root)
    assert {name.removeprefix("MLP.") for name in stepper.story.folded.values()} == {f"layers.{i}" for i in range(3)}
    assert len(stepper) < 60


# ── faces ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_print_shows_a_step_its_neighbours_and_the_numbers_so_far():
    stepper = step(neuron, 1.0, 0.0, 0.0)
    stepper.seek(8)
    line = neuron.__code__.co_firstlineno + 2
    assert (
        str(stepper)
        == f"""Steps of h6: 6 operations, 3 variables, 2 constants
step 9 of 16 · backward

   8  h6 speaks to h5
▶  9  h5 speaks to h4
      ∂h6/∂h4 += ∂h6/∂h5 · ∂h5/∂h4 = −0.25 · 1 = −0.25
      distributes: hands its gradient on unchanged
      grad — → −0.25
      test_stepping.py:{line}
  10  h4 speaks to h3

node  function  value   grad
────  ────────  ─────  ─────
x                   1      —
w                   0      —
h1    x × w         0      —
b                   0      —
h2    h1 + b        0      —
h3    h2 × −1       0      —
h4    exp(h3)       1  −0.25
h5    h4 + 1        2  −0.25
h6    1 / h5      0.5      1"""
    )
    assert repr(stepper) == "<stepper: Steps of h6: 6 operations, 3 variables, 2 constants, step 9 of 16>"


def test_playing_shows_every_step_from_here_with_a_pause_between():
    shown, pauses = [], []
    stepper = step(neuron, 1.0, 0.0, 0.0)
    stepper.seek(10)
    stepper.play(seconds=0.5, show=shown.append, pause=pauses.append)
    assert [re.search(r"step (\d+) of 16", text)[1] for text in shown] == [str(i) for i in range(11, 17)]
    assert pauses == [0.5] * 5
    for seconds in (-1, math.nan, math.inf, "1"):
        with pytest.raises(ArgumentError, match="number of seconds"):
            stepper.play(seconds=seconds)


def test_a_terminal_moves_it_by_what_is_typed():
    shown = []
    typed = iter(["", "n", "b", "9", "0", "17", "what", "q", "never"])
    stepper = step(neuron, 1.0, 0.0, 0.0)
    interact(stepper, ask=lambda question: next(typed), show=shown.append)
    assert stepper.position == 8
    positions = [match[1] for text in shown if (match := re.search(r"step (\d+) of 16", text))]
    assert positions == ["1", "2", "3", "2", "9"]
    assert [text for text in shown if "understood" in text] == [
        f"{bad!r} is not understood; there are steps 1 to 16" for bad in ("0", "17", "what")
    ]
    assert next(typed) == "never"


def test_the_end_of_what_is_typed_ends_it():
    def ask(question):
        raise EOFError

    interact(step(neuron, 1.0, 0.0, 0.0), ask=ask, show=lambda text: None)


@pytest.mark.parametrize(
    ("ending", "inside"), [("html", "<!doctype html>"), ("svg", "<svg"), ("txt", "h5 speaks to h4")]
)
def test_it_is_saved_as_a_page_a_storyboard_or_a_list(tmp_path, ending, inside):
    file = tmp_path / f"steps.{ending}"
    step(neuron, 1.0, 0.0, 0.0).save(file)
    assert inside in file.read_text(encoding="utf-8")


def test_other_endings_are_refused(tmp_path):
    stepper = step(neuron, 1.0, 0.0, 0.0)
    for path in ("s.png", "s", "", 3, b"s.html"):
        with pytest.raises(ArgumentError, match=r"a stepper is saved as .html, .svg or .txt, not as "):
            stepper.save(path)


def test_notebooks_show_a_page_and_its_text():
    stepper = step(neuron, 1.0, 0.0, 0.0)
    bundle = stepper._repr_mimebundle_()
    assert bundle["text/html"].lstrip().startswith("<")
    assert bundle["text/plain"] == str(stepper)
    assert "h5 speaks to h4" in stepper.html


def test_a_story_is_plain_data():
    story = story_of(network(), fold=2)
    data = json.loads(json.dumps(as_data(story)))
    assert [each["title"] for each in data["steps"]] == [each.title for each in story.steps]
    assert data["boxes"] == list(story.names) == [box.name for box in story.picture.boxes]
    assert sorted(data["folded"].values()) == [f"MLP.layers.{i}" for i in range(3)]
    assert all(each.get("note") != "" for each in data["steps"])


def test_stepping_stores_nothing():
    a = Value(3.0, "a")
    f = a * a
    step(f).listing()
    assert (a.grad, f.grad, f.walked) == (0.0, 0.0, False)


def test_lines_are_told_under_trace():
    with trace():
        f = Value(2.0, "a") * 3
    assert next(iter(step(f))).site.startswith("test_stepping.py:")
