"""detect_anomaly: names op, operands, file and line where a value or a derivative stops being finite.

Values and Tensors go the same way here: a number is an array of one entry, and what matters is asked entry by entry.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import numpy as np

from autograd.errors import NonFinite
from autograd.graph import Node
from autograd.liveness import live_operands
from autograd.modes import MODE, Mode, ModeChange

Index = tuple[int, ...]


class detect_anomaly(ModeChange):  # noqa: N801 (reads as a statement: with detect_anomaly())
    """Inside, `backward()` and `gradients()` raise NonFinite for the first non-finite value or derivative that matters.

    What a later op absorbs into a finite value (a branch that `where` does not take, 1/inf) is no anomaly. A
    non-finite result that no backward pass looked at is reported when the block ends. Every node keeps the file
    and line that made it, so code inside runs several times slower. Under no_grad() nothing is looked at.

    Of a Tensor every entry counts: the message names the first that is not finite, and says how many there are.
    """

    __slots__ = ()

    def _changed(self, mode: Mode) -> Mode:
        return mode.but(keeps_lines=True, watcher=_Watcher())

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        watcher = MODE.get().watcher
        super().__exit__(kind, problem, traceback)
        if kind is None:
            watcher.report_standing()


class _Watcher:
    """Remembers which non-finite values stand, that is, have not been absorbed, and where each began."""

    def __init__(self) -> None:
        self.origin: dict[Node, Node] = {}
        self.standing: dict[Node, None] = {}
        self.first_use: dict[Node, Node] = {}

    def saw(self, node: Node) -> None:
        """Takes note of a new node: if it is not finite, of the operand that made it so."""
        for parent in node.parents:
            self.standing.pop(parent, None)
            if parent.op is None and not _finite(parent._data):
                self.origin.setdefault(parent, parent)
                self.first_use.setdefault(parent, node)
        causes = [self.origin[parent] for parent in node.parents if parent in self.origin]
        if not _finite(node._data):
            self.origin[node] = causes[0] if causes else node
            self.standing[node] = None

    def report_standing(self) -> None:
        """Raises for the first non-finite value that nothing absorbed."""
        for node in self.standing:
            raise NonFinite(self._value_message(node))

    def inspected(self, root: Node, walk: Iterator[tuple[Node, Any]]) -> Iterator[tuple[Node, Any]]:
        """The same walk back, stopped at the first derivative that is not finite, before any mask hides it."""
        if not _finite(root._data):
            raise NonFinite(self._value_message(root))
        live: dict[Node, Any] = {root: np.ones(np.shape(root._data), bool)}  # the entries whose adjoint matters
        for node, adjoint in walk:
            mask = live.pop(node, None)
            if mask is not None and node.op is not None:
                numbers = adjoint._data if isinstance(adjoint, Node) else adjoint
                message = _anomaly(node, numbers, mask)
                if message:
                    self.standing.clear()
                    raise NonFinite(message)
                for parent, reached in live_operands(node, mask):
                    live[parent] = live[parent] | reached if parent in live else reached
            yield node, adjoint

    def _value_message(self, node: Node) -> str:
        """Where the value that made this one non-finite began: an op here, or a leaf and the op that first used it."""
        origin = self.origin.get(node, node)
        lost = ~np.isfinite(origin._data)
        at, where = _first(lost), _which_of(lost)
        if origin.op is not None:
            return f"{origin.op.name} gave {_entry(origin._data, at)}{where}: {_call(origin, at)}{_place(origin)}"
        came = f"the value {_entry(origin._data, at)}{where} came in from outside, as a leaf{_named(origin)}"
        use = self.first_use.get(origin)
        if use is None or use.op is None:
            return came
        return f"{came}, first used by {use.op.name}: {_call(use, None)}{_place(use)}"


def _anomaly(node: Node, adjoint: Any, mask: Any) -> str:
    """What is wrong on the way back through a node, where its adjoint matters; nothing where all is finite."""
    assert node.op is not None
    return _in_a_share(node, adjoint, mask) if node.op.whole else _in_a_product(node, adjoint, mask)


def _in_a_product(node: Node, adjoint: Any, mask: Any) -> str:
    """Of an elementwise op: the first edge on which the product, before any mask, is not finite."""
    assert node.op is not None
    for place, local in enumerate(node.local_gradients):
        if local is None:
            continue
        with np.errstate(all="ignore"):
            product = adjoint * local
        if _finite(product):
            continue
        counts = mask & (local != 0.0) if node.op.selects else mask
        lost = counts & ~np.isfinite(product)
        if not lost.any():
            continue
        at = _first(lost)
        above, derivative = _entry(adjoint, at), _entry(local, at)
        which = f"operand {place + 1}{_named(node.parents[place])}"
        if above == 0.0 or derivative == 0.0:
            masked = f"{above} × {derivative} toward {which} is nan and was taken as 0"
            what = f"on the way back through {node.op.name}, {masked}"
        else:
            what = f"the derivative of {node.op.name} toward {which} is {derivative}, times {above} from above"
        return f"{what}{_which_of(lost)}: {_call(node, at)} = {_entry(node._data, at)}{_place(node)}"
    return ""


def _in_a_share(node: Node, adjoint: Any, mask: Any) -> str:
    """Of an array op: the first operand to which it sends back what is not finite."""
    assert node.op is not None
    with np.errstate(all="ignore"):
        for parent, share in node.shares(np.where(mask, adjoint, np.zeros_like(adjoint)), False):
            lost = ~np.isfinite(share)
            if lost.any():
                what = f"{node.op.name} sends back {_entry(share, _first(lost))} toward {parent.label or 'an operand'}"
                return f"{what}{_which_of(lost)}: {_call(node, None)}{_place(node)}"
    return ""


def _finite(x: Any) -> bool:
    return math.isfinite(x) if x.__class__ is float else bool(np.isfinite(x).all())


# ── how a message names entries and operands ─────────────────────────────────────────────────────────────────────────


def _first(lost: Any) -> Index:
    """The index of the first true entry."""
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(lost)), np.shape(lost)))


def _entry(x: Any, at: Index) -> Any:
    """The entry of x at an index of what x is broadcast to."""
    return x[_own_index(x, at)] if isinstance(x, np.ndarray) else x


def _own_index(x: Any, at: Index) -> Index:
    ours = at[len(at) - x.ndim :]
    return tuple(0 if size == 1 else i for i, size in zip(ours, x.shape, strict=True))


def _which_of(lost: Any) -> str:
    """Which entry it is, of how many; nothing where there is only one number."""
    if np.ndim(lost) == 0:
        return ""
    several = f", the first of {np.count_nonzero(lost):,} such entries" if np.count_nonzero(lost) > 1 else ""
    return f" at {list(_first(lost))} of shape {np.shape(lost)}{several}"


def _call(node: Node, at: Index | None) -> str:
    """The op and its operands: each entry at an index of an elementwise op, else what is no number by its shape."""
    assert node.op is not None
    return node.op.written(*(_operand(parent, None if node.op.whole else at) for parent in node.parents))


def _operand(node: Node, at: Index | None) -> str:
    data = node._data
    if np.ndim(data) == 0:
        return f"{node.label} = {data}" if node.label else str(data)
    if at is None:
        return f"{node.label or 'an array'} of shape {data.shape}"
    own = _own_index(data, at)
    return f"{node.label}{list(own)} = {data[own]}" if node.label else str(data[own])


def _named(node: Node) -> str:
    return f" ({node.label})" if node.label else ""


def _place(node: Node) -> str:
    return f", made in {node.site}" if node.site else "; run it under detect_anomaly() or trace() to learn the line"
