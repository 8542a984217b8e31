"""Counts and rates among the arguments: checked once, with one wording."""

from __future__ import annotations

import math
from typing import Any

from autograd.errors import ArgumentError


def at_least_one(number: Any, where: str, what: str) -> int:
    """A count of at least 1 as an int, else ArgumentError."""
    try:
        count = int(number.__index__())
    except AttributeError:
        raise ArgumentError(f"{where}: {what} must be a positive whole number, got {number!r}") from None
    if count < 1:
        raise ArgumentError(f"{where}: {what} must be at least 1, got {count}")
    return count


def rate(number: Any, where: str, what: str, *, below: float = math.inf) -> float:
    """A number of at least 0 and less than `below` as a float, else ArgumentError."""
    try:
        checked = float(number)
    except (TypeError, ValueError):
        raise ArgumentError(f"{where}: {what} must be a number, got {number!r}") from None
    if not 0.0 <= checked < below:
        limit = "finite" if below == math.inf else f"less than {below:g}"
        raise ArgumentError(f"{where}: {what} must be at least 0 and {limit}, got {number!r}")
    return checked
