"""nn.health between outputs and loss: rows that mix, shapes that cross, ranges that miss, gradients that add up."""

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor

CROSS_ENTROPY = nn.CrossEntropyLoss()
IRIS = nn.data.iris().shuffled(seed=0)
RNG = np.random.default_rng(0)


def network(*last, outputs=3, inputs=4):
    return nn.Sequential(nn.Linear(inputs, 8, rng=0), nn.Tanh(), nn.Linear(8, outputs, rng=1), *last)


def kinds(model, X=IRIS.X, y=IRIS.y, loss=CROSS_ENTROPY):
    return {finding.kind for finding in nn.health(model, None, X, y, loss=loss).findings}


def the(kind, model, X=IRIS.X, y=IRIS.y, loss=CROSS_ENTROPY):
    (finding,) = [f for f in nn.health(model, None, X, y, loss=loss).findings if f.kind == kind]
    return finding


# ── rows that mix ────────────────────────────────────────────────────────────────────────────────────────────────────


class Between(nn.Module):
    """Two layers, and what stands between them."""

    def __init__(self, between):
        self.first = nn.Linear(4, 8, rng=0, dtype=np.float64)
        self.second = nn.Linear(8, 3, rng=1, dtype=np.float64)
        self.between = between

    def forward(self, x):
        return self.second(self.between(self.first(x)))


def normalised(axis):
    return lambda h: (h - h.mean(axis=axis, keepdims=True)) / (h.std(axis=axis, keepdims=True) + 0.1)


MIXING = {
    "softmax": lambda h: autograd.softmax(h, axis=0),
    "sum": lambda h: h - h.sum(axis=0),
    "cumsum": lambda h: autograd.cumsum(h, axis=0),
    "getitem": lambda h: h[::-1],
    "reshape": lambda h: autograd.reshape(h.T, h.shape),
}


@pytest.mark.parametrize("between", MIXING.values(), ids=MIXING)
def test_an_op_that_mixes_the_rows_of_a_batch_is_named_with_its_line(between):
    finding = the("mixed_rows", Between(between))
    assert "depends on the rows beside it" in finding.message
    assert finding.site.endswith(f"test_nn_health_outputs.py:{between.__code__.co_firstlineno}")


def test_the_op_that_mixes_them_is_named_and_not_one_after_it():
    assert "for softmax mixes them" in the("mixed_rows", Between(MIXING["softmax"])).message


ROW_BY_ROW = {
    "softmax": lambda h: autograd.softmax(h, axis=1),
    "normalised": normalised(1),
    "reversed": lambda h: h[:, ::-1],
    "turned twice": lambda h: autograd.relu(h.T).T,
    "dropout": nn.Dropout(0.5, rng=0),
    "one by one": lambda h: autograd.stack([h[i].tanh() for i in range(len(h))]),
}


@pytest.mark.parametrize("between", ROW_BY_ROW.values(), ids=ROW_BY_ROW)
def test_rows_that_stay_apart_are_no_finding(between):
    assert "mixed_rows" not in kinds(Between(between), IRIS.X[:20], IRIS.y[:20])


# ── shapes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def squares(outputs, y):
    return ((outputs - y) ** 2).mean()


def test_a_column_of_outputs_against_a_row_of_targets_is_named_with_the_line_of_the_loss():
    X = RNG.normal(size=(30, 4))
    message = the("crossed_shapes", network(outputs=1), X, X[:, 0], squares).message
    assert "joins shapes (30, 1) and (30,) to (30, 30)" in message
    assert f"test_nn_health_outputs.py:{squares.__code__.co_firstlineno + 1}" in message
    assert kinds(network(outputs=1), X, X[:, :1], squares) <= {"not_scaled"}


# ── ranges ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("last", "name"), [(nn.ReLU(), "relu"), (nn.Sigmoid(), "logistic"), (nn.Tanh(), "tanh")])
def test_an_activation_between_logits_and_cross_entropy_is_named(last, name):
    message = the("output_range", network(last)).message
    assert f"the model ends in {name} (module 3, {last!r})" in message
    assert f"Leave {name} out" in message


def test_it_is_named_in_a_model_of_values_too():
    model = nn.MLP([4, 5, 3], "tanh", "relu", rng=0)
    assert "the model ends in relu" in the("output_range", model, IRIS.X[:20], IRIS.y[:20]).message


@pytest.mark.parametrize(("last", "scale"), [(nn.ReLU(), 1.0), (nn.Sigmoid(), 5.0), (nn.Tanh(), 5.0)])
def test_targets_that_the_last_activation_cannot_reach_are_named(last, scale):
    X = RNG.normal(size=(60, 4))
    message = the("output_range", network(last, outputs=1), X, scale * X[:, :1], nn.MSELoss()).message
    assert "of the targets lie outside" in message


@pytest.mark.parametrize(
    ("last", "y"),
    [
        (nn.ReLU(), abs(RNG.normal(size=(60, 1)))),
        (nn.Sigmoid(), RNG.integers(0, 2, (60, 1)) * 1.0),
        (nn.Tanh(), np.tanh(RNG.normal(size=(60, 1)))),
        (nn.Identity(), 9.0 * RNG.normal(size=(60, 1))),
    ],
)
def test_targets_within_reach_are_no_finding(last, y):
    assert "output_range" not in kinds(network(last, outputs=1), RNG.normal(size=(60, 4)), y, nn.MSELoss())


# ── gradients that pile up ───────────────────────────────────────────────────────────────────────────────────────────


def trained(optimizer_of, batch, cleared, epochs=8, model=None):
    model = model or network()
    optimizer, rng = optimizer_of(model), np.random.default_rng(0)
    for _ in range(epochs):
        order = rng.permutation(len(IRIS.y))
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            if cleared:
                optimizer.zero_grad()
            CROSS_ENTROPY(model(IRIS.X[rows]), IRIS.y[rows]).backward()
            optimizer.step()
    report = nn.health(model, None, IRIS.X, IRIS.y, loss=CROSS_ENTROPY, optimizer=optimizer)
    return "gradients_not_cleared" in [finding.kind for finding in report.findings]


OPTIMIZERS = {
    "a small step": lambda model: nn.SGD(model, lr=0.003),
    "a usual step": lambda model: nn.SGD(model, lr=0.03),
    "Adam": lambda model: nn.Adam(model, lr=0.003),
}


@pytest.mark.parametrize("batch", [16, 150])
@pytest.mark.parametrize("optimizer_of", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_gradients_that_pile_up_are_named_even_where_the_model_learns(optimizer_of, batch):
    assert trained(optimizer_of, batch, cleared=False, epochs=8 if batch < 150 else 40)


@pytest.mark.parametrize("batch", [1, 16, 150])
@pytest.mark.parametrize("optimizer_of", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_gradients_that_were_cleared_are_no_finding(optimizer_of, batch):
    assert not trained(optimizer_of, batch, cleared=True, epochs=2 if batch == 1 else 8)


def test_a_rare_sample_with_a_gradient_like_no_other_is_no_finding():
    y = IRIS.y.copy()
    model = network()
    optimizer = nn.SGD(model, lr=0.05)
    nn.fit(model, IRIS.X, y, loss=CROSS_ENTROPY, optimizer=optimizer, epochs=60, seed=0, progress=False)
    y[7] = (y[7] + 1) % 3  # a wrong label, met last and alone
    for _ in range(3):
        optimizer.zero_grad()
        CROSS_ENTROPY(model(IRIS.X[7:8]), y[7:8]).backward()
        optimizer.step()
    report = nn.health(model, None, IRIS.X, y, loss=CROSS_ENTROPY, optimizer=optimizer)
    assert "gradients_not_cleared" not in [finding.kind for finding in report.findings]


def test_they_are_seen_in_values_too():
    X, y = IRIS.X[:20], IRIS.y[:20].tolist()
    for cleared in (False, True):
        model = nn.MLP([4, 4, 3], "tanh", rng=0)
        optimizer = nn.SGD(model, lr=0.01)
        for _ in range(25):
            if cleared:
                optimizer.zero_grad()
            CROSS_ENTROPY([model(row) for row in X.tolist()], y).backward()
            optimizer.step()
        report = nn.health(model, None, X, y, loss=CROSS_ENTROPY, optimizer=optimizer)
        assert ("gradients_not_cleared" in [f.kind for f in report.findings]) != cleared


def test_nothing_is_written_to_the_model():
    model = network()
    optimizer = nn.SGD(model, lr=0.03)
    for _ in range(10):
        CROSS_ENTROPY(model(IRIS.X), IRIS.y).backward()
        optimizer.step()
    before = [(p.numpy(), np.copy(p.grad)) for p in model.parameters()]
    nn.health(model, None, IRIS.X, IRIS.y, loss=CROSS_ENTROPY, optimizer=optimizer)
    for p, (data, gradient) in zip(model.parameters(), before, strict=True):
        assert isinstance(p, Tensor)
        np.testing.assert_array_equal(p.data, data)
        np.testing.assert_array_equal(p.grad, gradient)
