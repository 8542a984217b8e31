"""A compiled training step gives what the eager one gives: the same errors, and weights and losses up to rounding."""

import tracemalloc

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor
from autograd.errors import AutogradError, Detached, Diverged, Unrecordable

RNG = np.random.default_rng(0)
X = RNG.normal(size=(30, 4)).astype(np.float32)
LABELS = RNG.integers(0, 3, 30)
NUMBERS = RNG.normal(size=(30, 3)).astype(np.float32)
SIGNS = np.sign(NUMBERS)
SOFT = RNG.dirichlet(np.ones(3), 30)

LOSSES = {
    "labels": (nn.CrossEntropyLoss, LABELS, ()),
    "weighed labels": (lambda: nn.CrossEntropyLoss(weight=[1.0, 2.0, 0.5]), LABELS, ()),
    "soft labels": (nn.CrossEntropyLoss, SOFT, ()),
    "log-probabilities": (nn.NLLLoss, LABELS, (nn.LogSoftmax,)),
    "probabilities": (nn.LogLoss, LABELS, (nn.Softmax,)),
    "squares": (nn.MSELoss, NUMBERS, ()),
    "half squares": (nn.HalfSquaredError, NUMBERS, ()),
    "distances": (nn.L1Loss, NUMBERS, ()),
    "margins": (nn.HingeLoss, SIGNS, ()),
    "exponentials": (nn.ExponentialLoss, SIGNS, ()),
}
OPTIMIZERS = {
    "SGD": lambda m: nn.SGD(m, lr=0.1),
    "momentum": lambda m: nn.SGD(m, lr=0.1, momentum=0.9, weight_decay=0.01),
    "Nesterov": lambda m: nn.SGD(m, lr=0.1, momentum=0.9, nesterov=True),
    "RMSprop": lambda m: nn.RMSprop(m),
    "Adagrad": lambda m: nn.Adagrad(m, weight_decay=0.01),
    "Adam": lambda m: nn.Adam(m, weight_decay=0.01),
    "AdamW": lambda m: nn.AdamW(m),
}
ACTIVATIONS = (nn.Sigmoid, nn.Tanh, nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.Softplus, nn.LogSigmoid,
               nn.HardLogistic, nn.HardTanh, nn.Softmax, nn.Identity)  # fmt: skip


def network(*last, activation=nn.Sigmoid, dtype=np.float32):
    return nn.Sequential(
        nn.Linear(4, 6, dtype=dtype, rng=1), activation(), nn.Linear(6, 3, dtype=dtype, rng=2), *(m() for m in last)
    )


def eager_step(model, loss_of, optimizer, X, y, clip=None):
    optimizer.zero_grad()
    loss = loss_of(model(X), y)
    loss.backward()
    if clip:
        clip(model)
    optimizer.step()
    return loss.item()


def assert_same_numbers(found, expected, name=""):
    """A few dozen roundings apart: sums of 30 terms in another order, over a handful of steps."""
    most = 64 * np.finfo(expected.dtype).eps * max(1.0, abs(expected).max())
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=most, err_msg=name)


def assert_same_weights(one, other):
    for (name, p), (_, q) in zip(one.named_parameters(), other.named_parameters(), strict=True):
        assert_same_numbers(p.numpy(), q.numpy(), name)


def assert_steps_agree(model, twin, loss_of, optimizer, other, batches, **clips):
    step = nn.compiled_step(model, loss_of, optimizer, **{name: most for name, (most, _) in clips.items()})
    (_, clip), *_ = [*clips.values(), (None, None)]
    for rows, y in batches:
        found, expected = step(rows, y), eager_step(twin, loss_of, other, rows, y, clip)
        assert found == pytest.approx(expected, rel=1e-6)
    assert_same_weights(model, twin)
    return step


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_gives_the_weights_of_the_eager_step(name):
    loss, y, last = LOSSES[name]
    model, twin = network(*last), network(*last)
    batches = [(X[:20], y[:20]), (X[10:], y[10:]), (X[:20], y[:20])]
    assert_steps_agree(model, twin, loss(), nn.SGD(model, lr=0.1), nn.SGD(twin, lr=0.1), batches)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_gives_the_weights_of_the_eager_step(name):
    model, twin = network(), network()
    make = OPTIMIZERS[name]
    assert_steps_agree(model, twin, nn.CrossEntropyLoss(), make(model), make(twin), [(X, LABELS)] * 4)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda a: a.__name__)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_activation_gives_the_weights_of_the_eager_step(activation, dtype):
    model, twin = (network(activation=activation, dtype=dtype) for _ in range(2))
    batches = [(X.astype(dtype), LABELS)] * 3
    assert_steps_agree(model, twin, nn.CrossEntropyLoss(), nn.SGD(model, lr=0.1), nn.SGD(twin, lr=0.1), batches)


def test_other_layers_are_compiled_too():
    def made():
        return nn.Sequential(nn.Flatten(), nn.Maxout(4, 5, rng=0), nn.PReLU(5), nn.Linear(5, 3, bias=False, rng=1))

    model, twin = made(), made()
    batches = [(X.reshape(30, 2, 2), LABELS)] * 3
    assert_steps_agree(model, twin, nn.CrossEntropyLoss(), nn.Adam(model), nn.Adam(twin), batches)


@pytest.mark.parametrize(
    "clips",
    [
        {"clip_norm": (0.01, lambda model: nn.clip_grad_norm(model, 0.01))},
        {"clip_value": (0.001, lambda model: nn.clip_grad_value(model, 0.001))},
    ],
    ids=["norm", "value"],
)
def test_gradients_are_clipped_as_in_the_eager_step(clips):
    model, twin = network(), network()
    optimizers = nn.SGD(model, lr=0.1), nn.SGD(twin, lr=0.1)
    assert_steps_agree(model, twin, nn.CrossEntropyLoss(), *optimizers, [(X, LABELS)] * 3, **clips)


def test_a_batch_of_another_shape_is_recorded_when_it_comes():
    model, twin = network(), network()
    sizes = (30, 7, 30, 1, 7)
    batches = [(X[:n], LABELS[:n]) for n in sizes]
    assert_steps_agree(model, twin, nn.CrossEntropyLoss(), nn.Adam(model), nn.Adam(twin), batches)


def test_frozen_weights_a_new_rate_and_loaded_weights_are_followed():
    model, twin = network(), network()
    one, two = nn.SGD(model, lr=0.1), nn.SGD(twin, lr=0.1)
    loss_of = nn.CrossEntropyLoss()
    step = nn.compiled_step(model, loss_of, one)

    def both():
        step(X, LABELS)
        eager_step(twin, loss_of, two, X, LABELS)
        assert_same_weights(model, twin)

    both()
    one.lr = two.lr = 0.3
    both()
    for m in (model, twin):
        m[0].weight.requires_grad = False
    both()
    for m in (model, twin):
        m[0].weight.requires_grad = True
        m.load_state_dict(network(activation=nn.Tanh).state_dict())
    both()
    one = nn.Adam(model)  # which takes the parameters in
    two = nn.Adam(twin)
    step = nn.compiled_step(model, loss_of, one)
    both()


def test_gradients_can_be_read_after_a_step_as_after_an_eager_one():
    model, twin = network(), network()
    nn.compiled_step(model, nn.CrossEntropyLoss(), nn.SGD(model, lr=0.1))(X, LABELS)
    eager_step(twin, nn.CrossEntropyLoss(), nn.SGD(twin, lr=0.1), X, LABELS)
    for p, q in zip(model.parameters(), twin.parameters(), strict=True):
        assert_same_numbers(np.asarray(p.grad), np.asarray(q.grad))


def test_targets_are_checked_at_every_step():
    model = network()
    step = nn.compiled_step(model, nn.CrossEntropyLoss(), nn.SGD(model, lr=0.1))
    step(X, LABELS)
    before = model.state_dict()
    with pytest.raises(AutogradError, match="label 7 in row 3"):
        step(X, np.where(np.arange(30) == 3, 7, LABELS))
    for name, weights in model.state_dict().items():
        np.testing.assert_array_equal(weights, before[name])


def test_a_branch_on_a_number_is_taken_anew():
    class Doubling(nn.Module):
        def __init__(self):
            self.layer = nn.Linear(4, 3, rng=0)

        def forward(self, x):
            z = self.layer(x)
            return z * 2.0 if z.sum() > 0.0 else z

    model, twin = Doubling(), Doubling()
    batches = [(X, LABELS), (-X, LABELS), (X, LABELS), (-X, LABELS)]
    assert_steps_agree(model, twin, nn.CrossEntropyLoss(), nn.SGD(model, lr=0.1), nn.SGD(twin, lr=0.1), batches)


def test_what_is_not_finite_is_left_to_the_engine_and_its_masks():
    class Root(nn.Module):
        def __init__(self):
            self.w = Tensor(np.array([0.0, 4.0]))

        def forward(self, x):
            return autograd.sqrt(self.w) ** 2.0 * x  # 0 × ∞ at 0, where nothing comes back

    model, twin = Root(), Root()

    def mean(outputs, y):
        return autograd.mean((outputs - y) ** 2.0)

    batches = [(np.ones((3, 2)), np.zeros((3, 2)))] * 2
    with np.errstate(all="ignore"):
        assert_steps_agree(model, twin, mean, nn.SGD(model, lr=0.1), nn.SGD(twin, lr=0.1), batches)


def test_a_step_allocates_nothing_after_the_first():
    model = network()
    step = nn.compiled_step(model, nn.CrossEntropyLoss(), nn.Adam(model), clip_norm=1.0)
    tracemalloc.start()
    try:
        for _ in range(200):  # Python keeps the room of a hundred floats that were returned
            step(X, LABELS)
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(200):
            step(X, LABELS)
        assert tracemalloc.get_traced_memory()[0] - before < 1000
    finally:
        tracemalloc.stop()


def test_what_cannot_be_recorded_raises_naming_why():
    model = nn.Sequential(nn.Linear(4, 6, rng=0), nn.Dropout(0.5, rng=0), nn.Linear(6, 3, rng=1))
    with pytest.raises(Unrecordable, match="did not do the same twice"):
        nn.compiled_step(model, nn.CrossEntropyLoss(), nn.SGD(model, lr=0.1))(X, LABELS)
    plain = network()
    step = nn.compiled_step(plain, lambda z, y: z.sum() * float(y.data[0]), nn.SGD(plain, lr=0.1))
    with pytest.raises(Detached):
        step(X, NUMBERS)


# ── fit ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def fitted(model, compile, **options):
    options = {"loss": nn.CrossEntropyLoss(), "epochs": 4, "batch_size": 8, "seed": 0, **options}
    make = options.pop("make", nn.Adam)
    return nn.fit(model, X, LABELS, optimizer=make(model), compile=compile, progress=False, **options)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"validation": 0.2, "patience": 2},
        {"clip_norm": 0.01, "clip_value": 0.1},
        {"metrics": {"accuracy": nn.accuracy}},
        {"batch_size": 30, "make": lambda model: nn.SGD(model, lr=0.1, momentum=0.9)},
    ],
    ids=["plain", "validation", "clipping", "metrics", "full batches"],
)
def test_fit_gives_the_same_run_compiled_and_not(options):
    model, twin = network(), network()
    found, expected = fitted(model, True, **options), fitted(twin, False, **options)
    assert found.eager_because == ""
    for name, numbers in expected.to_dict().items():
        each = numbers.items() if isinstance(numbers, dict) else [(name, numbers)]
        for key, one in each:
            mine = found.to_dict()[name]
            assert (mine[key] if isinstance(numbers, dict) else mine) == (pytest.approx(one, rel=1e-5)
                                                                        if isinstance(one, list) else one)  # fmt: skip
    assert_same_weights(model, twin)


def test_a_compiled_run_goes_on_where_it_stopped_to_the_last_bit(tmp_path):
    model, halves = network(), network()
    expected = fitted(model, True, epochs=6)
    path = tmp_path / "run.npz"
    fitted(halves, True, epochs=3, checkpoint=path)
    halves = network()
    assert fitted(halves, True, epochs=6, checkpoint=path, resume=True) == expected
    assert_same_weights(model, halves)


def test_fit_runs_eagerly_what_cannot_be_recorded_and_says_why():
    def dropping():
        return nn.Sequential(nn.Linear(4, 6, rng=0), nn.Dropout(0.5, rng=0), nn.Linear(6, 3, rng=1))

    model, twin = dropping(), dropping()
    with pytest.warns(UserWarning, match="did not do the same twice"):
        history = fitted(model, True)
    expected = fitted(twin, False)
    assert "did not do the same twice" in history.eager_because
    assert history.loss == expected.loss
    assert_same_weights(model, twin)


def test_a_compiled_run_that_diverges_says_so_as_the_eager_one_does():
    def message(compile):
        model = network(activation=nn.ReLU)
        with pytest.raises(Diverged) as caught:
            fitted(model, compile, loss=nn.CrossEntropyLoss(), make=lambda m: nn.SGD(m, lr=1e30))
        return str(caught.value)

    assert message(True) == message(False)
