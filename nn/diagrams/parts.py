"""The parts of a diagram: columns of units and the lines between them. Plain data, before any geometry."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from autograd.view.text import count, number, one_line
from nn.diagrams.stages import Stage

Kind = Literal["input", "hidden", "output"]


@dataclass(frozen=True, slots=True)
class Unit:
    """One circle: what stands in it and beside it, and its bias with its size relative to the largest of the layer."""

    kind: Kind
    inside: str
    function: str
    beside: str
    bias: str
    sign: int
    strength: float
    tooltip: str


@dataclass(frozen=True, slots=True)
class Column:
    """The units of one layer that are shown; the others are left out after the first `before` of them."""

    units: tuple[Unit, ...]
    before: int
    left_out: int
    captions: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """The weight from a shown unit of one column to a shown unit of the next; `sign` is 0 where there is none."""

    column: int
    source: int
    target: int
    number: str
    sign: int
    strength: float  # |weight| relative to the largest of its layer
    tooltip: str


@dataclass(frozen=True, slots=True)
class Network:
    """Everything that a diagram says."""

    title: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    numbered: bool
    notes: tuple[str, ...]


# How activations are written in a circle, where the name itself is too long or the textbook has a letter.
GLYPHS = {
    "identity": "Σ",
    "sigmoid": "σ",
    "relu": "ReLU",
    "leaky_relu": "leaky",
    "relu6": "ReLU6",
    "elu": "ELU",
    "log_sigmoid": "ln σ",
    "hard_logistic": "hard σ",
    "hard_tanh": "hard t.",
    "log_softmax": "ln soft.",
}


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller asked for, checked."""

    inputs: Sequence[str] | None
    outputs: Sequence[str] | None
    numbers: bool | None
    limit: int
    digits: int


FEW = 20  # lines with numbers that are still told apart
WIDE = 7  # characters for which a circle has room


def network_of(stages: Sequence[Stage], options: Options, sample: NDArray[np.float64] | None = None) -> Network:
    """The parts of the diagram of these layers, with the entries of a sample as values of the inputs."""
    sizes = [stages[0].weights.shape[1], *(len(stage.weights) for stage in stages)]
    shown = [_shown(size, options.limit) for size in sizes]
    lines_shown = sum(len(a) * len(b) for a, b in pairwise(shown))
    numbered = lines_shown <= FEW if options.numbers is None else options.numbers
    columns = [_input_column(sizes[0], shown[0], options, sample)]
    lines: list[Line] = []
    for place, stage in enumerate(stages):
        last = place == len(stages) - 1
        columns.append(_column(stage, shown[place + 1], options, numbered=numbered, last=last))
        lines += _lines(stage, place, shown[place], shown[place + 1], options.digits, numbered=numbered)
    learned = sum(stage.weights.size + (0 if stage.biases is None else stage.biases.size) for stage in stages)
    title = f"Network {'-'.join(f'{size}' for size in sizes)}: {count(learned, 'parameter')}"
    notes = (
        ("Lines to and from units that are left out (⋮) are not drawn.",) if any(c.left_out for c in columns) else ()
    )
    return Network(title, tuple(columns), tuple(lines), numbered, notes)


def _shown(size: int, limit: int) -> list[int]:
    """The places that are shown: all, or those at the top and at the bottom with room for ⋮ between them."""
    if size <= limit:
        return list(range(size))
    bottom = (limit - 1) // 3
    return [*range(limit - 1 - bottom), *range(size - bottom, size)]


def _split(places: Sequence[int]) -> int:
    """How many places are shown before some are left out."""
    return next((i for i, place in enumerate(places) if place != i), len(places))


def _input_column(size: int, shown: list[int], options: Options, sample: NDArray[np.float64] | None) -> Column:
    units = []
    for place in shown:
        own = "x" if size == 1 else f"x{place + 1}"
        name = own if options.inputs is None else one_line(str(options.inputs[place]))
        value = None if sample is None else _in_circle(float(sample[place]), options.digits)
        beside = "" if options.inputs is None and value is None else name
        tooltip = f"input {name}" + ("" if sample is None else f" = {float(sample[place])!r}")
        units.append(Unit("input", own if value is None else value, "", beside, "", 0, 0.0, tooltip))
    return Column(tuple(units), _split(shown), size - len(shown), (count(size, "input"), ""))


def _column(stage: Stage, shown: list[int], options: Options, *, numbered: bool, last: bool) -> Column:
    size = len(stage.weights)
    largest = _largest(stage.biases)
    units = []
    for place in shown:
        bias = None if stage.biases is None else float(stage.biases[place])
        function = GLYPHS.get(stage.activation, stage.activation)
        value = None if stage.outputs is None else _in_circle(float(stage.outputs[place]), options.digits)
        tooltip = [f"{_which(stage)}unit {place}: {stage.activation}"]
        if bias is not None:
            tooltip.append(f"{stage.bias_name.format(i=place)} = {bias!r}")
        if stage.outputs is not None:
            tooltip.append(f"gives {float(stage.outputs[place])!r}")
        units.append(
            Unit(
                "output" if last else "hidden",
                function if value is None else value,
                "" if value is None else function,
                _output_name(place, size, options) if last else "",
                f"b = {number(bias, options.digits)}" if numbered and bias is not None else "",
                _sign(bias),
                _strength(bias, largest),
                "\n".join(tooltip),
            )
        )
    what = count(size, "output") if last else count(size, "unit")
    kind = "" if stage.activation == "identity" else f" · {stage.activation}"
    return Column(tuple(units), _split(shown), size - len(shown), (what + kind, stage.name))


def _in_circle(x: float, digits: int) -> str:
    """A number with as many of its digits as a circle has room for: 9.29e−10 is written 9.3e−10, and never cut off."""
    texts = (number(x, fewer) for fewer in range(digits, 0, -1))
    return next((text for text in texts if len(text) <= WIDE), number(x, 1))


def _output_name(place: int, size: int, options: Options) -> str:
    if options.outputs is not None:
        return one_line(str(options.outputs[place]))
    return "y" if size == 1 else f"y{place + 1}"


def _lines(
    stage: Stage, column: int, sources: list[int], targets: list[int], digits: int, *, numbered: bool
) -> list[Line]:
    largest = _largest(stage.weights)
    lines = []
    for target, i in enumerate(targets):
        for source, j in enumerate(sources):
            weight = float(stage.weights[i, j])
            tooltip = f"{stage.weight_name.format(i=i, j=j)} = {weight!r}"
            text = number(weight, digits) if numbered else ""
            lines.append(Line(column, source, target, text, _sign(weight), _strength(weight, largest), tooltip))
    return lines


def _which(stage: Stage) -> str:
    return f"{stage.name}, " if stage.name else ""


def _largest(numbers: Any) -> float:
    if numbers is None:
        return 0.0
    finite = np.abs(numbers[np.isfinite(numbers)])
    return float(finite.max(initial=0.0))


def _sign(x: float | None) -> int:
    """1, −1, or 0 for what is 0, nan or not there."""
    return 0 if x is None or x != x else (x > 0.0) - (x < 0.0)


def _strength(x: float | None, largest: float) -> float:
    if x is None or x == 0.0:
        return 0.0
    return 1.0 if not math.isfinite(x) or not largest else abs(x) / largest
