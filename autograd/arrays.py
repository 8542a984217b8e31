"""How an op is recorded on arrays, the value alone, and how a gradient comes back through it.

Derivatives are taken when they are asked for, from the operands as they were: interior data never change, and every
node keeps the versions of the leaves it was made from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd import array_ops
from autograd.complaints import COMPLAINTS, explained
from autograd.errors import OperandError, RuleError, StaleData
from autograd.graph import MANY, Mark, Node
from autograd.modes import Mode, attached, calling_site, current_mode
from autograd.op import Op, as_float

blank = object.__new__


def record(kind: type[Any], op: Op, operands: Sequence[Any], parameters: dict[str, Any] | None) -> Any:
    """The node that an op makes of Tensors, arrays and plain numbers: its data, its parents and their versions.

    Under no_grad the result is a leaf without gradient.
    """
    mode = current_mode()
    parents, arrays, edges, versions, of_leaf = _joined(kind, op, operands)
    try:
        y = op.array_function(*arrays, **parameters) if parameters else op.array_function(*arrays)
    except COMPLAINTS as error:
        raise explained(op.name, arrays, parameters, error) from None
    if y.__class__ is not np.ndarray or y.dtype.kind != "f":
        y = _array(op, y, arrays, edges)
    if of_leaf and any(np.may_share_memory(y, a) for a in arrays):
        y = y.copy()  # a view of a leaf would change with the leaf, whose data may be set in place
    if not mode.records:
        if mode.recording is None:
            node = leaf(kind, y, requires_grad=False)
            node._mark = Mark(region=mode.region, site=calling_site()) if mode.keeps_lines else mode.region
            return node
        edges = [None] * len(edges)  # a program computes it anew, and no derivative goes through it
    y.setflags(False)  # type: ignore[call-arg]  # write=False, in a quarter of the time of y.flags.writeable = False
    node = blank(kind)
    node._data = y
    node.grad = node._home = node._d_right = None
    node._version = 0
    node._mark = mode.region
    node.op = op
    node._parameters = parameters
    node._left = parents
    node._right = MANY
    node._d_left = edges
    node._versions = versions
    node._requires_grad = True in edges
    if mode.special:
        _marked(node, mode)
    return node


def _joined(
    kind: type[Any], op: Op, operands: Sequence[Any]
) -> tuple[list[Any], list[Any], list[Any], list[Any], bool]:
    """The operands as parents and as arrays, the edges toward them, the versions of leaves, and whether there is one.

    One pass and no more: this is the hot path of training.
    """
    parents: list[Any] = []
    arrays: list[Any] = []
    edges: list[Any] = []
    versions: list[Any] = []
    derivable, of_leaf = op.derivable, False
    for parent in operands:
        if parent.__class__ is not kind:
            parent = _operand(kind, op, parent)
            if parent.__class__ is float:
                parents.append(parent)
                arrays.append(np.asarray(parent) if op.whole else parent)
                edges.append(None)
                versions.append(None)
                continue
        parents.append(parent)
        arrays.append(parent._data)
        edges.append(True if derivable and parent._requires_grad else None)
        if parent.op is None:
            of_leaf = True
            versions.append(parent._version)
        else:
            versions.append(None)
    return parents, arrays, edges, versions, of_leaf


def shares(node: Any, adjoint: Any, create_graph: bool, at_home: set[Any] | None) -> Iterator[tuple[Any, Any]]:
    """What each parent of an array node receives, summed to the parent's shape and cast to its dtype."""
    op, parents = node.op, node._left
    if op is None or not op.derivable:
        return
    operands = _operands(node, create_graph)

    def home(place: int) -> Any:
        leaf = parents[place]
        if at_home is None or leaf._home is None or leaf.grad is not None or leaf in at_home:
            return None
        at_home.add(leaf)
        return leaf._home

    if create_graph:
        with attached():
            found: Any = list(op.shares(adjoint, node, operands, node._d_left, node._parameters, home))
    else:
        found = op.shares(adjoint, node._data, operands, node._d_left, node._parameters, home)
    for place, share in found:
        parent = parents[place]
        data = parent._data
        if share.__class__ is not np.ndarray or share.shape != data.shape or share.dtype != data.dtype:
            share = fitted(share, data.shape, data.dtype, op)
        yield parent, share


def _operands(node: Any, as_nodes: bool) -> list[Any]:
    """What a node was computed from, as arrays or as nodes; StaleData where a leaf's data have been set since."""
    op, operands = node.op, []
    for parent, version in zip(node._left, node._versions, strict=True):
        if version is not None and parent._version != version:
            raise _stale(node, parent)
        if parent.__class__ is float:
            operands.append(np.asarray(parent) if op.whole else parent)
        else:
            operands.append(parent if as_nodes else parent._data)
    return operands


def demand_fresh(node: Any) -> None:
    """StaleData where a leaf's data have been set since an array node was made of it."""
    _operands(node, as_nodes=False)


def fitted(share: Any, shape: tuple[int, ...], dtype: Any, op: Op) -> Any:
    """A share in the shape and dtype of the parent it goes to: what broadcasting stretched is summed up again.

    This is the one place where broadcasting and dtype are undone, for arrays and for nodes alike.
    """
    found = getattr(share, "shape", None)
    if found is None:
        raise RuleError(f"the rule of {op.name} gave {share!r} where a share of shape {shape} was expected")
    if found != shape:
        beyond = len(found) - len(shape)
        stretched = tuple(
            i for i, size in enumerate(found) if i < beyond or (size != shape[i - beyond] and shape[i - beyond] == 1)
        )
        rest = [size for i, size in enumerate(found) if i not in stretched]
        if beyond < 0 or rest != [size for i, size in enumerate(shape) if i + beyond not in stretched]:
            raise RuleError(f"the rule of {op.name} gave a share of shape {found} to a parent of shape {shape}")
        if stretched:
            share = array_ops.sum(share, axis=stretched)
        if share.shape != shape:
            share = array_ops.reshape(share, shape=shape)
    if share.dtype != dtype:
        share = array_ops.astype(share, dtype=dtype)
    return share


def _operand(kind: type[Any], op: Op, x: Any) -> Any:
    """An operand that is no Tensor: a plain number as it is, an array as a constant of its own."""
    if isinstance(x, kind):  # a subclass
        return x
    if isinstance(x, Node):
        raise OperandError(f"{op.name} cannot join a Value and a Tensor: use one kind of node throughout")
    if isinstance(x, (int, float)) and not isinstance(x, np.generic):  # takes on the dtype of the arrays it meets
        return as_float(x, op.name)
    return constant(kind, x, f"{op.name} works on Tensors, arrays and numbers, not on")


def constant(kind: type[Any], x: Any, refusal: str) -> Any:
    """A leaf without gradient that holds a copy of x."""
    if isinstance(x, (list, tuple)) and any(isinstance(item, Node) for item in x):
        raise OperandError(f"{refusal} a list that holds nodes: join them with autograd.stack first")
    try:
        data = np.array(x)
    except (ValueError, TypeError):
        raise OperandError(f"{refusal} {type(x).__name__}: rows of unequal length make no array") from None
    if data.dtype.kind not in "fiub":
        raise OperandError(f"{refusal} {type(x).__name__}: {str(x)[:60]!r}")
    if data.dtype.kind == "f" and data.dtype.itemsize > 8:
        raise OperandError(f"{refusal} {data.dtype}: write x.astype(np.float64)")
    return leaf(kind, data, requires_grad=False)


def leaf(kind: type[Any], data: np.ndarray[Any, Any], *, requires_grad: bool) -> Any:
    """A leaf that holds this very array."""
    node: Any = blank(kind)
    node._data, node._version, node._requires_grad = data, 0, requires_grad
    node.grad = node.op = node._left = node._right = node._d_left = node._d_right = node._mark = None
    node._parameters = node._versions = node._home = None
    return node


def _array(op: Op, y: Any, operands: Sequence[Any], edges: Sequence[Any]) -> np.ndarray[Any, Any]:
    """What a function gave as an array of numbers: of floats where a gradient comes back through it."""
    array = np.asarray(y)
    if array.dtype.kind not in "fiub":
        given = f"one of {y.dtype}" if isinstance(y, np.ndarray) else f"{type(y).__name__}: {str(y)[:60]!r}"
        raise OperandError(f"{op.name} must give an array of real numbers, and gave {given}")
    if array.dtype.kind == "f" or True not in edges:
        return array
    # A gradient takes on the dtype of its node: whole numbers would cut it to whole numbers.
    return array.astype(np.result_type(*(a.dtype for a, edge in zip(operands, edges, strict=True) if edge)))


def _marked(node: Any, mode: Mode) -> None:
    if mode.keeps_lines:
        node._mark = Mark(region=mode.region, site=calling_site())
    if mode.watcher is not None:
        mode.watcher.saw(node)


def _stale(node: Any, parent: Any) -> StaleData:
    name = f" {parent.label}" if parent.label else ""
    return StaleData(
        f"{node.op.name} was computed from a parameter{name} of shape {parent._data.shape} whose data have been set "
        "since: its derivative would mix old and new numbers. Call backward before the data change, or compute it again"
    )


def local_derivatives(node: Any) -> tuple[Any, ...]:
    """The derivative of an elementwise node by each parent, entry by entry; the pull-back of an array op.

    StaleData where the data of a leaf have been set since the node was made.
    """
    op = node.op
    if op is None:
        return ()
    if op.whole:
        return tuple(None if edge is None else op.pull_back for edge in node.edges)
    operands = _operands(node, as_nodes=False)
    with np.errstate(all="ignore"):
        entries = op.rule(node._data, *operands) if op.rule else (None,) * len(operands)
        taken = [
            entry() if callable(entry) and edge else entry for entry, edge in zip(entries, node.edges, strict=True)
        ]
    return tuple(d if edge else None for d, edge in zip(taken, node.edges, strict=True))
