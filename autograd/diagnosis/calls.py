"""Calls: one op with the numbers of a graph as its operands, as small as it still fails."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.checking.operators.naming import named
from autograd.checking.operators.target import spelled
from autograd.checking.programs.spelling import number
from autograd.entries import entry
from autograd.findings import Finding, finite
from autograd.graph import Node
from autograd.op import Op

LARGEST = 48  # entries of arrays that are written out


@dataclass(frozen=True)
class Call:
    """One op with the numbers of its operands; `place` is that of the operand that varies."""

    op: Op
    operands: tuple[Any, ...]
    place: int
    parameters: Mapping[str, Any]

    def on(self, x: Any) -> Any:
        """The op with x in the place of the operand that varies."""
        filled = (*self.operands[: self.place], x, *self.operands[self.place + 1 :])
        return self.op(*filled, **self.parameters) if self.op.whole else self.op(*filled)

    def written(self, inner: str) -> str:
        """The call as source, with `inner` in the place of the operand that varies."""
        parts = [inner if i == self.place else literal(x) for i, x in enumerate(self.operands)]
        return (
            f"{imported(self.op)[0]}({', '.join([*parts, *(f'{k}={spelled(v)}' for k, v in self.parameters.items())])})"
        )


def call_at(node: Node, at: tuple[int, ...], place: int = 0) -> Call:
    """The op on the numbers of one entry, as floats; of float32 as arrays of one number, for it overflows earlier."""
    assert node.op is not None
    entries = [entry(parent._data, at) for parent in node.parents]
    single = np.asarray(node._data).dtype == np.float32
    operands = [np.array(x, np.float32) if single else float(x) for x in entries]
    return Call(node.op, tuple(operands), place, {})


def on_arrays(node: Node, finding: Finding) -> Call:
    """The same on arrays of one number: their functions may differ from those of floats by a rounding."""
    call = call_at(node, finding.at)
    return Call(call.op, tuple(np.array(x) for x in call.operands), 0, {})


def call_of_arrays(finding: Finding) -> Call | None:
    """An array op on its operands, of a sum or a product those numbers alone that it fails with."""
    node = finding.node
    parameters = dict(getattr(node, "parameters", {}))
    operands = [np.array(parent._data) for parent in node.parents]
    assert node.op is not None
    shrink = _SHRUNK.get(node.op.name)
    if shrink is not None and (shrunk := shrink(operands, parameters, finding.at)) is not None:
        call = Call(node.op, tuple(_fewer(node.op, shrunk)), 0, {})
        if not finite(numbers(call.on(call.operands[0]))):
            return call
    if sum(np.size(x) for x in operands) > LARGEST:
        return None
    return Call(node.op, tuple(operands), 0, parameters)


def _row_and_column(operands: list[Any], parameters: Mapping[str, Any], at: tuple[int, ...]) -> list[Any] | None:
    a, b = operands
    if a.ndim > 2 or b.ndim > 2:
        return None
    row = a if a.ndim == 1 else a[at[0]]
    return [row, b if b.ndim == 1 else b[:, at[-1]]]


def _summands(operands: list[Any], parameters: Mapping[str, Any], at: tuple[int, ...]) -> list[Any] | None:
    a = operands[0]
    axis = parameters.get("axis")
    axes = range(a.ndim) if axis is None else [i % a.ndim for i in (axis if isinstance(axis, tuple) else (axis,))]
    kept = iter(at if not parameters.get("keepdims") else [i for axis, i in enumerate(at) if axis not in axes])
    return [a[tuple(slice(None) if i in axes else next(kept) for i in range(a.ndim))].reshape(-1)]


_SHRUNK: dict[str, Callable[..., list[Any] | None]] = {"matmul": _row_and_column, "sum": _summands}


def _fewer(op: Op, vectors: list[Any]) -> list[Any]:
    """The vectors without the entries that it fails without too: halves first, then one by one."""
    kept = np.arange(len(vectors[0]))
    size = len(kept) // 2
    while size:
        start = 0
        while start < len(kept) and len(kept) > size:
            rest = np.delete(kept, slice(start, start + size))
            if rest.size and not finite(numbers(op(*(v[rest] for v in vectors)))):
                kept = rest
            else:
                start += size
        size //= 2
    return [v[kept] for v in vectors]


# ── as text ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def imported(op: Op) -> tuple[str, tuple[str, ...]]:
    """What an op is called in a script and the line that imports it: from the front door where that has it."""
    front = sys.modules["autograd"]
    if op.name in front.__all__ and getattr(front, op.name, None) is op:
        return op.name, (f"from autograd import {op.name}",)
    return named(op)


def literal(x: Any) -> str:
    """A number or an array as source."""
    return number(x) if isinstance(x, np.ndarray) else repr(float(x))


def numbers(x: Any) -> Any:
    """The numbers of a node, or what is no node as it is."""
    return x._data if isinstance(x, Node) else x
