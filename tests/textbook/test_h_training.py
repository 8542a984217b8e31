"""Textbook, 4.3: Algorithm 4.1 line by line, iterations and epochs, and exercises 4-1, 4-4 and 4-5, on Tensors."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import nn
from autograd import Tensor

fewer = settings(max_examples=settings().max_examples // 8)
seeds = st.integers(0, 10_000)


def sigma(x):
    return 1 / (1 + np.exp(-x))


# ── Algorithm 4.1 ────────────────────────────────────────────────────────────────────────────────────────────────────


def gaussian_classes(seed):
    """Two classes that overlap: 40 samples to train on and 20 to validate."""
    rng = np.random.default_rng(seed)
    y = rng.integers(2, size=60)
    X = rng.normal(size=(60, 2)) + 1.5 * y[:, None]
    return (X[:40], y[:40]), (X[40:], y[40:])


def classifier(seed):
    return nn.Sequential(
        nn.Linear(2, 3, dtype=np.float64, rng=seed), nn.Sigmoid(), nn.Linear(3, 2, dtype=np.float64, rng=seed + 1)
    )


def weights_of(model):
    return [parameter.numpy() for parameter in model.parameters()]


def learn_one_epoch(weights, X, y, order, alpha, decay):
    """Lines 3 to 7 for a 2–3–2 network: for each sample forward, backward, W ← W − α(δaᵀ + λW), b ← b − αδ."""
    W1, b1, W2, b2 = (array.copy() for array in weights)
    for i in order:
        a1 = sigma(W1 @ X[i] + b1)
        powers = np.exp(W2 @ a1 + b2)
        delta2 = powers / powers.sum() - np.eye(2)[y[i]]
        delta1 = a1 * (1 - a1) * (W2.T @ delta2)
        W2 -= alpha * (np.outer(delta2, a1) + decay * W2)
        b2 -= alpha * delta2
        W1 -= alpha * (np.outer(delta1, X[i]) + decay * W1)
        b1 -= alpha * delta1
    return [W1, b1, W2, b2]


def error_and_loss(weights, X, y):
    """The share of samples of which the wrong class is named, and the mean of −ln p(y)."""
    W1, b1, W2, b2 = weights
    z = sigma(X @ W1.T + b1) @ W2.T + b2
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return np.mean(z.argmax(axis=1) != y), -np.log(p[np.arange(len(y)), y]).mean()


def assert_same_weights(model, weights):
    for found, wanted in zip(weights_of(model), weights, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14)


@fewer
@given(seed=seeds, alpha=st.floats(0.01, 1.0), decay=st.sampled_from([0.0, 1e-3, 0.1]))
def test_algorithm_4_1_is_sgd_sample_by_sample_until_the_validation_error_no_longer_falls(seed, alpha, decay):
    (X, y), (X_held_out, y_held_out) = gaussian_classes(seed)
    model, loss, rng = classifier(seed), nn.CrossEntropyLoss(), np.random.default_rng(seed)
    optimizer, weights = nn.SGD(model, lr=alpha, weight_decay=decay), weights_of(model)
    error, before, epochs = error_and_loss(weights, X_held_out, y_held_out)[0], np.inf, 0
    while error < before:
        order = rng.permutation(len(X))
        for i in order:
            optimizer.zero_grad()
            loss(model(X[i]), y[i]).backward()
            optimizer.step()
        weights, epochs = learn_one_epoch(weights, X, y, order, alpha, decay), epochs + 1
        before, error = error, error_and_loss(weights, X_held_out, y_held_out)[0]
        assert nn.error_rate(nn.predict(model, X_held_out), y_held_out) == error
        assert_same_weights(model, weights)
    assert optimizer.steps == epochs * len(X)


@fewer
@given(seed=seeds, alpha=st.floats(0.01, 1.0), decay=st.sampled_from([0.0, 1e-3]))
def test_fit_with_batches_of_one_and_patience_one_is_algorithm_4_1(seed, alpha, decay):
    training, held_out = gaussian_classes(seed)
    model, rng = classifier(seed), np.random.default_rng(seed)
    best, best_epoch, weights, epoch = weights_of(model), 0, weights_of(model), 0
    # Equal error rates are compared by their loss, and the best weights are what remains.
    while epoch == best_epoch and epoch < 8:
        weights, epoch = learn_one_epoch(weights, *training, rng.permutation(40), alpha, decay), epoch + 1
        if error_and_loss(weights, *held_out) < error_and_loss(best, *held_out):
            best, best_epoch = weights, epoch
    history = nn.fit(
        model, *training, loss=nn.CrossEntropyLoss(), optimizer=nn.SGD(model, lr=alpha, weight_decay=decay), epochs=8,
        batch_size=1, seed=seed, validation=held_out, patience=1, progress=False,
    )  # fmt: skip
    assert_same_weights(model, best)
    assert (len(history.loss), history.best_epoch) == (epoch, best_epoch)
    assert history.stopped == ("finished" if best_epoch == 8 else "early")


def test_2_560_000_samples_at_batch_size_256_are_10_000_iterations():
    n = 2_560_000
    X, y = np.arange(n, dtype=np.int32).reshape(-1, 1), np.zeros(n, np.int8)
    seen, iterations = np.zeros(n, np.int8), 0
    for rows, labels in nn.batches(X, y, 256):
        assert len(rows) == len(labels) == 256
        seen[rows[:, 0]] += 1
        iterations += 1
    assert iterations == 10_000
    assert np.all(seen == 1)  # one epoch sees every sample once


# ── exercise 4-5 ─────────────────────────────────────────────────────────────────────────────────────────────────────


def trained_on_moons(init, steps=50):
    data = nn.data.moons(60, seed=0)
    model = nn.Sequential(
        nn.Linear(2, 5, dtype=np.float64, rng=0, init=init), nn.Sigmoid(),
        nn.Linear(5, 4, dtype=np.float64, rng=1, init=init), nn.Tanh(),
        nn.Linear(4, 2, dtype=np.float64, rng=2, init=init),
    )  # fmt: skip
    optimizer, loss = nn.SGD(model, lr=0.5, momentum=0.9), nn.CrossEntropyLoss()
    for _ in range(steps):
        optimizer.zero_grad()
        cost = loss(model(data.X), data.y)
        cost.backward()
        optimizer.step()
    return model, cost.item()


def spread_of_neurons(layer):
    """How far the weights of a layer's neurons, its rows, lie apart."""
    return max(np.ptp(layer.weight.data, axis=0).max(), np.ptp(layer.bias.data))


def test_exercise_4_5_all_zero_weights_leave_the_neurons_of_a_layer_identical_for_ever():
    model, cost = trained_on_moons("zeros")
    assert spread_of_neurons(model[0]) <= 1e-12
    assert spread_of_neurons(model[2]) <= 1e-12
    drawn, better = trained_on_moons("lecun_uniform")
    assert spread_of_neurons(drawn[0]) > 0.1
    assert spread_of_neurons(drawn[2]) > 0.1
    assert better < cost / 2


def test_exercise_4_5_also_equal_weights_other_than_zero_move_and_stay_equal():
    model, _ = trained_on_moons(lambda shape, dtype, rng: np.full(shape, 0.3, dtype))
    assert np.abs(model[0].weight.data - 0.3).max() > 0.01
    assert spread_of_neurons(model[0]) <= 1e-9


# ── exercise 4-1 ─────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.lists(st.floats(0.01, 5.0), min_size=1, max_size=6), seeds)
def test_exercise_4_1_for_positive_inputs_the_weights_of_a_neuron_all_rise_or_all_fall(x, seed):
    neuron = nn.Sequential(nn.Linear(len(x), 1, dtype=np.float64, rng=seed), nn.Sigmoid())
    nn.SquaredError()(neuron([x]), [[1.0]]).backward()
    assert len(set(np.sign(neuron[0].weight.grad[0]))) == 1


def steps_needed(X, y):
    """How many steps of gradient descent take the excess of the mean squared error to a ten-thousandth."""
    model, loss = nn.Sequential(nn.Linear(X.shape[1], 1, dtype=np.float64, init="zeros")), nn.MSELoss()
    rows = np.column_stack([X, np.ones(len(X))])
    least = np.mean((rows @ np.linalg.lstsq(rows, y, rcond=None)[0] - y) ** 2)
    # 1/λ, the largest eigenvalue of the Hessian (2/n) Σ xxᵀ: each kind of input gets the rate that suits it.
    optimizer = nn.SGD(model, lr=1 / np.linalg.eigvalsh(2 * rows.T @ rows / len(rows)).max())
    start = None
    for step in range(20_000):
        optimizer.zero_grad()
        cost = loss(model(X), y)
        start = start or cost.item() - least
        if cost.item() - least <= 1e-4 * start:
            return step
        cost.backward()
        optimizer.step()
    return 20_000


@pytest.mark.parametrize("seed", range(3))
def test_exercise_4_1_always_positive_inputs_slow_descent_down(seed):
    rng = np.random.default_rng(seed)
    positive = rng.uniform(0, 2 * np.sqrt(3), size=(200, 4))  # of variance 1, about a mean of √3
    centred = positive - positive.mean(axis=0)
    y = centred @ rng.normal(size=(4, 1)) + 0.1 * rng.normal(size=(200, 1))
    assert steps_needed(positive, y) > 5 * steps_needed(centred, y)


# ── exercise 4-4 ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("decay", [0.1, 0.5, 2.0])
def test_exercise_4_4_decaying_the_bias_shifts_y_equals_x_plus_10_and_does_not_smooth_it(decay):
    x = np.linspace(-1, 1, 21).reshape(-1, 1)
    fitted = {}
    for decayed in ("weights", "weights and biases"):
        line = nn.Linear(1, 1, dtype=np.float64, init="zeros")
        # Names tell biases, which are spared; in a plain list everything counts as a weight.
        parameters = line.parameters() if decayed == "weights" else list(line.parameters())
        optimizer, loss = nn.SGD(parameters, lr=0.2, weight_decay=decay), nn.MSELoss()
        for _ in range(400):
            optimizer.zero_grad()
            loss(line(x), x + 10).backward()
            optimizer.step()
        fitted[decayed] = line.weight.item(), line.bias.item()
    # The minimum of (1/n) Σ (wx + b − x − 10)² + (λ/2)w², and with (λ/2)b² beside it, where Σx = 0.
    variance = np.mean(x**2)
    slope = 2 * variance / (2 * variance + decay)
    assert fitted["weights"] == pytest.approx((slope, 10.0), rel=1e-9)
    assert fitted["weights and biases"] == pytest.approx((slope, 10 * 2 / (2 + decay)), rel=1e-9)


def test_exercise_4_4_pairs_of_names_decide_what_decays():
    line = nn.Linear(1, 1, dtype=np.float64, init="zeros")
    line.load_state_dict({"weight": [[1.0]], "bias": [10.0]})
    for parameter in line.parameters():
        parameter.grad = np.zeros(parameter.shape)
    nn.SGD([("weight", line.weight), ("bias", line.bias)], lr=0.1, weight_decay=0.5).step()
    assert (line.weight.item(), line.bias.item()) == (0.95, 10.0)
    nn.SGD([("weight", line.weight), ("shift", line.bias)], lr=0.1, weight_decay=0.5).step()
    assert line.bias.item() == 9.5


# ── first-order steps ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("n", [1, 7, 20])
def test_the_three_kinds_of_descent_differ_in_how_many_samples_a_step_sees(n):
    # SGD (one), mini-batch (some), full batch (all): the step is the mean of the samples' steps.
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(20, 2)), rng.normal(size=(20, 1))
    line = nn.Linear(2, 1, dtype=np.float64, init="zeros")
    optimizer = nn.SGD(line, lr=0.1)
    nn.MSELoss()(line(Tensor(X[:n])), y[:n]).backward()
    optimizer.step()
    np.testing.assert_allclose(line.weight.data[0], 0.1 * np.mean(2 * y[:n] * X[:n], axis=0), rtol=1e-12)
    assert line.bias.item() == pytest.approx(0.1 * np.mean(2 * y[:n]), rel=1e-12)
