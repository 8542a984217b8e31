"""diagram(model): a network as the textbook draws it, neurons as circles and weights on lines (Figs 4.1, 4.5, 4.6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.errors import ArgumentError
from autograd.view.drawing import Drawing
from nn.diagrams.parts import Options, network_of
from nn.diagrams.places import places_of
from nn.diagrams.stages import stages_of, with_outputs
from nn.diagrams.svg import dot_of, svg_of


def diagram(
    model: Any,
    *,
    values: Any = None,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    numbers: bool | None = None,
    limit: int = 10,
    digits: int = 3,
) -> Drawing:
    """The neurons of a model as circles in columns, its weights as lines: colour is the sign, width the size.

    The model is a Neuron, Perceptron, Layer or MLP, a Linear, or a Sequential of Linear layers with at most one
    activation after each (Dropout and a first Flatten compute nothing that is drawn). Weights are as they are now.
    Pointing at a line or a circle shows the parameter's name and every digit.

    - values: one sample. Every circle then shows what it gives for it, in evaluation mode.
    - inputs, outputs: names for the inputs and for the outputs, such as data.feature_names and data.class_names.
    - numbers: whether weights and biases are written out; by default where there are no more than 20 lines.
    - limit: how many rows a column may have, at least 2; beyond it units are left out and counted.
    - digits: how many significant digits numbers have, 1 to 17; in a circle as many of them as fit.

    >>> from nn import MLP
    >>> diagram(MLP([2, 3, 1], rng=0))
    <drawing: Network 2-3-1: 13 parameters>
    """
    stages = stages_of(model)
    options = Options(
        _named("inputs", inputs, stages[0].weights.shape[1]),
        _named("outputs", outputs, len(stages[-1].weights)),
        numbers if numbers is None else bool(numbers),
        _whole("limit", limit, 2, 1_000),
        _whole("digits", digits, 1, 17),
    )
    sample = None
    if values is not None:
        sample, stages = with_outputs(model, stages, values)
    network = network_of(stages, options, sample)
    return Drawing(svg_of(network, places_of(network)), dot_of(network), network.title)


def _named(option: str, names: Any, count: int) -> Sequence[str] | None:
    if names is None:
        return None
    if isinstance(names, str) or not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
        raise ArgumentError(f"diagram: {option} is a list of names, got {names!r:.80}")
    if len(names) != count:
        raise ArgumentError(f"diagram: the model has {count} {option}, and names are given for {len(names)}")
    return names


def _whole(option: str, given: Any, least: int, most: int) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or not least <= given <= most:
        raise ArgumentError(f"diagram: {option}={given!r} is not allowed: a whole number from {least} to {most}")
    return given
