"""Data sets, the textbook's trained Iris network, metrics, and what an import costs."""

import subprocess
import sys

import numpy as np
import pytest

import nn
from autograd.errors import ArgumentError, OperandError, ShapeError


def test_iris_is_fishers_150_flowers():
    iris = nn.data.iris()
    assert iris.X.shape == (150, 4)
    assert np.bincount(iris.y).tolist() == [50, 50, 50]
    assert iris.class_names == ["setosa", "versicolor", "virginica"]
    assert iris.feature_names == ["sepal length", "sepal width", "petal length", "petal width"]
    assert iris.X[0].tolist() == [5.1, 3.5, 1.4, 0.2]
    assert iris.X[149].tolist() == [5.9, 3.0, 5.1, 1.8]
    assert iris.X.sum(axis=0) == pytest.approx([876.5, 458.6, 563.7, 179.9])


def test_iris_has_the_two_flowers_that_are_misprinted_elsewhere():
    X = nn.data.iris().X
    assert X[34].tolist() == [4.9, 3.1, 1.5, 0.2]
    assert X[37].tolist() == [4.9, 3.6, 1.4, 0.1]


def test_iris_names_its_source_and_licence():
    source = nn.data.iris().source
    assert "Fisher" in source
    assert "1936" in source
    assert "CC BY 4.0" in source


def test_the_textbooks_split_takes_the_first_40_of_each_class():
    iris = nn.data.iris()
    train, test = iris.split(40)
    assert (len(train), len(test)) == (120, 30)
    assert np.array_equal(test.X, np.concatenate([iris.X[40:50], iris.X[90:100], iris.X[140:150]]))
    assert np.bincount(train.y).tolist() == [40, 40, 40]
    with pytest.raises(ArgumentError, match="setosa has 50 rows, so per_class must be 1 to 49, got 50"):
        iris.split(50)


def test_standardised_data_have_mean_0_and_deviation_1_and_test_data_follow_the_training_data():
    train, test = nn.data.iris().split(40)
    scaled = train.standardised()
    assert scaled.X.mean(axis=0) == pytest.approx(np.zeros(4), abs=1e-12)
    assert scaled.X.std(axis=0) == pytest.approx(np.ones(4))
    assert test.standardised(like=train).X[0] == pytest.approx((test.X[0] - train.X.mean(axis=0)) / train.X.std(axis=0))


def test_a_dataset_is_made_anew_for_each_caller():
    nn.data.iris().X[:] = 0.0
    assert nn.data.iris().X.any()
    assert repr(nn.data.xor()) == "Dataset('xor', 4 rows, 2 features, 2 classes)"


@pytest.mark.parametrize(
    ("table", "labels"),
    [
        (nn.data.and_(), [0, 0, 0, 1]),
        (nn.data.or_(), [0, 1, 1, 1]),
        (nn.data.nand(), [1, 1, 1, 0]),
        (nn.data.xor(), [0, 1, 1, 0]),
    ],
)
def test_truth_tables(table, labels):
    assert table.X.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert table.y.tolist() == labels


def test_the_published_weights_give_the_printed_probabilities():
    model = nn.textbook.iris_model()
    for flower, printed in zip(nn.textbook.IRIS_FLOWERS, nn.textbook.IRIS_PROBABILITIES, strict=True):
        assert [p.data for p in model(flower)] == pytest.approx(list(printed), rel=1e-5, abs=0)


def test_the_published_weights_name_the_test_flowers():
    _, test = nn.data.iris().split(40)
    assert nn.accuracy(nn.predict(nn.textbook.iris_model(), test.X), test.y) == 1.0


def test_the_predicted_class_is_the_largest_output_or_one_from_a_half_on():
    assert nn.predicted_class([0.1, 0.7, 0.2]) == 1
    assert [nn.predicted_class([p]) for p in (0.49, 0.5)] == [0, 1]


def test_accuracy_and_error_rate_are_exact_parts():
    predicted = [0] * 29 + [1]
    assert nn.accuracy(predicted, [0] * 30) == 29 / 30
    assert nn.error_rate(predicted, np.zeros(30, dtype=int)) == 1 / 30
    with pytest.raises(ShapeError, match="got 2 and 3"):
        nn.accuracy([0, 1], [0, 1, 2])


def test_accuracy_takes_one_hot_soft_and_whole_labels_of_every_kind():
    for labels in (
        np.eye(2),
        [[1, 0], [0, 1]],
        [[0.7, 0.3], [0.3, 0.7]],
        [0.0, 1.0],
        np.array([[0], [1]]),
        [False, True],
    ):
        assert nn.accuracy([0, 1], labels) == 1.0
        assert nn.accuracy([0, 0], labels) == nn.error_rate([0, 0], labels) == 0.5
    assert isinstance(nn.accuracy(np.array([0, 1]), np.eye(2)), float)
    assert nn.accuracy([1, 1], [1, -1]) == 0.5


@pytest.mark.parametrize("measure", [nn.accuracy, nn.error_rate, nn.confusion])
@pytest.mark.parametrize(
    ("labels", "kind", "message"),
    [
        ([-1, 1], ArgumentError, r"−1 and 1, but .* \[-1, 0, 1\].*loss=nn.HingeLoss"),
        (["setosa", "virginica"], ArgumentError, "label 0 is 'setosa': a class is a whole number"),
        ([0, 0.5], ArgumentError, "label 1 is 0.5"),
        ([0, float("nan")], ArgumentError, "label 1 is nan"),
        ([0, None], ArgumentError, "label 1 is None"),
        ([[0, 0], [1, 1]], ArgumentError, r"label 0 is \[0, 0\].*sum to 1"),
        (None, ShapeError, "got 2 and NoneType"),
        ([], ShapeError, "got 2 and 0"),
    ],
)
def test_labels_that_no_prediction_can_take_are_refused(measure, labels, kind, message):
    with pytest.raises(kind, match=f"{measure.__name__}: .*{message}"):
        measure([0, 1], labels)


def test_a_network_of_margins_is_predicted_with_its_loss():
    model, X, y = nn.MLP([2, 1], rng=0), nn.data.and_().X, [-1, -1, -1, 1]
    nn.fit(model, X, y, loss=nn.HingeLoss(), optimizer=nn.SGD(model, lr=0.5), epochs=60, seed=0)
    assert nn.predict(model, X, loss=nn.HingeLoss()) == y
    assert nn.accuracy(nn.predict(model, X, loss=nn.HingeLoss()), y) == 1.0
    for mistaken in (nn.HingeLoss, "hinge"):
        with pytest.raises(OperandError, match=r"a Loss such as nn.HingeLoss\(\)"):
            nn.predict(model, X, loss=mistaken)


def test_zero_one_compares_the_predicted_class_with_an_index_or_a_one_hot_label():
    assert nn.zero_one([0.1, 0.9], 1) == 0.0
    assert nn.zero_one([0.1, 0.9], [1, 0]) == 1.0


def test_the_confusion_table_prints_names_and_counts():
    table = nn.confusion([0, 1, 1, 0], [0, 1, 0, 0], ["cat", "dog"])
    assert table.counts == [[2, 1], [0, 1]]
    assert (table.right, table.total) == (3, 4)
    assert [line.split() for line in str(table).splitlines()] == [
        ["true", "\\", "named", "cat", "dog"],
        ["cat", "2", "1"],
        ["dog", "0", "1"],
    ]
    assert len({len(line) for line in str(table).splitlines()}) == 1
    with pytest.raises(ArgumentError, match="run to 2"):
        nn.confusion([0, 2], [0, 1], ["cat", "dog"])
    with pytest.raises(ArgumentError, match=r"indices from 0 on\. Write \(1 \+ label\) // 2"):
        nn.confusion([1, -1], [1, 1])
    assert (
        nn.confusion([0, 1], [0.0, 1.0]).counts == nn.confusion(np.array([0, 1]), np.eye(2)).counts == [[1, 0], [0, 1]]
    )


def test_importing_nn_loads_neither_tqdm_nor_matplotlib():
    code = "import sys, nn; print([m for m in ('tqdm', 'matplotlib', 'sklearn', 'graphviz') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
