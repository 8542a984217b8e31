"""Section A, growth: time and memory an operation from 10³ to 10⁶ nodes, and what recording costs."""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.race import race
from benchmarks.targets import AT_MOST, Times, ratio, spread, target, three_digits

SIZES = [1_000, 10_000, 100_000, 1_000_000]
ROUNDS, WARM_UP = 7, 1
EAGER, EAGER_OFF = "glassgrad eager", "glassgrad eager, collector off"
RECORDING, EMITTING, FLOATS, NATIVE = "recording", "recording and emitting", "glassgrad floats", "glassgrad native"
SYSTEMS = [EAGER, EAGER_OFF, RECORDING, EMITTING, FLOATS, NATIVE]
PATIENCE = 60.0  # seconds that one system at one size may take
LINEAR = 1.1  # the largest power of the number of nodes that counts as linear: 2 × over three powers of ten
RECORDED = 100_000  # operations that recording is judged at
TITLE = (
    "Growth: a chain of products and sums, value and gradient. ns a node, median, and the most bytes a node that a "
    f"round holds at once; – where it would take more than {PATIENCE:.0f} s to measure."
)


def measured() -> dict[str, Any]:
    """A row for each system and size; a system that would take too long at a size is left out from there on."""
    systems, rows = SYSTEMS, []
    found: dict[int, Times] = {}
    for size in SIZES:
        if size == RECORDED and EMITTING not in systems:  # a page that Python compiles costs more an operation than
            systems = [*systems, EMITTING]  # the loop over the lines of a large program: what came before says nothing
        notes: dict[str, dict[str, float]] = {"setup": {}, "bytes": {}}
        times = race("programs", systems, "chain", size, optional=[NATIVE], rounds=ROUNDS, warm_up=WARM_UP, notes=notes)
        rows += [spread(name, t, nodes=size, bytes=notes["bytes"][name]) for name, t in times.items()]
        systems = [name for name, t in times.items() if fits(name, 10 * size, 10 * notes["setup"][name], t)]
        found[size] = times
    return {"growth": rows, "targets": [target_of_recording(found), *targets_of_growth(found, rows)]}


def fits(system: str, size: int, setup: float, times: Sequence[float]) -> bool:
    """Whether a system is done with so many nodes in time, if an operation takes what it took with fewer."""
    steps = WARM_UP + ROUNDS + 4  # one to see how long it takes, and one, slowed by the count, to see what it holds
    expected = setup + steps * statistics.median(times) * size * 1e-9
    if size in SIZES and expected > PATIENCE:
        print(f"left out: {system} with {size:,} nodes would take about {expected:.0f} s", file=sys.stderr)
    return expected <= PATIENCE


# ── what was aimed at ────────────────────────────────────────────────────────────────────────────────────────────────


def target_of_recording(found: Mapping[int, Times]) -> dict[str, Any]:
    """What recording costs, at 10⁵ operations or the most that it was measured at."""
    costs = {size: cost for size, times in found.items() if (cost := ratio(times, EMITTING, EAGER))}
    size = max((size for size in costs if size <= RECORDED), default=RECORDED)
    return target(f"recording and emitting {size:,} operations ÷ one eager pass", AT_MOST, 3, costs.get(size, ()))


def targets_of_growth(found: Mapping[int, Times], rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """That nothing grows faster than the graph, in time or in memory."""
    targets = []
    for system in (EAGER_OFF, RECORDING, FLOATS, NATIVE):
        times = {size: times[system] for size, times in found.items() if system in times}
        sizes = {row["nodes"]: [row["bytes"]] for row in rows if row["system"] == system}
        for what, measured in (("time", times), ("memory", sizes)):
            title = f"{system}: {what} to {max(measured, default=0):,} nodes grows with the power"
            targets.append(target(title, AT_MOST, LINEAR, powers(measured), unit=""))
    return targets


def powers(found: Mapping[int, Sequence[float]]) -> list[float]:
    """The power of the number of nodes that a total grows with, round by round, where this was found for a node.

    It is the slope of the line of least squares through the logarithms.
    """
    if len(found) < 2:
        return []
    nodes = list(map(math.log, found))
    rounds = zip(*([math.log(max(n * x, 1.0)) for x in each] for n, each in found.items()), strict=True)
    return [round(statistics.linear_regression(nodes, totals).slope, 3) + 0.0 for totals in rounds]


# ── table ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def as_markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """A row for each size, a column for each system: nanoseconds, and bytes at the height of a round."""
    systems = list(dict.fromkeys(row["system"] for row in rows))
    cells = {(row["system"], row["nodes"]): row for row in rows}
    lines = [
        TITLE,
        "",
        f"| nodes in a chain | {' | '.join(systems)} |",
        f"|--:|{'--:|' * len(systems)}",
    ]
    for nodes in dict.fromkeys(row["nodes"] for row in rows):
        found = [cells.get((system, nodes)) for system in systems]
        lines.append(f"| {nodes:,} | {' | '.join(map(_cell, found))} |")
    return "\n".join(lines)


def _cell(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "–"
    return f"{three_digits(row['nanoseconds'])} ns, {row['bytes']:,.0f} B"
