"""Slopes: what a method finds for every number of a point, and what round-off does to it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from autograd.numeric.inputs import Array
from autograd.numeric.probe import Probe

ROUNDINGS = 4.0  # f and its argument are taken to be right within so many units
SMALLEST = 2.0**-1074  # below the normal range errors are no longer relative


class Slopes(NamedTuple):
    """The derivative toward every number of the point, along the first axis; the axes of f's value follow.

    `errors` bounds the difference from the truth, inf where nothing is known of it. `steps` has the first axis alone.
    """

    values: Array
    errors: Array
    steps: Array


def noise(probe: Probe, size: Array, slopes: Array) -> Array:
    """How far a value of f may be from the truth: 4u(|f| + Σ |xᵢ ∂f/∂xᵢ|), u the unit of rounding.

    That is a few roundings of the result and of the argument, which is what a careful implementation gives. Numbers on
    the way that are much larger than these, and cancel, are not seen.
    """
    swings = np.abs(beside(probe.point, slopes) * slopes)
    total = np.where(np.isfinite(swings), swings, 0.0).sum(axis=0)
    return ROUNDINGS * (probe.unit * (size + total) + SMALLEST)


def beside(numbers: Array, values: Array) -> Array:
    """Numbers ready to be broadcast against values that have further axes behind the same first ones."""
    return numbers.reshape(numbers.shape + (1,) * (values.ndim - numbers.ndim))


def known(errors: Array) -> Array:
    """Errors with inf where they are nan: what could not be evaluated is not known."""
    return np.where(np.isnan(errors), np.inf, errors)


def finite(values: Array) -> Array:
    """Which entries of the first axis hold finite numbers alone."""
    return np.asarray(np.isfinite(values).reshape(len(values), -1).all(axis=1))
