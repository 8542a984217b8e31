"""Run: all that the next epoch of a training run depends on, and the epoch itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nn.best import Best
from nn.callbacks import Callback, Report, StopTraining
from nn.history import History
from nn.learning import Learner
from nn.samples import Data


class Run:
    """A training run between two epochs: `epoch` of them are over."""

    def __init__(
        self,
        learner: Learner,
        training: Data,
        held_out: Data | None,
        batch_size: int,
        rng: np.random.Generator,
        schedule: Any = None,
        patience: int | None = None,
    ) -> None:
        self.learner, self.training, self.held_out, self.batch_size = learner, training, held_out, batch_size
        self.rng, self.schedule, self.patience = rng, schedule, patience
        self.best = Best(learner, training, held_out, batch_size)
        self.history = History()
        self.epoch = 0

    def advance(self, callbacks: Sequence[Callback] = ()) -> None:
        """One epoch: learn, measure, set the learning rate of the next one, and tell the callbacks."""
        epoch, rate = self.epoch + 1, self.learner.optimizer.lr
        met = self.learner.learn(self.training, self.rng.permutation(len(self.training)), self.batch_size, epoch)
        self.best.demand_bounded(met, f"in epoch {epoch}")
        validated = self.best.after(epoch, met)
        self.history.add(met, validated, rate)
        self.history.eager_because = self.learner.reason
        self.epoch = epoch
        if self.schedule is not None:
            self.schedule.step((validated or met).loss)
        self._tell(callbacks)

    def is_over(self, epochs: int) -> bool:
        """Whether no epoch is to follow; where patience is at its end, the history says so."""
        if self.patience is not None and self.epoch - self.best.epoch >= self.patience:
            self.history.stopped = "early"
        return self.epoch >= epochs or self.history.stopped != "finished"

    def _tell(self, callbacks: Sequence[Callback]) -> None:
        report = Report(self.epoch, self.history, self.learner.model, self.learner.optimizer)
        for callback in callbacks:
            try:
                callback(report)
            except StopTraining:
                report.stop()
        if report.stopped:
            self.history.stopped = "callback"
