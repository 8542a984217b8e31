"""Trees: lists, tuples and dicts, in one another as deep as you like, with numbers or arrays as their leaves."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any

from autograd.errors import ShapeError


def leaves(tree: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Every leaf from left to right, with its name: `params['w'][0]` where the tree is called `params`."""
    if isinstance(tree, dict):
        for key, part in tree.items():
            yield from leaves(part, f"{name}[{key!r}]")
    elif isinstance(tree, (list, tuple)):
        for place, part in enumerate(tree):
            yield from leaves(part, f"{name}[{place}]")
    else:
        yield name, tree


def rebuilt(tree: Any, parts: Iterator[Any]) -> Any:
    """A tree of the same form, its leaves taken from `parts` from left to right."""
    if isinstance(tree, dict):
        form = copy(tree)  # keeps an OrderedDict or defaultdict what it is
        for key, part in tree.items():
            form[key] = rebuilt(part, parts)
        return form
    if not isinstance(tree, (list, tuple)):
        return next(parts)
    filled = [rebuilt(part, parts) for part in tree]
    return tree._make(filled) if hasattr(tree, "_make") else type(tree)(filled)  # a namedtuple takes its fields apart


def beside(tree: Any, other: Any, name: str) -> Iterator[tuple[str, Any]]:
    """What `other` has in the place of every leaf of `tree`, with its name in it; ShapeError where the forms differ."""
    if isinstance(tree, dict):
        if not isinstance(other, dict) or other.keys() != tree.keys():
            raise ShapeError(f"{name} must be a dict with the keys {list(tree)}, got {_form(other)}")
        for key, part in tree.items():
            yield from beside(part, other[key], f"{name}[{key!r}]")
    elif isinstance(tree, (list, tuple)):
        if not isinstance(other, (list, tuple)) or len(other) != len(tree):
            raise ShapeError(f"{name} must be a {type(tree).__name__} of {len(tree)}, got {_form(other)}")
        for place, (part, own) in enumerate(zip(tree, other, strict=True)):
            yield from beside(part, own, f"{name}[{place}]")
    else:
        yield name, other


def _form(tree: Any) -> str:
    if isinstance(tree, dict):
        return f"a dict with the keys {list(tree)}"
    if isinstance(tree, (list, tuple)):
        return f"a {type(tree).__name__} of {len(tree)}"
    if getattr(tree, "ndim", 0):
        return f"an array of shape {tree.shape}"
    return f"{type(tree).__name__}: {str(tree)[:60]}"
