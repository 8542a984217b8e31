"""The gradient checker: right rules pass, every kind of wrong one fails for the right reason, and the rest is no error.

Rules are broken on purpose, each in one way. What the checker says of them is compared with what was done to them.
"""

import pickle

import numpy as np
import pytest
from array_oracles import Draw
from array_samples import FUNCTIONS, OPS, elementwise as sample_of_row
from hypothesis import given, settings, strategies as st
from test_broken_array_rules import BREAKS as ARRAY_BREAKS, ROWS as ARRAY_ROWS, broken as broken_pull_back
from test_broken_rules import BREAKS, DIFFERENTIABLE, broken, differs_somewhere, gradient, points
from test_properties import expressions

import autograd
from autograd import Tensor, Value, array_op, assert_gradients, check, elementwise
from autograd.array_ops import ARRAY_TABLE
from autograd.checking import VERDICTS, GradientError, Report
from autograd.errors import ArgumentError, AutogradError, Detached, MissingExtra, OperandError
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
    for number in range(3):
        sample = sampler(Draw("checking", number))
        report = check(lambda *xs, sample=sample: sample.call(f, *xs), *sample.operands)
        assert report.passed, str(report)


@pytest.mark.parametrize("op", DIFFERENTIABLE, ids=lambda op: op.name)
def test_every_row_of_the_table_passes_on_numbers_to_second_order(op):
    for point, _ in points(op)[:2]:
        wanted = [i for i, d in enumerate(op.value_and_derivatives(*point)[1]) if d is not None]
        report = check(partial_call(op, point, wanted), *[point[i] for i in wanted], order=2)
        assert report.passed, str(report)


def partial_call(op, point, wanted):
    """The op as a function of these operands, the others kept."""

    def f(*xs):
        filled = list(point)
        for place, x in zip(wanted, xs, strict=True):
            filled[place] = x
        return op(*filled)

    return f


@settings(max_examples=100)
@given(expressions(most=30))
def test_no_random_expression_gives_a_false_alarm(case):
    assert check_of_expression(*case).passed


@pytest.mark.thorough
@settings(max_examples=10_000)
@given(expressions(most=60))
def test_no_random_expression_gives_a_false_alarm_in_a_long_search(case):
    assert check_of_expression(*case).passed


def check_of_expression(expression, point):
    """A derivative may be too small beside the round-off of its function to be judged, which is no alarm."""

    def f(*xs):
        return expression.evaluate(lambda name, *operands: TABLE[name](*operands), xs)

    return check(f, *point, allow=["precision-limited"])


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
        return ((2.002 if getattr(a, "dtype", None) == np.float32 else 2.0) * a,)

    square = elementwise("square", lambda a: a * a, lambda a: a * a, rule)
    assert check(square, VECTOR).passed
    report = check(square, VECTOR.astype(np.float32))
    assert {row.mode for row in report.rows if row.verdict == "wrong"} == {"float32"}
    assert causes(report) == {"factor 1.002"}


# ── broken rules fail, for the right reason ──────────────────────────────────────────────────────────────────────────

SUSPECTED = {
    "has the wrong sign": {"sign"},
    "is a thousandth too large": {"factor 1.001"},
    "is a thousandth too small": {"factor 0.999"},
    "is twice too large": {"factor 2"},
    "is zero": {"detached"},
    "is off by a constant": {"offset", "factor 1.01"},
    "is not a number": {"rule gives nan"},
    "has its operands swapped": {"swapped", ""},
    "forgets its first operand": {"detached"},
    "forgets its last operand": {"detached"},
}


@pytest.mark.parametrize("name", BREAKS)
@pytest.mark.parametrize("op", DIFFERENTIABLE, ids=lambda op: op.name)
def test_a_row_is_caught_when_its_rule(op, name):
    wrong = broken(op, BREAKS[name])
    if not differs_somewhere(op, BREAKS[name]):
        return
    point = next(p for p, _ in points(op) if gradient(op, p) != gradient(wrong, p))
    wanted = [i for i, d in enumerate(op.value_and_derivatives(*point)[1]) if d is not None]
    report = check(partial_call(wrong, point, wanted), *[point[i] for i in wanted], forward=False)
    assert "wrong" in report.verdicts.values() or name == "is not a number"
    assert not report.passed
    assert causes(report) <= SUSPECTED[name]


ARRAY_SUSPECTED = {
    **SUSPECTED,
    "is turned round": {"misplaced", "sign"},
    "is transposed": {"transposed"},
    "forgets one entry": {"missing accumulation", "detached"},
    "is averaged": {"", "detached"},
}


@pytest.mark.parametrize("name", ARRAY_BREAKS)
@pytest.mark.parametrize("op", ARRAY_ROWS, ids=lambda op: op.name)
def test_an_array_op_is_caught_when_its_pull_back(op, name):
    wrong, (sampler, _) = broken_pull_back(op, ARRAY_BREAKS[name]), OPS[op.name]
    for number in range(12):
        sample = sampler(Draw(op.name, number))
        right_run, wrong_run = (check_quickly(sample, tested) for tested in (op, wrong))
        if right_run is not None and not same_derivatives(right_run, wrong_run):
            assert not wrong_run.passed
            assert causes(wrong_run) <= ARRAY_SUSPECTED[name]
            return


def check_quickly(sample, op):
    return check(lambda *xs: sample.call(op, *xs), *sample.operands, forward=False)


def same_derivatives(one, other):
    return [row.analytic for row in one.rows] == [row.analytic for row in other.rows]
