"""Best: the weights with the best score so far, and how far a loss may rise before training counts as diverged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograd.errors import Diverged
from nn.history import Score
from nn.learning import Learner
from nn.samples import Data

# A mean loss this many times as large as at the start, or as 1 where it started smaller, has diverged.
DIVERGED_FACTOR = 1e6


class Best:
    """The best weights so far: those the model came with, which are epoch 0, or those after one of the epochs."""

    def __init__(self, learner: Learner, training: Data, held_out: Data | None, batch_size: int) -> None:
        self.learner, self.training, self.held_out, self.batch_size = learner, training, held_out, batch_size
        self.epoch, self.state = self.last = 0, learner.model.state_dict()

    def measure_start(self) -> None:
        """Scores the weights that the model came with."""
        start = self._measured(self.training)
        self.limit = DIVERGED_FACTOR * max(start.loss, 1.0)
        self.score = start if self.held_out is None else self._measured(self.held_out)

    def after(self, epoch: int, met: Score) -> Score | None:
        """Takes the weights after an epoch and what it met on its way; the validation score where there is one."""
        last, self.last = self.last, (epoch, self.learner.model.state_dict())
        if self.held_out is None:
            # An epoch's samples meet the weights it began with first, so its score tells of those and not of these.
            self._offer(*last, met)
            return None
        score = self.learner.evaluate(self.held_out, self.batch_size, self.learner.metrics)
        self._offer(*self.last, score)
        return score

    def at_the_end(self) -> Score:
        """Puts the weights after the last complete epoch back, and gives their score over the training samples."""
        self.learner.model.load_state_dict(self.last[1])
        score = self._measured(self.training)
        if self.held_out is None:
            self._offer(*self.last, score)
        return score

    def demand_bounded(self, score: Score, when: str) -> None:
        """Raises Diverged where the mean loss over the training samples is beyond every bound."""
        if not score.loss <= self.limit:
            raise Diverged(
                f"training diverged {when}: every parameter is finite yet, the largest being "
                f"{self.learner.largest()}, the mean loss is {score.loss:.4g}, and {self.limit:.4g} counts as diverged"
            )

    def restore(self) -> None:
        self.learner.model.load_state_dict(self.state)

    def state_dict(self) -> dict[str, Any]:
        """The best weights, of which epoch they are, how they scored, and the bound."""
        loss, error_rate, _ = self.score
        return {
            "epoch": self.epoch, "weights": self.state, "loss": loss, "error_rate": error_rate, "limit": self.limit,
        }  # fmt: skip

    def load_state_dict(self, state: Mapping[str, Any], epoch: int) -> None:
        """Goes on after an epoch, with whose weights the model is already loaded."""
        self.epoch, self.state, self.limit = state["epoch"], state["weights"], state["limit"]
        self.score = Score(state["loss"], state["error_rate"])
        self.last = epoch, self.learner.model.state_dict()

    def _measured(self, data: Data) -> Score:
        return self.learner.evaluate(data, self.batch_size)

    def _offer(self, epoch: int, state: dict[str, Any], score: Score) -> None:
        if score.is_better_than(self.score):
            self.epoch, self.state, self.score = epoch, state, score

    def __str__(self) -> str:
        return f"the weights of epoch {self.epoch}, the best so far" if self.epoch else "the weights it came with"
