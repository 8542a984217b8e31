"""Engines with a fault: functions put in the place of the engine's own while a check runs."""

import sys
from contextlib import ExitStack, contextmanager
from unittest import mock

import numpy as np

from autograd import array_ops, arrays, backward
from autograd.graph import ancestry


def walk_back_dropping(root, seed=None, *, create_graph=False, in_place=False):
    """The walk, but a node that is used twice hears of the last use alone."""
    adjoints = {root: root.seed(seed)}
    for node in reversed(ancestry(root, differentiable=True)):
        adjoint = adjoints.pop(node, None)
        if adjoint is None:
            continue
        yield node, adjoint
        for parent, share in node.shares(adjoint, create_graph, None):
            adjoints[parent] = share


def fitted_without_sum(share, shape, dtype, op):
    """A share in the shape of its parent: of what broadcasting stretched, the first is taken and the rest lost."""
    beyond = len(share.shape) - len(shape)
    if beyond > 0:
        share = array_ops.getitem(share, index=(0,) * beyond)
    stretched = tuple(slice(0, 1) if size == 1 else slice(None) for size in shape)
    share = array_ops.getitem(share, index=stretched) if shape else share
    return share if share.dtype == dtype else array_ops.astype(share, dtype=np.dtype(dtype))


@contextmanager
def in_place_of(original, replacement):
    """Inside, every module of the library that knows the original knows the replacement under its name."""
    with ExitStack() as stack:
        for name, module in list(sys.modules.items()):
            if name.split(".")[0] == "autograd" and vars(module).get(original.__name__) is original:
                stack.enter_context(mock.patch.object(module, original.__name__, replacement))
        yield


def dropping_accumulation():
    return in_place_of(backward.walk_back, walk_back_dropping)


def not_summing_broadcast():
    return in_place_of(arrays.fitted, fitted_without_sum)
