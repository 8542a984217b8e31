"""Builder: puts steps together, and leaves out those that no numerical derivative could judge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.checking.programs.expression import Expression, Form, Step
from autograd.errors import AutogradError

ROOM = 2.0**-6  # relative: so far to either side of a step's operands its function must be finite
LARGEST = 1e4  # a value, and a slope from an input to a value
LEAST = 1e-4  # a slope, unless it is 0
MOST = 24  # entries of a value
BEND = 2.0**-10  # the wider of the two steps by which a kink is told from a bend
TOLD = 0.4  # a second difference falls to a quarter with the step halved, at a kink to a half, at a jump not at all


class Builder:
    """The inputs, the steps so far and their values at the inputs, on plain numbers and arrays."""

    def __init__(self, inputs: Sequence[Any]) -> None:
        self.inputs, self.steps = list(inputs), list[Step]()
        self.values = [np.asarray(x, dtype=float) for x in inputs]
        self.slopes = [(1.0, 1.0) for _ in inputs]  # how steep a place is at least, where at all, and at most

    def add(self, form: Form, operands: Sequence[Any]) -> int | None:
        """The place of one more step; None where its value is too large, or not smooth around these operands."""
        at = [self.values[x] if isinstance(x, int) else np.asarray(x, dtype=float) for x in operands]
        if any(np.ndim(a) < form.axes for a in at):
            return None
        moving = [i for i, x in enumerate(operands) if isinstance(x, int)]
        found = judged(form, at, moving)
        if found is None:
            return None
        value, slopes = found
        low = min((slopes[i][0] * self.slopes[operands[i]][0] for i in moving), default=1.0)
        high = sum(slopes[i][1] * self.slopes[operands[i]][1] for i in moving)
        if low < LEAST or high > LARGEST:
            return None
        return self.put(form, operands, value, (low, high))

    def put(self, form: Form, operands: Sequence[Any], value: Any, slopes: tuple[float, float] = (1.0, 1.0)) -> int:
        """Adds a step unseen, whose value and least and largest slope are known."""
        self.steps.append(Step(form, tuple(operands)))
        self.values.append(value)
        self.slopes.append(slopes)
        return len(self.values) - 1

    def expression(self) -> Expression:
        """What has been built, without what leads nowhere."""
        return Expression(tuple(self.inputs), tuple(self.steps)).pruned()


def judged(form: Form, at: Sequence[Any], moving: Sequence[int]) -> tuple[Any, dict[int, tuple[float, float]]] | None:
    """The value of a step, and its least and largest slope along each operand that moves.

    Entries that do not depend on it have none. None where the step is not smooth or not moderate.
    """
    try:
        value = evaluated(form, at)
        if value.size > MOST or not moderate(value).all():
            return None
        slopes = {}
        for place in moving:
            smooth, slope = surroundings(form, at, value, place)
            if not smooth.all():
                return None
            felt = slope[slope > 0.0]
            slopes[place] = (float(np.min(felt, initial=1.0)), float(np.max(felt, initial=0.0)))
    except (AutogradError, ArithmeticError, ValueError, IndexError, TypeError, AttributeError):
        return None
    return value, slopes


def evaluated(form: Form, at: Sequence[Any]) -> Any:
    """What a step gives, on copies: a function may change what it is given."""
    with np.errstate(all="ignore"):
        return np.array(form.function(*(np.array(a) for a in at)), dtype=float)


def moderate(value: Any) -> Any:
    """Which entries are finite and not too large."""
    return np.abs(value) <= LARGEST


def surroundings(form: Form, at: Sequence[Any], value: Any, place: int) -> tuple[Any, Any]:
    """Where a step is smooth along one operand, without kink or jump, finite close by; and how steep it is."""
    unit = (1.0 + np.abs(at[place])) * _signs(np.shape(at[place]))

    def moved(step: float) -> Any:
        return evaluated(form, [*at[:place], at[place] + step * unit, *at[place + 1 :]])

    alive = np.isfinite(moved(ROOM)) & np.isfinite(moved(-ROOM))
    wide, narrow = ((moved(step), moved(-step)) for step in (BEND, BEND / 2.0))
    with np.errstate(all="ignore"):
        first, second = (np.abs(high - 2.0 * value + low) for high, low in (wide, narrow))
        kink = (first > 2.0**-40 * (1.0 + np.abs(value))) & (second > TOLD * first)
        return alive & ~kink, np.abs(narrow[0] - narrow[1]) / BEND


def _signs(shape: tuple[int, ...]) -> Any:
    """Directions in which the entries move, not all of them the same."""
    count = int(np.prod(shape, dtype=int))
    return (1.0 - 2.0 * (np.arange(count) % 3 == 1)).reshape(shape) * np.linspace(0.75, 1.0, count).reshape(shape)
