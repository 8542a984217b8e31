"""The whitelist parser: arithmetic typed as text becomes ops, and nothing else is ever executed."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from autograd import functions, ops
from autograd.errors import AutogradError, ExpressionError
from autograd.op import as_float

LONGEST = 10_000  # characters: far beyond what anybody types, and little enough to parse at once

CONSTANTS: dict[str, float] = {"pi": math.pi, "e": math.e}

FUNCTIONS: dict[str, Callable[..., Any]] = {
    **ops.TABLE,
    "sigmoid": functions.sigmoid,
    "softplus": functions.softplus,
    "log_sigmoid": functions.log_sigmoid,
    "leaky_relu": functions.leaky_relu,
    "elu": functions.elu,
    "relu6": functions.relu6,
    "hard_tanh": functions.hard_tanh,
    "hard_logistic": functions.hard_logistic,
    "clip": functions.clip,
}

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda a, b: ops.divide(a, b) if isinstance(a, float) and isinstance(b, float) else a / b,
    ast.Pow: lambda a, b: ops.pow(a, b) if isinstance(a, float) and isinstance(b, float) else a**b,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.USub: operator.neg, ast.UAdd: operator.pos}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Gt: ops.greater,
    ast.GtE: ops.greater_equal,
    ast.Lt: ops.less,
    ast.LtE: ops.less_equal,
    ast.Eq: ops.equal,
    ast.NotEq: ops.not_equal,
}


def names_in(text: str) -> list[str]:
    """The names of an expression, in the order of their first appearance, functions left out.

    >>> names_in("1/(1+exp(-(w*x+b)))")
    ['w', 'x', 'b']
    """
    parts = _parts(text)
    called = {part.func for part in parts if isinstance(part, ast.Call)}
    names = [part for part in parts if isinstance(part, ast.Name) and part not in called]
    return list(dict.fromkeys(name.id for name in sorted(names, key=lambda name: (name.lineno, name.col_offset))))


def evaluate(text: str, values: Mapping[str, Any]) -> Any:
    """The expression with these values for its names: Values, numbers, or whatever has operators.

    Understood: numbers, names, + − * / **, comparisons, parentheses, pi and e where no value is given for them, and
    the functions of `FUNCTIONS`. Anything else raises ExpressionError with one line that says what.
    """
    made: dict[ast.expr, Any] = {}
    text = text.strip()
    parts = _parts(text)
    called = {part.func for part in parts if isinstance(part, ast.Call)}
    for part in reversed(parts):  # the parts of a whole before the whole
        if part in called:
            continue
        try:
            made[part] = _made(part, made, values)
        except (AutogradError, TypeError) as problem:
            raise ExpressionError(f"in {_short(ast.get_source_segment(text, part) or text)}: {problem}") from None
    return made[parts[0]]


def _parts(text: str) -> list[ast.expr]:
    """The parsed expression and all its parts, wholes before parts."""
    if len(text) > LONGEST:
        raise ExpressionError(f"the expression has {len(text):,} characters; at most {LONGEST:,} are read")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError as problem:
        raise ExpressionError(f"cannot read {_short(text)}: {problem.msg.partition(';')[0]}") from None
    except (ValueError, MemoryError, RecursionError):
        raise ExpressionError(
            f"cannot read {_short(text)}: it is nested too deeply or holds stray characters"
        ) from None
    return [part for part in ast.walk(tree) if isinstance(part, ast.expr)]


def _made(part: ast.expr, made: Mapping[ast.expr, Any], values: Mapping[str, Any]) -> Any:
    """One part of the expression, from its own parts."""
    match part:
        case ast.Constant(value=bool() | complex()):
            raise ExpressionError("only real numbers are understood")
        case ast.Constant(value=int() | float() as number):
            return as_float(number, "an expression")
        case ast.Name(id=name):
            if name in values:
                return values[name]
            if name in CONSTANTS:
                return CONSTANTS[name]
            raise ExpressionError(f"nothing is given for {name}: add {name}=…")
        case ast.UnaryOp(op=sign, operand=operand) if type(sign) in _UNARY:
            return _UNARY[type(sign)](made[operand])
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _BINARY:
            return _finite_if_constant(_BINARY[type(sign)](made[left], made[right]))
        case ast.BinOp(op=ast.BitXor()):
            raise ExpressionError("^ is not a power here: write **")
        case ast.Compare(left=left, ops=[sign], comparators=[right]) if type(sign) in _COMPARISONS:
            return _COMPARISONS[type(sign)](made[left], made[right])
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            return _finite_if_constant(FUNCTIONS[name](*(made[argument] for argument in arguments)))
        case ast.Call(keywords=[_, *_]):
            raise ExpressionError("functions take their arguments by position here, not by name")
        case ast.Call(func=ast.Name(id=name)):
            near = get_close_matches(name, FUNCTIONS, 1)
            hint = f"did you mean {near[0]}?" if near else "known are " + ", ".join(sorted(FUNCTIONS))
            raise ExpressionError(f"{_short(name)} is no function that is understood here: {hint}")
    raise ExpressionError("only arithmetic, comparisons and calls of known functions are understood")


def _finite_if_constant(x: Any) -> Any:
    """The same, unless plain numbers alone have left the range of floats: then the expression is a slip."""
    if x.__class__ is float and not math.isfinite(x):
        raise ExpressionError(f"these numbers alone give {x}, which is beyond the range of floating point")
    return x


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "…")
