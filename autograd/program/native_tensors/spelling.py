"""How elementwise NumPy calls are written in native code, on the single numbers of a loop."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.program.native_tensors.stages import NotNative
from autograd.program.tensors.sketches import Call, cast
from autograd.program.tensors.spelling import SIGNS, text_of

NAMES = {np.dtype(np.float32): "float32", np.dtype(np.float64): "float64", np.dtype(np.int64): "int64",
         np.dtype(bool): "uint8"}  # fmt: skip
_MATH = {np.sqrt: "math.sqrt", np.log: "math.log", np.log1p: "math.log1p", np.expm1: "math.expm1", np.sin: "math.sin",
         np.cos: "math.cos", np.tan: "math.tan", np.arcsin: "math.asin", np.arccos: "math.acos",
         np.arctan: "math.atan", np.sinh: "math.sinh", np.cosh: "math.cosh", np.tanh: "math.tanh",
         np.copysign: "math.copysign", np.absolute: "math.fabs", np.power: "math.pow"}  # fmt: skip
# Functions whose results are of their operands' dtype in native code as well.
KEEPING = (np.add, np.subtract, np.multiply, np.divide, np.negative, np.positive, np.exp, np.sqrt, np.maximum,
           np.minimum, np.where, np.clip, np.square)  # fmt: skip
_LARGER = "{0} if {0} >= {1} or {0} != {0} else {1}"
_SMALLER = "{0} if {0} <= {1} or {0} != {0} else {1}"
_TEXTS = {
    np.negative: "-{0}", np.positive: "{0}", cast: "{0}", np.maximum: _LARGER, np.minimum: _SMALLER,
    np.where: "{1} if {0} else {2}", np.square: "{0} * {0}", np.reciprocal: "1 / {0}",
    np.clip: "clipped({0}, {1}, {2})",
}  # fmt: skip


def kind_of(dtype: Any) -> str:
    """What native code calls a dtype; NotNative for others than float32, float64, int64 and bool."""
    if dtype not in NAMES:
        raise NotNative(f"native code holds no numbers of {dtype}")
    return NAMES[dtype]


def number(x: Any, dtype: Any) -> str:
    """A constant of a dtype, to the last bit."""
    x = dtype.type(x).item()
    if isinstance(x, float) and not math.isfinite(x):
        text = "np.nan" if x != x else "np.inf" if x > 0.0 else "-np.inf"
    else:
        text = repr(int(x) if isinstance(x, bool) else x)
    return f"{kind_of(dtype)}({text})"


def written(call: Call, operands: Sequence[str], dtype: Any) -> str:
    """The result of a call as an expression of operands that are names, in its dtype; `dtype` is the operands'."""
    function = call.function
    if function in SIGNS:
        sign, _ = SIGNS[function]
        return f"{operands[0]} {sign} {operands[1]}"
    if function is np.exp:
        return f"exp{8 * dtype.itemsize}({operands[0]})"
    if function in _TEXTS:
        return _TEXTS[function].format(*operands)
    if function in _MATH and dtype.kind == "f":
        return f"{_MATH[function]}({', '.join(operands)})"
    name = text_of(function)
    if name is None:
        raise NotNative(f"{getattr(function, '__name__', function)} has no native form")
    return f"{name}({', '.join(operands)})"


def combined(function: Any, one: str, other: str) -> str:
    """What a reduction makes of what it has so far and the next number."""
    owner = getattr(function, "__self__", None)
    if owner is np.add:
        return f"{one} + {other}"
    if owner is np.multiply:
        return f"{one} * {other}"
    if owner is np.maximum:
        return _LARGER.format(one, other)
    if owner is np.minimum:
        return _SMALLER.format(one, other)
    raise NotNative(f"{getattr(owner, '__name__', function)} over an axis has no native form")
