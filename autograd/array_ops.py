"""The table of array ops: each function on whole arrays beside its pull-back, on one row.

Letters: y is the output, a b the inputs, g the gradient that y has received. A pull-back returns what each input
receives, in the order of the inputs. It is written with rows of the two tables, so that it runs on arrays and on the
nodes of a graph alike. What broadcasting stretched is summed up again, and dtypes are restored, where shares are
handed to parents (arrays.py), so that no pull-back needs to.

Everything else that NumPy names (mean, norm, moveaxis, tile, …) is algebra over these rows: array_functions.py.
"""

# mypy: disable-error-code="has-type"
# (rows refer to one another, in both directions)

from __future__ import annotations

import copyreg
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import ops
from autograd.errors import AutogradError
from autograd.op import ArrayOp, Into, array_op
from autograd.products import masked_product
from autograd.subscripts import LETTERS, explicit_subscripts

# fmt: off
# ── shapes: what goes in comes back out ──────────────────────────────────────────────────────────────────────────────

reshape = array_op("reshape", lambda a, shape: np.reshape(a, shape),
                   lambda g, y, a, shape: (reshape(g, shape=a.shape),), analytic=True)
transpose = array_op("transpose", lambda a, axes=None: np.transpose(a, axes),
                     lambda g, y, a, axes=None: (transpose(g, axes=_inverse(axes)),), analytic=True)
broadcast_to = array_op("broadcast_to", lambda a, shape: np.broadcast_to(a, shape),
                        lambda g, y, a, shape: (g,), analytic=True)
astype = array_op("astype", lambda a, dtype: a.astype(dtype),
                  lambda g, y, a, dtype: (g,))
concatenate = array_op("concatenate", lambda *arrays, axis=0: np.concatenate(arrays, axis),
                       lambda g, y, *arrays, axis=0: _pieces(g, arrays, axis), analytic=True)
getitem = array_op("getitem", lambda a, *places, index: a[filled(index, places)],
                   lambda g, y, a, *places, index: (scatter(g, *places, index=index, shape=a.shape),
                                                    *(None for _ in places)),
                   symbol="{}[…]", analytic=True)
scatter = array_op("scatter", lambda a, *places, index, shape: scattered(a, filled(index, places), shape),
                   lambda g, y, a, *places, index, shape: (getitem(g, *places, index=index), *(None for _ in places)),
                   analytic=True)

# ── sums ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

sum = array_op("sum", lambda a, axis=None, keepdims=False: np.add.reduce(a, axis=axis, keepdims=keepdims),
               lambda g, y, a, axis=None, keepdims=False: (broadcast_to(_kept(g, a, axis), shape=a.shape),),
               analytic=True)
cumsum = array_op("cumsum", lambda a, axis: np.cumsum(a, axis=axis),
                  lambda g, y, a, axis: (_reversed(cumsum(_reversed(g, axis), axis=axis), axis),), analytic=True)
logsumexp = array_op("logsumexp", lambda a, axis=None, keepdims=False: _logsumexp(a, axis, keepdims),
                     lambda g, y, a, axis=None, keepdims=False: (_softmax_shares(g, y, a, axis),),
                     analytic=True)
softmax = array_op("softmax", lambda a, axis=-1: _softmax(a, axis),
                   lambda g, y, a, axis=-1: (y * (g - sum(g * y, axis=axis, keepdims=True)),), analytic=True)
log_softmax = array_op("log_softmax", lambda a, axis=-1: _log_softmax(a, axis),
                       lambda g, y, a, axis=-1: (g - ops.exp(y) * sum(g, axis=axis, keepdims=True),),
                       analytic=True)

# ── choices ──────────────────────────────────────────────────────────────────────────────────────────────────────────

max = array_op("max", lambda a, axis=None, keepdims=False: np.max(a, axis=axis, keepdims=keepdims),
               lambda g, y, a, axis=None, keepdims=False: (_winners_shares(g, y, a, axis),), selects=True)
min = array_op("min", lambda a, axis=None, keepdims=False: np.min(a, axis=axis, keepdims=keepdims),
               lambda g, y, a, axis=None, keepdims=False: (_winners_shares(g, y, a, axis),), selects=True)
argmax = array_op("argmax", lambda a, axis=None, keepdims=False: np.argmax(a, axis=axis, keepdims=keepdims), None)
argmin = array_op("argmin", lambda a, axis=None, keepdims=False: np.argmin(a, axis=axis, keepdims=keepdims), None)

# ── products ─────────────────────────────────────────────────────────────────────────────────────────────────────────

matmul = array_op("matmul", np.matmul, lambda g, y, a, b: _matmul_shares(g, a, b),
                  symbol="{} @ {}", latex="{} {}", analytic=True)
einsum = array_op("einsum", lambda *arrays, subscripts: np.einsum(subscripts, *arrays, optimize=len(arrays) > 1),
                  lambda g, y, *arrays, subscripts: _einsum_shares(g, arrays, subscripts), analytic=True)

# ── earned by speed: a layer, and the loss of textbook 4.3 from log-probabilities ───────────────────────────────────

linear = array_op("linear", lambda x, w, b: _linear(x, w, b),
                  lambda g, y, x, w, b: (lambda: _inputs_share(g, w), Into(lambda out: _weights_share(g, x, out)),
                                         lambda: sum(g, axis=tuple(range(g.ndim - 1)))),
                  symbol="{} {}ᵀ + {}", analytic=True)
nll = array_op("nll", lambda f, p, axis=-1: _nll(f, p, axis),
               lambda g, y, f, p, axis=-1: _nll_shares(g if axis is None else _with_axis(g, -1), f, p))
# fmt: on

ARRAY_TABLE: dict[str, ArrayOp] = {
    op.name: op
    for op in (
        *(reshape, transpose, broadcast_to, astype, concatenate, getitem, scatter),
        *(sum, cumsum, logsumexp, softmax, log_softmax, max, min, argmax, argmin, matmul, einsum, linear, nll),
    )
}


def _named(name: str) -> ArrayOp:
    if name not in ARRAY_TABLE:
        raise AutogradError(f"cannot unpickle a graph that uses {name}: that op is not in the library's table")
    return ARRAY_TABLE[name]


def _pickled(op: ArrayOp) -> tuple[Any, ...]:
    if ARRAY_TABLE.get(op.name) is not op:
        raise AutogradError(f"cannot pickle {op.name}: a pickle names ops, and this one is not in the library's table")
    return (_named, (op.name,))


copyreg.pickle(ArrayOp, _pickled)


# ── shapes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _inverse(axes: Sequence[int] | None) -> tuple[int, ...] | None:
    return None if axes is None else tuple(int(i) for i in np.argsort([axis % len(axes) for axis in axes]))


def _kept(x: Any, a: Any, axis: Any) -> Any:
    """A reduced array with its reduced axes back as axes of size 1, ready to be broadcast against what was reduced."""
    if axis is None:
        return reshape(x, shape=(1,) * a.ndim)
    rank = a.ndim or 1  # NumPy reduces a single number along axis 0 too
    axes = {i % rank for i in (axis if isinstance(axis, tuple) else (axis,))}
    return reshape(x, shape=tuple(1 if i in axes else size for i, size in enumerate(a.shape)))


def _reversed(a: Any, axis: int) -> Any:
    return getitem(a, index=(*(slice(None) for _ in range(axis % a.ndim)), slice(None, None, -1)))


def _pieces(g: Any, arrays: Sequence[Any], axis: int) -> tuple[Any, ...]:
    before = (slice(None),) * (axis % g.ndim)
    ends = np.cumsum([a.shape[axis] for a in arrays]).tolist()
    starts = [0, *ends[:-1]]
    return tuple(
        (lambda start=start, end=end: getitem(g, index=(*before, slice(start, end))))
        for start, end in zip(starts, ends, strict=True)
    )


class _Place:
    """In an index: here stands an array among the operands. There is one of it, in copies and pickles too."""

    def __repr__(self) -> str:
        return "·"

    def __reduce__(self) -> str:
        return "PLACE"


PLACE = _Place()


def filled(index: tuple[Any, ...], places: Sequence[Any]) -> tuple[Any, ...]:
    """The index with arrays put where they belong: truths from comparisons, whole numbers from argmax."""
    arrays = iter(places)
    return tuple(next(arrays) if part is PLACE else part for part in index)


def scattered(a: Any, index: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    """Zeros with the entries of a added at the index: places named twice receive both."""
    y = np.zeros(shape, a.dtype)
    if any(isinstance(part, np.ndarray) and part.dtype != bool for part in index):
        np.add.at(y, index, a)
    else:
        y[index] = a
    return y


# ── sums and choices ─────────────────────────────────────────────────────────────────────────────────────────────────


def _logsumexp(a: Any, axis: Any, keepdims: bool) -> Any:
    """ln Σ eᵃ, shifted by the largest entry so that no exp overflows; all −∞, or nothing at all, give −∞."""
    a = a.astype(np.float64) if a.dtype.kind in "iub" else a
    top = np.maximum.reduce(a, axis=axis, keepdims=True, initial=-math.inf)
    if not math.isfinite(np.vdot(top.real, top.real)):  # as soon as one of them is not
        top = np.where(np.isfinite(top), top, np.zeros_like(top))
    total = np.add.reduce(np.exp(a - top), axis=axis, keepdims=True)
    with np.errstate(divide="ignore"):  # ln 0 is −∞ on purpose
        y = np.log(total) + top
    return y if keepdims else np.squeeze(y, axis)


def _softmax_shares(g: Any, y: Any, a: Any, axis: Any) -> Any:
    """g · e^(a − y), the softmax; where every entry is −∞ so is y, and the shares are 0."""
    y = _kept(y, a, axis)
    return masked_product(_kept(g, a, axis), ops.exp(a - ops.where(ops.equal(y, -math.inf), 0.0, y)))


def _winners_shares(g: Any, y: Any, a: Any, axis: Any) -> Any:
    """Those equal to the result share g equally."""
    wins = ops.equal(a, _kept(y, a, axis))
    return masked_product(_kept(g, a, axis), wins * ops.reciprocal(sum(wins, axis=axis, keepdims=True)))


# ── products ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _swapped(a: Any) -> Any:
    return transpose(a, axes=(*range(a.ndim - 2), a.ndim - 1, a.ndim - 2))


def _with_axis(a: Any, place: int) -> Any:
    shape = list(a.shape)
    shape.insert(place if place >= 0 else len(shape) + 1 + place, 1)
    return reshape(a, shape=tuple(shape))


def _matmul_shares(g: Any, a: Any, b: Any) -> tuple[Any, ...]:
    """g bᵀ and aᵀ g, with a vector taken as the matrix of one row or one column that it stands for."""
    if a.ndim == 1 and b.ndim == 1:
        return (lambda: g * b, lambda: g * a)
    if b.ndim == 1:
        return (lambda: _with_axis(g, -1) * b, lambda: sum(_with_axis(g, -1) * a, axis=tuple(range(g.ndim))))
    if a.ndim == 1:
        return (
            lambda: sum(_with_axis(g, -2) * b, axis=(*range(b.ndim - 2), b.ndim - 1)),
            lambda: _with_axis(g, -2) * _with_axis(a, -1),
        )
    return (lambda: matmul(g, _swapped(b)), lambda: matmul(_swapped(a), g))


def _einsum_shares(g: Any, arrays: Sequence[Any], subscripts: str) -> tuple[Any, ...]:
    """For each operand an einsum of g with the others."""
    inputs, output = explicit_subscripts(subscripts, [a.ndim for a in arrays])

    def share(place: int) -> Any:
        others = [i for i in range(len(arrays)) if i != place]
        labels, operands = [output, *(inputs[i] for i in others)], [g, *(arrays[i] for i in others)]
        known = {
            axis for letters, a in zip(labels, operands, strict=True) for axis in zip(letters, a.shape, strict=True)
        }
        spare = iter(letter for letter in LETTERS if letter not in "".join(inputs) + output)
        wanted = ""
        for letter, size in zip(inputs[place], arrays[place].shape, strict=True):
            if letter in wanted:  # a diagonal: off it nothing comes back
                fresh = next(spare)
                labels.append(letter + fresh)
                operands.append(np.eye(size, dtype=arrays[place].dtype))
                letter = fresh
            elif (letter, size) not in known:  # summed over here alone, or stretched in the others: spread out again
                labels.append(letter)
                operands.append(np.ones(size, dtype=arrays[place].dtype))
            wanted += letter
        return einsum(*operands, subscripts=f"{','.join(labels)}->{wanted}")

    return tuple((lambda place=place: share(place)) for place in range(len(arrays)))


def _linear(x: Any, w: Any, b: Any) -> Any:
    y = _times_transposed(x, w)
    return np.add(y, b, out=y) if y.dtype == b.dtype else y + b


def _times_transposed(x: Any, w: Any) -> Any:
    """x wᵀ. Of many rows it is taken as (w xᵀ)ᵀ, which BLAS is up to a third faster at: see benchmarks/products.py."""
    return np.matmul(w, x.T).T if x.ndim == 2 else np.matmul(x, w.T)


def _inputs_share(g: Any, w: Any) -> Any:
    """g w, of many rows as (wᵀ gᵀ)ᵀ."""
    return matmul(w.T, g.T).T if g.ndim == 2 else matmul(g, w)


def _weights_share(g: Any, x: Any, out: Any) -> Any:
    """gᵀ x, over all samples however many axes they lie along."""
    if g.ndim != 2:
        g, x = reshape(g, shape=(-1, g.shape[-1])), reshape(x, shape=(-1, x.shape[-1]))
    return matmul(g.T, x) if out is None else np.matmul(g.T, x, out=out)


def _softmax(a: Any, axis: int) -> Any:
    """eᵃ / Σ eᵃ, shifted by the largest entry so that no exp overflows; all −∞ give nan."""
    y = np.exp(_below_top(a, axis))
    return np.divide(y, np.add.reduce(y, axis=axis, keepdims=True), out=y)


def _log_softmax(a: Any, axis: int) -> Any:
    """a − ln Σ eᵃ, shifted by the largest entry so that no exp overflows; all −∞ give nan."""
    y = _below_top(a, axis)
    return np.subtract(y, np.log(np.add.reduce(np.exp(y), axis=axis, keepdims=True)), out=y)


def _below_top(a: Any, axis: int) -> Any:
    a = a.astype(np.float64) if a.dtype.kind in "iub" else a
    return a - np.maximum.reduce(a, axis=axis, keepdims=True, initial=-math.inf)


def _nll(f: Any, p: Any, axis: Any) -> Any:
    """−Σ p f, where p = 0 counts 0 whatever f is."""
    if axis is None and f.shape == p.shape:
        total = np.vdot(p.T, f.T) if f.flags.f_contiguous else np.vdot(p, f)  # in the order that f is stored in
        if math.isfinite(total):
            return -total
    return -np.add.reduce(_weighed(p, f), axis=axis)


def _weighed(p: Any, x: Any) -> Any:
    """p x, where p = 0 gives 0 whatever x is."""
    out = np.zeros(np.broadcast_shapes(p.shape, x.shape), np.result_type(p, x))
    return np.multiply(p, x, where=p != 0.0, out=out)


def _nll_shares(g: Any, f: Any, p: Any) -> tuple[Any, ...]:
    g = _spread(g, f, p)
    return (lambda: -(g * p), lambda: -(g * f))


def _spread(g: Any, a: Any, b: Any) -> Any:
    """The gradient of a sum of a ∘ b as the gradient of every entry of it, where one of the two was broadcast."""
    return g if a.shape == b.shape else broadcast_to(g, shape=np.broadcast_shapes(a.shape, b.shape))
