"""Sample calls of every array op and every function of arrays: what its tests are made of.

A sampler draws operands and the other arguments at random. `call(f, *operands)` is the same call for the library's
function on Tensors and for NumPy's on arrays, because names and signatures are the same.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import array_oracles
import numpy as np

LETTERS = "ijkl"


class Sample(NamedTuple):
    operands: list[Any]
    call: Callable[..., Any]
    analytic: bool = True  # whether NumPy's function takes complex steps


def with_parameters(operands, analytic=True, **parameters):
    return Sample(operands, lambda f, *xs: f(*xs, **parameters), analytic)


# ── arguments ────────────────────────────────────────────────────────────────────────────────────────────────────────


def reduction(draw, analytic=True, empty=True, low=-1.5):
    shape = draw.shape(empty=empty)
    axis = draw.axes(len(shape))
    return with_parameters([draw.array(shape, low)], analytic, axis=axis, keepdims=draw.chance())


def one_axis(draw):
    shape = draw.shape(least=1)
    return draw.array(shape), draw.axis(len(shape))


def index(draw, shape):
    """Whole numbers, slices, arrays of places (some of them twice), masks, new axes and an ellipsis, mixed."""
    parts, axis, count = [], 0, draw.number(1, 3)
    while axis < len(shape) and not draw.chance(0.15):
        size = shape[axis]
        kind = draw.pick("slice", "number", "places", "mask", "mask of two") if size else "slice"
        both = size * shape[axis + 1] if axis + 1 < len(shape) else 0
        if kind == "mask of two" and both >= count:
            parts.append(mask(draw, shape[axis : axis + 2], count))
            axis += 1
        elif kind == "mask" and size >= count:
            parts.append(mask(draw, (size,), count))
        elif kind == "number":
            parts.append(draw.axis(size))
        elif kind == "places":
            parts.append(draw.rng.integers(-size, size, size=draw.pick((count,), (2, count), (1,))))
        else:
            ends = [draw.pick(None, draw.number(-size - 1, size + 1)) for _ in range(2)]
            parts.append(slice(*ends, draw.pick(None, 1, 2, -1, -2)))
        axis += 1
    if draw.chance(0.3):
        parts.insert(draw.number(0, len(parts)) if axis == len(shape) else len(parts), Ellipsis)
    if draw.chance(0.3):
        parts.insert(draw.number(0, len(parts)), None)
    return tuple(parts)


def mask(draw, shape, count):
    chosen = np.zeros(math.prod(shape), bool)
    chosen[draw.rng.permutation(chosen.size)[:count]] = True
    return chosen.reshape(shape)


def factors_of_matmul(draw):
    """Every pair of ranks, with stacks of matrices that broadcast."""
    left, right = draw.number(1, 4), draw.number(1, 4)
    rows, inner, columns = (draw.pick(0, 1, 2, 3) if draw.chance(0.1) else draw.number(1, 3) for _ in range(3))
    stacks = draw.rng.choice([1, 2], size=2).tolist()
    a = [draw.pick(1, n) for n in stacks][4 - left :] if left > 2 else []
    b = [draw.pick(1, n) for n in stacks][4 - right :] if right > 2 else []
    a_shape = (inner,) if left == 1 else (*a, rows, inner)
    b_shape = (inner,) if right == 1 else (*b, inner, columns)
    return [draw.array(a_shape), draw.array(b_shape)]


def einsum_arguments(draw):
    """Letters that repeat, are missing or stand for an axis of size 1 that broadcasts; ellipses; output or none."""
    while True:
        sizes = {letter: draw.number(1, 3) for letter in LETTERS}
        dots = tuple(draw.number(1, 2) for _ in range(draw.number(0, 2)))
        terms, shapes = [], []
        for _ in range(draw.number(1, 3)):
            term = [draw.pick(*LETTERS) for _ in range(draw.number(0, 3))]
            shape = [1 if draw.chance(0.1) and term.count(x) == 1 else sizes[x] for x in term]
            if draw.chance(0.35):
                place, hidden = draw.number(0, len(term)), draw.broadcast_from(dots)
                term.insert(place, "...")
                shape[place:place] = hidden
            terms.append("".join(term))
            shapes.append(tuple(shape))
        left = ",".join(terms)
        letters = sorted(set(left) - set(".,"))
        if draw.chance(0.25):
            subscripts = left
        else:
            kept = [letters[i] for i in draw.rng.permutation(len(letters))[: draw.number(0, len(letters))]]
            if "..." in left:
                kept.insert(draw.number(0, len(kept)), "...")
            subscripts = f"{left}->{''.join(kept)}"
        if sum(map(math.prod, shapes)) <= 60:
            return [draw.array(shape) for shape in shapes], subscripts


def einsum_function(draw):
    operands, subscripts = einsum_arguments(draw)
    return Sample(operands, lambda f, *xs: f(subscripts, *xs))


def joined(draw):
    shape = draw.shape(least=1, largest=12)
    axis = draw.axis(len(shape))
    shapes = [list(shape) for _ in range(draw.number(1, 3))]
    for other in shapes:
        other[axis] = draw.number(0, 3)
    return [draw.array(tuple(other)) for other in shapes], axis


def new_shape(draw, shape):
    """Another shape for as many numbers, one size sometimes left to be found."""
    size = math.prod(shape)
    if not size:
        return draw.pick(shape[::-1], (0,), (2, 0, 3))
    splits = [(n, size // n) for n in range(1, size + 1) if size % n == 0]
    first, second = draw.pick(*splits)
    return draw.pick((first, second), (first, -1), (-1,), (1, first, 1, second), (-1, second))


def permutation(draw, rank):
    axes = draw.rng.permutation(rank).tolist()
    return None if draw.chance(0.2) else tuple(axis - rank if draw.chance() else axis for axis in axes)


# ── the rows of the array table ──────────────────────────────────────────────────────────────────────────────────────


def reshape_op(draw):
    shape = draw.shape()
    return with_parameters([draw.array(shape)], shape=new_shape(draw, shape))


def transpose_op(draw):
    shape = draw.shape(most=4)
    return with_parameters([draw.array(shape)], axes=permutation(draw, len(shape)))


def broadcast_to_op(draw):
    shape = draw.shape()
    return with_parameters([draw.array(draw.broadcast_from(shape))], shape=shape)


def concatenate_op(draw):
    arrays, axis = joined(draw)
    return with_parameters(arrays, axis=axis)


def getitem_op(draw):
    shape = draw.shape()
    return with_parameters([draw.array(shape)], index=index(draw, shape))


def scatter_op(draw):
    shape = draw.shape(least=1)
    where = index(draw, shape)
    picked = np.zeros(shape)[where].shape
    return with_parameters([draw.array(picked)], index=where, shape=shape)


def cumsum_op(draw):
    a, axis = one_axis(draw)
    return with_parameters([a], axis=axis)


def einsum_op(draw):
    operands, subscripts = einsum_arguments(draw)
    return with_parameters(operands, subscripts=subscripts)


def linear_op(draw):
    inputs, outputs = draw.number(1, 3), draw.number(1, 4)
    samples = draw.shape(most=2, largest=6)
    return with_parameters([draw.array((*samples, inputs)), draw.array((outputs, inputs)), draw.array((outputs,))])


def loss_op(draw):
    """Scores and weights of the same shape or one that broadcasts, summed over the classes or over everything."""
    shape = (*draw.shape(most=2, largest=6), draw.number(1, 4))
    scores, weights = draw.pick((shape, shape), (shape, shape), (shape, shape[-1:]), (shape[-1:], shape))
    return with_parameters([draw.array(scores), draw.array(weights, 0.0, 1.0)], axis=draw.pick(-1, None))


def along_one_axis(draw):
    shape = draw.shape(least=1, empty=False)
    return with_parameters([draw.array(shape)], axis=draw.axis(len(shape)))


OPS = {
    "reshape": (reshape_op, lambda a, shape: np.reshape(a, shape)),
    "transpose": (transpose_op, np.transpose),
    "broadcast_to": (broadcast_to_op, np.broadcast_to),
    "astype": (lambda draw: with_parameters([draw.array(draw.shape())], dtype=np.dtype(float)), lambda a, dtype: a),
    "concatenate": (concatenate_op, lambda *arrays, axis: np.concatenate(arrays, axis)),
    "getitem": (getitem_op, lambda a, index: a[index]),
    "scatter": (scatter_op, array_oracles.scatter),
    "sum": (reduction, np.sum),
    "cumsum": (cumsum_op, np.cumsum),
    "logsumexp": (lambda draw: reduction(draw, empty=False), array_oracles.logsumexp),
    "max": (lambda draw: reduction(draw, analytic=False, empty=False), np.max),
    "min": (lambda draw: reduction(draw, analytic=False, empty=False), np.min),
    "matmul": (lambda draw: with_parameters(factors_of_matmul(draw)), np.matmul),
    "einsum": (einsum_op, lambda *arrays, subscripts: np.einsum(subscripts, *arrays)),
    "linear": (linear_op, lambda x, w, b: x @ w.T + b),
    "softmax": (along_one_axis, array_oracles.softmax),
    "log_softmax": (along_one_axis, array_oracles.log_softmax),
    "nll": (loss_op, lambda f, p, axis: -np.sum(p * f, axis=axis)),
}


# ── the functions ────────────────────────────────────────────────────────────────────────────────────────────────────


def spread(draw):
    """Arguments of a variance that is not 0: at least two numbers beyond those that ddof takes away."""
    while True:
        shape = draw.shape(empty=False, least=1)
        axis = draw.axes(len(shape))
        axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        if math.prod(shape[i] for i in axes) > 1:
            a = draw.array(shape)
            return Sample([a], call_with(axis=axis, ddof=draw.pick(0, 1), keepdims=draw.chance()), analytic=False)


def call_with(*arguments, **parameters):
    return lambda f, *xs: f(*xs, *arguments, **parameters)


def norm(draw):
    shape = draw.shape(empty=False)
    axis, keepdims = draw.axes(len(shape)), draw.chance()
    a = draw.array(shape)
    rank = 1 if isinstance(axis, int) else len(shape) if axis is None else len(axis)
    ord = draw.pick(None, 1, 2, math.inf) if rank == 1 else draw.pick(None, "fro") if rank == 2 else None
    return Sample([a], call_with(ord=ord, axis=axis, keepdims=keepdims), analytic=ord in (None, 2, "fro"))


def cumsum(draw):
    shape = draw.shape()
    return with_parameters([draw.array(shape)], axis=draw.axis(len(shape)) if shape and draw.chance(0.7) else None)


def dot(draw):
    inner = draw.number(1, 3)
    if draw.chance(0.2):
        shapes = [draw.shape(most=2), ()]
        return Sample([draw.array(shape) for shape in (shapes if draw.chance() else shapes[::-1])], call_with())
    a = (*draw.shape(most=2, largest=6), inner)
    b = (inner,) if draw.chance(0.3) else (*draw.shape(most=2, largest=4), inner, draw.number(1, 3))
    return Sample([draw.array(a), draw.array(b)], call_with())


def outer(draw):
    return Sample([draw.array(draw.shape(largest=6)), draw.array(draw.shape(largest=6))], call_with())


def trace(draw):
    shape = draw.shape(least=2, most=4, largest=24)
    first, second = draw.rng.permutation(len(shape))[:2].tolist()
    first = first - len(shape) if draw.chance() else first
    return Sample([draw.array(shape)], call_with(offset=draw.number(-3, 3), axis1=first, axis2=second))


def swapaxes(draw):
    shape = draw.shape(least=1, most=4)
    return Sample([draw.array(shape)], call_with(draw.axis(len(shape)), draw.axis(len(shape))))


def moveaxis(draw):
    shape = draw.shape(least=1, most=4)
    rank = len(shape)
    if draw.chance():
        return Sample([draw.array(shape)], call_with(draw.axis(rank), draw.axis(rank)))
    count = draw.number(0, rank)
    chosen = [tuple(draw.rng.permutation(rank)[:count].tolist()) for _ in range(2)]
    return Sample([draw.array(shape)], call_with(*chosen))


def expand_dims(draw):
    shape = draw.shape()
    rank = len(shape) + 2
    several = tuple(axis - rank if draw.chance() else axis for axis in draw.rng.permutation(rank)[:2].tolist())
    return Sample([draw.array(shape)], call_with(axis=draw.pick(draw.axis(len(shape) + 1), several)))


def squeeze(draw):
    shape = draw.shape()
    ones = [axis for axis, size in enumerate(shape) if size == 1]
    axis = draw.pick(None, tuple(ones), ones[0] if ones else None, ones[-1] - len(shape) if ones else ())
    return Sample([draw.array(shape)], call_with(axis=axis))


def concatenate(draw):
    arrays, axis = joined(draw)
    axis = draw.pick(axis, axis, None)
    return Sample(arrays, lambda f, *xs: f(xs, axis=axis))


def stack(draw):
    shape = draw.shape(largest=8)
    axis = draw.axis(len(shape) + 1)
    arrays = [draw.array(shape) for _ in range(draw.number(1, 3))]
    return Sample(arrays, lambda f, *xs: f(list(xs), axis=axis))


def split(draw):
    a, axis = one_axis(draw)
    size = a.shape[axis]
    whole = draw.pick(*(n for n in (1, 2, 3, 4) if size % n == 0))
    sections = draw.pick(whole, sorted(draw.number(0, 4) for _ in range(draw.number(0, 3))), (draw.number(-2, 2),))
    pieces = len(np.split(a, sections, axis))
    piece = draw.number(0, pieces - 1)
    return Sample([a], lambda f, x: f(x, sections, axis=axis)[piece])


def take(draw):
    shape = draw.shape(empty=False)
    axis = draw.axis(len(shape)) if shape and draw.chance(0.7) else None
    size = math.prod(shape) if axis is None else shape[axis]
    places = draw.rng.integers(-size, size, size=draw.shape(most=2, largest=6))
    return Sample([draw.array(shape)], call_with(draw.pick(places, places.tolist()), axis=axis))


def flip(draw):
    shape = draw.shape()
    return Sample([draw.array(shape)], call_with(axis=draw.axes(len(shape))))


def pad(draw):
    mode = draw.pick("constant", "constant", "edge", "reflect", "symmetric", "wrap")
    shape = draw.shape(least=1, largest=8, empty=mode == "constant")
    widths = [(draw.number(0, 2), draw.number(0, 2)) for _ in shape]
    width = draw.pick(widths, widths[0], widths[0][0])
    options = {"constant_values": draw.pick(0.0, 1.5, (1.0, -2.0))} if mode == "constant" else {}
    return Sample([draw.array(shape)], call_with(width, mode=mode, **options))


def tile(draw):
    several = tuple(draw.number(0, 2) if draw.chance(0.2) else draw.number(1, 2) for _ in range(draw.number(0, 3)))
    return Sample([draw.array(draw.shape(largest=9))], call_with(draw.pick(draw.number(0, 3), several)))


def repeat(draw):
    shape = draw.shape(largest=9)
    axis = draw.axis(len(shape)) if shape and draw.chance(0.7) else None
    size = math.prod(shape) if axis is None else shape[axis]
    each = draw.rng.integers(0, 4, size)
    return Sample([draw.array(shape)], call_with(draw.pick(draw.number(0, 3), each, each.tolist()), axis=axis))


def clip(draw):
    shape = draw.shape()
    low, high = sorted(draw.array((2,)).tolist())
    if draw.chance(0.3):
        return Sample([draw.array(shape)], call_with(*draw.pick((None, high), (low, None))), analytic=False)
    return Sample([draw.array(shape)], call_with(low, high), analytic=False)


def reshape(draw):
    shape = draw.shape()
    return Sample([draw.array(shape)], call_with(draw.pick(new_shape(draw, shape), -1)))


def transpose(draw):
    shape = draw.shape(most=4)
    return Sample([draw.array(shape)], call_with(permutation(draw, len(shape))))


FUNCTIONS = {
    "sum": (reduction, np.sum),
    "mean": (lambda draw: reduction(draw, empty=False), np.mean),
    "var": (spread, np.var),
    "std": (spread, np.std),
    "norm": (norm, array_oracles.norm),
    "prod": (reduction, np.prod),
    "max": OPS["max"],
    "min": OPS["min"],
    "cumsum": (cumsum, np.cumsum),
    "logsumexp": OPS["logsumexp"],
    "log_softmax": OPS["log_softmax"],
    "softmax": OPS["softmax"],
    "matmul": OPS["matmul"],
    "einsum": (einsum_function, np.einsum),
    "dot": (dot, np.dot),
    "outer": (outer, np.outer),
    "trace": (trace, np.trace),
    "reshape": (reshape, np.reshape),
    "transpose": (transpose, np.transpose),
    "swapaxes": (swapaxes, np.swapaxes),
    "moveaxis": (moveaxis, np.moveaxis),
    "expand_dims": (expand_dims, np.expand_dims),
    "squeeze": (squeeze, np.squeeze),
    "broadcast_to": (broadcast_to_op, np.broadcast_to),
    "concatenate": (concatenate, np.concatenate),
    "stack": (stack, np.stack),
    "split": (split, np.split),
    "take": (take, np.take),
    "flip": (flip, np.flip),
    "pad": (pad, np.pad),
    "tile": (tile, np.tile),
    "repeat": (repeat, np.repeat),
    "clip": (clip, np.clip),
}


# ── the rows of the elementwise table ────────────────────────────────────────────────────────────────────────────────

DOMAINS = {
    **dict.fromkeys(("log", "sqrt", "reciprocal", "divide", "pow"), (0.3, 2.5)),
    **dict.fromkeys(("arcsin", "arccos", "log1p", "tan"), (-0.9, 0.9)),
}


def elementwise(op):
    """A sampler for a row of the table: operands that broadcast; conditions and bounds are constants of the call."""

    def sample(draw):
        count = 3 if op.arity == -1 else op.arity
        low, high = DOMAINS.get(op.name, (-1.5, 1.5))
        whole = draw.shape(largest=12)
        operands = [draw.array(draw.broadcast_from(whole), low, high) for _ in range(count)]
        if op.name == "clip":
            operands[1:] = sorted(draw.array((2,)).tolist())
        if op.name == "where":
            operands[0] = (operands[0] > 0.0).astype(float)
        derivatives = op.value_and_derivatives(*[0.4] * count)[1]
        places = [place for place, d in enumerate(derivatives) if d is not None]

        def call(f, *xs):
            filled = list(operands)
            for place, x in zip(places, xs, strict=True):
                filled[place] = x
            return f(*filled)

        return Sample([operands[place] for place in places], call, op.analytic)

    return sample


WITHOUT_A_DERIVATIVE = {"argmax": np.argmax, "argmin": np.argmin}
