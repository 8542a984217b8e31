"""One system in a process of its own: reads `time` or `bytes` a line, answers one number a line.

Run as `python benchmarks/worker.py SYSTEM WORKLOAD [OPERATIONS]`; it imports nothing of the others.
"""

from __future__ import annotations

import gc
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
import workloads

COLLECTOR_OFF = ", collector off"


def value_class(system: str) -> Callable[[float], Any]:
    """The Value of a system; only that one is imported."""
    if system == "glassgrad":
        from autograd import Value
    elif system == "tuple nodes":
        from tuple_value import Value
    else:
        from micrograd.engine import Value
    return Value


def main() -> None:
    system, workload, *size = sys.argv[1:]
    if system.endswith(COLLECTOR_OFF):
        system = system.removesuffix(COLLECTOR_OFF)
        gc.disable()
    step = getattr(workloads, workload)(value_class(system), *map(int, size))
    for line in sys.stdin:
        if line.strip() == "bytes":
            print(bytes_a_node(value_class(system)), flush=True)
        else:
            start = time.perf_counter()
            operations = step()
            print((time.perf_counter() - start) / operations * 1e9, flush=True)


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


if __name__ == "__main__":
    # The recursive peers need a deep stack.
    sys.setrecursionlimit(10**7)
    threading.stack_size(1 << 30)
    thread = threading.Thread(target=main)
    thread.start()
    thread.join()
