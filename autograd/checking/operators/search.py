"""Search: random programs until one fails, and shorter ones that fail in the same way."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from autograd.checking.extra import hypothesis
from autograd.checking.operators.routes import Fault, Options, fault_of
from autograd.checking.operators.target import Target
from autograd.checking.programs.expression import Expression

SHRINKING = 150  # programs that are run to make a failing one shorter


class Search:
    """Programs one after another, the first that fails, and shorter ones that fail in the same way."""

    def __init__(self, target: Target, options: Options, programs: int) -> None:
        self.target, self.options, self.programs = target, options, programs
        self.count = self.first = self.spent = 0
        self.verdicts = Counter[str]()
        self.known: dict[str, Fault | None] = {}
        self.kind = ""
        self.shortest: Fault | None = None

    def run(self, strategy: Any, seed: int) -> None:
        package = hypothesis("check_op")
        settings = package.settings(
            max_examples=self.programs, database=None, deadline=None, verbosity=package.Verbosity.quiet,
            phases=[package.Phase.generate, package.Phase.shrink], print_blob=False,
        )  # fmt: skip
        try:
            found = package.find(strategy, self.fails, settings=settings, random=random.Random(seed))
        except package.errors.NoSuchExample:
            return
        self.shortest = self.known[str(found)]

    def fails(self, program: Expression) -> bool:
        """Whether a program fails; once one has, whether it fails in the same way, as long as there is patience."""
        text = str(program)
        if text not in self.known:
            if self.first and self.spent >= SHRINKING:
                return False
            self.known[text], verdict = fault_of(self.target, program, self.options)
            self.spent += bool(self.first)
            self.count += not self.first
            if not self.first:
                self.verdicts[verdict] += 1
        fault = self.known[text]
        if fault is None or (self.kind and self._kind(fault) != self.kind):
            return False
        if not self.first:
            self.first, self.kind = self.count, self._kind(fault)
        return True

    @staticmethod
    def _kind(fault: Fault) -> str:
        return fault.verdict if fault.report is not None else fault.verdict + fault.cause
