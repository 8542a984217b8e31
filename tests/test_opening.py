"""One entry of a Tensor as a graph of Values: the same number, the same gradients, under the names of entries."""

import doctest

import numpy as np
import pytest
from array_oracles import Draw
from array_samples import FUNCTIONS, OPS, elementwise

import autograd
import nn
from autograd import Tensor, Value, array_functions, array_op, no_grad, opened
from autograd.array_ops import ARRAY_TABLE
from autograd.errors import ArgumentError, GraphTooLarge, OperandError, StaleData
from autograd.ops import TABLE
from autograd.view.opening import entry_rules, opened as opening

CASES = [pytest.param(ARRAY_TABLE[name], OPS[name][0], id=f"op-{name}") for name in OPS]
CASES += [pytest.param(getattr(array_functions, name), FUNCTIONS[name][0], id=name) for name in FUNCTIONS]
CASES += [pytest.param(op, elementwise(op), id=f"row-{op.name}") for op in TABLE.values() if op.rule]


def computed(function, sampler, count):
    """Random calls of a function on Tensors that give at least one entry, each with an index into it."""
    for number in range(count):
        draw = Draw(getattr(function, "name", getattr(function, "__name__", "")), "opened", number)
        sample = sampler(draw)
        operands = [Tensor(a, label=f"a{i}") for i, a in enumerate(sample.operands)]
        y = sample.call(function, *operands)
        for part in y if isinstance(y, list) else [y]:
            if part.size and part.op is not None:
                yield part, tuple(int(draw.rng.integers(size)) for size in part.shape), operands


def gradients_at(tensor, at, operands):
    """∂tensor[at]/∂operand by the engine of arrays."""
    seed = np.zeros(tensor.shape)
    seed[at] = 1.0
    for operand in operands:
        operand.zero_grad()
    tensor.backward(seed)
    return [np.zeros(o.shape) if o.grad is None else o.grad for o in operands]


@pytest.mark.parametrize(("function", "sampler"), CASES)
def test_an_opened_entry_has_the_number_and_the_gradients_of_its_tensor(function, sampler):
    for tensor, at, operands in computed(function, sampler, 12):
        entry = opened(tensor, at, depth=None)
        assert entry.value == pytest.approx(tensor.data[at], rel=1e-12, abs=1e-13)
        assert entry.difference <= 1e-12 or abs(entry.value) < 1e-1
        reached = {leaf.tensor for leaf in entry.entries}
        for operand, wanted in zip(operands, gradients_at(tensor, at, operands), strict=True):
            found = entry.gradient(operand) if operand in reached else np.zeros(operand.shape)
            np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", sorted(set(ARRAY_TABLE) - {"argmax", "argmin"}))
def test_every_op_of_the_table_that_makes_numbers_can_be_opened(name):
    assert (name in entry_rules.MOVES) != (name in entry_rules.SUMS)


def network(dtype=np.float64):
    return nn.Sequential(
        nn.Linear(4, 6, dtype=dtype, rng=0),
        nn.Tanh(),
        nn.Linear(6, 5, dtype=dtype, rng=1, bias=False),
        nn.Softmax(),
    )


def test_one_neuron_of_a_layer_opens_into_its_weighted_sum():
    layer = nn.Linear(3, 2, dtype=np.float64, rng=0)
    x = Tensor([[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]], label="x")
    entry = opened(layer(x), at=(1, 0), names={"W": layer.weight, "b": layer.bias})
    assert [leaf.value.label for leaf in entry.entries] == [
        *("x[1, 0]", "W[0, 0]", "x[1, 1]", "W[0, 1]", "x[1, 2]", "W[0, 2]", "b[0]"),
    ]
    assert [node.op.name for node in autograd.ancestry(entry.root) if node.op] == [
        "mul",
        "mul",
        "add",
        "mul",
        "add",
        "add",
    ]
    np.testing.assert_array_equal(entry.gradient(layer.bias), [1.0, 0.0])
    np.testing.assert_array_equal(entry.gradient(layer.weight), [[0.25, 3.0, -1.0], [0.0, 0.0, 0.0]])


@pytest.mark.parametrize("depth", [1, 2, 3, None])
def test_a_whole_network_opens_as_far_as_asked(depth):
    model = network()
    y = model(np.random.default_rng(0).normal(size=(3, 4)))
    entry = opened(y, (2, 1), depth=depth)
    assert entry.difference <= 1e-12
    y.backward(np.eye(15)[11].reshape(3, 5))
    reached = {leaf.tensor for leaf in entry.entries}
    for parameter in model.parameters():
        if parameter in reached:
            np.testing.assert_allclose(entry.gradient(parameter), parameter.grad, rtol=1e-12, atol=1e-16)
    assert (reached >= set(model.parameters())) == (depth is None)


def test_the_gradient_of_a_loss_comes_out_at_every_parameter():
    model = network()[:3]
    loss = nn.CrossEntropyLoss()(model(np.random.default_rng(1).normal(size=(6, 4))), [0, 1, 2, 3, 4, 0])
    entry = opened(loss, depth=None)
    loss.backward()
    assert entry.difference <= 1e-12
    for parameter in model.parameters():
        np.testing.assert_allclose(entry.gradient(parameter), parameter.grad, rtol=1e-11, atol=1e-16)


def test_reshaping_transposing_and_indexing_do_not_count_as_depth():
    a, b = Tensor([[1.0, 2.0], [3.0, 4.0]], label="a"), Tensor([[5.0, 6.0], [7.0, 8.0]], label="b")
    entry = opened((a @ b.T).reshape(4)[1:], at=0)
    assert {leaf.value.label for leaf in entry.entries} == {"a[0, 0]", "a[0, 1]", "b[1, 0]", "b[1, 1]"}


def test_an_entry_that_is_read_twice_is_one_value():
    x = Tensor([2.0, 3.0], label="x")
    entry = opened(x * x, at=1)
    assert len(entry.entries) == 1
    assert entry.gradient(x).tolist() == [0.0, 6.0]


def test_numbers_of_float32_are_shown_beside_those_of_values_and_differ_by_its_round_off():
    model = network(np.float32)
    entry = opened(model(np.random.default_rng(0).normal(size=(3, 4))), (0, 0), depth=None)
    assert 0.0 < entry.difference < 1e-5
    assert repr(entry.number) in str(entry)
    assert repr(entry.value) in str(entry)


def test_an_op_of_ones_own_opens_through_its_function():
    energy = array_op("energy", lambda a, b: np.exp(a) @ b + np.sum(a, axis=0), lambda g, y, a, b: (None, None))
    a, b = Tensor([[0.5, 1.0], [2.0, 0.25]], label="a"), Tensor([3.0, 4.0], label="b")
    entry = opened(energy(a, b), at=1)
    assert entry.difference <= 1e-12
    np.testing.assert_allclose(entry.gradient(b), np.exp([2.0, 0.25]))


def test_an_op_that_does_not_run_on_values_is_named():
    ranks = array_op("ranks", lambda a: np.fft.fft(a).real, lambda g, y, a: (g,))
    with pytest.raises(OperandError, match="ranks cannot be opened"):
        opened(ranks(Tensor([1.0, 2.0])), at=0)


def test_the_drawing_shows_names_of_entries_and_gradients():
    a, b = Tensor([[1.0, 2.0]], label="a"), Tensor([[3.0], [4.0]], label="b")
    entry = opened(a @ b, at=(0, 0))
    svg = entry.draw().svg
    assert all(name in svg for name in ("a[0, 1]", "b[1, 0]", "h1[0, 0]"))
    assert "—" not in svg
    assert set(entry._repr_mimebundle_()) == {"text/html", "image/svg+xml", "text/plain"}


def test_opening_leaves_the_tensors_gradients_alone():
    a = Tensor([1.0, 2.0])
    y = (a * a).sum()
    opened(y, depth=None)
    assert a.grad is None
    assert y.grad is None


def test_nan_and_infinity_are_the_same_numbers_too():
    x = Tensor([np.inf, -np.inf, np.nan])
    for at in range(3):
        assert opened(x * 2.0, at=at).difference == 0.0


def test_a_graph_that_is_10_000_operations_deep_opens():
    y = x = Tensor([1.0, 2.0], label="x")
    for _ in range(10_000):
        y = y + 0.001
    entry = opened(y, at=0, depth=None, limit=1_000_000)
    assert entry.difference <= 1e-12
    assert entry.gradient(x).tolist() == [1.0, 0.0]


def test_an_entry_of_too_many_numbers_says_so():
    with pytest.raises(GraphTooLarge, match="more than 100 entries"):
        opened(Tensor(np.ones((2, 80))) @ Tensor(np.ones((80, 2))), at=(0, 0), limit=100)


def test_data_set_since_then_is_stale():
    W = Tensor([1.0, 2.0])
    y = W * 3.0
    W.data = [5.0, 6.0]
    with pytest.raises(StaleData, match="mul was computed from"):
        opened(y, at=0)


@pytest.mark.parametrize(
    ("tensor", "at", "options", "error", "message"),
    [
        (Value(1.0) * 2.0, (), {}, OperandError, "one number already"),
        ([1.0], 0, {}, OperandError, "no Tensor"),
        (Tensor([1.0]), 0, {}, OperandError, "is a leaf"),
        (Tensor([1.0, 2.0]).argmax(), (), {}, OperandError, "argmax is a place"),
        (Tensor([1.0, 2.0]) * 2.0, 2, {}, ArgumentError, "no entry at 2"),
        (Tensor([1.0, 2.0]) * 2.0, (0, 0), {}, ArgumentError, "no entry at"),
        (Tensor([1.0, 2.0]) * 2.0, "0", {}, ArgumentError, "no index"),
        (Tensor([1.0, 2.0]) * 2.0, slice(1), {}, ArgumentError, "no index"),
        (Tensor([1.0, 2.0]) * 2.0, 0, {"depth": 0}, ArgumentError, "depth=0"),
        (Tensor([1.0, 2.0]) * 2.0, 0, {"limit": -1}, ArgumentError, "limit=-1"),
    ],
)
def test_what_cannot_be_opened_is_refused(tensor, at, options, error, message):
    with pytest.raises(error, match=message):
        opened(tensor, at, **options)


def test_what_was_computed_without_a_record_cannot_be_opened():
    with no_grad():
        y = Tensor([1.0]) * 2.0
    with pytest.raises(OperandError, match="no_grad"):
        opened(y, at=0)


def test_the_gradient_of_a_tensor_that_is_no_leaf_is_refused():
    a = Tensor([1.0, 2.0], label="a")
    with pytest.raises(OperandError, match="entries of a"):
        opened(a * 2.0, at=0).gradient(Tensor([1.0]))


def test_the_examples_are_true():
    assert doctest.testmod(opening).failed == 0
