"""Targets: what a figure is to reach, what it is, and whether that is enough."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

AT_LEAST, AT_MOST = "≥", "≤"
Times = Mapping[str, Sequence[float]]  # nanoseconds, round by round, of each system


def target(what: str, relation: str, bound: float, found: Sequence[float], unit: str = "×") -> dict[str, Any]:
    """A row of the table: the median and the range of what was found, round by round; nothing where none was."""
    row: dict[str, Any] = {"what": what, "relation": relation, "bound": bound, "unit": unit}
    if found:
        row |= {"median": statistics.median(found), "low": min(found), "high": max(found)}
    return row


def ratio(times: Times, over: str, under: str) -> list[float]:
    """One system's time over another's in the same round; nothing where one of them could not start."""
    if over not in times or under not in times:
        return []
    return [a / b for a, b in zip(times[over], times[under], strict=True)]


def spread(system: str, times: Sequence[float], **more: Any) -> dict[str, Any]:
    """A row of a table of times: the median and the range, in nanoseconds an operation."""
    return {**more, "system": system, "nanoseconds": statistics.median(times), "low": min(times), "high": max(times)}


def as_markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """Targets as a README table."""
    lines = ["| what | target | measured: median (range) | |", "|---|--:|--:|---|"]
    for row in rows:
        asked = f"{row['relation']} {row['bound']:g} {row['unit']}".strip()
        lines.append(f"| {row['what']} | {asked} | {_measured(row)} | {_verdict(row)} |")
    return "\n".join(lines)


def three_digits(x: float) -> str:
    """1.23, 12.3, 123 and 1,230: as exactly as such times are known."""
    return f"{float(f'{x:.3g}'):,.0f}" if x >= 99.95 else f"{x:.3g}"


def _measured(row: Mapping[str, Any]) -> str:
    if "median" not in row:
        return "–"
    median, low, high = (three_digits(row[name]) for name in ("median", "low", "high"))
    return f"{median}" if low == high else f"{median} ({low}–{high})"


def _verdict(row: Mapping[str, Any]) -> str:
    if "median" not in row:
        return "not measured"
    met = row["median"] >= row["bound"] if row["relation"] == AT_LEAST else row["median"] <= row["bound"]
    return "met" if met else "**missed**"
