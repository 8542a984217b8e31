"""Comparison: the derivatives toward one input in one mode, each with its verdict, and what is suspected of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autograd.checking.causes import Cause, Evidence, suspected, uses_of
from autograd.checking.explanations import AT_ONE_POINT, INSIDE, kink, limit, not_finite
from autograd.checking.grounds import Grounds
from autograd.checking.subject import Part, Vector
from autograd.checking.verdicts import KINK, LIMITED, NOT_FINITE, PASS, WRONG, verdict


@dataclass
class Comparison:
    """Derivatives and bounds of one input in one mode: [functional, line]; `places` number its lines among all."""

    grounds: Grounds
    part: Part
    places: list[int]
    all_analytic: Vector  # toward every input
    all_spreads: Vector
    single: bool  # whether these come from float32, and the grounds from float64

    def __post_init__(self) -> None:
        self.analytic, self.numeric = self.all_analytic[:, self.places], self.grounds.numeric[:, self.places]
        self.spread = self.all_spreads[:, self.places]
        scales = self.grounds.scales(self.analytic, self.spread, self.places)
        self.verdicts = np.empty(self.analytic.shape, dtype=object)
        for at, place in np.ndindex(self.analytic.shape):
            self.verdicts[at, place] = self._judged(at, place, float(scales[at]))
        self.bound = self.grounds.error[:, self.places] + self.spread
        self.alone = self._wrong_at_this_point_alone()
        if self.alone and self.grounds.at_a_kink:
            self.verdicts[self.verdicts == WRONG] = KINK

    def _judged(self, at: int, place: int, scale: float) -> str:
        """The verdict on one derivative, after a second look where it is not a pass."""
        line, found = self.places[place], verdict(*self.entry(at, place), scale)
        if found not in (WRONG, LIMITED):
            return found
        look = self.grounds.look(line)
        found = verdict(*self.entry(at, place), scale)  # within the bound as it is now
        if found == PASS:
            return PASS
        off = abs(float(self.analytic[at, place] - self.numeric[at, place]))
        if found == WRONG and look.holds[at] and off > look.gap[at]:  # no kink explains that
            return WRONG
        if self.grounds.jumps(line, at):
            return KINK
        if not look.holds[at]:
            return LIMITED
        return verdict(*self.entry(at, place), scale, *self.grounds.side_slopes(line, at))

    def entry(self, at: int, place: int) -> tuple[float, float, float]:
        """The analytic and the numerical derivative, and the bound on their difference."""
        bound = float(self.grounds.error[at, self.places[place]] + self.spread[at, place])
        return float(self.analytic[at, place]), float(self.numeric[at, place]), bound

    def causes(self) -> dict[str, Cause]:
        """What is suspected, for each verdict but a pass."""
        found = {}
        if self.alone:
            found[str(self.verdicts[self._worst()])] = INSIDE if self._worst_verdict() == KINK else AT_ONE_POINT
        elif (self.verdicts == WRONG).any():
            found[WRONG] = suspected(self._evidence())
        for other, look in ((KINK, kink), (LIMITED, limit), (NOT_FINITE, not_finite)):
            if other not in found and (self.verdicts == other).any():
                at, place = np.argwhere(self.verdicts == other)[0]
                found[other] = look(self.grounds, int(at), self.places[place], float(self.analytic[at, place]))
        return found

    def worst_wrong(self) -> tuple[int, int] | None:
        """Where the difference is most bounds wide, if that is wrong."""
        return self._worst() if self._worst_verdict() == WRONG else None

    def _worst(self) -> tuple[int, int]:
        """Where the difference is most bounds wide."""
        off = np.abs(self.analytic - self.numeric) / np.fmax(self.bound, 2.0**-1000)
        at, place = np.unravel_index(int(np.argmax(np.where(np.isnan(off), -1.0, off))), off.shape)
        return int(at), int(place)

    def _worst_verdict(self) -> str:
        return str(self.verdicts[self._worst()])

    def _wrong_at_this_point_alone(self) -> bool:
        """Whether every derivative that is wrong here is right a little to either side."""
        if self.single or not (self.verdicts == WRONG).any() or self.verdicts[self._worst()] != WRONG:
            return False
        wrong = [self._worst(), *map(tuple, np.argwhere(self.verdicts == WRONG))]
        try:
            return all(self._right_beside(int(at), int(place)) for at, place in wrong)
        except Exception:
            return False

    def _right_beside(self, at: int, place: int) -> bool:
        beside = self.grounds.beside(self.places[place])[:, at]
        off = abs(self.analytic[at, place] - self.numeric[at, place])
        return bool((np.abs(beside - self.numeric[at, place]) <= self.bound[at, place] + 1e-3 * off).all())

    def _evidence(self) -> Evidence:
        grounds, wrong = self.grounds, self.verdicts == WRONG
        others = []
        for other in grounds.subject.groups:
            own = [place for place, line in enumerate(grounds.lines) if line.part is other]
            if other is not self.part and other.shape == self.part.shape:
                others.append((other.name, self.all_analytic[:, own], grounds.numeric[:, own]))
        subject = grounds.subject
        variables = [grounds.run.variables[subject.parts.index(part)] for part in subject.within(self.part)]
        return Evidence(
            self.part, self.analytic, self.numeric, self.bound, wrong,
            whole=all(grounds.lines[place].index is not None for place in self.places),
            one_by_one=grounds.oracle.functionals[0].is_output,
            uses=uses_of(variables, grounds.order),
            bypassed=self._bypassed(),
            elsewhere=self._elsewhere() if wrong.sum() == 1 else (),
            others=tuple(others),
        )  # fmt: skip

    def _elsewhere(self) -> tuple[tuple[float, float, float], ...]:
        """What a single wrong derivative is at other points, for one number alone shows no pattern."""
        at, place = self._worst()
        try:
            return () if self.single else tuple(self.grounds.elsewhere(self.places[place], at))
        except Exception:  # outside the domain of f
            return ()

    def _bypassed(self) -> bool:
        """Whether the worst of these is right for the graph, and the graph has another derivative than f."""
        at, place = self._worst()
        graph = self.grounds.oracle.of_graph(self.grounds.lines[self.places[place]])
        if graph is None:
            return False
        allowed = self.bound[at, place] + graph.bound[at]
        right = abs(self.analytic[at, place] - graph.numeric[at]) <= allowed
        return bool(right and abs(graph.numeric[at] - self.numeric[at, place]) > allowed)
