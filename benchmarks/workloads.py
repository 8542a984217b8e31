"""What is measured: programs written once, on any Value class with + − × ** and the methods relu, exp and log."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

Step = Callable[[], int]  # runs one round and returns how many elementary operations it did


def s50(Value: Callable[[float], Any]) -> Step:
    """The summed loss of 50 samples through an MLP 2-16-16-1 with ReLU, squared error, then all gradients."""
    rng = random.Random(50)
    sizes = [2, 16, 16, 1]
    layers = [
        [([Value(rng.uniform(-1.0, 1.0)) for _ in range(wide)], Value(0.0)) for _ in range(high)]
        for wide, high in pairwise(sizes)
    ]
    samples = [([rng.gauss(0.0, 1.0), rng.gauss(0.0, 1.0)], rng.choice([-1.0, 1.0])) for _ in range(50)]

    def round_() -> int:
        loss = None
        for inputs, target in samples:
            signals: list[Any] = inputs
            for layer in layers[:-1]:
                signals = [(_weighted(weights, signals) + bias).relu() for weights, bias in layer]
            signals = [_weighted(weights, signals) + bias for weights, bias in layers[-1]]
            error = (signals[0] - target) ** 2
            loss = error if loss is None else loss + error
        loss.backward()
        for layer in layers:
            for weights, bias in layer:
                for parameter in (*weights, bias):
                    parameter.grad = 0.0
        return 32_149

    return round_


def gpt(Value: Callable[[float], Any]) -> Step:
    """One training step of a character-level GPT with 4,128 parameters on a word of 10 characters, SGD included."""
    rng = random.Random(4128)
    letters, width, heads, context = 27, 16, 4, 12

    def matrix(rows: int, columns: int) -> list[list[Any]]:
        return [[Value(rng.gauss(0.0, 0.08)) for _ in range(columns)] for _ in range(rows)]

    letter_table, place_table, out = matrix(letters, width), matrix(context, width), matrix(letters, width)
    queries, keys, values, mix = (matrix(width, width) for _ in range(4))
    up, down = matrix(4 * width, width), matrix(width, 4 * width)
    tables = (letter_table, place_table, out, queries, keys, values, mix, up, down)
    parameters = [p for table in tables for row in table for p in row]
    word = [0, 7, 14, 1, 18, 19, 4, 20, 11, 3, 0]
    size = width // heads

    def round_() -> int:
        past_keys: list[list[Any]] = []
        past_values: list[list[Any]] = []
        losses = []
        for place, (letter, following) in enumerate(pairwise(word)):
            x = _normalised([a + b for a, b in zip(letter_table[letter], place_table[place], strict=True)])
            normal = _normalised(x)
            query = _linear(queries, normal)
            past_keys.append(_linear(keys, normal))
            past_values.append(_linear(values, normal))
            attended = []
            for start in range(0, width, size):
                part = slice(start, start + size)
                scores = [_weighted(query[part], key[part]) * size**-0.5 for key in past_keys]
                shares = _softmax(scores)
                for i in range(start, start + size):
                    attended.append(_weighted(shares, [value[i] for value in past_values]))
            x = [a + b for a, b in zip(x, _linear(mix, attended), strict=True)]
            hidden = [z.relu() for z in _linear(up, _normalised(x))]
            x = [a + b for a, b in zip(x, _linear(down, hidden), strict=True)]
            losses.append(-_softmax(_linear(out, x))[following].log())
        loss = _total(losses) * (1.0 / len(losses))
        loss.backward()
        for p in parameters:
            p.data -= 0.01 * p.grad
            p.grad = 0.0
        return 76_260

    return round_


def chain(Value: Callable[[float], Any], operations: int) -> Step:
    """A chain of products and sums on one variable: `operations` nodes, built, walked back and dropped."""
    x = Value(1.0)

    def round_() -> int:
        y = x
        for _ in range(operations // 2):
            y = y * 0.999 + 0.001
        y.backward()
        x.grad = 0.0
        return operations

    return round_


def _weighted(weights: Iterable[Any], signals: Iterable[Any]) -> Any:
    total = None
    for w, x in zip(weights, signals, strict=True):
        total = w * x if total is None else total + w * x
    return total


def _total(terms: Iterable[Any]) -> Any:
    total = None
    for term in terms:
        total = term if total is None else total + term
    return total


def _linear(matrix: list[list[Any]], x: list[Any]) -> list[Any]:
    return [_weighted(row, x) for row in matrix]


def _normalised(x: list[Any]) -> list[Any]:
    scale = (_total(a * a for a in x) * (1.0 / len(x)) + 1e-5) ** -0.5
    return [a * scale for a in x]


def _softmax(logits: list[Any]) -> list[Any]:
    top = max(logit.data for logit in logits)
    powers = [(logit - top).exp() for logit in logits]
    total = _total(powers)
    return [power / total for power in powers]
