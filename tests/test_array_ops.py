"""Every row of both tables and every function of arrays: NumPy's values, and the gradients that the oracles find.

A new op is tested by being in the table, and needs one line in array_samples.py: a random call and NumPy's function.
"""

import inspect

import numpy as np
import pytest
from array_oracles import COUNT, Draw, Estimate, estimates
from array_samples import FUNCTIONS, OPS, WITHOUT_A_DERIVATIVE, elementwise

from autograd import Tensor, array_functions, gradients
from autograd.array_ops import ARRAY_TABLE
from autograd.ops import TABLE

CASES = [pytest.param(ARRAY_TABLE.get(name), *OPS[name], id=f"op-{name}") for name in OPS]
CASES += [pytest.param(getattr(array_functions, name, None), *FUNCTIONS[name], id=name) for name in FUNCTIONS]
CASES += [pytest.param(op, elementwise(op), op.array_function, id=f"row-{op.name}") for op in TABLE.values() if op.rule]
EVERY_CASE = pytest.mark.parametrize(("function", "sampler", "reference"), CASES)

PUBLIC = [
    name
    for name, function in inspect.getmembers(array_functions, inspect.isfunction)
    if function.__module__ == array_functions.__name__ and not name.startswith("_")
]
ABOUT_ARGUMENTS = {"as_array", "checked_axis", "size_along"}


def samples(sampler, reference, count):
    """Random calls, each with NumPy's function as a function of the operands alone, and a seed."""
    for number in range(count):
        draw = Draw(getattr(reference, "__name__", "row"), number)
        sample = sampler(draw)
        by_numpy = lambda *arrays, call=sample.call: call(reference, *arrays)  # noqa: E731
        yield sample, by_numpy, draw.seed(np.shape(by_numpy(*sample.operands)))


def backward(function, sample, seed, dtype=np.float64):
    tensors = [Tensor(a.astype(dtype)) for a in sample.operands]
    y = sample.call(function, *tensors)
    y.backward(seed.astype(y.dtype))
    return y, tensors


def test_every_array_op_and_every_function_has_a_sample_call():
    assert {*OPS, *WITHOUT_A_DERIVATIVE} == set(ARRAY_TABLE)
    assert {*FUNCTIONS, *WITHOUT_A_DERIVATIVE} == set(PUBLIC) - ABOUT_ARGUMENTS


@pytest.mark.parametrize("name", ARRAY_TABLE)
def test_an_array_op_is_found_under_its_own_name(name):
    assert ARRAY_TABLE[name].name == name
    assert repr(ARRAY_TABLE[name]) == f"<op {name}>"
    assert (name in WITHOUT_A_DERIVATIVE) == (ARRAY_TABLE[name].pull_back is None)


@EVERY_CASE
def test_values_are_numpys_and_gradients_are_the_oracles(function, sampler, reference):
    for sample, by_numpy, seed in samples(sampler, reference, COUNT):
        y, tensors = backward(function, sample, seed)
        wanted = by_numpy(*sample.operands)
        assert y.shape == wanted.shape, sample
        np.testing.assert_allclose(y.data, wanted, rtol=1e-13, atol=1e-13)
        for tensor, estimate in zip(
            tensors, estimates(by_numpy, sample.operands, seed, analytic=sample.analytic), strict=True
        ):
            assert tensor.grad.dtype == np.float64
            assert estimate.objections(tensor.grad) == [], sample


@EVERY_CASE
def test_float32_operands_have_float32_gradients_within_their_round_off(function, sampler, reference):
    for sample, by_numpy, seed in samples(sampler, reference, COUNT // 5):
        y, tensors = backward(function, sample, seed.astype(np.float32).astype(float), np.float32)
        assert y.dtype == (np.float64 if getattr(y.op, "name", "") == "astype" else np.float32)
        np.testing.assert_allclose(y.data, by_numpy(*sample.operands), rtol=1e-4, atol=1e-4)
        seed = seed.astype(np.float32).astype(float)
        for tensor, estimate in zip(
            tensors, estimates(by_numpy, sample.operands, seed, analytic=sample.analytic), strict=True
        ):
            assert tensor.grad.dtype == np.float32
            assert estimate.objections(tensor.grad) == [], sample


@EVERY_CASE
def test_operands_of_both_dtypes_each_get_a_gradient_of_their_own(function, sampler, reference):
    for sample, _, seed in samples(sampler, reference, COUNT // 10):
        kinds = [(np.float32, np.float64)[i % 2] for i in range(len(sample.operands))]
        tensors = [Tensor(a.astype(kind)) for a, kind in zip(sample.operands, kinds, strict=True)]
        y = sample.call(function, *tensors)
        y.backward(seed.astype(y.dtype))
        assert [t.grad.dtype for t in tensors] == kinds
        assert [t.grad.shape for t in tensors] == [a.shape for a in sample.operands]
        total = (y * y).sum()
        assert [g.dtype for g in gradients(total, tensors, create_graph=True)] == kinds


@EVERY_CASE
def test_rules_run_on_nodes_give_the_gradients_that_they_give_on_arrays(function, sampler, reference):
    for sample, by_numpy, seed in samples(sampler, reference, COUNT // 10):
        _, tensors = backward(function, sample, seed)
        total = (sample.call(function, *tensors) * seed).sum()
        nodes = gradients(total, tensors, create_graph=True)
        for tensor, node, place in zip(tensors, nodes, range(len(tensors)), strict=True):
            jacobian = np.zeros((tensor.size, *np.shape(by_numpy(*sample.operands))))
            bound = Estimate(jacobian, 0.0, sample.operands, place, seed).roundings * 2.0**-53
            assert isinstance(node, Tensor)
            assert node.shape == tensor.shape
            assert (np.abs(node.data - tensor.grad) <= bound * (1 + np.abs(tensor.grad))).all(), sample


def slopes(function, sample, seed, operands):
    """The gradient of Σ seed · f² by all operands together, on arrays alone."""
    tensors = [Tensor(a) for a in operands]
    y = sample.call(function, *tensors)
    (y * y).backward(seed)
    return np.concatenate([t.grad.ravel() for t in tensors])


@EVERY_CASE
def test_second_derivatives_are_the_differences_of_the_first(function, sampler, reference):
    for sample, _, seed in samples(sampler, reference, COUNT // 20):
        directions = [Draw("direction", place).seed(a.shape) for place, a in enumerate(sample.operands)]
        tensors = [Tensor(a) for a in sample.operands]
        y = sample.call(function, *tensors)
        first = gradients((y * y * seed).sum(), tensors, create_graph=True)
        along = sum(((g * d).sum() for g, d in zip(first, directions, strict=True)), start=Tensor(0.0))
        found = zip(gradients(along, tensors), tensors, strict=True)
        second = np.concatenate([np.ravel(h + np.zeros(t.shape)) for h, t in found])  # 0.0 where there is none
        # Romberg on floats, as in oracles.RowDifferences.
        differences, largest = [], 1.0
        for h in (2.0**-9, 2.0**-10, 2.0**-11):
            low, high = (
                slopes(function, sample, seed, [a + side * d for a, d in zip(sample.operands, directions, strict=True)])
                for side in (-h, h)
            )
            largest = max(largest, np.max(np.abs(high), initial=0.0))
            differences.append((high - low) / (2 * h))
        once = (4 * differences[1] - differences[0]) / 3, (4 * differences[2] - differences[1]) / 3
        twice = (16 * once[1] - once[0]) / 15
        allowed = np.abs(twice - once[1]) + 64 * (16 + len(second)) * 2.0**-53 * largest / 2.0**-10
        assert (np.abs(second - twice) <= allowed).all(), sample


@pytest.mark.parametrize("name", WITHOUT_A_DERIVATIVE)
def test_places_are_numpys_and_have_no_derivative(name):
    for number in range(COUNT):
        draw = Draw(name, number)
        shape = draw.shape(empty=False)
        axis = draw.axis(len(shape)) if shape and draw.chance(0.7) else None
        a, keepdims = draw.array(shape), draw.chance()
        x = Tensor(a)
        places = getattr(array_functions, name)(x, axis=axis, keepdims=keepdims)
        assert np.array_equal(places.data, WITHOUT_A_DERIVATIVE[name](a, axis=axis, keepdims=keepdims))
        assert places.dtype.kind == "i"
        assert not places.requires_grad
        ((x * 2.0).sum() + (places * 0.5).sum()).backward()
        assert (x.grad == 2.0).all()


@EVERY_CASE
def test_on_plain_arrays_a_function_gives_numpys_array(function, sampler, reference):
    for sample, by_numpy, _ in samples(sampler, reference, COUNT // 20):
        y = sample.call(function, *sample.operands)
        assert isinstance(y, (np.ndarray, np.generic, float))
        np.testing.assert_allclose(y, by_numpy(*sample.operands), rtol=1e-13, atol=1e-13)


@EVERY_CASE
def test_operands_of_any_layout_give_the_same(function, sampler, reference):
    for sample, _, seed in samples(sampler, reference, COUNT // 20):
        y, tensors = backward(function, sample, seed)
        for a in sample.operands:
            a.flags.writeable = False
        strided = [np.repeat(a.T.copy(), 2, axis=0)[::2].T if a.ndim else a for a in sample.operands]
        other, others = backward(function, sample._replace(operands=strided), seed)
        np.testing.assert_allclose(other.data, y.data, rtol=1e-14, atol=1e-14)
        for tensor, again in zip(tensors, others, strict=True):
            np.testing.assert_allclose(again.grad, tensor.grad, rtol=1e-13, atol=1e-13)
