"""What fit checks before anything moves: the data, and that model, loss and optimizer fit them and each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from autograd import Value
from autograd.errors import ArgumentError, AutogradError, DataError, OperandError
from nn.arguments import at_least_one
from nn.losses import Loss
from nn.module import Module, training_mode
from nn.optimizers import Optimizer
from nn.samples import Samples, checked_samples

LossFunction: TypeAlias = Callable[[Any, Any], Any]


def prepared(
    model: Module, X: Any, y: Any, loss: LossFunction, optimizer: Optimizer, validation: Any, rng: np.random.Generator
) -> tuple[Samples, Samples | None]:
    """The samples to train on and those held out for validation, rehearsed on the model and the loss."""
    if isinstance(loss, type):
        raise OperandError(f"fit: loss={loss.__name__} is a class, and fit needs one of its kind: {loss.__name__}()")
    if not isinstance(model, Module) or not isinstance(optimizer, Optimizer) or not callable(loss):
        raise OperandError(
            "fit takes a Module, X, y, loss=… such as nn.CrossEntropyLoss() and optimizer=… such as "
            f"nn.SGD(model, lr=0.1); got {model!r}, {loss!r} and {optimizer!r}"
        )
    if not set(model.parameters()) & set(optimizer.parameters):
        raise ArgumentError("fit: the optimizer holds none of the model's parameters, so nothing would be learned")
    samples = checked_samples(X, y)
    _rehearse(model, loss, samples)
    if isinstance(validation, (tuple, list)) and len(validation) == 2:
        held_out = checked_samples(validation[0], validation[1], whose="validation ")
        _rehearse(model, loss, held_out, whose="validation ")
        return samples, held_out
    return _divided(samples, validation, rng)


def batch_size_for(samples: Samples, batch_size: int | None) -> int:
    """The batch size asked for, or 32 at most where none is."""
    if batch_size is None:
        return min(32, len(samples))
    if at_least_one(batch_size, "fit", "batch_size") > len(samples):
        raise DataError(f"fit: a batch of {batch_size} does not fit the {len(samples)} samples there are to train on")
    return batch_size


def _divided(samples: Samples, part: float | None, rng: np.random.Generator) -> tuple[Samples, Samples | None]:
    """All samples, or those left when a random part is held out."""
    if part is None:
        return samples, None
    if not isinstance(part, (float, np.floating)) or not 0.0 < part < 1.0:
        raise ArgumentError(f"fit: validation is a pair (X, y) or a part between 0 and 1, got {part!r}")
    count = max(1, round(part * len(samples)))
    if count == len(samples):
        raise DataError(f"fit: holding out {part} of {len(samples)} samples leaves none to train on")
    order = rng.permutation(len(samples))
    return samples.taken(order[count:]), samples.taken(order[:count])


def _rehearse(model: Module, loss: LossFunction, samples: Samples, whose: str = "") -> None:
    """Runs the model on the first row, and checks every target against the outputs."""
    with training_mode(model, False):
        outputs = model(samples.rows[0])
        if isinstance(loss, Loss):
            count = len(outputs) if isinstance(outputs, (list, tuple)) else 1
            for i, target in enumerate(samples.targets):
                try:
                    loss.check(target, count)
                except AutogradError as error:
                    raise DataError(f"{whose}y, row {i}: {error}") from None
        first = loss(outputs, samples.targets[0])
    if not isinstance(first, Value):
        raise OperandError(f"fit: the loss must be a Value, so that its gradient is known; got {first!r}")
    if not first.requires_grad:
        raise ArgumentError(
            f"fit: {loss!r} of {model!r} does not depend on any parameter through a derivative. Is every parameter "
            "frozen, or the activation a step? A Perceptron learns by its own rule: perceptron.learn(X, y)."
        )
