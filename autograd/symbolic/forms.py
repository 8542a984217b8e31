"""The forms: what every row of the table is as a SymPy expression.

SymPy is imported when the first form is used, so that importing the engine does not pay for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from types import ModuleType
from typing import Any

from autograd.errors import GraphTooLarge, MissingExtra, OperandError
from autograd.op import Op
from autograd.ops import TABLE

MOST_DIGITS = 10_000  # bits of a whole number in an expression: powers of numbers are multiplied out as they are made


def sympy() -> ModuleType:
    """The package SymPy; MissingExtra without it."""
    try:
        import sympy as package
    except ImportError:
        raise MissingExtra('autograd.symbolic needs sympy: pip install "glassgrad[symbolic]"') from None
    return package


def number(x: float) -> Any:
    """A float as SymPy's number, exactly: whole numbers and eighths and the like as such, all others as floats.

    Infinities become ±oo. SymPy has no negative zero.
    """
    if not math.isfinite(x):
        return sympy().nan if x != x else sympy().oo if x > 0 else -sympy().oo
    if abs(x) <= 1e6 and (x * 64.0).is_integer():
        return sympy().Rational(*x.as_integer_ratio())
    return sympy().Float(x)


def expression_of(op: Op, operands: Sequence[Any]) -> Any:
    """What a row makes of expressions: its form, or an undefined function of its name where it is a user's own.

    nan where the result is known not to be a real number. OperandError where SymPy refuses.
    """
    if TABLE.get(op.name) is not op:
        return sympy().Function(op.name)(*operands)
    try:
        result = FORMS[op.name](*operands)
    except (TypeError, ValueError, ArithmeticError) as problem:
        shown = ", ".join(str(operand)[:60] for operand in operands)
        raise OperandError(f"{op.name} of {shown} has no symbolic form: {problem}") from None
    return sympy().nan if op.name in _LEAVING_THE_REALS and result.has(sympy().I) else result


# ── what a form cannot say in one line ───────────────────────────────────────────────────────────────────────────────


def _truth(condition: Any) -> Any:
    """1 where the condition holds, else 0."""
    return sympy().Piecewise((1, condition), (0, True))


def _condition(x: Any) -> Any:
    """Where x is not 0: of a truth the condition that it was made of."""
    if isinstance(x, sympy().Piecewise) and len(x.args) == 2 and (x.args[0].expr, x.args[1]) == (1, (0, True)):
        return x.args[0].cond
    return sympy().Ne(x, 0)


def _is_truth(x: Any) -> bool:
    return isinstance(x, sympy().Piecewise) and not isinstance(_condition(x), sympy().Ne | _Other)


def _mul(a: Any, b: Any) -> Any:
    return a * b


FORMS: dict[str, Callable[..., Any]] = {}
_LEAVING_THE_REALS = ("pow", "sqrt", "log", "log1p", "arcsin", "arccos")
