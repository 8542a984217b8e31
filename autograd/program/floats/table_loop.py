"""The table loop: a large listing run on floats, shape by shape, for Python takes long to compile so many lines.

Expressions of one shape that follow each other are rows of a table, and one compiled loop goes over them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import chain, groupby
from operator import itemgetter
from typing import Any

from autograd.backward import paused_collector
from autograd.op import Op
from autograd.program.floats.shapes import Functions, Shape
from autograd.program.floats.trees import Tree, grown, slots
from autograd.program.listing import Listing, run

OFTEN = 1_000  # a constant is written into the loops where more than one use in so many instructions is its
FREQUENT = 8  # expressions of one shape that are worth a loop
MOST = 500  # lines of a function of expressions that are not
Run = tuple[Callable[[list[Any], Any], None], list[tuple[int, ...]]]  # a loop, and the rows of its table


class TableLoop:
    """What the page of a listing would give, `value` and `value_and_gradient`, of the inputs in order.

    The first call goes over the instructions one by one: making the tables takes as long as a few such calls, and many
    a large program is called only once.
    """

    def __init__(self, listing: Listing, title: str) -> None:
        self._listing, self._title, self._was_called = listing, title, False

    def value(self, *inputs: float) -> Any:
        """The output, or a tuple of them; None where a branch was recorded that goes the other way."""
        return self._found(inputs, gradient=False)

    def value_and_gradient(self, *inputs: float) -> Any:
        """The output and a tuple of derivatives; None where a branch was recorded that goes the other way."""
        return self._found(inputs, gradient=True)

    def prepare(self) -> None:
        """Makes the tables now, that the second call would make."""
        self._was_called = True
        self._tables  # noqa: B018 (made when it is looked at)

    def _found(self, inputs: Sequence[float], gradient: bool) -> Any:
        if self._was_called:
            return self._tables.run(inputs, gradient)
        self._was_called = True
        return _one_by_one(self._listing, inputs, gradient)

    @cached_property
    def _tables(self) -> Tables:
        with paused_collector():  # it would go over the whole listing again and again
            return Tables(self._listing, self._title)


def _one_by_one(listing: Listing, inputs: Sequence[float], gradient: bool) -> Any:
    def apply(op: Op, operands: Sequence[float], _: Any) -> float:
        return op.function(*operands)

    numbers = run(listing, inputs, apply, None if gradient else len(inputs) + listing.forward)
    if any((numbers[guard.place] != 0.0) != guard.held for guard in listing.guards):
        return None
    slopes = [place for place in listing.gradients if place is not None]
    return _handed_out(numbers, listing.outputs, slopes if gradient else None)


def _handed_out(numbers: Sequence[float], outputs: Sequence[int], slopes: Sequence[int] | None) -> Any:
    """The numbers at some places: the output or a tuple of them, with slopes a tuple of those beside it."""
    found = tuple([numbers[place] for place in outputs])
    y = found[0] if len(found) == 1 else found
    return y if slopes is None else (y, tuple([numbers[place] for place in slopes]))


class Tables:
    """A listing as loops and tables: where each number lies when it is needed, for loops of one shape each."""

    def __init__(self, listing: Listing, title: str) -> None:
        forward, backward = grown(listing, len(listing.instructions) / OFTEN)
        self._slopes = [place for place in listing.gradients if place is not None]
        ends = [*listing.outputs, *self._slopes]
        trees = [*forward, *backward]
        read = {place for _, _, leaves in trees for place in leaves}
        constants = sorted({place for place in (*read, *ends) if place < 0})
        begun = {place: slot for slot, place in enumerate(chain(range(len(listing.inputs)), constants))}
        where = slots(trees, begun, {*ends, *(guard.place for guard in listing.guards)})
        self._constants = [listing.value_at(place) for place in constants]
        self._room = [None] * (max(where.values(), default=-1) + 1 - len(begun))
        self._outputs, self._slopes = ([where[place] for place in some] for some in (listing.outputs, self._slopes))
        self._guards = [(where[guard.place], guard.held) for guard in listing.guards if guard.place >= 0]
        self._forward, self._backward = _runs(forward, where, title), _runs(backward, where, title)

    def run(self, inputs: Sequence[float], gradient: bool) -> Any:
        """The output, or a tuple of them, and a tuple of derivatives; None where a guard does not hold."""
        numbers = [*inputs, *self._constants, *self._room]
        for loop, rows in self._forward:
            loop(numbers, rows)
        if any((numbers[slot] != 0.0) != held for slot, held in self._guards):
            return None
        for loop, rows in self._backward if gradient else ():
            loop(numbers, rows)
        return _handed_out(numbers, self._outputs, self._slopes if gradient else None)


def _runs(trees: Sequence[Tree], where: dict[int, int], title: str) -> list[Run]:
    """The trees in order: those of a frequent shape in a loop over the rows of a table, others written out."""
    counts = Counter(map(itemgetter(1), trees))
    functions, slot = Functions(), where.__getitem__
    loops = {shape: f"loop{i}" for i, (shape, count) in enumerate(counts.items()) if count >= FREQUENT}
    texts = [_loop(name, shape, functions) for shape, name in loops.items()]
    named: list[tuple[str, list[tuple[int, ...]]]] = []
    for name, group in groupby(trees, key=lambda tree: loops.get(tree[1])):
        if name is not None:
            named.append((name, [(slot(place), *map(slot, leaves)) for place, _, leaves in group]))
            continue
        lines = [f"x[{slot(place)}] = {shape.written([f'x[{slot(leaf)}]' for leaf in leaves], functions)}"
                 for place, shape, leaves in group]  # fmt: skip
        for start in range(0, len(lines), MOST):
            named.append((f"part{len(named)}", []))
            texts.append(_function(named[-1][0], lines[start : start + MOST]))
    found = functions.compiled("\n".join(texts), title)
    return [(found[name], rows) for name, rows in named]


def _loop(name: str, shape: Shape, functions: Functions) -> str:
    """A loop over the rows of a table: where to put the result, and where the operands lie."""
    row = [f"a{k}" for k in range(shape.takes())]
    text = shape.written([f"x[{a}]" for a in row], functions)
    return _function(name, [f"for {', '.join(['y', *row])}, in rows: x[y] = {text}"])


def _function(name: str, lines: Sequence[str]) -> str:
    return "\n    ".join([f"def {name}(x, rows):", *lines])
