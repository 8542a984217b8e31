"""A call in lanes: the batch split into blocks, and every block by the paths that its lanes take.

A lane that takes a branch no path holds has it recorded, from its own numbers. Results come back in the order of lanes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.errors import OperandError, ShapeError
from autograd.program.arguments import ARRAY, NUMBER, Arguments, as_number
from autograd.program.lanes.executor import Passage
from autograd.trees import beside


def has_lanes(arguments: Arguments, given: Sequence[Any]) -> bool:
    """Whether an array with axes stands where the example had a number."""
    return any(x.__class__ is np.ndarray and x.ndim > 0 and arguments.kinds[i] == NUMBER for i, x in enumerate(given))


class Batch:
    """The numbers of a call: where the example had a number, an array has one for each lane.

    ShapeError names arguments that are no rows of one common length, OperandError what holds no real numbers, or a
    program that works on arrays anyway.
    """

    def __init__(self, arguments: Arguments, given: Sequence[Any], name: str) -> None:
        if any(kind == ARRAY for kind in arguments.kinds):
            raise OperandError(
                f"{name} was recorded with arrays: lanes are for programs of numbers. Give it a batch as an axis of "
                "its arrays, and record it with an example of that shape"
            )
        self.inputs: list[Any] = []
        lengths: dict[int, str] = {}
        for i in arguments.live:
            x, path = given[i], arguments.paths[i]
            if x.__class__ is np.ndarray and x.ndim > 0:
                self.inputs.append(_row(x, path))
                lengths.setdefault(len(x), path)
            else:
                self.inputs.append(as_number(x, path))
        if len(lengths) > 1:
            held = ", ".join(f"{path} has shape ({length},)" for length, path in lengths.items())
            raise ShapeError(f"{name} runs one lane for each number of its arrays, and these differ in length: {held}")
        (self.lanes,) = lengths

    def columns(self, here: slice) -> list[Any]:
        """The numbers of a few lanes: one array for each input that has any."""
        return [np.asarray(x[here], np.float64) for x in self.inputs if x.__class__ is np.ndarray]

    def single(self, lane: int) -> list[float]:
        """The numbers of one lane."""
        return [float(x[lane]) if x.__class__ is np.ndarray else x for x in self.inputs]


def _row(x: Any, path: str) -> Any:
    if x.dtype.kind not in "fiub":
        raise OperandError(f"{path} is an array of {x.dtype}, and lanes hold real numbers")
    if x.ndim != 1:
        raise ShapeError(
            f"{path} has shape {x.shape} where the example had a number: lanes lie along one axis. Call the program "
            f"with {path}.ravel() and reshape what it gives"
        )
    return x


class Call:
    """One call of a program in lanes. `record(numbers)` gives the path of a lane that takes none of these.

    `captured(path)` gives the numbers that a path takes from elsewhere, such as a model's parameters.
    """

    def __init__(
        self,
        batch: Batch,
        paths: Sequence[Any],
        record: Callable[[list[float]], Any],
        captured: Callable[[Any], list[Any]],
        gradient: bool,
        executor: str = "numpy",
    ) -> None:
        self._batch, self._paths, self._record, self._captured = batch, paths, record, captured
        self._gradient, self._masked, self._executor = gradient, False, executor
        self._passages: dict[Any, Passage] = {}

    def run(self) -> tuple[list[Any], list[tuple[Any, list[Any]]]]:
        """The outputs, one array each; and for each path its derivatives, arrays in lanes and sums of all others."""
        first = self._passage(self._paths[0])
        results = [np.empty(self._batch.lanes) for _ in first.plan.handed_out]
        totals = self._totals(results, first.block)
        if None in totals.values():
            self._masked, self._passages = True, {}
            totals = self._totals(results, first.block)
        outputs = len(first.plan.listing.outputs)
        return results[:outputs], [
            (path, self._passages[path].plan.in_order(results[outputs:], found)) for path, found in totals.items()
        ]

    def _totals(self, results: Sequence[Any], block: int) -> dict[Any, Any]:
        """Fills the results block by block, and gives what every path says of the inputs that all lanes share."""
        lanes = self._batch.lanes
        self._passage(self._paths[0])  # also where there is no lane at all
        with np.errstate(all="ignore"):
            for start in range(0, lanes, block):
                here = slice(start, min(start + block, lanes))
                self._block(here, [x[here] for x in results])
        return {path: passage.totals() for path, passage in self._passages.items()}

    def _passage(self, path: Any) -> Passage:
        if path not in self._passages:
            _demand_like(self._paths[0].result, path.result)
            captured = self._captured(path)
            if any(np.ndim(x) for x in captured):
                raise OperandError("lanes are for programs of numbers, and this one uses an array from elsewhere")
            inputs = [*self._batch.inputs, *map(float, captured)]
            self._passages[path] = Passage(path.executor(self._executor), inputs, self._gradient, self._masked)
        return self._passages[path]

    def _block(self, here: slice, results: Sequence[Any]) -> None:
        """Every lane of a block by the path it takes."""
        columns = self._batch.columns(here)
        left = np.arange(here.stop - here.start)
        for path in list(self._paths):
            left = _untaken(self._passage(path), columns, results, left)
            if not left.size:
                return
        while left.size:
            numbers = self._batch.single(here.start + int(left[0]))
            passage = self._passage(self._path_of(numbers))
            after = _untaken(passage, columns, results, left)
            if after.size and after[0] == left[0]:  # NumPy's functions and Python's lie on either side of the decision
                alone = after[:1]
                rooms = [x[alone] for x in results]
                passage.run_carefully([x[alone] for x in columns], rooms, 1)
                _put(rooms, results, alone)
                after = after[1:]
            left = after

    def _path_of(self, numbers: list[float]) -> Any:
        for path in self._paths:
            if path.executor("python").value([*numbers, *self._captured(path)]) is not None:
                return path
        return self._record(numbers)


def _untaken(passage: Passage, columns: Sequence[Any], results: Sequence[Any], lanes: Any) -> Any:
    """Computes those of the lanes that take this path, and gives the others, in order."""
    if not passage.fits:
        return lanes
    others = []
    while lanes.size:
        if lanes.size == len(columns[0]):
            truths = passage.run(columns, results, lanes.size)
        else:
            rooms = [np.empty(lanes.size) for _ in results]
            truths = passage.run([x[lanes] for x in columns], rooms, lanes.size)
            if truths is None:
                _put(rooms, results, lanes)
        if truths is None:
            break
        others.append(lanes[~truths])
        lanes = lanes[truths]
    return np.sort(np.concatenate(others)) if others else lanes[:0]


def _put(rooms: Sequence[Any], results: Sequence[Any], lanes: Any) -> None:
    for room, result in zip(rooms, results, strict=True):
        result[lanes] = room


def _demand_like(first: Any, other: Any) -> None:
    """ShapeError where a function gives things of different forms on different branches: they make no one array."""
    for name, part in beside(first, other, "in lanes, what every branch gives"):
        if isinstance(part, (list, tuple, dict)):
            raise ShapeError(f"{name} must be one number, as on the branch recorded first: got a {type(part).__name__}")
