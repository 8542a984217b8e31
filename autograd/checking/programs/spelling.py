"""Spelling: numbers, arrays and programs as lines of Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from autograd.checking.programs.expression import Expression

WIDEST = 100  # characters of a line before it is taken apart
SHORT = 24  # characters of an input that is written where it is used


class Function(NamedTuple):
    """A program in Python: assignments of its inputs, lines that define it, how it is named, and its arguments."""

    inputs: list[str]
    definition: list[str]
    name: str
    arguments: str


def number(x: Any) -> str:
    """A number or an array as source."""
    if not isinstance(x, np.ndarray):
        return repr(float(x))
    if x.dtype == np.float64:
        return f"np.array({_nested(x)})" if x.size else f"np.zeros({x.shape})"
    dtype = f"dtype=np.{x.dtype}"
    return f"np.array({_nested(x)}, {dtype})" if x.size else f"np.zeros({x.shape}, {dtype})"


def _nested(x: Any) -> str:
    if x.ndim == 0:
        return str(x) if x.dtype == np.float32 else repr(x.item())  # the shortest that gives back the same float32
    return f"[{', '.join(_nested(x[i, ...]) for i in range(len(x)))}]"


def spelled_function(program: Expression) -> Function:
    """A lambda where nothing is used twice and the line stays short, else a function with a line for each step."""
    names, values = program.names, [number(x) for x in program.inputs]
    short = all(len(value) <= SHORT for value in values)
    inputs = [] if short else [f"{name} = {value}" for name, value in zip(names, values, strict=True)]
    arguments = ", ".join(values if short else names)
    lines = _lines(program)
    if len(lines) == 1 and len(lines[0]) + len(arguments) <= WIDEST - 30:
        return Function(inputs, [], f"lambda {', '.join(names)}: {lines[0]}", arguments)
    body = [f"    {line}" for line in lines[:-1]] + [f"    return {lines[-1]}"]
    return Function(inputs, [f"def f({', '.join(names)}):", *body], "f", arguments)


def _lines(program: Expression) -> list[str]:
    """One line for each step that is used more than once, and the result; other steps stand where they are used."""
    count = len(program.inputs)
    uses = [x for _, operands in program.steps for x in operands if isinstance(x, int)]
    texts: list[tuple[str, bool]] = [(name, False) for name in program.names]  # and whether it wants parentheses
    lines: list[str] = []
    for place, (form, operands) in enumerate(program.steps, start=count):
        parts = [texts[x] if isinstance(x, int) else (number(x), False) for x in operands]
        bare = form.written[0].isalpha() and not form.infix
        own = form.written.format(*(f"({text})" if infix and not bare else text for text, infix in parts))
        if uses.count(place) > 1 or len(own) > WIDEST:
            name = f"h{len(lines) + 1}"
            lines.append(f"{name} = {own}")
            texts.append((name, False))
        else:
            texts.append((own, form.infix))
    return [*lines, texts[-1][0]]


def script(imports: Sequence[str], function: Function, ending: str) -> str:
    """The lines in their order: imports, what they define, inputs, the function, and the ending."""
    body = ending.replace("{f}", function.name).replace("{xs}", function.arguments)
    text = "\n".join([*imports, *function.inputs, *function.definition, body])
    head = joined_imports([*imports, *(["import numpy as np"] if "np." in text else [])])
    blocks = [head, function.inputs, function.definition, body.splitlines()]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def joined_imports(lines: Sequence[str]) -> list[str]:
    """Each line once: imports in order, those from one module on one line; then whatever else is defined."""
    once = list(dict.fromkeys(lines))
    modules: dict[str, list[str]] = {}
    imports, definitions = [], list[str]()
    for line in once:
        words = line.split(maxsplit=3)
        if "\n" not in line and words[:1] == ["from"]:
            modules.setdefault(words[1], []).extend(words[3].split(", "))
        elif "\n" not in line and words[:1] == ["import"]:
            imports.append(line)
        else:
            definitions += ["", line] if definitions and "\n" in line + definitions[-1] else [line]
    imports += [f"from {module} import {', '.join(sorted(set(names)))}" for module, names in modules.items()]
    ordered = sorted(imports, key=lambda line: (line.startswith("from"), line.split()[1]))
    return [*ordered, *([""] if definitions and ordered else []), *definitions]
