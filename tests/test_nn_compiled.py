"""A compiled training step gives what the eager one gives: the same errors, and weights and losses up to rounding."""

import copy
import pickle
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor
from autograd.errors import AutogradError, CheckpointError, Detached, Diverged, NonFinite, OperandError, Unrecordable

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


def allocated_by(step, X, y):
    """The bytes that are left after many steps, and the most that there were at a time."""
    tracemalloc.start()
    try:
        for _ in range(105):  # Python keeps the room of a hundred floats that were returned
            step(X, y)
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        for _ in range(15):
            step(X, y)
        now, most = tracemalloc.get_traced_memory()
        return now - before, most - before
    finally:
        tracemalloc.stop()


MANY = np.tile(X, (40, 1))
CLIPS = {"clip_norm": 1.0, "clip_value": 0.1}
KINDS = [
    *[(name, "labels", nn.ReLU, clips) for name in OPTIMIZERS for clips in ({}, CLIPS)],
    *[("SGD", name, nn.Sigmoid, {}) for name in LOSSES],
    *[("SGD", "labels", activation, {}) for activation in ACTIVATIONS],
]


# ── what the model and the loss hold ─────────────────────────────────────────────────────────────────────────────────


def plain_descent(model):
    return nn.SGD(model, lr=0.1)


class Weighed:
    """Squares, weighed by numbers that may be set between steps; it counts its calls."""

    def __init__(self):
        self.weight, self.parts, self.array, self.inner = 1.0, [1.0], np.ones(3), nn.MSELoss()
        self.calls = 0

    def __call__(self, outputs, y):
        self.calls += 1
        squares = self.inner(outputs, y) + autograd.mean((outputs - y) ** 2 * self.array)
        return squares * self.weight * self.parts[0]


def set_slope(model, loss):
    model[1].negative_slope = 0.9


def put_in_another_module(model, loss):
    model._modules["1"] = nn.Tanh()


def set_a_number(model, loss):
    loss.weight = 0.3


def set_within_a_list(model, loss):
    loss.parts[0] = 0.3


def set_within_an_array(model, loss):
    loss.array[1] = 5.0


def put_in_another_parameter(model, loss):
    model[0].weight = Tensor(np.full((6, 4), 0.1, np.float32))


CHANGES = (set_slope, put_in_another_module, set_a_number, set_within_a_list, set_within_an_array,
           put_in_another_parameter)  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_changed_between_steps_is_followed(change):
    model, twin = network(activation=nn.LeakyReLU), network(activation=nn.LeakyReLU)
    loss, other = Weighed(), Weighed()
    optimizer = plain_descent(twin)
    step = nn.compiled_step(model, loss, plain_descent(model))
    for i in range(4):
        if i == 2:
            change(model, loss)
            change(twin, other)
        assert step(X, NUMBERS) == pytest.approx(eager_step(twin, other, optimizer, X, NUMBERS), rel=1e-6)
    assert_same_weights(model, twin)


def test_what_is_as_before_is_not_recorded_anew():
    class Keeping(nn.Module):
        def __init__(self):
            self.inner, self.slope, self.last = network(), 0.5, None

        def forward(self, x):
            self.last = self.inner(x)
            return self.last * self.slope

    model, loss = Keeping(), Weighed()
    step = nn.compiled_step(model, loss, plain_descent(model))
    step(X, NUMBERS)
    calls = loss.calls
    for _ in range(3):
        model(X)  # which keeps another result
        model.slope = float("0.5")
        step(X, NUMBERS)
    assert loss.calls == calls


def test_a_step_that_is_recorded_time_and_again_says_what_changes():
    model, loss = network(), Weighed()
    step = nn.compiled_step(model, loss, plain_descent(model))
    for i in range(64):
        loss.weight = 1.0 / (i + 2.0)
        step(X, NUMBERS)
    loss.weight = 1.0
    with pytest.raises(Unrecordable, match=r"recorded 64 times in 64 steps, this time because loss\.weight changed"):
        step(X, NUMBERS)


def test_parameters_that_two_steps_share_go_from_one_optimizer_to_the_other():
    def heads():
        body = nn.Linear(4, 6, rng=1)
        return [nn.Sequential(body, nn.Tanh(), nn.Linear(6, 3, rng=seed)) for seed in (2, 3)]

    models, twins, losses = heads(), heads(), [Weighed(), Weighed()]
    optimizers = [nn.Adam(twin) for twin in twins]
    steps = [nn.compiled_step(model, loss, nn.Adam(model)) for model, loss in zip(models, losses, strict=True)]
    calls = []
    for _ in range(4):
        for step, twin, optimizer in zip(steps, twins, optimizers, strict=True):
            step(X, NUMBERS)
            eager_step(twin, Weighed(), optimizer, X, NUMBERS)
        calls.append([loss.calls for loss in losses])
    assert calls[0] == calls[-1]  # neither was recorded anew
    for model, twin in zip(models, twins, strict=True):
        assert_same_weights(model, twin)


class Heads(nn.Module):
    """One of two layers, whichever the inputs choose."""

    def __init__(self):
        self.one, self.other, self.last = (nn.Linear(a, 3, rng=seed) for seed, a in enumerate((4, 4, 3)))

    def forward(self, x):
        return self.last(self.one(x) if autograd.sum(x) > 0.0 else self.other(x))


@pytest.mark.parametrize("kind", ["numpy", "native"])
def test_a_gradient_of_another_branch_is_not_clipped_along(kind):
    if kind == "native":
        pytest.importorskip("numba")
    model, twin = Heads(), Heads()
    step = nn.compiled_step(model, nn.CrossEntropyLoss(), nn.SGD(model, lr=0.5), kind=kind, clip_norm=0.1)
    optimizer = nn.SGD(twin, lr=0.5)
    for sign in (1.0, -1.0, 1.0, -1.0):
        step(sign * abs(X), LABELS)
        eager_step(twin, nn.CrossEntropyLoss(), optimizer, sign * abs(X), LABELS,
                   lambda m: nn.clip_grad_norm(m, 0.1))  # fmt: skip
    assert_same_weights(model, twin)
    assert model.one.weight.grad is None
    assert model.other.weight.grad is not None


def test_one_step_can_be_called_in_several_threads():
    model, twin = network(), network()
    step, optimizer = nn.compiled_step(model, nn.CrossEntropyLoss(), plain_descent(model)), plain_descent(twin)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: step(X, LABELS), range(200)))
    for _ in range(200):
        eager_step(twin, nn.CrossEntropyLoss(), optimizer, X, LABELS)
    for p, q in zip(model.parameters(), twin.parameters(), strict=True):
        np.testing.assert_allclose(p.numpy(), q.numpy(), atol=1e-5)


def test_a_copied_or_pickled_step_trains_its_own_model():
    model = network()
    step = nn.compiled_step(model, nn.CrossEntropyLoss(), nn.Adam(model), clip_norm=1.0)
    step(X, LABELS)
    for twin in (copy.deepcopy(step), pickle.loads(pickle.dumps(step))):
        before = model.state_dict()
        assert twin(X, LABELS) == pytest.approx(nn.CrossEntropyLoss()(model(X), LABELS).item(), rel=1e-6)
        assert all(np.array_equal(before[name], x) for name, x in model.state_dict().items())


def test_a_step_under_detect_anomaly_or_no_grad_is_the_eager_one():
    model = network()
    step = nn.compiled_step(model, nn.CrossEntropyLoss(), plain_descent(model))
    step(X, LABELS)
    with pytest.raises(NonFinite), autograd.detect_anomaly():
        step(np.full_like(X, np.nan), LABELS)
    with pytest.raises(AutogradError), autograd.no_grad():
        step(X, LABELS)


@pytest.mark.parametrize(("optimizer", "loss", "activation", "clips"), KINDS)
def test_a_step_allocates_nothing_after_the_first(optimizer, loss, activation, clips):
    """But for what NumPy itself converts numbers in, 8,192 of them at a time; one layer here has 38,400."""
    loss_of, y, last = LOSSES[loss]
    y = np.tile(y, (40, *[1] * (y.ndim - 1))) if y.ndim > 1 else np.tile(y, 40)
    model = nn.Sequential(nn.Linear(4, 32, rng=1), activation(), nn.Linear(32, 3, rng=2), *(m() for m in last))
    step = nn.compiled_step(model, loss_of(), OPTIMIZERS[optimizer](model), **clips)
    growth, most = allocated_by(step, MANY, y.astype(np.float32) if y.dtype == float else y)
    assert growth < 1000
    assert most < 80_000 < len(MANY) * 32 * 4


def test_what_cannot_be_recorded_raises_naming_why():
    model = nn.Sequential(nn.Linear(4, 6, rng=0), nn.Dropout(0.5, rng=0), nn.Linear(6, 3, rng=1))
    with pytest.raises(Unrecordable, match="did not do the same twice"):
        nn.compiled_step(model, nn.CrossEntropyLoss(), nn.SGD(model, lr=0.1))(X, LABELS)
    plain = network()
    step = nn.compiled_step(plain, lambda z, y: z.sum() * float(y.data[0]), nn.SGD(plain, lr=0.1))
    with pytest.raises(Detached):
        step(X, NUMBERS)


@pytest.mark.parametrize("name", ["zero_grad", "step", "update", "follow"])
def test_an_optimizer_with_ways_of_its_own_is_refused_naming_them(name):
    model = network()
    method = getattr(nn.SGD, name)
    own = type("Own", (nn.SGD,), {name: lambda self, *given: method(self, *given)})
    with pytest.raises(Unrecordable, match=rf"Own has a method {name} of its own.*written as `move`"):
        nn.compiled_step(model, nn.CrossEntropyLoss(), own(model, lr=0.1))


def test_a_loss_that_asks_what_its_targets_are_is_refused():
    def loss(outputs, y):
        return autograd.mean((outputs - y) ** 2) * (2.0 if isinstance(y, np.ndarray) else 1.0)

    model = network()
    with pytest.raises(Unrecordable, match="ask what kind of array it is given"):
        nn.compiled_step(model, loss, plain_descent(model))(X, NUMBERS)


def test_a_step_that_reaches_no_parameter_raises_as_the_eager_one_does():
    model = network()
    step = nn.compiled_step(model, nn.CrossEntropyLoss(), plain_descent(model))
    for p in model.parameters():
        p.requires_grad = False
    for _ in range(2):
        with pytest.raises(AutogradError, match="all 4 gradients are missing"):
            step(X, LABELS)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (X + 0j, "inputs are numbers, got complex"),
        ([["a"] * 4] * 30, "inputs are numbers, got str 'a'"),
        (Tensor(X), r"inputs are data without a gradient.*t\.detach\(\)"),
        (np.ma.masked_greater(X, 0.5), "inputs are a masked array with gaps"),
    ],
    ids=["complex", "text", "variable", "masked"],
)
def test_inputs_that_are_no_numbers_are_named(inputs, message):
    model = network()
    with pytest.raises(OperandError, match=message):
        nn.compiled_step(model, nn.CrossEntropyLoss(), plain_descent(model))(inputs, LABELS)


def test_parts_that_do_not_belong_together_are_named():
    model = network()
    with pytest.raises(OperandError, match="compiled_step: loss=MSELoss is a class"):
        nn.compiled_step(model, nn.MSELoss, plain_descent(model))
    with pytest.raises(AutogradError, match="compiled_step: the optimizer holds none of the model's parameters"):
        nn.compiled_step(model, nn.MSELoss(), plain_descent(network()))


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


def test_a_run_is_not_taken_up_compiled_otherwise(tmp_path):
    path = tmp_path / "run.npz"
    fitted(network(), False, epochs=1, checkpoint=path)
    with pytest.raises(CheckpointError, match="compile is 'numpy' here and False in the checkpoint"):
        fitted(network(), True, epochs=2, checkpoint=path, resume=True)


def test_a_compiled_run_that_went_on_eagerly_does_so_when_it_is_taken_up(tmp_path):
    def change(report):
        report.model[0].forward = lambda x: nn.Linear.forward(report.model[0], x) * float(autograd.sum(x) * 0.0 + 1.0)

    expected, halves, path = network(), network(), tmp_path / "run.npz"
    with pytest.warns(UserWarning, match="has no effect from here on") as told:
        history = fitted(expected, True, epochs=3, callbacks=[change])
    assert told[0].filename == __file__
    with pytest.warns(UserWarning, match="has no effect from here on"):
        fitted(halves, True, epochs=2, callbacks=[change], checkpoint=path)
    halves = network()
    assert fitted(halves, True, epochs=3, callbacks=[change], checkpoint=path, resume=True) == history
    assert all(np.array_equal(x, halves.state_dict()[name]) for name, x in expected.state_dict().items())


def test_what_callbacks_change_is_followed():
    def change(report):
        report.model[1].negative_slope = 0.2 * report.epoch

    model, twin = network(activation=nn.LeakyReLU), network(activation=nn.LeakyReLU)
    assert fitted(model, True, callbacks=[change]).eager_because == ""
    fitted(twin, False, callbacks=[change])
    assert_same_weights(model, twin)


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
