"""Symbolic: the third kind of node, whose datum is a SymPy expression.

Ops dispatch to it as they do to Value and Tensor, and the walk goes over it, so that the rules of the table, and a
user's own, give derivatives of expressions without being written again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from autograd.algebra import Algebra
from autograd.errors import GraphTooLarge, OperandError, RuleError
from autograd.graph import Node
from autograd.op import Op, as_float
from autograd.symbolic.forms import expression_of, number, sympy

LARGEST = 3_000  # operations of an expression, written out in full: SymPy takes seconds for as many


class Symbolic(Algebra):
    """An expression, the op that made it and its ordered parents; without decisions, for symbols have no number."""

    __slots__ = ("_size",)

    def __init__(self, expression: Any, requires_grad: bool = False) -> None:
        self._data, self._requires_grad, self._size = expression, requires_grad, 1
        self.grad = self.op = self._mark = None
        self.join((), ())

    @property
    def expression(self) -> Any:
        """What this node is in terms of the leaves."""
        return self._data

    def apply(self, op: Op, arguments: Sequence[Any], parameters: dict[str, Any] | None = None) -> Symbolic:
        if parameters is not None:
            raise OperandError(f"{op.name} works on Tensors and arrays, and a symbol stands for one number: {self!r}")
        operands = [x if isinstance(x, Symbolic) else self.constant(as_float(x, op.name)) for x in arguments]
        size = 1 + sum(operand._size for operand in operands)  # a part that is used twice is written twice
        if size > LARGEST:
            raise GraphTooLarge(
                f"written out as one expression this has more than {LARGEST:,} operations: give a node further down; "
                "gradients and numeric work on graphs of any size"
            )
        node = Symbolic(expression_of(op, [operand._data for operand in operands]))
        needs = [True if operand._requires_grad and op.derivable else None for operand in operands]
        node.join(operands, needs)
        node.op, node._size, node._requires_grad = op, size, any(needs)
        return node

    def constant(self, x: float) -> Symbolic:
        return Symbolic(number(x))

    def seed(self, given: Any = None) -> Symbolic:
        return self.constant(1.0)

    def shares(
        self, adjoint: Any, create_graph: bool, at_home: set[Node] | None = None
    ) -> Iterator[tuple[Node, Symbolic]]:
        """What each parent receives: the adjoint × the local derivative, by the op's own rule on expressions."""
        for parent, needs, entry in zip(self.parents, self.edges, self._entries(), strict=True):
            if needs is None or entry is None:
                continue
            local = self._taken(entry)
            share = adjoint * local
            if share._data is sympy().nan and (adjoint._data == 0 or local._data == 0):
                share = self.constant(0.0)  # nothing comes from a branch not taken
            yield parent, share

    def _entries(self) -> Sequence[Any]:
        if self.op is None or self.op.rule is None:
            return (None,) * len(self.parents)
        try:
            entries = self.op.rule(self, *self.parents)
        except (TypeError, ValueError, AttributeError) as problem:
            raise self._unfit(problem) from None
        if not isinstance(entries, tuple) or len(entries) != len(self.parents):
            raise self._unfit(f"it gave {entries!r} in place of {len(self.parents)} derivatives")
        return entries

    def _taken(self, entry: Any) -> Symbolic:
        """One entry of the rule: those on demand are taken now, plain numbers become constants."""
        try:
            entry = entry() if callable(entry) else entry
            return entry if isinstance(entry, Symbolic) else self.constant(as_float(entry, "a rule"))
        except (TypeError, ValueError, AttributeError) as problem:
            raise self._unfit(problem) from None

    def _unfit(self, problem: Any) -> RuleError:
        return RuleError(
            f"the rule of {self.op and self.op.name} does not run on symbols: {problem}. "
            "Write it with autograd's functions and + − ×, where() for choices."
        )

    def why_undecided(self) -> str:
        return f"{self._data} has no number to decide by: use autograd's functions, such as where and greater"

    def __repr__(self) -> str:
        return f"Symbolic({self._data})"
