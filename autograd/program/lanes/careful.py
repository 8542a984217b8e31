"""The careful way in lanes: a listing replayed by the engine on Tensors with one number a lane, masks and all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograd import array_ops
from autograd.backward import gradients, paused_collector
from autograd.graph import Node
from autograd.program import careful
from autograd.program.listing import Listing
from autograd.tensor import Tensor


def carefully(
    listing: Listing, inputs: Sequence[Any], lanes: int, wanted: Collection[int]
) -> tuple[list[Any], dict[int, Any]]:
    """The outputs, and the gradient of their sum over the lanes by the inputs at the places `wanted`.

    Inputs are arrays of so many numbers, or of one that all lanes share. It is known already that all take the
    listing's branches: no guard is asked.
    """
    listing = listing.recorded or listing
    with paused_collector(), np.errstate(all="ignore"):
        leaves = [Tensor(x, requires_grad=i in wanted) for i, x in enumerate(inputs)]
        numbers = careful.replayed(replace(listing, guards=[]), leaves)
        assert numbers is not None  # with no guard there is no other way
        roots: list[Any] = [numbers[place] for place in listing.outputs]
        outputs = [root._data if isinstance(root, Node) else root for root in roots]
        found: dict[int, Any] = dict.fromkeys(wanted, 0.0)
        reached = isinstance(roots[0], Node) and roots[0].requires_grad
        if found and reached:
            total = array_ops.sum(roots[0] + np.zeros(lanes))
            found = dict(zip(found, gradients(total, [leaves[i] for i in found]), strict=True))
    return outputs, found
