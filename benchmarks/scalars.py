"""Section A: scalars, one expression with its value and all its gradients, eager and as a program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks import growth, programs, targets
from benchmarks.race import PEERS, Worker, compared, race
from benchmarks.targets import AT_LEAST, AT_MOST, ratio, target

OURS = "glassgrad eager"
OFF = f"{OURS}, collector off"
MICROGRAD = "micrograd"
TUPLES = ["tuple nodes", "tuple nodes, collector off"]


def measured() -> dict[str, Any]:
    """The eager engine against the peers, then programs, then growth with the graph."""
    found: dict[str, Any] = {"targets": []}
    for part in (eager, programs.measured, growth.measured):
        results = part()
        aimed_at = results.pop("targets")
        found |= results
        found["targets"] += aimed_at
    return found


def eager() -> dict[str, Any]:
    """Times against the peers, and bytes a node."""
    peers = [MICROGRAD] if PEERS.exists() else []
    s50 = race("scalars", [OURS, OFF, *TUPLES, *peers], "s50", peers=peers)
    gpt = race("scalars", [OURS, OFF, *TUPLES], "gpt")
    sizes = {system: held_bytes(system, peer=system in peers) for system in [OURS, TUPLES[0], *peers]}
    return {
        "eager": compared("S50", s50, OURS) + compared("G", gpt, OURS),
        "bytes": sizes,
        "targets": [
            target("S50, eager: micrograd ÷ ours", AT_LEAST, 8, ratio(s50, MICROGRAD, OURS)),
            target("G, eager: tuple nodes ÷ ours", AT_LEAST, 2.5, ratio(gpt, TUPLES[0], OURS)),
            target("G, eager, as `nn.fit` takes a step: tuple nodes ÷ ours", AT_LEAST, 2.5, ratio(gpt, TUPLES[0], OFF)),
            target("bytes a node, eager", AT_MOST, 160, [sizes[OURS]], unit=""),
        ],
    }


def held_bytes(system: str, peer: bool) -> float:
    """Bytes a node holds after a pass, its data and gradient included."""
    worker = Worker("scalars", system, "s50", peer=peer)
    size = worker.ask("bytes")
    worker.close()
    return size


def as_markdown(results: Mapping[str, Any]) -> str:
    """The results as README tables, programs and growth where they were measured."""
    sizes = ", ".join(f"{system} {size:.0f}" for system, size in results["bytes"].items())
    tables = [_eager(results["eager"]), f"Bytes a node after a pass: {sizes}.", targets.as_markdown(results["targets"])]
    if results["one sample"]:
        tables.append(programs.as_markdown(results))
    if results["growth"]:
        tables.append(growth.as_markdown(results["growth"]))
    return "\n\n".join(tables)


def _eager(rows: Sequence[Mapping[str, Any]]) -> str:
    lines = [
        "| workload | system | ns an operation, median | × our time in the same round: median (range) |",
        "|---|---|--:|--:|",
    ]
    for row in rows:
        lines.append(
            f"| {row['workload']} | {row['system']} | {row['nanoseconds']:,.0f} | "
            f"{row['ratio']:.2f} ({row['ratio_low']:.2f}–{row['ratio_high']:.2f}) |"
        )
    return "\n".join(lines)
