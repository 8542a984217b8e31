"""How a model learns an epoch and how it is measured: sample by sample where it is made of Values, else in batches."""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from autograd import Tensor, Value, no_grad
from autograd.backward import paused_collector
from autograd.errors import AutogradError, Diverged
from nn.classes import is_list
from nn.history import Score
from nn.losses import Loss
from nn.module import Module, training_mode
from nn.optimizers import Optimizer
from nn.samples import Data
from nn.tally import Metrics, Tally, exact_sum


class Learner:
    """A model, its loss and its optimizer. A subclass passes a batch through, and knows the numbers in parameters.

    `clip` is called between backward and the step.
    """

    reason = ""  # why steps are not compiled, where that was asked for
    kind = ""  # for what steps are compiled, "numpy" or "native", where that was asked for
    rows_measured = 1  # how many rows an evaluation takes at a time, or a batch where that is more

    def __init__(
        self, model: Module, loss: Any, optimizer: Optimizer, clip: Callable[[], object] | None, metrics: Metrics
    ) -> None:
        self.model, self.loss, self.optimizer, self.clip, self.metrics = model, loss, optimizer, clip, metrics
        self.judges = isinstance(loss, Loss)

    def learn(self, data: Data, order: Any, size: int, epoch: int) -> Score:
        """One epoch over samples in the order given, a step for each batch; Diverged names the batch that broke it."""
        tally = Tally(self.metrics)
        with np.errstate(all="ignore"):  # what is not finite is found by its loss
            for number, (rows, targets) in enumerate(data.batches(size, order), 1):
                self.step(rows, targets, tally, epoch, number)
        self.look_through(epoch, number)
        return tally.score()

    def evaluate(self, data: Data, size: int, metrics: Metrics | None = None) -> Score:
        """The score over samples, nothing learned and nothing recorded."""
        tally = Tally(metrics or {})
        with no_grad(), training_mode(self.model, False), np.errstate(all="ignore"):
            for rows, targets in data.batches(max(size, self.rows_measured)):
                self.measure(rows, targets, tally)
        return tally.score()

    def step(self, rows: Any, targets: Any, tally: Tally, epoch: int, number: int) -> None:
        """Forward, backward, clip and step on one batch, entered in the tally."""
        raise NotImplementedError

    def measure(self, rows: Any, targets: Any, tally: Tally) -> None:
        """Forward on one batch, entered in the tally."""
        raise NotImplementedError

    def counts(self, targets: Any, outputs: int) -> list[float] | None:
        """What each sample of a batch counts in its mean, where the loss weighs classes; None where all count alike."""
        if not self.judges or self.loss.label_weight(targets[0], outputs) is None:
            return None
        return [self.loss.label_weight(target, outputs) for target in targets]

    def go_on_eagerly(self, error: Exception) -> None:
        """From now on runs no programs, of which this error is the reason, and warns."""
        self.reason = f"{type(error).__name__}: {error}"
        if not isinstance(error, AutogradError):
            self.reason += " (while a program is recorded, inputs and targets are nodes)"
        asked = True if self.kind == "numpy" else f'"{self.kind}"'
        warn_caller(f"fit: compile={asked} has no effect from here on. {self.reason}")

    def look_through(self, epoch: int, number: int) -> None:
        """At the end of an epoch of so many batches: raises Diverged for what no step has seen."""

    def broken(self) -> str | None:
        """The first parameter that is not finite, in words."""
        raise NotImplementedError

    def largest(self) -> str:
        """The parameter with the number farthest from 0, in words."""
        raise NotImplementedError

    def demand_finite(self, loss: float, epoch: int, batch: int) -> None:
        """Raises Diverged where a parameter or the loss is not finite."""
        broken = self.broken()
        if broken is not None or not math.isfinite(loss):
            self.fail(broken, loss, epoch, batch)

    def fail(self, broken: str | None, loss: float, epoch: int, batch: int) -> NoReturn:
        reason = broken or f"every parameter is finite yet, the largest being {self.largest()}"
        raise Diverged(f"training diverged in epoch {epoch}, batch {batch}: {reason}, the batch's mean loss is {loss}")


class ScalarLearner(Learner):
    """A model of Values, called on one row at a time."""

    def step(self, rows: Any, targets: Any, tally: Tally, epoch: int, number: int) -> None:
        # Graphs hold no cycles: for the length of a step there is nothing for the collector to find.
        with paused_collector():
            self.optimizer.zero_grad()
            mean = self._pass_through(rows, targets, tally, learns=True)
            if self.clip is not None:
                self.clip()
            self.optimizer.update()
        self.demand_finite(mean, epoch, number)

    def measure(self, rows: Any, targets: Any, tally: Tally) -> None:
        self._pass_through(rows, targets, tally, learns=False)

    def _pass_through(self, rows: Any, targets: Any, tally: Tally, learns: bool) -> float:
        """Sample by sample, each adding its share: the gradient of a mean is the mean of gradients. The mean loss."""
        counts: list[float] = []
        losses, mistakes = [], []
        for i, (row, target) in enumerate(zip(rows, targets, strict=True)):
            outputs = self.model(row)
            if not counts:
                counts = self.counts(targets, len(outputs) if is_list(outputs) else 1) or [1.0] * len(rows)
                total = sum(counts)
            error = self.loss(outputs, target)
            share = counts[i] / (total or 1.0)
            if learns:
                (error * share).backward()
            losses.append(error.data * share)
            mistakes.append(self.judged(outputs, target, tally))
        return self.entered(losses, mistakes, total, tally)

    def judged(self, outputs: Any, target: Any, tally: Tally) -> bool | None:
        """Whether a sample is named wrongly, None where targets are no classes; metrics get what they ask for."""
        mistake: bool | None = self.loss.is_mistake(outputs, target) if self.judges else None
        if tally.metrics:
            tally.keep([_numbers(outputs) if mistake is None else self.loss.predicted(outputs)], [target])
        return mistake

    def entered(self, losses: list[float], mistakes: list[bool | None], counted: float, tally: Tally) -> float:
        """Enters a batch, given each sample's share of the mean loss, which it returns."""
        mean = exact_sum(losses)
        tally.add(mean, counted, len(losses), None if None in mistakes else sum(map(bool, mistakes)))
        return mean

    def broken(self) -> str | None:
        named = self.model.named_parameters()
        return next((f"{name} is {p.data}" for name, p in named if not math.isfinite(p.data)), None)

    def largest(self) -> str:
        name, number = max(self.model.state_dict().items(), key=lambda pair: abs(pair[1]))
        return f"{name} with {number:.4g}"


class ArrayLearner(Learner):
    """A model of Tensors, called on a whole batch.

    A step looks at the loss alone, which shows any number that is not finite one batch later; the parameters, of which
    there may be millions, are looked through when it does, and at the end of the epoch.
    """

    rows_measured = 256
    _last = math.nan  # the mean loss of the batch before

    def step(self, rows: Any, targets: Any, tally: Tally, epoch: int, number: int) -> None:
        self.optimizer.zero_grad()
        outputs = self.model(rows)
        error = self.loss(outputs, targets)
        mean = error.item()
        if not math.isfinite(mean):
            self._fail_late(mean, epoch, number)
        error.backward()
        if self.clip is not None:
            self.clip()
        self.optimizer.step()
        self._enter(mean, outputs, targets, tally)
        self._last = mean

    def look_through(self, epoch: int, number: int) -> None:
        self.demand_finite(self._last, epoch, number)

    def measure(self, rows: Any, targets: Any, tally: Tally) -> None:
        outputs = self.model(rows)
        self._enter(self.loss(outputs, targets).item(), outputs, targets, tally)

    def _enter(self, mean: float, outputs: Tensor, targets: Any, tally: Tally) -> None:
        mistakes = self.loss.mistakes(outputs, targets) if self.judges else None
        counts = self.counts(targets, outputs.shape[-1] if outputs.ndim else 1)
        counted = len(targets) if counts is None else sum(counts)
        tally.add(mean, counted, len(targets), None if mistakes is None else int(np.count_nonzero(mistakes)))
        if tally.metrics:
            tally.keep(outputs.numpy() if mistakes is None else self.loss.predicted(outputs), targets)

    def _fail_late(self, mean: float, epoch: int, number: int) -> NoReturn:
        """A parameter that is broken now was broken by the step before, if there was one in this epoch."""
        broken = self.broken()
        if broken is not None and number > 1:
            self.fail(broken, self._last, epoch, number - 1)
        self.fail(broken, mean, epoch, number)

    def broken(self) -> str | None:
        for name, numbers in self._arrays():
            finite = np.isfinite(numbers)
            if not finite.all():
                place = tuple(int(i) for i in np.unravel_index(int(np.argmin(finite)), finite.shape))
                return f"{name} is {numbers[place]}" + (f" at {list(place)}" if place else "")
        return None

    def largest(self) -> str:
        sizes = [(name, float(np.abs(numbers).max())) for name, numbers in self._arrays() if numbers.size]
        name, size = max(sizes, key=lambda pair: pair[1])
        return f"{name} with {size:.4g}"

    def _arrays(self) -> list[tuple[str, Any]]:
        return [(name, parameter.data) for name, parameter in self.model.named_parameters()]


def learner_for(
    model: Module, loss: Any, optimizer: Optimizer, clip: Callable[[], object] | None, metrics: Metrics
) -> Learner:
    """The learner for this kind of model: of Tensors or of Values."""
    kind = ArrayLearner if is_array_model(model) else ScalarLearner
    return kind(model, loss, optimizer, clip, metrics)


def is_array_model(model: Module) -> bool:
    """Whether a model is made of Tensors."""
    return any(isinstance(parameter, Tensor) for parameter in model.parameters())


def warn_caller(message: str) -> None:
    """Warns at the line from which this package was called."""
    frame, depth = sys._getframe(), 1
    while frame.f_back is not None and frame.f_globals["__name__"].startswith(f"{__package__}."):
        frame, depth = frame.f_back, depth + 1
    warnings.warn(message, stacklevel=depth)


def _numbers(outputs: Any) -> Any:
    """Outputs of a scalar model as plain numbers."""
    if is_list(outputs):
        return [_numbers(output) for output in outputs]
    return outputs.data if isinstance(outputs, Value) else float(outputs)
