"""Section B: one training step on Tensors."""

from __future__ import annotations

from typing import Any

from benchmarks import targets
from benchmarks.race import PEERS, compared, race
from benchmarks.targets import AT_LEAST, AT_MOST, Times, ratio, target
from benchmarks.tensor_workloads import TASKS, Task

OURS, RECORDED, NATIVE, HAND, PRODUCTS = (
    "glassgrad eager", "glassgrad recorded", "glassgrad native", "NumPy by hand", "the matrix products alone"
)  # fmt: skip
TORCH, FUSED, COMPILED = "torch eager", "torch, fused Adam", "torch.compile"
TORCHES = [TORCH, FUSED, COMPILED]
JAX = "jax.jit"
PEER_SYSTEMS = [*TORCHES, JAX]
SYSTEMS = [OURS, RECORDED, NATIVE, *PEER_SYSTEMS, HAND, PRODUCTS]
TITLE = (
    "B. One training step: forward, softmax cross-entropy, backward, update; float32, two threads. "
    "µs a step, median: × our eager time in the same round, median (range)."
)


def measured() -> dict[str, Any]:
    """Times of all five tasks against the peers."""
    rows: list[dict[str, Any]] = []
    aims: list[dict[str, Any]] = []
    for task in TASKS.values():
        times = race("tensors", systems_for(task), task.name, peers=PEER_SYSTEMS, optional=[COMPILED, NATIVE])
        rows += compared(task.name, times, OURS)
        aims += targets_of(task, times)
    return {"steps": rows, "targets": aims}


def targets_of(task: Task, times: Times) -> list[dict[str, Any]]:
    """What is aimed at: eagerly where torch spends most of its time in the same products, and elsewhere; compiled."""
    products_matter = max(task.sizes) > 100
    large = products_matter and task.optimizer == "Adam"
    rounds = zip(*(times[system] for system in TORCHES if system in times), strict=True)
    fastest = {**times, "the fastest torch": list(map(min, rounds))}
    return [
        target(f"{task.name}, eager: torch eager ÷ ours", AT_LEAST, 1.1 if large else 1.5, ratio(times, TORCH, OURS)),
        target(f"{task.name}, recorded: ours ÷ NumPy by hand", AT_MOST, 1.15, ratio(times, RECORDED, HAND)),
        target(
            f"{task.name}, recorded: the fastest torch ÷ ours",
            AT_LEAST,
            1,
            ratio(fastest, "the fastest torch", RECORDED) if any(system in times for system in TORCHES) else [],
        ),
        target(f"{task.name}, native: ours ÷ jax.jit", AT_MOST, 1.05, ratio(times, NATIVE, JAX))
        if products_matter
        else target(f"{task.name}, native: jax.jit ÷ ours", AT_LEAST, 2, ratio(times, JAX, NATIVE)),
    ]


def systems_for(task: Task) -> list[str]:
    """Those that are installed, with the fused Adam where Adam is what trains."""
    systems = [system for system in SYSTEMS if PEERS.exists() or system not in PEER_SYSTEMS]
    return [system for system in systems if system != FUSED or task.optimizer == "Adam"]


def as_markdown(results: dict[str, Any]) -> str:
    """The results as a README table, a row for each task, and what was aimed at, as far as it was measured."""
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
    aims = ["", targets.as_markdown(results["targets"])] if "targets" in results else []
    return "\n".join([*lines, *aims])


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
