"""Exact resume: a run that was stopped, or killed, and goes on ends with the same bits as one that was not."""

import contextlib
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import nn
from autograd.errors import ArgumentError, CheckpointError, OperandError
from nn.checkpoints import load_state, save_state
from nn.schedules import CosineAnnealingLR, ReduceLROnPlateau, StepLR

FOLDER = Path(__file__).with_name("crash_training")
sys.path.insert(0, str(FOLDER))
import training  # noqa: E402  (the script that the killed processes run)

KINDS = ["arrays", "scalars"]


def outcome(model, history):
    """Weights and history as bytes and plain data, to be compared exactly."""
    return {name: np.asarray(data).tobytes() for name, data in model.state_dict().items()}, history.to_dict()


def saved_epochs(path):
    return len(load_state(path)["history"]["loss"])


def stopped_after(epochs):
    def callback(report):
        if report.epoch == epochs:
            raise Stopped

    return callback


class Stopped(Exception):
    """Ends a run from outside, as a crash would, with whatever the checkpoint then holds."""


# ── going on ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"validation": None},
        {"seed": 4, "patience": 2},
        {"every": 4},
        {"schedule": None, "clip_norm": None, "clip_value": 0.01},
        {"metrics": {"largest": lambda predicted, targets: np.max(targets)}},
    ],
)
def test_a_run_stopped_at_any_epoch_ends_with_the_same_bits(kind, options, tmp_path):
    whole = outcome(*training.trained(kind, tmp_path / "whole", **options))
    for epochs in (1, 6):
        path = tmp_path / f"stopped_{epochs}"
        with contextlib.suppress(Stopped):
            training.trained(kind, path, callbacks=[stopped_after(epochs)], **options)
        assert outcome(*training.trained(kind, path, **options)) == whole


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "optimizer",
    [
        lambda model: nn.SGD(model, lr=0.01),
        lambda model: nn.SGD(model, lr=0.01, momentum=0.9, nesterov=True, weight_decay=0.01),
        lambda model: nn.RMSprop(model),
        lambda model: nn.Adagrad(model),
        lambda model: nn.AdamW(model, betas=(0.8, 0.9)),
    ],
)
def test_every_optimizer_goes_on_exactly(kind, optimizer, tmp_path):
    def trained(path, **options):
        model = training.model_of(kind)
        return training.trained(kind, path, model=model, optimizer=optimizer(model), schedule=None, **options)

    whole = outcome(*trained(tmp_path / "whole"))
    with pytest.raises(Stopped):
        trained(tmp_path / "stopped", callbacks=[stopped_after(5)])
    assert outcome(*trained(tmp_path / "stopped")) == whole


@pytest.mark.parametrize(
    "schedule",
    [
        lambda optimizer: StepLR(optimizer, step_size=3),
        lambda optimizer: ReduceLROnPlateau(optimizer, patience=0),
        lambda optimizer: nn.schedules.LinearWarmUp(optimizer, 4, then=CosineAnnealingLR(optimizer, T_max=8)),
    ],
)
def test_every_schedule_goes_on_exactly(schedule, tmp_path):
    def trained(path, **options):
        model = training.model_of("arrays")
        optimizer = nn.Adam(model, lr=0.01)
        return training.trained(
            "arrays", path, model=model, optimizer=optimizer, schedule=schedule(optimizer), **options
        )

    whole = outcome(*trained(tmp_path / "whole"))
    with pytest.raises(Stopped):
        trained(tmp_path / "stopped", callbacks=[stopped_after(5)])
    assert outcome(*trained(tmp_path / "stopped")) == whole


def test_a_generator_shared_by_shuffling_and_dropout_goes_on_exactly(tmp_path):
    def trained(path, **options):
        rng = np.random.default_rng(0)
        model = nn.Sequential(nn.Linear(4, 8, rng=rng), nn.Dropout(0.3, rng=rng), nn.Linear(8, 3, rng=rng))
        options = {"optimizer": nn.Adam(model, lr=0.01), "schedule": None, "seed": rng, **options}
        return training.trained("arrays", path, model=model, **options)

    whole = outcome(*trained(tmp_path / "whole"))
    trained(tmp_path / "run", epochs=5)
    assert outcome(*trained(tmp_path / "run")) == whole


def test_a_finished_run_goes_on_for_more_epochs_as_if_they_had_been_asked_for_at_once(tmp_path):
    whole = outcome(*training.trained("arrays", tmp_path / "whole"))
    training.trained("arrays", tmp_path / "run", epochs=5)
    assert outcome(*training.trained("arrays", tmp_path / "run")) == whole
    assert outcome(*training.trained("arrays", tmp_path / "run")) == whole


def test_a_run_without_a_seed_goes_on_with_the_generator_it_had(tmp_path):
    path, copy = tmp_path / "run", tmp_path / "copy"
    training.trained("arrays", path, seed=None, epochs=5)
    copy.write_bytes(path.read_bytes())
    whole = outcome(*training.trained("arrays", path, seed=None))
    assert outcome(*training.trained("arrays", copy, seed=None)) == whole


@pytest.mark.parametrize("bits", [np.random.MT19937, np.random.Philox, np.random.SFC64, np.random.PCG64DXSM])
def test_every_generator_of_numpy_goes_on(bits, tmp_path):
    whole = outcome(*training.trained("arrays", tmp_path / "whole", seed=np.random.Generator(bits(7))))
    training.trained("arrays", tmp_path / "run", epochs=5, seed=np.random.Generator(bits(7)))
    assert outcome(*training.trained("arrays", tmp_path / "run", seed=np.random.Generator(bits(7)))) == whole


def test_without_resume_a_run_begins_afresh_over_the_old_file(tmp_path):
    path = tmp_path / "run"
    training.trained("arrays", path, epochs=3)
    _, history = training.trained("arrays", path, epochs=2, resume=False)
    assert len(history.loss) == 2
    assert saved_epochs(path) == 2


def test_a_checkpoint_is_written_after_every_so_many_epochs_and_the_last(tmp_path):
    written = []

    def look(report):
        written.append(saved_epochs(tmp_path / "run") if (tmp_path / "run").exists() else 0)

    training.trained("arrays", tmp_path / "run", epochs=8, every=3, callbacks=[look])
    assert written == [0, 0, 0, 3, 3, 3, 6, 6]
    assert saved_epochs(tmp_path / "run") == 8


def test_the_checkpoint_of_a_run_is_one_of_its_model_too(tmp_path):
    model, _ = training.trained("arrays", tmp_path / "run")
    other = training.Noisy()
    nn.checkpoints.load(other, tmp_path / "run")
    assert outcome(other, nn.History())[0] == outcome(model, nn.History())[0]


def test_a_run_that_a_callback_ended_stays_ended(tmp_path):
    def stop(report):
        if report.epoch == 4:
            report.stop()

    first = outcome(*training.trained("arrays", tmp_path / "run", callbacks=[stop]))
    assert first[1]["stopped"] == "callback"
    assert outcome(*training.trained("arrays", tmp_path / "run")) == first


# ── what does not fit ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 9}, "batch_size is 9 here and 8 in the checkpoint"),
        ({"seed": 5}, "seed is 5 here and 4 in the checkpoint"),
        ({"patience": 3}, "patience is 3 here and None in the checkpoint"),
        ({"clip_norm": 2.0}, "clip_norm is 2.0 here and 1.0 in the checkpoint"),
        ({"validation": 0.5}, r"samples is \[\[30, 4\], \[30, 3\]\] here and \[\[48, 4\], \[48, 3\]\] in the"),
        ({"validation": None}, "held out is None here"),
        ({"loss": lambda outputs, targets: (outputs - targets).sum()}, "loss is '<lambda>' here and 'distance' in"),
        ({"schedule": None}, "there is no schedule here and one in the checkpoint"),
        ({"metrics": {"m": len}}, r"metrics is \['m'\] here and \[\] in the checkpoint"),
        ({"epochs": 3}, "it was saved after epoch 5, and 3 are to be run"),
        ({"seed": np.random.Generator(np.random.MT19937(0))}, "another kind of generator than MT19937"),
        ({"optimizer": lambda model: nn.Adam(model, lr=0.02)}, r"optimizer is .*'lr': 0.02.* here and .*'lr': 0.01"),
        ({"optimizer": lambda model: nn.SGD(model, lr=0.01)}, "optimizer: this state does not fit SGD.*it is of Adam"),
        ({"model": lambda: nn.Linear(4, 3, rng=0)}, "model: .*first.weight is not a parameter.*generators are held by"),
        ({"model": lambda: training.Noisy(dtype=np.float64)}, r"parameters is \['float64'\] here and \['float32'\]"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused_and_nothing_is_changed(options, message, tmp_path):
    training.trained("arrays", tmp_path / "run", epochs=5)
    model = options.pop("model", training.Noisy)()
    optimizer = options.pop("optimizer", lambda model: nn.Adam(model, lr=0.01))(model)
    options = {"schedule": CosineAnnealingLR(optimizer, T_max=12), **options}
    before, seeds = outcome(model, nn.History()), str(optimizer.state_dict())
    with pytest.raises(CheckpointError, match=message):
        training.trained("arrays", tmp_path / "run", model=model, optimizer=optimizer, **options)
    assert outcome(model, nn.History()) == before
    assert str(optimizer.state_dict()) == seeds


def test_all_differences_are_listed_at_once(tmp_path):
    training.trained("arrays", tmp_path / "run", epochs=5)
    with pytest.raises(CheckpointError, match=r"batch_size is 5.*; clip_norm is 3.0.*; it was saved after epoch 5"):
        training.trained("arrays", tmp_path / "run", epochs=2, batch_size=5, clip_norm=3.0)


def test_a_refused_checkpoint_leaves_generators_as_they_were(tmp_path):
    training.trained("arrays", tmp_path / "run", epochs=5)
    model, seed = training.Noisy(), np.random.default_rng(4)
    before = [model.rng.bit_generator.state, seed.bit_generator.state]
    with pytest.raises(CheckpointError, match="batch_size is 5"):
        training.trained("arrays", tmp_path / "run", model=model, seed=seed, batch_size=5)
    assert [model.rng.bit_generator.state, seed.bit_generator.state] == before


def test_a_checkpoint_of_a_model_alone_is_no_run(tmp_path):
    nn.checkpoints.save(training.Noisy(), tmp_path / "model")
    with pytest.raises(CheckpointError, match=r"holds no training run, optimizer.*missing.*nn.load\(model, path\)"):
        training.trained("arrays", tmp_path / "model")


@pytest.mark.parametrize("part", ["best", "history", "settings", "generators", "model", "optimizer"])
def test_a_checkpoint_with_something_else_inside_is_refused(part, tmp_path):
    training.trained("arrays", tmp_path / "run", epochs=5)
    for wrong in (None, {}, 3.5, "text", [1], {"kind": None}):
        save_state(tmp_path / "wrong", {**load_state(tmp_path / "run"), part: wrong})
        with pytest.raises(CheckpointError):
            training.trained("arrays", tmp_path / "wrong")


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"checkpoint": None}, ArgumentError, "resume=True needs checkpoint=…"),
        ({"checkpoint": 3}, OperandError, "checkpoint is the path of a file, got 3"),
        ({"checkpoint": "no/such/folder/run"}, ArgumentError, "a file in a folder that exists"),
        ({"checkpoint": "."}, ArgumentError, "a file in a folder that exists"),
        ({"every": 0}, ArgumentError, "every must be at least 1"),
    ],
)
def test_where_to_save_is_checked_before_anything_moves(options, kind, message, tmp_path):
    model = training.Noisy()
    before = outcome(model, nn.History())
    options = {"checkpoint": tmp_path / "run", **options}
    with pytest.raises(kind, match=message):
        training.trained("arrays", model=model, **options)
    assert outcome(model, nn.History()) == before


# ── killed ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def killed_and_restarted(kind, folder, moments):
    """Starts the script and kills it after each of these seconds of training, then lets it run to its end."""
    command = [sys.executable, str(FOLDER / "training.py"), kind, str(folder / "run"), str(folder / "result")]
    reached = [0]
    for moment in moments:
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout.readline() == "begun\n"
            time.sleep(moment)
            process.kill()
        if (folder / "run").exists():
            reached.append(saved_epochs(folder / "run"))
    subprocess.run(command, check=True, capture_output=True)
    return load_state(folder / "result"), reached


def assert_killed_runs_end_alike(kind, folder, kills, longest):
    chosen = random.Random(f"{kind} {kills}")
    result, reached = killed_and_restarted(kind, folder, [chosen.uniform(0.0, longest) for _ in range(kills)])
    model, history = training.trained(kind, folder / "whole")
    assert result["history"] == history.to_dict()
    for name, data in model.state_dict().items():
        assert np.asarray(result["model"][name]).tobytes() == np.asarray(data).tobytes()
    assert reached == sorted(reached)
    assert not list(folder.glob("*.unfinished"))
    return reached


@pytest.mark.parametrize("kind", KINDS)
def test_a_process_killed_at_random_moments_ends_with_the_same_bits(kind, tmp_path):
    assert_killed_runs_end_alike(kind, tmp_path, kills=3, longest=0.05)


@pytest.mark.thorough
@pytest.mark.parametrize("kind", KINDS)
def test_a_hundred_kills_change_no_bit(kind, tmp_path):
    interrupted = 0
    for part in range(20):
        folder = tmp_path / str(part)
        folder.mkdir()
        reached = assert_killed_runs_end_alike(kind, folder, kills=5, longest=0.05)
        interrupted += sum(0 < epoch < training.EPOCHS for epoch in reached)
    assert interrupted > 20
