"""Grounds: what is known of f, of its values, its slopes on both sides and its graph, before the engine is judged."""

from __future__ import annotations

import numpy as np

from autograd.checking import passes
from autograd.checking.lines import Line, entry_line
from autograd.checking.oracle import Look, Oracle
from autograd.checking.rounding import Replay
from autograd.checking.sides import Side
from autograd.checking.subject import Run, Subject, Vector
from autograd.graph import Node


class Grounds:
    """What is known of f from its values and its graph, whatever the engine makes of it, found when it is asked for."""

    def __init__(self, subject: Subject, run: Run, oracle: Oracle, lines: list[Line]) -> None:
        self.subject, self.run, self.oracle, self.lines = subject, run, oracle, lines
        columns = [oracle.column(line) for line in lines]
        self.numeric = np.stack([column.numeric for column in columns], axis=1)
        self.error = np.stack([column.bound for column in columns], axis=1)
        self.order = run.order()
        self._sides: dict[int, tuple[Side, Side]] = {}
        self._columns = columns
        self._looks: dict[int, Look] = {}
        self._beside: dict[int, Vector] = {}

    def look(self, place: int) -> Look:
        """A second look at the numerical derivatives along a line, which may raise the bounds on their errors."""
        if place not in self._looks:
            self._looks[place] = self.oracle.second_look(self.lines[place], self._columns[place])
            self.error[:, place] = np.fmax(self.error[:, place], self._looks[place].error)
        return self._looks[place]

    def sides(self, place: int) -> tuple[Side, Side]:
        """The one-sided slopes along a line."""
        if place not in self._sides:
            self._sides[place] = self.oracle.sides(self.lines[place], self.run)
        return self._sides[place]

    def side_slopes(self, place: int, at: int) -> list[tuple[float, float]]:
        """Right and left slope of one functional, each with its error."""
        return [(float(side.slope[at]), float(side.error[at])) for side in self.sides(place)]

    def jumps(self, place: int, at: int) -> bool:
        """Whether a functional jumps at the point."""
        return any(bool(side.jumps[at]) for side in self.sides(place))

    def elsewhere(self, place: int, at: int) -> list[tuple[float, float, float]]:
        """The engine's derivative, the numerical one and its bound at two other points not far away."""
        found = []
        for step in (0.125, -0.0625):
            point = self.subject.point + step * (1.0 + np.abs(self.subject.point))
            moved = self.subject.moved(point)
            run, line = moved.run(point), self.lines[place]
            if line.index is not None:
                line = entry_line(moved, line.part, int(np.flatnonzero(line.direction)[0]))
            own = [self.oracle.functionals[at]]
            column = Oracle(moved, own, Replay(run, self.oracle.replay.rng)).column(line)
            gradient = passes.reverse(run, own[0].weights)[None]
            analytic = float(passes.projected(gradient, [line])[0, 0])
            found.append((analytic, float(column.numeric[0]), float(column.bound[0])))
        return found

    def beside(self, place: int) -> Vector:
        """The engine's derivatives a little to the right and a little to the left: [side, functional]."""
        if place not in self._beside:
            line = self.lines[place]
            step = 2.0**-26 * max(abs(line.t0), 2.0**-26)
            found = []
            for t in (line.t0 + step, line.t0 - step):
                run = self.subject.run(line.at(self.subject.point, t))
                gradients = np.stack([passes.reverse(run, own) for own in self.oracle.weights])
                found.append(passes.projected(gradients, [line])[:, 0])
            self._beside[place] = np.asarray(found)
        return self._beside[place]

    def scales(self, analytic: Vector, spread: Vector, places: list[int]) -> Vector:
        """For each functional the largest slope of an input; where all are 0, that of |f| or 1 over max(|x|, 1)."""
        numeric, error = np.abs(self.numeric[:, places]), self.error[:, places]
        slopes = np.where((np.abs(analytic) > 2.0 * spread) & np.isfinite(analytic), np.abs(analytic), 0.0)
        slopes = np.fmax(slopes, np.where((numeric > error) & np.isfinite(numeric), numeric, 0.0))
        largest = slopes.max(axis=1, initial=0.0)
        reach = max([1.0, *(abs(self.lines[place].t0) for place in places)])
        values = np.fmax(np.abs(self.oracle.weights @ self.run.values), 1.0)
        return np.asarray(np.where(largest > 0.0, largest, values / reach))

    @property
    def at_a_kink(self) -> bool:
        """Whether an op on the way is at its kink, wherever f itself is."""
        return any(map(at_its_kink, self.order))


def at_its_kink(node: Node) -> bool:
    """Whether a node is a choice, or an absolute value, between operands that are equal."""
    if node.op is None or not (node.op.selects or node.op.name == "abs"):
        return False
    operands = [np.asarray(parent._data) for parent in node.parents]
    if node.op.name in ("abs", "relu"):
        return bool((operands[0] == 0.0).any())
    if node.op.whole:  # of all entries, or of those along an axis, one is the result: two are a tie
        result, winners = np.asarray(node._data), np.isin(operands[0], node._data)
        return int(winners.sum()) > result.size
    return any(bool((one == other).any()) for i, one in enumerate(operands) for other in operands[:i])
