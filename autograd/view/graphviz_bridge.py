"""The bridge to the package `graphviz`, whose objects need the program `dot`."""

from __future__ import annotations

from typing import Any

import graphviz


class Digraph(graphviz.Digraph):  # type: ignore[misc]
    """A graph for `graphviz` that shows this library's own SVG where the program `dot` is not installed.

    The SVG shows the graph as it was drawn: once the graph has been added to, only `dot` can show it.
    """

    svg: str
    drawn: str = ""  # the source that the SVG shows

    @classmethod
    def of(cls, dot: str, svg: str) -> Digraph:
        """The graph of a text in the language of Graphviz, and its picture."""
        _, *body, _ = dot.splitlines(keepends=True)
        graph = cls(body=body)
        graph.svg, graph.drawn = svg, graph.source
        return graph

    def copy(self) -> Digraph:
        """Another graph of the same content, which shows the same picture."""
        copied: Digraph = super().copy()
        if self.drawn:
            copied.svg, copied.drawn = self.svg, self.drawn
        return copied

    def pipe(self, format: str | None = None, *options: Any, encoding: str | None = None, **named: Any) -> Any:
        """The picture as bytes, or as text where an encoding is given; without `dot` there is SVG and nothing else."""
        try:
            return super().pipe(format, *options, encoding=encoding, **named)
        except graphviz.ExecutableNotFound:
            if (format or self.format) != "svg" or self.source != self.drawn:
                raise
            return self.svg if encoding is not None else self.svg.encode()
