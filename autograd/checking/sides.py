"""Sides: the slopes of a function to the right and to the left of a point, which differ at a kink."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from autograd.checking.subject import Vector

LEVELS = 8  # steps on one ladder, each half the one before
LADDERS = 5  # each begins where the one before ended
AGAIN = 0.65625  # 21/32: how much shorter the steps are the second time
ROUNDINGS = 4.0  # units of rounding within which a value is taken to be right, beside the noise that was found


class Side(NamedTuple):
    """The slope on one side, how far off it may be, and whether f jumps there; nan and inf where f is not finite."""

    slope: Vector
    error: Vector
    jumps: Vector


def both_sides(f: Callable[[float], Vector], t0: float, noise: Vector) -> tuple[Side, Side]:
    """The sides of f at t₀, right and left; `noise` is how far round-off may take each of its values."""
    centre = np.asarray(f(t0), dtype=float)
    return _confirmed(f, t0, centre, noise, 1.0), _confirmed(f, t0, centre, noise, -1.0)


def _confirmed(f: Callable[[float], Vector], t0: float, centre: Vector, noise: Vector, sign: float) -> Side:
    """A side found twice, from different steps: of a function that no step resolves the two do not agree."""
    first, second = (_side(f, t0, centre, noise, sign * stretch) for stretch in (1.0, AGAIN))
    apart = np.abs(first.slope - second.slope)
    error = np.fmax(np.fmax(first.error, second.error), np.where(np.isnan(apart), np.inf, apart))
    return Side(np.where(first.error <= second.error, first.slope, second.slope), error, first.jumps & second.jumps)


def _side(f: Callable[[float], Vector], t0: float, centre: Vector, noise: Vector, sign: float) -> Side:
    """Slopes (f(t₀ + h) − f(t₀)) / h extrapolated to h = 0 by Neville's table, from several ladders of steps.

    The error of an entry is its distance from the two it was made of, and 2δ/h of its smallest step, δ the noise.
    """
    slope, error = np.full(centre.shape, np.nan), np.full(centre.shape, np.inf)
    gaps: list[Vector] = []
    start = 2.0 ** np.floor(np.log2(max(abs(t0), 1.0))) / 4.0
    if 0.0 < abs(t0) < 2.0**-8:  # on the scale of t₀ as well
        start = min(start, 2.0 ** np.floor(np.log2(abs(t0))) * 2.0**LEVELS)
    for ladder in range(LADDERS):
        steps = sign * start * 2.0 ** -(np.arange(LEVELS) + float(LEVELS * ladder))
        if t0 + steps[-1] == t0:
            break
        values = np.stack([f(t0 + h).astype(float) for h in steps])
        differences = values - centre
        gaps += list(differences)
        moved = ((t0 + steps) - t0)[:, None]
        allowed = 2.0 * (noise + ROUNDINGS * 2.0**-53 * np.fmax(np.abs(values), np.abs(centre))) / np.abs(moved)
        found, off = _extrapolated(differences / moved, allowed)
        better = off < error
        slope, error = np.where(better, found, slope), np.where(better, off, error)
    return Side(slope, error, _jumps(np.asarray(gaps), centre, noise))


def _extrapolated(column: Vector, allowed: Vector) -> tuple[Vector, Vector]:
    """The entry of Neville's table that promises the least error, and that error."""
    slope, error = column[-1], np.full(column.shape[1:], np.inf)
    for order in range(1, 4):
        weight = 2.0**order
        following = (weight * column[1:] - column[:-1]) / (weight - 1.0)
        off = np.fmax(np.abs(following - column[1:]), np.abs(following - column[:-1])) + 4.0 * allowed[order:]
        for value, own in zip(following, off, strict=True):
            better = own < error
            slope, error = np.where(better, value, slope), np.where(better, own, error)
        column = following
    return slope, error


def _jumps(gaps: Vector, centre: Vector, noise: Vector) -> Vector:
    """Where f(t₀ + h) − f(t₀) stays the same, however small h is, through the last two ladders."""
    if len(gaps) < 2 * LEVELS:
        return np.zeros(centre.shape, dtype=bool)
    last = gaps[-1]
    same = (np.abs(gaps[-2 * LEVELS :] - last) <= 0.25 * np.abs(last)).all(axis=0)
    return np.asarray(same & (np.abs(last) > 2.0**-40 * np.abs(centre) + 100.0 * noise))
