"""detect_anomaly: names op, operands, file and line where a value or a derivative stops being finite."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autograd.errors import NonFinite
from autograd.graph import Node
from autograd.modes import watched


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Inside, `backward()` raises NonFinite for the first value or derivative that is not finite and matters.

    What a later op absorbs into a finite value (a branch that `where` does not take, 1/inf) is no anomaly. A
    non-finite result that no backward pass looked at is reported when the block ends. Every node keeps the file
    and line that made it, so code inside runs several times slower.
    """
    watcher = _Watcher()
    with watched(watcher):
        yield
    watcher.report_standing()


class _Watcher:
    """Remembers which non-finite values stand, that is, have not been absorbed, and where each began."""

    def __init__(self) -> None:
        self.origin: dict[Node, Node] = {}
        self.standing: dict[Node, None] = {}

    def saw(self, node: Node) -> None:
        """Takes note of a new node: if it is not finite, of the operand that made it so."""
        causes = [self.origin[parent] for parent in node.parents if parent in self.origin]
        for parent in node.parents:
            self.standing.pop(parent, None)
        if not math.isfinite(node._data):
            self.origin[node] = causes[0] if causes else node
            self.standing[node] = None

    def report_standing(self) -> None:
        """Raises for the first non-finite value that nothing absorbed."""
        for node in self.standing:
            raise NonFinite(_value_message(self.origin[node]))

    def inspected(self, root: Node, walk: Iterator[tuple[Node, Any]]) -> Iterator[tuple[Node, Any]]:
        """The same walk back, stopped at the first derivative that is not finite, before any mask hides it."""
        if not math.isfinite(root._data):
            raise NonFinite(_value_message(self.origin.get(root, root)))
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


def _value_message(node: Node) -> str:
    if node.op is None:
        return f"the value {node._data} came in from outside: a leaf{_named(node)} is not finite"
    return f"{node.op.name} gave {node._data}: {_call(node)}{_place(node)}"


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
