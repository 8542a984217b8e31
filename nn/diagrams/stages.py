"""A network as layers of neurons, W, b and f, whether it is made of Values or of Tensors; and what they give."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeGuard, TypeVar

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor, no_grad
from autograd.errors import ArgumentError, OperandError, ShapeError
from nn.activation_modules import ACTIVATION_MODULES, ActivationModule
from nn.activations import Activation, activation_name
from nn.layers import Dropout, Flatten, Linear, PReLU
from nn.module import Module, training_mode
from nn.scalar import MLP, Layer, Neuron
from nn.sequential import Sequential

AnyModule = TypeVar("AnyModule", bound=Module)


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """One layer: `weights` of shape (outputs, inputs), a bias for each output or None, and the activation by name.

    `weight_name` and `bias_name` are formats over the places i, j by which a parameter is found in the model.
    """

    name: str
    weights: NDArray[np.float64]
    biases: NDArray[np.float64] | None
    activation: str
    weight_name: str
    bias_name: str
    outputs: NDArray[np.float64] | None = None  # what its units give for one sample


def stages_of(model: Any) -> list[Stage]:
    """The layers of a Neuron, a Layer, an MLP, a Linear, or a Sequential of Linear layers and activations.

    OperandError for what is no module; ArgumentError names the part that is no layer of neurons.
    """
    if not isinstance(model, Module):
        raise OperandError(f"a diagram shows a model, got {type(model).__name__}: {str(model)[:60]!r}")
    if _is(model, Sequential):
        return _stages_of_modules(model.steps(), model)
    if _is(model, Linear):
        return [_stage_of_linear("", model)]
    if _is(model, MLP):
        return [_stage_of_layer(f"layers.{i}", layer, model) for i, layer in enumerate(model.layers)]
    if _is(model, Layer):
        return [_stage_of_layer("", model, model)]
    if _is(model, Neuron):
        return [_stage_of_neurons("", [model], model.activation, "weights.{j}", "bias")]
    raise _refusal(model)


def with_outputs(model: Any, stages: list[Stage], x: Any) -> tuple[NDArray[np.float64], list[Stage]]:
    """The entries of one sample, and the stages with what their units give for it. The model is in evaluation mode.

    OperandError where the sample is no array of numbers, ShapeError where it does not fit or is several samples.
    """
    try:
        sample = np.array(x._data if isinstance(x, Tensor) else x, dtype=np.float64)
    except (TypeError, ValueError):
        raise OperandError(f"values is one sample, an array or a list of numbers, got {str(x)[:60]!r}") from None
    if sample.size != stages[0].weights.shape[1]:
        raise ShapeError(
            f"values is one sample of {stages[0].weights.shape[1]} numbers, got {sample.size} of shape {sample.shape}"
        )
    with no_grad(), training_mode(model, False), np.errstate(all="ignore"):
        given = (
            _outputs_of_modules(model, sample) if isinstance(model, (Sequential, Linear)) else _of_values(model, sample)
        )
    return sample.ravel(), [replace(stage, outputs=each) for stage, each in zip(stages, given, strict=True)]


# ── layers of Values ─────────────────────────────────────────────────────────────────────────────────────────────────


def _stage_of_layer(name: str, layer: Any, model: Module) -> Stage:
    if not _is(layer, Layer) or not all(_is(neuron, Neuron) for neuron in layer.neurons):
        raise _refusal(model, name)
    inside = f"{name}." if name else ""
    names = f"{inside}neurons.{{i}}.weights.{{j}}", f"{inside}neurons.{{i}}.bias"
    return _stage_of_neurons(name, layer.neurons, layer.activation, *names)


def _stage_of_neurons(name: str, neurons: Any, activation: Activation, weight_name: str, bias_name: str) -> Stage:
    weights = np.array([[weight._data for weight in neuron.weights] for neuron in neurons])
    biases = np.array([neuron.bias._data for neuron in neurons])
    return Stage(name, weights, biases, _called(activation), weight_name, bias_name)


def _of_values(model: Any, sample: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    outputs: Any = sample.ravel().tolist()
    given = []
    for layer in model.layers if isinstance(model, MLP) else [model]:
        outputs = layer(outputs)
        several = outputs if isinstance(outputs, list) else [outputs]
        given.append(np.array([output._data for output in several]))
    return given


# ── layers of Tensors ────────────────────────────────────────────────────────────────────────────────────────────────


def _stage_of_linear(name: str, linear: Linear) -> Stage:
    inside = f"{name}." if name else ""
    biases = None if linear.bias is None else linear.bias._data.astype(np.float64)
    names = f"{inside}weight[{{i}}, {{j}}]", f"{inside}bias[{{i}}]"
    return Stage(name, linear.weight._data.astype(np.float64), biases, "identity", *names)


def _stages_of_modules(steps: Any, model: Module) -> list[Stage]:
    stages: list[Stage] = []
    for name, module in steps:
        if _is(module, Linear):
            stages.append(_stage_of_linear(name, module))
            if len(stages) > 1 and stages[-2].weights.shape[0] != stages[-1].weights.shape[1]:
                raise ShapeError(f"diagram: {name} is {module!r}, and the layer before gives {len(stages[-2].weights)}")
        elif _has_an_activation(module) and stages and stages[-1].activation == "identity":
            stages[-1] = replace(stages[-1], activation=_called(module))
        elif not (isinstance(module, Dropout) or (isinstance(module, Flatten) and not stages)):
            raise _refusal(model, f"{name}, {module!r},")
    if not stages:
        raise _refusal(model)
    return stages


def _has_an_activation(module: Module) -> bool:
    return isinstance(module, (ActivationModule, PReLU))


def _outputs_of_modules(model: Any, sample: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    given: list[NDArray[np.float64]] = []
    x: Any = sample[None]
    for _, module in model.steps() if isinstance(model, Sequential) else [("", model)]:
        x = module(x)
        numbers = np.asarray(getattr(x, "_data", x), dtype=np.float64).ravel()
        if isinstance(module, Linear):
            given.append(numbers)
        elif given:
            given[-1] = numbers
    return given


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _called(activation: Any) -> str:
    """The name of an activation, be it a name, a function or a module."""
    if isinstance(activation, Module):
        known = [name for name, kind in ACTIVATION_MODULES.items() if type(activation) is kind]
        return known[0] if known else type(activation).__name__
    return activation_name(activation).strip("'")


def _is(module: Any, kind: type[AnyModule]) -> TypeGuard[AnyModule]:
    """Whether a module is of this kind and computes what that computes: a subclass may have a forward of its own."""
    return isinstance(module, kind) and type(module).forward is kind.forward


def _refusal(model: Module, what: str = "") -> ArgumentError:
    where = f"In {model!r} {what}" if what else repr(model)
    return ArgumentError(
        "diagram shows a Neuron, Perceptron, Layer, MLP, Linear, or a Sequential of Linear layers with at most one "
        f"activation after each, Dropout, and a Flatten at its beginning. {where} is none of these: "
        "autograd.draw(model(x)) shows the graph of any model"
    )
