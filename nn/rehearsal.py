"""What fit checks before anything moves: the data, and that model, loss and optimizer fit them and each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from autograd import Tensor, Value
from autograd.errors import ArgumentError, AutogradError, DataError, OperandError
from nn.arguments import at_least_one
from nn.learning import is_array_model
from nn.losses import Loss
from nn.module import Module, training_mode
from nn.optimizers import Optimizer
from nn.samples import ArraySamples, Data, Samples, checked_array_samples, checked_samples

LossFunction: TypeAlias = Callable[[Any, Any], Any]

_ROWS_CHECKED = 65_536  # labels of an array that are checked at a time


def demand_parts(model: Any, loss: Any, optimizer: Any, schedule: Any, where: str = "fit") -> None:
    """Raises OperandError or ArgumentError where these are not what they should be, or do not belong together."""
    for what, part, arguments in (("loss", loss, ""), ("optimizer", optimizer, "model, …")):
        if isinstance(part, type):
            name = part.__name__
            raise OperandError(
                f"{where}: {what}={name} is a class, and {where} needs one of its kind: {name}({arguments})"
            )
    if not isinstance(model, Module) or not isinstance(optimizer, Optimizer) or not callable(loss):
        raise OperandError(
            f"{where} takes a Module, {'X, y, ' if where == 'fit' else ''}loss=… such as nn.CrossEntropyLoss() and "
            f"optimizer=… such as nn.SGD(model, lr=0.1); got {model!r}, {loss!r} and {optimizer!r}"
        )
    if isinstance(loss, Loss) and loss.reduction != "mean":
        raise ArgumentError(f"{where} follows the mean loss of a batch: {loss!r} needs reduction='mean'")
    parameters = model.parameters()
    if not set(parameters) & set(optimizer.parameters):
        raise ArgumentError(f"{where}: the optimizer holds none of the model's parameters, so nothing would be learned")
    if is_array_model(model) and any(isinstance(parameter, Value) for parameter in parameters):
        raise OperandError(f"{where}: {model!r} holds both Values and Tensors; a model is made of one kind of node")
    if schedule is not None and getattr(schedule, "optimizer", None) is not optimizer:
        raise ArgumentError(f"fit: schedule must be a schedule of this very optimizer, got {schedule!r}")


def prepared(
    model: Module, X: Any, y: Any, loss: LossFunction, validation: Any, rng: np.random.Generator
) -> tuple[Data, Data | None]:
    """The samples to train on and those held out for validation, rehearsed on the model and the loss."""
    samples = _checked(model, X, y, loss)
    if isinstance(validation, (tuple, list)) and len(validation) == 2:
        return samples, _checked_validation(model, validation, loss)
    return _divided(samples, validation, rng)


def batch_size_for(samples: Data, batch_size: int | None) -> int:
    """The batch size asked for, or 32 at most where none is."""
    if batch_size is None:
        return min(32, len(samples))
    size = at_least_one(batch_size, "fit", "batch_size")
    if size > len(samples):
        raise DataError(f"fit: a batch of {batch_size} does not fit the {len(samples)} samples there are to train on")
    return size


def _divided(samples: Data, part: float | None, rng: np.random.Generator) -> tuple[Data, Data | None]:
    """All samples, or those left when a random part is held out."""
    if part is None:
        return samples, None
    if not isinstance(part, (float, np.floating)) or not 0.0 < part < 1.0:
        raise ArgumentError(f"fit: validation is a pair (X, y) or a part between 0 and 1, got {part!r:.80}")
    count = max(1, round(part * len(samples)))
    if count == len(samples):
        raise DataError(f"fit: holding out {part} of {len(samples)} samples leaves none to train on")
    order = rng.permutation(len(samples))
    return samples.taken(order[count:]), samples.taken(order[:count])


def _checked(model: Module, X: Any, y: Any, loss: LossFunction, whose: str = "") -> Data:
    """The data for this kind of model, after the model has run on the first row and the loss has seen every target."""
    with training_mode(model, False):
        if is_array_model(model):
            dtype = next(p.dtype for p in model.parameters() if isinstance(p, Tensor))
            arrays = checked_array_samples(X, y, dtype, whose)
            _rehearse(model, loss, _array_loss(model, loss, arrays, whose), Tensor)
            return arrays
        samples = checked_samples(X, y, whose)
        _rehearse(model, loss, _scalar_loss(model, loss, samples, whose), Value)
        return samples


def _checked_validation(model: Module, pair: Any, loss: LossFunction) -> Data:
    try:
        return _checked(model, pair[0], pair[1], loss, whose="validation ")
    except DataError:
        raise
    except AutogradError as error:  # of the model or the loss, which do not know what they were called on
        raise type(error)(f"on the validation data: {error}") from None


def _scalar_loss(model: Module, loss: LossFunction, samples: Samples, whose: str) -> Any:
    """The loss of the first row, once every target is known to fit the outputs."""
    outputs = model(samples.rows[0])
    if isinstance(loss, Loss):
        count = len(outputs) if isinstance(outputs, (list, tuple)) else 1
        for i, target in enumerate(samples.targets):
            try:
                loss.check(target, count)
            except AutogradError as error:
                raise DataError(f"{whose}y, row {i}: {error}") from None
    return loss(outputs, samples.targets[0])


def _array_loss(model: Module, loss: LossFunction, samples: ArraySamples, whose: str) -> Any:
    """The loss of the first row as a batch of one, once every target is known to fit the outputs."""
    rows, targets = next(samples.batches(1))
    outputs = model(rows)
    if isinstance(loss, Loss) and isinstance(outputs, Tensor):
        for start in range(0, len(samples), _ROWS_CHECKED):
            try:
                loss.check_batch(samples.y[start : start + _ROWS_CHECKED], outputs.shape, start)
            except AutogradError as error:
                raise DataError(f"{whose}y: {error}") from None
    return loss(outputs, targets)


def _rehearse(model: Module, loss: LossFunction, first: Any, kind: type[Any]) -> None:
    """Demands that the loss of the first row is one node that depends on a parameter."""
    if not isinstance(first, kind) or (isinstance(first, Tensor) and first.size != 1):
        one = ", of one number: the mean over the batch" if kind is Tensor else ""
        raise OperandError(
            f"fit: the loss must be a {kind.__name__}, so that its gradient is known{one}; got {first!r}"
        )
    if not first.requires_grad:
        raise ArgumentError(
            f"fit: {loss!r} of {model!r} does not depend on any parameter through a derivative. Is every parameter "
            "frozen, or the activation a step? A Perceptron learns by its own rule: perceptron.learn(X, y)."
        )
