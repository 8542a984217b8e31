"""Random programs: expressions over every row of the table with a derivative, each made from a number.

`program(number)` is the same everywhere. Its size is drawn from 1 to 200 steps with equal weight for every power of
two, every step counts toward the result, and what came before is used again freely. Two in five programs are made of
analytic rows alone.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from oracles import Expression, RoundOff

from autograd import Value, ancestry, gradients
from autograd.ops import TABLE

LARGEST = 200
NAMES = tuple(name for name, op in TABLE.items() if op.rule is not None)
ANALYTIC = tuple(name for name in NAMES if TABLE[name].analytic)
CONDITIONS = ("greater", "greater_equal", "less", "less_equal")
CHOICES = ("abs", "relu", "maximum", "minimum", "max", "min", "where", "clip", *CONDITIONS)
Step = tuple[str, tuple[int | float, ...]]
EXPONENTS = (2.0, 3.0, -1.0, -2.0, 0.5, 1.5)


@dataclass(frozen=True)
class Program:
    """An expression, the point at which it is differentiated, and how it was made."""

    expression: Expression
    point: tuple[float, ...]
    made: str

    @property
    def size(self) -> int:
        return len(self.expression.steps)

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(name for name, _ in self.expression.steps)

    @property
    def analytic(self) -> bool:
        return all(TABLE[name].analytic for name in self.names)

    @cached_property
    def value_error(self) -> float:
        """How far a value computed on floats may be from the truth."""
        return self._bounds[0]

    @cached_property
    def slope_errors(self) -> Sequence[float]:
        """How far each entry of a gradient computed on floats may be from the truth."""
        return self._bounds[1]

    @cached_property
    def _bounds(self) -> tuple[float, Sequence[float]]:
        analysis = RoundOff(self.point)
        for name, operands in self.expression.steps:
            analysis.take(name, operands)
        return analysis.value_errors[-1], analysis.slope_errors[-1]

    def run(self, xs: Sequence[Any]) -> Any:
        """The program on these inputs, with the ops of the table."""
        return self.expression.evaluate(lambda name, *operands: TABLE[name](*operands), xs)

    def branches(self, xs: Sequence[Any]) -> list[Any]:
        """What decides on the way: which operand each choice took, and every truth."""
        decided: list[Any] = []

        def apply(name: str, *operands: Any) -> Any:
            y = TABLE[name](*operands)
            if TABLE[name].rule is None:
                decided.append(y)
            elif name in ("abs", "relu", "where"):
                decided.append(operands[0] > 0.0)
            elif name in CHOICES:
                decided.extend(y == x for x in operands)
            return y

        self.expression.evaluate(apply, xs)
        return decided

    def at(self, point: Sequence[float]) -> "Program":
        """The same program at another point."""
        return Program(self.expression, tuple(point), f"{self.made} at another point")

    def slopes(self) -> "list[tuple[int, Program]]":
        """Its derivative by each input, a program as well: the graph that reverse mode leaves when it runs on nodes.

        With the place of the input; those that are constant are left out.
        """
        inputs = [Value(x) for x in self.point]
        roots = gradients(self.run(inputs), inputs, create_graph=True)
        return [
            (place, Program(_expression(root, inputs), self.point, f"{self.made}, its derivative by x{place + 1}"))
            for place, root in enumerate(roots)
            if root.requires_grad and root.op is not None
        ]

    def source(self) -> str:
        """A script that computes its gradient."""
        inputs = len(self.point)
        called = [*(f"x{i + 1}" for i in range(inputs)), *(f"h{i + 1}" for i in range(self.size))]
        lines = [f"# {self.made}", "from math import inf, nan", "", "from autograd import Value, ops", ""]
        lines += [f"{name} = Value({x!r})" for name, x in zip(called, self.point, strict=False)]
        for name, (op, operands) in zip(called[inputs:], self.expression.steps, strict=True):
            written = ", ".join(called[x] if isinstance(x, int) else repr(x) for x in operands)
            lines.append(f"{name} = ops.{op}({written})")
        grads = ", ".join(f"{name}.grad" for name in called[:inputs])
        return "\n".join([*lines, f"{called[-1]}.backward()", f"print({grads})"])


def _expression(root: Any, inputs: Sequence[Value]) -> Expression:
    """The graph that ends in this node, as data."""
    places: dict[Any, int | float] = {x: place for place, x in enumerate(inputs)}
    steps: list[Step] = []
    for node in ancestry(root):
        operands = tuple(places[parent] for parent in node.parents)
        if any(isinstance(x, int) for x in operands):
            assert node.op is not None
            steps.append((node.op.name, operands))
            places[node] = len(inputs) + len(steps) - 1
        else:  # what is made of constants is one
            places.setdefault(node, node.data)
    return Expression(len(inputs), tuple(steps))


def program(number: int, largest: int = LARGEST) -> Program:
    """The program of this number, of at most `largest` steps."""
    rng = random.Random(number)
    names = ANALYTIC if rng.random() < 0.4 else NAMES
    size = round(largest ** rng.random())
    point = [rng.choice((-1.0, 1.0)) * 2.0 ** rng.uniform(-5.0, 2.0) for _ in range(rng.randint(1, 4))]
    author = Author(rng, point, names, size)
    while len(author.steps) < size:
        author.write()
    return Program(Expression(len(point), tuple(author.steps)), tuple(point), f"program({number}, {largest})")


class Author:
    """Writes a program step by step: only steps that an oracle can judge, and none that leads nowhere."""

    def __init__(self, rng: random.Random, point: Sequence[float], names: Sequence[str], size: int) -> None:
        self.rng, self.names, self.size = rng, names, size
        self.analysis = RoundOff(point)
        self.steps: list[Step] = []
        self.loose: list[int] = []  # steps that nothing uses yet
        self.conditions: list[int] = []  # those of them that are 0 or 1

    def write(self) -> None:
        """Adds a step at random: after many attempts that no oracle could judge, a sum or a half."""
        left = self.size - len(self.steps)
        joins = len(self.loose) > left  # from here on every step must join two loose ends
        for _ in range(30):
            name, operands = self.joining() if joins else self.anything()
            if len(set(self.loose) - places(operands)) < left and self.accepts(name, operands):
                return
        last: Step = ("add", (self.loose[-2], self.loose[-1])) if joins else ("mul", ((self.loose or [0])[-1], 0.5))
        self.analysis.take(*last)
        self.keep(*last)

    def anything(self) -> Step:
        name = self.rng.choice(self.names)
        if name == "where" or (self.conditions and self.rng.random() < 0.5):
            if self.conditions:
                return "where", (self.conditions[-1], self.place(), self.place())
            if len(self.steps) < self.size - 1:
                return self.rng.choice(CONDITIONS), self.pair()
            return "where", (self.place(), self.place(), self.place())
        if name == "clip":
            low = self.constant()
            return name, (self.place(), low, low + self.rng.randint(8, 128) / 32)
        if name == "pow" and self.rng.random() < 0.5:
            return name, (self.place(), self.rng.choice(EXPONENTS))
        if TABLE[name].arity == -1:
            return name, tuple(self.place() for _ in range(self.rng.randint(1, 5)))
        return name, self.pair() if TABLE[name].arity == 2 else (self.place(),)

    def joining(self) -> Step:
        name = self.rng.choice([n for n in self.names if TABLE[n].arity in (2, -1)])
        return name, tuple(self.rng.sample(self.loose, 2))

    def place(self) -> int:
        """Where an operand is: most often a step that nothing uses yet."""
        if self.loose and self.rng.random() < 0.6:
            return self.rng.choice(self.loose)
        return self.rng.randrange(len(self.analysis.values))

    def constant(self) -> float:
        """A number that every oracle knows exactly."""
        return self.rng.randint(-192, 192) / 64

    def pair(self) -> tuple[int | float, int | float]:
        """Two operands, now and then one of them a constant."""
        kind = self.rng.randrange(8)
        return (self.constant() if kind == 0 else self.place(), self.constant() if kind == 1 else self.place())

    def accepts(self, name: str, operands: tuple[int | float, ...]) -> bool:
        """Takes the step, unless it lies outside a domain, within round-off of a kink, or is too steep or too flat."""
        before = len(self.analysis.values)
        try:
            if name not in CHOICES or self.decided(name, operands):
                self.analysis.take(name, operands)
        except (ArithmeticError, ValueError):
            pass
        if len(self.analysis.values) > before and self.judgeable(name):
            self.keep(name, operands)
            return True
        self.analysis.withdraw(before)
        return False

    def decided(self, name: str, operands: Sequence[int | float]) -> bool:
        """Whether the numbers that a choice compares are farther apart than round-off; a place may meet itself."""
        compared = operands[:1] if name == "where" else operands
        values = [self.analysis.values[x] for x in places(compared)]
        values += [x for x in compared if isinstance(x, float)]
        values += [0.0] if name in ("abs", "relu", "where") else []
        return all(abs(x - y) > 1e-6 for i, x in enumerate(values) for y in values[:i])

    def judgeable(self, name: str) -> bool:
        """Whether the newest step, by this op, leaves room to see an error of a thousandth."""
        value, error = self.analysis.values[-1], self.analysis.value_errors[-1]
        slope, slope_error = max(self.analysis.slopes[-1]), max(self.analysis.slope_errors[-1])
        flat = slope == 0.0 and name in CHOICES and len(self.steps) < self.size - 1
        return (flat or 1e-3 < slope < 1e5) and abs(value) < 1e3 and error < 1e-10 and slope_error < 1e-8

    def keep(self, name: str, operands: tuple[int | float, ...]) -> None:
        here = len(self.analysis.values) - 1
        self.steps.append((name, operands))
        self.loose = [place for place in self.loose if place not in places(operands)] + [here]
        self.conditions = [place for place in self.conditions if place in self.loose]
        self.conditions += [here] if name in CONDITIONS else []


def places(operands: Sequence[int | float]) -> set[int]:
    """The places among operands: 3 is one, and 3.0 is a constant."""
    return {x for x in operands if isinstance(x, int)}
