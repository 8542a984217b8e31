"""Spelling: what an op's function on floats is called in a page of Python, and the definitions that page needs.

The table is the one place where a function is written. Its text is read from there, so that the page says what the
table says: `1.0 / a` stands in its line, `relu` is defined above it as the table has it.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import cache
from typing import Any, NamedTuple

from autograd import ops
from autograd.op import Op

_SIGNS = {"operator.add": "+", "operator.mul": "*", "operator.truediv": "/"}
TIGHTNESS = {"+": 1, "-": 1, "*": 2, "/": 2}


class Spelling(NamedTuple):
    """How an op stands in a line: its text with a place for each operand, and how tightly its operator binds."""

    text: str
    tightness: int  # 0 a comparison or choice, 1 + and −, 2 × and ÷, 3 a call
    definitions: tuple[str, ...] = ()  # names, in the page's order of definition

    def of(self, operands: list[str]) -> str:
        """The text with operands put in; one place stands for them all where there may be any number."""
        return self.text.format(*operands) if "{}" not in self.text else self.text.format(", ".join(operands))


def is_row(op: Op) -> bool:
    """Whether this op is one of the table's own."""
    return ops.TABLE.get(op.name) is op


@cache
def spelling(op: Op) -> Spelling:
    """How the function of an op is spelled: an operator, a function of `math`, or one that the page defines."""
    if not is_row(op):
        return Spelling(f"{op.name}({{}})", 3, (op.name,))
    written = rows(ON_FLOATS)[op.name]
    text = ast.unparse(written)
    if text in _SIGNS:
        return Spelling(f"{{0}} {_SIGNS[text]} {{1}}", TIGHTNESS[_SIGNS[text]])
    if text.startswith("math."):
        return Spelling(f"{text}({{}})", 3)
    assert isinstance(written, ast.Lambda)
    names = [argument.arg for argument in written.args.args]
    body = written.body
    if isinstance(body, ast.BinOp) and [n.id for n in ast.walk(body) if isinstance(n, ast.Name)] == names:
        places = {name: f"{{{i}}}" for i, name in enumerate(names)}
        sign = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}[type(body.op)]
        return Spelling(f"{_put(body.left, places)} {sign} {_put(body.right, places)}", TIGHTNESS[sign])
    return Spelling(f"{op.name}({{}})", 3, (op.name,))


def _put(part: ast.expr, places: dict[str, str]) -> str:
    return places[part.id] if isinstance(part, ast.Name) else ast.unparse(part)


def definitions(names: list[str]) -> dict[str, str]:
    """The source of every function of the table that these need, what is used before what uses it."""
    found: dict[str, str] = {}

    def define(name: str) -> None:
        if name in found:
            return
        written = _functions().get(name)
        if written is None:
            return
        for used in sorted({n.id for n in ast.walk(written) if isinstance(n, ast.Name)} - {name}):
            if used in _functions():
                define(used)
        found[name] = ast.unparse(written)

    for name in names:
        define(name)
    return found


ON_FLOATS, ON_ARRAYS = 1, 2  # which argument of `elementwise` a function is


@cache
def rows(which: int) -> dict[str, ast.expr]:
    """For each row of the table its function, on floats or on arrays, as it is written there."""
    tree = ast.parse(inspect.getsource(ops))
    return {
        ast.literal_eval(node.args[0]): node.args[which]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "elementwise"
    }


@cache
def _functions() -> dict[str, ast.stmt]:
    """Every function of the table's page, rows under their own names, as definitions."""
    tree = ast.parse(inspect.getsource(ops))
    found: dict[str, Any] = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for name, written in rows(ON_FLOATS).items():
        if isinstance(written, ast.Lambda):
            template = ast.parse(f"def {name}(): return 0").body[0]
            assert isinstance(template, ast.FunctionDef)
            template.args = written.args
            template.body = [ast.Return(written.body)]
            found[name] = ast.fix_missing_locations(template)
    return {name: _Plain().visit(node) for name, node in found.items()}


class _Plain(ast.NodeTransformer):
    """Calls of rows as calls of the page's own functions, and nothing that only a type checker reads."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if node.attr == "function" and isinstance(node.value, ast.Name):
            return ast.Name(node.value.id, node.ctx)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        for argument in [*node.args.args, *filter(None, [node.args.vararg])]:
            argument.annotation = None
        return self.generic_visit(node)


def source_of(function: Any) -> str | None:
    """The source of a user's own function, where Python can find it."""
    try:
        return textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        return None
