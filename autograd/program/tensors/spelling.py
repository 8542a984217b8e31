"""How NumPy's functions, numbers and the table's rows on arrays are written in the source of a program of Tensors."""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from autograd import array_ops, ops
from autograd.op import Op
from autograd.program.spelling import source_of

# Ufuncs that have a sign of their own, and how tightly it binds.
SIGNS = {
    np.add: ("+", 1), np.subtract: ("-", 1), np.multiply: ("*", 2), np.divide: ("/", 2), np.matmul: ("@", 2),
    np.greater: (">", 0), np.greater_equal: (">=", 0), np.less: ("<", 0), np.less_equal: ("<=", 0),
    np.equal: ("==", 0), np.not_equal: ("!=", 0),
}  # fmt: skip


def text_of(function: Any) -> str | None:
    """What a function of NumPy is called there; None of any other."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, np.ufunc):
        name = text_of(owner)
        return name and f"{name}.{function.__name__}"
    module, name = getattr(function, "__module__", None) or "numpy", getattr(function, "__name__", "")
    path = [*module.split(".")[1:], name] if module.startswith("numpy") else []
    found: Any = np
    for part in path:
        found = getattr(found, part, None)
    return ".".join(["np", *path]) if path and found is function else None


def number_text(x: Any) -> str:
    """A constant as Python and NumPy write it, to the last bit."""
    if isinstance(x, np.dtype):
        return f"np.{x.name}" if x.kind != "b" else "bool"
    if isinstance(x, np.ndarray):
        return _array_text(x)
    if isinstance(x, float) and not math.isfinite(x):
        return "np.nan" if x != x else "np.inf" if x > 0.0 else "-np.inf"
    if isinstance(x, np.generic):
        return repr(x.item())
    return "..." if x is Ellipsis else repr(x)


def _array_text(x: np.ndarray[Any, Any]) -> str:
    dtype = number_text(x.dtype)
    if x.size and (x == x.flat[0]).all():
        return f"np.full({x.shape}, {number_text(x.flat[0])}, {dtype})"
    if x.ndim == 1 and x.dtype.kind == "i" and (x == np.arange(x.size)).all():
        return f"np.arange({x.size})"
    numbers = "[" + ", ".join(_nested(row) for row in x) + "]" if x.ndim else number_text(x[()])
    return f"np.array({numbers}, {dtype})"


def _nested(x: Any) -> str:
    return "[" + ", ".join(map(_nested, x)) + "]" if np.ndim(x) else number_text(x)


# ── rows that are written out above the page ─────────────────────────────────────────────────────────────────────────


def row_definitions(rows: Mapping[str, Op]) -> list[str]:
    """The functions of these ops on arrays, and what they use, as definitions; of a user's own a comment."""
    found: dict[str, str] = {}
    for name, op in rows.items():
        if name in _functions():
            _define(name, _functions()[name], found)
        elif array_ops.ARRAY_TABLE.get(name) is op or ops.TABLE.get(name) is op:
            _define(name, _row(name), found)
        else:
            text = source_of(op.array_function)
            found[name] = f"# {name}: an op of your own{', ' + ' '.join(text.split()) if text else ''}"
    return list(found.values())


def is_of_the_tables(function: Any) -> bool:
    """Whether this is one of the functions below the two tables, by its name."""
    return getattr(function, "__name__", "") in _functions()


def _define(name: str, written: ast.stmt, found: dict[str, str]) -> None:
    if name in found:
        return
    for used in sorted({n.id for n in ast.walk(written) if isinstance(n, ast.Name)} - {name}):
        if used in _functions() and used not in found:
            _define(used, _functions()[used], found)
    found[name] = ast.unparse(written)


@cache
def _functions() -> dict[str, ast.stmt]:
    """The functions below the two tables, without what only a type checker reads."""
    trees = [ast.parse(inspect.getsource(module)) for module in (ops, array_ops)]
    return {node.name: _bare(node) for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)}


def _bare(node: ast.FunctionDef) -> ast.FunctionDef:
    node.returns = None
    for argument in [*node.args.args, *node.args.kwonlyargs, *filter(None, [node.args.vararg])]:
        argument.annotation = None
    return node


@cache
def _row(name: str) -> ast.stmt:
    """A row's function on arrays as a definition of that name."""
    for module, place in ((array_ops, 1), (ops, 2)):
        calls = (node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Call))
        rows = (
            call for call in calls if isinstance(call.func, ast.Name) and call.func.id in ("array_op", "elementwise")
        )
        for row in rows:
            if ast.literal_eval(row.args[0]) == name:
                return _as_definition(name, row.args[place])
    raise LookupError(name)


def _as_definition(name: str, written: ast.expr) -> ast.stmt:
    template = ast.parse(f"def {name}(): return 0").body[0]
    assert isinstance(template, ast.FunctionDef)
    if isinstance(written, ast.Lambda):
        template.args, template.body = written.args, [ast.Return(written.body)]
    else:
        template = ast.parse(f"{name} = 0").body[0]
        template.value = written  # type: ignore[attr-defined]
    return ast.fix_missing_locations(template)
