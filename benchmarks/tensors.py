"""Section B: one training step on Tensors."""

from __future__ import annotations

from typing import Any

from benchmarks.race import PEERS, compared, race
from benchmarks.tensor_workloads import TASKS, Task

OURS, PRODUCTS = "glassgrad eager", "the matrix products alone"
FUSED, COMPILED = "torch, fused Adam", "torch.compile"
PEER_SYSTEMS = ["torch eager", FUSED, COMPILED, "jax.jit"]
SYSTEMS = [OURS, *PEER_SYSTEMS, "NumPy by hand", PRODUCTS]
TITLE = (
    "B. One training step: forward, softmax cross-entropy, backward, update; float32, two threads. "
    "µs a step, median: × our time in the same round, median (range)."
)


def measured() -> dict[str, Any]:
    """Times of all five tasks against the peers."""
    rows: list[dict[str, Any]] = []
    for task in TASKS.values():
        times = race("tensors", systems_for(task), task.name, peers=PEER_SYSTEMS, optional=[COMPILED])
        rows += compared(task.name, times, OURS)
    return {"steps": rows}


def systems_for(task: Task) -> list[str]:
    """Those that are installed, with the fused Adam where Adam is what trains."""
    systems = [system for system in SYSTEMS if PEERS.exists() or system not in PEER_SYSTEMS]
    return [system for system in systems if system != FUSED or task.optimizer == "Adam"]


def as_markdown(results: dict[str, Any]) -> str:
    """The results as a README table, a row for each task."""
    cells = {(row["workload"], row["system"]): row for row in results["steps"]}
    lines = [
        TITLE,
        "",
        f"| network, batch, optimizer | {' | '.join(SYSTEMS)} | our step ÷ the products alone |",
        f"|---|{'--:|' * (len(SYSTEMS) + 1)}",
    ]
    for name in dict.fromkeys(row["workload"] for row in results["steps"]):
        found = [cells.get((name, system)) for system in SYSTEMS]
        lines.append(f"| {name} | {' | '.join(map(_cell, found))} | {_in_products(cells[name, PRODUCTS])} |")
    return "\n".join(lines)


def _cell(row: dict[str, Any] | None) -> str:
    if row is None:
        return "–"
    microseconds = row["nanoseconds"] / 1000.0
    time = f"{microseconds:.3g}" if microseconds < 100.0 else f"{microseconds:,.0f}"
    return (
        time
        if row["system"] == OURS
        else f"{time}: {row['ratio']:.2f} ({row['ratio_low']:.2f}–{row['ratio_high']:.2f})"
    )


def _in_products(row: dict[str, Any]) -> str:
    """How many times what the products alone cost our step costs: the products' ratio, turned over."""
    return f"{1.0 / row['ratio']:.2f} ({1.0 / row['ratio_high']:.2f}–{1.0 / row['ratio_low']:.2f})"
