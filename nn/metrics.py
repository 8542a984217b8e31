"""What a trained model gets right: predicted classes, accuracy, error rate, and the confusion table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograd import no_grad
from autograd.errors import ArgumentError, ShapeError
from nn.module import Module, training_mode
from nn.samples import checked_rows


def predicted_class(outputs: Any) -> int:
    """The index of the largest output, the first among equals; a single output means class 1 from 0.5 on, else 0."""
    numbers = [float(output) for output in (outputs if is_list(outputs) else [outputs])]
    return numbers.index(max(numbers)) if len(numbers) > 1 else int(numbers[0] >= 0.5)


def predict(model: Module, X: Any) -> list[int]:
    """The predicted class of every row of X."""
    with no_grad(), training_mode(model, False):
        return [predicted_class(model(row)) for row in checked_rows(X)]


def zero_one(outputs: Any, label: Any) -> float:
    """The 0–1 loss: 1.0 where the predicted class is not the label's, an index or a list of probabilities, else 0.0."""
    wanted = predicted_class(list(label)) if is_list(label) else label
    return float(predicted_class(outputs) != wanted)


def accuracy(predicted: Sequence[int], labels: Sequence[int]) -> float:
    """The part of the predicted classes that equal the labels."""
    return sum(a == b for a, b in _pairs(predicted, labels)) / len(labels)


def error_rate(predicted: Sequence[int], labels: Sequence[int]) -> float:
    """The part of the predicted classes that differ from the labels."""
    return sum(a != b for a, b in _pairs(predicted, labels)) / len(labels)


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


def confusion(predicted: Sequence[int], labels: Any, class_names: Sequence[str] | None = None) -> Confusion:
    """The confusion table of predicted classes against labels; names default to the indices."""
    pairs = _pairs(predicted, labels)
    needed = int(max(max(pair) for pair in pairs)) + 1
    names = [str(name) for name in (range(needed) if class_names is None else class_names)]
    if len(names) < needed or min(min(pair) for pair in pairs) < 0:
        raise ArgumentError(f"confusion: classes are indices of {len(names)} names, {names}, and run to {needed - 1}")
    counts = [[0] * len(names) for _ in names]
    for guess, label in pairs:
        counts[label][guess] += 1
    return Confusion(counts, names)


def is_list(x: Any) -> bool:
    """Whether x holds several numbers: a list, a tuple, or an array that is not of rank 0."""
    return isinstance(x, (list, tuple)) or bool(getattr(x, "ndim", 0))


def _pairs(predicted: Sequence[int], labels: Any) -> list[tuple[int, int]]:
    if len(predicted) != len(labels) or not len(labels):
        raise ShapeError(f"one label for each prediction is needed: got {len(predicted)} and {len(labels)}")
    return list(zip(predicted, labels, strict=True))
