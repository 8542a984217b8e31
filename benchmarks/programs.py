"""Section A, programs: one sample, many samples, and a training step of scalars, against the peers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.race import PEERS, WorkerFailed, race
from benchmarks.targets import AT_LEAST, AT_MOST, Times, ratio, spread, target, three_digits

ROUNDS, WARM_UP = 7, 1
EAGER, TUPLES = "glassgrad eager", "tuple nodes"
FLOATS, LANES, BUFFERS = "glassgrad floats", "glassgrad lanes", "glassgrad native, buffers"
NATIVE_LANES, STRAIGHT_LANES = "glassgrad native lanes", "glassgrad straight-line lanes"
REPLAYS = [FLOATS, "glassgrad native", BUFFERS, "glassgrad straight-line", "glassgrad straight-line, buffers"]
COMPILING = "compiling"
WITH_NUMBA = [*REPLAYS[1:], NATIVE_LANES, STRAIGHT_LANES, COMPILING]  # left out where that is not installed
MICROGRAD, CALL, CALL_ON_BUFFERS, JIT = "micrograd", "CasADi", "CasADi, buffers", "jax.jit"
MAP, SUMMED, VMAP = "CasADi map", "CasADi map, summed", "jax.vmap"
COUNTS = [1_024, 4_096, 16_384, 65_536]
FEW, MOST = COUNTS[1], COUNTS[-1]  # with fewer, the call itself counts
TITLE = (
    "Programs. S: value and gradient of the squared error of one sample, toward the 337 parameters of the 2-16-16-1 "
    "network; float64, 642 elementary operations a sample; engines without programs run S50. Calls go with lists of "
    "floats (CasADi: NumPy arrays), or on buffers that are read and written in place; straight-line code is made for "
    "one program. CasADi's map has a gradient for every sample; summed, it has the sum of them, as lanes have. jax is "
    "given the matrices. The step of G that is recorded finds the largest logit of a softmax by itself, where the "
    "eager one reads a plain number: all else is the same."
)


def measured() -> dict[str, Any]:
    """Times of all replays against the peers, and what of it was aimed at."""
    one, many, step = one_sample(), many_samples(), training_step()
    compiling = _agreeing("S", [COMPILING], [])
    return {
        "one sample": [spread(system, times) for system, times in one.items()],
        "many samples": [spread(system, times) for system, times in many.items()],
        "training step": [spread(system, times) for system, times in step.items()],
        "targets": [*targets_of_one(one), *targets_of_many(many), *targets_of_step(step), *target_of_code(compiling)],
    }


# ── the races ────────────────────────────────────────────────────────────────────────────────────────────────────────


def one_sample() -> dict[str, list[float]]:
    """Workload S, one sample at a call; engines without programs run S50."""
    peers = [MICROGRAD, CALL, CALL_ON_BUFFERS, JIT]
    return _agreeing("S", [*REPLAYS, EAGER, *_installed(peers)], peers)


def many_samples() -> dict[str, list[float]]:
    """Workload S, many samples at a call."""
    ours = [f"{system} × {n}" for system in (LANES, NATIVE_LANES, STRAIGHT_LANES) for n in COUNTS]
    peers = [f"{MAP} × {n}" for n in COUNTS if n <= FEW]  # beyond, its columns of parameters take seconds a call
    peers += [f"{SUMMED} × {n}" for n in COUNTS] + [f"{VMAP} × {n}" for n in (COUNTS[0], MOST)]
    return _agreeing("S", [*ours, *_installed(peers)], peers)


def training_step() -> dict[str, list[float]]:
    """Workload G, recorded, against engines without programs."""
    return _agreeing("G", [*REPLAYS, EAGER, TUPLES], [])


def _installed(peers: Sequence[str]) -> list[str]:
    return list(peers) if PEERS.exists() else []


def _agreeing(workload: str, systems: Sequence[str], peers: Sequence[str]) -> dict[str, list[float]]:
    """A race of systems that give the same numbers; WorkerFailed names one that does not."""
    answers: dict[str, float] = {}
    optional = [system for system in systems if system.partition(" × ")[0] in WITH_NUMBA]
    times = race(
        "programs",
        systems,
        workload,
        peers=peers,
        optional=optional,
        rounds=ROUNDS,
        warm_up=WARM_UP,
        notes={"answer": answers},
    )
    demand_agreement(answers)
    return times


def demand_agreement(answers: Mapping[str, float]) -> None:
    """WorkerFailed where systems that run as many samples computed different numbers; nan says nothing."""
    first: dict[str, tuple[str, float]] = {}
    for system, answer in answers.items():
        if math.isnan(answer):
            continue
        other, expected = first.setdefault(system.partition(" × ")[2], (system, answer))
        if not math.isclose(answer, expected, rel_tol=1e-9):
            raise WorkerFailed(f"{system} computes {answer!r}, and {other} {expected!r}")


# ── what was aimed at ────────────────────────────────────────────────────────────────────────────────────────────────


def targets_of_one(times: Times) -> list[dict[str, Any]]:
    """S, one sample."""
    return [
        target("S on floats: micrograd's time on S50 ÷ ours", AT_LEAST, 30, ratio(times, MICROGRAD, FLOATS)),
        target("S on floats: CasADi's ordinary call ÷ ours", AT_LEAST, 1, ratio(times, CALL, FLOATS)),
        target(
            "S native, on buffers: CasADi's call on buffers ÷ ours", AT_LEAST, 2, ratio(times, CALL_ON_BUFFERS, BUFFERS)
        ),
    ]


def targets_of_many(times: Times) -> list[dict[str, Any]]:
    """S, many samples."""
    found = []
    for n in (1_024, FEW):
        over_map = ratio(times, f"{MAP} × {n}", f"{LANES} × {n}")
        found.append(target(f"S in lanes, {n:,} samples: CasADi's map ÷ ours", AT_LEAST, 10, over_map))
    growth = ratio(times, f"{LANES} × {MOST}", f"{LANES} × {FEW}")
    return [*found, target(f"S in lanes, a sample: {MOST:,} at once ÷ {FEW:,} at once", AT_MOST, 1.2, growth)]


def targets_of_step(times: Times) -> list[dict[str, Any]]:
    """G."""
    return [
        target("a step of G on floats: tuple nodes ÷ ours", AT_LEAST, 10, ratio(times, TUPLES, FLOATS)),
        target("a step of G, native, on buffers: tuple nodes ÷ ours", AT_LEAST, 100, ratio(times, TUPLES, BUFFERS)),
    ]


def target_of_code(times: Times) -> list[dict[str, Any]]:
    """S, turned into straight-line machine code."""
    microseconds = [t / 1000.0 for t in times.get(COMPILING, ())]
    return [target("S: straight-line code, an operation", AT_MOST, 30, microseconds, unit="µs")]


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def as_markdown(results: Mapping[str, Any]) -> str:
    """The times as README tables: S, one sample; S, many samples; G."""
    return "\n\n".join(
        [
            TITLE,
            _one("S, one sample at a call", results["one sample"]),
            _many(results["many samples"]),
            _one("a step of G", results["training step"]),
        ]
    )


def _one(title: str, rows: Sequence[Mapping[str, Any]]) -> str:
    lines = [f"| {title} | ns an operation: median (range) |", "|---|--:|"]
    return "\n".join([*lines, *(f"| {row['system']} | {_time(row)} |" for row in rows)])


def _many(rows: Sequence[Mapping[str, Any]]) -> str:
    cells = {tuple(row["system"].split(" × ")): row for row in rows}
    systems = list(dict.fromkeys(system for system, _ in cells))
    lines = [f"| S, samples at a call | {' | '.join(systems)} |", f"|--:|{'--:|' * len(systems)}"]
    for n in COUNTS:
        found = [cells.get((system, str(n))) for system in systems]
        lines.append(f"| {n:,} | {' | '.join('–' if row is None else _time(row) for row in found)} |")
    return "\n".join(lines)


def _time(row: Mapping[str, Any]) -> str:
    median, low, high = (three_digits(row[name]) for name in ("nanoseconds", "low", "high"))
    return f"{median} ({low}–{high})"
