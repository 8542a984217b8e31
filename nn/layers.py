"""Layers of Tensors: what has weights, and what stands between such layers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import autograd
from autograd import Tensor, array_ops
from autograd.errors import ArgumentError, OperandError, ShapeError
from nn.arguments import at_least_one, float_type, rate
from nn.initializers import Initializer, initializer, zeros
from nn.inputs import array_or_node, tensor_like
from nn.module import Module
from nn.randomness import Randomness, generator_from


class Linear(Module):
    """z = x Wᵀ + b over the last axis: `weight` W is (out_features, in_features), `bias` b is (out_features,).

    Inputs have the shape (…, in_features) and outputs (…, out_features). Plain data, also whole numbers and lists, are
    cast to `dtype`, float32 or float64; a Tensor keeps its own, and mixed dtypes promote as in NumPy.

    `init` names one of `nn.initializers.INITIALIZERS`, or is such a function; by default weights start as those of a
    Neuron, uniform with variance 1/in_features. The bias starts at 0; `bias=False` leaves it out.

    >>> layer = Linear(2, 3, rng=0)
    >>> layer([[1.0, 2.0]]).shape
    (1, 3)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        dtype: DTypeLike = np.float32,
        rng: Randomness = None,
        bias: bool = True,
        init: str | Initializer = "lecun_uniform",
    ) -> None:
        if not isinstance(bias, (bool, np.bool_)):
            raise ArgumentError(f"Linear: bias is True or False, got {bias!r}")
        self.in_features = at_least_one(in_features, "Linear", "in_features")
        self.out_features = at_least_one(out_features, "Linear", "out_features")
        kind = float_type(dtype, "Linear")
        self.weight = _started((self.out_features, self.in_features), kind, rng, init)
        self.bias = Tensor(zeros((self.out_features,), kind)) if bias else None

    def forward(self, x: Any) -> Tensor:
        """Raises ShapeError where the last size is not in_features, OperandError where x holds no numbers."""
        x = _fitting(x, self.weight, self)
        if self.bias is None:
            return array_ops.matmul(x, array_ops.transpose(self.weight))
        return array_ops.linear(x, self.weight, self.bias)

    def __repr__(self) -> str:
        bias = "" if self.bias is not None else ", bias=False"
        return f"{type(self).__name__}({self.in_features}, {self.out_features}{bias})"


class Maxout(Module):
    """maxₖ (wₖᵀx + bₖ) for each output, over K linear pieces with weights of their own (textbook, 4.2).

    Shapes and dtypes are those of Linear. Rows iK to iK + K − 1 of `weight`, of shape (out_features · K, in_features),
    and of `bias` are the pieces of output i. The derivative goes to the winner; winners that are equal share it.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        pieces: int = 2,
        dtype: DTypeLike = np.float32,
        rng: Randomness = None,
        init: str | Initializer = "lecun_uniform",
    ) -> None:
        self.in_features = at_least_one(in_features, "Maxout", "in_features")
        self.out_features = at_least_one(out_features, "Maxout", "out_features")
        self.pieces = at_least_one(pieces, "Maxout", "pieces")
        rows, kind = self.out_features * self.pieces, float_type(dtype, "Maxout")
        self.weight = _started((rows, self.in_features), kind, rng, init)
        self.bias = Tensor(zeros((rows,), kind))

    def forward(self, x: Any) -> Tensor:
        """Raises ShapeError where the last size is not in_features, OperandError where x holds no numbers."""
        x = _fitting(x, self.weight, self)
        z = array_ops.linear(x, self.weight, self.bias)
        return autograd.maxout(z.reshape(*x.shape[:-1], self.out_features, self.pieces))

    def __repr__(self) -> str:
        return f"Maxout({self.in_features}, {self.out_features}, pieces={self.pieces})"


class PReLU(Module):
    """max(0, x) + γ · min(0, x) with γ learned, one for all entries or one for each place along the last axis.

    `weight` holds the slopes γ, as in PyTorch, in an array of shape (num_parameters,); they start at `init`.
    ∂/∂γ = min(0, x), and the derivative by x at 0 is γ (textbook, Table 4.2).
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, dtype: DTypeLike = np.float32) -> None:
        start, kind = rate(init, "PReLU", "init"), float_type(dtype, "PReLU")
        self.weight = Tensor(np.full(at_least_one(num_parameters, "PReLU", "num_parameters"), start, kind))

    def forward(self, x: Any) -> Tensor:
        """Raises ShapeError where there are several slopes and the last size is another."""
        if self.weight.size > 1:
            return autograd.prelu(_fitting(x, self.weight, self), self.weight)
        x = tensor_like(self.weight, x, self)
        return autograd.prelu(x, self.weight if x.ndim else self.weight.reshape(()))

    def __repr__(self) -> str:
        return f"PReLU({self.weight.size})"


class Flatten(Module):
    """Every sample's entries in one row: inputs of shape (n, a, b, …) become (n, a·b·…)."""

    def forward(self, x: Any) -> Any:
        """A Tensor of a Tensor, an array of an array; ShapeError where there is no first axis to keep."""
        x = x if isinstance(x, Tensor) else array_or_node(x, self)
        shape = getattr(x, "shape", ())
        if not shape:
            raise ShapeError("Flatten keeps the first axis, that of the samples, and one number has none")
        return x if len(shape) <= 2 else x.reshape(shape[0], math.prod(shape[1:]))

    def __repr__(self) -> str:
        return "Flatten()"


class Dropout(Module):
    """In training mode each entry is 0 with probability p and otherwise divided by 1 − p, so that its mean stays.

    In evaluation mode, which `eval()` sets, inputs pass unchanged. The mask is a constant, drawn at every call from
    `rng`, whose state is part of what a run needs to go on from where it stopped.
    """

    def __init__(self, p: float = 0.5, rng: Randomness = None) -> None:
        self.p = rate(p, "Dropout", "p", below=1.0)
        self.rng = generator_from(rng)

    def forward(self, x: Any) -> Any:
        """A Tensor of a Tensor, an array of an array, of the same dtype; OperandError on a Value."""
        x = x if isinstance(x, Tensor) else array_or_node(x, self)
        if not hasattr(x, "shape"):
            raise OperandError(f"{self!r} works on Tensors and arrays, not on a Value")
        if not self.training or self.p == 0.0:
            return x
        stays = self.rng.random(x.shape, dtype=np.float32) >= self.p
        return x * (stays * (1.0 / (1.0 - self.p))).astype(x.dtype)

    def __repr__(self) -> str:
        return f"Dropout({self.p:g})"


def _started(shape: tuple[int, int], dtype: DTypeLike, rng: Randomness, init: str | Initializer) -> Tensor:
    """A weight of this shape and dtype, whatever dtype a function of the user's own gives."""
    weight = Tensor(zeros(shape, dtype))
    numbers = initializer(init)(shape, dtype, rng)
    if np.shape(numbers) != shape:
        raise ShapeError(f"the initializer {init!r} was asked for shape {shape} and gave {np.shape(numbers)}")
    weight.data = numbers
    return weight


def _fitting(x: Any, weight: Tensor, module: Module) -> Tensor:
    """The inputs as a Tensor whose last size is that of the weight."""
    x = tensor_like(weight, x, module)
    if x.shape[-1:] != weight.shape[-1:]:
        raise ShapeError(f"{module!r}: expected inputs of shape (…, {weight.shape[-1]}), got {x.shape}")
    return x
