"""Steps: how far to go from a point, and back where f is not finite there.

Steps of the library's choice are powers of two, so that multiplying with them rounds nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, NonFinite
from autograd.numeric.inputs import Array, shown
from autograd.numeric.probe import Probe
from autograd.numeric.slopes import finite

CLOSER = 2.0**-4  # how much nearer f is tried next where it was not finite


def power_of_two(size: Any) -> Array:
    """The power of two at or below."""
    return np.asarray(np.ldexp(1.0, np.frexp(size)[1] - 1))


def checked_step(step: Any) -> float:
    """A step that the caller gave, as a float; ArgumentError where it is none."""
    if not isinstance(step, (int, float, np.number)) or isinstance(step, bool) or not 0.0 < step < math.inf:
        raise ArgumentError(f"a step is a positive number, got {shown(step)}")
    return float(step)


def given_steps(probe: Probe, step: Any) -> Array:
    """The same step for every number; ArgumentError where it is none, or so small that adding it changes nothing."""
    steps = np.full(probe.point.size, checked_step(step))
    stuck = np.flatnonzero(probe.moved(np.arange(steps.size), steps) == probe.point)
    if stuck.size:
        x = float(probe.point[stuck[0]])
        raise ArgumentError(
            f"the step {step!r} is lost beside {probe.inputs.named(stuck[0])} = {x!r}: "
            f"the next float is {float(np.spacing(abs(x)))!r} away"
        )
    return steps


def evaluated(probe: Probe, sides: Sequence[float], power: float, step: Any) -> tuple[Array, list[Array]]:
    """A step for every number, and f at side × step from it for each side.

    Without a step given it is u^power · max(|x|, 1), u the unit of rounding; where f is not finite so far away, the
    distance at which it is takes the place of max(|x|, 1). NonFinite where there is none, or at the step given.
    """
    unit, steps = probe.unit, _wanted(probe, power, step)
    values = _at_sides(probe, np.arange(steps.size), steps, sides)
    if probe.unit != unit and step is None:  # the first values show float32
        steps = _wanted(probe, power, step)
        values = _at_sides(probe, np.arange(steps.size), steps, sides)
    beyond = np.flatnonzero(~_finite_everywhere(values))
    if beyond.size:
        probe.centre()
        if step is not None:
            raise no_room(probe, beyond[0], steps[beyond[0]])
        steps[beyond] = _room(probe, beyond, steps[beyond], sides) * power_of_two(probe.unit**power)
        for all_values, nearer in zip(values, _at_sides(probe, beyond, steps[beyond], sides), strict=True):
            all_values[beyond] = nearer
    return steps, values


def no_room(probe: Probe, entry: int, step: Any = None) -> NonFinite:
    """The complaint that f is not finite beside a number of the point: at the step that was given, or at any."""
    place = f"{probe.inputs.named(entry)} = {float(probe.point[entry])!r}"
    if step is None:
        return NonFinite(
            f"{probe.name} is not finite on both sides of {place}, however near{probe.said}: "
            "give a point farther inside its domain"
        )
    return NonFinite(
        f"{probe.name} is not finite {float(step):.2g} away from {place}{probe.said}: "
        "give a smaller step, or a point farther inside its domain"
    )


def _wanted(probe: Probe, power: float, step: Any) -> Array:
    if step is not None:
        return given_steps(probe, step)
    return power_of_two(np.maximum(np.abs(probe.point), 1.0)) * power_of_two(probe.unit**power)


def _room(probe: Probe, entries: Array, steps: Array, sides: Sequence[float]) -> Array:
    """How far from each of these numbers f is finite on all sides, within a factor of 16, looking ever closer."""
    size = np.abs(probe.point[entries])  # 0 is the edge of many a domain: half-way to it comes next
    room = np.where(size > 0.0, np.minimum(steps, 8.0 * size), steps)
    pending = np.arange(entries.size)
    while pending.size:
        room[pending] *= CLOSER
        stuck = pending[probe.moved(entries[pending], room[pending]) == probe.point[entries[pending]]]
        if stuck.size:
            raise no_room(probe, entries[stuck[0]])
        values = _at_sides(probe, entries[pending], room[pending], sides)
        pending = pending[~_finite_everywhere(values)]
    return room


def _at_sides(probe: Probe, entries: Array, steps: Array, sides: Sequence[float]) -> list[Array]:
    """f at side × step from each number, all sides in one go."""
    offsets = np.concatenate([side * steps for side in sides])
    return list(np.split(probe.around(np.tile(entries, len(sides)), offsets), len(sides)))


def _finite_everywhere(values: Sequence[Array]) -> Array:
    return np.logical_and.reduce([finite(value) for value in values])
