"""Calls: what a user writes to check one row, `call(f, *xs)` with f the row, and the inputs that it is given.

They are ordinary ones: inside the domain, off the kinks, and of several points, so that each branch is taken once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from array_oracles import Draw
from array_samples import DOMAINS

POINTS = 4  # at which a row is checked, one after another


@dataclass(frozen=True)
class Call:
    """One row on numbers or on arrays: what is written, the shapes of the inputs and where they are taken from.

    `place` says which operand of the op the first input is.
    """

    call: Callable[..., Any]
    shapes: tuple[tuple[int, ...], ...]
    domains: tuple[tuple[float, float], ...]
    place: int = 0

    def inputs(self, *seed):
        """Inputs whose entries are all apart; plain numbers where they have no shape."""
        draw = Draw(*seed)
        arrays = [draw.array(shape, *domain) for shape, domain in zip(self.shapes, self.domains, strict=True)]
        return [array if array.ndim else float(array) for array in arrays]

    def points(self, count, *seed):
        """So many of them, every other one on the far side of the domain: what is positive becomes negative there."""
        found = [self.inputs(*seed, number) for number in range((count + 1) // 2)]
        return [xs for own in found for xs in (own, self.mirrored(own))][:count]

    def mirrored(self, xs):
        """Other inputs in the same domains, made of these."""
        return [low + high - x for (low, high), x in zip(self.domains, xs, strict=True)]


def call_of_row(op, *shapes):
    """An elementwise row on arrays of these shapes, or on numbers."""
    domain = DOMAINS.get(op.name, (-1.5, 1.5))
    if op.name == "where":
        return Call(lambda f, a, b: f(a > b, a, b), shapes, (domain,) * 2, place=1)
    if op.name == "clip":
        return Call(lambda f, a: f(a, -1.0, 1.1), shapes, (domain,))
    if op.rule is None:
        return Call(lambda f, *xs: xs[0] * (1.0 + f(*xs)), shapes, (domain,) * len(shapes))
    return Call(lambda f, *xs: f(*xs), shapes, (domain,) * len(shapes))


def inputs_of(op):
    """How many inputs an elementwise row has whose derivative is asked for."""
    return {"where": 2, "clip": 1}.get(op.name, 3 if op.arity == -1 else op.arity)


def on_numbers(op):
    return call_of_row(op, *[()] * inputs_of(op))


def on_arrays(op):
    """Operands that broadcast."""
    return call_of_row(op, (2, 3), *[(3,)] * (inputs_of(op) - 1))


def on_square_arrays(op):
    return call_of_row(op, *[(3, 3)] * inputs_of(op))


def whole(call, *shapes, domains=None):
    return Call(call, shapes, domains or ((-1.5, 1.5),) * len(shapes))


TWICE = np.array([0, 0, 2])

ARRAY_CALLS = {
    "reshape": whole(lambda f, a: f(a, shape=(3, 2)), (2, 3)),
    "transpose": whole(lambda f, a: f(a), (2, 3)),
    "broadcast_to": whole(lambda f, a: f(a, shape=(2, 3)), (3,)),
    "astype": whole(lambda f, a: f(a, dtype=np.dtype(float)), (2, 3)),
    "concatenate": whole(lambda f, a, b: f(a, b, axis=0), (2, 3), (2, 3)),
    "getitem": whole(lambda f, a: f(a, index=(TWICE, slice(2))), (3, 3)),
    "scatter": whole(lambda f, a: f(a, index=(TWICE,), shape=(4, 2)), (3, 2)),
    "sum": whole(lambda f, a: f(a, axis=0), (3, 3)),
    "cumsum": whole(lambda f, a: f(a, axis=0), (3, 3)),
    "logsumexp": whole(lambda f, a: f(a, axis=1), (3, 3)),
    "softmax": whole(lambda f, a: f(a), (3, 3)),
    "log_softmax": whole(lambda f, a: f(a), (3, 3)),
    "max": whole(lambda f, a: f(a, axis=1), (3, 3)),
    "min": whole(lambda f, a: f(a, axis=1), (3, 3)),
    "argmax": whole(lambda f, a: a * (1.0 + f(a, axis=1, keepdims=True)), (3, 3)),
    "argmin": whole(lambda f, a: a * (1.0 + f(a, axis=1, keepdims=True)), (3, 3)),
    "matmul": whole(lambda f, a, b: f(a, b), (3, 3), (3, 3)),
    "einsum": whole(lambda f, a, b: f(a, b, subscripts="ij,kj->ik"), (3, 3), (3, 3)),
    "linear": whole(lambda f, x, w, b: f(x, w, b), (3, 3), (3, 3), (3,)),
    "nll": whole(lambda f, scores, p: f(scores, p), (3, 3), (3, 3), domains=((-1.5, 1.5), (0.1, 0.9))),
}

# ── small programs around a call ─────────────────────────────────────────────────────────────────────────────────────


def alone(call):
    return call.call


def used_twice(call):
    """The row on the same inputs a second time."""
    return lambda f, *xs: call.call(f, *xs) + call.call(f, *xs)


def at_two_points(call):
    """The row a second time, on other inputs."""
    return lambda f, *xs: 1.3 * call.call(f, *xs) + 0.7 * call.call(f, *call.mirrored(xs))


def stretched(call):
    """The row's result against an array with one axis more."""

    def f(f, *xs):
        y = call.call(f, *xs)
        return y * np.linspace(0.5, 2.0, 2 * y.size).reshape(2, *y.shape)

    return f


def one_input_everywhere(call):
    """The row with one input in all places."""
    return lambda f, x: call.call(f, *[x] * len(call.shapes))
