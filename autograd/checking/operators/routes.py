"""Routes: the ways to one derivative, which must agree: Values, Tensors, forward mode, and differences of values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.backward import gradients
from autograd.checking.checker import check
from autograd.checking.operators.target import Target
from autograd.checking.operators.untouched import touched
from autograd.checking.programs.expression import Expression
from autograd.checking.report import Report
from autograd.checking.verdicts import KINK, LIMITED, NOT_FINITE, PASS, WRONG, worst
from autograd.graph import Node
from autograd.tensor import Tensor
from autograd.value import Value

CHECK = ("from autograd import check",)
HALF_THE_DIGITS = 2.0**-26  # of a value: what two functions that compute the same may differ by
TWO_ENGINES = 2.0  # each may be off by the bound


@dataclass(frozen=True)
class Fault:
    """What is wrong: a verdict, what is suspected, a script that shows it, and the report of the check it prints."""

    verdict: str
    cause: str
    sentence: str
    script: str
    report: Report | None = None


@dataclass(frozen=True)
class Options:
    """What `check` is asked for."""

    order: int = 1
    forward: bool = True


def fault_of(target: Target, program: Expression, options: Options) -> tuple[Fault | None, str]:
    """The first fault that a program shows, and the worst verdict on it."""
    changed = touched(target, program)
    if changed is not None:
        return Fault(WRONG, "changes what it is given", *changed), WRONG
    try:
        report = check(program.function, *program.inputs, order=options.order, forward=options.forward)
    except Exception as error:
        sentence = f"{type(error).__name__}: {error}"
        return Fault(WRONG, f"raises {type(error).__name__}", sentence, _checked(program, options)), WRONG
    wrong = _worst(report)
    if wrong is not None:
        sentence = next((s for (name, _), s in report.advice.items() if name == wrong.input), "")
        return Fault(wrong.verdict, wrong.cause, sentence, _checked(program, options), report), wrong.verdict
    found = worst(set(report.verdicts.values()))
    return (_disagreement(program, report) if found == PASS and target.is_elementwise else None), found


def _checked(program: Expression, options: Options) -> str:
    given = ("" if options.order == 1 else f", order={options.order}") + ("" if options.forward else ", forward=False")
    return program.source(f"print(check({{f}}, {{xs}}{given}))", CHECK)


def _worst(report: Report) -> Any:
    """The row to look at first, of those that are a rule's fault: a kink and too few digits are nobody's."""
    rows = [row for row in report.rows if row.verdict not in (PASS, KINK, LIMITED)]
    # Where f is not finite beside the point, or its slope is not, that is the point's fault.
    rows = [row for row in rows if row.verdict != NOT_FINITE or row.cause.startswith("rule gives")]
    return max(rows, key=lambda row: row.priority, default=None)


# ── the other engine ─────────────────────────────────────────────────────────────────────────────────────────────────


def _disagreement(program: Expression, report: Report) -> Fault | None:
    """Where the scalar engine and the tensor engine do not give the same values or the same gradients."""
    on_arrays = any(isinstance(x, np.ndarray) for x in program.inputs)
    with np.errstate(all="ignore"):
        try:
            here = _on_tensors(program)
            there = _on_values(program) if on_arrays else _on_tensors(program, scalar=True)
            here = here if on_arrays else _on_values(program)
        except Exception as error:
            sentence = f"one engine takes this program and the other does not – {type(error).__name__}: {error}"
            return Fault(WRONG, "engines disagree", sentence, _both(program, on_arrays))
    values, slopes = here
    other_values, other_slopes = there
    if not (np.abs(values - other_values) <= HALF_THE_DIGITS * (1.0 + np.abs(values))).all():
        sentence = "the function on numbers and the function on arrays give different values"
        return Fault(WRONG, "engines disagree", sentence, _both(program, on_arrays))
    bounds = _bounds(report, slopes.shape)
    if not (np.abs(slopes - other_slopes) <= TWO_ENGINES * bounds).all():
        sentence = "the rule gives Values and Tensors different derivatives"
        return Fault(WRONG, "engines disagree", sentence, _both(program, on_arrays))
    return None


def _on_tensors(program: Expression, scalar: bool = False) -> tuple[Any, Any]:
    """Values and Jacobian by the tensor engine, in float64."""
    variables = [Tensor(np.asarray(x, dtype=float)) for x in program.inputs]
    y = program(*variables)
    outputs = [y] if y.ndim == 0 else [y.reshape(-1)[i] for i in range(y.size)]
    return np.ravel(y.data), _jacobian(outputs, variables)


def _on_values(program: Expression) -> tuple[Any, Any]:
    """Values and Jacobian by the scalar engine, entry by entry."""
    arrays = [np.asarray(x, dtype=float) for x in program.inputs]
    boxes = [np.empty(a.shape, dtype=object) for a in arrays]
    for box, array in zip(boxes, arrays, strict=True):
        for index in np.ndindex(array.shape):
            box[index] = Value(float(array[index]))
    outputs = list(program.by_entry(*boxes).flat)
    variables = [x for box in boxes for x in box.flat]
    return np.array([float(y._data if isinstance(y, Node) else y) for y in outputs]), _jacobian(outputs, variables)


def _jacobian(outputs: Sequence[Any], variables: Sequence[Any]) -> Any:
    rows = [
        np.concatenate([np.ravel(g) for g in gradients(y, variables)])
        if isinstance(y, Node) and y.requires_grad
        else np.zeros(sum(int(np.size(x._data)) for x in variables))
        for y in outputs
    ]
    return np.array(rows, dtype=float)


def _bounds(report: Report, shape: tuple[int, ...]) -> Any:
    """The bounds of the check in the places of a Jacobian: outputs along the first axis, inputs along the second."""
    rows = [row for row in report.rows if row.mode == "reverse"]
    blocks = []
    for name in dict.fromkeys(row.input for row in rows):
        own = [row.bound for row in rows if row.input == name]
        blocks.append(np.array(own).reshape(shape[0], -1))
    return np.concatenate(blocks, axis=1).reshape(shape) if blocks else np.zeros(shape)


def _both(program: Expression, on_arrays: bool) -> str:
    """A script that shows what either engine makes of a program."""
    if on_arrays:
        count = len(program.inputs)
        ending = f"f = {{f}}\nprint(f({{xs}}))\nprint(np.frompyfunc(f, {count}, 1)({{xs}}))"
        return program.source(ending, ("import numpy as np",))
    arrays = ", ".join(f"np.array({float(x)!r})" for x in program.inputs)
    ending = f"f = {{f}}\nprint(value_and_grad(f)({{xs}}))\nprint(value_and_grad(f)({arrays}))"
    return program.source(ending, ("import numpy as np", "from autograd import value_and_grad"))
