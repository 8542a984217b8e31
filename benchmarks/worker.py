"""One system in a process of its own: says `ready`, then reads questions a line and answers one number a line.

Run as `python -m benchmarks.worker scalars|programs|tensors SYSTEM WORKLOAD [SIZE]`; it imports nothing of the others.
The question every system knows is `time`. Where it cannot go on, its answer is the reason.
"""

from __future__ import annotations

import gc
import math
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable
from importlib import import_module
from typing import Any

COLLECTOR_OFF = ", collector off"
ENOUGH_SECONDS = 0.05  # of steps in a round: far above what the clock and the switch between processes cost


def main() -> None:
    section, *what = sys.argv[1:]
    try:
        answers = {"scalars": scalar_answers, "programs": program_answers, "tensors": tensor_answers}[section](*what)
        print("ready", flush=True)
        for line in sys.stdin:
            print(answers[line.strip()](), flush=True)
    except Exception as error:
        print(f"{type(error).__name__}: {error}".splitlines()[0], flush=True)


# ── section A ────────────────────────────────────────────────────────────────────────────────────────────────────────


def scalar_answers(system: str, workload: str, *size: str) -> dict[str, Callable[[], float]]:
    """Nanoseconds an operation, and bytes a node."""
    from benchmarks import workloads

    if system.endswith(COLLECTOR_OFF):
        system = system.removesuffix(COLLECTOR_OFF)
        gc.disable()
    Value = value_class(system)
    round_ = getattr(workloads, workload)(Value, *map(int, size))

    def nanoseconds() -> float:
        start = time.perf_counter()
        operations = round_()
        return (time.perf_counter() - start) / operations * 1e9

    return {"time": nanoseconds, "bytes": lambda: bytes_a_node(Value)}


def value_class(system: str) -> Callable[[float], Any]:
    """The Value of a system; only that one is imported."""
    if system == "glassgrad eager":
        from autograd import Value
    elif system == "tuple nodes":
        from benchmarks.tuple_value import Value
    else:
        from micrograd.engine import Value
    return Value


def bytes_a_node(Value: Callable[[float], Any], operations: int = 100_000) -> float:
    """What a node of a finished pass holds, its data and gradient included: half products, half sums of variables."""
    x, y = Value(0.999), Value(0.001)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    z = x
    for _ in range(operations // 2):
        z = z * x + y
    z.backward()
    gc.collect()
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return held / operations


# ── section A, programs ──────────────────────────────────────────────────────────────────────────────────────────────

EAGER = {"S": "s50", "G": "gpt", "chain": "chain"}  # what engines without programs do in their place
CASADI = {
    "CasADi": "ordinary",
    "CasADi, buffers": "zero_copy",
    "CasADi map": "mapped",
    "CasADi map, summed": "mapped_and_summed",
}
JAX = {"jax.jit": "one_sample", "jax.vmap": "many_samples"}
OURS = {
    "glassgrad floats": ("called", "floats"),
    "glassgrad lanes": ("called", "lanes"),
    "glassgrad native": ("called", "native"),
    "glassgrad native, buffers": ("zero_copy", "native"),
    "glassgrad native lanes": ("called", "native"),
    "glassgrad straight-line": ("called", "straight-line"),
    "glassgrad straight-line, buffers": ("zero_copy", "straight-line"),
    "glassgrad straight-line lanes": ("called", "straight-line"),
    "recording": ("recording",),
    "recording and emitting": ("emitting",),
    "compiling": ("compiling",),
}


def program_answers(system: str, workload: str, size: str = "1") -> dict[str, Callable[[], float]]:
    """Nanoseconds an operation, seconds of set-up, what is computed as one number, and a step's bytes an operation.

    A system named "CasADi map × 1024" runs 1,024 samples at once.
    """
    name, _, samples = system.partition(" × ")
    start = time.perf_counter()
    running = prepared(name, workload, int(samples or size))
    running.step()
    took = time.perf_counter() - start
    return {
        "time": repeated(running.step, running.operations),
        "setup": lambda: took,
        "answer": running.answer,
        "bytes": lambda: bytes_of(running.step) / running.operations,
    }


def prepared(system: str, workload: str, size: int) -> Any:
    """A system with its problem, a Running; only that system is imported."""
    if system in CASADI:
        return getattr(import_module("benchmarks.with_casadi"), CASADI[system])(workload, size)
    if system in JAX:
        return getattr(import_module("benchmarks.with_jax"), JAX[system])(workload, size)
    if system in OURS:
        function, *kind = OURS[system]
        return getattr(import_module("benchmarks.with_programs"), function)(*kind, workload, size)
    return eager(system, workload, size)


def eager(system: str, workload: str, size: int) -> Any:
    """An engine without programs, on its own form of the workload."""
    from benchmarks import workloads
    from benchmarks.program_workloads import Running

    if system.endswith(COLLECTOR_OFF):
        system = system.removesuffix(COLLECTOR_OFF)
        gc.disable()
    round_ = getattr(workloads, EAGER[workload])(value_class(system), *[size] * (workload == "chain"))
    return Running(round_, lambda: math.nan, round_())


def bytes_of(step: Callable[[], Any]) -> float:
    """The most memory that a step holds at once, as Python's allocator sees it."""
    gc.collect()
    tracemalloc.start()
    step()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


# ── section B ────────────────────────────────────────────────────────────────────────────────────────────────────────


def tensor_answers(system: str, workload: str) -> dict[str, Callable[[], float]]:
    """Nanoseconds a step."""
    from benchmarks.tensor_workloads import TASKS

    # The first steps compile; reading a loss waits for systems that work ahead of Python.
    return {"time": repeated(training_step(system)(TASKS[workload]), tries=3, read=float)}


def training_step(system: str) -> Callable[[Any], Callable[[], Any]]:
    """What makes a task's step in a system; only that one is imported."""
    if system == "glassgrad eager":
        from benchmarks.with_glassgrad import eager as make
    elif system == "glassgrad recorded":
        from benchmarks.with_glassgrad import recorded as make
    elif system == "glassgrad native":
        from benchmarks.with_glassgrad import native as make
    elif system == "NumPy by hand":
        from benchmarks.by_hand import numpy_by_hand as make
    elif system == "the matrix products alone":
        from benchmarks.by_hand import products_alone as make
    elif system == "torch eager":
        from benchmarks.with_torch import eager as make
    elif system == "torch, fused Adam":
        from benchmarks.with_torch import fused as make
    elif system == "torch.compile":
        from benchmarks.with_torch import compiled as make
    elif system == "jax.jit":
        from benchmarks.with_jax import jitted as make
    else:
        raise ValueError(f"no system is called {system!r}")
    return make


# ── the clock ────────────────────────────────────────────────────────────────────────────────────────────────────────


def repeated(
    step: Callable[[], Any], operations: int = 1, tries: int = 1, read: Callable[[Any], Any] = id
) -> Callable[[], float]:
    """What gives the nanoseconds an operation, over as many steps as a round needs.

    How many these are is said by the quickest of some tries. `read` is done to what the last step gives.
    """
    steps = 1
    while min(seconds(step, steps, read) for _ in range(tries)) < ENOUGH_SECONDS:
        steps *= 2

    def nanoseconds() -> float:
        # Caches fill again, and the idle threads of the system before, which wait in a loop, fall asleep.
        seconds(step, steps // 2, read)
        return seconds(step, steps, read) / steps / operations * 1e9

    return nanoseconds


def seconds(step: Callable[[], Any], steps: int, read: Callable[[Any], Any]) -> float:
    """The time of that many steps, and of reading what the last one gives."""
    found: Any = 0.0
    start = time.perf_counter()
    for _ in range(steps):
        found = step()
    read(found)
    return time.perf_counter() - start


if __name__ == "__main__":
    if sys.argv[1:2] != ["tensors"]:  # recursive peers need a deep stack
        sys.setrecursionlimit(10**7)
        threading.stack_size(1 << 30)
        thread = threading.Thread(target=main)
        thread.start()
        thread.join()
    else:
        main()
