"""Causes: what is probably wrong with a rule, from how its derivatives differ from the numerical ones.

Each cause is a guess that fits every wrong derivative within its bound, and says so: nothing is ruled out by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from autograd.checking.subject import Part, Vector
from autograd.graph import Node


class Cause(NamedTuple):
    """A suspected cause: in a word or two for the table, and in a sentence with the way out."""

    kind: str
    sentence: str


ROUNDINGS = 2.0**-46  # relative: what may separate two ways to the same number

UNKNOWN = Cause("", "no simple pattern: look at the rule of the op that these derivatives pass through")


@dataclass(frozen=True)
class Evidence:
    """All derivatives of one input in one mode, functionals along the first axis and entries along the second.

    `wrong` marks those that differ. `whole` says that the entries are those of the input, in order, and not random
    directions, and `one_by_one` the same of outputs. `others` are the derivatives toward inputs of the same shape,
    analytic and numerical.
    """

    part: Part
    analytic: Vector
    numeric: Vector
    bound: Vector
    wrong: Vector
    whole: bool
    one_by_one: bool
    uses: Uses
    bypassed: bool  # whether the derivatives are right for the graph, and the graph is not all of f
    elsewhere: tuple[tuple[float, float, float], ...] = ()  # of a single wrong one at other points, with its bound
    others: tuple[tuple[str, Vector, Vector], ...] = ()

    def fits(self, expected: Vector, factor: float = 1.0, everywhere: bool = False) -> bool:
        """Whether the analytic derivatives are `factor` times these, within the bounds, where they are wrong."""
        off = np.abs(self.analytic - factor * expected)
        fine = off <= (1.0 + abs(factor)) * 2.0 * np.fmax(self.bound, ROUNDINGS * np.abs(expected))
        return bool(fine.all() if everywhere else fine[self.wrong].all())


@dataclass(frozen=True)
class Uses:
    """How a graph uses a variable: whether it reaches the outputs, how often, and how far it is stretched there."""

    reached: bool
    count: int
    silent: int  # how many uses hand nothing back
    stretches: frozenset[int]


def uses_of(variables: Sequence[Any], order: list[Node]) -> Uses:
    """Reads the graph of a run from the outputs down to a variable; of several no more than whether one is reached."""
    if len(variables) > 1:
        return Uses(not set(variables).isdisjoint(order), 1, 0, frozenset())
    (variable,) = variables
    count = silent = 0
    stretches = set()
    for node in order:
        for parent, edge in zip(node.parents, node.edges, strict=True) if node.op is not None else ():
            if parent is not variable or edge is None:
                continue
            count += 1
            silent += edge.__class__ is float and edge == 0.0
            size, whole = int(np.size(parent._data)), int(np.size(node._data))
            if size and whole > size and whole % size == 0:
                stretches.add(whole // size)
    return Uses(variable in set(order), count, silent, frozenset(stretches))


def suspected(evidence: Evidence) -> Cause:
    """The first cause that fits, from the most particular to the most general."""
    for look in (_cut_off, _swapped, _zero, _sign, _transposed, _missing, _factor, _misplaced, _offset):
        cause = look(evidence)
        if cause is not None:
            return cause
    return UNKNOWN


def _cut_off(e: Evidence) -> Cause | None:
    if e.bypassed and not e.uses.reached:
        return Cause("detached", f"no path of the graph leads here: the value was taken out of it, by {_CUTS}")
    if e.bypassed:
        return Cause(
            "detached",
            f"the rules are right for the graph, but the graph is not all of f: a part of it was cut off, by {_CUTS}",
        )
    return None


def _zero(e: Evidence) -> Cause | None:
    if e.analytic.any():
        return None
    return Cause("detached", "the path is there, but a rule on it hands 0 back to this operand")


_CUTS = ".data, detach(), float() or a function that is not autograd's"


def _sign(e: Evidence) -> Cause | None:
    return (
        Cause("sign", "every wrong one is minus the right one: a rule lost a minus")
        if e.fits(e.numeric, -1.0)
        else None
    )


def _transposed(e: Evidence) -> Cause | None:
    if not e.whole:
        return None
    rows, size = e.numeric.shape
    if e.one_by_one and rows == size and rows > 1 and e.fits(e.numeric.T, everywhere=True):
        return Cause("transposed", "they are the Jacobian's transpose: a matrix in a rule wants its axes swapped")
    shape = e.part.shape
    if len(shape) < 2:
        return None
    cubes = e.numeric.reshape(rows, *shape)
    backwards = (0, *range(len(shape), 0, -1))
    turns = (("the last two axes", np.swapaxes(cubes, -1, -2)), ("all axes", np.transpose(cubes, backwards)))
    for axes, turned in turns:
        if e.fits(turned.reshape(rows, size), everywhere=True):
            return Cause("transposed", f"they are the right ones with {axes} swapped: a rule transposes once too often")
    return None


def _swapped(e: Evidence) -> Cause | None:
    for name, analytic, numeric in e.others:
        back = replace(e, analytic=analytic, numeric=numeric).fits(e.numeric, everywhere=True)
        if back and e.fits(numeric, everywhere=True):
            return Cause("swapped", f"they are the derivatives toward {name}: the entries of a rule changed places")
    return None


def _missing(e: Evidence) -> Cause | None:
    """Some of several contributions are in, and the others are not."""
    ratio = _common_ratio(e)
    stretched = next((n for n in sorted(e.uses.stretches) if ratio and ratio.near(1.0 / n)), None)
    if stretched:
        return _broadcast(
            f"they are 1/{stretched} of the right ones, and f stretches this input {stretched} times over"
        )
    if e.uses.count > 1 and (e.uses.silent or (ratio and ratio.near(1.0 / e.uses.count))):
        return Cause(
            "missing accumulation",
            f"the input is used {e.uses.count} times, and not every use hands its share back: shares are added up",
        )
    if not (e.one_by_one and e.analytic.any()):
        return None
    dropped = e.wrong & (e.analytic == 0.0)
    kept = ~e.wrong & (np.abs(e.numeric) > e.bound)
    columns = dropped.any(axis=0)
    if not (dropped == e.wrong).all():
        return None
    if e.uses.stretches and kept[:, columns].any():
        return _broadcast("some of the places that this input is stretched over hand nothing back")
    return Cause("missing accumulation", "some are right and the others 0: a rule hands back only a part of the shares")


def _broadcast(sentence: str) -> Cause:
    return Cause("broadcast not summed", f"{sentence}: sum the share over the stretched axes")


def _factor(e: Evidence) -> Cause | None:
    ratio = _common_ratio(e)
    if ratio is None:
        return None
    several = int((e.wrong & (np.abs(e.numeric) > e.bound)).sum()) > 1
    if e.elsewhere:
        several = all(abs(a - ratio.value * n) <= 4.0 * (b + ratio.error * abs(n)) for a, n, b in e.elsewhere)
        if not several:
            return None
    sizes = sorted({2, 3, 4, *e.numeric.shape, *e.part.shape, *e.uses.stretches} - {0, 1})
    for n in sizes:
        for known, text in ((float(n), f"{n}"), (-float(n), f"−{n}"), (1.0 / n, f"1/{n}"), (-1.0 / n, f"−1/{n}")):
            if ratio.near(known):
                return Cause(f"factor {text}", f"every wrong one is {text} times the right one")
    if not several:
        return None
    simple = Fraction(ratio.value).limit_denominator(5)
    if ratio.near(float(simple)):
        text = str(simple).replace("-", "−")
        return Cause(f"factor {text}", f"every wrong one is {text} times the right one")
    text = _factor_text(ratio.value)
    return Cause(f"factor {text}", f"every wrong one is {text} times the right one: a constant in a rule is off")


def _factor_text(value: float) -> str:
    """A factor to six digits; one that would read as 1 by how far it is off."""
    off = value - 1.0
    return f"{value:.6g}" if abs(off) > 1e-5 else f"1 {'−' if off < 0.0 else '+'} {abs(off):.2g}"


def _misplaced(e: Evidence) -> Cause | None:
    """The right numbers, in other places of the same input."""
    if not e.one_by_one or not e.whole or e.numeric.shape[1] < 2:
        return None
    order, other = np.argsort(e.analytic, axis=1), np.argsort(e.numeric, axis=1)
    found, right = np.take_along_axis(e.analytic, order, 1), np.take_along_axis(e.numeric, other, 1)
    allowed = 4.0 * np.take_along_axis(e.bound, other, 1) + 1e-9 * np.abs(right)
    if not (np.abs(found - right) <= allowed).all():
        return None
    return Cause(
        "misplaced", "they are the right numbers in other places: an index or an order of axes in a rule is off"
    )


def _offset(e: Evidence) -> Cause | None:
    off = (e.analytic - e.numeric)[e.wrong]
    allowed = e.bound[e.wrong]
    if e.elsewhere:
        off = np.append(off, [a - n for a, n, _ in e.elsewhere])
        allowed = np.append(allowed, [b for *_, b in e.elsewhere])
    if off.size < 2 or not (np.abs(off - off.mean()) <= 4.0 * allowed + 1e-9 * np.abs(off.mean())).all():
        return None
    return Cause("offset", f"every wrong one is off by {off.mean():.6g}: a rule adds a constant")


class Ratio(NamedTuple):
    """The one factor between the wrong derivatives and the numerical ones, and how far off it may be."""

    value: float
    error: float

    def near(self, known: float) -> bool:
        return abs(self.value - known) <= self.error


def _common_ratio(e: Evidence) -> Ratio | None:
    usable = e.wrong & (np.abs(e.numeric) > 4.0 * e.bound)
    if not usable.any() or not np.isfinite(e.analytic[e.wrong]).all():
        return None
    precise = e.bound[usable] / np.abs(e.numeric[usable]) + ROUNDINGS
    ratios = e.analytic[usable] / e.numeric[usable]
    best = int(np.argmin(precise))
    value = float(ratios[best])
    if abs(value) <= 4.0 * precise[best] or not e.fits(e.numeric, value):
        return None
    return Ratio(value, 4.0 * abs(value) * float(precise[best]))
