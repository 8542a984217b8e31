"""Metrics against explicit loops, and scikit-learn where it is installed; predictions of both kinds of model."""

import importlib.util
import math

import numpy as np
import pytest

import nn
from autograd import Tensor, Value, errors
from autograd.errors import ArgumentError, DataError, OperandError, ShapeError

SEEDS = range(20)


# ── the same by loops ────────────────────────────────────────────────────────────────────────────────────────────────


def accuracy_by_loop(predicted, labels):
    right = 0
    for guess, label in zip(predicted, labels, strict=True):
        right += guess == label
    return right / len(labels)


def top_k_by_loop(scores, labels, k):
    found = 0
    for row, label in zip(scores, labels, strict=True):
        best = sorted(range(len(row)), key=lambda i: (-row[i], i))[:k]
        found += label in best
    return found / len(labels)


def mean_squared_error_by_loop(predicted, targets):
    squares = [(f - y) ** 2 for f, y in zip(predicted, targets, strict=True)]
    return math.fsum(squares) / len(squares)


def r2_by_loop(predicted, targets):
    mean = math.fsum(targets) / len(targets)
    residual = math.fsum((f - y) ** 2 for f, y in zip(predicted, targets, strict=True))
    spread = math.fsum((y - mean) ** 2 for y in targets)
    return 1.0 - residual / spread


def oracles():
    """Pairs of names and functions of (predicted, targets)."""
    found = {
        "accuracy": [accuracy_by_loop],
        "top_k_accuracy": [top_k_by_loop],
        "mean_squared_error": [mean_squared_error_by_loop],
        "r2_score": [r2_by_loop],
        "confusion": [lambda p, y: [[sum((p == j) & (y == i)) for j in range(4)] for i in range(4)]],
    }
    if importlib.util.find_spec("sklearn"):
        from sklearn import metrics

        found["accuracy"].append(lambda p, y: metrics.accuracy_score(y, p))
        found["top_k_accuracy"].append(
            lambda s, y, k: metrics.top_k_accuracy_score(y, s, k=k, labels=range(s.shape[1]))
        )
        found["mean_squared_error"].append(lambda p, y: metrics.mean_squared_error(y, p))
        found["r2_score"].append(lambda p, y: metrics.r2_score(y, p))
        found["confusion"].append(lambda p, y: metrics.confusion_matrix(y, p, labels=range(4)).tolist())
    return found


ORACLES = oracles()


@pytest.mark.parametrize("seed", SEEDS)
def test_accuracy_error_rate_and_confusion_are_those_of_the_oracles(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 40))
    predicted, labels = rng.integers(0, 4, n), rng.integers(0, 4, n)
    for oracle in ORACLES["accuracy"]:
        assert nn.accuracy(predicted, labels) == oracle(predicted, labels)
        assert nn.error_rate(predicted, labels) == pytest.approx(1 - oracle(predicted, labels), abs=1e-15)
    for oracle in ORACLES["confusion"]:
        assert nn.confusion(predicted, labels, list("abcd")).counts == oracle(predicted, labels)


@pytest.mark.parametrize("seed", SEEDS)
def test_top_k_accuracy_is_that_of_the_oracles(seed):
    rng = np.random.default_rng(seed)
    n, classes = int(rng.integers(1, 40)), int(rng.integers(3, 7))
    scores, labels = rng.normal(size=(n, classes)), rng.integers(0, classes, n)
    for k in range(1, classes):
        for oracle in ORACLES["top_k_accuracy"]:
            assert nn.top_k_accuracy(scores, labels, k=k) == pytest.approx(oracle(scores, labels, k), rel=1e-15)
    assert nn.top_k_accuracy(scores, labels, k=classes) == 1.0
    assert nn.top_k_accuracy(scores, labels, k=1) == nn.accuracy(nn.predicted_class(scores), labels)


@pytest.mark.parametrize("seed", SEEDS)
def test_among_equal_scores_the_first_class_comes_first(seed):
    rng = np.random.default_rng(seed)
    scores, labels = rng.integers(0, 3, (30, 5)).astype(float), rng.integers(0, 5, 30)
    for k in (1, 2, 3):
        assert nn.top_k_accuracy(scores, labels, k=k) == top_k_by_loop(scores, labels, k)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_squared_error_and_r2_are_those_of_the_oracles(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 40))
    targets = rng.normal(3.0, 2.0, n)
    predicted = targets + rng.normal(size=n)
    for name in ("mean_squared_error", "r2_score"):
        for oracle in ORACLES[name]:
            assert getattr(nn, name)(predicted, targets) == pytest.approx(oracle(predicted, targets), rel=1e-12)


def test_several_columns_are_averaged():
    rng = np.random.default_rng(0)
    targets = rng.normal(size=(9, 3))
    predicted = targets + rng.normal(size=(9, 3))
    columns = [r2_by_loop(predicted[:, j].tolist(), targets[:, j].tolist()) for j in range(3)]
    assert nn.r2_score(predicted, targets) == pytest.approx(np.mean(columns), rel=1e-12)
    for oracle in ORACLES["r2_score"][1:]:
        assert nn.r2_score(predicted, targets) == pytest.approx(oracle(predicted, targets), rel=1e-12)
    flat = mean_squared_error_by_loop(predicted.ravel().tolist(), targets.ravel().tolist())
    assert nn.mean_squared_error(predicted, targets) == pytest.approx(flat, rel=1e-12)


@pytest.mark.parametrize(("predicted", "score"), [([2.0, 2.0, 2.0], 1.0), ([2.0, 2.0, 3.0], 0.0)])
def test_r2_of_constant_targets_is_1_if_all_is_exact_and_else_0(predicted, score):
    assert nn.r2_score(predicted, [2.0, 2.0, 2.0]) == score
    for oracle in ORACLES["r2_score"][1:]:
        assert oracle(predicted, [2.0, 2.0, 2.0]) == score
    assert nn.r2_score([0.1] * 3, [0.1] * 3) == 1.0


# ── what they take ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_metrics_take_lists_arrays_values_and_tensors_with_a_gradient():
    for numbers in ([1.0, 2.0, 4.0], np.array([1, 2, 4]), [Value(1.0), Value(2.0), Value(4.0)], Tensor([1.0, 2.0, 4.0]),
                    Tensor([[1.0], [2.0], [4.0]]), [[Value(1.0)], [Value(2.0)], [Value(4.0)]]):  # fmt: skip
        assert nn.mean_squared_error(numbers, [1.0, 2.0, 1.0]) == 3.0
        assert nn.mean_squared_error([1.0, 2.0, 1.0], numbers) == 3.0
        assert nn.r2_score([1.0, 2.0, 4.0], numbers) == 1.0
    scores = Tensor([[0.1, 0.9], [0.8, 0.2]])
    assert nn.top_k_accuracy(scores, [1, 1], k=1) == 0.5
    assert nn.accuracy(scores.argmax(axis=1), [1, 1]) == 0.5
    assert nn.accuracy([1, 0], Tensor([1.0, 1.0])) == 0.5
    assert nn.accuracy(np.array([1, 0]), Tensor([[0.0, 1.0], [0.0, 1.0]])) == 0.5
    assert nn.zero_one(scores, [1, 1]).tolist() == nn.zero_one(scores.tolist(), [[0, 1], [0, 1]]).tolist() == [0.0, 1.0]


def test_a_column_is_compared_with_as_many_numbers_and_never_stretched():
    assert nn.mean_squared_error(np.array([[1.0], [2.0]]), [1.0, 4.0]) == 2.0
    for measure in (nn.mean_squared_error, nn.r2_score):
        for f, y in (((2, 2), (2,)), ((1, 2), (2,)), ((3,), (2,)), ((), ()), ((0,), (0,)), ((2, 1), (1, 2))):
            with pytest.raises(ShapeError) as caught:
                measure(np.zeros(f), np.zeros(y))
            assert f"predictions of shape {f} and targets of shape {y}" in str(caught.value)


def test_float32_is_added_in_float64():
    targets = np.full(100_000, 0.1, np.float32)
    assert nn.mean_squared_error(np.zeros_like(targets), targets) == pytest.approx(float(targets[0]) ** 2, rel=1e-12)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: nn.r2_score([1.0], [1.0]), ArgumentError, "at least two"),
        (lambda: nn.r2_score([1.0, math.nan], [1.0, 2.0]), ArgumentError, "the prediction in row 1 is not finite"),
        (lambda: nn.mean_squared_error([1.0], [math.inf]), ArgumentError, "the target in row 0 is not finite"),
        (lambda: nn.mean_squared_error(["a"], [1.0]), OperandError, "numbers, got str 'a'"),
        (lambda: nn.mean_squared_error([[1.0], [1.0, 2.0]], [1.0]), ShapeError, "unequal length"),
        (lambda: nn.top_k_accuracy([[0.1, 0.9]], [0], k=0), ArgumentError, "k"),
        (lambda: nn.top_k_accuracy([[0.1, 0.9]], [0], k=3), ArgumentError, "k is one of 1 to 2"),
        (lambda: nn.top_k_accuracy([[0.1, 0.9]], [0]), ArgumentError, "k is one of 1 to 2"),
        (lambda: nn.top_k_accuracy([0.1, 0.9], [0], k=1), ShapeError, r"\(n, classes\), got \(2,\)"),
        (lambda: nn.top_k_accuracy([[0.1, 0.9]], [2], k=1), ArgumentError, "label 0 is 2, and 2 scores allow 0 to 1"),
        (lambda: nn.top_k_accuracy([[0.1, math.nan]], [0], k=1), ArgumentError, "nan in row 0"),
        (lambda: nn.top_k_accuracy([[0.1, 0.9]], [0, 1], k=1), ShapeError, "got 1 and 2"),
        (lambda: nn.predicted_class([]), ShapeError, "no outputs"),
        (lambda: nn.predicted_class([None, 1.0]), OperandError, "numbers, got .*None"),
        (lambda: nn.predicted_class("ab"), OperandError, "numbers, got str 'ab'"),
        (lambda: nn.predicted_class([["a"]]), OperandError, "numbers, got str 'a'"),
        (lambda: nn.predicted_class(np.zeros((3, 0))), ShapeError, r"\(3, 0\)"),
    ],
)
def test_what_cannot_be_measured_is_named(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


# ── predictions ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Recorder(nn.Module):
    """A linear model that keeps what it was called on, and under what circumstances."""

    def __init__(self, outputs=3, dtype=np.float32):
        self.linear = nn.Linear(2, outputs, dtype=dtype, rng=0)
        self.calls = []

    def forward(self, rows):
        outputs = self.linear(rows)
        self.calls.append((len(rows), rows.dtype, self.training, outputs.op))
        return outputs


@pytest.mark.parametrize("batch_size", [1, 3, 7, 100])
def test_a_model_of_tensors_is_asked_in_batches_and_answers_with_an_array(batch_size):
    model, X = Recorder(), np.random.default_rng(0).normal(size=(7, 2))
    classes = nn.predict(model, X, batch_size=batch_size)
    assert [size for size, *_ in model.calls] == [min(batch_size, 7 - i) for i in range(0, 7, batch_size)]
    assert {call[1:] for call in model.calls} == {(np.dtype(np.float32), False, None)}
    assert model.training
    exact = X @ model.linear.weight.data.T + model.linear.bias.data
    assert isinstance(classes, np.ndarray)
    assert classes.tolist() == exact.argmax(axis=1).tolist()
    scores = nn.predict_scores(model, X, batch_size=batch_size)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, exact, rtol=1e-5, atol=1e-6)
    assert nn.predict(model, Tensor(X)).tolist() == classes.tolist()


def test_dropout_is_off_while_predicting_and_on_again_after():
    model = nn.Sequential(nn.Dropout(0.5, rng=0), nn.Linear(4, 3, rng=0))
    X = np.ones((50, 4))
    assert len(np.unique(nn.predict_scores(model, X), axis=0)) == 1
    assert model.training


def test_labels_minus_1_and_1_come_back_as_such():
    model, X = Recorder(outputs=1), np.random.default_rng(1).normal(size=(6, 2))
    signs = nn.predict(model, X, loss=nn.HingeLoss(), batch_size=4)
    scores = nn.predict_scores(model, X)
    assert signs.tolist() == [1 if f >= 0 else -1 for f in scores[:, 0]]
    assert nn.predict(model, X).tolist() == [int(f >= 0.5) for f in scores[:, 0]]
    assert nn.accuracy(signs, np.where(scores[:, 0] >= 0, 1, -1)) == 1.0


def test_a_model_of_values_and_its_twin_of_tensors_predict_alike():
    scalar, X = nn.MLP([2, 4, 3], rng=0), np.random.default_rng(2).normal(size=(9, 2))
    twin = scalar.to_tensors()
    assert nn.predict(scalar, X) == nn.predict(twin, X).tolist()
    np.testing.assert_allclose(nn.predict_scores(scalar, X), nn.predict_scores(twin, X), rtol=1e-12)
    assert nn.predict_scores(nn.Neuron(2, rng=0), X).shape == (9, 1)


@pytest.mark.parametrize(
    ("X", "options", "kind", "message"),
    [
        ([[1.0, 2.0], [math.nan, 0.0]], {}, DataError, "nan in row 1, column 0"),
        ([], {}, DataError, "empty"),
        ([1.0, 2.0], {}, DataError, "rows of numbers"),
        (3.0, {}, errors.AutogradError, "X"),
        ([[1.0, 2.0], [3.0]], {}, DataError, "alike"),
        ([["a", "b"]], {}, DataError, "'a'"),
        ([[1.0, 2.0, 3.0]], {}, ShapeError, "3"),
        ([[1.0, 2.0]], {"batch_size": 0}, ArgumentError, "batch_size"),
    ],
)
def test_data_that_cannot_be_predicted_are_named(X, options, kind, message):
    with pytest.raises(kind, match=message):
        nn.predict(Recorder(), X, **options)


def test_the_callers_numbers_stay_as_they_are():
    scores = Tensor([[1.0, 2.0]])
    assert nn.predicted_class(scores).tolist() == [1]
    assert scores.grad is None
    assert nn.predicted_class([[Value(1.0), Value(2.0)], [Value(3.0), Value(2.0)]]) == [1, 0]


def test_only_a_module_predicts():
    for predict in (nn.predict, nn.predict_scores):
        with pytest.raises(OperandError, match=r"predict.*\(model, X\) takes a module first, got str"):
            predict("model", [[1.0]])


def test_counts_longer_than_every_class_name_stand_apart_in_the_table():
    table = str(nn.confusion([0] * 1000 + [1] * 100, [0] * 1100))
    assert table.splitlines()[1].split() == ["0", "1000", "100"]
    assert len({len(line) for line in table.splitlines()}) == 1
