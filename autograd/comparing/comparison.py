"""compare(run_a, run_b): two graphs side by side, and the first node whose value or gradient differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.backward import paused_collector, walk_back
from autograd.comparing.alignment import Alignment
from autograd.comparing.beside import Adjoints, Beside
from autograd.comparing.differences import Difference
from autograd.errors import ArgumentError, OperandError, StaleData
from autograd.graph import Node
from autograd.tensor import Tensor
from autograd.view.drawing import Drawing, draw
from autograd.view.table import aligned
from autograd.view.text import count, number

SHOWN = 10  # differences that are printed


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Comparison:
    """What two graphs have in common, and every difference: those of values from the leaves on, then of gradients.

    It is true where something differs. Values and structure come in the order in which the first graph computes them,
    and gradients in that of a backward pass, so that the first difference is what the others may follow from.
    """

    roots: tuple[Node, Node]
    sizes: tuple[int, int]
    partners: int
    differences: tuple[Difference, ...]
    note: str = ""

    @property
    def same(self) -> bool:
        """Whether no node differs."""
        return not self.differences

    @property
    def first(self) -> Difference | None:
        """The first difference; None where there is none."""
        return self.differences[0] if self.differences else None

    def drawing(self, **options: Any) -> Drawing:
        """The graph of the first run, or of the second where the node is there alone, with that node marked.

        Gradients are those that were compared.
        """
        own = self.first is None or self.first.first is not None
        (ours, theirs), _ = _gradients(*self.roots)
        options = {"gradients": (ours if own else theirs) or None, **options}
        if self.first is None:
            return draw(self.roots[0], **options)
        node = self.first.first if own else self.first.second
        assert node is not None
        return draw(self.roots[0 if own else 1], marks={node: str(self.first)}, **options)

    def __bool__(self) -> bool:
        return not self.same

    def __str__(self) -> str:
        sizes = f"{count(self.sizes[0], 'node')} against {self.sizes[1]:,}, {self.partners:,} of them aligned"
        notes = [self.note] if self.note else []
        if self.first is None:
            return "\n".join([f"the same: {sizes}", *notes])
        rows = [_HEADINGS, *map(_row, self.differences[:SHOWN])]
        rest = len(self.differences) - SHOWN
        more = [f"and {count(rest, 'more difference')}"] if rest > 0 else []
        table = aligned(rows, right=(3, 4, 5), ruled_after=(0,))
        return "\n".join([f"first difference, {self.first}", sizes, "", table, *more, *notes])

    __repr__ = __str__

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: the table."""
        return {"text/plain": str(self)}


_HEADINGS = ("first", "second", "what", "in the first", "in the second", "apart (ulp)")


def _row(difference: Difference) -> tuple[str, ...]:
    ours, theirs = difference.name or "—", difference.other_name or "—"
    if difference.kind == "structure":
        return (ours, theirs, f"structure: {difference.what}", "", "", "")
    place = str(list(difference.index)) if difference.index else ""
    one, other = (f"{x:.9g}" for x in difference.numbers)
    return (ours, theirs, difference.kind + place, one, other, number(difference.ulps))


def compare(run_a: Any, run_b: Any, *, ulps: float | None = None) -> Comparison:
    """Aligns the graphs of two roots and finds where their values, gradients or operations part.

    Each root is a Value, a Tensor or a program, which is taken at its example. Nodes are partners by structure: by the
    ops before and after them, the order of operands, and labels that both graphs have; nodes that are in one graph
    alone, or that another op stands for, are differences. Gradients are those of one fresh pass from each root, of a
    Tensor of several entries of their sum.

    Numbers differ that are more than `ulps` units in the last place apart, in the coarser dtype of the two; unless it
    is given, equal numbers of one dtype do not differ, nor one number rounded to two.

    >>> from autograd import Value, exp
    >>> x = Value(1.0, label="x")
    >>> found = compare(exp(x) * 2.0, exp(x) * 3.0)
    >>> str(found.first)
    'value of 2 beside 3: 2.0 against 3.0, 2.252e+15 units in the last place of float64 apart'
    """
    if ulps is not None and not (isinstance(ulps, (int, float)) and ulps >= 0.0):
        raise ArgumentError(f"ulps={ulps!r} is not allowed: it is how many units in the last place may lie between")
    with paused_collector():
        return _compared(_root(run_a), _root(run_b), ulps)


def _root(run: Any) -> Node:
    root = run.graph() if hasattr(run, "graph") else run
    if not isinstance(root, Node):
        raise OperandError(
            f"compare takes two roots, Values, Tensors or programs, not {type(root).__name__}: {str(root)[:60]!r}"
        )
    return root


def _compared(first: Node, second: Node, ulps: float | None) -> Comparison:
    alignment = Alignment(first, second)
    beside = Beside(alignment, (first, second), ulps)
    (ours, theirs), note = _gradients(first, second)
    pairs = alignment.pairs
    sizes = len(alignment.of_first), len(alignment.of_second)
    differences = (*beside.forward(pairs), *beside.backward(pairs, ours, theirs))
    return Comparison((first, second), sizes, len(pairs), differences, note)


def _gradients(first: Node, second: Node) -> tuple[tuple[Adjoints, Adjoints], str]:
    """One fresh pass from each root; none, and why, where there can be none."""
    constant = [root for root in (first, second) if not root.requires_grad]
    if constant:
        which = "the roots are constants" if len(constant) == 2 else "one of the roots is a constant"
        return ({}, {}), f"gradients are not compared: {which}"
    try:
        return (_adjoints(first), _adjoints(second)), ""
    except StaleData as problem:
        return ({}, {}), f"gradients are not compared: {problem}"


def _adjoints(root: Node) -> Adjoints:
    seed = np.ones(np.shape(root._data), root._data.dtype) if isinstance(root, Tensor) else None
    with np.errstate(all="ignore"):
        return dict(walk_back(root, seed))
