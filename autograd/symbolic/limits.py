"""The limits: what SymPy would not come back from is refused before, or interrupted where nobody can tell before."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from math import comb
from typing import Any

from autograd.errors import GraphTooLarge

MOST_TERMS = 1_000  # that simplify may meet where it multiplies out
MOST_CALLS = 50_000_000  # begun and ended: ten to thirty seconds


@contextmanager
def within_reach() -> Iterator[None]:
    """GraphTooLarge where SymPy runs out of stack, or out of calls: after as many on every machine.

    Under a profiler, whose place the count would take, nothing is counted.
    """
    left = MOST_CALLS

    def count(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise _OutOfCalls

    counting = sys.getprofile() is None
    if counting:
        sys.setprofile(count)
    try:
        yield
    except RecursionError:
        raise GraphTooLarge(
            "this expression is nested too deeply for SymPy, which takes a few hundred functions inside one another: "
            "give a node further down; gradients and numeric work on graphs of any size"
        ) from None
    except _OutOfCalls:
        raise GraphTooLarge(
            f"SymPy is not done with this after {MOST_CALLS:,} calls: give a node further down or a simpler form; "
            "gradients and numeric work on graphs of any size"
        ) from None
    finally:
        if counting:
            sys.setprofile(None)


class _OutOfCalls(BaseException):
    """No Exception, for SymPy takes many of those to mean that a method does not apply, and tries the next."""


def demand_few_terms(expression: Any) -> None:
    """GraphTooLarge where multiplying out gives more than MOST_TERMS terms, which SymPy makes in a single call."""
    if max(_terms(expression)) > MOST_TERMS:
        raise GraphTooLarge(
            f"multiplied out this has more than {MOST_TERMS:,} terms, and simplify would not come back: "
            "to_sympy gives a graph as it stands"
        )


def _terms(expression: Any) -> tuple[int, int]:
    """At most how many terms numerator and denominator have when multiplied out, counted no further than needed."""
    beyond = MOST_TERMS + 1
    parts = [_terms(part) for part in expression.args]
    above = below = 1
    if expression.is_Add:
        above = 0
        for a, b in parts:  # brought to a common denominator
            above, below = min(above * b + a * below, beyond), min(below * b, beyond)
    elif expression.is_Mul:
        for a, b in parts:
            above, below = min(above * a, beyond), min(below * b, beyond)
    elif expression.is_Pow and expression.exp.is_Integer:
        power = min(abs(int(expression.exp)), beyond)
        above, below = (min(comb(power + count - 1, power), beyond) for count in parts[0])
        above, below = (above, below) if expression.exp > 0 else (below, above)
    elif parts:  # what is inside a function is multiplied out there
        above = beyond if max(max(part) for part in parts) > MOST_TERMS else 1
    return above, below
