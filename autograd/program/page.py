"""The page: a listing as Python source that a student can read and a machine can run.

Forward first, one op a line; then backward, one derivative a line: what a rule writes on the way is put into the line
that uses it, as the textbook does.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from autograd import ops
from autograd.op import Op
from autograd.program.listing import Listing, adjoint_name
from autograd.program.spelling import is_row, spelling

LONGEST = 8  # instructions in one line of the backward part: what is longer gets a name of its own
COMMENT_AT = 34  # the column where comments begin
_CALL, _ATOM = 3, 4  # how tightly a call and a name bind
_SIGNS = {"greater": ">", "greater_equal": ">=", "less": "<", "less_equal": "<=", "equal": "==", "not_equal": "!="}


class Text(NamedTuple):
    """A piece of a line: its text, how tightly its operator binds, and how many instructions it holds."""

    text: str
    tightness: int = _ATOM
    size: int = 0

    def within(self, tightness: int) -> str:
        """The text as an operand of something that binds so tightly."""
        return self.text if self.tightness >= tightness else f"({self.text})"


class Page:
    """The body of a function: a line for every instruction, those put into another line excepted."""

    def __init__(self, listing: Listing) -> None:
        self.listing, self.names = listing, listing.names
        self.first, self.turn = len(listing.inputs), len(listing.inputs) + listing.forward
        self.functions: dict[str, Op] = {}  # what the body calls and the page must define
        self._guards = {guard.place: guard for guard in listing.guards}
        self._conditions = listing.conditions
        self._uses = Counter(operand for line in listing.instructions for operand in line.operands)
        self._uses.update(place for place in (*listing.outputs, *listing.gradients) if place is not None)
        self._waiting: dict[int, Text] = {}  # what goes into another line
        self._negated: dict[int, Text] = {}  # what stands there is the negative of this
        self._belongs: dict[int, list[int]] = {}  # the places whose derivative lies at a place
        for place, adjoint in listing.adjoints.items():
            self._belongs.setdefault(adjoint, []).append(place)

    def lines(self, *, gradient: bool) -> Iterator[str]:
        """The lines, comments included."""
        yield from (line for place in range(self.first) for line in self._guard(place))
        for place in range(self.first, self.turn):
            if place in self._conditions and self._op(place).name not in _SIGNS:
                self._waiting[place] = self._written(place)
            elif place not in self._conditions:
                yield _commented(f"{self.names[place]} = {self._written(place).text}", self._op(place).name)
            yield from self._guard(place)
        if not gradient:
            return
        yield self._turning()
        before = [adjoint for adjoint in self._belongs if adjoint < self.turn]
        yield from (line for adjoint in before for line in self._aliases(adjoint))
        for place in range(self.turn, self.listing.last):
            text = self._written(place)
            if place not in self._belongs and self._uses[place] == 1 and text.size <= LONGEST:
                self._waiting[place] = text
                continue
            yield _commented(f"{self.names[place]} = {text.text}", self._comment(place))
            yield from self._aliases(place)

    def output(self) -> str:
        """What is returned: one number, or a tuple."""
        texts = [self._operand(place).text for place in self.listing.outputs]
        return texts[0] if len(texts) == 1 else f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"

    def gradient(self) -> str:
        """The tuple of derivatives by the inputs that are differentiated toward."""
        places = [(i, place) for i, place in enumerate(self.listing.gradients) if place is not None]
        texts = [self._operand(place, origin=i).text for i, place in places]
        return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"

    # ── lines ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _op(self, place: int) -> Op:
        return self.listing.instructions[place - self.first].op

    def _turning(self) -> str:
        """The line between the two parts, which says how to read the names of the second."""
        for place in self.listing.adjoints:
            return f"# backward: {self._adjoint_name(place)} is the derivative of the result by {self.names[place]}"
        return "# backward"

    def _guard(self, place: int) -> Iterator[str]:
        guard = self._guards.get(place)
        if guard is not None:
            text = self._condition(place)
            yield _commented(f"if {'not ' if guard.held else ''}{text}:", guard.line and f"decided at {guard.line}")
            yield "    return None  # another branch, which this page does not hold"

    def _condition(self, place: int) -> str:
        if place in self._conditions and self._op(place).name in _SIGNS:
            left, right = (self._operand(p) for p in self.listing.instructions[place - self.first].operands)
            return f"{left.within(_CALL)} {_SIGNS[self._op(place).name]} {right.within(_CALL)}"
        return f"{self._operand(place).within(_CALL)} != 0.0"

    def _aliases(self, adjoint: int) -> Iterator[str]:
        """A derivative that is passed on as it is has every name of those it belongs to."""
        for place in self._belongs.get(adjoint, ()):
            if place < self.first and self.listing.gradients[place] is None:
                continue
            name = self._adjoint_name(place)
            if name != self.names.get(adjoint):
                yield _commented(f"{name} = {self._operand(adjoint).text}", "passed on")

    def _adjoint_name(self, place: int) -> str:
        adjoint = self.listing.adjoints[place]
        own = self._belongs[adjoint][0] == place and adjoint >= self.turn
        return self.names[adjoint] if own else adjoint_name(self.names[place])

    def _comment(self, place: int) -> str:
        origin = self.listing.instructions[place - self.first].origin
        if origin is None or origin < self.first:  # that line is gone: its result was a constant, or was there already
            return ""
        op, operands, *_ = self.listing.instructions[origin - self.first]
        written = op.written(*(self._operand(operand).text for operand in operands))
        return f"{op.name}: {self.names[origin]} = {written}"

    # ── expressions ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _operand(self, place: int, origin: int | None = None) -> Text:
        if place < 0:
            return Text(number(self.listing.value_at(place)))
        if origin is not None and self.listing.adjoints.get(origin) == place:
            return Text(self._adjoint_name(origin))
        return self._waiting.get(place) or Text(self.names[place])

    def _written(self, place: int) -> Text:
        """An instruction as an expression."""
        op, operands, _, origin = self.listing.instructions[place - self.first]
        parts = [self._operand(operand, origin) for operand in operands]
        size = 1 + sum(part.size for part in parts)
        if place >= self.turn and op is ops.mul and self.listing.is_number(operands[1], -1.0):
            self._negated[place] = parts[0]
            return Text(f"-{parts[0].within(_CALL)}", _CALL, size)
        if op is ops.add and operands[1] in self._negated and operands[1] in self._waiting:
            negated = self._negated[operands[1]]
            return Text(f"{parts[0].within(1)} - {negated.within(2)}", 1, size)
        spelled = spelling(op)
        if not is_row(op):
            text = f"{self._name_of(op)}({', '.join(part.text for part in parts)})"
            return Text(text, _CALL, size)
        self.functions.update((name, op) for name in spelled.definitions)
        if spelled.tightness == _CALL:
            return Text(spelled.text.format(", ".join(part.text for part in parts)), _CALL, size)
        left, *right = parts
        texts = [left.within(spelled.tightness), *(part.within(spelled.tightness + 1) for part in right)]
        if spelled.text.index("{0}"):  # as in 1.0 / {0}
            texts[0] = left.within(spelled.tightness + 1)
        return Text(spelled.text.format(*texts), spelled.tightness, size)

    def _name_of(self, op: Op) -> str:
        """What a user's op is called on this page: by its own name, unless that means something else here."""
        name = op.name
        while self.functions.get(name, op) is not op or name in ops.TABLE or name in self.names.values():
            name += "_"
        self.functions[name] = op
        return name


def number(x: Any) -> str:
    """A constant as Python writes it, to the last bit."""
    if x.__class__ is float and not math.isfinite(x):
        return "math.nan" if x != x else "math.inf" if x > 0.0 else "-math.inf"
    return repr(x)


def _commented(line: str, comment: str) -> str:
    return f"{line:<{COMMENT_AT}}  # {comment}" if comment else line
