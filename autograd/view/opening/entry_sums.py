"""One entry of the array ops that compute: which entries of the operands it is a sum, product or choice of."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from autograd import functions, ops
from autograd.array_ops import filled
from autograd.subscripts import explicit_subscripts
from autograd.value import Value

Index = tuple[int, ...]
Need = tuple[int, Index]  # an entry of an operand: the operand's place and the index in it


class Making(NamedTuple):
    """The entries that one entry is made of, and what is done with them."""

    needs: list[Need]
    combine: Callable[[Sequence[Value]], Any]


def index_in(operand: Any, at: Index) -> Index:
    """The index in an operand that was broadcast to the shape that `at` is an index of."""
    shape = np.shape(operand._data)
    return tuple(0 if size == 1 else i for i, size in zip(at[len(at) - len(shape) :], shape, strict=True))


# ── sums, and what is made of all entries along axes ─────────────────────────────────────────────────────────────────


def _sum(values: Sequence[Value]) -> Value:
    return reduce(operator.add, values) if values else constant(0.0)


def constant(x: float) -> Value:
    """A Value toward which no derivative is taken."""
    value = Value(x)
    value.requires_grad = False
    return value


def _group(node: Any, at: Index, axis: Any, kept: bool) -> list[Need]:
    """The entries of the first operand that a reduction over these axes puts into one."""
    shape = node.parents[0].shape
    rank = len(shape)
    axes = set(range(rank)) if axis is None else {i % (rank or 1) for i in np.atleast_1d(axis).tolist()}
    fixed = iter(at)
    ranges: list[Any] = []
    for i, size in enumerate(shape):
        if i in axes:
            ranges.append(range(size))
            if kept:
                next(fixed)
        else:
            ranges.append((next(fixed),))
    return [(0, index) for index in product(*ranges)]


def _reduced(combine: Callable[[Sequence[Value]], Any]) -> Callable[..., Making]:
    def rule(node: Any, at: Index, axis: Any = None, keepdims: bool = False) -> Making:
        return Making(_group(node, at, axis, keepdims), combine)

    return rule


def _cumsum(node: Any, at: Index, axis: int) -> Making:
    axis %= len(at)
    return Making([(0, (*at[:axis], i, *at[axis + 1 :])) for i in range(at[axis] + 1)], _sum)


def _softmax(node: Any, at: Index, axis: Any = -1) -> Making:
    needs = _group(node, at, axis, kept=True)
    own = needs.index((0, at))
    return Making(needs, lambda values: ops.exp(values[own] - functions.logsumexp(list(values))))


def _log_softmax(node: Any, at: Index, axis: Any = -1) -> Making:
    needs = _group(node, at, axis, kept=True)
    own = needs.index((0, at))
    return Making(needs, lambda values: values[own] - functions.logsumexp(list(values)))


def _scatter(node: Any, at: Index, index: Any, shape: tuple[int, ...]) -> Making:
    source, *places = node.parents
    numbers = np.arange(int(np.prod(shape))).reshape(shape)
    landed = np.asarray(numbers[filled(index, [place._data for place in places])]).reshape(source.shape)
    here = np.argwhere(landed == numbers[at])
    return Making([(0, tuple(int(i) for i in row)) for row in here], _sum)


# ── sums of products ─────────────────────────────────────────────────────────────────────────────────────────────────


def _sum_of_products(terms: Sequence[Sequence[Need]], *added: Need) -> Making:
    """Σ of the product of each term's factors, and what is added to it."""
    needs = [need for term in terms for need in term]

    def combine(values: Sequence[Value]) -> Value:
        each = iter(values)
        products = [reduce(operator.mul, [next(each) for _ in term]) for term in terms]
        return _sum([*products, *each])

    return Making([*needs, *added], combine)


def _matmul(node: Any, at: Index) -> Making:
    a, b = node.parents
    row = at[len(at) - 1 - (b.ndim > 1)] if a.ndim > 1 else None
    column = at[-1] if b.ndim > 1 else None
    batch = at[: len(at) - (a.ndim > 1) - (b.ndim > 1)]
    in_a, in_b = (_leading(batch, x.shape[:-2]) for x in (a, b))
    return _sum_of_products(
        [
            [
                (0, (k,) if row is None else (*in_a, row, k)),
                (1, (k,) if column is None else (*in_b, k, column)),
            ]
            for k in range(a.shape[-1])
        ]
    )


def _leading(batch: Index, shape: tuple[int, ...]) -> Index:
    """The index along the leading axes of an operand, which may have been stretched."""
    return tuple(0 if size == 1 else i for i, size in zip(batch[len(batch) - len(shape) :], shape, strict=True))


def _linear(node: Any, at: Index) -> Making:
    x = node.parents[0]
    *rows, unit = at
    return _sum_of_products([[(0, (*rows, k)), (1, (unit, k))] for k in range(x.shape[-1])], (2, (unit,)))


def _einsum(node: Any, at: Index, subscripts: str) -> Making:
    operands = node.parents
    inputs, output = explicit_subscripts(subscripts, [operand.ndim for operand in operands])
    sizes: dict[str, int] = {}
    for letters, operand in zip(inputs, operands, strict=True):
        for letter, size in zip(letters, operand.shape, strict=True):
            sizes[letter] = max(sizes.get(letter, 1), size)
    fixed = dict(zip(output, at, strict=True))
    summed = [letter for letter in sizes if letter not in fixed]

    def terms() -> Iterator[list[Need]]:
        for chosen in product(*(range(sizes[letter]) for letter in summed)):
            place = fixed | dict(zip(summed, chosen, strict=True))
            yield [
                (
                    n,
                    tuple(
                        0 if size == 1 else place[letter] for letter, size in zip(letters, operand.shape, strict=True)
                    ),
                )
                for n, (letters, operand) in enumerate(zip(inputs, operands, strict=True))
            ]

    return _sum_of_products(list(terms()))


def _nll(node: Any, at: Index, axis: Any = -1) -> Making:
    """−Σ p f; where p is a number and 0, f does not count."""
    f, p = node.parents
    shape = np.broadcast_shapes(f.shape, p.shape)
    indices = product(*map(range, shape)) if axis is None else ((*at, k) for k in range(shape[-1]))
    pairs = [(index_in(f, index), index_in(p, index)) for index in indices]
    counted = [(i, j) for i, j in pairs if p.requires_grad or p._data[j] != 0.0]
    needs, combine = _sum_of_products([[(1, j), (0, i)] for i, j in counted])
    return Making(needs, lambda values: -combine(values))


SUMS: dict[str, Callable[..., Making]] = {
    "scatter": _scatter,
    "sum": _reduced(_sum),
    "cumsum": _cumsum,
    "logsumexp": _reduced(lambda values: functions.logsumexp(list(values))),
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "max": _reduced(lambda values: functions.max(list(values))),
    "min": _reduced(lambda values: functions.min(list(values))),
    "matmul": _matmul,
    "einsum": _einsum,
    "linear": _linear,
    "nll": _nll,
}
