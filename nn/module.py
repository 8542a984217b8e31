"""Module: what has parameters. They are found by walking its attributes in the order they were set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self, TypeAlias, overload

import numpy as np

from autograd import Tensor, Value
from autograd.errors import ArgumentError
from autograd.modes import MODE

Parameter: TypeAlias = Value | Tensor


class Parameters(Sequence[Parameter]):
    """The parameters of a module in order, with the names by which optimizers tell weights from biases.

    It cannot change; a slice of it, and two of them joined with +, keep the names.
    """

    def __init__(self, named: Iterable[tuple[str, Parameter]]) -> None:
        self.named = tuple(named)

    def __len__(self) -> int:
        return len(self.named)

    @overload
    def __getitem__(self, index: int) -> Parameter: ...

    @overload
    def __getitem__(self, index: slice) -> Parameters: ...

    def __getitem__(self, index: int | slice) -> Parameter | Parameters:
        return Parameters(self.named[index]) if isinstance(index, slice) else self.named[index][1]

    def __add__(self, other: Parameters) -> Parameters:
        return Parameters(self.named + other.named) if isinstance(other, Parameters) else NotImplemented

    def __repr__(self) -> str:
        return f"Parameters({list(self.named)})"


class Module:
    """A function with parameters: subclasses set parameters and modules as attributes and write `forward`.

    A parameter is a leaf Value or Tensor held by an attribute, also inside lists, tuples and dicts, or by a module held
    there.
    Calling the module runs `forward` in a region of the module's name, by which drawings fold it into a box.
    """

    training: bool = True

    def forward(self, *inputs: Any, **options: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} needs a method forward(self, inputs)")

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        # `with region(self)` written out, for every layer of every step passes here.
        token = MODE.set(MODE.get().within(self))
        try:
            return self.forward(*inputs, **options)
        finally:
            MODE.reset(token)

    def held(self) -> Iterable[tuple[str, Any]]:
        """Names and objects in which parameters and modules are looked for: the attributes."""
        return vars(self).items()

    def named_parameters(self) -> list[tuple[str, Parameter]]:
        """Pairs of dotted name and parameter, such as ("layers.0.neurons.2.weights.1", w); tied ones appear once."""
        return [(name, item) for name, item in _contents(self, "", set()) if isinstance(item, Parameter)]

    def parameters(self) -> Parameters:
        """All parameters in the order of their names, tied ones once."""
        return Parameters(self.named_parameters())

    def named_modules(self) -> list[tuple[str, Module]]:
        """Pairs of dotted name and module: this one, named "", then those within it."""
        return [("", self)] + [(name, item) for name, item in _contents(self, "", set()) if isinstance(item, Module)]

    def name_within(self, outer: Any) -> str:
        """The dotted name by which `outer` holds this module; the class's name where it does not."""
        if isinstance(outer, Module):
            for name, module in outer.named_modules():
                if module is self and name:
                    return name
        return type(self).__name__

    def state_dict(self) -> dict[str, Any]:
        """A copy of every parameter's data under its name: a float of a Value, an array of a Tensor."""
        return {
            name: parameter.data if isinstance(parameter, Value) else parameter.numpy()
            for name, parameter in self.named_parameters()
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Sets every parameter to the data under its name.

        Where names are missing or unknown, or what they hold is no numbers of the parameter's shape, ArgumentError
        lists them and nothing is changed.
        """
        if not isinstance(state, Mapping):
            raise ArgumentError(f"a state is a dict of names and numbers or arrays, got {type(state).__name__}")
        named = dict(self.named_parameters())
        differences = [f"{name} is missing" for name in named if name not in state]
        differences += [f"{name} is not a parameter of this module" for name in state if name not in named]
        for name in [name for name in named if name in state]:
            differences += _misfit(name, named[name], state[name])
        if differences:
            raise ArgumentError(
                f"this state does not fit {type(self).__name__}, and nothing was loaded: " + _shortened(differences)
            )
        for name, parameter in named.items():
            parameter.data = state[name]

    def zero_grad(self) -> None:
        """Clears the gradient of every parameter: 0 on a Value, None on a Tensor."""
        for parameter in self.parameters():
            parameter.zero_grad()

    def train(self, flag: bool = True) -> Self:
        """Puts this module and those within it in training mode, and returns it."""
        for _, module in self.named_modules():
            module.training = flag
        return self

    def eval(self) -> Self:
        """Puts this module and those within it in evaluation mode, and returns it."""
        return self.train(False)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({count_parameters(self):,} parameters)"


def count_parameters(module: Module) -> int:
    """How many numbers a module learns: a Tensor counts with its size."""
    return sum(parameter.size if isinstance(parameter, Tensor) else 1 for parameter in module.parameters())


def is_bias(name: str) -> bool:
    """Whether a dotted parameter name is that of a bias: its last attribute is `bias` or `biases`."""
    attributes = [part for part in name.split(".") if not part.isdigit()]
    return bool(attributes) and attributes[-1] in ("bias", "biases")


@contextmanager
def training_mode(model: Module, flag: bool) -> Iterator[None]:
    """Inside, the model and the modules within it are in training or evaluation mode; each gets its own back after."""
    before = [(module, module.training) for _, module in model.named_modules()]
    model.train(flag)
    try:
        yield
    finally:
        for module, training in before:
            module.training = training


def _contents(holder: Any, prefix: str, seen: set[int]) -> Iterator[tuple[str, Parameter | Module]]:
    """Every parameter and module within a holder with its dotted name, each once, in the order of attributes."""
    seen.add(id(holder))
    for key, item in _items(holder):
        name = f"{prefix}{key}"
        if id(item) in seen:
            continue
        if isinstance(item, Parameter) and item.op is None:
            seen.add(id(item))
            yield name, item
        elif isinstance(item, Module):
            yield name, item
            yield from _contents(item, f"{name}.", seen)
        elif isinstance(item, (list, tuple, dict, Parameters)):
            yield from _contents(item, f"{name}.", seen)


def _items(holder: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(holder, Module):
        return holder.held()
    if isinstance(holder, Parameters):
        return holder.named
    return holder.items() if isinstance(holder, dict) else enumerate(holder)


def _misfit(name: str, parameter: Parameter, data: Any) -> list[str]:
    """What is wrong with data for a parameter, in words; nothing where they fit."""
    try:
        numbers = np.asarray(data)
    except ValueError:
        return [f"{name} holds rows of unequal length"]
    if numbers.dtype.kind not in "fiub":
        return [f"{name} holds {type(data).__name__}, not {'a number' if isinstance(parameter, Value) else 'numbers'}"]
    shape = parameter.shape if isinstance(parameter, Tensor) else ()
    return [] if numbers.shape == shape else [f"{name} has shape {numbers.shape}, not {shape}"]


def _shortened(differences: list[str], most: int = 8) -> str:
    rest = len(differences) - most
    return "; ".join(differences[:most]) + (f"; and {rest} more" if rest > 0 else "")
