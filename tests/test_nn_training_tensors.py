"""fit on models of Tensors: batches of arrays, the same training as sample by sample, and what users add to it."""

import gc
import math
import os
import random
import re
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import nn
from autograd import ops
from autograd.errors import ArgumentError, AutogradError, DataError, Diverged, OperandError, ShapeError

ROOT = Path(__file__).parents[1]
POINTS = np.linspace(-1.0, 1.0, 9)[:, np.newaxis]
LINE = 2.0 * POINTS + 1.0


def line_fit(model=None, X=POINTS, y=LINE, **options):
    """One linear layer on y = 2x + 1, with anything about it changed."""
    model = nn.Linear(1, 1, dtype=np.float64, rng=0) if model is None else model
    settings = {"loss": nn.MSELoss(), "optimizer": nn.SGD(model, lr=0.1), "epochs": 5, "batch_size": 3, "seed": 0}
    return model, nn.fit(model, X, y, **{**settings, **options})


def numbers(model):
    return {name: np.asarray(data).tolist() for name, data in model.state_dict().items()}


def network():
    return nn.Sequential(nn.Linear(2, 8, rng=0), nn.Tanh(), nn.Linear(8, 2, rng=0))


def moons_fit(model=None, n=60, **options):
    model, data = model or network(), nn.data.moons(n, seed=1)
    settings = {"loss": nn.CrossEntropyLoss(), "optimizer": nn.SGD(model, lr=0.1), "epochs": 4, "batch_size": 8}
    return model, nn.fit(model, data.X, data.y, **{**settings, "seed": 0, **options})


# ── what a step and an epoch are ─────────────────────────────────────────────────────────────────────────────────────


def test_fit_finds_the_line():
    model, history = line_fit(epochs=60)
    assert [model.weight.item(), model.bias.item()] == pytest.approx([2.0, 1.0], abs=1e-3)
    assert history.loss[-1] < 1e-5 < history.loss[0]


def test_one_full_batch_step_is_the_textbooks_gradient():
    model = nn.Linear(1, 1, dtype=np.float64)
    model.load_state_dict({"weight": [[0.0]], "bias": [0.0]})
    line_fit(model, epochs=1, batch_size=9, optimizer=nn.SGD(model, lr=1.0))
    slope = 2.0 / 9.0 * sum(x * y for x, y in zip(POINTS[:, 0], LINE[:, 0], strict=True))
    assert [model.weight.item(), model.bias.item()] == pytest.approx([slope, 2.0 / 9.0 * sum(LINE[:, 0])])


@pytest.mark.parametrize("batch_size", [1, 7, 32])
@pytest.mark.parametrize(
    "loss", [nn.CrossEntropyLoss(), nn.CrossEntropyLoss(weight=[1.0, 3.0]), nn.CrossEntropyLoss(weight=[0.0, 1.0])]
)
def test_a_model_of_tensors_is_trained_as_the_same_model_of_values_is(loss, batch_size):
    scalars = nn.MLP([2, 4, 2], activation="tanh", rng=3)
    arrays, data = scalars.to_tensors(), nn.data.moons(40, seed=1)
    histories = [
        nn.fit(
            model, data.X, data.y, loss=loss, optimizer=nn.SGD(model, lr=0.1, momentum=0.5), epochs=3,
            batch_size=batch_size, seed=5, validation=0.2, clip_norm=0.5, metrics={"accuracy": nn.accuracy},
        ).to_dict()
        for model in (scalars, arrays)
    ]  # fmt: skip
    for name, column in histories[0].items():
        assert histories[1][name] == (pytest.approx(column, rel=1e-9) if isinstance(column, list) else column)
    assert all(map(math.isfinite, histories[0]["loss"]))
    for parameter, expected in zip(arrays.parameters(), scalars.to_tensors().parameters(), strict=True):
        np.testing.assert_allclose(parameter.data, expected.data, rtol=1e-9, atol=1e-12)


def test_the_scores_of_an_epoch_are_means_over_samples_though_the_last_batch_is_smaller():
    X, y = np.array([[1.0], [2.0], [0.0], [-3.0], [-1.0]]), np.array([1, 1, -1, -1, 1])
    model = nn.Linear(1, 1, dtype=np.float64)
    model.load_state_dict({"weight": [[1.0]], "bias": [0.0]})
    _, history = line_fit(
        model, X, y, loss=nn.HingeLoss(), epochs=1, batch_size=2, optimizer=nn.SGD(model, lr=0.0),
        validation=(np.array([[1.0], [0.0], [-1.0], [2.0]]), np.array([1, 1, -1, -1])),
    )  # fmt: skip
    # max(0, 1 − y·x): 0, 0, 1, 0 and 2. The sign of 0 is taken for 1, which its label −1 is not; −1 is labelled 1.
    assert history.loss == [3.0 / 5.0]
    assert history.error_rate == [2 / 5]
    assert history.validation_loss == [(0.0 + 1.0 + 0.0 + 3.0) / 4.0]
    assert history.validation_error_rate == [1 / 4]


class Watching(nn.Module):
    """A linear model that notes its batches, whether it trains, and whether its graph is recorded."""

    def __init__(self, dtype=np.float64):
        self.linear = nn.Linear(1, 1, dtype=dtype, rng=0)
        self.seen = []

    def forward(self, x):
        output = self.linear(x)
        self.seen.append((x, self.training, output.requires_grad))
        return output

    def learned(self):
        return [x for x, training, recorded in self.seen if training and recorded]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("given", [np.float32, np.float64, np.int64, np.uint8, bool, list])
def test_the_model_sees_plain_arrays_of_its_own_dtype(given, dtype):
    model = Watching(dtype)
    X = np.arange(6).reshape(6, 1) % 2
    X = X.tolist() if given is list else X.astype(given)
    line_fit(model, X, X, batch_size=4, epochs=1)
    assert {type(x) for x, _, _ in model.seen} == {np.ndarray}
    assert {x.dtype for x, _, _ in model.seen} == {np.dtype(dtype)}
    assert [x.shape for x in model.learned()] == [(4, 1), (2, 1)]
    assert model.linear.weight.dtype == dtype


def test_every_epoch_sees_every_sample_once_in_new_batches():
    model = Watching()
    line_fit(model, epochs=2, batch_size=4)
    batches = [sorted(x[:, 0].tolist()) for x in model.learned()]
    assert [len(batch) for batch in batches] == [4, 4, 1, 4, 4, 1]
    first, second = batches[:3], batches[3:]
    for epoch in (first, second):
        assert sorted(x for batch in epoch for x in batch) == POINTS[:, 0].tolist()
    assert first != second


def test_samples_are_learned_in_training_mode_and_validated_in_evaluation_mode_unrecorded():
    model = Watching().eval()
    line_fit(model, X=POINTS, validation=(POINTS + 10.0, LINE))
    learned = np.concatenate(model.learned())
    assert set(learned[:, 0]) == set(POINTS[:, 0])
    assert not any(training for x, training, _ in model.seen if x.max() > 5.0)
    assert not any(training and not recorded for _, training, recorded in model.seen)
    assert not model.training


def test_a_part_held_out_is_never_learned():
    model = Watching()
    line_fit(model, validation=0.3, optimizer=nn.SGD(model, lr=0.0), epochs=3)
    learned = set(np.concatenate(model.learned())[:, 0])
    assert len(learned) == 6


def test_images_and_several_targets_are_trained_on_as_well():
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 2, rng=0))
    X, y = rng.normal(size=(20, 3, 4)), rng.normal(size=(20, 2))
    history = nn.fit(model, X, y, loss=nn.MSELoss(), optimizer=nn.Adam(model, lr=0.01), epochs=5, seed=0)
    assert history.loss[-1] < history.loss[0]


def test_a_function_of_outputs_and_targets_is_a_loss():
    def distance(outputs, targets):
        return ((outputs - targets) ** 2).mean()

    assert numbers(line_fit(loss=distance)[0]) == numbers(line_fit()[0])
    assert line_fit(loss=distance)[1].error_rate == []


@pytest.mark.parametrize("seed", [3, lambda: random.Random(3), lambda: np.random.default_rng(3)])
def test_the_same_seed_gives_the_same_run_and_global_random_state_is_untouched(seed):
    def run():
        model = nn.Sequential(nn.Linear(2, 8, rng=0), nn.ReLU(), nn.Dropout(0.3, rng=1), nn.Linear(8, 2, rng=2))
        model, history = moons_fit(model, seed=seed() if callable(seed) else seed, validation=0.25)
        return numbers(model), history.to_dict()

    python_state, numpy_state = random.getstate(), np.random.get_state()[1].tolist()
    assert run() == run()
    assert numbers(moons_fit(seed=4)[0]) != numbers(moons_fit(seed=5)[0])
    assert random.getstate() == python_state
    assert np.random.get_state()[1].tolist() == numpy_state


# ── data in files ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("validation", [None, 0.25])
def test_data_in_a_file_give_the_same_run_as_data_in_memory(validation, tmp_path):
    data = nn.data.moons(60, seed=1)
    files = []
    for name, array in (("X", data.X), ("y", data.y)):
        np.save(tmp_path / name, array)
        files.append(np.load(tmp_path / f"{name}.npy", mmap_mode="r"))
    results = []
    for X, y in ((data.X, data.y), files):
        model = network()
        options = {"loss": nn.CrossEntropyLoss(), "optimizer": nn.Adam(model, lr=0.01), "epochs": 3, "batch_size": 8}
        history = nn.fit(model, X, y, seed=0, validation=validation, **options)
        results.append((numbers(model), history.to_dict()))
    assert results[0] == results[1]


def test_the_data_are_not_copied_as_a_whole():
    X = np.random.default_rng(0).normal(size=(20_000, 50)).astype(np.float32)  # 4 MB
    model = nn.Linear(50, 2, rng=0)
    options = {"loss": nn.CrossEntropyLoss(), "optimizer": nn.SGD(model, lr=0.1), "epochs": 1, "batch_size": 100}
    tracemalloc.start()
    nn.fit(model, X, np.arange(20_000) % 2, seed=0, validation=0.2, **options)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3_000_000


LARGE = """
import sys, threading, time
import numpy as np, nn

def anonymous():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))

folder = sys.argv[1]
X, y = (np.load(f"{folder}/{name}.npy", mmap_mode="r") for name in "Xy")
largest, over = 0, threading.Event()

def watch():
    global largest
    while not over.wait(0.01):
        largest = max(largest, anonymous())

watcher = threading.Thread(target=watch)
watcher.start()
model = nn.Linear(784, 10, rng=0)
optimizer = nn.SGD(model, lr=0.01)
begun = time.perf_counter()
history = nn.fit(model, X, y, loss=nn.CrossEntropyLoss(), optimizer=optimizer, epochs=1, batch_size=4096, seed=0)
over.set()
watcher.join()
print(len(X), X.nbytes, largest, f"{time.perf_counter() - begun:.1f}", history.loss[0])
"""


@pytest.mark.thorough
def test_two_gigabytes_in_a_file_are_trained_on_within_half_a_gigabyte(tmp_path):
    rows, rng = 640_000, np.random.default_rng(0)
    X = np.lib.format.open_memmap(tmp_path / "X.npy", "w+", np.float32, (rows, 784))
    y = np.lib.format.open_memmap(tmp_path / "y.npy", "w+", np.int64, (rows,))
    for start in range(0, rows, 16_000):
        block = rng.random((16_000, 784), dtype=np.float32)
        X[start : start + 16_000], y[start : start + 16_000] = block, block[:, :10].argmax(axis=1)
    X.flush()
    del X, y
    command = [sys.executable, "-c", LARGE, str(tmp_path)]
    try:
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    finally:
        (tmp_path / "X.npy").unlink()
    count, size, largest, seconds, loss = map(float, done.stdout.split())
    print(f"{size / 1e9:.2f} GB in {seconds} s, at most {largest / 1e3:.0f} MB of its own")
    assert (count, size > 2e9) == (rows, True)
    assert largest < 500_000
    assert math.isfinite(loss)


# ── stopping, and what is kept ───────────────────────────────────────────────────────────────────────────────────────


def test_early_stopping_gives_the_best_weights_back():
    model = nn.Linear(1, 1, dtype=np.float64, bias=False)
    model.load_state_dict({"weight": [[0.0]]})
    # Training moves the weight from 0 to 1, and validation is best on the way, at 0.5.
    _, history = line_fit(
        model, np.array([[1.0], [2.0]]), np.array([1.0, 2.0]), optimizer=nn.SGD(model, lr=0.02), epochs=200,
        batch_size=2, patience=3, validation=(np.array([[1.0]]), np.array([0.5])),
    )  # fmt: skip
    assert history.stopped == "early"
    assert len(history.loss) == history.best_epoch + 3
    assert history.validation_loss[history.best_epoch - 1] == min(history.validation_loss)
    assert (model.weight.item() - 0.5) ** 2 == pytest.approx(min(history.validation_loss))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("lr", [10.0, 1e3, 1e30])
def test_a_learning_rate_too_large_stops_with_the_best_weights_kept(lr, dtype):
    model = nn.Linear(1, 1, dtype=dtype, rng=0)
    before = numbers(model)
    with pytest.raises(Diverged, match=r"diverged (in|after) epoch \d+.*(weight|bias) .*holds .*smaller"):
        line_fit(model, optimizer=nn.SGD(model, lr=lr), epochs=100)
    assert numbers(model) == before


def test_the_batch_whose_step_broke_a_parameter_is_named_and_the_place_in_it():
    class Breaking(nn.SGD):
        def move(self, w, g, *others):
            if self.steps == self.last:
                w[1] = math.inf
            super().move(w, g, *others)

    for step, epoch, batch in ((1, 1, 1), (2, 1, 2), (3, 1, 3), (4, 2, 1)):
        model = nn.Linear(2, 1, dtype=np.float64, rng=0)
        optimizer = Breaking(model, lr=0.1)
        optimizer.last = step
        X = np.column_stack([POINTS, POINTS])
        with pytest.raises(
            Diverged, match=rf"in epoch {epoch}, batch {batch}: weight is inf at \[0, 1\], .*loss is \d"
        ):
            line_fit(model, X, optimizer=optimizer)


@pytest.mark.parametrize("kind", ["scalars", "arrays"])
def test_losses_whose_sum_leaves_the_range_of_floats_count_as_diverged(kind):
    def enormous(outputs, targets):
        calls.append(1)
        total = outputs if kind == "scalars" else outputs.sum()
        return total * 0.0 + (1.0 if len(calls) <= 10 else 1.5e308)

    calls = []
    model = both_kinds()[kind == "arrays"]
    with pytest.raises(Diverged, match="in epoch"):
        line_fit(model, y=LINE[:, 0], loss=enormous, batch_size=3, epochs=20)


def test_a_loss_that_is_not_finite_is_named_too():
    def infinite(outputs, targets):
        return outputs.sum() * 0.0 + math.inf

    with pytest.raises(
        Diverged, match=r"epoch 1, batch 1: .*largest being weight with .*, the batch's mean loss is inf"
    ):
        line_fit(loss=infinite)


def test_the_best_epoch_is_kept_where_a_later_one_diverges():
    def suddenly(outputs, targets):
        calls.append(1)
        return ((outputs - targets) ** 2).mean() * (1.0 if len(calls) <= 1 + 1 + 3 * 3 else math.inf)

    calls = []
    model = nn.Linear(1, 1, dtype=np.float64, rng=0)
    with pytest.raises(Diverged, match=r"in epoch 4, batch 1: .* the weights of epoch 2, the best so far"):
        line_fit(model, loss=suddenly)
    assert numbers(model) == numbers(line_fit(epochs=2)[0])


@pytest.mark.parametrize("validation", [None, (POINTS, LINE)])
def test_ctrl_c_ends_the_run_with_history_and_best_weights(validation):
    class Interrupted(nn.SGD):
        def update(self):
            if self.steps == 2 * 3 + 1:
                raise KeyboardInterrupt
            super().update()

    model = nn.Linear(1, 1, dtype=np.float64, rng=0)
    _, history = line_fit(model, optimizer=Interrupted(model, lr=0.1), validation=validation)
    assert (history.stopped, history.best_epoch, len(history.loss)) == ("interrupted", 2, 2)
    assert numbers(model) == numbers(line_fit(epochs=2)[0])
    assert gc.isenabled()


# ── schedules, clipping, metrics, callbacks ──────────────────────────────────────────────────────────────────────────


def both_kinds():
    return [nn.Neuron(1, activation="identity", rng=0), nn.Linear(1, 1, dtype=np.float64, rng=0)]


@pytest.mark.parametrize("model", both_kinds(), ids=["scalars", "arrays"])
def test_a_schedule_sets_the_rate_of_every_epoch(model):
    optimizer = nn.SGD(model, lr=0.1)
    schedule = nn.schedules.StepLR(optimizer, step_size=2)
    _, history = line_fit(model, y=LINE[:, 0], optimizer=optimizer, schedule=schedule)
    assert history.learning_rate == pytest.approx([0.1, 0.1, 0.01, 0.01, 0.001])
    assert history.to_dict()["learning_rate"] == history.learning_rate


class Noting(nn.schedules.Schedule):
    """A schedule that changes nothing and notes its scores."""

    def __init__(self, optimizer):
        super().__init__(optimizer)
        self.scores = []

    def step(self, score=None):
        self.scores.append(score)


@pytest.mark.parametrize("model", both_kinds(), ids=["scalars", "arrays"])
def test_a_schedule_hears_the_validation_loss_where_there_is_one(model):
    optimizer = nn.SGD(model, lr=0.1)
    schedule = Noting(optimizer)
    _, history = line_fit(model, y=LINE[:, 0], optimizer=optimizer, schedule=schedule, validation=0.3)
    assert schedule.scores == history.validation_loss
    schedule = Noting(optimizer)
    _, history = line_fit(model, y=LINE[:, 0], optimizer=optimizer, schedule=schedule)
    assert schedule.scores == history.loss


@pytest.mark.parametrize("model", both_kinds(), ids=["scalars", "arrays"])
@pytest.mark.parametrize(
    ("options", "clipped"),
    [
        ({"clip_norm": 0.5}, lambda g: g * (0.5 / math.hypot(*g))),
        ({"clip_norm": 1e6}, lambda g: g),
        ({"clip_value": 0.3}, lambda g: np.clip(g, -0.3, 0.3)),
        ({"clip_value": 0.3, "clip_norm": 0.1}, lambda g: np.clip(g, -0.3, 0.3) * (0.1 / math.hypot(0.3, 0.3))),
    ],
)
def test_gradients_are_clipped_before_the_step(model, options, clipped):
    model.load_state_dict({name: np.zeros(np.shape(data)) for name, data in model.state_dict().items()})
    line_fit(model, y=LINE[:, 0], epochs=1, batch_size=9, optimizer=nn.SGD(model, lr=1.0), **options)
    gradient = -2.0 / 9.0 * np.array([(POINTS[:, 0] * LINE[:, 0]).sum(), LINE.sum()])
    moved = np.concatenate([np.ravel(data) for data in model.state_dict().values()])
    np.testing.assert_allclose(moved, -clipped(gradient), rtol=1e-12)


@pytest.mark.parametrize("kind", ["scalars", "arrays"])
def test_metrics_hear_predicted_classes_and_labels(kind):
    heard = []

    def share_of_ones(predicted, labels):
        heard.append((len(predicted), len(labels), set(map(int, predicted)) | set(map(int, labels))))
        return float(np.mean(predicted))

    model = network() if kind == "arrays" else nn.MLP([2, 3, 2], rng=0)
    _, history = moons_fit(
        model, n=21, validation=0.3, batch_size=4, metrics={"accuracy": nn.accuracy, "ones": share_of_ones}
    )
    assert history.metrics["accuracy"] == pytest.approx([1.0 - rate for rate in history.error_rate])
    assert history.validation_metrics["accuracy"] == pytest.approx(
        [1.0 - rate for rate in history.validation_error_rate]
    )
    assert len(history.metrics["ones"]) == 4
    assert {(counts[0], counts[1]) for counts in heard} == {(15, 15), (6, 6)}
    assert set().union(*(classes for _, _, classes in heard)) == {0, 1}
    assert "validation ones" in str(history)


@pytest.mark.parametrize("model", both_kinds(), ids=["scalars", "arrays"])
def test_where_targets_are_no_classes_metrics_hear_outputs_and_targets(model):
    def squared_error(outputs, targets):
        return np.mean((np.ravel(outputs) - np.ravel(targets)) ** 2)

    _, history = line_fit(model, y=LINE[:, 0], metrics={"error": squared_error}, validation=0.3)
    assert history.metrics["error"] == pytest.approx(history.loss)
    assert history.validation_metrics["error"] == pytest.approx(history.validation_loss)


@pytest.mark.parametrize("model", both_kinds(), ids=["scalars", "arrays"])
def test_every_callback_hears_of_every_epoch(model):
    optimizer, heard = nn.SGD(model, lr=0.1), []

    def first(report):
        assert (report.model, report.optimizer, report.epoch) == (model, optimizer, len(report.history.loss))
        assert model.training
        heard.append(f"first {report.epoch}")

    line_fit(model, optimizer=optimizer, epochs=2, callbacks=[first, lambda report: heard.append("second")])
    assert heard == ["first 1", "second", "first 2", "second"]


def raising(report):
    if report.epoch == 3:
        raise nn.StopTraining


def stopping(report):
    if report.epoch == 3:
        report.stop()


@pytest.mark.parametrize("model", both_kinds(), ids=["scalars", "arrays"])
@pytest.mark.parametrize("callback", [raising, stopping])
def test_a_callback_ends_the_run_as_if_the_epoch_had_been_the_last(model, callback):
    start, others = model.state_dict(), []
    _, history = line_fit(model, y=LINE[:, 0], epochs=50, callbacks=[callback, others.append])
    assert (history.stopped, len(history.loss), history.best_epoch, len(others)) == ("callback", 3, 3, 3)
    after = numbers(model)
    model.load_state_dict(start)
    assert numbers(line_fit(model, y=LINE[:, 0], epochs=3)[0]) == after


def test_the_progress_bar_shows_loss_and_learning_rate():
    code = """
import numpy as np, nn
model = nn.Linear(1, 1, rng=0)
optimizer = nn.SGD(model, lr=0.1)
nn.fit(model, np.ones((4, 1)), np.ones(4), loss=nn.MSELoss(), optimizer=optimizer, epochs=3, seed=0, progress=True)
"""
    at_once = {**os.environ, "TQDM_MININTERVAL": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=at_once, check=True, capture_output=True, text=True
    )
    assert re.search(r"training: .*3/3.*loss=\d.*, lr=0\.1", done.stderr)


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────

BAD = np.where(np.arange(9)[:, np.newaxis] == 4, math.nan, POINTS)


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"X": BAD}, DataError, "X holds nan in row 4, column 0: data must be finite"),
        ({"X": BAD.tolist()}, DataError, "X holds nan in row 4, column 0"),
        ({"y": np.where(np.isnan(BAD), -math.inf, LINE)}, DataError, "y holds -inf in row 4, column 0"),
        ({"X": POINTS * 1e300}, DataError, "X holds -1e.300 in row 0, column 0: too large for float32"),
        ({"X": np.zeros((0, 1)), "y": []}, DataError, "X is empty"),
        ({"X": [], "y": []}, DataError, "X is empty"),
        ({"X": np.zeros(9)}, DataError, r"write X.reshape\(-1, 1\)"),
        ({"X": [["5.1"]] * 9}, DataError, "X holds str '5.1' in row 0, column 0"),
        ({"X": np.zeros((9, 1), complex)}, DataError, "X holds complex"),
        ({"X": np.zeros((9, 2))}, ShapeError, r"expected inputs of shape \(…, 1\), got \(1, 2\)"),
        ({"y": LINE[:5]}, DataError, r"X has 9 rows and y the shape \(5, 1\)"),
        ({"y": 3.0}, DataError, "one label or target for each row"),
        ({"y": np.zeros((9, 3))}, DataError, r"y: MSELoss.*\(9, 3\)"),
        ({"validation": (BAD, LINE)}, DataError, "validation X holds nan in row 4"),
        ({"validation": (POINTS, LINE[:4])}, DataError, "validation X has 9 rows and y the shape"),
        ({"validation": (POINTS, np.zeros((9, 3)))}, DataError, "validation y: MSELoss"),
        ({"validation": 1.5}, ArgumentError, "a part between 0 and 1"),
        ({"validation": 0.99}, DataError, "leaves none"),
        ({"batch_size": 10}, DataError, "a batch of 10 does not fit the 9 samples"),
        ({"batch_size": 9, "validation": 0.2}, DataError, "a batch of 9 does not fit the 7 samples"),
        ({"batch_size": 0}, ArgumentError, "batch_size must be at least 1"),
        ({"epochs": 0}, ArgumentError, "epochs must be at least 1"),
        ({"patience": 2}, ArgumentError, "patience needs validation"),
        ({"seed": "lucky"}, ArgumentError, "randomness comes from"),
        ({"optimizer": nn.SGD(nn.Linear(1, 1), lr=0.1)}, ArgumentError, "none of the model's parameters"),
        ({"loss": nn.MSELoss}, OperandError, r"needs one of its kind: MSELoss\(\)"),
        (
            {"loss": lambda outputs, targets: 1.0},
            OperandError,
            "must be a Tensor, .*of one number: the mean .*; got 1.0",
        ),
        ({"loss": lambda outputs, targets: outputs.reshape(-1)[[0, 0]]}, OperandError, "of one number"),
        ({"loss": nn.MSELoss(reduction="sum")}, ArgumentError, "needs reduction='mean'"),
        ({"loss": lambda outputs, targets: ops.sign(outputs).sum()}, ArgumentError, "does not depend on any parameter"),
        ({"schedule": 0.5}, ArgumentError, "a schedule of this very optimizer, got 0.5"),
        ({"clip_norm": 0.0}, ArgumentError, "clip_grad_norm: most must be more than 0"),
        ({"clip_norm": "1"}, ArgumentError, "clip_grad_norm: most must be a number"),
        ({"clip_value": -1.0}, ArgumentError, "clip_grad_value: most must be at least 0"),
        ({"metrics": [nn.accuracy]}, OperandError, "metrics are functions by name"),
        ({"metrics": {"accuracy": 3}}, OperandError, "metrics are functions by name"),
        ({"callbacks": [3]}, OperandError, "callbacks are functions of a Report"),
        ({"callbacks": 3}, OperandError, "callbacks are functions of a Report"),
    ],
)
def test_everything_is_checked_before_anything_moves(options, kind, message):
    model = nn.Linear(1, 1, rng=0)
    before = numbers(model)
    with pytest.raises(kind, match=message):
        line_fit(model, **options)
    assert numbers(model) == before


@pytest.mark.parametrize("label", [3, -1, 2.5])
def test_labels_out_of_range_are_named_with_their_row(label):
    y = np.arange(70_000) % 3.0
    y[69_000] = label
    model = nn.Linear(1, 3, rng=0)
    with pytest.raises(DataError, match=rf"y: label {label}.* in row 69000.* is not a class: 3 outputs allow 0 to 2"):
        line_fit(model, np.zeros((70_000, 1)), y, loss=nn.CrossEntropyLoss())


def test_an_optimizer_that_the_loss_does_not_reach_is_named():
    class TwoPaths(nn.Module):
        def __init__(self):
            self.used, self.unused = nn.Linear(1, 1, rng=0), nn.Linear(1, 1, rng=1)

        def forward(self, x):
            return self.used(x)

    model = TwoPaths()
    with pytest.raises(AutogradError, match="all 2 gradients are missing"):
        line_fit(model, optimizer=nn.SGD(model.unused, lr=0.1))


def test_a_model_of_values_and_tensors_is_refused():
    model = nn.Linear(1, 1, rng=0)
    model.extra = nn.Neuron(1)
    with pytest.raises(OperandError, match="both Values and Tensors"):
        line_fit(model)


def test_a_metric_that_gives_no_number_is_named():
    with pytest.raises(OperandError, match="the metric 'shape' must give a number, and gave"):
        line_fit(metrics={"shape": lambda predicted, targets: predicted.shape})


def test_a_frozen_layer_stays_as_it_is():
    model = network()
    model[0].weight.requires_grad = False
    before = numbers(model)
    moons_fit(model)
    after = numbers(model)
    assert [name for name in before if before[name] == after[name]] == ["0.weight"]


# ── runs that must show what the library is for ──────────────────────────────────────────────────────────────────────


def digits_accuracy(seed):
    train, test = nn.data.digits().split_stratified(0.2, seed=0)
    rng = np.random.default_rng(seed)
    model = nn.Sequential(nn.Linear(64, 128, rng=rng), nn.ReLU(), nn.Linear(128, 10, rng=rng))
    optimizer = nn.AdamW(model, lr=0.007, weight_decay=0.1)
    schedule = nn.schedules.CosineAnnealingLR(optimizer, T_max=30)
    nn.fit(
        model, train.standardised().X, train.y, loss=nn.CrossEntropyLoss(), optimizer=optimizer, schedule=schedule,
        epochs=30, batch_size=16, seed=rng,
    )  # fmt: skip
    return nn.accuracy(nn.predict(model, test.standardised(like=train).X), test.y)


def iris_accuracy(seed):
    train, test = nn.data.iris().split(40)
    rng = np.random.default_rng(seed)
    model = nn.Sequential(nn.Linear(4, 6, rng=rng), nn.Tanh(), nn.Linear(6, 3, rng=rng))
    optimizer = nn.SGD(model, lr=0.1, momentum=0.9)
    nn.fit(
        model, train.standardised().X, train.y, loss=nn.CrossEntropyLoss(), optimizer=optimizer, epochs=40,
        batch_size=8, seed=rng,
    )  # fmt: skip
    return nn.accuracy(nn.predict(model, test.standardised(like=train).X), test.y)


def spirals_accuracy(seed):
    train, test = nn.data.spirals(n=1000, turns=1.5, noise=0.1, seed=0).split_stratified(0.2, seed=0)
    rng = np.random.default_rng(seed)
    model = nn.Sequential(
        nn.Linear(2, 64, rng=rng), nn.Tanh(), nn.Linear(64, 64, rng=rng), nn.Tanh(), nn.Linear(64, 2, rng=rng)
    )
    optimizer = nn.Adam(model, lr=0.01)
    schedule = nn.schedules.CosineAnnealingLR(optimizer, T_max=60)
    nn.fit(
        model, train.X, train.y, loss=nn.CrossEntropyLoss(), optimizer=optimizer, schedule=schedule, epochs=60,
        batch_size=32, seed=rng,
    )  # fmt: skip
    return nn.accuracy(nn.predict(model, test.X), test.y)


SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in range(1, 5))]


@pytest.mark.parametrize("seed", SEEDS)
def test_digits_are_read(seed):
    assert digits_accuracy(seed) >= 0.97


@pytest.mark.parametrize("seed", SEEDS)
def test_iris_flowers_are_told_apart(seed):
    assert iris_accuracy(seed) >= 29 / 30


@pytest.mark.parametrize("seed", SEEDS)
def test_spirals_are_untangled(seed):
    assert spirals_accuracy(seed) > 0.98
