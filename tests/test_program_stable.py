"""Stable forms: a program that asks for them gives what its formulas mean, where floats overflow as well."""

import math
import pickle
import random

import mpmath
import numpy as np
import pytest

import autograd
from autograd import Value, exp, gradients, log, log1p, no_grad, record, sigmoid, softmax
from autograd.program.simplifying.stable_forms import STABLE_FORMS

ROUND_OFF = 2.0**-53


class Floats:
    """What formulas are written with, for the engine."""

    exp, log, log1p, sigmoid = exp, log, log1p, sigmoid


class Digits:
    """The same in mpmath, by the formulas themselves."""

    exp, log, log1p = mpmath.exp, mpmath.log, mpmath.log1p

    @staticmethod
    def sigmoid(x):
        return 1 / (1 + mpmath.exp(-x))


def share(m, a, *others):
    return m.exp(a) / sum(m.exp(x) for x in (a, *others))


def share_of_one_sum(m, a, b, c):
    each = [m.exp(x) for x in (a, b, c)]
    return each[1] / (each[0] + each[1] + each[2])


# Bounded, or as large as their arguments: all are finite wherever these are.
FORMULAS = {
    "softplus": lambda m, a, b, c: m.log(1 + m.exp(a)),
    "softplus, the other way round": lambda m, a, b, c: m.log(m.exp(b) + 1.0),
    "softplus by log1p": lambda m, a, b, c: m.log1p(m.exp(a)),
    "logsumexp of two": lambda m, a, b, c: m.log(m.exp(a) + m.exp(b)),
    "logsumexp of three and one": lambda m, a, b, c: m.log(m.exp(a) + m.exp(b) + 1 + m.exp(c)),
    "logsumexp of one": lambda m, a, b, c: m.log(m.exp(c)),
    "logarithm of logsumexps": lambda m, a, b, c: m.log((m.exp(a) + m.exp(b)) + (m.exp(c) + m.exp(a))),
    "logistic": lambda m, a, b, c: 1 / (1 + m.exp(-a)),
    "logistic of −a": lambda m, a, b, c: 1 / (m.exp(b) + 1),
    "logistic of a sum": lambda m, a, b, c: 1 / (1 + m.exp(a) + m.exp(b)),
    "two shares": lambda m, a, b, c: share(m, a, b),
    "three shares": share_of_one_sum,
    "shares that are written anew": lambda m, a, b, c: share(m, b, a, c),
    "logarithm of a share": lambda m, a, b, c: -m.log(share(m, a, b, c)),
    "logarithm of a logistic": lambda m, a, b, c: m.log(m.sigmoid(a)),
    "logarithm of its complement": lambda m, a, b, c: m.log(1 - m.sigmoid(b)),
    "complement": lambda m, a, b, c: 1 - 1 / (1 + m.exp(-c)),
    "eᵃ / (1 + eᵃ)": lambda m, a, b, c: share(m, a, 0.0),
}


def random_formula(number):
    """A sum of two or three formulas of random weighted sums of three inputs, one of them within another."""
    rng = random.Random(number)
    names = [rng.choice(list(FORMULAS)) for _ in range(rng.randint(2, 3))]
    weights = [[rng.choice([-1.0, -0.5, 0.0, 0.5, 1.0]) for _ in range(9)] for _ in names]
    nested = rng.random() < 0.5

    def f(m, xs):
        total = 0.0
        for name, ws in zip(names, weights, strict=True):
            sums = [ws[i] * xs[0] + ws[i + 1] * xs[1] + ws[i + 2] * xs[2] for i in (0, 3, 6)]
            if nested:
                sums[0] = sums[0] + total
            total = total + FORMULAS[name](m, *sums)
        return total

    return f, rng


def exact(f, point):
    """Value and gradient at 500 digits: enough for 1 + e^−1000."""
    with mpmath.workdps(500):
        xs, step = [mpmath.mpf(x) for x in point], mpmath.mpf(10) ** -100
        slopes = []
        for i in range(len(xs)):
            ahead, behind = ([x + sign * step * (i == j) for j, x in enumerate(xs)] for sign in (1, -1))
            slopes.append(float((f(Digits, ahead) - f(Digits, behind)) / (2 * step)))
        return float(f(Digits, xs)), slopes


def demand_exact(program, f, point):
    """Value and gradient are the exact ones but for some roundings of what the exponentials are taken of."""
    value, slopes = program.value_and_gradient(*point)
    wanted, derivatives = exact(f, point)
    error = 256.0 * ROUND_OFF * (10.0 + sum(map(abs, point)))
    assert value == pytest.approx(wanted, rel=error, abs=error)
    assert list(slopes) == pytest.approx(derivatives, rel=error, abs=error)


@pytest.mark.parametrize("name", FORMULAS)
def test_a_formula_is_exact_and_finite_where_floats_overflow(name):
    def f(m, xs):
        return FORMULAS[name](m, *xs)

    program = record(lambda *xs: f(Floats, xs), 0.5, 0.25, -1.0).simplify(fuse=True)
    for a in (-1000.0, -30.0, 0.0, 2.0, 1000.0):
        demand_exact(program, f, (a, 0.5 * a + 1.0, -a))
    assert " × " in program.explain()


@pytest.mark.parametrize("chunk", range(4))
def test_random_formulas_are_exact_everywhere(chunk):
    for number in range(10 * chunk, 10 * chunk + 10):
        f, rng = random_formula(number)
        program = record(lambda *xs, f=f: f(Floats, xs), 0.5, 0.25, -1.0).simplify(fuse=True)
        for size in (1.0, 30.0, 1000.0):
            demand_exact(program, f, [rng.uniform(-size, size) for _ in range(3)])


@pytest.mark.parametrize("number", range(40))
def test_where_the_formula_is_finite_the_stable_form_gives_the_same(number):
    f, rng = random_formula(number)
    naive = record(lambda *xs: f(Floats, xs), 0.5, 0.25, -1.0)
    stable = naive.simplify(fuse=True)
    for _ in range(5):
        point = [rng.uniform(-4.0, 4.0) for _ in range(3)]
        (y, slopes), (wanted, derivatives) = stable.value_and_gradient(*point), naive.value_and_gradient(*point)
        assert y == pytest.approx(wanted, rel=1e-11, abs=1e-11)
        assert list(slopes) == pytest.approx(list(derivatives), rel=1e-11, abs=1e-11)


@pytest.mark.parametrize("number", range(12))
def test_every_executor_gives_the_same(number):
    f, rng = random_formula(number)
    program = record(lambda *xs: f(Floats, xs), 0.5, 0.25, -1.0).simplify(fuse=True)
    columns = [np.array([rng.uniform(-size, size) for size in (1.0, 40.0, 1000.0)]) for _ in range(3)]
    one_by_one = [program.value_and_gradient(*map(float, lane)) for lane in zip(*columns, strict=True)]
    wanted = np.array([[y, *slopes] for y, slopes in one_by_one]).T
    for way in (program, program.to("native")):
        y, slopes = way.value_and_gradient(*columns)
        np.testing.assert_allclose([y, *slopes], wanted, rtol=1e-11, atol=1e-11)


def test_small_differences_from_one_keep_their_digits():
    less = record(lambda x: exp(x) - 1, 1.0).simplify(fuse=True)
    more = record(lambda x: log(x + 1.0), 1.0).simplify(fuse=True)
    for x in (1e-20, -1e-9, 0.5):
        assert [less(x), *less.gradient(x)] == pytest.approx([math.expm1(x), math.exp(x)], rel=1e-15)
        assert [more(x), *more.gradient(x)] == pytest.approx([math.log1p(x), 1.0 / (1.0 + x)], rel=1e-15)
    assert more(-1.0) == -math.inf
    assert less(1000.0) == math.inf


# ── arrays ───────────────────────────────────────────────────────────────────────────────────────────────────────────

ARRAYS = {
    "softplus": (lambda x: np.log(1.0 + np.exp(x)), autograd.softplus),
    "logsumexp": (lambda x: np.log(np.sum(np.exp(x), axis=0)), lambda x: autograd.logsumexp(x, axis=0)),
    "logsumexp of all": (lambda x: np.log(np.sum(np.exp(x))), autograd.logsumexp),
    "softmax": (lambda x: np.exp(x) / np.sum(np.exp(x), axis=1, keepdims=True), lambda x: softmax(x, axis=1)),
    "log softmax": (
        lambda x: np.log(np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)),
        lambda x: autograd.log_softmax(x, axis=1),
    ),
    "log of softmax": (lambda x: log(softmax(x, axis=0)), lambda x: autograd.log_softmax(x, axis=0)),
    "log of sigmoid": (lambda x: np.log(sigmoid(x)), autograd.log_sigmoid),
    "log of its complement": (lambda x: np.log(1.0 - sigmoid(x)), lambda x: autograd.log_sigmoid(-x)),
    "sigmoid": (lambda x: 1.0 / (1.0 + np.exp(-x)), sigmoid),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ARRAYS)
def test_formulas_of_arrays_take_the_librarys_stable_functions(name, dtype):
    formula, function = ARRAYS[name]
    rng = np.random.default_rng(0)
    weights = np.asarray(rng.normal(size=np.shape(function(np.ones((3, 4))))), dtype)
    program = record(lambda x: (formula(x) * weights).sum(), np.ones((3, 4), dtype)).simplify(fuse=True)
    wanted = record(lambda x: (function(x) * weights).sum(), np.ones((3, 4), dtype))
    for x in (rng.normal(size=(3, 4)), rng.choice([-1000.0, 1000.0], size=(3, 4))):
        (y, (slopes,)), (z, (derivatives,)) = (p.value_and_gradient(x.astype(dtype)) for p in (program, wanted))
        error = 2000.0 * np.finfo(dtype).eps
        assert slopes.dtype == dtype
        np.testing.assert_allclose(y, z, rtol=error, atol=error)
        np.testing.assert_allclose(slopes, derivatives, rtol=error, atol=error)


# ── what stays ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_is_fused_unasked():
    program = record(lambda x: log(1 + exp(x)), 1.0)
    assert program(1000.0) == math.inf
    assert program.simplify() is program
    assert program.simplify(fuse=True)(1000.0) == 1000.0
    assert program(1000.0) == math.inf


def branching(x):
    y = log(1 + exp(x))
    return y * 2.0 if y > 1.0 else y + 1 / (1 + exp(-x))


def test_branches_stay_those_of_the_function_and_new_ones_are_fused_too():
    program = record(branching, 2.0).simplify(fuse=True)
    for x in (3.0, -2.0, -1000.0, math.log(math.e - 1.0), 0.5413248546129181):
        value, (slope,) = program.value_and_gradient(x)
        leaf = Value(x)
        root = branching(leaf)
        assert (value, slope) == pytest.approx((root.data, gradients(root, [leaf])[0]), rel=1e-12)
    assert len(program.paths) == 2
    assert any(line.op.name == "logistic" for line in program.paths[1].instructions)


def test_what_is_used_elsewhere_is_still_computed():
    def f(x):
        e = exp(x)
        return [log(1 + e), e, 1 + e]

    assert record(f, 0.0).simplify(fuse=True)(0.0) == pytest.approx([math.log(2.0), 1.0, 2.0])


@pytest.mark.parametrize("whole", [False, True])
def test_what_no_derivative_goes_through_still_lets_none_through(whole):
    def f(x):
        if whole:
            with no_grad():
                return_value = log(1 + exp(x))
            return return_value * x
        with no_grad():
            e = exp(x)
        return log(1 + e) * x

    program = record(f, 1.0).simplify(fuse=True)
    assert program.value_and_gradient(0.5) == record(f, 1.0).value_and_gradient(0.5)


def test_the_derivative_of_the_formula_itself_may_be_part_of_the_function():
    f = autograd.grad(lambda u: log(1 + exp(u)))
    program = record(lambda x: f(x) * log(1 + exp(x)), 1.0)
    fused = program.simplify(fuse=True)
    assert fused(0.5) == pytest.approx(program(0.5), rel=1e-13)
    assert fused.gradient(0.5) == pytest.approx(program.gradient(0.5), rel=1e-13)


def test_logarithms_of_other_sums_and_products_stay():
    for f in (lambda x: log(2.0 + exp(x)), lambda x: log(x + exp(x)), lambda x: log(exp(x) * x), lambda x: 1 / exp(x)):
        program = record(f, 1.0).simplify(fuse=True)
        assert "with no stable forms" in program.explain()
        assert program.value_and_gradient(2.0) == record(f, 1.0).value_and_gradient(2.0)


def test_a_long_softmax_of_many_shares_is_fused_quickly():
    def f(xs):
        each = [exp(x) for x in xs]
        total = sum(each)
        return sum(log(e / total) for e in each)

    xs = [0.01 * i for i in range(300)]
    program = record(f, xs).simplify(fuse=True)
    assert program(xs) == pytest.approx(record(f, xs)(xs))
    assert len(program.listing.instructions) < 30 * len(xs)
    assert math.isfinite(program([1000.0 * x for x in xs]))


# ── what it says ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_says_what_was_fused():
    program = record(lambda x, w: log(1 + exp(x * w)) + (exp(w) - 1), 1.0, 2.0).simplify(fuse=True)
    lines = program.explain().splitlines()
    assert "     1 × log(1 + exp(a)) as softplus(a)" in lines
    assert "     1 × exp(a) - 1 as expm1(a)" in lines
    assert "math.exp(h1)" not in program.source()
    assert "logaddexp(h1, 0.0)" in program.source()


def test_every_form_of_the_table_is_taken_by_some_formula_here():
    taken = "".join(
        record(lambda *xs, f=f: f(Floats, *xs), 0.5, 0.25, -1.0).simplify(fuse=True).explain()
        for f in [*FORMULAS.values(), lambda m, a, b, c: (m.exp(a) - 1) * m.log(1 + b)]
    )
    taken += record(lambda x: log(softmax(x)).sum(), np.ones(2)).simplify(fuse=True).explain()
    assert [form for form in STABLE_FORMS if f"{form.formula} as {form.computed}" not in taken] == []


def test_a_fused_program_compares_copies_pickles_and_keeps_its_executor():
    program = record(branching, 2.0)
    fused = program.simplify(fuse=True)
    assert fused == program.simplify(fuse=True).simplify(fuse=True) != program
    assert pickle.loads(pickle.dumps(fused))(2.5) == fused(2.5)
    assert program.to("native").simplify(fuse=True)(2.5) == fused.to("native")(2.5)
