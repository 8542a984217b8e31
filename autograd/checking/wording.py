"""Wording: a report as text, a headline, a table of the worst rows, and what is suspected of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from autograd.checking.rows import Row
from autograd.checking.verdicts import LIMITED, PASS

SHOWN = 4  # rows of one input that are printed
INPUTS = 16  # inputs that are printed, those to look at first


class Merged(NamedTuple):
    """A row, with all modes that found the same."""

    row: Row
    modes: tuple[str, ...]


def written(name: str, rows: Sequence[Row], verdicts: Mapping[str, str], advice: Mapping[tuple[str, str], str]) -> str:
    """The whole report."""
    if not rows:
        return f"{name}: nothing to compare, for no numbers go in or none come out"
    modes = tuple(dict.fromkeys(row.mode for row in rows))
    failing = [row for row in rows if row.verdict != PASS]
    parts = [[_headline(name, rows, failing, verdicts, modes)]]
    if failing:
        shown, rest = _worst_of_each_input(failing)
        parts += [[*_table(shown), *rest], _advised(advice, modes)]
    else:
        closest = [max((r for r in rows if r.input == own), key=lambda row: row.severity) for own in verdicts]
        first = _first(closest, lambda row: row.severity)
        parts.append(_table([Merged(row, (row.mode,)) for row in first]) + _more(closest, first))
        if len(first) < len(rows):
            parts.append(["shown for each input: the derivative that comes closest to its bound"])
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def _headline(
    name: str, rows: Sequence[Row], failing: Sequence[Row], verdicts: Mapping[str, str], modes: Sequence[str]
) -> str:
    compared = f"{len(rows)} comparison{'s' if len(rows) > 1 else ''} ({', '.join(modes)})"
    if not failing:
        return f"{name}: passed all of {compared}" if len(rows) > 1 else f"{name}: passed {compared}"
    inputs: dict[str, list[str]] = {}
    for own, verdict in verdicts.items():
        inputs.setdefault(verdict, []).append(own)
    found = "; ".join(f"{verdict} toward {_listed(own)}" for verdict, own in inputs.items() if verdict != PASS)
    return f"{name}: {found} – {len(failing)} of {compared} did not pass"


def _worst_of_each_input(failing: Sequence[Row]) -> tuple[list[Merged], list[str]]:
    """The rows to print, and how many more there are of each input."""
    merged: dict[object, list[Row]] = {}
    for row in failing:
        key = (row.input, row.index, row.output, row.verdict, row.cause, f"{row.analytic:.6g}")
        merged.setdefault(key, []).append(row)
    by_input: dict[str, list[list[Row]]] = {}
    for group in merged.values():
        by_input.setdefault(group[0].input, []).append(group)
    for groups in by_input.values():
        groups.sort(key=lambda group: group[0].priority, reverse=True)
    names = _first(list(by_input), lambda name: by_input[name][0][0].priority)
    shown, rest = [], []
    for name in names:
        groups = by_input[name]
        shown += [Merged(group[0], tuple(row.mode for row in group)) for group in groups[:SHOWN]]
        if len(groups) > SHOWN:
            rest.append(f"and {len(groups) - SHOWN} more toward {name}")
    return shown, rest + _more(by_input, names)


def _first(inputs: Sequence[Any], importance: Callable[[Any], Any]) -> list[Any]:
    """The most important, in the order they came in."""
    kept = sorted(range(len(inputs)), key=lambda place: importance(inputs[place]), reverse=True)[:INPUTS]
    return [inputs[place] for place in sorted(kept)]


def _more(inputs: Collection[Any], shown: Collection[Any]) -> list[str]:
    """A line that says how many inputs are left out."""
    left = len(inputs) - len(shown)
    return [f"and {left} more input{'s' if left > 1 else ''}"] if left else []


def _advised(advice: Mapping[tuple[str, str], str], modes: Sequence[str]) -> list[str]:
    """What is suspected of each input, once for all modes and all inputs of which it is the same."""
    merged: dict[tuple[str, str], list[str]] = {}
    for (name, mode), sentence in advice.items():
        merged.setdefault((name, sentence), []).append(mode)
    names: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (name, sentence), own in merged.items():
        names.setdefault((sentence, tuple(own)), []).append(name)
    found = []
    for (sentence, which), whose in names.items():
        where = "" if len(which) == len(modes) else f" ({', '.join(which)})"
        found.append(_ended(f"{_listed(whose)}{where}: {sentence}"))
    return found


def _listed(names: Sequence[str]) -> str:
    """Names in a row, the first of them where they are many."""
    few = names if len(names) <= INPUTS else names[:SHOWN]
    return ", ".join(few) + (f" and {len(names) - len(few)} more" if few is not names else "")


def _ended(sentence: str) -> str:
    """With a full stop, unless it ends with a question as some errors do."""
    return sentence if sentence.endswith(("?", "!", ".")) else f"{sentence}."


# ── the table ────────────────────────────────────────────────────────────────────────────────────────────────────────

_HEADINGS = (
    "input",
    "output",
    "mode",
    "analytic",
    "numeric",
    "± bound",
    "error",
    "ratio",
    "verdict",
    "suspected cause",
)
_NUMBERS = range(3, 8)


def _table(rows: Sequence[Merged]) -> list[str]:
    """Columns with headings, numbers set to the right; one in which every row is empty is left out."""
    cells = [_cells(merged) for merged in rows]
    kept = [place for place in range(len(_HEADINGS)) if any(row[place] for row in cells)]
    columns = [[_HEADINGS[place], *(row[place] for row in cells)] for place in kept]
    widths = [max(map(len, column)) for column in columns]
    lines = [
        "  ".join(
            cell.rjust(width) if place in _NUMBERS else cell.ljust(width)
            for place, cell, width in zip(kept, line, widths, strict=True)
        ).rstrip()
        for line in zip(*columns, strict=True)
    ]
    return [lines[0], "  ".join("─" * width for width in widths), *lines[1:]]


def _cells(merged: Merged) -> tuple[str, ...]:
    row = merged.row
    known = not math.isnan(row.numeric)
    return (
        row.input + index_of(row),
        row.output,
        ", ".join(merged.modes),
        "" if math.isnan(row.analytic) and not known else f"{row.analytic:.9g}",
        f"{row.numeric:.9g}" if known else "",
        f"± {row.bound:.1e}" if known else "",
        f"{row.error:.2g}" if math.isfinite(row.error) else "",
        "" if not math.isfinite(row.ratio) or row.verdict == LIMITED else f"{row.ratio:.6g}",
        row.verdict,
        row.cause,
    )


def index_of(row: Row) -> str:
    """Where in its input a row is, as it would be indexed."""
    if row.index is None:
        return " (random direction)"
    return f"[{', '.join(map(str, row.index))}]" if row.index else ""
