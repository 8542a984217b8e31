"""Reverse mode: one generator that walks back from a root, and the folds over it."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from autograd.errors import AutogradError, OperandError
from autograd.graph import MANY, Node, ancestry
from autograd.modes import current_mode
from autograd.products import masked_product


def walk_back(
    root: Node, seed: Any = None, *, create_graph: bool = False, in_place: bool = False
) -> Iterator[tuple[Node, Any]]:
    """Yields every node that needs a gradient with its adjoint ∂root/∂node, children before parents.

    `seed` is the adjoint of the root: 1, unless it is a Tensor of several numbers. The adjoints are the walk's own: no
    node is written to. With `create_graph` the rules run on nodes, so that the adjoints are nodes themselves and can
    be differentiated again. With `in_place` an array that keeps a leaf's gradient may be written to, to save a copy.
    StaleData is raised where data that a derivative depends on have changed since.
    """
    order = ancestry(root, differentiable=True)
    adjoints: dict[Node, Any] = {root: root.seed(seed)}
    at_home: set[Node] | None = set() if in_place else None
    # A node shared by two paths must hear from both before it speaks: that is what the topological order is for.
    # Visit a child of `a` after `a` has already passed its adjoint on, and the child's share never gets through.
    for node in reversed(order):
        adjoint = adjoints.pop(node, None)
        if adjoint is None:  # only a condition or an index: its child had nothing to say to it
            continue
        yield node, adjoint
        if node._right is MANY or create_graph:
            for parent, share in node.shares(adjoint, create_graph, at_home):
                adjoints[parent] = adjoints[parent] + share if parent in adjoints else share
            continue
        # The same for one or two parents, written out: the inner loop of every backward pass on scalars.
        local = node._d_left
        if local is not None:
            share = adjoint * local
            if share != share:
                share = masked_product(adjoint, local)
            parent = node._left
            adjoints[parent] = adjoints[parent] + share if parent in adjoints else share
        local = node._d_right
        if local is not None:
            share = adjoint * local
            if share != share:
                share = masked_product(adjoint, local)
            parent = node._right
            adjoints[parent] = adjoints[parent] + share if parent in adjoints else share


def backward(root: Node, seed: Any = None) -> None:
    """Stores ∂root/∂node in every node's `grad`: interior nodes hold this pass, leaves add it to what they held.

    A node that the root does not depend on, or only through ops without a derivative, is not reached.
    """
    if root.op is None and not root.requires_grad:
        raise AutogradError(
            f"backward from {root!r}, a constant: nothing it was computed from is recorded. "
            "Was it made under no_grad(), or frozen with requires_grad = False?"
        )
    _demand_no_recording(root)
    with paused_collector(), np.errstate(all="ignore"):  # what a derivative is not finite at, detect_anomaly tells
        root.store(_inspected(root, walk_back(root, seed, in_place=True)))
    root._mark = root.mark._replace(walked=True)


def gradients(root: Node, wrt: Iterable[Node], *, create_graph: bool = False) -> tuple[Any, ...]:
    """∂root/∂w for each node w of the list `wrt`, stored nowhere: 0.0 where the root does not depend on it.

    With `create_graph` each is a node, to be differentiated again; it cannot be made under no_grad().
    """
    wanted = _nodes(wrt)
    if create_graph and not current_mode().records:
        raise AutogradError("gradients(…, create_graph=True) records a graph: call it outside no_grad()")
    if not create_graph:
        _demand_no_recording(root)
    places = set(wanted)
    with np.errstate(all="ignore"):
        walk = _inspected(root, walk_back(root, create_graph=create_graph))
        found = {node: adjoint for node, adjoint in walk if node in places}
    shares = [found.get(node, 0.0) for node in wanted]
    return tuple(root.constant(g) if create_graph and not isinstance(g, Node) else g for g in shares)


def _demand_no_recording(root: Node) -> None:
    """Under record a gradient as a plain number would be frozen into the program."""
    if (recording := current_mode().recording) is not None:
        recording.read(root, "the gradient")


def _nodes(wrt: Iterable[Node]) -> list[Node]:
    wanted = list(wrt) if isinstance(wrt, Iterable) else [wrt]
    strange = [x for x in wanted if not isinstance(x, Node)]
    if strange or isinstance(wrt, Node):
        raise OperandError(f"gradients takes a list of nodes, gradients(root, [x, y]), not {wrt!r}")
    return wanted


def _inspected(root: Node, walk: Iterable[tuple[Node, Any]]) -> Iterable[tuple[Node, Any]]:
    """The walk; under detect_anomaly looked through first, so that an anomaly ends it before anything is stored."""
    watcher = current_mode().watcher
    return walk if watcher is None else list(watcher.inspected(root, walk))


class paused_collector:  # noqa: N801 (reads as a statement: with paused_collector())
    """Inside, the cyclic garbage collector rests: graphs hold no cycles, so it would walk every node for nothing.

    It is a setting of the whole process: it is put back as it was, exceptions included.
    """

    __slots__ = ("_was_on",)

    def __enter__(self) -> None:
        self._was_on = gc.isenabled()
        gc.disable()

    def __exit__(self, *problem: object) -> None:
        if self._was_on:
            gc.enable()
