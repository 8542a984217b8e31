"""The operation that made a node, in the textbook's notation: h1 + x, x @ W, sum(h2, axis=0), h3[0, :]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.graph import Node


def notation(node: Node, operands: Sequence[str]) -> str:
    """The op over the names of its operands, with the parameters that were given to it; nothing for a leaf."""
    op, parameters = node.op, dict(getattr(node, "parameters", {}))
    if op is None:
        return ""
    fits = op.whole and op.symbol.count("{}") == len(operands)  # where the op has a symbol for so many operands
    text = op.symbol.format(*operands) if fits else op.written(*operands)
    if fits and text.endswith("[…]"):
        text = text.removesuffix("[…]") + _index(parameters.pop("index", ...))
    given = [f"{name}={_parameter(x)}" for name, x in parameters.items() if x is not None and x is not False]
    if not given:
        return text
    return f"{text[:-1]}, {', '.join(given)})" if text.endswith(")") else f"{text} ({', '.join(given)})"


def _parameter(x: Any) -> str:
    if isinstance(x, (np.dtype, type)):
        return str(np.dtype(x))
    if isinstance(x, tuple) and any(isinstance(part, (slice, np.ndarray)) for part in x):
        return _index(x)
    return str(x).replace("-", "−")


def _index(index: Any) -> str:
    parts = index if isinstance(index, tuple) else (index,)
    return "[" + ", ".join(map(_part, parts)) + "]"


def _part(part: Any) -> str:
    """One part of an index as it is typed: 0, 1:3, …; of an array its entries, where they are few."""
    if isinstance(part, slice):
        ends = ["" if end is None else str(end) for end in (part.start, part.stop)]
        step = [] if part.step is None else [str(part.step)]
        return ":".join(ends + step).replace("-", "−")
    if isinstance(part, np.ndarray):
        return str(part.tolist()).replace("-", "−") if part.size <= 4 else f"{part.size:,} places"
    return "…" if part is Ellipsis else str(part).replace("-", "−")
