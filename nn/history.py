"""History: what a training run measured, epoch by epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from autograd.errors import ArgumentError, MissingExtra


class Score(NamedTuple):
    """The mean loss over some samples, the part of them named wrongly where their targets are classes, and metrics."""

    loss: float
    error_rate: float | None
    metrics: Mapping[str, float] = {}

    def is_better_than(self, other: Score) -> bool:
        """Whether the error rate is smaller; where it is equal, or there is none, whether the loss is. nan is worst."""
        return self._order() < other._order()

    def _order(self) -> tuple[bool, float, float]:
        return math.isnan(self.loss), self.error_rate or 0.0, self.loss


class Origin(NamedTuple):
    """What a run trained, with which loss and optimizer, and on which samples: what `nn.health` needs to know more."""

    model: Any
    loss: Any
    optimizer: Any
    samples: Any


@dataclass
class History:
    """One entry an epoch in every list; a list stays empty where there was nothing to measure.

    `loss`, `error_rate` and `metrics` are measured on the training samples as they were met during the epoch, the
    validation lists after it; metrics are lists under the names that fit was given. `learning_rate` is that of the
    epoch. `best_epoch` is the epoch after which the weights were best, 0 where those that the model came with are.
    `stopped` is "finished" after all epochs, "early" when the validation error no longer fell, "callback" where a
    callback ended the run, "interrupted" after Ctrl-C. `eager_because` says why steps were not compiled, or from
    some step on no longer, where `compile` asked for it.
    `origin` is what fit trained; copies, files and comparisons leave it out.
    """

    loss: list[float] = field(default_factory=list)
    error_rate: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_error_rate: list[float] = field(default_factory=list)
    metrics: dict[str, list[float]] = field(default_factory=dict)
    validation_metrics: dict[str, list[float]] = field(default_factory=dict)
    learning_rate: list[float] = field(default_factory=list)
    best_epoch: int = 0
    stopped: str = "finished"
    eager_because: str = ""
    origin: Origin | None = field(default=None, init=False, repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        return {name: item for name, item in vars(self).items() if name != "origin"}

    def add(self, training: Score, validation: Score | None, learning_rate: float) -> None:
        """Enters the scores of one more epoch."""
        self.loss.append(training.loss)
        if training.error_rate is not None:
            self.error_rate.append(training.error_rate)
        for name, number in training.metrics.items():
            self.metrics.setdefault(name, []).append(number)
        if validation is not None:
            self.validation_loss.append(validation.loss)
            if validation.error_rate is not None:
                self.validation_error_rate.append(validation.error_rate)
            for name, number in validation.metrics.items():
                self.validation_metrics.setdefault(name, []).append(number)
        self.learning_rate.append(learning_rate)

    def to_dict(self) -> dict[str, Any]:
        """Lists, numbers and strings under the names of the attributes, ready for JSON."""
        return deepcopy(self.__getstate__())

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> History:
        """The history of which `to_dict` made the state; ArgumentError where that cannot be."""
        own = cls()
        wrong = [name for name in own.to_dict().keys() ^ state.keys() if name != "eager_because"]  # not in older files
        wrong += [name for name in state if name not in wrong and type(state[name]) is not type(getattr(own, name))]
        if wrong:
            raise ArgumentError(f"this is not what History.to_dict() gives: see {', '.join(sorted(wrong))}")
        return cls(**deepcopy(dict(state)))

    def plot(self, axes: Any = None) -> Any:
        """Draws every list against the epoch and returns the matplotlib axes; MissingExtra without matplotlib.

        Training is a solid line and validation a dashed one of the same colour; a dotted line marks the best epoch.
        ArgumentError where no epoch was completed.
        """
        try:
            from matplotlib import pyplot
        except ImportError:
            raise MissingExtra('History.plot needs matplotlib: pip install "glassgrad[plot]"') from None
        if not self.loss:
            raise ArgumentError("History.plot: no epoch was completed, so there is nothing to plot")
        axes = pyplot.subplots()[1] if axes is None else axes
        epochs, colours = range(1, len(self.loss) + 1), dict[str, str]()
        for name, column in self._columns().items():
            if not column:
                continue
            measured = name.removeprefix("validation_")
            colour = colours.setdefault(measured, f"C{len(colours)}")
            line = "-" if name == measured else "--"
            dot = "." if len(column) == 1 else ""  # a line needs two points to be seen
            axes.plot(epochs, column, label=name.replace("_", " "), color=colour, linestyle=line, marker=dot)
        if self.best_epoch:
            axes.axvline(self.best_epoch, color="grey", linestyle=":", label=f"best: epoch {self.best_epoch}")
        axes.set_xlabel("epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend()
        return axes

    def _columns(self) -> dict[str, list[float]]:
        """What was measured, under the names of the table's columns."""
        return {
            "loss": self.loss,
            "error_rate": self.error_rate,
            "validation_loss": self.validation_loss,
            "validation_error_rate": self.validation_error_rate,
            **self.metrics,
            **{f"validation_{name}": column for name, column in self.validation_metrics.items()},
        }

    def __str__(self) -> str:
        """A table of at most a dozen epochs, evenly spaced, the last and the best among them."""
        columns = {name.replace("_", " ").rjust(10): column for name, column in self._columns().items() if column}
        count = len(self.loss)
        shown = {round(1 + i * (count - 1) / 9) for i in range(10)} | {self.best_epoch} if count else set()
        lines = ["epoch" + "".join(f"   {name}" for name in columns)]
        for epoch in sorted(shown - {0}):
            cells = "".join(f"{column[epoch - 1]:{len(name) + 3}.4g}" for name, column in columns.items())
            lines.append(f"{epoch:5}{cells}" + ("  best" if epoch == self.best_epoch else ""))
        return "\n".join([*lines, f"{self.stopped} after {count} epochs"])

    def __repr__(self) -> str:
        last = f", last loss {self.loss[-1]:.4g}" if self.loss else ""
        return f"History({len(self.loss)} epochs, {self.stopped}{last})"
