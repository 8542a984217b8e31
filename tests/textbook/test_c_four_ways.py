"""Textbook, 4.5: four ways to a derivative. Numerical, symbolic, forward and reverse mode agree on every example."""

import math
from itertools import chain, combinations

import mpmath
import numpy as np
import pytest
import sympy
from examples import EXAMPLES, SECTIONS
from oracles import ROUND_OFF, Estimate
from running_error import running_error

import autograd
import nn
from autograd import Value, grad, jvp, numeric, sweeps, symbolic
from autograd.errors import Detached
from autograd.graph import Node

# ── the first way: differences, their two errors and what they cost ──────────────────────────────────────────────────


def test_the_forward_and_the_central_difference_are_the_textbooks_formulas():
    x, h = 0.5, 2.0**-10
    assert numeric.derivative(math.exp, x, "forward", step=h) == (math.exp(x + h) - math.exp(x)) / h
    assert numeric.derivative(math.exp, x, "central", step=h) == (math.exp(x + h) - math.exp(x - h)) / (2 * h)


@pytest.mark.parametrize("n", [1, 2, 10, 100])
@pytest.mark.parametrize(("method", "evaluations"), [("forward", lambda n: n + 1), ("central", lambda n: 2 * n)])
def test_n_parameters_need_n_plus_1_evaluations_or_2n(n, method, evaluations):
    calls = []

    def f(x):
        calls.append(1)
        return float(np.sum(np.sin(x)))

    numeric.gradient(f, np.linspace(0.1, 1.0, n), method=method)
    assert len(calls) == evaluations(n)


# Each function with a point and f, f′, f″, f‴ there.
SMOOTH = {
    "exp": (math.exp, 1.0, (math.e,) * 4),
    "sin": (math.sin, 0.7, (math.sin(0.7), math.cos(0.7), -math.sin(0.7), -math.cos(0.7))),
    "log": (math.log, 0.75, (math.log(0.75), 4 / 3, -16 / 9, 128 / 27)),
    "e³ˣ": (lambda x: math.exp(3.0 * x), 0.5, tuple(3.0**k * math.exp(1.5) for k in range(4))),
}
METHODS = pytest.mark.parametrize("method", ["forward", "central"])


def errors_in_theory(method, derivatives, h):
    """Truncation, h/2·|f″| or h²/6·|f‴|, and round-off, 2δ/h or δ/h, where each value is off by δ = u·|f|."""
    value, _, second, third = map(abs, derivatives)
    if method == "forward":
        return h / 2 * second, 2 * ROUND_OFF * value / h
    return h * h / 6 * third, ROUND_OFF * value / h


@METHODS
@pytest.mark.parametrize("name", SMOOTH)
def test_the_error_against_the_step_is_a_u_of_two_branches_and_lowest_where_theory_puts_it(name, method):
    f, x, derivatives = SMOOTH[name]
    curve = numeric.error_against_step(f, x, exact=derivatives[1], method=method)
    in_theory = [sum(errors_in_theory(method, derivatives, h)) for h in curve.steps]
    lowest = in_theory.index(min(in_theory))
    assert abs(curve.steps.index(curve.best_step) - lowest) <= 2  # steps double: within a factor of 4
    assert curve.branches == tuple("round-off" if h <= curve.best_step else "truncation" for h in curve.steps)
    assert curve.errors[0] > 1e3 * curve.errors[lowest] < curve.errors[curve.steps.index(0.25)]


@METHODS
@pytest.mark.parametrize("name", SMOOTH)
def test_each_branch_of_the_u_is_what_theory_says_of_it(name, method):
    f, x, derivatives = SMOOTH[name]
    curve = numeric.error_against_step(f, x, exact=derivatives[1], method=method)
    for h, error in zip(curve.steps, curve.errors, strict=True):
        truncation, round_off = errors_in_theory(method, derivatives, h)
        if 2.0**-10 <= h <= 2.0**-7:  # here round-off is nothing, and what follows h/2·f″ is little
            assert error == pytest.approx(truncation, rel=0.05)
        elif h <= 2.0**-32:  # here truncation is nothing; values are off by up to two roundings, the slope by one more
            assert error <= 2 * round_off + ROUND_OFF * abs(derivatives[1])


def test_a_central_difference_is_better_than_a_forward_one_at_its_best():
    forward, central = (
        min(numeric.error_against_step(math.exp, 1.0, exact=math.e, method=method).errors)
        for method in ("forward", "central")
    )
    assert central < forward / 100


# ── the second way: expressions rewritten by rules ───────────────────────────────────────────────────────────────────


def test_3x_minus_x_plus_2x_plus_1_simplifies_to_4x_plus_1():
    assert str(symbolic.simplify("3*x - x + 2*x + 1")) == "4*x + 1"


# ── the third and the fourth: sweeps ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("n", "m"), [(5, 1), (1, 5), (3, 3), (4, 2)])
def test_a_function_of_n_numbers_that_gives_m_takes_n_forward_or_m_reverse_sweeps(n, m):
    runs = []

    def f(*xs):
        runs.append(1)
        return [autograd.sin(autograd.sum(xs) * float(k)) for k in range(1, m + 1)]

    point = [0.25 * i for i in range(1, n + 1)]
    count = sweeps(f, *point)
    assert (count.forward, count.reverse) == (n, m)
    assert count.mode == ("reverse" if n >= m else "forward")
    # A column of the Jacobian is one jvp, a row is one gradient: n of those make up what m of these do.
    columns = [jvp(f, point, unit)[1] for unit in np.eye(n).tolist()]
    rows = [grad(lambda *xs, k=k: f(*xs)[k], tuple(range(n)))(*point) for k in range(m)]
    np.testing.assert_allclose(np.array(columns).T, rows, rtol=1e-15)
    assert len(runs) == 1 + n + m


# ── all four on every example ────────────────────────────────────────────────────────────────────────────────────────

# What each section holds, one entry for each row of its table or sentence of its text that has a derivative.
ROWS = {
    "A": [
        "h1 = x × w", "h2 = h1 + b", "h3 = h2 × −1", "h4 = exp(h3)", "h5 = h4 + 1", "h6 = 1/h5", "the sigmoid neuron",
        "several paths", "z = Wa + b", "a = f(z)", "f(Wa + b)",
    ],
    "B": [
        "(x + y)·z", "add distributes", "multiply swaps", "copy adds", "max routes", "u² + v²", "k(g(s), h(s))",
        "a first-order step", "f(f(f(w)))",
    ],
    "D": [
        "step", "sgn", "logistic", "tanh", "tanh as (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ)", "tanh as 2σ(2x) − 1",
        "tanh as (e²ˣ − 1)/(e²ˣ + 1)", "hard-logistic", "hard-tanh", "ReLU", "leaky ReLU",
        "leaky ReLU of a lecture's figure", "leaky ReLU as max(x, γx)", "PReLU", "ELU", "ELU with γ = 1/2", "softplus",
        "maxout", "softmax",
    ],
    "E": [
        "absolute", "squared", "C = ½‖y − a‖²", "mean squared error", "log loss", "cross-entropy", "0·log 0", "hinge",
        "exponential", "softmax with cross-entropy", "softmax, then log loss", "linear regression",
        "logistic regression", "softmax regression", "structural risk",
    ],
    "F": [
        "neuron", "layer", "perceptron", "XOR", "3–2–3 network", "one neuron with squared loss",
        "universal approximation", "a broken line", "1–1–1 surface of (1 − y)²", "1–1–1 surface of −ln y",
        "the network of the digits, small", "deep and narrow", "a recurrent cell", "a graph convolution",
    ],
}  # fmt: skip
JUMPS = {"step", "sgn", "perceptron"}
KINKS = {
    "max routes", "hard-logistic", "hard-tanh", "ReLU", "leaky ReLU", "leaky ReLU of a lecture's figure",
    "leaky ReLU as max(x, γx)", "PReLU", "ELU with γ = 1/2", "maxout", "absolute", "hinge", "XOR", "a broken line",
}  # fmt: skip


def test_the_table_of_examples_is_complete():
    assert {section: list(dict.fromkeys(e.row for e in examples)) for section, examples in SECTIONS.items()} == ROWS
    assert {example.row for example in EXAMPLES.values() if example.kink} == KINKS | JUMPS
    assert len(EXAMPLES) == sum(map(len, SECTIONS.values()))  # no two have one name


def listed(y):
    return list(y) if isinstance(y, (list, tuple)) else [y]


def component(f, place):
    return lambda *xs: listed(f(*xs))[place]


def error_of(node):
    return running_error(node) if isinstance(node, Node) else 0.0


def numerical(example):
    """Richardson's own error, and what it cannot know: δ, the running error of a value, which is 4δ/h at the step h."""
    found = numeric.estimates(lambda *xs: example.f(*map(Value, xs)), *example.point, step=example.reach)
    noise = [error_of(y) for y in listed(example.f(*map(Value, example.point)))]
    return [
        [Estimate(value, error + 4 * each / e.step) for e in found for value, error in [pair(e, place)]]
        for place, each in enumerate(noise)
    ]


def pair(estimate, place):
    """Value and error toward one output."""
    return (np.atleast_1d(x)[place].item() for x in (estimate.value, estimate.error))


def symbolical(example):
    """The rules of the table run on symbols, at 50 digits: what is left is the rounding to a float."""
    leaves = [Value(x, f"x{place}") for place, x in enumerate(example.point)]
    return [[evaluated(y, leaf) for leaf in leaves] for y in listed(example.f(*leaves))]


def evaluated(root, leaf):
    named = symbolic.symbols(root)
    slope = sympy.lambdify(list(named.values()), symbolic.derivative(root, leaf), modules="mpmath")
    with mpmath.workdps(50):
        number = float(slope(*[mpmath.mpf(x.data) for x in named]))
    return Estimate(number, ROUND_OFF * abs(number))


def forward(example):
    """One sweep for each input: the running error of the nodes that it leaves."""
    n = len(example.point)
    numbers, nodes = ([listed(jvp(example.f, point, unit)[1]) for unit in units(n)] for point in points(example))
    return [[Estimate(numbers[i][k], error_of(nodes[i][k])) for i in range(n)] for k in range(len(numbers[0]))]


def reverse(example):
    """One sweep for each output: the running error of the nodes that it leaves."""
    count = len(listed(example.f(*example.point)))
    places = tuple(range(len(example.point)))
    gradients = [grad(component(example.f, k), places) for k in range(count)]
    numbers, nodes = ([gradient(*point) for gradient in gradients] for point in points(example))
    return [
        [Estimate(x, error_of(node)) for x, node in zip(*row, strict=True)] for row in zip(numbers, nodes, strict=True)
    ]


def points(example):
    """The point as numbers and as nodes."""
    return list(example.point), [Value(x) for x in example.point]


def units(n):
    return np.eye(n).tolist()


WAYS = {"numerical": numerical, "symbolic": symbolical, "forward": forward, "reverse": reverse}
TELLING = 1e-4  # of a derivative: a rule that is wrong by a thousandth shows ten times over


def by_name(examples):
    return pytest.mark.parametrize("example", examples.values(), ids=examples)


@by_name({name: example for name, example in EXAMPLES.items() if not example.kink})
def test_the_four_ways_agree_each_within_its_own_error(example):
    found = {name: list(chain(*way(example))) for name, way in WAYS.items()}
    for first, second in combinations(found, 2):
        for one, other in zip(found[first], found[second], strict=True):
            assert abs(one.derivative - other.derivative) <= one.error + other.error, (first, second)
            assert one.error + other.error <= TELLING * max(abs(one.derivative), TELLING)


@pytest.mark.parametrize("method", ["forward", "central", "complex"])
@by_name({name: e for name, e in EXAMPLES.items() if name[0] in "AB" and e.row != "max routes"})
def test_the_textbooks_differences_and_the_complex_step_are_right_within_their_own_error(example, method):
    found = numeric.estimates(example.f, *example.point, method=method)
    for place, row in enumerate(reverse(example)):
        for estimate, other in zip(found, row, strict=True):
            value, error = pair(estimate, place)
            assert abs(value - other.derivative) <= error + other.error
            assert error <= {"forward": 1e-5, "central": 1e-7, "complex": 1e-11}[method] * (1 + abs(value))


@by_name({name: example for name, example in EXAMPLES.items() if example.kink})
def test_at_a_kink_three_ways_give_the_slope_of_the_rule_and_the_checker_names_it(example):
    for way in (symbolical, forward, reverse):
        assert tuple(slope.derivative for slope in way(example)[0]) == example.kink
    report = autograd.check(example.f, *example.point)
    assert set(report.verdicts.values()) in ({"kink"}, {"kink", "pass"})


@by_name({name: example for name, example in EXAMPLES.items() if example.kink and example.row in KINKS})
def test_at_a_kink_the_error_of_the_numerical_way_spans_the_slope_of_the_rule(example):
    for slope, found in zip(example.kink, numerical(example)[0], strict=True):
        assert abs(found.derivative - slope) <= found.error


@by_name({name: example for name, example in EXAMPLES.items() if example.kink and example.row in JUMPS})
def test_at_a_jump_a_difference_has_no_limit(example):
    wide, narrow = (numeric.gradient(example.f, *example.point, method="central", step=h) for h in (2.0**-10, 2.0**-11))
    assert all(b == 2.0 * a for a, b in zip(wide, narrow, strict=True))
    assert any(wide)


def test_the_0_1_loss_has_no_derivative_by_any_way_and_says_so():
    with pytest.raises(Detached, match="would cut the derivative off"):
        grad(lambda p, q: nn.zero_one([p, q], 1), (0, 1))(0.3, 0.7)
