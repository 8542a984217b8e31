"""A whole training step as one program: forward, loss, backward, clipping and the optimizer's move.

It works in arrays made once. It is recorded at its first batch and again at the first of another shape, and gives
what the eager step gives up to rounding: sums are added up in another order, so that a derivative that is a sum of n
terms is within a few n ε of the sum of their absolute values, as the eager one is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor, arrays
from autograd.errors import ArgumentError
from autograd.program.calls import Calls
from autograd.program.fusions import Fused
from autograd.program.passes import simplified
from autograd.program.recording import recorded
from autograd.program.shortcuts import Shortened
from autograd.program.tensor_page import RunningPage
from nn.class_losses import ClassLoss
from nn.clipping import clipper
from nn.lanes import LanesLearner
from nn.learning import ArrayLearner, Learner, is_array_model
from nn.losses import Loss
from nn.module import Module
from nn.optimizers import Optimizer
from nn.randomness import generators_put_back
from nn.rehearsal import demand_parts
from nn.tally import Metrics, Tally
from nn.targets import as_data, checked_targets

Array = NDArray[Any]
MOST = 16  # passes that are kept, for batches of other shapes and other branches

# What is asked before a step: that the page is the right one for this batch, and every parameter where it was.
_BEFORE = """
if X.shape != shapes[0] or y.shape != shapes[1] or X.dtype != dtypes[0] or y.dtype != dtypes[1]: return None
if (optimizer.weight_decay != 0.0) is not decays: return None
"""
# What follows when the loss and the gradients are there. A number that is not finite is left to the engine.
_AFTER = """
loss = float({loss})
if not isfinite(loss): return False
for squares in gradients:
    if not isfinite(np.vdot(squares, squares)): return False
"""
_MOVE = """
optimizer.steps += 1
optimizer.prepare()
decay = optimizer.weight_decay
for w, g, shrinks, room, remembered in parts: move(w, g, decay if shrinks else 0.0, room, *remembered)
"""


class Pass:
    """A step for batches of one shape, along the branches that one batch took, as two emitted functions of X and y.

    `gradient` leaves the gradients where the optimizer keeps them and gives loss and outputs; `step` then clips and
    moves, and gives the loss. Both give None where they are not for such a batch or model, and False where a decision
    falls otherwise or numbers are not finite; nothing has moved then.
    """

    def __init__(self, step: CompiledStep, X: Array, y: Array) -> None:
        model, loss, optimizer = step.model, step.loss, step.optimizer
        optimizer.gather()  # from now on every parameter lies where it stays
        wanted = {p for p in optimizer.parameters if p.requires_grad}

        def called(inputs: Sequence[Any]) -> tuple[Any, list[Any]]:
            outputs = model(inputs[0])
            error = loss(outputs, inputs[1])
            return error, [error, outputs]

        def fresh() -> list[Any]:
            return [arrays.leaf(Tensor, x, requires_grad=False) for x in (X, y)]

        names = {p: f"model_{name}".replace(".", "_") for name, p in model.named_parameters()}
        with checked_targets():
            made = recorded(called, fresh, ["X", "y"], (), "the training step", names, wanted, beside=True)
        listing, leaves = simplified(made.listing)[0], [leaf for leaf in made.captured if isinstance(leaf, Tensor)]
        numbers = [leaf._data for leaf in leaves]
        labels = 1 if _looks_labels_up(loss) else None
        fused = Shortened(Fused(Calls(listing, [X, y, *numbers], gradient=True)), labels)
        reached = [p for p, place in zip(leaves, listing.gradients[2:], strict=True) if place is not None]
        learned = set(reached)
        homes: list[Any] = [parameter._home for parameter in reached]
        page = RunningPage(
            fused, listing.inputs, dict(zip(fused.gradients, homes, strict=True)), dict(enumerate(numbers, start=2))
        )
        optimizer.zero_grad()
        for parameter, home in zip(reached, homes, strict=True):
            parameter.grad = home
        moved = optimizer.gather()
        known: dict[str, Any] = {
            "shapes": (X.shape, y.shape), "dtypes": (X.dtype, y.dtype), "optimizer": optimizer,
            "decays": optimizer.weight_decay != 0.0, "gradients": [flat.grad for flat in optimizer.flats],
            "clip": step.clip, "parts": [part for parts in optimizer.parts(moved) for part in parts],
            "move": optimizer.move,
        }  # fmt: skip
        before, after = _BEFORE.strip().splitlines(), []
        for i, module in enumerate(step.modules):
            known[f"module{i}"] = module
            before.append(f"if module{i}.training != {module.training}: return None")
        for i, (leaf, array) in enumerate(zip(leaves, numbers, strict=True)):
            known |= {f"leaf{i}": leaf, f"lies{i}": array, f"home{i}": leaf._home}
            needs = "" if leaf.requires_grad else "not "
            before.append(f"if leaf{i}._data is not lies{i} or not ({needs}leaf{i}._requires_grad): return None")
            if leaf in learned:
                after.append(f"leaf{i}.grad = home{i}")
        loss_name, outputs_name = page.output_names
        after = [*_AFTER.strip().format(loss=loss_name).splitlines(), *after]
        clip = ["clip()"] if step.clip is not None else []
        changed = [f"leaf{i}._version += 1" for i, leaf in enumerate(leaves) if leaf in learned]
        self.gradient = page.followed_by(before, [*after, f"return loss, {outputs_name}"], known)
        ending = [*after, *clip, *_MOVE.strip().splitlines(), *changed, "return loss"]
        check = []
        if isinstance(loss, Loss) and not fused.labels_are_checked:  # by their numbers
            check = ["check_batch(y, outputs_shape)"]
            known |= {"check_batch": loss.check_batch, "outputs_shape": fused.sheet.arrays[fused.outputs[1]].shape}
        self.step = page.followed_by([*before, *check], ending, known)
        self.moved, self.page = moved, page


def _looks_labels_up(loss: Any) -> bool:
    """Whether a label only has to be a class, and is asked for nothing else: then a table may tell."""
    if not isinstance(loss, ClassLoss) or loss.weight is not None:
        return False
    kind = type(loss)
    return kind.check_batch is ClassLoss.check_batch and kind.checked is ClassLoss.checked


class CompiledStep:
    """A training step: called on X and y it moves the parameters along the gradient of their loss, which it returns.

    It is recorded when it first meets a batch of some shape. What cannot be recorded raises Unrecordable or Detached,
    naming the line; a Dropout, for instance, draws numbers anew at every call. `clip_norm` and `clip_value` clip the
    gradients before every move, the value first.
    """

    def __init__(
        self,
        model: Module,
        loss: Callable[[Any, Any], Any],
        optimizer: Optimizer,
        *,
        clip_norm: float | None = None,
        clip_value: float | None = None,
    ) -> None:
        demand_parts(model, loss, optimizer, None)
        dtypes = [p.dtype for p in model.parameters() if isinstance(p, Tensor)]
        if not dtypes:
            raise ArgumentError(f"compiled_step works on a model of Tensors: {model!r} has none. See to_tensors()")
        self.model, self.loss, self.optimizer = model, loss, optimizer
        self.clip: Callable[[], object] | None = clipper(optimizer, clip_norm, clip_value)
        self.modules = [module for _, module in model.named_modules()]
        self._dtype = dtypes[0]
        self._passes: list[Pass] = []

    def __call__(self, X: Any, y: Any) -> float:
        """One step on a batch."""
        X, y = np.asarray(X, self._dtype), as_data(y, "compiled_step")
        for known in self._passes:
            loss = known.step(X, y)
            if loss.__class__ is float:
                return loss
        loss = self._fresh(X, y).step(X, y)
        return loss if loss.__class__ is float else self._eagerly(X, y)

    def gradient(self, X: Array, y: Array) -> tuple[float, Any] | None:
        """The loss and the outputs, which the next call overwrites; the gradients are then the parameters' grad.

        None where numbers are not finite: the engine has to look at them.
        """
        for known in self._passes:
            found = known.gradient(X, y)
            if found:
                self.last = known
                return found
        self.last = self._fresh(X, y)
        return self.last.gradient(X, y) or None

    def move(self) -> None:
        """Clips the gradients that `gradient` left and follows them."""
        if self.clip is not None:
            self.clip()
        self.optimizer.follow(self.last.moved)

    def _fresh(self, X: Array, y: Array) -> Pass:
        """A pass for this batch. Recording runs the model; what it draws from generators in doing so is put back."""
        with generators_put_back(self.modules):
            found = Pass(self, X, y)
        self._passes = [*self._passes[-MOST + 1 :], found]
        return found

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_passes": []}  # they hold the places of this model's parameters, and of no copy's

    def _eagerly(self, X: Array, y: Array) -> float:
        self.optimizer.zero_grad()
        error = self.loss(self.model(X), y)
        error.backward()
        if self.clip is not None:
            self.clip()
        self.optimizer.step()
        return error.item()


class CompiledLearner(ArrayLearner):
    """A model of Tensors whose steps are compiled; `reason` says why they are not, once one could not be."""

    def step(self, rows: Any, targets: Any, tally: Tally, epoch: int, number: int) -> None:
        found = None if self.reason else self._compiled(rows, targets)
        if found is None:
            super().step(rows, targets, tally, epoch, number)
            return
        mean, outputs = found
        self._step.move()
        self._enter(mean, arrays.leaf(Tensor, outputs, requires_grad=False), targets, tally)
        self._last = mean

    def _compiled(self, rows: Any, targets: Any) -> tuple[float, Any] | None:
        try:
            return self._step.gradient(rows, targets)
        except Exception as error:  # where it is not about recording, the eager step raises it again
            self.go_on_eagerly(error)
            return None

    @cached_property
    def _step(self) -> CompiledStep:
        step = CompiledStep(self.model, self.loss, self.optimizer)
        step.clip = self.clip
        return step


def compiled_learner_for(
    model: Module, loss: Any, optimizer: Optimizer, clip: Callable[[], object] | None, metrics: Metrics
) -> Learner:
    """The learner for this kind of model: whole steps are compiled of Tensors, the loss of one sample of Values."""
    kind = CompiledLearner if is_array_model(model) else LanesLearner
    return kind(model, loss, optimizer, clip, metrics)


def compiled_step(
    model: Module,
    loss: Callable[[Any, Any], Any],
    optimizer: Optimizer,
    *,
    clip_norm: float | None = None,
    clip_value: float | None = None,
) -> CompiledStep:
    """The whole training step as a function of X and y; see `CompiledStep`."""
    return CompiledStep(model, loss, optimizer, clip_norm=clip_norm, clip_value=clip_value)
