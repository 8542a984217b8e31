"""How an op is recorded on floats, the value and its local derivatives now, and how a gradient comes back through it.

This is the hot path of every scalar program. `recorder(op)` returns the function that makes the node. Rows of the
table with one or two operands are written out, because they are nearly all there is; everything else, a user's own op
among it, takes the general way, which looks at every number it is given.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from autograd.errors import OperandError, RuleError, StaleData
from autograd.graph import Mark, Node
from autograd.modes import Mode, attached, calling_site, current_mode
from autograd.op import EXCEPTIONAL, Op, as_float
from autograd.ops import TABLE
from autograd.products import masked_product

blank = object.__new__


def recorder(op: Op) -> Callable[..., Any]:
    """The function that records `op` on scalar nodes and plain numbers, in the order written."""
    if op.arity == 1 and TABLE.get(op.name) is op and op.rule is not None:
        record = _unary(op)
    elif op.arity == 2 and TABLE.get(op.name) is op and op.rule is not None:
        record = _binary(op)
    else:

        def record(*operands: Any) -> Any:
            return _record(op, operands, current_mode())

    # A code object of its own lets the interpreter specialise the calls inside for this op alone.
    record.__code__ = record.__code__.replace(co_name=op.name)
    record.__name__ = op.name
    operands = [f"x{i + 1}" for i in range(op.arity)] if op.arity > 3 else ["a", "b", "c"]
    record.__doc__ = f"{op.written(*operands)}, recorded as one node."
    return record


def reflected(record: Callable[..., Any]) -> Callable[..., Any]:
    """The method for `number ∘ node`, which records the number first, as written."""

    def method(right: Any, left: Any) -> Any:
        return record(left if left.__class__ is float else as_float(left, record.__name__), right)

    return method


def _unary(op: Op) -> Callable[..., Any]:
    function, rule = op.function, op.rule
    assert rule is not None

    def record(left: Any) -> Any:
        mode = current_mode()
        if mode.special:
            return _record(op, (left,), mode)
        a = left._data
        try:
            y = function(a)
            (d_left,) = rule(y, a)
        except EXCEPTIONAL:
            y, (d_left,) = op.value_and_derivatives(a)
        node = blank(left.__class__)
        node._data = y
        node.grad = 0.0
        node.op = op
        node._left = left
        node._right = node._d_right = None
        node._mark = mode.region
        node._requires_grad = needs = left._requires_grad
        node._d_left = d_left if needs else None
        return node

    return record


def _binary(op: Op) -> Callable[..., Any]:
    function, rule = op.function, op.rule
    assert rule is not None
    on_demand = any(callable(entry) for entry in op.value_and_derivatives(0.5, 0.5)[1])

    def record(left: Any, right: Any) -> Any:
        mode = current_mode()
        if mode.special:
            return _record(op, (left, right), mode)
        kind = left.__class__
        if right.__class__ is kind:
            a = left._data
            b = right._data
            left_needs = left._requires_grad
            right_needs = right._requires_grad
        elif right.__class__ is float:
            a = left._data
            b = right
            left_needs = left._requires_grad
            right_needs = False
        elif kind is float:
            a = left
            b = right._data
            left_needs = False
            right_needs = right._requires_grad
            kind = right.__class__
        elif not isinstance(right, Node):
            return record(left, as_float(right, op.name))
        else:
            return _record(op, (left, right), mode)
        try:
            y = function(a, b)
            d_left, d_right = rule(y, a, b)
        except EXCEPTIONAL:
            y, (d_left, d_right) = op.value_and_derivatives(a, b)
        node = blank(kind)
        node._data = y
        node.grad = 0.0
        node.op = op
        node._left = left
        node._right = right
        node._mark = mode.region
        if on_demand:
            d_left = settled(op, d_left) if left_needs else None
            d_right = settled(op, d_right) if right_needs else None
        node._d_left = d_left if left_needs else None
        node._d_right = d_right if right_needs else None
        node._requires_grad = left_needs or right_needs
        return node

    return record


def _record(op: Op, operands: Sequence[Any], mode: Mode) -> Any:
    """The general way: any number of operands, rows without a derivative, every mode."""
    parents = tuple(p if isinstance(p, Node) else as_float(p, op.name) for p in operands)
    floats = [p._data if isinstance(p, Node) else p for p in parents]
    if not all(x.__class__ is float for x in floats):
        raise OperandError(f"{op.name} cannot join a Value and a Tensor: use one kind of node throughout")
    if not mode.records and mode.recording is None:
        return _constant(op, parents, floats, mode)
    y, derivatives = op.value_and_derivatives(*floats)
    node: Any = blank(next(p.__class__ for p in parents if isinstance(p, Node)))
    node._data, node.grad, node.op, node._mark = y, 0.0, op, mode.region
    taken = tuple(
        settled(op, d) if mode.records and isinstance(p, Node) and p._requires_grad else None
        for p, d in zip(parents, derivatives, strict=True)
    )
    node.join(parents, taken)
    node._requires_grad = any(d is not None for d in taken)
    if mode.keeps_lines:
        node._mark = Mark(region=mode.region, site=calling_site())
    if mode.watcher is not None:
        mode.watcher.saw(node)
    return node


def _constant(op: Op, parents: Sequence[Any], floats: Sequence[float], mode: Mode) -> Any:
    """What an op gives under no_grad: its value, and of how it came about at most the line."""
    node: Any = blank(next(p.__class__ for p in parents if isinstance(p, Node)))
    node._data, node.grad, node._requires_grad = op(*floats), 0.0, False
    node.op = node._left = node._right = node._d_left = node._d_right = None
    node._mark = Mark(site=calling_site()) if mode.keeps_lines else None
    return node


def settled(op: Op, derivative: Any) -> float | None:
    """One entry of a rule as the float it stands for: an entry on demand is taken now."""
    if derivative is None or derivative.__class__ is float:
        return derivative
    if callable(derivative):
        return settled(op, derivative())
    try:
        return float(derivative)
    except (TypeError, ValueError):
        raise RuleError(f"the rule of {op.name} gave {derivative!r} where a number was expected") from None


def shares(node: Node, adjoint: Any, create_graph: bool) -> Iterator[tuple[Node, Any]]:
    """What each parent of a scalar node receives: the adjoint × the local derivative, as stored or taken on nodes."""
    stored = node.edges
    entries = _rule_on_nodes(node, stored) if create_graph and node.op is not None else stored
    for parent, local, was in zip(node.parents, entries, stored, strict=True):
        if was is None:
            continue
        now = local._data if isinstance(local, Node) else local
        if now != was and (now == now or was == was) and not math.isclose(now, was, rel_tol=1e-14):
            raise StaleData(
                f"{node.op and node.op.name} stored the local derivative {was} at forward time and its rule now gives "
                f"{now}: the data of a parent has changed since. Compute the value again before differentiating."
            )
        yield parent, masked_product(adjoint, local)


def _rule_on_nodes(node: Node, stored: Sequence[Any]) -> list[Any]:
    """The local derivatives as nodes: those on demand are taken where the forward pass took them."""
    assert node.op is not None
    assert node.op.rule is not None
    with attached():
        entries = node.op.rule(node, *node.parents)
        wanted = (was is not None for was in stored)
        return [entry() if callable(entry) and want else entry for entry, want in zip(entries, wanted, strict=True)]
