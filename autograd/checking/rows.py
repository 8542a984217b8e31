"""Row: one derivative that was compared."""

from __future__ import annotations

import math
from dataclasses import dataclass

from autograd.checking.verdicts import VERDICTS


@dataclass(frozen=True)
class Row:
    """One derivative: of which output, toward which entry of which input, in which mode, and what was found.

    `index` is () of a number and None of a random direction through many entries. `numeric` is nan and `bound` inf
    where nothing could be found. `cause` is what is suspected where the verdict is not "pass".
    """

    input: str
    index: tuple[int, ...] | None
    output: str
    mode: str
    analytic: float
    numeric: float
    bound: float
    verdict: str
    cause: str = ""

    @property
    def error(self) -> float:
        """|analytic − numeric|."""
        return abs(self.analytic - self.numeric)

    @property
    def ratio(self) -> float:
        """analytic / numeric; nan where that means nothing."""
        return self.analytic / self.numeric + 0.0 if self.numeric and math.isfinite(self.numeric) else math.nan

    @property
    def severity(self) -> tuple[int, float, float]:
        """What is sorted by: the verdict, then the error as so many bounds, then the error."""
        excess = self.error / self.bound if self.bound else (math.inf if self.error else 0.0)
        excess, error = (math.inf if math.isnan(x) else x for x in (excess, self.error))
        return VERDICTS.index(self.verdict), excess, error

    @property
    def priority(self) -> tuple[int, bool, float, float]:
        """The same for printing: an entry that can be named comes before a random direction."""
        verdict, excess, error = self.severity
        return verdict, self.index is not None, excess, error
