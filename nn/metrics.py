"""What a trained model gets right: predicted classes, accuracy, error rate, and the confusion table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograd import no_grad
from autograd.errors import ArgumentError, OperandError, ShapeError
from nn.module import Module, training_mode
from nn.samples import checked_rows


def predicted_class(outputs: Any) -> int:
    """The index of the largest output, the first among equals; a single output means class 1 from 0.5 on, else 0."""
    numbers = [float(output) for output in (outputs if is_list(outputs) else [outputs])]
    return numbers.index(max(numbers)) if len(numbers) > 1 else int(numbers[0] >= 0.5)


def predict(model: Module, X: Any, loss: Any = None) -> list[Any]:
    """The predicted class of every row of X: an index, or what `loss.predicted` makes of the outputs.

    A model trained with labels −1 and 1 needs its loss here: `predict(model, X, loss=nn.HingeLoss())` gives −1 and 1.
    """
    if loss is not None and (isinstance(loss, type) or not callable(getattr(loss, "predicted", None))):
        raise OperandError(f"predict: loss is a Loss such as nn.HingeLoss(), got {loss!r}")
    named = predicted_class if loss is None else loss.predicted
    with no_grad(), training_mode(model, False):
        return [named(model(row)) for row in checked_rows(X)]


def zero_one(outputs: Any, label: Any) -> float:
    """The 0–1 loss: 1.0 where the predicted class is not the label's, an index or a list of probabilities, else 0.0."""
    wanted = predicted_class(list(label)) if is_list(label) else label
    return float(predicted_class(outputs) != wanted)


def accuracy(predicted: Any, labels: Any) -> float:
    """The part of the predicted classes that equal the labels; a one-hot or soft label means its largest entry."""
    pairs = _pairs("accuracy", predicted, labels)
    return sum(a == b for a, b in pairs) / len(pairs)


def error_rate(predicted: Any, labels: Any) -> float:
    """The part of the predicted classes that differ from the labels; a one-hot or soft label means its largest entry.

    ArgumentError where no prediction could equal a label: labels −1 and 1 beside predictions 0 and 1.
    """
    pairs = _pairs("error_rate", predicted, labels)
    return sum(a != b for a, b in pairs) / len(pairs)


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
        corner, width = "true \\ named", 2 + max(map(len, self.class_names))
        heads = [name.ljust(max(len(corner), width)) for name in [corner, *self.class_names]]
        rows: list[list[Any]] = [list(self.class_names), *self.counts]
        return "\n".join(
            head + "".join(str(entry).rjust(width) for entry in row) for head, row in zip(heads, rows, strict=True)
        )


def confusion(predicted: Any, labels: Any, class_names: Sequence[str] | None = None) -> Confusion:
    """The confusion table of predicted classes against labels; names default to the indices."""
    pairs = _pairs("confusion", predicted, labels)
    needed = max(max(pair) for pair in pairs) + 1
    names = [str(name) for name in (range(needed) if class_names is None else class_names)]
    if min(min(pair) for pair in pairs) < 0:
        raise ArgumentError("confusion: classes are indices from 0 on. Write (1 + label) // 2 for labels −1 and 1")
    if len(names) < needed:
        raise ArgumentError(f"confusion: classes are indices of {len(names)} names, {names}, and run to {needed - 1}")
    counts = [[0] * len(names) for _ in names]
    for guess, label in pairs:
        counts[label][guess] += 1
    return Confusion(counts, names)


def is_list(x: Any) -> bool:
    """Whether x holds several numbers: a list, a tuple, or an array that is not of rank 0."""
    return isinstance(x, (list, tuple)) or bool(getattr(x, "ndim", 0))


def _pairs(where: str, predicted: Any, labels: Any) -> list[tuple[int, int]]:
    """Predicted class and label of each sample as plain ints, checked to be of one kind."""
    if not is_list(predicted) or not is_list(labels) or len(predicted) != len(labels) or not len(labels):
        got = " and ".join(str(len(x)) if is_list(x) else type(x).__name__ for x in (predicted, labels))
        raise ShapeError(f"{where}: one label for each prediction is needed, in lists: got {got}")
    pairs = [
        (_class_of(guess, f"{where}: prediction {i}"), _class_of(label, f"{where}: label {i}"))
        for i, (guess, label) in enumerate(zip(predicted, labels, strict=True))
    ]
    classes = {number for pair in pairs for number in pair}
    if min(classes) < 0 and not classes <= {-1, 1}:
        raise ArgumentError(
            f"{where}: classes are indices from 0 on, or −1 and 1, but predictions and labels together hold "
            f"{sorted(classes)[:8]}. For labels −1 and 1 predict with the loss: "
            "nn.predict(model, X, loss=nn.HingeLoss())."
        )
    return pairs


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
