"""Native code: what a program gives by machine is what the engine gives, as near as each row is rounded."""

import math
import os
import pickle
import random
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import random_programs
from test_program_lanes import SPECIAL, branching, exact_program, one_by_one, same_numbers

from autograd import (
    Value,
    elementwise,
    exp,
    gradients,
    log,
    logaddexp,
    logsumexp,
    max as largest,
    record,
    sqrt,
    where,
)
from autograd.errors import ArgumentError, MissingExtra, OperandError, ShapeError
from autograd.ops import TABLE
from autograd.program.native import cache as native_cache, executors as native
from autograd.program.simplifying import passes

WAYS = {"table loop": False, "straight-line": True}


def both_ways(program):
    return [program.to("native", straight=straight) for straight in WAYS.values()]


def eager(f, *xs):
    inputs = list(map(Value, xs))
    y = f(*inputs)
    return y.data, tuple(g.data if isinstance(g, Value) else g for g in gradients(y, inputs))


def demand_the_engines_numbers(number, straight):
    made = random_programs.program(number)
    program = record(lambda *xs: made.run(xs), *made.point)
    y, slopes = program.to("native", straight=straight).value_and_gradient(*made.point)
    wanted, derivatives = eager(lambda *xs: made.run(xs), *made.point)
    assert same_numbers(y, wanted, 2 * made.value_error), made.source()
    assert same_numbers(slopes, derivatives, 2 * np.array(made.slope_errors)), made.source()


# ── the engine's numbers ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("chunk", range(4))
def test_random_programs_give_the_engines_numbers_by_the_table_loop(chunk):
    for number in range(50 * chunk, 50 * chunk + 50):
        demand_the_engines_numbers(number, straight=False)


@pytest.mark.parametrize("number", range(20))
def test_random_programs_give_the_engines_numbers_in_straight_line_code(number):
    demand_the_engines_numbers(number, straight=True)


@pytest.mark.parametrize("number", range(60))
def test_what_rounds_once_is_the_same_to_the_last_bit(number):
    f, inputs, rng = exact_program(number)
    program = record(f, *[0.5] * inputs)
    for way in both_ways(program):
        for _ in range(10):
            point = [rng.choice([rng.gauss(0.0, 2.0), rng.choice(SPECIAL)]) for _ in range(inputs)]
            y, slopes = way.value_and_gradient(*point)
            wanted, derivatives = program.value_and_gradient(*point)
            assert same_numbers(y, wanted)
            assert same_numbers(slopes, derivatives)


@pytest.mark.parametrize("straight", WAYS.values(), ids=WAYS)
def test_a_product_and_a_sum_are_rounded_each_for_itself(straight):
    x, rest = 1.0 + 2.0**-30, -(1.0 + 2.0**-29)
    assert math.fsum([x * x, rest]) == 0.0
    program = record(lambda a, b: a * a + b, 1.0, 1.0).to("native", straight=straight)
    assert program(x, rest) == 0.0
    assert program(np.full(9, x), rest).tolist() == [0.0] * 9


@pytest.mark.parametrize("name", TABLE)
def test_every_row_is_the_engines_at_special_points(name):
    op, rng = TABLE[name], random.Random(name)
    for arity in (1, 2, 3) if op.arity == -1 else (op.arity,):
        program = record(lambda *xs, op=op: op(*xs), *[0.5] * arity)
        columns = [[rng.choice(SPECIAL) for _ in range(61)] for _ in range(arity)]
        values, wanted = one_by_one(program, columns)
        error, slope_error = 1e-14 * (1.0 + abs(values)), 1e-14 * (1.0 + abs(wanted))
        for way in both_ways(program):
            found = [way.value_and_gradient(*lane) for lane in zip(*columns, strict=True)]
            y, slopes = way.value_and_gradient(*map(np.array, columns))
            for ys, gs in ((y, slopes), ([y for y, _ in found], np.array([g for _, g in found]).T)):
                assert same_numbers(ys, values, error)
                assert same_numbers(gs, wanted, slope_error)


@pytest.mark.parametrize("straight", WAYS.values(), ids=WAYS)
def test_overflow_and_division_by_zero_give_what_ieee_754_says(straight):
    program = record(lambda x, y: exp(x) / y, 0.0, 1.0).to("native", straight=straight)
    assert program(1000.0, 1.0) == math.inf
    assert program(0.0, -0.0) == -math.inf
    assert math.isnan(program(-math.inf, 0.0))
    assert math.isnan(record(lambda x: log(x) + sqrt(x), 1.0).to("native", straight=straight)(-1.0))


@pytest.mark.parametrize("straight", WAYS.values(), ids=WAYS)
def test_nothing_comes_from_a_branch_not_taken(straight):
    program = record(lambda x, w: where(x, w * log(x), 0.0) * w, 1.0, 2.0).to("native", straight=straight)
    assert program.gradient(0.0, 3.0) == (0.0, 0.0)
    xs = np.array([0.0, 1.0, 0.0, 2.0])
    slope, total = program.gradient(xs, 3.0)
    assert slope.tolist() == [0.0, 9.0, 0.0, 4.5]
    assert total == pytest.approx(6.0 * math.log(2.0))


def test_a_number_that_is_there_any_number_of_times_is_taken_two_by_two():
    for count in range(1, 7):
        program = record(lambda *xs: largest(xs) * logsumexp(xs), *[0.5] * count)
        point = [0.3 * i * (-1) ** i for i in range(count)]
        y, slopes = program.value_and_gradient(*point)
        for way in both_ways(program):
            assert way(*point) == pytest.approx(y, rel=1e-14)
            assert way.gradient(*point) == pytest.approx(slopes, rel=1e-13)
            lanes = way.value_and_gradient(*(np.full(3, x) for x in point))
            assert lanes[0] == pytest.approx([y] * 3, rel=1e-14)


# ── branches ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("straight", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("number", range(20))
def test_a_branch_never_gives_the_answer_of_another(number, straight):
    f, rng = branching(number), np.random.default_rng(number)
    columns = rng.normal(size=(3, 21))
    program = record(f, *columns[:, 0].tolist()).to("native", straight=straight)
    values, wanted = one_by_one(program, columns.tolist())
    found = [program.value_and_gradient(*lane) for lane in columns.T.tolist()]
    assert [y for y, _ in found] == values.tolist()
    assert np.array([g for _, g in found]).T.tolist() == wanted.tolist()
    y, slopes = program.value_and_gradient(*columns)
    assert y.tolist() == values.tolist()
    assert np.array(slopes).tolist() == wanted.tolist()
    shared = program.gradient(columns[0], *columns[1:, 7].tolist())
    lane_by_lane = [program.gradient(x, *columns[1:, 7].tolist()) for x in columns[0].tolist()]
    np.testing.assert_allclose(shared[1:], np.sum(lane_by_lane, axis=0)[1:], rtol=1e-10, atol=1e-7)


@pytest.mark.parametrize("straight", WAYS.values(), ids=WAYS)
def test_a_decision_that_python_and_native_code_round_apart_is_python_s(straight):
    rng = random.Random(3)
    points = [(rng.gauss(0.0, 1.0), rng.gauss(0.0, 1.0)) for _ in range(200)]
    program = record(lambda a, b, c: a * 2.0 if logaddexp(a, b) > c else b * 3.0, 1.0, 1.0, 0.0)
    native = program.to("native", straight=straight)
    for a, b in points:
        for c in (logaddexp(a, b), math.nextafter(logaddexp(a, b), -9.0), math.nextafter(logaddexp(a, b), 9.0)):
            assert native.value_and_gradient(a, b, c)[0] in (a * 2.0, b * 3.0)
    assert len(program.paths) == 2


@pytest.mark.parametrize("straight", WAYS.values(), ids=WAYS)
def test_nan_decides_as_python_does(straight):
    program = record(lambda x: x + 1.0 if x > 0.0 else 2.0, 1.0).to("native", straight=straight)
    assert program(math.nan) == 2.0
    assert program(np.array([math.nan, 1.0])).tolist() == [2.0, 2.0]
    truth = record(lambda x: where(x, 3.0, 4.0) * x, 1.0).to("native", straight=straight)
    assert truth.gradient(math.nan) == (3.0,)


# ── lanes ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("straight", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("number", range(30))
def test_lanes_are_the_samples_one_by_one_and_what_they_share_gets_the_sum(number, straight):
    f, inputs, rng = exact_program(number)
    lanes = rng.choice([1, 7, 8, 9, 40])
    shared = [rng.random() < 0.5 for _ in range(inputs)]
    shared[rng.randrange(inputs)] = False
    columns = [[rng.gauss(0.0, 2.0)] * lanes if one else [rng.gauss(0.0, 2.0) for _ in range(lanes)] for one in shared]
    program = record(f, *[0.5] * inputs).to("native", straight=straight)
    arguments = [column[0] if one else np.array(column) for column, one in zip(columns, shared, strict=True)]
    y, slopes = program.value_and_gradient(*arguments)
    values, wanted = one_by_one(program, columns)
    assert same_numbers(y, values)
    assert same_numbers(program(*arguments), values)
    for slope, lane_by_lane, one in zip(slopes, wanted, shared, strict=True):
        if one:
            assert slope == pytest.approx(sum(lane_by_lane), rel=1e-9, abs=1e-9, nan_ok=True)
        else:
            assert same_numbers(slope, lane_by_lane)


@pytest.mark.parametrize("straight", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("lanes", [0, 1, 63, 4095, 4097, 20_000])
def test_a_batch_of_any_length_is_cut_into_blocks_and_put_together(lanes, straight):
    program = record(lambda x, w: [x * w + 1.0, x, w, 7.0], 0.5, 0.5).to("native", straight=straight)
    slope = record(lambda x, w: x * w * w + x, 0.5, 0.5).to("native", straight=straight)
    x = np.linspace(-2.0, 2.0, lanes)
    y, same, shared, constant = program(x, 0.75)
    assert y.tolist() == (0.75 * x + 1.0).tolist()
    assert same.tolist() == x.tolist()
    assert shared.tolist() == [0.75] * lanes
    assert constant.tolist() == [7.0] * lanes
    gx, gw = slope.gradient(x, 0.75)
    assert gx.tolist() == [0.75 * 0.75 + 1.0] * lanes
    assert gw == pytest.approx(1.5 * np.sum(x), abs=1e-9)


@pytest.mark.parametrize("straight", WAYS.values(), ids=WAYS)
def test_threads_do_not_share_rooms(straight):
    program = record(lambda x, w: sqrt(x * x * w) + x, 0.5, 0.5).to("native", straight=straight)
    batches = [np.random.default_rng(i).random(3000) for i in range(8)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda x: program.gradient(x, 0.5)[0], batches))
        alone = list(pool.map(lambda x: program.gradient(float(x[0]), 0.5)[0], batches))
    for x, slope, single in zip(batches, found, alone, strict=True):
        assert slope.tolist() == program.gradient(x, 0.5)[0].tolist()
        assert single == slope[0]


# ── arrays that are there already ────────────────────────────────────────────────────────────────────────────────────


def executor_of(program, straight):
    kind = "native, straight" if straight else "native"
    program.to("native")
    (path,) = program._paths[()]
    return path.executor(kind)


@pytest.mark.parametrize("straight", WAYS.values(), ids=WAYS)
def test_a_call_with_arrays_for_inputs_and_results_allocates_nothing(straight):
    run = executor_of(record(lambda x, y: x * y + exp(x), 1.0, 2.0), straight)
    inputs, value, all_of_it = np.array([0.0, 3.0]), np.empty(1), np.empty(3)
    assert run.call(inputs, value)
    assert run.call(inputs, all_of_it)
    assert (value.tolist(), all_of_it.tolist()) == ([1.0], [1.0, 4.0, 0.0])
    tracemalloc.start()
    try:
        run.call(inputs, all_of_it)
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(100):
            run.call(inputs, all_of_it)
        assert tracemalloc.get_traced_memory()[0] <= before + 100
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("straight", WAYS.values(), ids=WAYS)
def test_a_call_with_arrays_gives_the_careful_answer_where_there_is_a_nan(straight):
    run = executor_of(record(lambda x, w: where(x, w * log(x), 0.0), 1.0, 2.0), straight)
    results = np.empty(3)
    assert run.call(np.array([0.0, 3.0]), results)
    assert results.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("straight", WAYS.values(), ids=WAYS)
def test_a_call_with_arrays_says_when_another_branch_is_taken(straight):
    run = executor_of(record(lambda x: x * 2.0 if x > 0.0 else -x, 1.0), straight)
    assert run.call(np.array([2.0]), np.empty(2))
    assert not run.call(np.array([-2.0]), np.empty(2))


def test_arrays_that_do_not_fit_are_refused():
    run = executor_of(record(lambda x, y: x * y, 1.0, 2.0), straight=False)
    with pytest.raises(ShapeError, match=r"takes 2 numbers and gives 1, or 3 with its derivatives: got .* 3 and 3"):
        run.call(np.zeros(3), np.empty(3))
    with pytest.raises(ShapeError, match="2 and 2"):
        run.call(np.zeros(2), np.empty(2))
    for wrong, named in ((np.zeros(2, np.float32), "float32"), (np.zeros(4)[::2], "strided"), ([1.0, 2.0], "a list")):
        with pytest.raises(OperandError, match=f"contiguous arrays of float64 with one axis.*{named}"):
            run.call(wrong, np.empty(3))


# ── what native code leaves to others ────────────────────────────────────────────────────────────────────────────────


def test_an_op_of_the_user_is_run_by_python_and_explain_says_so():
    cube = elementwise("cube", lambda a: a * a * a, lambda a: a**3, lambda y, a: (3.0 * a * a,))
    program = record(lambda x, w: cube(x) * w, 1.0, 2.0)
    for way in both_ways(program):
        assert way.value_and_gradient(2.0, 3.0) == (24.0, (36.0, 8.0))
        assert way(np.array([1.0, 2.0]), 3.0).tolist() == [3.0, 24.0]
        assert "instructions run by Python, for cube is an op of your own" in way.explain()
    assert "by Python" not in program.explain()
    run, results = executor_of(program, straight=False), np.empty(3)
    assert run.call(np.array([2.0, 3.0]), results)
    assert results.tolist() == [24.0, 36.0, 8.0]


@pytest.mark.parametrize("kind", ["python", "numpy", "native"])
def test_an_op_of_four_operands_is_run_everywhere(kind):
    blend = elementwise(
        "blend", lambda a, b, c, d: a * b + c * d, lambda a, b, c, d: a * b + c * d, lambda y, a, b, c, d: (b, a, d, c)
    )
    xs = (1.5, 2.0, 3.0, -4.0)
    program = record(lambda a, b, c, d: blend(a, b, c, d) * a, *xs).to(kind)
    assert program.value_and_gradient(*xs) == (-13.5, (-6.0, 2.25, -6.0, 4.5))
    if kind != "python":
        values, slopes = program.value_and_gradient(*(np.full(3, x) for x in xs))
        assert values.tolist() == [-13.5] * 3
        assert [slope.tolist() for slope in slopes] == [[-6.0] * 3, [2.25] * 3, [-6.0] * 3, [4.5] * 3]


def test_long_straight_line_code_is_left_to_the_table_loop_and_explain_says_so(monkeypatch):
    monkeypatch.setattr(native, "LONGEST", 3)
    program = record(lambda x: exp(x) * x + x, 1.0).to("native", straight=True)
    assert program.gradient(0.0) == (2.0,)
    assert program.gradient(np.zeros(2))[0].tolist() == [2.0, 2.0]
    assert "run in the table loop, for straight-line code is for at most 3" in program.explain()


def test_without_numba_native_code_is_refused_with_the_command_that_installs_it(monkeypatch):
    program = record(lambda x: x * x, 1.0)
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(MissingExtra, match=r'pip install "glassgrad\[native\]"'):
        program.to("native")


def test_straight_line_code_is_native_code():
    program = record(lambda x: x * x, 1.0)
    with pytest.raises(ArgumentError, match="is made by \"native\", not by 'numpy'"):
        program.to("numpy", straight=True)


def test_a_pickled_program_runs_natively():
    program = pickle.loads(pickle.dumps(record(square_and_more, 2.0).to("native")))
    assert program.value_and_gradient(3.0) == (12.0, (7.0,))


def square_and_more(x):
    return x * x + x


# ── large programs ───────────────────────────────────────────────────────────────────────────────────────────────────


def long_chain(length):
    def f(x, w):
        y = x
        for i in range(length):
            y = y * 0.999 + w if i % 50 else exp(-y * y) - w
        return y if y > -9.0 else x * w

    return f


def test_a_large_program_gives_the_engines_numbers():
    f = long_chain(6000)
    program = record(f, 0.5, 0.25)
    assert len(program.listing.instructions) > passes.LARGEST
    wanted = eager(f, 0.3, -0.7)
    assert program.value_and_gradient(0.3, -0.7) == wanted
    assert program(0.3, -0.7) == wanted[0]
    assert "not simplified" in program.explain()
    y, slopes = program.to("native").value_and_gradient(0.3, -0.7)
    assert y == pytest.approx(wanted[0], rel=1e-12)
    assert slopes == pytest.approx(wanted[1], rel=1e-12)


def test_a_large_program_keeps_its_branches_and_its_infinities():
    def f(x):
        y = x
        for _ in range(11_000):
            y = y + x * 0.5
        return exp(y) if y > 0.0 else y

    program = record(f, 1e-6)
    assert program(-1.0) == -5501.0
    assert program.value_and_gradient(1.0) == (math.inf, (math.inf,))
    assert len(program.paths) == 2


def test_a_large_program_may_give_several_numbers():
    def f(x):
        y = x
        for _ in range(21_000):
            y = y + 1.0
        return [x * 2.0, y]

    assert record(f, 1.0)(3.0) == [6.0, 21_003.0]


# ── the cache ────────────────────────────────────────────────────────────────────────────────────────────────────────

SMALL = """
from numba import njit

CACHED = True


@njit("float64(float64)", cache=CACHED)
def twice(x):
    return 2.0 * x
"""
SCRIPT = f"""
from autograd.program.native.cache import compiled
module = compiled("small", {SMALL!r})
print(module.twice(21.0), sum(module.twice.stats.cache_hits.values()))
"""


def started(folder):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder)}
    return subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, env=environment, text=True)


def answer(process):
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return said.split()


def test_compiled_code_is_found_again_by_the_next_process_and_two_at_once_do_no_harm(tmp_path):
    both = [started(tmp_path), started(tmp_path)]
    assert [answer(process)[0] for process in both] == ["42.0", "42.0"]
    assert answer(started(tmp_path)) == ["42.0", "1"]
    for file in tmp_path.rglob("*.nbc"):
        file.write_bytes(b"damaged")
    assert answer(started(tmp_path))[0] == "42.0"


def test_where_nothing_can_be_written_code_is_compiled_anew(tmp_path):
    (tmp_path / "file").write_text("no folder")
    assert answer(started(tmp_path / "file")) == ["42.0", "0"]


@pytest.mark.parametrize(
    ("platform", "variable", "end"),
    [("linux", "XDG_CACHE_HOME", "glassgrad"), ("win32", "LOCALAPPDATA", "Cache"), ("darwin", None, "glassgrad")],
)
def test_the_cache_lies_where_a_users_caches_are(platform, variable, end, monkeypatch, tmp_path):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    if variable:
        monkeypatch.setenv(variable, str(tmp_path))
        assert native_cache.folder().is_relative_to(tmp_path)
    assert native_cache.folder().name == end
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "numba"))
    assert native_cache.folder() == tmp_path / "numba" / "glassgrad"
