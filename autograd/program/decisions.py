"""Decisions: the mode of recording, which notes what branches went by and refuses what would be frozen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from autograd import array_functions, array_ops, ops
from autograd.errors import Detached, Unrecordable
from autograd.graph import MANY, Node
from autograd.modes import Mode, ModeChange, Site, calling_site
from autograd.program.writing import walked


class Decision:
    """A node that decided which way a branch went, which way that was, and the line that asked.

    `product` is the product of a derivative that was found to be no nan, None where anything else was asked for.
    """

    __slots__ = ("held", "line", "node", "product")

    def __init__(self, node: Node, held: bool, line: Site, product: Node | None = None) -> None:
        self.node, self.held, self.line, self.product = node, held, line, product


class Recording(ModeChange):
    """Inside, decisions by numbers are noted, and turning a node into a plain number raises: it would be frozen."""

    __slots__ = ("decisions", "keeps_lines")

    def __init__(self, keeps_lines: bool = False) -> None:
        super().__init__()
        self.decisions: list[Decision] = []
        self.keeps_lines = keeps_lines

    def _changed(self, mode: Mode) -> Mode:
        return Mode(keeps_lines=self.keeps_lines, attached=True, recording=self)

    def decided(self, node: Node, product: Node | None = None) -> bool:
        """Whether the number of this node is true: a guard of the program from now on."""
        held = bool(node._data)
        self.decisions.append(Decision(node, held, calling_site(), None if held else product))
        return held

    def product(self, share: Node, adjoint: Any, local: Any) -> Any:
        """adjoint × local in a derivative taken inside: whether it is nan, and may need the mask, is a decision."""
        lost, of_floats = ops.not_equal(share, share), share._data.__class__ is float
        if not self.decided(lost if of_floats else array_functions.sum(lost), share):
            return share
        nothing = ops.equal(adjoint, 0.0) + ops.equal(local, 0.0)
        if not of_floats:
            return ops.where(lost * nothing, 0.0, share)
        return 0.0 if (self.decided(nothing) if isinstance(nothing, Node) else nothing) else share

    def read(self, node: Node, how: str) -> None:
        """Refuses to hand out a plain number."""
        raise Detached(
            f"{calling_site()} reads {how} of {node!r} while a program is recorded: the number would be frozen into "
            "it. Compute with the node itself; autograd has exp, where, maximum and the like"
        )

    def written_to(self, node: Node) -> None:
        """Refuses a change that replays would not repeat."""
        raise Unrecordable(
            f"{calling_site()} sets the data of {node!r} while a program is recorded, and a program would not do so "
            "again: give the new numbers back as results, and set them outside"
        )


class unrecorded(ModeChange):  # noqa: N801 (reads as a statement: with unrecorded())
    """Inside, nothing belongs to a recording: one that a function makes on its way is no part of the function's own."""

    __slots__ = ()

    def _changed(self, mode: Mode) -> Mode:
        return Mode()


_HANDS_NAN_ON = {ops.add, ops.mul, array_ops.sum}  # nan where an operand is


def needed(decisions: Sequence[Decision], outputs: Iterable[Any]) -> list[Decision]:
    """The decisions without those on products that nobody asks for, or that another one implies.

    What a sum or product without nan was made of is no nan. So it is enough to look at the end of a derivative.
    """
    if all(decision.product is None for decision in decisions):
        return list(decisions)
    roots = [decision.node for decision in decisions if decision.product is None]
    asked_for = set(walked([*roots, *(x for x in outputs if isinstance(x, Node))]))
    kept: list[Decision] = []
    implied: set[Any] = set()
    for decision in reversed(decisions):
        product = decision.product
        if product is None or (product in asked_for and product not in implied):
            kept.append(decision)
            if product is not None:
                _imply(product, implied)
    return kept[::-1]


def _imply(product: Node, implied: set[Any]) -> None:
    stack = [product]
    while stack:
        node = stack.pop()
        if node.op in _HANDS_NAN_ON:
            operands = node._left if node._right is MANY else (node._left, node._right)
            found = [x for x in operands if isinstance(x, Node) and x not in implied]
            implied.update(found)
            stack += found
