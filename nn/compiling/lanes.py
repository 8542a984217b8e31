"""Training a model of Values in lanes: the loss of one sample recorded once, and every batch run through the program.

The samples of a batch are its lanes. The parameters are the same in all of them, so their gradient is a sum over lanes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from autograd import no_grad
from autograd.errors import Unrecordable
from autograd.program.program import Program
from nn.classes import is_list
from nn.compiling.held import Held
from nn.history import Score
from nn.learning import ScalarLearner
from nn.losses import Loss
from nn.module import training_mode
from nn.randomness import generators_put_back
from nn.samples import Data
from nn.tally import Metrics, Tally
from nn.targets import checked_targets

# Samples that run at once. The executor cuts longer batches into blocks whose size depends on the path it knows first;
# below that, a run that is resumed adds up its sums as one that was never stopped.
MOST = 256


class LanesLearner(ScalarLearner):
    """A model of Values whose batches run in lanes; `reason` says why they do not, once one could not.

    The gradient is the eager one up to the order in which sums over samples are rounded. A branch on numbers splits
    the lanes; what cannot be recorded, such as a label that is used as an index, is learned sample by sample.
    """

    kind = "numpy"  # the executor that runs them

    def learn(self, data: Data, order: Any, size: int, epoch: int) -> Score:
        self._forget_what_changed()  # as callbacks may do between epochs
        return super().learn(data, order, size, epoch)

    def evaluate(self, data: Data, size: int, metrics: Metrics | None = None) -> Score:
        self._forget_what_changed()
        return super().evaluate(data, size, metrics)

    def _pass_through(self, rows: Any, targets: Any, tally: Tally, learns: bool) -> float:
        if not self.reason:
            try:
                found = self._in_lanes(rows, targets, learns)
            except Exception as error:  # where it is not about recording, the eager step raises it again
                self.go_on_eagerly(error)
            else:
                return self._entered(*found, targets, tally)
        return super()._pass_through(rows, targets, tally, learns)

    def _entered(self, losses: list[float], outputs: list[Any], counted: float, targets: Any, tally: Tally) -> float:
        mistakes = [self.judged(each, target, tally) for each, target in zip(outputs, targets, strict=True)]
        return self.entered(losses, mistakes, counted, tally)

    def _in_lanes(self, rows: Any, targets: Any, learns: bool) -> tuple[list[float], list[Any], float]:
        """Each sample's share of the mean loss, its outputs, and what the samples count together.

        Gradients are added to the parameters' once every lane is through.
        """
        counts = self.counts(targets, self._outputs(rows[0])) or [1.0] * len(rows)
        total = sum(counts)
        shares = np.array(counts) / (total or 1.0)
        losses: list[float] = []
        outputs: list[Any] = []
        gradients: list[dict[str, float]] = []
        first_time = self.model.training not in self._programs
        with checked_targets(), generators_put_back(self._modules):
            for start in range(0, len(rows), MOST):
                here = slice(start, start + MOST)
                given = self._given(rows[here], targets[here], shares[here])
                if learns:
                    (loss, each), (gradient,) = self._program(given).value_and_gradient(self.model, *given)
                    gradients.append(gradient)
                else:
                    loss, each = self._program(given)(self.model, *given)
                losses += loss.tolist()
                outputs += np.moveaxis(np.array(each), -1, 0).tolist()
            if first_time:
                self._compare(losses, rows, targets, shares)
        for gradient in gradients:
            for name, parameter in self._parameters:
                if parameter.requires_grad:
                    parameter.grad += gradient[name]
        return losses, outputs, total

    def _compare(self, losses: list[float], rows: Any, targets: Any, shares: Any) -> None:
        """Demands that the losses are the eager ones.

        A loss of one's own may ask what kind of thing a target is, in a way that no recording sees: y in {1, 2}.
        """
        for i, (row, target, loss) in enumerate(zip(rows, targets, losses, strict=True)):
            eager = (self.loss(self.model(row), target) * float(shares[i])).data
            if not np.isclose(loss, eager, rtol=1e-6, atol=1e-9, equal_nan=True):
                raise Unrecordable(
                    f"in lanes the loss of a sample with the target {target!r} counts {loss:.6g}, and by itself "
                    f"{eager:.6g}: does the loss ask what its target is, instead of computing with it?"
                )

    def _given(self, rows: Sequence[Any], targets: Sequence[Any], shares: Any) -> tuple[Any, Any, Any]:
        """The numbers of some samples as arrays of one number a lane: one for each input and each number of targets."""
        if isinstance(self.loss, Loss):
            targets = [self.loss.as_numbers(target, self._outputs(rows[0])) for target in targets]
        y = np.array(targets, np.float64)
        return _columns(np.array(rows, np.float64)), _columns(y) if y.ndim > 1 else y, shares

    def _program(self, given: Any) -> Program:
        """The program for the mode that the model is in, recorded at the first of these lanes."""
        mode = self.model.training
        if mode not in self._programs:
            if not set(self.optimizer.parameters) <= {parameter for _, parameter in self._parameters}:
                raise Unrecordable(
                    "the optimizer holds parameters beside the model's, whose gradients lanes do not sum"
                )
            first = [[column[0].item() for column in x] if isinstance(x, list) else x[0].item() for x in given]
            program = Program(self._share_of_loss, (self.model, *first), 0, beside=True)
            self._programs[mode] = program if self.kind == "numpy" else program.to(self.kind)
        return self._programs[mode]

    def _share_of_loss(self, model: Any, inputs: Any, target: Any, share: Any) -> tuple[Any, Any]:
        """What one sample adds to the mean loss of its batch, and the outputs."""
        outputs = model(inputs)
        return self.loss(outputs, target) * share, outputs

    def _outputs(self, row: Any) -> int:
        """How many outputs the model has."""
        if self._count is None:
            with no_grad(), generators_put_back(self._modules):
                outputs = self.model(row)
            self._count = len(outputs) if is_list(outputs) else 1
        return self._count

    # ── what was recorded ────────────────────────────────────────────────────────────────────────────────────────────

    _count: int | None = None

    @cached_property
    def _programs(self) -> dict[bool, Program]:
        return {}

    @cached_property
    def _modules(self) -> list[Any]:
        return [module for _, module in self.model.named_modules()]

    @cached_property
    def _parameters(self) -> list[tuple[str, Any]]:
        return self.model.named_parameters()

    @cached_property
    def _recorded(self) -> tuple[Held, list[Any]]:
        return Held(model=self.model, loss=self.loss), self._variables()

    def _variables(self) -> list[Any]:
        return [(id(parameter), parameter.requires_grad) for parameter in self.model.parameters()]

    def _forget_what_changed(self) -> None:
        """Drops programs of a model or loss that has become another: settings, parameters, or which are frozen."""
        with training_mode(self.model, True):
            held, variables = self._recorded
            if held.has_changed() or variables != self._variables():
                for name in ("_programs", "_modules", "_parameters", "_recorded", "_count"):
                    vars(self).pop(name, None)
                _ = self._recorded


def _columns(table: Any) -> list[Any]:
    return list(np.ascontiguousarray(table.T))
