"""fit: mini-batches, epochs, and when to stop (textbook, Algorithm 4.1)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

from autograd import no_grad
from autograd.backward import paused_collector
from autograd.errors import ArgumentError, Diverged
from nn.arguments import at_least_one
from nn.history import History, Score
from nn.losses import Loss
from nn.module import Module, Parameter, training_mode
from nn.optimizers import Optimizer
from nn.randomness import Randomness, generator_from
from nn.rehearsal import LossFunction, batch_size_for, prepared
from nn.samples import Samples

# A mean loss this many times as large as at the start, or as 1 where it started smaller, has diverged.
DIVERGED_FACTOR = 1e6

_Result: TypeAlias = tuple[float, bool | None]  # the loss of one sample, and whether it was named wrongly


def fit(
    model: Module,
    X: Any,
    y: Any,
    *,
    loss: LossFunction,
    optimizer: Optimizer,
    epochs: int = 100,
    batch_size: int | None = None,
    seed: Randomness = None,
    validation: float | tuple[Any, Any] | None = None,
    patience: int | None = None,
    progress: bool | None = None,
) -> History:
    """Trains the model in place on rows X and targets y and returns the history.

    Every epoch shuffles the samples with a generator made from `seed` and takes one step for each batch along the
    gradient of the mean loss. `batch_size` defaults to 32, or to all samples where there are fewer; the last batch
    of an epoch may be smaller. `loss` is a Loss or any function of the outputs and the target of one sample.

    `validation` is a pair (X, y), or the part of the samples to hold out, drawn at random. With `patience` the run
    stops when for that many epochs the validation error has not fallen, and the model gets its best weights back.

    The best weights are chosen among those the model came with and those after each epoch: by the error rate where
    targets are classes, equal rates compared by loss, else by the loss. With validation both are measured after the
    epoch. Without, they are what the next epoch meets on its way, and after the last epoch one pass measures them.

    Data, labels and shapes are checked before anything moves (DataError, ArgumentError, ShapeError). Diverged is
    raised where a parameter or loss is not finite, and where the mean loss of an epoch, or after the last one, is
    more than 1e6 times what it was at the start, or than 1e6 where it was below 1. A learning rate that is too large
    need not go that far: the cross-entropy may just stay in the hundreds, as the history then shows. Ctrl-C ends the
    run and returns the history so far. After Diverged and after Ctrl-C the model holds its best weights.
    `progress` shows or hides the bar; by default it shows on a terminal.
    """
    rng = generator_from(seed)
    epochs = at_least_one(epochs, "fit", "epochs")
    training, held_out = prepared(model, X, y, loss, optimizer, validation, rng)
    size = batch_size_for(training, batch_size)
    if patience is not None and (held_out is None or not at_least_one(patience, "fit", "patience")):
        raise ArgumentError("fit: patience needs validation, a pair (X, y) or the part of the data to hold out")
    history, best = History(), _Best(model, loss, training, held_out)
    try:
        with training_mode(model, True), _progress_bar(epochs, progress) as bar:
            for epoch in range(1, epochs + 1):
                score = _learn(model, training.taken(rng.permutation(len(training))), loss, optimizer, size, epoch)
                best.demand_bounded(score, f"in epoch {epoch}")
                history.add(score, best.after(epoch, score))
                bar.set_postfix(loss=f"{score.loss:.4g}", refresh=False)
                bar.update()
                if patience is not None and epoch - best.epoch >= patience:
                    history.stopped = "early"
                    break
        best.demand_bounded(best.at_the_end(), f"after epoch {best.last[0]}")
    except KeyboardInterrupt:
        history.stopped = "interrupted"
        if held_out is None:
            best.at_the_end()
    except Diverged as diverged:
        best.restore()
        raise Diverged(f"{diverged}. The model holds {best}. Try a smaller learning rate.") from None
    if patience is not None or history.stopped == "interrupted":
        best.restore()
    history.best_epoch = best.epoch
    return history


def _learn(
    model: Module, samples: Samples, loss: LossFunction, optimizer: Optimizer, batch_size: int, epoch: int
) -> Score:
    """One epoch over samples in the order given: a step for each batch."""
    named = model.named_parameters()
    results: list[_Result] = []
    for number, start in enumerate(range(0, len(samples), batch_size), 1):
        batch = samples.taken(range(start, min(start + batch_size, len(samples))))
        # Graphs hold no cycles: for the length of a step there is nothing for the collector to find.
        with paused_collector():
            optimizer.zero_grad()
            batch_results = [_learn_sample(model, row, target, loss, 1.0 / len(batch)) for row, target in batch]
            optimizer.update()
        _demand_finite(named, _score(batch_results).loss, epoch, number)
        results += batch_results
    return _score(results)


def _learn_sample(model: Module, row: list[float], target: Any, loss: LossFunction, share: float) -> _Result:
    """Adds one sample's share of the gradient of the mean: the gradient of a mean is the mean of gradients."""
    outputs = model(row)
    error = loss(outputs, target)
    (error * share).backward()
    return error.data, _is_mistake(loss, outputs, target)


def _evaluate(model: Module, samples: Samples, loss: LossFunction) -> Score:
    """The score over samples, nothing learned and nothing recorded."""
    results: list[_Result] = []
    with no_grad(), training_mode(model, False):
        for row, target in samples:
            outputs = model(row)
            results.append((loss(outputs, target).data, _is_mistake(loss, outputs, target)))
    return _score(results)


def _is_mistake(loss: LossFunction, outputs: Any, target: Any) -> bool | None:
    return loss.is_mistake(outputs, target) if isinstance(loss, Loss) else None


def _score(results: Sequence[_Result]) -> Score:
    mistakes = [mistake for _, mistake in results if mistake is not None]
    return Score(
        loss=math.fsum(error for error, _ in results) / len(results),
        error_rate=sum(mistakes) / len(mistakes) if mistakes else None,
    )


def _demand_finite(named: list[tuple[str, Parameter]], loss: float, epoch: int, batch: int) -> None:
    """Raises Diverged naming the first parameter that is not finite; the largest where the loss alone is not."""
    broken = next((f"{name} is {p.data}" for name, p in named if not math.isfinite(p.data)), None)
    if broken is None and not math.isfinite(loss):
        name, largest = max(named, key=lambda pair: abs(pair[1].data))
        broken = f"every parameter is finite yet, the largest being {name} with {largest.data:.4g}"
    if broken is not None:
        raise Diverged(f"training diverged in epoch {epoch}, batch {batch}: {broken}, the batch's mean loss is {loss}")


class _Best:
    """The best weights so far: those the model came with, which are epoch 0, or those after one of the epochs."""

    def __init__(self, model: Module, loss: LossFunction, training: Samples, held_out: Samples | None) -> None:
        self.model, self.loss, self.training, self.held_out = model, loss, training, held_out
        start = _evaluate(model, training, loss)
        self.limit = DIVERGED_FACTOR * max(start.loss, 1.0)
        self.epoch, self.state = self.last = 0, model.state_dict()
        self.score = start if held_out is None else _evaluate(model, held_out, loss)

    def after(self, epoch: int, met: Score) -> Score | None:
        """Takes the weights after an epoch and what it met on its way; the validation score where there is one."""
        last, self.last = self.last, (epoch, self.model.state_dict())
        if self.held_out is None:
            # An epoch's samples meet the weights it began with first, so its score tells of those and not of these.
            self._offer(*last, met)
            return None
        score = _evaluate(self.model, self.held_out, self.loss)
        self._offer(*self.last, score)
        return score

    def at_the_end(self) -> Score:
        """Puts the weights after the last complete epoch back, and gives their score over the training samples."""
        self.model.load_state_dict(self.last[1])
        score = _evaluate(self.model, self.training, self.loss)
        if self.held_out is None:
            self._offer(*self.last, score)
        return score

    def demand_bounded(self, score: Score, when: str) -> None:
        """Raises Diverged where the mean loss over the training samples is beyond every bound."""
        if not score.loss <= self.limit:
            name, largest = max(self.model.state_dict().items(), key=lambda pair: abs(pair[1]))
            raise Diverged(
                f"training diverged {when}: every parameter is finite yet, the largest being {name} with "
                f"{largest:.4g}, the mean loss is {score.loss:.4g}, and {self.limit:.4g} counts as diverged"
            )

    def _offer(self, epoch: int, state: dict[str, float], score: Score) -> None:
        if score.is_better_than(self.score):
            self.epoch, self.state, self.score = epoch, state, score

    def restore(self) -> None:
        self.model.load_state_dict(self.state)

    def __str__(self) -> str:
        return f"the weights of epoch {self.epoch}, the best so far" if self.epoch else "the weights it came with"


def _progress_bar(epochs: int, progress: bool | None) -> Any:
    from tqdm import tqdm

    return tqdm(
        total=epochs, desc="training", unit="epoch", leave=False, disable=None if progress is None else not progress
    )
