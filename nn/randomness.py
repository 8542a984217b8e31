"""Where random numbers come from: an explicit generator, never the global one."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np

from autograd.errors import ArgumentError

Randomness: TypeAlias = int | random.Random | np.random.Generator | None


@contextmanager
def generators_put_back(holders: Iterable[Any]) -> Iterator[None]:
    """Inside, generators that these objects hold may be drawn from; after it they are where they were before."""
    held = [item for holder in holders for item in vars(holder).values()]
    states = [(item, item.bit_generator.state) for item in held if isinstance(item, np.random.Generator)]
    try:
        yield
    finally:
        for generator, state in states:
            generator.bit_generator.state = state


def generator_from(source: Randomness) -> np.random.Generator:
    """A NumPy generator made from a seed, from a random.Random (which advances), or the generator given.

    None draws fresh entropy from the operating system. Global random state is neither read nor changed.
    """
    if isinstance(source, np.random.Generator):
        return source
    if source is None:
        return np.random.default_rng()
    if isinstance(source, random.Random):
        return np.random.default_rng(source.getrandbits(128))
    if isinstance(source, (int, np.integer)) and not isinstance(source, bool) and source >= 0:
        return np.random.default_rng(int(source))
    raise ArgumentError(
        f"randomness comes from a non-negative int, a random.Random, a numpy Generator or None, not from {source!r}"
    )
