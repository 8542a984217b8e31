"""fit: mini-batches, epochs, and when to stop (textbook, Algorithm 4.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograd.errors import ArgumentError, Diverged, OperandError
from nn import resuming
from nn.arguments import at_least_one
from nn.callbacks import Callback
from nn.clipping import clipper
from nn.compiling.learning import compiled_learner_for
from nn.history import History, Origin
from nn.module import Module, training_mode
from nn.optimizers import Optimizer
from nn.randomness import Randomness, generator_from
from nn.rehearsal import LossFunction, batch_size_for, demand_parts, prepared
from nn.run import Run
from nn.schedules import Schedule


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
    schedule: Schedule | None = None,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    metrics: Mapping[str, Callable[[Any, Any], Any]] | None = None,
    callbacks: Sequence[Callback] = (),
    compile: bool | str = False,
    checkpoint: Any = None,
    every: int = 1,
    resume: bool = False,
    progress: bool | None = None,
) -> History:
    """Trains the model in place on rows X and targets y and returns the history.

    Every epoch shuffles the samples with a generator made from `seed` and takes one step for each batch along the
    gradient of the mean loss. `batch_size` defaults to 32, or to all samples where there are fewer; the last batch
    of an epoch may be smaller. `loss` is a Loss or any function of the outputs and the target of one sample; where the
    model is made of Tensors, of a batch of both. Then X and y are arrays, which may be memory-mapped files larger
    than memory.

    `validation` is a pair (X, y), or the part of the samples to hold out, drawn at random. With `patience` the run
    stops when for that many epochs the validation error has not fallen, and the model gets its best weights back.

    `schedule` is stepped after every epoch, with the validation loss where there is one, else with the training loss.
    `clip_norm` and `clip_value` clip the gradients before every step, the value first. Each of `metrics`, such as
    {"accuracy": nn.accuracy}, is called on predictions and targets: predicted classes where targets are classes, else
    outputs. Every callback is called with a Report after every epoch, and may end the run.

    With `compile` a step of a model of Tensors, forward, loss, backward, clipping and the optimizer's move, is recorded
    once for batches of one shape and then run as one program. Recording runs the model on the batch. Of a model of
    Values the loss of one sample is recorded, and batches run through it in lanes. The weights are those of the run
    without `compile`, up to the rounding of sums; a branch on numbers is recorded when a sample first takes it, and
    all is recorded anew where callbacks change what the model or the loss holds. Only what a loss reads elsewhere, such
    as a global, stays what it was. What cannot be recorded is run as without `compile`: a warning says why, and so does
    the history. With "native" both are machine code, made by Numba in some seconds for every recording and kept on
    disk; a step that has no native form is run by NumPy, and a warning names what has none.

    With a path as `checkpoint` all that the run depends on is saved after every `every` epochs and after the last.
    With `resume` the run goes on from there, to the same weights and history, bit by bit, as if it had never stopped;
    or it begins where there is no such file yet. CheckpointError lists what does not fit.

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
    epochs, rng = at_least_one(epochs, "fit", "epochs"), generator_from(seed)
    demand_parts(model, loss, optimizer, schedule)
    clip = clipper(optimizer, clip_norm, clip_value)
    learner = compiled_learner_for(compile)(model, loss, optimizer, clip, _named(metrics))
    callbacks = _callable(callbacks)
    file = None if checkpoint is None else resuming.RunFile(checkpoint, every)
    if resume and file is None:
        raise ArgumentError("fit: resume=True needs checkpoint=…, the path of the file to go on from")
    saved = file.found() if file is not None and resume else None
    start = rng.bit_generator.state
    dividing = rng if saved is None else resuming.rewound(rng, saved, checkpoint)
    training, held_out = prepared(model, X, y, loss, validation, dividing)
    if patience is not None and (held_out is None or not at_least_one(patience, "fit", "patience")):
        raise ArgumentError("fit: patience needs validation, a pair (X, y) or the part of the data to hold out")
    run = Run(learner, training, held_out, batch_size_for(training, batch_size), rng, schedule, patience)
    settings = resuming.settings_of(run, seed, start=start, clip_norm=clip_norm, clip_value=clip_value)
    if saved is None:
        run.best.measure_start()
    else:
        resuming.go_on(run, saved, settings, epochs, checkpoint)
        settings = saved["settings"]

    def save() -> None:
        if file is not None:
            file.save(run, settings, last=run.is_over(epochs))

    return _finished(run, epochs, callbacks, save, progress)


def _finished(
    run: Run, epochs: int, callbacks: Sequence[Callback], save: Callable[[], None], progress: bool | None
) -> History:
    """Runs the epochs that are left and gives the history; the model holds the last weights, or the best."""
    best = run.best
    try:
        with training_mode(run.learner.model, True), _progress_bar(run.epoch, epochs, progress) as bar:
            while not run.is_over(epochs):
                run.advance(callbacks)
                save()
                bar.set_postfix(
                    loss=f"{run.history.loss[-1]:.4g}", lr=f"{run.history.learning_rate[-1]:.3g}", refresh=False
                )
                bar.update()
        best.demand_bounded(best.at_the_end(), f"after epoch {run.epoch}")
    except KeyboardInterrupt:
        run.history.stopped = "interrupted"
        if run.held_out is None:
            best.at_the_end()
    except Diverged as diverged:
        best.restore()
        raise Diverged(f"{diverged}. The model holds {best}. Try a smaller learning rate.") from None
    if run.patience is not None or run.history.stopped == "interrupted":
        best.restore()
    run.history.best_epoch = best.epoch
    run.history.eager_because = run.learner.reason
    learner = run.learner
    run.history.origin = Origin(learner.model, learner.loss, learner.optimizer, run.training)
    return run.history


def _named(metrics: Any) -> Mapping[str, Callable[[Any, Any], Any]]:
    found = {} if metrics is None else metrics
    if not isinstance(found, Mapping) or not all(isinstance(n, str) and callable(f) for n, f in found.items()):
        raise OperandError(
            f'fit: metrics are functions by name, such as {{"accuracy": nn.accuracy}}, got {metrics!r:.80}'
        )
    return found


def _callable(callbacks: Any) -> Sequence[Callback]:
    several = [callbacks] if callable(callbacks) else callbacks
    if not isinstance(several, (list, tuple)) or not all(map(callable, several)):
        raise OperandError(f"fit: callbacks are functions of a Report, in a list; got {callbacks!r:.80}")
    return several


def _progress_bar(begun: int, epochs: int, progress: bool | None) -> Any:
    from tqdm import tqdm

    hidden = None if progress is None else not progress
    return tqdm(total=epochs, initial=begun, desc="training", unit="epoch", leave=False, disable=hidden)
