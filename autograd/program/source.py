"""Source: the whole page of a program, with all that it needs above it, and the functions it turns into."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.op import Op
from autograd.program.listing import Listing
from autograd.program.page import Page
from autograd.program.spelling import definitions, is_row, source_of


def source(listing: Listing, title: str) -> str:
    """Python source with the functions `value` and, where there are derivatives, `value_and_gradient`.

    Both take the inputs in order and give None where a branch was recorded that goes the other way.
    """
    return _written(listing, title)[0]


def compiled(listing: Listing, title: str) -> dict[str, Callable[..., Any]]:
    """The functions of the page, ready to be called."""
    text, own = _written(listing, title)
    namespace: dict[str, Any] = {name: op.function for name, op in own.items()}
    exec(compile(text, f"<program {title}>", "exec"), namespace)
    return namespace


def _written(listing: Listing, title: str) -> tuple[str, dict[str, Op]]:
    """The page, and the user's own ops that it calls by these names."""
    arguments = ", ".join(listing.inputs)
    bodies: list[str] = []
    functions: dict[str, Op] = {}
    for gradient in (False, True) if any(place is not None for place in listing.gradients) else (False,):
        page = Page(listing)
        lines = list(page.lines(gradient=gradient))
        name = "value_and_gradient" if gradient else "value"
        returned = f"{page.output()}, {page.gradient()}" if gradient else page.output()
        bodies.append("\n    ".join([f"def {name}({arguments}):", *lines, f"return {returned}"]))
        functions |= page.functions
    own = {name: op for name, op in functions.items() if not is_row(op)}
    head = _head(title, [name for name in functions if name not in own], own, bodies)
    return "\n\n\n".join([head, *bodies]) + "\n", own


def _head(title: str, rows: list[str], own: dict[str, Op], bodies: list[str]) -> str:
    """The docstring, the imports, and the definition of every function that the lines call."""
    defined = definitions(rows)
    text = "\n".join([*defined.values(), *bodies])
    imports = ["import math"] * ("math." in text) + ["from functools import reduce"] * ("reduce(" in text)
    given = "\n".join(f"# {name}: {_origin(op)}" for name, op in own.items())
    return "\n\n\n".join(filter(None, [f'"""{title}"""', "\n".join(imports), *defined.values(), given]))


def _origin(op: Op) -> str:
    text = source_of(op.function)
    return f"an op of your own, {' '.join(text.split())}" if text else "an op of your own"
