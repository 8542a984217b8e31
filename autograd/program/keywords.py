"""Keywords: arguments given by name, to record and to programs, put in one order by position."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, OperandError
from autograd.lifting import name_of
from autograd.program.arguments import Arguments


def by_position(
    f: Callable[..., Any], example: Sequence[Any], named: Mapping[str, Any]
) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """A function that is f with all arguments by position, and the example in that order: named ones as f names them.

    ArgumentError where f cannot be called so.
    """
    parameters = _demand_fitting(f, example, named)
    if not named:
        return f, tuple(example)
    order = [name for name in parameters if name in named]
    order += [name for name in named if name not in order]
    count = len(example)

    @wraps(f)
    def called(*xs: Any) -> Any:
        return f(*xs[:count], **dict(zip(order, xs[count:], strict=True)))

    names = [name for name, p in parameters.items() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    names = [*names[:count], *(f"x{i + 1}" for i in range(len(names), count)), *order]
    called.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in names]
    )
    return called, (*example, *(named[name] for name in order))


def _demand_fitting(
    f: Callable[..., Any], example: Sequence[Any], named: Mapping[str, Any]
) -> Mapping[str, inspect.Parameter]:
    """The parameters of f; none where it does not tell them."""
    name = name_of(f)
    try:
        signature = inspect.signature(f)
    except (TypeError, ValueError):
        return {}
    try:
        signature.bind(*example, **named)
    except TypeError as error:
        raise ArgumentError(
            f"{name}{signature} is recorded at an example of its arguments, and cannot be called with these: {error}"
        ) from None
    return signature.parameters


def demand_real(arguments: Arguments) -> None:
    """OperandError for complex numbers among the leaves of the example: they would be settings."""
    for path, leaf in zip(arguments.paths, arguments.leaves, strict=True):
        if isinstance(leaf, complex) or (isinstance(leaf, np.ndarray) and leaf.dtype.kind == "c"):
            raise OperandError(f"{path} is complex, and programs work on real numbers: record one for each part")


def in_order(names: Sequence[str], xs: Sequence[Any], named: Mapping[str, Any]) -> tuple[Any, ...]:
    """All arguments of a call by position; ArgumentError where names are unknown, missing, or given twice."""
    unknown = [name for name in named if name not in names]
    if unknown:
        raise ArgumentError(
            f"this program takes {', '.join(names) or 'no arguments'}, and no {unknown[0]}: what the example did not "
            f"name is part of the program. Record it with {unknown[0]}=…"
        )
    twice = [name for name in names[: len(xs)] if name in named]
    if twice:
        raise ArgumentError(f"this program was given {twice[0]} twice, by position and by name")
    missing = [name for name in names[len(xs) :] if name not in named]
    if missing:
        raise ArgumentError(f"this program takes {', '.join(names)}: {missing[0]} is missing")
    return (*xs, *(named[name] for name in names[len(xs) :]))
