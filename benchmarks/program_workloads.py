"""What section A measures of programs: functions of numbers that any system can record, and the numbers."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from benchmarks.workloads import GPT_OPERATIONS, GPT_RATE, WORD, chained, gpt_loss, gpt_parameters, weighted

SIZES = (2, 16, 16, 1)  # of the network of workload S
S_OPERATIONS = 642
Functions = dict[str, Callable[..., Any]]  # what a function is to use where systems spell things differently


@dataclass(frozen=True)
class Problem:
    """A function of parameters and data, recorded and differentiated toward the parameters alone.

    `record_with` are the arguments of one sample and `arguments` those of a call: with samples side by side, their data
    are arrays. Where `rate` is given, a step ends with plain gradient descent.
    """

    loss: Callable[..., Any]
    record_with: tuple[Any, ...]
    arguments: tuple[Any, ...]
    operations: int  # elementary ones of the value alone: what every time is divided by
    rate: float | None = None


class Running(NamedTuple):
    """A system that has a problem ready: what does it once, and what says by one number what it computes."""

    step: Callable[[], Any]
    answer: Callable[[], float]
    operations: int  # in a step
    held: Any = None  # what has to live as long, for a system that knows it by its address alone


def problem(workload: str, size: int, functions: Functions) -> Problem:
    """Workload S of `size` samples, G, or a chain of `size` operations."""
    if workload == "S":
        return samples(size, **functions)
    if workload == "G":
        return letters(**functions)
    return Problem(lambda x: chained(x[0], size), ([1.0],), ([1.0],), size)


def samples(count: int, relu: Callable[[Any], Any], **_: Any) -> Problem:
    """Squared errors of a network 2-16-16-1 with ReLU."""
    rng = random.Random(50)
    parameters = [rng.uniform(-1.0, 1.0) for _ in range(sum((a + 1) * b for a, b in pairwise(SIZES)))]
    rows = [(rng.gauss(0.0, 1.0), rng.gauss(0.0, 1.0), rng.choice([-1.0, 1.0])) for _ in range(count)]
    one = (parameters, list(rows[0][:2]), rows[0][2])
    first, second, target = np.array(rows).T.copy()
    arguments = one if count == 1 else (parameters, [first, second], target)
    return Problem(
        lambda parameters, inputs, target: squared_error(parameters, inputs, target, relu),
        one,
        arguments,
        S_OPERATIONS * count,
    )


def squared_error(parameters: Sequence[Any], inputs: Sequence[Any], target: Any, relu: Callable[[Any], Any]) -> Any:
    """Of one sample. The parameters of each unit lie together, its weights and then its bias."""
    rest, signals = iter(parameters), list(inputs)
    for layer, (below, units) in enumerate(pairwise(SIZES)):
        sums = []
        for _ in range(units):
            weights = [next(rest) for _ in range(below)]
            sums.append(weighted(weights, signals) + next(rest))
        signals = sums if layer == len(SIZES) - 2 else [relu(z) for z in sums]
    return (signals[0] - target) ** 2


def letters(softmax: Callable[[list[Any]], list[Any]], **_: Any) -> Problem:
    """A training step of the character-level GPT, its parameters in one list."""
    arguments = (gpt_parameters(),)
    return Problem(
        lambda parameters: gpt_loss(parameters, WORD, softmax), arguments, arguments, GPT_OPERATIONS, GPT_RATE
    )


def told_apart(losses: Sequence[float], gradient: Sequence[float]) -> float:
    """A number that differs where losses or a gradient differ, in any place."""
    return math.fsum(losses) + math.fsum(g * math.cos(i) for i, g in enumerate(gradient))
