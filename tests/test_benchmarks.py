"""The workloads do what their figures are divided by, and every system does the same work."""

import importlib.util
import json
import math
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from autograd import Value, ancestry
from benchmarks import (
    __main__ as bench,
    by_hand,
    growth,
    program_workloads,
    programs,
    scalars,
    targets,
    tensors,
    tuple_value,
    with_programs,
    worker,
    workloads,
)
from benchmarks.race import Worker, WorkerFailed, compared, race
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


WITHOUT_PROGRAMS = {"relu": lambda z: z.relu(), "softmax": workloads.softmax}
REPLAYS = ["glassgrad floats", *(programs.WITH_NUMBA[:4] if importlib.util.find_spec("numba") else [])]
LANES = ["glassgrad lanes", *(programs.WITH_NUMBA[4:6] if importlib.util.find_spec("numba") else [])]


def by_tuples(loss, parameters):
    """A loss and its gradient by the engine written for the comparison."""
    leaves = [tuple_value.Value(x) for x in parameters]
    root = loss(leaves)
    root.backward()
    return root.data, [leaf.grad for leaf in leaves]


def test_a_sample_counts_its_operations():
    task = program_workloads.problem("S", 1, WITHOUT_PROGRAMS)
    parameters, *data = task.arguments
    root = task.loss([Value(x) for x in parameters], *data)
    assert sum(node.op is not None for node in ancestry(root)) == task.operations


def samples_by_tuples(count):
    """What all systems have to say of so many samples of workload S."""
    task = program_workloads.problem("S", count, WITHOUT_PROGRAMS)
    parameters, inputs, targets_ = task.arguments
    rows = zip(*(np.atleast_1d(x).tolist() for x in (*inputs, targets_)), strict=True)
    found = [by_tuples(lambda p, r=(x, y, t): task.loss(p, list(r[:2]), r[2]), parameters) for x, y, t in rows]
    losses, gradients = zip(*found, strict=True)
    return program_workloads.told_apart(losses, np.sum(gradients, axis=0))


@pytest.mark.parametrize("system", REPLAYS)
def test_every_replay_of_a_sample_computes_what_the_engines_do(system):
    assert worker.prepared(system, "S", 1).answer() == pytest.approx(samples_by_tuples(1), rel=1e-12)


@pytest.mark.parametrize("system", LANES)
def test_all_lanes_compute_what_the_engines_do_one_after_the_other(system):
    assert worker.prepared(system, "S", 5).answer() == pytest.approx(samples_by_tuples(5), rel=1e-12)


def test_the_step_that_is_recorded_is_the_eager_one(monkeypatch):
    monkeypatch.setattr(program_workloads, "WORD", (3, 1, 4))
    task = program_workloads.problem("G", 1, WITHOUT_PROGRAMS)
    loss, gradient = by_tuples(task.loss, task.arguments[0])
    running = worker.prepared("glassgrad floats", "G", 1)
    assert running.answer() == pytest.approx(program_workloads.told_apart([loss], gradient), rel=1e-12)
    stepped = [p - task.rate * g for p, g in zip(task.arguments[0], gradient, strict=True)]
    assert running.step() == pytest.approx(loss)
    assert running.step() == pytest.approx(by_tuples(task.loss, stepped)[0])


def test_a_softmax_that_is_recorded_takes_no_derivative_through_the_largest_logit():
    def slopes(softmax):
        logits = [Value(x) for x in (0.5, 2.0, -1.0)]
        softmax(logits)[0].log().backward()
        return [logit.grad for logit in logits]

    assert slopes(with_programs.softmax) == slopes(workloads.softmax)


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


def test_a_race_notes_what_each_system_answers_after_its_rounds():
    notes = {"answer": {}, "bytes": {}}
    times = race("programs", ["glassgrad floats"], "chain", 100, rounds=1, warm_up=0, notes=notes)
    assert len(times["glassgrad floats"]) == 1
    x = 1.0
    for _ in range(50):
        x = x * 0.999 + 0.001
    assert notes["answer"] == {"glassgrad floats": pytest.approx(x + 0.999**50)}
    assert notes["bytes"]["glassgrad floats"] > 0.0


def test_systems_that_compute_something_else_are_not_compared():
    programs.demand_agreement({"one": 0.5, "other": 0.5 * (1.0 + 1e-12), "many × 8": 4.0, "eager": math.nan})
    with pytest.raises(WorkerFailed, match=r"map × 8 computes 4\.1, and many × 8 4\.0"):
        programs.demand_agreement({"one": 0.5, "many × 8": 4.0, "map × 8": 4.1})


def test_a_target_is_met_missed_or_not_measured():
    rows = [
        targets.target("speed", targets.AT_LEAST, 2, targets.ratio(TIMES, "theirs", "ours")),
        targets.target("cost", targets.AT_MOST, 1.5, targets.ratio(TIMES, "theirs", "ours")),
        targets.target("a peer", targets.AT_LEAST, 2, targets.ratio(TIMES, "absent", "ours")),
    ]
    assert targets.as_markdown(rows).splitlines()[2:] == [
        "| speed | ≥ 2 × | 2 (1–3) | met |",
        "| cost | ≤ 1.5 × | 2 (1–3) | **missed** |",
        "| a peer | ≥ 2 × | – | not measured |",
    ]


@pytest.mark.parametrize(
    ("x", "text"), [(0.01234, "0.0123"), (9.996, "10"), (99.94, "99.9"), (99.96, "100"), (1234.5, "1,230")]
)
def test_a_time_is_written_with_three_digits(x, text):
    assert targets.three_digits(x) == text


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_the_growth_of_a_total_is_a_power_of_the_number_of_nodes(power):
    for_a_node = {n: [7.0 * n ** (power - 1.0), 9.0 * n ** (power - 1.0)] for n in growth.SIZES}
    assert growth.powers(for_a_node) == pytest.approx([power, power])


def test_the_growth_of_a_single_size_is_unknown():
    assert growth.powers({1000: [1.0]}) == []


def test_a_system_is_left_out_where_it_would_take_too_long(monkeypatch, capsys):
    asked = []

    def race(section, systems, workload, size, *, notes, **_):
        asked.append((size, list(systems)))
        for system in systems:
            notes["setup"][system], notes["bytes"][system] = 1e-5 * size, 100.0
        return {system: [1e4 if system == growth.EMITTING else 1e3] * 7 for system in systems}

    monkeypatch.setattr(growth, "race", race)
    results = growth.measured()
    *most, (last, left) = asked
    assert all(systems == growth.SYSTEMS for _, systems in most)
    assert (last, left) == (1_000_000, [system for system in growth.SYSTEMS if system != growth.EMITTING])
    assert "recording and emitting with 1,000,000 nodes would take about 130 s" in capsys.readouterr().err
    assert results["targets"][0]["what"] == "recording and emitting 100,000 operations ÷ one eager pass"
    assert results["targets"][0]["median"] == 10.0
    *_, row = growth.as_markdown(results["growth"]).splitlines()
    assert row.startswith("| 1,000,000 | 1,000 ns, 100 B | 1,000 ns, 100 B | 1,000 ns, 100 B | – |")


def test_the_table_of_samples_has_a_row_for_each_number_of_them():
    rows = [targets.spread(system, [2.0, 3.0, 4.0]) for system in ("glassgrad lanes × 1024", "jax.vmap × 65536")]
    tables = programs.as_markdown({"one sample": [], "many samples": rows, "training step": []})
    assert "| S, samples at a call | glassgrad lanes | jax.vmap |" in tables
    assert "| 1,024 | 3 (2–4) | – |" in tables
    assert "| 65,536 | – | 3 (2–4) |" in tables


def training_results(microseconds):
    """What section B stores when we take that long."""
    times = {tensors.OURS: [1e3 * microseconds], "jax.jit": [2e6], tensors.PRODUCTS: [1.5e3]}
    return {"steps": [row for task in TASKS for row in compared(task, times, tensors.OURS)]}


def test_the_table_of_training_steps_has_a_row_for_each_task():
    *_, last = tensors.as_markdown(training_results(microseconds=4000.0)).splitlines()
    assert last == (
        "| 784-512-512-10 ReLU, 128, Adam | 4,000 | – | – | – | – | – | 2,000: 0.50 (0.50–0.50) | – "
        "| 1.5: 0.00 (0.00–0.00) | 2666.67 (2666.67–2666.67) |"
    )


def test_the_targets_of_a_training_step_stand_below_its_table():
    times = {tensors.OURS: [100.0], tensors.RECORDED: [20.0], tensors.HAND: [16.0],
             tensors.TORCH: [140.0], tensors.FUSED: [120.0], tensors.NATIVE: [10.0], tensors.JAX: [15.0]}  # fmt: skip
    (task, *_, large) = TASKS.values()
    aims = tensors.targets_of(task, times) + tensors.targets_of(large, times)
    tables = tensors.as_markdown(training_results(microseconds=4000.0) | {"targets": aims})
    assert f"| {task.name}, eager: torch eager ÷ ours | ≥ 1.5 × | 1.4 | **missed** |" in tables
    assert f"| {large.name}, eager: torch eager ÷ ours | ≥ 1.1 × | 1.4 | met |" in tables
    assert f"| {task.name}, recorded: ours ÷ NumPy by hand | ≤ 1.15 × | 1.25 | **missed** |" in tables
    assert f"| {task.name}, recorded: the fastest torch ÷ ours | ≥ 1 × | 6 | met |" in tables
    assert f"| {task.name}, native: jax.jit ÷ ours | ≥ 2 × | 1.5 | **missed** |" in tables
    assert f"| {large.name}, native: ours ÷ jax.jit | ≤ 1.05 × | 0.667 | met |" in tables
    alone = tensors.targets_of(task, {tensors.OURS: [100.0]})
    assert all("median" not in row for row in alone)


def test_one_section_is_measured_without_the_others(tmp_path, monkeypatch, capsys):
    tables = ("eager", "targets", "one sample", "many samples", "training step", "growth")
    scalar_results = {"bytes": {"glassgrad eager": 152.0}} | {name: [] for name in tables}
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(bench, "README", tmp_path / "README.md")
    monkeypatch.setattr(bench, "PEERS", tmp_path)  # a path that exists: with the peers
    bench.README.write_text("Speed\n<!-- benchmarks -->\nold\n<!-- /benchmarks -->\nThe end\n", encoding="utf-8")
    monkeypatch.setattr(scalars, "measured", lambda: scalar_results)
    monkeypatch.setattr(tensors, "measured", lambda: training_results(microseconds=4000.0))
    bench.main([])
    monkeypatch.delattr(scalars, "measured")
    monkeypatch.setattr(tensors, "measured", lambda: training_results(microseconds=3000.0))
    bench.main(["--section", "B"])
    stored = json.loads(bench.RESULTS.read_text(encoding="utf-8"))
    assert stored["A"]["bytes"] == {"glassgrad eager": 152.0}
    assert stored["B"]["steps"] == training_results(microseconds=3000.0)["steps"]
    tables = f"Speed\n<!-- benchmarks -->\n{bench.as_markdown(stored)}\n<!-- /benchmarks -->\nThe end\n"
    assert bench.README.read_text(encoding="utf-8") == tables
    assert tensors.as_markdown(stored["B"]) in capsys.readouterr().out
