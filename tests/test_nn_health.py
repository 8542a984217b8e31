"""nn.health: the faults of training it names, what it says of them, and that it says nothing of healthy trainings."""

import copy
import pickle
import sys
from itertools import pairwise

import numpy as np
import pytest

import nn
from autograd import Tensor, Value
from autograd.errors import ArgumentError, DataError, MissingExtra, OperandError
from nn.diagnosis.layers import groups_of

CROSS_ENTROPY = nn.CrossEntropyLoss()
IRIS = nn.data.iris().shuffled(seed=0)


def network(sizes, activation=nn.Tanh, seed=0, **options):
    """Linear layers with an activation between each two, in float64."""
    modules = []
    for place, (inputs, outputs) in enumerate(pairwise(sizes)):
        modules += [nn.Linear(inputs, outputs, rng=seed + place, dtype=np.float64, **options), activation()]
    return nn.Sequential(*modules[:-1])


def trained(model, optimizer, X, y, epochs=12, loss=CROSS_ENTROPY, **options):
    history = nn.fit(model, X, y, loss=loss, optimizer=optimizer, epochs=epochs, seed=0, progress=False, **options)
    return nn.health(model, history, X, y, loss=loss, optimizer=optimizer)


def kinds(report):
    return [finding.kind for finding in report.findings]


def the(report, kind):
    """The one finding of a kind."""
    (finding,) = [finding for finding in report.findings if finding.kind == kind]
    return finding


# ── healthy trainings ────────────────────────────────────────────────────────────────────────────────────────────────


def regression(seed):
    X = np.random.default_rng(seed).normal(size=(100, 3))
    return X, X @ [[1.0], [2.0], [-1.0]]


MOONS, DIGITS, XOR = nn.data.moons(200, seed=0), nn.data.digits(), nn.data.xor()
HEALTHY = {
    "iris, sigmoid": lambda s: (network([4, 6, 3], nn.Sigmoid, s), nn.SGD, 0.5, IRIS.X, IRIS.y, 100, CROSS_ENTROPY),
    "iris, Values": lambda s: (nn.MLP([4, 6, 3], rng=s), nn.Adam, 0.05, IRIS.X[:50], IRIS.y[:50], 15, CROSS_ENTROPY),
    "xor, Values": lambda s: (
        nn.MLP([2, 4, 1], "tanh", "sigmoid", rng=s), nn.Adam, 0.1, XOR.X, XOR.y, 200, nn.MSELoss(),
    ),
    "moons, ReLU": lambda s: (network([2, 16, 16, 2], nn.ReLU, s), nn.SGD, 0.3, MOONS.X, MOONS.y, 60, CROSS_ENTROPY),
    "moons, tanh": lambda s: (network([2, 16, 16, 2], nn.Tanh, s), nn.Adam, 0.02, MOONS.X, MOONS.y, 40, CROSS_ENTROPY),
    "digits": lambda s: (
        network([64, 32, 10], nn.ReLU, s), nn.Adam, 0.003, DIGITS.X / 16, DIGITS.y, 4, CROSS_ENTROPY,
    ),
    "digits as they are": lambda s: (
        network([64, 32, 10], nn.ReLU, s), nn.Adam, 0.003, DIGITS.X, DIGITS.y, 3, CROSS_ENTROPY,
    ),
    "regression": lambda s: (network([3, 8, 1], nn.Tanh, s), nn.Adam, 0.02, *regression(s), 40, nn.MSELoss()),
}  # fmt: skip


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("make", HEALTHY.values(), ids=HEALTHY)
def test_nothing_is_found_in_a_healthy_training_neither_before_nor_after(make, seed):
    model, kind, rate, X, y, epochs, loss = make(seed)
    optimizer = kind(model, lr=rate)
    before = nn.health(model, None, X, y, loss=loss, optimizer=optimizer)
    assert before.healthy, str(before)
    after = trained(model, optimizer, X, y, epochs, loss)
    assert after.healthy, str(after)


def test_the_published_iris_network_whose_sigmoids_lie_flat_on_most_flowers_is_healthy():
    report = nn.health(nn.textbook.iris_model(), None, IRIS.X, IRIS.y, loss=nn.LogLoss())
    assert report.healthy, str(report)
    assert report.layers[0].saturated > 0.5


# ── layers ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_vanishing_gradient_is_named_with_the_first_layer():
    model = network([2, *[32] * 15, 2], nn.Sigmoid)
    report = nn.health(model, None, MOONS.X, MOONS.y, loss=CROSS_ENTROPY)
    finding = the(report, "vanishing")
    assert finding.layer == "0"
    assert finding.figure < 1e-8
    assert "He weights" in finding.message
    signals = [layer.signal for layer in report.layers]
    assert finding.figure == pytest.approx(signals[0] / signals[-1])


def test_the_same_depth_with_relu_and_he_weights_does_not_vanish():
    model = network([2, *[32] * 15, 2], nn.ReLU, init="he_normal")
    assert "vanishing" not in kinds(nn.health(model, None, MOONS.X, MOONS.y, loss=CROSS_ENTROPY))


def test_a_vanishing_gradient_is_seen_in_values_too():
    model = nn.MLP([2, *[4] * 9, 2], rng=0)
    assert the(nn.health(model, None, MOONS.X, MOONS.y, loss=CROSS_ENTROPY), "vanishing").layer == "layers.0"


def test_an_exploding_gradient_is_named():
    rng = np.random.default_rng(0)
    model = network([4, *[64] * 10, 3], nn.Identity, init=lambda shape, dtype, _: rng.normal(size=shape))
    finding = the(nn.health(model, None, IRIS.X, IRIS.y, loss=CROSS_ENTROPY), "exploding")
    assert finding.layer == "0"
    assert finding.figure > 1e4
    assert "clip" in finding.message


def with_dead_units(count, model):
    """The first units of the first layer get a bias that nothing lifts above 0."""
    if isinstance(model, nn.MLP):
        for neuron in model.layers[0].neurons[:count]:
            neuron.bias.data = -100.0
    else:
        model[0].bias.data = [-100.0 if i < count else 0.5 for i in range(model[0].bias.size)]
    return model


@pytest.mark.parametrize("dead", [4, 7, 8])
@pytest.mark.parametrize("make", [lambda: network([2, 8, 2], nn.ReLU), lambda: nn.MLP([2, 8, 2], "relu", rng=0)])
def test_dead_units_are_counted(make, dead):
    model = with_dead_units(dead, make())
    report = nn.health(model, None, MOONS.X, MOONS.y, loss=CROSS_ENTROPY, optimizer=nn.SGD(model, lr=0.25))
    finding = the(report, "dead")
    assert finding.figure == report.layers[0].dead >= dead / 8
    assert finding.layer == report.layers[0].name
    assert f"{report.layers[0].dead:.0%} of its 8 ReLU units are dead" in finding.message
    assert "learning rate (0.25)" in finding.message
    assert "leaky ReLU" in finding.message


def test_units_that_die_in_training_are_found():
    model = network([4, 16, 3], nn.ReLU)
    assert "dead" in kinds(trained(model, nn.SGD(model, lr=10.0), IRIS.X, IRIS.y))


@pytest.mark.parametrize("activation", [nn.Sigmoid, nn.Tanh, nn.HardTanh])
def test_saturated_units_are_named(activation):
    rng = np.random.default_rng(0)
    model = network([2, 8, 2], activation, init=lambda shape, dtype, _: 1e3 * rng.normal(size=shape))
    report = nn.health(model, [0.7, 0.7, 0.7], MOONS.X, MOONS.y[::-1].copy(), loss=CROSS_ENTROPY)
    finding = the(report, "saturated")
    assert (finding.layer, finding.figure) == ("0", report.layers[0].saturated)
    assert report.layers[0].saturated > 0.9


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "hard_tanh"])
def test_saturated_values_are_counted(activation):
    model = nn.MLP([2, 4, 2], activation, rng=0)
    for neuron in model.layers[0].neurons:
        neuron.bias.data = 50.0
    report = nn.health(model, None, MOONS.X, MOONS.y, loss=CROSS_ENTROPY)
    assert report.layers[0].saturated == 1.0
    assert the(report, "saturated").layer == "layers.0"


class Broken(nn.Module):
    """Two layers, and what stands between them."""

    def __init__(self, between):
        self.first = nn.Linear(4, 8, rng=0, dtype=np.float64)
        self.second = nn.Linear(8, 3, rng=1, dtype=np.float64)
        self.between = between

    def forward(self, x):
        return self.second(self.between(self.first(x)))


@pytest.mark.parametrize(
    "between",
    [lambda h: h.tanh().detach(), lambda h: Tensor(h.numpy(), requires_grad=False), lambda h: np.tanh(h.data)],
)
def test_a_layer_that_is_cut_off_is_named_with_the_line_that_reads_what_was_cut_off(between):
    report = nn.health(Broken(between), None, IRIS.X, IRIS.y, loss=CROSS_ENTROPY)
    finding = the(report, "detached")
    assert finding.layer == "first"
    assert "detach" in finding.message
    line = Broken.forward.__code__.co_firstlineno + 1
    assert finding.site.endswith(f"test_nn_health.py:{line}")
    assert finding.site in str(report)


def test_an_op_without_a_derivative_in_between_is_named():
    finding = the(nn.health(Broken(nn.Step()), None, IRIS.X, IRIS.y, loss=CROSS_ENTROPY), "detached")
    assert "greater_equal has no derivative" in finding.message


def test_a_layer_that_is_never_called_is_named():
    model = Broken(nn.Tanh())
    model.spare = nn.Linear(3, 3, rng=0)
    assert the(nn.health(model, None, IRIS.X, IRIS.y, loss=CROSS_ENTROPY), "detached").layer == "spare"


def test_frozen_parameters_are_named():
    model = network([4, 8, 3])
    model[0].weight.requires_grad = False
    finding = the(nn.health(model), "frozen")
    assert finding.layer == "0"
    assert "0.weight is frozen" in finding.message
    assert finding.figure == 0.5


@pytest.mark.parametrize("model", [network([2, 3, 2], init="zeros"), nn.MLP([2, 3, 2], rng=0)])
def test_units_that_are_all_alike_are_named(model):
    """Exercise 4-5: neurons that begin the same stay the same."""
    if isinstance(model, nn.MLP):
        for layer in model.layers:
            layer.set_weights([[0.5] * layer.inputs] * len(layer.neurons), [0.0] * len(layer.neurons))
    X, y = [[1.0, 2.0], [3.0, 5.0]], [0, 1]
    for report in (nn.health(model), nn.health(model, None, X, y, loss=CROSS_ENTROPY)):
        finding = the(report, "symmetric")
        assert (finding.layer, finding.figure) == (report.layers[0].name, 3.0)  # and not the outputs, which will part


def test_every_hidden_layer_that_is_alike_is_named():
    report = nn.health(network([2, 3, 4, 2], init=lambda shape, dtype, _: np.ones(shape)))
    assert [finding.layer for finding in report.findings if finding.kind == "symmetric"] == ["0", "2"]


def in_zeros(model):
    for parameter in model.parameters():
        parameter.data = np.zeros_like(parameter.data) if isinstance(parameter, Tensor) else 0.0
    return model


@pytest.mark.parametrize("make", [lambda: nn.Sequential(nn.Linear(2, 2)), lambda: nn.MLP([2, 2])])
def test_outputs_that_begin_alike_are_not(make):
    """Each has a target of its own, so that the first step tells them apart."""
    model = in_zeros(make())
    X, y = MOONS.X[:40], MOONS.y[:40]
    for report in (nn.health(model), nn.health(model, None, X, y, loss=CROSS_ENTROPY)):
        assert "symmetric" not in kinds(report)
    optimizer = nn.SGD(model, lr=0.5)
    history = nn.fit(model, X, y, loss=CROSS_ENTROPY, optimizer=optimizer, epochs=5, seed=0, progress=False)
    assert history.loss[-1] < history.loss[0]


def test_units_that_begin_alike_and_are_weighed_differently_are_not():
    model = network([2, 3, 2])
    model[0].weight.data = np.full((3, 2), 0.5)
    for report in (nn.health(model), nn.health(model, None, MOONS.X, MOONS.y, loss=CROSS_ENTROPY)):
        assert "symmetric" not in kinds(report)


class Backwards(nn.Module):
    """Two layers that are used in the other order than they are written in."""

    def __init__(self):
        self.second, self.first = nn.Linear(2, 2, rng=0), nn.Linear(2, 2, rng=0)

    def forward(self, x):
        return self.second(self.first(x).tanh())


def test_what_comes_back_tells_outputs_from_hidden_units_where_the_order_of_layers_does_not():
    model = in_zeros(Backwards())
    model.second.bias.data = np.array([0.0, 0.0], np.float32)
    y = np.array([0] * 30 + [1] * 10)
    assert "symmetric" not in kinds(nn.health(model, None, MOONS.X[:40], y, loss=CROSS_ENTROPY))


def test_parameters_that_are_not_finite_are_named():
    model = network([2, 3, 2])
    model[2].bias.data = [np.nan, 1.0]
    finding = the(nn.health(model), "not_finite")
    assert (finding.layer, finding.figure) == ("2", 1.0)
    assert "2.bias" in finding.message


def test_a_gradient_that_is_not_finite_is_named_and_where_to_look_on():
    model = network([2, 3, 1], nn.ReLU)
    loss = lambda outputs, targets: ((outputs - outputs).sqrt() * outputs).sum()  # noqa: E731
    report = nn.health(model, None, MOONS.X, MOONS.y, loss=loss)
    assert "why_nan" in next(f for f in report.findings if f.kind == "not_finite_gradient").message


# ── steps and the optimizer ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_learning_rate_that_is_too_high_is_named():
    model = network([4, 16, 3])
    report = trained(model, nn.SGD(model, lr=30.0), IRIS.X, IRIS.y)
    assert {"loss_rises", "update_too_large"} & set(kinds(report))
    assert "learning rate (30)" in str(report)


def test_a_learning_rate_that_is_too_low_is_named():
    model = network([4, 16, 3])
    report = trained(model, nn.SGD(model, lr=1e-7), IRIS.X, IRIS.y)
    assert the(report, "update_too_small").figure < 1e-5
    assert "loss_flat" in kinds(report)


def test_a_step_many_times_as_large_as_the_weights_is_told_as_a_multiple():
    model = network([4, 16, 3])
    optimizer = nn.SGD(model, lr=1e12)
    report = nn.health(model, None, IRIS.X, IRIS.y, loss=CROSS_ENTROPY, optimizer=optimizer)
    finding = the(report, "update_too_large")
    assert f"one step changes its weights by {finding.figure:.3g} times their size" in finding.message
    assert "%" not in finding.message


@pytest.mark.parametrize(
    "make",
    [
        lambda p: nn.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
        lambda p: nn.Adam(p, lr=0.01),
        lambda p: nn.AdamW(p, lr=0.01),
        lambda p: nn.RMSprop(p, lr=0.01),
        lambda p: nn.Adagrad(p, lr=0.01),
    ],
)
@pytest.mark.parametrize("kind", [lambda: network([4, 5, 3]), lambda: nn.MLP([4, 5, 3], rng=0)])
def test_the_step_against_the_weights_is_that_of_the_next_step_and_nothing_moves(make, kind):
    model = kind()
    optimizer = make(model)
    X, y = IRIS.X[:20], IRIS.y[:20]
    nn.fit(model, X, y, loss=CROSS_ENTROPY, optimizer=optimizer, epochs=2, batch_size=20, seed=0, progress=False)
    before, gradients = model.state_dict(), [np.copy(p.grad) for p in model.parameters()]
    report = nn.health(model, None, X, y, loss=CROSS_ENTROPY, optimizer=optimizer)
    for name, numbers in model.state_dict().items():
        np.testing.assert_array_equal(numbers, before[name])
    for parameter, gradient in zip(model.parameters(), gradients, strict=True):
        np.testing.assert_array_equal(parameter.grad, gradient)
    nn.fit(model, X, y, loss=CROSS_ENTROPY, optimizer=optimizer, epochs=1, batch_size=20, seed=0, progress=False)
    after = model.state_dict()
    for group, layer in zip(groups_of(model), report.layers, strict=True):
        names = [name for name, _ in group.parameters if "bias" not in name]
        moved = np.sqrt(sum(np.square(after[name] - before[name]).sum() for name in names))
        size = np.sqrt(sum(np.square(before[name]).sum() for name in names))
        assert layer.update == pytest.approx(moved / size, rel=1e-9)


def test_parameters_that_the_optimizer_lacks_are_named():
    model = network([4, 8, 3])
    report = nn.health(model, optimizer=nn.SGD(model[2], lr=0.1))
    assert [(f.kind, f.layer, f.figure) for f in report.findings] == [("not_in_optimizer", "0", 2.0)]


def test_an_optimizer_of_another_model_is_named():
    assert "strange_parameters" in kinds(nn.health(network([4, 8, 3]), optimizer=nn.SGD(network([4, 8, 3]), lr=0.1)))


def test_a_parameter_that_the_optimizer_was_given_twice_is_named():
    model = network([4, 8, 3])
    report = nn.health(model, optimizer=nn.SGD([*model.parameters(), model[0].weight], lr=0.1))
    assert [(f.kind, f.layer) for f in report.findings] == [("repeated_parameter", "0")]
    assert "0.weight" in report.findings[0].message


def test_a_parameter_in_two_optimizers_is_named():
    model = network([4, 8, 3])
    report = nn.health(model, optimizer=[nn.SGD(model, lr=0.1), nn.Adam(model[2])])
    assert kinds(report) == ["repeated_parameter"] * 2
    assert "each moves it" in report.findings[0].message


def test_gradients_that_were_never_cleared_are_named():
    model = network([4, 8, 3])
    optimizer, losses = nn.SGD(model, lr=1e-6), []
    for _ in range(60):
        loss = CROSS_ENTROPY(model(IRIS.X), IRIS.y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    report = nn.health(model, losses, IRIS.X, IRIS.y, loss=CROSS_ENTROPY, optimizer=optimizer)
    finding = the(report, "gradients_not_cleared")
    assert finding.figure == pytest.approx(60, rel=0.1)
    assert "zero_grad" in finding.message


# ── the loss ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("losses", "kind"),
    [
        ([1.0, 0.9, float("nan"), float("nan")], "diverged"),
        ([1.0, float("inf")], "diverged"),
        ([1.0, 1.5, 3.0, 8.0], "loss_rises"),
        ([1.0, 0.7, 1.1, 0.7, 1.1, 0.75, 1.05, 0.8], "loss_oscillates"),
        ([1.1, 1.0999, 1.0998, 1.0997, 1.0997, 1.0996], "loss_flat"),
    ],
)
def test_a_loss_that_goes_wrong_is_named(losses, kind):
    assert kinds(nn.health(network([2, 2]), losses)) == [kind]


@pytest.mark.parametrize(
    "losses", [[], [1.0], [1.0, 0.5], [1.0, 0.8, 0.7, 0.65, 0.62], [1.0, 0.5, 0.51, 0.45, 0.47, 0.4], [0.0, 0.0, 0.0]]
)
def test_a_loss_that_goes_right_is_not(losses):
    assert "diverged" not in kinds(nn.health(network([2, 2]), losses))
    assert losses == [0.0, 0.0, 0.0] or nn.health(network([2, 2]), losses).healthy


def test_overfitting_is_named():
    rng = np.random.default_rng(0)
    model = network([10, 64, 2])
    X, y = rng.normal(size=(40, 10)), rng.integers(0, 2, 40)
    optimizer = nn.Adam(model, lr=0.01)
    report = trained(model, optimizer, X, y, 60, validation=(rng.normal(size=(40, 10)), rng.integers(0, 2, 40)))
    assert "overfitting" in kinds(report)


def test_going_uphill_is_named():
    model = network([4, 8, 3])
    optimizer, losses = nn.SGD(model, lr=0.1), []
    for _ in range(20):
        loss = CROSS_ENTROPY(model(IRIS.X), IRIS.y)
        optimizer.zero_grad()
        (-loss).backward()
        optimizer.step()
        losses.append(loss.item())
    report = nn.health(model, losses, IRIS.X, IRIS.y, loss=CROSS_ENTROPY, optimizer=optimizer)
    assert "sign" in the(report, "loss_rises").message


# ── data and labels ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_labels_that_count_from_one_are_named():
    model = network([4, 8, 4])
    assert (
        "count from 0"
        in the(trained(model, nn.SGD(model, lr=0.1), IRIS.X, IRIS.y + 1, 30), "labels_off_by_one").message
    )


@pytest.mark.parametrize("shift", [1, -1])
def test_labels_that_stand_one_row_off_are_named(shift):
    model = network([4, 8, 3])
    finding = the(trained(model, nn.SGD(model, lr=0.1), IRIS.X, np.roll(IRIS.y, shift), 30), "labels_off_by_one")
    assert f"np.roll(y, {-shift})" in finding.message


def test_labels_that_mean_another_class_than_in_training_are_named():
    model = network([4, 8, 3])
    nn.fit(model, IRIS.X, IRIS.y, loss=CROSS_ENTROPY, optimizer=nn.Adam(model, lr=0.05), epochs=30, seed=0)
    four = network([4, 8, 4])
    nn.fit(four, IRIS.X, IRIS.y + 1, loss=CROSS_ENTROPY, optimizer=nn.Adam(four, lr=0.05), epochs=30, seed=0)
    report = nn.health(four, None, IRIS.X, IRIS.y, loss=CROSS_ENTROPY)
    assert "class y+1" in the(report, "labels_off_by_one").message


def test_labels_that_do_not_go_with_their_rows_are_named():
    model = network([4, 8, 3])
    y = np.random.default_rng(1).permutation(IRIS.y)
    assert "shuffled apart" in the(trained(model, nn.SGD(model, lr=0.1), IRIS.X, y, 20), "labels_unrelated").message


def test_data_that_are_not_scaled_are_named():
    model = network([4, 8, 3])
    X = IRIS.X * [1e4, 1.0, 1.0, 1.0]
    finding = the(trained(model, nn.SGD(model, lr=0.01), X, IRIS.y), "not_scaled")
    assert "column 0" in finding.message
    assert "standard deviation" in finding.message


def test_outputs_that_do_not_depend_on_the_inputs_are_named():
    model = network([4, 8, 3])
    model[2].weight.data = np.zeros((3, 8))
    assert "same_outputs" in kinds(nn.health(model, None, IRIS.X, IRIS.y, loss=CROSS_ENTROPY))


def test_a_model_that_names_one_class_for_everything_is_named():
    model = network([4, 8, 3])
    model[2].bias.data = [0.0, 5.0, 0.0]
    report = trained(model, nn.SGD(model, lr=1e-4), IRIS.X, IRIS.y, 5)
    assert the(report, "same_prediction").figure == 1.0


# ── the report ───────────────────────────────────────────────────────────────────────────────────────────────────────


class ByHand(nn.Module):
    """A network whose module holds its arrays itself."""

    def __init__(self):
        rng = np.random.default_rng(0)
        self.W1, self.b1 = Tensor(rng.normal(size=(4, 8))), Tensor(np.zeros(8))
        self.W2, self.b2 = Tensor(rng.normal(size=(8, 3))), Tensor(np.zeros(3))

    def forward(self, x):
        return (Tensor(x, requires_grad=False) @ self.W1 + self.b1).relu() @ self.W2 + self.b2


def test_arrays_of_a_module_of_ones_own_are_layers():
    model = ByHand()
    model.b1.data = np.full(8, -100.0)
    finding = the(nn.health(model, None, IRIS.X, IRIS.y, loss=CROSS_ENTROPY), "dead")
    assert (finding.layer, finding.figure) == ("W1", 1.0)
    assert finding.site.endswith(f"test_nn_health.py:{ByHand.forward.__code__.co_firstlineno + 1}")


def test_the_figures_are_those_of_one_backward_pass():
    model = network([4, 6, 3], nn.Tanh)
    X, y = IRIS.X[:50], IRIS.y[:50]
    report = nn.health(model, None, X, y, loss=CROSS_ENTROPY)
    CROSS_ENTROPY(model(X), y).backward()
    for layer, linear in zip(report.layers, (model[0], model[2]), strict=True):
        assert layer.weights == pytest.approx(np.linalg.norm(linear.weight.data))
        joined = np.concatenate([linear.weight.grad.ravel(), linear.bias.grad])
        assert layer.gradients == pytest.approx(np.linalg.norm(joined))
    hidden = np.tanh(X @ model[0].weight.data.T + model[0].bias.data)
    assert report.layers[0].saturated == np.mean(1.0 - hidden**2 < 0.05)


def test_values_and_tensors_give_the_same_figures():
    mlp = nn.MLP([4, 6, 3], "tanh", rng=0)
    X, y = IRIS.X[:30], IRIS.y[:30]
    scalars = nn.health(mlp, None, X, y, loss=CROSS_ENTROPY, optimizer=nn.Adam(mlp))
    sequential = mlp.to_tensors()
    tensors = nn.health(sequential, None, X, y, loss=CROSS_ENTROPY, optimizer=nn.Adam(sequential))
    for one, other in zip(scalars.layers, tensors.layers, strict=True):
        assert one.saturated == other.saturated
        for figure in ("weights", "gradients", "update"):
            assert getattr(one, figure) == pytest.approx(getattr(other, figure), rel=1e-9)


@pytest.mark.parametrize("make", [lambda: network([4, 6, 3]), lambda: nn.MLP([4, 6, 3], "tanh", rng=0)])
def test_the_history_of_fit_knows_samples_loss_and_optimizer(make):
    model, X, y = make(), IRIS.X[:40], IRIS.y[:40]
    optimizer = nn.SGD(model, lr=0.05)
    history = nn.fit(model, X, y, loss=CROSS_ENTROPY, optimizer=optimizer, epochs=2, seed=0, progress=False)
    given = nn.health(model, history, X, y, loss=CROSS_ENTROPY, optimizer=optimizer)
    assert nn.health(model, history).layers == given.layers
    assert nn.health(model, history).findings == given.findings
    assert all(layer.gradients and layer.update for layer in given.layers)


def test_a_history_of_another_model_tells_of_its_loss_alone():
    model = network([4, 6, 3])
    history = nn.fit(model, IRIS.X, IRIS.y, loss=CROSS_ENTROPY, optimizer=nn.SGD(model, lr=0.05), epochs=2, seed=0)
    report = nn.health(network([4, 6, 3]), history)
    assert report.healthy
    assert report.layers[0].gradients is None


def test_copies_and_files_of_a_history_do_not_hold_the_data():
    model = network([4, 6, 3])
    history = nn.fit(model, IRIS.X, IRIS.y, loss=CROSS_ENTROPY, optimizer=nn.SGD(model, lr=0.05), epochs=2, seed=0)
    assert history.origin is not None
    for copied in (
        copy.deepcopy(history),
        pickle.loads(pickle.dumps(history)),
        nn.History.from_dict(history.to_dict()),
    ):
        assert copied == history
        assert copied.origin is None
    assert "origin" not in history.to_dict()


def test_the_report_prints_a_row_for_each_layer_and_a_line_for_each_finding():
    model = with_dead_units(8, network([2, 8, 2], nn.ReLU))
    report = nn.health(model, [0.7, 0.7], MOONS.X, MOONS.y, loss=CROSS_ENTROPY, optimizer=nn.SGD(model, lr=0.1))
    text = str(report)
    assert all(str(finding) in text for finding in report.findings)
    assert [line.split()[0] for line in text.splitlines()[-2:]] == ["0", "2"]
    assert "dead" in repr(report)
    assert not report.healthy
    assert report._repr_mimebundle_() == {"text/plain": text}


def test_a_report_without_samples_says_that_nothing_was_passed_through():
    model, other = network([2, 8, 2], nn.ReLU), network([2, 8, 2], nn.ReLU)
    history = nn.fit(
        other, MOONS.X, MOONS.y, loss=CROSS_ENTROPY, optimizer=nn.SGD(other, lr=0.1), epochs=1, seed=0, progress=False
    )
    assert "no sample was passed through it" in str(nn.health(model))
    assert "no sample was passed through it" in str(nn.health(model, history))
    assert "no sample was passed through it" not in str(nn.health(other, history))


def test_the_plot_shows_loss_gradients_steps_and_units():
    pyplot = pytest.importorskip("matplotlib.pyplot", reason="matplotlib is not installed")
    model = network([2, 8, 2], nn.ReLU)
    report = trained(model, nn.SGD(model, lr=0.1), MOONS.X, MOONS.y)
    axes = report.plot()
    assert axes.shape == (2, 2)
    assert len(axes[0, 0].lines[0].get_xdata()) == 12
    heights = [bar.get_height() for bar in axes[0, 1].patches]
    assert heights == [layer.gradients for layer in report.layers]
    nn.health(model).plot(axes)
    with pytest.raises(ArgumentError, match="four axes"):
        report.plot(pyplot.gca())
    pyplot.close("all")


def test_without_matplotlib_the_plot_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtra, match="glassgrad"):
        nn.health(network([2, 2])).plot()


def test_training_mode_and_generators_are_left_alone():
    model = nn.Sequential(nn.Linear(2, 8, rng=0), nn.ReLU(), nn.Dropout(0.5, rng=0), nn.Linear(8, 2, rng=0))
    state = model[2].rng.bit_generator.state
    nn.health(model, None, MOONS.X, MOONS.y, loss=CROSS_ENTROPY)
    assert model.training
    assert model[2].rng.bit_generator.state == state


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((42,), {}, OperandError, "health looks at a model"),
        ((nn.ReLU(),), {}, ArgumentError, "no parameters"),
        ((network([2, 2]), "history"), {}, OperandError, "history is what fit returns"),
        ((network([2, 2]), None, MOONS.X), {}, ArgumentError, "X, y and loss"),
        ((network([2, 2]), None, MOONS.X, MOONS.y), {"loss": 3}, ArgumentError, "X, y and loss"),
        ((network([2, 2]), None, MOONS.X[:5], MOONS.y), {"loss": CROSS_ENTROPY}, DataError, "5 rows"),
        ((network([2, 2]), None, [[np.nan, 1.0]], [0]), {"loss": CROSS_ENTROPY}, DataError, "nan in row 0"),
        ((network([2, 2]), None, MOONS.X, MOONS.y + 5), {"loss": CROSS_ENTROPY}, ArgumentError, "5"),
        ((network([2, 2]), None, MOONS.X, MOONS.y), {"loss": lambda o, t: o}, ArgumentError, "Tensor of one number"),
        ((nn.Neuron(2), None, MOONS.X, MOONS.y), {"loss": lambda o, t: 1.0}, ArgumentError, "is a Value"),
        ((network([2, 2]),), {"optimizer": 0.1}, OperandError, "optimizer is an optimizer"),
    ],
)
def test_what_cannot_be_looked_at_is_refused(arguments, options, error, message):
    with pytest.raises(error, match=message):
        nn.health(*arguments, **options)


def test_a_finding_is_plain_data():
    finding = nn.Finding("dead", "2", "layer 2: …", 0.41)
    assert finding == nn.Finding("dead", "2", "layer 2: …", 0.41, "")
    assert str(nn.Finding("dead", "2", "text", 0.41, "a.py:3")) == "text (a.py:3)"


def test_a_neuron_by_itself_is_a_layer():
    neuron = nn.Neuron(2, activation="relu", rng=0)
    neuron.bias.data = -100.0
    report = nn.health(neuron, None, MOONS.X, MOONS.y, loss=nn.MSELoss())
    assert "dead" in kinds(report)
    assert isinstance(neuron.bias, Value)
