"""Mistakes on purpose: what goes wrong in a backward pass that forgets one thing, on your own graph.

Why the topological sort? Let a = 1, b = a + a, c = b + b:

>>> from autograd import Value, mistakes
>>> a = Value(1.0, label="a")
>>> b = a + a
>>> b.label = "b"
>>> c = b + b
>>> c.label = "c"
>>> print(mistakes.without_topological_order(c))
without the topological order
A node hands its gradient on once, as soon as it has heard from anyone. What it hears later, from
the other paths, never gets through to what lies below it.
It first shows at a: 2 in place of 4.
<BLANKLINE>
node  function  right  wrong  differs
────  ────────  ─────  ─────  ───────
c     b + b         1      1
b     a + a         2      2
a     variable      4      2  ← first
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd.backward import paused_collector, walk_back
from autograd.errors import ArgumentError, AutogradError, OperandError, ShapeError
from autograd.graph import Node
from autograd.mistakes import passes
from autograd.mistakes.mistake import Mistake, Overview
from autograd.mistakes.recognition import Recognition, recognised, unstored

__all__ = [
    "Mistake", "Overview", "Recognition", "all", "forgetting_zero_grad", "overwriting", "parents_as_a_set",
    "recognise", "stale_data", "without_topological_order",
]  # fmt: skip


def without_topological_order(root: Node) -> Mistake:
    """A node passes its gradient on as soon as it hears anything: what comes later never gets through."""
    return _compared(
        "without the topological order", root, passes.in_order_of_discovery,
        "A node hands its gradient on once, as soon as it has heard from anyone. What it hears later, from the other "
        "paths, never gets through to what lies below it.",
    )  # fmt: skip


def overwriting(root: Node) -> Mistake:
    """`grad = share` in place of `grad += share`: of several paths the last one alone counts."""
    return _compared(
        "overwriting instead of adding", root, passes.keeping_the_last_share,
        "A share takes the place of what a node has heard before. Where several paths meet, the last one alone is "
        "left, and by the branch rule the gradient is their sum.",
    )  # fmt: skip


def forgetting_zero_grad(root: Node) -> Mistake:
    """A second pass without `zero_grad()`: leaves hold the sum of both."""
    return _compared(
        "forgetting zero_grad", root, passes.two_passes_into_one_sum,
        "Leaves add up what successive passes bring, so that a second step begins with the gradient of the first. "
        "After two passes without zero_grad() each leaf holds twice its gradient, and the nodes between are right.",
    )  # fmt: skip


def parents_as_a_set(root: Node) -> Mistake:
    """Parents kept in a set: an operand that one op uses twice has one edge where there are two."""
    return _compared(
        "parents as a set", root, passes.one_edge_for_each_parent,
        "A set holds a node once, so that a × a and a + a have one edge in place of two. The share of the second edge "
        "is lost.",
    )  # fmt: skip


def stale_data(root: Node, step: float = 0.1) -> Mistake:
    """Leaves are given new data between the forward and the backward pass: here after a step of gradient descent.

    Local derivatives are then those of other numbers than the values they stand beside. `step` is the learning rate.
    """
    if not isinstance(step, (int, float)) or not np.isfinite(step):
        raise ArgumentError(f"step={step!r} is not allowed: it is the learning rate, a finite number")

    def wrong(root: Node) -> passes.Gradients:
        moved = {node: node._data - step * g for node, g in walk_back(root) if node.op is None}
        return passes.with_new_data(root, moved)

    return _compared(
        "stale data", root, wrong,
        f"The leaves take a step of {step:g} down the gradient before backward runs, and their new data enter the "
        "local derivatives. The values above were computed from the old ones, so that the chain mixes two points.",
    )  # fmt: skip


def all(root: Node) -> Overview:
    """Every mistake on one graph: where each first shows, and where it does no harm."""
    made = (without_topological_order, overwriting, forgetting_zero_grad, parents_as_a_set, stale_data)
    return Overview(tuple(make(root) for make in made))


def recognise(root: Node, gradients: Mapping[Node, Any] | None = None) -> Recognition:
    """Which mistake gives just these gradients: those of your own backward pass, or what the leaves hold in `grad`.

    OperandError, ArgumentError or ShapeError where `gradients` does not hold numbers or arrays of the shapes of nodes
    that the root depends on through a derivative.

    >>> from autograd import Value
    >>> a = Value(1.0, label="a")
    >>> b = a + a
    >>> print(recognise(b + b, {a: 2.0, b: 2.0}).mistakes[0].name)
    without the topological order
    """
    root = root.graph() if hasattr(root, "graph") else root
    candidates = [make(root) for make in (without_topological_order, overwriting, parents_as_a_set, stale_data)]
    right = candidates[0].right
    if gradients is None:
        nothing = unstored(candidates[0])
        if nothing is not None:
            return nothing
        gradients = {node: node.grad for node in right if node.op is None and node.grad is not None}
    if not isinstance(gradients, Mapping):
        raise OperandError(f"recognise takes gradients by node, {{x: 2.0}}, not {type(gradients).__name__}")
    for node, gradient in gradients.items():
        if node not in right:
            raise ArgumentError(
                f"recognise: the root has no derivative by {node!r}, so no gradient of it is wrong or right"
            )
        if np.shape(gradient) != np.shape(right[node]):
            raise ShapeError(
                f"recognise: {node!r} has the shape {np.shape(right[node])}, and its gradient {np.shape(gradient)}"
            )
    return recognised(gradients, candidates)


def _compared(name: str, root: Any, wrong: Callable[[Node], passes.Gradients], explanation: str) -> Mistake:
    root = root.graph() if hasattr(root, "graph") else root
    if not isinstance(root, Node):
        raise OperandError(
            f"a mistake is made on the graph of a root, not on {type(root).__name__}: {str(root)[:60]!r}"
        )
    if not root.requires_grad:
        raise AutogradError(f"there is no backward pass from {root!r}, a constant")
    with paused_collector(), np.errstate(all="ignore"):
        return Mistake(name, root, dict(walk_back(root)), wrong(root), explanation)
