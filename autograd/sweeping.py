"""Sweeps: what one pass over an evaluated function gives, and how many a whole Jacobian takes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd import array_functions
from autograd.backward import gradients
from autograd.evaluation import Evaluation, recording
from autograd.forward import directional
from autograd.graph import Node
from autograd.lifting import shape_of, whole
from autograd.tensor import Tensor


class Sweeps(NamedTuple):
    """How many sweeps each mode takes for all derivatives of a function ℝⁿ → ℝᵐ (textbook, 4.5.3)."""

    inputs: int
    outputs: int

    @property
    def forward(self) -> int:
        """One for each input."""
        return self.inputs

    @property
    def reverse(self) -> int:
        """One for each output."""
        return self.outputs

    @property
    def mode(self) -> str:
        """The mode that takes fewer; reverse where both take as many."""
        return "forward" if self.forward < self.reverse else "reverse"

    def __str__(self) -> str:
        return (
            f"n = {self.inputs} inputs, m = {self.outputs} outputs: {self.forward} forward or {self.reverse} reverse "
            f"sweeps; jacobian picks {self.mode} mode"
        )


def counted(run: Evaluation) -> Sweeps:
    """Numbers in and numbers out."""
    return Sweeps(*(sum(math.prod(shape_of(x)) for x in each) for each in (run.variables, run.outputs)))


def pulled(run: Evaluation, root: Any) -> Sequence[Any]:
    """One reverse sweep: what each variable receives from one number; 0.0 where it is not reached."""
    if not (isinstance(root, Node) and root.requires_grad):
        return [0.0] * len(run.variables)
    return gradients(root, run.variables, create_graph=run.create_graph)


def pushed(run: Evaluation, along: dict[Any, Any]) -> list[Any]:
    """One forward sweep: the derivative of each output; 0.0 where no tangent reaches it."""
    reached = run.reached()
    found = dict(zip(reached, directional(reached, along, create_graph=run.create_graph), strict=True))
    return [found.get(output, 0.0) if isinstance(output, Node) else 0.0 for output in run.outputs]


def rows_of(run: Evaluation) -> Iterator[list[Any]]:
    """For each output, its derivatives by every variable, by a reverse sweep from each of its entries."""
    for output in run.outputs:
        found = [pulled(run, entry) for entry in _entries(output)]
        parts = [[row[place] for row in found] for place in range(len(run.variables))]
        pairs = zip(parts, run.variables, strict=True)
        yield [_joined([whole(p, x) for p in part], 0, output, x) for part, x in pairs]


def columns_of(run: Evaluation) -> Iterator[list[Any]]:
    """The same by a forward sweep along each entry of every variable."""
    found = [[pushed(run, {variable: unit}) for unit in _units(variable)] for variable in run.variables]
    for place, output in enumerate(run.outputs):
        pairs = zip(found, run.variables, strict=True)
        yield [_joined([whole(column[place], output) for column in columns], -1, output, x) for columns, x in pairs]


def _entries(output: Any) -> list[Any]:
    if not isinstance(output, Tensor):
        return [output] if isinstance(output, Node) else [0.0] * math.prod(shape_of(output))
    with recording():
        flat = output.reshape(-1)
        return [flat[place] for place in range(output.size)]


def _units(variable: Any) -> Iterator[Any]:
    if not isinstance(variable, Tensor):
        yield 1.0
        return
    for place in range(variable.size):
        unit = np.zeros(variable.shape, variable.dtype)
        unit.flat[place] = 1.0
        yield unit


def _joined(parts: list[Any], axis: int, output: Any, variable: Any) -> Any:
    """Rows or columns side by side, in the shape output.shape + input.shape."""
    shape = shape_of(output) + shape_of(variable)
    if not shape or not parts:
        return parts[0] if parts else 0.0
    return array_functions.reshape(array_functions.stack(parts, axis), shape)
