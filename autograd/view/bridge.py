"""The bridge to the package `graphviz`, whose objects need the program `dot`."""

from __future__ import annotations

from typing import Any

import graphviz


class Digraph(graphviz.Digraph):  # type: ignore[misc]
    """A graph for `graphviz` that shows this library's own SVG where the program `dot` is not installed."""

    def __init__(self, dot: str, svg: str) -> None:
        super().__init__()
        _, *body, _ = dot.splitlines(keepends=True)
        self.body.extend(body)
        self.svg = svg

    def pipe(self, format: str | None = None, *options: Any, encoding: str | None = None, **named: Any) -> Any:
        """The picture as bytes, or as text where an encoding is given; without `dot` there is SVG and nothing else."""
        try:
            return super().pipe(format, *options, encoding=encoding, **named)
        except graphviz.ExecutableNotFound:
            if (format or self.format) != "svg":
                raise
            return self.svg if encoding is not None else self.svg.encode()
