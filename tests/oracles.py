"""Oracles: what a gradient must be, found without the engine, each answer with the error it may have.

An expression is plain data, and every oracle evaluates it with functions of its own:

- `NaiveEngine`: the chain rule by recursion on floats (tests/naive.py);
- `ComplexStep`: Im f(x + ih) / h with cmath, where every row of the expression is analytic;
- `CentralDifferences`: (f(x + h) − f(x − h)) / 2h with mpmath at 50 digits;
- `RowDifferences`: Romberg's extrapolation of central differences of one function on floats.

`objections(estimates, gradient)` lists where a gradient lies outside what an oracle allows.
"""

import cmath
import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import mpmath
import naive

ROUND_OFF = 2.0**-53  # the relative error of one rounding to a float


@dataclass(frozen=True)
class Expression:
    """A program without branches: each step is an op's name and its operands.

    An integer operand is a place (the inputs come first, then the steps), a float is a constant; the last step is the
    result.
    """

    inputs: int
    steps: tuple[tuple[str, tuple[int | float, ...]], ...]

    def evaluate(self, apply: Callable[..., Any], point: Sequence[Any]) -> Any:
        places = list(point)
        for name, operands in self.steps:
            places.append(apply(name, *(places[x] if isinstance(x, int) else x for x in operands)))
        return places[-1]


class Estimate(NamedTuple):
    """A derivative and the largest difference from it that is not an error."""

    derivative: float
    error: float


def objections(estimates: Sequence[Estimate], gradient: Sequence[float]) -> list[str]:
    """One sentence for every entry that lies outside its estimate's error; none when the oracle agrees."""
    return [
        f"input {place}: {found!r} is not {estimate.derivative!r} within {estimate.error:.2g}"
        for place, (estimate, found) in enumerate(zip(estimates, gradient, strict=True))
        if not abs(found - estimate.derivative) <= estimate.error
    ]


class RoundOff:
    """How far from the truth an evaluation on floats, and its gradient, may be: a running error analysis.

    Assumed of one row, and tested row by row against 50 digits (u = 2⁻⁵³): at the floats it is given, its value y is
    within 4u·|y| of the truth, or 4u·(1 + Σ|operand|) for the logarithm of a rounded sum, and each local derivative p
    within 16u·(1 + |p|)·(1 + Σ|operand|). The two factors allow for rules such as 1 − y², whose error is absolute, and
    e^(x − y), whose error grows with x.

    From there the errors are carried along to first order, which is all that counts while they stay below 1e-9. With
    e(x) the error of x and ẋ = ∂x/∂input:

        e(y) = Σ |p|·e(a) + the row's own error
        e(p) = Σ |p(a ± e(a)) − p(a)| + 16u·(1 + |p|)·(1 + Σ|a|)
        e(ẏ) = Σ (|p|·e(ȧ) + e(p)·|ȧ| + 2u·|p·ȧ|·(number of operands + 1))

    with |ȧ| the sum of the absolute products over all paths, so that the bound holds for every order of summation:
    forward, reverse, and the naive recursion.
    """

    def __init__(self, point: Sequence[float]) -> None:
        self.values = list(point)
        self.value_errors = [0.0] * len(point)
        self.slopes = [[float(i == j) for j in range(len(point))] for i in range(len(point))]
        self.slope_errors = [[0.0] * len(point) for _ in point]

    def take(self, name: str, operands: Sequence[int | float]) -> None:
        """Carries values, slopes and errors through one more step."""
        function, partials_of = naive.ROWS[name]
        nothing = [0.0] * len(self.slopes[0])
        at = [self.values[x] if isinstance(x, int) else x for x in operands]
        errors = [self.value_errors[x] if isinstance(x, int) else 0.0 for x in operands]
        slopes = [self.slopes[x] if isinstance(x, int) else nothing for x in operands]
        slope_errors = [self.slope_errors[x] if isinstance(x, int) else nothing for x in operands]

        def partials_at(*at: float) -> list[float]:  # none is taken toward a constant
            return [p if isinstance(x, int) else 0.0 for x, p in zip(operands, partials_of(*at), strict=True)]

        value, partials = function(*at), partials_at(*at)
        drift = [self.partial_error(p, at) for p in partials]
        for i, error in enumerate(errors):
            if error:
                shifted = [partials_at(*at[:i], at[i] + side, *at[i + 1 :]) for side in (-error, error)]
                drift = [d + max(abs(s[j] - partials[j]) for s in shifted) for j, d in enumerate(drift)]
        self.values.append(value)
        carried = sum(abs(p) * e for p, e in zip(partials, errors, strict=True))
        self.value_errors.append(carried + self.value_error(name, value, at))
        edges = list(zip(partials, drift, slopes, slope_errors, strict=True))
        inputs = range(len(nothing))
        self.slopes.append([sum(abs(p) * s[j] for p, _, s, _ in edges) for j in inputs])
        sums = 2 * ROUND_OFF * (len(edges) + 1)
        self.slope_errors.append(
            [sum(abs(p) * e[j] + (d + sums * abs(p)) * s[j] for p, d, s, e in edges) for j in inputs]
        )

    def withdraw(self, count: int) -> None:
        """Forgets all places but the first `count`."""
        for series in (self.values, self.value_errors):
            del series[count:]
        for table in (self.slopes, self.slope_errors):
            del table[count:]

    @staticmethod
    def value_error(name: str, value: float, at: Sequence[float]) -> float:
        size = 1 + sum(map(abs, at)) if name in ("logaddexp", "logsumexp") else abs(value)
        return 4 * ROUND_OFF * size

    @staticmethod
    def partial_error(partial: float, at: Sequence[float]) -> float:
        return 16 * ROUND_OFF * (1 + abs(partial)) * (1 + sum(map(abs, at))) if partial else 0.0

    @classmethod
    def of(cls, expression: Expression, point: Sequence[float]) -> list[float]:
        """The error that each entry of a gradient computed on floats may have."""
        analysis = cls(point)
        for name, operands in expression.steps:
            analysis.take(name, operands)
        return analysis.slope_errors[-1]


class NaiveEngine:
    """Both engines may be wrong by their round-off, hence twice the bound of `RoundOff`."""

    def estimates(self, expression: Expression, point: Sequence[float]) -> list[Estimate]:
        inputs = [naive.Number(x) for x in point]
        root = expression.evaluate(naive.apply, inputs)
        bounds = RoundOff.of(expression, point)
        return [Estimate(naive.derivative(root, x), 2 * bound) for x, bound in zip(inputs, bounds, strict=True)]


class ComplexStep:
    """Im f(x + ih) / h at h = 1e-100: no difference is taken, so nothing cancels, and the truncation h² is nothing.

    What remains is the round-off of the complex evaluation and of the engine, twice the bound of `RoundOff`.
    """

    STEP = 1e-100
    ROWS: dict[str, Callable[..., complex]] = {  # noqa: RUF012
        "add": operator.add,
        "mul": operator.mul,
        "exp": cmath.exp,
        "reciprocal": lambda a: 1 / a,
        "divide": operator.truediv,
        "pow": operator.pow,
        "sqrt": cmath.sqrt,
        "log": cmath.log,
        "log1p": lambda a: complex(math.log1p(a.real), a.imag / (1 + a.real)),  # to O(h²), as everything here
        "expm1": lambda a: complex(math.expm1(a.real), math.exp(a.real) * a.imag),
        "sin": cmath.sin,
        "cos": cmath.cos,
        "tan": cmath.tan,
        "arcsin": cmath.asin,
        "arccos": cmath.acos,
        "arctan": cmath.atan,
        "sinh": cmath.sinh,
        "cosh": cmath.cosh,
        "tanh": cmath.tanh,
        "logistic": lambda a: 1 / (1 + cmath.exp(-a)),
    }

    def applies_to(self, expression: Expression) -> bool:
        return all(name in self.ROWS for name, _ in expression.steps)

    def estimates(self, expression: Expression, point: Sequence[float]) -> list[Estimate]:
        bounds = RoundOff.of(expression, point)
        return [Estimate(self.derivative(expression, point, i), 2 * bound) for i, bound in enumerate(bounds)]

    def derivative(self, expression: Expression, point: Sequence[float], place: int) -> float:
        stepped = [complex(x, self.STEP if i == place else 0.0) for i, x in enumerate(point)]
        result = expression.evaluate(lambda name, *xs: self.ROWS[name](*map(complex, xs)), stepped)
        return result.imag / self.STEP


class CentralDifferences:
    """D(h) = (f(x + h) − f(x − h)) / 2h at 50 digits and h = 1e-14.

    Truncation: D(h) − f′ = h²·f‴/6 + O(h⁴), so D(2h) − D(h) = h²·f‴/2 and |D(2h) − D(h)| bounds it three times over.
    Round-off: 50 digits lose 14 to h, which leaves 1e-36 relative to the values, 1e-30 for values below 1e6.
    What is added is the error the engine under test may have made on floats, the bound of `RoundOff`.
    """

    DIGITS, STEP = 50, "1e-14"
    ROWS: dict[str, Callable[..., Any]] = {  # noqa: RUF012
        "add": operator.add,
        "mul": operator.mul,
        "exp": mpmath.exp,
        "reciprocal": lambda a: 1 / a,
        "divide": operator.truediv,
        "pow": operator.pow,
        "sqrt": mpmath.sqrt,
        "log": mpmath.log,
        "log1p": lambda a: mpmath.log(1 + a),
        "expm1": lambda a: mpmath.exp(a) - 1,
        "sin": mpmath.sin,
        "cos": mpmath.cos,
        "tan": mpmath.tan,
        "arcsin": mpmath.asin,
        "arccos": mpmath.acos,
        "arctan": mpmath.atan,
        "sinh": mpmath.sinh,
        "cosh": mpmath.cosh,
        "tanh": mpmath.tanh,
        "logistic": lambda a: 1 / (1 + mpmath.exp(-a)),
        "logaddexp": lambda a, b: mpmath.log(mpmath.exp(a) + mpmath.exp(b)),
        "logsumexp": lambda *xs: mpmath.log(mpmath.fsum(map(mpmath.exp, xs))),
        "abs": abs,
        "relu": lambda a: max(a, mpmath.mpf(0)),
        "maximum": max,
        "minimum": min,
        "max": lambda *xs: max(xs),
        "min": lambda *xs: min(xs),
        "where": lambda c, a, b: a if c else b,
        "clip": lambda a, low, high: min(max(a, low), high),
        "greater": lambda a, b: mpmath.mpf(a > b),
    }

    def estimates(self, expression: Expression, point: Sequence[float]) -> list[Estimate]:
        bounds = RoundOff.of(expression, point)
        with mpmath.workdps(self.DIGITS):
            return [self.estimate(expression, point, i, bound) for i, bound in enumerate(bounds)]

    def estimate(self, expression: Expression, point: Sequence[float], place: int, bound: float) -> Estimate:
        step = mpmath.mpf(self.STEP)

        def difference(h: Any) -> Any:
            sides = []
            for side in (h, -h):
                at = [mpmath.mpf(x) + (side if i == place else 0) for i, x in enumerate(point)]
                sides.append(expression.evaluate(lambda name, *xs: self.ROWS[name](*map(mpmath.mpf, xs)), at))
            return (sides[0] - sides[1]) / (2 * h)

        narrow, wide = difference(step), difference(2 * step)
        return Estimate(float(narrow), float(abs(wide - narrow)) + 1e-30 + bound)


class RowDifferences:
    """Romberg on floats, for one function of which nothing is known but its values.

    D at h = 2⁻⁶, 2⁻⁷, 2⁻⁸, twice extrapolated: R₁ = (4·D(h/2) − D(h))/3 on each pair, then R₂ = (16·R₁′ − R₁)/15.
    Truncation: |R₂ − R₁′| is the error of R₁′, which is larger than that of R₂.
    Round-off: values within 4 units of the last place are wrong by 8u·max|f|; divided by 2h and weighed by the
    extrapolations, (16/15)·(4/3 + …) < 2, that is at most 16u·max|f| / 2h. The steps are powers of two and the
    differences are divided by the distance between the very points used, so that rounding x ± h costs nothing.
    Near a kink the extrapolations disagree and the error says so: an estimate is `None` where it exceeds a thousandth
    of a percent, for it could then not tell a rule that is wrong by a thousandth.
    """

    STEPS = (2.0**-6, 2.0**-7, 2.0**-8)

    def estimate(self, function: Callable[..., float], point: Sequence[float], place: int) -> Estimate | None:
        largest, differences = 0.0, []
        for step in self.STEPS:
            ends = [[*point[:place], point[place] + side, *point[place + 1 :]] for side in (-step, step)]
            try:
                low, high = (function(*end) for end in ends)
            except (ArithmeticError, ValueError):  # outside the domain
                return None
            largest = max(largest, abs(low), abs(high))
            differences.append((high - low) / (ends[1][place] - ends[0][place]))
        wide, middle, narrow = differences
        once = [(4 * middle - wide) / 3, (4 * narrow - middle) / 3]
        twice = (16 * once[1] - once[0]) / 15
        error = abs(twice - once[1]) + 16 * ROUND_OFF * largest / (2 * self.STEPS[-1])
        return Estimate(twice, error) if error < 1e-5 * max(abs(twice), 1e-3) else None
