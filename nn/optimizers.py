"""Optimizers in order of complexity: how parameters move once their gradients are known.

Each says what one move does to a long array of numbers w with gradients g, in NumPy calls that write in place; what it
remembers of earlier moves lies in arrays beside w. Letters as in the papers; λ is the weight decay; it spares biases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor, Value
from autograd.aligned import aligned_empty, aligned_zeros
from autograd.errors import ArgumentError, AutogradError, OperandError
from nn.arguments import rate
from nn.flat import BLOCK, flattened
from nn.module import Module, Parameter, Parameters, is_bias

Array = NDArray[Any]
Scratch = tuple[Array, Array]  # two arrays to work in
Part = tuple[Array, Array, bool, Scratch, list[Array]]  # a block: w, g, whether it decays, scratch, what is remembered


class Optimizer:
    """Holds parameters, each once, and moves them: a subclass names what it remembers and writes `move`.

    Accepts a module, its `parameters()`, pairs of name and parameter, or a plain list of leaf Values or Tensors. Names
    tell biases, which weight decay spares; in a plain list there are no names and everything counts as a weight.
    `lr` may be set between steps, as schedules do. Tensors move into one long array for each dtype, and so do their
    gradients.
    """

    memory: tuple[str, ...] = ()  # the names of the arrays it remembers, of zeros at the start

    def __init__(self, parameters: Any, lr: float, weight_decay: float = 0.0) -> None:
        named = _named(parameters)
        unique = {parameter: name for name, parameter in reversed(named)}
        self.parameters: list[Parameter] = list(reversed(unique))
        self.names = [unique[parameter] for parameter in self.parameters]
        given = Counter(parameter for _, parameter in named)
        self.repeated = [unique[parameter] for parameter in self.parameters if given[parameter] > 1]  # for nn.health
        if not self.parameters:
            raise ArgumentError(f"{type(self).__name__} got no parameters: there is nothing to optimise")
        self.lr = rate(lr, type(self).__name__, "lr")
        self.weight_decay = rate(weight_decay, type(self).__name__, "weight_decay")
        self.steps = 0
        self.flats = flattened(self.parameters)
        self._memories = [
            {name: aligned_zeros(flat.data.size, flat.data.dtype) for name in self.memory} for flat in self.flats
        ]
        self._scratch = [
            [aligned_empty(min(BLOCK, flat.data.size), flat.data.dtype) for _ in range(2)] for flat in self.flats
        ]
        decays = {parameter: not is_bias(name) for parameter, name in zip(self.parameters, self.names, strict=True)}
        self._planned: tuple[Any, list[list[Part]]] | None = None
        self._numbers: tuple[float, ...] = ()
        self._arrays: dict[Any, list[Array]] = {}
        self._decays = [[decays[parameter] for parameter in flat.parameters] for flat in self.flats]

    def zero_grad(self) -> None:
        """Clears the gradient of every parameter: 0 on a Value, None on a Tensor."""
        for parameter in self.parameters:
            parameter.zero_grad()

    def step(self) -> None:
        """Moves every parameter that is not frozen along its gradient; a Tensor without one stays where it is.

        AutogradError where no parameter has a gradient. A gradient of 0 is one, but of Values, which begin with 0, at
        least one must differ from 0 until the first move: if not, backward was not called, or nothing matters.
        """
        if not any(p.requires_grad and _has_gradient(p, self.steps) for p in self.parameters):
            missing = "0" if all(isinstance(p, Value) for p in self.parameters) else "missing"
            raise AutogradError(
                f"{type(self).__name__}.step(): all {len(self.parameters)} gradients are {missing}. Was "
                "loss.backward() called after zero_grad()? If it was, the loss does not depend on these parameters "
                "here, or they are frozen."
            )
        self.update()

    def update(self) -> None:
        """The move itself, for those who know that backward was called: `step` without the question."""
        self.follow(self.gather())

    def gather(self) -> list[list[bool]]:
        """Brings every number and gradient into its place, and says which parameters have a gradient, flat by flat."""
        return [flat.gather() for flat in self.flats]

    def follow(self, gathered: list[list[bool]]) -> None:
        """Moves the parameters that `gather` named, once their gradients lie in their places."""
        self.steps += 1
        self.prepare()
        decay = self.weight_decay
        for flat, parts, moved in zip(self.flats, self.parts(gathered), gathered, strict=True):
            for w, g, decays, room, remembered in parts:
                self.move(w, g, decay if decays else 0.0, room, *remembered)
            flat.release(moved)

    def parts(self, gathered: list[list[bool]]) -> list[list[Part]]:
        """The blocks of every flat with all that their move takes, cut once for all steps that move the same."""
        plan = gathered, self.weight_decay != 0.0
        if self._planned is None or self._planned[0] != plan:
            several = zip(self.flats, self._memories, self._scratch, self._decays, gathered, strict=True)
            self._planned = (
                plan,
                [
                    [
                        (
                            flat.data[b],
                            flat.grad[b],
                            decay,
                            (scratch[0][: b.stop - b.start], scratch[1][: b.stop - b.start]),
                            [a[b] for a in memory.values()],
                        )
                        for b, decay in flat.blocks(moved, decays if plan[1] else [False] * len(decays))
                    ]
                    for flat, memory, scratch, decays, moved in several
                ],
            )
        return self._planned[1]

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_planned": None}  # a copy cuts its own arrays into blocks

    def prepare(self) -> None:
        """Works out what is the same for every number of this step."""
        numbers = self.numbers()
        if numbers != self._numbers:
            self._numbers = numbers
            for found in self._arrays.values():
                _fill(found, numbers)

    def numbers(self) -> tuple[float, ...]:
        """What `move` reckons with besides the arrays, for this step; it gets them from `arrays`."""
        return ()

    def arrays(self, w: Array) -> list[Array]:
        """The numbers of this step as arrays of w's dtype, which NumPy would make of floats at every call."""
        found = self._arrays.get(w.dtype)
        if found is None:
            found = self._arrays[w.dtype] = [np.empty((), w.dtype) for _ in self._numbers]
            _fill(found, self._numbers)
        return found

    def move(self, w: Array, g: Array, decay: float, scratch: Scratch, *remembered: Array) -> None:
        """Changes w in place; `scratch` is two arrays of the same length to work in, g must stay as it is."""
        raise NotImplementedError(f"{type(self).__name__} needs a method move(self, w, g, decay, scratch, …)")

    def settings(self) -> dict[str, Any]:
        """The numbers it was made with, as they are now."""
        return {"lr": self.lr, "weight_decay": self.weight_decay}

    def state_dict(self) -> dict[str, Any]:
        """All that it needs to go on as if it had not stopped: settings, steps, and its memory by parameter name."""
        memory: dict[str, dict[str, Any]] = {name: {} for name in self.memory}
        for slot, name, place in self._slots():
            memory[slot][name] = place.copy()
        return {"kind": type(self).__name__, "settings": self.settings(), "steps": self.steps, "memory": memory}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on from a state; ArgumentError lists what does not fit, and then nothing is changed."""
        try:
            kind, settings, steps, memory = (state[key] for key in ("kind", "settings", "steps", "memory"))
        except (KeyError, TypeError):
            raise ArgumentError(
                "an optimizer's state is what state_dict() gives: kind, settings, steps, memory"
            ) from None
        differences = [] if kind == type(self).__name__ else [f"it is of {kind}"]
        differences += [f"{name} is no setting" for name in settings if name not in self.settings()]
        for slot, name, place in self._slots():
            found = memory.get(slot, {}).get(name)
            if found is None or np.shape(found) != place.shape:
                differences.append(f"{slot} of {name} is {'missing' if found is None else np.shape(found)}")
        if differences:
            raise ArgumentError(f"this state does not fit {self!r}: " + "; ".join(differences[:8]))
        for slot, name, place in self._slots():
            place[...] = memory[slot][name]
        for name, setting in settings.items():
            setattr(self, name, tuple(setting) if isinstance(setting, list) else setting)
        self.steps = steps

    def _slots(self) -> Iterable[tuple[str, str, Array]]:
        """What is remembered of each parameter: the slot's name, the parameter's name, and the numbers in place."""
        names = dict(zip(self.parameters, self.names, strict=True))
        for flat, memory in zip(self.flats, self._memories, strict=True):
            for slot, array in memory.items():
                for parameter, place in zip(flat.parameters, flat.places, strict=True):
                    shape = parameter.shape if isinstance(parameter, Tensor) else ()
                    yield slot, names[parameter], array[place].reshape(shape)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={number}' for name, number in self.settings().items())})"


class SGD(Optimizer):
    """v ← μv + g + λw, w ← w − lr·v, with the momentum μ; with `nesterov` w ← w − lr·(g + λw + μv).

    Without momentum this is W ← W − α(δaᵀ + λW), b ← b − αδ of the textbook's Algorithm 4.1.
    """

    memory: tuple[str, ...] = ("velocity",)

    def __init__(
        self, parameters: Any, lr: float, momentum: float = 0.0, weight_decay: float = 0.0, nesterov: bool = False
    ) -> None:
        self.momentum = rate(momentum, "SGD", "momentum", below=1.0)
        if nesterov and not self.momentum:
            raise ArgumentError("SGD: nesterov looks ahead along the momentum, so it needs momentum > 0")
        self.nesterov = bool(nesterov)
        self.memory = ("velocity",) if self.momentum else ()
        super().__init__(parameters, lr, weight_decay)

    def numbers(self) -> tuple[float, ...]:
        return self.lr, self.momentum

    def move(self, w: Array, g: Array, decay: float, scratch: Scratch, *remembered: Array) -> None:
        step, spare = scratch
        lr, momentum = self.arrays(w)
        if remembered:
            (v,) = remembered
            v *= momentum
            v += g
            if decay:
                v += np.multiply(w, decay, out=spare)
            if self.nesterov:
                np.multiply(v, momentum, out=step)
                step += g
                if decay:
                    step += spare
                step *= lr
            else:
                np.multiply(v, lr, out=step)
        elif decay:
            np.multiply(w, decay, out=spare)
            np.add(g, spare, out=step)
            step *= lr
        else:
            np.multiply(g, lr, step)
        w -= step

    def settings(self) -> dict[str, Any]:
        return {
            "lr": self.lr,
            "momentum": self.momentum,
            "weight_decay": self.weight_decay,
            "nesterov": self.nesterov,
        }


class RMSprop(Optimizer):
    """s ← αs + (1 − α)g², w ← w − lr·g / (√s + ε), with g + λw in place of g (Tieleman and Hinton, 2012)."""

    memory: tuple[str, ...] = ("mean_square",)

    def __init__(
        self, parameters: Any, lr: float = 0.01, alpha: float = 0.99, eps: float = 1e-8, weight_decay: float = 0.0
    ) -> None:
        self.alpha = rate(alpha, "RMSprop", "alpha", below=1.0)
        self.eps = rate(eps, "RMSprop", "eps")
        super().__init__(parameters, lr, weight_decay)

    def numbers(self) -> tuple[float, ...]:
        return self.alpha, 1.0 - self.alpha, self.eps, self.lr

    def move(self, w: Array, g: Array, decay: float, scratch: Scratch, *remembered: Array) -> None:
        (s,), (step, spare) = remembered, scratch
        alpha, rest, eps, lr = self.arrays(w)
        g = _decayed(w, g, decay, spare)
        np.multiply(g, g, step)
        step *= rest
        s *= alpha
        s += step
        np.sqrt(s, step)
        step += eps
        np.divide(g, step, step)
        step *= lr
        w -= step

    def settings(self) -> dict[str, Any]:
        return {"lr": self.lr, "alpha": self.alpha, "eps": self.eps, "weight_decay": self.weight_decay}


class Adagrad(Optimizer):
    """s ← s + g², w ← w − lr·g / (√s + ε), with g + λw in place of g (Duchi, Hazan and Singer, 2011)."""

    memory: tuple[str, ...] = ("sum_of_squares",)

    def __init__(self, parameters: Any, lr: float = 0.01, eps: float = 1e-10, weight_decay: float = 0.0) -> None:
        self.eps = rate(eps, "Adagrad", "eps")
        super().__init__(parameters, lr, weight_decay)

    def numbers(self) -> tuple[float, ...]:
        return self.eps, self.lr

    def move(self, w: Array, g: Array, decay: float, scratch: Scratch, *remembered: Array) -> None:
        (s,), (step, spare) = remembered, scratch
        eps, lr = self.arrays(w)
        g = _decayed(w, g, decay, spare)
        np.multiply(g, g, step)
        s += step
        np.sqrt(s, step)
        step += eps
        np.divide(g, step, step)
        step *= lr
        w -= step

    def settings(self) -> dict[str, Any]:
        return {"lr": self.lr, "eps": self.eps, "weight_decay": self.weight_decay}


class Adam(Optimizer):
    """m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², w ← w − lr · m̂ / (√v̂ + ε) (Kingma and Ba, 2015).

    m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ) after t steps; g + λw stands in place of g. What is remembered is
    m / (1 − β₁) and v / (1 − β₂), which saves two products a number and step.
    """

    memory: tuple[str, ...] = ("gradients", "squares")

    def __init__(
        self,
        parameters: Any,
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        name = type(self).__name__
        if not isinstance(betas, (tuple, list)) or len(betas) != 2:
            raise ArgumentError(f"{name}: betas is a pair such as (0.9, 0.999), got {betas!r}")
        self.betas = (rate(betas[0], name, "betas", below=1.0), rate(betas[1], name, "betas", below=1.0))
        self.eps = rate(eps, name, "eps")
        super().__init__(parameters, lr, weight_decay)

    def numbers(self) -> tuple[float, ...]:
        """β₁, β₂, and ε and lr for m and v as they are remembered."""
        first, second = self.betas
        spread = ((1.0 - second) / (1.0 - second**self.steps)) ** 0.5  # √v̂ = spread · √(v / (1 − β₂))
        return first, second, self.eps / spread, self.lr * (1.0 - first) / (1.0 - first**self.steps) / spread

    def move(self, w: Array, g: Array, decay: float, scratch: Scratch, *remembered: Array) -> None:
        (m, v), (step, spare) = remembered, scratch
        first, second, eps, lr = self.arrays(w)
        g = self.decayed(w, g, decay, spare)
        m *= first
        m += g
        np.multiply(g, g, step)
        v *= second
        v += step
        np.sqrt(v, step)
        step += eps
        np.divide(m, step, step)
        step *= lr
        w -= step

    def decayed(self, w: Array, g: Array, decay: float, spare: Array) -> Array:
        """The gradient with the decay in it."""
        return _decayed(w, g, decay, spare)

    def settings(self) -> dict[str, Any]:
        return {"lr": self.lr, "betas": self.betas, "eps": self.eps, "weight_decay": self.weight_decay}


class AdamW(Adam):
    """Adam with the decay apart from the gradient, w ← w − lr·λw first (Loshchilov and Hutter, 2019)."""

    def __init__(
        self,
        parameters: Any,
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(parameters, lr, betas, eps, weight_decay)

    def decayed(self, w: Array, g: Array, decay: float, spare: Array) -> Array:
        if decay:
            w *= 1.0 - self.lr * decay
        return g


def _fill(arrays: Iterable[Array], numbers: Iterable[float]) -> None:
    """Writes each number into the array that stands for it, and of which others may know."""
    for array, number in zip(arrays, numbers, strict=True):
        array[()] = number


def _decayed(w: Array, g: Array, decay: float, spare: Array) -> Array:
    """g + λw, in `spare` where there is a decay."""
    if not decay:
        return g
    np.multiply(w, decay, out=spare)
    spare += g
    return spare


def _has_gradient(parameter: Parameter, steps: int) -> bool:
    if isinstance(parameter, Tensor):
        return parameter.grad is not None
    return steps > 0 or parameter.grad != 0.0


def _named(parameters: Any) -> list[tuple[str, Parameter]]:
    """Pairs of name and parameter from what an optimizer accepts."""
    if isinstance(parameters, Module):
        return parameters.named_parameters()
    if isinstance(parameters, Parameters):
        return list(parameters.named)
    if not isinstance(parameters, Iterable) or isinstance(parameters, Tensor):
        raise OperandError(f"an optimizer takes a module or a list of parameters, not {type(parameters).__name__}")
    pairs = [item if isinstance(item, tuple) else (f"parameters.{i}", item) for i, item in enumerate(parameters)]
    for pair in pairs:
        if len(pair) != 2 or not isinstance(pair[0], str):
            raise OperandError(f"an optimizer takes pairs of name and parameter, or parameters alone, not {pair!r}")
        name, parameter = pair
        if not isinstance(parameter, Parameter) or parameter.op is not None:
            raise OperandError(f"an optimizer moves leaf Values and Tensors; {name} is {parameter!r}")
    return pairs
