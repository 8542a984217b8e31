"""Evaluation: a function evaluated once on variables, from which every derivative of it is then taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from types import TracebackType
from typing import Any

import numpy as np

from autograd.errors import ShapeError
from autograd.graph import Node, ancestry
from autograd.lifting import checked_output, dtype_of_numbers, lifted, name_of, plain, shape_of, whole
from autograd.modes import MODE, Mode, ModeChange
from autograd.stand_ins import tie
from autograd.trees import leaves, rebuilt


class recording(ModeChange):  # noqa: N801 (reads as a statement: with recording())
    """Inside, ops record even under no_grad, and turning a node into a plain number raises: so does math.exp(v)."""

    __slots__ = ()

    def _changed(self, mode: Mode) -> Mode:
        return mode.but(records=True, attached=True)


class Evaluation:
    """f evaluated once on variables, in the place of the arguments that it is differentiated toward.

    `variables` stand for the numbers of those arguments and `outputs` are what f gave, both from left to right. Results
    are plain numbers, unless they can be differentiated again: where a node was given, or where f uses variables from
    outside. Leaving the `with` block ties the variables to the nodes that they stand for.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        arguments: Sequence[Any],
        keywords: dict[str, Any],
        places: Sequence[int],
    ) -> None:
        self.name = name_of(f)
        self._chosen = [arguments[place] for place in places]
        named = [leaf for place in places for leaf in leaves(arguments[place], f"argument {place} of {self.name}")]
        self._given = [leaf for _, leaf in named]
        dtype = dtype_of_numbers(self._given, arguments)
        self.variables = [lifted(leaf, name, dtype) for name, leaf in named]
        parts = iter(self.variables)
        in_place = {place: rebuilt(arguments[place], parts) for place in places}
        with recording():
            self.result = f(*(in_place.get(place, x) for place, x in enumerate(arguments)), **keywords)
        self.outputs = [checked_output(x, name) for name, x in leaves(self.result, f"what {self.name} gave")]
        self._follow(self._given, MODE.get().records and self._uses_other_variables())

    def _follow(self, given: Sequence[Any], otherwise: bool = False) -> None:
        self.as_nodes = otherwise or any(isinstance(x, Node) for x in given)
        self.create_graph = self.as_nodes and MODE.get().records

    def along(self, directions: Sequence[Any]) -> Evaluation:
        """The same with tangents or cotangents given too: a node among them makes nodes of the results."""
        other = copy(self)
        other._follow(directions, self.as_nodes)
        return other

    def __enter__(self) -> Evaluation:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for given, variable in zip(self._given, self.variables, strict=True):
            if isinstance(given, Node) and self.create_graph and kind is None:
                tie(variable, given)

    def _uses_other_variables(self) -> bool:
        own = set(self.variables)
        return any(
            node.op is None and node.requires_grad and node not in own
            for output in self.reached()
            for node in ancestry(output, differentiable=True)
        )

    def reached(self) -> list[Any]:
        """The outputs that a derivative can be taken of."""
        return [x for x in self.outputs if isinstance(x, Node) and x.requires_grad]

    def one_number(self) -> Any:
        """The output, where it is one number; else an error that says which transform takes more."""
        if isinstance(self.result, (list, tuple, dict)):
            held = f"a {type(self.result).__name__} of {len(self.result)}"
        elif np.size(plain(self.result)) == 1:
            return self.result
        else:
            held = f"shape {shape_of(self.result)}"
        raise ShapeError(
            f"a gradient is that of one number, and {self.name} gave {held}: use jacobian for every derivative, "
            "vjp for those of a weighted sum, or sum up what it gives"
        )

    def value(self) -> Any:
        """What f gave."""
        return rebuilt(self.result, iter([_scalar(self._finished(x, x)) for x in self.outputs]))

    def like_outputs(self, tangents: Sequence[Any]) -> Any:
        """What belongs to each output, 0.0 standing for zeros, in the form of what f gave."""
        pairs = zip(tangents, self.outputs, strict=True)
        return rebuilt(self.result, iter([_scalar(self._finished(whole(t, x), x)) for t, x in pairs]))

    def like_arguments(self, parts: Sequence[Any], outer: tuple[int, ...] = ()) -> tuple[Any, ...]:
        """What belongs to each variable, `outer` axes in front of its own, in the form of the arguments."""
        results = []
        for given, variable, part in zip(self._given, self.variables, parts, strict=True):
            result = self._finished(whole(part, variable, outer), variable)
            number = isinstance(result, np.ndarray) and not (result.ndim or isinstance(given, np.ndarray))
            results.append(result.item() if number else result)
        filled = iter(results)
        return tuple(rebuilt(argument, filled) for argument in self._chosen)

    def _finished(self, x: Any, like: Any) -> Any:
        """A value or derivative as it is handed out: a node, or numbers that nobody else holds."""
        if self.create_graph and isinstance(x, Node):
            return x
        numbers = plain(x)
        return like.constant(numbers) if self.as_nodes and isinstance(like, Node) else numbers


def _scalar(x: Any) -> Any:
    """A number in place of an array without axes, as NumPy's functions give it."""
    return x[()] if isinstance(x, np.ndarray) else x
