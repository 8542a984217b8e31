"""Sketches: arrays that write down which NumPy calls are made of them.

A row of the table is a function of arrays. Run on sketches it says what it consists of, call by call, so that a program
of Tensors can be written in NumPy, and its arrays planned, without a second copy of what any row does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

UFUNC, VIEW, FUNCTION, DECISION = "ufunc", "view", "function", "decision"


class At(NamedTuple):
    """Among the arguments of a call: the array at a place."""

    place: int


class Call(NamedTuple):
    """One NumPy call: its kind, the function, its text with braces for the arguments, and the place of its result.

    A UFUNC can write its result into any array; a VIEW shares its numbers with its first argument; a FUNCTION makes an
    array of its own. A DECISION makes no array: what it holds must be `held`, or the calls below are not the right
    ones. `line` is the place of the listing's instruction that the call belongs to.
    """

    kind: str
    function: Any
    arguments: tuple[Any, ...]
    options: dict[str, Any]
    place: int
    line: int
    held: Any = None


class Undecided(Exception):
    """A function asked a sketch for something that it cannot say."""


class Sheet:
    """The calls so far, and at every place an example of its array: of the right shape, dtype and layout."""

    def __init__(self) -> None:
        self.arrays: list[NDArray[Any]] = []
        self.calls: list[Call] = []
        self.constants: dict[int, NDArray[Any]] = {}
        self.line = -1

    def sketch(self, array: NDArray[Any]) -> Sketch:
        """A new place."""
        self.arrays.append(array)
        return Sketch(self, len(self.arrays) - 1)

    def constant(self, array: NDArray[Any]) -> Sketch:
        """A new place whose array is always this one."""
        self.constants[len(self.arrays)] = array
        return self.sketch(array)

    def called(
        self,
        kind: str,
        function: Callable[..., Any],
        arguments: Sequence[Any],
        options: dict[str, Any],
        like: Any = None,
    ) -> Any:
        """Makes the call on the examples, and notes it; what gives no array is not noted, and given as it is."""
        noted, noted_options = self._noted(arguments), self._noted(options)
        given, given_options = self._examples(noted), self._examples(noted_options)
        with np.errstate(all="ignore"):
            if like is not None:
                given_options = {**given_options, "out": np.empty_like(like)}
            y = function(*given, **given_options)
        if not isinstance(y, (np.ndarray, np.generic)):
            if isinstance(y, (tuple, list)):
                raise Undecided
            return y
        array = np.asarray(y)
        if kind == FUNCTION and any(np.may_share_memory(array, a) for a in given if isinstance(a, np.ndarray)):
            kind = VIEW
        result = self.sketch(array)
        self.calls.append(Call(kind, function, tuple(noted), noted_options, result.place, self.line))
        return result

    def decided(self, place: int, held: Any) -> None:
        """Notes a decision."""
        self.calls.append(Call(DECISION, None, (At(place),), {}, -1, self.line, held))

    def _noted(self, x: Any) -> Any:
        """Places for sketches, wherever they stand among lists, tuples and dicts."""
        if isinstance(x, Sketch):
            return At(x.place)
        if isinstance(x, np.ndarray):
            return At(self.constant(x).place)
        if isinstance(x, (tuple, list)):
            return type(x)(map(self._noted, x))
        return {name: self._noted(item) for name, item in x.items()} if isinstance(x, dict) else x

    def _examples(self, x: Any) -> Any:
        if isinstance(x, At):
            return self.arrays[x.place]
        if isinstance(x, (tuple, list)):
            return type(x)(map(self._examples, x))
        return {name: self._examples(item) for name, item in x.items()} if isinstance(x, dict) else x


class Sketch(NDArrayOperatorsMixin):
    """Stands for an array in a function made of NumPy calls.

    A number that decides a branch must be the same wherever the calls are made again: of one that is turned into a
    float no more is asked than that it is finite, as the functions of the table ask no more.
    """

    __slots__ = ("place", "sheet")

    def __init__(self, sheet: Sheet, place: int) -> None:
        self.sheet, self.place = sheet, place

    @property
    def array(self) -> NDArray[Any]:
        """The example."""
        return self.sheet.arrays[self.place]

    shape = property(lambda self: self.array.shape)
    dtype = property(lambda self: self.array.dtype)
    ndim = property(lambda self: self.array.ndim)
    size = property(lambda self: self.array.size)
    flags = property(lambda self: self.array.flags)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *arguments: Any, **options: Any) -> Any:
        if method not in ("__call__", "reduce") or ufunc.nout != 1 or options.get("where", True) is not True:
            raise Undecided
        (out,) = options.pop("out", (None,))
        if out is None:
            return self.sheet.called(UFUNC, _method(ufunc, method), arguments, options)
        if not isinstance(out, Sketch):
            raise Undecided
        # Every place is written once: what is written into an array is the next place's, and the array's from now on.
        out.place = self.sheet.called(UFUNC, _method(ufunc, method), arguments, options, like=out.array).place
        return out

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        return self.sheet.called(FUNCTION, function, arguments, options)

    def __getitem__(self, index: Any) -> Any:
        return self.sheet.called(FUNCTION, item, (self, index), {})

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        if not copy and self.dtype == dtype:
            return self
        return self.sheet.called(FUNCTION, cast, (self, np.dtype(dtype)), {})

    def reshape(self, *shape: Any) -> Any:
        return np.reshape(self, shape[0] if len(shape) == 1 else shape)

    T = property(lambda self: np.transpose(self))
    real = property(lambda self: self)  # there are no complex programs

    def __float__(self) -> float:
        if not np.isfinite(self.array).all():
            raise Undecided
        self.sheet.decided(self.place, None)
        return float(self.array)

    def __bool__(self) -> bool:
        held = bool(self.array)
        self.sheet.decided(self.place, held)
        return held

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise Undecided


def item(a: Any, index: Any) -> Any:
    """a[index]."""
    return a[index]


def cast(a: Any, dtype: Any) -> Any:
    """a.astype(dtype)."""
    return a.astype(dtype)


def looked_up(table: Any, columns: Any) -> Any:
    """The columns of a table with these numbers, the last one for larger numbers and the first for negative ones."""
    return table.take(columns, 1, None, "clip")


def _method(ufunc: np.ufunc, method: str) -> Any:
    return ufunc if method == "__call__" else getattr(ufunc, method)
