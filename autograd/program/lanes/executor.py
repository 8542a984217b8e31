"""The executor in lanes: the page run on arrays, one number a lane, a block of lanes at a time.

A block is as many lanes as keep every room in the cache. The rooms are kept from call to call, so that nothing is
allocated beside what is handed out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.errors import OperandError, RuleError
from autograd.op import Op
from autograd.program.careful import Results
from autograd.program.floats.executor import Floats
from autograd.program.lanes.careful import carefully
from autograd.program.lanes.page import LanePage
from autograd.program.lanes.plan import Plan
from autograd.program.listing import Listing

CACHE = 1 << 22  # bytes that the rooms of a block may take up together
FEWEST, MOST = 256, 4096  # lanes in a block: with fewer calling NumPy costs more than computing, with more nothing less


class Lanes:
    """Runs a listing on lanes, with a page for every choice of the inputs that have one number a lane."""

    def __init__(self, listing: Listing, title: str) -> None:
        whole = next((line.op for line in listing.instructions if line.op.whole), None)
        if whole is not None:
            raise OperandError(f"lanes are for programs of numbers, and {title} works on arrays with {whole.name}")
        self.listing, self.title = listing, title
        self._floats = Floats(listing, title)
        self._compiled: dict[tuple[tuple[bool, ...], bool], Compiled] = {}

    def compiled(self, batched: Sequence[bool], gradient: bool) -> Compiled:
        """The page for these inputs, with the gradient or without."""
        key = (tuple(batched), gradient)
        if key not in self._compiled:
            self._compiled[key] = Compiled(self.listing, key[0], gradient, self.title)
        return self._compiled[key]

    def value(self, inputs: Sequence[float]) -> list[float] | None:
        """The outputs in a single lane; None where a guard goes the other way."""
        return self._single(inputs, gradient=False)

    def value_and_gradient(self, inputs: Sequence[float]) -> Results | None:
        """The outputs, and the derivatives by the inputs that are differentiated toward, in a single lane."""
        numbers, count = self._single(inputs, gradient=True), len(self.listing.outputs)
        return None if numbers is None else (numbers[:count], numbers[count:])

    def _single(self, inputs: Sequence[float], gradient: bool) -> list[float] | None:
        columns = [np.array([x], np.float64) for x in inputs]
        passage = Passage(self, columns, gradient)
        found = [np.empty(1) for _ in passage.plan.handed_out]
        with np.errstate(all="ignore"):
            truths = passage.run(columns, found, 1)
        if truths is not None:  # Python's functions decide, should NumPy's lie on the other side
            if self._floats.value(inputs) is None:
                return None
            passage.run_carefully(columns, found, 1)
        return [x.item() for x in found]


class Compiled:
    """A page that Python has compiled, and the rooms that its lanes use again and again."""

    def __init__(self, listing: Listing, batched: Sequence[bool], gradient: bool, title: str) -> None:
        self.plan = Plan(listing, batched, gradient)
        page = LanePage(self.plan, f"{title}, in lanes.")
        self.source = page.source()
        namespace: dict[str, Any] = {name: _one_each(op) for op, name in page.functions.items()}
        exec(compile(self.source, f"<lanes of {title}>", "exec"), namespace)
        self.before, self.lanes, self.after = (namespace[name] for name in (page.before, page.lanes, page.after))
        rooms = self.plan.count + len(self.plan.handed_out) + sum(batched)
        self.block = min(max(CACHE // (8 * rooms + 1), FEWEST), MOST)
        self._kept: list[list[Any]] = []

    def run(self, inputs: Sequence[Any], known: Sequence[Any], handed_out: Sequence[Any], lanes: int) -> Any:
        """What the page gives for one block: sums over its lanes, or the truths of a guard."""
        try:
            rooms = self._kept.pop()  # each caller has rooms of its own, threads as well
        except IndexError:
            rooms = []
        if self.plan.count and (not rooms or len(rooms[0]) < lanes):
            rooms = list(np.empty((self.plan.count, lanes)))
        here = rooms if not rooms or len(rooms[0]) == lanes else [room[:lanes] for room in rooms]
        found = self.lanes(*inputs, *known, [*handed_out, *here])
        self._kept.append(rooms)
        return found


class Passage:
    """What one call does along one path: its inputs, what is computed once, and the sums over its lanes so far.

    Of the inputs, arrays stand for one number a lane, and numbers for what all lanes share. With `masked` it goes the
    careful way from the beginning.
    """

    def __init__(self, lanes: Lanes, inputs: Sequence[Any], gradient: bool, masked: bool = False) -> None:
        batched = [x.__class__ is np.ndarray for x in inputs]
        self._compiled, self._masked = lanes.compiled(batched, gradient), masked
        self.plan, self.block = self._compiled.plan, self._compiled.block
        self._inputs = list(inputs)
        self._places = [place for place, own in enumerate(batched) if own]
        shared = [place for place, own in enumerate(batched) if not own]
        numbers = np.array([inputs[place] for place in shared], np.float64)
        self._numbers = [numbers[i, ...] for i in range(len(shared))]  # arrays of no axis: ufuncs take them fastest
        for place, x in zip(shared, self._numbers, strict=True):
            self._inputs[place] = x
        with np.errstate(all="ignore"):
            self._known = self._compiled.before(*self._numbers)
        self.fits = self._known is not None  # whether the guards on what all lanes share hold
        self._count, self._sums = 0, np.zeros(self.plan.tallies)
        self._shares = [0.0 for _ in self.plan.sums]  # what came the careful way

    def run(self, columns: Sequence[Any], handed_out: Sequence[Any], lanes: int) -> Any:
        """Computes these lanes into the arrays that are handed out; else the truths of a guard that not all hold."""
        for place, column in zip(self._places, columns, strict=True):
            self._inputs[place] = column
        sums = self._compiled.run(self._inputs, self._known, handed_out, lanes)
        if sums.__class__ is not tuple:
            return sums
        sums = np.array(sums)
        total = sums.sum()
        slopes = handed_out[len(self.plan.listing.outputs) :]
        # Squares do not cancel: their sum is nan exactly where one of them is.
        if self._masked or total != total or any(np.isnan(slope.dot(slope)) for slope in slopes):
            self._run_with_nan(columns, handed_out, lanes)
        else:
            self._count += lanes
            self._sums += sums
        return None

    def _run_with_nan(self, columns: Sequence[Any], handed_out: Sequence[Any], lanes: int) -> None:
        """Goes the careful way where there is a nan: a few lanes at a time, for it keeps every number of theirs."""
        if lanes <= FEWEST:
            self.run_carefully(columns, handed_out, lanes)
            return
        for start in range(0, lanes, FEWEST):
            few = slice(start, start + FEWEST)
            self.run([x[few] for x in columns], [x[few] for x in handed_out], min(FEWEST, lanes - start))

    def run_carefully(self, columns: Sequence[Any], handed_out: Sequence[Any], lanes: int) -> None:
        """Computes these lanes by the engine itself, along this path whatever its guards say."""
        for place, column in zip(self._places, columns, strict=True):
            self._inputs[place] = column
        wanted = [i for i, _ in (*self.plan.slopes, *self.plan.sums)]
        outputs, found = carefully(self.plan.listing, self._inputs, lanes, wanted)
        slopes = [found[i] for i, _ in self.plan.slopes]
        for room, x in zip(handed_out, [*outputs, *slopes], strict=True):
            room[...] = x
        self._shares = [share + float(found[i]) for share, (i, _) in zip(self._shares, self.plan.sums, strict=True)]

    def totals(self) -> list[float] | None:
        """The derivatives by what all lanes share; None where a nan came in after the sums were taken."""
        if not self._count:
            return self._shares
        with np.errstate(all="ignore"):
            found = self._compiled.after(self._count, *self._numbers, *self._known, *self._sums.tolist())
        if any(x != x for x in found):
            return None
        return [float(x) + share for x, share in zip(found, self._shares, strict=True)]


def _one_each(op: Op) -> Callable[..., Any]:
    """An op on arrays that has been told from one that gives anything but one number for each lane."""

    def call(*operands: Any) -> Any:
        y = op(*operands)
        shape = np.broadcast_shapes(*map(np.shape, operands))
        if np.shape(y) != shape:
            raise RuleError(
                f"{op.name} gave an array of shape {np.shape(y)} for operands of shape {shape}: in lanes its array "
                "function must give one number for each"
            )
        return y

    return call
