"""A model of Values trains in lanes as it trains sample by sample: the same gradients, losses and weights."""

import copy

import numpy as np
import pytest

import autograd
import nn
from autograd import Value
from autograd.errors import ArgumentError, Diverged

RNG = np.random.default_rng(0)
X = RNG.normal(size=(23, 3))
LABELS = RNG.integers(0, 3, 23)
BITS = RNG.integers(0, 2, 23)
NUMBERS = RNG.normal(size=(23, 3))
SOFT = RNG.dirichlet(np.ones(3), 23)

# Sums over the samples of a batch are rounded in another order, by a few units in the last place, and a run of some
# ten steps on these smooth losses does not blow that up further than this.
BOUND = {"rtol": 1e-10, "atol": 1e-12}

LOSSES = {
    "labels": (nn.CrossEntropyLoss, LABELS, "identity"),
    "weighed labels": (lambda: nn.CrossEntropyLoss(weight=[1.0, 2.0, 0.5]), LABELS, "identity"),
    "a class of weight 0": (lambda: nn.CrossEntropyLoss(weight=[1.0, 0.0, 1.0]), LABELS, "identity"),
    "soft labels": (nn.CrossEntropyLoss, SOFT, "identity"),
    "log-probabilities": (nn.NLLLoss, LABELS, "log_softmax"),
    "probabilities": (nn.LogLoss, LABELS, "softmax"),
    "soft labels of probabilities": (nn.SoftCrossEntropy, SOFT, "softmax"),
    "squares": (nn.MSELoss, NUMBERS, "identity"),
    "half squares": (nn.HalfSquaredError, NUMBERS, "tanh"),
    "distances": (nn.L1Loss, NUMBERS, "identity"),
    "margins": (nn.HingeLoss, np.sign(NUMBERS), "identity"),
    "exponentials": (nn.ExponentialLoss, np.sign(NUMBERS), "identity"),
}
OPTIMIZERS = {
    "SGD": lambda m: nn.SGD(m, lr=0.1),
    "momentum": lambda m: nn.SGD(m, lr=0.1, momentum=0.9, weight_decay=0.01),
    "RMSprop": lambda m: nn.RMSprop(m),
    "Adagrad": lambda m: nn.Adagrad(m, weight_decay=0.01),
    "Adam": lambda m: nn.Adam(m, weight_decay=0.01),
    "AdamW": lambda m: nn.AdamW(m),
}


def network(output="identity", activation="tanh", sizes=(3, 4, 3)):
    return nn.MLP(list(sizes), activation=activation, output=output, rng=1)


def fitted(model, compile, loss, y, make=OPTIMIZERS["SGD"], rows=X, **options):
    options = {"epochs": 2, "batch_size": 8, "seed": 0, **options}
    return nn.fit(model, rows, y, loss=loss, optimizer=make(model), compile=compile, progress=False, **options)


def assert_same_run(model, loss, y, **options):
    """Trains the model in lanes and a copy of it sample by sample, and gives the history."""
    twin = copy.deepcopy(model)
    found, expected = fitted(model, True, loss, y, **options), fitted(twin, False, loss, y, **options)
    assert found.eager_because == ""
    np.testing.assert_allclose(found.loss, expected.loss, **BOUND)
    np.testing.assert_allclose(found.validation_loss or [], expected.validation_loss or [], **BOUND)
    assert (found.error_rate, found.metrics, found.best_epoch, found.stopped) == (
        expected.error_rate, expected.metrics, expected.best_epoch, expected.stopped
    )  # fmt: skip
    for (name, p), (_, q) in zip(model.named_parameters(), twin.named_parameters(), strict=True):
        np.testing.assert_allclose(p.data, q.data, **BOUND, err_msg=name)
        np.testing.assert_allclose(p.grad, q.grad, **BOUND, err_msg=name)
    return found


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_is_learned_in_lanes_as_sample_by_sample(name):
    loss, y, output = LOSSES[name]
    assert_same_run(network(output), loss(), y)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_takes_the_same_way(name):
    assert_same_run(network(), nn.CrossEntropyLoss(), LABELS, make=OPTIMIZERS[name])


@pytest.mark.parametrize("activation", sorted(set(nn.activations.ACTIVATIONS) - {"step"}))
def test_every_activation_takes_the_same_way(activation):
    assert_same_run(network(activation=activation), nn.MSELoss(), NUMBERS)


@pytest.mark.parametrize("batch_size", [1, 5, 22, 23])
@pytest.mark.parametrize("seed", [0, 1])
def test_batches_of_every_size_and_a_smaller_last_one_take_the_same_way(batch_size, seed):
    assert_same_run(network(), nn.MSELoss(), NUMBERS, batch_size=batch_size, seed=seed, epochs=1)


def test_more_samples_than_run_at_once_take_the_same_way():
    rows = RNG.normal(size=(600, 2))
    model = nn.MLP([2, 1], rng=0)
    assert_same_run(model, nn.MSELoss(), np.sin(rows[:, 0]), rows=rows, batch_size=600)


def test_a_single_sample_takes_the_same_way():
    assert_same_run(network(), nn.CrossEntropyLoss(), LABELS[:1], rows=X[:1], batch_size=1)


@pytest.mark.parametrize(
    "options",
    [
        {"validation": 0.2, "patience": 2, "epochs": 4},
        {"clip_norm": 0.01, "clip_value": 0.1},
        {"metrics": {"accuracy": nn.accuracy}},
    ],
    ids=["validation", "clipping", "metrics"],
)
def test_validation_clipping_and_metrics_are_as_before(options):
    assert_same_run(network(), nn.CrossEntropyLoss(), LABELS, **options)


def test_a_neuron_with_one_output_learns_bits():
    assert_same_run(nn.Neuron(3, rng=0), nn.LogLoss(), BITS)
    assert_same_run(nn.MLP([3, 1], output="sigmoid", rng=0), nn.LogLoss(), BITS, metrics={"accuracy": nn.accuracy})


def test_a_users_own_loss_with_a_penalty_is_learned_in_lanes():
    model = network(sizes=(3, 2, 1))

    def loss(outputs, y):
        return abs(outputs[0] - y) ** 3 + 0.01 * sum(
            w * w for neuron in of[0].layers[0].neurons for w in neuron.weights
        )

    of = [model]
    found = fitted(model, True, loss, NUMBERS[:, 0])
    of[0] = network(sizes=(3, 2, 1))
    expected = fitted(of[0], False, loss, NUMBERS[:, 0])
    assert found.eager_because == ""
    np.testing.assert_allclose(found.loss, expected.loss, **BOUND)
    np.testing.assert_allclose([p.data for p in model.parameters()], [p.data for p in of[0].parameters()], **BOUND)


# ── branches ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def branching(x):
    return x * 2.0 if x > 0.3 else x / 3.0 if x > -0.3 else x * 0.01


def test_a_branch_on_numbers_splits_the_lanes():
    assert_same_run(nn.MLP([3, 2, 1], activation=branching, rng=0), nn.MSELoss(), NUMBERS[:, 0])


@pytest.mark.parametrize("activation", ["tanh", branching])
def test_a_run_in_lanes_goes_on_where_it_stopped_to_the_last_bit(tmp_path, activation):
    def made():
        return nn.MLP([3, 2, 3], activation=activation, rng=0)

    whole, halves, path = made(), made(), tmp_path / "run.npz"
    options = {"loss": nn.CrossEntropyLoss(), "y": LABELS, "make": OPTIMIZERS["Adam"]}
    expected = fitted(whole, True, epochs=6, **options)
    fitted(halves, True, epochs=3, checkpoint=path, **options)
    halves = made()
    assert fitted(halves, True, epochs=6, checkpoint=path, resume=True, **options) == expected
    assert halves.state_dict() == whole.state_dict()


# ── what may change between epochs ───────────────────────────────────────────────────────────────────────────────────


class Scaled(nn.Module):
    """A neuron whose output is scaled by a plain number."""

    def __init__(self):
        self.neuron = nn.Neuron(3, activation="tanh", rng=0)
        self.scale = 1.0

    def forward(self, x):
        return [self.neuron(x) * self.scale]


def test_settings_and_frozen_weights_are_followed_from_epoch_to_epoch():
    def change(report):
        if report.epoch == 1:
            report.model.scale = 3.0
        if report.epoch == 2:
            report.model.neuron.weights[0].requires_grad = False

    assert_same_run(Scaled(), nn.MSELoss(), NUMBERS[:, 0], epochs=3, callbacks=[change])


def test_numbers_of_a_loss_are_followed_from_epoch_to_epoch():
    class Weighed:
        def __init__(self):
            self.weight = 1.0

        def __call__(self, outputs, y):
            return (outputs[0] - y) ** 2 * self.weight

    def weights(compile):
        model, loss = Scaled(), Weighed()

        def change(report):
            loss.weight = 1.0 / report.epoch

        fitted(model, compile, loss, NUMBERS[:, 0], epochs=4, callbacks=[change])
        return [p.data for p in model.parameters()]

    assert weights(True) == pytest.approx(weights(False), rel=1e-9)


# ── what cannot be recorded ──────────────────────────────────────────────────────────────────────────────────────────


class Noisy(nn.Module):
    """A neuron whose inputs are disturbed."""

    def __init__(self):
        self.neuron = nn.Neuron(3, activation="tanh", rng=0)
        self.rng = np.random.default_rng(0)

    def forward(self, x):
        return [self.neuron([number + self.rng.normal() for number in x])]


def assert_learned_eagerly(model, loss, y, reason, **options):
    twin = copy.deepcopy(model)
    with pytest.warns(UserWarning, match=reason):
        found = fitted(model, True, loss, y, **options)
    expected = fitted(twin, False, loss, y, **options)
    assert found.loss == expected.loss
    assert model.state_dict() == twin.state_dict()
    return found.eager_because


def test_what_draws_numbers_is_learned_sample_by_sample_from_the_same_draws():
    assert "did not do the same twice" in assert_learned_eagerly(Noisy(), nn.MSELoss(), NUMBERS[:, 0], "twice")


def test_a_label_used_as_an_index_is_learned_sample_by_sample():
    def loss(outputs, label):
        return -autograd.log(autograd.softmax(outputs)[label])

    assert_learned_eagerly(network(), loss, LABELS.tolist(), "compile=True has no effect from here on")


def test_a_loss_that_asks_what_its_target_is_is_learned_sample_by_sample():
    def loss(outputs, label):
        return (outputs[0] - (1.0 if label in {1, 2} else 0.0)) ** 2  # a set asks for the hash

    assert_learned_eagerly(network(), loss, LABELS.tolist(), "ask what its target is")


def test_too_many_paths_are_learned_sample_by_sample():
    rows = RNG.normal(size=(90, 3))
    model = nn.MLP([3, 8, 1], activation=branching, rng=0)
    assert_learned_eagerly(model, nn.MSELoss(), rows[:, 0], "different paths", rows=rows, batch_size=90, epochs=1)


def test_parameters_beside_the_models_are_learned_sample_by_sample():
    extra = Value(1.0, label="slope")
    model = network(sizes=(3, 1))
    optimizer = nn.SGD([*model.parameters(), extra], lr=0.1)
    with pytest.warns(UserWarning, match="beside the model's"):
        nn.fit(model, X, NUMBERS[:, 0], loss=lambda z, y: (z[0] * extra - y) ** 2, optimizer=optimizer, epochs=1,
               compile=True, progress=False)  # fmt: skip
    assert extra.data != 1.0


def test_outputs_that_are_no_probabilities_raise_as_before():
    def train(compile):
        shifted = nn.MLP([3, 1], rng=0)
        shifted.layers[0].set_weights([[0.0, 0.0, 1.0]], [0.5])
        rows = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.2], [0.0, 0.0, 3.0]])
        return fitted(shifted, compile, nn.LogLoss(), [0, 1, 1], rows=rows, batch_size=3)

    with pytest.raises(ArgumentError) as eager:
        train(False)
    with pytest.warns(UserWarning, match="ArgumentError"), pytest.raises(ArgumentError) as compiled:
        train(True)
    assert str(compiled.value) == str(eager.value)


def test_a_run_that_diverges_says_so_as_the_eager_one_does():
    def message(compile):
        model = network(activation="relu")
        with pytest.raises(Diverged) as caught:
            fitted(model, compile, nn.MSELoss(), NUMBERS, make=lambda m: nn.SGD(m, lr=1e30), epochs=9)
        return str(caught.value).split(":")[0]

    assert message(True) == message(False)
