"""detect_anomaly: names op, operands, file and line where a value or a derivative stops being finite."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any

from autograd.errors import NonFinite
from autograd.findings import finite, lost_values, on_the_way_back
from autograd.graph import Node
from autograd.modes import MODE, Mode, ModeChange


class detect_anomaly(ModeChange):  # noqa: N801 (reads as a statement: with detect_anomaly())
    """Inside, `backward()` and `gradients()` raise NonFinite for the first non-finite value or derivative that matters.

    What a later op absorbs into a finite value (a branch that `where` does not take, 1/inf) is no anomaly. A
    non-finite result that no backward pass looked at is reported when the block ends. Every node keeps the file
    and line that made it, so code inside runs several times slower. Under no_grad() nothing is looked at.

    Of a Tensor every entry counts: the message names the first that is not finite, and says how many there are.
    `why_nan(root)` looks at a graph that is there already, and says more.
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
    """Remembers which non-finite values stand, that is, have not been absorbed."""

    def __init__(self) -> None:
        self.standing: dict[Node, None] = {}

    def saw(self, node: Node) -> None:
        """Takes note of a new node if it is not finite: its operands stand no longer."""
        for parent in node.parents:
            self.standing.pop(parent, None)
        if not finite(node._data):
            self.standing[node] = None

    def report_standing(self) -> None:
        """Raises for the first non-finite value that nothing absorbed."""
        for node in self.standing:
            raise NonFinite(lost_values(node)[0].sentence)

    def inspected(self, root: Node, walk: Iterator[tuple[Node, Any]]) -> Iterator[tuple[Node, Any]]:
        """The same walk back, stopped at the first derivative that is not finite, before any mask hides it."""
        for finding in lost_values(root):
            raise NonFinite(finding.sentence)
        for node, adjoint, found in on_the_way_back(root, walk):
            if found:
                self.standing.clear()
                raise NonFinite(found[0].sentence)
            yield node, adjoint
