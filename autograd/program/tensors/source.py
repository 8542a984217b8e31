"""The source of a program of Tensors: NumPy that a student can read and that runs on its own, one operation a line.

Forward first, then backward: what a rule writes on the way stands in the line that uses it, and a comment names the op
that the derivative came through.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd.program.listing import Listing
from autograd.program.tensors.calls import Calls
from autograd.program.tensors.fusions import places_in
from autograd.program.tensors.sketches import DECISION, At, Call, cast, item
from autograd.program.tensors.spelling import SIGNS, is_of_the_tables, number_text, row_definitions, text_of

_ATOM, _CALL = 4, 3
_COMMENT_AT = 44
_LETTERS = [*"abcdefghijklmnopqrstuvwxyz", *(f"_{i}" for i in range(1000))]
_LONGEST = 60  # characters of what is put into another line


def tensor_source(listing: Listing, inputs: Sequence[Any], title: str) -> str:
    """Python source with the functions `value` and, where there are derivatives, `value_and_gradient`.

    Both take the inputs in order, of the shapes of these, and give None where a branch goes the other way.
    """
    bodies, rows = [], dict[str, Any]()
    for gradient in (False, True) if any(place is not None for place in listing.gradients) else (False,):
        page = _Page(Calls(listing, inputs, gradient=gradient))
        bodies.append(page.function())
        rows |= page.rows
    return "\n\n\n".join([f'"""{title}"""', "import math\n\nimport numpy as np" if "math." in "".join(bodies) + "".join(
        row_definitions(rows)) else "import numpy as np", *row_definitions(rows), *bodies]) + "\n"  # fmt: skip


class _Page:
    """One function of the page."""

    def __init__(self, calls: Calls) -> None:
        self.calls, self.listing, self.sheet = calls, calls.listing, calls.sheet
        self.rows: dict[str, Any] = {}  # the functions of ops that are no calls of NumPy's
        names = self.listing.names
        self._names = dict(enumerate(self.listing.inputs))
        self._lines: dict[int, str] = {}
        adjoints = set(self.listing.adjoints.values())
        self._shown: set[int] = set()
        turn = len(self.listing.inputs) + self.listing.forward
        for place, result in enumerate(calls.results):
            if result >= 0 and result not in self._names and result not in self.sheet.constants:
                self._names[result] = names[place]
                if place < turn or place in adjoints:
                    self._shown.add(result)
        uses = [p for call in self.sheet.calls for p in places_in((call.arguments, call.options))]
        self._uses = Counter([*uses, *calls.outputs, *calls.gradients])
        self._uses.update(
            place for call in self.sheet.calls if call.kind == DECISION for place in places_in(call.arguments)
        )
        self._texts: dict[int, tuple[str, int]] = {}

    def function(self) -> str:
        """The definition."""
        name = "value_and_gradient" if self.calls.gradient else "value"
        lines = list(self._body())
        outputs = ", ".join(self._text(place)[0] for place in self.calls.outputs)
        outputs = outputs if len(self.calls.outputs) == 1 else f"({outputs})"
        if self.calls.gradient:
            gradients = "".join(f"{self._text(place)[0]}, " for place in self.calls.gradients).rstrip()
            outputs += f", ({gradients if len(self.calls.gradients) == 1 else gradients.rstrip(',')})"
        arguments = ", ".join(self.listing.inputs)
        return "\n    ".join([f"def {name}({arguments}):", *lines, f"return {outputs}"])

    def _body(self) -> Iterator[str]:
        turn, begun = len(self.listing.inputs) + self.listing.forward, False
        for call in self.sheet.calls:
            if call.line >= turn and not begun:
                begun = True
                yield "# backward: g5 is the derivative of the result by h5"
            if call.kind == DECISION:
                yield from self._decision(call)
                continue
            text, tightness = self._expression(call)
            if call.place not in self._shown and self._uses[call.place] == 1 and len(text) <= _LONGEST:
                self._texts[call.place] = text, tightness
                continue
            self._name_within(call)
            yield self._commented(f"{self._name(call.place)} = {text}", call.line)

    def _decision(self, call: Call) -> Iterator[str]:
        text, tightness = self._text(call.arguments[0].place)
        within = text if tightness >= _CALL else f"({text})"
        guarded = call.line < 0 or any(self.calls.results[g.place] == call.arguments[0].place or g.place == call.line
                                       for g in self.listing.guards)  # fmt: skip
        condition = f"not np.isfinite({text})" if call.held is None else f"not {within}" if call.held else within
        yield f"if {condition}:"
        yield f"    return None  # {'another branch' if guarded else 'not finite'}, which this page does not hold"

    def _commented(self, line: str, place: int) -> str:
        first = len(self.listing.inputs)
        op, _, _, origin = self.listing.instructions[place - first]
        comment = op.name
        if origin is not None:
            if origin < first:
                return line
            through, operands, *_ = self.listing.instructions[origin - first]
            names = self.listing.names
            written = through.written(*(names.get(o) or number_text(self.listing.value_at(o)) for o in operands))
            comment = f"{through.name}: {names[origin]} = {written}"
        return f"{line:<{_COMMENT_AT}}  # {comment}"

    # ── expressions ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _name(self, place: int) -> str:
        return self._names[place]

    def _name_within(self, call: Call) -> None:
        """Gives what a line computes on its way a name of that line's: h6a, h6b."""
        if call.place not in self._names:
            name = self.listing.names[call.line]
            taken = set(self._names.values())
            self._names[call.place] = next(f"{name}{x}" for x in _LETTERS if f"{name}{x}" not in taken)

    def _text(self, place: int) -> tuple[str, int]:
        if place in self.sheet.constants:
            return number_text(self.sheet.constants[place]), _CALL
        return self._texts.get(place) or (self._name(place), _ATOM)

    def _part(self, x: Any, tightness: int = 0) -> str:
        if isinstance(x, At):
            text, own = self._text(x.place)
            return text if own >= tightness else f"({text})"
        if isinstance(x, (tuple, list)):
            inside = ", ".join(map(self._part, x))
            return f"[{inside}]" if isinstance(x, list) else f"({inside}{',' if len(x) == 1 else ''})"
        return number_text(x)

    def _expression(self, call: Call) -> tuple[str, int]:
        """A call as an expression, and how tightly it binds."""
        function, arguments = call.function, call.arguments
        if function in SIGNS and len(arguments) == 2 and not call.options:
            sign, tightness = SIGNS[function]
            left, right = self._part(arguments[0], tightness), self._part(arguments[1], tightness + 1)
            if function is np.multiply:
                for x, other in (arguments, arguments[::-1]):
                    if other == -1.0:
                        return f"-{self._part(x, _CALL)}", 2
                    if self._is_one(other) and self._is_alike(x, call.place):
                        return self._text(x.place)
            if function is np.add and isinstance(arguments[1], At) and right.startswith("-"):
                return f"{left} - {right[1:]}", tightness
            return f"{left} {sign} {right}", tightness
        if function is np.negative:
            return f"-{self._part(arguments[0], _CALL)}", 2
        if function is np.transpose and arguments[1:] in ((), (None,)):
            return f"{self._part(arguments[0], _CALL)}.T", _CALL
        if function is item:
            index = arguments[1] if isinstance(arguments[1], tuple) else (arguments[1],)
            return f"{self._part(arguments[0], _CALL)}[{', '.join(map(self._index, index)) or '()'}]", _CALL
        if function is cast:
            return f"{self._part(arguments[0], _CALL)}.astype({number_text(arguments[1])})", _CALL
        texts = [self._part(x) for x in arguments]
        texts += [f"{name}={self._part(x)}" for name, x in call.options.items() if (name, x) != ("keepdims", False)]
        return f"{self._called(call)}({', '.join(texts)})", _CALL

    def _is_one(self, x: Any) -> bool:
        constant = self.sheet.constants.get(x.place) if isinstance(x, At) else None
        return constant is not None and bool((constant == 1.0).all())

    def _is_alike(self, x: Any, place: int) -> bool:
        one, two = self.sheet.arrays[x.place] if isinstance(x, At) else None, self.sheet.arrays[place]
        return one is not None and one.shape == two.shape and one.dtype == two.dtype

    def _index(self, part: Any) -> str:
        if isinstance(part, slice):
            ends = ["" if end is None else str(end) for end in (part.start, part.stop, part.step)]
            return ":".join(ends[: 2 if part.step is None else 3])
        return self._part(part)

    def _called(self, call: Call) -> str:
        text = text_of(call.function)
        if text is None:
            op = self.listing.instructions[call.line - len(self.listing.inputs)].op
            text = call.function.__name__ if is_of_the_tables(call.function) else op.name
            self.rows[text] = op
        return text
