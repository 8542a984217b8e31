"""Profiles: Hypothesis settings for tests of gradients, one for each level, registered when Hypothesis is imported."""

from __future__ import annotations

import os
from typing import Any

from autograd.checking.plugin.levels import LEVELS, Level


def register() -> None:
    """Registers `gradcheck-quick`, `gradcheck-standard` and `gradcheck-thorough`, and loads none of them.

    Hypothesis calls it at its own import, by an entry point.
    """
    from hypothesis import settings

    for name, level in LEVELS.items():
        settings.register_profile(f"gradcheck-{name}", **arguments(level))


def arguments(level: Level) -> dict[str, Any]:
    """What is set for a level: the number of examples, no deadline, and the same examples every time where CI is set.

    A check takes longer the first time, when NumPy and the checker are imported: a deadline would call that flaky.
    """
    chosen = {"max_examples": level.examples, "deadline": None}
    repeated = {"derandomize": True, "database": None, "print_blob": True}
    return chosen | repeated if "CI" in os.environ else chosen
