"""Summary: the table of a network's modules, the shapes of what they give, and how much they learn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from autograd import Tensor, no_grad
from nn.module import Module


class Row(NamedTuple):
    """One module: its dotted name, how it prints, the shape of its outputs as text, and how many numbers it learns."""

    name: str
    module: str
    shape: str
    parameters: int


class Summary(NamedTuple):
    """Rows in the order of computation; prints as a table whose last line is the total."""

    rows: tuple[Row, ...]

    @property
    def total(self) -> int:
        """How many numbers the modules learn together."""
        return sum(row.parameters for row in self.rows)

    def __str__(self) -> str:
        cells = [("name", "module", "output", "parameters")]
        cells += [(row.name, row.module, row.shape, f"{row.parameters:,}") for row in self.rows]
        cells += [("", "", "total", f"{self.total:,}")]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = []
        for *texts, number in cells:
            padded = [text.ljust(width) for text, width in zip(texts, widths[:3], strict=True)]
            lines.append("  ".join([*padded, number.rjust(widths[3])]))
        rule = "─" * len(lines[0])
        return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])

    def __repr__(self) -> str:
        return str(self)


def summary_of(steps: Iterable[tuple[str, Module]], x: Any, *, any_count: bool) -> Summary:
    """Runs named modules one after the other on x and keeps what they are; with `any_count` a first axis prints as n.

    Parameters of several rows, tied ones, count on the first of them.
    """
    rows, counted = [], set[int]()
    with no_grad():
        for name, module in steps:
            x = module(x)
            fresh = [p for p in module.parameters() if id(p) not in counted]
            counted.update(map(id, fresh))
            count = sum(p.size if isinstance(p, Tensor) else 1 for p in fresh)
            rows.append(Row(name, repr(module), _shape(x, any_count), count))
    return Summary(tuple(rows))


def _shape(x: Any, any_count: bool) -> str:
    sizes = [str(size) for size in (x.shape if isinstance(x, Tensor) else np.shape(x))]
    if any_count and sizes:
        sizes[0] = "n"
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"
