"""The product on an edge: adjoint × local derivative, where nothing comes from a branch not taken."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.graph import Node
from autograd.modes import current_mode


def masked_product(adjoint: Any, local: Any) -> Any:
    """adjoint × local; nan becomes 0 where a factor is exactly 0, for nothing comes from a branch not taken.

    Works on floats, on arrays entry by entry, and on nodes, where a product that needs the mask is recorded behind it;
    under record that it needs none is a decision of the program's.
    """
    if local.__class__ is float and local == 1.0:  # exact, and keeps gradient graphs free of × 1
        return adjoint
    share = adjoint * local
    if isinstance(share, Node) and (recording := current_mode().recording) is not None:
        return recording.product(share, adjoint, local)
    product = _numbers(share)
    if product.__class__ is float:
        if product != product and (_numbers(adjoint) == 0.0 or _numbers(local) == 0.0):
            return 0.0
        return share
    entries = product.ravel(order="K")
    total = np.vdot(entries, entries)  # nan exactly where an entry is: squares do not cancel
    if total == total:
        return share
    masked = np.isnan(product) & ((_numbers(adjoint) == 0.0) | (_numbers(local) == 0.0))
    if not masked.any():
        return share
    return share.masked(masked) if isinstance(share, Node) else np.where(masked, 0.0, share)


def _numbers(x: Any) -> Any:
    return x._data if isinstance(x, Node) else x
