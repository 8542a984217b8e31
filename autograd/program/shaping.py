"""Shaping: outputs in the form of what the function gave, and derivatives in the form of the arguments."""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np

from autograd.program.arguments import Arguments
from autograd.program.path import Path
from autograd.trees import rebuilt


def filled(result: Any, outputs: Sequence[Any]) -> Any:
    """What a function gave with these outputs in it."""
    return outputs[0] if not isinstance(result, (list, tuple, dict)) else rebuilt(result, iter(outputs))


def like_arguments(arguments: Arguments, chosen: tuple[int, ...], path: Path, found: Sequence[Any]) -> tuple[Any, ...]:
    """The derivatives that a path gave, in the form of the arguments at the places chosen."""
    if arguments.all_numbers:
        return arguments.filled_with(found, chosen)
    return arguments.put_together(parts_of(arguments, path, found), chosen)


def parts_of(arguments: Arguments, path: Path, found: Sequence[Any]) -> list[Any]:
    """These derivatives at the leaves they belong to: of a model a dict."""
    parts: list[Any] = [None] * len(arguments.leaves)
    for i, zeros in path.zeros.items():  # of parameters that the function does not use
        parts[i] = {name: copy(zero) for name, zero in zeros.items()}
    places = [i for i, place in enumerate(path.listing.gradients) if place is not None]
    for i, g in zip(places, found, strict=True):
        if i < len(arguments.live):
            parts[arguments.live[i]] = g
            continue
        owner = path.owners[i - len(arguments.live)]
        assert owner is not None
        parts[owner[0]][owner[1]] = g
    return parts


def together(parts: Sequence[Any]) -> Any:
    """The derivatives of several paths as one: those in lanes have been put in one array, those of all are summed.

    The sum is rounded once, so that it does not depend on which path was recorded first.
    """
    first = parts[0]
    if isinstance(first, list):
        return [together(each) for each in zip(*parts, strict=True)]
    if isinstance(first, dict):
        return {name: together([part[name] for part in parts]) for name in first}
    if first is None or isinstance(first, np.ndarray) or len(parts) == 1:
        return first
    try:
        return math.fsum(parts)
    except (OverflowError, ValueError):  # there are infinities among them
        return sum(parts)
