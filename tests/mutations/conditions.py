"""Conditions: rules that are right at first sight, and lie only now and then.

Each gives a change for `damages.rebuilt`. It may keep what it has seen, and is made afresh for every check.
"""

import numpy as np

from autograd import ops


def one_off(entries, place=0):
    """A little too large, and not 0 where the right one is."""
    return [1.001 * d + 0.003 if i == place else d for i, d in enumerate(entries)]


def stale():
    """The rule takes the operands of the call before, where they are as many and as large."""
    saved = []

    def change(derivatives, y, operands):
        before = saved[-1] if saved else (y, *operands)
        saved[:] = [(y, *operands)]
        fits = [np.shape(one) for one in before] == [np.shape(one) for one in (y, *operands)]
        return derivatives(*(before if fits else (y, *operands)))

    return change


def result_for_operand():
    """The rule mistakes the result for its first operand, and the operand for the result."""
    return lambda derivatives, y, operands: derivatives(operands[0], y, *operands[1:])


def at_one_point(place, point):
    """The first derivative is off where the operand at this place has one value, and nowhere else."""

    def change(derivatives, y, operands):
        ds = derivatives(y, *operands)
        return [ops.where(ops.equal(operands[place], point), one_off(ds)[0], ds[0]), *ds[1:]]

    return change


def on_reuse(place):
    """The first derivative is off when the op is called a second time on the very same operand at this place."""
    seen = []

    def change(derivatives, y, operands):
        again = bool(seen) and operands[place] is seen[-1][1]
        another_call = bool(seen) and (not isinstance(y, np.ndarray) or y is not seen[-1][0])  # not another pass
        seen[:] = [(y, operands[place])]
        ds = derivatives(y, *operands)
        return one_off(ds) if again and another_call else ds

    return change


def in_both_places():
    """The last derivative is off where one operand stands in two places."""

    def change(derivatives, y, operands):
        twice = any(one is other for i, one in enumerate(operands) for other in operands[:i])
        ds = derivatives(y, *operands)
        return one_off(ds, len(ds) - 1) if twice else ds

    return change


def in_float32():
    """The first derivative is off where the operands are arrays of float32."""

    def change(derivatives, y, operands):
        single = any(getattr(x, "dtype", None) == np.float32 for x in operands)
        ds = derivatives(y, *operands)
        return one_off(ds) if single else ds

    return change
