"""The arguments of a program: which of their leaves are numbers, arrays, models or settings, and their names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from copy import deepcopy
from functools import cached_property
from numbers import Real
from typing import Any

import numpy as np

from autograd import arrays
from autograd.errors import ArgumentError, OperandError, ShapeError
from autograd.graph import Node
from autograd.lifting import dtype_of_numbers, lifted
from autograd.op import as_float
from autograd.ops import TABLE
from autograd.program.forms import distinct, form_of, leaves_of, names_of, written_out
from autograd.program.listing import alike
from autograd.program.models import Kind, is_model
from autograd.tensor import Tensor
from autograd.trees import leaves, rebuilt

NUMBER, ARRAY, MODEL, SETTING = "number", "array", "model", "setting"
RESERVED = {"math", "np", "reduce", "value", "value_and_gradient", *TABLE}  # what a page calls


class Arguments:
    """The example that a program was recorded with, taken apart: every call is taken apart in the same way."""

    def __init__(self, f: Callable[..., Any], example: Sequence[Any]) -> None:
        self.names = _argument_names(f, len(example))
        self.example = tuple([_lists_copied(x) for x in example])
        self.forms = [form_of(x, name) for x, name in zip(self.example, self.names, strict=True)]
        self.leaves = self.taken_apart(example)
        self.kinds = [_kind(leaf) for leaf in self.leaves]
        self.live = [i for i, kind in enumerate(self.kinds) if kind in (NUMBER, ARRAY)]
        self.settings = [(i, _kept(self.leaves[i])) for i, kind in enumerate(self.kinds) if kind == SETTING]
        self.all_numbers = all(kind == NUMBER for kind in self.kinds)
        paths = [path for x, name in zip(example, self.names, strict=True) for path in names_of(x, name)]
        self.paths = distinct(paths, RESERVED)
        self.models = {i: Kind(self.leaves[i], self.paths[i]) for i, kind in enumerate(self.kinds) if kind == MODEL}

    @cached_property
    def _written_out(self) -> Any:
        return written_out(self.forms)

    @cached_property
    def _derivatives_written_out(self) -> dict[tuple[int, ...], Any]:
        return {}

    def __getstate__(self) -> dict[str, Any]:
        made = {"_written_out", "_derivatives_written_out"}  # anew where they are needed
        return {name: part for name, part in vars(self).items() if name not in made}

    def taken_apart(self, given: Sequence[Any]) -> list[Any]:
        """The leaves of the arguments of a call; ArgumentError or ShapeError where they have another form."""
        if len(given) != len(self.names):
            raise ArgumentError(f"this program takes {len(self.names)} arguments, {', '.join(self.names)}: "
                                f"got {len(given)}")  # fmt: skip
        if self._written_out is not None:
            with suppress(ValueError, TypeError):
                return self._written_out[0](given)
        found: list[Any] = []
        for form, x in zip(self.forms, given, strict=True):
            if form is None:
                found.append(x)
            else:
                form.taken_apart(x, found)
        return found

    def put_together(self, parts: Sequence[Any], places: Sequence[int]) -> tuple[Any, ...]:
        """The arguments at these places with other leaves."""
        if self._written_out is not None:
            trees = self._written_out[1](parts)
            return tuple([trees[place] for place in places])
        every = iter(parts)
        trees = [next(every) if form is None else form.put_together(every) for form in self.forms]
        return tuple(trees[place] for place in places)

    def filled_with(self, derivatives: Sequence[Any], places: tuple[int, ...]) -> tuple[Any, ...]:
        """The arguments at these places with a derivative for each leaf, given in the order of all the arguments."""
        if places not in self._derivatives_written_out:
            self._derivatives_written_out[places] = written_out([self.forms[place] for place in places])
        made = self._derivatives_written_out[places]
        if made is not None and list(places) == sorted(places):
            filled: tuple[Any, ...] = made[1](derivatives)
            return filled
        parts: list[Any] = [None] * len(self.leaves)
        for i, derivative in zip(self.belong_to(places), derivatives, strict=True):
            parts[i] = derivative
        return self.put_together(parts, places)

    def belong_to(self, places: Sequence[int]) -> list[int]:
        """Which leaves belong to the arguments at these places."""
        owners = [
            i for i, (form, x) in enumerate(zip(self.forms, self.example, strict=True)) for _ in leaves_of(form, x)
        ]
        return [i for i, owner in enumerate(owners) if owner in places]

    def demand_settings(self, given: Sequence[Any]) -> None:
        """ArgumentError where a setting, such as a flag or a name, or a model's kind is not the one recorded."""
        for i, kind in self.models.items():
            kind.demand(given[i])
        for i, setting in self.settings:
            if not alike(given[i], setting):
                raise ArgumentError(
                    f"this program was recorded with {self.paths[i]} = {setting!r}, and was given {given[i]!r}: only "
                    "numbers and arrays can change. Record it again"
                )

    def fresh(self, given: Sequence[Any], toward: Collection[int] | None = None) -> list[Any]:
        """New leaves with these numbers, in the places of numbers and arrays; arrays not in `toward` are constants."""
        live = [given[i] for i in self.live]
        dtype = dtype_of_numbers(live, live)
        found = [_fresh(x, self.paths[i], dtype) for i, x in zip(self.live, live, strict=True)]
        for i, leaf in zip(self.live, found, strict=True):
            if toward is not None and i not in toward and isinstance(leaf, Tensor):
                leaf.requires_grad = False
        return found

    def on_fresh_leaves(self, given: Sequence[Any]) -> list[Any]:
        """The leaves of a call with new nodes in the places of numbers and arrays."""
        return self.with_inputs(given, self.fresh(given))

    def with_inputs(self, given: Sequence[Any], inputs: Sequence[Any]) -> list[Any]:
        """The leaves of a call with others in the places of numbers and arrays."""
        parts = list(given)
        for i, x in zip(self.live, inputs, strict=True):
            parts[i] = x
        return parts

    def inputs(self, given: list[Any]) -> tuple[list[Any], tuple[Any, ...]]:
        """The plain numbers and arrays of a call, and what a recording depends on besides: shapes and dtypes."""
        if self.all_numbers:
            return [as_number(x, path) for x, path in zip(given, self.paths, strict=True)], ()
        found, key = [], []
        for i in self.live:
            if self.kinds[i] == ARRAY:
                found.append(as_array(given[i], self.leaves[i], self.paths[i]))
                key.append(found[-1].shape)
            else:
                found.append(as_number(given[i], self.paths[i]))
        return found, tuple(key)


def _fresh(x: Any, name: str, dtype: Any) -> Any:
    if isinstance(x, np.ndarray) and x.dtype.kind in "iub":
        return arrays.constant(Tensor, x, "a program works on numbers and arrays, not on")
    leaf = lifted(x, name, dtype)
    leaf.label = name
    return leaf


def as_number(x: Any, name: str) -> float:
    """A number given to a program."""
    return x if x.__class__ is float else as_float(x._data if isinstance(x, Node) else x, name)


def as_array(x: Any, like: Any, name: str) -> Any:
    """An array given to a program, in the dtype that it was recorded with."""
    data = np.asarray(x._data if isinstance(x, Node) else x)
    if data.dtype == like.dtype:
        return data
    if like.dtype.kind == "f" and data.dtype.kind in "fiub":
        return data.astype(like.dtype)
    raise OperandError(f"{name} was recorded as an array of {like.dtype}, and was given one of {data.dtype}")


def _kind(leaf: Any) -> str:
    if isinstance(leaf, (Tensor, np.ndarray)) and (isinstance(leaf, Tensor) or leaf.dtype.kind in "fiub"):
        return ARRAY
    if isinstance(leaf, (bool, np.bool_)):
        return SETTING
    if isinstance(leaf, (Real, Node)):
        return NUMBER
    return MODEL if is_model(leaf) else SETTING


def _lists_copied(tree: Any) -> Any:
    """The tree in lists, tuples and dicts of its own, so that the caller may change his."""
    return rebuilt(tree, iter([leaf for _, leaf in leaves(tree, "")]))


def _kept(setting: Any) -> Any:
    """A setting to compare with: of what is compared by what it holds a copy, for it may change."""
    try:
        own = type(setting).__eq__ is not object.__eq__  # type: ignore[comparison-overlap]
        return deepcopy(setting) if own else setting
    except Exception:  # whatever cannot be copied is kept itself
        return setting


def _argument_names(f: Callable[..., Any], count: int) -> list[str]:
    """The names in the signature of f; x1, x2, … where it has none."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if len(names) < count:
        names += [f"x{i + 1}" for i in range(len(names), count)]
    return names[:count]


def shape_error(name: str, held: str) -> ShapeError:
    """What a gradient of more than one number is refused with."""
    return ShapeError(
        f"a gradient is that of one number, and {name} gave {held}: record a weighted sum of it, or use jacobian"
    )
