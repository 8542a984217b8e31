"""Stability: whether f, and the engine's derivative of it, are the same when they are computed again."""

from __future__ import annotations

import numpy as np

from autograd.checking import passes
from autograd.checking.causes import Cause
from autograd.checking.lines import Line
from autograd.checking.passes import Sweep
from autograd.checking.subject import Run, Subject, Vector
from autograd.checking.verdicts import RANDOM, WRONG

ROUNDINGS = 2.0**10  # units of rounding: what threads that add up in another order may change


def change_of_values(subject: Subject, run: Run) -> Cause | None:
    """Why f is not deterministic: it gives other values when it is called again, beyond what round-off does."""
    first, second = run.values, subject.run(subject.point).values
    if first.shape == second.shape and np.allclose(
        first, second, rtol=ROUNDINGS * subject.unit, atol=0.0, equal_nan=True
    ):
        return None
    return Cause(
        "f itself changes",
        f"two calls with the same numbers gave {few(first)} and {few(second)}: give f a seed of its own, "
        "or leave what is random out of it",
    )


def change_of_gradient(subject: Subject, weights: Vector, lines: list[Line], sweep: Sweep) -> tuple[str, Cause] | None:
    """A verdict and its cause where the same pass gives something else a second time.

    It is run again at once, and twice after a pass at another point: what comes back to the same is stale, what does
    not is random.
    """
    moved = subject.point + np.copysign(0.01 * (1.0 + np.abs(subject.point)), subject.point)
    again = _repeated(subject, weights, lines)
    try:
        passes.reverse(subject.run(moved), weights[0])
    except Exception:  # outside the domain of f
        return None
    later, last = _repeated(subject, weights, lines), _repeated(subject, weights, lines)
    largest = np.abs(np.where(np.isfinite(sweep.analytic), sweep.analytic, 0.0)).max(axis=1, keepdims=True)
    allowed = ROUNDINGS * subject.unit * largest

    def same(one: Vector, other: Vector) -> bool:
        return bool(((np.abs(one - other) <= allowed) | (one == other) | (np.isnan(one) & np.isnan(other))).all())

    if same(sweep.analytic, again) and same(again, later):
        return None
    if same(again, last):
        return WRONG, Cause(
            "stale", "the derivative depends on what was computed before: a rule keeps numbers of another call"
        )
    return RANDOM, Cause(
        "a rule changes", "f gives the same value again, and another derivative: a rule on the way is random"
    )


def _repeated(subject: Subject, weights: Vector, lines: list[Line]) -> Vector:
    run = subject.run(subject.point)
    return passes.projected(np.stack([passes.reverse(run, own) for own in weights]), lines)


def few(values: Vector) -> str:
    """Numbers for a sentence."""
    shown = ", ".join(f"{x:.6g}" for x in values[:3])
    return f"[{shown}, …]" if len(values) > 3 else shown
