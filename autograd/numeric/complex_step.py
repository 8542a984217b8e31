"""The complex step: Im f(x + ih) / h takes no difference, so that nothing cancels however small h is.

(Squire and Trapp, SIAM Review 40, 1998.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd.errors import NonFinite, OperandError
from autograd.numeric.inputs import Array
from autograd.numeric.probe import Probe
from autograd.numeric.slopes import SMALLEST, Slopes, beside, finite, known, noise
from autograd.numeric.steps import checked_step, power_of_two

ROUNDINGS = 16.0  # a function of complex numbers takes several of real ones
ANOTHER = 0.75  # the step it is judged by, as part of the first


def complex_step(probe: Probe, step: Any, judged: bool) -> Slopes:
    """Im f(x + ih) / h for an analytic f: n evaluations on complex numbers, and 5 on real ones or a few more.

    Truncation is h²/6 · f‴, nothing at the default h of about 2⁻⁴⁰·|x| (see `_own_steps`), and no round-off grows as h
    falls. Judged by n more at ¾ h, where truncation differs. Round-off: 16u(|f′| + |f| / max(|x|, 1)), for parts of f′
    that cancel are taken to be of that size, and what the smallest float is once it is divided by h.

    OperandError where an op that is not analytic is met, where f gives real numbers, and where the result contradicts
    real differences: abs(x)·x passes through complex arithmetic and comes out wrong.
    """
    probe.centre()
    steps = _own_steps(probe.point) if step is None else np.full(probe.point.size, checked_step(step))
    slopes = _slopes(probe, steps)
    lost = np.flatnonzero(~finite(slopes))
    if lost.size:
        raise NonFinite(
            f"{probe.name} is not finite {steps[lost[0]]:.2g}i away from {probe.inputs.named(lost[0])} = "
            f"{float(probe.point[lost[0]])!r}: use method='richardson'"
        )
    _demand_analytic(probe, slopes, steps)
    if not judged:
        return Slopes(slopes, np.full_like(slopes, np.inf), steps)
    scatter = np.abs(_slopes(probe, steps * ANOTHER) - slopes) * (1.0 / (1.0 - ANOTHER**2))
    parts = np.abs(slopes) + np.abs(probe.centre()) / beside(np.maximum(np.abs(probe.point), 1.0), slopes)
    rounding = ROUNDINGS * (probe.unit * parts + SMALLEST / beside(steps, slopes))
    return Slopes(slopes, known(scatter + rounding), steps)


def _slopes(probe: Probe, steps: Array) -> Array:
    values = probe.around(np.arange(steps.size), 1j * steps).imag
    with np.errstate(all="ignore"):
        return values / beside(steps, values)


def _own_steps(point: Array) -> Array:
    """2⁻⁴⁰ times the smaller of |x| and 1, 2⁻¹⁰⁰ at 0; larger where h/x or h itself would leave the normal range."""
    size = power_of_two(np.abs(point))
    largest = np.maximum(2.0**-40, size * 2.0**-1020)
    steps = np.maximum(np.minimum(size * 2.0**-40, largest), 2.0**-1021)
    return np.where(point == 0.0, 2.0**-100, steps)


def _demand_analytic(probe: Probe, slopes: Array, steps: Array) -> None:
    """Compares the slopes with real differences along a direction d: f(x + d) − f(x − d) must be 2 Σ ∂f/∂xᵢ·dᵢ.

    What is allowed is a thousandth, round-off, and what half as long a d changes, which is larger than the truncation.
    Where a d is too long for f, shorter ones are tried. OperandError where f contradicts and no d that can tell agrees.
    Where f is 0 all around, as log(x/x) is, nothing tells the size of what cancels: slopes below √u are round-off.
    """
    contradicted = False
    for direction in _directions(probe.point):
        moves = beside(direction, slopes) * slopes
        lost = np.abs(direction / steps).sum() * (ROUNDINGS * SMALLEST)  # what underflow can take
        move = np.abs(moves).sum(axis=0)
        ends = probe.at(probe.point + np.outer([1.0, -1.0, 0.5, -0.5], direction))
        with np.errstate(all="ignore"):
            whole, half = ends[0] - ends[1], 2.0 * (ends[2] - ends[3])
            cancelled = np.where(ends.any(axis=0), 0.0, math.sqrt(probe.unit) * np.abs(direction).sum())
            rounding = 4.0 * noise(probe, np.abs(ends).max(axis=0), slopes) + cancelled + lost
            allowed = 2.0 * np.abs(whole - half) + rounding + 1e-3 * move
            off = np.abs(whole - 2.0 * moves.sum(axis=0))
            tells = rounding < 1e-2 * np.maximum(move, np.abs(whole))
            if (off <= allowed).all() and (tells.all() or not contradicted):
                return
            contradicted |= bool((np.isfinite(off) & (off > allowed)).any())
    if contradicted:
        raise OperandError(
            f"{probe.name} has another slope along real numbers than its complex step says: it is made of something "
            "that is not analytic, such as Python's abs. Use method='richardson' in place of method='complex'."
        )


def _directions(point: Array) -> Iterator[Array]:
    """Ways through the point, ever shorter: on the scale of 1 and on that of its numbers, in alternating signs."""
    signs = 1.0 - 2.0 * (np.arange(point.size) % 2)
    size = power_of_two(np.abs(point))
    for shorter in 2.0 ** np.arange(-17.0, -50.0, -4.0):
        yield signs * np.maximum(size, 1.0) * shorter
        yield signs * np.where(point == 0.0, 1.0, size) * shorter
