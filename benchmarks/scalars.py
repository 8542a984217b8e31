"""Section A: one expression of scalars, its value and all its gradients."""

from __future__ import annotations

import statistics
from typing import Any

from benchmarks.race import PEERS, Worker, compared, race

ROUNDS_OF_GROWTH = 7
OURS = "glassgrad"
OFF = f"{OURS}, collector off"
TUPLES = ["tuple nodes", "tuple nodes, collector off"]


def measured() -> dict[str, Any]:
    """Times against the peers, bytes a node, and the growth of time with the graph."""
    peers = ["micrograd"] if PEERS.exists() else []
    rows = compared("S50", race("scalars", [OURS, OFF, *TUPLES, *peers], "s50", peers=peers), OURS)
    rows += compared("G", race("scalars", [OURS, OFF, *TUPLES], "gpt"), OURS)
    growth = []
    for size in (10_000, 100_000, 1_000_000):
        times = race("scalars", [OURS, OFF], "chain", size, rounds=ROUNDS_OF_GROWTH)
        growth.append({"nodes": size, **{system: statistics.median(t) for system, t in times.items()}})
    sizes = {system: held_bytes(system, peer=system in peers) for system in [OURS, TUPLES[0], *peers]}
    return {"eager": rows, "bytes": sizes, "growth": growth}


def held_bytes(system: str, peer: bool) -> float:
    """Bytes a node holds after a pass, its data and gradient included."""
    worker = Worker("scalars", system, "s50", peer=peer)
    size = worker.ask("bytes")
    worker.close()
    return size


def as_markdown(results: dict[str, Any]) -> str:
    """The results as README tables."""
    lines = [
        "| workload | system | ns an operation, median | × our time in the same round: median (range) |",
        "|---|---|--:|--:|",
    ]
    for row in results["eager"]:
        lines.append(
            f"| {row['workload']} | {row['system']} | {row['nanoseconds']:,.0f} | "
            f"{row['ratio']:.2f} ({row['ratio_low']:.2f}–{row['ratio_high']:.2f}) |"
        )
    sizes = ", ".join(f"{system} {size:.0f}" for system, size in results["bytes"].items())
    lines += ["", f"Bytes a node after a pass: {sizes}.", ""]
    lines += ["| nodes in a chain | ns a node | ns a node, collector off |", "|--:|--:|--:|"]
    for row in results["growth"]:
        lines.append(f"| {row['nodes']:,} | {row[OURS]:,.0f} | {row[OFF]:,.0f} |")
    return "\n".join(lines)
