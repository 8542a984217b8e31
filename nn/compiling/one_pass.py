"""One pass of a compiled step: the recording of a batch of one shape, and the lines that run it and move on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor, arrays
from autograd.errors import Unrecordable
from autograd.program.native_tensors.executor import in_order
from autograd.program.native_tensors.stages import NotNative
from autograd.program.recording import recorded
from autograd.program.simplifying.passes import simplified
from autograd.program.tensors.calls import Calls
from autograd.program.tensors.fusions import Fused
from autograd.program.tensors.page import RunningPage
from autograd.program.tensors.shortcuts import Shortened
from autograd.program.tensors.sketches import DECISION
from nn.class_losses import ClassLoss
from nn.compiling.held import Held
from nn.losses import Loss
from nn.optimizers import Optimizer
from nn.targets import checked_targets

if TYPE_CHECKING:
    from nn.compiling.step import CompiledStep

Array = NDArray[Any]
NUMPY, NATIVE = "numpy", "native"

# What is asked before a step: that the page is the right one for this batch, and every parameter where it was.
_BEFORE = """
if X.shape != shapes[0] or y.shape != shapes[1] or X.dtype != dtypes[0] or y.dtype != dtypes[1]: return None
if (optimizer.weight_decay != 0.0) is not decays or held.has_changed(): return None
"""
# What follows when the loss and the gradients are there. A number that is not finite is left to the engine.
_AFTER = """
loss = float({loss})
if not isfinite(loss): return False
for squares in gradients:
    if not isfinite(squares.dot(squares)): return False
"""
_NATIVELY = """
X, y = in_order(X), in_order(y)
optimizer.steps += 1
{prepare}
loss = native(X, y, table{settings})
if loss != loss:
    optimizer.steps -= 1
    return False
"""
_MOVE = """
optimizer.steps += 1
optimizer.prepare()
decay = optimizer.weight_decay
for w, g, shrinks, room, remembered in parts: move(w, g, decay if shrinks else 0.0, room, *remembered)
"""


class Pass:
    """A step for batches of one shape, along the branches that one batch took.

    `step` makes it and gives the loss, `learn` the loss and the outputs. Both give None where they are not for such a
    batch or model, and False where a decision falls otherwise or numbers are not finite; nothing has moved then.
    """

    def __init__(self, step: CompiledStep, X: Array, y: Array) -> None:
        model, loss, optimizer = step.model, step.loss, step.optimizer
        if step.kind == NATIVE:
            X, y = in_order(X), in_order(y)
        optimizer.gather()  # from now on every parameter lies where it stays
        wanted = {p for p in optimizer.parameters if p.requires_grad}

        errors: list[float] = []

        def called(inputs: Sequence[Any]) -> tuple[Any, list[Any]]:
            outputs = model(inputs[0])
            error = loss(outputs, inputs[1])
            errors.append(_number(error))
            return error, [error, outputs]

        def fresh() -> list[Any]:
            return [arrays.leaf(Tensor, x, requires_grad=False) for x in (X, y)]

        names = {p: f"model_{name}".replace(".", "_") for name, p in model.named_parameters()}
        with checked_targets():
            made = recorded(called, fresh, ["X", "y"], (), "the training step", names, wanted, beside=True)
        _compare(errors[0], _number(loss(model(X), y)))
        listing, leaves = simplified(made.listing)[0], [leaf for leaf in made.captured if isinstance(leaf, Tensor)]
        self.decided_at = listing.guards[-1].line if listing.guards else ""
        numbers = [leaf._data for leaf in leaves]
        labels = 1 if _looks_labels_up(loss) else None
        self._inputs = [X, y, *numbers]
        self._names, self._bound = listing.inputs, dict(enumerate(numbers, start=2))
        fused = Shortened(Fused(Calls(listing, self._inputs, gradient=True)), labels)
        self.branches = any(call.kind == DECISION and call.held is not None for call in fused.calls)
        reached = [p for p, place in zip(leaves, listing.gradients[2:], strict=True) if place is not None]
        homes: list[Any] = [parameter._home for parameter in reached]
        self._homes = list(zip(fused.gradients, homes, strict=True))
        optimizer.zero_grad()
        for parameter, home in zip(reached, homes, strict=True):
            parameter.grad = home
        self.moved = optimizer.gather()
        self.held = Held(model=model, loss=loss)  # after the model has run, which may count its calls
        self._guarded(step, fused, leaves, set(reached))
        if step.kind == NATIVE and not step.reason:
            try:
                self._natively(step, fused)
                return
            except NotNative as error:
                step.go_on_by_numpy(str(error))
        self._by_numpy(step, fused)

    def _guarded(self, step: CompiledStep, fused: Shortened, leaves: Sequence[Tensor], learned: set[Tensor]) -> None:
        """Notes the lines that ask before a step whether it is the right one, and those that follow it."""
        X, y = self._inputs[:2]
        self.shapes = X.shape, y.shape
        self._known: dict[str, Any] = {
            "shapes": self.shapes, "dtypes": (X.dtype, y.dtype), "optimizer": step.optimizer,
            "decays": step.optimizer.weight_decay != 0.0, "isfinite": math.isfinite, "held": self.held,
        }  # fmt: skip
        self._before, self._check = _BEFORE.strip().splitlines(), list[str]()
        self._after, self._changed = list[str](), list[str]()
        for i, (leaf, array) in enumerate(zip(leaves, self._inputs[2:], strict=True)):
            self._known |= {f"leaf{i}": leaf, f"lies{i}": array, f"home{i}": leaf._home}
            needs = "" if leaf.requires_grad else "not "
            self._before.append(f"if leaf{i}._data is not lies{i} or not ({needs}leaf{i}._requires_grad): return None")
            if leaf in learned:
                self._after.append(f"leaf{i}.grad = home{i}")
                self._changed.append(f"leaf{i}._version += 1")
        # A gradient that a step along another branch has left is none of this step's: clipping would count it.
        self._known["others"] = [p for p in step.optimizer.parameters if p not in learned]
        if self._known["others"]:
            self._after.append("for p in others: p.grad = None")
        if not learned:  # which the engine says in its own words
            self._before.append("return False")
        if isinstance(step.loss, Loss) and not fused.labels_are_checked:  # by their numbers
            self._check.append("check_batch(y, outputs_shape)")
            shape = fused.sheet.arrays[fused.outputs[1]].shape
            self._known |= {"check_batch": step.loss.check_batch, "outputs_shape": shape}

    def _by_numpy(self, step: CompiledStep, fused: Shortened) -> None:
        """As NumPy calls, one after the other."""
        optimizer = step.optimizer
        homes: dict[int, Any] = {}
        twice = [(homes.setdefault(place, home), home) for place, home in self._homes]
        twice = [(home, other) for home, other in twice if home is not other]  # parameters of one and the same gradient
        page = RunningPage(fused, self._names, homes, self._bound)
        known = self._known | {f"home_{i}": pair for i, pair in enumerate(twice)} | {
            "gradients": [flat.grad for flat in optimizer.flats], "clip": step.clip, "move": optimizer.move,
            "parts": [part for parts in optimizer.parts(self.moved) for part in parts],
        }  # fmt: skip
        loss, outputs = page.output_names
        clip = ["clip()"] if step.clip is not None else []
        copies = [f"np.copyto(home_{i}[1], home_{i}[0])" for i in range(len(twice))]
        after = [
            *copies,
            *_AFTER.strip().format(loss=loss).splitlines(),
            *self._after,
            *clip,
            *_MOVE.strip().splitlines(),
        ]
        self.step = page.followed_by([*self._before, *self._check], [*after, *self._changed, "return loss"], known)
        self.learn = page.followed_by(self._before, [*after, *self._changed, f"return loss, {outputs}"], known)
        self.page: Any = page

    def _natively(self, step: CompiledStep, fused: Shortened) -> None:
        """In one call of native code."""
        from nn.compiling.native_step import NativeStep  # with Numba installed

        X, y = self._inputs[:2]
        optimizer = step.optimizer
        native = NativeStep(fused, X, y, self._bound, self._homes, optimizer, self.moved, step.clip)
        known = self._known | {"native": native.run, "table": native.table, "outputs": native.outputs}
        known["in_order"] = in_order
        settings = "".join(f", {text}" for text in native.settings)
        known |= {f"choice_{name}": x for name, x in native.choices.items()}
        before = [*self._before, *(f"if optimizer.{name} != choice_{name}: return None" for name in native.choices)]
        prepare = "pass" if type(optimizer).prepare is Optimizer.prepare else "optimizer.prepare()"
        if "numbers[" in settings:
            prepare += "; numbers = optimizer.numbers()"
        lines = _NATIVELY.strip().format(settings=settings, prepare=prepare).splitlines()
        lines += [*self._after, *self._changed]
        for name, check, result in (("step", self._check, "loss"), ("learn", [], "loss, outputs")):
            exec("\n    ".join([f"def {name}(X, y):", *before, *check, *lines, f"return {result}"]), known)
        self.step, self.learn = known["step"], known["learn"]
        self.page = native.page


def _number(error: Any) -> float:
    return float(np.asarray(getattr(error, "_data", error)).item())


def _compare(recorded: float, eager: float) -> None:
    """Demands that a loss that was recorded is the eager one, of plain arrays in place of Tensors."""
    if not np.isclose(recorded, eager, rtol=1e-5, atol=1e-9, equal_nan=True):
        raise Unrecordable(
            f"recorded, the loss of a batch is {recorded:.6g}, and without a program {eager:.6g}: does the model or "
            "the loss ask what kind of array it is given, instead of computing with it?"
        )


def _looks_labels_up(loss: Any) -> bool:
    """Whether a label only has to be a class, and is asked for nothing else: then a table may tell."""
    if not isinstance(loss, ClassLoss) or loss.weight is not None:
        return False
    kind = type(loss)
    return kind.check_batch is ClassLoss.check_batch and kind.checked is ClassLoss.checked
