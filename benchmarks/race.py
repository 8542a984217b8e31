"""Systems in processes of their own, timed in turns: a machine whose speed drifts is then fair to all of them."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / ".venv-peers" / "bin" / "python"
ROUNDS = 16
GENERATION = 8  # rounds from one process of each system before the next
WARM_UP = 2
PAUSE = 0.1  # seconds between systems: for a while after its work a thread pool waits busily, on the other's core

# Two threads for everybody: OpenMP (torch), OpenBLAS and MKL (NumPy, torch), and XLA (jax).
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC"), "2")


class WorkerFailed(Exception):
    """A system that could not start or has ended, with its reason."""


class Worker:
    """A system and a workload in a process of their own, ready to answer one number a question.

    `section` is "scalars", "programs" or "tensors"; peers run in the peers' environment, the others in this one.
    """

    def __init__(self, section: str, system: str, workload: str, *size: int, peer: bool = False) -> None:
        python = str(PEERS) if peer else sys.executable
        command = [python, "-m", "benchmarks.worker", section, system, workload, *map(str, size)]
        self.name = f"{system} on {workload}"
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, **THREADS}
        )
        if (said := self._answer()) != "ready":
            raise self._failure(said)

    def ask(self, question: str) -> float:
        assert self.process.stdin is not None
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        said = self._answer()
        try:
            return float(said)
        except ValueError:
            raise self._failure(said) from None

    def close(self) -> None:
        self.process.communicate()

    def _answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def _failure(self, said: str) -> WorkerFailed:
        self.close()
        return WorkerFailed(f"{self.name}: {said or f'ended with code {self.process.returncode}'}")


def race(
    section: str,
    systems: Sequence[str],
    workload: str,
    *size: int,
    peers: Collection[str] = (),
    optional: Collection[str] = (),
    rounds: int = ROUNDS,
    warm_up: int = WARM_UP,
    notes: Mapping[str, dict[str, float]] | None = None,
) -> dict[str, list[float]]:
    """Nanoseconds an operation or step for each system, round by round, the rounds interleaved.

    Every GENERATION rounds each system gets a fresh process: where memory happens to lie makes the same step half as
    slow again in one process as in another. An optional system that cannot start is left out and its reason printed;
    any other raises WorkerFailed. Each key of `notes` is a question that every system is asked once, after its rounds;
    the answers are put there.
    """
    times: dict[str, list[float]] = {system: [] for system in systems}
    title = " ".join(map(str, (workload, *size)))
    with tqdm(total=rounds, desc=title, disable=None, leave=False) as bar:
        for start in range(0, rounds, GENERATION):
            workers = _started(section, [s for s in systems if s in times], workload, size, peers, optional)
            times = {system: times[system] for system in workers}
            for round_ in range(warm_up + min(GENERATION, rounds - start)):
                for system, worker in workers.items():
                    time.sleep(PAUSE)
                    took = worker.ask("time")
                    if round_ >= warm_up:
                        times[system].append(took)
                bar.update(round_ >= warm_up)
            for system, worker in workers.items():
                for question, answers in (notes or {}).items():
                    answers[system] = worker.ask(question)
                worker.close()
    return times


def _started(
    section: str,
    systems: Sequence[str],
    workload: str,
    size: Sequence[int],
    peers: Collection[str],
    optional: Collection[str],
) -> dict[str, Worker]:
    """A worker for each system that can start."""
    workers: dict[str, Worker] = {}
    for system in systems:
        try:
            workers[system] = Worker(section, system, workload, *size, peer=system in peers)
        except WorkerFailed as failure:
            if system not in optional:
                raise
            print(f"left out: {failure}", file=sys.stderr)
    return workers


def compared(workload: str, times: dict[str, list[float]], ours: str) -> list[dict[str, Any]]:
    """One row a system: its median time, and the median, lowest and highest ratio to our time in the same round."""
    rows: list[dict[str, Any]] = []
    for system, theirs in times.items():
        ratios = [their / our for their, our in zip(theirs, times[ours], strict=True)]
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
