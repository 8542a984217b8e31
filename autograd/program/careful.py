"""The careful way: a listing replayed on nodes, as slow as eager and as right.

The other executors compute without the mask that lets nothing come from a branch not taken, and by functions that
raise where IEEE-754 has an infinity. Where that shows, a number is asked for here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.backward import gradients, paused_collector
from autograd.graph import Node
from autograd.modes import no_grad
from autograd.op import Op
from autograd.program.listing import Listing, run
from autograd.tensor import Tensor
from autograd.value import Value

Results = tuple[list[Any], list[Any]]


def replayed(listing: Listing, leaves: Sequence[Any]) -> list[Any] | None:
    """What lies at every place of the forward part, on leaves of any kind; None where a guard goes the other way."""

    def apply(op: Op, operands: Sequence[Any], parameters: Any) -> Any:
        return op(*operands, **parameters) if parameters else op(*operands)

    def apart(op: Op, operands: Sequence[Any], parameters: Any) -> Any:
        with no_grad():
            return apply(op, operands, parameters)

    with np.errstate(all="ignore"):
        numbers = run(listing, leaves, apply, len(listing.inputs) + listing.forward, apart)
    return None if any(truth(numbers[guard.place]) != guard.held for guard in listing.guards) else numbers


def truth(x: Any) -> bool:
    """Whether a number, or a node's, is not 0; under record that is a decision."""
    return bool(x)


def value(listing: Listing, inputs: Sequence[Any]) -> list[Any] | None:
    """The outputs at plain numbers or arrays."""
    listing = listing.recorded or listing
    numbers = replayed(listing, inputs)
    return None if numbers is None else [numbers[place] for place in listing.outputs]


def value_and_gradient(listing: Listing, inputs: Sequence[Any]) -> Results | None:
    """The outputs and the gradient at plain numbers, or at arrays, by the engine itself."""
    listing = listing.recorded or listing
    kind = Tensor if any(isinstance(x, np.ndarray) for x in inputs) else Value
    with paused_collector():
        leaves = [_leaf(kind, x, place is not None) for x, place in zip(inputs, listing.gradients, strict=True)]
        numbers = replayed(listing, leaves)
        if numbers is None:
            return None
        (root,) = (numbers[place] for place in listing.outputs)
        wanted = [leaf for leaf, place in zip(leaves, listing.gradients, strict=True) if place is not None]
        found = gradients(root, wanted) if isinstance(root, Node) and root.requires_grad else [0.0] * len(wanted)
        return [root._data if isinstance(root, Node) else root], [
            np.zeros(leaf.shape, leaf.dtype) if isinstance(leaf, Tensor) and g.__class__ is float else g
            for leaf, g in zip(wanted, found, strict=True)
        ]


def _leaf(kind: Any, x: Any, variable: bool) -> Any:
    if kind is Value:
        leaf: Any = Value(x)
        leaf.requires_grad = variable
        return leaf
    if isinstance(x, np.ndarray) and x.dtype.kind == "f":
        return Tensor(x, requires_grad=variable)
    return Tensor(float(x), requires_grad=variable) if variable else x
