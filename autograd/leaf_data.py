"""What `t.data` of a leaf reads as: its numbers, which change only by being set as a whole."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import AutogradError


class LeafData(np.ndarray[Any, Any]):
    """A read-only view of a leaf's numbers, whose in-place operators compute new ones.

    Python reads `t.data -= u` as `t.data = t.data.__isub__(u)`: what comes back is what the leaf is set to, so the line
    does what `t.data = t.data - u` does. Whatever else NumPy makes of it is a plain array.
    """

    __iadd__ = np.ndarray.__add__  # type: ignore[assignment]
    __isub__ = np.ndarray.__sub__  # type: ignore[assignment]
    __imul__ = np.ndarray.__mul__  # type: ignore[assignment]
    __itruediv__ = np.ndarray.__truediv__  # type: ignore[assignment]
    __ipow__ = np.ndarray.__pow__  # type: ignore[assignment]
    __imatmul__ = np.ndarray.__matmul__  # type: ignore[assignment]

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return array[()] if return_scalar else np.asarray(array)

    def __getitem__(self, index: Any) -> Any:
        return np.asarray(self)[index]

    def __setitem__(self, index: Any, x: Any) -> None:
        if self.flags.writeable:  # a copy of somebody's own, such as astype makes
            np.asarray(self)[index] = x
            return
        raise AutogradError(
            "t.data[…] = x would change numbers that derivatives depend on unseen: copy them, new = t.numpy(), change "
            "the copy and set it as a whole, t.data = new"
        )

    def copy(self, order: Any = "C") -> Any:
        """A plain array of its own."""
        return np.array(self, order=order)

    def __repr__(self) -> str:
        return repr(np.asarray(self))

    def __reduce__(self) -> Any:
        return np.asarray(self).__reduce__()
