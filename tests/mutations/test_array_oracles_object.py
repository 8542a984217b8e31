"""For every row of the array table: the oracles of the tests object as soon as its pull-back is broken.

What is broken is the pull-back alone: a new op has the row's function and shares that lie about one thing. A new row is
tested by being in the table, with a sample call in array_samples.py.
"""

from functools import cache

import numpy as np
import pytest
from array_oracles import Draw, estimates
from array_samples import OPS

from autograd import Tensor, array_op
from autograd.array_ops import ARRAY_TABLE
from mutations.damages import DAMAGES, OF_ENTRIES, OF_SEVERAL_SHARES, broken

ROWS = [op for op in ARRAY_TABLE.values() if op.pull_back is not None]
BREAKS = {**DAMAGES, **OF_SEVERAL_SHARES, **OF_ENTRIES}
CHANGING_NOTHING = {*OF_SEVERAL_SHARES, *OF_ENTRIES}  # in some rows: a sum has one operand, and nothing to transpose


@cache
def judged(op):
    """Sample calls, each with a seed and what the oracle finds for every operand."""
    sampler, reference = OPS[op.name]
    found = []
    for number in range(60):
        draw = Draw(op.name, number)
        sample = sampler(draw)
        by_numpy = lambda *arrays, call=sample.call: call(reference, *arrays)  # noqa: E731
        seed = draw.seed(np.shape(by_numpy(*sample.operands)))
        found.append((sample, seed, estimates(by_numpy, sample.operands, seed, analytic=sample.analytic)))
    return found


def gradients_of(op, sample, seed):
    tensors = [Tensor(a) for a in sample.operands]
    sample.call(op, *tensors).backward(seed)
    return [t.grad for t in tensors]


def verdicts(op, tested):
    said = []
    with np.errstate(all="ignore"):
        for sample, seed, wanted in judged(op):
            for estimate, found in zip(wanted, gradients_of(tested, sample, seed), strict=True):
                said += estimate.objections(found)
    return said


def differs_somewhere(op, damage):
    """Whether the damage shows: the shares of a sum are not swapped, for there is only one."""
    wrong = broken(op, damage)
    return any(
        not np.array_equal(share, other)
        for sample, seed, _ in judged(op)
        for share, other in zip(gradients_of(op, sample, seed), gradients_of(wrong, sample, seed), strict=True)
    )


@pytest.mark.parametrize("op", ROWS, ids=lambda op: op.name)
def test_the_oracles_accept_the_pull_back_of(op):
    assert verdicts(op, op) == []
    assert verdicts(op, broken(op, list)) == []  # taken apart and put together again


@pytest.mark.parametrize("name", BREAKS)
@pytest.mark.parametrize("op", ROWS, ids=lambda op: op.name)
def test_the_oracles_object_to_a_broken_pull_back_of(op, name):
    said = verdicts(op, broken(op, BREAKS[name]))
    assert said or (name in CHANGING_NOTHING and not differs_somewhere(op, BREAKS[name]))


def test_the_oracles_object_when_a_place_named_twice_is_not_added_up():
    def forgetful(g, y, a, *places, index):
        share = np.zeros(a.shape)
        share[index] = g
        return (share,)

    getitem = ARRAY_TABLE["getitem"]
    assert verdicts(getitem, array_op("getitem", getitem.function, forgetful)) != []


def test_the_oracles_object_when_ties_or_winners_are_shared_by_all():
    op = ARRAY_TABLE["max"]

    def shared_by_all(g, y, a, axis=None, keepdims=False):
        (share,) = op.pull_back(g, y, a, axis=axis, keepdims=keepdims)
        return (0.5 * share + 0.5 * share[::-1] if share.ndim else share,)

    assert verdicts(op, array_op("max", op.function, shared_by_all)) != []
