"""Untouched: whether an op leaves the arrays that it is given as they were, its function and its rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.checking.operators.target import Target
from autograd.checking.programs.expression import Expression
from autograd.checking.programs.spelling import joined_imports, number
from autograd.graph import Node, ancestry
from autograd.tensor import Tensor


def touched(target: Target, program: Expression) -> tuple[str, str] | None:
    """A sentence and a script where a call of the op in this program changes what it is given; else None."""
    with np.errstate(all="ignore"):
        try:
            y = program(*(Tensor(np.array(x)) for x in program.inputs))
        except Exception:
            return None  # the check says more of it
        calls = [node for node in ancestry(y) if node.op is target.op] if isinstance(y, Node) else []
        for node in calls:
            operands = [np.array(parent._data) for parent in node.parents]
            found = _changed_by(target, node, operands)
            if found is not None:
                return found
    return None


def _changed_by(target: Target, node: Any, operands: Sequence[Any]) -> tuple[str, str] | None:
    op, parameters = target.op, dict(node.parameters)
    given = [a.copy() for a in operands]
    try:
        y = np.array(op.array_function(*given, **parameters))
    except Exception:
        return None
    if not _same(given, operands):
        sentence = "its function changes the array that it is given: let it compute a new one"
        return sentence, _script(target, operands, parameters)
    if not op.derivable:
        return None
    g, kept = np.ones(y.shape), y.copy()
    try:
        list(op.shares(g, y, given, [True] * len(given), parameters, lambda place: None))
    except Exception:
        return None
    if _same([*given, y], [*operands, kept]) and (g == 1.0).all():
        return None
    what = "the gradient" if not (g == 1.0).all() else "the numbers"
    sentence = f"its rule changes {what} that it is given, which others use too: let it compute new ones"
    return sentence, _script(target, operands, parameters, y)


def _same(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return all(np.array_equal(a, b, equal_nan=True) for a, b in zip(one, other, strict=True))


def _script(target: Target, operands: Sequence[Any], parameters: dict[str, Any], y: Any = None) -> str:
    """A call, and what it was given before and after."""
    names = ["a", "b", "c"][: len(operands)] if len(operands) <= 3 else [f"a{i + 1}" for i in range(len(operands))]
    lines = [f"{name} = {number(a)}" for name, a in zip(names, operands, strict=True)]
    call = target.form(len(operands), parameters).written.format(*names)
    if y is None:
        lines += [call, f"print({', '.join(names)})"]
    else:
        whole = target.op.whole
        shown = ", ".join(names)
        given = "".join(f", {key}={value!r}" for key, value in parameters.items())
        lines += [f"y = {call}", "g = np.ones(y.shape)"]
        rule = f"{target.name}.pull_back(g, y, {shown}{given})" if whole else f"{target.name}.rule(y, {shown})"
        lines += [rule, f"print(g, y, {shown})"]
    head = joined_imports(["import numpy as np", *target.imports])
    return "\n".join([*head, "", *lines])
