"""Fusions: fewer NumPy calls with the same results, to the last bit but the sign of a zero."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd.program.tensors.calls import Calls
from autograd.program.tensors.sketches import DECISION, UFUNC, VIEW, At, Call, cast

_REDUCTIONS = {np.max: np.maximum.reduce, np.min: np.minimum.reduce}
_SUM = np.add.reduce
NOTHING = Call("", None, (), {}, -1, -1)  # in place of a call that is not to be made


class Fused:
    """The calls of a listing without those that others make unnecessary, and where its results lie now."""

    def __init__(self, calls: Calls) -> None:
        self.sheet, self.calls = calls.sheet, list[Call]()
        self._same: dict[int, int] = {}  # a place whose numbers lie at another one
        self._negated: dict[int, Any] = {}  # the negative of what
        self._truths: dict[int, Call] = {}  # a comparison, by the place of its truths or of what they were cast to
        for call in calls.sheet.calls:
            self._take(
                call._replace(arguments=moved(call.arguments, self._same), options=moved(call.options, self._same))
            )
        self.outputs = [self._same.get(place, place) for place in calls.outputs]
        self.gradients = [self._same.get(place, place) for place in calls.gradients]
        self.calls = needed_calls(self.calls, {*self.outputs, *self.gradients})

    def _take(self, call: Call) -> None:
        arrays = self.sheet.arrays
        if call.function is np.multiply and self._is_factor(call):
            return
        call = self._with_signs_outside(call)
        if call is NOTHING:
            return
        if call.function is np.matmul and all(arrays[a.place].ndim == 2 for a in call.arguments):
            call = call._replace(function=np.dot)
        elif call.function in _REDUCTIONS:
            call = call._replace(kind=UFUNC, function=_REDUCTIONS[call.function])
        elif call.function is cast and call.arguments[0].place in self._truths:  # written as numbers at once
            call = self._truths[call.arguments[0].place]._replace(place=call.place, line=call.line)
        axis = call.options.get("axis")
        if isinstance(axis, tuple) and len(axis) == 1:
            call = call._replace(options={**call.options, "axis": axis[0]})
        if call.kind == UFUNC and (call.place in self._truths or _compares(call.function)):
            self._truths[call.place] = call
        self.calls.append(call)

    # ── signs: a negative is made where its sign cannot be part of what follows ──────────────────────────────────────

    def _with_signs_outside(self, call: Call) -> Call:
        """A call on the positives of negated operands in its place; a negative result is made from it, if needed."""
        function, arguments = call.function, call.arguments
        if function is np.multiply and -1.0 in arguments:
            function, arguments = np.negative, tuple(x for x in arguments if isinstance(x, At))
        if function is np.negative:
            (x,) = arguments
            if x.place in self._negated:  # − −x
                self._same[call.place] = self._negated[x.place].place
                return NOTHING
            self._negated[call.place] = x
            return call._replace(function=np.negative, arguments=arguments)
        signs = [isinstance(x, At) and x.place in self._negated for x in arguments]
        if not any(signs) or call.options.keys() - {"axis", "keepdims"}:
            return call
        bare = [self._negated[x.place] if minus else x for x, minus in zip(arguments, signs, strict=True)]
        if function in (np.add, np.subtract):
            a, b = bare
            minus = signs[0], signs[1] is (function is np.add)  # as a sum of two with signs
            if minus[0] is not minus[1]:
                return call._replace(function=np.subtract, arguments=(b, a) if minus[0] else (a, b))
            made, negative = call._replace(function=np.add, arguments=(a, b)), minus[0]
        elif function in (np.multiply, np.divide, np.matmul, np.dot, _SUM) or call.kind == VIEW:
            made, negative = call._replace(arguments=tuple(bare)), signs.count(True) == 1
        else:
            return call
        if not negative:
            return made
        positive = self.sheet.sketch(self.sheet.arrays[call.place]).place
        self._take(made._replace(place=positive))
        self._negated[call.place] = At(positive)
        return call._replace(kind=UFUNC, function=np.negative, arguments=(At(positive),), options={})

    # ── products with 1 ──────────────────────────────────────────────────────────────────────────────────────────────

    def _is_factor(self, call: Call) -> bool:
        """Whether this product is one operand as it is: then it is not made."""
        for x, other in (call.arguments, call.arguments[::-1]):
            if self._is_one(other) and self._is_alike(x, call.place):
                self._same[call.place] = x.place
                return True
        return False

    def _is_one(self, x: Any) -> bool:
        if isinstance(x, At):
            constant = self.sheet.constants.get(x.place)
            return constant is not None and bool((constant == 1.0).all())
        return x.__class__ is float and x == 1.0

    def _is_alike(self, x: Any, place: int) -> bool:
        """Whether this is an array of the shape and dtype of that at a place."""
        if not isinstance(x, At):
            return False
        one, two = self.sheet.arrays[x.place], self.sheet.arrays[place]
        return one.shape == two.shape and one.dtype == two.dtype


def moved(x: Any, places: Mapping[int, int]) -> Any:
    """Arguments of a call, with other places for some."""
    if isinstance(x, At):
        return At(places.get(x.place, x.place))
    if isinstance(x, (tuple, list)):
        return type(x)([moved(item, places) for item in x])
    return {name: moved(item, places) for name, item in x.items()} if isinstance(x, dict) else x


def needed_calls(calls: Sequence[Call], needed: set[int]) -> list[Call]:
    """The calls that decisions and the numbers at these places depend on."""
    needed, kept = set(needed), list[Call]()
    for call in reversed(calls):
        if call.kind == DECISION or call.place in needed:
            kept.append(call)
            needed.update(places_in((call.arguments, call.options)))
    return kept[::-1]


def places_in(x: Any) -> list[int]:
    """The places that stand in the arguments of a call."""
    if isinstance(x, At):
        return [x.place]
    if isinstance(x, dict):
        x = list(x.values())
    return [place for item in x for place in places_in(item)] if isinstance(x, (tuple, list)) else []


def _compares(function: Any) -> bool:
    return function in (np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal)
