"""The gradient checker: right rules pass, every kind of wrong one fails for the right reason, and the rest is no error.

Rules are broken on purpose, each in one way. What the checker says of them is compared with what was done to them. The
rows of both tables are broken in tests/mutations, where random programs are searched for false alarms too.
"""

import numpy as np
import pytest
from array_oracles import Draw
from array_samples import FUNCTIONS, OPS, elementwise as sample_of_row
from mutations.calls import on_numbers

import autograd
import nn
from autograd import Tensor, Value, array_op, assert_gradients, check, elementwise
from autograd.array_ops import ARRAY_TABLE
from autograd.checking import VERDICTS, GradientError, Report
from autograd.errors import ArgumentError, AutogradError
from autograd.ops import TABLE

RNG = np.random.default_rng(11)
MATRIX, SQUARE, VECTOR = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 3)), RNG.normal(size=3)


def verdict(report):
    """The one verdict on all inputs."""
    (found,) = set(report.verdicts.values())
    return found


def causes(report):
    return {row.cause for row in report.rows if row.verdict != "pass"}


# ── right rules pass ─────────────────────────────────────────────────────────────────────────────────────────────────


def functions_of_arrays():
    for name, op in TABLE.items():
        if op.rule is not None:
            yield pytest.param(sample_of_row(op), op, id=f"elementwise {name}")
    for name, (sampler, _) in OPS.items():
        yield pytest.param(sampler, ARRAY_TABLE[name], id=f"array op {name}")
    for name, (sampler, _) in FUNCTIONS.items():
        f = Tensor.trace if name == "trace" else getattr(autograd, name)
        yield pytest.param(sampler, f, id=f"function {name}")


@pytest.mark.parametrize(("sampler", "f"), list(functions_of_arrays()))
def test_every_function_of_arrays_passes(sampler, f):
    for number in range(2):
        sample = sampler(Draw("checking", number))
        report = check(lambda *xs, sample=sample: sample.call(f, *xs), *sample.operands)
        assert report.passed, str(report)


@pytest.mark.parametrize("op", [op for op in TABLE.values() if op.derivable], ids=lambda op: op.name)
def test_every_row_of_the_table_passes_on_numbers_to_second_order(op):
    written = on_numbers(op)
    for point in written.points(2, op.name):
        report = check(lambda *xs: written.call(op, *xs), *point, order=2)
        assert report.passed, str(report)


def network(w1, b1, w2, x):
    hidden = autograd.relu(x @ w1 + b1)
    scores = autograd.log_softmax(hidden @ w2, axis=-1)
    return -scores[np.arange(len(x)), np.arange(len(x)) % 2].sum()


def test_a_network_made_of_arrays_passes_to_second_order():
    w1, b1, w2 = RNG.normal(size=(3, 5)), RNG.normal(size=5), RNG.normal(size=(5, 2))
    report = check(network, w1, b1, w2, MATRIX, order=2)
    assert report.passed, str(report)
    assert list(report.verdicts) == ["w1", "b1", "w2", "x"]


def test_inputs_and_outputs_may_be_lists_and_dicts():
    report = check(lambda p: [p["w"][0] * p["w"][1], {"b": autograd.exp(p["b"])}], {"w": [1.5, 2], "b": 0.3})
    assert report.passed
    assert {row.input for row in report.rows} == {"p['w'][0]", "p['w'][1]", "p['b']"}
    assert {row.output for row in report.rows} == {"[0]", "[1]['b']"}


def test_nodes_are_checked_under_their_labels_and_left_as_they_were():
    w = Value(2.0, label="weight")
    report = check(lambda w, x: w * w * x, w, 3.0)
    assert list(report.verdicts) == ["weight", "x"]
    assert report.passed
    assert w.grad == 0.0


def test_a_check_is_the_same_in_every_mode():
    with autograd.no_grad():
        assert check(autograd.sin, 0.5).passed
    with autograd.detect_anomaly():
        assert verdict(check(autograd.sqrt, 0.0)) == "not finite"


def test_two_inputs_of_one_label_are_told_apart_by_position():
    w, v = (Tensor(VECTOR, label="w") for _ in range(2))
    assert list(check(lambda a, b: a * b, w, v).verdicts) == ["w (input 0)", "w (input 1)"]


def test_variables_that_f_uses_from_outside_are_constants_of_the_check():
    scale = Value(1e12)
    report = check(lambda x: (x + scale) - scale, 1.0)
    assert verdict(report) == "precision-limited"
    assert list(report.verdicts) == ["x"]
    assert check(lambda x: x * scale, 1.0).passed
    assert scale.grad == 0.0


def test_numbers_beside_arrays_become_tensors():
    assert check(lambda w, b: (w * b).sum(), VECTOR, 2).passed


def test_whole_numbers_are_lifted():
    assert check(lambda x, n: (x * x * n).sum(), np.array([1, 2, 3]), 4).passed


def test_what_does_not_depend_on_its_input_passes_with_derivative_0():
    report = check(lambda x, y: 2.0 * x, 1.5, 2.5)
    assert report.passed
    assert {row.analytic for row in report.rows if row.input == "y"} == {0.0}
    assert check(lambda x: 5.0, 1.0).passed
    assert check(lambda x: autograd.softmax(x).sum(), VECTOR).passed


def test_functions_of_any_scale_pass():
    for scale in (1e-250, 1e-8, 1e8, 1e250):
        assert check(lambda x, scale=scale: autograd.sin(x) * scale, 0.7).passed
        assert check(lambda x, scale=scale: autograd.tanh(x * (1.0 / scale)), 0.7 * scale).passed
    assert check(autograd.exp, 700.0).passed


def test_large_inputs_and_outputs_are_checked_by_projections():
    report = check(lambda w: autograd.tanh(w) * w, RNG.normal(size=(20, 30)))
    assert report.passed, str(report)
    assert {row.index for row in report.rows} == {None}
    assert len(report.rows) == 2 * 4 * 4


def test_long_lists_of_numbers_are_checked_by_projections_too():
    calls = []

    def f(p):
        calls.append(1)
        return sum(a * a * b for a, b in zip(p["w"], reversed(p["w"]), strict=True))

    report = check(f, {"w": [0.5 + 0.01 * k for k in range(200)]})
    assert report.passed
    assert report.verdicts == {"p": "pass"}
    assert len(report.rows) == 8
    assert len(calls) < 1000


def test_a_wrong_one_in_a_long_list_is_found():
    half = elementwise("half", lambda a: a * a, lambda a: a * a, lambda y, a: (a,))
    report = check(lambda p: sum(p["w"]) + half(p["w"][70]), {"w": [1.0 + k for k in range(100)]})
    assert report.worst.input == "p['w'][70]"
    assert report.verdicts == {"p": "wrong", "p['w'][70]": "wrong"}


def test_empty_arrays_have_nothing_to_compare():
    report = check(lambda x: x * 2.0, np.zeros((0, 3)))
    assert report.passed
    assert "nothing to compare" in str(report)


# ── float32 ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_float32_is_checked_in_float64_and_held_against_it():
    report = check(lambda w, x: autograd.tanh(x @ w).sum(), SQUARE.astype(np.float32), MATRIX.astype(np.float32))
    assert report.passed, str(report)
    assert {row.mode for row in report.rows} == {"reverse", "forward", "float32"}
    assert max(row.bound for row in report.rows if row.mode == "reverse") < 1e-9
    assert max(row.error for row in report.rows if row.mode == "float32") > 1e-10


def test_a_function_that_takes_float32_alone_gets_steps_that_suit_it():
    def single_minded(x):
        assert x.dtype == np.float32
        return (autograd.sin(x) * x).sum()

    report = check(single_minded, VECTOR.astype(np.float32))
    assert report.passed, str(report)
    assert 1e-8 < max(row.bound for row in report.rows) < 1e-2


def test_a_function_that_rounds_to_float32_on_the_way_passes():
    assert check(lambda x: autograd.exp(x.astype(np.float32)).astype(np.float64).sum(), VECTOR).passed


def test_a_rule_that_is_wrong_in_float32_alone_is_caught():
    def rule(y, a):
        return ((2.02 if getattr(a, "dtype", None) == np.float32 else 2.0) * a,)

    square = elementwise("square", lambda a: a * a, lambda a: a * a, rule)
    assert check(square, VECTOR).passed
    report = check(square, VECTOR.astype(np.float32))
    assert {row.mode for row in report.rows if row.verdict == "wrong"} == {"float32"}
    assert causes(report) == {"factor 1.01"}


# ── broken rules fail, for the right reason ──────────────────────────────────────────────────────────────────────────


def product(rule):
    """a · b² with a rule of one's own; (b², 2ab) is right."""
    return elementwise("product", lambda a, b: a * b * b, lambda a, b: a * b * b, rule)


def affine(pull_back):
    return array_op("affine", lambda x, w, b: x @ w.T + b, pull_back)


def matrix_product(pull_back):
    return array_op("matrix_product", lambda x, w: x @ w, pull_back)


def transposed(a):
    return autograd.transpose(a)


WRONG = [
    ("sign", product(lambda y, a, b: (b * b, -2.0 * a * b)), (MATRIX, VECTOR), {"b": "sign"}),
    ("a thousandth", product(lambda y, a, b: (1.001 * b * b, 2.0 * a * b)), (MATRIX, VECTOR), {"a": "factor 1.001"}),
    ("of one number", product(lambda y, a, b: (b * b, 2.002 * a * b)), (1.3, 0.7), {"b": "factor 1.001"}),
    ("half", product(lambda y, a, b: (b * b, a * b)), (MATRIX, VECTOR), {"b": "factor 1/2"}),
    ("zero", product(lambda y, a, b: (0.0 * b, 2.0 * a * b)), (MATRIX, VECTOR), {"a": "detached"}),
    ("swapped", product(lambda y, a, b: (2.0 * a * b, b * b)), (MATRIX[0], VECTOR), {"a": "swapped", "b": "swapped"}),
    (
        "one row in place of the sum of all",
        affine(lambda g, y, x, w, b: (g @ w, transposed(g) @ x, g[0])),
        (MATRIX, SQUARE, VECTOR),
        {"c": "broadcast not summed"},
    ),
    (
        "the mean in place of the sum",
        affine(lambda g, y, x, w, b: (g @ w, transposed(g) @ x, autograd.mean(g, axis=0))),
        (MATRIX, SQUARE, VECTOR),
        {"c": "broadcast not summed"},
    ),
    (
        "a factor not transposed",
        matrix_product(lambda g, y, x, w: (g @ w, transposed(x) @ g)),
        (MATRIX, SQUARE),
        {"a": "transposed"},
    ),
    (
        "a share transposed",
        matrix_product(lambda g, y, x, w: (g @ transposed(w), transposed(transposed(x) @ g))),
        (MATRIX, SQUARE),
        {"b": "transposed"},
    ),
    (
        "a share of the wrong shape",
        matrix_product(lambda g, y, x, w: (g @ transposed(w), transposed(g) @ x)),
        (MATRIX, MATRIX.T),
        {"a": "raised RuleError", "b": "raised RuleError"},
    ),
]


@pytest.mark.parametrize(("op", "operands", "wanted"), [pytest.param(*case[1:], id=case[0]) for case in WRONG])
def test_the_suspected_cause_is_what_was_done_to_the_rule(op, operands, wanted):
    call = (lambda a, b: op(a, b)) if len(operands) == 2 else lambda a, b, c: op(a, b, c)
    report = check(call, *operands)
    assert {row.input: row.cause for row in report.rows if row.verdict == "wrong"} == wanted
    assert all(report.verdicts[name] == ("wrong" if name in wanted else "pass") for name in report.verdicts)


def test_a_rule_that_is_wrong_only_where_an_input_is_used_twice_is_caught():
    def rule(y, a, b):
        return b, 0.0 * a if a is b else a

    times = elementwise("times", lambda a, b: a * b, lambda a, b: a * b, rule)
    for x in (1.5, VECTOR):
        assert check(lambda a, b: times(a, b), x, 2.0 * x).passed
        report = check(lambda a: times(a, a), x)
        assert verdict(report) == "wrong"
        assert causes(report) == {"missing accumulation"}


def test_a_rule_that_is_wrong_only_where_it_broadcasts_is_caught():
    def rule(y, a, b):
        return b, a if np.shape(a) == np.shape(b) else 0.5 * a

    times = elementwise("times", lambda a, b: a * b, lambda a, b: a * b, rule)
    assert check(lambda a, b: times(a, b), VECTOR, 2.0 * VECTOR).passed
    assert causes(check(lambda a, b: times(a, b), MATRIX, VECTOR)) == {"factor 1/2"}


def test_a_rule_that_is_wrong_at_one_point_alone_is_caught_there():
    def rule(y, a):
        return (autograd.where(autograd.equal(a, 0.5), 3.0, 2.0 * a),)

    square = elementwise("square", lambda a: a * a, lambda a: a * a, rule)
    assert check(square, 0.25).passed
    assert causes(check(square, 0.5)) == {"at this point alone"}


def test_a_random_rule_is_non_deterministic():
    rng = np.random.default_rng(0)
    square = elementwise("square", lambda a: a * a, lambda a: a * a, lambda y, a: (2.0 * a + rng.random(),))
    report = check(square, 0.5)
    assert verdict(report) == "non-deterministic"
    assert causes(report) == {"a rule changes"}


def test_a_rule_that_keeps_numbers_of_another_call_is_stale():
    seen = []

    def rule(y, a):
        seen.append(a)
        return (2.0 * (seen[-2] if len(seen) > 1 else a),)

    square = elementwise("square", lambda a: a * a, lambda a: a * a, rule)
    report = check(square, 0.5)
    assert verdict(report) == "wrong"
    assert causes(report) == {"stale"}


def test_data_set_between_the_passes_are_stale():
    def f(w):
        y = (w * w).sum()
        w.data = 2.0 * w.data
        return y

    report = check(f, VECTOR)
    assert verdict(report) == "wrong"
    assert causes(report) == {"stale"}
    assert "Call backward before the data change" in str(report)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x * x.data,
        lambda x: Value(x.data) * 2.0,
        lambda x: float(x) * 3.0,
        lambda x: autograd.exp(x) + np.sin(float(x)),
    ],
)
def test_what_was_taken_out_of_the_graph_is_detached(f):
    report = check(f, 0.7)
    assert verdict(report) == "wrong"
    assert causes(report) == {"detached"}
    assert ".data, detach(), float()" in str(report)


def test_a_wrong_entry_among_many_is_found():
    def pull_back(g, y, a):
        share = np.array(2.0 * g * a)
        share[3, 5] *= 1.001
        return (share,)

    square = array_op("square", lambda a: a * a, pull_back)
    report = check(lambda w: autograd.tanh(square(w)).sum(), RNG.normal(size=(30, 40)), forward=False)
    assert report.worst.index == (3, 5)
    assert report.worst.ratio == pytest.approx(1.001)
    assert "[3, 5]" in str(report)


def test_a_rule_that_does_not_run_on_nodes_is_told_apart_from_a_wrong_one():
    cube = array_op("cube", lambda a: a**3, lambda g, y, a: (np.asarray(g) * 3.0 * a**2,))
    assert check(cube, VECTOR, forward=False).passed
    report = check(cube, VECTOR)
    assert causes(report) == {"raised Detached"}
    assert "forward=False" in str(report)


def test_a_second_derivative_that_is_wrong_is_caught_though_the_first_is_right():
    stiff = elementwise("stiff", lambda a: a**3, lambda a: a**3, lambda y, a: (3.0 * autograd.abs(a * y) ** 0.5,))
    assert check(stiff, 1.5).passed
    assert check(stiff, 1.5, order=2).passed

    def without_a_graph(y, a):
        return (3.0 * (a.data if isinstance(a, Value) else a) ** 2 + 0.0 * a,)

    cut = elementwise("cut", lambda a: a**3, lambda a: a**3, without_a_graph)
    report = check(cut, 1.5, order=2)
    assert {row.mode for row in report.rows if row.verdict == "wrong"} == {"2nd reverse", "2nd forward"}


# ── what is no error of a rule ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("f", "inputs"),
    [
        (autograd.relu, [0.0]),
        (autograd.abs, [0.0]),
        (autograd.maximum, [1.5, 1.5]),
        (lambda x: autograd.max(x), [np.array([1.0, 1.0, 0.0])]),
        (lambda x: autograd.clip(x, 0.0, 1.0), [1.0]),
        (lambda x: autograd.norm(x), [np.zeros(3)]),
        (lambda x: autograd.exp(x) * autograd.abs(x - 1.0), [1.0]),
        (lambda x: autograd.where(x > 0.0, 3.0 * x, x), [np.zeros(2)]),
        (autograd.unit_step, [0.0]),
        (lambda x: autograd.relu(x) - autograd.relu(-x), [0.0]),
    ],
)
def test_a_kink_is_no_error(f, inputs):
    report = check(f, *inputs)
    assert {v for v in report.verdicts.values() if v != "pass"} == {"kink"}
    assert not report.passed
    assert check(f, *inputs, allow=["kink"]).passed
    assert "move the input off" in str(report)


def test_at_a_kink_a_derivative_beyond_both_slopes_is_wrong():
    ramp = elementwise("ramp", autograd.relu.function, autograd.relu.array_function, lambda y, a: (0.0 * a + 1.5,))
    assert verdict(check(ramp, 0.0)) == "wrong"


def test_close_to_a_kink_is_not_at_it():
    for distance in (1e-3, 1e-9):
        assert check(lambda x: autograd.relu(x - 1.0), 1.0 + distance).passed
        assert check(lambda x: autograd.abs(x), -distance).passed


@pytest.mark.parametrize(("f", "x"), [(autograd.sqrt, 0.0), (autograd.log, 0.0), (lambda x: x * autograd.log(x), 0.0)])
def test_what_has_no_finite_derivative_is_not_finite(f, x):
    report = check(f, x)
    assert verdict(report) == "not finite"
    assert not report.passed


@pytest.mark.parametrize("error", [ValueError, AssertionError, ArgumentError])
def test_a_function_that_refuses_what_is_outside_its_domain_is_checked_inside(error):
    def f(p):
        if p.data > 1.0:
            raise error("no probability")
        return autograd.log(p)

    assert check(f, 0.99, order=2).passed
    assert causes(check(f, 1.0)) == {"edge of the domain"}


def test_a_loss_that_takes_probabilities_alone_is_checked_close_to_1():
    loss, labels = nn.LogLoss(), np.array([1.0, 0.0, 1.0])
    assert check(lambda p: loss(p, labels), np.array([0.2, 0.3, 0.999]), order=2).passed


def test_the_edge_of_a_domain_is_not_finite():
    assert causes(check(lambda x: x * autograd.sqrt(x), 0.0)) == {"edge of the domain"}


def test_a_rule_that_gives_nan_where_there_is_a_derivative_is_told_so():
    odd = elementwise("odd", lambda a: a, lambda a: a, lambda y, a: (a * np.nan,))
    report = check(odd, 0.5)
    assert verdict(report) == "not finite"
    assert "where differences give 1" in str(report)


def test_a_random_function_is_non_deterministic():
    report = check(lambda x, y: x * y * np.random.rand(), 1.0, 2.0)
    assert report.verdicts == {"x": "non-deterministic", "y": "non-deterministic"}
    assert "seed" in str(report)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: (x + 1e12) - 1e12, 1.0),
        (lambda x: 1e14 + x * 1e-3, 0.5),
        (lambda x: autograd.sin(x * 1e14), 0.3),
    ],
)
def test_what_round_off_hides_is_limited_by_precision(f, x):
    assert verdict(check(f, x)) == "precision-limited"
    assert check(f, x, allow=["precision-limited"]).passed


def test_what_an_op_rounds_inside_is_no_error_of_its_rule():
    softplus = elementwise(
        "softplus",
        lambda a: np.log(1.0 + np.exp(a)).item(),
        lambda a: np.log(1.0 + np.exp(a)),
        lambda y, a: (autograd.sigmoid(a),),
    )
    for x in np.linspace(-16.0, -2.0, 29):
        assert check(softplus, x, allow=["precision-limited"]).passed
    assert verdict(check(lambda x: 1.0 * softplus(x), -9.0)) == "pass"


def test_a_choice_whose_rule_compares_its_result_with_a_bound_passes():
    capped = elementwise(
        "capped",
        lambda a: min(a, 1.5),
        lambda a: np.minimum(a, 1.5),
        lambda y, a: (autograd.ops.less(y, 1.5),),
        selects=True,
    )
    assert check(capped, np.array([0.5, 1.25, 2.0])).passed


def test_an_error_that_shows_above_the_round_off_is_wrong_all_the_same():
    double = elementwise("double", lambda a: a * 2.0, lambda a: a * 2.0, lambda y, a: (0.0 * a + 3.0,))
    assert verdict(check(lambda x: (double(x) + 1e12) - 1e12, 1.0)) == "wrong"


# ── the report ───────────────────────────────────────────────────────────────────────────────────────────────────────

HALF = elementwise("half", lambda a: a * a, lambda a: a * a, lambda y, a: (a,))


def test_the_report_names_input_index_numbers_bound_and_cause():
    report = check(lambda weights, x: HALF(weights) * x, np.arange(1.0, 7.0), 2.0)
    text = str(report)
    assert text.startswith("f: wrong toward weights")
    assert "12 of 84 comparisons (reverse, forward) did not pass" in text
    (line,) = (line for line in text.splitlines() if line.startswith("weights[3]"))
    assert line.split() == ["weights[3]", "[3]", "reverse,", "forward", "8", "16", "±", *line.split()[7:]]
    assert line.split()[8:] == ["8", "0.5", "wrong", "factor", "1/2"]
    assert "and 2 more toward weights" in text
    assert text.endswith("weights: every wrong one is 1/2 times the right one.")
    assert max(map(len, text.splitlines())) <= 140


def test_a_passing_report_says_how_close_it_was():
    text = str(check(lambda x, y: autograd.sin(x) * y, 0.5, 2.0))
    assert text.startswith("f: passed all of 4 comparisons (reverse, forward)")
    assert "\nx " in text
    assert "\ny " in text
    assert " pass\n" in text


@pytest.mark.parametrize("f", [lambda x: sum(x), lambda x: sum(a * a.data for a in x)])
def test_of_many_inputs_those_to_look_at_first_are_printed(f):
    text = str(check(f, [1.0 + k for k in range(40)]))
    assert "and 24 more inputs" in text
    assert len(text.splitlines()) < 30


def test_a_sentence_that_is_an_error_of_ours_ends_as_that_does():
    turned = array_op("turned", lambda a, b: a @ b, lambda g, y, a, b: (autograd.matmul(g, b), autograd.matmul(a, g)))
    assert str(check(turned, np.ones((2, 3)), np.ones((3, 4)))).endswith("Transpose one of them?")


def test_a_notebook_shows_the_table():
    report = check(lambda x: x * x, 3.0)
    shown = []
    printer = type("Printer", (), {"text": lambda self, text: shown.append(text)})()
    report._repr_pretty_(printer, False)
    assert shown == [str(report)]


def test_rows_are_data():
    report = check(lambda x: HALF(x).sum(), np.array([1.0, 3.0]), forward=False)
    assert isinstance(report, Report)
    assert [row.index for row in report.rows] == [(0,), (1,)]
    assert [row.analytic for row in report.rows] == [1.0, 3.0]
    assert [row.numeric for row in report.rows] == pytest.approx([2.0, 6.0])
    assert [row.ratio for row in report.rows] == pytest.approx([0.5, 0.5])
    assert [row.error for row in report.rows] == pytest.approx([1.0, 3.0])
    assert {row.verdict for row in report.rows} == {"wrong"} < set(VERDICTS)
    assert report.worst.bound < 1e-10
    assert not report
    assert check(lambda x: x, 1.0)


def test_the_same_seed_gives_the_same_report_and_no_global_state_is_touched():
    w = RNG.normal(size=(9, 9))
    state = np.random.get_state()[1].tolist()
    first, second = (check(lambda w: autograd.sin(w) @ w, w, seed=5) for _ in range(2))
    assert first.rows == second.rows
    assert first.rows != check(lambda w: autograd.sin(w) @ w, w, seed=6).rows
    assert np.random.get_state()[1].tolist() == state


def test_assert_gradients_raises_with_the_report():
    assert assert_gradients(autograd.tanh, 0.5) is None
    with pytest.raises(GradientError, match="half: wrong toward input 0") as caught:
        assert_gradients(HALF, 3.0)
    assert isinstance(caught.value, AssertionError)
    assert isinstance(caught.value, AutogradError)
    assert str(caught.value) == str(caught.value.report)
    assert caught.value.report.verdicts == {"input 0": "wrong"}
    assert_gradients(autograd.relu, 0.0, allow=["kink"])


def test_the_worst_row_is_plotted_against_the_step():
    pytest.importorskip("matplotlib").use("Agg")
    from matplotlib import pyplot

    report = check(lambda x: HALF(x).sum(), np.array([1.0, 3.0]))
    axes = report.plot()
    assert axes.get_title() == "f: wrong toward x[1]"
    assert min(report.error_against_step().errors) == pytest.approx(3.0)
    assert min(check(autograd.sin, 0.5).error_against_step().errors) < 1e-9
    pyplot.close("all")


def test_nothing_is_plotted_where_there_is_nothing_to_compare():
    with pytest.raises(ArgumentError, match="no finite derivative"):
        check(autograd.sqrt, 0.0).error_against_step()


# ── bad input ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: check(3.0, 1.0), "check takes a function"),
        (lambda: check(autograd.exp), "give at least one"),
        (lambda: check(lambda name: name, "x"), "name is str 'x'"),
        (lambda: check(lambda mask: mask, np.array([True, False])), "mask holds truths"),
        (lambda: check(lambda x: x, np.nan), "x holds nan"),
        (lambda: check(lambda x: x, np.array([1.0, np.inf])), "x holds inf"),
        (lambda: check(lambda x: None, 1.0), "what f gave is None: does it return its result"),
        (lambda: check(lambda x: {"y": "text"}, 1.0), r"what f gave\['y'\] is str 'text'"),
        (lambda: check(lambda x: np.array([x, x]), 1.0), "autograd.stack"),
        (lambda: check(autograd.exp, 1.0, order=0), "order is how many"),
        (lambda: check(autograd.exp, 1.0, allow=["kinky"]), "among pass, precision-limited, kink"),
        (lambda: check(autograd.exp, 1.0, allow="kink"), "allow takes a list"),
        (lambda: check(lambda w, b: w, VECTOR, Value(2.0)), "b is a Value beside an array"),
        (lambda: check(lambda x: autograd.exp(x, x), 1.0), "exp takes 1 operand"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(AutogradError, match=message):
        call()


def test_a_function_that_raises_raises():
    with pytest.raises(ZeroDivisionError):
        check(lambda x: x / (1 // 0), 1.0)
