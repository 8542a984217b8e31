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

    All passes are run again at once, and one for all outputs together before and after a pass at another point. What
    then comes back the same twice in a row is stale, what does not is random.
    """
    together = (np.linspace(1.0, 2.0, len(weights)) @ weights)[None]

    def same(one: Vector, other: Vector) -> bool:
        largest = np.abs(np.where(np.isfinite(one), one, 0.0)).max(axis=1, keepdims=True)
        near = np.abs(one - other) <= ROUNDINGS * subject.unit * largest
        return bool((near | (one == other) | (np.isnan(one) & np.isnan(other))).all())

    again, before = _repeated(subject, weights, lines), _repeated(subject, together, lines)
    for point in _elsewhere(subject):
        try:
            passes.reverse(subject.run(point), together[0])
        except Exception:  # outside the domain of f
            continue
    after = _repeated(subject, together, lines)
    if same(sweep.analytic, again) and same(before, after):
        return None
    if same(*(_repeated(subject, together, lines) for _ in range(2))):
        return WRONG, Cause(
            "stale", "the derivative depends on what was computed before: a rule keeps numbers of another call"
        )
    return RANDOM, Cause(
        "a rule changes", "f gives the same value again, and another derivative: a rule on the way is random"
    )


def _elsewhere(subject: Subject) -> list[Vector]:
    """Two other points: one close by, and one where the entries of each input have changed places, and choices too."""
    beside = subject.point + np.copysign(0.01 * (1.0 + np.abs(subject.point)), subject.point)
    return [beside, np.concatenate([np.roll(beside[part.places], 1) for part in subject.parts])]


def _repeated(subject: Subject, weights: Vector, lines: list[Line]) -> Vector:
    run = subject.run(subject.point)
    return passes.projected(np.stack([passes.reverse(run, own) for own in weights]), lines)


def few(values: Vector) -> str:
    """Numbers for a sentence."""
    shown = ", ".join(f"{x:.6g}" for x in values[:3])
    return f"[{shown}, …]" if len(values) > 3 else shown
