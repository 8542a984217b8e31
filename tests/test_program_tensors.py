"""Programs of Tensors: recorded once, they give what the engine gives, in arrays made once, and print as NumPy."""

import pickle
import threading
import tracemalloc

import numpy as np
import pytest
from array_oracles import Draw
from array_samples import OPS

import autograd
import nn
from autograd import Tensor, array_ops, gradients, ops, record
from autograd.errors import ArgumentError, AutogradError, ShapeError

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(5, 4)), RNG.normal(size=(5, 4))
LABELS = np.array([0, 1, 2, 0, 1])


def weighed(call, weights):
    """A function of arrays that gives one number in which every entry of a call's result counts differently."""

    def f(*operands):
        y = call(*operands)
        return autograd.sum(y * weights) if y.ndim else y * 1.0

    return f


def eager(f, operands):
    leaves = [Tensor(a) for a in operands]
    y = f(*leaves)
    found = gradients(y, leaves) if y.requires_grad else [0.0] * len(leaves)
    return y.numpy(), [np.broadcast_to(g, a.shape) for g, a in zip(found, operands, strict=True)]


def assert_same(found, expected, exact=True):
    for a, b in zip(found, expected, strict=True):
        if exact:
            np.testing.assert_array_equal(a, b)
        else:
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)


def assert_program_is_eager(f, operands, others):
    """The program of f, recorded at some operands, gives the engine's bits at others; and so does its source."""
    program = record(f, *operands)
    names = {}
    exec(program.source(), names)
    for given in (operands, others, operands):
        with np.errstate(all="ignore"):
            value, gradient = eager(f, given)
            found = program.value_and_gradient(*given)
            printed = names["value_and_gradient"](*given)
        assert_same([found[0], program(*given), *found[1]], [value, value, *gradient])
        if printed is not None:
            assert_same([printed[0], *printed[1]], [value, *gradient], exact=False)


@pytest.mark.parametrize("name", [name for name in OPS if name != "astype"])
def test_every_array_op_is_replayed_to_the_last_bit(name):
    for number in range(6):
        draw = Draw(name, number)
        sample = OPS[name][0](draw)
        if not all(np.size(a) for a in sample.operands):
            continue
        weights = Draw("weights").rng.normal(size=np.shape(np.asarray(sample.call(array_ops.ARRAY_TABLE[name],
                                                                                   *sample.operands))))  # fmt: skip
        f = weighed(lambda *xs, call=sample.call: call(array_ops.ARRAY_TABLE[name], *xs), weights)
        others = [a * 0.75 + 0.01 for a in sample.operands]
        assert_program_is_eager(f, sample.operands, others)


@pytest.mark.parametrize("name", [name for name, op in ops.TABLE.items() if op.rule is not None])
def test_every_elementwise_row_is_replayed_to_the_last_bit(name):
    op = ops.TABLE[name]
    count = 3 if op.arity == -1 else op.arity
    rng = np.random.default_rng(len(name))
    operands = [rng.uniform(0.1, 0.9, size=shape) for shape in ((2, 3), (3,), (2, 1))[:count]]
    assert_program_is_eager(lambda *xs: autograd.sum(op(*xs) * Y[:2, :3]), operands, [a * 0.5 for a in operands])


def test_what_is_not_finite_goes_through_the_masks_of_the_engine():
    def f(a):
        return autograd.sum(autograd.sqrt(a) ** 2.0)

    program = record(f, np.ones(2))
    (gradient,) = program.gradient(np.array([0.0, 4.0]))
    np.testing.assert_array_equal(gradient, eager(f, [np.array([0.0, 4.0])])[1][0])
    (gradient,) = record(lambda a: autograd.logsumexp(a), np.ones(2)).gradient(np.array([-np.inf, -np.inf]))
    np.testing.assert_array_equal(gradient, [0.0, 0.0])


@pytest.mark.parametrize("compute", [np.float32, np.float64])
def test_a_model_and_its_loss_are_recorded_with_inputs_and_labels_as_arguments(compute):
    model = nn.Sequential(nn.Linear(4, 6, rng=0, dtype=compute), nn.Tanh(), nn.Linear(6, 3, rng=1, dtype=compute))
    loss_of = nn.CrossEntropyLoss()
    program = record(lambda model, x, y: loss_of(model(x), y), model, X.astype(compute), LABELS, argnums=0)
    for x, y in ((X, LABELS), (Y, LABELS[::-1].copy()), (X[:3], LABELS[:3])):
        x = x.astype(compute)
        value, (gradient,) = program.value_and_gradient(model, x, y)
        model.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        assert value == loss.numpy()
        for name, p in model.named_parameters():
            np.testing.assert_array_equal(gradient[name], p.grad)
    assert len(program.paths) == 2  # one for each size of batch


def test_labels_that_are_no_classes_raise_at_the_call_that_brings_them():
    model, loss_of = nn.Linear(4, 3, rng=0), nn.CrossEntropyLoss()
    program = record(lambda model, x, y: loss_of(model(x), y), model, X.astype(np.float32), LABELS, argnums=0)
    with pytest.raises(ArgumentError, match="label 3 in row 0"):
        program(model, X.astype(np.float32), LABELS + 3)


def test_numbers_and_arrays_go_together():
    program = record(lambda a, rate: autograd.sum(a * a) * rate, X, 2.0)
    value, (by_array, by_rate) = program.value_and_gradient(Y, 0.5)
    assert value == pytest.approx((Y * Y).sum() * 0.5)
    np.testing.assert_allclose(by_array, Y)
    assert by_rate == pytest.approx((Y * Y).sum())


def test_a_result_stays_when_the_program_runs_again():
    program = record(lambda a: autograd.tanh(a) * 2.0, X)
    one = program(X)
    before = one.copy()
    program(Y)
    np.testing.assert_array_equal(one, before)


def test_threads_share_a_program():
    program = record(lambda a: autograd.sum(autograd.tanh(a @ a.T)), RNG.normal(size=(60, 60)))
    given = [RNG.normal(size=(60, 60)) for _ in range(4)]
    expected = [program(a) for a in given]
    found: dict[int, list] = {}

    def work(i):
        found[i] = [program(given[i]) for _ in range(30)]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(found[i] == [expected[i]] * 30 for i in range(4))


def test_a_program_allocates_nothing_after_its_first_call_besides_what_it_returns():
    big = RNG.normal(size=(100, 100))
    program = record(lambda a: autograd.sum(autograd.tanh(a * 2.0) ** 2.0), big)
    program.gradient(big)
    tracemalloc.start()
    try:
        program(big)
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        for _ in range(20):
            program(big)
        now, peak = tracemalloc.get_traced_memory()
        assert now - before < 2000
        assert peak - before < big.nbytes // 4
    finally:
        tracemalloc.stop()


def test_buffers_are_reused_along_a_chain():
    from autograd.program.tensors.calls import Calls
    from autograd.program.tensors.fusions import Fused
    from autograd.program.tensors.page import RunningPage

    def chain(a):
        for _ in range(20):
            a = autograd.tanh(a) * 1.5
        return autograd.sum(a)

    listing = record(chain, X).listing
    page = RunningPage(Fused(Calls(listing, [X], gradient=False)), listing.inputs)
    assert page.buffers.bytes <= X.nbytes + 8


def test_the_source_is_numpy_a_student_can_read():
    def error(w, x, y):
        return autograd.mean((autograd.tanh(x @ w) - y) ** 2.0)

    text = record(error, np.ones((4, 2)), X, Y[:, :2], argnums=0).source()
    assert text.splitlines()[:4] == [
        '"""error, and its derivatives by the chain rule."""',
        "",
        "",
        "import numpy as np",
    ]
    assert "    h1 = x @ w" in text
    assert "    h2 = np.tanh(h1)" in text
    assert "# backward: g5 is the derivative of the result by h5" in text
    assert "# tanh: h2 = tanh(h1)" in text


def test_a_pickled_program_of_arrays_runs_where_it_is_unpickled():
    program = record(weighed(autograd.tanh, Y), X)
    again = pickle.loads(pickle.dumps(program))
    assert again(Y) == program(Y)
    np.testing.assert_array_equal(again.gradient(Y)[0], program.gradient(Y)[0])


def test_arrays_of_a_shape_that_does_not_fit_are_named():
    program = record(lambda a, b: a @ b, X, Y.T.copy())
    with pytest.raises((ShapeError, AutogradError), match="matmul"):
        program(X, Y)


def test_comparisons_and_places_are_computed_anew():
    def f(a):
        top = autograd.argmax(a, axis=1)
        return autograd.sum(a[np.arange(5), top] * 2.0) + autograd.sum(autograd.where(a > 0.0, a, 0.0))

    assert_program_is_eager(f, [X], [Y])
