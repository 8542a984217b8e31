"""How a datum is written, be it one number or an array: as the number, as its few entries, or by shape and dtype."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.view.text import count, number

FEW = 4  # entries that are written out one by one,
ROOM = 40  # in no more characters than this
IN_FULL = 16  # entries that a tooltip writes out
NORM = "norm"  # before the one number that stands for a large derivative


def is_one_number(x: Any) -> bool:
    """Whether a datum is one number, in whatever shape."""
    return np.size(x) == 1


def brief(x: Any, digits: int) -> str:
    """0.25, or [1, 2, 3], or 32×64 float32 with how many entries are not finite, where there are any."""
    return _entries(x, digits) or kind(x) + _not_finite(x, " · ")


def size(x: Any, digits: int) -> str:
    """A derivative: 0.25, or [1, 2, 3], or the norm of what is too large for that."""
    return _entries(x, digits) or f"{NORM} {number(_norm(x), digits)}"


def in_full(x: Any) -> str:
    """Every digit of a number or of a few entries, else the range they lie in; with shape and dtype of an array."""
    array = np.asarray(x)
    if array.ndim == 0 and array.dtype == np.float64:
        return repr(array.item())
    if array.size == 1:
        return f"{array.item()!r} ({kind(array)})"
    if array.size <= IN_FULL:
        return f"{array.tolist()} ({kind(array)})"
    finite = array[np.isfinite(array)]
    reach = f" from {finite.min().item():.6g} to {finite.max().item():.6g}" if finite.size else ""
    return f"{kind(array)}{reach}, {NORM} {_norm(array):.6g}{_not_finite(array, ', ')}"


def kind(x: Any) -> str:
    """Shape and dtype: 32×64 float32."""
    array = np.asarray(x)
    return f"{'×'.join(map(str, array.shape))} {array.dtype}".strip()


def same(x: Any, y: Any, digits: int) -> bool:
    """Whether two derivatives differ by no more than so many digits show."""
    if size(x, digits) != size(y, digits) or np.shape(x) != np.shape(y):
        return False
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    top = np.max(np.abs(y), where=np.isfinite(y), initial=0.0)
    apart = 10.0 ** (1 - digits)
    return bool(np.allclose(x, y, rtol=apart, atol=apart * top, equal_nan=True))


def _entries(x: Any, digits: int) -> str:
    """The number, or the entries where they are few and short; nothing of what is larger, or empty."""
    array = np.asarray(x)
    if array.size == 1:
        return number(array.item(), digits)
    if not 0 < array.size <= FEW:
        return ""
    text = _listed(array.tolist(), digits)
    return text if len(text) <= ROOM else ""


def _listed(entries: Sequence[Any], digits: int) -> str:
    return "[" + ", ".join(_listed(e, digits) if isinstance(e, list) else number(e, digits) for e in entries) + "]"


def _norm(x: Any) -> float:
    """√Σx², shifted by the largest entry so that no square overflows."""
    array = np.abs(np.asarray(x, np.float64))
    top = np.max(array, initial=0.0)
    if not 0.0 < top < np.inf:
        return float(top)
    return float(top * np.linalg.norm(array / top))


def _not_finite(x: Any, before: str) -> str:
    lost = np.size(x) - int(np.count_nonzero(np.isfinite(x)))
    return f"{before}{count(lost, 'entry', 'entries')} not finite" if lost else ""
