"""For every row of the table: the oracles of the tests accept its rule, and object as soon as it is broken.

What is broken is the rule alone: a new op has the row's functions and a rule that lies about one thing. A new row is
tested by being in the table; nothing here knows any op by name.
"""

import math
import random
from functools import cache

import pytest
from oracles import CentralDifferences, ComplexStep, Expression, NaiveEngine, RowDifferences, objections

from autograd import Value
from autograd.ops import TABLE
from mutations.damages import DAMAGES, OF_SEVERAL, broken

DIFFERENTIABLE = [op for op in TABLE.values() if op.rule is not None]
POINTS = 40


@cache
def points(op):
    """Operands where differences of the op's function can be judged: none, then, near its kinks and its poles."""
    rng = random.Random(op.name)
    count = 3 if op.arity == -1 else op.arity
    found = []
    for _ in range(30 * POINTS):
        span = rng.choice([(-2.0, 2.0), (0.1, 0.9), (0.3, 3.0)])
        point = [rng.uniform(*span) for _ in range(count)]
        if not math.isfinite(op(*point)):  # outside the domain
            continue
        derivatives = op.value_and_derivatives(*point)[1]
        # Operands without a derivative are conditions and bounds: 0 and 1 are what matters there.
        point = [rng.choice([0.0, 1.0]) if d is None else x for x, d in zip(point, derivatives, strict=True)]
        estimates = [
            RowDifferences().estimate(op.function, point, place) for place, d in enumerate(derivatives) if d is not None
        ]
        if None not in estimates:
            found.append((point, estimates))
        if len(found) == POINTS:
            break
    return found


def gradient(op, point):
    """The gradient that backward() gives, entries without a derivative left out."""
    inputs = [Value(x) for x in point]
    y = op(*inputs)
    y.backward()
    return [x.grad for x, d in zip(inputs, y.local_gradients, strict=True) if d is not None]


def differs_somewhere(op, damage):
    """Whether the damage shows: x + y has no operands to swap."""
    wrong = broken(op, damage)
    return any(gradient(op, point) != gradient(wrong, point) for point, _ in points(op))


def judged_damages(op):
    """Those whose size round-off does not hide in an expression, or that change nothing in this row."""
    several = OF_SEVERAL if len(gradient(op, points(op)[0][0])) > 1 else {}
    damages = {name: damage for name, damage in {**DAMAGES, **several}.items() if name != "factor 1.000001"}
    return {name: damage for name, damage in damages.items() if name not in several or differs_somewhere(op, damage)}


CASES = [
    pytest.param(op, damage, id=f"{op.name}: {name}")
    for op in DIFFERENTIABLE
    for name, damage in judged_damages(op).items()
]


@pytest.mark.parametrize("op", DIFFERENTIABLE, ids=lambda op: op.name)
def test_differences_of_its_function_accept_the_rule_of(op):
    judged = points(op)
    assert len(judged) == POINTS
    for point, estimates in judged:
        assert objections(estimates, gradient(op, point)) == []


@pytest.mark.parametrize(("op", "damage"), CASES)
def test_differences_of_its_function_object_to_a_broken_rule_of(op, damage):
    wrong = broken(op, damage)
    assert any(objections(estimates, gradient(wrong, point)) for point, estimates in points(op))


def composed(op, point, name="row"):
    """sin(row · 1.5) + row: the row inside an expression, its result used twice."""
    count = len(point)
    steps = ((name, tuple(range(count))), ("mul", (count, 1.5)), ("sin", (count + 1,)), ("add", (count + 2, count)))
    return Expression(count, steps)


def composed_gradient(op, point):
    inputs = [Value(x) for x in point]
    table = {**TABLE, "row": op}
    composed(op, point).evaluate(lambda name, *operands: table[name](*operands), inputs).backward()
    return [x.grad for x in inputs]


@cache
def judgements(op, oracle):
    """Each point, with what the oracle finds there for the operands that have a derivative."""
    found = []
    for point, _ in points(op):
        estimates = oracle().estimates(composed(op, point, op.name), point)
        places = [i for i, d in enumerate(op.value_and_derivatives(*point)[1]) if d is not None]
        found.append((point, places, [estimates[i] for i in places]))
    return found


def verdicts(op, tested, oracle):
    """What the oracle says of `tested` inside an expression, at every point where `op` can be judged."""
    said = []
    for point, places, estimates in judgements(op, oracle):
        found = composed_gradient(tested, point)
        said += objections(estimates, [found[i] for i in places])
    return said


def oracles_for(op):
    return [NaiveEngine, CentralDifferences, *([ComplexStep] if op.name in ComplexStep.ROWS else [])]


@pytest.mark.parametrize("op", DIFFERENTIABLE, ids=lambda op: op.name)
def test_every_oracle_accepts_an_expression_with(op):
    for oracle in oracles_for(op):
        assert verdicts(op, op, oracle) == []


@pytest.mark.parametrize(("op", "damage"), CASES)
def test_every_oracle_objects_to_an_expression_with_a_broken_rule_of(op, damage):
    for oracle in oracles_for(op):
        assert verdicts(op, broken(op, damage), oracle) != []
