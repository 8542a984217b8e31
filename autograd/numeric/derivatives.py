"""Derivatives without rules: from values of a function alone, with an estimate of their error where it is asked for."""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from autograd.errors import ArgumentError, OperandError, ShapeError
from autograd.numeric.complex_step import complex_step
from autograd.numeric.differences import central, forward
from autograd.numeric.inputs import shown
from autograd.numeric.probe import Probe
from autograd.numeric.richardson import richardson
from autograd.numeric.slopes import Slopes

# Each method: (probe, step, judged) → Slopes.
METHODS: dict[str, Callable[[Probe, Any, bool], Slopes]] = {
    "forward": forward,
    "central": central,
    "richardson": richardson,
    "complex": complex_step,
}


class Estimate(NamedTuple):
    """A derivative, a bound on its difference from the truth, and the step it was taken with.

    `value` and `error` have the axes of f's value, then those of the input; `step` has those of the input.
    `evaluations` counts how often f was evaluated for all inputs together. An error of inf says that nothing is known,
    as at the edge of a domain; at a kink it is about half of what lies between the one-sided slopes, or more.
    """

    value: Any
    error: Any
    step: Any
    evaluations: int


def derivative(f: Callable[[Any], Any], x: float, method: str = "richardson", step: float | None = None) -> float:
    """f′(x) for a function of one number; see `estimate` for the methods and how far off each may be.

    >>> round(derivative(lambda x: x**3, 2.0), 9)
    12.0
    """
    if not isinstance(x, Real):
        raise OperandError(f"derivative takes one number, got {shown(x)}: for arrays and lists use gradient")
    return float(gradient(f, x, method=method, step=step)[0])


def gradient(
    f: Callable[..., Any], *xs: Any, method: str = "richardson", step: float | None = None, batch: bool = False
) -> tuple[Any, ...]:
    """(∂f/∂x, ∂f/∂y, …) for a function that gives one number: each shaped like its input, a number, an array or a list.

    Evaluations for inputs of n numbers in all: n + 1 forward, 2n central, n + 5 complex, 16n + 1 or more by Richardson.
    With `batch` f takes stacks, each input with one axis more in front, and gives one number for each entry: one call
    then does for thousands of evaluations. ShapeError where f gives more than one number.

    >>> gradient(lambda x, y: x * y, 2.0, 5.0, method="complex")
    (5.0, 2.0)
    """
    probe = Probe(f, xs, batch)
    slopes = _slopes(probe, method, step, judged=False)
    _demand_one_number(probe)
    return tuple(probe.inputs.sorted(slopes.values))


def jacobian(
    f: Callable[[Any], Any], x: Any, method: str = "richardson", step: float | None = None, batch: bool = False
) -> Any:
    """∂f/∂x for a function that gives an array: the axes of the value, then those of x."""
    probe = Probe(f, (x,), batch)
    return probe.inputs.sorted(_slopes(probe, method, step, judged=False).values)[0]


def estimate(
    f: Callable[[Any], Any], x: Any, method: str = "richardson", step: float | None = None, batch: bool = False
) -> Estimate:
    """∂f/∂x with its error and step, for a number, an array or a list x, and whatever numbers f gives.

    - "forward": (f(x + h) − f(x)) / h, off by O(h), about √u at best (u = 2⁻⁵³, 2⁻²⁴ where f works in float32);
    - "central": (f(x + h) − f(x − h)) / 2h, off by O(h²), about u^⅔ at best;
    - "richardson": central differences extrapolated to h = 0, off by little more than round-off, of any scale;
    - "complex": Im f(x + ih) / h, off by round-off alone, where f is made of analytic functions.

    The error adds up truncation, seen by comparing steps, and round-off, derived from the size of the values. What is
    much finer than a step of the first two methods, such as a pole at 1e-100, they do not see; "richardson" looks on
    the scale of x too.
    NonFinite where f is not finite at x or has no room around it, OperandError where it gives no numbers.

    >>> estimate(lambda x: x * x, 3.0, method="central").error < 1e-8
    True
    """
    return estimates(f, x, method=method, step=step, batch=batch)[0]


def estimates(
    f: Callable[..., Any], *xs: Any, method: str = "richardson", step: float | None = None, batch: bool = False
) -> tuple[Estimate, ...]:
    """`estimate` toward every input at once."""
    probe = Probe(f, xs, batch)
    slopes = _slopes(probe, method, step, judged=True)
    columns = (probe.inputs.sorted(column) for column in slopes)
    return tuple(
        Estimate(value, error, step_taken, probe.evaluations) for value, error, step_taken in zip(*columns, strict=True)
    )


def _slopes(probe: Probe, method: str, step: float | None, judged: bool) -> Slopes:
    if method not in METHODS:
        raise ArgumentError(f"method is one of {', '.join(METHODS)}; got {method!r}")
    if not probe.point.size:
        nothing = np.zeros((0, *probe.centre().shape))
        return Slopes(nothing, nothing, np.zeros(0))
    return METHODS[method](probe, step, judged)


def _demand_one_number(probe: Probe) -> None:
    if probe.shape:
        raise ShapeError(
            f"{probe.name} gave {math.prod(probe.shape)} numbers of shape {probe.shape}, and a gradient is that of "
            "one: use jacobian, or sum them"
        )
