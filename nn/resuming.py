"""Exact resume: the state of a training run in a file, with which another process goes on bit by bit."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.errors import ArgumentError, AutogradError, CheckpointError, OperandError
from nn.arguments import at_least_one
from nn.checkpoints import load_state, save_state
from nn.history import History
from nn.losses import Loss
from nn.run import Run

_MISTAKEN = (KeyError, IndexError, TypeError, ValueError, AttributeError)  # what a state of other things brings about


class RunFile:
    """Where a run is saved after every so many epochs, and after the last."""

    def __init__(self, path: Any, every: int) -> None:
        if not isinstance(path, (str, os.PathLike)):
            raise OperandError(f"fit: checkpoint is the path of a file, got {path!r}")
        self.path, self.every = Path(path), at_least_one(every, "fit", "every")
        if not self.path.parent.is_dir() or self.path.is_dir():
            raise ArgumentError(f"fit: checkpoint={str(path)!r} must be a file in a folder that exists")

    def found(self) -> dict[str, Any] | None:
        """The state that was saved; None where there is no file yet. CheckpointError where it holds no run."""
        if not self.path.exists():
            return None
        state = load_state(self.path)
        missing = [name for name in _PARTS if name not in state]
        if missing:
            raise CheckpointError(
                f"{self.path} holds no training run, {', '.join(missing)} are missing: fit(…, checkpoint=path) saves "
                "one. A model alone is read with nn.load(model, path)."
            )
        return state

    def save(self, run: Run, settings: Mapping[str, Any], last: bool) -> None:
        """Saves the run where its epoch is one of those to be saved."""
        if last or run.epoch % self.every == 0:
            save_state(self.path, state_of(run, settings))


_PARTS = ("model", "optimizer", "schedule", "generators", "best", "history", "settings")


def state_of(run: Run, settings: Mapping[str, Any]) -> dict[str, Any]:
    """All that the next epoch depends on, in dicts, lists, arrays, numbers and strings."""
    return {
        "model": run.learner.model.state_dict(),
        "optimizer": _plain(run.learner.optimizer.state_dict()),
        "schedule": None if run.schedule is None else _plain(run.schedule.state_dict()),
        "generators": {name: rng.bit_generator.state for name, rng in _generators(run).items()},
        "best": run.best.state_dict(),
        "history": run.history.to_dict(),
        "settings": settings,
    }


def go_on(run: Run, state: Mapping[str, Any], settings: Mapping[str, Any], epochs: int, where: Any) -> None:
    """Puts a run of so many epochs where the state was saved.

    CheckpointError lists what does not fit, and then nothing is changed.
    """
    before = [(part, part.state_dict()) for part in _parts(run).values()]
    generators = [(rng, rng.bit_generator.state) for rng in _generators(run).values()]
    try:
        differences = _setting_differences(state, settings) + _loaded(run, state)
        reached = len(state["history"]["loss"])
        if reached > epochs:
            differences.append(f"it was saved after epoch {reached}, and {epochs} are to be run")
        if not differences:
            run.history = History.from_dict(state["history"])
            run.epoch = len(run.history.loss)
            run.learner.reason = run.history.eager_because
            run.best.load_state_dict(state["best"], run.epoch)
    except _MISTAKEN as error:
        differences = [f"it is not what fit saves ({type(error).__name__}: {error})"]
    if differences:
        for part, old in before:
            part.load_state_dict(old)
        for rng, old in generators:
            rng.bit_generator.state = old
        raise CheckpointError(f"{where} does not fit this run, and nothing was changed: " + "; ".join(differences))


def settings_of(run: Run, seed: Any, **others: Any) -> dict[str, Any]:
    """What the outcome of a run depends on besides its state; a checkpoint of other settings is refused."""
    model, loss = run.learner.model, run.learner.loss
    kinds = {str(p.dtype) if isinstance(p, Tensor) else "Value" for p in model.parameters()}
    return _plain(
        {
            "model": re.sub(r" at 0x[0-9a-fA-F]+", "", repr(model)),
            "parameters": sorted(kinds),
            "loss": repr(loss) if isinstance(loss, Loss) else getattr(loss, "__name__", type(loss).__name__),
            "optimizer": {"kind": type(run.learner.optimizer).__name__, **run.learner.optimizer.settings()},
            "seed": int(seed) if isinstance(seed, (int, np.integer)) else None,
            "samples": run.training.shapes,
            "held out": None if run.held_out is None else run.held_out.shapes,
            "batch_size": run.batch_size,
            "patience": run.patience,
            "metrics": sorted(run.learner.metrics),
            "compile": run.learner.kind or False,
            **others,
        }
    )


def rewound(rng: np.random.Generator, state: Mapping[str, Any], where: Any) -> np.random.Generator:
    """A copy of the generator as that of a saved run began, so that the same samples are held out."""
    copy = deepcopy(rng)
    try:
        copy.bit_generator.state = state["settings"]["start"]
    except _MISTAKEN:
        kind = type(rng.bit_generator).__name__
        raise CheckpointError(
            f"{where} was saved by a run whose seed was another kind of generator than {kind}"
        ) from None
    return copy


def _setting_differences(state: Mapping[str, Any], settings: Mapping[str, Any]) -> list[str]:
    saved = state["settings"]
    found = []
    saved = {"compile": settings["compile"], **saved}  # which is not in older files
    for name in [name for name in settings if name != "start" and saved.get(name) != settings[name]]:
        # A rate that a schedule has set in this very process is no difference.
        now = {"kind": state["optimizer"]["kind"], **state["optimizer"]["settings"]}
        if name != "optimizer" or settings[name] != now:
            found.append(f"{name} is {settings[name]!r} here and {saved.get(name)!r} in the checkpoint")
    return found


def _loaded(run: Run, state: Mapping[str, Any]) -> list[str]:
    """Loads every part that fits, and says which do not."""
    parts, generators = _parts(run), _generators(run)
    differences = []
    if (run.schedule is None) != (state["schedule"] is None):
        here, there = ("no schedule", "one") if run.schedule is None else (repr(run.schedule), "no schedule")
        differences.append(f"there is {here} here and {there} in the checkpoint")
        parts.pop("schedule", None)
    for name, part in parts.items():
        try:
            part.load_state_dict(state[name])
        except AutogradError as error:
            differences.append(f"{name}: {error}")
    if generators.keys() != state["generators"].keys():
        here, there = ", ".join(generators), ", ".join(state["generators"])
        return [*differences, f"generators are held by {here} here and by {there} in the checkpoint"]
    for name, rng in generators.items():
        rng.bit_generator.state = state["generators"][name]
    return differences


def _parts(run: Run) -> dict[str, Any]:
    """What has a state_dict of its own, under its name in the checkpoint."""
    parts = {"model": run.learner.model, "optimizer": run.learner.optimizer, "schedule": run.schedule}
    return {name: part for name, part in parts.items() if part is not None}


def _generators(run: Run) -> dict[str, np.random.Generator]:
    """The generator that shuffles, and those that modules hold, such as a Dropout's, by dotted name."""
    found = {"shuffling": run.rng}
    for name, module in run.learner.model.named_modules():
        for attribute, item in vars(module).items():
            if isinstance(item, np.random.Generator):
                found[f"model.{name}.{attribute}" if name else f"model.{attribute}"] = item
    return found


def _plain(item: Any) -> Any:
    """The same with lists in place of tuples, as it comes back from a file."""
    if isinstance(item, Mapping):
        return {name: _plain(entry) for name, entry in item.items()}
    return [_plain(entry) for entry in item] if isinstance(item, (list, tuple)) else item
