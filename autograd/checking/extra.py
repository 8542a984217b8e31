"""The package Hypothesis, an extra: imported where programs are drawn, so that nobody else pays for it."""

from __future__ import annotations

from types import ModuleType

from autograd.errors import MissingExtra


def hypothesis(caller: str) -> ModuleType:
    """The package Hypothesis; MissingExtra without it, naming the caller."""
    try:
        import hypothesis as package
    except ImportError:
        raise MissingExtra(f'{caller} needs hypothesis: pip install "glassgrad[checking]"') from None
    return package
