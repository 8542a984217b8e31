"""A row's derivatives as text: its rule is run on names, so that nothing is written twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd import ops
from autograd.algebra import Algebra
from autograd.errors import AutogradError
from autograd.op import Op
from autograd.view.text import number

LOOSE, SUM, PRODUCT, ATOM = range(4)  # how tightly a text holds together
DIGITS = 6


def derivatives_written(op: Op, y: str, operands: Sequence[str]) -> tuple[str, ...]:
    """The local derivatives of an elementwise op over the names of its result and operands; "" where there is none.

    All are "" where the rule cannot be run on names, as one that calls `math`.

    >>> derivatives_written(ops.tanh, "y", ["a"])
    ('1 − y²',)
    """
    nothing = ("",) * len(operands)
    if op.rule is None:
        return nothing
    try:
        entries = op.rule(Formula(y), *map(Formula, operands))
        taken = [entry() if callable(entry) and not isinstance(entry, Formula) else entry for entry in entries]
        return tuple("" if entry is None else _formula(entry).text for entry in taken)
    except (AutogradError, TypeError, ValueError, ArithmeticError, AttributeError):
        return nothing


class Formula(Algebra):
    """A node that is a text: ops on it write themselves down, in the notation of the table."""

    __slots__ = ("guards", "level", "text")

    def __init__(self, text: str, level: int = ATOM, guards: bool = False) -> None:
        self.text, self.level = text, level
        self.guards = guards  # asks for a special point, such as a = 0

    def apply(self, op: Op, arguments: Sequence[Any], parameters: dict[str, Any] | None = None) -> Any:
        parts = [_formula(argument) for argument in arguments]
        if op is ops.add:
            return _sum(*parts)
        if op is ops.mul:
            return _product(*parts)
        if op is ops.reciprocal:
            return Formula(f"1/{parts[0].within(ATOM)}", PRODUCT)
        if op is ops.where and parts[0].guards:
            return parts[2]  # what holds everywhere but at the special point
        infix = not op.symbol.endswith((")", "|"))
        texts = [part.within(ATOM) if infix else part.text for part in parts]
        level = ATOM if not infix else PRODUCT if op in (ops.divide, ops.pow) else LOOSE
        return Formula(op.written(*texts), level, op is ops.equal)

    def within(self, level: int) -> str:
        """The text, in parentheses where it holds together less than that."""
        return self.text if self.level >= level else f"({self.text})"

    def why_undecided(self) -> str:
        return "the rule decides by a number, and is run on a name"


def _formula(x: Any) -> Formula:
    if isinstance(x, Formula):
        return x
    text = number(x, DIGITS)
    return Formula(text, PRODUCT if text.startswith("−") else ATOM)


def _sum(a: Formula, b: Formula) -> Formula:
    if "0" in (a.text, b.text):  # y + 0.0 makes a negative zero positive
        return b if a.text == "0" else a
    left, right = a.within(SUM), b.within(SUM)
    return Formula(f"{left} − {right[1:]}" if right.startswith("−") else f"{left} + {right}", SUM)


def _product(a: Formula, b: Formula) -> Formula:
    guards = a.guards or b.guards
    for one, other in ((a, b), (b, a)):
        if one.text == "1":
            return other
        if one.text == "−1":
            text = other.within(PRODUCT)
            return Formula(text[1:] if text.startswith("−") else f"−{text}", PRODUCT)
    if a.text == b.text:
        return Formula(f"{a.within(ATOM)}²", PRODUCT, guards)
    if a.text.startswith("1/"):
        a, b = b, a
    if b.text.startswith("1/"):
        return Formula(f"{a.within(PRODUCT)}{b.text[1:]}", PRODUCT, guards)
    return Formula(f"{a.within(PRODUCT)} × {b.within(PRODUCT)}", PRODUCT, guards)
