"""Data sets drawn at random: points of the plane in two or more classes, as many as asked for.

Row i is of class i modulo the number of classes, so classes differ by one row at most and every part of the rows is
balanced. The same seed gives the same points.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from autograd.errors import ArgumentError
from nn.arguments import at_least_one, rate
from nn.dataset import Dataset
from nn.randomness import Randomness, generator_from

_Floats: TypeAlias = NDArray[np.float64]


def moons(n: int = 200, noise: float = 0.1, seed: Randomness = None) -> Dataset:
    """Two half circles of radius 1 that reach into each other, (cos t, sin t) and (1 − cos t, 1/2 − sin t).

    t is uniform from 0 to π, and `noise` is the standard deviation of what is added to each coordinate.
    """
    y, rng = _labels("moons", n, 2), generator_from(seed)
    t = rng.uniform(0.0, np.pi, len(y))
    points = np.where(y == 0, [np.cos(t), np.sin(t)], [1.0 - np.cos(t), 0.5 - np.sin(t)])
    return _blurred("moons", points, y, noise, rng)


def circles(n: int = 200, noise: float = 0.05, factor: float = 0.5, seed: Randomness = None) -> Dataset:
    """A circle of radius 1, class 0, around one of radius `factor`, class 1: no line divides them.

    `factor` is less than 1, and `noise` is the standard deviation of what is added to each coordinate.
    """
    y, rng = _labels("circles", n, 2), generator_from(seed)
    t = rng.uniform(0.0, 2.0 * np.pi, len(y))
    radius = np.where(y == 0, 1.0, rate(factor, "circles", "factor", below=1.0))
    return _blurred("circles", radius * [np.cos(t), np.sin(t)], y, noise, rng)


def spirals(n: int = 1000, turns: float = 1.5, noise: float = 0.1, seed: Randomness = None) -> Dataset:
    """Two spiral arms, each winding `turns` times around the origin between the windings of the other.

    In polar coordinates an arm is r = 1/2 + 2 · turns · t at the angle 2π · turns · t, and half a turn further for
    class 1, with t uniform from 0 to 1. So the arms are about 1 apart everywhere, however often they turn; `noise`
    is the standard deviation of what is added to each coordinate.
    """
    y, rng = _labels("spirals", n, 2), generator_from(seed)
    winding = rate(turns, "spirals", "turns") * rng.uniform(0.0, 1.0, len(y))
    angle = 2.0 * np.pi * winding + np.pi * y
    return _blurred("spirals", (0.5 + 2.0 * winding) * [np.cos(angle), np.sin(angle)], y, noise, rng)


def gaussians(
    n: int = 300, centres: int | Sequence[Sequence[float]] = 3, spread: float = 1.0, seed: Randomness = None
) -> Dataset:
    """A round cloud of points for each class, normally distributed around its centre with deviation `spread`.

    `centres` holds a pair of coordinates for each class, or is the number of classes, whose centres are then even
    steps along a circle around the origin, neighbours 4 apart.
    """
    places = _centres(centres)
    y, rng = _labels("gaussians", n, len(places)), generator_from(seed)
    return _blurred("gaussians", places[y].T, y, spread, rng, what="spread")


def _labels(where: str, n: int, classes: int) -> NDArray[np.int64]:
    count = at_least_one(n, where, "n")
    if count < classes:
        raise ArgumentError(f"{where}: n must be at least {classes}, a row for each class, got {count}")
    return np.arange(count, dtype=np.int64) % classes


def _centres(centres: Any) -> _Floats:
    """The centres as an array of shape (classes, 2)."""
    if isinstance(centres, (int, np.integer)) and not isinstance(centres, bool) and centres >= 2:
        angle = 2.0 * np.pi * np.arange(centres) / centres
        return np.column_stack([np.cos(angle), np.sin(angle)]) * 2.0 / np.sin(np.pi / centres)
    try:
        places = np.asarray(centres, dtype=np.float64)
    except (TypeError, ValueError):
        places = np.empty(0)
    if places.ndim != 2 or places.shape[1] != 2 or len(places) < 2 or not np.isfinite(places).all():
        raise ArgumentError(
            "gaussians: centres must be a number of classes from 2 on, or at least 2 pairs of finite coordinates such "
            f"as [(0.0, 0.0), (3.0, 0.0)], got {centres!r}"
        )
    return places


def _blurred(
    name: str, points: _Floats, y: NDArray[np.int64], noise: float, rng: np.random.Generator, what: str = "noise"
) -> Dataset:
    """The data set of the points, of shape (2, n), moved at random by `noise` in each coordinate."""
    deviation = rate(noise, name, what)
    X = points.T + rng.normal(0.0, deviation, (len(y), 2))
    return Dataset(
        name=name,
        X=X,
        y=y,
        feature_names=["x1", "x2"],
        class_names=[str(label) for label in range(int(y.max()) + 1)],
        source=f"drawn at random by nn.data.{name} with {what} {deviation:g}",
    )
