"""Loss: outputs and targets in, one number out, for outputs of both kinds.

Distances are in distance_losses.py, losses of classes in cross_entropy.py, those of margins in margin_losses.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd
from autograd import Tensor
from autograd.errors import ArgumentError, AutogradError, ShapeError
from nn.classes import is_list, predicted_class
from nn.module import Module
from nn.reductions import REDUCTIONS, reduced_rows, reduced_tensor, weighted
from nn.targets import CHECKED, as_data, listed, live, sample_weights


class Loss(Module):
    """How far outputs are from their targets: a Value where outputs are Values, a Tensor where they are a Tensor.

    Outputs are one Value, a list of them for one sample, or a list of such lists for a batch; or a Tensor, whose last
    axis holds the outputs of a sample: (k,) is one sample as a list is, and (n, k) a batch. Targets are numbers, lists,
    arrays, or Tensors without gradient; they take on the outputs' dtype. Outputs of shape (n, 1) fit targets of shape
    (n,). Anything else that does not match raises ShapeError or ArgumentError, naming the shapes or the row.

    `reduction` says what becomes of the losses: their "mean", their "sum", or "none", each by itself. They are those of
    the samples; of MSELoss, L1Loss and the losses of margins those of the single outputs, as PyTorch has it.
    `loss(outputs, targets, sample_weight=w)` multiplies the losses by weights, one for each sample; a mean is then
    Σ wᵢ lossᵢ / Σ wᵢ, and 0 where every weight is 0. A weight of 0 removes a sample whatever its loss is.

    A subclass writes `check(target, outputs)` for one sample, and `between(outputs, target)`, which adds up what is
    along the last axis of outputs. For Tensors it writes `checked` too.
    """

    reduction: str = "mean"
    entrywise: bool = False  # whether each output has a loss of its own

    def __init__(self, *, reduction: str = "mean") -> None:
        if reduction not in REDUCTIONS:
            raise ArgumentError(f"{self.name}: reduction is 'mean', 'sum' or 'none', got {reduction!r}")
        self.reduction = reduction

    @property
    def name(self) -> str:
        """The name of the class, as errors give it."""
        return type(self).__name__

    def forward(self, outputs: Any, target: Any, sample_weight: Any = None) -> Any:
        """Raises ArgumentError, OperandError or ShapeError where the target cannot be one for these outputs."""
        if isinstance(outputs, np.ndarray):
            floats = outputs if outputs.dtype in (np.float32, np.float64) else as_data(outputs, self.name, "outputs")
            outputs = Tensor(floats.astype(np.result_type(floats, np.float32), copy=False), requires_grad=False)
        if isinstance(outputs, (list, tuple)) and any(isinstance(row, Tensor) for row in outputs):
            outputs = autograd.stack(outputs)
        if isinstance(outputs, Tensor):
            if not outputs.size:
                raise ShapeError(f"{self.name} got no outputs: their shape is {outputs.shape}")
            return self.of_array(outputs, target, sample_weight)
        if isinstance(target, Tensor):
            target = as_data(target, self.name).tolist()
        if is_list(outputs) and any(is_list(row) for row in outputs):
            return self._of_batch(outputs, target, sample_weight)
        if sample_weight is not None:
            sample_weight = [float(sample_weights(sample_weight, (), np.float64, self.name))]
        return self._of_rows([outputs], [target], sample_weight, "")

    # ── what a subclass writes ───────────────────────────────────────────────────────────────────────────────────────

    def check(self, target: Any, outputs: int) -> None:
        """Raises where the target cannot be one for that many outputs."""
        raise NotImplementedError(f"{self.name} needs a method check(self, target, outputs)")

    def checked(self, y: NDArray[Any], shape: tuple[int, ...], first: int = 0) -> NDArray[Any]:
        """Targets for a Tensor of outputs, ready for use. Errors count rows from `first` on."""
        raise NotImplementedError(f"{self.name} needs a method checked(self, y, shape, first) for outputs in a Tensor")

    def between(self, outputs: Any, target: Any) -> Any:
        """The loss of each sample, or where the class is `entrywise` of each output."""
        raise NotImplementedError(f"{self.name} needs a method between(self, outputs, target)")

    def as_numbers(self, target: Any, outputs: int) -> Any:
        """One sample's target as a program takes it, whose numbers may be others at every call: a number, or a list."""
        return target

    def label_weight(self, target: Any, outputs: int) -> float | None:
        """What one sample's target counts in a mean; None where all count alike."""
        return None

    # ── what training asks ───────────────────────────────────────────────────────────────────────────────────────────

    def check_batch(self, targets: Any, output_shape: Sequence[int], first: int = 0) -> None:
        """Raises where targets cannot be those of a model whose outputs for a batch have this shape.

        The first size of the shape, how many rows the batch had, does not matter. Errors count rows from `first` on.
        """
        y = as_data(targets, self.name)
        if not y.ndim:
            raise ShapeError(f"{self.name}: a batch needs a target for each row, got the one number {y.item()}")
        sizes = tuple(output_shape)[1:]
        self.checked(y, (len(y), *(sizes or (1,))), first)

    def predicted(self, outputs: Any) -> Any:
        """The class that the outputs name, as a label of this loss; of a batch (n, k) an array of n."""
        return predicted_class(outputs)

    def is_mistake(self, outputs: Any, target: Any) -> bool | None:
        """Whether the outputs for one sample name a wrong class; None where targets are no classes."""
        return None

    def mistakes(self, outputs: Any, targets: Any) -> NDArray[np.bool_] | None:
        """For each sample of a batch whether its outputs name a wrong class; None where targets are no classes."""
        return None

    # ── Tensors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def of_array(self, outputs: Tensor, targets: Any, weight: Any) -> Any:
        """The loss of a Tensor of outputs."""
        y = self.ready(targets, outputs.shape)
        terms = self.between(outputs, y if y.dtype == outputs.dtype else y.astype(outputs.dtype))
        w = None
        if weight is not None:
            w = sample_weights(weight, terms.shape, terms.dtype, self.name, single=outputs.ndim < 2)
        return reduced_tensor(terms, self.reduction, w)

    def ready(self, targets: Any, shape: tuple[int, ...]) -> Any:
        """Targets checked: an array; while a program is recorded, the Tensor that stands for them in it."""
        node = live(targets)
        if node is None:
            return self.checked(as_data(targets, self.name), shape)
        y = self.checked(node._data, shape)
        if not CHECKED.get() and not self.fit(
            node, shape
        ):  # a branch, hence a guard: these numbers have passed the check
            raise ArgumentError(f"{self.name}: {node!r} holds what cannot be targets")
        return node if node.shape == y.shape else node.reshape(y.shape)

    def fit(self, targets: Tensor, shape: tuple[int, ...]) -> Any:
        """What a program asks of other targets than those it was recorded with, which the check has passed.

        A Tensor that is true where they would pass it as well. What shows in the loss, such as nan, need not be asked.
        """
        return True

    # ── lists of Values ──────────────────────────────────────────────────────────────────────────────────────────────

    def _of_batch(self, rows: Sequence[Any], targets: Any, weights: Any) -> Any:
        if not is_list(targets) or len(targets) != len(rows):
            raise ShapeError(f"{self.name}: a batch of {len(rows)} samples needs as many labels in a list")
        if weights is not None:
            weights = sample_weights(weights, (len(rows),), np.float64, self.name).tolist()
        return self._of_rows(rows, targets, weights, "row {}: ")

    def _of_rows(self, rows: Sequence[Any], targets: Sequence[Any], weights: Any, where: str) -> Any:
        """The loss of several samples. `where` is how an error names a sample."""
        terms: list[list[Any]] = []
        counts: list[float | None] = []
        for i, (row, target) in enumerate(zip(rows, targets, strict=True)):
            try:
                outputs = list(listed(row))
                if not outputs:
                    raise ShapeError(f"{self.name} got no outputs: it compares at least one with {target!r}")
                if not CHECKED.get():
                    self.check(target, len(outputs))
            except AutogradError as error:
                raise type(error)(where.format(i) + str(error)) from None
            found = self.between(outputs, target)
            terms.append(found if self.entrywise else [found])
            counts.append(self.label_weight(target, len(outputs)))
        if self.reduction != "none":
            return reduced_rows(terms, self.reduction, weights, counts)
        if weights is not None:
            terms = [[weighted(term, w) for term in losses] for losses, w in zip(terms, weights, strict=True)]
        each = [
            losses if self.entrywise and is_list(row) else losses[0] for losses, row in zip(terms, rows, strict=True)
        ]
        return each if where else each[0]

    def __repr__(self) -> str:
        return f"{self.name}({'' if self.reduction == 'mean' else f'reduction={self.reduction!r}'})"


def for_each(function: Any, outputs: Any, target: Any) -> Any:
    """function(output, target) for each of a list of Values with its number, or for a Tensor with its array."""
    if isinstance(outputs, Tensor):
        return function(outputs, target)
    return [function(f, y) for f, y in zip(outputs, target, strict=True)]
