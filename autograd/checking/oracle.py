"""Oracle: what the derivatives of f must be, from its values alone, and how far round-off may take either side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from autograd import numeric
from autograd.checking.lines import Functional, Line, along
from autograd.checking.rounding import Replay, noise_of_values
from autograd.checking.sides import Side, both_sides
from autograd.checking.subject import Run, Subject, Vector
from autograd.errors import NonFinite

SMALLER = (0.27, 0.083, 0.021)  # no powers of two, so that what repeats itself is not met again and again
BESIDE = 2.0**-8 * np.arange(-7, 8)  # steps from the point, on which noise is seen: 15 values, 9 sixth differences
CROWDED = 2.0**-12  # a bound so large, relative to the slopes, may be another functional's fault
AMPLIFIED = 2.0  # Richardson's extrapolation weighs the noise of a difference by less than this


@dataclass
class Column:
    """The derivatives along one line, one for each functional: numerical value and bound, and the step taken.

    Where f is not finite beside the point the value is nan and the bound inf.
    """

    numeric: Vector
    bound: Vector
    step: float


class Look(NamedTuple):
    """Which derivatives hold at smaller steps, how far slopes on both sides can be apart, and the error from noise."""

    holds: Vector
    gap: Vector
    error: Vector


@dataclass
class Oracle:
    """Numerical derivatives of functionals of f along lines."""

    subject: Subject
    functionals: list[Functional]
    replay: Replay
    weights: Vector = field(init=False)

    def __post_init__(self) -> None:
        self.weights = np.stack([functional.weights for functional in self.functionals])

    def column(self, line: Line) -> Column:
        """Richardson's extrapolation with its own error, and the noise that the wobbling graph shows at its steps.

        bound = estimate.error + 2·2η/h: η is the noise of a value, h the smallest step that was used.
        """
        try:
            together = self._estimated(line, self.weights)
        except NonFinite:  # one that is not finite hides the others
            return self._each_alone(line)
        # One step serves them all: where it is far too small for one, that one is estimated by itself.
        size = np.abs(together.numeric).max(initial=0.0)
        if len(self.weights) > 1 and (together.bound > CROWDED * np.fmax(size, 1.0)).any():
            alone = self._each_alone(line)
            better = alone.bound < together.bound
            for known, found in ((together.numeric, alone.numeric), (together.bound, alone.bound)):
                known[better] = found[better]
        return together

    def _each_alone(self, line: Line) -> Column:
        """The same, each functional with its own steps."""
        alone = []
        for weights in self.weights:
            try:
                alone.append(self._estimated(line, weights[None]))
            except NonFinite:
                alone.append(Column(np.array([np.nan]), np.array([np.inf]), np.nan))
        steps = [column.step for column in alone if column.step == column.step]
        return Column(
            np.concatenate([column.numeric for column in alone]),
            np.concatenate([column.bound for column in alone]),
            min(steps, default=np.nan),
        )

    def second_look(self, line: Line, column: Column) -> Look:
        """Differences at other steps than were used, before what differs from the engine is blamed on a rule.

        A central difference D(h′) at a smaller step may be as far off as that at h, and 2η/h′ by its noise. A function
        that varies faster than every step, such as sin(10¹⁴x), is farther off: its derivative was an accident. The
        noise is what the graph shows, or f itself where an op on the way rounds more than the graph knows of.
        """
        f = along(self.subject, line, self.weights)
        seen = _noise_beside(f, line.t0, column.step)
        noise = self.noise([self.subject.point], self.weights) + 8.0 * self.subject.unit * np.abs(f(line.t0))
        noise = np.fmax(noise, seen)
        right, left = (_difference(f, line.t0, line.t0 + side * column.step) for side in (1.0, -1.0))
        allowed = column.bound + np.abs(_difference(f, line.t0 - column.step, line.t0 + column.step) - column.numeric)
        holds = np.ones(len(self.weights), dtype=bool)
        for step in (column.step * part for part in SMALLER):
            if line.t0 + step != line.t0:
                off = np.abs(_difference(f, line.t0 - step, line.t0 + step) - column.numeric)
                holds &= ~(off > allowed + 2.0 * noise / step)
        gap = np.abs(right - left) + 4.0 * noise / column.step
        return Look(holds, gap, AMPLIFIED * 2.0 * seen / column.step)

    def _estimated(self, line: Line, weights: Vector) -> Column:
        found = numeric.estimate(along(self.subject, line, weights), line.t0, method="richardson")
        step = float(found.step)
        ends = [line.at(self.subject.point, line.t0 + side * step) for side in (1.0, -1.0)]
        noise = self.noise([self.subject.point, *ends], weights)
        bound = np.asarray(found.error, dtype=float) + AMPLIFIED * 2.0 * noise / step
        return Column(np.asarray(found.value, dtype=float), bound, step)

    def noise(self, points: list[Vector], weights: Vector) -> Vector:
        """How far round-off may take each functional at the worst of these points."""
        return np.abs(weights) @ noise_of_values(self.replay, points, self.subject.parts)

    def of_graph(self, line: Line) -> Column | None:
        """The derivatives of the graph that f recorded, evaluated beside the point in place of f itself.

        Where these are not those of f, something that f computes is not in the graph. None where it cannot be told.
        """
        parts, point = self.subject.parts, self.subject.point

        def values(t: float) -> Vector:
            return self.weights @ self.replay.values(self.replay.evaluated(line.at(point, float(t)), parts, False))

        try:
            found = numeric.estimate(values, line.t0, method="richardson")
        except Exception:
            return None
        return Column(np.asarray(found.value, dtype=float), np.asarray(found.error, dtype=float), float(found.step))

    def sides(self, line: Line, run: Run) -> tuple[Side, Side]:
        """The one-sided slopes along a line."""
        noise = self.noise([self.subject.point], self.weights)
        noise = noise + 4.0 * self.subject.unit * (np.abs(self.weights) @ np.abs(run.values))
        return both_sides(along(self.subject, line, self.weights), line.t0, noise)


def _difference(f: Callable[[float], Vector], start: float, end: float) -> Vector:
    return np.asarray((f(end).astype(float) - f(start)) / (end - start))


def _noise_beside(f: Callable[[float], Vector], t0: float, step: float) -> Vector:
    """How far round-off takes each functional beside the point; 0 where f is not finite there.

    Sixth differences of a smooth function vanish as h⁶ does, and leave noise of deviation σ as one of √924·σ. Twice σ
    is taken, for one rounding is off by up to √3·σ.

    (Hamming, Introduction to Applied Numerical Analysis; Moré and Wild, SIAM Journal on Scientific Computing 33, 2011.)
    """
    values = np.stack([f(t0 + step * part) for part in BESIDE]).astype(float)
    largest = np.abs(np.diff(values, 6, axis=0)).max(axis=0)
    return np.where(np.isfinite(largest), 2.0 / np.sqrt(924.0) * largest, 0.0)
