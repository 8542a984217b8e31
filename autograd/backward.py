"""Reverse mode: one generator that walks back from a root, and the folds over it."""

from __future__ import annotations

import gc
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from autograd.errors import AutogradError, OperandError, StaleData
from autograd.graph import MANY, Node, ancestry
from autograd.modes import MODE, attached


def walk_back(root: Node, seed: Any = 1.0, *, create_graph: bool = False) -> Iterator[tuple[Node, Any]]:
    """Yields every node that needs a gradient with its adjoint ∂root/∂node, children before parents.

    The adjoints are the walk's own: no node is written to. With `create_graph` the rules run on nodes, so that the
    adjoints are nodes themselves and can be differentiated again; a rule that then no longer gives the local
    derivative stored at forward time raises StaleData.
    """
    adjoints: dict[Node, Any] = {root: seed}
    # A node shared by two paths must hear from both before it speaks: that is what the topological order is for.
    # Visit a child of `a` after `a` has already passed its adjoint on, and the child's share never gets through.
    for node in reversed(ancestry(root, differentiable=True)):
        adjoint = adjoints.pop(node)
        yield node, adjoint
        if node._right is MANY or create_graph:
            for parent, local in _edges(node, create_graph):
                share = masked_product(adjoint, local)
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


def backward(root: Node) -> None:
    """Stores ∂root/∂node in every node's `grad`: interior nodes hold this pass, leaves add it to what they held.

    A node that the root does not depend on, or only through ops without a derivative, is not reached.
    """
    if root.op is None and not root.requires_grad:
        raise AutogradError(
            f"backward from {root!r}, a constant: nothing it was computed from is recorded. "
            "Was it made under no_grad(), or frozen with requires_grad = False?"
        )
    root._mark = root.mark._replace(walked=True)
    with paused_collector():
        for node, adjoint in _inspected(root, walk_back(root)):
            if node.op is None and node.grad is not None:
                node.grad += adjoint
            else:
                node.grad = adjoint


def gradients(root: Node, wrt: Iterable[Node], *, create_graph: bool = False) -> tuple[Any, ...]:
    """∂root/∂w for each node w of the list `wrt`, stored nowhere: 0.0 where the root does not depend on it.

    With `create_graph` each is a node, to be differentiated again; it cannot be made under no_grad().
    """
    wanted = _nodes(wrt)
    if create_graph and not MODE.get().records:
        raise AutogradError("gradients(…, create_graph=True) records a graph: call it outside no_grad()")
    walk = _inspected(root, walk_back(root, create_graph=create_graph))
    found = {node: adjoint for node, adjoint in walk if node in wanted}
    shares = [found.get(node, 0.0) for node in wanted]
    return tuple(root.constant(g) if create_graph and not isinstance(g, Node) else g for g in shares)


def _nodes(wrt: Iterable[Node]) -> list[Node]:
    wanted = list(wrt) if isinstance(wrt, Iterable) else [wrt]
    strange = [x for x in wanted if not isinstance(x, Node)]
    if strange or isinstance(wrt, Node):
        raise OperandError(f"gradients takes a list of nodes, gradients(root, [x, y]), not {wrt!r}")
    return wanted


def _inspected(root: Node, walk: Iterable[tuple[Node, Any]]) -> Iterable[tuple[Node, Any]]:
    """The walk; under detect_anomaly looked through first, so that an anomaly ends it before anything is stored."""
    watcher = MODE.get().watcher
    return walk if watcher is None else list(watcher.inspected(root, walk))


@contextmanager
def paused_collector() -> Iterator[None]:
    """Inside, the cyclic garbage collector rests: graphs hold no cycles, so it would walk every node for nothing.

    It is a setting of the whole process: it is put back as it was, exceptions included.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _edges(node: Node, create_graph: bool) -> Iterator[tuple[Node, Any]]:
    """Each parent that needs a gradient, with the local derivative as stored or as the rule gives it on nodes."""
    stored = node.local_gradients
    entries = _rule_on_nodes(node, stored) if create_graph and node.op is not None else stored
    for parent, local, was in zip(node.parents, entries, stored, strict=True):
        if was is None:
            continue
        now = _number(local)
        if now != was and (now == now or was == was) and not math.isclose(now, was, rel_tol=1e-14):
            raise StaleData(
                f"{node.op and node.op.name} stored the local derivative {was} at forward time and its rule now gives "
                f"{now}: the data of a parent has changed since. Compute the value again before differentiating."
            )
        yield parent, local


def _rule_on_nodes(node: Node, stored: Sequence[Any]) -> list[Any]:
    """The local derivatives as nodes: those on demand are taken where the forward pass took them."""
    assert node.op is not None
    assert node.op.rule is not None
    with attached():
        entries = node.op.rule(node, *node.parents)
        wanted = (was is not None for was in stored)
        return [entry() if callable(entry) and want else entry for entry, want in zip(entries, wanted, strict=True)]


def masked_product(adjoint: Any, local: Any) -> Any:
    """adjoint × local; nan becomes 0 where a factor is exactly 0, for nothing comes from a branch not taken."""
    if local.__class__ is float and local == 1.0:  # exact, and keeps gradient graphs free of × 1
        return adjoint
    share = adjoint * local
    number = _number(share)
    if number != number and (_number(adjoint) == 0.0 or _number(local) == 0.0):
        return 0.0
    return share


def _number(x: Any) -> Any:
    return x.data if isinstance(x, Node) else x  # type: ignore[attr-defined]
