"""Drawn: where programs around an op come from: its domain, its parameters, and what the user has said of them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from autograd.checking.extra import hypothesis
from autograd.checking.operators.around import array_program, elementwise_program
from autograd.checking.operators.domain import Points, Shapes, filled, points_of, shapes_of
from autograd.checking.operators.target import Target, operand_count, without_derivative
from autograd.checking.programs.expression import Expression
from autograd.errors import ArgumentError, OperandError, ShapeError

EXAMPLES = 8  # operands, or parameters, that are drawn from a user's strategy


class Drawn:
    """Where programs come from: the domain of the op, its parameters, and what the user has said of them."""

    def __init__(self, st: Any, own: Target, inputs: Any, parameters: Any, seed: int) -> None:
        self.st, self.target = st, own
        self.inputs, self.seed = inputs, seed
        self.domains: dict[int, Points] = {}
        self.cases: list[tuple[dict[str, Any], Any, Any]] = []
        if own.is_elementwise:
            if parameters is not None:
                raise OperandError(f"{own.op.name} works entry by entry and takes no parameters; array ops do")
            self._elementwise()
        else:
            self._whole(parameters)

    def program(self, draw: Any) -> Expression:
        """One random program."""
        if self.target.is_elementwise:
            return elementwise_program(draw, self.st, self.target, self.domains)
        return array_program(draw, self.st, self.target, self.cases)

    def _elementwise(self) -> None:
        op = self.target.op
        several = self._examples(self.inputs) if self.inputs is not None else [None]
        counts = [op.arity] if op.arity != -1 else [2, 1, 3]
        for given in several:
            for count in [len(given)] if given is not None else counts:
                _demand_operands(self.target, given, op.arity)
                found = points_of(self.target, self.target.form(count, {}), count, given)
                self.domains[count] = Points([*self.domains.get(count, Points([])).points, *found.points])
        count, domain = next(iter(self.domains.items()))
        self.target = replace(self.target, constants=without_derivative(op, domain.points[0], {}))

    def _whole(self, parameters: Any) -> None:
        given = self._examples(self.inputs) if self.inputs is not None else [None]
        for own in self._parameters(parameters):
            for operands in given:
                self.cases.append((own, self._domain(own, operands), operands))
        own, domain, operands = self.cases[0]
        arrays = _arrays(operands, domain)
        self.target = replace(self.target, constants=without_derivative(self.target.op, arrays, own))

    def _domain(self, parameters: Mapping[str, Any], operands: Any) -> Shapes:
        if operands is None:
            return shapes_of(self.target, operand_count(self.target.op, parameters), parameters, None)
        _demand_operands(self.target, operands, -1)
        shapes = [x if isinstance(x, tuple) else np.shape(x) for x in operands]
        if all(isinstance(x, tuple) for x in operands):
            return shapes_of(self.target, len(operands), parameters, shapes)
        return Shapes([tuple(shapes)], tuple(float(x) for x in filled((10,), (0.5, -1.0, 2.0, 0.25, 1.5))))

    def _parameters(self, parameters: Any) -> list[dict[str, Any]]:
        if parameters is None:
            return [{}]
        if isinstance(parameters, self.st.SearchStrategy):
            return list(self._drawn_from(parameters))
        if not isinstance(parameters, Mapping):
            raise ArgumentError(f"parameters is a dict by name, or a strategy for dicts; got {str(parameters)[:60]!r}")
        return [dict(parameters)]

    def _examples(self, inputs: Any) -> list[Any]:
        if isinstance(inputs, self.st.SearchStrategy):
            return [list(own) for own in self._drawn_from(inputs)]
        if not isinstance(inputs, (list, tuple)):
            raise ArgumentError(
                "inputs is a list with one entry for each operand, an array, a number or a shape as a tuple, or a "
                f"Hypothesis strategy for such lists; got {str(inputs)[:60]!r}"
            )
        return [list(inputs)]

    def _drawn_from(self, strategy: Any) -> list[Any]:
        """A few examples, the simplest first, the same every time."""
        package, found = hypothesis("check_op"), []
        settings = package.settings(
            max_examples=EXAMPLES, database=None, deadline=None, phases=[package.Phase.generate]
        )

        def take(example: Any) -> bool:
            found.append(example)
            return False

        with suppress(package.errors.NoSuchExample):
            package.find(strategy, take, settings=settings, random=random.Random(self.seed))
        return found

    def notes(self) -> tuple[str, ...]:
        """What was tried, and what was held constant."""
        found = []
        if self.target.constants:
            places = ", ".join(str(place + 1) for place in sorted(self.target.constants))
            found.append(f"Held constant: operand {places}, of which its rule gives no derivative.")
        if not self.target.is_elementwise and self.inputs is None:
            shapes = [" with ".join(map(str, own)) for own in self.cases[0][1].shapes[:4]]
            found.append(f"Shapes were guessed: {'; '.join(shapes)}. Give others by inputs=[…].")
        return tuple(found)


def _arrays(operands: Any, domain: Shapes) -> list[Any]:
    shapes = domain.shapes[0]
    given = [None] * len(shapes) if operands is None else operands
    return [
        filled(shape, domain.entries) if x is None or isinstance(x, tuple) else np.asarray(x, dtype=float)
        for x, shape in zip(given, shapes, strict=True)
    ]


def _demand_operands(target: Target, given: Sequence[Any] | None, arity: int) -> None:
    if given is None:
        return
    if arity not in (-1, len(given)):
        raise ShapeError(f"{target.op.name} takes {arity} operands, and inputs has {len(given)} entries")
    for x in given:
        if isinstance(x, tuple) and not all(isinstance(n, (int, np.integer)) and n >= 0 for n in x):
            raise ArgumentError(f"a tuple among inputs is a shape, of whole numbers; got {x!r}. Give arrays as arrays")
        if np.asarray(x).dtype.kind not in "biuf":
            raise ArgumentError(
                "inputs has a number, an array or a shape for each operand, or is itself a strategy for lists of them, "
                f"such as st.lists(…); got an entry {str(x)[:60]!r}"
            )
