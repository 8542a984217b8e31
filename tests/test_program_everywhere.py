"""Random programs by every executor: eager and python to the last bit, lanes and native code within derived bounds.

A program is recorded at one point and called there and at others, as it is and with its choices made by Python's own
branches, which a replay must make anew. The thorough test says what it has seen.
"""

import random
from collections import Counter
from functools import reduce

import numpy as np
import pytest
import random_programs
from test_program_lanes import same_numbers

from autograd import Value, gradients, record
from autograd.ops import TABLE
from autograd.program.listing import run


def bits(numbers):
    """Numbers as their bits, so that −0 and 0 differ, and every nan is one."""
    return ["nan" if x != x else float(x).hex() for x in numbers]


def eager(f, xs):
    """Value and gradient by the engine, in one list."""
    leaves = list(map(Value, xs))
    root = f(*leaves)
    if not (isinstance(root, Value) and root.requires_grad):
        return [float(root.data if isinstance(root, Value) else root), *[0.0] * len(xs)]
    return [root.data, *gradients(root, leaves)]


# Choices as Python makes them: each asks a number which way to go.
BRANCHES = {
    "where": lambda c, a, b: a if c else b,
    "abs": lambda a: a if a > 0.0 else -a,
    "relu": lambda a: a if a > 0.0 else a * 0.0,
    "maximum": max,
    "minimum": min,
    "max": lambda *xs: max(xs),
    "min": lambda *xs: reduce(lambda a, b: b if b < a else a, xs),
    "clip": lambda a, low, high: low if a < low else high if a > high else a,
}


def with_branches(made):
    """A random program whose choices are Python's."""

    def f(*xs):
        y = made.expression.evaluate(lambda name, *operands: BRANCHES.get(name, TABLE[name])(*operands), xs)
        return y + xs[0] * 0.0  # a node, whatever is chosen

    return f


FROZEN = "call whose answer along the first path would have been another"


class Tally(Counter):
    """What was compared, and how much of the bounds the largest differences took."""

    def __init__(self):
        super().__init__()
        self.worst = dict.fromkeys(("lanes", "native loop", "straight-line code"), 0.0)

    def demand(self, way, found, wanted, errors, made):
        assert same_numbers(found, wanted, np.array(errors)), f"{way}\n{made.source()}"
        self[way] += 1
        with np.errstate(invalid="ignore", divide="ignore"):
            shares = np.abs(np.array(found) - wanted) / np.array(errors)
        self.worst[way] = max(self.worst[way], float(np.nanmax(shares, initial=0.0)))

    def __str__(self):
        counts = "\n".join(f"{n:>8,} × {what}" for what, n in self.items())
        return "\n".join(
            [
                counts,
                *(f"{share:>8.1%} of its bound, at most, {way} came from eager" for way, share in self.worst.items()),
            ]
        )


def moved(point, rng):
    """Another point: each number as it is, or with another sign, or smaller, 0 or large."""
    return [x * rng.choice([1.0, -1.0, 0.5, 0.0, 40.0, rng.random()]) for x in point]


def flat(found):
    value, slopes = found
    return [value, *slopes]


def demand_the_engines_numbers(number, tally, straight):
    """As it is: at its point, where errors are derived, by every executor; elsewhere bit for bit on floats."""
    made = random_programs.program(number)

    def f(*xs):
        return made.run(xs)

    program, rng = record(f, *made.point), random.Random(number)
    wanted = eager(f, made.point)
    for point in (made.point, moved(made.point, rng), moved(made.point, rng)):
        assert bits(flat(program.value_and_gradient(*point))) == bits(eager(f, point)), made.source()
        tally["call on floats, bit for bit eager"] += 1
    errors = [2.0 * made.value_error, *(2.0 * error for error in made.slope_errors)]
    lanes = flat(program.value_and_gradient(*(np.full(3, x) for x in made.point)))
    tally.demand("lanes", np.array(lanes)[:, 1], wanted, errors, made)
    tally.demand("native loop", flat(program.to("native").value_and_gradient(*made.point)), wanted, errors, made)
    if straight:
        way = program.to("native", straight=True)
        tally.demand("straight-line code", flat(way.value_and_gradient(*made.point)), wanted, errors, made)


def demand_no_frozen_branch(number, tally):
    """With Python's branches: at points of every sign and size, each decided anew, on floats, natively and in lanes."""
    made, rng = random_programs.program(number, largest=60), random.Random(number)
    if not {name for name, _ in made.expression.steps} & BRANCHES.keys():
        return
    f = with_branches(made)
    program = record(f, *made.point)
    points = [made.point, *(moved(made.point, rng) for _ in range(6))]
    for point in points:
        expected = eager(f, point)
        assert bits(flat(program.value_and_gradient(*point))) == bits(expected), made.source()
        tally["call with branches, bit for bit eager"] += 1
        tally[FROZEN] += not same_numbers(along_the_first_path(program, point), expected[:1])
    tally["program with branches"] += 1
    tally["path through them"] += len(program.paths)
    lanes = np.array(flat(program.value_and_gradient(*map(np.array, zip(*points, strict=True))))).T
    for point, lane in zip(points, lanes, strict=True):
        try:
            here = made.at(point)
            errors = [4.0 * here.value_error, *(4.0 * error for error in here.slope_errors)]
        except (ArithmeticError, ValueError):  # outside the domain of a row
            continue
        expected = eager(f, point)
        at_a_kink = not same_numbers(eager(lambda *xs: made.run(xs), point), expected, 1e-9)
        if at_a_kink or not np.isfinite(errors).all():  # the bound is that of the rows, whose slopes are others there
            continue
        tally.demand("lanes", lane, expected, errors, here)
        tally.demand("native loop", flat(program.to("native").value_and_gradient(*point)), expected, errors, here)


def along_the_first_path(program, point):
    """What would come of the example's branches, wherever this point goes."""
    with np.errstate(all="ignore"):
        places = run(program.listing, list(point), lambda op, operands, parameters: op(*operands))
    return [places[place] for place in program.listing.outputs]


def demand(numbers, straight):
    tally = Tally()
    for number in numbers:
        demand_the_engines_numbers(number, tally, straight=number < straight)
        demand_no_frozen_branch(number, tally)
    return tally


@pytest.mark.parametrize("chunk", range(5))
def test_random_programs_give_the_same_by_every_executor_and_never_a_frozen_answer(chunk):
    tally = demand(range(20 * chunk, 20 * chunk + 20), straight=20 * chunk + 1)
    assert tally["program with branches"] >= 5
    assert tally[FROZEN] >= 3


@pytest.mark.thorough
def test_five_thousand_random_programs_give_the_same_by_every_executor_and_never_a_frozen_answer(capsys):
    tally = demand(range(5_000), straight=100)
    with capsys.disabled():
        print(f"\n5,000 random programs:\n{tally}")
    assert min(tally["lanes"], tally["native loop"]) >= 5_000
    assert (tally["straight-line code"], tally["call on floats, bit for bit eager"]) == (100, 15_000)
    assert all(share <= 1.0 for share in tally.worst.values())
