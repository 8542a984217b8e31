"""Optimizers: how parameters move once their gradients are known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd.errors import ArgumentError, AutogradError, OperandError
from nn.arguments import rate
from nn.module import Module, Parameter, Parameters, is_bias


class Optimizer:
    """Holds parameters, each once, and moves them: a subclass writes `update`.

    Accepts a module, its `parameters()`, pairs of name and parameter, or a plain list of leaf Values. Names tell
    biases, which weight decay spares; in a plain list there are no names and everything counts as a weight.
    """

    def __init__(self, parameters: Any) -> None:
        unique = {parameter: name for name, parameter in reversed(_named(parameters))}
        self.parameters: list[Parameter] = list(reversed(unique))
        self.names = [unique[parameter] for parameter in self.parameters]
        self._has_moved = False
        if not self.parameters:
            raise ArgumentError(f"{type(self).__name__} got no parameters: there is nothing to optimise")

    def zero_grad(self) -> None:
        """Sets the gradient of every parameter back to 0."""
        for parameter in self.parameters:
            parameter.zero_grad()

    def step(self) -> None:
        """Moves every parameter that is not frozen along its gradient.

        A gradient of 0 is allowed, but until the first gradient that is not 0 every step raises: a parameter no
        pass has reached and one that does not matter both hold 0, and in neither case would anything ever move.
        """
        if not self._has_moved and not any(p.requires_grad and p.grad != 0.0 for p in self.parameters):
            raise AutogradError(
                f"{type(self).__name__}.step(): all {len(self.parameters)} gradients are 0. Was loss.backward() called "
                "after zero_grad()? If it was, the loss does not depend on these parameters here, or they are frozen."
            )
        self._has_moved = True
        self.update()

    def update(self) -> None:
        """The move itself, for those who know that backward was called: `step` without the question."""
        raise NotImplementedError(f"{type(self).__name__} needs a method update(self)")


class SGD(Optimizer):
    """v ← momentum·v + ∂ + λ·w, w ← w − lr·v, with λ = weight_decay on weights and 0 on biases.

    Without momentum this is W ← W − α(δaᵀ + λW), b ← b − αδ of the textbook's Algorithm 4.1.
    """

    def __init__(self, parameters: Any, lr: float, momentum: float = 0.0, weight_decay: float = 0.0) -> None:
        super().__init__(parameters)
        self.lr = rate(lr, "SGD", "lr")
        self.momentum = rate(momentum, "SGD", "momentum", below=1.0)
        self.weight_decay = rate(weight_decay, "SGD", "weight_decay")
        self.decays = [not is_bias(name) for name in self.names]
        self.velocities = [0.0] * len(self.parameters)

    def update(self) -> None:
        for i, parameter in enumerate(self.parameters):
            if not parameter.requires_grad:
                continue
            velocity = self.momentum * self.velocities[i] + parameter.grad
            if self.decays[i]:
                velocity += self.weight_decay * parameter.data
            self.velocities[i] = velocity
            parameter.data -= self.lr * velocity

    def __repr__(self) -> str:
        return f"SGD(lr={self.lr}, momentum={self.momentum}, weight_decay={self.weight_decay})"


def _named(parameters: Any) -> list[tuple[str, Parameter]]:
    """Pairs of name and parameter from what an optimizer accepts."""
    if isinstance(parameters, Module):
        return parameters.named_parameters()
    if isinstance(parameters, Parameters):
        return list(parameters.named)
    if not isinstance(parameters, Iterable):
        raise OperandError(f"an optimizer takes a module or a list of parameters, not {type(parameters).__name__}")
    pairs = [item if isinstance(item, tuple) else (f"parameters.{i}", item) for i, item in enumerate(parameters)]
    for pair in pairs:
        if len(pair) != 2 or not isinstance(pair[0], str):
            raise OperandError(f"an optimizer takes pairs of name and parameter, or parameters alone, not {pair!r}")
        name, parameter = pair
        if not isinstance(parameter, Parameter) or parameter.op is not None:
            raise OperandError(f"an optimizer moves leaf Values; {name} is {parameter!r}")
    return pairs
