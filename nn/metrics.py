"""What a trained model gets right: predicted classes, accuracy, error rate, and the confusion table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograd import no_grad
from autograd.errors import ArgumentError, DataError, ShapeError
from nn.module import Module, training_mode
from nn.samples import checked_rows


def predicted_class(outputs: Any) -> int:
    """The index of the largest output, the first among equals; a single output means class 1 from 0.5 on, else 0."""
    numbers = [float(output) for output in (outputs if isinstance(outputs, (list, tuple)) else [outputs])]
    return numbers.index(max(numbers)) if len(numbers) > 1 else int(numbers[0] >= 0.5)


def predict(model: Module, X: Any) -> list[int]:
    """The predicted class of every row of X."""
    with no_grad(), training_mode(model, False):
        return [predicted_class(model(row)) for row in checked_rows(X)]


def zero_one(outputs: Any, label: Any) -> float:
    """The 0–1 loss: 1.0 where the predicted class is not the label's, an index or a list of probabilities, else 0.0."""
    wanted = label
    if isinstance(label, (list, tuple)) or getattr(label, "ndim", 0):
        wanted = predicted_class(list(label))
    return float(predicted_class(outputs) != wanted)


def error_rate(predicted: Sequence[int], labels: Sequence[int]) -> float:
    """The part of the predicted classes that differ from the labels."""
    if len(predicted) != len(labels) or not len(labels):
        raise ShapeError(f"error_rate needs one label for each prediction: got {len(predicted)} and {len(labels)}")
    return sum(a != b for a, b in zip(predicted, labels, strict=True)) / len(labels)


def accuracy(predicted: Sequence[int], labels: Sequence[int]) -> float:
    """The part of the predicted classes that equal the labels: 1 − error rate."""
    return 1.0 - error_rate(predicted, labels)


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
        heads = [*self.class_names]
        width = max(map(len, heads)) + 2
        first = max(*map(len, heads), len("true \\ named"))
        lines = ["true \\ named".ljust(first) + "".join(name.rjust(width) for name in heads)]
        for name, row in zip(heads, self.counts, strict=True):
            lines.append(name.ljust(first) + "".join(str(count).rjust(width) for count in row))
        return "\n".join(lines)


def confusion(predicted: Sequence[int], labels: Sequence[int], class_names: Sequence[str] | None = None) -> Confusion:
    """The confusion table of predicted classes against labels; names default to the indices."""
    error_rate(predicted, labels)
    needed = int(max(*predicted, *labels)) + 1
    names = list(map(str, range(needed))) if class_names is None else [str(name) for name in class_names]
    if len(names) < needed:
        raise ArgumentError(f"confusion: {len(names)} class names do not cover class {needed - 1}")
    counts = [[0] * len(names) for _ in names]
    for i, (guess, label) in enumerate(zip(predicted, labels, strict=True)):
        if guess < 0 or label < 0:
            raise DataError(f"confusion: classes are indices from 0 on, got {guess} for label {label} in row {i}")
        counts[label][guess] += 1
    return Confusion(counts, names)
