"""The workloads do what their figures are divided by, and every system does the same work."""

import importlib.util
import json
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from autograd import Value, ancestry
from benchmarks import __main__ as bench, by_hand, scalars, tensors, tuple_value, worker, workloads
from benchmarks.race import Worker, WorkerFailed, compared
from benchmarks.tensor_workloads import RATES, TASKS, Task

# ── A. scalars ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("workload", [workloads.s50, workloads.gpt])
def test_a_workload_counts_its_operations(workload):
    roots = []

    class Counted(Value):
        __slots__ = ()

        def backward(self):
            roots.append(self)

    assert workload(Counted)() == sum(node.op is not None for node in ancestry(roots[0]))


def test_the_peer_written_for_the_comparison_computes_the_same_gradients():
    def gradients(kind):
        leaves = []

        class Kept(kind):
            __slots__ = ()

            def __init__(self, *arguments):
                super().__init__(*arguments)
                if len(arguments) == 1:
                    leaves.append(self)

        x, y = Kept(0.5), Kept(-1.5)
        ((x * y + x.exp()) ** 2 / (y - 2.0) + (x + 3.0).log() - (x * 2.0).relu()).backward()
        return x.grad, y.grad

    assert gradients(tuple_value.Value) == pytest.approx(gradients(Value), rel=1e-14)


# ── B. training steps ────────────────────────────────────────────────────────────────────────────────────────────────

SMALL_ENOUGH_FOR_DIFFERENCES = [
    Task((4, 6, 3), "sigmoid", 11, "SGD"),
    Task((4, 6, 3), "sigmoid", 11, "Adam"),
    Task((5, 4, 3, 2), "ReLU", 7, "SGD"),
    Task((5, 4, 3, 2), "ReLU", 7, "Adam"),
]
INSTALLED = ["glassgrad eager", *(["torch eager", "torch, fused Adam"] if importlib.util.find_spec("torch") else [])]


@pytest.fixture
def large_rates(monkeypatch):
    """Steps whose effect on the loss is far above a rounding of float32."""
    for optimizer, rate in {"SGD": 0.5, "Adam": 0.003}.items():
        monkeypatch.setitem(RATES, optimizer, rate)


def losses(step):
    """The losses before and after each of three steps."""
    return [float(step()) for _ in range(4)]


def losses_by_differences(task):
    """The same by the definitions alone: float64, every gradient from differences of the loss."""
    X, labels = task.data()
    w = np.concatenate([part.ravel() for layer in task.weights() for part in layer]).astype(np.float64)

    def loss(w):
        total = 0.0
        for x, label in zip(X.astype(np.float64), labels, strict=True):
            rest = w
            for layer, (inputs, outputs) in enumerate(pairwise(task.sizes)):
                W, b = rest[: inputs * outputs].reshape(outputs, inputs), rest[inputs * outputs :][:outputs]
                rest = rest[(inputs + 1) * outputs :]
                x = np.array([sum(W[i] * x) + b[i] for i in range(outputs)])
                if layer < len(task.sizes) - 2:
                    x = 1.0 / (1.0 + np.exp(-x)) if task.activation == "sigmoid" else np.where(x > 0.0, x, 0.0)
            total -= np.log(np.exp(x[label]) / sum(np.exp(x)))
        return total / task.batch

    first, second, found = 0.0, 0.0, [loss(w)]
    for t in (1, 2, 3):
        h = 1e-6 * np.eye(w.size)
        g = np.array([(loss(w + e) - loss(w - e)) / 2e-6 for e in h])
        first, second = 0.9 * first + 0.1 * g, 0.999 * second + 0.001 * g**2
        adam = (first / (1.0 - 0.9**t)) / (np.sqrt(second / (1.0 - 0.999**t)) + 1e-8)
        w = w - task.rate * (g if task.optimizer == "SGD" else adam)
        found.append(loss(w))
    return found


@pytest.mark.parametrize("task", SMALL_ENOUGH_FOR_DIFFERENCES, ids=lambda task: task.name)
@pytest.mark.usefixtures("large_rates")
def test_the_step_by_hand_is_the_definition_of_a_training_step(task):
    found = losses(by_hand.numpy_by_hand(task))
    assert found == pytest.approx(losses_by_differences(task), rel=2e-6)
    assert found[0] - found[-1] > 1e-3


def test_the_step_by_hand_is_the_same_in_blocks_and_at_once(monkeypatch):
    task = Task((64, 32, 10), "ReLU", 32, "Adam")
    at_once = losses(by_hand.numpy_by_hand(task))
    monkeypatch.setattr(by_hand, "BLOCK", 1000)
    assert losses(by_hand.numpy_by_hand(task)) == at_once


@pytest.mark.parametrize("system", INSTALLED)
@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_every_system_learns_the_same(task, system):
    assert losses(worker.training_step(system)(task)) == pytest.approx(losses(by_hand.numpy_by_hand(task)), rel=2e-6)


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_the_products_alone_are_those_of_the_step(task, monkeypatch):
    shapes = []

    class Watched:
        """NumPy, with a list of the shapes of its products of matrices."""

        def __getattr__(self, name):
            return getattr(np, name)

        def dot(self, left, right, out=None):
            if left.ndim == right.ndim == 2:
                shapes.append((left.shape, right.shape))
            return np.dot(left, right, out=out)

    monkeypatch.setattr(by_hand, "np", Watched())
    by_hand.numpy_by_hand(task)()
    of_the_step, shapes = shapes, []
    by_hand.products_alone(task)()
    assert shapes == of_the_step
    assert len(shapes) == 3 * (len(task.sizes) - 1) - 1


# ── the harness ──────────────────────────────────────────────────────────────────────────────────────────────────────

TIMES = {"ours": [2.0, 4.0, 8.0], "theirs": [6.0, 8.0, 8.0]}


def test_a_ratio_is_taken_within_a_round():
    _, row = compared("work", TIMES, "ours")
    assert row == {
        "workload": "work", "system": "theirs", "nanoseconds": 8.0, "ratio": 2.0, "ratio_low": 1.0, "ratio_high": 3.0,
    }  # fmt: skip


def test_a_worker_answers_with_a_time():
    process = Worker("tensors", "the matrix products alone", next(iter(TASKS)))
    assert process.ask("time") > 0.0
    process.close()


def test_a_round_holds_many_quick_steps_also_where_the_first_one_compiles(monkeypatch):
    clock, durations = [0.0], iter([10.0])

    def step():
        clock[0] += next(durations, 0.001)
        return 0.0

    monkeypatch.setattr(worker, "time", SimpleNamespace(perf_counter=lambda: clock[0]))
    monkeypatch.setattr(worker, "training_step", lambda system: lambda task: step)
    time = worker.tensor_answers("any", next(iter(TASKS)))["time"]
    start = clock[0]
    assert time() == pytest.approx(1e6)
    assert 0.05 <= clock[0] - start < 0.2


def test_a_worker_that_cannot_start_says_why():
    with pytest.raises(WorkerFailed, match="ValueError: no system is called 'abacus'"):
        Worker("tensors", "abacus", next(iter(TASKS)))


def training_results(microseconds):
    """What section B stores when we take that long."""
    times = {tensors.OURS: [1e3 * microseconds], "jax.jit": [2e6], tensors.PRODUCTS: [1.5e3]}
    return {"steps": [row for task in TASKS for row in compared(task, times, tensors.OURS)]}


def test_the_table_of_training_steps_has_a_row_for_each_task():
    *_, last = tensors.as_markdown(training_results(microseconds=4000.0)).splitlines()
    assert last == (
        "| 784-512-512-10 ReLU, 128, Adam | 4,000 | – | – | – | 2,000: 0.50 (0.50–0.50) | – | 1.5: 0.00 (0.00–0.00) "
        "| 2666.67 (2666.67–2666.67) |"
    )


def test_one_section_is_measured_without_the_others(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(bench, "README", tmp_path / "README.md")
    monkeypatch.setattr(bench, "PEERS", tmp_path)  # a path that exists: with the peers
    bench.README.write_text("Speed\n<!-- benchmarks -->\nold\n<!-- /benchmarks -->\nThe end\n", encoding="utf-8")
    monkeypatch.setattr(scalars, "measured", lambda: {"eager": [], "bytes": {"glassgrad": 152.0}, "growth": []})
    monkeypatch.setattr(tensors, "measured", lambda: training_results(microseconds=4000.0))
    bench.main([])
    monkeypatch.delattr(scalars, "measured")
    monkeypatch.setattr(tensors, "measured", lambda: training_results(microseconds=3000.0))
    bench.main(["--section", "B"])
    stored = json.loads(bench.RESULTS.read_text(encoding="utf-8"))
    assert stored["A"]["bytes"] == {"glassgrad": 152.0}
    assert stored["B"]["steps"] == training_results(microseconds=3000.0)["steps"]
    tables = f"Speed\n<!-- benchmarks -->\n{bench.as_markdown(stored)}\n<!-- /benchmarks -->\nThe end\n"
    assert bench.README.read_text(encoding="utf-8") == tables
    assert tensors.as_markdown(stored["B"]) in capsys.readouterr().out
