"""Which class outputs name, for one sample and for a batch: by the largest output, or by a half of a single one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor, Value
from autograd.errors import AutogradError, OperandError, ShapeError


def predicted_class(outputs: Any) -> Any:
    """The index of the largest output, the first among equals; a single output means class 1 from 0.5 on, else 0.

    Of a batch, a Tensor or an array of shape (n, k), it is an array of n indices; of a list of lists a list of them.
    """
    if is_batch(outputs):
        classes = _classes(plain_numbers(outputs))
        return classes.tolist() if isinstance(outputs, (list, tuple)) else classes
    each = outputs if isinstance(outputs, (list, tuple)) else np.atleast_1d(plain_numbers(outputs))
    try:
        numbers = [float(output) for output in each]
    except (TypeError, ValueError) as error:
        if isinstance(error, AutogradError):
            raise
        raise OperandError(f"predicted_class: outputs are numbers, got {str(outputs)[:60]}") from None
    if not numbers:
        raise ShapeError("predicted_class: there are no outputs of which to name the largest")
    return numbers.index(max(numbers)) if len(numbers) > 1 else int(numbers[0] >= 0.5)


def is_list(x: Any) -> bool:
    """Whether x holds several numbers: a list, a tuple, or an array that is not of rank 0."""
    return isinstance(x, (list, tuple)) or bool(getattr(x, "ndim", 0))


def is_batch(outputs: Any) -> bool:
    """Whether these are the outputs for several samples: lists of lists, or an array of rank 2 or more."""
    if isinstance(outputs, (list, tuple)):
        return bool(outputs) and is_list(outputs[0])
    return getattr(outputs, "ndim", 0) > 1


def plain_numbers(x: Any) -> NDArray[Any]:
    """The numbers of a Tensor, of an array, or of lists of numbers, Values and Tensors, as an array."""
    if isinstance(x, Tensor):
        return x.data
    if isinstance(x, np.ndarray):
        return x
    try:
        return np.asarray(_without_nodes(x))
    except ValueError:
        raise ShapeError("rows of outputs or labels must be alike, and these are of unequal length") from None


def _without_nodes(x: Any) -> Any:
    if isinstance(x, (list, tuple)):
        return [_without_nodes(item) for item in x]
    if isinstance(x, (Value, Tensor)):
        return x.data
    if x is None or isinstance(x, (str, bytes)):
        raise OperandError(f"outputs and labels are numbers, got {type(x).__name__} {str(x)[:40]!r}")
    return x


def _classes(scores: NDArray[Any]) -> NDArray[np.int64]:
    if not scores.shape[-1]:
        raise ShapeError(f"predicted_class: outputs of shape {scores.shape} hold nothing to choose from")
    if scores.shape[-1] == 1:
        return (scores[..., 0] >= 0.5).astype(np.int64)
    return np.argmax(scores, axis=-1).astype(np.int64, copy=False)
