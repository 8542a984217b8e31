"""Expression: a small program as plain data, with the inputs that it is run on. It is called, and printed as source."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from autograd.checking.programs.spelling import script, spelled_function


@dataclass(frozen=True, eq=False)
class Form:
    """What a step may do: how that is written, with {} for each operand, beside the function that does it.

    `by_entry` does the same to arrays of Values, where `function` does not. `imports` are lines of source that come
    first; `infix` says that a larger expression puts parentheses around this one; `axes` are how many every operand has
    at least.
    """

    written: str
    function: Callable[..., Any]
    by_entry: Callable[..., Any] | None = None
    imports: tuple[str, ...] = ()
    infix: bool = False
    axes: int = 0


class Step(NamedTuple):
    """A form and its operands: an int is a place (the inputs come first, then the steps), all else a constant."""

    form: Form
    operands: tuple[Any, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Expression:
    """A function and inputs for it, `check(e.function, *e.inputs)`; the last step is the result.

    Inputs are numbers, or arrays. Calling it runs the steps on whatever has their operators: nodes, arrays, numbers.
    """

    inputs: tuple[Any, ...]
    steps: tuple[Step, ...]

    def __call__(self, *xs: Any) -> Any:
        return self._run(xs, lambda form, operands: form.function(*operands))

    def by_entry(self, *xs: Any) -> Any:
        """The same on arrays of Values, entry by entry: arrays of objects go in and come out."""

        def apply(form: Form, operands: Sequence[Any]) -> Any:
            y = (form.by_entry or form.function)(*operands)
            return y if isinstance(y, np.ndarray) else boxed(y)

        return self._run(xs, apply)

    def _run(self, xs: Sequence[Any], apply: Callable[[Form, Sequence[Any]], Any]) -> Any:
        places = list(xs)
        for form, operands in self.steps:
            places.append(apply(form, [places[x] if isinstance(x, int) else x for x in operands]))
        return places[-1]

    @property
    def names(self) -> tuple[str, ...]:
        """What the inputs are called."""
        count = len(self.inputs)
        return tuple("xyz"[:count]) if count <= 3 else tuple(f"x{i + 1}" for i in range(count))

    @property
    def function(self) -> Callable[..., Any]:
        """The program as a function of its inputs, by their names."""

        def f(*xs: Any) -> Any:
            return self(*xs)

        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        f.__signature__ = inspect.Signature([inspect.Parameter(n, kind) for n in self.names])  # type: ignore[attr-defined]
        return f

    @property
    def size(self) -> int:
        """How many steps there are."""
        return len(self.steps)

    def pruned(self) -> Expression:
        """The same without inputs and steps that do not reach the result."""
        count = len(self.inputs)
        used = {count + self.size - 1}
        for place in range(count + self.size - 1, count - 1, -1):
            if place in used:
                used.update(x for x in self.steps[place - count].operands if isinstance(x, int))
        kept = {place: number for number, place in enumerate(sorted(used))}
        steps = [
            Step(form, tuple(kept[x] if isinstance(x, int) else x for x in operands))
            for place, (form, operands) in enumerate(self.steps, start=count)
            if place in used
        ]
        return Expression(tuple(x for place, x in enumerate(self.inputs) if place in used), tuple(steps))

    def source(self, ending: str = "print(check({f}, {xs}))", imports: Sequence[str] = ()) -> str:
        """A script: the inputs, the function, and an ending that takes them, {f} and {xs}."""
        needed = [line for form, _ in self.steps for line in form.imports]
        return script([*needed, *imports], spelled_function(self), ending)

    def __str__(self) -> str:
        return self.source(imports=("from autograd import check",))

    __repr__ = __str__

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What Hypothesis prints of a falsifying example."""
        printer.text("\n" + str(self))


def boxed(x: Any) -> Any:
    """One object as an array of it."""
    box = np.empty((), dtype=object)
    box[()] = x
    return box
