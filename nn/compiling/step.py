"""A whole training step as one program: forward, loss, backward, clipping and the optimizer's move.

It works in arrays made once. It is recorded at its first batch and again at the first of another shape, and gives
what the eager step gives up to rounding: sums are added up in another order, so that a derivative that is a sum of n
terms is within a few n ε of the sum of their absolute values, as the eager one is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor, arrays
from autograd.errors import ArgumentError, Unrecordable
from autograd.modes import current_mode
from autograd.program.native.cache import numba
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
from nn.clipping import clipper
from nn.compiling.held import Held
from nn.losses import Loss
from nn.module import Module
from nn.optimizers import Optimizer
from nn.randomness import generators_put_back
from nn.rehearsal import demand_parts
from nn.targets import as_data, checked_targets

Array = NDArray[Any]
NUMPY, NATIVE = "numpy", "native"
MOST = 16  # passes that are kept, for batches of other shapes and other branches
# Recordings that are made in any case, and how many steps each has to serve after that.
RARE = {NUMPY: (64, 8), NATIVE: (8, 1000)}

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


def _demand_known_step(optimizer: Optimizer) -> None:
    """Unrecordable where an optimizer does more in a step than to move along the gradients."""
    for name in ("zero_grad", "step", "update", "gather", "follow", "parts"):
        if getattr(getattr(optimizer, name), "__func__", None) is not getattr(Optimizer, name):
            raise Unrecordable(
                f"{type(optimizer).__name__} has a method {name} of its own, which a compiled step does not call: what "
                "one step does to the numbers is written as `move`, and what it needs to know for that as `numbers`"
            )


def _looks_labels_up(loss: Any) -> bool:
    """Whether a label only has to be a class, and is asked for nothing else: then a table may tell."""
    if not isinstance(loss, ClassLoss) or loss.weight is not None:
        return False
    kind = type(loss)
    return kind.check_batch is ClassLoss.check_batch and kind.checked is ClassLoss.checked


def checked_kind(kind: Any, where: str, hint: str = "") -> str:
    """A kind of compiled step; ArgumentError of any other, MissingExtra where it is native and Numba is not there."""
    if not isinstance(kind, str) or kind not in (NUMPY, NATIVE):
        raise ArgumentError(f'{where}: a step is compiled for "numpy" or "native", not for {kind!r}{hint}')
    if kind == NATIVE:
        numba()
    return str(kind)


class CompiledStep:
    """A training step: called on X and y it moves the parameters along the gradient of their loss, which it returns.

    It is recorded when it first meets a batch of some shape, and anew where a branch goes another way, or where what
    the model and the loss hold in attributes, and in lists, dicts and arrays there, is no longer the same. Other
    numbers from outside, such as a global that the loss reads, are frozen as they were then. Under `detect_anomaly` it
    runs without a program.

    What cannot be recorded raises Unrecordable or Detached, naming the line; a Dropout, for instance, draws numbers
    anew at every call. So does a step that is recorded time and again. `clip_norm` and `clip_value` clip the gradients
    before every move, the value first. `kind` says what runs it: "numpy", or "native", machine code that Numba makes
    in some seconds for every recording and keeps on disk. What has no native form is run by NumPy; `reason` says what
    that is.
    """

    reason = ""

    def __init__(
        self,
        model: Module,
        loss: Callable[[Any, Any], Any],
        optimizer: Optimizer,
        *,
        kind: str = NUMPY,
        clip_norm: float | None = None,
        clip_value: float | None = None,
    ) -> None:
        demand_parts(model, loss, optimizer, None, "compiled_step")
        _demand_known_step(optimizer)
        dtypes = [p.dtype for p in model.parameters() if isinstance(p, Tensor)]
        if not dtypes:
            raise ArgumentError(f"compiled_step works on a model of Tensors: {model!r} has none. See to_tensors()")
        self.model, self.loss, self.optimizer, self.kind = model, loss, optimizer, checked_kind(kind, "compiled_step")
        self.clip: Callable[[], object] | None = clipper(optimizer, clip_norm, clip_value)
        self._dtype = dtypes[0]
        self._begin()

    def _begin(self) -> None:
        self._passes: list[Pass] = []
        self._recorded, self._begun = 0, self.optimizer.steps
        self._lock = Lock()  # the arrays that a pass works in are those of one step at a time

    def __call__(self, X: Any, y: Any) -> float:
        """One step on a batch."""
        X = np.asarray(as_data(X, "compiled_step", "inputs"), self._dtype)
        y = as_data(y, "compiled_step")
        if current_mode().special:
            return self._eagerly(X, y)
        with self._lock:
            for known in self._passes:
                loss = known.step(X, y)
                if loss.__class__ is float:
                    return loss
            loss = self._otherwise("step", X, y)
            return loss if loss.__class__ is float else self._eagerly(X, y)

    def learn(self, X: Array, y: Array) -> tuple[float, Any] | None:
        """One step: the loss and the outputs, which the next call overwrites.

        None where numbers are not finite, and nothing has moved: the engine has to look at them. So has it under
        `detect_anomaly`.
        """
        if current_mode().special:
            return None
        with self._lock:
            for known in self._passes:
                both: tuple[float, Any] | None = known.learn(X, y)
                if both:
                    return both
            return self._otherwise("learn", X, y) or None

    def _otherwise(self, name: str, X: Array, y: Array) -> Any:
        """What a step gives where no known pass has done it; False where numbers are not finite."""
        self.optimizer.gather()  # another optimizer may have taken parameters in
        for known in self._passes:
            found = getattr(known, name)(X, y)
            if found is not None and (found is not False or not known.branches):
                return found
        return getattr(self._fresh(X, y), name)(X, y)

    def go_on_by_numpy(self, why: str) -> None:
        """From now on runs no native code, of which this is the reason."""
        self.reason = f"by NumPy, for {why}"

    def _fresh(self, X: Array, y: Array) -> Pass:
        """A pass for this batch. Recording runs the model; what it draws from generators in doing so is put back."""
        self._demand_rare(X, y)
        with generators_put_back([module for _, module in self.model.named_modules()]):
            found = Pass(self, X, y)
        self._passes = [*self._passes[-MOST + 1 :], found]
        self._recorded += 1
        return found

    def _demand_rare(self, X: Array, y: Array) -> None:
        """Unrecordable where steps are recorded rather than run; where they are compiled each time, sooner."""
        made, steps = self._recorded, self.optimizer.steps - self._begun
        too_often = {kind for kind, (most, served) in RARE.items() if made >= most and made * served > steps}
        if NATIVE in too_often and self.kind == NATIVE and not self.reason:
            self.go_on_by_numpy(f"it was compiled {made} times in {steps} steps, this time because {self._why(X, y)}")
        elif NUMPY in too_often:
            raise Unrecordable(
                f"the training step was recorded {made} times in {steps} steps, this time because "
                f"{self._why(X, y)}: run without a program such steps are quicker"
            )

    def _why(self, X: Array, y: Array) -> str:
        """What makes the next recording another one than the last."""
        last = self._passes[-1]
        if last.shapes != (X.shape, y.shape):
            return f"a batch came in shapes {X.shape} and {y.shape}"
        name = last.held.difference()
        if name:
            return f"{name} changed"
        return f"the branch at {last.decided_at} went another way" if last.decided_at else "parameters changed places"

    def __getstate__(self) -> dict[str, Any]:
        # Passes hold the places of this model's parameters, and of no copy's.
        return {name: x for name, x in vars(self).items() if name not in ("_lock", "_passes")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._begin()

    def __repr__(self) -> str:
        names = [getattr(x, "__name__", type(x).__name__) for x in (self.model, self.loss, self.optimizer)]
        return f"<step of {', '.join(names)} for {self.kind}{', ' if self.reason else ''}{self.reason}>"

    def _eagerly(self, X: Array, y: Array) -> float:
        self.optimizer.zero_grad()
        error = self.loss(self.model(X), y)
        error.backward()
        if self.clip is not None:
            self.clip()
        self.optimizer.step()
        return error.item()


def compiled_step(
    model: Module,
    loss: Callable[[Any, Any], Any],
    optimizer: Optimizer,
    *,
    kind: str = NUMPY,
    clip_norm: float | None = None,
    clip_value: float | None = None,
) -> CompiledStep:
    """The whole training step as a function of X and y; see `CompiledStep`."""
    return CompiledStep(model, loss, optimizer, kind=kind, clip_norm=clip_norm, clip_value=clip_value)
