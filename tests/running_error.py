"""The running error of a graph: how far round-off may have taken a node's number from the truth."""

from collections import defaultdict
from math import isnan

import naive
from oracles import RoundOff

from autograd import ancestry


def running_error(root):
    """The largest distance between the number of a node and its exact value at the numbers of the leaves.

    A rounding δ in a node v moves the root by ∂root/∂v · δ, so that all of them together move it by at most
    Σ |∂root/∂v| · |δᵥ|. Here |δᵥ| is what one row may be wrong by, as `oracles.RoundOff` has it, and ∂root/∂v is
    accumulated backward through the closed forms of tests/naive.py: the engine lends the graph and nothing else.

    This is first order, which is all that counts while the result keeps a few digits.
    """
    order = ancestry(root)
    slopes = defaultdict(float, {root: 1.0})
    total = SMALLEST
    for node in reversed(order):
        slope = slopes[node]
        if node.op is None or not slope:
            continue
        at = [float(parent.data) for parent in node.parents]
        total += abs(slope) * (RoundOff.value_error(node.op.name, float(node.data), at) + SMALLEST)
        partials = naive.ROWS[node.op.name][1](*at)
        for parent, partial in zip(node.parents, partials, strict=True):
            known = parent.requires_grad or not isnan(
                partial
            )  # a whole exponent has no slope where its base is below 0
            if parent.op is not None and partial and known:  # leaves are exact
                slopes[parent] += slope * partial
    return total


SMALLEST = 2.0**-1074  # below the normal range errors are no longer relative
