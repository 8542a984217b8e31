"""Exponentials: what sums of them a listing holds, read backwards from a result.

Such a sum is known by the exponents of its terms, 1 being e⁰. Its logarithm, its reciprocal and shares in it need no
more than these, and overflow nowhere (Blanchard, Higham and Higham, 2021, "Accurately computing the log-sum-exp and
softmax functions").
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from autograd import array_ops, ops
from autograd.op import Op
from autograd.program.lines import Line
from autograd.program.listing import Instruction, Listing


class Reading:
    """A listing read backwards: what made a number, and of what exponentials it is the sum.

    Numbers are lines, and floats where they are constant. What is computed under no_grad, `apart`, is not looked into:
    no derivative goes through it, and one would go through what is made of its parts.
    """

    def __init__(self, listing: Listing, apart: Container[int]) -> None:
        self.listing, self.apart = listing, apart
        self.reciprocals: dict[int, Any] = {}  # of which sum there is a reciprocal at a place
        self._exponents: dict[int, tuple[Any, ...]] = {}
        self._logarithms: dict[int, Any] = {}

    def at(self, place: int) -> Any:
        """The number at a place: a float, or a line to compute with."""
        if place < 0 and self.listing.value_at(place).__class__ is float:
            return self.listing.value_at(place)
        return Line(self.listing, place, *(self.listing.shape_at(place) or ()))

    def made(self, x: Any, op: Op) -> tuple[Any, ...]:
        """The operands of the instruction that made x, if it is one of this op; else none."""
        line = self._instruction(x)
        return tuple(map(self.at, line.operands)) if line is not None and line.op is op else ()

    def parameters(self, x: Any) -> dict[str, Any]:
        """The parameters of the array op that made x."""
        line = self._instruction(x)
        return (line.parameters if line is not None else None) or {}

    def _instruction(self, x: Any) -> Instruction | None:
        if x.__class__ is float or x.place < len(self.listing.inputs) or x.place in self.apart:
            return None
        return self.listing.instructions[x.place - len(self.listing.inputs)]

    def exponent(self, x: Any) -> Any:
        """a where x is eᵃ, 0 where it is 1; else None."""
        return 0.0 if is_number(x, 1.0) else next(iter(self.made(x, ops.exp)), None)

    def exponents(self, s: Any) -> tuple[Any, ...]:
        """a, b, … where s is eᵃ + eᵇ + …; none where it is anything else, or a constant."""
        if s.__class__ is float:
            return ()
        if s.place not in self._exponents:
            found = self._terms(s)
            known = any(isinstance(a, Line) for a in found)
            self._exponents[s.place] = tuple(found) if known else ()
        return self._exponents[s.place]

    def _terms(self, s: Any) -> list[Any]:
        found, stack = [], [s]
        while stack:
            x = stack.pop()
            if is_number(x, 0.0):  # where Python's sum begins
                continue
            exponent = self.exponent(x)
            if exponent is None and x.__class__ is Line:
                exponent = self._logarithms.get(x.place)  # a sum within a sum, which has one already
            if exponent is None and (parts := self.made(x, ops.add)):
                stack += parts[::-1]
                continue
            if exponent is None:
                exponent = self._logarithm_along_axes(x)
            if exponent is None:
                return []
            found.append(exponent)
        return found

    def _logarithm_along_axes(self, s: Any) -> Any:
        for x in self.made(s, array_ops.sum):
            for a in self.made(x, ops.exp):
                return array_ops.logsumexp(a, **self.parameters(s))
        return None

    def logarithm(self, s: Any) -> Any:
        """ln(eᵃ + eᵇ + …) of such a sum, written once; else None."""
        terms = self.exponents(s)
        if terms and s.place not in self._logarithms:
            if len(terms) == 2:
                a, b = terms if isinstance(terms[0], Line) else terms[::-1]
                self._logarithms[s.place] = ops.logaddexp(a, b)
            else:
                self._logarithms[s.place] = ops.logsumexp(*terms) if len(terms) > 1 else terms[0]
        return self._logarithms[s.place] if terms else None

    def is_one_and_another(self, s: Any) -> bool:
        """Whether s is 1 + eᵃ."""
        terms = self.exponents(s)
        return len(terms) == 2 and any(is_number(a, 0.0) for a in terms)

    def share(self, a: Any, s: Any) -> Any:
        """eᵃ / s of such a sum: the logistic function of a difference where it has two terms and eᵃ is one; or None."""
        terms = self.exponents(s)
        if a is None or not terms or self.made(s, ops.exp):
            return None
        if len(terms) == 2:
            for own, other in (terms, terms[::-1]):
                if _is_same(own, a):
                    return ops.logistic(self.difference(a, other))
        return ops.exp(self.difference(a, self.logarithm(s)))

    def difference(self, a: Any, b: Any) -> Any:
        """a − b, without a difference from 0."""
        if _is_same(b, 0.0):
            return a
        return self.negative(b) if _is_same(a, 0.0) else a - b

    def negative(self, a: Any) -> Any:
        """−a; of −b it is b."""
        found = next((b for b, sign in both_ways(self.made(a, ops.mul)) if is_number(sign, -1.0)), None)
        return -a if found is None else found


def is_number(x: Any, number: float) -> bool:
    """Whether this is that constant."""
    return x.__class__ is float and x == number


def _is_same(a: Any, b: Any) -> bool:
    if isinstance(a, Line) and isinstance(b, Line):
        return a.place == b.place
    return a.__class__ is b.__class__ is float and a == b


def both_ways(both: tuple[Any, ...]) -> tuple[tuple[Any, ...], ...]:
    """Two operands in either order; none of none."""
    return (both, both[::-1]) if both else ()
