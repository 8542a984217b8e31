"""The checker: the engine's derivatives of a function against numerical ones, and what is to be said of each."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from autograd.backward import gradients
from autograd.checking.examination import Examination
from autograd.checking.lines import DIRECTIONS
from autograd.checking.report import GradientError, Report
from autograd.checking.subject import Subject
from autograd.checking.verdicts import VERDICTS
from autograd.errors import ArgumentError
from autograd.graph import Node
from autograd.modes import Mode, ModeChange
from autograd.tensor import Tensor
from autograd.trees import leaves

__tracebackhide__ = True  # pytest shows the lines of the caller and of f, and none from here


def check(
    f: Callable[..., Any],
    *inputs: Any,
    order: int = 1,
    forward: bool = True,
    directions: int = DIRECTIONS,
    seed: int = 0,
    allow: Collection[str] = (),
) -> Report:
    """Compares the engine's derivatives of f at these inputs with numerical ones, and says what is wrong and why.

    f takes nodes and gives a number, an array or a list, tuple or dict of them. Inputs are numbers (f gets Values),
    arrays (f gets Tensors), nodes, and lists, tuples and dicts of them. Reverse mode is checked and, unless `forward`
    is False, forward mode; with order=2 the gradient of the gradient too, and so on. Up to 64 inputs and outputs are
    looked at one by one, more by as many random `directions` and cotangents, of which `seed` is the seed. float32
    inputs are checked in float64 where f takes it, and the derivatives in float32 are then held against that.

    A derivative agrees where

        |analytic − numeric| ≤ bound = E + 4η/h + ρ

    with E the error that Richardson's extrapolation estimates of itself (truncation and round-off), η the noise of one
    value of f and h the smallest step it took, ρ the spread of the derivative itself under round-off. η and ρ are found
    by computing the graph again with every result moved by up to 8 units of rounding at random, and so allow for
    whatever cancels on the way. It passes where the bound is so small that an error of a thousandth of the input's
    largest slope would show. Verdicts: pass, wrong, kink, precision-limited, non-deterministic, not finite; see
    `autograd.checking.verdicts`. `allow` names those that the report may pass with.

    >>> check(lambda x: x**3, 2.0).passed
    True
    """
    _demand_count(order, "order is how many derivatives are checked, 1 or more")
    _demand_count(directions, "directions is how many random ones are looked at for an input, 1 or more")
    unknown = [verdict for verdict in allow if verdict not in VERDICTS] if not isinstance(allow, str) else [allow]
    if unknown:
        raise ArgumentError(f"allow takes a list of verdicts among {', '.join(VERDICTS)}; got {unknown[0]!r}")
    subject = Subject(f, inputs)
    report = Report(subject.name, [], allowed=tuple(allow))
    rng = np.random.default_rng(seed)
    with _PlainMode(), np.errstate(all="ignore"):
        for nesting in range(1, order + 1):
            finished = Examination(subject, nesting, forward, directions, rng, report).written()
            if nesting == order or not finished:
                break
            slopes = [f"∂/∂{part.name}" for part in subject.parts]
            subject = Subject(_gradient_of(subject.f, rng), inputs, subject.called, slopes)
    return report


def _demand_count(number: Any, meaning: str) -> None:
    if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < 1:
        raise ArgumentError(f"{meaning}; got {number!r}")


class _PlainMode(ModeChange):
    """Inside, ops record as if no mode had been set: a check is the same under no_grad and detect_anomaly."""

    __slots__ = ()

    def _changed(self, mode: Mode) -> Mode:
        return Mode()


def assert_gradients(
    f: Callable[..., Any],
    *inputs: Any,
    order: int = 1,
    forward: bool = True,
    directions: int = DIRECTIONS,
    seed: int = 0,
    allow: Collection[str] = (),
) -> None:
    """Raises GradientError, an AssertionError, with the report of `check` unless every input passes or is allowed."""
    report = check(f, *inputs, order=order, forward=forward, directions=directions, seed=seed, allow=allow)
    if not report.passed:
        raise GradientError(report)


def _gradient_of(f: Callable[..., Any], rng: np.random.Generator) -> Callable[..., list[Any]]:
    """The gradient of f as a function of the same variables, made of nodes; of several outputs that of a random sum."""
    weights = rng.uniform(0.5, 1.5, 2**12) * rng.choice([-1.0, 1.0], 2**12)

    def gradient(*xs: Any) -> list[Any]:
        variables = [x for _, x in leaves(list(xs), "")]
        outputs = [x for _, x in leaves(f(*xs), "") if isinstance(x, Node) and x.requires_grad]
        if not outputs:
            return [0.0 * x for x in variables]
        total = outputs[0] if len(outputs) == 1 and np.size(outputs[0]._data) == 1 else _summed(outputs, weights)
        if isinstance(total, Tensor) and total.ndim:
            total = total.sum()
        return list(gradients(total, variables, create_graph=True))

    gradient.__name__ = getattr(f, "__name__", "f")
    return gradient


def _summed(outputs: list[Any], weights: Any) -> Any:
    total, start = None, 0
    for output in outputs:
        size = int(np.size(output._data))
        own = np.resize(weights[start % len(weights) :], size)
        start += size
        if isinstance(output, Tensor):
            term = (output * own.reshape(output.shape).astype(output.dtype)).sum()
        else:
            term = output * float(own[0])
        total = term if total is None else total + term
    return total
