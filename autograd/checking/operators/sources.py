"""Sources: pieces of Python from the files in which functions stand."""

from __future__ import annotations

import ast
import builtins
import inspect
import linecache
import types
from collections.abc import Sequence
from textwrap import dedent
from typing import Any

import numpy as np


def scope(*functions: Any) -> dict[str, Any]:
    """The names that these functions know, and what they stand for."""
    known: dict[str, Any] = {}
    for f in functions:
        if isinstance(f, types.FunctionType):
            known |= f.__globals__
    for f in functions:
        if isinstance(f, types.FunctionType):
            known |= inspect.getclosurevars(f).nonlocals
            if f.__name__.isidentifier():
                known[f.__name__] = f
    return known


def names_used(text: str) -> list[str]:
    """The names that a piece of source takes from outside, in their order, Python's own left out."""
    tree = ast.parse(text)
    bound = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    bound |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    used = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return [name for name in dict.fromkeys(used) if name not in bound and not hasattr(builtins, name)]


def assignment(functions: Sequence[Any], op_name: str) -> tuple[str, str] | None:
    """The assignment around one of these functions that makes an op of this name: what it assigns to, and its source.

    None where none does, as where another function has made the op.
    """
    for f in functions:
        if not isinstance(f, types.FunctionType):
            continue
        lines = linecache.getlines(f.__code__.co_filename)
        line = f.__code__.co_firstlineno
        for node in ast.walk(ast.parse("".join(lines))):
            if isinstance(node, ast.Assign) and _makes(node, op_name) and isinstance(node.targets[0], ast.Name):
                own = dedent("".join(lines[node.lineno - 1 : node.end_lineno])).rstrip()
                inside = node.lineno <= line <= (node.end_lineno or 0)
                called = f.__name__.isidentifier() and f.__name__ in names_used(own)
                if inside or called:
                    return node.targets[0].id, own
    return None


def _makes(node: ast.Assign, op_name: str) -> bool:
    """Whether an assignment calls something with the name of the op as its first argument."""
    call = node.value
    first = call.args[0] if isinstance(call, ast.Call) and call.args else None
    return isinstance(first, ast.Constant) and first.value == op_name


def spelled_function(f: Any, whole: bool = False) -> str:
    """A function where it is used: by its name, or as the lambda that it is; with `whole` its definition.

    OSError or LookupError where it has no source.
    """
    if not isinstance(f, types.FunctionType):
        return _spelled_builtin(f)
    if f.__name__ != "<lambda>":
        return dedent(inspect.getsource(f)).rstrip() if whole else f.__name__
    lines = linecache.getlines(f.__code__.co_filename)
    text = "".join(lines)
    places = {(line, column) for line, _, column, _ in f.__code__.co_positions() if line and column is not None}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Lambda) and (node.body.lineno, node.body.col_offset) in places:
            found = ast.get_source_segment(text, node)
            if found is not None and node.lineno == f.__code__.co_firstlineno:
                return found
    raise LookupError("a lambda that no file holds")


def _spelled_builtin(f: Any) -> str:
    """What is no function of Python: None, an op or function of C, by a name that its module is imported under."""
    if f is None:
        return "None"
    if isinstance(f, np.ufunc):
        return f"np.{f.__name__}"
    module = getattr(f, "__module__", None)
    if module == "numpy":
        return f"np.{f.__name__}"
    if module in ("math", "operator", "_operator"):
        return f"{module.lstrip('_')}.{f.__name__}"
    raise LookupError(f"{f!r} has no source")
