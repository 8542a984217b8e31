"""Program: a function recorded once, as data that can be read, and run at the speed of the machine."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, OperandError
from autograd.graph import Node
from autograd.lifting import name_of, places_of, within
from autograd.modes import current_mode
from autograd.program import careful
from autograd.program.arguments import Arguments, shape_error
from autograd.program.keywords import by_position, demand_real, in_order
from autograd.program.lanes.calls import Batch, Call, has_lanes
from autograd.program.listing import Listing
from autograd.program.native.cache import numba
from autograd.program.native.in_place import OnBuffers, on_buffers
from autograd.program.path import ARRAYS, NATIVE_ARRAYS, STRAIGHT, Path
from autograd.program.recordings import Recordings
from autograd.program.reports import explanation, page
from autograd.program.shaping import filled, like_arguments, parts_of, together
from autograd.transforms import value_and_grad


def record(
    f: Callable[..., Any], /, *example: Any, argnums: int | Sequence[int] | None = None, **named: Any
) -> Program:
    """The program of f: its graph and the graph of its gradient, recorded at an example of its arguments.

    Arguments are numbers, arrays, Values, Tensors, models with parameters, and lists, tuples and dicts of them; what
    matters of the numbers is only which branches they take. They are given as to f, by position or by name, and a
    program takes them in the same order, or by name. The gradient is taken toward all of them, or toward `argnums`.
    Unrecordable or Detached names the line where something would be frozen that must not be.

    >>> from autograd import exp
    >>> program = record(lambda x, w, b: 1 / (exp(-(x * w + b)) + 1), 1.0, 0.0, 0.0)
    >>> program(1.0, 0.0, 0.0)
    0.5
    >>> program.gradient(1.0, 0.0, 0.0)
    (0.0, 0.25, 0.25)
    """
    return Program(*by_position(f, example, named), argnums)


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
        demand_real(self._arguments)
        count = len(example)
        self._chosen = tuple(range(count))
        if argnums is not None:
            self._chosen = within(places_of(argnums, self.name), count, self.name)
        self._lanes: str | None = "numpy"  # the executor of lanes
        self._recordings = Recordings(
            f, self._arguments, set(self._arguments.belong_to(self._chosen)), self.name, beside
        )
        self._paths = self._recordings.paths
        self._kind = ARRAYS if self._recordings.add(self._arguments.leaves).of_arrays else "python"

    # ── calling ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def __call__(self, /, *xs: Any, **named: Any) -> Any:
        """What the function gives, in its form: numbers or arrays; nodes where nodes are given.

        A program of numbers runs many lanes at once where it is given arrays of one common length in place of numbers:
        each of its outputs is an array of that length.
        """
        if named:
            xs = in_order(self._arguments.names, xs, named)
        given = self._arguments.taken_apart(xs)
        kinds = set(map(type, given))
        if _belong_to_a_graph(kinds):
            return self._on_nodes(given)
        if np.ndarray in kinds and has_lanes(self._arguments, given):
            return self._in_lanes(given, gradient=False)[0]
        path, outputs = self._found(given, lambda path, inputs: path.executor(self._kind).value(inputs), kinds)
        return filled(path.result, outputs)

    def gradient(self, /, *xs: Any, **named: Any) -> tuple[Any, ...]:
        """The gradient of the one number that the function gives: a tuple, one entry an input, in the input's form.

        The entry of a model is a dict of parameter names and derivatives. In lanes it is the gradient of the sum of
        the outputs over all lanes: an array toward an array of numbers, the sum over lanes toward what they share.
        """
        return self.value_and_gradient(*xs, **named)[1]

    def value_and_gradient(self, /, *xs: Any, **named: Any) -> tuple[Any, tuple[Any, ...]]:
        """The value and its gradient in one pass; see `gradient`. Both are nodes where nodes are given."""
        if named:
            xs = in_order(self._arguments.names, xs, named)
        given = self._arguments.taken_apart(xs)
        kinds = set(map(type, given))
        if _belong_to_a_graph(kinds):
            return value_and_grad(self, self._chosen)(*xs)
        if np.ndarray in kinds and has_lanes(self._arguments, given):
            return self._in_lanes(given, gradient=True)
        path, both = self._found(given, self._with_gradient, kinds)
        outputs, found = both  # the path was found by what it gave
        path.demand_as_frozen(given)
        return filled(path.result, outputs), like_arguments(self._arguments, self._chosen, path, found)

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
        a small program that runs often, for some 30 µs an operation at the first call. A program of arrays is compiled
        as a whole, in some seconds, and kept on disk. ArgumentError names the executors there are for such a program;
        MissingExtra is raised without Numba.
        """
        fitting = {"python": "python", "numpy": "numpy", "native": "native"}
        of_arrays = self._kind in (ARRAYS, NATIVE_ARRAYS)
        if of_arrays:
            fitting = {"numpy": ARRAYS, "native": NATIVE_ARRAYS}
        if executor not in fitting:
            why = ", for it works on arrays" if of_arrays else ""
            raise ArgumentError(f"{self.name} can be run by {' or '.join(fitting)}, not by {executor!r}{why}")
        if straight and executor != "native":
            raise ArgumentError(f'straight=True asks for machine code, which is made by "native", not by {executor!r}')
        kind = fitting[executor]
        if executor == "native":
            numba()
            kind = STRAIGHT if straight and not of_arrays else kind
        return self._with(_kind=kind, _lanes=None if kind == "python" else kind)

    def simplify(self, *, fuse: bool = False) -> Program:
        """This program, with its formulas in stable forms where `fuse` asks for them: log(1 + exp(x)) as softplus(x).

        Such a program gives the same up to a few roundings, and finite numbers and derivatives where the formulas
        overflow; `explain()` names the forms. What decides branches stays as it was written. What changes no bit,
        constants, exact algebra, common subexpressions and dead code, is simplified in every program.

        >>> from autograd import exp, log
        >>> record(lambda x: log(1 + exp(x)), 0.0).simplify(fuse=True).value_and_gradient(1000.0)
        (1000.0, (1.0,))
        """
        if not fuse:
            return self
        recordings = self._recordings.fused()
        return self._with(_recordings=recordings, _paths=recordings.paths)

    def _with(self, **parts: Any) -> Program:
        bound = Program.__new__(Program)
        vars(bound).update(vars(self), **parts)
        return bound

    def on_buffers(self, /, *xs: Any, gradient: bool = True, **named: Any) -> OnBuffers:
        """A native program on two arrays, one to write numbers into and one to read results from: no call is quicker.

        It takes the branches that these arguments take, or the example's; see `OnBuffers`. ArgumentError where the
        program is not native, or works on arrays.
        """
        if self._kind in (ARRAYS, NATIVE_ARRAYS):
            raise ArgumentError(f"{self.name} is a program of arrays, which has buffers of its own: call it as it is")
        if self._kind not in ("native", STRAIGHT):
            raise ArgumentError(f'{self.name} runs on buffers where it is native: program.to("native").on_buffers()')
        xs = in_order(self._arguments.names, xs, named) if xs or named else self._arguments.example
        given = self._arguments.taken_apart(xs)
        self._arguments.demand_settings(given)
        path, inputs = self._path_of(given)
        if gradient:
            self._demand_differentiable(path)
        return on_buffers(path.executor(self._kind), [*inputs, *path.captured(given)], gradient)

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
        for path, _ in found if gradient else ():
            path.demand_as_frozen(given)
        parts = together([parts_of(self._arguments, path, each) for path, each in found]) if gradient else []
        return filled(paths[0].result, outputs), self._arguments.put_together(parts, self._chosen) if gradient else ()

    def _on_nodes(self, given: list[Any]) -> Any:
        """The recorded instructions as nodes of a graph, parameters and variables from outside among its leaves."""
        arguments = self._arguments
        arguments.demand_settings(given)
        path, inputs = self._path_of(given)
        live = [given[i] if isinstance(given[i], Node) else x for i, x in zip(arguments.live, inputs, strict=True)]
        # The path is known. Where a graph is recorded, what it was decided by is part of that recording.
        listing = path.listing if current_mode().recording is not None else replace(path.listing, guards=[])
        numbers = careful.replayed(listing, [*live, *path.nodes(given)])
        assert numbers is not None
        return filled(path.result, [numbers[place] for place in listing.outputs])

    def _path_of(self, given: list[Any]) -> tuple[Path, list[Any]]:
        """The path whose branches these leaves take, recorded now if there is none, and their numbers."""
        inputs, key = self._arguments.inputs(given)
        for path in self._paths.get(key, ()):
            if path.holds([*inputs, *path.captured(given)]):
                return path, inputs
        return self._recordings.add(self._arguments.with_inputs(given, inputs)), inputs

    def _with_gradient(self, path: Path, inputs: Sequence[Any]) -> Any:
        if path.has_gradient:
            return path.executor(self._kind).value_and_gradient(inputs)
        self._demand_differentiable(path)
        outputs = path.executor(self._kind).value(inputs)  # toward nothing that it uses
        return None if outputs is None else (outputs, ())

    def _demand_differentiable(self, path: Path) -> None:
        if not path.differentiable:
            result = path.result
            held = f"an array of shape {path.listing.shape_at(path.listing.outputs[0])[0]}" if result is None else None
            held = held or f"a {type(result).__name__} of {len(result)}"
            raise shape_error(self.name, held)

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

    def graph(self, /, *xs: Any, **named: Any) -> Node:
        """The root of the recorded graph as nodes, at these arguments or the example's, to be drawn and walked."""
        if named:
            xs = in_order(self._arguments.names, xs, named)
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
        return page(self._recordings.first, self._arguments, self._kind, self.name)

    def explain(self) -> str:
        """What each pass of simplification removed from the recorded instructions, and the stable forms in them."""
        return explanation(self._recordings.first, self._kind)

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
