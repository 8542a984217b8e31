"""How a model learns where `fit` compiles: whole steps of Tensors, and batches of samples in lanes of Values."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from autograd import Tensor, arrays
from nn.compiling.lanes import LanesLearner
from nn.compiling.one_pass import NATIVE, NUMPY
from nn.compiling.step import CompiledStep, checked_kind
from nn.learning import ArrayLearner, Learner, is_array_model, learner_for, warn_caller
from nn.tally import Tally


class CompiledLearner(ArrayLearner):
    """A model of Tensors whose steps are compiled; `reason` says why they are not, once one could not be."""

    kind = NUMPY

    def step(self, rows: Any, targets: Any, tally: Tally, epoch: int, number: int) -> None:
        found = None if self.reason else self._compiled(rows, targets)
        if found is None:
            super().step(rows, targets, tally, epoch, number)
            return
        mean, outputs = found
        self._enter(mean, arrays.leaf(Tensor, outputs, requires_grad=False), targets, tally)
        self._last = mean

    def _compiled(self, rows: Any, targets: Any) -> tuple[float, Any] | None:
        try:
            silent = not self._step.reason
            found = self._step.learn(rows, targets)
        except Exception as error:  # where it is not about recording, the eager step raises it again
            self.go_on_eagerly(error)
            return None
        if silent and self._step.reason:
            warn_caller(f'fit: compile="native" runs steps {self._step.reason}')
        return found

    @cached_property
    def _step(self) -> CompiledStep:
        step = CompiledStep(self.model, self.loss, self.optimizer, kind=self.kind)
        step.clip = self.clip
        return step


class NativeLearner(CompiledLearner):
    """A model of Tensors whose steps are native code."""

    kind = NATIVE


class NativeLanesLearner(LanesLearner):
    """A model of Values whose batches run in native lanes."""

    kind = NATIVE


LEARNERS: dict[str, tuple[type[Learner], type[Learner]]] = {
    NUMPY: (CompiledLearner, LanesLearner), NATIVE: (NativeLearner, NativeLanesLearner)
}  # fmt: skip


def compiled_learner_for(kind: bool | str) -> Callable[..., Learner]:
    """What makes the learner of a model: whole steps are compiled of Tensors, the loss of one sample of Values.

    `kind` is what `fit` takes as `compile`: False, True which is "numpy", or "native". ArgumentError of others.
    """
    if kind is False:
        return learner_for
    chosen = LEARNERS[
        checked_kind(NUMPY if kind is True else kind, "fit", ", and compile is False, True or one of these")
    ]
    return lambda model, *others: chosen[not is_array_model(model)](model, *others)
