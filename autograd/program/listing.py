"""A listing: a recorded computation as plain data, one single-assignment instruction after another.

Every number in it has a place. Inputs come first, 0, 1, …; each instruction that follows takes the next place;
constants lie at −1, −2, …. A listing prints, compares and pickles, and knows nothing of how it was made or will be run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from autograd.op import Op
from autograd.program.instructions import Instruction as Instruction, Instructions

Shapes = dict[int, tuple[tuple[int, ...], Any]]  # shape and dtype at places that hold arrays


class Guard(NamedTuple):
    """A decision that the listing depends on: the number at `place` is true (not 0), or is not."""

    place: int
    held: bool
    line: str = ""  # file and line of the user's code that decided


@dataclass(eq=False)
class Listing:
    """Inputs, constants and instructions, what is handed out at the end, and the derivatives among it.

    The instructions before `forward` compute the outputs, those behind it the gradients. `adjoints` says at which
    place the derivative of the output by the number at a place is found, children before parents. `gradients` holds
    one place for each input, None toward inputs that nothing is differentiated by. No derivative goes through the
    instructions at the places `apart`, recorded under no_grad. `shapes` holds shape and dtype where there are arrays. A
    simplified listing knows the one `recorded`, which computes as the engine does where numbers are not finite.
    """

    inputs: list[str]
    constants: list[Any] = field(default_factory=list)
    instructions: Instructions = field(default_factory=Instructions)
    guards: list[Guard] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    forward: int = 0
    apart: set[int] = field(default_factory=set)
    adjoints: dict[int, int] = field(default_factory=dict)
    gradients: list[int | None] = field(default_factory=list)
    shapes: Shapes = field(default_factory=dict)
    recorded: Listing | None = None

    def __eq__(self, other: object) -> bool:
        """Whether both compute the same in the same way, to the last bit, wherever branches were decided."""
        return alike(_compared(self), _compared(other)) if isinstance(other, Listing) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def constant(self, x: Any) -> int:
        """The place of a new constant."""
        self.constants.append(x)
        return -len(self.constants)

    def add(
        self, op: Op, operands: tuple[int, ...], parameters: dict[str, Any] | None = None, origin: int | None = None
    ) -> int:
        """Appends an instruction and gives its place."""
        self.instructions.add(op, operands, parameters, origin)
        return len(self.inputs) + len(self.instructions) - 1

    def value_at(self, place: int) -> Any:
        """The constant at a negative place."""
        return self.constants[~place]

    def shape_at(self, place: int) -> Any:
        """Shape and dtype of the array at a place; None of a number."""
        if place >= 0:
            return self.shapes.get(place)
        x = self.constants[~place]
        return (x.shape, x.dtype) if isinstance(x, np.ndarray) else None

    def is_number(self, place: int, x: float) -> bool:
        """Whether this is the place of the constant x, the sign of zero included."""
        if place >= 0:
            return False
        value = self.constants[~place]
        return value.__class__ is float and value == x and math.copysign(1.0, value) == math.copysign(1.0, x)

    @property
    def places(self) -> range:
        """The places of the instructions, in order."""
        return range(len(self.inputs), len(self.inputs) + len(self.instructions))

    @property
    def last(self) -> int:
        """One more than the last place."""
        return len(self.inputs) + len(self.instructions)

    @property
    def names(self) -> dict[int, str]:
        """What every place is called, no two alike.

        Inputs by their own names, h1, h2, … forward, g of what a derivative belongs to, c1, … for conditions that
        only decide, t1, t2, … for the rest.
        """
        first, deciding = len(self.inputs), self.conditions
        names = dict(enumerate(self.inputs))
        taken = set(self.inputs)

        def call(place: int, name: str) -> None:
            while name in taken:
                name += "_"
            taken.add(name)
            names[place] = name

        forward = [place for place in range(first, first + self.forward) if place not in deciding]
        for number, place in enumerate(forward, start=1):
            call(place, f"h{number}")
        for number, place in enumerate(sorted(deciding), start=1):
            call(place, f"c{number}")
        for place, adjoint in self.adjoints.items():
            if adjoint not in names and adjoint >= 0:
                call(adjoint, adjoint_name(names[place]))
        rest = [place for place in self.places if place not in names]
        for number, place in enumerate(rest, start=1):
            call(place, f"t{number}")
        return names

    @property
    def conditions(self) -> set[int]:
        """The places of forward instructions that a guard asks for and nothing else."""
        used = {operand for operands in self.instructions.operands for operand in operands}
        first = len(self.inputs)
        return {guard.place for guard in self.guards if guard.place >= first} - used - set(self.outputs)

    def __str__(self) -> str:
        names = self.names
        names |= {~i: f"{x:g}" if isinstance(x, float) else str(x) for i, x in enumerate(self.constants)}
        width = max((len(names[place]) for place in self.places), default=0)
        return "\n".join(
            f"{names[place]:<{width}} = {op.written(*(names[operand] for operand in operands))}"
            for place, (op, operands, *_) in zip(self.places, self.instructions, strict=True)
        )


def _compared(listing: Listing) -> list[Any]:
    guards = [guard._replace(line="") for guard in listing.guards]
    return [guards if name == "guards" else item for name, item in vars(listing).items() if name != "recorded"]


def adjoint_name(name: str) -> str:
    """g5 for h5, and gw for an input w; g_layer_weight for a longer name."""
    if name[0] == "h" and name[1:].isdecimal():
        return f"g{name[1:]}"
    return f"g{name}" if len(name) == 1 else f"g_{name}"


Apply = Callable[[Op, Sequence[Any], Any], Any]


def run(
    listing: Listing, inputs: Sequence[Any], apply: Apply, until: int | None = None, apart: Apply | None = None
) -> list[Any]:
    """What every place holds when `apply(op, operands, parameters)` computes the instructions, up to place `until`.

    This is the interpreter: on floats, arrays, nodes of any kind, as `apply` will have it; `apart` computes those that
    no derivative goes through. Constants lie at the end, so that a negative place finds its own.
    """
    first = len(listing.inputs)
    stop = listing.last if until is None else until
    numbers = [*inputs, *[None] * (stop - first), *reversed(listing.constants)]
    for place, (op, operands, parameters, _) in zip(range(first, stop), listing.instructions, strict=False):
        do = apart if apart is not None and place in listing.apart else apply
        numbers[place] = do(op, [numbers[operand] for operand in operands], parameters)
    return numbers


def alike(one: Any, two: Any) -> bool:
    """Whether two pieces of plain data are the same, numbers to the last bit, in lists, tuples and dicts too."""
    if isinstance(one, dict):
        return isinstance(two, dict) and one.keys() == two.keys() and all(alike(one[key], two[key]) for key in one)
    if isinstance(one, (tuple, list, Instructions)):
        return type(one) is type(two) and len(one) == len(two) and all(map(alike, one, two))
    if isinstance(one, (float, np.ndarray)) and isinstance(two, (float, np.ndarray)):
        return same(one, two)
    try:
        return one is two or bool(one == two)
    except (TypeError, ValueError):  # data that have no one answer to ==, such as tables
        return False


def same(a: Any, b: Any) -> bool:
    """Whether two constants are the same to the last bit, nan and the sign of zero included."""
    if isinstance(a, float) and isinstance(b, float):
        return (a == b and math.copysign(1.0, a) == math.copysign(1.0, b)) or (a != a and b != b)
    a, b = np.asarray(a), np.asarray(b)
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()
