"""Target: the op under test, how a script calls it, and which of its operands a derivative is taken toward."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd.checking.operators.naming import named
from autograd.checking.programs.expression import Form
from autograd.checking.programs.forms import of_op
from autograd.errors import OperandError
from autograd.op import Op


@dataclass(frozen=True)
class Target:
    """The op under test. `constants` are the operands of which its rule gives no derivative."""

    op: Op
    name: str
    imports: tuple[str, ...]
    constants: frozenset[int] = frozenset()
    forms: dict[str, Form] = field(default_factory=dict, compare=False)

    def form(self, count: int, parameters: Mapping[str, Any]) -> Form:
        """A call of the op on so many operands; always the same one for the same call."""
        given = [*["{}"] * count, *(f"{key}={spelled(value)}" for key, value in parameters.items())]
        written = f"{self.name}({', '.join(given)})"
        if written not in self.forms:
            needs_numpy = ("import numpy as np",) if "np." in written else ()
            self.forms[written] = of_op(self.op, written, (*needs_numpy, *self.imports), **parameters)
        return self.forms[written]

    @property
    def is_elementwise(self) -> bool:
        return not self.op.whole


def target(op: Any) -> Target:
    """The op with its name in a script; OperandError for what is none."""
    if not isinstance(op, Op):
        raise OperandError(
            "check_op takes an op, as autograd.elementwise and autograd.array_op make one; for a function use "
            f"autograd.check(f, *inputs). Got {str(op)[:60]!r}"
        )
    name, imports = named(op)
    return Target(op, name, imports)


def operand_count(op: Op, parameters: Collection[str]) -> int:
    """How many operands an op takes beside its parameters; 2 where any number will do."""
    if not op.whole:
        return 2 if op.arity == -1 else op.arity
    pull_back = getattr(op, "pull_back", None)
    for f, beside in ((pull_back, 2), (op.function, 0)):
        kinds = positional(f, parameters) if f is not None else None
        if kinds is not None:
            return 2 if kinds == -1 else kinds - beside
    return 1


def positional(f: Any, apart: Collection[str]) -> int | None:
    """How many arguments a function must be given by position; −1 for any number, None where it does not say."""
    try:
        own = [p for name, p in inspect.signature(f).parameters.items() if name not in apart]
    except (TypeError, ValueError):
        return None
    if any(p.kind is p.VAR_POSITIONAL for p in own):
        return -1
    return sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty for p in own)


def without_derivative(op: Op, operands: Sequence[Any], parameters: Mapping[str, Any]) -> frozenset[int]:
    """The operands that a rule gives None for; none of an op without a rule, or where the rule does not run."""
    if not op.derivable:
        return frozenset()
    try:
        with np.errstate(all="ignore"):
            if op.whole:
                y = op.function(*(np.array(a) for a in operands), **parameters)
                entries = op.pull_back(np.ones(np.shape(y)), y, *operands, **parameters)  # type: ignore[attr-defined]
            else:
                entries = op.value_and_derivatives(*(float(x) for x in operands))[1]
        return frozenset(place for place, entry in enumerate(entries) if entry is None)
    except Exception:
        return frozenset()


def spelled(value: Any) -> str:
    """A parameter as source."""
    if isinstance(value, np.ndarray):
        return f"np.array({value.tolist()})"
    if isinstance(value, np.dtype):
        return f"np.dtype({str(value)!r})"
    if isinstance(value, type) and issubclass(value, np.generic):
        return f"np.{value.__name__}"
    if isinstance(value, (tuple, list)):
        inside = ", ".join(map(spelled, value))
        comma = "," if isinstance(value, tuple) and len(value) == 1 else ""
        return f"({inside}{comma})" if isinstance(value, tuple) else f"[{inside}]"
    return repr(value)
