"""Instructions: the lines of a listing, kept in columns, so that a large program is few objects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import repeat
from typing import Any, NamedTuple, overload

from autograd.op import Op


class Instruction(NamedTuple):
    """One line: an op, the places of its operands, and the parameters of an array op.

    In the gradient part `origin` is the place of the instruction that a derivative came through to write this line.
    """

    op: Op
    operands: tuple[int, ...]
    parameters: dict[str, Any] | None = None
    origin: int | None = None


class Instructions(Sequence[Instruction]):
    """A sequence of instructions that are made when they are looked at.

    Kept are the ops, the operands and the origins of all, a list each, and the parameters of those that have any. A
    loop over a large program reads these columns themselves.
    """

    __slots__ = ("operands", "ops", "origins", "parameters")

    def __init__(self) -> None:
        self.ops: list[Op] = []
        self.operands: list[tuple[int, ...]] = []
        self.origins: list[int | None] = []
        self.parameters: dict[int, dict[str, Any]] = {}  # by the number of the instruction

    def add(
        self, op: Op, operands: tuple[int, ...], parameters: dict[str, Any] | None = None, origin: int | None = None
    ) -> None:
        """Appends an instruction."""
        if parameters is not None:
            self.parameters[len(self.ops)] = parameters
        self.ops.append(op)
        self.operands.append(operands)
        self.origins.append(origin)

    def until(self, stop: int) -> Instructions:
        """A copy of the first so many."""
        new = Instructions()
        new.ops, new.operands, new.origins = self.ops[:stop], self.operands[:stop], self.origins[:stop]
        new.parameters = {i: parameters for i, parameters in self.parameters.items() if i < stop}
        return new

    def __len__(self) -> int:
        return len(self.ops)

    @overload
    def __getitem__(self, i: int) -> Instruction: ...
    @overload
    def __getitem__(self, i: slice) -> list[Instruction]: ...
    def __getitem__(self, i: int | slice) -> Instruction | list[Instruction]:
        if isinstance(i, slice):
            return [self[k] for k in range(*i.indices(len(self.ops)))]
        op = self.ops[i]
        parameters = self.parameters.get(i if i >= 0 else i + len(self.ops)) if self.parameters else None
        return _made((op, self.operands[i], parameters, self.origins[i]))

    def __iter__(self) -> Iterator[Instruction]:
        parameters = map(self.parameters.get, range(len(self.ops))) if self.parameters else repeat(None)
        return map(_made, zip(self.ops, self.operands, parameters, self.origins, strict=False))

    def __repr__(self) -> str:
        return repr(list(self))


_made: Any = partial(tuple.__new__, Instruction)
