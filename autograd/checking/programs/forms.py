"""Forms: the vocabulary of random programs, each with the way it is written."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd import array_functions as functions
from autograd.checking.programs.expression import Form
from autograd.op import Op
from autograd.ops import TABLE

OPS = ("from autograd import ops",)


def of_op(op: Op, written: str, imports: tuple[str, ...], **parameters: Any) -> Form:
    """An op as a form; of an elementwise one arrays of Values are taken entry by entry."""
    function = (lambda *xs: op(*xs, **parameters)) if parameters else op
    return Form(written, function, None if op.whole else by_entry(op), imports)


def by_entry(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function of Values on arrays of them, without warnings, as Values give none."""

    def on_objects(*xs: Any) -> Any:
        with np.errstate(all="ignore"):
            return np.frompyfunc(f, len(xs), 1)(*xs)

    return on_objects


def _row(name: str, operands: int) -> Form:
    return of_op(TABLE[name], f"ops.{name}({', '.join(['{}'] * operands)})", OPS)


def _chosen(c: Any, a: Any) -> Any:
    return TABLE["where"](TABLE["greater"](c, a), c, a)


PLUS = Form("{} + {}", operator.add, infix=True)
MINUS = Form("{} - {}", operator.sub, infix=True)
TIMES = Form("{} * {}", operator.mul, infix=True)
THIRD = Form("0.75 * {}", lambda a: 0.75 * a, infix=True)
SHIFTED = Form("{} + 1.5", lambda a: a + 1.5, infix=True)

SINE = of_op(TABLE["sin"], "ops.sin({})", OPS)
WHERE = Form("ops.where(ops.greater({0}, {1}), {0}, {1})", _chosen, by_entry(_chosen), OPS)
CLIPPED = Form(
    "ops.clip({}, -1.0, 1.5)",
    lambda a: TABLE["clip"](a, -1.0, 1.5),
    by_entry(lambda a: TABLE["clip"](a, -1.0, 1.5)),
    OPS,
)
NOT_FORMS = ("add", "mul", "where", "clip")  # rows that are written otherwise here

# From the simplest on, for Hypothesis shrinks toward the first.
OF_NUMBERS: tuple[Form, ...] = (
    *(TIMES, PLUS, MINUS, THIRD, SHIFTED),
    *(_row(name, 1) for name, op in TABLE.items() if op.derivable and op.arity == 1),
    *(_row(name, 2) for name, op in TABLE.items() if op.derivable and op.arity == 2 and name not in NOT_FORMS),
    *(_row(name, 3) for name, op in TABLE.items() if op.derivable and op.arity == -1),
    *(WHERE, CLIPPED),
)

TURNED = Form("{}.T", lambda a: a.T, axes=1)
BACKWARDS = Form("{}[::-1]", lambda a: a[::-1], axes=1)
FIRST = Form("{}[..., :1]", lambda a: a[..., :1], axes=1)
TWICE = Form("{}[[0, 0, -1]]", lambda a: a[[0, 0, -1]], axes=1)
FLAT = Form("{}.reshape(-1)", lambda a: a.reshape(-1), axes=1)
TOTAL = Form("{}.sum()", lambda a: a.sum(), axes=1)
DOWN = Form("{}.sum(axis=0)", lambda a: a.sum(axis=0), axes=1)
JOINED = Form("{} @ {}.T", lambda a, b: a @ b.T, infix=True, axes=1)

OF_ARRAYS: tuple[Form, ...] = (TOTAL, TURNED, BACKWARDS, FIRST, TWICE, FLAT, DOWN, JOINED)


def operands_of(form: Form) -> int:
    """How many operands a form takes."""
    return 2 if form is WHERE else form.written.count("{}")


def broadcast_to(shape: Sequence[int]) -> Form:
    """Stretched to a shape."""
    shape = tuple(shape)
    return Form(
        f"broadcast_to({{}}, {shape})",
        lambda a: functions.broadcast_to(a, shape),
        lambda a: np.broadcast_to(a, shape),
        ("from autograd import broadcast_to",),
    )


def every_other() -> Form:
    """Every other entry of the last axis."""
    return Form("{}[..., ::2]", lambda a: a[..., ::2], axes=1)
