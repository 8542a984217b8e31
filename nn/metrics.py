"""What a trained model gets right: predicted classes, accuracy, error rate, and the confusion table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor, no_grad
from autograd.errors import ArgumentError, OperandError, ShapeError
from nn.arguments import at_least_one
from nn.classes import is_list, plain_numbers, predicted_class
from nn.data_checks import checked_rows
from nn.module import Module, training_mode
from nn.samples import checked_array_samples


def predict(model: Module, X: Any, loss: Any = None, *, batch_size: int = 1024) -> Any:
    """The predicted class of every row of X: an index, or what `loss.predicted` makes of the outputs.

    A list of a model of Values; an array of a model of Tensors, which gets `batch_size` rows at a time. Nothing is
    recorded, and the model is in evaluation mode.

    A model trained with labels −1 and 1 needs its loss here: `predict(model, X, loss=nn.HingeLoss())` gives −1 and 1.
    The numbers that a regression predicts are no classes: `predict_scores` gives them.
    """
    _demand_module(model, "predict")
    if loss is not None and (isinstance(loss, type) or not callable(getattr(loss, "predicted", None))):
        raise OperandError(f"predict: loss is a Loss such as nn.HingeLoss(), got {loss!r}")
    named = predicted_class if loss is None else loss.predicted
    if not _dtype(model):
        with no_grad(), training_mode(model, False):
            return [named(model(row)) for row in checked_rows(X)]
    scores = predict_scores(model, X, batch_size=batch_size)
    return named(scores.reshape(-1, 1) if scores.ndim == 1 else scores)


def predict_scores(model: Module, X: Any, *, batch_size: int = 1024) -> NDArray[Any]:
    """The outputs for every row of X as an array (n, k): logits or probabilities, as the model gives them.

    Nothing is recorded, and the model is in evaluation mode. A model of Tensors gets `batch_size` rows at a time, in
    its dtype.
    """
    _demand_module(model, "predict_scores")
    dtype = _dtype(model)
    X = X.data if isinstance(X, Tensor) else X
    with no_grad(), training_mode(model, False):
        if not dtype:
            return plain_numbers([_listed(model(row)) for row in checked_rows(X)])
        samples = checked_array_samples(X, np.zeros(len(X) if hasattr(X, "__len__") else 1), dtype)
        size = at_least_one(batch_size, "predict", "batch_size")
        return np.concatenate([model(rows).numpy() for rows, _ in samples.batches(size)])


def _demand_module(model: Any, where: str) -> None:
    if not isinstance(model, Module):
        raise OperandError(f"{where}(model, X) takes a module first, got {type(model).__name__}")


def _dtype(model: Module) -> Any:
    """The dtype of a model of Tensors; None of a model of Values."""
    return next((parameter.dtype for parameter in model.parameters() if isinstance(parameter, Tensor)), None)


def _listed(outputs: Any) -> Any:
    return outputs if is_list(outputs) else [outputs]


def zero_one(outputs: Any, label: Any) -> Any:
    """The 0–1 loss: 1.0 where the predicted class is not the label's, an index or a list of probabilities, else 0.0.

    Of the outputs for a batch, and a label for each sample, it is an array.
    """
    named = predicted_class(outputs)
    if is_list(named):
        pairs = _pairs("zero_one", named, label)
        return (pairs[0] != pairs[1]).astype(np.float64)
    wanted = predicted_class(label) if is_list(label) else label
    return float(named != wanted)


def accuracy(predicted: Any, labels: Any) -> float:
    """The part of the predicted classes that equal the labels; a one-hot or soft label means its largest entry."""
    named, wanted = _pairs("accuracy", predicted, labels)
    return float(np.count_nonzero(named == wanted) / len(named))


def error_rate(predicted: Any, labels: Any) -> float:
    """The part of the predicted classes that differ from the labels; a one-hot or soft label means its largest entry.

    ArgumentError where no prediction could equal a label: labels −1 and 1 beside predictions 0 and 1.
    """
    named, wanted = _pairs("error_rate", predicted, labels)
    return float(np.count_nonzero(named != wanted) / len(named))


def top_k_accuracy(scores: Any, labels: Any, k: int = 5) -> float:
    """The part of the samples whose label is among the k classes with the largest scores, the first among equals.

    Scores have the shape (n, classes): logits or probabilities. With k = 1 it is the accuracy of the largest.
    """
    table = plain_numbers(scores)
    if table.ndim != 2 or not table.size or table.dtype.kind not in "biuf":
        raise ShapeError(f"top_k_accuracy: scores have the shape (n, classes), got {table.shape}")
    if not 1 <= at_least_one(k, "top_k_accuracy", "k") <= table.shape[1]:
        raise ArgumentError(f"top_k_accuracy: k is one of 1 to {table.shape[1]}, the number of classes; got {k}")
    if np.isnan(table).any():
        raise ArgumentError(f"top_k_accuracy: a score is nan in row {int(np.isnan(table).any(axis=1).argmax())}")
    _, wanted = _pairs("top_k_accuracy", np.zeros(len(table), np.int64), labels)
    if wanted.min() < 0 or wanted.max() >= table.shape[1]:
        row = int(np.argmax((wanted < 0) | (wanted >= table.shape[1])))
        raise ArgumentError(
            f"top_k_accuracy: label {row} is {wanted[row]}, and {table.shape[1]} scores allow 0 to {table.shape[1] - 1}"
        )
    own = table[np.arange(len(table)), wanted][:, np.newaxis]
    earlier = np.arange(table.shape[1]) < wanted[:, np.newaxis]
    ahead = (table > own) | ((table == own) & earlier)
    return float(np.count_nonzero(ahead.sum(axis=1) < k) / len(table))


@dataclass(frozen=True)
class Confusion:
    """counts[i][j]: how many samples of class i were named class j. It prints as a table."""

    counts: list[list[int]]
    class_names: list[str]

    @property
    def right(self) -> int:
        """The sum of the diagonal."""
        return sum(row[i] for i, row in enumerate(self.counts))

    @property
    def total(self) -> int:
        return sum(map(sum, self.counts))

    def __str__(self) -> str:
        corner, counts = "true \\ named", [str(count) for row in self.counts for count in row]
        heads = [name.ljust(max(map(len, [corner, *self.class_names]))) for name in [corner, *self.class_names]]
        width = 2 + max(map(len, [*self.class_names, *counts]))
        rows: list[list[Any]] = [list(self.class_names), *self.counts]
        return "\n".join(
            head + "".join(str(entry).rjust(width) for entry in row) for head, row in zip(heads, rows, strict=True)
        )


def confusion(predicted: Any, labels: Any, class_names: Sequence[str] | None = None) -> Confusion:
    """The confusion table of predicted classes against labels; names default to the indices."""
    guesses, wanted = _pairs("confusion", predicted, labels)
    needed = int(max(guesses.max(), wanted.max())) + 1
    names = [str(name) for name in (range(needed) if class_names is None else class_names)]
    if min(guesses.min(), wanted.min()) < 0:
        raise ArgumentError("confusion: classes are indices from 0 on. Write (1 + label) // 2 for labels −1 and 1")
    if len(names) < needed:
        raise ArgumentError(f"confusion: classes are indices of {len(names)} names, {names}, and run to {needed - 1}")
    counts = np.zeros((len(names), len(names)), np.int64)
    np.add.at(counts, (wanted, guesses), 1)
    return Confusion(counts.tolist(), names)


def _pairs(where: str, predicted: Any, labels: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Predicted class and label of each sample, checked to be of one kind."""
    if not is_list(predicted) or not is_list(labels) or len(predicted) != len(labels) or not len(labels):
        got = " and ".join(str(len(x)) if is_list(x) else type(x).__name__ for x in (predicted, labels))
        raise ShapeError(f"{where}: one label for each prediction is needed, in lists: got {got}")
    pairs = _class_indices(predicted, f"{where}: prediction"), _class_indices(labels, f"{where}: label")
    if min(pairs[0].min(), pairs[1].min()) < 0:
        classes = np.union1d(*pairs).tolist()
        if not set(classes) <= {-1, 1}:
            raise ArgumentError(
                f"{where}: classes are indices from 0 on, or −1 and 1, but predictions and labels together hold "
                f"{classes[:8]}. For labels −1 and 1 predict with the loss: "
                "nn.predict(model, X, loss=nn.HingeLoss())."
            )
    return pairs


def _class_indices(labels: Any, what: str) -> NDArray[np.int64]:
    """The labels of samples as int64: at once where they are whole numbers, else one by one."""
    data = labels.data if isinstance(labels, Tensor) else labels
    if isinstance(data, np.ndarray) and data.dtype.kind in "iub" and data.ndim == 1:
        return data.astype(np.int64, copy=False)
    return np.array([_class_of(label, f"{what} {i}") for i, label in enumerate(data)], np.int64)


def _class_of(label: Any, place: str) -> int:
    """A label as an int: a whole number, or the largest entry of a one-hot or soft label."""
    if is_list(label) and len(label) == 1:
        label = label[0]
    try:
        numbers = [float(x) for x in (label if is_list(label) else [label]) if not isinstance(x, (str, bytes))]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) > 1 and min(numbers) >= 0.0 and abs(sum(numbers) - 1.0) <= 1e-6:
        return predicted_class(numbers)
    if len(numbers) != 1 or not numbers[0].is_integer():
        raise ArgumentError(
            f"{place} is {label!r}: a class is a whole number, or a list of probabilities that sum to 1"
        )
    return int(numbers[0])
