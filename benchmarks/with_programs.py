"""Our programs in section A: recorded once, then run by each executor."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from autograd import maximum, no_grad, record
from autograd.program import Program
from autograd.program.floats.executor import Floats
from autograd.program.simplifying.passes import simplified
from benchmarks.program_workloads import Functions, Problem, Running, problem, told_apart
from benchmarks.workloads import shares_of


def softmax(logits: list[Any]) -> list[Any]:
    """The shares, the largest logit taken off first, outside of differentiation.

    Recording refuses the plain number that the eager workload reads. The largest logit is computed in the program
    instead, and like that number it is no way for derivatives: all other arithmetic is the same.
    """
    with no_grad():
        top = reduce(maximum, logits)
    return shares_of(logits, top)


FUNCTIONS: Functions = {"relu": lambda z: z.relu(), "softmax": softmax}


BOUND: dict[str, Callable[[Program], Program]] = {
    "floats": lambda program: program.to("python"),
    "lanes": lambda program: program.to("numpy"),
    "native": lambda program: program.to("native"),
    "straight-line": lambda program: program.to("native", straight=True),
}


def recorded(task: Problem) -> Program:
    """The program of a problem."""
    return record(task.loss, *task.record_with, argnums=0)


def called(kind: str, workload: str, size: int) -> Running:
    """The ordinary call: lists of floats in and out; the data of many samples are arrays, one lane a sample."""
    task = problem(workload, size, FUNCTIONS)
    program = BOUND[kind](recorded(task))
    parameters, *data = task.arguments
    rate = task.rate

    def step() -> Any:
        nonlocal parameters
        loss, (gradient,) = program.value_and_gradient(parameters, *data)
        if rate is not None:
            parameters = [p - rate * g for p, g in zip(parameters, gradient, strict=True)]
        return loss

    def answer() -> float:
        losses, (gradient,) = program.value_and_gradient(*task.arguments)
        return told_apart(np.ravel(losses).tolist(), gradient)

    return Running(step, answer, task.operations)


def zero_copy(kind: str, workload: str, size: int) -> Running:
    """A call that reads and writes arrays given before."""
    task = problem(workload, size, FUNCTIONS)
    program = BOUND[kind](recorded(task))
    run = program.on_buffers(*task.arguments)
    weights, gradient, rate, call = run.inputs[: len(task.arguments[0])], run.gradient, task.rate, run.run

    def train() -> None:
        call()
        np.multiply(gradient, rate, out=gradient)
        np.subtract(weights, gradient, out=weights)

    def answer() -> float:
        weights[:] = task.arguments[0]
        call()
        return told_apart(run.value, gradient)

    return Running(call if rate is None else train, answer, task.operations)


# ── what it costs to get there ───────────────────────────────────────────────────────────────────────────────────────


def recording(workload: str, size: int) -> Running:
    """Recording, the gradient part included."""
    task = problem(workload, size, FUNCTIONS)
    return _repeated(lambda: recorded(task), task)


def emitting(workload: str, size: int) -> Running:
    """Recording, simplifying where a program is small enough, and making all that calls on floats need, tables too."""
    task = problem(workload, size, FUNCTIONS)
    return _repeated(lambda: Floats(simplified(recorded(task).listing)[0], "loss").prepare(), task)


def compiling(workload: str, size: int) -> Running:
    """Straight-line machine code from simplified instructions."""
    from autograd.program.native.machine_code import StraightCode  # with Numba installed

    task = problem(workload, size, FUNCTIONS)
    listing, _ = simplified(recorded(task).listing)
    return _repeated(lambda: StraightCode(listing, gradient=True), task)


def _repeated(make: Callable[[], Any], task: Problem) -> Running:
    def step() -> None:
        make()  # and what is made is let go

    return Running(step, lambda: math.nan, task.operations)
