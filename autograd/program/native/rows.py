"""The rows of the table as native code has them: a code for each, and a text that Numba can take."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from functools import cache

from autograd.op import Op
from autograd.ops import TABLE
from autograd.program.lanes import spelling as lane_spelling
from autograd.program.listing import Listing
from autograd.program.spelling import Spelling, definitions, is_row, spelling

ROWS: tuple[Op, ...] = tuple(op for op in TABLE.values() if op.arity != -1)
CODES: dict[Op, int] = {op: code for code, op in enumerate(ROWS)}
ARITIES = [op.arity for op in ROWS]


@cache
def text_of(op: Op) -> Spelling:
    """How a row is written for Numba: as on floats, or as on arrays where that takes any number of operands."""
    spelled = spelling(op)
    if any(_takes_any_number(source) for source in definitions(list(spelled.definitions)).values()):
        in_lanes = lane_spelling.spelling(op)
        assert in_lanes is not None
        assert in_lanes.direct
        return Spelling(f"{in_lanes.text})", 3)
    return spelled


@cache
def fold(op: Op) -> Op | None:
    """The row of two operands that gives the same when it takes the operands one after the other; None of others."""
    spelled = lane_spelling.spelling(op)
    if spelled is None or not spelled.folded:
        return None
    on_two = lane_spelling.Spelling(f"{spelled.text}({{0}}, {{1}}", direct=True)
    return next(row for row in ROWS if lane_spelling.spelling(row) == on_two)


def in_pairs(op: Op, operands: tuple[int, ...], results: Sequence[int]) -> list[tuple[Op, tuple[int, ...]]]:
    """An instruction as rows of fixed arity, which leave their results at these places, one after the other.

    An op of any number of operands takes them two at a time; of one operand each is that operand.
    """
    row = fold(op)
    if row is None:
        return [(op, operands)]
    if len(operands) == 1:
        return [(TABLE["maximum"], operands * 2)]
    return [(row, operands[:2]), *((row, pair) for pair in zip(results, operands[2:], strict=False))]


@cache
def rounds_apart(op: Op) -> bool:
    """Whether native code may round this op otherwise than Python: it is more than + − × ÷ and choices."""
    if op.arity == -1:
        return op.name not in ("max", "min")
    sources = [text_of(op).text, *definitions(list(text_of(op).definitions)).values()]
    return any(re.search(r"math\.(?!sqrt|fabs|copysign)|np\.", source) for source in sources)


def refusal(listing: Listing) -> str:
    """Why a listing cannot be native code; empty where it can."""
    for op in {line.op for line in listing.instructions}:
        if op.whole:
            return f"{op.name} works on arrays"
        if not is_row(op):
            return f"{op.name} is an op of your own, which is known to Python alone"
    return ""


def _takes_any_number(source: str) -> bool:
    return any(isinstance(node, ast.FunctionDef) and node.args.vararg for node in ast.walk(ast.parse(source)))
