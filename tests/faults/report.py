"""The report: a line for each fault with the call and what it said, the share named, misses and false alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from faults.bench import Outcome
from faults.misses import AMONG_THE_BLIND, AMONG_THE_PLANTED

WIDTH = 110  # characters of an answer that are shown


def written(planted: Sequence[Outcome], blind: Sequence[Outcome]) -> str:
    """The whole report; the blind file apart."""
    parts = [section("planted faults", planted, AMONG_THE_PLANTED)]
    parts.append(section("blind file", blind, AMONG_THE_BLIND) if blind else "blind file: there is none")
    return "\n\n".join(parts)


def section(title: str, outcomes: Sequence[Outcome], reasons: Mapping[str, str]) -> str:
    """The table of one file, and after it what was missed and why."""
    named = sum(outcome.named for outcome in outcomes)
    alarms = [outcome.fault.name for outcome in outcomes if outcome.false_alarm]
    rows = [(o.fault.name, call(o), "named" if o.named else "MISSED", shortened(o.first_line)) for o in outcomes]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]) for row in rows
    ]
    missed = [outcome.fault.name for outcome in outcomes if not outcome.named]
    return "\n".join(
        [
            f"{title}: {named} of {len(outcomes)} named",
            *lines,
            *(f"missed: {name}: {reasons.get(name, 'no reason is known')}" for name in missed),
            f"false alarms on the healthy twins: {', '.join(alarms) or 'none'}",
        ]
    )


def call(outcome: Outcome) -> str:
    """The function that was called, or that none was needed."""
    return outcome.fault.call.partition("(")[0] or "(raised at once)"


def shortened(line: str) -> str:
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"
