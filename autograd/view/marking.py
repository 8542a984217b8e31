"""Marks: a coloured border around the boxes of chosen nodes, and what is to be said of each below the picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from autograd.errors import ArgumentError
from autograd.graph import Node
from autograd.view.folding import Folding
from autograd.view.parts import Mark, Picture
from autograd.view.text import one_line


def marked(picture: Picture, folding: Folding, names: Mapping[Node, str], marks: Mapping[Node, str]) -> Picture:
    """The picture with these nodes marked; a node that is folded marks the box that it is folded into."""
    home = {node: place for place, block in enumerate(folding.blocks) for node in block.nodes if node in marks}
    found = tuple(Mark(home[node], one_line(note)) for node, note in marks.items())
    notes = (f"▢  {one_line(names[node])}: {one_line(note)}" for node, note in marks.items())
    return replace(picture, marks=found, notes=(*picture.notes, *notes))


def demand_marks(marks: Any, names: Mapping[Node, str]) -> None:
    """ArgumentError unless these are nodes of the graph, each with a text."""
    if not isinstance(marks, Mapping) or not all(isinstance(note, str) for note in marks.values()):
        raise ArgumentError(f"marks= takes a mapping of nodes to texts, {{node: 'look here'}}, got {str(marks)[:60]!r}")
    for node in marks:
        if node not in names:
            raise ArgumentError(f"marks= holds {str(node)[:60]!r}, which is no node of this graph")
