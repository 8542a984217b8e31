"""why_nan names where nan or inf came in, was made, or was multiplied away, and says nothing where all is well."""

import ast
import math
import re

import numpy as np
import pytest
from hypothesis import given, strategies as st
from random_programs import program

import autograd
from autograd import Tensor, Value, ancestry, detect_anomaly, elementwise, why_nan
from autograd.errors import NonFinite, OperandError, StaleData

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # Tensors warn where NumPy does
INF = math.inf


def outcome(script):
    """What a script's last line gives."""
    tree = ast.parse(script)
    names = {}
    exec(compile(ast.Module(tree.body[:-1], []), "script", "exec"), names)
    return eval(compile(ast.Expression(tree.body[-1].value), "script", "eval"), names)


def is_finite(x):
    parts = x if isinstance(x, tuple) else (x,)
    return all(np.isfinite(part._data if isinstance(part, autograd.Node) else part).all() for part in parts)


def fails_likewise(found):
    """Whether the script that a diagnosis holds fails as the graph did."""
    if found.kind != "0 × inf on the way back":
        return not is_finite(outcome(found.script))
    with pytest.raises(NonFinite, match=rf"back through {found.op}, .* was taken as 0"), detect_anomaly():
        outcome(found.script)
    return True


# ── each kind, told apart ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_leaf_that_held_it_is_named_with_the_op_that_first_used_it():
    x = Value(math.nan, "sepal width")
    found = why_nan((x * 2.0 + 1.0).exp())
    assert (found.kind, found.node, found.first_use.op.name, found.backward) == ("came in", x, "mul", False)
    assert found.expression == "mul(nan, 2.0)"
    assert fails_likewise(found)


def test_the_entry_of_a_tensor_that_came_in_is_named():
    x = Tensor(np.array([[1.0, 2.0], [np.inf, 3.0]], np.float32), label="x")
    found = why_nan((x @ [[1.0], [1.0]]).sum())
    assert (found.kind, found.index, found.count, found.name) == ("came in", (1, 0), 1, "x")
    assert "at [1, 0] of shape (2, 2)" in str(found)
    assert fails_likewise(found)


def test_constants_among_the_operands_come_in_as_well():
    assert why_nan(Value(2.0) * INF).kind == "came in"
    assert why_nan(autograd.sum(Tensor([1.0, 2.0]) * np.array([1.0, np.nan]))).kind == "came in"
    assert why_nan(Tensor([[1.0, 2.0]]) @ np.array([[1.0], [np.inf]])).index == (1, 0)


# An op, its operands, and a word of the reason.
MADE = [
    (autograd.log, (0.0,), "logarithm of 0"), (autograd.log, (-1.0,), "negative number has no real logarithm"),
    (autograd.log1p, (-1.0,), "logarithm of 0"), (autograd.log1p, (-2.0,), "negative"),
    (autograd.reciprocal, (0.0,), "division by zero"), (autograd.divide, (1.0, 0.0), "division by zero"),
    (autograd.divide, (0.0, 0.0), "0/0"), (autograd.divide, (1e300, 1e-300), "beyond the largest float64"),
    (autograd.exp, (1000.0,), "above 709.78"), (autograd.cosh, (1000.0,), "above 710.48"),
    (autograd.pow, (0.0, -1.0), "division by zero"), (autograd.pow, (-8.0, 1 / 3), "fractional power"),
    (autograd.pow, (1e200, 2.0), "beyond the largest"), (autograd.sqrt, (-1.0,), "negative"),
    (autograd.arcsin, (2.0,), "from −1 to 1"), (autograd.mul, (1e200, 1e200), "beyond the largest"),
    (autograd.add, (1e308, 1e308), "beyond the largest"),
]  # fmt: skip


@pytest.mark.parametrize(("op", "operands", "reason"), MADE)
def test_an_op_that_made_it_is_named_with_its_operands_and_the_reason(op, operands, reason):
    on_values = why_nan(op(*map(Value, operands)) * 2.0 + 1.0)
    on_tensors = why_nan((op(*(Tensor([0.5, x, 0.5]) for x in operands)) * 2.0).sum())
    for found in (on_values, on_tensors):
        assert (found.kind, found.op, found.backward) == ("made here", op.name, False)
        assert tuple(x for _, x in found.operands) == operands
        assert reason in found.reason
        assert found.way_out
        assert fails_likewise(found)
    assert on_tensors.index == (1,)


def test_an_overflow_of_float32_is_shown_in_float32():
    found = why_nan(autograd.exp(Tensor(np.array([1.0, 100.0], np.float32))))
    assert "float32 where |x| is above 88.723" in found.reason
    assert found.expression == "exp(np.array(100.0, dtype=np.float32))"
    assert fails_likewise(found)


def test_infinities_that_meet_are_traced_to_the_first_and_told():
    x, y = Value(1000.0, "x"), Value(1001.0, "y")
    found = why_nan((x.exp() - y.exp()) * 2.0)
    assert (found.op, found.operands) == ("exp", (("x", 1000.0),))
    assert found.then == "nan in add: inf + -inf, inf − inf"
    assert len(found.further) == 1
    assert "exp(y = 1001.0)" in found.further[0]


@pytest.mark.parametrize(
    ("f", "expression"),
    [
        (lambda x: autograd.sum(x), "sum(np.array([1e+308, 1e+308]))"),
        (lambda x: autograd.sum(x.reshape(2, 3), axis=0, keepdims=True), "sum(np.array([1e+308, 1e+308]))"),
        (lambda x: x.reshape(2, 3) @ np.ones((3, 2)), None),
        (lambda x: autograd.cumsum(x), None),
        (lambda x: np.einsum("i,i->", x, x), None),
    ],
)
def test_an_overflow_inside_an_array_op_is_shown_on_few_numbers(f, expression):
    found = why_nan(f(Tensor([1e308, 1.0, 1e308, 1e308, 2.0, 3.0])))
    assert (found.kind, found.backward) == ("made here", False)
    assert expression in (None, found.expression)
    assert fails_likewise(found)


def test_an_infinite_slope_is_made_on_the_way_back():
    x = Value(0.0, "x")
    found = why_nan(autograd.sqrt(x) + 1.0)
    assert (found.kind, found.backward, found.op, found.operands) == ("made here", True, "sqrt", (("x", 0.0),))
    assert found.expression == "grad(sqrt)(0.0)"
    assert fails_likewise(found)
    assert x.grad == 0.0  # nothing was stored


def test_a_slope_that_is_nan_is_made_on_the_way_back():
    found = why_nan(Value(-2.0) ** Value(2.0, "b"))
    assert (found.backward, found.op, found.expression) == (True, "pow", "grad(pow, 1)(-2.0, 2.0)")
    assert fails_likewise(found)


def test_a_product_of_finite_numbers_that_overflows_on_the_way_back_is_named():
    found = why_nan((Value(1e-200) * 1e200) * 1e200)
    assert found.backward
    assert "product of two finite numbers" in found.reason
    assert found.expression == "grad(lambda x: 1e+200 * mul(x, 1e+200))(1e-200)"
    assert fails_likewise(found)


def test_shares_that_overflow_when_they_are_added_are_named():
    x = Value(0.5, "x")
    found = why_nan(x * 1e308 + x * 1e308)
    assert (found.kind, found.backward, found.node) == ("made here", True, x)
    assert "added up" in found.sentence
    assert fails_likewise(found)


def test_what_an_array_op_sends_back_is_named():
    x, w = Tensor([[1e-200]], label="x"), Tensor([[1e200]], label="W")
    found = why_nan(((x @ w) * 1e200).sum())
    assert (found.backward, found.op) == (True, "matmul")
    assert fails_likewise(found)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: autograd.sqrt(x) ** 2,
        lambda x: autograd.sqrt(x) * 0.0,
        lambda x: 1.0 / (autograd.exp(x + 1000.0) + 1.0),
        lambda x: autograd.reciprocal(autograd.log(x)),
        lambda x: autograd.sqrt(x) ** 3,
    ],
)
@pytest.mark.parametrize("kind", [Value, lambda x: Tensor([4.0, x])])
def test_zero_times_infinity_on_the_way_back_is_named_and_reproduced(f, kind):
    y = f(kind(0.0))
    found = why_nan(y if isinstance(y, Value) else y.sum())
    assert (found.kind, found.backward) == ("0 × inf on the way back", True)
    assert fails_likewise(found)


def test_an_infinite_slope_that_is_multiplied_away_is_told_twice():
    x = Value(0.0, "x")
    found = why_nan((x * x).sqrt())
    assert (found.kind, found.op) == ("made here", "sqrt")
    assert re.search(r"back through mul, inf × 0\.0 .* was taken as 0", found.further[0])


def test_every_masked_edge_is_named():
    x, y = Value(0.0, "x"), Value(0.0, "y")
    found = why_nan(x.sqrt() ** 2 + y.sqrt() ** 2)
    assert len(found.further) == 1
    assert {"(x)", "(y)"} <= set(re.findall(r"\(\w\)", str(found)))


# ── where nothing is to be said ──────────────────────────────────────────────────────────────────────────────────────

MASKS = {
    "where with the log of nothing": lambda x: autograd.where(x > 0.0, autograd.log(x), 0.0),
    "where with the root of less": lambda x: autograd.where(x > 0.0, autograd.sqrt(x), x),
    "where with a division by zero": lambda x: autograd.where(x > 0.0, 1.0 / x, 1.0),
    "where whose other branch overflows": lambda x: autograd.where(x < 5.0, x * 2.0, autograd.exp(x * x * x * 1e6)),
    "maximum of the log": lambda x: autograd.maximum(autograd.log(x * 0.0), x),
    "minimum of an infinity": lambda x: autograd.minimum(autograd.reciprocal(abs(x) * 0.0), x),
    "relu of minus infinity": lambda x: autograd.relu(autograd.log(x * 0.0)) + x,
    "clip of an infinity": lambda x: autograd.clip(autograd.log(x * 0.0), -1.0, 1.0) + x,
    "leaky relu": lambda x: autograd.leaky_relu(x),
    "elu far out": lambda x: autograd.elu(x * 1000.0),
    "softplus far out": lambda x: autograd.softplus(x * 1000.0),
    "log of the sigmoid, stable": lambda x: autograd.log_sigmoid(x * 1000.0),
    "a square of a negative number": lambda x: x**2,
    "a double where": lambda x: autograd.where(x > 0.0, autograd.log(autograd.where(x > 0.0, x, 1.0)), 0.0),
}


@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize("x", [-2.0, 0.0, 3.0])
def test_an_intended_mask_is_no_finding(name, x):
    assert not why_nan(MASKS[name], x)
    assert not why_nan(autograd.sum(MASKS[name](Tensor([x, 1.0, x]))))


def test_a_masked_softmax_is_no_finding():
    scores = Tensor([[1.0, 2.0, 3.0]])
    masked = autograd.where(np.array([[1.0, 0.0, 1.0]]), scores, -INF)
    assert not why_nan((autograd.softmax(masked, axis=1) @ np.ones((3, 2)))[0, 0])
    assert not why_nan(autograd.log_softmax(masked, axis=1)[0, 2])
    assert not why_nan(autograd.max(masked))
    assert not why_nan(autograd.softmax([Value(1.0), Value(2.0) * 1.0, -INF])[0])


def test_nothing_found_is_false_and_says_what_was_looked_at():
    found = why_nan(Value(1.0) * 2.0)
    assert not found
    assert str(found) == "nothing to explain: its value and every derivative that counts are finite (3 nodes)"
    assert found._repr_mimebundle_() == {"text/plain": str(found)}


def no_alarms(numbers, largest):
    for number in numbers:
        made = program(number, largest)
        root = made.run([Value(x) for x in made.point])
        assert not why_nan(root), f"{made.made}\n{why_nan(root)}"


def test_a_finite_program_is_no_finding():
    no_alarms(range(400), 40)


@pytest.mark.thorough
def test_ten_thousand_finite_programs_are_no_finding():
    no_alarms(range(10_000), 60)


# ── a fault that was planted is the one that is named ────────────────────────────────────────────────────────────────

PLANTS = {
    "log": lambda v: autograd.log(v * 0.0), "exp": lambda v: autograd.exp(v * 0.0 + 1000.0),
    "sqrt": lambda v: autograd.sqrt(v * 0.0 - 1.0), "reciprocal": lambda v: autograd.reciprocal(v * 0.0),
}  # fmt: skip


def planted(number, op):
    """The graph of a random program in which one step is not finite, and that node."""
    made, places = program(number, 20), []
    steps = iter(range(made.size))

    def apply(name, *operands):
        y = autograd.ops.TABLE[name](*operands)
        if next(steps) == number % made.size:
            y = PLANTS[op](y if isinstance(y, Value) else Value(y))
            places.append(y)
        return y

    return made.expression.evaluate(apply, [Value(x) for x in made.point]), places[0]


def beginnings(root):
    """Every node of a graph that is not finite though its operands are."""
    return [n for n in ancestry(root) if not math.isfinite(n.data) and all(math.isfinite(p.data) for p in n.parents)]


def test_a_planted_op_is_the_one_that_is_named():
    named = 0
    for number in range(200):
        for op in PLANTS:
            root, plant = planted(number, op)
            if math.isfinite(root.data):
                continue
            found = why_nan(root)
            assert found.kind == "made here"
            assert found.node in beginnings(root)
            if beginnings(root) == [plant]:
                named += 1
                assert found.node is plant
                assert fails_likewise(found)
    assert named > 300


@pytest.mark.parametrize("x", [math.nan, INF, -INF])
def test_a_planted_leaf_is_the_one_that_is_named(x):
    named = 0
    for number in range(150):
        made = program(number, 20)
        inputs = [Value(p) for p in made.point]
        inputs[number % len(inputs)] = plant = Value(x)
        root = made.run(inputs)
        if not math.isfinite(root.data) and not beginnings(root)[1:] and beginnings(root) == [plant]:
            named += 1
            found = why_nan(root)
            assert (found.kind, found.node) == ("came in", plant)
            assert fails_likewise(found)
    assert named > 30


@pytest.mark.parametrize(
    ("plant", "kind"),
    [
        (lambda v: v + autograd.sqrt(v * 0.0), "made here"),
        (lambda v: v + autograd.sqrt(v * 0.0) ** 2, "0 × inf on the way back"),
    ],
)
def test_a_planted_slope_is_the_one_that_is_named(plant, kind):
    named = 0
    for number in range(150):
        made, nodes = program(number, 20), []
        steps = iter(range(made.size))

        def apply(name, *operands, nodes=nodes, steps=steps, at=number % made.size):
            y = autograd.ops.TABLE[name](*operands)
            if next(steps) == at and isinstance(y, Value):
                nodes.append(y)
                y = plant(y)
            return y

        root = made.expression.evaluate(apply, [Value(x) for x in made.point])
        if not nodes or not math.isfinite(root.data):
            continue
        found = why_nan(root)
        slopes = dict(autograd.walk_back(root))
        if slopes.get(nodes[0], 0.0) == 0.0:  # a choice has discarded the step
            continue
        named += 1
        assert (found.kind, found.op, found.backward) == (kind, "sqrt", True)
        assert fails_likewise(found)
    assert named > 60


# ── one detector, two faces ──────────────────────────────────────────────────────────────────────────────────────────

STEPS = {
    "sqrt": autograd.sqrt, "log": autograd.log, "exp": autograd.exp, "1/x": autograd.reciprocal, "relu": autograd.relu,
    "square": lambda a: a**2, "less 1": lambda a: a - 1.0, "times 0": lambda a: a * 0.0, "abs": abs,
    "twice": lambda a: a + a, "where": lambda a: autograd.where(autograd.greater(a, 1.0), a, 1.0),
}  # fmt: skip
points = st.lists(st.sampled_from([-1000.0, -1.0, 0.0, 0.5, 1.0, 4.0, 1000.0]), min_size=1, max_size=3)


@given(st.lists(st.sampled_from(list(STEPS)), min_size=1, max_size=6), points, st.booleans())
def test_why_nan_says_what_detect_anomaly_raises(names, xs, scalar):
    def f(x):
        for name in names:
            x = STEPS[name](x)
        return x if scalar else x.sum()

    found = why_nan(f(Value(xs[0]) if scalar else Tensor(xs)))
    try:
        with detect_anomaly():
            f(Value(xs[0]) if scalar else Tensor(xs)).backward()
        raised = ""
    except NonFinite as problem:
        raised = str(problem)
    assert bool(found) == bool(raised)
    assert found.sentence.partition("; run it")[0] == raised.partition(", made in")[0]
    assert not found or not found.script or fails_likewise(found)


# ── a function, run with its lines kept ──────────────────────────────────────────────────────────────────────────────


def test_a_function_is_run_so_that_the_line_is_known():
    def f(x, y):
        return autograd.log(x - y) * 2.0  # the second line of f

    found = why_nan(f, 1.0, 1.0)
    assert found.site.file == __file__
    assert found.site.line == f.__code__.co_firstlineno + 1
    assert why_nan(lambda p: p["w"].log() + p["b"][0], {"w": -1.0, "b": [1.0]}).reason.startswith("a negative number")


def test_whole_numbers_in_arrays_and_what_is_no_number_reach_the_function_as_they_are():
    def loss(logits, labels, name):
        assert (labels.dtype.kind, name) == ("i", "mean")
        return -autograd.log(autograd.softmax(logits, axis=1))[np.arange(2), labels].mean()

    found = why_nan(loss, np.array([[1000.0, 0.0], [0.0, 1.0]]), np.array([1, 1]), "mean")
    assert "CrossEntropyLoss" in found.way_out


def test_of_several_results_the_first_that_is_not_finite_is_explained():
    assert why_nan(lambda x: [x * 2.0, x.log(), 1.0 / x], 0.0).op == "log"


def test_the_line_of_a_graph_that_is_there_already_can_be_learned():
    assert "to learn the line" in str(why_nan(Value(0.0).log()))
    with autograd.trace():
        y = Value(0.0).log()
    assert "test_why_nan.py" in str(why_nan(y))


def test_a_program_is_looked_at_at_its_example_or_elsewhere():
    recorded = autograd.record(lambda x: autograd.log(x) * 2.0, 1.0)
    assert not why_nan(recorded)
    assert why_nan(recorded, 0.0).op == "log"


def test_an_op_of_the_users_own_is_named_and_reproduced():
    cube_root = elementwise("cube_root", lambda a: a ** (1 / 3), np.cbrt, lambda y, a: (1 / 3 * y * y * y * y**-2.0,))
    over = elementwise("over", lambda a: 1.0 / a, lambda a: np.divide(1.0, a), lambda y, a: (-(y * y),))
    found = why_nan(over(cube_root(Value(8.0)) - 2.0))
    assert (found.op, found.kind) == ("over", "made here")
    assert fails_likewise(found)


WAYS_OUT = [
    (lambda x: autograd.log(autograd.softmax(x)), np.array([1000.0, 0.0]), "log_softmax"),
    (lambda x: autograd.log(1.0 / (autograd.exp(-x) + 1.0)), -1000.0, "logistic|log_sigmoid|softplus|logsumexp"),
    (lambda x: autograd.log(1.0 + autograd.exp(x)), 1000.0, "softplus"),
    (lambda x: autograd.exp(x) / autograd.sum(autograd.exp(x)), np.array([1000.0, 0.0]), "softmax"),
    (lambda x: autograd.log(x), 0.0, r"where\(x, 1\.0\)|where\(ok"),
    (lambda x: 1.0 / x, 0.0, "where"),
    (lambda x: autograd.arcsin(x), 1.5, r"clip\(x, -1\.0, 1\.0\)"),
    (lambda x: autograd.sqrt(x) ** 2, 0.0, "where"),
]


@pytest.mark.parametrize(("f", "x", "name"), WAYS_OUT)
def test_the_way_out_names_the_stable_form(f, x, name):
    assert re.search(name, why_nan(f, x).way_out)


# ── the rest ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def chain(x, length=100_000):
    for _ in range(length):
        x = x + 0.001
    return x


def test_a_chain_of_100_000_is_walked():
    x = Value(0.0, "x")
    assert not why_nan(chain(x))
    assert why_nan((chain(x) * 0.0).log()).op == "log"


def test_data_set_since_are_no_evidence():
    t = Tensor([1.0, 0.0], label="t")
    y = autograd.log(t).sum()
    t.data = [1.0, 2.0]
    with pytest.raises(StaleData, match="t of shape"):
        why_nan(y)
    v = Value(0.0)
    z = v.log()
    v.data = 1.0
    with pytest.raises(StaleData, match="log gave -inf of other numbers"):
        why_nan(z)


def test_what_has_no_graph_is_refused_with_the_way_out():
    with pytest.raises(OperandError, match=r"why_nan\(f, x, y\)"):
        why_nan(math.nan)
    with pytest.raises(OperandError, match="taken out of the graph"):
        why_nan(lambda x: math.log(x), 1.0)
    with pytest.raises(OperandError, match="takes a root"):
        why_nan(Value(1.0), 2.0)


def test_a_constant_root_is_looked_at_by_its_value():
    with autograd.no_grad():
        y = Value(1.0) * 2.0
    assert str(why_nan(y)) == "nothing to explain: its value is finite (1 node)"
    assert why_nan(y * INF).kind == "came in"
