"""The walk back told edge by edge: who hands what to whom, and what the operand's sum is before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from autograd.backward import walk_back
from autograd.graph import Node
from autograd.view.reading import derivatives_of, shares_of


@dataclass(frozen=True, slots=True, eq=False)
class Contribution:
    """What one operation sends back to one of its operands: its own gradient times the local derivative.

    `local` is a number or an array, None where there is a pull-back instead. `before` is the operand's sum so far,
    None before it has heard anything, and `after` the sum with this share: numbers, or arrays of the operand's shape.
    """

    operation: Node
    operand: Node
    place: int  # among the operands of the operation
    upstream: Any
    local: Any
    share: Any
    before: Any
    after: Any


class Visit(NamedTuple):
    """A node that the walk yields: its whole gradient, and what it hands on."""

    node: Node
    gradient: Any
    contributions: tuple[Contribution, ...]


def visits_from(root: Node) -> list[Visit]:
    """Every node that one fresh walk back reaches, children before parents, as `walk_back` yields them.

    The shares are added up here as the walk adds them, so that the last sum of a node is the gradient it is visited
    with, bit for bit. Raises ShapeError where the root is more than one number, StaleData as `walk_back` does.
    """
    heard: dict[Node, Any] = {}
    visits = []
    with np.errstate(all="ignore"):
        for node, gradient in walk_back(root):
            heard.pop(node, None)
            visits.append(Visit(node, gradient, tuple(_handed_on(node, gradient, heard))))
    return visits


def _handed_on(node: Node, gradient: Any, heard: dict[Node, Any]) -> list[Contribution]:
    if node.op is None:
        return []
    derivatives = derivatives_of(node)
    found = []
    for place, share in shares_of(node, derivatives, gradient).items():
        operand = node.parents[place]
        before = heard.get(operand)
        heard[operand] = after = share if before is None else before + share
        local = None if callable(derivatives[place]) else derivatives[place]
        found.append(Contribution(node, operand, place, gradient, local, share, before, after))
    return found
