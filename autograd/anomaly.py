"""detect_anomaly: names op, operands, file and line where a value or a derivative stops being finite."""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from autograd.errors import NonFinite
from autograd.graph import Node
from autograd.modes import MODE, Mode, ModeChange


class detect_anomaly(ModeChange):  # noqa: N801 (reads as a statement: with detect_anomaly())
    """Inside, `backward()` and `gradients()` raise NonFinite for the first non-finite value or derivative that matters.

    What a later op absorbs into a finite value (a branch that `where` does not take, 1/inf) is no anomaly. A
    non-finite result that no backward pass looked at is reported when the block ends. Every node keeps the file
    and line that made it, so code inside runs several times slower. Under no_grad() nothing is looked at.
    """

    __slots__ = ()

    def _changed(self, mode: Mode) -> Mode:
        return Mode(mode.records, True, _Watcher(), mode.region, mode.attached)

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
            if parent.op is None and not math.isfinite(parent._data):
                self.origin.setdefault(parent, parent)
                self.first_use.setdefault(parent, node)
        causes = [self.origin[parent] for parent in node.parents if parent in self.origin]
        if not math.isfinite(node._data):
            self.origin[node] = causes[0] if causes else node
            self.standing[node] = None

    def report_standing(self) -> None:
        """Raises for the first non-finite value that nothing absorbed."""
        for node in self.standing:
            raise NonFinite(self._value_message(node))

    def inspected(self, root: Node, walk: Iterator[tuple[Node, Any]]) -> Iterator[tuple[Node, Any]]:
        """The same walk back, stopped at the first derivative that is not finite, before any mask hides it."""
        if not math.isfinite(root._data):
            raise NonFinite(self._value_message(root))
        live = {root}  # nodes whose adjoint matters: not behind a branch that a selecting op discarded
        for node, adjoint in walk:
            for place, (parent, local) in enumerate(zip(node.parents, node.local_gradients, strict=True)):
                if local is None or node not in live or (local == 0.0 and node.op is not None and node.op.selects):
                    continue
                live.add(parent)
                if not math.isfinite(float(adjoint) * local):
                    self.standing.clear()
                    raise NonFinite(_derivative_message(node, place, float(adjoint), local))
            yield node, adjoint

    def _value_message(self, node: Node) -> str:
        """Where the value that made this one non-finite began: an op here, or a leaf and the op that first used it."""
        origin = self.origin.get(node, node)
        if origin.op is not None:
            return f"{origin.op.name} gave {origin._data}: {_call(origin)}{_place(origin)}"
        came = f"the value {origin._data} came in from outside, as a leaf{_named(origin)}"
        use = self.first_use.get(origin)
        if use is None or use.op is None:
            return came
        return f"{came}, first used by {use.op.name}: {_call(use)}{_place(use)}"


def _derivative_message(node: Node, place: int, adjoint: float, local: float) -> str:
    assert node.op is not None
    which = f"operand {place + 1}{_named(node.parents[place])}"
    if adjoint == 0.0 or local == 0.0:
        what = f"on the way back through {node.op.name}, {adjoint} × {local} toward {which} is nan and was taken as 0"
    else:
        what = f"the derivative of {node.op.name} toward {which} is {local}, times {adjoint} from above"
    return f"{what}: {_call(node)} = {node._data}{_place(node)}"


def _call(node: Node) -> str:
    assert node.op is not None
    return node.op.written(*(f"{p.label} = {p._data}" if p.label else str(p._data) for p in node.parents))


def _named(node: Node) -> str:
    return f" ({node.label})" if node.label else ""


def _place(node: Node) -> str:
    return f", made in {node.site}" if node.site else "; run it under detect_anomaly() or trace() to learn the line"
