"""Diagnosis: what `why_nan` found, as text and as fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from autograd.graph import Node
from autograd.modes import Site

CAME_IN, MADE_HERE, MASKED = "came in", "made here", "0 × inf on the way back"
SHOWN = 6  # further places that are written out


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Diagnosis:
    """The first value or derivative that is not finite; false, and without fields, where all are finite.

    `kind` is "came in" (a leaf held it), "made here" (an op made it of finite operands, in the value or, where
    `backward`, in the derivative) or "0 × inf on the way back" (such a product was taken as 0, and no where, max, relu
    or clip said that it should be). `node` is the op's, or the leaf, and `name`
    what every view calls it; `index` the first entry that is lost, and `count`
    how many are. `expression` is the smallest that fails likewise and `script` the same with its imports; both are ""
    where none of a few ops is found to.
    """

    kind: str = ""
    backward: bool = False
    node: Node | None = None
    name: str = ""
    first_use: Node | None = None
    index: tuple[int, ...] = ()
    count: int = 0
    op: str = ""
    operands: tuple[tuple[str, Any], ...] = ()
    site: Site | None = None
    sentence: str = ""
    reason: str = ""
    then: str = ""
    way_out: str = ""
    expression: str = ""
    script: str = ""
    further: tuple[str, ...] = ()
    looked_at: str = ""

    def __bool__(self) -> bool:
        return bool(self.kind)

    def __str__(self) -> str:
        if not self:
            return f"nothing to explain: {self.looked_at}"
        back = ", on the way back" if self.backward and self.kind == MADE_HERE else ""
        lines = [f"{self.kind}{back}: {self.sentence}"]
        parts = [
            ("node", self.name),
            ("why", self.reason),
            ("then", self.then),
            ("way out", self.way_out),
            ("smallest", self.script),
        ]
        for heading, text in parts:
            for place, line in enumerate(text.splitlines()):
                lines.append(f"  {heading if place == 0 else '':<9} {line}".rstrip())
        for place, sentence in enumerate(self.further[:SHOWN]):
            lines.append(f"  {'further' if place == 0 else '':<9} {sentence}")
        if len(self.further) > SHOWN:
            lines.append(f"  {'':<9} and {len(self.further) - SHOWN:,} more")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: the text."""
        return {"text/plain": str(self)}
