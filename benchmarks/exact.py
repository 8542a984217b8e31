"""What every row of the table and its derivatives are to 50 digits, written with mpmath and nothing of the library.

`EXACT[name]` takes the operands and gives (value, (∂/∂a, ∂/∂b, …)): None for an operand without a derivative, nan
outside the domain, and at poles, kinks and ties what the table promises there. The formulas are in forms that do not
cancel, so that 80 working digits leave 50. mpmath itself takes more where an argument demands it: for sin(1e308) as
many digits of π as there are before the point, and 80 beyond.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import mpmath
from mpmath import mpf

DIGITS = 80
INFINITY, NOWHERE = mpf("inf"), mpf("nan")
Answer = tuple[Any, tuple[Any, ...]]


def exact(name: str, operands: Sequence[float]) -> Answer:
    """The value and the derivatives of a row at finite floats, taken as the exact numbers that they are."""
    with mpmath.workdps(DIGITS):
        return EXACT[name](*map(mpf, operands))


def inside(domain: Callable[..., bool], row: Callable[..., Answer]) -> Callable[..., Answer]:
    """The row, which gives nan outside its domain."""

    def guarded(*operands: Any) -> Answer:
        return row(*operands) if domain(*operands) else (NOWHERE, (NOWHERE,) * len(operands))

    return guarded


def reciprocal(a: Any) -> Any:
    return 1 / a if a else INFINITY


def quotient(a: Any, b: Any) -> Answer:
    if b:
        return a / b, (1 / b, -a / b**2)
    pole = mpmath.sign(a) * INFINITY if a else NOWHERE
    return pole, (INFINITY, -pole)


def power(a: Any, b: Any) -> Any:
    """aᵇ as ±e^(b·ln|a|); by limits where a is 0, nan where it is negative and b no whole number."""
    if b == 0:
        return mpf(1)
    if a == 0:
        return mpf(0) if b > 0 else INFINITY
    if a < 0 and not mpmath.isint(b):
        return NOWHERE
    size = mpmath.exp(b * mpmath.log(abs(a)))
    return -size if a < 0 and int(b) % 2 else size


def power_row(a: Any, b: Any) -> Answer:
    y = power(a, b)
    if a == 0:
        return y, (mpf(0) if b == 0 else b * power(a, b - 1), mpf(0) if b > 0 else -INFINITY)
    return y, (b * y / a, y * mpmath.log(a) if a > 0 else NOWHERE)


def log_sum_exp(*xs: Any) -> Answer:
    """top + ln(1 + Σ e^(x − top)) over the others; e^x / Σ e^x."""
    *others, top = sorted(xs)
    rest = mpmath.fsum(mpmath.exp(x - top) for x in others)
    return top + mpmath.log1p(rest), tuple(mpmath.exp(x - top) / (1 + rest) for x in xs)


def choice(best: Callable[..., Any]) -> Callable[..., Answer]:
    """The best of the operands; those that tie share the derivative."""

    def row(*xs: Any) -> Answer:
        y = best(xs)
        return y, tuple(mpf(x == y) / xs.count(y) for x in xs)

    return row


def truth(relation: Callable[[Any, Any], bool]) -> Callable[..., Answer]:
    return lambda a, b: (mpf(relation(a, b)), (None, None))


EXACT: dict[str, Callable[..., Answer]] = {
    "add": lambda a, b: (a + b, (mpf(1), mpf(1))),
    "mul": lambda a, b: (a * b, (b, a)),
    "exp": lambda a: (mpmath.exp(a), (mpmath.exp(a),)),
    "reciprocal": lambda a: (reciprocal(a), (-reciprocal(a**2),)),
    "divide": quotient,
    "pow": power_row,
    "sqrt": inside(lambda a: a >= 0, lambda a: (mpmath.sqrt(a), (reciprocal(mpmath.sqrt(4 * a)),))),
    "log": inside(lambda a: a >= 0, lambda a: (mpmath.log(a) if a else -INFINITY, (reciprocal(a),))),
    "log1p": inside(lambda a: a >= -1, lambda a: (mpmath.log1p(a) if a != -1 else -INFINITY, (reciprocal(1 + a),))),
    "expm1": lambda a: (mpmath.expm1(a), (mpmath.exp(a),)),
    "sin": lambda a: (mpmath.sin(a), (mpmath.cos(a),)),
    "cos": lambda a: (mpmath.cos(a), (-mpmath.sin(a),)),
    "tan": lambda a: (mpmath.tan(a), (mpmath.sec(a) ** 2,)),
    "arcsin": inside(lambda a: abs(a) <= 1, lambda a: (mpmath.asin(a), (reciprocal(mpmath.sqrt(1 - a**2)),))),
    "arccos": inside(lambda a: abs(a) <= 1, lambda a: (mpmath.acos(a), (-reciprocal(mpmath.sqrt(1 - a**2)),))),
    "arctan": lambda a: (mpmath.atan(a), (1 / (1 + a**2),)),
    "sinh": lambda a: (mpmath.sinh(a), (mpmath.cosh(a),)),
    "cosh": lambda a: (mpmath.cosh(a), (mpmath.sinh(a),)),
    "tanh": lambda a: (mpmath.tanh(a), (mpmath.sech(a) ** 2,)),
    "logistic": lambda a: (1 / (1 + mpmath.exp(-a)), (mpmath.sech(a / 2) ** 2 / 4,)),
    "logaddexp": log_sum_exp,
    "logsumexp": log_sum_exp,
    "abs": lambda a: (abs(a), (mpmath.sign(a),)),
    "relu": lambda a: (max(a, mpf(0)), (mpf(a > 0),)),
    "maximum": choice(max),
    "minimum": choice(min),
    "max": choice(max),
    "min": choice(min),
    "where": lambda c, a, b: (a if c else b, (None, mpf(c != 0), mpf(c == 0))),
    "clip": lambda a, low, high: (min(max(a, low), high), (mpf(low < a < high), None, None)),
    "sign": lambda a: (mpmath.sign(a), (None,)),
    "greater": truth(operator.gt),
    "greater_equal": truth(operator.ge),
    "less": truth(operator.lt),
    "less_equal": truth(operator.le),
    "equal": truth(operator.eq),
    "not_equal": truth(operator.ne),
}
