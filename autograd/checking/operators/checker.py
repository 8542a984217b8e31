"""check_op: random programs around an op, until one fails, and the shortest that does."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.checking.extra import hypothesis
from autograd.checking.operators.drawn import Drawn
from autograd.checking.operators.op_report import OpReport
from autograd.checking.operators.routes import Options
from autograd.checking.operators.search import Search
from autograd.checking.operators.target import target
from autograd.checking.report import GradientError
from autograd.errors import ArgumentError
from autograd.modes import Site
from autograd.op import Op

PROGRAMS = 60


def check_op(
    op: Op,
    *,
    inputs: Any = None,
    parameters: Any = None,
    programs: int = PROGRAMS,
    order: int = 1,
    forward: bool = True,
    seed: int = 0,
) -> OpReport:
    """Checks an op of your own in random programs, four ways that must agree, and shrinks what fails to a few lines.

    The programs use the op on numbers and arrays, float64 and float32: on operands that are shared, stretched by
    broadcasting, or views of others; twice; on its own result; and with its result used again. Each is run by the
    scalar engine (elementwise ops), by the tensor engine, by forward mode, and against numerical differentiation, with
    the bounds and verdicts of `check`. Kinks and derivatives that nobody knows well enough are no faults. Whether the
    op changes what it is given, or gives something else a second time, is looked at too.

    Where the op is defined is found by trying. `inputs` says it where that fails, or is not enough: one entry for each
    operand, an array, a number, or a shape as a tuple; or a Hypothesis strategy for such lists. `parameters` are those
    of an array op by name, a dict or a strategy for dicts. Operands that a rule gives None for are held constant.

    The same programs are drawn every time; `seed` draws others. Needs Hypothesis: MissingExtra without it.

    >>> from autograd import elementwise
    >>> cube = elementwise("cube", lambda a: a * a * a, lambda a: a * a * a, lambda y, a: (2.0 * a * a,))
    >>> check_op(cube).cause
    'factor 2/3'
    """
    st = hypothesis("check_op").strategies
    own = target(op)
    _demand_counts(programs, order)
    drawn = Drawn(st, own, inputs, parameters, seed)
    search = Search(drawn.target, Options(order, forward), programs)
    search.run(st.composite(drawn.program)(), seed)
    return OpReport(
        op.name, search.first or search.count, dict(search.verdicts), drawn.notes(), search.shortest, _rule_of(op)
    )


def assert_op(
    op: Op,
    *,
    inputs: Any = None,
    parameters: Any = None,
    programs: int = PROGRAMS,
    order: int = 1,
    forward: bool = True,
    seed: int = 0,
) -> None:
    """Raises GradientError, an AssertionError, with the report of `check_op` unless the op passes."""
    __tracebackhide__ = True  # pytest shows the caller's line, and not this one
    report = check_op(
        op, inputs=inputs, parameters=parameters, programs=programs, order=order, forward=forward, seed=seed
    )
    if not report.passed:
        raise GradientError(report)


def _demand_counts(programs: Any, order: Any) -> None:
    for name, number in (("programs", programs), ("order", order)):
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < 1:
            raise ArgumentError(f"check_op takes {name} as a whole number, 1 or more; got {number!r}")


def _rule_of(op: Any) -> str:
    """Where the rule or pull-back of an op begins, as file and line; nothing where it is no plain function."""
    code = getattr(op.pull_back if op.whole else op.rule, "__code__", None)
    return "" if code is None else str(Site(code.co_filename, code.co_firstlineno))
