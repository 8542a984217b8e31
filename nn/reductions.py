"""Reductions: the losses of samples made one number, their sum or their weighted mean, for both kinds of node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd
from autograd import Tensor, ops
from autograd.graph import Node

REDUCTIONS = ("mean", "sum", "none")


def share_of(total: Any) -> Any:
    """1 / total; of nothing at all 0, so that a mean over nothing is 0 and moves nothing."""
    if isinstance(total, Node):
        nothing = ops.equal(total, 0.0)
        return ops.where(nothing, 0.0, ops.reciprocal(total + nothing))
    return 1.0 / float(total) if total else 0.0


def reduced_tensor(losses: Tensor, reduction: str, weights: NDArray[Any] | None) -> Tensor:
    """A Tensor of losses, each multiplied by its weight, and reduced. A weight of 0 gives 0 whatever the loss is."""
    if weights is None:
        if reduction == "none" or not losses.ndim:
            return losses
        return autograd.mean(losses) if reduction == "mean" else autograd.sum(losses)
    if not weights.all():
        losses = ops.where(weights, losses, 0.0)
    if reduction == "none":
        return losses * weights
    total = autograd.sum(losses * weights)
    return total * share_of(weights.sum(dtype=np.float64)) if reduction == "mean" else total


def reduced_rows(
    rows: Sequence[Sequence[Any]], reduction: str, weights: Sequence[float] | None, counts: Sequence[float | None]
) -> Any:
    """Rows of losses of Values, added up, or their mean; the losses of row i have the weight wᵢ.

    counts[i] is what each loss of row i counts in the mean beside its weight, None for 1. Rows of weight 0 are left
    out.
    """
    if weights is None:
        weights, losses = [1.0] * len(rows), [loss for row in rows for loss in row]
    else:
        pairs = zip(rows, weights, strict=True)
        losses = [weighted(loss, w) for row, w in pairs for loss in row if w] or [weighted(rows[0][0], 0.0)]
    if reduction == "sum":
        return autograd.sum(losses)
    if len(losses) == 1 and weights[0] == 1.0 and counts[0] is None:
        return losses[0]
    shares = [1.0 if count is None else count for count in counts]
    divisor = sum(w * share * len(row) for w, share, row in zip(weights, shares, rows, strict=True))
    return autograd.sum(losses) * share_of(divisor)


def weighted(loss: Any, weight: float) -> Any:
    """The loss of Values times its weight; a weight of 0 gives 0 whatever the loss is."""
    return loss * weight if weight else ops.where(0.0, loss, 0.0)
