"""Lanes: a program of numbers run on arrays of them gives, lane by lane, what it gives for each number."""

import math
import pickle
import random
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import random_programs
from hypothesis import given, settings, strategies as st

import nn
from autograd import (
    Value,
    elementwise,
    exp,
    log,
    logsumexp,
    max as largest,
    maximum,
    record,
    relu,
    sin,
    sqrt,
    tanh,
    where,
)
from autograd.errors import ArgumentError, OperandError, RuleError, ShapeError, Unrecordable
from autograd.ops import TABLE
from autograd.program.lanes import executor, plan as lane_plan

EXACT = ("add", "mul", "reciprocal", "divide", "sqrt", "abs", "relu", "maximum", "minimum", "max", "min", "where",
         "clip", "greater", "greater_equal", "less", "less_equal")  # fmt: skip
SPECIAL = (0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 1e-310, -1e-310, 1e200, -1e200, 710.0, -746.0, math.inf, -math.inf,
           math.nan)  # fmt: skip


def one_by_one(program, columns):
    """The values and gradients of the executor on floats, lane after lane."""
    found = [program.to("python").value_and_gradient(*lane) for lane in zip(*columns, strict=True)]
    return np.array([y for y, _ in found]), np.array([g for _, g in found]).T


def same_numbers(found, wanted, error=0.0):
    """Whether all are the same up to their errors, nan where nan is wanted, infinities with their signs.

    The sign of a zero is not looked at: the larger of 0 and −0 may be either.
    """
    found, wanted = np.asarray(found, float), np.asarray(wanted, float)
    with np.errstate(invalid="ignore"):
        near = (found == wanted) | (np.abs(found - wanted) <= error)
    return bool(np.all(near | (np.isnan(found) & np.isnan(wanted))))


def exact_program(number):
    """A random function of one to three numbers over rows that round once or not at all."""
    rng = random.Random(number)
    inputs = rng.randint(1, 3)
    steps = []
    for i in range(rng.randint(1, 40)):
        op = TABLE[rng.choice(EXACT)]
        arity = rng.randint(1, 4) if op.arity == -1 else op.arity
        steps.append((op, [rng.choice([rng.randrange(inputs + i), rng.randrange(inputs + i), rng.choice(SPECIAL[2:7])])
                           for _ in range(arity)]))  # fmt: skip

    def f(*xs):
        places = list(xs)
        for op, operands in steps:
            places.append(op(*(places[x] if isinstance(x, int) else x for x in operands)))
        return places[-1] + places[-2] * places[0]

    return f, inputs, rng


def around(program, lanes, rng):
    """The point of a random program, and others near it."""
    return [[x * (1.0 + 2.0**-8 * rng.uniform(-1.0, 1.0) * (lane > 0)) for lane in range(lanes)] for x in program.point]


# ── the same as one by one ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("number", range(120))
def test_lanes_of_a_random_program_are_those_of_floats(number):
    made, rng = random_programs.program(number, largest=60), random.Random(number)
    program = record(lambda *xs: made.run(xs), *made.point)
    columns = around(made, 5, rng)
    y, slopes = program.value_and_gradient(*map(np.array, columns))
    values, wanted = one_by_one(program, columns)
    for lane, point in enumerate(zip(*columns, strict=True)):
        try:
            here = made.at(point)
            value_error, slope_errors = 4 * here.value_error, 4 * np.array(here.slope_errors)
        except (ArithmeticError, ValueError):  # outside the domain of a row
            continue
        assert same_numbers(y[lane], values[lane], value_error)
        assert same_numbers([g[lane] for g in slopes], wanted[:, lane], slope_errors)


@pytest.mark.parametrize("number", range(150))
def test_what_rounds_once_is_the_same_to_the_last_bit_in_lanes(number):
    f, inputs, rng = exact_program(number)
    columns = [[rng.choice([rng.gauss(0.0, 2.0), rng.choice(SPECIAL)]) for _ in range(20)] for _ in range(inputs)]
    program = record(f, *[0.5] * inputs)
    y, slopes = program.value_and_gradient(*map(np.array, columns))
    values, wanted = one_by_one(program, columns)
    assert same_numbers(y, values)
    assert same_numbers(slopes, wanted)


@pytest.mark.parametrize("number", range(150))
def test_toward_an_input_that_all_lanes_share_the_gradient_is_the_sum_of_theirs(number):
    f, inputs, rng = exact_program(number)
    shared = [rng.random() < 0.5 for _ in range(inputs)]
    shared[rng.randrange(inputs)] = False
    columns = [[rng.gauss(0.0, 2.0)] * 7 if one else [rng.gauss(0.0, 2.0) for _ in range(7)] for one in shared]
    program = record(f, *[0.5] * inputs)
    y, slopes = program.value_and_gradient(
        *(c[0] if one else np.array(c) for c, one in zip(columns, shared, strict=True))
    )
    values, wanted = one_by_one(program, columns)
    assert same_numbers(y, values)
    for slope, lane_by_lane, one in zip(slopes, wanted, shared, strict=True):
        if one:
            assert slope.__class__ is float
            assert slope == pytest.approx(sum(lane_by_lane), rel=1e-9, abs=1e-9, nan_ok=True)
        else:
            assert same_numbers(slope, lane_by_lane)


@pytest.mark.parametrize("name", TABLE)
def test_every_row_is_the_same_in_lanes_as_on_floats(name):
    op, rng = TABLE[name], random.Random(name)
    for arity in (1, 2, 3) if op.arity == -1 else (op.arity,):
        program = record(lambda *xs, op=op: op(*xs), *[0.5] * arity)
        columns = [[rng.choice(SPECIAL) for _ in range(150)] for _ in range(arity)]
        y, slopes = program.value_and_gradient(*map(np.array, columns))
        values, wanted = one_by_one(program, columns)
        assert same_numbers(y, values, 1e-14 * np.abs(values))
        assert same_numbers(slopes, wanted, 1e-13 * np.abs(wanted))


@settings(max_examples=100)
@given(st.lists(st.floats(), min_size=1, max_size=6), st.floats(), st.floats())
def test_lanes_hold_any_floats(xs, w, b):
    program = record(lambda x, w, b: relu(x * w + b) / (x * x + w), 1.0, 2.0, 3.0)
    columns = [xs, [w] * len(xs), [b] * len(xs)]
    y, (gx, gw, gb) = program.value_and_gradient(np.array(xs), w, b)
    values, wanted = one_by_one(program, columns)
    assert same_numbers(y, values)
    assert same_numbers(gx, wanted[0])
    for slope, lane_by_lane in ((gw, wanted[1]), (gb, wanted[2])):
        if np.all(np.abs(lane_by_lane) < 1e150):
            assert same_numbers(slope, sum(lane_by_lane), 1e-14 * sum(map(abs, lane_by_lane)) + 1e-300)


# ── blocks ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("lanes", [0, 1, 2, 255, 256, 257, 773, 1000])
def test_a_batch_of_any_length_is_cut_into_blocks_and_put_together(lanes, monkeypatch):
    monkeypatch.setattr(executor, "MOST", 256)
    program = record(lambda x, w: [tanh(x * w), x, w, 7.0], 0.5, 0.5)
    slope = record(lambda x, w: tanh(x * w) + x, 0.5, 0.5)
    x = np.linspace(-2.0, 2.0, lanes)
    y, same, shared, constant = program(x, 0.75)
    np.testing.assert_allclose(y, np.tanh(0.75 * x), rtol=1e-15)
    assert same.tolist() == x.tolist()
    assert same is not x
    assert shared.tolist() == [0.75] * lanes
    assert constant.tolist() == [7.0] * lanes
    gx, gw = slope.gradient(x, 0.75)
    np.testing.assert_allclose(gx, 1.0 + 0.75 * (1.0 - np.tanh(0.75 * x) ** 2), rtol=1e-14)
    assert gw == pytest.approx(np.sum(x * (1.0 - np.tanh(0.75 * x) ** 2)), abs=1e-10)


def test_a_block_is_shorter_where_a_program_needs_more_rooms():
    def chain(length):
        def f(x):
            steps = [x]
            for _ in range(length):
                steps.append(sin(steps[-1]))
            return steps[-1]

        return record(f, 0.5).to("numpy")

    blocks = []
    for length in (1, 300, 5000):
        program = chain(length)
        program.gradient(np.ones(3))
        (path,) = program._paths[()]
        blocks.append(path.executor("numpy").compiled([True], True).block)
    assert blocks[0] == executor.MOST > blocks[1] > blocks[2] == executor.FEWEST


def test_nothing_is_allocated_that_grows_with_the_batch_besides_what_is_handed_out():
    program = record(lambda x, w: sin(x * w) * exp(-x) + tanh(w) if x > 0.0 else relu(x) * w, 0.5, 0.5)

    def peak(lanes):
        x = np.linspace(-1.0, 1.0, lanes)
        program.value_and_gradient(x, 0.5)
        tracemalloc.start()
        try:
            program.value_and_gradient(x, 0.5)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    handed_out = 2 * 8
    assert peak(400_000) - peak(50_000) <= handed_out * 350_000 + 50_000


def test_a_room_is_used_again_as_soon_as_nobody_asks_for_its_number():
    def f(x):
        for _ in range(50):
            x = sin(x)
        return x

    listing = record(f, 0.5).listing
    assert lane_plan.Plan(listing, [True], gradient=False).count == 1
    assert lane_plan.Plan(listing, [True], gradient=True).count <= 51  # backward asks for every step again


def test_what_no_lane_changes_is_computed_once_a_call():
    calls = []

    def counted(a):
        calls.append(np.shape(a))
        return np.exp(a)

    costly = elementwise("costly", math.exp, counted, lambda y, a: (y,))
    program = record(lambda x, w: x * costly(w), 1.0, 0.5)
    calls.clear()
    program.gradient(np.ones(10_000), 0.5)
    assert calls == [()]


# ── branches ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Dual:
    """A number and its derivative, by the sum and product rules alone: the oracle of branching programs."""

    def __init__(self, x, slope=0.0):
        self.x, self.slope = x, slope

    def __add__(self, other):
        return Dual(self.x + other.x, self.slope + other.slope)

    def __mul__(self, other):
        return Dual(self.x * other.x, self.slope * other.x + self.x * other.slope)

    def __lt__(self, other):
        return self.x < other.x


def branching(number):
    """A random function of three numbers with branches in it, loops among them, on anything with + × and <."""
    rng = random.Random(number)
    steps = [
        (rng.choice("+*<w"), rng.randrange(3 + i), rng.randrange(3 + i), rng.randrange(3 + i))
        for i in range(rng.randint(2, 9))
    ]

    def f(*xs):
        places = list(xs)
        for kind, a, b, c in steps:
            x, y, z = places[a], places[b], places[c]
            if kind == "<":
                places.append(x * z if x < y else y + z)
            elif kind == "w":
                for _ in range(3):
                    if not x < y:
                        break
                    x = x + y * y
                places.append(x)
            else:
                places.append(x + y if kind == "+" else x * y)
        return places[-1] * places[3] + places[0]

    return f


@pytest.mark.parametrize("number", range(60))
def test_lanes_take_each_its_own_branches_and_come_back_in_order(number):
    f, rng = branching(number), np.random.default_rng(number)
    columns = rng.normal(size=(3, 40))
    program = record(f, *columns[:, 0].tolist())
    duals = [
        [f(*(Dual(x, float(i == j)) for j, x in enumerate(lane))) for lane in columns.T.tolist()] for i in range(3)
    ]
    y, slopes = program.value_and_gradient(*columns)
    assert y.tolist() == [dual.x for dual in duals[0]]
    np.testing.assert_allclose(slopes, [[dual.slope for dual in row] for row in duals], rtol=1e-11, atol=1e-9)
    shared = program.gradient(columns[0], *columns[1:, 7].tolist())
    lane_by_lane = [program.to("python").gradient(x, *columns[1:, 7].tolist()) for x in columns[0].tolist()]
    np.testing.assert_allclose(shared[0], [g[0] for g in lane_by_lane], rtol=1e-11, atol=1e-9)
    np.testing.assert_allclose(shared[1:], np.sum(lane_by_lane, axis=0)[1:], rtol=1e-10, atol=1e-7)


def test_a_lane_whose_branch_nobody_took_is_recorded_from_its_numbers():
    program = record(lambda x: x * x if x > 0.0 else -x if x > -2.0 else sqrt(-x), 1.0)
    assert program(np.array([3.0, -1.0, 2.0, -9.0, -0.5])).tolist() == [9.0, 1.0, 4.0, 3.0, 0.5]
    assert len(program.paths) == 3
    program(np.linspace(-5.0, 5.0, 10_000))
    assert len(program.paths) == 3


def test_a_branch_on_what_all_lanes_share_is_taken_by_all():
    program = record(lambda x, w: x * w if w > 0.0 else x, 1.0, 1.0)
    y, (gx, gw) = program.value_and_gradient(np.array([1.0, 2.0]), -3.0)
    assert (y.tolist(), gx.tolist(), gw) == ([1.0, 2.0], [1.0, 1.0], 0.0)


def test_a_lane_of_nan_decides_as_python_does():
    program = record(lambda x: x + 1.0 if x > 0.0 else 2.0, 1.0)
    assert program(np.array([math.nan, 1.0])).tolist() == [2.0, 2.0]


def test_a_decision_that_python_and_numpy_round_apart_is_python_s():
    apart = elementwise("apart", lambda a: a, lambda a: np.nextafter(a, 9.0), lambda y, a: (1.0,))
    program = record(lambda x: x * 2.0 if apart(x) > 1.0 else x * 3.0, 1.0)
    y, (gx,) = program.value_and_gradient(np.array([1.0, 2.0, 0.5]))
    assert (y.tolist(), gx.tolist()) == ([3.0, 4.0, 1.5], [3.0, 2.0, 3.0])
    program(np.ones(100))
    assert program.to("numpy").value_and_gradient(1.0) == (3.0, (3.0,))
    assert len(program.paths) == 2


def test_a_program_with_too_many_paths_says_where_they_part():
    def f(x):
        steps = 0
        while x > 0.0:
            x, steps = x - 1.0, steps + 1
        return x * steps

    with pytest.raises(Unrecordable, match=r"64 different paths.*test_program_lanes\.py"):
        record(f, 1.0)(np.arange(100.0))


def test_branches_that_give_things_of_different_forms_make_no_arrays():
    program = record(lambda x: [x, x] if x > 0.0 else [x], 1.0)
    with pytest.raises(ShapeError, match="list of 2"):
        program(np.array([1.0, -1.0]))
    with pytest.raises(ShapeError, match="one number"):
        record(lambda x: x if x > 0.0 else [x, x], 1.0)(np.array([1.0, -1.0]))


# ── where derivatives are not finite ─────────────────────────────────────────────────────────────────────────────────


def test_nothing_comes_from_a_branch_not_taken_in_any_lane():
    program = record(lambda x, w: where(x > 0.0, log(x) * w, w), 1.0, 2.0)
    x = np.array([1.0, -1.0, 0.0, math.e, math.nan, math.inf])
    y, (gx, gw) = program.value_and_gradient(x, 2.0)
    values, wanted = one_by_one(program, [x.tolist(), [2.0] * 6])
    assert same_numbers(y, values, 1e-15)
    assert same_numbers(gx, wanted[0], 1e-15)
    assert same_numbers(gw, sum(wanted[1]), 1e-15)


def test_the_mask_holds_where_the_sum_over_lanes_meets_an_infinite_derivative():
    program = record(lambda x, w: where(x > 10.0, sqrt(w) * x, x), 1.0, 1.0)
    y, (gx, gw) = program.value_and_gradient(np.array([1.0, 2.0]), 0.0)
    assert (y.tolist(), gx.tolist(), gw) == ([1.0, 2.0], [1.0, 1.0], 0.0)
    assert program.gradient(np.array([11.0, 2.0]), 0.0)[1] == math.inf


def test_a_lane_of_nan_among_many_changes_no_other():
    program = record(lambda x, w: where(x > 0.0, sqrt(x) * w, w), 1.0, 2.0)
    x = np.linspace(0.5, 4.0, 3 * executor.MOST)
    x[[7, 5000, -1]] = 0.0
    gx, gw = program.gradient(x, 2.0)
    taken = x > 0.0
    np.testing.assert_allclose(gx[taken], 1.0 / np.sqrt(x[taken]), rtol=1e-15)
    assert gx[~taken].tolist() == [0.0] * 3
    assert gw == pytest.approx(np.sum(np.sqrt(x)) + 3.0, rel=1e-13)


def test_overflow_and_division_by_zero_give_what_ieee_754_says_without_a_warning():
    program = record(lambda x, w: exp(x) / w, 1.0, 1.0)
    assert program(np.array([1000.0, -1000.0, 0.0]), 0.0).tolist() == pytest.approx(
        [math.inf, math.nan, math.inf], nan_ok=True
    )


# ── what may be given ────────────────────────────────────────────────────────────────────────────────────────────────


def test_any_input_may_have_lanes():
    program = record(lambda x, w, b: x * w + b, 1.0, 2.0, 3.0)
    x, w, b = np.arange(12.0).reshape(3, 4)
    for given_ in ((x, w, b), (x, 2.0, b), (1.0, w, 3.0), (1.0, 2.0, b)):
        assert program(*given_).tolist() == (given_[0] * given_[1] + given_[2]).tolist()


@pytest.mark.parametrize(
    "x",
    [np.array([1, 2, 3]), np.array([True, False]), np.array([0.5, 2.5], np.float32), np.arange(10.0)[::-3],
     np.arange(4.0).astype(">f8")],
)  # fmt: skip
def test_lanes_are_computed_in_float64_whatever_numbers_they_hold(x):
    y, (gx,) = record(lambda x: x * x + 0.1, 1.0).value_and_gradient(x)
    assert y.dtype == gx.dtype == np.float64
    assert y.tolist() == [float(v) * float(v) + 0.1 for v in x]
    assert gx.tolist() == [2.0 * float(v) for v in x]


def test_an_array_without_axes_is_a_number():
    program = record(lambda x, w: x * w, 1.0, 2.0)
    assert program(np.array(3.0), 2.0) == 6.0
    assert program(np.array([3.0]), np.array(2.0)).tolist() == [6.0]


def test_numbers_in_lists_and_dicts_may_have_lanes():
    program = record(lambda p, x: {"y": [p["a"] * x, p["b"][0]]}, {"a": 1.0, "b": [2.0]}, 3.0)
    found = program({"a": np.array([1.0, 2.0]), "b": [5.0]}, 3.0)
    assert [x.tolist() for x in found["y"]] == [[3.0, 6.0], [5.0, 5.0]]


def test_what_is_no_row_of_numbers_is_refused_with_its_shape():
    program = record(lambda x, w: x * w, 1.0, 2.0)
    with pytest.raises(ShapeError, match=r"x has shape \(3,\), w has shape \(4,\)"):
        program(np.ones(3), np.ones(4))
    with pytest.raises(ShapeError, match=r"x has shape \(2, 3\)"):
        program.gradient(np.ones((2, 3)), 1.0)
    for strange in (np.array(["a"]), np.array([1j]), np.array([None])):
        with pytest.raises(OperandError, match="x is an array of"):
            program(strange, 1.0)
    with pytest.raises(OperandError, match="recorded with arrays"):
        record(lambda x, w: (x * w).sum(), np.ones(2), 1.0)(np.ones(2), np.ones(3))


def test_a_gradient_is_that_of_one_number_a_lane():
    with pytest.raises(ShapeError, match="list of 2"):
        record(lambda x: [x, x], 1.0).gradient(np.ones(3))


# ── executors ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_program_is_bound_to_an_executor():
    program = record(lambda x, w: tanh(x) * w if x > 0.0 else w, 1.0, 2.0)
    assert program.to("numpy")(0.5, 2.0) == program(0.5, 2.0) == program.to("python")(0.5, 2.0)
    assert program.to("numpy").gradient(-0.5, 2.0) == (0.0, 1.0)
    assert len(program.paths) == 2  # the recordings are shared
    assert program.to("numpy")(np.array([0.5, -1.0]), 2.0).tolist() == [program(0.5, 2.0), 2.0]
    with pytest.raises(ArgumentError, match=r'to\("numpy"\)'):
        program.to("python")(np.ones(3), 2.0)
    with pytest.raises(ArgumentError, match="python or numpy"):
        program.to("fortran")


def test_a_pickled_program_runs_lanes():
    program = pickle.loads(pickle.dumps(record(sin_of_product, 1.0, 2.0)))
    np.testing.assert_allclose(program(np.arange(4.0), 0.5), np.sin(np.arange(4.0) * 0.5))


def sin_of_product(x, w):
    return sin(x * w)


def test_threads_do_not_share_rooms():
    program = record(lambda x, w: sum((sin(x * w + float(i)) for i in range(30)), 0.0), 1.0, 2.0)
    batches = [np.linspace(-i, i, 20_000) for i in range(1, 9)]
    wanted = [program(x, 0.5) for x in batches]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda x: program(x, 0.5), batches))
    assert all(np.array_equal(a, b) for a, b in zip(found, wanted, strict=True))


def test_the_page_of_lanes_runs_on_its_own():
    program = record(lambda x, w, b: largest([x * w, b, 1.0]) + logsumexp([x, exp(b)]), 1.0, 2.0, 0.5)
    x = np.linspace(-1.0, 1.0, 9)
    y, slopes = program.value_and_gradient(x, 2.0, 0.5)
    (path,) = program._paths[()]
    page = path.executor("numpy").compiled([True, False, False], True).source
    assert {line for line in page.splitlines() if "import" in line} == {"import numpy as np"}
    namespace = {}
    exec(page, namespace)
    alone, alone_slopes = namespace["value_and_gradient"](x, 2.0, 0.5)
    assert np.array_equal(alone, y)
    assert all(np.array_equal(a, b) for a, b in zip(alone_slopes, slopes, strict=True))


def test_bound_to_numpy_the_source_is_the_page_of_lanes():
    neuron = nn.Neuron(1, rng=0)
    program = record(lambda model, x, t: (model([x]) - t) * t, neuron, 1.0, 0.5).to("numpy")
    x, t = np.linspace(-1.0, 1.0, 9), np.linspace(0.0, 2.0, 9)
    y, (slopes, gx, gt) = program.value_and_gradient(neuron, x, t)
    namespace = {}
    exec(program.source(), namespace)
    alone = namespace["value_and_gradient"](x, t, *(p.data for p in neuron.parameters()))
    assert np.array_equal(alone[0], y)
    assert [np.array(g).tolist() for g in alone[1]] == [gx.tolist(), gt.tolist(), *slopes.values()]
    exec(record(lambda x: [x * 2.0, x], 1.0).to("numpy").source(), namespace)
    assert np.array_equal(namespace["value"](x), [2.0 * x, x])


def test_inputs_may_be_called_as_the_page_calls_its_own_things():
    program = record(lambda rooms, before, r1, out1, count: rooms * before + r1 * out1 - count, 1.0, 2.0, 3.0, 4.0, 5.0)
    y, slopes = program.value_and_gradient(np.ones(2), 2.0, 3.0, 4.0, 5.0)
    assert y.tolist() == [9.0, 9.0]
    assert [np.sum(g) for g in slopes] == [4.0, 2.0, 8.0, 6.0, -2.0]


# ── ops of the user's ────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_op_of_the_user_runs_in_lanes_by_its_array_function():
    cube = elementwise("cube", lambda a: a * a * a, lambda a: a * a * a, lambda y, a: (3.0 * a * a,))
    other = elementwise("cube", lambda a: a + 1.0, lambda a: a + 1.0, lambda y, a: (1.0,))
    program = record(lambda cube_, x: cube(x) * other(cube_), 2.0, 1.0)
    y, (g, gx) = program.value_and_gradient(2.0, np.array([1.0, 2.0]))
    assert (y.tolist(), g, gx.tolist()) == ([3.0, 24.0], 9.0, [9.0, 36.0])


def test_an_op_that_gives_no_number_for_each_lane_is_named():
    lost = elementwise("lost", lambda a: a, lambda a: a[:1], lambda y, a: (1.0,))
    with pytest.raises(RuleError, match=r"lost gave an array of shape \(1,\)"):
        record(lambda x: lost(x) * 2.0, 1.0)(np.ones(3))


# ── models ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def loss_of(model, x1, x2, t):
    (y,) = model([x1, x2])
    return (y - t) ** 2


def test_a_scalar_model_gets_the_gradient_of_a_batch_in_lanes():
    model, rng = nn.MLP([2, 5, 1], activation="relu", rng=0), np.random.default_rng(0)
    program = record(loss_of, model, 0.1, 0.2, 1.0, argnums=0)
    x1, x2, t = rng.normal(size=(3, 50))
    y, (found,) = program.value_and_gradient(model, x1, x2, t)
    model.zero_grad()
    eager = [loss_of(model, *map(Value, lane)) for lane in zip(x1.tolist(), x2.tolist(), t.tolist(), strict=True)]
    total = sum(eager[1:], eager[0])
    total.backward()
    np.testing.assert_allclose(y, [loss.data for loss in eager], rtol=1e-14)
    assert found.keys() == dict(model.named_parameters()).keys()
    for name, parameter in model.named_parameters():
        assert found[name] == pytest.approx(parameter.grad, rel=1e-12, abs=1e-12)


def test_a_model_with_branches_gets_the_sum_over_all_paths():
    model = nn.MLP([1, 1], rng=0)
    (weight, _) = (p for _, p in model.named_parameters())
    program = record(lambda model, x: model([x])[0] if x > 0.0 else model([x])[0] * 3.0, model, 1.0)
    g, gx = program.gradient(model, np.array([2.0, -1.0, 4.0]))
    assert list(g.values()) == [2.0 - 3.0 + 4.0, 1.0 + 3.0 + 1.0]
    assert gx.tolist() == [weight.data, 3.0 * weight.data, weight.data]


def test_a_variable_from_outside_is_read_anew_by_every_call():
    w = Value(2.0)
    program = record(lambda x: x * w, 1.0)
    assert program(np.array([1.0, 2.0])).tolist() == [2.0, 4.0]
    w.data = 3.0
    assert program(np.array([1.0, 2.0])).tolist() == [3.0, 6.0]


def test_maximum_shares_its_derivative_between_equals_in_every_lane():
    program = record(lambda x, b: maximum(x, b), 1.0, 2.0)
    gx, gb = program.gradient(np.array([1.0, 2.0, 3.0]), 2.0)
    assert (gx.tolist(), gb) == ([0.0, 0.5, 1.0], 1.5)
