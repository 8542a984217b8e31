"""Examination: one order of derivatives of one function, compared line by line and written into a report."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autograd.checking.causes import Cause
from autograd.checking.comparison import Comparison
from autograd.checking.grounds import Grounds
from autograd.checking.lines import Line, entry_line, functionals, lines, part_of_line
from autograd.checking.oracle import Oracle
from autograd.checking.passes import Sweep, forward_sweep, reverse_sweep
from autograd.checking.report import Report
from autograd.checking.rounding import Replay
from autograd.checking.rows import Row
from autograd.checking.stability import change_of_gradient, change_of_values, few
from autograd.checking.subject import Subject
from autograd.checking.verdicts import NOT_FINITE, RANDOM, WRONG, verdict
from autograd.errors import Detached, StaleData

__tracebackhide__ = True  # pytest shows the lines of the caller and of f, and none from here

ORDERS = {1: "", 2: "2nd ", 3: "3rd "}


class Examination:
    """A function, its derivatives of one order, and the report that they go into."""

    def __init__(
        self,
        subject: Subject,
        order: int,
        forward: bool,
        directions: int,
        rng: np.random.Generator,
        report: Report,
    ) -> None:
        self.subject, self.order, self.forward, self.rng, self.report = subject, order, forward, rng, report
        self.directions = directions
        self.prefix = ORDERS.get(order, f"{order}th ")

    def written(self) -> bool:
        """Adds rows to the report; whether the next order is worth looking at."""
        try:
            run = self.subject.centre()
        except Exception as error:
            if self.order == 1:
                raise
            self._failed(f"{self.prefix}reverse", error)
            return False
        if not run.values.size or not self.subject.point.size:
            return True
        changed = change_of_values(self.subject, run)
        if changed is not None:
            return self._about_all(f"{self.prefix}reverse", RANDOM, changed)
        if not np.isfinite(run.values).all():
            cause = Cause("f is not finite", f"f gives {few(run.values)} here: move the input inside its domain")
            return self._about_all(f"{self.prefix}reverse", NOT_FINITE, cause)
        self.run, self.lines = run, lines(self.subject, self.rng, self.directions)
        compared = functionals(run, self.rng, self.directions)
        self.oracle = Oracle(self.subject, compared, Replay(run, self.rng))
        self.grounds = Grounds(self.subject, run, self.oracle, self.lines)
        self._in_every_mode()
        return True

    def _in_every_mode(self) -> None:
        weights = self.oracle.weights
        spread = np.zeros(self.grounds.numeric.shape)

        def reverse(single: bool) -> Sweep:
            run = self.subject.run(self.subject.point, single=True) if single else self.run
            return reverse_sweep(self.subject, run, weights, self.lines, self.rng)

        sweep = self._taken("reverse", lambda: reverse(False))
        if sweep is not None:
            spread = sweep.spread
            changed = change_of_gradient(self.subject, weights, self.lines, sweep)
            if changed is None:
                self._compare("reverse", sweep)
            else:
                self._about_all(f"{self.prefix}reverse", *changed)
                return
        if self.forward:
            self._compare(
                "forward", self._taken("forward", lambda: forward_sweep(self.run, weights, self.lines, spread))
            )
        if self.subject.single and self.subject.lifted:
            self._compare("float32", self._taken("float32", lambda: reverse(True)))

    def _taken(self, mode: str, take: Callable[[], Sweep]) -> Sweep | None:
        """The engine's derivatives; where a rule raises, that goes into the report."""
        try:
            return take()
        except Exception as error:
            self._failed(f"{self.prefix}{mode}", error)
            return None

    def _failed(self, mode: str, error: Exception) -> None:
        kind = "stale" if isinstance(error, StaleData) else f"raised {type(error).__name__}"
        sentence = f"{type(error).__name__}: {error}".rstrip(".")
        if isinstance(error, Detached | TypeError) and mode not in ("reverse", "float32"):
            sentence += (
                ". In this mode rules run on nodes: write them with autograd's functions, or leave the mode out with "
                + ("forward=False" if self.order == 1 else "a lower order")
            )
        self._about_all(mode, WRONG, Cause(kind, sentence))

    def _about_all(self, mode: str, own: str, cause: Cause) -> bool:
        """A row about each input as a whole; False, for there is nothing more to look at."""
        for part in self.subject.groups:
            nan = float("nan")
            self.report.add(Row(part.name, (), "", mode, nan, nan, float("inf"), own, cause.kind))
            self.report.advice[part.name, mode] = cause.sentence
        return False

    def _compare(self, mode: str, sweep: Sweep | None) -> None:
        if sweep is None:
            return
        for part in self.subject.groups:
            places = [place for place, line in enumerate(self.lines) if line.part is part]
            if places:
                own = Comparison(self.grounds, part, places, sweep.analytic, sweep.spread, mode == "float32")
                self._write(own, f"{self.prefix}{mode}", sweep)

    def _write(self, comparison: Comparison, mode: str, sweep: Sweep) -> None:
        causes = comparison.causes()
        for at, place in np.ndindex(comparison.analytic.shape):
            numbers, own = comparison.entry(at, place), str(comparison.verdicts[at, place])
            self._add(self.lines[comparison.places[place]], at, mode, numbers, own, causes.get(own))
        if causes:
            sentences = (cause.sentence for cause in causes.values())
            self.report.advice[comparison.part.name, mode] = "; ".join(sentences)
        worst = comparison.worst_wrong()
        if worst is not None and self.lines[comparison.places[worst[1]]].index is None:
            self._locate(self.lines[comparison.places[worst[1]]], worst[0], mode, sweep, causes.get(WRONG))

    def _add(
        self, line: Line, at: int, mode: str, numbers: tuple[float, float, float], own: str, cause: Cause | None
    ) -> None:
        """A row for one functional along one line, its numbers the analytic and the numerical derivative and bound."""
        functional, (analytic, numeric, bound) = self.oracle.functionals[at], numbers
        kind = "" if cause is None else cause.kind
        row = Row(line.part.name, line.index, functional.name, mode, analytic, numeric, bound, own, kind)
        self.report.add(row, (self.subject, line, functional.weights))

    def _locate(self, line: Line, at: int, mode: str, sweep: Sweep, cause: Cause | None) -> None:
        """Halves a random direction that is wrong until one entry is left, and adds a row for that."""
        entries = np.flatnonzero(line.direction)
        while len(entries) > 1:
            halves = np.array_split(entries, 2)
            entries = max(halves, key=lambda half: self._excess(part_of_line(line, half), at, sweep))
        entry = entry_line(self.subject, self.subject.part_of(int(entries[0])), int(entries[0]))
        column = self.oracle.column(entry)
        numbers = (float(sweep.along(entry)[at]), float(column.numeric[at]), float(column.bound[at]))
        if verdict(*numbers, abs(numbers[1])) == WRONG:
            self._add(entry, at, mode, numbers, WRONG, cause)

    def _excess(self, line: Line, at: int, sweep: Sweep) -> float:
        """How many bounds a derivative is off."""
        column = self.oracle.column(line)
        off = abs(float(sweep.along(line)[at]) - float(column.numeric[at]))
        return off / max(float(column.bound[at]), 2.0**-1000)
