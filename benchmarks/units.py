"""How far a row of the table is off, in units in the last place, and how far it may be.

Four units of the exact result are allowed. The entries that miss that are listed here by name, each with the bound it
keeps instead, its reason, and operands where the miss is seen.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import mpmath
import numpy as np
from mpmath import mpf

from autograd.op import Op
from benchmarks.exact import DIGITS, exact
from benchmarks.extremes import LARGEST, SMALLEST_NORMAL

BOUND = 4.0  # units in the last place
OVERFLOW = mpf(2) ** 1024


class Reading(NamedTuple):
    """What a row gave for one entry at one point, on floats or on arrays, and what is exact."""

    entry: str  # "value" or "∂/∂a"
    way: str  # "floats" or "arrays"
    operands: tuple[float, ...]
    found: float
    exact: Any
    value: Any


def readings(op: Op, points: Sequence[tuple[float, ...]]) -> Iterator[Reading]:
    """Everything a row says at the points; no derivatives where it has no value."""
    columns = [np.array(column) for column in zip(*points, strict=True)]
    with np.errstate(all="ignore"):
        y = np.asarray(op(*columns), dtype=float)
        slopes = (None,) * len(columns) if op.rule is None else op.rule(y, *columns)
        on_arrays = [None if d is None else np.broadcast_to(taken(d), y.shape) for d in slopes]
    for row, point in enumerate(points):
        value, derivatives = exact(op.name, point)
        found, local = op.value_and_derivatives(*point)
        yield Reading("value", "floats", point, found, value, value)
        yield Reading("value", "arrays", point, float(y[row]), value, value)
        if mpmath.isnan(value):
            continue
        for entry, wanted, one, many in zip(slope_names(op), derivatives, local, on_arrays, strict=True):
            assert (wanted is None) == (one is None) == (many is None)
            if wanted is not None:
                yield Reading(entry, "floats", point, float(taken(one)), wanted, value)
                yield Reading(entry, "arrays", point, float(many[row]), wanted, value)


def slope_names(op: Op) -> list[str]:
    """∂/∂a, ∂/∂b, … by the letters of the row; one that takes any number of operands is measured with three."""
    letters = ["a", "b", "c"] if op.arity == -1 else list(inspect.signature(op.rule or op.function).parameters)
    return [f"∂/∂{letter}" for letter in letters if letter != "y"]


def taken(derivative: Any) -> Any:
    return derivative() if callable(derivative) else derivative


# ── the measure ──────────────────────────────────────────────────────────────────────────────────────────────────────


@mpmath.workdps(DIGITS)
def last_places(found: float, wanted: Any, size: Any = None) -> float:
    """|found − wanted| in units in the last place of `size`, which is the wanted number where none is given.

    Below 2⁻¹⁰²² that unit is 2⁻¹⁰⁷⁴; an infinity stands at 2¹⁰²⁴, and so does all that lies beyond. inf where only one
    of the two is nan.
    """
    if found != found or mpmath.isnan(wanted):
        return 0.0 if found != found and mpmath.isnan(wanted) else math.inf
    wanted = bounded(wanted)
    size = min(abs(wanted), LARGEST) if size is None else size
    exponent = max(mpmath.mag(size) - 1, -1022) if size else -1022
    return float(mpmath.ldexp(abs(bounded(mpf(found)) - wanted), 52 - exponent))


def bounded(x: Any) -> Any:
    return max(min(x, OVERFLOW), -OVERFLOW)


def error(reading: Reading) -> float:
    """In units in the last place; at a pole the sign is that of a zero, which mpmath does not know."""
    if mpmath.isinf(reading.exact) and 0.0 in reading.operands:
        return last_places(abs(reading.found), abs(reading.exact))
    return last_places(reading.found, reading.exact)


# ── where 4 units are not kept ───────────────────────────────────────────────────────────────────────────────────────


class Allowance(NamedTuple):
    """An entry that misses 4 units in the last place of its result, and what it keeps instead."""

    units: float
    of: str  # in the last place of what
    size: Callable[[Reading], Any]
    reason: str
    witness: tuple[float, ...]  # operands where the 4 units are missed


def result_or_one(reading: Reading) -> Any:
    return max(abs(reading.exact), 1)


def times_the_logarithms(reading: Reading) -> Any:
    """|∂y/∂x| · (1 + |x| + |y|): e^(x − y) has the absolute errors of x − y as relative ones."""
    x = reading.operands["abc".index(reading.entry[-1])]
    return abs(reading.exact) * (1 + abs(mpf(x)) + abs(reading.value))


def quotient_over_divisor(reading: Reading) -> Any:
    """The last place of a / b is never below 2⁻¹⁰⁷⁴, and −y / b divides it by b."""
    b = mpf(reading.operands[1])
    return max(abs(reading.exact), SMALLEST_NORMAL / abs(b)) if b else abs(reading.exact)


def factor_of_power(reading: Reading) -> Any:
    """|∂y/∂a| · (1 + |ln aᵇ⁻¹|), at least |b| times a subnormal aᵇ⁻¹.

    No limit where aᵇ⁻¹ overflows, or where a < 0 and b − 1 rounds to another parity.
    """
    a, b = map(mpf, reading.operands)
    if not a:
        return abs(reading.exact)
    logarithm = (b - 1) * mpmath.log(abs(a))
    if logarithm > mpmath.log(OVERFLOW) - 1e-12 or (a < 0 and abs(b) > 2**53):
        return mpf("inf")
    return max(abs(reading.exact) * (1 + abs(logarithm)), abs(b) * SMALLEST_NORMAL)


def logarithm_of_power(reading: Reading) -> Any:
    """|∂y/∂b|, at least |ln a| times a subnormal aᵇ; no limit where aᵇ overflows."""
    if reading.operands[0] <= 0.0:
        return abs(reading.exact)
    if reading.value > OVERFLOW * (1 - mpf(2) ** -53):
        return mpf("inf")
    return max(abs(reading.exact), abs(mpmath.log(mpf(reading.operands[0]))) * SMALLEST_NORMAL)


OF_ONE = (2.0, "1, or of the result where that is larger", result_or_one)
SOFTMAX = Allowance(
    *(4.0, "the result × (1 + |x| + |y|)", times_the_logarithms),
    "e^(x − y): the absolute roundings of y and x − y become relative ones",
    (1e16, 1e16, 1e16),
)
ALLOWANCES: dict[tuple[str, str], Allowance] = {
    ("tanh", "∂/∂a"): Allowance(*OF_ONE, "1 − y² cancels where y is near ±1", (20.0,)),
    ("logistic", "∂/∂a"): Allowance(*OF_ONE, "y(1 − y) cancels where y is near 1", (40.0,)),
    ("logaddexp", "value"): Allowance(
        *OF_ONE, "cancels where eᵃ + eᵇ is near 1", (-0.3576073312092561, -1.201800608875618)
    ),
    ("logaddexp", "∂/∂a"): Allowance(*OF_ONE, "σ(a − b): the rounding of a − b becomes a relative one", (0.1, 700.3)),
    ("logaddexp", "∂/∂b"): Allowance(*OF_ONE, "σ(b − a): the rounding of b − a becomes a relative one", (700.3, 0.1)),
    ("logsumexp", "value"): Allowance(
        *OF_ONE, "cancels where the sum is near 1", (-0.3576073312092561, -1.201800608875618, -800.0)
    ),
    **{("logsumexp", entry): SOFTMAX for entry in ("∂/∂a", "∂/∂b", "∂/∂c")},
    ("divide", "∂/∂b"): Allowance(
        *(4.0, "the quotient, divided by b", quotient_over_divisor),
        "−y / b: a subnormal quotient y has lost bits, which a small b brings to light",
        (5e-324, 0.0031),
    ),
    ("pow", "∂/∂a"): Allowance(
        *(4.0, "the result × (1 + |ln aᵇ⁻¹|), and of |b| × 2⁻¹⁰²²; none where aᵇ⁻¹ overflows", factor_of_power),
        "b·aᵇ⁻¹: the power multiplies the rounding of b − 1 by ln a, and may itself be subnormal or infinite",
        (5e132, 0.0585),
    ),
    ("pow", "∂/∂b"): Allowance(
        *(4.0, "the result, and of |ln a| × 2⁻¹⁰²²; none where aᵇ overflows", logarithm_of_power),
        "y·ln a: y may itself be subnormal, or infinite with ln a below 1",
        (1e-300, 1.05),
    ),
}


@mpmath.workdps(DIGITS)
def share_of_bound(op: Op, reading: Reading) -> float:
    """The error as a share of what is allowed: above 1 it is too large."""
    allowance, share = ALLOWANCES.get((op.name, reading.entry)), error(reading) / BOUND
    if allowance is None:
        return share
    size = allowance.size(reading)
    if mpmath.isinf(size):
        return 0.0
    return min(share, last_places(reading.found, reading.exact, size) / allowance.units)
