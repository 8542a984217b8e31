"""A whole training step as one program: forward, loss, backward, clipping and the optimizer's move.

It works in arrays made once. It is recorded at its first batch and again at the first of another shape, and gives
what the eager step gives up to rounding: sums are added up in another order, so that a derivative that is a sum of n
terms is within a few n ε of the sum of their absolute values, as the eager one is.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.errors import ArgumentError, Unrecordable
from autograd.modes import current_mode
from autograd.program.native.cache import numba
from nn.clipping import clipper
from nn.compiling.one_pass import NATIVE, NUMPY, Array, Pass
from nn.module import Module
from nn.optimizers import Optimizer
from nn.randomness import generators_put_back
from nn.rehearsal import demand_parts
from nn.targets import as_data

MOST = 16  # passes that are kept, for batches of other shapes and other branches
# Recordings that are made in any case, and how many steps each has to serve after that.
RARE = {NUMPY: (64, 8), NATIVE: (8, 1000)}


def _demand_known_step(optimizer: Optimizer) -> None:
    """Unrecordable where an optimizer does more in a step than to move along the gradients."""
    for name in ("zero_grad", "step", "update", "gather", "follow", "parts"):
        if getattr(getattr(optimizer, name), "__func__", None) is not getattr(Optimizer, name):
            raise Unrecordable(
                f"{type(optimizer).__name__} has a method {name} of its own, which a compiled step does not call: what "
                "one step does to the numbers is written as `move`, and what it needs to know for that as `numbers`"
            )


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
        if X.__class__ is not np.ndarray or X.dtype is not self._dtype:
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
