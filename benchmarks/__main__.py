"""make bench: every figure a ratio against peers, measured side by side in one run on this machine.

Each system runs in its own process; rounds are interleaved, one of each system in turn, so that a machine whose
speed drifts is fair to all. Writes benchmarks/results.json and the table between the markers in README.md.
"""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

HERE = Path(__file__).resolve().parent
PEERS = HERE.parent / ".venv-peers" / "bin" / "python"
ROUNDS = 31
ROUNDS_OF_GROWTH = 7
WARM_UP = 3
OURS = "glassgrad"


class Worker:
    """A system and a workload in a process of their own, answering one number a question."""

    def __init__(self, system: str, workload: str, *size: int) -> None:
        python = str(PEERS) if system == "micrograd" else sys.executable
        command = [python, str(HERE / "worker.py"), system, workload, *map(str, size)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, question: str) -> float:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"a worker ended before it answered: {' '.join(map(str, self.process.args))}")
        return float(answer)

    def close(self) -> None:
        self.process.communicate()


def race(systems: Sequence[str], workload: str, *size: int, rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Nanoseconds an operation for each system, round by round, the rounds interleaved."""
    workers = {system: Worker(system, workload, *size) for system in systems}
    times: dict[str, list[float]] = {system: [] for system in systems}
    for round_ in tqdm(range(WARM_UP + rounds), desc=" ".join(map(str, (workload, *size))), disable=None, leave=False):
        for system, worker in workers.items():
            time = worker.ask("time")
            if round_ >= WARM_UP:
                times[system].append(time)
    for worker in workers.values():
        worker.close()
    return times


def held_bytes(system: str) -> float:
    """Bytes a node holds after a pass, its data and gradient included."""
    worker = Worker(system, "s50")
    size = worker.ask("bytes")
    worker.close()
    return size


def compared(workload: str, times: dict[str, list[float]]) -> list[dict[str, Any]]:
    """One row a system: its median time, and the median, lowest and highest ratio to our time in the same round."""
    rows: list[dict[str, Any]] = []
    for system, theirs in times.items():
        ratios = [their / our for their, our in zip(theirs, times[OURS], strict=True)]
        rows.append(
            {
                "workload": workload,
                "system": system,
                "nanoseconds": statistics.median(theirs),
                "ratio": statistics.median(ratios),
                "ratio_low": min(ratios),
                "ratio_high": max(ratios),
            }
        )
    return rows


def measured() -> dict[str, Any]:
    """Everything that section A asks of eager scalars."""
    peers = ["micrograd"] if PEERS.exists() else []
    off = f"{OURS}, collector off"
    tuples = ["tuple nodes", "tuple nodes, collector off"]
    rows = compared("S50", race([OURS, off, *tuples, *peers], "s50"))
    rows += compared("G", race([OURS, off, *tuples], "gpt"))
    growth = []
    for size in (10_000, 100_000, 1_000_000):
        times = race([OURS, off], "chain", size, rounds=ROUNDS_OF_GROWTH)
        growth.append({"nodes": size, **{system: statistics.median(t) for system, t in times.items()}})
    return {
        "machine": {"python": platform.python_version(), "processor": platform.processor() or platform.machine()},
        "eager": rows,
        "bytes": {system: held_bytes(system) for system in [OURS, "tuple nodes", *peers]},
        "growth": growth,
    }


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
        lines.append(f"| {row['nodes']:,} | {row[OURS]:,.0f} | {row[OURS + ', collector off']:,.0f} |")
    return "\n".join(lines)


def main() -> None:
    if not PEERS.exists():
        print("The peers are not installed; `make bench PEERS=1` measures against micrograd too.\n")
    results = measured()
    table = as_markdown(results)
    print(table)
    if not PEERS.exists():  # a table without peers does not replace one with them
        return
    (HERE / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    readme = HERE.parent / "README.md"
    before, _, rest = readme.read_text().partition("<!-- benchmarks -->\n")
    _, _, after = rest.partition("<!-- /benchmarks -->")
    readme.write_text(f"{before}<!-- benchmarks -->\n{table}\n<!-- /benchmarks -->{after}")


if __name__ == "__main__":
    main()
