"""Random expressions: whatever is written with the table, the gradient is the one every oracle finds."""

import math

import mpmath
import naive
import numpy as np
import pytest
from hypothesis import given, strategies as st
from oracles import CentralDifferences, ComplexStep, Expression, NaiveEngine, RoundOff, objections

from autograd import Value, gradients
from autograd.ops import TABLE

DIFFERENTIABLE = [name for name, op in TABLE.items() if op.rule is not None]
CENTRAL = CentralDifferences()


def engine_gradient(expression, point):
    """What backward() leaves in the leaves."""
    inputs = [Value(x) for x in point]
    expression.evaluate(lambda name, *operands: TABLE[name](*operands), inputs).backward()
    return [x.grad for x in inputs]


class Builder:
    """Adds steps to an expression, and puts sin of an input in the place of any that no oracle could judge.

    Such are steps outside a domain, close to a kink, or so steep that their round-off would hide an error.
    """

    def __init__(self, point):
        self.analysis, self.steps, self.inputs = RoundOff(point), [], len(point)

    def add(self, name, operands):
        before = len(self.analysis.values)
        try:
            if name in KINKS:
                constants = [x for x in operands if isinstance(x, float)]
                places = {x for x in operands if isinstance(x, int)}
                assert far_from_kinks(name, [*constants, *(self.analysis.values[x] for x in places)])
            self.analysis.take(name, operands)
            assert self.judgeable()
        except (ArithmeticError, ValueError, TypeError, AssertionError):
            self.analysis.withdraw(before)
            name, operands = "sin", (len(self.steps) % self.inputs,)
            self.analysis.take(name, operands)
        self.steps.append((name, tuple(operands)))
        return before

    def judgeable(self):
        value, error = self.analysis.values[-1], self.analysis.value_errors[-1]
        slopes, slope_errors = self.analysis.slopes[-1], self.analysis.slope_errors[-1]
        return abs(value) < 1e3 and error < 1e-10 and max(slopes) < 1e5 and max(slope_errors) < 1e-8


def far_from_kinks(name, compared):
    """Whether every two numbers that a choice compares are well apart; one and the same place may meet itself."""
    compared = [*compared, 0.0] if name in ("abs", "relu") else compared
    return all(abs(x - y) > 1e-6 for i, x in enumerate(compared) for y in compared[:i])


KINKS = ("abs", "relu", "maximum", "minimum", "max", "min", "clip", "greater")

numbers = st.floats(-3, 3, width=32).filter(lambda x: x == 0 or abs(x) > 1e-3)


@st.composite
def expressions(draw, names=tuple(DIFFERENTIABLE), most=60):
    """An expression over these ops and a point to take its gradient at; steps share what came before freely."""
    point = draw(st.lists(numbers.filter(bool), min_size=1, max_size=4))
    builder = Builder(point)

    def place():
        return draw(st.integers(0, len(builder.analysis.values) - 1))

    size = draw(st.integers(1, most))
    for name in draw(st.lists(st.sampled_from(names), min_size=size, max_size=size)):
        if name == "where":
            operands = (builder.add("greater", (place(), place())), place(), place())
        elif name == "clip":
            low = draw(numbers)
            operands = (place(), low, low + draw(st.floats(0.125, 4, width=32)))
        elif TABLE[name].arity == -1:
            operands = tuple(place() for _ in range(draw(st.integers(1, 4))))
        elif TABLE[name].arity == 2 and draw(st.integers(0, 3)) == 0:
            constant = draw(numbers)
            operands = (place(), constant) if draw(st.booleans()) else (constant, place())
        else:
            operands = tuple(place() for _ in range(TABLE[name].arity))
        builder.add(name, operands)
    used = {x for _, operands in builder.steps for x in operands if isinstance(x, int)}
    loose = [place for place in range(len(point), len(builder.analysis.values)) if place not in used]
    for place in loose[1:]:  # what nothing uses is summed, so that every step counts
        loose[0] = builder.add("add", (loose[0], place))
    return Expression(len(point), tuple(builder.steps)), point


ANALYTIC = tuple(name for name in DIFFERENTIABLE if name in ComplexStep.ROWS)


@given(expressions())
def test_any_expression_has_the_gradient_of_the_naive_engine(case):
    expression, point = case
    assert objections(NaiveEngine().estimates(expression, point), engine_gradient(expression, point)) == []


@given(expressions(names=ANALYTIC))
def test_any_analytic_expression_has_the_gradient_of_the_complex_step(case):
    expression, point = case
    assert ComplexStep().applies_to(expression)
    assert objections(ComplexStep().estimates(expression, point), engine_gradient(expression, point)) == []


@given(expressions(most=25))
def test_any_expression_has_the_gradient_of_central_differences(case):
    expression, point = case
    assert objections(CENTRAL.estimates(expression, point), engine_gradient(expression, point)) == []


@given(expressions(most=30))
def test_gradients_equals_backward_to_the_last_bit(case):
    expression, point = case
    inputs = [Value(x) for x in point]
    root = expression.evaluate(lambda name, *operands: TABLE[name](*operands), inputs)
    assert list(gradients(root, inputs)) == engine_gradient(expression, point)


@given(expressions(most=30))
def test_rules_run_on_nodes_give_the_first_gradient_to_the_last_bit(case):
    expression, point = case
    inputs = [Value(x) for x in point]
    root = expression.evaluate(lambda name, *operands: TABLE[name](*operands), inputs)
    nested = gradients(root, inputs, create_graph=True)
    assert [float(g) for g in nested] == engine_gradient(expression, point)


@given(expressions(names=tuple(n for n in DIFFERENTIABLE if n not in (*KINKS, "where")), most=8))
def test_the_hessian_by_nesting_the_walk_is_symmetric_and_that_of_central_differences(case):
    expression, point = case
    inputs = [Value(x) for x in point]
    root = expression.evaluate(lambda name, *operands: TABLE[name](*operands), inputs)
    slopes = gradients(root, inputs, create_graph=True)
    hessian = [gradients(g, inputs) if isinstance(g, Value) else (0.0,) * len(point) for g in slopes]
    differences = hessian_by_differences(expression, point)
    size = max(1.0, *(abs(x) for row in differences for x in row))
    for i, row in enumerate(hessian):
        for j, second in enumerate(row):
            # Second derivatives pass through as many roundings as the first, on values up to `size`.
            assert second == pytest.approx(differences[i][j], rel=1e-7, abs=1e-9 * size)
            assert second == pytest.approx(hessian[j][i], rel=1e-7, abs=1e-9 * size)


def hessian_by_differences(expression, point):
    """Second differences at 50 digits and h = 1e-12: truncation 1e-24, round-off 1e-26."""
    with mpmath.workdps(50):
        h = mpmath.mpf("1e-12")

        def f(*moves):
            at = [mpmath.mpf(x) for x in point]
            for place, step in moves:
                at[place] += step
            return expression.evaluate(lambda name, *xs: CENTRAL.ROWS[name](*map(mpmath.mpf, xs)), at)

        def second(i, j):
            return (f((i, h), (j, h)) - f((i, h), (j, -h)) - f((i, -h), (j, h)) + f((i, -h), (j, -h))) / (4 * h * h)

        return [[float(second(i, j)) for j in range(len(point))] for i in range(len(point))]


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_each_row_is_as_exact_as_the_error_analysis_assumes(name):
    rng = np.random.default_rng(4)
    for _ in range(40):
        point = rng.uniform(-3, 3, size=3 if TABLE[name].arity == -1 else TABLE[name].arity).tolist()
        try:
            value, partials = naive.ROWS[name][0](*point), naive.ROWS[name][1](*point)
        except ValueError:  # outside the domain
            continue
        if isinstance(value, complex):
            continue
        expression = Expression(len(point), ((name, tuple(range(len(point)))),))
        y, derivatives = TABLE[name].value_and_derivatives(*point)
        assert abs(y - exact(name, point)) <= RoundOff.value_error(name, y, point)
        with mpmath.workdps(CENTRAL.DIGITS):
            truth = [CENTRAL.estimate(expression, point, i, 0.0) for i in range(len(point))]
        for found, other, estimate in zip(derivatives, partials, truth, strict=True):
            if found is None:  # a condition or a bound: constants
                continue
            allowed = RoundOff.partial_error(estimate.derivative, point) + estimate.error
            assert abs((found() if callable(found) else found) - estimate.derivative) <= allowed
            assert abs(other - estimate.derivative) <= allowed


def exact(name, point):
    with mpmath.workdps(CENTRAL.DIGITS):
        return CENTRAL.ROWS[name](*map(mpmath.mpf, point))


def test_every_row_with_a_derivative_is_known_to_the_oracles():
    # A new op needs one line in each: its function and partials in naive.py, its function in oracles.py.
    assert set(DIFFERENTIABLE) <= set(naive.ROWS)
    assert set(DIFFERENTIABLE) <= set(CentralDifferences.ROWS)
    assert {name for name in DIFFERENTIABLE if TABLE[name].analytic} <= set(ComplexStep.ROWS)


def test_the_oracles_object_to_a_gradient_that_is_slightly_wrong():
    expression = Expression(1, (("exp", (0,)), ("sin", (1,)), ("mul", (1, 2))))
    point = [0.3]
    (right,) = engine_gradient(expression, point)
    for oracle in (NaiveEngine(), ComplexStep(), CENTRAL):
        assert objections(oracle.estimates(expression, point), [right]) == []
        assert objections(oracle.estimates(expression, point), [right * (1 + 1e-10)]) != []
        assert objections(oracle.estimates(expression, point), [math.nan]) != []
