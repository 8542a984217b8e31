"""Lines: where derivatives are compared, at every entry of the Jacobian or, of a large one, by random projections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from autograd.checking.subject import FEW, Part, Run, Subject, Vector
from autograd.numeric.probe import leaves_domain

DIRECTIONS = 4  # random ones for an input, and cotangents, in place of more, unless others are asked for
LONG = 2**14  # inputs: more, and fewer gradients as long as that are kept


@dataclass(frozen=True, eq=False)
class Line:
    """A way through the point: x + (t − t₀) · direction. Along one entry of an input t is that entry itself."""

    part: Part
    index: tuple[int, ...] | None  # None of a random direction
    direction: Vector
    t0: float

    def at(self, point: Vector, t: float) -> Vector:
        """The point at t."""
        moved = point.copy()
        if self.index is not None:
            moved[self.direction != 0.0] = t
            return moved
        own = self.part.places
        moved[own] += (t - self.t0) * self.direction[own]
        return moved


@dataclass(frozen=True, eq=False)
class Functional:
    """One number made of the outputs, Σ weights · values: one of them, or a random sum."""

    name: str
    weights: Vector
    is_output: bool


def lines(subject: Subject, rng: np.random.Generator, directions: int = DIRECTIONS) -> list[Line]:
    """For each input a line along every entry, or random directions where there are many."""
    many = subject.point.size > FEW
    found = []
    for part in subject.groups:
        size = part.places.stop - part.places.start
        if many and (size > directions or part not in subject.parts):
            found += [random_line(subject, part, np.arange(size), rng) for _ in range(directions)]
        else:
            found += [entry_line(subject, part, place) for place in range(part.places.start, part.places.stop)]
    return found


def entry_line(subject: Subject, part: Part, place: int) -> Line:
    """The line along one entry of the point."""
    direction = np.zeros(subject.point.size)
    direction[place] = 1.0
    return Line(part, part.index(place), direction, float(subject.point[place]))


def random_line(subject: Subject, part: Part, among: Vector, rng: np.random.Generator) -> Line:
    """A random direction through these entries of an input; t₀ is their typical size, for steps on that scale."""
    direction = np.zeros(subject.point.size)
    direction[part.places.start + among] = signs(rng, len(among))
    own = subject.point[part.places][among]
    return Line(part, None, direction, float(np.sqrt(np.mean(own * own))))


def part_of_line(line: Line, entries: Vector) -> Line:
    """The same direction, through these entries alone."""
    direction = np.zeros(line.direction.size)
    direction[entries] = line.direction[entries]
    return replace(line, direction=direction)


def functionals(run: Run, rng: np.random.Generator, directions: int = DIRECTIONS) -> list[Functional]:
    """Every output by itself, or random sums where there are many."""
    size = run.values.size
    many = directions if sum(int(np.size(x._data)) for x in run.variables) > LONG else FEW
    if size <= many:
        return [Functional(run.label(place), np.eye(size)[place], True) for place in range(size)]
    return [Functional(f"random sum {number}", signs(rng, size), False) for number in range(1, directions + 1)]


def signs(rng: np.random.Generator, size: int) -> Vector:
    """Random numbers between ½ and 1½ with random signs, which float32 holds exactly."""
    sizes = 0.5 + rng.integers(0, 2**16, size) * 2.0**-16
    return sizes * rng.choice([-1.0, 1.0], size)


def along(subject: Subject, line: Line, weights: Vector) -> Callable[[float], Vector]:
    """Functionals of f as a function of t; `weights` has one row for each. Outputs that none uses may be nan.

    Where f leaves its domain all are nan.
    """
    used = np.any(weights != 0.0, axis=0)
    rows = weights[:, used]

    def values(t: float) -> Vector:
        try:
            found = subject.values(line.at(subject.point, float(t)))
        except Exception as error:
            if leaves_domain(error):
                return np.full(len(weights), np.nan)
            raise
        if found.size != used.size:
            return found  # of another shape than at the point, which the estimate complains about
        return np.asarray(rows @ found[used], dtype=found.dtype)

    return values
