"""Layers as groups of parameters, and which layer each node of a model's graph belongs to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd import Node, Tensor
from nn.layers import Linear, Maxout
from nn.module import Module, Parameter, is_bias
from nn.scalar import Layer, Neuron


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """One layer: its name in the model, how it prints, and its parameters by their full names."""

    name: str
    text: str
    parameters: list[tuple[str, Parameter]]

    @property
    def called(self) -> str:
        """The layer as a message calls it."""
        return f"layer {self.name}" if self.name else self.text

    @property
    def weights(self) -> list[Parameter]:
        """The parameters that are no biases; all of them where there is nothing else."""
        return [p for name, p in self.parameters if not is_bias(name)] or [p for _, p in self.parameters]


def groups_of(model: Module) -> list[Group]:
    """The layers of a model in the order of its parameters.

    A layer is the module that holds parameters, of neurons in a Layer the Layer. Arrays of two axes that a module of
    the user's own holds are a layer each.
    """
    modules = dict(model.named_modules())
    groups: dict[str, Group] = {}
    for name, parameter in model.named_parameters():
        key, text = _home(name, parameter, modules)
        groups.setdefault(key, Group(key, text, [])).parameters.append((name, parameter))
    return list(groups.values())


def _home(name: str, parameter: Parameter, modules: Mapping[str, Module]) -> tuple[str, str]:
    holder = name
    while holder not in modules:
        holder = holder.rpartition(".")[0]
    outer = _outer(holder, modules)
    while holder and isinstance(modules[holder], Neuron) and isinstance(modules[outer], (Layer, Neuron)):
        holder, outer = outer, _outer(outer, modules)
    module = modules[holder]
    if isinstance(parameter, Tensor) and parameter.ndim > 1 and not isinstance(module, (Linear, Maxout)):
        return name, name
    return holder, repr(module)


def _outer(name: str, modules: Mapping[str, Module]) -> str:
    """The name of the module around the module of this name."""
    name = name.rpartition(".")[0]
    while name not in modules:
        name = name.rpartition(".")[0]
    return name


def layers_of_nodes(order: Iterable[Node], groups: Sequence[Group]) -> dict[Node, int]:
    """For every node that a parameter went into, the place of its layer: that of its weights, or the latest before it.

    So an activation belongs to the layer whose sums it is taken of.
    """
    own = {parameter: place for place, group in enumerate(groups) for _, parameter in group.parameters}
    matrices = {p for group in groups for p in group.weights if not isinstance(p, Tensor) or p.ndim > 1}
    places: dict[Node, int] = {}
    for node in order:
        if node in own:
            places[node] = own[node]  # type: ignore[index]
            continue
        decisive = [places[p] for p in node.parents if p in matrices and p in places]
        passed_on = [places[p] for p in node.parents if p in places and p not in own]
        anything = [places[p] for p in node.parents if p in places]
        found = decisive or passed_on or anything
        if found:
            places[node] = max(found)
    return {node: place for node, place in places.items() if node.op is not None}


def norm(arrays: Iterable[Any]) -> float:
    """√Σx² over all entries of arrays or numbers; nan and inf pass."""
    with np.errstate(all="ignore"):
        return math.sqrt(sum(float(np.square(np.asarray(a, np.float64)).sum()) for a in arrays))
