"""The forms: what every row of the table is as a SymPy expression.

Symbols stand for finite real numbers. SymPy is imported where a form is used, so that nobody else pays for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from autograd.errors import GraphTooLarge, MissingExtra, OperandError
from autograd.op import Op
from autograd.ops import TABLE

MOST_BITS = 10_000  # of a number in an expression: SymPy computes with longer ones in single steps, each for hours


def sympy() -> ModuleType:
    """The package SymPy; MissingExtra without it."""
    try:
        import sympy as package
    except ImportError:
        raise MissingExtra('autograd.symbolic needs sympy: pip install "glassgrad[symbolic]"') from None
    return package


def number(x: float) -> Any:
    """A float as SymPy's number, to the last bit: up to a million a multiple of 1/64 as a fraction, else a float.

    Infinities become ±oo. SymPy knows no negative zero.
    """
    if x != x:
        return sympy().nan
    if math.isinf(x):
        return sympy().oo if x > 0 else -sympy().oo
    simple = abs(x) <= 1e6 and (64.0 * x).is_integer()
    return sympy().Rational(*x.as_integer_ratio()) if simple else sympy().Float(x)


def expression_of(op: Op, operands: Sequence[Any]) -> Any:
    """What an op makes of expressions: its form, or an undefined function of its name where it is a user's own.

    nan where the result is no real number whatever the symbols stand for. OperandError where SymPy refuses,
    GraphTooLarge where a number would be too long to compute with.
    """
    if TABLE.get(op.name) is not op:
        return sympy().Function(op.name)(*operands)
    try:
        result = FORMS[op.name](*operands)
    except (TypeError, ValueError, ArithmeticError) as problem:
        shown = ", ".join(str(operand)[:60] for operand in operands)
        raise OperandError(f"{op.name} of {shown} is no real expression: {problem}") from None
    demand_short(op.name, result if result.is_number else result.as_coeff_Mul()[0])
    return sympy().nan if op.name in _WITH_DOMAIN and _is_imaginary(result) else result


_WITH_DOMAIN = ("pow", "sqrt", "log", "log1p", "arcsin", "arccos")


def _is_imaginary(x: Any) -> bool:
    return bool(x.has(sympy().I) or (x.is_number and x.is_extended_real is False and x is not sympy().zoo))


def demand_short(maker: str, constant: Any) -> None:
    """GraphTooLarge where a number without symbols has more than MOST_BITS bits."""
    if constant.is_Rational:
        size = max(abs(constant.p), constant.q)
    else:
        size = abs(constant.evalf(2))
        size = size if size.is_Float else 0
    if size > 2**MOST_BITS:
        raise _too_long(maker)


def _too_long(maker: str) -> GraphTooLarge:
    return GraphTooLarge(
        f"{maker} would make a number of more than {MOST_BITS:,} bits: symbolic expressions are for small graphs and "
        "small powers"
    )


# ── truths: 1 where a condition holds, else 0 ────────────────────────────────────────────────────────────────────────


def _truth(condition: Any) -> Any:
    return sympy().Piecewise((1, condition), (0, True))


def _condition_in(x: Any) -> Any:
    """The condition that a truth was made of, None where x is something else."""
    if x.is_Piecewise and [tuple(piece) for piece in x.args[1:]] == [(0, True)] and x.args[0].expr == 1:
        return x.args[0].cond
    return None


def _holds(x: Any) -> Any:
    """The condition that x is not 0."""
    condition = _condition_in(x)
    return sympy().Ne(x, 0) if condition is None else condition


def _is_equal(a: Any, b: Any) -> Any:
    """The condition a = b, in words that SymPy can simplify further."""
    for x, y in ((a, b), (b, a)):
        if y == 0 and _condition_in(x) is not None:
            return sympy().Not(_condition_in(x))
        if y.is_infinite and not x.is_number:  # what is made of finite numbers, inside its domain
            return sympy().false
        if isinstance(y, sympy().Max) and x in y.args:
            return sympy().And(*(sympy().Ge(x, other) for other in y.args if other != x))
        if isinstance(y, sympy().Min) and x in y.args:
            return sympy().And(*(sympy().Le(x, other) for other in y.args if other != x))
    return sympy().Eq(a, b)


# ── the forms ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _product(a: Any, b: Any) -> Any:
    """a · b; of a truth and another factor that factor where it holds, of two truths the truth of both."""
    first, second = _condition_in(a), _condition_in(b)
    if first is None and second is None:
        return a * b
    if first is None or second is None:
        factor, condition = (a, second) if first is None else (b, first)
        return sympy().Piecewise((factor, condition), (0, True))
    return _truth(sympy().And(first, second))


def _power(a: Any, b: Any) -> Any:
    """aᵇ, where SymPy multiplies out the power of a number while it makes it."""
    factor = a.as_coeff_Mul()[0]
    if factor.is_Rational and b.is_Rational:
        bits = max(abs(factor.p), factor.q).bit_length() - 1
        if bits * abs(b) > MOST_BITS:
            raise _too_long("pow")
    return a**b


FORMS: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b,
    "mul": _product,
    "exp": lambda a: sympy().exp(a),
    "reciprocal": lambda a: 1 / a,
    "divide": lambda a, b: a / b,
    "pow": _power,
    "sqrt": lambda a: sympy().sqrt(a),
    "log": lambda a: sympy().log(a),
    "log1p": lambda a: sympy().log(1 + a),
    "expm1": lambda a: sympy().exp(a) - 1,
    "sin": lambda a: sympy().sin(a),
    "cos": lambda a: sympy().cos(a),
    "tan": lambda a: sympy().tan(a),
    "arcsin": lambda a: sympy().asin(a),
    "arccos": lambda a: sympy().acos(a),
    "arctan": lambda a: sympy().atan(a),
    "sinh": lambda a: sympy().sinh(a),
    "cosh": lambda a: sympy().cosh(a),
    "tanh": lambda a: sympy().tanh(a),
    "logistic": lambda a: 1 / (1 + sympy().exp(-a)),
    "logaddexp": lambda a, b: sympy().log(sympy().exp(a) + sympy().exp(b)),
    "logsumexp": lambda *xs: sympy().log(sympy().Add(*map(sympy().exp, xs))),
    "abs": lambda a: sympy().Abs(a),
    "relu": lambda a: sympy().Max(a, 0),
    "maximum": lambda a, b: sympy().Max(a, b),
    "minimum": lambda a, b: sympy().Min(a, b),
    "max": lambda *xs: sympy().Max(*xs),
    "min": lambda *xs: sympy().Min(*xs),
    "where": lambda c, a, b: sympy().Piecewise((a, _holds(c)), (b, True)),
    "clip": lambda a, low, high: sympy().Min(sympy().Max(a, low), high),
    "sign": lambda a: sympy().sign(a),
    "greater": lambda a, b: _truth(sympy().Gt(a, b)),
    "greater_equal": lambda a, b: _truth(sympy().Ge(a, b)),
    "less": lambda a, b: _truth(sympy().Lt(a, b)),
    "less_equal": lambda a, b: _truth(sympy().Le(a, b)),
    "equal": lambda a, b: _truth(_is_equal(a, b)),
    "not_equal": lambda a, b: _truth(sympy().Not(_is_equal(a, b))),
}
