"""Stable forms: what to compute in place of formulas that overflow or cancel where their results do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from autograd import array_ops, ops
from autograd.op import Op
from autograd.program.lines import Line
from autograd.program.simplifying.exponentials import Reading, both_ways, is_number

# ── what is looked for ───────────────────────────────────────────────────────────────────────────────────────────────
# Each gives the number in another way, or None where the operands were not made as the formula says.


def _exponent(r: Reading, y: Any) -> Any:
    return next(iter(r.made(y, ops.exp)), None)


def _softplus(r: Reading, s: Any) -> Any:
    return r.logarithm(s) if r.is_one_and_another(s) else None


def _softplus_of_exponent(r: Reading, y: Any) -> Any:
    return next((ops.logaddexp(a, 0.0) for a in r.made(y, ops.exp)), None)


def _log_sigmoid(r: Reading, y: Any) -> Any:
    return next((-ops.logaddexp(r.negative(a), 0.0) for a in r.made(y, ops.logistic)), None)


def _log_softmax(r: Reading, y: Any) -> Any:
    return next((array_ops.log_softmax(a, **r.parameters(y)) for a in r.made(y, array_ops.softmax)), None)


def _log1p(r: Reading, x: Any) -> Any:
    return next((ops.log1p(a) for one, a in both_ways(r.made(x, ops.add)) if is_number(one, 1.0)), None)


def _expm1(r: Reading, *both: Any) -> Any:
    found = (a for x, number in both_ways(both) if is_number(number, -1.0) for a in r.made(x, ops.exp))
    return next((ops.expm1(a) for a in found), None)


def _complement(r: Reading, *both: Any) -> Any:
    for one, x in both_ways(both):
        for y, sign in both_ways(r.made(x, ops.mul)):
            if is_number(one, 1.0) and is_number(sign, -1.0):
                return next((ops.logistic(r.negative(a)) for a in r.made(y, ops.logistic)), None)
    return None


def _sigmoid(r: Reading, s: Any) -> Any:
    return _reciprocal(r, s) if r.is_one_and_another(s) else None


def _reciprocal(r: Reading, s: Any) -> Any:
    y = r.share(0.0, s)
    if y is not None:
        r.reciprocals[y.place] = s
    return y


def _share(r: Reading, x: Any, s: Any) -> Any:
    return r.share(r.exponent(x), s)


def _share_as_product(r: Reading, *both: Any) -> Any:
    for x, y in both_ways(both):
        if isinstance(y, Line) and y.place in r.reciprocals:
            return _share(r, x, r.reciprocals[y.place])
    return None


def _one_over(found: Callable[[Reading, Any], Any]) -> Callable[[Reading, Any, Any], Any]:
    return lambda r, x, s: found(r, s) if is_number(x, 1.0) else None


class StableForm(NamedTuple):
    """A formula, what is computed in its place, and the op that ends it with what finds it: one row of the table."""

    formula: str
    computed: str
    op: Op
    found: Callable[..., Any]


SIGMOID = "1 / (1 + exp(a))", "σ(-a)"
RECIPROCAL = "1 / (exp(a) + exp(b) + …)", "exp(-logsumexp(a, b, …))"
SHARE = "exp(a) / (exp(a) + exp(b) + …)", "exp(a - logsumexp(a, b, …))"

# The first that fits is taken.
STABLE_FORMS = (
    StableForm("log(exp(a))", "a", ops.log, _exponent),
    StableForm("log(1 + exp(a))", "softplus(a)", ops.log, _softplus),
    StableForm("log(exp(a) + exp(b) + …)", "logsumexp(a, b, …)", ops.log, Reading.logarithm),
    StableForm("log(σ(a))", "-softplus(-a)", ops.log, _log_sigmoid),
    StableForm("log(softmax(a))", "log_softmax(a)", ops.log, _log_softmax),
    StableForm("log(1 + a)", "log1p(a)", ops.log, _log1p),
    StableForm("log1p(exp(a))", "softplus(a)", ops.log1p, _softplus_of_exponent),
    StableForm("exp(a) - 1", "expm1(a)", ops.add, _expm1),
    StableForm("1 - σ(a)", "σ(-a)", ops.add, _complement),
    StableForm(*SIGMOID, ops.reciprocal, _sigmoid),
    StableForm(*SIGMOID, ops.divide, _one_over(_sigmoid)),
    StableForm(*RECIPROCAL, ops.reciprocal, _reciprocal),
    StableForm(*RECIPROCAL, ops.divide, _one_over(_reciprocal)),
    StableForm(*SHARE, ops.mul, _share_as_product),
    StableForm(*SHARE, ops.divide, _share),
)
