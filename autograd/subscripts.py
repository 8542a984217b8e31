"""The letters of Einstein's summation, written out: one for every axis of every operand."""

from __future__ import annotations

import string
from collections.abc import Sequence

LETTERS = string.ascii_letters


def explicit_subscripts(subscripts: str, ranks: Sequence[int]) -> tuple[list[str], str]:
    """The letters of every operand and of the output, written out: no ellipsis, no implied output.

    Axes under an ellipsis are aligned from the right, as NumPy broadcasts them.
    """
    left, arrow, output = subscripts.replace(" ", "").partition("->")
    inputs = left.split(",")
    free = [letter for letter in LETTERS if letter not in subscripts]
    widths = [rank - len(letters.replace("...", "")) for letters, rank in zip(inputs, ranks, strict=True)]
    widest = max(width if "..." in letters else 0 for letters, width in zip(inputs, widths, strict=True))
    dots = "".join(free[:widest])
    written = [
        letters.replace("...", dots[widest - width :] if width else "")
        for letters, width in zip(inputs, widths, strict=True)
    ]
    if not arrow:
        once = sorted(letter for letter in set(left) - set(".,") if left.count(letter) == 1)
        output = "..." * ("..." in left) + "".join(once)
    return written, output.replace("...", dots)
