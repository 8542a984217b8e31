"""python -m benchmarks.accuracy: how many units in the last place every row is off, against 50 digits.

Writes benchmarks/accuracy.json, the worst case found for every value and derivative, and benchmarks/ACCURACY.md from
it. Needs mpmath, of the extra `test`. The worst cases differ a little between processors, for which NumPy and the C
library have code of their own.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Any

import mpmath

from autograd.ops import TABLE
from benchmarks.__main__ import machine
from benchmarks.extremes import operands
from benchmarks.race import ROOT
from benchmarks.units import ALLOWANCES, BOUND, Reading, bounded, error, readings, share_of_bound

RESULTS, PAGE = ROOT / "benchmarks" / "accuracy.json", ROOT / "benchmarks" / "ACCURACY.md"
SAMPLES = 10_000
WAYS = ("floats", "arrays")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description="Every row against 50 digits.")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="points a row")
    results = measured(parser.parse_args(arguments).samples)
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(as_markdown(results), encoding="utf-8")
    print(as_markdown(results))


def measured(samples: int) -> dict[str, Any]:
    """For every entry of every row the worst case on floats and on arrays, and what share of its bound is used."""
    rows = []
    for op in TABLE.values():
        worst: dict[tuple[str, str], tuple[float, Reading]] = {}
        used: dict[str, float] = {}
        for reading in readings(op, operands(op, samples)):
            key, off = (reading.entry, reading.way), error(reading)
            if key not in worst or off > worst[key][0]:
                worst[key] = (off, reading)
            used[reading.entry] = max(used.get(reading.entry, 0.0), share_of_bound(op, reading))
        for entry, share in used.items():
            cases = {way: stored(*worst[entry, way]) for way in WAYS}
            rows.append({"op": op.name, "entry": entry, **cases, "used": round(share, 3)})
    return {"machine": machine(), "samples": samples, "rows": rows}


def stored(off: float, reading: Reading) -> dict[str, Any]:
    """A worst case as JSON holds it: numbers as text, for some are infinite and some have 20 digits."""
    return {
        "error": f"{off:.2f}" if off < 1000.0 else f"{off:.1e}",
        "operands": list(map(repr, reading.operands)),
        "found": repr(reading.found),
        "exact": mpmath.nstr(bounded(reading.exact), 20),
    }


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────────────

INTRODUCTION = """\
# How exact the rows are

Every elementwise row of the table, its value and its local derivatives, on floats and on arrays, against mpmath at 50
digits over the whole range of float64, subnormals and extremes included. The figures are the worst cases that
{samples:,} points a row bring to light, in units in the last place of the exact result; that unit is 2⁻¹⁰⁷⁴ for
subnormal results, and what rounds beyond the largest float is to be infinite. Written by
`python -m benchmarks.accuracy` (Python {python}, NumPy {numpy}, {processor})."""

EXCEPTIONS = """\
## The exceptions

These miss 4 units of their result somewhere, and keep another bound everywhere. The last column is the largest share
of that bound which was used."""


def as_markdown(results: dict[str, Any]) -> str:
    """The page, from the stored results and the reasons of the exceptions."""
    kept = [row for row in results["rows"] if (row["op"], row["entry"]) not in ALLOWANCES]
    missed = [row for row in results["rows"] if (row["op"], row["entry"]) in ALLOWANCES]
    header, rule = "| op | | on floats | at | on arrays | at |", "|---|---|--:|---|--:|---|"
    return "\n".join(
        [
            INTRODUCTION.format(samples=results["samples"], **results["machine"]),
            *("", f"## Within {BOUND:.0f} units in the last place", "", header, rule),
            *(f"{worst_cases(row)} |" for row in kept),
            *("", EXCEPTIONS, "", f"{header} why | kept: units in the last place of | used |", f"{rule}---|---|--:|"),
            *(f"{worst_cases(row)} | {promise(row)} |" for row in missed),
            "",
        ]
    )


def worst_cases(row: dict[str, Any]) -> str:
    cells = [row["op"], row["entry"]]
    for way in WAYS:
        exactly = float(row[way]["error"]) == 0.0
        cells += [row[way]["error"], "" if exactly else f"`{', '.join(row[way]['operands'])}`"]
    return "| " + " | ".join(cells)


def promise(row: dict[str, Any]) -> str:
    allowance = ALLOWANCES[row["op"], row["entry"]]
    bound = f"{allowance.units:.0f} of {allowance.of}"
    return " | ".join([allowance.reason, bound.replace("|", r"\|"), f"{row['used']:.0%}"])


if __name__ == "__main__":
    main()
