"""The page of a program of Tensors: its NumPy calls as source that a student can read, and as the one that is run.

The first is one operation a line. The second writes every result into an array that is there already.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.program.tensors.buffers import Buffers
from autograd.program.tensors.chains import Chain, chains
from autograd.program.tensors.fusions import Fused
from autograd.program.tensors.shortcuts import Shortened
from autograd.program.tensors.sketches import DECISION, UFUNC, VIEW, At, Call, cast, item, looked_up
from autograd.program.tensors.spelling import text_of

EMPTY: Mapping[int, NDArray[Any]] = {}


_DEFAULTS = (("keepdims", False),)  # what need not be said
_BY_NAME = (np.maximum, np.minimum)  # of which NumPy wants to be told by name where to write


class RunningPage:
    """The function that runs a listing's calls in buffers of its own, as text and compiled.

    `homes` are arrays of the caller's into which the numbers at some places are written; `bound` are those that inputs
    always are, which the function does not take then. It takes the other inputs and gives the outputs and the
    gradients, each an array of the page's own that the next call changes; False where a decision is another one, or a
    number is not finite that must be.
    """

    def __init__(
        self,
        fused: Fused | Shortened,
        names: Sequence[str],
        homes: Mapping[int, NDArray[Any]] = EMPTY,
        bound: Mapping[int, NDArray[Any]] = EMPTY,
    ) -> None:
        self._sheet, self._names = fused.sheet, dict(enumerate(names))
        kept = [*fused.outputs, *fused.gradients]
        self.buffers = Buffers(fused.sheet, fused.calls, kept, homes, bound)
        self._space: dict[str, Any] = {"np": np, "isfinite": math.isfinite}
        free = [name for i, name in enumerate(names) if i not in bound]
        self._parts: dict[int, str] = {}  # what places are called within a block
        held = self.buffers.arrays
        lines = [text for chain in chains(fused.calls, fused.sheet, held) for text in self._chain_lines(chain)]
        for place, home in homes.items():
            if place not in self.buffers.at_home:
                lines.append(f"np.copyto({self._keep(home)}, {self._name(place)})")
        self.outputs, gradients = (self._tuple(places) for places in (fused.outputs, fused.gradients))
        self.output_names = [self._name(place) for place in fused.outputs]
        self._arguments, self._made = ", ".join(free), lines
        self.text = self._function_text([*lines, f"return {self.outputs}, {gradients}"])
        self.run = self._compiled(self.text)

    def followed_by(self, before: Sequence[str], after: Sequence[str], known: Mapping[str, Any]) -> Callable[..., Any]:
        """The function with more lines before and after, which may read `known`; what it returns is up to them."""
        self._space |= known
        return self._compiled(self._function_text([*before, *self._made, *after]))

    def _function_text(self, lines: Sequence[str]) -> str:
        return "\n    ".join([f"def run({self._arguments}):", *lines]) + "\n"

    def _compiled(self, text: str) -> Callable[..., Any]:
        exec(compile(text, "<program>", "exec"), self._space)
        made: Callable[..., Any] = self._space["run"]
        return made

    def _tuple(self, places: list[int]) -> str:
        return f"({''.join(f'{self._name(place)}, ' for place in places)})"

    # ── lines ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _chain_lines(self, chain: Chain) -> list[str]:
        cut, blocks = chain.blocks()
        parts = {place: f"b{place}" for place in cut}
        self._parts = {p: part if p in self.buffers.arrays else f"{self._name(p)}[{part}]" for p, part in parts.items()}
        lines = [text for call in chain.calls for text in self._lines(call)]
        self._parts = {}
        if not blocks:
            return lines
        return [f"for {', '.join(parts.values())} in {self._keep(blocks)}:", *(f"    {line}" for line in lines)]

    def _lines(self, call: Call) -> list[str]:
        if call.kind == DECISION:
            (x,) = call.arguments
            name = self._name(x.place)
            condition = f"not isfinite({name})" if call.held is None else f"not {name}" if call.held else name
            return [f"if {condition}: return False"]
        out = self.buffers.arrays.get(call.place)
        if call.kind == VIEW:
            return [] if out is not None else [f"{self._name(call.place)} = {self._call(call)}"]
        if out is None:
            return [f"{self._name(call.place)} = {self._call(call)}"]
        name = self._name(call.place)
        if call.function is cast:
            return [f"np.copyto({name}, {self._argument(call.arguments[0])}, 'unsafe')"]
        if call.function is looked_up:
            table, columns = map(self._argument, call.arguments)
            return [f"{table}.take({columns}, 1, {name}, 'clip')"]
        if call.function is np.reshape:
            source = self._sheet.arrays[call.arguments[0].place]
            return [f"np.copyto({self._keep(out.reshape(source.shape))}, {self._argument(call.arguments[0])})"]
        if call.function is np.where:
            condition, a, b = map(self._argument, call.arguments)
            truth = self._keep(np.empty(self._shape(call.arguments[0]), bool))
            return [
                f"np.not_equal({condition}, 0, out={truth})",
                f"np.copyto({name}, {b})",
                f"np.copyto({name}, {a}, where={truth})",
            ]
        return [self._call(call, name)]

    def _call(self, call: Call, out: str | None = None) -> str:
        arguments = call.arguments
        if call.kind == UFUNC:
            arguments = tuple(self._as_array(x, call) for x in arguments)
        if call.function is np.transpose and arguments[1:] in ((), (None,)):
            return f"{self._argument(arguments[0])}.T"
        if call.function is item:
            return f"{self._argument(arguments[0])}[{self._argument(arguments[1])}]"
        texts = [self._argument(x) for x in arguments]
        if call.function is np.negative and not out:
            return f"-{texts[0]}"
        if call.function is np.subtract and not out:
            return f"{texts[0]} - {texts[1]}"
        if call.function is np.vdot and not out and (pair := self._ends_to_ends(arguments)):
            return f"{pair[0]}.dot({pair[1]})"
        if call.function is np.dot and not call.options and self._is_array(arguments[0]):
            return f"{texts[0]}.dot({', '.join([*texts[1:], *filter(None, [out])])})"
        texts += [f"{name}={self._argument(x)}" for name, x in call.options.items() if (name, x) not in _DEFAULTS]
        bare = isinstance(call.function, np.ufunc) and not call.options and call.function not in _BY_NAME
        texts += [out if bare else f"out={out}"] if out else []
        return f"{self._function(call.function)}({', '.join(texts)})"

    def _is_array(self, x: Any) -> bool:
        return isinstance(x, At) and self._sheet.arrays[x.place].ndim > 0

    def _ends_to_ends(self, pair: tuple[Any, ...]) -> list[str] | None:
        """Two arrays that lie in memory without gaps as long rows, which need not be made at every call."""
        found = [self.buffers.arrays.get(x.place) if isinstance(x, At) else None for x in pair]
        if not all(a is not None and a.size and a.flags.c_contiguous for a in found):
            return None
        return [self._keep(a.reshape(-1)) for a in found if a is not None]

    def _function(self, function: Any) -> str:
        name = text_of(function)
        return name or self._keep(function)

    def _as_array(self, x: Any, call: Call) -> Any:
        """A number among arrays as an array of their dtype, which NumPy would make of it at every call."""
        if x.__class__ is not float:
            return x
        dtypes = {self._sheet.arrays[a.place].dtype for a in call.arguments if isinstance(a, At)}
        if len(dtypes) != 1 or next(iter(dtypes)).kind != "f":
            return x
        return np.array(x, dtypes.pop())

    def _argument(self, x: Any) -> str:
        if isinstance(x, At):
            return self._name(x.place)
        if isinstance(x, tuple):
            return f"({''.join(f'{self._argument(part)}, ' for part in x)})"
        if isinstance(x, list):
            return f"[{', '.join(map(self._argument, x))}]"
        if x is None or isinstance(x, (bool, int, str)) or x is Ellipsis:
            return repr(x) if x is not Ellipsis else "..."
        return self._keep(x)

    def _shape(self, x: Any) -> tuple[int, ...]:
        return self._sheet.arrays[x.place].shape if isinstance(x, At) else ()

    # ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _name(self, place: int) -> str:
        if place in self._parts:
            return self._parts[place]
        name = self._names.setdefault(place, f"a{place}")
        if place in self.buffers.arrays:
            self._space[name] = self.buffers.arrays[place]
        return name

    def _keep(self, x: Any) -> str:
        """The name of something that the function reads and no line makes."""
        name = f"k{len(self._space)}"
        self._space[name] = x
        return name
