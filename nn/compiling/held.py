"""What a model and a loss hold besides the numbers in parameters: a step that was recorded has it as it was then."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import zip_longest
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np

from autograd.graph import Node
from autograd.program.listing import alike
from nn.losses import Loss
from nn.module import Module

_PLAIN = (bool, int, float, str, type(None), type, np.number, FunctionType, BuiltinFunctionType)


class Held:
    """The attributes of objects and of modules and losses in them, and what lists, tuples and dicts there hold.

    Numbers, names and arrays are compared by value; parameters and whatever else is an object of its own are the same
    ones or others. Modules of one type are compared by what they hold.
    """

    def __init__(self, **objects: Any) -> None:
        self._objects = objects
        self._entries: list[tuple[str, Any]] = []
        self._holders: list[Any] = []  # every dict, list and tuple that was gone through
        self._arrays: list[tuple[Any, Any]] = []  # each with its bytes: they may change in place
        self._seen: set[int] = set()
        for name, x in self._objects.items():
            self._enter(name, x)
            if not isinstance(x, (Module, Loss)):
                self._go_through(name, getattr(x, "__dict__", {}))
        self._holds_the_same = _comparison(self._holders)

    def has_changed(self) -> bool:
        """Whether something is another one since, asked before every step."""
        try:
            same = self._holds_the_same()
        except LookupError:  # one attribute less, and another one more
            same = False
        if same and self._arrays:
            same = all(array.tobytes() == kept for array, kept in self._arrays)
        return not same and bool(self.difference())

    def difference(self) -> str:
        """The name of the first thing that is another one since, such as model.1.slope; empty where there is none."""
        now = Held(**self._objects)
        for then, x in zip_longest(self._entries, now._entries):
            if not alike(then, x):
                name: str = (then or x)[0]
                return name.replace("._modules", "")  # where a Sequential holds its own
        vars(self).update(vars(now))  # what is the same though it is another object is known from now on
        return ""

    def _enter(self, name: str, x: Any) -> None:
        """Enters something, and what it holds."""
        kind: Any = type(x)
        if isinstance(x, np.ndarray):
            self._arrays.append((x, x.tobytes()))
            self._entries.append((name, (x.shape, x.dtype, self._arrays[-1][1])))
        elif isinstance(x, _PLAIN):
            self._entries.append((name, x))
        elif isinstance(x, Node):
            self._entries.append((name, id(x) if x.op is None else "a result"))
        elif isinstance(x, (list, tuple, dict)):
            self._entries.append((name, (kind, len(x))))
            self._go_through(name, x)
        elif isinstance(x, (Module, Loss)):
            self._entries.append((name, (kind, getattr(x, "training", None))))
            self._go_through(name, vars(x))
        else:
            self._entries.append((name, id(x)))

    def _go_through(self, name: str, holder: Any) -> None:
        if id(holder) in self._seen:
            return
        self._seen.add(id(holder))
        self._holders.append(holder)
        for key, x in [*(holder.items() if isinstance(holder, dict) else enumerate(holder))]:
            if key != "training" or not isinstance(x, bool):  # of a module it is entered with its type
                self._enter(f"{name}.{key}", x)


def _comparison(holders: Iterable[Any]) -> Callable[[], bool]:
    """Whether each still holds the objects that it holds now: one expression, for it is asked at every step."""
    known: dict[str, Any] = {}
    tests = ["True"]
    for place, holder in enumerate(holders):
        known[f"holder{place}"] = holder
        tests.append(f"len(holder{place}) == {len(holder)}")
        for key, x in holder.items() if isinstance(holder, dict) else enumerate(holder):
            number = len(known)
            known |= {f"key{number}": key, f"x{number}": x}
            at = repr(key) if key.__class__ in (str, int) else f"key{number}"
            tests.append(f"holder{place}[{at}] is x{number}")
    compared: Callable[[], bool] = eval(f"lambda: {' and '.join(tests)}", known)
    return compared
