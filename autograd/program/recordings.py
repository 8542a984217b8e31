"""Recordings: the paths through one function that have been recorded, and the function, to record others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any

from autograd.errors import ArgumentError, Unrecordable
from autograd.lifting import checked_output
from autograd.program.arguments import Arguments
from autograd.program.path import Path
from autograd.program.recording import recorded
from autograd.trees import leaves

MOST_PATHS = 64  # branches that a program holds, each a recording of its own


class Recordings:
    """Paths by the shapes of the arrays that they were recorded with; the first is the example's.

    Derivatives are taken toward the leaves of the arguments that are in `toward`: of the one output, and with `beside`
    of the first, beside which there may be others.
    """

    def __init__(
        self, f: Callable[..., Any], arguments: Arguments, toward: Collection[int], name: str, beside: bool = False
    ) -> None:
        self._f: Callable[..., Any] | None = f
        self._arguments, self._toward, self._name, self._beside = arguments, toward, name, beside
        self.paths: dict[Any, list[Path]] = {}
        self._fuses = False

    def fused(self) -> Recordings:
        """The same recordings, and those that are added, with their formulas in stable forms."""
        if self._fuses:
            return self
        recordings = Recordings.__new__(Recordings)
        paths = {key: [path.fused() for path in known] for key, known in self.paths.items()}
        vars(recordings).update(vars(self), paths=paths, _fuses=True)
        return recordings

    @property
    def first(self) -> Path:
        """The path of the example."""
        return next(iter(self.paths.values()))[0]

    def add(self, given: Sequence[Any]) -> Path:
        """Records the branches that these leaves take; Unrecordable where they are too many or the function is gone."""
        if self._f is None:
            raise Unrecordable(
                f"{self._name} takes a branch here that was not recorded before the program was pickled: "
                "record it again with an example of this kind"
            )
        arguments = self._arguments
        key = arguments.inputs(list(given))[1]
        known = self.paths.get(key, [])
        if len(known) == MOST_PATHS:
            raise Unrecordable(
                f"{self._name} has taken {MOST_PATHS} different paths through its branches, the last decided at "
                f"{known[-1].listing.guards[-1].line}: write branches on numbers with autograd.where or maximum"
            )
        owners = self._owners(given)
        made = recorded(
            partial(self._called, given),
            partial(arguments.fresh, given, self._toward),
            [arguments.paths[i] for i in arguments.live],
            [place for place, i in enumerate(arguments.live) if i in self._toward],
            self._name,
            {leaf: f"{arguments.paths[i]}_{name}" for leaf, (i, name) in owners.items()},
            {leaf for leaf, (i, _) in owners.items() if i in self._toward},
            beside=self._beside,
        )
        path = Path(made, given, owners, list(arguments.models), self._name)
        path = path.fused() if self._fuses else path
        self.paths.setdefault(key, []).append(path)
        return path

    def _owners(self, given: Sequence[Any]) -> dict[Any, tuple[int, str]]:
        """Of every parameter the place of its model among the leaves, and its name there."""
        owners: dict[Any, tuple[int, str]] = {}
        names = self._arguments.paths
        for i in self._arguments.models:
            for name, leaf in given[i].named_parameters():
                if leaf in owners:
                    raise ArgumentError(
                        f"{names[owners[leaf][0]]} and {names[i]} hold the same parameter {name}, whose derivative "
                        "belongs to one of them: give a model once, or a copy of it"
                    )
                owners[leaf] = (i, name)
        return owners

    def _called(self, given: Sequence[Any], inputs: Sequence[Any]) -> tuple[Any, list[Any]]:
        """The function on leaves in the places of numbers and arrays: what it gave, and the outputs in it."""
        assert self._f is not None
        every = range(len(self._arguments.names))
        result = self._f(*self._arguments.put_together(self._arguments.with_inputs(given, inputs), every))
        return result, [checked_output(x, name) for name, x in leaves(result, f"what {self._name} gave")]

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_f": None}  # a pickle holds what was recorded, and no code
