"""What modules are called on: nodes as they are, and plain data as arrays of floats, checked at the door."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor, arrays
from autograd.errors import OperandError, ShapeError
from autograd.graph import Node


def array_or_node(x: Any, module: Any) -> Any:
    """A node as it is; numbers, lists of them and arrays as an array of floats, whole numbers as float64.

    OperandError where there are no numbers, ShapeError where rows are of unequal length; both name the module.
    """
    if isinstance(x, Node):
        return x
    array = _numbers(x, module)
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def tensor_like(parameter: Tensor, x: Any, module: Any) -> Tensor:
    """A Tensor as it is; plain data as a constant of the parameter's dtype, so that float64 data promote nothing.

    The data are copied. OperandError and ShapeError as for `array_or_node`, and OperandError where x is a Value.
    """
    if isinstance(x, Tensor):
        return x
    if isinstance(x, Node):
        raise OperandError(f"{module!r} works on Tensors and arrays, not on a Value: nn.Layer is made of Values")
    # One copy, which is also the cast: whoever called may change his array before backward comes.
    return arrays.leaf(Tensor, np.array(_numbers(x, module), parameter.dtype), requires_grad=False)


def _numbers(x: Any, module: Any) -> np.ndarray[Any, Any]:
    if isinstance(x, np.ndarray) and x.dtype.kind in "fiub":
        return x
    if isinstance(x, (list, tuple)) and any(isinstance(item, Node) for item in x):
        raise OperandError(
            f"{module!r} works on one Tensor or array, not on a list of nodes: join Tensors with autograd.stack. "
            "Lists of Values are what nn.Layer and nn.MLP take."
        )
    try:
        array = np.asarray(x)
    except (ValueError, TypeError):
        raise ShapeError(f"{module!r} was called on rows of unequal length") from None
    if array.dtype.kind not in "fiub":
        raise OperandError(f"{module!r} works on Tensors and arrays of numbers, not on {type(x).__name__}: {x!r:.60}")
    return array
