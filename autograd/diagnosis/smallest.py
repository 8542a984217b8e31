"""Smallest: a finding as a line or two of Python that fail likewise, with the numbers put in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd.backward import walk_back
from autograd.checking.programs.spelling import joined_imports
from autograd.diagnosis.calls import LARGEST, Call, call_at, call_of_arrays, imported, literal, numbers, on_arrays
from autograd.entries import entry
from autograd.errors import AutogradError
from autograd.findings import Finding, finite, lost_values, on_the_way_back
from autograd.graph import Node
from autograd.op import Op
from autograd.tensor import Tensor
from autograd.value import Value

Children = Mapping[Node, Sequence[Node]]

DEEPEST = 8  # ops, one in the other, that still are a small expression


class Snippet(NamedTuple):
    """An expression, and the script that shows it to fail: imports first, then the expression."""

    expression: str
    script: str


NOTHING = Snippet("", "")


def snippet(finding: Finding, children: Children) -> Snippet:
    """The smallest of a few candidates that is seen to fail; nothing where none of them does."""
    candidates = {
        "came in": _of_leaf, "made here": _of_value, "derivative": _of_slope, "masked": _of_slope,
        "sent back": _of_share, "added up": _of_sum,
    }[finding.kind]  # fmt: skip
    with np.errstate(all="ignore"):
        for found in candidates(finding, children):
            return found
    return NOTHING


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_value(finding: Finding, children: Children) -> Iterator[Snippet]:
    node = finding.node
    if node.op is None:
        return
    calls = [call_of_arrays(finding)] if node.op.whole else [call_at(node, finding.at), on_arrays(node, finding)]
    for call in calls:
        if call is not None and not finite(numbers(call.on(call.operands[0]))):
            yield _script(call.written(literal(call.operands[0])), [call.op])


def _of_leaf(finding: Finding, children: Children) -> Iterator[Snippet]:
    """The op that first used the leaf, on the entry that came in; or that number alone."""
    use, x = finding.use, float(entry(finding.node._data, finding.at))
    if use is not None and use.op is not None and not use.op.whole:
        lost = ~np.isfinite(use._data) & np.broadcast_to(finding.lost, np.shape(use._data))
        if lost.any():
            at = tuple(int(i) for i in np.unravel_index(int(np.argmax(lost)), np.shape(lost)))
            call = call_at(use, at)
            if not finite(numbers(call.on(call.operands[0]))):
                yield _script(call.written(literal(call.operands[0])), [call.op])
    yield _script(literal(x), [])


# ── derivatives ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_slope(finding: Finding, children: Children) -> Iterator[Snippet]:
    """The op toward that operand; where that does not fail likewise, with the ops above it, one after the other."""
    node, place, at = finding.node, finding.place, finding.at
    assert node.op is not None
    assert place is not None
    calls = [call_at(node, at, place)]
    x = calls[0].operands[place]
    above = float(entry(finding.above, at))
    for _ in range(DEEPEST):
        for weight in dict.fromkeys((1.0, above)):
            if np.isfinite(weight) and _fails_likewise(finding, calls, weight, x):
                yield _differentiated(calls, weight, x)
        child = next(iter(children.get(node, ())), None)
        if child is None or child.op is None or child.op.whole or np.shape(child._data) != np.shape(node._data):
            return
        calls.append(call_at(child, at, next(i for i, parent in enumerate(child.parents) if parent is node)))
        node, above = child, 1.0


def _fails_likewise(finding: Finding, calls: Sequence[Call], weight: float, x: Any) -> bool:
    """Whether a pass through these calls is stopped on the same edge for the same reason."""
    y = variable = Tensor(x) if isinstance(x, np.ndarray) else Value(x)
    try:
        edge = None
        for call in calls:
            y = call.on(y)
            edge = edge or y
        y = y if weight == 1.0 else weight * y
        if not isinstance(y, Node) or lost_values(y) or not variable.requires_grad:
            return False
        found = [each for _, _, here in on_the_way_back(y, walk_back(y)) for each in here]
    except AutogradError:
        return False
    return bool(found) and found[0].kind == finding.kind and found[0].node is edge and found[0].place == finding.place


def _differentiated(calls: Sequence[Call], weight: float, x: Any) -> Snippet:
    first, ops = calls[0], [call.op for call in calls]
    if len(calls) == 1 and weight == 1.0 and first.op.arity == len(first.operands):
        which = f", {first.place}" if first.place else ""
        given = ", ".join(map(literal, first.operands))
        return _script(f"grad({imported(first.op)[0]}{which})({given})", ops, "grad")
    inner = "x"
    for call in calls:
        inner = call.written(inner)
    weighed = inner if weight == 1.0 else f"{literal(weight)} * {inner}"
    return _script(f"grad(lambda x: {weighed})({literal(x)})", ops, "grad")


def _of_share(finding: Finding, children: Children) -> Iterator[Snippet]:
    """The pull-back of an array op, where its operands are small."""
    node, place = finding.node, finding.place
    assert node.op is not None
    assert place is not None
    operands = [np.array(parent._data) for parent in node.parents]
    above = np.array(finding.above)
    if sum(map(np.size, (*operands, above))) > LARGEST:
        return
    call = Call(node.op, tuple(operands), place, dict(getattr(node, "parameters", {})))
    text = f"vjp(lambda x: {call.written('x')}, {literal(operands[place])})[1]({literal(above)})"
    yield _script(text, [node.op], "vjp")


def _of_sum(finding: Finding, children: Children) -> Iterator[Snippet]:
    """Two shares that overflow when they are added."""
    single = np.asarray(finding.node._data).dtype == np.float32
    share, x = ("3e38", "np.array(0.0, dtype=np.float32)") if single else ("1e308", "0.0")
    sign = "-" if float(entry(finding.above, finding.at)) < 0.0 else ""
    yield _script(f"grad(lambda x: {sign}{share} * x + {sign}{share} * x)({x})", [], "grad")


# ── as text ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _script(expression: str, ops: Sequence[Op], *library: str) -> Snippet:
    lines = [line for op in ops for line in imported(op)[1]]
    lines += [f"from autograd import {name}" for name in library]
    lines += ["import numpy as np"] if "np." in expression else []
    lines += [f"from math import {name}" for name in ("inf", "nan") if re.search(rf"\b{name}\b", expression)]
    return Snippet(expression, "\n".join([*joined_imports(lines), "", expression]).lstrip("\n"))
