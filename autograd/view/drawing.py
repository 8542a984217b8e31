"""draw(root): the graph that computed a value, as a picture."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from autograd.backward import paused_collector
from autograd.errors import ArgumentError, OperandError
from autograd.graph import Node
from autograd.view.composing import picture_of
from autograd.view.dot import dot_of
from autograd.view.engines import Engine, placed
from autograd.view.folding import Fold, Folding, foldings
from autograd.view.marking import demand_marks, marked
from autograd.view.markup import escaped, page_of
from autograd.view.names import names as names_of
from autograd.view.parts import Direction, Picture
from autograd.view.placement import Placement
from autograd.view.reading import Edges, Pass, Reading, pass_from
from autograd.view.svg import svg_of

if TYPE_CHECKING:
    from autograd.view.graphviz_bridge import Digraph

READABLE = 2_000.0  # pixels: a wider picture, shrunk to the width of a notebook, has text too small to read


def draw(
    root: Any,
    *,
    direction: Direction = "LR",
    digits: int = 4,
    names: Mapping[str, Any] | None = None,
    edges: Edges = "derivatives",
    fold: Fold = None,
    limit: int = 300,
    engine: Engine = "builtin",
    marks: Mapping[Node, str] | None = None,
    gradients: Mapping[Node, Any] | None = None,
) -> Drawing:
    """The graph of a root: a box for each node with name, operation, value and gradient, an arrow for each operand.

    The root is a Value, a Tensor, or a program of `record`, which is drawn at its example, its gradients included.

    A Tensor shows its number, its entries where they are few, or else shape and dtype, and as its gradient the norm.
    Gradients are those of one fresh pass from the root, and "—" until backward() has been called on the drawn root
    itself, or where there can be none; a leaf whose grad holds something else says so. A picture wider than 2,000
    pixels, which in a notebook would be too small to read, is folded by region as far as it takes, where there are
    regions; a note below it says what was folded. Every option has a fixed set of values:

    - direction: "LR", from left to right, or "TB", from top to bottom.
    - digits: how many significant digits numbers have, 1 to 17.
    - names: a mapping such as locals() that names unlabelled nodes, those in lists too.
    - edges: "derivatives" (the local derivative, and after a backward pass the share of the gradient), "values" (the
      forward value, as the textbook draws it) or "none".
    - fold: None folds regions where the picture is too wide or beyond the limit, True the outermost, a number those
      at that depth, a name or names the regions so called; False forbids it.
    - limit: how many boxes there may be before what is in the middle folds.
    - marks: nodes to be pointed out, each with a text, which stands below the picture.
    - gradients: of the nodes, to be shown in place of those of a pass; the shares are then what these send back.
    - engine: where boxes lie is found by this library ("builtin"), by Graphviz ("dot"), or by it if there ("auto").

    >>> from autograd import Value
    >>> x = Value(3.0, label="x")
    >>> y = x * x
    >>> y.backward()
    >>> draw(y, edges="values")
    <drawing: Graph of h1: 1 operation, 1 variable>
    """
    if hasattr(root, "graph"):
        root = root.graph()
        root.backward()
    if not isinstance(root, Node):
        raise OperandError(
            "draw takes a Value, a Tensor or a program, the root of a graph, got "
            f"{type(root).__name__}: {str(root)[:60]!r}"
        )
    demand_allowed("direction", direction, get_args(Direction))
    demand_allowed("edges", edges, get_args(Edges))
    demand_allowed("engine", engine, get_args(Engine))
    demand_whole("digits", digits, 1, 17)
    demand_whole("limit", limit, 2, None)
    demand_foldable(fold)
    if not (gradients is None or isinstance(gradients, Mapping)):
        raise ArgumentError(f"gradients= takes a mapping of nodes to gradients, got {type(gradients).__name__}")
    with paused_collector():
        named = names_of(root, names, digits=digits)
        shown = pass_from(root, named[root]) if gradients is None else Pass(gradients, given=True)
        reading = Reading(root, named, shown, digits, edges, direction)
        demand_marks(marks or {}, named)
        folding, picture, placement = laid_out(reading, foldings(list(named), fold, limit), engine)
        picture = marked(picture, folding, named, marks) if marks else picture
        return Drawing(svg_of(picture, placement), dot_of(picture), picture.title)


def laid_out(
    reading: Reading, foldings: Iterable[Folding], engine: Engine = "builtin"
) -> tuple[Folding, Picture, Placement]:
    """The first folding whose picture is no wider than can be read, or else the narrowest."""
    narrowest = None
    for folding in foldings:
        picture = picture_of(reading, folding)
        placement = placed(picture, engine)
        if narrowest is None or placement.width < narrowest[2].width:
            narrowest = folding, picture, placement
        if placement.width <= READABLE:
            break
    assert narrowest is not None, "every graph has a folding"
    return narrowest


@dataclass(frozen=True, slots=True, repr=False)
class Drawing:
    """A picture as text: SVG, and the same graph in the language of Graphviz. Notebooks show it."""

    svg: str
    dot: str
    title: str

    @property
    def width(self) -> float:
        """The width in pixels, as the SVG gives it."""
        return float(self.svg.partition(' width="')[2].partition('"')[0])

    def save(self, path: str | Path) -> None:
        """Writes the picture to a file whose ending is .svg, .dot or .html: a page of its own, to be scrolled."""
        faces = {".svg": lambda: self.svg, ".dot": lambda: self.dot, ".html": lambda: page_of(self.svg, self.title)}
        saved("a drawing", path, faces)

    def to_graphviz(self) -> Digraph:
        """The graph for the package `graphviz`, which shows this SVG where Graphviz itself is not installed."""
        from autograd.view.graphviz_bridge import Digraph

        return Digraph.of(self.dot, self.svg)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: an image that survives sanitisers, the SVG itself, or one line of text."""
        data = base64.b64encode(self.svg.encode()).decode()
        image = f'<img src="data:image/svg+xml;base64,{data}" alt="{escaped(self.title)}" style="max-width:100%">'
        return {"text/html": image, "image/svg+xml": self.svg, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<drawing: {self.title}>"


def saved(what: str, path: str | Path, faces: Mapping[str, Callable[[], str]]) -> None:
    """Writes the text that the ending of a path asks for; ArgumentError where there is none for it."""
    ending = Path(path).suffix.lower() if isinstance(path, (str, os.PathLike)) else ""
    if ending not in faces:
        *first, last = faces
        raise ArgumentError(f"{what} is saved as {', '.join(first)} or {last}, not as {str(path)[:80]!r}")
    text = faces[ending]()
    Path(path).write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8", newline="\n")


def demand_allowed(option: str, given: object, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        raise ArgumentError(f"{option}={given!r} is not known; allowed: {', '.join(map(repr, allowed))}")


def demand_whole(option: str, given: object, least: int, most: int | None) -> None:
    if not isinstance(given, int) or isinstance(given, bool) or given < least or (most is not None and given > most):
        reach = f"from {least} to {most}" if most is not None else f"of at least {least}"
        raise ArgumentError(f"{option}={given!r} is not allowed: it is a whole number {reach}")


def demand_foldable(fold: object) -> None:
    names = fold if isinstance(fold, (list, tuple, set, frozenset)) else ()
    if not (fold is None or isinstance(fold, (int, str)) or (names and all(isinstance(name, str) for name in names))):
        raise ArgumentError(f"fold={fold!r} is not allowed: None, True, False, a depth, or names of regions")
