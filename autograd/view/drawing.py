"""draw(root): the graph that computed a value, as a picture."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
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
from autograd.view.markup import escaped, page_of
from autograd.view.names import names as names_of
from autograd.view.parts import Direction, Picture
from autograd.view.placement import Placement
from autograd.view.reading import Edges, Reading, pass_from
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
    _allowed("direction", direction, get_args(Direction))
    _allowed("edges", edges, get_args(Edges))
    _allowed("engine", engine, get_args(Engine))
    _whole("digits", digits, 1, 17)
    _whole("limit", limit, 2, None)
    _foldable(fold)
    with paused_collector():
        named = names_of(root, names, digits=digits)
        reading = Reading(root, named, pass_from(root, named[root]), digits, edges, direction)
        picture, placement = _laid_out(reading, foldings(list(named), fold, limit), engine)
        return Drawing(svg_of(picture, placement), dot_of(picture), picture.title)


def _laid_out(reading: Reading, foldings: Iterable[Folding], engine: Engine) -> tuple[Picture, Placement]:
    """The first folding whose picture is no wider than can be read, or else the narrowest."""
    narrowest = None
    for folding in foldings:
        picture = picture_of(reading, folding)
        placement = placed(picture, engine)
        if narrowest is None or placement.width < narrowest[1].width:
            narrowest = picture, placement
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

    def save(self, path: str | Path) -> None:
        """Writes the picture to a file whose ending is .svg, .dot or .html: a page of its own, to be scrolled."""
        texts = {".svg": self.svg, ".dot": self.dot, ".html": page_of(self.svg, self.title)}
        ending = Path(path).suffix.lower()
        if ending not in texts:
            raise ArgumentError(f"a drawing is saved as .svg, .dot or .html, not as {str(path)[:80]!r}")
        Path(path).write_text(texts[ending], encoding="utf-8", newline="\n")

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


def _allowed(option: str, given: object, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        raise ArgumentError(f"{option}={given!r} is not known; allowed: {', '.join(map(repr, allowed))}")


def _whole(option: str, given: object, least: int, most: int | None) -> None:
    if not isinstance(given, int) or isinstance(given, bool) or given < least or (most is not None and given > most):
        reach = f"from {least} to {most}" if most is not None else f"of at least {least}"
        raise ArgumentError(f"{option}={given!r} is not allowed: it is a whole number {reach}")


def _foldable(fold: object) -> None:
    names = fold if isinstance(fold, (list, tuple, set, frozenset)) else ()
    if not (fold is None or isinstance(fold, (int, str)) or (names and all(isinstance(name, str) for name in names))):
        raise ArgumentError(f"fold={fold!r} is not allowed: None, True, False, a depth, or names of regions")
