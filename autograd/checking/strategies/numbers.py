"""Numbers: floats away from special points or on them, and Values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.checking.extra import hypothesis
from autograd.errors import ArgumentError
from autograd.op import as_float
from autograd.value import Value

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

APART = 2.0**-6  # how far from what is avoided, unless asked otherwise
LEAST = 2.0**-20  # of the domain's farther end: nearer to 0 a square has a slope that nothing numerical sees
CLOSE = {np.dtype(np.float64): 50, np.dtype(np.float32): 21}  # halvings that lead from a number to its neighbours


def floats(
    domain: tuple[float, float] = (-3.0, 3.0),
    *,
    avoid: Sequence[float] = (),
    apart: float = APART,
    near: Sequence[float] = (),
    dtype: Any = np.float64,
) -> SearchStrategy[float]:
    """Finite floats of a closed domain, which shrink to the simplest: whole ones, small ones, positive ones.

    They are 0.0 or at least a millionth of the domain's farther end, down to which a numerical derivative can be known.
    `avoid` lists special points, such as kinks, from which every number is at least `apart`. `near` lists those on or
    beside which every number lies, down to the neighbouring floats; those named first are the simplest. With
    dtype=np.float32 every number is one of float32. ArgumentError where nothing is left to draw.

    >>> from hypothesis import find
    >>> find(floats(avoid=[0.0, 1.0]), lambda x: x > 0.3)
    2.0
    """
    st = hypothesis("floats").strategies
    low, high = (as_float(x, "floats") for x in domain)
    if not (math.isfinite(low) and math.isfinite(high) and low <= high) or not apart > 0.0:
        raise ArgumentError(f"floats takes a finite domain (low, high) and apart > 0; got {domain!r} and {apart!r}")
    width = _width(dtype)
    kept = [as_float(x, "floats") for x in avoid]
    pieces = _pieces(low, high, kept, apart, width)
    if near:
        return st.one_of(*(_beside(st, as_float(point, "floats"), pieces, width) for point in near))
    if not pieces:
        raise ArgumentError(f"floats: nothing of {domain} is {apart} away from {', '.join(map(repr, avoid))}")
    return st.one_of(*(st.floats(a, b, width=width) for a, b in _without_tiny(pieces, max(-low, high), width)))


def values(numbers: SearchStrategy[float] | None = None, label: Any = None) -> SearchStrategy[Value]:
    """Values that hold these numbers, `floats()` unless others are given; `label` is text, or a strategy for it.

    >>> from hypothesis import find
    >>> find(values(label="w"), lambda w: w.data > 0.5).data
    1.0
    """
    st = hypothesis("values").strategies
    labels = label if isinstance(label, st.SearchStrategy) else st.just(label)
    return st.builds(Value, floats() if numbers is None else numbers, label=labels)


def _width(dtype: Any) -> int:
    if np.dtype(dtype) not in CLOSE:
        raise ArgumentError(f"dtype is np.float32 or np.float64, got {dtype!r}")
    return 8 * np.dtype(dtype).itemsize


def _pieces(low: float, high: float, avoid: Sequence[float], apart: float, width: int) -> list[tuple[float, float]]:
    """What is left of an interval, ends among the floats of this width, with the piece of the simplest first."""
    pieces = [(low, high)]
    for point in avoid:
        cut = [(a, min(b, point - apart)) for a, b in pieces] + [(max(a, point + apart), b) for a, b in pieces]
        pieces = [(a, b) for a, b in cut if a <= b]
    inside = [(_inward(a, math.inf, width), _inward(b, -math.inf, width)) for a, b in dict.fromkeys(pieces)]
    return sorted(((a, b) for a, b in inside if a <= b), key=_simplicity)


def _without_tiny(pieces: Sequence[tuple[float, float]], farther: float, width: int) -> list[tuple[float, float]]:
    """The same without what lies so near to 0 that it is not 0 for all that; nothing is cut that leaves nothing."""
    least = _inward(LEAST * farther, math.inf, width)
    if not least:  # among the smallest floats
        return list(pieces)
    zero = [(0.0, 0.0)] if any(a <= 0.0 <= b for a, b in pieces) else []
    kept = [(a, min(b, -least)) for a, b in pieces] + [(max(a, least), b) for a, b in pieces]
    return sorted(zero + [(a, b) for a, b in dict.fromkeys(kept) if a <= b], key=_simplicity) or list(pieces)


def _simplicity(piece: tuple[float, float]) -> tuple[bool, bool, float]:
    """Pieces with a whole number come first, then those with a positive one, then those close to 0."""
    low, high = piece
    return math.ceil(low) > high, high < 0.0 or (low < 0.0 and math.ceil(low) > -1), max(low, -high, 0.0)


def _inward(x: float, toward: float, width: int) -> float:
    """The next float of this width, x itself if it is one."""
    if width == 64:
        return x
    rounded = np.float32(x)
    back = float(rounded) < x if toward > 0.0 else float(rounded) > x
    return float(np.nextafter(rounded, np.float32(toward))) if back else float(rounded)


def _beside(st: Any, point: float, pieces: Sequence[tuple[float, float]], width: int) -> Any:
    """A point and numbers on both sides of it, at distances that halve again and again, inside these pieces."""
    steps = [2.0**-k for k in range(int(-math.log2(APART)), CLOSE[np.dtype(f"f{width // 8}")] + 1)]
    size = max(abs(point), 2.0**-20 if point == 0.0 else 0.0)
    found = [point, *(point + sign * step * size for step in steps for sign in (1.0, -1.0))]
    rounded = [float(np.float32(x)) if width == 32 else x for x in found]
    allowed = [x for x in dict.fromkeys(rounded) if any(a <= x <= b for a, b in pieces)]
    if not allowed:
        raise ArgumentError(f"floats: nothing near {point!r} lies in the domain, away from what is avoided")
    return st.sampled_from(allowed)
