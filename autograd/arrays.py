"""How an op is recorded on arrays, the value alone, and how a gradient comes back through it.

Derivatives are taken when they are asked for, from the operands as they were: interior data never change, and every
node keeps the versions of the leaves it was made from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd import array_ops
from autograd.errors import OperandError, ShapeError, StaleData
from autograd.graph import MANY, Mark, Node
from autograd.modes import MODE, Mode, attached, calling_site
from autograd.op import ArrayOp, Op

blank = object.__new__
current_mode = MODE.get
_NOTHING: dict[str, Any] = {}
_SCALARS = (float, int)  # plain numbers take on the dtype of the arrays they meet


def record(kind: type[Any], op: Op, operands: Sequence[Any], parameters: dict[str, Any] | None) -> Any:
    """The node that an op makes of Tensors, arrays and plain numbers: its data, its parents and their versions.

    Under no_grad the result is a leaf without gradient.
    """
    mode = current_mode()
    parents = [p if p.__class__ is kind or p.__class__ is float else _operand(kind, op, p) for p in operands]
    arrays = [p if p.__class__ in _SCALARS else p._data for p in parents]
    whole = isinstance(op, ArrayOp)
    if whole:
        arrays = [np.asarray(a) for a in arrays]
    try:
        y = op.array_function(*arrays, **(parameters or _NOTHING))
    except (ValueError, TypeError, IndexError) as error:
        raise _explained(op, arrays, parameters, error) from None
    if y.__class__ is not np.ndarray:
        y = _array(op, y)
    # A view of a leaf would change with the leaf, whose data may be set in place.
    is_view = y.base is not None or any(y is a for a in arrays)
    if is_view and any(p.__class__ is kind and p.op is None for p in parents):
        y = y.copy()
    node: Any = blank(kind)
    node._data = y
    node.grad = node._home = None
    node._version = 0
    node._mark = mode.region
    if mode.records:
        node.op = op
        node._parameters = parameters
        node._left = tuple(parents)
        node._right = MANY
        node._d_right = None
        derivable = op.rule is not None or (whole and op.pull_back is not None)  # type: ignore[attr-defined]
        node._d_left = edges = tuple(
            True if derivable and p.__class__ is kind and p._requires_grad else None for p in parents
        )
        node._versions = tuple([p._version if p.__class__ is kind else 0 for p in parents])
        node._requires_grad = True in edges
        y.flags.writeable = False
        if mode.special:
            _marked(node, mode)
    else:
        node.op = node._left = node._right = node._d_left = node._d_right = node._parameters = node._versions = None
        node._requires_grad = False
    return node


def shares(node: Any, adjoint: Any, create_graph: bool) -> Iterator[tuple[Any, Any]]:
    """What each parent of an array node receives, summed to the parent's shape and cast to its dtype."""
    op, parents = node.op, node._left
    if op is None:
        return
    for parent, version in zip(parents, node._versions, strict=True):
        if parent.__class__ not in _SCALARS and parent._version != version:
            raise _stale(node, parent)
    if create_graph:
        operands = parents
        with attached():
            found = list(op.shares(adjoint, node, operands, node._d_left, node._parameters))
    else:
        operands = [p if p.__class__ in _SCALARS else p._data for p in parents]
        if isinstance(op, ArrayOp):
            operands = [np.asarray(a) for a in operands]
        found = op.shares(adjoint, node._data, operands, node._d_left, node._parameters)
    for place, share in found:
        parent = parents[place]
        yield parent, fitted(share, parent._data.shape, parent._data.dtype, op)


def fitted(share: Any, shape: tuple[int, ...], dtype: Any, op: Op) -> Any:
    """A share in the shape and dtype of the parent it goes to: what broadcasting stretched is summed up again.

    This is the one place where broadcasting and dtype are undone, for arrays and for nodes alike.
    """
    found = np.shape(share) if share.__class__ is float else share.shape
    if found != shape:
        beyond = len(found) - len(shape)
        stretched = tuple(
            i for i, size in enumerate(found) if i < beyond or (size != shape[i - beyond] and shape[i - beyond] == 1)
        )
        if beyond < 0 or len(found) != beyond + len(shape):
            raise ShapeError(f"the rule of {op.name} gave a share of shape {found} to a parent of shape {shape}")
        if stretched:
            share = array_ops.sum(share, axis=stretched, keepdims=True)
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
    if x.__class__ is int or x.__class__ is bool:
        return float(x)
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
    return leaf(kind, data, requires_grad=False)


def leaf(kind: type[Any], data: np.ndarray[Any, Any], *, requires_grad: bool) -> Any:
    """A leaf that holds this very array."""
    node: Any = blank(kind)
    node._data, node._version, node._requires_grad = data, 0, requires_grad
    node.grad = node.op = node._left = node._right = node._d_left = node._d_right = node._mark = None
    node._parameters = node._versions = node._home = None
    return node


def _array(op: Op, y: Any) -> np.ndarray[Any, Any]:
    array = np.asarray(y)
    if array.dtype.kind not in "fiub":
        raise OperandError(f"{op.name} must give an array of numbers, and gave {type(y).__name__}: {str(y)[:60]!r}")
    return array


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


def _explained(op: Op, arrays: Sequence[Any], parameters: dict[str, Any] | None, error: Exception) -> Exception:
    """NumPy's complaint as ours: the op, the shapes, and the way out where there is an obvious one."""
    shapes = " with ".join(str(np.shape(a)) for a in arrays)
    given = "".join(f", {name}={value!r}" for name, value in (parameters or {}).items())
    if isinstance(error, TypeError) and "argument" in str(error):
        return OperandError(f"{op.name}: {error}")
    if op is array_ops.matmul and all(np.ndim(a) for a in arrays):
        left, right = (np.shape(a) for a in arrays)
        inner = left[-1], right[-2] if len(right) > 1 else right[0]
        if inner[0] != inner[1]:
            return ShapeError(
                f"matmul cannot join {left} with {right}: the inner sizes {inner[0]} and {inner[1]} differ. "
                "Transpose one of them?"
            )
    if len(arrays) > 1 and "broadcast" in str(error):
        return ShapeError(
            f"{op.name} cannot join {shapes}: sizes must be equal, or 1, axis by axis from the right. "
            "Use reshape or expand_dims to line the axes up."
        )
    kind = ShapeError if isinstance(error, (ValueError, IndexError)) else OperandError
    return kind(f"{op.name} cannot take shape {shapes}{given}: {error}")


def local_derivatives(node: Any) -> tuple[Any, ...]:
    """The derivative of an elementwise node by each parent, entry by entry; the pull-back of an array op."""
    op = node.op
    if op is None:
        return ()
    if isinstance(op, ArrayOp):
        return tuple(None if edge is None else op.pull_back for edge in node.edges)
    operands = [p if p.__class__ in _SCALARS else p._data for p in node._left]
    with np.errstate(all="ignore"):
        entries = op.rule(node._data, *operands) if op.rule else (None,) * len(operands)
        taken = [
            entry() if callable(entry) and edge else entry for entry, edge in zip(entries, node.edges, strict=True)
        ]
    return tuple(d if edge else None for d, edge in zip(taken, node.edges, strict=True))
