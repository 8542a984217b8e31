"""Reasons: why an op gives what is not finite at these numbers, or why its slope is not finite there."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Numbers = Sequence[float]


def of_value(name: str, xs: Numbers, y: float, dtype: Any) -> str:
    """Why an op of finite operands gave y; of an array op `xs` may be empty."""
    rule = _VALUES.get(name)
    found = rule(*xs) if rule is not None and xs and len(xs) == _ARITIES[name] else ""
    if found:
        return found
    if name in _GROWING and math.isfinite(_limit(name, dtype)):
        return f"it is beyond the largest {dtype} where |x| is above {_limit(name, dtype):.5g}"
    if math.isinf(y):
        return f"the result is beyond the largest {dtype}, {np.finfo(dtype).max:.3g}"
    return f"{name} has no value at these operands"


def of_nan(name: str, xs: Numbers) -> str:
    """Why an op made nan of operands one of which is infinite; nothing where that is not known."""
    infinite = [x for x in xs if math.isinf(x)]
    if name in ("add", "sum", "cumsum", "logaddexp", "logsumexp", "softmax", "log_softmax", "einsum", "linear"):
        return "inf − inf"
    if name in ("mul", "matmul"):
        return "0 × inf" if 0.0 in xs else "inf − inf or 0 × inf within the sum"
    if name == "divide":
        return "inf / inf"
    if name in ("sin", "cos", "tan") and infinite:
        return f"{name} has no limit at {infinite[0]}"
    return ""


def of_slope(name: str, place: int, xs: Numbers, local: float, above: float, dtype: Any) -> str:
    """Why the derivative of an op toward an operand, or its product with the adjoint, is not finite."""
    if math.isfinite(local) and math.isfinite(above):
        return f"the product of two finite numbers is beyond the largest {dtype}, {np.finfo(dtype).max:.3g}"
    if math.isfinite(local):
        return "the gradient that comes from above is not finite"
    rule = _SLOPES.get(name)
    return rule(place, *xs) if rule is not None and xs else f"the slope of {name} is not finite at this point"


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_log(x: float) -> str:
    return "the logarithm of 0 is −∞" if x == 0.0 else "a negative number has no real logarithm" if x < 0.0 else ""


def _of_log1p(x: float) -> str:
    return _of_log(1.0 + x) and f"ln(1 + x) at x = {x}: {_of_log(1.0 + x)}"


def _of_quotient(a: float, b: float) -> str:
    if b != 0.0:
        return ""
    return "0/0 is not defined" if a == 0.0 else "a division by zero"


def _of_power(a: float, b: float) -> str:
    if a == 0.0 and b < 0.0:
        return "0 to a negative power is a division by zero"
    return "a negative number to a fractional power is not real" if a < 0.0 and b != math.floor(b) else ""


def _of_sqrt(x: float) -> str:
    return "a negative number has no real square root" if x < 0.0 else ""


def _of_arc(x: float) -> str:
    return "it is defined from −1 to 1 alone" if abs(x) > 1.0 else ""


_VALUES: dict[str, Callable[..., str]] = {
    "log": _of_log, "log1p": _of_log1p, "divide": _of_quotient, "reciprocal": lambda x: _of_quotient(1.0, x),
    "pow": _of_power, "sqrt": _of_sqrt, "arcsin": _of_arc, "arccos": _of_arc,
}  # fmt: skip
_ARITIES = {
    "log": 1, "log1p": 1, "divide": 2, "reciprocal": 1, "pow": 2, "sqrt": 1, "arcsin": 1, "arccos": 1,
}  # fmt: skip
_GROWING = {"exp": 1.0, "expm1": 1.0, "sinh": 0.5, "cosh": 0.5}  # f(x) ≈ factor · e^|x|


def _limit(name: str, dtype: Any) -> float:
    return math.log(float(np.finfo(dtype).max)) - math.log(_GROWING[name])


# ── slopes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _slope_of_power(place: int, a: float, b: float) -> str:
    if place == 1:
        return "the slope toward the exponent is y · ln a, and a negative base has no logarithm"
    return f"the slope b · a^(b − 1) is infinite at a = {a}"


_SLOPES: dict[str, Callable[..., str]] = {
    "sqrt": lambda place, x: f"the slope of the square root, 1 / (2√x), is infinite at x = {x}",
    "log": lambda place, x: f"the slope of the logarithm, 1/x, is infinite at x = {x}",
    "log1p": lambda place, x: f"the slope 1 / (1 + x) is infinite at x = {x}",
    "pow": _slope_of_power,
    "reciprocal": lambda place, x: f"the slope −1/x² is not finite at x = {x}",
    "divide": lambda place, a, b: f"the slope of a quotient is not finite at a denominator of {b}",
    "arcsin": lambda place, x: f"the slope 1 / √(1 − x²) is infinite at x = {x}",
    "arccos": lambda place, x: f"the slope −1 / √(1 − x²) is infinite at x = {x}",
    "exp": lambda place, x: f"the slope of eˣ is eˣ, which overflows at x = {x}",
    "expm1": lambda place, x: f"the slope of eˣ − 1 is eˣ, which overflows at x = {x}",
    "mul": lambda place, a, b: f"the slope of a product is the other factor, {(b, a)[place]}",
}
