"""NumPy's functions by their names and signatures, as algebra over the rows of the array table.

Each takes Tensors, arrays, or lists that NumPy makes arrays of; on plain arrays it computes with NumPy and gives an
array. Values are numbers of their own: for lists of them see functions.py.
"""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from autograd import array_ops, ops
from autograd.errors import ArgumentError, OperandError, ShapeError
from autograd.graph import Node
from autograd.subscripts import LETTERS

Axis: TypeAlias = int | tuple[int, ...] | None


def as_array(x: Any) -> Any:
    """A Tensor as it is, anything else as a NumPy array; OperandError for a Value, which has no axes."""
    if isinstance(x, Node):
        if not hasattr(x, "shape"):
            raise OperandError(f"a Value is one number and has no axes: use Tensor for arrays. Got {x!r}")
        return x
    try:
        array = np.asarray(x)
    except ValueError:
        raise ShapeError("an array has rows of equal length, and got rows of unequal length") from None
    if array.dtype.kind not in "fiubc":
        held = type(array.flat[0]).__name__ if array.dtype == object and array.size else str(array.dtype)
        raise OperandError(
            f"an array of numbers is wanted, and not one of {held}: use Tensor, or a flat list of Values"
        )
    return array


# ── reductions ───────────────────────────────────────────────────────────────────────────────────────────────────────


def sum(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The sum over one axis, several, or all."""
    a = as_array(a)
    return array_ops.sum(a, axis=checked_axis(a, axis, "sum"), keepdims=keepdims)


def mean(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The sum × 1/n; of nothing nan."""
    a = as_array(a)
    axis = checked_axis(a, axis, "mean")
    count = size_along(a, axis)
    return array_ops.sum(a, axis=axis, keepdims=keepdims) * (1.0 / count if count else math.inf)


def var(a: Any, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """Σ (a − mean)² / (n − ddof); a division by 0 where ddof leaves nothing, as NumPy has it."""
    a = as_array(a)
    axis = checked_axis(a, axis, "var")
    if not isinstance(ddof, (int, float, np.number)):
        raise ArgumentError(f"var: ddof is a number, got {ddof!r}")
    away = a - mean(a, axis, keepdims=True)
    count = size_along(a, axis) - ddof
    return array_ops.sum(away * away, axis=axis, keepdims=keepdims) * (1.0 / count if count > 0 else math.inf)


def std(a: Any, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """The square root of the variance; where all entries are equal its derivatives are 0."""
    return ops.sqrt(var(a, axis, ddof, keepdims))


def norm(a: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    """√Σa², or for vectors the 1-norm and the ∞-norm; at 0 its derivatives are 0, the subgradient of least norm.

    `ord` is None, 2 (vectors), "fro" (matrices), 1 or inf (vectors); anything else raises ArgumentError.
    """
    a = as_array(a)
    axis = checked_axis(a, axis, "norm")
    rank = len(_axes(a, axis))
    vectors = rank == 1
    if not isinstance(a, Node) and a.dtype.kind in "iub":
        a = a.astype(np.float64)
    if ord is None or (ord == 2 and vectors) or (ord == "fro" and rank == 2):
        return ops.sqrt(array_ops.sum(a * a, axis=axis, keepdims=keepdims))
    if ord == 1 and vectors:
        return array_ops.sum(ops.abs(a), axis=axis, keepdims=keepdims)
    if ord == math.inf and vectors:
        return array_ops.max(ops.abs(a), axis=axis, keepdims=keepdims)
    raise ArgumentError(f"norm: ord is None, 'fro', or 1, 2, inf for vectors; got {ord!r} for shape {a.shape}")


def prod(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The product over one axis, several, or all: neighbours are multiplied until one is left, so that zeros are right.

    (2 × 0 × 3 has the derivatives 0, 6, 0, which a division by the factors would not give.)
    """
    a = as_array(a)
    axes = _axes(a, checked_axis(a, axis, "prod"))
    if not isinstance(a, Node):
        return np.prod(a, axis=axes, keepdims=keepdims)
    y = _flattened_last(a, axes)
    while y.shape[-1] > 1:
        half = y.shape[-1] // 2
        rest = y[..., 2 * half :]
        y = y[..., 0 : 2 * half : 2] * y[..., 1 : 2 * half : 2]
        if rest.shape[-1]:
            y = concatenate([y[..., :-1], y[..., -1:] * rest], axis=-1)
    if not y.shape[-1]:  # the product of nothing is 1
        y = array_ops.sum(y, axis=y.ndim - 1, keepdims=True) + 1.0
    return array_ops.reshape(y, shape=_kept_shape(a, axes) if keepdims else y.shape[:-1])


def max(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The largest; those equal to it share the derivative equally."""
    a = as_array(a)
    return array_ops.max(a, axis=checked_axis(a, axis, "max"), keepdims=keepdims)


def min(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The smallest; those equal to it share the derivative equally."""
    a = as_array(a)
    return array_ops.min(a, axis=checked_axis(a, axis, "min"), keepdims=keepdims)


def argmax(a: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """The place of the first largest entry, as whole numbers without a derivative."""
    a = as_array(a)
    return array_ops.argmax(a, axis=None if axis is None else _place(a, axis, "argmax"), keepdims=keepdims)


def argmin(a: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """The place of the first smallest entry, as whole numbers without a derivative."""
    a = as_array(a)
    return array_ops.argmin(a, axis=None if axis is None else _place(a, axis, "argmin"), keepdims=keepdims)


def cumsum(a: Any, axis: int | None = None) -> Any:
    """Sums of the entries so far, along an axis; along None of the flattened array."""
    a = as_array(a)
    if axis is None:
        return array_ops.cumsum(array_ops.reshape(a, shape=(-1,)), axis=0)
    return array_ops.cumsum(a, axis=_place(a, axis, "cumsum"))


def logsumexp(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """ln Σ eᵃ, stable; its derivatives are the softmax. −∞ with derivatives 0 where every entry is −∞."""
    a = as_array(a)
    return array_ops.logsumexp(a, axis=checked_axis(a, axis, "logsumexp"), keepdims=keepdims)


def log_softmax(a: Any, axis: Axis = -1) -> Any:
    """a − ln Σ eᵃ along an axis, stable; of all −∞ nan."""
    a = as_array(a)
    return array_ops.log_softmax(a, axis=checked_axis(a, axis, "log_softmax"))


def softmax(a: Any, axis: Axis = -1) -> Any:
    """eᵃ / Σ eᵃ along an axis, stable; its derivatives are pᵢ(δᵢⱼ − pⱼ) (textbook, 4.2)."""
    a = as_array(a)
    return array_ops.softmax(a, axis=checked_axis(a, axis, "softmax"))


# ── products ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def matmul(a: Any, b: Any) -> Any:
    """The matrix product over the last two axes, for every rank that NumPy allows."""
    return array_ops.matmul(as_array(a), as_array(b))


def einsum(subscripts: str, *operands: Any) -> Any:
    """Einstein's summation as NumPy writes it: einsum("ij,jk->ik", a, b). Subscripts are text."""
    if not isinstance(subscripts, str) or not operands:
        raise OperandError('einsum takes subscripts as text and then operands, as in einsum("ij,jk->ik", a, b)')
    if subscripts.partition("->")[0].count(",") + 1 != len(operands):
        raise OperandError(f"einsum: {subscripts!r} names the axes of another number of operands than {len(operands)}")
    return array_ops.einsum(*map(as_array, operands), subscripts=subscripts)


def dot(a: Any, b: Any) -> Any:
    """NumPy's dot: the inner product of vectors or matrices, else over a's last and b's last but one axis."""
    a, b = as_array(a), as_array(b)
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    if b.ndim <= 2:
        return array_ops.matmul(a, b)
    letters = iter(LETTERS)
    summed, last = next(letters), next(letters)
    first = "".join(next(letters) for _ in range(a.ndim - 1))
    second = "".join(next(letters) for _ in range(b.ndim - 2))
    return einsum(f"{first}{summed},{second}{summed}{last}->{first}{second}{last}", a, b)


def outer(a: Any, b: Any) -> Any:
    """aᵢ bⱼ, both flattened first."""
    return array_ops.reshape(as_array(a), shape=(-1, 1)) * array_ops.reshape(as_array(b), shape=(1, -1))


def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The sum along a diagonal of the matrices that two axes span."""
    a = as_array(a)
    down, right = (_place(a, axis, "trace") for axis in (axis1, axis2))
    if down == right:
        raise ArgumentError(f"trace: a diagonal runs along two axes of shape {a.shape}, and both were {axis1!r}")
    a = moveaxis(a, (down, right), (-2, -1))
    (offset,) = _whole(offset, "trace: offset")
    rows, columns = a.shape[-2:]
    start = np.arange(builtins.max(0, builtins.min(rows + builtins.min(offset, 0), columns - builtins.max(offset, 0))))
    diagonal = a[..., start - builtins.min(offset, 0), start + builtins.max(offset, 0)]
    return array_ops.sum(diagonal, axis=a.ndim - 2)


# ── shapes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def reshape(a: Any, shape: int | Sequence[int]) -> Any:
    """The same entries in another shape; one size may be −1 and is found from the others."""
    return array_ops.reshape(as_array(a), shape=_whole(shape, "reshape: shape"))


def transpose(a: Any, axes: Sequence[int] | None = None) -> Any:
    """The axes in another order, reversed where none is given."""
    return array_ops.transpose(as_array(a), axes=None if axes is None else _whole(axes, "transpose: axes"))


def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    """Two axes exchanged."""
    a = as_array(a)
    order = list(range(a.ndim))
    first, second = (_place(a, axis, "swapaxes") for axis in (axis1, axis2))
    order[first], order[second] = second, first
    return transpose(a, order)


def moveaxis(a: Any, source: int | Sequence[int], destination: int | Sequence[int]) -> Any:
    """Axes moved to other places, the rest kept in order."""
    a = as_array(a)
    start, end = (
        [_place(a, axis, "moveaxis") for axis in _whole(axes, "moveaxis: axes")] for axes in (source, destination)
    )
    if len(start) != len(end) or len(set(start)) < len(start) or len(set(end)) < len(end):
        raise ArgumentError(f"moveaxis: as many places as axes, none of them twice; got {source!r} and {destination!r}")
    order = [axis for axis in range(a.ndim) if axis not in start]
    for place, axis in sorted(zip(end, start, strict=True)):
        order.insert(place, axis)
    return transpose(a, order)


def expand_dims(a: Any, axis: int | Sequence[int]) -> Any:
    """New axes of size 1 at these places of the result."""
    a = as_array(a)
    places = _whole(axis, "expand_dims: axis")
    rank = a.ndim + len(places)
    if any(not -rank <= place < rank for place in places) or len({place % rank for place in places}) < len(places):
        raise ArgumentError(f"expand_dims: places of a result of {rank} axes, none of them twice; got {axis!r}")
    sizes = iter(a.shape)
    new = {place % rank for place in places}
    return reshape(a, [1 if place in new else next(sizes) for place in range(rank)])


def squeeze(a: Any, axis: Axis = None) -> Any:
    """Axes of size 1 taken out: these, or all."""
    a = as_array(a)
    if axis is None:
        return reshape(a, [size for size in a.shape if size != 1])
    gone = _axes(a, checked_axis(a, axis, "squeeze"))
    if any(a.shape[place] != 1 for place in gone):
        raise ShapeError(f"squeeze: shape {a.shape} has no axis of size 1 at {axis!r}")
    return reshape(a, [size for place, size in enumerate(a.shape) if place not in gone])


def broadcast_to(a: Any, shape: int | Sequence[int]) -> Any:
    """Stretched to a shape as NumPy broadcasts."""
    return array_ops.broadcast_to(as_array(a), shape=_whole(shape, "broadcast_to: shape"))


def concatenate(arrays: Sequence[Any], axis: int | None = 0) -> Any:
    """Joined along an axis that is there; along None flattened first."""
    parts = _several(arrays, "concatenate")
    if axis is None:
        return array_ops.concatenate(*(reshape(part, -1) for part in parts), axis=0)
    return array_ops.concatenate(*parts, axis=axis)


def stack(arrays: Sequence[Any], axis: int = 0) -> Any:
    """Joined along a new axis."""
    parts = _several(arrays, "stack")
    if len({part.shape for part in parts}) > 1:
        shapes = " and ".join(str(shape) for shape in sorted({part.shape for part in parts}))
        raise ShapeError(f"stack joins arrays of one shape, got {shapes}. Use concatenate?")
    rank = parts[0].ndim + 1
    if not isinstance(axis, (int, np.integer)) or not -rank <= axis < rank:
        raise ArgumentError(f"stack: the new axis is one of the {rank} axes of the result, got {axis!r}")
    return array_ops.concatenate(*(expand_dims(part, axis) for part in parts), axis=axis)


def split(a: Any, sections: int | Sequence[int], axis: int = 0) -> list[Any]:
    """Cut along an axis into so many equal pieces, or at these places."""
    a = as_array(a)
    place = _place(a, axis, "split")
    size = a.shape[place]
    places = _whole(sections, "split: sections")
    if isinstance(sections, (int, np.integer)):
        if sections < 1 or size % sections:
            raise ShapeError(f"split: {size} entries along axis {axis} cannot be cut into {sections} equal pieces")
        places = tuple(range(size // sections, size, size // sections)) if size else (0,) * (int(sections) - 1)
    ends = [*places, size]
    before = (slice(None),) * place
    return [a[(*before, slice(start, end))] for start, end in zip([0, *ends[:-1]], ends, strict=True)]


# ── picking ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def take(a: Any, indices: Any, axis: int | None = None) -> Any:
    """The entries at these places along an axis, of the flattened array along None."""
    a = as_array(a)
    if axis is None:
        return _picked(reshape(a, -1), (_as_index(indices),))
    return _picked(a, (*(slice(None) for _ in range(_place(a, axis, "take"))), _as_index(indices)))


def _picked(a: Any, index: tuple[Any, ...]) -> Any:
    return array_ops.getitem(a, index=index) if isinstance(a, np.ndarray) else a[index]


def _as_index(indices: Any) -> Any:
    if isinstance(indices, Node):
        return indices
    places = as_array(indices)
    return places if places.size else places.astype(np.intp)


def flip(a: Any, axis: Axis = None) -> Any:
    """Reversed along one axis, several, or all."""
    a = as_array(a)
    turned = _axes(a, checked_axis(a, axis, "flip"))
    return a[tuple(slice(None, None, -1) if i in turned else slice(None) for i in range(a.ndim))]


def pad(a: Any, pad_width: Any, mode: str = "constant", constant_values: Any = 0.0) -> Any:
    """Edges added: constants, or with mode "edge", "reflect", "symmetric" or "wrap" entries of a itself.

    One constant for all edges, or a pair for each axis, as NumPy has it.
    """
    a = as_array(a)
    widths = _edge_widths(a, pad_width)
    if mode == "constant":
        shape = tuple(before + size + after for size, (before, after) in zip(a.shape, widths, strict=True))
        inside = tuple(slice(before, before + size) for size, (before, _) in zip(a.shape, widths, strict=True))
        y = array_ops.scatter(a, index=inside, shape=shape)
        if isinstance(constant_values, (int, float)) and constant_values == 0.0:
            return y
        try:
            return y + np.pad(np.zeros(a.shape, a.dtype), widths, constant_values=constant_values)
        except (ValueError, TypeError):
            raise ArgumentError(
                f"pad: constant_values is a number, or a pair for each axis, got {constant_values!r}"
            ) from None
    if mode not in ("edge", "reflect", "symmetric", "wrap"):
        raise ArgumentError(f"pad: mode is constant, edge, reflect, symmetric or wrap, got {mode!r}")
    for axis, pair in enumerate(widths):
        if not a.shape[axis] and any(pair):
            raise ShapeError(
                f"pad: axis {axis} of shape {a.shape} is empty and has nothing for mode {mode!r} to repeat"
            )
        a = take(a, np.pad(np.arange(a.shape[axis]), pair, mode=mode), axis)  # type: ignore[call-overload]
    return a


def _edge_widths(a: Any, pad_width: Any) -> list[list[int]]:
    try:
        widths = np.broadcast_to(np.asarray(pad_width).astype(np.intp, casting="safe"), (a.ndim, 2)).tolist()
    except (ValueError, TypeError):
        raise ShapeError(
            f"pad: pad_width {pad_width!r} does not give a pair of whole numbers for each of {a.ndim} axes"
        ) from None
    if any(width < 0 for pair in widths for width in pair):
        raise ArgumentError(f"pad: widths must be at least 0, got {pad_width!r}")
    return widths


def tile(a: Any, reps: int | Sequence[int]) -> Any:
    """The whole array repeated so many times along each axis."""
    a = as_array(a)
    times = list(_whole(reps, "tile: reps"))
    if any(n < 0 for n in times):
        raise ArgumentError(f"tile: reps must be at least 0, got {reps!r}")
    rank = builtins.max(a.ndim, len(times))
    times = [1] * (rank - len(times)) + times
    sizes = [1] * (rank - a.ndim) + list(a.shape)
    apart = reshape(a, [part for size in sizes for part in (1, size)])
    spread = broadcast_to(apart, [part for pair in zip(times, sizes, strict=True) for part in pair])
    return reshape(spread, [n * size for n, size in zip(times, sizes, strict=True)])


def repeat(a: Any, repeats: int | Sequence[int], axis: int | None = None) -> Any:
    """Every entry repeated so many times along an axis, of the flattened array along None."""
    a = as_array(a)
    if axis is None:
        return repeat(reshape(a, -1), repeats, 0)
    place = _place(a, axis, "repeat")
    times = _whole(repeats, "repeat: repeats")
    if len(times) not in (1, a.shape[place]):
        raise ShapeError(f"repeat: {len(times)} numbers do not say how often each of {a.shape[place]} is repeated")
    if any(n < 0 for n in times):
        raise ArgumentError(f"repeat: repeats must be at least 0, got {repeats!r}")
    return take(a, np.repeat(np.arange(a.shape[place]), times), place)


def clip(a: Any, low: Any, high: Any) -> Any:
    """Entries held between two bounds, None for no bound; at variable bounds a tie is shared equally."""
    low, high = (-math.inf if low is None else low), (math.inf if high is None else high)
    if isinstance(low, Node) or isinstance(high, Node):
        return ops.minimum(ops.maximum(a, low), high)
    return ops.clip(as_array(a), low, high)


# ── axes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def checked_axis(a: Any, axis: Any, name: str) -> Any:
    """An axis or a tuple of axes from 0 on, or None; ArgumentError where one is not there or is named twice."""
    if axis is None:
        return None
    if isinstance(axis, (tuple, list)):
        places = tuple(_place(a, item, name) for item in axis)
        if len(set(places)) < len(places):
            raise ArgumentError(f"{name}: axis {axis!r} names an axis twice")
        return places
    return _place(a, axis, name)


def _place(a: Any, axis: Any, name: str) -> int:
    if not isinstance(axis, (int, np.integer)) or isinstance(axis, bool) or not -a.ndim <= axis < a.ndim:
        raise ArgumentError(f"{name}: there is no axis {axis!r} in shape {a.shape}")
    return int(axis) % a.ndim


def _whole(given: Any, name: str) -> tuple[int, ...]:
    """One whole number or several, as a tuple; ArgumentError for anything else."""
    several = (given,) if isinstance(given, (int, np.integer)) else given
    try:
        return tuple(operator.index(n) for n in several)
    except TypeError:
        raise ArgumentError(f"{name} is made of whole numbers, got {given!r}") from None


def _axes(a: Any, axis: Axis) -> tuple[int, ...]:
    return tuple(range(a.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)


def size_along(a: Any, axis: Axis) -> int:
    """How many entries a reduction over these axes puts together."""
    return math.prod(a.shape[i] for i in _axes(a, axis))


def _kept_shape(a: Any, axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(1 if i in axes else size for i, size in enumerate(a.shape))


def _flattened_last(a: Any, axes: tuple[int, ...]) -> Any:
    """The axes gathered into one at the end."""
    rest = [i for i in range(a.ndim) if i not in axes]
    shape = [a.shape[i] for i in rest] + [math.prod(a.shape[i] for i in axes)]
    return reshape(transpose(a, [*rest, *axes]), shape)


def _several(arrays: Any, name: str) -> list[Any]:
    if isinstance(arrays, Node) or not isinstance(arrays, (Sequence, np.ndarray)) or not len(arrays):
        raise OperandError(f"{name} takes a list of Tensors or arrays, at least one, not {type(arrays).__name__}")
    return [as_array(part) for part in arrays]
