"""explain(root, wrt): one gradient as a sum to be audited, and where on the way from the root it is cut off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.backward import backward, paused_collector
from autograd.errors import ArgumentError, OperandError, ShapeError
from autograd.graph import Node
from autograd.view.contributions import Contribution, visits_from
from autograd.view.datum import brief, same, size
from autograd.view.drawing import READABLE, Drawing, demand_whole, draw
from autograd.view.explaining.cuts import between, cuts_between
from autograd.view.explaining.paths import Path, paths_between
from autograd.view.names import names as names_of, node_called
from autograd.view.notation import notation
from autograd.view.section import section
from autograd.view.starting import demand_no_recording
from autograd.view.stretching import stretches
from autograd.view.table import aligned
from autograd.view.text import count

Index = tuple[int, ...]

LISTED, ROWS = 6, 40  # terms that the text and the table list


def explain(
    root: Node,
    wrt: Node | str,
    *,
    at: int | Sequence[int] | None = None,
    names: Mapping[str, Any] | None = None,
    digits: int = 6,
) -> Explanation:
    """∂root/∂wrt as the sum of what every operation that reads `wrt` hands back to it, in the order the engine adds.

    The root is a Value or a Tensor of one number; `wrt` any node or the name that views give it. Of a Tensor the terms
    are shown by their norms, or as one entry with `at`, its index. Graphs of numbers with few paths list each path
    with the product of its local derivatives. Where the way is cut, by detach, no_grad, a frozen leaf or an op
    without a derivative, `cuts` says by what; `notes` say where a column met a row, every entry with every other.
    Gradients are those of one fresh walk back.

    >>> from autograd import Value
    >>> a = Value(3.0, "a")
    >>> explain(a * a + a, "a").text
    '∂h2/∂a = 7 is the sum of 3 shares: 1 through h2 (1 × 1), 3 through h1 (1 × 3), 3 through h1 (1 × 3).'
    """
    demand_whole("digits", digits, 1, 17)
    if not isinstance(root, Node):
        raise OperandError(f"explain takes a Value or a Tensor, the root of a graph, got {type(root).__name__}")
    if np.size(root._data) != 1:
        raise ShapeError(
            f"explain is about the gradient of one number, and this Tensor has shape {np.shape(root._data)}: "
            "take its sum, explain(t.sum(), wrt)"
        )
    demand_no_recording(root)
    with paused_collector():
        called = names_of(root, names, digits=digits)
        node = _node(called, root, wrt)
        index = _index(at, node)
        visits = visits_from(root) if root.requires_grad else []
    called.setdefault(node, node.label or "it")
    found = next((visit.gradient for visit in visits if visit.node is node), None)
    terms = tuple(Term(c, called) for visit in visits for c in visit.contributions if c.operand is node)
    gradient = _nothing(node) if found is None else found
    paths = tuple(paths_between(root, node, called)) if terms else ()
    cuts, notes = tuple(cuts_between(root, node, called)), tuple(sentence for _, sentence in stretches(root, called))
    return Explanation(root, node, gradient, terms, paths, cuts, called, digits, index, notes)


def _node(called: Mapping[Node, str], root: Node, wrt: Any) -> Node:
    if isinstance(wrt, Node):
        return wrt
    if not isinstance(wrt, str):
        raise OperandError(f"explain(root, wrt) takes a node or its name as wrt, not {type(wrt).__name__}")
    return node_called(called, wrt, f"explain({called[root]}, node)")


def _index(at: Any, node: Node) -> Index | None:
    """One entry of the gradient as a full index; ArgumentError where there is none."""
    if at is None:
        return None
    shape = np.shape(node._data)
    index = tuple(at) if isinstance(at, (tuple, list)) else (at,)
    whole = all(isinstance(i, (int, np.integer)) and not isinstance(i, bool) for i in index)
    no_entry = f"at={at!r} is no entry of {node.label or 'a node'} of shape {shape}"
    if not shape:
        raise ArgumentError(f"{no_entry}, which is one number: leave at out")
    if not whole or len(index) != len(shape):
        raise ArgumentError(f"{no_entry}: it takes {count(len(shape), 'whole number')}, one for each axis")
    for axis, (i, n) in enumerate(zip(index, shape, strict=True)):
        if not -n <= i < n:
            reach = f"has the places −{n} to {n - 1}, and {i} is none of them" if n else "has no place"
            raise ArgumentError(f"{no_entry}: axis {axis} {reach}")
    return tuple(int(i) for i in index)


def _nothing(node: Node) -> Any:
    return 0.0 if isinstance(node._data, float) else np.zeros_like(node._data, dtype=float)


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """One edge that leaves the node: upstream × local = share, and the sum so far.

    `local` is a number or an array, None where there is a pull-back instead.
    """

    contribution: Contribution
    names: Mapping[Node, str]

    @property
    def through(self) -> str:
        """The operation that hands the share back."""
        return self.names[self.contribution.operation]

    @property
    def function(self) -> str:
        operation = self.contribution.operation
        return notation(operation, [self.names[parent] for parent in operation.parents])

    @property
    def site(self) -> str:
        """File and line of the operation, kept under trace()."""
        return str(self.contribution.operation.site or "")

    @property
    def upstream(self) -> Any:
        return self.contribution.upstream

    @property
    def local(self) -> Any:
        return self.contribution.local

    @property
    def share(self) -> Any:
        return self.contribution.share

    @property
    def total(self) -> Any:
        return self.contribution.after

    def entry(self, index: Index | None) -> tuple[Any, ...]:
        """Upstream, local, share and total, or one entry of each; None for a factor that has no such entry."""
        c = self.contribution
        if index is None:
            return c.upstream, c.local, c.share, c.after
        aligned_factors = c.local is not None and np.shape(c.operand._data) == np.shape(c.operation._data)
        factors = [
            np.broadcast_to(x, np.shape(c.share))[index] if aligned_factors else None for x in (c.upstream, c.local)
        ]
        return *factors, np.asarray(c.share)[index], np.asarray(c.after)[index]


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Explanation:
    """A gradient, the terms it is the sum of, the paths they came along, and where the way is cut.

    `print` shows it all as a table and text, `drawing` as a picture.
    """

    root: Node
    wrt: Node
    gradient: Any
    terms: tuple[Term, ...]
    paths: tuple[Path, ...]
    cuts: tuple[str, ...]
    names: Mapping[Node, str]
    digits: int
    index: Index | None = None
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """∂f/∂x, with the place of the entry where one was asked for."""
        place = "" if self.index is None else f"[{', '.join(map(str, self.index))}]"
        return f"∂{self.names[self.root]}/∂{self.names[self.wrt]}{place}"

    @property
    def text(self) -> str:
        """One paragraph."""
        whole = self.gradient if self.index is None else np.asarray(self.gradient)[self.index]
        said = f"{self.name} = {size(whole, self.digits)}"
        if self.wrt is self.root:
            said += ": every walk back begins with it"
        elif not self.terms:
            said += ": nothing comes back to it" + ("" if self.cuts else ", for the root does not depend on it")
        else:
            shares, n = ", ".join(map(self._share, self.terms[:LISTED])), len(self.terms)
            shares += f" and {n - LISTED:,} more" if n > LISTED else ""
            said += f" is {'one share' if n == 1 else f'the sum of {n:,} shares'}: {shares}"
        return " ".join([f"{said}.", *self._stored(), *(f"{more}." for more in (*self.cuts, *self.notes))])

    def _share(self, term: Term) -> str:
        upstream, local, share, _ = term.entry(self.index)
        said = f"{size(share, self.digits)} through {term.through}"
        if upstream is not None and local is not None and np.size(share) == np.size(upstream) == np.size(local) == 1:
            said += f" ({size(upstream, self.digits)} × {size(local, self.digits)})"
        return said + (f" at {term.site}" if term.site else "")

    def _stored(self) -> list[str]:
        stored = self.wrt.grad
        if self.wrt.op is not None or stored is None or not np.any(stored) or same(stored, self.gradient, self.digits):
            return []
        return [f"Its stored grad is {size(stored, self.digits)}: other passes are in it too."]

    def table(self) -> str:
        """The terms, one a line, with the sum as it grows."""
        x = self.names[self.wrt]
        f = self.names[self.root]
        rows = [("through", "function", f"∂{f}/∂…", f"∂…/∂{x}", "share", "sum", "line")]
        for term in self.terms[:ROWS]:
            upstream, local, share, total = term.entry(self.index)
            texts = ["—" if y is None else size(y, self.digits) for y in (upstream, local, share, total)]
            texts[1] = "pull-back" if term.local is None else texts[1]
            rows.append((term.through, term.function, *texts, term.site))  # type: ignore[arg-type]
        more = f"\n… {len(self.terms) - ROWS:,} more: see terms" if len(self.terms) > ROWS else ""
        return aligned(rows, right=(2, 3, 4, 5), ruled_after=(0,)) + more

    def drawing(self, **options: Any) -> Drawing:
        """The part of the graph between the node and the root, with all that else feeds it in grey; options of draw."""
        way = [node for node in between(self.root, self.wrt) if node is not self.wrt]
        if not way:
            return draw(self.root, **options)
        root = section(way, self.names, toward={self.wrt})[self.root]
        if root.requires_grad:
            backward(root)
        return draw(root, **options)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: the drawing, or the text alone where the drawing is too wide to be read."""
        drawing = self.drawing()
        picture = drawing._repr_mimebundle_() if drawing.width <= READABLE else {}
        return {**picture, "text/plain": str(self)}

    def __str__(self) -> str:
        parts = [self.text]
        if self.terms:
            parts.append(self.table())
        if len(self.paths) > 1 or (self.paths and len(self.terms) == 1):
            parts.append("\n".join(["by paths", *(f"  {path.text(self.digits)}" for path in self.paths)]))
        return "\n\n".join(parts)

    def __repr__(self) -> str:
        return f"<explanation: {self.name} = {brief(self.gradient, self.digits)}, {count(len(self.terms), 'share')}>"
