"""Workload S in CasADi: an SX function of the loss and its gradient."""

from __future__ import annotations

from typing import Any

import casadi
import numpy as np

from benchmarks.program_workloads import Problem, Running, problem, told_apart


def ordinary(workload: str, size: int) -> Running:
    """A call with NumPy arrays, which gives CasADi's matrices."""
    task = _problem(workload, size)
    return _called(_function(task), task)


def zero_copy(workload: str, size: int) -> Running:
    """A call that reads and writes buffers given before."""
    task = _problem(workload, size)
    function = _function(task)
    buffer, call = function.buffer()
    given = [np.array(x, np.float64).ravel() for x in task.arguments]
    found = [np.zeros(function.numel_out(i)) for i in range(2)]
    for i, x in enumerate(given):
        buffer.set_arg(i, memoryview(x))
    for i, x in enumerate(found):
        buffer.set_res(i, memoryview(x))

    def answer() -> float:
        call()
        return told_apart(found[0], found[1])

    return Running(call, answer, task.operations, held=(function, buffer, given, found))


def mapped(workload: str, size: int) -> Running:
    """map, as it comes: a column of parameters and a gradient for every sample."""
    task = _problem(workload, size)
    return _called(_function(task).map(size), task, repeated=size)


def mapped_and_summed(workload: str, size: int) -> Running:
    """map with the parameters shared and the gradient summed, which is what lanes give."""
    task = _problem(workload, size)
    return _called(_function(task).map("summed", "serial", size, [0], [1]), task)


def _problem(workload: str, size: int) -> Problem:
    return problem(workload, size, {"relu": lambda z: casadi.fmax(z, 0)})


def _function(task: Problem) -> Any:
    """The recorded function, one sample after the other: (parameters, inputs, target) to (loss, gradient)."""
    variables = [casadi.SX.sym(f"x{i}", np.size(x)) for i, x in enumerate(task.record_with)]
    loss = task.loss(*(casadi.vertsplit(x) if x.numel() > 1 else x for x in variables))
    return casadi.Function("f", variables, [loss, casadi.gradient(loss, variables[0])])


def _called(function: Any, task: Problem, repeated: int = 1) -> Running:
    given = [np.array(x, np.float64) for x in task.arguments]
    given[0] = np.repeat(given[0][:, None], repeated, axis=1)
    if given[2].ndim:
        given[2] = given[2][None, :]

    def answer() -> float:
        losses, gradients = function(*given)
        return told_apart(losses.elements(), gradients.full().sum(axis=1))

    return Running(lambda: function(*given), answer, task.operations)
