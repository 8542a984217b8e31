"""Optimizers on Tensors and Values: each formula, the flat buffers, and going on from a state."""

import math
from copy import deepcopy
from importlib.util import find_spec
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, strategies as st

import nn
from autograd import Tensor, Value
from autograd.aligned import aligned_empty, aligned_zeros
from autograd.errors import ArgumentError, AutogradError, OperandError, StaleData

SETTINGS = [
    (nn.SGD, {"lr": 0.1}),
    (nn.SGD, {"lr": 0.1, "weight_decay": 0.3}),
    (nn.SGD, {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.3}),
    (nn.SGD, {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.3, "nesterov": True}),
    (nn.RMSprop, {"lr": 0.02, "alpha": 0.9, "weight_decay": 0.1}),
    (nn.Adagrad, {"lr": 0.2, "weight_decay": 0.1}),
    (nn.Adam, {"lr": 0.05, "betas": (0.8, 0.95), "weight_decay": 0.1}),
    (nn.Adam, {"lr": 0.05, "eps": 1e-3}),
    (nn.AdamW, {"lr": 0.05, "weight_decay": 0.1}),
]
IDS = [f"{kind.__name__} {' '.join(list(settings)[1:])}" for kind, settings in SETTINGS]


def by_hand(kind, w, gradients, *, lr, momentum=0.0, nesterov=False, alpha=0.99, betas=(0.9, 0.999), eps=None, decay=0):
    """One number moved along one gradient after another, in plain Python, as the papers write it."""
    eps = (1e-10 if kind is nn.Adagrad else 1e-8) if eps is None else eps
    m = v = 0.0
    for t, g in enumerate(gradients, 1):
        if kind is nn.AdamW:
            w -= lr * decay * w
        else:
            g += decay * w
        if kind is nn.SGD:
            m = momentum * m + g
            w -= lr * (g + momentum * m if nesterov else m)
        elif kind is nn.RMSprop:
            v = alpha * v + (1 - alpha) * g * g
            w -= lr * g / (math.sqrt(v) + eps)
        elif kind is nn.Adagrad:
            v += g * g
            w -= lr * g / (math.sqrt(v) + eps)
        else:
            m = betas[0] * m + (1 - betas[0]) * g
            v = betas[1] * v + (1 - betas[1]) * g * g
            w -= lr * (m / (1 - betas[0] ** t)) / (math.sqrt(v / (1 - betas[1] ** t)) + eps)
    return w


def moved(optimizer, parameters, gradients):
    """What the parameters are after following these gradients, one array a step."""
    for g in gradients:
        for parameter in parameters:
            parameter.grad = g if isinstance(parameter, Value) else np.full(parameter.shape, g, parameter.dtype)
        optimizer.step()
    return [parameter.data for parameter in parameters]


@pytest.mark.parametrize(("kind", "settings"), SETTINGS, ids=IDS)
@given(
    start=st.floats(-2, 2), gradients=st.lists(st.floats(-3, 3).filter(lambda g: abs(g) > 1e-3), min_size=1, max_size=8)
)
def test_every_optimizer_follows_its_formula_on_both_kinds_of_node(kind, settings, start, gradients):
    value, tensor = Value(start), Tensor([[start, start]])
    decay = settings.get("weight_decay", 0.01 if kind is nn.AdamW else 0.0)
    expected = by_hand(
        kind, start, gradients, decay=decay, **{key: x for key, x in settings.items() if key != "weight_decay"}
    )
    for parameter in (value, tensor):
        (found,) = moved(kind([parameter], **settings), [parameter], gradients)
        assert np.allclose(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("kind", "settings"), SETTINGS, ids=IDS)
def test_biases_do_not_decay(kind, settings):
    # With no gradient but a tiny one, what moves a number is the decay.
    layer = nn.Linear(2, 2, rng=0, dtype=np.float64)
    layer.bias.data = [5.0, 5.0]
    without = kind([("w", Tensor([5.0]))], **{**settings, "weight_decay": 0.0})
    optimizer = kind(layer, **settings)
    for parameter in (*layer.parameters(), *without.parameters):
        parameter.grad = np.full(parameter.shape, 1e-3)
    optimizer.step()
    without.step()
    assert layer.bias.data[0] == without.parameters[0].data[0]


def test_pytorch_moves_the_same_numbers_to_the_same_places():
    if not find_spec("torch"):  # a second oracle where it is installed
        return
    import torch

    rng = np.random.default_rng(5)
    for kind, settings in SETTINGS:
        w = rng.standard_normal((3, 2))
        ours, theirs = Tensor(w), torch.tensor(w, requires_grad=True)
        optimizer = kind([ours], **settings)
        peer = getattr(torch.optim, kind.__name__)([theirs], **settings)
        for _ in range(12):
            g = rng.standard_normal((3, 2))
            ours.grad, theirs.grad = g, torch.tensor(g)
            optimizer.step()
            peer.step()
        assert np.allclose(ours.data, theirs.detach().numpy(), rtol=1e-12), kind


def model(dtype=np.float32, seed=0):
    return nn.Sequential(nn.Linear(3, 4, dtype=dtype, rng=seed), nn.Tanh(), nn.Linear(4, 2, dtype=dtype, rng=seed + 1))


def backward(net, X):
    loss = (net(X) ** 2).mean()
    loss.backward()
    return loss


X = np.random.default_rng(1).standard_normal((5, 3)).astype(np.float32)


def test_parameters_and_gradients_of_a_model_lie_in_one_array_each():
    net = model()
    optimizer = nn.SGD(net, lr=0.1)
    backward(net, X)
    optimizer.step()
    for part in ("data", "grad"):
        bases = {id(getattr(p, part).base if part == "grad" else p._data.base) for p in net.parameters()}
        assert len(bases) == 1
    (flat,) = optimizer.flats
    assert sum(p.size for p in net.parameters()) == flat.data.size == flat.grad.size == 26
    assert all(np.shares_memory(p._data, flat.data) and np.shares_memory(p.grad, flat.grad) for p in net.parameters())


@pytest.mark.parametrize(("kind", "settings"), SETTINGS, ids=IDS)
def test_flat_buffers_change_nothing_but_where_the_numbers_lie(kind, settings):
    together, apart = model(), model()
    optimizers = [kind(together, **settings)], [kind([item], **settings) for item in apart.named_parameters()]
    for _ in range(4):
        for net, several in zip((together, apart), optimizers, strict=True):
            net.zero_grad()
            backward(net, X)
            for optimizer in several:
                optimizer.step()
    for p, q in zip(together.parameters(), apart.parameters(), strict=True):
        assert p.dtype == np.float32
        assert np.array_equal(p.data, q.data)


def test_gradients_accumulate_in_the_buffer_until_they_are_cleared():
    net = model(np.float64)
    optimizer = nn.SGD(net, lr=0.0)
    backward(net, X)
    optimizer.step()
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())
    backward(net, X)
    once = [p.grad.copy() for p in net.parameters()]
    backward(net, X)
    for p, g in zip(net.parameters(), once, strict=True):
        assert np.array_equal(p.grad, 2 * g)


def test_a_layer_used_twice_gets_the_sum_of_both_shares():
    layer = nn.Linear(3, 3, dtype=np.float64, rng=0)
    W = layer.weight.numpy()
    optimizer = nn.SGD(layer, lr=0.1)
    layer(layer(X)).sum().backward()
    first = {name: p.grad.copy() for name, p in layer.named_parameters()}
    optimizer.step()
    layer.zero_grad()
    layer.weight.data, layer.bias.data = W, np.zeros(3)
    layer(layer(X)).sum().backward()  # this time straight into the buffer
    for name, p in layer.named_parameters():
        assert np.allclose(p.grad, first[name], rtol=1e-14)


def test_a_gradient_set_by_hand_is_followed():
    w = Tensor(np.ones(3, np.float32))
    optimizer = nn.SGD([w], lr=1.0)
    for g in ([1.0, 2.0, 3.0], [1.0, 0.0, 0.0]):
        w.grad = np.array(g)
        optimizer.step()
    assert w.data.tolist() == [-1.0, -1.0, -2.0]


def test_parameters_without_a_gradient_and_frozen_ones_stay():
    a, b, c = Tensor([1.0]), Tensor([1.0]), Tensor([1.0])
    optimizer = nn.Adam([a, b, c], lr=0.5)
    a.grad, c.grad = np.ones(1), np.ones(1)
    c.requires_grad = False
    optimizer.step()
    assert a.data[0] != 1.0
    assert b.data[0] == c.data[0] == 1.0


def test_a_step_without_any_gradient_asks_whether_backward_was_called():
    with pytest.raises(AutogradError, match=r"all 4 gradients are missing\. Was loss\.backward\(\) called"):
        nn.Adam(model()).step()


def test_two_optimizers_on_the_same_parameters_take_turns():
    net, twin = model(np.float64), model(np.float64)
    one, other = nn.SGD(net, lr=0.1), nn.SGD(net, lr=0.1)
    alone = nn.SGD(twin, lr=0.1)
    for i in range(6):
        for net_, optimizer in ((net, (one, other)[i % 2]), (twin, alone)):
            net_.zero_grad()
            backward(net_, X)
            optimizer.step()
    for p, q in zip(net.parameters(), twin.parameters(), strict=True):
        assert np.array_equal(p.data, q.data)


def test_a_copied_model_and_optimizer_go_on_alone():
    net = model(np.float64)
    optimizer = nn.Adam(net, lr=0.1)
    backward(net, X)
    optimizer.step()
    before = [p.numpy() for p in net.parameters()]
    twin, other = deepcopy((net, optimizer))
    twin.zero_grad()
    backward(twin, X)
    other.step()
    for p, q, was in zip(net.parameters(), twin.parameters(), before, strict=True):
        assert np.array_equal(p.data, was)
        assert not np.array_equal(q.data, was)


def test_a_graph_from_before_a_step_is_stale():
    net = model()
    optimizer = nn.SGD(net, lr=0.1)
    loss = backward(net, X)
    optimizer.step()
    with pytest.raises(StaleData, match="set since"):
        loss.backward()


def test_float32_and_float64_parameters_keep_their_dtypes_side_by_side():
    small, large = Tensor(np.ones(2, np.float32)), Tensor(np.ones(2))
    optimizer = nn.Adam([small, large], lr=0.1)
    (small * 2.0).sum().backward()
    (large * 2.0).sum().backward()
    optimizer.step()
    assert (small.dtype, large.dtype) == (np.float32, np.float64)
    assert np.allclose(small.data, large.data)


@pytest.mark.parametrize(("kind", "settings"), SETTINGS, ids=IDS)
@pytest.mark.parametrize("build", [model, lambda: nn.MLP([3, 4, 2], rng=0)], ids=["tensors", "values"])
def test_going_on_from_a_state_is_as_if_it_had_not_stopped(kind, settings, build):
    rng = np.random.default_rng(2)
    net = build()
    gradients = [
        [
            rng.standard_normal(p.shape).astype(p.dtype) if isinstance(p, Tensor) else rng.normal()
            for p in net.parameters()
        ]
        for _ in range(6)
    ]

    def run(net, optimizer, steps):
        for step in steps:
            for p, g in zip(net.parameters(), gradients[step], strict=True):
                p.grad = g
            optimizer.step()
        return optimizer

    straight, broken = build(), build()
    run(straight, kind(straight, **settings), range(6))
    first = run(broken, kind(broken, **settings), range(3))
    resumed = build()
    resumed.load_state_dict(broken.state_dict())
    second = kind(resumed, **{**settings, "lr": 0.7})
    second.load_state_dict(first.state_dict())
    assert second.settings() == first.settings()
    run(resumed, second, range(3, 6))
    for p, q in zip(straight.parameters(), resumed.parameters(), strict=True):
        assert np.array_equal(p.data, q.data)


def test_a_state_of_another_optimizer_or_model_is_refused_and_changes_nothing():
    net = model()
    adam = nn.Adam(net)
    with pytest.raises(ArgumentError, match="it is of SGD"):
        adam.load_state_dict(nn.SGD(net, lr=0.1).state_dict())
    with pytest.raises(ArgumentError, match=r"gradients of 0\.weight is missing"):
        adam.load_state_dict(nn.Adam([Tensor([1.0])]).state_dict())
    with pytest.raises(ArgumentError, match="what state_dict"):
        adam.load_state_dict({})
    assert adam.steps == 0


def test_what_an_optimizer_cannot_use_is_named():
    with pytest.raises(OperandError, match="a module or a list of parameters, not Tensor"):
        nn.SGD(Tensor([1.0]), lr=0.1)
    with pytest.raises(ArgumentError, match="betas"):
        nn.Adam(model(), betas=0.9)
    with pytest.raises(ArgumentError, match="momentum > 0"):
        nn.SGD(model(), lr=0.1, nesterov=True)
    with pytest.raises(ArgumentError, match="lr must be at least 0"):
        nn.RMSprop(model(), lr=-1.0)


@pytest.mark.parametrize(("kind", "settings"), SETTINGS, ids=IDS)
def test_a_rate_that_is_set_between_steps_counts_from_the_next_one_on(kind, settings):
    net = model()
    optimizer = kind(net, **settings)
    backward(net, X)
    seen = [net.parameters()[0].numpy().copy()]
    for lr in (settings["lr"], 0.0, 0.5):
        optimizer.lr = lr
        optimizer.step()
        seen.append(net.parameters()[0].numpy().copy())
    assert [bool((one != other).any()) for one, other in pairwise(seen)] == [True, False, True]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8])
def test_long_arrays_begin_at_a_line_of_the_cache(dtype):
    for shape in (0, 5, (3, 7)):
        zeros, empty = aligned_zeros(shape, dtype), aligned_empty(shape, dtype)
        np.testing.assert_array_equal(zeros, np.zeros(shape, dtype))
        assert (empty.shape, empty.dtype, empty.flags.writeable) == (zeros.shape, zeros.dtype, True)
        assert zeros.ctypes.data % 64 == 0 == empty.ctypes.data % 64
