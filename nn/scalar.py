"""Networks made of Values: a neuron, a layer of neurons, layers upon layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import Value
from autograd.errors import ArgumentError, OperandError, ShapeError
from nn.activations import ACTIVATIONS, LAYER_ACTIVATIONS, Activation, activation_function, activation_name
from nn.arguments import at_least_one
from nn.module import Module
from nn.randomness import Randomness, generator_from

if TYPE_CHECKING:
    from nn.sequential import Sequential


class Neuron(Module):
    """a = f(w₁x₁ + w₂x₂ + … + b): a list of numbers or Values in, one Value out (textbook, 4.1).

    Weights start uniform in ±√(3/inputs), hence with variance 1/inputs, drawn from `rng`; the bias starts at 0.
    The activation is a name of `nn.activations.ACTIVATIONS` or any function of one Value.

    >>> neuron = Neuron(2, activation="relu", rng=0)
    >>> neuron.set_weights([0.5, -1.0], bias=2.0)
    >>> neuron([1.0, 3.0]).data
    0.0
    """

    def __init__(self, inputs: int, activation: Activation = "sigmoid", rng: Randomness = None) -> None:
        bound = math.sqrt(3.0 / at_least_one(inputs, type(self).__name__, "inputs"))
        start = generator_from(rng).uniform(-bound, bound, inputs).tolist()
        self.weights = [Value(w, label=f"w{i}") for i, w in enumerate(start, 1)]
        self.bias = Value(0.0, label="b")
        self.activation = activation
        self.function = activation_function(activation, ACTIVATIONS)

    def forward(self, inputs: Sequence[Any]) -> Any:
        """Raises ShapeError where the count of inputs is wrong."""
        _fits(inputs, len(self.weights), self)
        total = self.weights[0] * inputs[0]
        for weight, x in zip(self.weights[1:], inputs[1:], strict=True):
            total = total + weight * x
        return self.function(total + self.bias)

    def set_weights(self, weights: Sequence[float], bias: float) -> None:
        """Sets the weights, one for each input, and the bias: all of them, or none where one does not fit."""
        row = _numbers(weights, f"{self!r}: the weights")
        if len(row) != len(self.weights):
            raise ShapeError(f"{self!r} has {len(self.weights)} weights: expected {len(self.weights)}, got {len(row)}")
        for parameter, number in zip(
            [*self.weights, self.bias], [*row, _number(bias, f"{self!r}: the bias")], strict=True
        ):
            parameter.data = number

    def __repr__(self) -> str:
        return f"Neuron({len(self.weights)}, activation={activation_name(self.activation)})"


class Layer(Module):
    """Neurons side by side that see the same inputs: a list in, a list out, also where there is one neuron.

    Beside a neuron's activations it takes those of a whole layer, "softmax" and "log_softmax".
    """

    def __init__(self, inputs: int, outputs: int, activation: Activation = "sigmoid", rng: Randomness = None) -> None:
        rng = generator_from(rng)
        self.activation = activation
        whole = isinstance(activation, str) and activation in LAYER_ACTIVATIONS
        if not whole:
            activation_function(activation, ACTIVATIONS | LAYER_ACTIVATIONS)
        self.inputs = at_least_one(inputs, "Layer", "inputs")
        self.across = LAYER_ACTIVATIONS[str(activation)] if whole else None
        each = "identity" if whole else activation
        self.neurons = [Neuron(inputs, each, rng) for _ in range(at_least_one(outputs, "Layer", "outputs"))]

    def forward(self, inputs: Sequence[Any]) -> list[Any]:
        """Raises ShapeError where the count of inputs is wrong."""
        _fits(inputs, self.inputs, self)
        outputs = [neuron(inputs) for neuron in self.neurons]
        return outputs if self.across is None else self.across(outputs)

    def set_weights(self, weights: Sequence[Sequence[float]], biases: Sequence[float]) -> None:
        """Sets W, whose shape is (outputs, inputs): row i holds the weights of neuron i; and b, one for each neuron.

        All of them, or none where one does not fit.
        """
        outputs = len(self.neurons)
        rows = [_numbers(row, f"{self!r}: row {i} of W") for i, row in enumerate(_items(weights, f"{self!r}: W"))]
        b = _numbers(biases, f"{self!r}: b")
        lengths = [len(row) for row in rows]
        if lengths != [self.inputs] * outputs or len(b) != outputs:
            odd = next((i for i, length in enumerate(lengths) if length != lengths[0]), None)
            if odd is not None:
                raise ShapeError(f"{self!r}: row {odd} of W holds {lengths[odd]} numbers and row 0 holds {lengths[0]}")
            raise ShapeError(
                f"{self!r} takes W of shape ({outputs}, {self.inputs}) and {outputs} biases, got ({len(rows)}, "
                f"{lengths[0] if rows else 0}) and {len(b)}. Transpose W? Rows are neurons, columns are inputs."
            )
        for neuron, row, bias in zip(self.neurons, rows, b, strict=True):
            neuron.set_weights(row, bias)

    def __repr__(self) -> str:
        return f"Layer({self.inputs}, {len(self.neurons)}, activation={activation_name(self.activation)})"


class MLP(Module):
    """Layers upon layers, `MLP([4, 6, 3])`: 4 inputs, 6 hidden neurons, a list of 3 outputs (textbook, 4.3).

    `activation` is that of the hidden layers, or a list with one for each of them; `output` is that of the last, where
    "softmax" gives probabilities and "identity" gives logits, which is what CrossEntropyLoss wants.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: Activation | Sequence[Activation] = "sigmoid",
        output: Activation = "identity",
        rng: Randomness = None,
    ) -> None:
        if not isinstance(sizes, (Sequence, np.ndarray)) or np.ndim(sizes) == 0 or len(sizes) < 2:
            raise ArgumentError(
                f"MLP takes at least two sizes, such as [4, 6, 3] from inputs to outputs, got {sizes!r}"
            )
        rng = generator_from(rng)
        self.sizes = [at_least_one(size, "MLP", "sizes") for size in sizes]
        hidden = _one_each(activation, len(sizes) - 2)
        self.layers = [
            Layer(inputs, outputs, each, rng)
            for (inputs, outputs), each in zip(pairwise(self.sizes), [*hidden, output], strict=True)
        ]
        self.activation, self.output = activation, output

    def forward(self, inputs: Sequence[Any]) -> list[Any]:
        """Raises ShapeError where the count of inputs is wrong."""
        for layer in self.layers:
            inputs = layer(inputs)
        return list(inputs)

    def to_tensors(self) -> Sequential:
        """The same network on arrays: a Sequential of Linear layers in float64 with copies of these weights.

        What it computes, and every gradient, is the same up to the order in which sums are rounded. ArgumentError names
        what has no counterpart: tied weights, an activation known by no name, a subclass.
        """
        from nn.sequential import Sequential

        return Sequential.from_scalars(self)

    def __repr__(self) -> str:
        return (
            f"MLP({self.sizes}, activation={activation_name(self.activation)}, output={activation_name(self.output)})"
        )


def _one_each(activation: Activation | Sequence[Activation], layers: int) -> list[Activation]:
    """An activation for each hidden layer: the one for all of them, or those of a list."""
    if isinstance(activation, str) or not isinstance(activation, Sequence):
        return [activation] * layers
    if len(activation) != layers:
        raise ArgumentError(
            f"MLP: {layers} hidden layers take as many activations, or one for all, got {len(activation)}"
        )
    return list(activation)


def _fits(inputs: Sequence[Any], expected: int, module: Module) -> None:
    try:
        count = len(inputs)
    except TypeError:
        raise OperandError(
            f"{module!r} is called on a list of {expected} numbers or Values, got {type(inputs).__name__}: {inputs!r}"
        ) from None
    if count != expected:
        raise ShapeError(f"{module!r} was called on a list of the wrong length: expected {expected}, got {count}")


def _items(several: Any, place: str) -> list[Any]:
    try:
        return list(several)
    except TypeError:
        raise OperandError(f"{place} must be a list, got {type(several).__name__}: {several!r}") from None


def _numbers(several: Any, place: str) -> list[float]:
    return [_number(number, f"{place}, entry {i},") for i, number in enumerate(_items(several, place))]


def _number(number: Any, place: str) -> float:
    try:
        return Value(number).data
    except TypeError:
        raise OperandError(f"{place} must be a number, got {type(number).__name__}: {number!r}") from None
