"""Forward mode: tangents pushed along the walk, parents before children, by the rules that reverse mode uses.

One sweep gives the derivatives of every node along one direction; reverse mode gives those of one node in every
direction (textbook, 4.5.3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from autograd.arrays import fitted
from autograd.backward import walk_back
from autograd.errors import AutogradError, OperandError, ShapeError, StaleData
from autograd.graph import Node, ancestry
from autograd.modes import MODE, Mode, ModeChange, attached
from autograd.op import as_float
from autograd.products import masked_product
from autograd.stand_ins import stand_in, tie
from autograd.tensor import Tensor
from autograd.value import Value


def push_forward(
    root: Node | Sequence[Node], tangents: Mapping[Any, Any], *, create_graph: bool = False
) -> Iterator[tuple[Node, Any]]:
    """Yields every node that a tangent reaches with its own, parents before children: the derivative along `tangents`.

    `tangents` says in which direction leaves move: {w: 1.0} gives ∂node/∂w. An interior node may be given one as well,
    and keeps it. Of a Tensor it is an array of its shape. `root` is a node or a list of them, walked together. No node
    is written to. With `create_graph` the rules run on nodes, so that the results can be differentiated again.
    ShapeError or OperandError where a tangent does not fit, StaleData where data have changed since.

    >>> w, x = Value(2.0), Value(3.0)
    >>> [tangent for node, tangent in push_forward(w * x * w, {w: 1.0})]  # of w, w·x and w·x·w
    [1.0, 3.0, 12.0]
    """
    if not isinstance(tangents, Mapping):
        raise OperandError(f"push_forward takes a dict from nodes to their tangents, not {tangents!r}")
    known = {leaf: _checked(leaf, tangent, create_graph) for leaf, tangent in tangents.items()}
    for node in _walked(root):
        if node not in known:
            with np.errstate(all="ignore"):
                pieces = _pieces(node, known, create_graph)
            if not pieces:
                continue
            known[node] = sum(pieces[1:], start=pieces[0])
        yield node, known[node]


def directional(roots: Sequence[Node], tangents: Mapping[Any, Any], *, create_graph: bool = False) -> tuple[Any, ...]:
    """The derivative of each root along `tangents`, in one sweep: 0.0 where none of them reaches it.

    With `create_graph` each is a node, to be differentiated again; it cannot be made under no_grad().
    """
    wanted = set(roots)
    walk = push_forward(roots, tangents, create_graph=create_graph)
    found = {node: tangent for node, tangent in walk if node in wanted}
    results = [found.get(root, 0.0) for root in roots]
    if not create_graph:
        return tuple(results)
    return tuple(t if isinstance(t, Node) else root.constant(t) for root, t in zip(roots, results, strict=True))


def fitting(node: Node, given: Any, name: str) -> Any:
    """A tangent or cotangent as it fits a node: a number, or an array of its shape in its dtype; nodes stay nodes."""
    if not isinstance(node, Tensor):
        if isinstance(given, Tensor):
            raise OperandError(f"{name} must be one number, got {given!r}")
        return given if isinstance(given, Value) else as_float(given, name, wanted="plain numbers")
    if isinstance(given, Value):
        raise OperandError(f"{name} must be an array or Tensor of shape {node.shape}, got {given!r}")
    if not isinstance(given, Tensor):
        try:
            array = np.asarray(given)
        except ValueError:
            raise ShapeError(f"{name} has rows of unequal length") from None
        if array.dtype.kind not in "fiub":
            raise OperandError(f"{name} must hold real numbers, got {type(given).__name__}: {str(given)[:60]}")
        given = array.astype(node.dtype)
    if given.shape != node.shape:
        raise ShapeError(f"{name} must have shape {node.shape}, got shape {given.shape}")
    return given if given.dtype == node.dtype else given.astype(node.dtype)


def _checked(leaf: Any, tangent: Any, create_graph: bool) -> Any:
    if not isinstance(leaf, Node):
        raise OperandError(f"push_forward takes a dict from nodes to their tangents, and {leaf!r} is no node")
    if not leaf.requires_grad:
        raise AutogradError(f"no derivative is taken toward {leaf!r}: it is a constant, or frozen")
    if create_graph and not MODE.get().records:
        raise AutogradError("push_forward(…, create_graph=True) records a graph: call it outside no_grad()")
    if isinstance(tangent, Node) and not create_graph:
        raise OperandError("a tangent that is a node needs push_forward(…, create_graph=True); else give its data")
    return fitting(leaf, tangent, f"the tangent of {leaf.label or 'a node'}")


def _walked(root: Node | Sequence[Node]) -> list[Node]:
    roots = root if isinstance(root, (list, tuple)) else [root]
    ends = Node()  # a child of all roots, to walk from
    ends.join([_demanded(node) for node in roots], [True] * len(roots))
    return ancestry(ends, differentiable=True)[:-1]


def _demanded(root: Any) -> Node:
    if not isinstance(root, Node):
        raise OperandError(f"push_forward walks from a node or a list of nodes, not from {root!r}")
    return root


def _pieces(node: Node, known: dict[Any, Any], create_graph: bool) -> list[Any]:
    """What each parent's tangent adds to the tangent of its child; their sum is the chain rule."""
    if node.op is None or not any(parent in known for parent in node.parents):
        return []
    if isinstance(node, Tensor):
        return _through_array(node, known, create_graph)
    # The local derivative is what a parent receives where the child has received 1.
    locals_ = node.shares(1.0, create_graph)
    return [masked_product(known[parent], local) for parent, local in locals_ if parent in known]


# ── arrays ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Scratch(ModeChange):
    """Inside, ops record as if no mode had been set: for a graph that nobody sees."""

    __slots__ = ()

    def _changed(self, mode: Mode) -> Mode:
        return Mode()


def _through_array(node: Tensor, known: dict[Any, Any], create_graph: bool) -> list[Any]:
    """The same on arrays. A rule says how a gradient g comes back to a parent, which is linear in g, a matrix Jᵀ.

    So the rule is run on a variable g, and the tangent is what comes back to g when the share receives the parent's
    tangent: J × tangent. One rule thus serves both modes, whether it is a row's or a user's own.
    """
    g = Tensor(np.ones(node.shape, node.dtype))
    doubles = {p: stand_in(p) for p in (node, *node.parents) if p.requires_grad} if create_graph else {}
    with nullcontext() if create_graph else _Scratch():
        shares = _shares_on(doubles, node, g) if create_graph else node.shares(g, False)
        pieces = [
            back
            for parent, share in shares
            if parent in known and isinstance(share, Node)
            for reached, back in walk_back(share, known[parent], create_graph=create_graph)
            if reached is g
        ]
    for parent, double in doubles.items():
        tie(double, parent)
    return pieces


def _shares_on(doubles: dict[Node, Any], node: Tensor, g: Tensor) -> Iterator[tuple[Node, Any]]:
    """What each parent receives when the rule runs on stand-ins for its operands: no walk goes on into their past."""
    assert node.op is not None
    parents = node.parents
    for parent, version in zip(parents, node._versions, strict=True):
        if version is not None and parent._version != version:  # type: ignore[attr-defined]
            raise StaleData(f"the data of {parent!r} have been set since {node.op.name} used them: compute it again")
    y, *operands = (doubles.get(p, p) for p in (node, *parents))
    with attached():
        shares = list(node.op.shares(g, y, operands, node.edges, node.parameters, lambda place: None))
    for place, share in shares:
        yield parents[place], fitted(share, parents[place].shape, parents[place].dtype, node.op)  # type: ignore[attr-defined]
