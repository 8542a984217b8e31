"""The error of a numerical derivative against its step: the textbook's U, as data, as a table and as a picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, MissingExtra, NonFinite, OperandError
from autograd.numeric.derivatives import derivative
from autograd.numeric.inputs import shown

ROUND_OFF, TRUNCATION = "round-off", "truncation"
BESIDE = 4.0  # errors jump up and down where round-off rules: each is judged among those of up to 4 times its step


@dataclass(frozen=True)
class ErrorAgainstStep:
    """How far a method is off at each step, from the smallest step on, and which branch of the U that is.

    `branches` are "round-off" up to `best_step` and "truncation" beyond. An error is nan where f was not finite at that
    step or the step was lost beside x.
    """

    method: str
    x: float
    exact: float
    steps: tuple[float, ...]
    errors: tuple[float, ...]
    branches: tuple[str, ...]
    best_step: float

    def plot(self, axes: Any = None) -> Any:
        """Draws the U with both branches named and returns the matplotlib axes; MissingExtra without matplotlib.

        Errors of exactly 0 have no place on a logarithmic axis and are drawn at its bottom.
        """
        try:
            from matplotlib import pyplot
        except ImportError:
            raise MissingExtra('ErrorAgainstStep.plot needs matplotlib: pip install "glassgrad[plot]"') from None
        axes = pyplot.subplots()[1] if axes is None else axes
        bottom = min((error for error in self.errors if error > 0.0), default=2.0**-53) / 2.0
        for branch, marker in ((ROUND_OFF, "o"), (TRUNCATION, "s")):
            points = [
                (step, max(error, bottom))
                for step, error, own in zip(self.steps, self.errors, self.branches, strict=True)
                if own == branch and not math.isnan(error)
            ]
            if points:
                axes.plot(*zip(*points, strict=True), marker=marker, markersize=4, linewidth=1.0, label=branch)
        axes.axvline(self.best_step, linestyle=":", color="grey", label=f"best step {self.best_step:.1e}")
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("step h")
        axes.set_ylabel("error of the derivative")
        axes.set_title(f"{self.method} at x = {self.x:g}")
        axes.legend()
        return axes

    def __str__(self) -> str:
        lines = [f"{self.method} at x = {self.x:g}, exact {self.exact!r}", f"{'step':>9}  {'error':>9}  branch"]
        for step, error, branch in zip(self.steps, self.errors, self.branches, strict=True):
            best = "  best" if step == self.best_step else ""
            lines.append(f"{step:9.2e}  {error:9.2e}  {branch}{best}")
        return "\n".join(lines)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """In a notebook the table, where repr is one line."""
        printer.text(str(self))

    def __repr__(self) -> str:
        return f"ErrorAgainstStep({self.method} at {self.x:g}, {len(self.steps)} steps, best {self.best_step:.2e})"


def error_against_step(
    f: Callable[[Any], Any],
    x: float,
    exact: float | None = None,
    method: str = "central",
    steps: Sequence[float] | None = None,
) -> ErrorAgainstStep:
    """|derivative(f, x, method, step) − exact| for steps from 2⁻⁵² to 1, times |x| where that is above 1.

    Without `exact` Richardson's extrapolation stands for the truth: errors near round-off then mean nothing.
    OperandError where x or exact is no number.
    """
    for name, number in (("x", x), ("exact", exact)):
        if not isinstance(number, Real) and (name == "x" or number is not None):
            raise OperandError(f"error_against_step: {name} is a number, got {shown(number)}")
    known = derivative(f, x) if exact is None else float(exact)
    scale = max(abs(float(x)), 1.0)
    tried = sorted(float(step) for step in steps) if steps is not None else [scale * 2.0**-k for k in range(52, -1, -1)]
    if not tried:
        raise ArgumentError("error_against_step: give at least one step")
    errors = [_error(f, x, method, step, known) for step in tried]
    best = _bottom(tried, errors, floor=2.0**-53 * abs(known))
    branches = [ROUND_OFF if place <= best else TRUNCATION for place in range(len(tried))]
    return ErrorAgainstStep(method, float(x), known, tuple(tried), tuple(errors), tuple(branches), tried[best])


def _error(f: Callable[[Any], Any], x: float, method: str, step: float, exact: float) -> float:
    if method != "complex" and x + step == x:
        return math.nan
    try:
        return abs(derivative(f, x, method, step) - exact)
    except NonFinite:
        return math.nan


def _bottom(steps: Sequence[float], errors: Sequence[float], floor: float) -> int:
    """The place of the largest step whose error is about the least, a lucky zero among worse neighbours not counted."""
    found = [(step, error) for step, error in zip(steps, errors, strict=True) if not math.isnan(error)]
    typical = [
        float(np.median([e for other, e in found if step / BESIDE <= other <= step * BESIDE]))
        if error == error
        else math.inf
        for step, error in zip(steps, errors, strict=True)
    ]
    least = max(2.0 * min(typical), floor)
    return max(place for place, error in enumerate(typical) if error <= least)
