"""Targets, labels and weights as arrays: checked all at once, with the row named that does not fit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd
from autograd import Tensor
from autograd.errors import ArgumentError, OperandError, ShapeError
from autograd.graph import Node
from autograd.modes import current_mode
from nn.classes import is_list


def as_data(x: Any, whose: str, what: str = "targets") -> NDArray[Any]:
    """An array, a list, a number, or a Tensor without gradient, as an array of real numbers or truth values.

    OperandError where it holds anything else, ShapeError where rows are of unequal length.
    """
    if x.__class__ is np.ndarray and x.dtype.kind in "iufb":
        return x
    if isinstance(x, Tensor) and not x.requires_grad:
        return x.data
    if isinstance(x, Node):
        raise OperandError(f"{whose}: {what} are data without a gradient, got {x!r}. Of a Tensor say t.detach()")
    if isinstance(x, np.ma.MaskedArray) and np.ma.is_masked(x):
        raise OperandError(f"{whose}: {what} are a masked array with gaps: leave such rows out")
    try:
        array = np.asarray(x)
    except (TypeError, ValueError, OverflowError):
        raise ShapeError(f"{whose}: {what} make no array of numbers: are rows of unequal length?") from None
    if array.dtype.kind not in "biuf":
        raise OperandError(f"{whose}: {what} are numbers, got {_first_alien(x)}")
    return array


def live(x: Any) -> Any:
    """A Tensor while a program is recorded, in which it is an input and not these numbers; else None.

    What is checked in its numbers holds for them alone: a condition on the Tensor itself, made a branch, is a guard,
    asked again at every call of the program.
    """
    return x if isinstance(x, Tensor) and current_mode().recording is not None else None


CHECKED: ContextVar[bool] = ContextVar("targets_are_checked", default=False)


@contextmanager
def checked_targets() -> Iterator[None]:
    """Inside, losses record no guards on targets: whoever calls the program checks them at every call."""
    token = CHECKED.set(True)
    try:
        yield
    finally:
        CHECKED.reset(token)


def demand_between(outputs: Any, low: float, high: float, message: str) -> None:
    """Raises ArgumentError where an output lies outside; while a program is recorded, at its calls as well.

    Outputs are a Tensor, or a list of Values.
    """
    recorded = current_mode().recording is not None
    if recorded and not autograd.min(outputs) < low and not autograd.max(outputs) > high:
        return
    numbers = outputs._data if isinstance(outputs, Tensor) else np.array([getattr(x, "_data", x) for x in outputs])
    demand(~((numbers < low) | (numbers > high)), numbers, message)


def _first_alien(x: Any) -> str:
    for place, item in np.ndenumerate(np.asarray(x, dtype=object)):
        if not isinstance(item, (int, float, np.number, np.bool_)) or isinstance(item, np.complexfloating):
            return f"{type(item).__name__} {str(item)[:40]!r}{place_in_words(place)}"
    return f"an array of {np.asarray(x).dtype}"


def demand(good: NDArray[np.bool_], found: NDArray[Any], message: str, first: int = 0) -> None:
    """Raises ArgumentError where an entry is not good: the message with its number and its place put in.

    `first` is the row number of the first row.
    """
    if not good.all():
        place = tuple(int(i) for i in np.unravel_index(int(np.argmin(good)), good.shape))
        item = found[place].tolist()
        raise ArgumentError(message.format(item, place_in_words(place, first)))


def place_in_words(place: tuple[int, ...], first: int = 0) -> str:
    """The place of an entry: its row and, where there are several in a row, its column."""
    if not place:
        return ""
    columns = [int(i) for i in place[1:]]
    inside = "" if not columns else f", column {columns[0]}" if len(columns) == 1 else f" at {columns}"
    return f" in row {int(place[0]) + first}{inside}"


def like_outputs(y: NDArray[Any], shape: tuple[int, ...], whose: str, hint: str = "") -> NDArray[Any]:
    """Targets in the outputs' shape, which is theirs, or theirs with a last axis of size 1: nothing stretches."""
    if y.shape == shape:
        return y
    if (*y.shape, 1) == shape:
        return y.reshape(shape)
    raise ShapeError(f"{whose}: outputs of shape {shape} and targets of shape {y.shape} do not match: {hint}")


def sample_weights(given: Any, shape: tuple[int, ...], dtype: Any, whose: str, *, single: bool = False) -> NDArray[Any]:
    """One weight for each loss of this shape: given so, or one for each row, or one number for a single sample."""
    w = as_data(given, whose, "sample weights")
    if w.shape != shape and w.shape == shape[:1]:
        w = w.reshape(-1, *(1 for _ in shape[1:]))
    elif w.shape != shape and (w.ndim or not single):
        raise ShapeError(f"{whose}: sample weights of shape {w.shape} do not match losses of shape {shape}")
    demand(_is_weight(w), w, f"{whose}: a sample weight is a number from 0 on, got {{}}{{}}")
    return np.broadcast_to(w.astype(dtype), shape)


def class_weights(given: Any, whose: str) -> NDArray[Any] | None:
    """One weight for each class, kept as a copy; None where there are none."""
    if given is None:
        return None
    weight = as_data(given, whose, "class weights").astype(np.float64)
    if weight.ndim != 1 or not weight.size:
        raise ShapeError(f"{whose}: weight holds one number for each class, got an array of shape {weight.shape}")
    if not (_is_weight(weight).all() and weight.any()):
        raise ArgumentError(f"{whose}: class weights are numbers from 0 on, not all of them 0; got {weight.tolist()}")
    return weight


def _is_weight(w: NDArray[Any]) -> NDArray[np.bool_]:
    return np.asarray((w >= 0.0) & (w < np.inf))


def listed(x: Any) -> Any:
    """Several numbers or Values as they are, one as a list of one; OperandError or ShapeError on anything else."""
    items = x if is_list(x) else [x]
    for item in items:
        if not isinstance(item, (float, int, np.number, np.bool_, Node)) and np.ndim(item):
            raise ShapeError(f"a loss compares each output with one number, got {item!r}")
        if not isinstance(item, (float, int, np.number, np.bool_, Node, np.ndarray)):
            raise OperandError(f"a loss compares numbers, got {_in_words(item)}")
    return items


def _in_words(item: Any) -> str:
    return f"the text {item!r}" if isinstance(item, str) else f"{type(item).__name__} {str(item)[:40]!r}"
