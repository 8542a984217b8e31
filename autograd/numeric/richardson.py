"""Richardson's extrapolation of central differences, with its own choice of steps and its own error estimate.

(Romberg's table, judged as Ridders does: Advances in Engineering Software 4, 1982; Numerical Recipes, 5.7.)
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.numeric.inputs import Array
from autograd.numeric.probe import Probe
from autograd.numeric.slopes import Slopes, beside, finite, known, noise
from autograd.numeric.steps import given_steps, no_room, power_of_two

LEVELS = 8  # steps on one ladder, each half the one before
ROUNDS = 8  # ladders in all, where smaller steps promise more
EVERY = 1000  # ladders, which is down to the smallest float
FAR = 2.0**8  # where |x| and 1 are farther apart than this, both are tried as the scale of f
WORTHWHILE = 1 / 8  # the part of the error that a ladder must promise to leave
GOOD = 2.0**-43  # relative to the slope: 13 digits are enough


def richardson(probe: Probe, step: Any, judged: bool = True) -> Slopes:
    """Central differences D(h), D(h/2), … D(h/128), extrapolated to h = 0: from 16n + 1 evaluations.

    D(h) = f′ + c₂h² + c₄h⁴ + …, so (4·D(h/2) − D(h))/3 is free of h², and so on column by column of Romberg's table.
    Truncation: an entry's distance from the two that it was made of, which may agree by chance, and from the next in
    its column, made of smaller steps. Round-off: 2δ/h, with δ the noise of one value and h the smallest step in it.
    Kinks: half of what lies between the one-sided slopes, or 5δ/h, below which round-off would hide one. The entry with
    the least sum of the three is the answer.

    By default h begins at max(|x|, 1)/4, where |x| is far from 1 both scales are tried, and ladders of smaller steps
    follow as long as round-off there would leave a smaller error, or f is not finite so far away. Where two answers
    exclude each other the one of smaller steps holds: steps too large can deceive, round-off is known.
    """
    probe.centre()
    everywhere = np.arange(probe.point.size)
    if step is not None:
        slopes = _ladder(probe, everywhere, given_steps(probe, step), None)
        return _demand_finite(probe, slopes, given=True)
    size = power_of_two(np.maximum(np.abs(probe.point), np.finfo(float).tiny))
    best = _descended(probe, everywhere, np.maximum(size, 1.0) / 4.0, None)
    near = everywhere[(probe.point != 0.0) & (size < 1.0 / FAR)]
    best = _descended(probe, near, size[near] / 4.0, best)
    far = everywhere[size > FAR]
    best = _descended(probe, far, np.full(far.size, 0.25), best)
    lost = everywhere[~finite(best.errors)]
    best = _descended(probe, lost, np.maximum(size[lost], 1.0) * 2.0 ** (-LEVELS * ROUNDS), best, patience=EVERY)
    return _demand_finite(probe, best, given=False)


def _demand_finite(probe: Probe, slopes: Slopes, given: bool) -> Slopes:
    lost = np.flatnonzero(~finite(slopes.values))
    if lost.size:
        raise no_room(probe, lost[0], slopes.steps[lost[0]] if given else None)
    return slopes


def _descended(probe: Probe, entries: Array, starts: Array, best: Slopes | None, patience: int = ROUNDS) -> Slopes:
    """The better of what is known and of ladders for these numbers, from these steps down."""
    rounds = 0
    while entries.size or best is None:
        found = _ladder(probe, entries, starts, best)
        if best is None:
            best = found
        else:
            _improve(best, entries, found)
        rounds += 1
        starts = starts * 2.0**-LEVELS
        apart = (probe.moved(entries, starts) != probe.point[entries]) & (rounds < patience)
        entries, starts = entries[apart], starts[apart]
        promising = _promising(probe, entries, starts, best)
        entries, starts = entries[promising], starts[promising]
    return best


def _promising(probe: Probe, entries: Array, starts: Array, best: Slopes) -> Array:
    """For which numbers round-off at these steps would leave a smaller error, where 13 digits are not reached yet."""
    errors, values = best.errors[entries], best.values[entries]
    rounding = 2.0 * noise(probe, np.abs(probe.centre()), best.values) / beside(starts, errors)
    worth = (rounding < WORTHWHILE * errors) & ~(errors <= GOOD * np.abs(values))
    return np.asarray(worth.reshape(entries.size, math.prod(errors.shape[1:])).any(axis=1))


def _improve(best: Slopes, entries: Array, found: Slopes) -> None:
    """Puts what was found where its error is smaller, or where not both can be true and its steps are smaller."""
    values, errors, steps = best.values[entries], best.errors[entries], best.steps[entries]
    with np.errstate(invalid="ignore"):
        apart = np.abs(found.values - values) > found.errors + errors
    better = np.where(apart, beside(found.steps < steps, errors), found.errors < errors)
    best.values[entries] = np.where(better, found.values, values)
    best.errors[entries] = np.where(better, found.errors, errors)
    swap = better.reshape(entries.size, -1).any(axis=1)
    best.steps[entries] = np.where(swap, found.steps, steps)


def _ladder(probe: Probe, entries: Array, starts: Array, best: Slopes | None) -> Slopes:
    """Romberg's table for these numbers from these steps, and its best entry for each; inf is the error of none."""
    steps = starts[:, None] * 2.0 ** -np.arange(LEVELS)
    each, flat = np.repeat(entries, LEVELS), steps.reshape(-1)
    both = probe.around(np.tile(each, 2), np.concatenate([flat, -flat]))
    right, left = both.reshape(2, *steps.shape, *both.shape[1:])
    ahead, behind = (
        beside((probe.moved(each, side) - probe.point[each]).reshape(steps.shape), right) for side in (flat, -flat)
    )
    with np.errstate(all="ignore"):
        column = (right - left) / (ahead - behind)
        forward, backward = (right - probe.centre()) / ahead, (left - probe.centre()) / behind
        swing = np.abs(beside(probe.point[entries], column)) * np.fmax(np.abs(forward), np.abs(backward))
        size = np.fmax(np.abs(right), np.abs(left)) + swing
        rounding = noise(probe, size, column[:, -1] if best is None else best.values) / beside(steps, right)
        allowed = 2.0 * rounding + _kinks(forward - backward, rounding)
        values, errors, levels = _best_of_table(column, allowed)
    lowest = levels.reshape(entries.size, math.prod(levels.shape[1:])).max(axis=1, initial=0)
    return Slopes(values, errors, steps[np.arange(entries.size), lowest])


def _best_of_table(column: Array, allowed: Array) -> tuple[Array, Array, Array]:
    """The entry of least error in Romberg's table over the second axis: its value, its error, its last level.

    `allowed` is what is added to the truncation of every entry whose last level this is.
    """
    values, errors = [], []
    levels: list[int] = []
    for order in range(1, LEVELS):
        weight = 4.0**order
        following = (weight * column[:, 1:] - column[:, :-1]) / (weight - 1.0)
        off = np.maximum(np.abs(following - column[:, 1:]), np.abs(following - column[:, :-1]))
        off[:, :-1] = np.fmax(off[:, :-1], np.abs(following[:, 1:] - following[:, :-1]))
        values.append(following)
        errors.append(known(off + allowed[:, order:]))
        levels += range(order, LEVELS)
        column = following
    every_value, every_error = np.concatenate(values, axis=1), np.concatenate(errors, axis=1)
    choice = np.argmin(every_error, axis=1, keepdims=True)
    value, error = (np.take_along_axis(table, choice, axis=1)[:, 0] for table in (every_value, every_error))
    return value, error, np.asarray(levels)[choice[:, 0]]


def _kinks(gaps: Array, rounding: Array) -> Array:
    """Half the gap between the one-sided slopes at levels that show a kink; elsewhere as much as round-off could hide.

    Where f is smooth the gap is h · f″ + O(h³), half as large at half the step; at a kink it stays. A kink is what
    stays, of both the level and the one before, by more than round-off can do: five times its effect on a slope.
    """
    hidden = 5.0 * rounding
    before, size = np.abs(gaps[:, :-1]), np.abs(gaps[:, 1:])
    jump = np.abs(2.0 * gaps[:, 1:] - gaps[:, :-1])
    hidden[:, 1:] = np.where((size > 0.75 * before) & (jump > 2.0 * hidden[:, 1:]), size / 2.0, hidden[:, 1:])
    return hidden
