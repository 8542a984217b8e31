"""The operation that made a node, in the textbook's notation: h1 + x, x @ W, sum(h2, axis=0), h3[0, :]."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd.array_ops import PLACE
from autograd.graph import Node
from autograd.ops import add
from autograd.view.datum import FEW, kind


def notation(node: Node, operands: Sequence[str]) -> str:
    """The op over the names of its operands, with the parameters that were given to it; nothing for a leaf."""
    op, parameters = node.op, dict(getattr(node, "parameters", {}))
    if op is None:
        return ""
    if op.symbol.endswith(PLACES):
        places = iter(operands[1:])
        return op.symbol.removesuffix(PLACES).format(operands[0]) + _index(parameters.pop("index"), places)
    if op is add and operands[1].startswith("−"):
        operands = [operands[0], f"({operands[1]})"]  # x − 2 is x + (−2)
    text = op.written(*operands)
    given = [f"{name}={_parameter(x)}" for name, x in parameters.items() if x is not None and x is not False]
    if not given:
        return text
    return f"{text[:-1]}, {', '.join(given)})" if text.endswith(")") else f"{text} ({', '.join(given)})"


PLACES = "[…]"  # at the end of a symbol: here stands an index


def _parameter(x: Any) -> str:
    if isinstance(x, (np.dtype, type)):
        return str(np.dtype(x))
    if isinstance(x, np.ndarray):
        return kind(x)
    if isinstance(x, tuple) and any(isinstance(part, (slice, np.ndarray)) for part in x):
        return _index(x, iter(()))
    return repr(x) if isinstance(x, str) else str(x).replace("-", "−")


def _index(index: Any, places: Iterator[str]) -> str:
    """An index as it is typed; where it holds a node, that node's name."""
    parts = index if isinstance(index, tuple) else (index,)
    return "[" + ", ".join(next(places, "·") if part is PLACE else _part(part) for part in parts) + "]"


def _part(part: Any) -> str:
    """One part of an index: 0, 1:3, …; of an array its entries, where they are few."""
    if isinstance(part, slice):
        ends = ["" if end is None else str(end) for end in (part.start, part.stop)]
        step = [] if part.step is None else [str(part.step)]
        return ":".join(ends + step).replace("-", "−")
    if isinstance(part, np.ndarray):
        return str(part.tolist()).replace("-", "−") if part.size <= FEW else kind(part)
    return "…" if part is Ellipsis else str(part).replace("-", "−")
