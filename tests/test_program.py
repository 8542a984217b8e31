"""Programs: what is recorded once gives what the function gives, to the last bit, and nothing is frozen in silence."""

import ast
import copy
import itertools
import math
import pickle
import random
import subprocess
import sys
import weakref

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from random_programs import program as random_program

import autograd
import nn
from autograd import Value, elementwise, exp, gradients, log, record, where
from autograd.errors import ArgumentError, AutogradError, Detached, OperandError, ShapeError, Unrecordable
from autograd.modes import current_mode
from autograd.program.floats.executor import Floats
from autograd.program.simplifying.passes import LARGEST, PASSES, simplified


def neuron(x, w, b):
    return 1 / (exp(-(x * w + b)) + 1)


PAGE = '''\
"""neuron, and its derivatives by the chain rule."""


import math


def value(x, w, b):
    h1 = x * w                          # mul
    h2 = h1 + b                         # add
    h3 = h2 * -1.0                      # mul
    h4 = math.exp(h3)                   # exp
    h5 = h4 + 1.0                       # add
    h6 = 1.0 / h5                       # reciprocal
    return h6


def value_and_gradient(x, w, b):
    h1 = x * w                          # mul
    h2 = h1 + b                         # add
    h3 = h2 * -1.0                      # mul
    h4 = math.exp(h3)                   # exp
    h5 = h4 + 1.0                       # add
    h6 = 1.0 / h5                       # reciprocal
    # backward: g5 is the derivative of the result by h5
    g5 = -(h6 * h6)                     # reciprocal: h6 = 1 / h5
    g4 = g5                             # passed on
    g3 = g4 * h4                        # exp: h4 = exp(h3)
    g2 = -g3                            # mul: h3 = h2 × -1.0
    g1 = g2                             # passed on
    gb = g2                             # passed on
    gx = g1 * w                         # mul: h1 = x × w
    gw = g1 * x                         # mul: h1 = x × w
    return h6, (gx, gw, gb)
'''


def bits(x):
    """A number as its bits, so that −0 and 0 differ, and every nan is one."""
    return "nan" if x != x else float(x).hex()


def eager(f, *xs):
    """Value and gradient by the engine."""
    leaves = [Value(x) for x in xs]
    root = f(*leaves)
    if not (isinstance(root, Value) and root.requires_grad):
        return float(root.data if isinstance(root, Value) else root), (0.0,) * len(xs)
    return root.data, gradients(root, leaves)


def assert_same(program, f, *xs):
    """The program gives what the engine gives, bit for bit."""
    value, found = program.value_and_gradient(*xs)
    expected, wanted = eager(f, *xs)
    assert bits(value) == bits(expected) == bits(program(*xs))
    assert [bits(g) for g in found] == [bits(g) for g in wanted]


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_textbook_neuron_is_a_page_with_six_lines_forward_and_its_derivatives_by_name():
    assert record(neuron, 1.0, 0.0, 0.0).source() == PAGE


def test_the_page_runs_on_its_own():
    script = record(neuron, 1.0, 0.0, 0.0).source() + "\nprint(value_and_gradient(1.0, 0.0, 0.0))"
    run = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout == "(0.5, (0.0, 0.25, 0.25))\n"


@pytest.mark.parametrize("number", range(60))
def test_the_page_of_any_program_is_what_runs(number):
    """Compiled here with nothing but what it imports, it gives what the program gives."""
    made = random_program(number)
    program = record(lambda *xs: made.run(xs), *made.point)
    namespace = {}
    exec(program.source(), namespace)
    assert namespace["value_and_gradient"](*made.point) == program.value_and_gradient(*made.point)


def test_every_line_of_the_forward_part_holds_one_op():
    made = random_program(7)
    body = ast.parse(record(lambda *xs: made.run(xs), *made.point).source()).body
    lines = next(node for node in body if isinstance(node, ast.FunctionDef) and node.name == "value").body
    for line in lines[:-1]:
        assert sum(isinstance(node, (ast.BinOp, ast.Call)) for node in ast.walk(line)) == 1


def test_what_a_page_calls_it_defines_as_the_table_does():
    page = record(lambda x, y: autograd.relu(x) * autograd.maximum(x, y), 1.0, 2.0).source()
    assert "def relu(a):\n    return 0.0 if a <= 0.0 else a\n" in page
    assert "def maximum(a, b):\n    return a if a >= b or a != a else b\n" in page


def test_an_input_named_like_a_line_of_the_page_keeps_its_name():
    program = record(lambda h1, gx, x, math: h1 * exp(gx) + x * math, 1.0, 2.0, 3.0, 4.0)
    assert program.value_and_gradient(1.0, 0.0, 3.0, 4.0) == (13.0, (1.0, 1.0, 4.0, 3.0))


def test_a_derivative_of_many_shares_is_written_over_several_lines():
    def f(x):
        return sum((x * float(k) for k in range(2, 400)), start=x)

    program = record(f, 1.5)
    assert_same(program, f, 1.5)
    assert max(map(len, program.source().splitlines())) < 300


# ── the same numbers ─────────────────────────────────────────────────────────────────────────────────────────────────


def demand_the_same_numbers(number):
    made = random_program(number)

    def f(*xs):
        return made.run(xs)

    program = record(f, *made.point)
    assert_same(program, f, *made.point)
    rng = random.Random(number)
    for _ in range(2):
        assert_same(program, f, *(x * rng.choice([1.0, -1.0, 0.5, 0.0, 40.0, rng.random()]) for x in made.point))


@pytest.mark.parametrize("chunk", range(10))
def test_random_programs_give_the_engines_numbers_bit_for_bit(chunk):
    for number in range(15 * chunk, 15 * (chunk + 1)):
        demand_the_same_numbers(number)


SPECIAL = [0.0, -0.0, 1.0, -1.0, 1000.0, -1000.0, 1e-320, 1e308, math.inf, -math.inf, math.nan]


@pytest.mark.parametrize("name", [name for name, op in autograd.ops.TABLE.items() if op.arity in (1, 2)])
def test_every_row_is_the_engines_at_special_points(name):
    op = autograd.ops.TABLE[name]

    def f(a, b):
        return op(a, b) * 3.0 + a if op.arity == 2 else op(a) * 3.0 + b

    program = record(f, 0.5, 0.25)
    for a in SPECIAL:
        for b in SPECIAL:
            assert_same(program, f, a, b)


def test_nothing_comes_from_a_branch_not_taken():
    def f(x):
        return where(autograd.greater(x, 0.0), autograd.sqrt(x), x * 2.0)

    program = record(f, 4.0)
    for x in (4.0, -1.0, 0.0):
        assert_same(program, f, x)


def test_a_users_op_works_in_a_program():
    cube = elementwise("cube", lambda a: a * a * a, lambda a: a**3, lambda y, a: (3.0 * a * a,))
    program = record(lambda x: cube(x) + 1.0, 2.0)
    assert program.value_and_gradient(3.0) == (28.0, (27.0,))
    assert "an op of your own" in program.source()


def test_a_rule_that_decides_by_numbers_cannot_be_frozen():
    odd = elementwise("odd", lambda a: abs(a), np.abs, lambda y, a: (1.0 if a > 0 else -1.0,))
    with pytest.raises(Detached, match="decides by a number"):
        record(lambda x: odd(x), 2.0)


def irregular(*xs):
    """Thousands of lines in no order, few expressions alike; branches not taken on the way."""
    rng, pool = random.Random(5), list(xs)
    for _ in range(4_000):
        a, b = rng.choice(pool), rng.choice(pool[-40:])
        pool.append(
            rng.choice([
                lambda a, b: a * 0.5 + b * rng.random(),
                lambda a, b: a - autograd.relu(b),
                lambda a, b: autograd.tanh(a * b) / (1.0 + b * b),
                lambda a, b: autograd.maximum(a, b) * autograd.sigmoid(a),
                lambda a, b: where(autograd.greater(a, b), a, exp(-(b * b))),
            ])(a, b)
        )  # fmt: skip
    return sum(pool[-41:-1], start=pool[-1])


def test_a_large_program_gives_the_engines_numbers_at_every_call():
    program = record(irregular, 0.5, -0.3, 0.2)
    assert len(program.listing.instructions) > LARGEST
    for xs in [(0.5, -0.3, 0.2), (0.1, 0.4, -2.0), (0.5, -0.3, 0.2), (math.inf, 0.0, 1.0)]:
        assert_same(program, irregular, *xs)


@pytest.mark.parametrize("f", [neuron, irregular])
def test_what_calls_on_floats_need_can_be_made_before_the_first(f):
    program = record(f, 0.5, -0.3, 0.2)
    floats = Floats(program.listing, "f")
    floats.prepare()
    for xs in [(0.5, -0.3, 0.2), (0.1, 0.4, -2.0)]:
        y, gradient = program.value_and_gradient(*xs)
        assert floats.value(xs) == (y,)
        assert floats.value_and_gradient(xs) == ((y,), gradient)


@pytest.mark.parametrize("length", [300, 20_000])
def test_functions_of_functions_may_lie_within_each_other_at_any_depth(length):
    def f(x, y):
        for i in range(length):
            x = autograd.tanh(y - x) if i % 3 else 1.0 / (2.0 + x * x)
        return x

    program = record(f, 0.5, 0.25)
    for xs in [(0.5, 0.25), (0.3, -0.7)]:
        assert_same(program, f, *xs)


# ── branches ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def collatz_like(x, y):
    """Branches of every kind: comparisons both ways round, truth, equality, min and max of Python, a loop."""
    total = x * 1.0
    for k in range(4):
        if total > y:
            total = total - y
        elif k < y:
            total = total * 2.0 + k
        if total == 3.0 or not total:
            total = total + 1.0
        total = max(total, x) - min(y, 0.5)
    return total if total <= 10.0 else log(total)


@settings(max_examples=settings().max_examples // 4)
@given(st.lists(st.tuples(st.integers(-6, 6), st.integers(-6, 6)), min_size=1, max_size=8))
def test_a_branch_never_gives_the_answer_of_another(points):
    program = record(collatz_like, *map(float, points[0]))
    for x, y in points:
        assert_same(program, collatz_like, x / 2.0, y / 2.0)


def test_a_guard_names_the_line_that_decided():
    page = record(lambda x: x * 2.0 if x > 1.0 else x, 3.0).source()
    assert "if not x > 1.0:" in page
    assert "decided at" in page
    assert "test_program.py" in page


def test_the_page_of_one_branch_gives_none_on_the_other():
    namespace = {}
    exec(record(lambda x: x * 2.0 if x > 1.0 else x, 3.0).source(), namespace)
    assert (namespace["value"](2.0), namespace["value"](1.0)) == (4.0, None)


def test_branches_are_recorded_once_each():
    calls = []

    def f(x):
        calls.append(x)
        return x * 2.0 if x > 0.0 else x * 3.0

    program = record(f, 1.0)
    for x in (2.0, -1.0, 5.0, -3.0):
        program(x)
    assert len(calls) == 4  # twice for each branch
    assert len(program.paths) == 2


def test_a_branch_in_a_graph_outside_the_outputs_is_guarded():
    def f(x, y):
        return x * 2.0 if exp(y) > 2.0 else x * 3.0

    program = record(f, 1.0, 1.0)
    assert (program(1.0, 1.0), program(1.0, 0.0)) == (2.0, 3.0)


def test_too_many_paths_are_refused_with_the_line():
    def f(x):
        n = 0.0
        while x > n:
            n = n + 1.0
        return x * n

    program = record(f, 1.0)
    with pytest.raises(Unrecordable, match=r"64 different paths .*test_program\.py"):
        [program(float(k)) for k in range(80)]


# ── arguments ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_arguments_and_results_are_trees_of_any_form():
    def f(params, pair):
        return {"sum": params["w"][0] * pair[0] + params["b"], "list": [pair[1], params["w"][1]]}

    program = record(f, {"w": [1.0, 2.0], "b": 3.0}, (4.0, 5.0))
    assert program({"b": 1.0, "w": [2.0, 7.0]}, (3.0, 5.0)) == {"sum": 7.0, "list": [5.0, 7.0]}


def test_a_gradient_has_the_form_of_the_arguments():
    program = record(lambda p, q: p["w"][0] * q[0] + p["b"] * q[1], {"w": [1.0], "b": 3.0}, (4.0, 5.0))
    assert program.gradient({"w": [1.0], "b": 3.0}, (4.0, 5.0)) == ({"w": [4.0], "b": 5.0}, (1.0, 3.0))


def test_gradients_are_taken_toward_the_arguments_asked_for():
    assert record(lambda x, y, z: x * y * z, 1.0, 1.0, 1.0, argnums=(2, 0)).gradient(2.0, 3.0, 5.0) == (6.0, 15.0)


def test_a_model_is_read_anew_at_every_call_and_gets_a_dict():
    model = nn.MLP([2, 3, 1], rng=0)

    def loss(model, x, target):
        return (model(x)[0] - target) ** 2

    program = record(loss, model, [0.1, 0.2], 1.0)
    for scale in (1.0, 0.5):
        for parameter in model.parameters():
            parameter.data = parameter.data * scale
        value, (found, *_) = program.value_and_gradient(model, [0.3, 0.4], 0.5)
        root = loss(model, [0.3, 0.4], 0.5)
        names, leaves = zip(*model.named_parameters(), strict=True)
        assert value == root.data
        assert found == dict(zip(names, gradients(root, leaves), strict=True))


def test_another_model_of_the_same_kind_may_be_given():
    one, two = nn.Neuron(2, rng=0), nn.Neuron(2, rng=1)
    program = record(lambda neuron, x: neuron(x), one, [1.0, 2.0])
    assert program(two, [1.0, 2.0]) == two([1.0, 2.0]).data != program(one, [1.0, 2.0])


def test_a_variable_used_unasked_is_read_anew():
    w = Value(3.0, "w")
    program = record(lambda x: x * w, 2.0)
    w.data = 5.0
    assert program.value_and_gradient(2.0) == (10.0, (5.0,))


def test_numbers_of_any_kind_are_numbers():
    program = record(lambda x: x * 2.0, 1)
    assert [program(x) for x in (3, np.float64(1.5), np.float32(0.5), np.array(2.0))] == [6.0, 3.0, 1.0, 4.0]


def test_nodes_in_give_nodes_out():
    x = Value(2.0)
    y = record(lambda x: x * x * x, 1.0)(x)
    y.backward()
    assert (y.data, x.grad) == (8.0, 12.0)


def test_settings_are_part_of_the_program():
    program = record(lambda x, flag, name: x * 2.0 if flag else x, 1.0, True, "linear")
    assert program(3.0, True, "linear") == 6.0
    with pytest.raises(ArgumentError, match=r"recorded with flag = True, and was given False.*Record it again"):
        program(3.0, False, "linear")


@pytest.mark.parametrize(
    "other",
    [
        nn.Neuron(3, rng=0),
        nn.Neuron(2, activation="relu", rng=0),
        nn.MLP([2, 1], rng=0),
        3.0,
        nn.Neuron(2, rng=0).eval(),
    ],
)
def test_a_model_of_another_kind_is_refused(other):
    program = record(lambda model, x: model(x), nn.Neuron(2, rng=0), [1.0, 2.0])
    with pytest.raises(ArgumentError, match=r"model was recorded as Neuron\(2"):
        program(other, [1.0, 2.0])


def test_the_mode_of_a_model_is_part_of_the_program():
    model = nn.Sequential(nn.Linear(3, 2, rng=0), nn.Dropout(0.5, rng=0)).eval()
    program = record(lambda model, x: model(x).sum(), model, np.ones((2, 3)))
    model.train()
    with pytest.raises(ArgumentError, match="training = False, and is now called with True"):
        program(model, np.ones((2, 3)))


def test_one_parameter_belongs_to_one_model():
    model = nn.Neuron(1, rng=0)
    with pytest.raises(ArgumentError, match=r"a and b hold the same parameter weights\.0"):
        record(lambda a, b: a([1.0]) - b([1.0]), model, model)


def test_what_is_not_used_has_no_share_in_the_value():
    neuron = nn.Neuron(1, rng=0)
    zeros = {"weights.0": 0.0, "bias": 0.0}
    assert record(lambda model, x: x * 2.0, neuron, 1.0, argnums=0).value_and_gradient(neuron, 3.0) == (6.0, (zeros,))
    assert record(lambda: Value(2.0) * 3.0).value_and_gradient() == (6.0, ())


def test_the_callers_lists_and_settings_may_change_after_recording():
    numbers, names = {"w": 1.0}, {"a"}
    program = record(lambda p, names: p["w"] * len(names), numbers, names)
    numbers["b"] = 2.0
    assert program({"w": 3.0}, {"a"}) == 3.0
    names.add("b")
    with pytest.raises(ArgumentError, match="recorded with names"):
        program({"w": 3.0}, names)
    assert record(lambda x, names: x * 2.0, 1.0, np.array(["a", "b"]))(3.0, np.array(["a", "b"])) == 6.0


@pytest.mark.parametrize("name", ["lambda", "x²", "None", "a b", "ﬁ", "value", "1st", "λ"])
def test_any_name_becomes_one_that_python_takes(name):
    w = Value(3.0, name)
    program = record(lambda p: p[name] * p["fi"] * w, {name: 1.0, "fi": 1.0})
    assert program.value_and_gradient({name: 2.0, "fi": 5.0}) == (30.0, ({name: 15.0, "fi": 6.0},))
    exec(program.source(), {})


@pytest.mark.parametrize(
    ("arguments", "problem", "message"),
    [
        ((1.0,), ArgumentError, "takes 2 arguments, xs, y: got 1"),
        (([1.0], 2.0), ShapeError, "xs must be a list of 2"),
        (([1.0, 2.0], "a"), OperandError, "y works on numbers"),
        (({"a": 1.0}, 2.0), ShapeError, "xs must be a list of 2, got a dict"),
        (([1.0, None], 2.0), OperandError, "xs_1 works on numbers"),
    ],
)
def test_wrong_arguments_are_refused_by_name(arguments, problem, message):
    program = record(lambda xs, y: xs[0] * xs[1] + y, [1.0, 2.0], 3.0)
    with pytest.raises(problem, match=message):
        program(*arguments)


def test_a_gradient_is_that_of_one_number():
    program = record(lambda x: [x, x * 2.0], 1.0)
    assert program(3.0) == [3.0, 6.0]
    with pytest.raises(ShapeError, match="gradient is that of one number"):
        program.gradient(1.0)


def test_an_input_that_is_not_used_has_the_gradient_zero():
    assert record(lambda x, y: x * 2.0, 1.0, 1.0).gradient(1.0, 1.0) == (2.0, 0.0)
    assert record(lambda x: 3.0, 1.0).value_and_gradient(1.0) == (3.0, (0.0,))


def test_derivatives_lie_in_lists_as_the_arguments_do_in_the_order_asked_for():
    def f(rows, scale, pair):
        return rows[0][0] * scale + rows[1][1] * pair[0] * pair[1] * scale

    arguments = [[[1.0, 2.0], (3.0, 4.0)], 5.0, (6.0, 7.0)]
    rows, scale, pair = [[5.0, 0.0], (0.0, 210.0)], 169.0, (140.0, 120.0)
    assert record(f, *arguments).gradient(*arguments) == (rows, scale, pair)
    assert record(f, *arguments, argnums=(2, 0)).gradient(*arguments) == (pair, rows)
    assert record(f, *arguments, argnums=(0, 2)).gradient(*arguments) == (rows, pair)
    assert record(f, *arguments, argnums=1).gradient(*arguments) == (scale,)


@pytest.mark.parametrize("rows", [[[1.0], [3.0, 4.0]], [[1.0, 2.0, 3.0], [3.0, 4.0]], [{1.0, 2.0}, [3.0, 4.0]], [1.0]])
def test_lists_of_another_form_than_the_example_are_refused_by_name(rows):
    program = record(lambda rows: rows[0][0] * rows[1][1], [[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(AutogradError, match="rows"):
        program.value_and_gradient(rows)


# ── nothing is frozen in silence ─────────────────────────────────────────────────────────────────────────────────────

HIDDEN = {"calls": 0}


def counts_calls(x):
    HIDDEN["calls"] += 1
    return x * float(HIDDEN["calls"])


def sets_data(x):
    x.data = 3.0
    return x


def takes_a_gradient(x):
    y = x * x
    y.backward()
    return y * x.grad


@pytest.mark.parametrize(
    ("f", "problem"),
    [
        (lambda x: x * float(x), Detached),
        (lambda x: x * math.exp(x), Detached),
        (lambda x: x * x.data, Detached),
        (lambda x: x * gradients(x * x, [x])[0], Detached),
        (takes_a_gradient, Detached),
        (sets_data, Unrecordable),
        (lambda x: x * random.random(), Unrecordable),
        (lambda x: x * random.choice([1.0, 1.0]), Unrecordable),
        (lambda x: x if np.random.random() < 2.0 else -x, Unrecordable),
        (lambda x: x * copy.copy(x), Detached),
        (lambda x: x * copy.deepcopy(x * 2.0), Detached),
        (lambda x: x * pickle.loads(pickle.dumps(x)), Detached),
        (counts_calls, Unrecordable),
    ],
)
def test_what_a_program_would_freeze_is_refused(f, problem):
    with pytest.raises(problem) as caught:
        record(f, 1.0)
    assert isinstance(caught.value, AutogradError)
    assert not current_mode().attached
    assert current_mode().recording is None


@pytest.mark.parametrize("f", [lambda x: x * x.data, counts_calls, sets_data, lambda x: x * copy.copy(x)])
def test_a_refusal_names_file_and_line(f):
    with pytest.raises((Detached, Unrecordable), match=r"test_program\.py:\d+"):
        record(f, 1.0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lambda x: x * 3.0, lambda x: x * Value(3.0)),
        (lambda x: x * Value(3.0), lambda x: x * 3.0),
        (lambda x: x * Value(3.0), lambda x: x * Value(4.0)),
        (lambda x: x * 0.0, lambda x: x * -0.0),
        (lambda x: x * math.nan, lambda x: x * 1.0),
        (lambda x: exp(x) - x, lambda x: x - exp(x)),
        (lambda x: exp(x) - exp(x + 1.0), lambda x: exp(x) - exp(x)),
        (lambda x: where(1.0, exp(x), x), lambda x: where(1.0, x, exp(x))),
        (lambda x: where(1.0, exp(x), 1.0), lambda x: where(1.0, exp(x), 2.0)),
        (lambda x: [x, exp(x)], lambda x: [exp(x), x]),
        (lambda x: [x, 1.0], lambda x: [1.0, x]),
        (lambda x: [x, 1.0], lambda x: [x, 2.0]),
    ],
)
def test_a_function_that_does_one_thing_and_then_another_is_refused(one, other):
    turns = itertools.cycle([one, other])
    with pytest.raises(Unrecordable, match="did not do the same twice"):
        record(lambda x: next(turns)(x), 1.0)


def test_what_no_derivative_goes_through_is_computed_anew():
    def f(x, y):
        with autograd.no_grad():
            scale = exp(x)
        return scale * y

    program = record(f, 1.0, 2.0)
    assert program.value_and_gradient(0.0, 3.0) == (3.0, (0.0, 1.0))
    assert_same(program, f, 800.0, 0.0)  # and the careful way, asked where there is an infinity, knows it too


@pytest.mark.parametrize("x", [0.5, math.nan, math.inf])
def test_what_is_simplified_is_not_what_the_careful_way_differentiates(x):
    def f(x, y):
        with autograd.no_grad():
            kept, same = exp(x), x * 1.0
        return (kept * exp(x) + same * x) * 3.0 + (autograd.sin(y) * 0.1 + autograd.sin(y) * 0.7) * 0.3

    assert_same(record(f, 1.0, 2.0), f, x, 2.0)


def test_numbers_that_truths_choose_from_an_array_are_refused_with_the_line():
    def f(x):
        return x[np.array([True, False])].sum() + x[x > 0.0].sum()

    with pytest.raises(Unrecordable, match=r"test_program\.py:\d+ an array is indexed by truths.*autograd\.where"):
        record(f, np.array([1.0, -1.0]))


def test_transforms_inside_are_recorded():
    program = record(lambda x: autograd.grad(lambda u: u**3)(x) * x, 2.0)
    assert program.value_and_gradient(3.0) == (81.0, (81.0,))


def inner_slope(x):
    return autograd.grad(lambda u: where(autograd.greater(u, 0.0), autograd.sqrt(u) * u, u * 2.0))(x) * x


def pushed(x):
    return autograd.jvp(lambda u: where(autograd.greater(u, 0.0), log(u), u * u), (x,), (x,))[1]


@pytest.mark.parametrize("f", [inner_slope, pushed])
def test_in_a_gradient_inside_nothing_comes_from_a_branch_not_taken_at_any_point(f):
    for first in (1.0, -1.0, 0.0):
        program = record(f, first)
        for x in (1.0, -1.0, 0.0, 4.0, -0.0, math.inf, -math.inf, math.nan):
            assert_same(program, f, x)


def test_in_a_gradient_of_arrays_inside_nothing_comes_from_a_branch_not_taken():
    def f(x):
        return (autograd.grad(lambda u: where(u > 0.0, autograd.sqrt(u), u * u).sum())(x) * x).sum()

    program = record(f, np.array([1.0, 2.0, 3.0]))
    with np.errstate(all="ignore"):
        for x in ([1.0, -2.0, 0.0], [-1.0, -1.0, -1.0], [4.0, 1.0, 0.25]):
            assert program(np.array(x)) == f(autograd.Tensor(x)).data


def test_a_gradient_inside_is_guarded_where_it_ends_and_nowhere_else():
    program = record(lambda x, w, b: autograd.grad(neuron, argnums=1)(x, w, b), 1.0, 2.0, 3.0)
    (guard,) = program.listing.guards
    assert not guard.held
    assert "def not_equal" not in program.source()


def test_a_users_question_whether_a_number_is_nan_stays_a_branch():
    program = record(lambda x: x * 2.0 if (y := log(x) * 3.0) == y else x, 1.0)
    assert [program(x) for x in (2.0, -1.0)] == [4.0, -1.0]


# ── programs in programs ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_program_inside_takes_its_branches_anew():
    inner = record(branching, 1.0)
    outer = record(lambda x: inner(x) + 1.0, 1.0)
    for x in (2.0, -3.0, 0.0):
        assert_same(outer, lambda x: branching(x) + 1.0, x)


def test_what_a_program_inside_uses_from_elsewhere_is_read_anew():
    w = Value(2.0, "w")
    inner = record(lambda x: x * w, 1.0)
    outer = record(lambda x: inner(x) + inner(10.0), 1.0)
    w.data = 5.0
    assert outer.value_and_gradient(1.0) == (55.0, (5.0,))


def test_the_gradient_of_a_program_inside_is_recorded():
    inner = record(lambda x: x * x * x, 1.0)
    outer = record(lambda x: inner.gradient(x)[0] * x, 1.0)
    assert outer.value_and_gradient(2.0) == (24.0, (36.0,))
    assert autograd.grad(lambda x: inner.gradient(x)[0])(2.0) == 12.0


def test_a_program_may_be_recorded_inside():
    op = elementwise("squared", lambda a: a * a, lambda a: a * a, lambda y, a: (2.0 * a,))
    outer = record(lambda x: record(lambda u: op(u) * x if u > 0.0 else op(u), x)(x), 1.0)
    assert [outer(x) for x in (3.0, -3.0)] == [27.0, 9.0]
    assert outer.gradient(3.0) == (27.0,)


def test_nodes_in_reach_parameters_and_variables_from_elsewhere():
    w, model, x = Value(2.0, "w"), nn.Neuron(1, rng=0), Value(3.0)
    program = record(lambda model, x: model([x]) * w, model, 1.0)
    program(model, x).backward()
    wanted = {leaf: leaf.grad for leaf in (w, x, *model.parameters())}
    for leaf in wanted:
        leaf.zero_grad()
    (model([x]) * w).backward()
    assert wanted == {leaf: leaf.grad for leaf in wanted}
    assert all(wanted.values())


# ── plain data ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_program_prints_in_the_textbooks_notation():
    lines = str(record(neuron, 1.0, 0.0, 0.0)).splitlines()
    assert lines[:6] == ["h1 = x × w", "h2 = h1 + b", "h3 = h2 × -1", "h4 = exp(h3)", "h5 = h4 + 1", "h6 = 1 / h5"]


def test_instructions_are_read_one_by_one_and_in_parts():
    lines = record(lambda x: (x * 2.0).sum(axis=0).sum(), np.ones((2, 3))).listing.instructions
    assert list(lines) == [lines[i] for i in range(len(lines))] == [lines[i] for i in range(-len(lines), 0)]
    assert lines[1:3] == list(lines)[1:3]
    assert [line.op.name for line in lines[:3]] == ["mul", "sum", "sum"]
    assert lines[1].parameters == lines[1 - len(lines)].parameters != lines[2].parameters
    assert lines[0].origin is None
    assert lines[-1].origin is not None
    with pytest.raises(IndexError):
        lines[len(lines)]


def test_programs_compare_by_what_they_do():
    one, other = record(neuron, 1.0, 0.0, 0.0), record(neuron, 2.0, 1.0, 0.5)
    assert one == other
    assert hash(one) == hash(other)
    assert one != record(lambda x, w, b: neuron(x, w, b) * 2.0, 1.0, 0.0, 0.0)
    assert record(lambda x: x * 0.0, 1.0) != record(lambda x: x * -0.0, 1.0)
    assert record(lambda x: x * math.nan, 1.0) == record(lambda x: x * float("nan"), 1.0)
    assert record(lambda x: [x], 1.0) != record(lambda x: (x,), 1.0)
    ones, twos = (record(lambda x, a=a: (x * a).sum(), np.ones(2)) for a in (np.ones(2), np.full(2, 2.0)))
    assert ones != twos
    assert ones == pickle.loads(pickle.dumps(ones))


def test_a_program_is_its_own_copy_as_a_function_is():
    program = record(branching, 1.0)
    assert copy.copy(program)(-1.0) == copy.deepcopy(program)(-1.0) == -1.0
    assert program.__name__ == "branching"


def test_a_program_keeps_none_of_the_nodes_it_was_recorded_from():
    class Marked(Value):
        __slots__ = ("__weakref__",)

    made = []

    def f(x):
        other = Marked(2.0)
        made.append(weakref.ref(other))
        return exp(other) * x

    program = record(f, 1.0)
    assert [node() for node in made] == [None, None]
    assert program(0.0) == 0.0


def branching(x):
    return x * 2.0 if x > 0.0 else x


def test_a_pickled_program_runs_what_it_recorded():
    program = pickle.loads(pickle.dumps(record(branching, 1.0)))
    assert program.value_and_gradient(3.0) == (6.0, (2.0,))
    with pytest.raises(Unrecordable, match="record it again"):
        program(-1.0)


# ── simplification ───────────────────────────────────────────────────────────────────────────────────────────────────


def values(listing, point):
    found = autograd.program.careful.value(listing, list(point))
    everything = autograd.program.listing.run(listing, list(point), lambda op, xs, parameters: op(*xs))
    return [bits(x) for x in found] + [bits(everything[p]) for p in listing.gradients if p is not None]


@pytest.mark.parametrize("name", PASSES)
@settings(max_examples=settings().max_examples // 2)
@given(st.integers(0, 10**6))
def test_a_pass_changes_no_bit(name, number):
    made = random_program(number)
    listing = record(lambda *xs: made.run(xs), *made.point).listing
    shorter = PASSES[name](listing)
    assert len(shorter.instructions) <= len(listing.instructions)
    assert values(shorter, made.point) == values(listing, made.point)


@given(st.integers(0, 10**6))
def test_passes_find_nothing_more_in_what_they_have_simplified(number):
    made = random_program(number)
    short, removed = simplified(record(lambda *xs: made.run(xs), *made.point).listing)
    assert len(short.recorded.instructions) - sum(removed.values()) == len(short.instructions)
    for shorten in PASSES.values():
        assert shorten(short) == short


def test_passes_remove_what_is_written_twice_or_for_nothing():
    def f(x, y):
        _ = exp(x) * 17.0
        return (x * y + 1.0) * (y * x + 1.0) * (2.0 * Value(3.0))

    program = record(f, 1.0, 2.0)
    listing, removed = simplified(program.listing)
    forward = [line.op.name for line in listing.instructions[: listing.forward]]
    assert forward == ["mul", "add", "mul", "mul"]
    assert removed["constants"] >= 1
    assert removed["common subexpressions"] >= 2
    assert f"{removed['common subexpressions']:>6} removed by common subexpressions" in program.explain()


def test_a_power_with_a_constant_exponent_needs_no_choices():
    page = record(lambda x: x**2, 3.0).source()
    assert "gx = 2.0 * x " in page
    assert "where" not in page


@pytest.mark.parametrize(
    "f",
    [
        lambda x: (x > 0.5) * 0.0,
        lambda x: where(1.0, x[0], x),
        lambda x: where(x, 1.0, 1.0),
        lambda x: np.argmax(x) * 1.0,
    ],
)
def test_a_number_never_takes_the_place_of_an_array(f):
    x = np.array([1.0, -2.0, 0.5])
    found, wanted = record(f, np.ones(3))(x), f(autograd.Tensor(x)).data
    assert (found.shape, found.dtype, found.tolist()) == (wanted.shape, wanted.dtype, wanted.tolist())


def test_zero_and_minus_zero_stay_apart():
    program = record(lambda x: x * 0.0 + x * -0.0, 1.0)
    assert [bits(program(x)) for x in (1.0, -1.0)] == [bits(0.0), bits(0.0)]
    assert_same(record(lambda x: (x + 0.0) * 1.0, 1.0), lambda x: (x + 0.0) * 1.0, -0.0)


def test_two_ops_of_one_name_stay_two_and_an_input_may_have_it_too():
    def one():
        return elementwise("cube", lambda a: a * a * a, lambda a: a**3, lambda y, a: (3.0 * a * a,))

    def other():
        return elementwise("cube", lambda a: a + 1.0, lambda a: a + 1.0, lambda y, a: (1.0,))

    first, second = one(), other()
    assert record(lambda cube: first(cube) * second(cube), 1.0)(2.0) == 24.0
    assert record(lambda relu: autograd.relu(relu) * relu, 1.0).value_and_gradient(2.0) == (4.0, (4.0,))


def test_a_function_of_numbers_alone_may_use_a_tensor():
    t = autograd.Tensor([1.0, 2.0])
    assert record(lambda x: t.sum(), 1.0)(5.0) == 3.0


def test_a_program_is_drawn_at_its_example():
    program = record(neuron, 1.0, 0.0, 0.0)
    assert [node.data for node in autograd.ancestry(program.graph()) if node.op] == [0.0, 0.0, -0.0, 1.0, 2.0, 0.5]
    assert "0.25" in autograd.draw(program).svg
    assert program.graph(2.0, 3.0, 1.0).data == program(2.0, 3.0, 1.0)
    with pytest.raises(OperandError, match="drawn from one root"):
        record(lambda x: [x, x], 1.0).graph()


def test_a_program_of_a_scalar_model_runs_on_floats_as_any_other():
    model = nn.MLP([2, 3, 1], rng=0)
    program = record(lambda model, x: model(x)[0], model, [0.1, 0.2])
    assert program.to("python")(model, [0.3, 0.4]) == model([0.3, 0.4])[0].data


def test_a_refusal_because_of_chance_names_the_line_and_the_module_that_drew():
    model = nn.Sequential(nn.Linear(3, 2, rng=0), nn.Dropout(0.5, rng=0))
    with pytest.raises(Unrecordable, match=r"test_program\.py:\d+, in Sequential\.1, Dropout\(0\.5\).*model\.eval\(\)"):
        record(lambda x: model(x).sum(), np.ones((2, 3)))
    assert record(lambda x: model.eval()(x).sum(), np.ones((2, 3)))
