"""Source: the whole page of a program, with all that it needs above it."""

from __future__ import annotations

from autograd.op import Op
from autograd.program.listing import Listing
from autograd.program.page import Page
from autograd.program.spelling import definitions, is_row, source_of


def source(listing: Listing, title: str) -> str:
    """Python source with the functions `value` and, where there are derivatives, `value_and_gradient`.

    Both take the inputs in order and give None where a branch was recorded that goes the other way.
    """
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
    return "\n\n\n".join([head, *bodies]) + "\n"


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
