"""Explanations: why a derivative that did not pass need not be wrong."""

from __future__ import annotations

import numpy as np

from autograd.checking.causes import Cause
from autograd.checking.grounds import Grounds

INSIDE = Cause(
    "an op inside is at its kink",
    "f is smooth here and the engine is right on either side, but an op on the way is at its kink, and what it gives "
    "there does not cancel out: move the input off this point",
)
AT_ONE_POINT = Cause(
    "at this point alone", "the engine is right on either side of this point: a rule is off at one point alone"
)


def kink(grounds: Grounds, at: int, place: int, analytic: float) -> Cause:
    """Both slopes, and what the engine makes of them."""
    if grounds.jumps(place, at):
        return Cause("f jumps", "f jumps here, and has no slope: move the input off the jump to check it")
    (right, _), (left, _) = grounds.side_slopes(place, at)
    return Cause(
        "one-sided slopes differ",
        f"the slope is {left:.6g} on the left and {right:.6g} on the right, and the engine gives {analytic:.6g}, "
        "which lies between them: move the input off the kink to check it",
    )


def limit(grounds: Grounds, at: int, place: int, analytic: float) -> Cause:
    """What keeps the numerical derivative from being known."""
    return Cause(
        "cannot tell",
        "the numerical derivative is not known well enough to tell right from wrong: f loses digits on the way, or "
        "varies faster than any step resolves",
    )


def not_finite(grounds: Grounds, at: int, place: int, analytic: float) -> Cause:
    """Whether f or a rule is to blame for what is not finite."""
    (_, right), (_, left) = grounds.side_slopes(place, at)
    edge = bool(np.isinf(right) != np.isinf(left))
    numeric = grounds.numeric[at, place]
    if np.isfinite(analytic):
        return Cause(
            "edge of the domain", "f is not finite beside this point, or raises: move the input inside its domain"
        )
    if np.isfinite(numeric) and np.isfinite(right + left):
        return Cause(
            f"rule gives {analytic:g}",
            f"a rule gives {analytic:g} where differences give {numeric:.6g}: something not finite comes in from"
            " a branch not taken, or overflows on the way",
        )
    where = "f is finite on one side of this point alone" if edge else "f has no finite slope here"
    return Cause(f"derivative is {analytic:g}", f"the engine gives {analytic:g}, and {where}: move the input off it")
