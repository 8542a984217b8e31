"""Differences: how far two numbers are apart, in units in the last place of the coarser of their dtypes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from autograd.entries import first_index
from autograd.graph import Node

Kind = Literal["value", "gradient", "structure"]


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """One node that differs; `first` or `second` is None where the node is in one graph alone.

    `ulps` is the largest distance between its entries, in units in the last place of `dtype`, and `index` where that
    is; both numbers are those of that entry. `what` says in words how a structure differs.
    """

    kind: Kind
    first: Node | None
    second: Node | None
    name: str
    other_name: str
    numbers: tuple[Any, Any] = (None, None)
    ulps: float = math.nan
    index: tuple[int, ...] = ()
    dtype: str = ""
    what: str = ""

    def __str__(self) -> str:
        names = " beside ".join(dict.fromkeys(filter(None, (self.name, self.other_name))))
        if self.kind == "structure":
            return f"structure differs here: {self.what} ({names})"
        place = str(list(self.index)) if self.index else ""
        one, other = self.numbers
        unit = f"{self.ulps:,.4g} units in the last place of {self.dtype}"
        return f"{self.kind} of {names}{place}: {one} against {other}, {unit} apart"


@dataclass(frozen=True, slots=True)
class Apart:
    """How far two numbers or arrays are apart where they are farthest."""

    ulps: float
    index: tuple[int, ...]
    dtype: str
    numbers: tuple[Any, Any]
    rounding: float  # how far one and the same number is apart from itself in the two dtypes, at the most


def apart(x: Any, y: Any) -> Apart | None:
    """None where the two have different shapes; equal infinities and nan against nan are 0 apart."""
    if x.__class__ is y.__class__ is float:  # the same, in a twentieth of the time
        unit = math.ulp(max(abs(x), abs(y))) if math.isfinite(x) and math.isfinite(y) else 0.0
        ulps = 0.0 if x == y or (x != x and y != y) else abs(x - y) / unit if unit else math.inf
        return Apart(ulps, (), "float64", (x, y), 0.0)
    one, other = np.asarray(x), np.asarray(y)
    if one.shape != other.shape:
        if one.size != 1 or other.size != 1:
            return None
        one, other = one.reshape(()), other.reshape(())
    dtypes = {a.dtype if a.dtype.kind == "f" else np.dtype(np.float64) for a in (one, other)}
    coarser = min(dtypes, key=lambda dtype: dtype.itemsize)
    rounding = 0.5 if len(dtypes) > 1 else 0.0
    if not one.size:
        return Apart(0.0, (), str(coarser), (None, None), rounding)
    a, b = one.astype(np.float64), other.astype(np.float64)
    with np.errstate(all="ignore"):
        units = np.spacing(np.maximum(np.abs(a), np.abs(b)).astype(coarser)).astype(np.float64)
        far = np.asarray(np.abs(a - b) / units)
        far = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.where(np.isnan(far), np.inf, far))
    index = first_index(far == far.max())
    return Apart(float(far[index]), index, str(coarser), (one[index].item(), other[index].item()), rounding)
