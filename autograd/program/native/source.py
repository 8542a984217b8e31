"""The source that Numba compiles: the loops with a branch for every row of the table, or one row as a function."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from autograd.op import Op
from autograd.program.native.rows import ROWS, text_of
from autograd.program.spelling import definitions

# What the loops take and give. Compiled for nothing else: each has one entry in the cache.
SIGNATURES = {
    "one": "int64(float64[::1], float64[::1], float64[::1], uint32[::1])",
    "lanes": "int64(float64[:, ::1], float64[:, ::1], float64[:, ::1], float64[::1], float64[::1], int32[:, ::1])",
    "scheduled": "Tuple((uint32[::1], int32[::1]))(int32[::1], int32[:, ::1], int32[::1], int64, int64)",
    "straight": "int64(float64[::1], float64[::1], int64)",
}
# IEEE-754: a division by zero is an infinity or nan, and no product and sum become one.
OPTIONS = """
from numba import cfunc, njit

CACHED = True
native = njit(error_model="numpy")
lasting = {"cache": CACHED, "error_model": "numpy", "nogil": True}
"""
_LOOPS = Path(__file__).with_name("loops.py")


def loops() -> str:
    """The source of the loops, compiled when it is run."""
    pattern = _LOOPS.read_text(encoding="utf-8")
    own: dict[str, str] = {}
    for op in ROWS:
        own |= definitions(list(text_of(op).definitions))
    top, middle, rest = re.split(r" *# ROWS: .*\n", pattern)
    parts = [top, _branches(8, _on_numbers), middle, _branches(16, _in_lanes), rest, OPTIONS]
    helpers = [f.name for f in ast.parse(pattern).body if isinstance(f, ast.FunctionDef) and not f.decorator_list]
    parts += [f"{name} = native({name})\n" for name in helpers if name not in SIGNATURES]
    parts += [f"\n\n@native\n{text}\n" for text in own.values()]
    parts += [f'\n\n{name} = njit("{signature}", **lasting)({name})' for name, signature in SIGNATURES.items()]
    return "".join(parts) + "\n"


def row(op: Op) -> str:
    """The source of a row as a function of numbers that machine code can call."""
    own = [f"@native\n{text}" for text in definitions(list(text_of(op).definitions)).values()]
    operands = ["a", "b", "c"][: op.arity]
    signature = f"float64({', '.join(['float64'] * op.arity)})"
    function = [f'@cfunc("{signature}", cache=CACHED, error_model="numpy")', f"def row({', '.join(operands)}):",
                f"    return {text_of(op).of(operands)}"]  # fmt: skip
    return "\n\n\n".join(["import math\n\nimport numpy as np" + OPTIONS, *own, "\n".join(function)]) + "\n"


def _branches(depth: int, body: Callable[[Op], Sequence[str]]) -> str:
    lines: list[str] = []
    for code, op in enumerate(ROWS):
        lines.append(f"{'elif' if code else 'if'} code == {code}:  # {op.name}")
        lines += [f"    {line}" for line in body(op)]
    return "".join(f"{' ' * depth}{line}\n" for line in lines)


def _on_numbers(op: Op) -> list[str]:
    operands = [f"numbers[tape[here + uint64({i})]]" for i in range(op.arity)]
    return [
        "while place < stop:",
        f"    numbers[place] = {text_of(op).of(operands)}",
        f"    here += uint64({op.arity})",
        "    place += uint64(1)",
    ]


def _in_lanes(op: Op) -> list[str]:
    return ["for i in range(count):", f"    y[i] = {text_of(op).of(['a[i]', 'b[i]', 'c[i]'][: op.arity])}"]
