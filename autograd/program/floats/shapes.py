"""Shapes: expressions as Python writes them, without what they are applied to.

An instruction whose result is used once stands within the expression that uses it, `a * b + c` in place of two lines:
Python is spared the name. Even a large listing holds few shapes, for it does the same again and again.
"""

from __future__ import annotations

import ast
import copy
import math
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from autograd.op import Op
from autograd.program.page import Text, number
from autograd.program.spelling import ON_FLOATS, TIGHTNESS, is_row, rows, spelling

_CALL, _ATOM = 3, 4  # how tightly a call and a name bind


class Shape:
    """An op, and for each operand the shape of what it is applied to: a number's own text, or None for one it is given.

    Shapes are compared by identity: there is one object for all expressions of a shape.
    """

    __slots__ = ("op", "parts", "pattern", "size")

    def __init__(self, op: Op, parts: tuple[Shape | str | None, ...]) -> None:
        self.op, self.parts, self.pattern = op, parts, ""
        self.size: int = 1 + sum([part.size for part in parts if isinstance(part, Shape)])

    def takes(self) -> int:
        """How many numbers it is given."""
        return sum(1 if part is None else part.takes() if isinstance(part, Shape) else 0 for part in self.parts)

    def written(self, names: list[str], functions: Functions) -> str:
        """The expression with these names for the numbers it is given, from left to right."""
        if not self.pattern:
            self.pattern = self._text(iter([f"{{{i}}}" for i in range(self.takes())]), functions).text
        return self.pattern.format(*names)

    def _text(self, names: Iterator[str], functions: Functions) -> Text:
        parts = [
            Text(next(names)) if part is None else Text(part) if isinstance(part, str) else part._text(names, functions)
            for part in self.parts
        ]
        text, tightness = in_line(self.op)
        if not text:
            return Text(f"{functions.name(self.op)}({', '.join(part.text for part in parts)})", _CALL)
        if tightness == _ATOM:
            return Text(text.format(*[part.within(_ATOM) for part in parts]), _ATOM)
        # A sum or product from left to right needs no brackets on the left, where its text begins with that operand.
        first = tightness + (0 if text.startswith("{0}") else 1)
        texts = [part.within(tightness + 1 if i else first) for i, part in enumerate(parts)]
        return Text(text.format(*texts), tightness)


class Functions:
    """The functions that expressions call, by names that Python finds at once."""

    def __init__(self) -> None:
        self.namespace: dict[str, Any] = {"math": math}
        self._names: dict[Op, str] = {}

    def name(self, op: Op) -> str:
        """What an op's function is called here."""
        name = self._names.get(op)
        if name is None:
            name = self._names[op] = f"f{len(self._names)}"
            self.namespace[name] = op.function
        return name

    def compiled(self, text: str, title: str) -> dict[str, Callable[..., Any]]:
        """What this source defines."""
        exec(compile(text, f"<program {title}>", "exec"), self.namespace)
        return self.namespace


@cache
def in_line(op: Op) -> tuple[str, int]:
    """The text of a row with places for its operands, and how tightly it binds; no text where a function is called."""
    if not is_row(op):
        return "", _CALL
    spelled = spelling(op)
    if spelled.tightness in TIGHTNESS.values():
        return spelled.text, spelled.tightness
    written = rows(ON_FLOATS)[op.name]
    if isinstance(written, ast.Lambda) and isinstance(written.body, ast.IfExp) and not written.args.vararg:
        places = {argument.arg: f"{{{i}}}" for i, argument in enumerate(written.args.args)}
        body = copy.deepcopy(written.body)
        names = [node for node in ast.walk(body) if isinstance(node, ast.Name) and node.id != "math"]
        if places.keys() >= {node.id for node in names}:
            for node in names:
                node.id = places[node.id]
            return f"({ast.unparse(body)})", _ATOM
    return "", _CALL


def constant_text(x: Any) -> str:
    """A constant as it stands in any expression."""
    text = number(x)
    return text if text[0].isdecimal() else f"({text})"


def reads_once(op: Op) -> bool:
    """Whether the text of an op has each operand in it once, and computes it in any case."""
    return in_line(op)[1] != _ATOM
