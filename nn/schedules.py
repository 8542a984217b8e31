"""Schedules: how the learning rate of an optimizer changes from epoch to epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, OperandError
from nn.arguments import at_least_one, rate


class Schedule:
    """Sets `optimizer.lr`: call `step` once after every epoch. A subclass writes `rate_in` and `settings`.

    `start` is the rate the optimizer has when the schedule is made, and `epoch` counts the epochs that are over. A
    rate set by hand in between lasts until the next step.
    """

    def __init__(self, optimizer: Any) -> None:
        name = type(self).__name__
        if not hasattr(optimizer, "lr"):
            raise OperandError(f"{name} takes an optimizer with a learning rate `lr`, got {type(optimizer).__name__}")
        self.optimizer = optimizer
        self.start = rate(optimizer.lr, name, "the optimizer's lr")
        self.epoch = 0

    def rate_in(self, epoch: int) -> float:
        """The learning rate of an epoch, counted from 0."""
        raise NotImplementedError(f"{type(self).__name__} needs a method rate_in(self, epoch)")

    def settings(self) -> dict[str, Any]:
        """What the user chose, by name."""
        raise NotImplementedError(f"{type(self).__name__} needs a method settings(self)")

    def step(self, score: float | None = None) -> None:
        """Sets the rate of the next epoch; what the last one scored matters to ReduceLROnPlateau alone.

        ArgumentError where the rate would not be finite; nothing is changed then.
        """
        try:
            following = self.rate_in(self.epoch + 1)
        except OverflowError:
            following = math.inf
        if not math.isfinite(following):
            raise ArgumentError(f"{self!r}: the learning rate of epoch {self.epoch + 1} would not be finite")
        self.epoch += 1
        self.optimizer.lr = following

    def state_dict(self) -> dict[str, Any]:
        """Plain numbers and strings: what was chosen, how far it has come, and the optimizer's rate."""
        progress = {"epoch": self.epoch, "start": self.start, "lr": self.optimizer.lr}
        return {"schedule": type(self).__name__, **self.settings(), **progress}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continues where a schedule of the same settings was, and sets the optimizer's rate to the one it had.

        Where anything is missing, unknown, different or not a number, ArgumentError lists it and nothing is changed.
        """
        differences = self.differences(state)
        if differences:
            raise ArgumentError(f"this state does not fit {self!r}, and nothing was loaded: {'; '.join(differences)}")
        self.epoch, self.start, self.optimizer.lr = state["epoch"], state["start"], state["lr"]

    def differences(self, state: Mapping[str, Any]) -> list[str]:
        """Why a state does not fit: one line each, none where it does."""
        if not isinstance(state, Mapping):
            return [f"a state is a dict of names and numbers, got {type(state).__name__}"]
        own = self.state_dict()
        fixed = {"schedule", *self.settings()}
        found = [f"{name} is missing" for name in own if name not in state]
        found += [f"{name} is not part of it" for name in state if name not in own]
        for name in [name for name in own if name in state]:
            if name in fixed and not (isinstance(state[name], (int, float, str)) and state[name] == own[name]):
                found.append(f"{name} is {own[name]!r} here and {state[name]!r} in the state")
            if name not in fixed and not _is_progress(name, state[name]):
                found.append(f"{name} cannot be {state[name]!r}")
        return found

    def __repr__(self) -> str:
        chosen = ", ".join(f"{name}={value!r}" for name, value in self.settings().items())
        return f"{type(self).__name__}({chosen})"


class StepLR(Schedule):
    """rate = start · gamma^⌊epoch / step_size⌋: a drop every `step_size` epochs."""

    def __init__(self, optimizer: Any, step_size: int, gamma: float = 0.1) -> None:
        super().__init__(optimizer)
        self.step_size = at_least_one(step_size, "StepLR", "step_size")
        self.gamma = rate(gamma, "StepLR", "gamma")

    def rate_in(self, epoch: int) -> float:
        return self.start * self.gamma ** (epoch // self.step_size)

    def settings(self) -> dict[str, Any]:
        return {"step_size": self.step_size, "gamma": self.gamma}


class ExponentialLR(Schedule):
    """rate = start · gamma^epoch."""

    def __init__(self, optimizer: Any, gamma: float) -> None:
        super().__init__(optimizer)
        self.gamma = rate(gamma, "ExponentialLR", "gamma")

    def rate_in(self, epoch: int) -> float:
        return self.start * self.gamma**epoch

    def settings(self) -> dict[str, Any]:
        return {"gamma": self.gamma}


class CosineAnnealingLR(Schedule):
    """rate = eta_min + (start − eta_min) · (1 + cos(π · epoch / T_max)) / 2 (Loshchilov and Hutter 2017, equation 5).

    It falls from start to eta_min in T_max epochs and then, as in PyTorch, rises again as it fell: T_max is meant to
    be the number of epochs of the whole run.
    """

    def __init__(self, optimizer: Any, T_max: int, eta_min: float = 0.0) -> None:
        super().__init__(optimizer)
        self.T_max = at_least_one(T_max, "CosineAnnealingLR", "T_max")
        self.eta_min = rate(eta_min, "CosineAnnealingLR", "eta_min")

    def rate_in(self, epoch: int) -> float:
        # Whole turns are left out, so that no turn is less exact than the first.
        turn = math.cos(math.pi * (epoch % (2 * self.T_max)) / self.T_max)
        return self.eta_min + (self.start - self.eta_min) * (1.0 + turn) / 2.0

    def settings(self) -> dict[str, Any]:
        return {"T_max": self.T_max, "eta_min": self.eta_min}


class ReduceLROnPlateau(Schedule):
    """rate ← max(rate · factor, min_lr) once the score has not improved for more than `patience` epochs in a row.

    A score is a number that should fall, such as the validation loss. It improves where it is lower than the best so
    far by more than threshold · |best|; nan never does. After a reduction the count of epochs begins anew.
    """

    def __init__(
        self, optimizer: Any, factor: float = 0.1, patience: int = 10, threshold: float = 1e-4, min_lr: float = 0.0
    ) -> None:
        name = "ReduceLROnPlateau"
        super().__init__(optimizer)
        self.factor = rate(factor, name, "factor", below=1.0)
        if not _is_count(patience):
            raise ArgumentError(f"{name}: patience must be a whole number of at least 0, got {patience!r}")
        self.patience = int(patience)
        self.threshold = rate(threshold, name, "threshold")
        self.min_lr = rate(min_lr, name, "min_lr")
        self.best = math.inf
        self.waited = 0

    def rate_in(self, epoch: int) -> float:
        """Raises ArgumentError: there is no formula, the rate depends on the scores."""
        raise ArgumentError("ReduceLROnPlateau: the rate of an epoch depends on the scores of those before it")

    def settings(self) -> dict[str, Any]:
        return {
            "factor": self.factor, "patience": self.patience, "threshold": self.threshold, "min_lr": self.min_lr,
        }  # fmt: skip

    def step(self, score: float | None = None) -> None:
        """Takes what the epoch scored and sets the rate of the next one; ArgumentError without a number."""
        met = _score(score)
        # Measured on |best|, so that a score below 0 must also fall to improve.
        margin = self.threshold * abs(self.best) if math.isfinite(self.best) else 0.0
        if met < self.best - margin:
            self.best, self.waited = met, 0
        else:
            self.waited += 1
        if self.waited > self.patience:
            self.waited = 0
            self.optimizer.lr = min(self.optimizer.lr, max(self.optimizer.lr * self.factor, self.min_lr))
        self.epoch += 1

    def state_dict(self) -> dict[str, Any]:
        """As for every schedule, with the best score and how many epochs have passed without a better one."""
        return {**super().state_dict(), "best": self.best, "waited": self.waited}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        super().load_state_dict(state)
        self.best, self.waited = state["best"], state["waited"]


class LinearWarmUp(Schedule):
    """rate = start · (epoch + 1) / (epochs + 1) for the first `epochs` epochs, then start, or what `then` makes of it.

    The rate of the first epoch is set at once, so make `then` first, on the same optimizer: its epochs are counted
    from the end of the warm-up (the gradual warm-up of Goyal et al. 2017, section 2.2).

    >>> from types import SimpleNamespace
    >>> optimizer = SimpleNamespace(lr=1.0)
    >>> schedule = LinearWarmUp(optimizer, epochs=3, then=ExponentialLR(optimizer, gamma=0.5))
    >>> for _ in range(3):
    ...     schedule.step()
    ...     print(optimizer.lr)
    0.5
    0.75
    1.0
    >>> schedule.step()
    >>> optimizer.lr
    0.5
    """

    def __init__(self, optimizer: Any, epochs: int, then: Schedule | None = None) -> None:
        super().__init__(optimizer)
        self.epochs = at_least_one(epochs, "LinearWarmUp", "epochs")
        if then is not None and not isinstance(then, Schedule):
            raise OperandError(f"LinearWarmUp: then must be a schedule or None, got {type(then).__name__}")
        if then is not None and (then.optimizer is not optimizer or then.epoch or then.start != self.start):
            raise ArgumentError(f"LinearWarmUp: then must be a fresh schedule of the same optimizer, got {then!r}")
        self.then = then
        optimizer.lr = self.rate_in(0)

    def rate_in(self, epoch: int) -> float:
        if epoch > self.epochs and self.then is not None:
            return self.then.rate_in(epoch - self.epochs)
        return self.start * min(1.0, (epoch + 1) / (self.epochs + 1))

    def settings(self) -> dict[str, Any]:
        return {"epochs": self.epochs}

    def step(self, score: float | None = None) -> None:
        """Sets the rate of the next epoch; after the warm-up `then` does, and gets the score."""
        if self.then is None or self.epoch < self.epochs:
            super().step(score)
        else:
            self.then.step(score)
            self.epoch += 1

    def state_dict(self) -> dict[str, Any]:
        """As for every schedule, with the state of `then` under that name."""
        return {**super().state_dict(), "then": None if self.then is None else self.then.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        super().load_state_dict(state)
        if self.then is not None:
            self.then.load_state_dict(state["then"])

    def differences(self, state: Mapping[str, Any]) -> list[str]:
        """Why a state does not fit, that of `then` included."""
        found = super().differences(state)
        if not isinstance(state, Mapping) or "then" not in state:
            return found
        if self.then is None:
            return found if state["then"] is None else [*found, "then is None here and a schedule in the state"]
        return found + [f"then: {difference}" for difference in self.then.differences(state["then"])]

    def __repr__(self) -> str:
        return f"LinearWarmUp(epochs={self.epochs}, then={self.then!r})"


def _is_progress(name: str, entry: Any) -> bool:
    """Whether an entry of a state that is no setting can be what its name says."""
    if name == "then":
        return entry is None or isinstance(entry, Mapping)
    if name in ("epoch", "waited"):
        return _is_count(entry)
    if not isinstance(entry, (int, float)) or isinstance(entry, bool) or math.isnan(entry):
        return False
    return name == "best" or 0.0 <= entry < math.inf


def _is_count(number: Any) -> bool:
    return isinstance(number, (int, np.integer)) and not isinstance(number, bool) and int(number) >= 0


def _score(score: Any) -> float:
    if isinstance(score, (int, float, np.integer, np.floating)) and not isinstance(score, bool):
        return float(score)
    raise ArgumentError(
        f"ReduceLROnPlateau.step needs what the epoch scored, a number such as the validation loss, got {score!r}"
    )
