"""Counts, rates and float types among the arguments: checked once, with one wording."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd.errors import ArgumentError


def at_least_one(number: Any, where: str, what: str) -> int:
    """A count of at least 1 as an int, else ArgumentError."""
    try:
        count = operator.index(_only_number(number))
    except TypeError:
        raise ArgumentError(f"{where}: {what} must be a positive whole number, got {number!r}") from None
    if count < 1:
        raise ArgumentError(f"{where}: {what} must be at least 1, got {count}")
    return count


def rate(number: Any, where: str, what: str, *, below: float = math.inf) -> float:
    """A number, not text, of at least 0 and less than `below` as a float, else ArgumentError."""
    try:
        checked = float(_only_number(number))
    except (TypeError, ValueError):
        raise ArgumentError(f"{where}: {what} must be a number, got {number!r}") from None
    if not 0.0 <= checked < below:
        limit = "finite" if below == math.inf else f"less than {below:g}"
        raise ArgumentError(f"{where}: {what} must be at least 0 and {limit}, got {number!r}")
    return checked


def float_type(dtype: DTypeLike, where: str) -> np.dtype[Any]:
    """float32 or float64, by whatever name NumPy knows it, else ArgumentError."""
    try:
        found = np.dtype(dtype)
    except (TypeError, ValueError, SyntaxError):
        found = np.dtype(object)
    # np.dtype(None) is float64, which nobody has asked for.
    if dtype is None or found not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise ArgumentError(f"{where}: dtype must be float32 or float64, got {dtype!r}")
    return found


def _only_number(number: Any) -> Any:
    """The number itself. TypeError for True and for "0.1", which Python would take for numbers as well."""
    if isinstance(number, (bool, np.bool_, str, bytes)):
        raise TypeError
    return number
