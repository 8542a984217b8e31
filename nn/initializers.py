"""Initialisers: how the weights of a layer start, so that signals keep their size from layer to layer.

A weight has the shape (outputs, inputs). With inputs of mean square m, a sum of n products with weights of mean 0 and
variance v has the variance n·v·m: v = 1/n keeps it, a smaller v makes the signals of a deep network die out layer by
layer, and a larger one makes them explode. The derivatives on the way back are sums over the outputs instead.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from autograd.errors import ArgumentError, ShapeError
from nn.arguments import at_least_one, float_type, rate
from nn.randomness import Randomness, generator_from

Shape: TypeAlias = Sequence[int]
Floats: TypeAlias = NDArray[np.floating[Any]]
Initializer: TypeAlias = Callable[[Shape, DTypeLike, Randomness], Floats]


def zeros(shape: Shape, dtype: DTypeLike = np.float32, rng: Randomness = None) -> Floats:
    """Every entry is 0: right for a bias, while neurons whose weights all start at 0 stay identical for ever.

    `rng` is taken so that every initialiser is called alike; nothing is drawn from it.
    """
    return np.zeros(_sizes(shape, "zeros"), float_type(dtype, "zeros"))


def uniform(shape: Shape, dtype: DTypeLike = np.float32, rng: Randomness = None, *, bound: float) -> Floats:
    """Uniform in ±bound, of variance bound²/3.

    As with all initialisers, the numbers in float32 are those in float64 from the same seed, rounded.
    """
    bound = rate(bound, "uniform", "bound")
    return _uniform(_sizes(shape, "uniform"), float_type(dtype, "uniform"), rng, bound)


def normal(shape: Shape, dtype: DTypeLike = np.float32, rng: Randomness = None, *, std: float) -> Floats:
    """Normal with mean 0 and variance std²."""
    std = rate(std, "normal", "std")
    return _normal(_sizes(shape, "normal"), float_type(dtype, "normal"), rng, std)


def xavier_uniform(shape: Shape, dtype: DTypeLike = np.float32, rng: Randomness = None) -> Floats:
    """Uniform in ±√(6/(inputs + outputs)), of variance 2/(inputs + outputs) (Glorot and Bengio 2010, equation 16)."""
    outputs, inputs = _fans(shape, "xavier_uniform")
    bound = math.sqrt(6.0 / (inputs + outputs))
    return _uniform((outputs, inputs), float_type(dtype, "xavier_uniform"), rng, bound)


def xavier_normal(shape: Shape, dtype: DTypeLike = np.float32, rng: Randomness = None) -> Floats:
    """Normal with variance 2/(inputs + outputs): between 1/inputs, which keeps the size of signals on the way
    forward, and 1/outputs, which keeps that of derivatives on the way back (Glorot and Bengio 2010, equation 12).
    """
    outputs, inputs = _fans(shape, "xavier_normal")
    std = math.sqrt(2.0 / (inputs + outputs))
    return _normal((outputs, inputs), float_type(dtype, "xavier_normal"), rng, std)


def he_uniform(shape: Shape, dtype: DTypeLike = np.float32, rng: Randomness = None) -> Floats:
    """Uniform in ±√(6/inputs), of variance 2/inputs: that of `he_normal`."""
    outputs, inputs = _fans(shape, "he_uniform")
    return _uniform((outputs, inputs), float_type(dtype, "he_uniform"), rng, math.sqrt(6.0 / inputs))


def he_normal(shape: Shape, dtype: DTypeLike = np.float32, rng: Randomness = None) -> Floats:
    """Normal with variance 2/inputs, for relu: it lets half of the mean square through, and the 2 makes up for it
    (He et al. 2015, equation 10).
    """
    outputs, inputs = _fans(shape, "he_normal")
    return _normal((outputs, inputs), float_type(dtype, "he_normal"), rng, math.sqrt(2.0 / inputs))


def lecun_uniform(shape: Shape, dtype: DTypeLike = np.float32, rng: Randomness = None) -> Floats:
    """Uniform in ±√(3/inputs), of variance 1/inputs: that of `lecun_normal`, and how a Neuron starts."""
    outputs, inputs = _fans(shape, "lecun_uniform")
    return _uniform((outputs, inputs), float_type(dtype, "lecun_uniform"), rng, math.sqrt(3.0 / inputs))


def lecun_normal(shape: Shape, dtype: DTypeLike = np.float32, rng: Randomness = None) -> Floats:
    """Normal with variance 1/inputs (LeCun et al. 1998, Efficient BackProp, equation 16)."""
    outputs, inputs = _fans(shape, "lecun_normal")
    return _normal((outputs, inputs), float_type(dtype, "lecun_normal"), rng, math.sqrt(1.0 / inputs))


# Those that need nothing but a shape; `uniform` and `normal` also need a width, which no name could give.
INITIALIZERS: dict[str, Initializer] = {
    "zeros": zeros,
    "xavier_uniform": xavier_uniform,
    "xavier_normal": xavier_normal,
    "he_uniform": he_uniform,
    "he_normal": he_normal,
    "lecun_uniform": lecun_uniform,
    "lecun_normal": lecun_normal,
}


def initializer(name_or_function: str | Initializer) -> Initializer:
    """The function of that name, or the function given; ArgumentError lists the allowed names."""
    if callable(name_or_function):
        return name_or_function
    if not isinstance(name_or_function, str) or name_or_function not in INITIALIZERS:
        raise ArgumentError(
            f"unknown initializer {name_or_function!r}: one of {', '.join(INITIALIZERS)}, or a function of shape, "
            "dtype and rng, such as functools.partial(normal, std=0.1)"
        )
    return INITIALIZERS[name_or_function]


def _uniform(shape: tuple[int, ...], dtype: np.dtype[Any], rng: Randomness, bound: float) -> Floats:
    return generator_from(rng).uniform(-bound, bound, shape).astype(dtype)


def _normal(shape: tuple[int, ...], dtype: np.dtype[Any], rng: Randomness, std: float) -> Floats:
    return generator_from(rng).normal(0.0, std, shape).astype(dtype)


def _fans(shape: Shape, where: str) -> tuple[int, int]:
    sizes = _sizes(shape, where)
    if len(sizes) != 2:
        raise ShapeError(
            f"{where} takes the shape (outputs, inputs) of a weight, got {sizes}. For a bias, zeros has no such needs."
        )
    return sizes[0], sizes[1]


def _sizes(shape: Shape, where: str) -> tuple[int, ...]:
    if isinstance(shape, (str, bytes)) or not isinstance(shape, Sequence):
        raise ArgumentError(f"{where}: shape must be a tuple of sizes, such as (outputs, inputs), got {shape!r}")
    return tuple(at_least_one(size, where, "every size") for size in shape)
