"""The table: every elementwise op on one row, its function on floats and on arrays beside its local derivatives.

Letters: y is the output, a b c the inputs. A rule returns (∂y/∂a, ∂y/∂b, …) as in Table 4.1 of the textbook. Rules are
written with rows of this table and + − ×, so that the same rule runs on floats, on arrays and on the nodes of a graph.
An entry is None where there is no derivative, and a function of nothing where it is taken only on demand.

`a + 0.0` makes a negative zero positive, so that the slope there is +∞.

At special points a rule follows one order: where the row is differentiable, the derivative; where it is convex, the
subgradient of least norm; where it is concave, the supergradient of least norm; else the left derivative.
"""

# mypy: disable-error-code="has-type"
# (rows refer to one another, in both directions)

from __future__ import annotations

import copyreg
import math
import operator
from functools import reduce
from typing import Any

import numpy as np

from autograd.errors import AutogradError
from autograd.op import Op, elementwise

# fmt: off
# ── the textbook's basis: +, ×, exp, 1/x ─────────────────────────────────────────────────────────────────────────────

add = elementwise("add", operator.add, np.add, lambda y, a, b: (1.0, 1.0),
                  symbol="{} + {}", latex="{} + {}", analytic=True)
mul = elementwise("mul", operator.mul, np.multiply, lambda y, a, b: (b, a),
                  symbol="{} × {}", latex=r"{} \cdot {}", analytic=True)
exp = elementwise("exp", math.exp, np.exp, lambda y, a: (y,),
                  latex=r"\exp\left({}\right)", analytic=True)
reciprocal = elementwise("reciprocal", lambda a: 1.0 / a, lambda a: np.divide(1.0, a), lambda y, a: (-(y * y),),
                  symbol="1 / {}", latex=r"\frac{{1}}{{{}}}", analytic=True)
divide = elementwise("divide", operator.truediv, np.divide, lambda y, a, b: (reciprocal(b), lambda: -divide(y, b)),
                  symbol="{} / {}", latex=r"\frac{{{}}}{{{}}}", analytic=True)

# ── powers and logarithms ────────────────────────────────────────────────────────────────────────────────────────────

pow = elementwise("pow", math.pow, np.power,
                  lambda y, a, b: (lambda: where(equal(a, 0.0) * equal(b, 0.0), 0.0, b * pow(a, b - 1.0)),
                                   lambda: where(equal(y, 0.0) * greater_equal(a, 0.0), 0.0, y * log(a))),
                  symbol="{} ^ {}", latex="{{{}}}^{{{}}}", analytic=True)
sqrt = elementwise("sqrt", math.sqrt, np.sqrt, lambda y, a: (0.5 * reciprocal(y + 0.0),),
                   latex=r"\sqrt{{{}}}", analytic=True)
log = elementwise("log", math.log, np.log, lambda y, a: (reciprocal(a + 0.0),),
                  latex=r"\ln\left({}\right)", analytic=True)
log1p = elementwise("log1p", math.log1p, np.log1p, lambda y, a: (reciprocal(1.0 + a),),
                  latex=r"\ln\left(1 + {}\right)", analytic=True)
expm1 = elementwise("expm1", math.expm1, np.expm1, lambda y, a: (exp(a),),
                  latex=r"\left(e^{{{}}} - 1\right)", analytic=True)

# ── circular and hyperbolic functions ────────────────────────────────────────────────────────────────────────────────

sin = elementwise("sin", math.sin, np.sin, lambda y, a: (cos(a),),
                  latex=r"\sin\left({}\right)", analytic=True)
cos = elementwise("cos", math.cos, np.cos, lambda y, a: (-sin(a),),
                  latex=r"\cos\left({}\right)", analytic=True)
tan = elementwise("tan", math.tan, np.tan, lambda y, a: (1.0 + y * y,),
                  latex=r"\tan\left({}\right)", analytic=True)
arcsin = elementwise("arcsin", math.asin, np.arcsin, lambda y, a: (reciprocal(sqrt((1.0 - a) * (1.0 + a))),),
                  latex=r"\arcsin\left({}\right)", analytic=True)
arccos = elementwise("arccos", math.acos, np.arccos, lambda y, a: (-reciprocal(sqrt((1.0 - a) * (1.0 + a))),),
                  latex=r"\arccos\left({}\right)", analytic=True)
arctan = elementwise("arctan", math.atan, np.arctan, lambda y, a: (_arctan_slope(a),),
                  latex=r"\arctan\left({}\right)", analytic=True)
sinh = elementwise("sinh", math.sinh, np.sinh, lambda y, a: (cosh(a),),
                  latex=r"\sinh\left({}\right)", analytic=True)
cosh = elementwise("cosh", math.cosh, np.cosh, lambda y, a: (sinh(a),),
                  latex=r"\cosh\left({}\right)", analytic=True)
tanh = elementwise("tanh", math.tanh, np.tanh, lambda y, a: (1.0 - y * y,),
                  latex=r"\tanh\left({}\right)", analytic=True)

# ── stable forms: finite where the textbook's formula would overflow ─────────────────────────────────────────────────

logistic = elementwise("logistic",
                  lambda a: 1.0 / (1.0 + math.exp(-a)) if a >= 0.0 else math.exp(a) / (1.0 + math.exp(a)),
                  lambda a: _logistic_of_array(a), lambda y, a: (y * (1.0 - y),),
                  symbol="σ({})", latex=r"\sigma\left({}\right)", analytic=True)
logaddexp = elementwise("logaddexp", lambda a, b: _logsumexp_of_floats(a, b), np.logaddexp,
                  lambda y, a, b: _logaddexp_rule(y, a, b),
                  symbol="ln(e^{} + e^{})", latex=r"\ln\left(e^{{{}}} + e^{{{}}}\right)")
logsumexp = elementwise("logsumexp", lambda *xs: _logsumexp_of_floats(*xs), lambda *xs: reduce(np.logaddexp, xs),
                  lambda y, *xs: _logsumexp_rule(y, xs))

# ── kinks and choices ────────────────────────────────────────────────────────────────────────────────────────────────

abs = elementwise("abs", math.fabs, np.abs, lambda y, a: (sign(a),),
                  symbol="|{}|", latex=r"\left|{}\right|")
relu = elementwise("relu", lambda a: 0.0 if a <= 0.0 else a, lambda a: np.maximum(a, 0.0),
                  lambda y, a: (greater(a, 0.0),), latex=r"\operatorname{{relu}}\left({}\right)", selects=True)
maximum = elementwise("maximum", lambda a, b: a if a >= b or a != a else b, np.maximum,
                  lambda y, a, b: _shared_by_winners(y, (a, b)),
                  symbol="max({}, {})", latex=r"\max\left({}, {}\right)", selects=True)
minimum = elementwise("minimum", lambda a, b: a if a <= b or a != a else b, np.minimum,
                  lambda y, a, b: _shared_by_winners(y, (a, b)),
                  symbol="min({}, {})", latex=r"\min\left({}, {}\right)", selects=True)
max = elementwise("max", lambda *xs: reduce(maximum.function, xs), lambda *xs: reduce(np.maximum, xs),
                  lambda y, *xs: _shared_by_winners(y, xs), selects=True)
min = elementwise("min", lambda *xs: reduce(minimum.function, xs), lambda *xs: reduce(np.minimum, xs),
                  lambda y, *xs: _shared_by_winners(y, xs), selects=True)
where = elementwise("where", lambda c, a, b: a if c else b, np.where,
                  lambda y, c, a, b: (None, not_equal(c, 0.0), equal(c, 0.0)),
                  symbol="{1} if {0} else {2}", selects=True)
clip = elementwise("clip", lambda a, low, high: minimum.function(maximum.function(a, low), high), np.clip,
                  lambda y, a, low, high: (greater(a, low) * less(a, high), None, None), selects=True)

# ── rows without a derivative ────────────────────────────────────────────────────────────────────────────────────────

sign = elementwise("sign", lambda a: a if a == 0.0 or a != a else math.copysign(1.0, a), np.sign, None)
greater = elementwise("greater", lambda a, b: 1.0 if a > b else 0.0,
                  lambda a, b: _as_numbers(a > b, a, b), None,
                  symbol="{} > {}", latex="{} > {}")
greater_equal = elementwise("greater_equal", lambda a, b: 1.0 if a >= b else 0.0,
                  lambda a, b: _as_numbers(a >= b, a, b), None,
                  symbol="{} ≥ {}", latex=r"{} \ge {}")
less = elementwise("less", lambda a, b: 1.0 if a < b else 0.0,
                  lambda a, b: _as_numbers(a < b, a, b), None,
                  symbol="{} < {}", latex="{} < {}")
less_equal = elementwise("less_equal", lambda a, b: 1.0 if a <= b else 0.0,
                  lambda a, b: _as_numbers(a <= b, a, b), None,
                  symbol="{} ≤ {}", latex=r"{} \le {}")
equal = elementwise("equal", lambda a, b: 1.0 if a == b else 0.0,
                  lambda a, b: _as_numbers(a == b, a, b), None,
                  symbol="{} = {}", latex="{} = {}")
not_equal = elementwise("not_equal", lambda a, b: 1.0 if a != b else 0.0,
                  lambda a, b: _as_numbers(a != b, a, b), None,
                  symbol="{} ≠ {}", latex=r"{} \ne {}")
# fmt: on

TABLE: dict[str, Op] = {
    op.name: op
    for op in (
        *(add, mul, exp, reciprocal, divide, pow, sqrt, log, log1p, expm1),
        *(sin, cos, tan, arcsin, arccos, arctan, sinh, cosh, tanh),
        *(logistic, logaddexp, logsumexp),
        *(abs, relu, maximum, minimum, max, min, where, clip),
        *(sign, greater, greater_equal, less, less_equal, equal, not_equal),
    )
}


def _named(name: str) -> Op:
    if name not in TABLE:
        raise AutogradError(f"cannot unpickle a graph that uses {name}: that op is not in the library's table")
    return TABLE[name]


def _pickled(op: Op) -> tuple[Any, ...]:
    if TABLE.get(op.name) is not op:
        raise AutogradError(f"cannot pickle {op.name}: a pickle names ops, and this one is not in the library's table")
    return (_named, (op.name,))


copyreg.pickle(Op, _pickled)


# ── what a row cannot say in one line ────────────────────────────────────────────────────────────────────────────────


def _arctan_slope(a: Any) -> Any:
    """1 / (1 + a²), as 1/a · 1/a where a² overflows: that is still a subnormal number."""
    return where(equal(a * a, math.inf), reciprocal(a) * reciprocal(a), reciprocal(1.0 + a * a))


def _logsumexp_of_floats(*xs: float) -> float:
    """ln Σ eˣ, shifted by the largest x so that no exp overflows."""
    top = max.function(*xs)
    if not math.isfinite(top):
        return top
    winner = xs.index(top)  # its e⁰ = 1 is the 1 of log1p, so that small others are not lost beside it
    return top + math.log1p(math.fsum(math.exp(x - top) for i, x in enumerate(xs) if i != winner))


def _logaddexp_rule(y: Any, a: Any, b: Any) -> tuple[Any, ...]:
    """∂y/∂a = σ(a − b); where both are −∞ so is y, and the derivatives are 0."""
    nothing = equal(y, -math.inf)
    return where(nothing, 0.0, logistic(a - b)), where(nothing, 0.0, logistic(b - a))


def _logsumexp_rule(y: Any, xs: tuple[Any, ...]) -> tuple[Any, ...]:
    """∂y/∂x = e^(x − y), the softmax; where every x is −∞ so is y, and the derivatives are 0."""
    shift = where(equal(y, -math.inf), 0.0, y)
    return tuple(exp(x - shift) for x in xs)


def _shared_by_winners(y: Any, xs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Those equal to the result share the derivative equally: the shares sum to 1."""
    wins = [equal(x, y) for x in xs]
    share = reciprocal(reduce(operator.add, wins))
    return tuple(win * share for win in wins)


def _as_numbers(truths: Any, a: Any, b: Any) -> Any:
    """1 for true and 0 for false in the dtype of the operands, of whole numbers as floats: truths would not add up."""
    dtype = np.result_type(a, b)
    return truths.astype(np.float64 if dtype.kind in "iub" else dtype)  # 1 and 0 of whole numbers are places


def _logistic_of_array(a: Any) -> Any:
    if a.__class__ is complex or a.dtype.kind == "c":
        small = np.exp(np.where(np.real(a) >= 0.0, -a, a))
        return np.where(np.real(a) >= 0.0, 1.0, small) / (1.0 + small)
    small = np.exp(np.copysign(a, -1.0))  # e^−|a|, never above 1
    return np.maximum(small, a >= 0.0) / (1.0 + small)
