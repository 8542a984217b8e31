"""What is measured: programs written once, on any Value class with + − × ** and the methods relu, exp and log."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
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
                signals = [(weighted(weights, signals) + bias).relu() for weights, bias in layer]
            signals = [weighted(weights, signals) + bias for weights, bias in layers[-1]]
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
    parameters = [Value(x) for x in gpt_parameters()]

    def round_() -> int:
        gpt_loss(parameters, WORD, softmax).backward()
        for p in parameters:
            p.data -= GPT_RATE * p.grad
            p.grad = 0.0
        return GPT_OPERATIONS

    return round_


LETTERS, WIDTH, HEADS, CONTEXT = 27, 16, 4, 12
GPT_SHAPES = [
    *((LETTERS, WIDTH), (CONTEXT, WIDTH), (LETTERS, WIDTH)),
    *[(WIDTH, WIDTH)] * 4,
    *((4 * WIDTH, WIDTH), (WIDTH, 4 * WIDTH)),
]
WORD = (0, 7, 14, 1, 18, 19, 4, 20, 11, 3, 0)
GPT_RATE, GPT_OPERATIONS = 0.01, 76_260


def gpt_parameters() -> list[float]:
    """What training begins with."""
    rng = random.Random(4128)
    return [rng.gauss(0.0, 0.08) for rows, columns in GPT_SHAPES for _ in range(rows * columns)]


def gpt_loss(parameters: Sequence[Any], word: Sequence[int], softmax: Callable[[list[Any]], list[Any]]) -> Any:
    """The mean surprise at each letter of a word, given those before."""
    rest = iter(parameters)
    tables = [[[next(rest) for _ in range(columns)] for _ in range(rows)] for rows, columns in GPT_SHAPES]
    letter_table, place_table, out, queries, keys, values, mix, up, down = tables
    size = WIDTH // HEADS
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
        for start in range(0, WIDTH, size):
            part = slice(start, start + size)
            scores = [weighted(query[part], key[part]) * size**-0.5 for key in past_keys]
            shares = softmax(scores)
            for i in range(start, start + size):
                attended.append(weighted(shares, [value[i] for value in past_values]))
        x = [a + b for a, b in zip(x, _linear(mix, attended), strict=True)]
        hidden = [z.relu() for z in _linear(up, _normalised(x))]
        x = [a + b for a, b in zip(x, _linear(down, hidden), strict=True)]
        losses.append(-softmax(_linear(out, x))[following].log())
    return _total(losses) * (1.0 / len(losses))


def chain(Value: Callable[[float], Any], operations: int) -> Step:
    """A chain of products and sums on one variable: `operations` nodes, built, walked back and dropped."""
    x = Value(1.0)

    def round_() -> int:
        chained(x, operations).backward()
        x.grad = 0.0
        return operations

    return round_


def chained(x: Any, operations: int) -> Any:
    """Products and sums by turns, each of the one before."""
    for _ in range(operations // 2):
        x = x * 0.999 + 0.001
    return x


def weighted(weights: Iterable[Any], signals: Iterable[Any]) -> Any:
    """Σ w·x, from left to right."""
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
    return [weighted(row, x) for row in matrix]


def _normalised(x: list[Any]) -> list[Any]:
    scale = (_total(a * a for a in x) * (1.0 / len(x)) + 1e-5) ** -0.5
    return [a * scale for a in x]


def softmax(logits: list[Any]) -> list[Any]:
    """The shares, the largest logit taken off first as a plain number."""
    return shares_of(logits, max(logit.data for logit in logits))


def shares_of(logits: list[Any], top: Any) -> list[Any]:
    """The softmax of logits, of which `top` is the largest."""
    powers = [(logit - top).exp() for logit in logits]
    total = _total(powers)
    return [power / total for power in powers]
