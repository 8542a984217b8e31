"""One system in a process of its own: says `ready`, then reads `time` or `bytes` a line and answers one number a line.

Run as `python -m benchmarks.worker scalars|tensors SYSTEM WORKLOAD [OPERATIONS]`; it imports nothing of the others.
Where it cannot go on, its answer is the reason.
"""

from __future__ import annotations

import gc
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

COLLECTOR_OFF = ", collector off"
ENOUGH_SECONDS = 0.05  # of steps in a round: far above what the clock and the switch between processes cost


def main() -> None:
    section, *what = sys.argv[1:]
    try:
        answers = {"scalars": scalar_answers, "tensors": tensor_answers}[section](*what)
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
    if system == "glassgrad":
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


# ── section B ────────────────────────────────────────────────────────────────────────────────────────────────────────


def tensor_answers(system: str, workload: str) -> dict[str, Callable[[], float]]:
    """Nanoseconds a step, over as many steps as a round needs."""
    from benchmarks.tensor_workloads import TASKS

    step = training_step(system)(TASKS[workload])
    steps = 1
    # The quickest of several, for the first steps compile.
    while min(seconds(step, steps) for _ in range(3)) < ENOUGH_SECONDS:
        steps *= 2

    def nanoseconds() -> float:
        # Caches fill again, and the idle threads of the system before, which wait in a loop, fall asleep.
        seconds(step, (steps + 1) // 2)
        return seconds(step, steps) / steps * 1e9

    return {"time": nanoseconds}


def training_step(system: str) -> Callable[[Any], Callable[[], Any]]:
    """What makes a task's step in a system; only that one is imported."""
    if system == "glassgrad eager":
        from benchmarks.with_glassgrad import eager as make
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


def seconds(step: Callable[[], Any], steps: int) -> float:
    """The time of that many steps; the last loss is read, which waits for systems that work ahead of Python."""
    start = time.perf_counter()
    for _ in range(steps):
        loss = step()
    float(loss)
    return time.perf_counter() - start


if __name__ == "__main__":
    if sys.argv[1:2] == ["scalars"]:  # recursive peers need a deep stack
        sys.setrecursionlimit(10**7)
        threading.stack_size(1 << 30)
        thread = threading.Thread(target=main)
        thread.start()
        thread.join()
    else:
        main()
