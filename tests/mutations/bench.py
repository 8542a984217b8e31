"""The bench: every row in every way that it can be broken, and what the checker says of each mutant."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from array_oracles import Draw

from autograd import Tensor, Value, check, gradients
from autograd.array_ops import ARRAY_TABLE
from autograd.checking.verdicts import PASS, VERDICTS
from autograd.errors import AutogradError
from autograd.ops import TABLE
from mutations import calls, conditions, damages, engines
from mutations.calls import Call
from mutations.damages import as_array_op, broken, leaning, rebuilt

FURTHER = 6  # points at which a mutant is compared with the right row, beside those of the checker


class Way(NamedTuple):
    """One way to break a row: what it becomes, the small program it stands in and the engine that runs it.

    `breaks` takes the op, the place of its first input among its operands, and a number that is met there.
    """

    name: str
    breaks: Callable[..., Any]
    program: Callable[[Call], Callable[..., Any]] = calls.alone
    engine: Callable[[], AbstractContextManager[None]] = nullcontext


@dataclass(frozen=True)
class Mutant:
    """A row that is broken in one way, inside a program, with the inputs that the checker is given in turn."""

    row: str
    ground: str  # numbers, arrays or float32
    way: Way
    op: Any
    call: Call
    cases: tuple[tuple[Any, ...], ...]

    @property
    def name(self):
        return f"{self.row} on {self.ground}: {self.way.name}"

    def function(self):
        """The program with the broken row in it, which is one and the same for all cases, as in a test."""
        program = self.way.program(self.call)
        op = self.way.breaks(self.op, self.call.place, float(np.ravel(self.cases[0][0])[0]))
        return lambda *xs: program(op, *xs)

    def reports(self):
        """What the checker says, case by case."""
        f = self.function()
        for xs in self.cases:
            with self.way.engine():
                report = check(f, *xs)
            yield report

    def right(self):
        """The same with the row and the engine as they are."""
        return replace(self, way=self.way._replace(breaks=whole_again, engine=nullcontext))

    def gradients(self):
        """What the engine gives, case by case and at points further on."""
        f, count = self.function(), len(self.cases[0])
        further = [xs[:count] for xs in self.call.points(FURTHER, self.row, self.ground, "further")]
        kind = Value if self.ground == "numbers" else Tensor
        for xs in (*self.cases, *further):
            inputs = [kind(x) for x in xs]
            with self.way.engine():
                y = f(*inputs)
                total = y if kind is Value else (y * Draw("weights").array(y.shape)).sum()
                found = gradients(total, inputs)
            yield [np.asarray(g) for g in found]

    def shows(self):
        """Whether anything is broken at all: whether the engine gives other gradients somewhere, or refuses to."""
        with np.errstate(all="ignore"):
            try:
                pairs = list(zip(self.gradients(), self.right().gradients(), strict=True))
            except AutogradError:
                return True
        return not all(np.array_equal(a, b) for own, right in pairs for a, b in zip(own, right, strict=True))


class Outcome(NamedTuple):
    """The worst verdict on a mutant, pass where nothing was noticed, and the causes that were suspected."""

    mutant: Mutant
    verdict: str
    causes: frozenset[str]

    @property
    def caught(self):
        return self.verdict != PASS


def outcome(mutant):
    """Up to the first case in which the checker objects, as in a test that fails there."""
    for report in mutant.reports():
        if not report.passed:
            worst = max(report.verdicts.values(), key=VERDICTS.index)
            return Outcome(mutant, worst, frozenset(row.cause for row in report.rows if row.verdict != PASS))
    return Outcome(mutant, PASS, frozenset())


# ── the ways ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def damaging(table):
    return [Way(name, lambda op, place, point, own=own: broken(op, own)) for name, own in table.items()]


def conditional(name, condition, program=calls.alone):
    return Way(name, lambda op, place, point: rebuilt(op, condition()), program)


def whole_again(op, place=0, point=0.0):
    """The row taken apart and put together again."""
    return rebuilt(op, lambda derivatives, y, operands: derivatives(y, *operands))


SLY = [
    Way("wrong at one point", lambda op, place, point: rebuilt(op, conditions.at_one_point(place, point))),
    Way("wrong only on reuse", lambda op, place, point: rebuilt(op, conditions.on_reuse(place)), calls.used_twice),
    Way("dropped accumulation", whole_again, calls.used_twice, engines.dropping_accumulation),
]
OF_A_RULE = [
    *damaging(damages.DAMAGES),
    conditional("result for operand", conditions.result_for_operand),
    conditional("stale, from another call", conditions.stale),
    conditional("stale, from another use", conditions.stale, calls.at_two_points),
    *SLY,
]
MADE_UP = [*damaging(damages.INVENTIONS), Way("slope without a rule", lambda op, place, point: leaning(op)), *SLY]
TWO_PLACES = conditional("wrong only in both places", conditions.in_both_places, calls.one_input_everywhere)
BROADCAST = Way("broadcast not summed", whole_again, calls.stretched, engines.not_summing_broadcast)
FLOAT32 = conditional("wrong only in float32", conditions.in_float32)

LINEAR = ("reshape", "transpose", "broadcast_to", "astype", "concatenate", "getitem", "scatter", "sum", "cumsum")
NOT_BROKEN = {  # what changes nothing in these rows, and is no mutant of theirs
    "operands swapped": (("add",), "both derivatives are 1"),
    "result for operand": (
        ("add", "relu", "clip", "transpose", "broadcast_to", "astype", "scatter", "cumsum"),
        "the derivative asks for neither, or is the same of both",
    ),
    "stale, from another call": (("add", *LINEAR), "the derivative is the same everywhere"),
    "stale, from another use": (("add", *LINEAR), "the derivative is the same everywhere"),
}

# ── the rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def mutants() -> Iterator[Mutant]:
    """Every row of both tables in every way."""
    return (mutant for mutant in (*of_scalar_rows(), *of_array_rows()) if not is_left_out(mutant))


def left_out() -> Iterator[Mutant]:
    """What would be a mutant of another row, and of its own changes nothing."""
    return (mutant for mutant in (*of_scalar_rows(), *of_array_rows()) if is_left_out(mutant))


def is_left_out(mutant):
    return mutant.row in NOT_BROKEN.get(mutant.way.name, ((),))[0]


def of_scalar_rows():
    for op in TABLE.values():
        several = [*damaging(damages.OF_SEVERAL), TWO_PLACES] if op.derivable and calls.inputs_of(op) > 1 else []
        own = [*OF_A_RULE, *several] if op.derivable else MADE_UP
        for way in own:
            yield mutant(op, "numbers", way, calls.on_numbers(op))
        for way in [*own, BROADCAST]:
            yield mutant(op, "arrays", way, calls.on_arrays(op))
        yield mutant(op, "float32", FLOAT32, calls.on_arrays(op))
        for way in damaging(damages.OF_ENTRIES) if op.derivable else []:
            yield mutant(as_array_op(op), "arrays", way, calls.on_square_arrays(op))


def of_array_rows():
    for op in ARRAY_TABLE.values():
        call = calls.ARRAY_CALLS[op.name]
        several = [*damaging(damages.OF_SEVERAL_SHARES)] if len(call.shapes) > 1 else []
        alike = [TWO_PLACES] if len(call.shapes) == 2 and op.name != "nll" else []  # nll: scores and probabilities
        own = [*OF_A_RULE, *damaging(damages.OF_ENTRIES)] if op.derivable else MADE_UP
        for way in [*own, *several, *alike, BROADCAST]:
            yield mutant(op, "arrays", way, call)
        yield mutant(op, "float32", FLOAT32, call)


def mutant(op, ground, way, call):
    count = 1 if way.program is calls.one_input_everywhere else len(call.shapes)
    cases = [xs[:count] for xs in call.points(calls.POINTS, op.name, ground)]
    if ground == "float32":
        cases = [[x.astype(np.float32) for x in xs] for xs in cases]
    return Mutant(op.name, ground, way, op, call, tuple(map(tuple, cases)))
