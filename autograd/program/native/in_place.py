"""In place: a native program that reads its numbers from one array and writes its results into another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd.program.native.executors import Native

Array = NDArray[np.float64]


class OnBuffers(NamedTuple):
    """A program on two arrays of float64 that stay: `run()` computes `results` from what `inputs` holds by then.

    The inputs are called `names`: the numbers of the arguments from left to right, then those of parameters and of
    variables used unasked. `value` and `gradient` are the two parts of the results, the latter one derivative for each
    input that is differentiated toward. `run` allocates nothing, and gives False where a branch goes another way than
    that which was recorded: then the results are not those of the function, and calling the program records it.
    """

    names: tuple[str, ...]
    inputs: Array
    results: Array
    value: Array
    gradient: Array
    run: Callable[[], bool]


def on_buffers(executor: Native, inputs: Sequence[float], gradient: bool) -> OnBuffers:
    """A path of a native program on buffers, the inputs filled with these numbers."""
    listing = executor.listing
    outputs, derivatives = len(listing.outputs), sum(place is not None for place in listing.gradients)
    numbers = np.array(inputs, np.float64)
    results = np.zeros(outputs + derivatives if gradient else outputs)
    run = partial(executor.call, numbers, results)
    return OnBuffers(tuple(listing.inputs), numbers, results, results[:outputs], results[outputs:], run)
