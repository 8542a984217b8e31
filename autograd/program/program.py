"""Program: a function recorded once, as data that can be read, and run at the speed of the machine."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from copy import copy
from dataclasses import replace
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, OperandError
from autograd.graph import Node
from autograd.lifting import name_of, places_of, within
from autograd.modes import current_mode
from autograd.program import careful
from autograd.program.arguments import Arguments, shape_error
from autograd.program.arrays import as_arrays
from autograd.program.lane_calls import Batch, Call, has_lanes
from autograd.program.listing import Listing
from autograd.program.native_cache import numba
from autograd.program.passes import LARGEST, simplified
from autograd.program.path import STRAIGHT, Path
from autograd.program.recordings import Recordings
from autograd.program.source import source
from autograd.program.tensor_source import tensor_source
from autograd.transforms import value_and_grad
from autograd.trees import rebuilt


def record(f: Callable[..., Any], *example: Any, argnums: int | Sequence[int] | None = None) -> Program:
    """The program of f: its graph and the graph of its gradient, recorded at an example of its arguments.

    Arguments are numbers, arrays, Values, Tensors, models with parameters, and lists, tuples and dicts of them; what
    matters of the numbers is only which branches they take. The gradient is taken toward all of them, or toward
    `argnums`. Unrecordable or Detached names the line where something would be frozen that must not be.

    >>> from autograd import exp
    >>> program = record(lambda x, w, b: 1 / (exp(-(x * w + b)) + 1), 1.0, 0.0, 0.0)
    >>> program(1.0, 0.0, 0.0)
    0.5
    >>> program.gradient(1.0, 0.0, 0.0)
    (0.0, 0.25, 0.25)
    """
    return Program(f, example, argnums)


class Program:
    """A recorded function: called, it gives what the function gives, without its Python being run again.

    A branch that no example took is recorded when a call first takes it. A model's parameters, and variables that the
    function uses besides its arguments, are read anew at every call.
    """

    def __init__(
        self, f: Callable[..., Any], example: Sequence[Any], argnums: Any = None, *, beside: bool = False
    ) -> None:
        self.name = name_of(f)
        self._arguments = Arguments(f, example)
        count = len(example)
        self._chosen = tuple(range(count))
        if argnums is not None:
            self._chosen = within(places_of(argnums, self.name), count, self.name)
        self._lanes: str | None = "numpy"  # the executor of lanes
        self._recordings = Recordings(
            f, self._arguments, set(self._arguments.belong_to(self._chosen)), self.name, beside
        )
        self._paths = self._recordings.paths
        self._kind = "arrays" if self._recordings.add(self._arguments.leaves).of_arrays else "python"

    # ── calling ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def __call__(self, *xs: Any) -> Any:
        """What the function gives, in its form: numbers or arrays; nodes where nodes are given.

        A program of numbers runs many lanes at once where it is given arrays of one common length in place of numbers:
        each of its outputs is an array of that length.
        """
        given = self._arguments.taken_apart(xs)
        kinds = set(map(type, given))
        if _belong_to_a_graph(kinds):
            return self._on_nodes(given)
        if np.ndarray in kinds and has_lanes(self._arguments, given):
            return self._in_lanes(given, gradient=False)[0]
        path, outputs = self._found(given, lambda path, inputs: path.executor(self._kind).value(inputs), kinds)
        return _filled(path.result, outputs)

    def gradient(self, *xs: Any) -> tuple[Any, ...]:
        """The gradient of the one number that the function gives: a tuple, one entry an input, in the input's form.

        The entry of a model is a dict of parameter names and derivatives. In lanes it is the gradient of the sum of
        the outputs over all lanes: an array toward an array of numbers, the sum over lanes toward what they share.
        """
        return self.value_and_gradient(*xs)[1]

    def value_and_gradient(self, *xs: Any) -> tuple[Any, tuple[Any, ...]]:
        """The value and its gradient in one pass; see `gradient`. Both are nodes where nodes are given."""
        given = self._arguments.taken_apart(xs)
        kinds = set(map(type, given))
        if _belong_to_a_graph(kinds):
            return value_and_grad(self, self._chosen)(*xs)
        if np.ndarray in kinds and has_lanes(self._arguments, given):
            return self._in_lanes(given, gradient=True)
        path, both = self._found(given, self._with_gradient, kinds)
        outputs, found = both  # the path was found by what it gave
        return _filled(path.result, outputs), self._like_arguments(path, found)

    def _found(self, given: list[Any], run: Callable[[Path, Sequence[Any]], Any], kinds: set[type]) -> tuple[Path, Any]:
        """The path whose branches these leaves take, recorded now if there is none, and what it gives."""
        self._arguments.demand_settings(given)
        inputs, key = (given, ()) if kinds == _FLOATS else self._arguments.inputs(given)
        for path in self._paths.get(key, ()):
            found = run(path, [*inputs, *path.captured(given)])
            if found is not None:
                return path, found
        path = self._recordings.add(given)
        return path, run(path, [*inputs, *path.captured(given)])

    def to(self, executor: str, *, straight: bool = False) -> Program:
        """This program, with the same recordings, run by one executor.

        "python" takes floats; "numpy" takes arrays, of numbers in lanes; "native" takes both, with Numba, in a loop
        that was compiled once for all programs, or with `straight` in machine code made for this one: faster still for
        a small program that runs often, for some 30 µs an operation at the first call. ArgumentError names the
        executors there are for such a program; MissingExtra is raised without Numba.
        """
        fitting = {"python": "python", "numpy": "numpy", "native": "native"}
        if self._kind == "arrays":
            fitting = {"numpy": self._kind}
        if executor not in fitting:
            raise ArgumentError(f"{self.name} can be run by {' or '.join(fitting)}, not by {executor!r}")
        if straight and executor != "native":
            raise ArgumentError(f'straight=True asks for machine code, which is made by "native", not by {executor!r}')
        kind = fitting[executor]
        if kind == "native":
            numba()
            kind = STRAIGHT if straight else kind
        bound = Program.__new__(Program)
        vars(bound).update(vars(self), _kind=kind, _lanes=None if kind == "python" else kind)
        return bound

    def _in_lanes(self, given: list[Any], gradient: bool) -> tuple[Any, tuple[Any, ...]]:
        """The value, and the gradient of its sum over the lanes where it is asked for."""
        used = self._recordings.first.leaves
        if used and (recording := current_mode().recording) is not None:
            recording.read(used[0], "the data")  # lanes give plain numbers
        self._arguments.demand_settings(given)
        if self._lanes is None:
            raise ArgumentError(
                f"{self.name} was bound to the executor python, which takes one number at a time: "
                'program.to("numpy") takes arrays of them, and so does "native"'
            )
        batch, paths = Batch(self._arguments, given, self.name), self._paths[()]
        if gradient:
            self._demand_differentiable(paths[0])

        def record(numbers: list[float]) -> Path:
            return self._recordings.add(self._arguments.with_inputs(given, numbers))

        outputs, found = Call(batch, paths, record, lambda path: path.captured(given), gradient, self._lanes).run()
        parts = _together([self._parts(path, each) for path, each in found]) if gradient else []
        return _filled(paths[0].result, outputs), self._arguments.put_together(parts, self._chosen) if gradient else ()

    def _on_nodes(self, given: list[Any]) -> Any:
        """The recorded instructions as nodes of a graph, parameters and variables from outside among its leaves."""
        arguments = self._arguments
        arguments.demand_settings(given)
        inputs, key = arguments.inputs(given)
        known = self._paths.get(key, ())
        path = next((path for path in known if path.holds([*inputs, *path.captured(given)])), None)
        path = path or self._recordings.add(arguments.with_inputs(given, inputs))
        live = [given[i] if isinstance(given[i], Node) else x for i, x in zip(arguments.live, inputs, strict=True)]
        # The path is known. Where a graph is recorded, what it was decided by is part of that recording.
        listing = path.listing if current_mode().recording is not None else replace(path.listing, guards=[])
        numbers = careful.replayed(listing, [*live, *path.nodes(given)])
        assert numbers is not None
        return _filled(path.result, [numbers[place] for place in listing.outputs])

    def _with_gradient(self, path: Path, inputs: Sequence[Any]) -> Any:
        if path.has_gradient:
            return path.executor(self._kind).value_and_gradient(inputs)
        self._demand_differentiable(path)
        outputs = path.executor(self._kind).value(inputs)  # toward nothing that it uses
        return None if outputs is None else (outputs, ())

    def _demand_differentiable(self, path: Path) -> None:
        if not path.differentiable:
            result = path.result
            held = f"a {type(result).__name__} of {len(result)}" if isinstance(result, (list, tuple, dict)) else "more"
            raise shape_error(self.name, held)

    def _like_arguments(self, path: Path, found: Sequence[Any]) -> tuple[Any, ...]:
        """Derivatives in the form of the arguments they belong to."""
        if self._arguments.all_numbers and len(found) == len(self._arguments.leaves):
            return self._arguments.put_together(found, self._chosen)
        return self._arguments.put_together(self._parts(path, found), self._chosen)

    def _parts(self, path: Path, found: Sequence[Any]) -> list[Any]:
        """Derivatives at the leaves they belong to."""
        parts: list[Any] = [None] * len(self._arguments.leaves)
        for i, zeros in path.zeros.items():  # of parameters that the function does not use
            parts[i] = {name: copy(zero) for name, zero in zeros.items()}
        places = [i for i, place in enumerate(path.listing.gradients) if place is not None]
        for i, g in zip(places, found, strict=True):
            if i < len(self._arguments.live):
                parts[self._arguments.live[i]] = g
                continue
            owner = path.owners[i - len(self._arguments.live)]
            assert owner is not None
            parts[owner[0]][owner[1]] = g
        return parts

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def __name__(self) -> str:
        """The function's own."""
        return self.name

    @property
    def listing(self) -> Listing:
        """The recorded instructions, along the branches that the example took."""
        return self._recordings.first.listing

    @property
    def paths(self) -> tuple[Listing, ...]:
        """One listing for every path through the function's branches that has been recorded."""
        return tuple(path.listing for known in self._paths.values() for path in known)

    def graph(self, *xs: Any) -> Node:
        """The root of the recorded graph as nodes, at these arguments or the example's, to be drawn and walked."""
        given = self._arguments.taken_apart(xs) if xs else self._arguments.leaves
        root = self._on_nodes(self._arguments.on_fresh_leaves(given))
        if not isinstance(root, Node):
            raise OperandError(f"{self.name} gave {type(root).__name__}, and a graph is drawn from one root")
        return root

    def source(self) -> str:
        """A page of Python that a student can read and that runs on its own: forward, then backward, line by line.

        Bound to "numpy" it is that of lanes: every argument has one number a lane, and what else is used is the same in
        all of them.
        """
        path, title = self._recordings.first, f"{self.name}, and its derivatives by the chain rule."
        if self._kind == "arrays":
            example = self._arguments.leaves
            inputs = [*self._arguments.inputs(example)[0], *path.captured(example)]
            return tensor_source(path.short, as_arrays(inputs), title)
        if self._kind == "numpy":
            lanes = [place < len(self._arguments.live) for place in range(len(path.short.inputs))]
            return str(path.executor("numpy").compiled(lanes, path.differentiable).source)
        return source(path.short, title)

    def explain(self) -> str:
        """What each pass of simplification removed from the recorded instructions."""
        recorded, (short, removed) = self.listing, simplified(self.listing)
        lines = [
            f"{len(recorded.instructions)} instructions recorded",
            *(f"{n:>6} by {name}" for name, n in removed.items()),
        ]
        if recorded is short:
            lines.append(f"       not simplified: it has more than {LARGEST:,}, and running them is soon done")
        reason = getattr(self._recordings.first.executor(self._kind), "reason", None)
        how = f" {reason}" if reason else ""
        return "\n".join([*lines, f"{len(short.instructions)} instructions run{how}"])

    def __str__(self) -> str:
        return str(self.listing)

    def __repr__(self) -> str:
        listing = self.listing
        backward = len(listing.instructions) - listing.forward
        paths = f", {len(self.paths)} paths" if len(self.paths) > 1 else ""
        return f"<program {self.name}: {listing.forward} instructions forward, {backward} backward{paths}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Program):
            return NotImplemented
        forms, others = ([path.result for known in p._paths.values() for path in known] for p in (self, other))
        return self.paths == other.paths and forms == others

    def __hash__(self) -> int:
        return hash(tuple(self.listing.inputs))  # the first recording stays, others are added

    def __copy__(self) -> Program:
        return self  # as a function is its own copy

    def __deepcopy__(self, memo: dict[int, Any]) -> Program:
        return self


_FLOATS = {float}


def _belong_to_a_graph(kinds: Collection[type]) -> bool:
    """Whether there are nodes among arguments of these kinds, or all that is computed now becomes part of a graph."""
    if current_mode().recording is not None:
        return True
    return kinds != _FLOATS and any(issubclass(kind, Node) for kind in kinds)


def _together(parts: Sequence[Any]) -> Any:
    """The derivatives of several paths as one: those in lanes have been put in one array, those of all are summed.

    The sum is rounded once, so that it does not depend on which path was recorded first.
    """
    first = parts[0]
    if isinstance(first, list):
        return [_together(each) for each in zip(*parts, strict=True)]
    if isinstance(first, dict):
        return {name: _together([part[name] for part in parts]) for name in first}
    if first is None or isinstance(first, np.ndarray) or len(parts) == 1:
        return first
    try:
        return math.fsum(parts)
    except (OverflowError, ValueError):  # there are infinities among them
        return sum(parts)


def _filled(result: Any, outputs: Sequence[Any]) -> Any:
    return outputs[0] if not isinstance(result, (list, tuple, dict)) else rebuilt(result, iter(outputs))
