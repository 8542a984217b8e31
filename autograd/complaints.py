"""NumPy's complaints as ours: the op, the shapes, and the way out where there is an obvious one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.errors import AutogradError, OperandError, ShapeError

COMPLAINTS = (ValueError, TypeError, IndexError, OverflowError)  # what NumPy raises for what it is given


def explained(name: str, arrays: Sequence[Any], parameters: dict[str, Any] | None, error: Exception) -> Exception:
    """What NumPy said while the op of this name worked on these arrays, as an AutogradError."""
    if isinstance(error, AutogradError):
        return error
    shapes = " with ".join(str(getattr(a, "shape", ())) for a in arrays)
    given = "".join(f", {key}={value!r}" for key, value in (parameters or {}).items())
    if isinstance(error, TypeError) and "argument" in str(error):
        return OperandError(f"{name}: {error}")
    if name == "matmul" and len(arrays) == 2:
        way_out = _of_matmul(*(getattr(a, "shape", ()) for a in arrays))
        if way_out:
            return ShapeError(f"matmul cannot join {shapes}: {way_out}")
    if len(arrays) > 1 and "broadcast" in str(error):
        return ShapeError(
            f"{name} cannot join {shapes}: sizes must be equal, or 1, axis by axis from the right. "
            "Use reshape or expand_dims to line the axes up."
        )
    kind = ShapeError if isinstance(error, (ValueError, IndexError)) else OperandError
    return kind(f"{name} cannot take shape {shapes}{given}: {error}")


def _of_matmul(left: tuple[int, ...], right: tuple[int, ...]) -> str:
    if not left or not right:
        return "a single number has no axis to sum over. Use * for its multiples."
    inner = left[-1], right[-2] if len(right) > 1 else right[0]
    return "" if inner[0] == inner[1] else f"the inner sizes {inner[0]} and {inner[1]} differ. Transpose one of them?"


def numbers(name: str, y: Any, operands: Sequence[Any]) -> Any:
    """The result y of an op, unless it is made of objects, as an array of Values gives: then OperandError."""
    if isinstance(y, (np.ndarray, np.generic)) and y.dtype.kind != "O":
        return y
    for a in operands:
        if isinstance(a, np.ndarray) and a.dtype.kind == "O" and a.size:
            raise OperandError(
                f"{name} works on arrays of numbers, and not on one that holds {type(a.flat[0]).__name__}. "
                "Use a flat list of Values, or Tensor for arrays."
            )
    return y
