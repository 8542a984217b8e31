"""The same network of Values and of Tensors: weights copied, activations matched by name, the rest refused by name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.errors import ArgumentError
from nn.activation_modules import ACTIVATION_MODULES, ActivationModule, Identity, Softmax
from nn.activations import ACTIVATIONS, LAYER_ACTIVATIONS, Activation, activation_name
from nn.layers import Flatten, Linear
from nn.module import Module
from nn.scalar import MLP, Layer, Neuron

# ── from Values to Tensors ───────────────────────────────────────────────────────────────────────────────────────────


def modules_of(mlp: MLP) -> list[Module]:
    """A Linear in float64 for each layer, with the layer's weights, and a module for its activation, if it has one.

    ArgumentError names what has no counterpart.
    """
    if type(mlp) is not MLP:
        raise ArgumentError(f"to_tensors: {type(mlp).__name__} is a class of its own, which may compute anything")
    parameters = [p for layer in mlp.layers for p in _own_parameters(layer)]
    if len(set(parameters)) < len(parameters):
        raise ArgumentError("to_tensors: some weights are tied, and the entries of one Tensor cannot be")
    modules: list[Module] = []
    for place, layer in enumerate(mlp.layers):
        modules.append(_linear_of(layer, f"layers.{place}"))
        activation = _module_for(layer.activation, f"layers.{place}")
        if type(activation) is not Identity:
            modules.append(activation)
    return modules


def _own_parameters(layer: Any) -> list[Any]:
    if type(layer) is not Layer or any(type(neuron) is not Neuron for neuron in layer.neurons):
        raise ArgumentError(f"to_tensors: an MLP is made of Layer and Neuron, and holds {layer!r}")
    return [p for neuron in layer.neurons for p in (*neuron.weights, neuron.bias)]


def _linear_of(layer: Layer, name: str) -> Linear:
    linear = Linear(layer.inputs, len(layer.neurons), dtype=np.float64, init="zeros")
    rows = [neuron.weights for neuron in layer.neurons]
    _fill(linear.weight, rows, f"{name}: W")
    _fill(linear.bias, [neuron.bias for neuron in layer.neurons], f"{name}: b")
    return linear


def _fill(tensor: Any, values: list[Any], name: str) -> None:
    """Sets a Tensor to the numbers of Values in nested lists, frozen where all of them are."""
    flat = np.array(values, dtype=object).ravel()
    tensor.data = np.reshape([value.data for value in flat], tensor.shape)
    needed = {value.requires_grad for value in flat}
    if len(needed) > 1:
        raise ArgumentError(f"to_tensors: some entries of {name} are frozen and some are not; a Tensor is as a whole")
    tensor.requires_grad = needed.pop()


def _module_for(activation: Activation, name: str) -> ActivationModule:
    known: dict[str, Any] = ACTIVATIONS | LAYER_ACTIVATIONS
    if isinstance(activation, ActivationModule):
        return activation
    for known_name, function in known.items():
        if activation == known_name or activation is function:
            return ACTIVATION_MODULES[known_name]()
    raise ArgumentError(
        f"to_tensors: {name} has the activation {activation_name(activation)}, a function of one Value that is known "
        f"by no name. One of {', '.join(known)} or a module such as nn.LeakyReLU(0.1) works on both"
    )


# ── from Tensors to Values ───────────────────────────────────────────────────────────────────────────────────────────


def mlp_of(steps: Iterable[tuple[str, Module]]) -> MLP:
    """An MLP with the weights of Linear layers and the activations after them; ArgumentError names what fits none."""
    linears, activations = _layers_among(steps)
    sizes = [linears[0].in_features, *(linear.out_features for linear in linears)]
    hidden = activations[:-1]
    alike = all(activation == hidden[0] for activation in hidden)
    mlp = MLP(sizes, hidden[0] if hidden and alike else hidden or "sigmoid", activations[-1], rng=0)
    for layer, linear in zip(mlp.layers, linears, strict=True):
        bias = np.zeros(linear.out_features) if linear.bias is None else linear.bias.numpy()
        layer.set_weights(linear.weight.tolist(), bias.tolist())
        for neuron in layer.neurons:
            neuron.bias.requires_grad = _learns(linear.bias)
            for weight in neuron.weights:
                weight.requires_grad = _learns(linear.weight)
    return mlp


def _learns(parameter: Tensor | None) -> bool:
    """Whether a parameter is learned; a bias that is not there becomes a 0 that stays."""
    return parameter is not None and parameter.requires_grad


def _layers_among(steps: Iterable[tuple[str, Module]]) -> tuple[list[Linear], list[Activation]]:
    """Linear layers, and for each the activation after it."""
    linears: list[Linear] = []
    activations: list[Activation | None] = []
    for name, module in steps:
        if type(module) is Linear:
            _demand_fit(linears, module, name)
            linears.append(module)
            activations.append(None)
        elif type(module) is Flatten and not linears:
            continue
        elif isinstance(module, ActivationModule) and linears and activations[-1] is None:
            activations[-1] = _activation_for(module, name)
        else:
            raise ArgumentError(_refusal(name, module, bool(linears)))
    if not linears:
        raise ArgumentError("to_scalars: an MLP has at least one layer, and there is no Linear here")
    return linears, [activation or "identity" for activation in activations]


def _demand_fit(linears: list[Linear], linear: Linear, name: str) -> None:
    if any(linear is other for other in linears):
        raise ArgumentError(
            f"to_scalars: {name} is {linear!r} a second time; every layer of an MLP has its own weights"
        )
    if linears and linears[-1].out_features != linear.in_features:
        raise ArgumentError(
            f"to_scalars: {name} is {linear!r}, and the layer before it gives {linears[-1].out_features}"
        )


def _activation_for(module: ActivationModule, name: str) -> Activation:
    """The name of an activation as it is by default; else the module itself, which works on a Value as well."""
    if isinstance(module, Softmax):
        if module.axis not in (-1, 1):
            raise ArgumentError(f"to_scalars: {name} is {module!r}, and an MLP knows the axis of its outputs alone")
        module = type(module)()
    for known_name, kind in ACTIVATION_MODULES.items():
        if type(module) is kind and _options(module) == _options(kind()):
            return known_name
    return module


def _options(module: Module) -> dict[str, Any]:
    return {name: option for name, option in vars(module).items() if name != "training"}


def _refusal(name: str, module: Module, after_linear: bool) -> str:
    if isinstance(module, ActivationModule):
        place = "follows another activation" if after_linear else "comes before the first Linear"
        return f"to_scalars: {name} is {module!r} and {place}; an MLP has one activation after each layer"
    return (
        f"to_scalars: {name} is {module!r}, for which an MLP has no counterpart. It is made of Linear layers with at "
        "most one activation after each, and a Flatten at most in front"
    )
