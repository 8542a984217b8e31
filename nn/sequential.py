"""Sequential: modules one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self, overload

import numpy as np

from autograd.errors import ArgumentError, OperandError
from nn.arguments import at_least_one
from nn.conversion import mlp_of, modules_of
from nn.module import Module, training_mode
from nn.scalar import MLP
from nn.summary import Summary, summary_of


class Sequential(Module):
    """Modules in a row, each called on what the one before gave: Sequential(Linear(4, 6), ReLU(), Linear(6, 3)).

    A module is named by its place, so that parameters are "0.weight", "0.bias", "2.weight", …, as in PyTorch; or by
    its key where a dict is given: Sequential({"hidden": Linear(4, 6), "bend": ReLU()}).

    >>> from nn import Flatten, Linear, ReLU
    >>> model = Sequential(Flatten(), Linear(784, 512), ReLU(), Linear(512, 512), ReLU(), Linear(512, 10))
    >>> print(model.summary((28, 28)))
    name  module            output    parameters
    ────────────────────────────────────────────
    0     Flatten()         (n, 784)           0
    1     Linear(784, 512)  (n, 512)     401,920
    2     ReLU()            (n, 512)           0
    3     Linear(512, 512)  (n, 512)     262,656
    4     ReLU()            (n, 512)           0
    5     Linear(512, 10)   (n, 10)        5,130
    ────────────────────────────────────────────
                            total        669,706
    """

    def __init__(self, *modules: Module | Mapping[str, Module]) -> None:
        self._modules: dict[str, Module] = {}
        for module in modules:
            if isinstance(module, Mapping):
                for name, named in module.items():
                    self.append(named, name)
            else:
                self.append(module)

    def forward(self, x: Any) -> Any:
        for module in self._modules.values():
            x = module(x)
        return x

    def append(self, module: Module, name: str | None = None) -> Self:
        """Puts a module at the end, under this name or that of its place, and returns self.

        OperandError where it is no module, ArgumentError where the name is taken or holds a dot.
        """
        if isinstance(module, type):
            raise OperandError(f"Sequential takes modules, got the class {module.__name__}: {module.__name__}(…)?")
        if isinstance(module, (list, tuple)):
            raise OperandError("Sequential takes modules one by one, not a list of them: Sequential(*modules)")
        if not isinstance(module, Module):
            raise OperandError(
                f"Sequential takes modules, got {type(module).__name__}: {module!r:.60}. A function becomes one as the "
                "`forward` of a class derived from nn.Module."
            )
        if any(inner is self for _, inner in module.named_modules()):
            raise ArgumentError("a Sequential cannot hold itself: it would never come to an end")
        self._modules[self._free_name(name)] = module
        return self

    def _free_name(self, name: str | None) -> str:
        if name is None:
            name = str(len(self._modules))
        if not isinstance(name, str) or not name or "." in name:
            raise ArgumentError(f"Sequential: a name is text without a dot, got {name!r}")
        if name in self._modules or name in vars(self):
            raise ArgumentError(f"Sequential: the name {name!r} is taken, among {', '.join(self._modules)}")
        return name

    def held(self) -> Iterable[tuple[str, Any]]:
        """The modules by their names, then the other attributes, such as those a subclass sets."""
        return [*self._modules.items(), *((name, item) for name, item in vars(self).items() if name != "_modules")]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    @overload
    def __getitem__(self, index: int | str) -> Any: ...  # whatever module it is, with its own attributes

    @overload
    def __getitem__(self, index: slice) -> Sequential: ...

    def __getitem__(self, index: int | str | slice) -> Module | Sequential:
        """The module at a place or of a name; of a slice a Sequential of the same modules, its places counted anew."""
        if isinstance(index, slice):
            return self._part(index)
        if isinstance(index, str) and index in self._modules:
            return self._modules[index]
        if isinstance(index, (int, np.integer)) and -len(self) <= index < len(self):
            return list(self._modules.values())[index]
        if isinstance(index, (int, np.integer)):  # the exception by which Python ends a loop over places
            raise IndexError(f"a Sequential of {len(self)} modules has no place {index}")
        raise ArgumentError(f"a Sequential has no module {index!r}: its names are {', '.join(self._modules) or 'none'}")

    def _part(self, index: slice) -> Sequential:
        part = Sequential()
        for place, (name, module) in list(enumerate(self._modules.items()))[index]:
            part.append(module, None if name == str(place) else name)
        part.training = self.training
        return part

    def steps(self) -> Iterator[tuple[str, Module]]:
        """Dotted name and module in the order they are called in, with a Sequential within this one taken apart."""
        for name, module in self._modules.items():
            if type(module) is Sequential:
                yield from ((f"{name}.{inner}", step) for inner, step in module.steps())
            else:
                yield name, module

    def summary(self, inputs: Any) -> Summary:
        """The table of modules, output shapes and parameter counts, found by running the modules in evaluation mode.

        `inputs` is the shape of one sample, a tuple such as (28, 28) or a number; or samples, an array or a Tensor.
        """
        is_shape = isinstance(inputs, (int, tuple)) and not isinstance(inputs, bool)
        if is_shape:
            sizes = inputs if isinstance(inputs, tuple) else (inputs,)
            inputs = np.zeros((1, *(at_least_one(size, "summary", "every size") for size in sizes)), np.float32)
        with training_mode(self, False):
            return summary_of(self.steps(), inputs, any_count=is_shape)

    @classmethod
    def from_scalars(cls, mlp: MLP) -> Sequential:
        """The network of `mlp.to_tensors()`."""
        return Sequential(*modules_of(mlp)).train(mlp.training)

    def to_scalars(self) -> MLP:
        """An MLP of Values with copies of these weights: what it computes and learns is the same, number by number.

        The modules must be those of an MLP: Linear layers with at most one activation after each, and a Flatten at
        most in front, which lists of numbers do not need. ArgumentError names the module that has no counterpart.
        Values are 64-bit floats: weights in float32 are taken over exactly, and then computed with more precisely.
        """
        if type(self) is not Sequential:
            raise ArgumentError(f"to_scalars: {type(self).__name__} is a class of its own, which no MLP is")
        return mlp_of(self.steps()).train(self.training)

    def __repr__(self) -> str:
        if list(self._modules) == [str(place) for place in range(len(self))]:
            return f"{type(self).__name__}({', '.join(map(repr, self))})"
        return f"{type(self).__name__}({self._modules!r})"
