"""Elementwise calls over large arrays are made block by block, and give what they give in one go, to the last bit."""

import numpy as np
import pytest

import autograd
from autograd import record
from autograd.program.simplifying.passes import simplified
from autograd.program.tensors import chains
from autograd.program.tensors.calls import Calls
from autograd.program.tensors.fusions import Fused
from autograd.program.tensors.page import RunningPage

SIZES = [(1, 1), (7, 3), (40, 5), (3, 64)]
ONE_BY_ONE = [autograd.tanh, autograd.exp, autograd.sigmoid, abs, lambda a: -a, lambda a: a * 1.5 - 0.25]
TWO_BY_TWO = [lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a - 0.5 * b, autograd.maximum]


@pytest.fixture
def small_blocks(monkeypatch):
    """Every chain is made in blocks, of a row or a few."""
    monkeypatch.setattr(chains, "LARGE", 0)
    monkeypatch.setattr(chains, "BLOCK", 600)


def page_of(f, *inputs):
    listing = simplified(record(f, *inputs).listing)[0]
    return RunningPage(Fused(Calls(listing, inputs, gradient=True)), listing.inputs)


def ran(page, *inputs):
    """What a page gives the second time, in arrays that are full."""
    with np.errstate(all="ignore"):
        page.run(*inputs)
        return [np.array(a) for part in page.run(*inputs) for a in part]


def random_function(rng):
    """A function of a matrix and a row: entry by entry, with transposes, products and sums of rows in between."""
    steps = [(rng.integers(5), rng.integers(6), rng.integers(4), rng.integers(100)) for _ in range(12)]

    def f(a, row):
        known = [a, a + row]
        for kind, one, two, place in steps:
            x, y = known[place % len(known)], known[-1]
            if kind == 0:
                known.append((ONE_BY_ONE[one](x.T) * y.T).T)
            elif kind == 1:
                known.append(autograd.tanh(x @ x.T @ y * 0.01))
            elif kind == 2:
                known.append(x - autograd.max(y, axis=1, keepdims=True))
            else:
                known.append(TWO_BY_TWO[two](ONE_BY_ONE[one](autograd.clip(x, -2.0, 2.0)), y * row))
        return autograd.sum(autograd.tanh(known[-1]) + known[-2])

    return f


@pytest.mark.parametrize("number", range(24))
def test_random_programs_give_the_same_in_blocks_and_in_one_go(number, monkeypatch):
    rng = np.random.default_rng(number)
    shape = SIZES[number % len(SIZES)]
    f, inputs = random_function(rng), (rng.normal(size=shape), rng.normal(size=shape[1]))
    if number % 3 == 0:  # the caller's array need not lie in rows
        inputs = (np.asfortranarray(inputs[0]), inputs[1])
    expected = ran(page_of(f, *inputs), *inputs)
    monkeypatch.setattr(chains, "LARGE", 0)
    monkeypatch.setattr(chains, "BLOCK", 600)
    for found, whole in zip(ran(page_of(f, *inputs), *inputs), expected, strict=True):
        np.testing.assert_array_equal(found, whole)


def test_a_chain_is_one_loop_over_blocks(small_blocks):
    a = np.ones((100, 20))
    text = page_of(lambda a: autograd.sum(autograd.tanh(a * 2.0) * autograd.exp(a)), a).text
    assert text.count("for ") == 2  # forward and backward, the sum between them
    assert "np.tanh(b" in text


def test_what_fits_into_the_cache_is_made_in_one_go():
    def f(a):
        return autograd.sum(autograd.tanh(a * 2.0) * autograd.exp(a))

    assert "for " not in page_of(f, np.ones((100, 20))).text
    assert "for " in page_of(f, np.ones((2000, 600))).text


def test_what_a_call_needs_whole_ends_a_chain(small_blocks):
    def f(a):
        b = autograd.exp(a)
        return autograd.sum(b[::-1] * b + autograd.tanh(b.T).T)

    a = np.random.default_rng(0).normal(size=(30, 30))
    with np.errstate(all="ignore"):
        exact = np.exp(a)[::-1] * np.exp(a) + np.tanh(np.exp(a))
    page = page_of(f, a)
    assert ran(page, a)[0] == exact.sum()
