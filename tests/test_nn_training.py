"""fit: it learns, it stops, it checks first, and it repeats itself exactly."""

import builtins
import contextlib
import gc
import json
import math
import os
import pty
import random
import signal
import subprocess
import sys
import termios
import tracemalloc
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

import nn
from autograd.errors import ArgumentError, AutogradError, DataError, Diverged, MissingExtra, OperandError, ShapeError
from nn.history import Score

ROOT = Path(__file__).parents[1]
LINE = [[x / 4.0] for x in range(-4, 5)]


def line_fit(model=None, y=None, X=None, **options):
    """A linear neuron on y = 2x + 1, with anything about it changed."""
    model = model or nn.Neuron(1, activation="identity", rng=0)
    X = LINE if X is None else X
    y = [2.0 * x + 1.0 for (x,) in LINE] if y is None else y
    settings = {"loss": nn.MSELoss(), "optimizer": nn.SGD(model, lr=0.1), "epochs": 5, "batch_size": 3, "seed": 0}
    return model, nn.fit(model, X, y, **{**settings, **options})


def iris_fit(seed, epochs, **options):
    train, test = nn.data.iris().split(40)
    scaled, model = train.standardised(), nn.MLP([4, 6, 3], rng=seed)
    optimizer = nn.SGD(model, lr=0.1, momentum=0.9)
    settings = {"loss": nn.CrossEntropyLoss(), "optimizer": optimizer, "epochs": epochs, "batch_size": 8, "seed": seed}
    history = nn.fit(model, scaled.X, scaled.y, **{**settings, **options})
    return history, nn.accuracy(nn.predict(model, test.standardised(like=train).X), test.y)


def test_fit_finds_the_line():
    model, history = line_fit(epochs=60)
    assert [p.data for p in model.parameters()] == pytest.approx([2.0, 1.0], abs=1e-3)
    assert history.loss[-1] < 1e-5 < history.loss[0]


def test_one_full_batch_step_is_the_textbooks_gradient():
    model = nn.Neuron(1, activation="identity")
    model.set_weights([0.0], bias=0.0)
    line_fit(model, epochs=1, batch_size=9, optimizer=nn.SGD(model, lr=1.0))
    y = [2.0 * x + 1.0 for (x,) in LINE]
    w = 2.0 / 9.0 * sum(yi * x for (x,), yi in zip(LINE, y, strict=True))
    assert [p.data for p in model.parameters()] == pytest.approx([w, 2.0 / 9.0 * sum(y)])


@pytest.mark.parametrize("seed", [0, 1])
def test_iris_is_learned_from_random_weights(seed):
    history, accuracy = iris_fit(seed, epochs=25)
    assert accuracy >= 29 / 30
    assert history.error_rate[-1] < 0.1


def test_zero_weights_leave_the_hidden_neurons_identical():
    model = nn.MLP([1, 3, 1], rng=0)
    model.load_state_dict(dict.fromkeys(model.state_dict(), 0.0))
    line_fit(model, epochs=5)
    neurons = [[p.data for p in neuron.parameters()] for neuron in model.layers[0].neurons]
    assert neurons[0] == neurons[1] == neurons[2]
    assert neurons[0] != [0.0, 0.0]


@pytest.mark.parametrize("seed", [3, lambda: random.Random(3), lambda: np.random.default_rng(3)])
def test_the_same_seed_gives_the_same_run_and_global_random_state_is_untouched(seed):
    python_state, numpy_state = random.getstate(), np.random.get_state()[1].tolist()
    runs = [line_fit(seed=seed() if callable(seed) else seed, validation=0.3) for _ in range(2)]
    assert runs[0][0].state_dict() == runs[1][0].state_dict()
    assert runs[0][1].to_dict() == runs[1][1].to_dict()
    assert line_fit(seed=4)[0].state_dict() != line_fit(seed=5)[0].state_dict()
    assert random.getstate() == python_state
    assert np.random.get_state()[1].tolist() == numpy_state


def test_every_epoch_sees_every_sample_once_in_a_new_order():
    seen = []

    class Listing(nn.Neuron):
        def forward(self, inputs):
            if self.training:
                seen.append(inputs[0])
            return super().forward(inputs)

    line_fit(Listing(1, activation="identity", rng=0), epochs=2, batch_size=4)
    first, second = seen[:9], seen[9:]
    assert sorted(first) == sorted(second) == [x for (x,) in LINE]
    assert first != second


def test_fit_takes_any_function_as_loss_and_the_last_batch_may_be_smaller():
    model, history = line_fit(loss=lambda output, target: (output - target) ** 2, batch_size=4)
    assert model.state_dict() == line_fit(batch_size=4)[0].state_dict()
    assert history.error_rate == []


def test_a_smaller_last_batch_steps_along_its_own_mean():
    model = nn.Neuron(1, activation="identity")
    model.set_weights([0.0], bias=0.0)
    model.bias.requires_grad = False
    # (w − 1)² three times, in batches of 2 and 1: from 0 by 0.1 · 2 · (1 − 0) to 0.2, then by 0.1 · 2 · 0.8 to 0.36.
    optimizer = nn.SGD(model, lr=0.1)
    nn.fit(model, [[1.0]] * 3, [1.0] * 3, loss=nn.MSELoss(), optimizer=optimizer, epochs=1, batch_size=2, seed=0)
    assert model.weights[0].data == pytest.approx(0.36, rel=1e-14)


class Watching(nn.Neuron):
    """A neuron that notes its input, whether it trains, and whether its graph is recorded."""

    def __init__(self):
        super().__init__(1, activation="identity", rng=0)
        self.seen = set()

    def forward(self, inputs):
        output = super().forward(inputs)
        self.seen.add((inputs[0], self.training, output.requires_grad))
        return output


def test_samples_are_learned_in_training_mode_and_validated_in_evaluation_mode_unrecorded():
    model = Watching().eval()
    line_fit(model, X=[[1.0], [2.0]], y=[1.0, 2.0], batch_size=2, validation=([[8.0], [9.0]], [1.0, 2.0]))
    learned = {x for x, training, recorded in model.seen if training and recorded}
    validated = {x for x, training, recorded in model.seen if not training and not recorded}
    assert learned == {1.0, 2.0}
    assert {8.0, 9.0} <= validated
    assert not any(training for x, training, _ in model.seen if x > 2.0)
    assert not any(training and not recorded for _, training, recorded in model.seen)


def test_a_part_held_out_is_drawn_at_random_and_never_learned():
    def held_out(seed, part=0.3):
        model = Watching()
        numbers = [float(i) for i in range(10)]
        line_fit(model, X=[[x] for x in numbers], y=numbers, validation=part, seed=seed, optimizer=nn.SGD(model, lr=0))
        return set(numbers) - {x for x, training, _ in model.seen if training}

    drawn = [held_out(seed) for seed in range(4)]
    assert [len(some) for some in drawn] == [3, 3, 3, 3]
    assert len({frozenset(some) for some in drawn}) > 1
    assert not any(some in ({0.0, 1.0, 2.0}, {7.0, 8.0, 9.0}) for some in drawn)
    assert held_out(0, np.float32(0.3)) == drawn[0]


def test_error_rates_are_exact():
    model = nn.Neuron(1, activation="identity")
    model.set_weights([1.0], bias=0.0)
    _, history = line_fit(
        model, X=[[1.0], [2.0], [0.0], [-3.0], [-1.0]], y=[1, 1, -1, -1, 1], loss=nn.HingeLoss(), epochs=1,
        optimizer=nn.SGD(model, lr=0.0), validation=([[1.0], [0.0], [-1.0], [2.0]], [1, 1, -1, -1]),
    )  # fmt: skip
    # 0 is named 1, which its label −1 is not; and −1 is named −1, which its label 1 is not.
    assert history.error_rate == [2 / 5]
    assert history.validation_error_rate == [1 / 4]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (Score(9.0, 0.1), Score(1.0, 0.2)),
        (Score(1.0, 0.1), Score(2.0, 0.1)),
        (Score(1.0, None), Score(2.0, None)),
        (Score(1.0, None), Score(math.inf, None)),
        (Score(9.0, 0.5), Score(math.nan, 0.0)),
        (Score(math.inf, None), Score(math.nan, None)),
    ],
)
def test_the_error_rate_decides_which_score_is_better_and_then_the_loss(better, worse):
    assert better.is_better_than(worse)
    assert not worse.is_better_than(better)
    assert not better.is_better_than(better)


def test_early_stopping_gives_the_best_weights_back():
    X, y = [[1.0], [2.0]], [1.0, 2.0]
    model = nn.Neuron(1, activation="identity")
    model.set_weights([0.0], bias=0.0)
    # Training moves the weight from 0 to 1, and validation is best on the way, at 0.5.
    model.bias.requires_grad = False
    optimizer = nn.SGD(model, lr=0.02)
    history = nn.fit(
        model, X, y, loss=nn.MSELoss(), optimizer=optimizer, epochs=200, seed=0, patience=3, validation=([[1.0]], [0.5])
    )
    assert history.stopped == "early"
    assert len(history.loss) == history.best_epoch + 3
    assert history.validation_loss[history.best_epoch - 1] == min(history.validation_loss)
    assert nn.MSELoss()(model([1.0]), 0.5).data == min(history.validation_loss)


def test_validation_of_classes_stops_by_the_error_rate_and_then_the_loss():
    history, accuracy = iris_fit(0, epochs=30, validation=0.2, patience=4)
    assert len(history.validation_loss) == len(history.validation_error_rate) == len(history.loss)
    scores = list(zip(history.validation_error_rate, history.validation_loss, strict=True))
    assert scores[history.best_epoch - 1] == min(scores)
    assert accuracy >= 0.9


def test_validation_without_patience_only_measures():
    plain, measured = line_fit(), line_fit(validation=(LINE, [0.0] * 9))
    assert plain[0].state_dict() == measured[0].state_dict()
    assert len(measured[1].validation_loss) == 5


def mean_loss(model, X, y, loss):
    return sum(loss(model(row), target).data for row, target in zip(X, y, strict=True)) / len(y)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("batch_size", [1, 4])
@pytest.mark.parametrize("lr", [10.0, 1e3])
def test_weights_kept_after_a_divergence_are_no_worse_than_those_before(activation, batch_size, lr):
    model, table, loss = nn.MLP([2, 3, 1], activation=activation, output="identity", rng=0), nn.data.xor(), nn.MSELoss()
    before = mean_loss(model, table.X, table.y, loss)
    with pytest.raises(Diverged, match=r"diverged (in|after) epoch \d+.*layers\.\d\.neurons\.\d\..*holds .*smaller"):
        nn.fit(
            model, table.X, table.y, loss=loss, optimizer=nn.SGD(model, lr=lr), epochs=60, batch_size=batch_size, seed=0
        )
    assert mean_loss(model, table.X, table.y, loss) <= before


def test_the_best_epoch_is_kept_where_a_later_one_diverges():
    def suddenly(output, target):
        calls.append(1)
        return (output - target) ** 2 * (1.0 if len(calls) <= 1 + 9 + 3 * 9 else math.inf)

    calls = []
    model = nn.Neuron(1, activation="identity", rng=0)
    with pytest.raises(Diverged, match=r"in epoch 4, batch 1: .* the weights of epoch 2, the best so far"):
        line_fit(model, loss=suddenly)
    assert model.state_dict() == line_fit(epochs=2)[0].state_dict()


def test_a_mean_loss_a_million_times_the_first_counts_as_diverged():
    def growing(factor):
        # 9 calls measure the start, and 9 make the only epoch.
        calls = []

        def loss(output, target):
            calls.append(1)
            return output * 0.0 + (0.5 if len(calls) <= 1 + 9 else factor)

        return loss

    with pytest.raises(Diverged, match=r"diverged in epoch 1: .* the mean loss is 1.1e\+06, and 1e\+06 counts as"):
        line_fit(loss=growing(1.1e6), epochs=1)
    line_fit(loss=growing(0.9e6), epochs=1)


def test_a_last_step_into_nowhere_counts_as_diverged_too():
    model = nn.Neuron(1, activation="identity", rng=0)
    with pytest.raises(Diverged, match=r"diverged after epoch 1: .* holds the weights it came with"):
        line_fit(model, optimizer=nn.SGD(model, lr=1e9), epochs=1, batch_size=9)
    assert model.state_dict() == nn.Neuron(1, activation="identity", rng=0).state_dict()


def test_weights_better_than_those_of_any_epoch_are_kept():
    model = nn.Neuron(1, activation="identity")
    model.set_weights([2.0], bias=1.0)
    _, history = line_fit(
        model,
        y=[2.0 * x + 1.0 for (x,) in LINE[:-1]] + [9.0],
        validation=(LINE, [2.0 * x + 1.0 for (x,) in LINE]),
        patience=2,
    )
    assert (history.stopped, history.best_epoch, len(history.loss)) == ("early", 0, 2)
    assert [p.data for p in model.parameters()] == [2.0, 1.0]


def test_without_validation_the_best_epoch_is_the_one_whose_weights_the_next_epoch_found_best():
    assert line_fit(epochs=5)[1].best_epoch == 5

    class Worsening(nn.SGD):
        def update(self):
            self.lr = -abs(self.lr) if self.moves == 2 else self.lr
            self.moves += 1
            super().update()

    model = nn.Neuron(1, activation="identity", rng=0)
    optimizer = Worsening(model, lr=0.1)
    optimizer.moves = 0
    _, history = line_fit(model, optimizer=optimizer, batch_size=9)
    assert history.best_epoch == 2
    assert history.loss[2] == min(history.loss)


def test_the_first_parameter_that_is_not_finite_is_named():
    model = nn.Neuron(1, activation="identity", rng=0)
    with pytest.raises(Diverged, match=r"epoch 1, batch 1: (weights\.0|bias) is -?(inf|nan), the batch's mean loss"):
        line_fit(model, optimizer=nn.SGD(model, lr=1e308), batch_size=1)


def test_divergence_in_the_first_epoch_leaves_the_weights_as_they_came():
    model = nn.Neuron(1, activation="identity", rng=0)
    before = model.state_dict()
    with pytest.raises(Diverged, match=r"epoch 1, batch \d: .*the weights it came with"):
        line_fit(model, optimizer=nn.SGD(model, lr=1e200))
    assert model.state_dict() == before


def test_a_loss_that_is_not_finite_is_named_too():
    def infinite(output, target):
        return output * 0.0 + math.inf

    with pytest.raises(Diverged, match=r"largest being weights\.0 with .*, the batch's mean loss is inf"):
        line_fit(loss=infinite)


def test_ctrl_c_ends_the_run_with_history_and_best_weights():
    calls = []

    def interrupted(output, target):
        calls.append(1)
        if len(calls) == 1 + 9 + 2 * 9 + 4:  # rehearsal, start, two whole epochs, then in the midst of the third
            raise KeyboardInterrupt
        return (output - target) ** 2

    model = nn.Neuron(1, activation="identity", rng=0)
    _, history = line_fit(model, loss=interrupted, epochs=50)
    assert history.stopped == "interrupted"
    assert len(history.loss) == 2
    assert history.best_epoch == 2
    assert model.state_dict() == line_fit(epochs=2)[0].state_dict()
    assert gc.isenabled()


@pytest.mark.parametrize("validation", [None, (LINE, [2.0 * x + 1.0 for (x,) in LINE])])
def test_ctrl_c_gives_back_weights_that_were_better_than_the_last(validation):
    class Interrupted(nn.SGD):
        moves = 0

        def update(self):
            self.moves += 1
            if self.moves == 4:
                raise KeyboardInterrupt
            super().update()

    model = nn.Neuron(1, activation="identity", rng=0)
    before = model.state_dict()
    # Full batches at a rate that moves twice as far beyond the line with every step.
    _, history = line_fit(model, optimizer=Interrupted(model, lr=1.5), batch_size=9, validation=validation)
    assert history.loss == sorted(history.loss)
    assert (history.stopped, history.best_epoch, len(history.loss)) == ("interrupted", 0, 3)
    assert model.state_dict() == before


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"X": [[0.0], [math.nan], [1.0]], "y": [1, 2, 3]}, DataError, "X holds nan in row 1, column 0"),
        ({"X": np.array([[0.0, 1.0], [0.0, math.inf]]), "y": [1, 2]}, DataError, "X holds inf in row 1, column 1"),
        ({"X": [[0.0], [1.0, 2.0]], "y": [1, 2]}, DataError, "2 numbers in row 1 and 1 in row 0"),
        ({"X": [["5.1"]], "y": [1]}, DataError, "X holds str '5.1' in row 0, column 0"),
        ({"X": np.array([[1j]]), "y": [1]}, DataError, "X holds complex"),
        ({"X": [0.0, 1.0], "y": [1, 2]}, DataError, r"write \[\[x\] for x in X\]"),
        ({"X": [], "y": []}, DataError, "X is empty"),
        ({"X": np.zeros((0, 1)), "y": []}, DataError, "X is empty"),
        ({"y": [1.0, 2.0]}, DataError, "X has 9 rows and y has 2 entries"),
        ({"y": [1.0] * 8 + [math.nan]}, DataError, "y holds nan in row 8"),
        ({"y": [[1.0]] * 8 + [[math.inf]]}, DataError, "y holds inf in row 8, column 0"),
        ({"y": [1.0] * 8 + [None]}, DataError, "y holds NoneType 'None' in row 8"),
        ({"y": 3.0}, DataError, "one label or target for each row"),
        ({"y": [[1.0, 2.0]] * 9}, DataError, "y, row 0: MSELoss .* 1 outputs and 2 targets"),
        ({"X": [[1.0, 2.0]] * 9}, ShapeError, "expected 1, got 2"),
        ({"batch_size": 10}, DataError, "a batch of 10 does not fit the 9 samples"),
        ({"batch_size": 9, "validation": 0.2}, DataError, "a batch of 9 does not fit the 7 samples"),
        ({"batch_size": 0}, ArgumentError, "batch_size must be at least 1"),
        ({"epochs": 0}, ArgumentError, "epochs must be at least 1"),
        ({"validation": 1.5}, ArgumentError, "a part between 0 and 1, got 1.5"),
        ({"validation": 0.99}, DataError, "leaves none"),
        ({"validation": (LINE, [0.0])}, DataError, "validation X has 9 rows and y has 1"),
        ({"validation": ([[math.nan]], [0.0])}, DataError, "validation X holds nan in row 0"),
        ({"patience": 2}, ArgumentError, "patience needs validation"),
        ({"optimizer": nn.SGD(nn.Neuron(1), lr=0.1)}, ArgumentError, "none of the model's parameters"),
        ({"optimizer": 0.1}, OperandError, "nn.SGD"),
        (
            {"optimizer": nn.SGD},
            OperandError,
            r"optimizer=SGD is a class, and fit needs one of its kind: SGD\(model, …\)",
        ),
        ({"validation": ([[1.0, 2.0]], [0.0])}, ShapeError, "on the validation data: .* expected 1, got 2"),
        ({"loss": nn.MSELoss}, OperandError, r"loss=MSELoss is a class, and fit needs one of its kind: MSELoss\(\)"),
        ({"loss": lambda output, target: 1.0}, OperandError, "must be a Value, so that its gradient is known; got 1.0"),
        ({"model": nn.Perceptron(1)}, ArgumentError, "a step.* A Perceptron learns by its own rule"),
        ({"epochs": True}, ArgumentError, "epochs must be a positive whole number, got True"),
        ({"batch_size": True}, ArgumentError, "batch_size must be a positive whole number, got True"),
        ({"validation": True}, ArgumentError, "a part between 0 and 1, got True"),
        ({"seed": "lucky"}, ArgumentError, "randomness comes from"),
    ],
)
def test_everything_is_checked_before_anything_moves(options, kind, message):
    model = options.setdefault("model", nn.Neuron(1, activation="identity", rng=0))
    options.setdefault("optimizer", nn.SGD(model, lr=0.1))
    before = model.state_dict()
    with pytest.raises(kind, match=message):
        line_fit(**options)
    assert model.state_dict() == before


def test_labels_out_of_range_are_named_with_their_row():
    model = nn.MLP([1, 3], rng=0)
    with pytest.raises(DataError, match="y, row 2: label 3 is not a class: 3 outputs allow 0 to 2"):
        line_fit(model, y=[0, 1, 3, 0, 1, 2, 0, 1, 2], loss=nn.CrossEntropyLoss())


def test_a_loss_that_no_parameter_moves_is_named():
    model = nn.Perceptron(1)
    with pytest.raises(ArgumentError, match=r"Perceptron learns by its own rule: perceptron.learn"):
        line_fit(model)


def test_gradients_that_are_truly_zero_do_not_stop_training():
    model = nn.Neuron(1, activation="identity")
    model.set_weights([10.0], bias=0.0)
    before = model.state_dict()
    line_fit(model, X=[[1.0], [-1.0]], y=[1, -1], loss=nn.HingeLoss(), batch_size=1)
    assert model.state_dict() == before


def test_memory_is_flat_over_fifty_steps_with_the_collector_off():
    model = nn.MLP([2, 8, 8, 1], activation="tanh", rng=0)
    X, y = [[i / 10.0, 1.0 - i / 10.0] for i in range(10)], [i % 2 for i in range(10)]
    options = {"loss": nn.MSELoss(), "optimizer": nn.SGD(model, lr=0.1), "batch_size": 5, "seed": 0}
    gc.collect()
    gc.disable()
    try:
        nn.fit(model, X, y, epochs=5, **options)
        objects = len(gc.get_objects())  # a list that may be larger than what is measured
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        nn.fit(model, X, y, epochs=25, **options)
        after, peak = tracemalloc.get_traced_memory()
        assert len(gc.get_objects()) - objects < 10
    finally:
        tracemalloc.stop()
        gc.enable()
    # Tuples and floats that Python keeps for reuse are counted here; the 250 graphs made would be 7,000,000 bytes.
    assert after - before < 100_000
    assert peak < 3_000_000


def test_the_progress_bar_shows_only_where_it_is_asked_for_or_seen(capsys):
    line_fit()
    assert capsys.readouterr().err == ""
    line_fit(progress=True)
    assert "training" in capsys.readouterr().err


LEARN = """
import signal, sys, nn
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs start without it

def learn(epochs, loss=nn.MSELoss()):
    model = nn.Neuron(1, activation="identity", rng=0)
    optimizer = nn.SGD(model, lr=0.001)
    X, y = [[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0]
    return model, nn.fit(model, X, y, loss=loss, optimizer=optimizer, epochs=epochs, seed=0)
"""


def test_on_a_terminal_the_progress_bar_shows_and_is_gone_at_the_end():
    terminal, end = pty.openpty()
    termios.tcsetwinsize(end, (24, 80))
    with subprocess.Popen([sys.executable, "-c", f"{LEARN}\nlearn(20)"], stderr=end, cwd=ROOT) as child:
        os.close(end)
        written = b""
        with contextlib.suppress(OSError):  # Linux reports the closed terminal so
            while part := os.read(terminal, 4096):
                written += part
    os.close(terminal)
    assert child.returncode == 0
    assert b"training:" in written
    *_, last, rest = written.decode().split("\r")
    assert (last.strip(), rest) == ("", "")


def test_where_there_is_no_terminal_the_progress_bar_is_hidden():
    done = subprocess.run([sys.executable, "-c", f"{LEARN}\nlearn(20)"], capture_output=True, cwd=ROOT, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_an_interrupt_signal_ends_the_run_with_history_and_best_weights():
    code = """
calls = []
def announcing(output, target):
    calls.append(1)
    if len(calls) == 100:
        print("begun", flush=True)
    return (output - target) ** 2

model, history = learn(10**9, announcing)
print(history.stopped, len(history.loss) >= 30, history.best_epoch >= 30)
print(model.state_dict() == learn(history.best_epoch)[0].state_dict())
"""
    with subprocess.Popen([sys.executable, "-c", LEARN + code], stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        assert child.stdout.readline() == "begun\n"
        child.send_signal(signal.SIGINT)
        said, _ = child.communicate(timeout=60)
    assert said == "interrupted True True\nTrue\n"


def test_a_model_returns_to_the_mode_it_was_in():
    model = nn.Neuron(1, activation="identity").eval()
    line_fit(model, validation=0.2)
    assert not model.training


def test_a_history_prints_a_short_table_with_the_best_epoch():
    history, _ = iris_fit(0, epochs=3, validation=0.2)
    lines = str(history).splitlines()
    assert lines[0].split("   ")[0] == "epoch"
    assert [line.split()[0] for line in lines[1:-1]] == ["1", "2", "3"]
    assert sum(line.endswith("best") for line in lines) == 1
    assert lines[-1] == "finished after 3 epochs"
    assert len(str(line_fit(epochs=80)[1]).splitlines()) <= 14
    assert repr(history).startswith("History(3 epochs, finished, last loss")
    assert str(nn.History()) == "epoch\nfinished after 0 epochs"


def test_a_history_becomes_a_dict_that_json_takes():
    _, history = line_fit(validation=0.3)
    converted = json.loads(json.dumps(history.to_dict()))
    assert converted["loss"] == history.loss
    assert converted["validation_loss"] == history.validation_loss
    assert converted["stopped"] == "finished"
    assert converted["best_epoch"] == history.best_epoch


def test_a_history_plots_one_line_for_each_list():
    mpl.use("agg")
    axes = line_fit(validation=0.3)[1].plot()
    assert [line.get_label() for line in axes.get_lines()] == ["loss", "validation loss", "best: epoch 5"]
    mpl.pyplot.close(axes.figure)


def test_a_plot_pairs_training_with_validation_by_colour_and_shows_a_single_epoch():
    mpl.use("agg")
    axes = line_fit(validation=0.3, epochs=1)[1].plot()
    training, validation = axes.get_lines()[:2]
    assert training.get_color() == validation.get_color()
    assert [training.get_linestyle(), validation.get_linestyle()] == ["-", "--"]
    assert training.get_marker() == "."
    mpl.pyplot.close(axes.figure)


def test_without_matplotlib_the_plot_names_the_pip_command(monkeypatch):
    real = builtins.__import__

    def without_matplotlib(name, *rest):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_matplotlib)
    with pytest.raises(MissingExtra, match=r'pip install "glassgrad\[plot\]"'):
        nn.History().plot()
    assert issubclass(MissingExtra, AutogradError)


def test_a_history_without_epochs_has_nothing_to_plot():
    with pytest.raises(ArgumentError, match="no epoch was completed"):
        nn.History().plot()
