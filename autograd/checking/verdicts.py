"""Verdicts: what can be said of one derivative, once it is known from both sides of the comparison."""

from __future__ import annotations

import math

PASS = "pass"
WRONG = "wrong"
KINK = "kink"
LIMITED = "precision-limited"
RANDOM = "non-deterministic"
NOT_FINITE = "not finite"
VERDICTS = (PASS, LIMITED, KINK, NOT_FINITE, WRONG, RANDOM)  # from the best to the worst

SEEN = 1e-3  # what a pass promises: an error of a thousandth of the input's largest slope would have been seen


def verdict(
    analytic: float,
    numeric: float,
    bound: float,
    scale: float,
    right: tuple[float, float] | None = None,
    left: tuple[float, float] | None = None,
) -> str:
    """The verdict on one derivative.

    - not finite: the analytic derivative is not, or f is not beside the point;
    - pass: |analytic − numeric| ≤ bound, and the bound is small enough, bound ≤ SEEN · scale;
    - kink: the slopes on both sides, (slope, error), differ by more than their errors, and the analytic derivative
      lies between them, which is all that a kink asks of it; where it agrees with the numerical one, that is midway;
    - wrong: |analytic − numeric| > bound, or beyond both slopes of a kink;
    - precision-limited: the bound is too large to tell.
    """
    if not math.isfinite(analytic) or math.isnan(numeric):
        return NOT_FINITE
    agrees = abs(analytic - numeric) <= bound
    if agrees and bound <= SEEN * scale:
        return PASS
    if right and left and differ(right, left) and (not agrees or _midway(numeric, bound, right, left)):
        low, high = sorted((right, left))
        inside = low[0] - low[1] <= analytic <= high[0] + high[1]
        if inside or not agrees:
            return KINK if inside else WRONG
    return LIMITED if agrees else WRONG


def differ(right: tuple[float, float], left: tuple[float, float]) -> bool:
    """Whether two slopes, each with its error, cannot be one."""
    return abs(right[0] - left[0]) > right[1] + left[1]


def _midway(numeric: float, bound: float, right: tuple[float, float], left: tuple[float, float]) -> bool:
    """Whether a central difference is what two slopes make it: half of both."""
    return abs(numeric - (right[0] + left[0]) / 2.0) <= bound + (right[1] + left[1]) / 2.0


def worst(verdicts: set[str]) -> str:
    """The worst of several; pass where there is none."""
    return max(verdicts, key=VERDICTS.index, default=PASS)
