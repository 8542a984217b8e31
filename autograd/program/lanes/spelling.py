"""Spelling in lanes: an op on arrays as lines of Python that write into an array which is there already.

As on floats, the text is read from the table: `np.exp` takes a place to write to; what is no function of that kind
is computed and copied there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from autograd import ops
from autograd.op import Op
from autograd.program.listing import Instruction
from autograd.program.spelling import ON_ARRAYS, rows

_RELATIONS = {ast.Gt: "greater", ast.GtE: "greater_equal", ast.Lt: "less", ast.LtE: "less_equal",
              ast.Eq: "equal", ast.NotEq: "not_equal"}  # fmt: skip


class Spelling(NamedTuple):
    """How an op stands in lanes: a text with a place for each operand, and what it is.

    `direct` texts end before the array to write to; `folded` ones take two operands and are used one after the other;
    others give an array of their own. `definitions` are functions of the table's page that the text calls.
    """

    text: str
    direct: bool = False
    folded: bool = False
    definitions: tuple[str, ...] = ()


def lines(op: Op, name: str, operands: Sequence[str], room: str, own: str) -> Iterator[str]:
    """The lines that leave the op's result in `room`, called `name`; `own` is what an op that is no row is called."""
    spelled = spelling(op)
    if spelled is None:
        yield f"{name} = {room}"
        yield f"np.copyto({name}, {own}({', '.join(operands)}))"
    elif spelled.folded and len(operands) == 1:
        yield f"{name} = np.positive({operands[0]}, out={room})"
    elif spelled.folded:
        yield f"{name} = {spelled.text}({operands[0]}, {operands[1]}, out={room})"
        yield from (f"{spelled.text}({name}, {operand}, out={name})" for operand in operands[2:])
    elif spelled.direct:
        yield f"{name} = {spelled.text.format(*operands)}, out={room})"
    else:
        yield f"{name} = {room}"
        yield f"np.copyto({name}, {spelled.text.format(*operands)})"


def in_place(line: Instruction) -> bool:
    """Whether the result may lie where an operand lay that nobody else asks for."""
    spelled = spelling(line.op)
    return spelled is None or not spelled.folded or len(line.operands) <= 2


@cache
def spelling(op: Op) -> Spelling | None:
    """How the table writes this op on arrays; None for what can only be called, such as an op of the user's."""
    if ops.TABLE.get(op.name) is not op:
        return None
    written = rows(ON_ARRAYS)[op.name]
    if not isinstance(written, ast.Lambda):
        names = [f"a{i}" for i in range(op.arity)]
        return _of_call(ast.Call(written, [ast.Name(name) for name in names], []), names)
    body = written.body
    if written.args.vararg is None:
        return _of_call(body, [argument.arg for argument in written.args.args])
    if isinstance(body, ast.Call) and ast.unparse(body.func) == "reduce" and _is_ufunc(body.args[0]):
        return Spelling(ast.unparse(body.args[0]), folded=True)
    return None


def _of_call(body: ast.expr, names: Sequence[str]) -> Spelling | None:
    """A text for this call, with a place for each of the operands that have these names."""
    if isinstance(body, ast.Call) and ast.unparse(body.func) == "_as_numbers":
        body = _as_function(body.args[0])
    if not isinstance(body, ast.Call) or any(isinstance(n, (ast.BinOp, ast.UnaryOp)) for n in ast.walk(body)):
        return None
    arguments: list[ast.expr] = [
        ast.Name(f"{{{names.index(x.id)}}}") if isinstance(x, ast.Name) and x.id in names else x for x in body.args
    ]
    text = ast.unparse(ast.Call(body.func, arguments, []))
    if _is_ufunc(body.func):
        return Spelling(text[:-1], direct=True)
    return Spelling(text, definitions=(body.func.id,) if isinstance(body.func, ast.Name) else ())


def _as_function(truth: ast.expr) -> ast.expr:
    """a > b as np.greater(a, b), which writes 1 and 0 where it is given an array of floats."""
    assert isinstance(truth, ast.Compare)
    relation = ast.parse(f"np.{_RELATIONS[type(truth.ops[0])]}", mode="eval").body
    return ast.Call(relation, [truth.left, *truth.comparators], [])


def _is_ufunc(written: ast.expr) -> bool:
    text = ast.unparse(written)
    return text.startswith("np.") and isinstance(getattr(np, text.removeprefix("np."), None), np.ufunc)
