"""For every row of the array table: the oracles object as soon as its pull-back is broken.

What is broken is the pull-back alone: a new op has the row's function and shares that lie about one thing. A new row is
tested by being in the table, with a sample call in array_samples.py.
"""

from functools import cache

import numpy as np
import pytest
from array_oracles import Draw, estimates
from array_samples import OPS

from autograd import Tensor, array_op, elementwise
from autograd.array_ops import ARRAY_TABLE
from autograd.errors import ArgumentError, OperandError, RuleError
from autograd.op import Into

BREAKS = {
    "has the wrong sign": lambda shares: [-share for share in shares],
    "is a thousandth too large": lambda shares: [1.001 * share for share in shares],
    "is a thousandth too small": lambda shares: [0.999 * share for share in shares],
    "is twice too large": lambda shares: [2.0 * share for share in shares],
    "is zero": lambda shares: [0.0 * share for share in shares],
    "is off by a constant": lambda shares: [share + 0.01 for share in shares],
    "is not a number": lambda shares: [share * np.nan for share in shares],
    "forgets its first operand": lambda shares: [0.0 * shares[0], *shares[1:]],
    "forgets its last operand": lambda shares: [*shares[:-1], 0.0 * shares[-1]],
    "is turned round": lambda shares: [share.ravel()[::-1].reshape(share.shape) for share in shares],
    "is transposed": lambda shares: [share.T.reshape(share.shape) for share in shares],
    "has its operands swapped": lambda shares: [
        other if other.shape == share.shape else share for share, other in zip(shares, shares[::-1], strict=True)
    ],
    "forgets one entry": lambda shares: [share * (np.arange(share.size) > 0).reshape(share.shape) for share in shares],
    "is averaged": lambda shares: [0.0 * share + share.sum() / max(share.size, 1) for share in shares],
}
ROWS = [op for op in ARRAY_TABLE.values() if op.pull_back is not None]


def broken(op, damage):
    """The same op with shares that are wrong in one way; operands without a share stay without one."""

    def pull_back(g, y, *operands, **parameters):
        entries = list(op.pull_back(g, y, *operands, **parameters))
        for place, entry in enumerate(entries):
            taken = entry.function(None) if isinstance(entry, Into) else entry() if callable(entry) else entry
            entries[place] = taken
        wrong = iter(damage([np.asarray(entry) for entry in entries if entry is not None]))
        return tuple(None if entry is None else next(wrong) for entry in entries)

    return array_op(op.name, op.function, pull_back)


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


ALWAYS = ("has the wrong sign", "is a thousandth too large", "is zero", "is not a number")


@pytest.mark.parametrize("op", ROWS, ids=lambda op: op.name)
def test_the_oracles_accept_the_pull_back_of(op):
    assert verdicts(op, op) == []
    assert verdicts(op, broken(op, list)) == []  # taken apart and put together again


@pytest.mark.parametrize("name", BREAKS)
@pytest.mark.parametrize("op", ROWS, ids=lambda op: op.name)
def test_the_oracles_object_when_the_pull_back_of(op, name):
    assert verdicts(op, broken(op, BREAKS[name])) or not (name in ALWAYS or differs_somewhere(op, BREAKS[name]))


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


@pytest.mark.parametrize(
    ("share", "shape"),
    [(np.ones((4, 3)), (3, 4)), (np.ones(3), (3, 4)), (np.ones(12), (3, 4)), (np.ones((3, 2)), (3, 4))],
)
def test_a_share_that_no_broadcasting_explains_names_the_op_and_both_shapes(share, shape):
    op = array_op("mistaken", lambda a: a.sum(), lambda g, y, a: (share,))
    with pytest.raises(RuleError, match=rf"rule of mistaken .*\({', '.join(map(str, share.shape))},?\).*\(3, 4\)"):
        op(Tensor(np.ones(shape))).backward()


@pytest.mark.parametrize("returned", [None, [1.0], (1.0, 2.0), 1.0])
def test_a_pull_back_must_return_one_share_for_each_operand(returned):
    op = array_op("mistaken", lambda a: a.sum(), lambda g, y, a: returned)
    with pytest.raises(RuleError, match="mistaken must return a tuple of 1"):
        op(Tensor([1.0, 2.0])).backward()


@pytest.mark.parametrize("share", [1.0, "x", [1.0, 1.0]])
def test_a_share_that_is_no_array_names_the_op(share):
    op = array_op("mistaken", lambda a: a.sum(), lambda g, y, a: (share,))
    with pytest.raises(RuleError, match=r"rule of mistaken gave .* where a share of shape \(2,\)"):
        op(Tensor([1.0, 2.0])).backward()


@pytest.mark.parametrize("pull_back", [lambda g, a: (g,), lambda g, y, a, b: (g,), lambda: ()])
def test_a_pull_back_that_takes_other_arguments_says_which_it_should_take(pull_back):
    op = array_op("mistaken", lambda a: a.sum(), pull_back)
    with pytest.raises(RuleError, match="pull-back of mistaken must take the gradient g, the result y and then"):
        op(Tensor([1.0, 2.0])).backward()


def test_a_mistake_inside_a_pull_back_stays_what_it_is():
    op = array_op("mistaken", lambda a: a.sum(), lambda g, y, a: (g + None,))
    with pytest.raises(TypeError, match="NoneType"):
        op(Tensor([1.0, 2.0])).backward()


@pytest.mark.parametrize("derivative", [np.ones(17), "x"])
def test_a_derivative_that_does_not_fit_the_result_names_the_op(derivative):
    op = elementwise("mistaken", lambda a: a, lambda a: 1.0 * a, lambda y, a: (derivative,))
    with pytest.raises(RuleError, match=r"rule of mistaken gave .* where a derivative of shape \(3,\)"):
        op(Tensor([1.0, 2.0, 3.0])).sum().backward()


def test_a_function_that_gives_complex_numbers_is_refused():
    op = array_op("fourier", np.fft.fft, lambda g, y, a: (g,))
    with pytest.raises(OperandError, match="fourier must give an array of real numbers, and gave one of complex128"):
        op(Tensor([1.0, 2.0]))


@pytest.mark.parametrize("symbol", ["{a}", "{", "{0} {2}"])
def test_a_symbol_without_places_for_operands_is_refused_at_once(symbol):
    with pytest.raises(ArgumentError, match=r"one \{\} for each"):
        array_op("f", lambda a: a, None, symbol=symbol)


def test_an_array_op_is_written_by_its_symbol_where_that_has_a_place_for_each_operand():
    op = array_op("boxplus", lambda *arrays: arrays[0], None, symbol="{} ⊞ {}")
    assert [op.written("x"), op.written("x", "y"), op.written("x", "y", "z")] == [
        *("boxplus(x)", "x ⊞ y", "boxplus(x, y, z)"),
    ]


def test_a_users_own_ops_are_at_home_on_tensors():
    cube = elementwise("cube", lambda a: a * a * a, lambda a: a**3, lambda y, a: (3.0 * a * a,))
    double = array_op("double", lambda a, times: times * a, lambda g, y, a, times: (g * float(times),))
    x = Tensor([1.0, 2.0])
    y = double(cube(x), times=2)
    assert y.data.tolist() == [2.0, 16.0]
    y.sum().backward()
    assert x.grad.tolist() == [6.0, 24.0]
    assert y.parameters == {"times": 2}
