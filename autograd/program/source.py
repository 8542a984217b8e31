"""Source: the whole page of a program, with all that it needs above it, and the functions it turns into."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from typing import Any

from autograd import ops
from autograd.op import Op
from autograd.program.listing import Listing
from autograd.program.page import Page
from autograd.program.spelling import definitions, source_of


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
    return "\n\n\n".join([_head(title, functions, bodies), *bodies]) + "\n"


def _head(title: str, functions: dict[str, Op], bodies: list[str]) -> str:
    """The docstring, the imports, and the definition of every function that the lines call."""
    own = definitions([name for name, op in functions.items() if ops.TABLE.get(name) is op])
    given = [f"# {name}: {_origin(op)}" for name, op in functions.items() if ops.TABLE.get(name) is not op]
    text = "\n".join([*own.values(), *bodies])
    imports = ["import math"] * ("math." in text) + ["from functools import reduce"] * ("reduce(" in text)
    return "\n\n\n".join(filter(None, [f'"""{title}"""', "\n".join(imports), *own.values(), "\n".join(given)]))


def _origin(op: Op) -> str:
    text = source_of(op.function)
    return f"an op of your own, {' '.join(text.split())}" if text else "an op of your own"


def compiled(listing: Listing, title: str) -> dict[str, Callable[..., Any]]:
    """The functions of the page, ready to be called."""
    namespace: dict[str, Any] = {"math": math, "reduce": reduce}
    namespace |= {line.op.name: line.op.function for line in listing.instructions if not is_row(line.op)}
    exec(compile(source(listing, title), f"<program {title}>", "exec"), namespace)
    return namespace


def is_row(op: Op) -> bool:
    """Whether this op is one of the table's own."""
    return ops.TABLE.get(op.name) is op
