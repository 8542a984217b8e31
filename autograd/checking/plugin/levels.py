"""Levels: how hard gradients are looked at, from a moment's look to a search over night."""

from __future__ import annotations

from typing import NamedTuple


class Level(NamedTuple):
    """What one level means: for a check, for a property test of Hypothesis, and for `check_op`."""

    order: int  # derivatives that are checked: 2 for the gradient of the gradient too
    forward: bool  # whether forward mode is checked beside reverse mode
    directions: int  # random ones, for an input that is too large to be looked at entry by entry
    examples: int  # that Hypothesis tries
    programs: int  # that an op of one's own is put into


LEVELS = {
    "quick": Level(order=1, forward=False, directions=2, examples=20, programs=20),
    "standard": Level(order=1, forward=True, directions=4, examples=100, programs=60),
    "thorough": Level(order=2, forward=True, directions=16, examples=1000, programs=300),
}
DEFAULT = "standard"
