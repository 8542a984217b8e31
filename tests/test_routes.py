"""Every route to a derivative comes to the same one: random programs, and a bound on each route's own error.

A route answers with an estimate for every input: the derivative it finds, and how far from the truth that may be. Two
routes disagree where they are farther apart than both errors together. The errors are derived, none is a tolerance:

- reverse mode, forward mode, the naive engine, and both modes on Tensors work on floats: the running round-off bound of
  the very program (`oracles.RoundOff`), which holds for every order of summation;
- the complex step takes no difference: that bound, and the error that the method itself reports;
- Richardson's extrapolation: the error that the method itself reports, and what it cannot know, the running bound δ of
  one value: 2δ/2h in a difference at step h, which extrapolation weighs by less than 2, of two sides, 4δ/h;
- symbols: none, for the numbers are put in at 40 digits.

A route is undecided where its error could hide that a rule is wrong by a thousandth, which is counted.
"""

import math
import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations, count, islice
from unittest.mock import patch

import mpmath
import naive
import numpy as np
import pytest
import sympy
from oracles import ROUND_OFF, Estimate
from random_programs import LARGEST, NAMES, places, program

from autograd import Tensor, Value, elementwise, gradients, hvp, jvp, numeric, ops, symbolic
from autograd.errors import GraphTooLarge
from autograd.ops import TABLE

# ── the routes ───────────────────────────────────────────────────────────────────────────────────────────────────────


def reverse(program):
    inputs = [Value(x) for x in program.point]
    program.run(inputs).backward()
    return on_floats(program, [x.grad for x in inputs])


def forward(program):
    return on_floats(program, [jvp(function(program), program.point, unit)[1] for unit in units(program)])


def naive_engine(program):
    inputs = [naive.Number(x) for x in program.point]
    root = program.expression.evaluate(naive.apply, inputs)
    return on_floats(program, [naive.derivative(root, x) for x in inputs])


def tensors(program):
    inputs = [Tensor(x) for x in program.point]
    with np.errstate(all="ignore"):
        program.run(inputs).backward()
    return on_floats(program, [0.0 if x.grad is None else x.grad.item() for x in inputs])


def forward_on_tensors(program):
    point = [np.array(x) for x in program.point]
    along = [[np.array(x) for x in unit] for unit in units(program)]
    with np.errstate(all="ignore"):
        return on_floats(program, [jvp(function(program), point, unit)[1].item() for unit in along])


def complex_step(program):
    found = numeric.estimates(function(program), *program.point, method="complex", batch=True)
    bounds = program.slope_errors
    return [Estimate(e.value, e.error + bound) for e, bound in zip(found, bounds, strict=True)]


def richardson(program):
    """With steps of its own choice; where a choice in the program changes within them, with steps short of that."""
    found = list(numeric.estimates(function(program), *program.point, batch=True))
    for place, own in enumerate(found):
        reach = same_branches(program, place, LADDER * own.step)
        if reach < LADDER * own.step:
            alone = moving(program, place)
            found[place] = numeric.estimate(alone, program.point[place], step=reach, batch=True)
    return [Estimate(e.value, e.error + 4 * program.value_error / e.step) for e in found]


def symbols(program):
    inputs = [Value(x, f"x{place}") for place, x in enumerate(program.point)]
    root = program.run(inputs)
    nowhere = sympy.Dummy()  # in the place of 1/0, which stands on branches that are not taken
    names = [*(sympy.Symbol(x.label) for x in inputs), nowhere]
    slopes = [symbolic.derivative(root, x).xreplace({sympy.zoo: nowhere}) for x in inputs]
    with mpmath.workdps(40):
        point = [*map(mpmath.mpf, program.point), mpmath.nan]
        numbers = [float(sympy.lambdify(names, slope, modules="mpmath")(*point)) for slope in slopes]
    return [Estimate(number, ROUND_OFF * abs(number)) for number in numbers]


LADDER = 2.0**7  # from the smallest step of Richardson's to the largest


def same_branches(program, place, reach):
    """The largest of reach, reach/2, … within which all choices stay as they are when this input moves."""
    steps = reach * 2.0 ** -np.arange(48)
    line = program.point[place] + np.concatenate([[0.0], steps, -steps])
    xs = [line if i == place else np.full_like(line, x) for i, x in enumerate(program.point)]
    with np.errstate(all="ignore"):
        decided = [np.broadcast_to(b, line.shape) for b in program.branches(xs)]
    stays = np.all([b == b[0] for b in decided], axis=0) & np.ones(line.shape, bool)
    changes = np.flatnonzero(~(stays[1 : steps.size + 1] & stays[steps.size + 1 :]))
    return reach * 2.0 ** -(changes[-1] + 1.0) if changes.size else reach


def function(program):
    return lambda *xs: program.run(xs)


def moving(program, place):
    """The program as a function of one input, the others kept."""
    return lambda x: program.run([x if i == place else other for i, other in enumerate(program.point)])


def units(program):
    return np.eye(len(program.point)).tolist()


def on_floats(program, gradient):
    return [Estimate(found, bound) for found, bound in zip(gradient, program.slope_errors, strict=True)]


ROUTES = {
    "reverse": reverse,
    "forward": forward,
    "naive": naive_engine,
    "tensors": tensors,
    "forward on tensors": forward_on_tensors,
    "complex step": complex_step,
    "richardson": richardson,
    "symbols": symbols,
}
SMALL, MIDDLING = 6, 20  # the most steps of a program for symbols, and for what else takes long


def applies(route, program):
    if route == "complex step":
        return program.analytic
    return program.size <= {"symbols": SMALL, "forward on tensors": 2 * MIDDLING}.get(route, LARGEST)


def answers(program, leave_out=()):
    """What every route says of a program."""
    found = {}
    for name, route in ROUTES.items():
        if applies(name, program) and name not in leave_out:
            try:
                found[name] = route(program)
            except GraphTooLarge:
                found[name] = [Estimate(math.nan, math.inf)] * len(program.point)
    return found


def answers_on_lanes(program):
    """The program and others of its kind nearby: all at once on Tensors of several numbers, and one by one."""
    programs = nearby(program)
    inputs = [Tensor(np.array(xs)) for xs in zip(*(each.point for each in programs), strict=True)]
    with np.errstate(all="ignore"):
        program.run(inputs).backward(np.ones(len(programs)))
    columns = [np.zeros(len(programs)) if x.grad is None else x.grad for x in inputs]
    for each, gradient in zip(programs, np.transpose(columns).tolist(), strict=True):
        yield each, {"lanes": on_floats(each, gradient), "naive": naive_engine(each)}


def nearby(program, wanted=3):
    """The program at its own point and at others, where it may take other branches."""
    rng = random.Random(program.made)
    found = [program]
    for _ in range(10):
        other = program.at([x * rng.uniform(0.8, 1.25) for x in program.point])
        try:
            judged = max(other.slope_errors) < 1e-8 and other.value_error < 1e-10  # what the analysis is made for
        except (ArithmeticError, ValueError):  # outside the domain
            continue
        found += [other] if judged and len(found) < wanted else []
    return found


def answers_of_second_order(program):
    """Each derivative of a program is a program as well, so that every route is asked for its derivatives."""
    for place, slope in program.slopes():
        inputs = [Value(x) for x in program.point]
        first = gradients(program.run(inputs), inputs, create_graph=True)[place]
        twice = on_floats(slope, gradients(first, inputs))
        along = [hvp(function(program), program.point, unit)[place] for unit in units(program)]
        yield slope, {**answers(slope), "reverse over reverse": twice, "forward over reverse": on_floats(slope, along)}


# ── the comparison ───────────────────────────────────────────────────────────────────────────────────────────────────


def disagreements(answers):
    """One sentence for every two routes that exclude each other."""
    return [
        f"input {place}: {one} has {a.derivative!r} ± {a.error:.2g}, {other} has {b.derivative!r} ± {b.error:.2g}"
        for (one, ones), (other, others) in combinations(answers.items(), 2)
        for place, (a, b) in enumerate(zip(ones, others, strict=True))
        if math.isfinite(a.error + b.error) and not abs(a.derivative - b.derivative) <= a.error + b.error
    ]


@dataclass
class Tally:
    """How often each route was asked and did not know, and how close any two came to excluding each other."""

    programs: int = 0
    asked: Counter = field(default_factory=Counter)
    undecided: Counter = field(default_factory=Counter)
    closest: dict = field(default_factory=lambda: defaultdict(float))
    disagreements: list = field(default_factory=list)

    def take(self, program, answers):
        self.programs += 1
        largest = max(abs(a.derivative) for a in answers["naive"])
        for route, found in answers.items():
            self.asked[route] += len(found)
            self.undecided[route] += sum(not a.error <= 1e-5 * max(largest, 1e-3) for a in found)
        for (one, ones), (other, others) in combinations(answers.items(), 2):
            for a, b in zip(ones, others, strict=True):
                if a.error + b.error > 0.0:
                    ratio = abs(a.derivative - b.derivative) / (a.error + b.error)
                    self.closest[one, other] = max(self.closest[one, other], ratio)
        self.disagreements += [f"{said}\n{program.source()}" for said in disagreements(answers)]

    def __str__(self):
        rows = [f"{self.programs} programs"]
        for route in self.asked:
            closest = max((ratio for pair, ratio in self.closest.items() if route in pair), default=0.0)
            rows.append(
                f"{route:22}{self.asked[route]:9} derivatives {self.undecided[route]:6} undecided"
                f"   difference / bound at most {closest:.3f}"
            )
        return "\n".join(rows)


def surveyed(numbers):
    """Tallies of the programs of these numbers, of one in four on lanes, and of one in four differentiated twice."""
    first, lanes, second = Tally(), Tally(), Tally()
    for number in numbers:
        each = program(number)
        first.take(each, answers(each, leave_out=["symbols"] if number % 3 else []))  # the slowest
        if number % 4 == 0:
            for other, found in answers_on_lanes(each):
                lanes.take(other, found)
        if number % 4 == 1 and each.size <= MIDDLING:
            for slope, found in answers_of_second_order(each):
                second.take(slope, found)
    return first, lanes, second


def demand_agreement(numbers):
    """No two routes disagree, and next to none is undecided; second derivatives may be too steep for the analysis."""
    for tally, most_undecided in zip(surveyed(numbers), (0.01, 0.01, 0.05), strict=True):
        print(tally)
        assert not tally.disagreements, "\n\n".join(tally.disagreements)
        for route, asked in tally.asked.items():
            assert tally.undecided[route] <= most_undecided * asked, f"{route} is undecided too often\n{tally}"


# ── they agree ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_all_routes_agree_on_random_programs():
    demand_agreement(range(240))


CHUNK = 1000


@pytest.mark.thorough
@pytest.mark.parametrize("chunk", range(20))
def test_all_routes_agree_on_twenty_thousand_random_programs(chunk):
    demand_agreement(range(chunk * CHUNK, (chunk + 1) * CHUNK))


def test_a_program_is_made_from_its_number_alone():
    assert [program(number) for number in range(20)] == [program(number) for number in range(20)]


def test_every_step_of_a_program_counts():
    for each in map(program, range(1000)):
        used = set().union(*(places(operands) for _, operands in each.expression.steps))
        inputs = len(each.point)
        assert used.issuperset(range(inputs, inputs + each.size - 1))


def test_programs_are_of_every_row():
    seen = Counter(name for number in range(300) for name in program(number).names)
    assert all(seen[name] >= 30 for name in NAMES), seen


@pytest.mark.thorough
def test_programs_are_of_every_size():
    assert {program(number).size for number in range(20 * CHUNK)} == set(range(1, LARGEST + 1))


def test_the_script_of_a_program_computes_its_gradient(capsys):
    for each in map(program, range(40)):
        exec(each.source(), {})
        printed = [float(x) for x in capsys.readouterr().out.split()]
        assert printed == [a.derivative for a in reverse(each)]


# ── they would not, were one of them wrong ───────────────────────────────────────────────────────────────────────────

NUMERICAL = ("complex step", "richardson")  # these know no rules: what is broken is the function


def broken_rule(op):
    def scaled(entry):
        if entry is None:
            return None
        return (lambda: 1.001 * entry()) if callable(entry) else 1.001 * entry

    def rule(y, *operands):
        return tuple(scaled(entry) for entry in op.rule(y, *operands))

    return elementwise(op.name, op.function, op.array_function, rule, analytic=op.analytic, selects=op.selects)


def broken_function(op):
    return elementwise(
        op.name,
        lambda *operands: 1.001 * op.function(*operands),
        lambda *operands: 1.001 * op.array_function(*operands),
        op.rule,
        analytic=op.analytic,
        selects=op.selects,
    )


def broken_partials(name):
    function, partials = naive.ROWS[name]
    return function, lambda *operands: tuple(1.001 * p for p in partials(*operands))


def matters(name, program):
    """Whether a program has another derivative when this row's is a thousandth larger."""
    right = naive_engine(program)
    with patch.dict(naive.ROWS, {name: broken_partials(name)}):
        return bool(disagreements({"right": right, "broken": naive_engine(program)}))


@cache
def programs_with(name, analytic):
    """Programs of few steps in which the row matters, and what every route says of them, none being undecided."""
    small = (program(number, 3) for number in count())
    fitting = (each for each in small if name in each.names and each.analytic >= analytic and matters(name, each))
    cases = ((each, answers(each)) for each in fitting)
    decided = (case for case in cases if all(math.isfinite(a.error) for found in case[1].values() for a in found))
    return list(islice(decided, 3))


CASES = [
    pytest.param(route, name, id=f"{name} is broken in {route}")
    for route in ROUTES
    for name in NAMES
    if route != "complex step" or TABLE[name].analytic
]


@pytest.mark.parametrize(("route", "name"), CASES)
def test_the_other_routes_object_when(route, name, monkeypatch):
    cases = programs_with(name, analytic=route == "complex step")
    if route == "naive":
        monkeypatch.setitem(naive.ROWS, name, broken_partials(name))
    else:
        broken = (broken_function if route in NUMERICAL else broken_rule)(TABLE[name])
        monkeypatch.setitem(TABLE, name, broken)
        if route == "symbols":  # where the rules, run on symbols, look for it
            monkeypatch.setattr(ops, name, broken)
    for each, found in cases:
        assert disagreements({**found, route: ROUTES[route](each)}), each.source()
