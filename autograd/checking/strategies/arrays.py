"""Arrays and Tensors by shape, dtype and layout in memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autograd.arrays import leaf
from autograd.checking.extra import hypothesis
from autograd.checking.strategies.numbers import floats
from autograd.errors import ArgumentError
from autograd.tensor import Tensor

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

LAYOUTS = ("C", "Fortran", "strided", "broadcast", "read-only")  # shrinking goes toward the first
MOST = 24  # entries of an array, unless the shape is given
DTYPES = (np.float64, np.float32)


def shapes(most: int = MOST, least: int = 0, rank: tuple[int, int] = (0, 3)) -> SearchStrategy[tuple[int, ...]]:
    """Shapes of so many axes with at most and at least so many entries in all; sizes of 0 and 1 are among them."""
    st = hypothesis("shapes").strategies
    sizes = st.lists(st.integers(1 if least else 0, 4), min_size=rank[0], max_size=rank[1])
    return sizes.map(tuple).filter(lambda shape: least <= math.prod(shape) <= most)


def arrays(
    shape: Any = None,
    dtype: Any = None,
    layout: Any = None,
    entries: Callable[[Any], SearchStrategy[float]] | SearchStrategy[float] | None = None,
) -> SearchStrategy[NDArray[Any]]:
    """NumPy arrays of a shape, a dtype (float64, float32) and a layout in memory; each a choice of any, or a strategy.

    Layouts: "C", "Fortran", "strided" (every other place of a larger array), "broadcast" (one row for all, read-only,
    where there is an axis longer than 1) and "read-only". Without a shape 0-d and empty arrays are among them.
    `entries` is a strategy for numbers, or a function from the dtype to one; `floats` unless given. They shrink to
    fewer entries, float64, "C" and simple numbers.
    """
    st = hypothesis("arrays").strategies
    chosen = [
        _chosen(st, shape, lambda x: isinstance(x, (tuple, list, int)), shapes(), "shape is a tuple of sizes"),
        _chosen(st, dtype, lambda x: x in DTYPES, st.sampled_from(DTYPES), "dtype is np.float32 or np.float64"),
        _chosen(st, layout, LAYOUTS.__contains__, st.sampled_from(LAYOUTS), f"layout is one of {', '.join(LAYOUTS)}"),
    ]

    def made(chosen: tuple[Any, Any, str]) -> Any:
        sizes, kind, laid = chosen
        sizes = (sizes,) if isinstance(sizes, int) else tuple(sizes)
        held = _held(sizes) if laid == "broadcast" else sizes
        own = floats(dtype=kind) if entries is None else entries(kind) if callable(entries) else entries
        count = math.prod(held)
        numbers = st.lists(own, min_size=count, max_size=count)
        return numbers.map(lambda xs: laid_out(np.array(xs, dtype=kind).reshape(held), laid, sizes))

    return st.tuples(*chosen).flatmap(made)


def tensors(
    shape: Any = None,
    dtype: Any = None,
    layout: Any = None,
    entries: Callable[[Any], SearchStrategy[float]] | SearchStrategy[float] | None = None,
    label: Any = None,
) -> SearchStrategy[Tensor]:
    """Tensors that hold such arrays in just that layout, which a Tensor made by hand copies away; see `arrays`.

    `label` is text, or a strategy for it.
    """
    st = hypothesis("tensors").strategies

    def made(array: NDArray[Any], text: str | None) -> Tensor:
        tensor: Tensor = leaf(Tensor, array, requires_grad=True)
        if text is not None:
            tensor.label = text
        return tensor

    labels = label if isinstance(label, st.SearchStrategy) else st.just(label)
    return st.builds(made, arrays(shape, dtype, layout, entries), labels)


def laid_out(array: NDArray[Any], layout: str, shape: Sequence[int]) -> NDArray[Any]:
    """The same numbers in another layout; of "broadcast" stretched to the shape."""
    if layout == "Fortran":
        return np.array(array, order="F")  # asfortranarray gives a number an axis
    if layout == "strided":
        wide = np.full((*array.shape[:-1], 2 * array.shape[-1]) if array.ndim else (2,), np.nan, array.dtype)
        own = wide[..., ::2] if array.ndim else wide[0, ...]
        own[...] = array
        return own
    if layout == "broadcast":
        return np.broadcast_to(array, tuple(shape))
    if layout == "read-only":
        array.flags.writeable = False
    return array


def _held(shape: Sequence[int]) -> tuple[int, ...]:
    """The shape whose entries a broadcast array keeps: 1 along its first axis that is longer."""
    axis = next((axis for axis, size in enumerate(shape) if size > 1), None)
    return tuple(1 if place == axis else size for place, size in enumerate(shape))


def _chosen(st: Any, given: Any, fits: Callable[[Any], bool], otherwise: Any, wanted: str) -> Any:
    """A strategy for one property: what is given, or any."""
    if given is None or isinstance(given, st.SearchStrategy):
        return otherwise if given is None else given
    if not fits(given):
        raise ArgumentError(f"{wanted}, or a strategy for it; got {given!r}")
    return st.just(given)
