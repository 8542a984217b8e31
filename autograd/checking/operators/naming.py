"""Naming: how a script gets hold of an op, by importing it or by the source that defines it."""

from __future__ import annotations

import ast
import sys
import types
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd.checking.operators.sources import assignment, names_used, scope, spelled_function
from autograd.checking.programs.spelling import number
from autograd.op import Op


def named(op: Op) -> tuple[str, tuple[str, ...]]:
    """What an op is called in a script, and the lines that come before: an import, or else its definition."""
    imported = _imported(op)
    if imported is not None:
        module, name = imported
        return name, (f"from {module} import {name}",)
    try:
        return _defined(op)
    except (OSError, SyntaxError, TypeError, LookupError):  # typed at a prompt, or made by other means
        return op.name, (f"# {op.name} is the op that was checked, whose source was not found",)


def _imported(op: Any) -> tuple[str, str] | None:
    """A module that has it under a name: one of the library for a row of its tables, else the user's."""
    found = []
    for module_name, module in list(sys.modules.items()):
        if not isinstance(module, types.ModuleType) or module_name == "__main__":
            continue
        for name, held in list(vars(module).items()):
            if held is op and not name.startswith("_"):
                found.append((module_name, name))
    tables = ("autograd.ops", "autograd.array_ops")
    return min(found, key=lambda own: (own[0] not in tables, own[1] != op.name, len(own[0]), own), default=None)


def _defined(op: Any) -> tuple[str, tuple[str, ...]]:
    """The statement that made the op, as it stands in its file or else made again, after what it uses."""
    parts = [op.function, op.pull_back] if op.whole else [op.function, op.array_function, op.rule]
    known = scope(*parts)
    found = assignment(parts, op.name)
    if found is None:
        maker, name = ("array_op" if op.whole else "elementwise"), f"{op.name}_op" if op.name in known else op.name
        lines = ",\n    ".join([f'"{op.name}"', *(spelled_function(part) for part in parts)])
        text = f"{name} = {maker}(\n    {lines},\n)"
        modules = [f"import {module}" for module in ("math", "operator") if f"    {module}." in text]
        before = [f"from autograd import {maker}", *modules]
    else:
        (name, text), before = found, []
    return name, (*before, *_needed(text, known, {name, *(["array_op", "elementwise"] if before else [])}), text)


def _needed(text: str, known: dict[str, Any], done: set[str]) -> Iterator[str]:
    """Lines that bring in the names a piece of source uses: imports, sources of functions, numbers."""
    for name in names_used(text):
        if name in known and name not in done:
            done.add(name)
            yield from _line_for(name, known[name], done)


def _line_for(name: str, held: Any, done: set[str]) -> Iterator[str]:
    own_name = getattr(held, "__name__", name)
    if isinstance(held, types.ModuleType):
        package, _, last = own_name.rpartition(".")
        yield (f"from {package} import {last}" if package else f"import {last}") + _as(last, name)
    elif isinstance(held, Op):
        own, lines = named(held)
        yield from (*lines, *([f"{name} = {own}"] if own != name else []))
    elif isinstance(held, types.FunctionType) and not _importable(held):
        source = spelled_function(held, whole=True)
        yield from _needed(source, scope(held), done)
        yield source if source.startswith(("def ", "@")) else f"{name} = {source}"
    elif hasattr(held, "__module__") and hasattr(held, "__name__"):
        public = getattr(sys.modules["autograd"], own_name, None) is held
        yield f"from {'autograd' if public else held.__module__} import {own_name}{_as(own_name, name)}"
    else:
        yield f"{name} = {_literal(held)}"


def _literal(held: Any) -> str:
    if isinstance(held, np.random.Generator):
        return "np.random.default_rng()"
    text = number(held) if isinstance(held, np.ndarray) else repr(held)
    try:
        ast.parse(text, mode="eval")
    except SyntaxError:
        return f"...  # {text[:60]}"
    return text


def _as(held: str, name: str) -> str:
    return "" if held == name else f" as {name}"


def _importable(f: Any) -> bool:
    module = sys.modules.get(f.__module__)
    return f.__module__ != "__main__" and getattr(module, f.__name__, None) is f
