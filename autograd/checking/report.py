"""Report: what a check found, as data, as a table a person can act on, and as a picture of the worst of it."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from autograd.checking.lines import Line, along
from autograd.checking.rows import Row
from autograd.checking.subject import Subject, Vector
from autograd.checking.verdicts import PASS, worst
from autograd.checking.wording import index_of, written
from autograd.errors import ArgumentError, AutogradError
from autograd.numeric import ErrorAgainstStep, error_against_step

if TYPE_CHECKING:
    from autograd.checking.operators.op_report import OpReport


class GradientError(AutogradError, AssertionError):
    """A derivative is not what it should be; the message is the report of the check, which is kept in `report`."""

    def __init__(self, report: Report | OpReport) -> None:
        super().__init__(str(report))
        self.report = report


@dataclass
class Report:
    """What `check` found: `passed`, a verdict for each input in `verdicts`, every derivative in `rows`.

    `advice` holds a sentence for each input and mode that did not pass. `str` gives a table of the worst rows, and
    `plot` draws error against step for the worst of all. A report is true where it passed.
    """

    name: str
    rows: list[Row]
    advice: dict[tuple[str, str], str] = field(default_factory=dict)
    allowed: Collection[str] = ()
    sources: list[tuple[Subject, Line, Vector] | None] = field(default_factory=list)

    def add(self, row: Row, source: tuple[Subject, Line, Vector] | None = None) -> None:
        """Takes in a row, and where its derivative can be computed again."""
        self.rows.append(row)
        self.sources.append(source)

    @property
    def verdicts(self) -> dict[str, str]:
        """The worst verdict for each input, by name."""
        names = dict.fromkeys(row.input for row in self.rows)
        return {name: worst({row.verdict for row in self.rows if row.input == name}) for name in names}

    @property
    def passed(self) -> bool:
        """Whether every input passed, or has a verdict that was allowed."""
        return all(verdict == PASS or verdict in self.allowed for verdict in self.verdicts.values())

    def __bool__(self) -> bool:
        return self.passed

    @property
    def worst(self) -> Row | None:
        """The row to look at first."""
        return max(self.rows, key=lambda row: row.priority, default=None)

    def plot(self, axes: Any = None) -> Any:
        """Draws error against step of central differences for the worst row, the analytic derivative taken for exact.

        Where a rule is right the error falls to round-off; where it is wrong it stays at the difference. Returns the
        matplotlib axes; MissingExtra without matplotlib.
        """
        axes = self.error_against_step().plot(axes)
        row = self.worst
        assert row is not None
        axes.set_title(f"{self.name}: {row.verdict} toward {row.input}{index_of(row)}")
        return axes

    def error_against_step(self) -> ErrorAgainstStep:
        """The data of `plot`; ArgumentError where the worst row has no derivative to compare with."""
        row = self.worst
        source = next((own for own, other in zip(self.sources, self.rows, strict=True) if other is row), None)
        if row is None or source is None or not math.isfinite(row.analytic):
            raise ArgumentError(f"{self.name}: there is no finite derivative here whose error could be drawn")
        subject, line, weights = source
        f = along(subject, line, weights[None])
        return error_against_step(lambda t: f(t)[0], line.t0, exact=row.analytic)

    def __str__(self) -> str:
        text = written(self.name, self.rows, self.verdicts, self.advice)
        forgiven = dict.fromkeys(verdict for verdict in self.verdicts.values() if verdict != PASS)
        return f"{text}\n\nPassed all the same: {', '.join(forgiven)} is allowed." if forgiven and self.passed else text

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """In a notebook the table, where repr is one line."""
        printer.text(str(self))

    def __repr__(self) -> str:
        return f"Report({self.name}, {'passed' if self.passed else 'not passed'}, {self.verdicts})"
