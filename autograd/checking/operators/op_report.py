"""OpReport: what random programs around an op have shown, and of a fault the shortest script."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import indent
from typing import Any

from autograd.checking.operators.routes import Fault
from autograd.checking.report import Report
from autograd.checking.verdicts import LIMITED, PASS, VERDICTS


@dataclass(frozen=True)
class OpReport:
    """What `check_op` found: `passed`, and where it did not, `verdict`, `cause`, `script` and the `report` it prints.

    `programs` says how many were run, and `verdicts` how many of them got which: one at a kink, or of which numerical
    derivatives are not known well enough, is no fault. `notes` say what was tried, and what was left out; `rule` is the
    line where the op's rule begins. `str` gives it all. A report is true where it passed.
    """

    name: str
    programs: int
    verdicts: dict[str, int]
    notes: tuple[str, ...] = ()
    fault: Fault | None = None
    rule: str = ""

    @property
    def passed(self) -> bool:
        """Whether no program showed a fault, and there were some that could be judged."""
        return self.fault is None and self.verdicts.get(PASS, 0) > 0

    def __bool__(self) -> bool:
        return self.passed

    @property
    def verdict(self) -> str:
        """The verdict of `check`, or of the comparison between the engines: of the fault, else the best there is."""
        return self.fault.verdict if self.fault is not None else min(self.verdicts, key=VERDICTS.index, default=LIMITED)

    @property
    def cause(self) -> str:
        """What is suspected, in a word or two; nothing where it passed."""
        return "" if self.fault is None else self.fault.cause

    @property
    def script(self) -> str:
        """The shortest program that fails, with what it takes to run it; nothing where none does."""
        return "" if self.fault is None else self.fault.script

    @property
    def report(self) -> Report | None:
        """The report of `autograd.check` on that program."""
        return None if self.fault is None else self.fault.report

    def __str__(self) -> str:
        notes = "\n".join(self.notes)
        if self.fault is None:
            return "\n".join(filter(None, [self._headline(), notes]))
        cause = f" – {self.fault.cause}" if self.fault.cause else ""
        head = f"{self.name}: {self.fault.verdict}{cause}. Random program {self.programs} showed it; the shortest is"
        rule = f"Its rule begins at {self.rule}." if self.rule else ""
        shown = str(self.fault.report) if self.fault.report is not None else f"{self.name}: {self.fault.sentence}."
        return "\n\n".join(filter(None, [head, indent(self.script, "    "), shown, rule, notes]))

    def _headline(self) -> str:
        if not self.passed:
            return (
                f"{self.name}: {self.verdict} – none of {self.programs} random programs could be judged: give operands "
                "at which it is smooth and well known, check_op(op, inputs=[…])"
            )
        others = ", ".join(f"{count} {verdict}" for verdict, count in self.verdicts.items() if verdict != PASS)
        return f"{self.name}: passed {self.programs} random programs{f', of which {others}' if others else ''}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """In a notebook the whole of it, where repr is one line."""
        printer.text(str(self))

    def __repr__(self) -> str:
        return f"OpReport({self.name}, {'passed' if self.passed else self.verdict}, {self.programs} programs)"
