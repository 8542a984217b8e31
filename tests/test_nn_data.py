"""Data sets, the textbook's trained Iris network, metrics, and what an import costs."""

import hashlib
import random
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

import nn
from autograd.errors import ArgumentError, DataError, OperandError, ShapeError

ROOT = Path(nn.__file__).parents[1]


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


def dataset(sizes, features=1):
    """Rows that are numbered in their first feature, of so many rows for each class, classes in a random order."""
    y = np.random.default_rng(0).permutation(np.repeat(np.arange(len(sizes)), sizes))
    X = np.arange(len(y) * features, dtype=float).reshape(len(y), features)
    return nn.Dataset("numbered", X, y, ["number"] * features, [f"class {i}" for i in range(len(sizes))], "a test")


def test_digits_are_the_1797_images_of_the_repository():
    digits = nn.data.digits()
    assert digits.X.shape == (1797, 64)
    assert (digits.X.dtype, digits.y.dtype) == (np.float64, np.int64)
    assert np.bincount(digits.y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert digits.class_names == list("0123456789")
    assert [digits.feature_names[i] for i in (0, 1, 8, 63)] == ["pixel 0,0", "pixel 0,1", "pixel 1,0", "pixel 7,7"]
    assert np.unique(digits.X).tolist() == list(range(17))
    pixels = digits.X.astype(np.uint8).tobytes()
    assert hashlib.sha256(pixels).hexdigest() == "8f26b2bd9d135c256808f68f14fdabddde6d9c7f869ae419704b051f0f14b3b3"
    assert (
        hashlib.sha256(digits.y.astype(np.uint8).tobytes()).hexdigest()
        == "8ba4f891220f5e4c9c819638d1602d74b83618f167043c6da52a2a247841ddf0"
    )


def test_digits_name_their_source_and_licence():
    source = nn.data.digits().source
    for part in ("Alpaydin", "Kaynak", "1998", "https://doi.org/10.24432/C50P49", "CC BY 4.0"):
        assert part in source


def test_the_files_of_the_data_sets_are_shipped():
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]
    assert "nn" in wheel["wheel"]["packages"]
    assert "nn" in wheel["sdist"]["include"]
    assert {f.name for f in (ROOT / "nn" / "datasets").iterdir()} >= {
        *("iris.csv", "iris.txt", "digits.csv.gz", "digits.txt"),
    }


@given(st.lists(st.integers(2, 40), min_size=1, max_size=5), st.floats(0.01, 0.99), st.integers(0, 9))
def test_a_stratified_split_divides_the_rows_and_keeps_the_shares_of_the_classes(sizes, part, seed):
    whole = dataset(sizes)
    train, test = whole.split_stratified(part, seed=seed)
    for rows in (train, test):
        assert np.all(np.diff(rows.X[:, 0]) > 0)
        assert np.array_equal(rows.y, whole.y[rows.X[:, 0].astype(int)])
    assert sorted([*train.X[:, 0], *test.X[:, 0]]) == list(range(sum(sizes)))
    for size, held_out, kept in zip(sizes, np.bincount(test.y), np.bincount(train.y), strict=True):
        assert abs(held_out - part * size) <= 1
        assert min(held_out, kept) >= 1


def test_a_fifth_of_the_digits_is_held_out_the_same_way_each_time():
    digits = nn.data.digits()
    train, test = digits.split_stratified(0.2, seed=0)
    assert (len(train), len(test)) == (1438, 359)
    again, _ = digits.split_stratified(0.2, seed=0)
    other, _ = digits.split_stratified(0.2, seed=1)
    assert np.array_equal(train.X, again.X)
    assert not np.array_equal(train.X, other.X)


def test_a_stratified_split_holds_out_a_part_and_needs_two_rows_of_a_class():
    for part in (0, 1.0, -0.5, True, "0.2", None, float("nan")):
        with pytest.raises(ArgumentError, match="split_stratified: held_out"):
            dataset([5, 5]).split_stratified(part)
    with pytest.raises(ArgumentError, match="class 1 has 1 row and cannot be in both parts"):
        dataset([5, 1]).split_stratified(0.5)
    train, test = dataset([5, 0, 5]).split_stratified(0.2)
    assert np.bincount(test.y).tolist() == [1, 0, 1]
    assert len(train) == 8


def test_shuffled_rows_keep_their_classes():
    whole = dataset([30, 30], features=2)
    mixed = whole.shuffled(seed=1)
    assert sorted(mixed.X[:, 0]) == whole.X[:, 0].tolist() != mixed.X[:, 0].tolist()
    assert np.array_equal(mixed.y, whole.y[mixed.X[:, 0].astype(int) // 2])
    assert np.array_equal(mixed.X, whole.shuffled(seed=1).X)


@pytest.mark.parametrize(("dtype", "bound"), [(np.float32, 1e-5), (np.float64, 1e-12)])
def test_standardised_data_keep_their_float_type(dtype, bound):
    X = np.random.default_rng(0).normal(100.0, 3.0, (9001, 2)).astype(dtype)
    scaled = nn.Dataset("far", X, np.zeros(9001, dtype=int), ["a", "b"], ["only"], "a test").standardised()
    assert scaled.X.dtype == dtype
    exact = X.astype(np.float64)
    expected = (exact - exact.mean(axis=0)) / exact.std(axis=0)
    assert np.abs(scaled.X - expected).max() < bound


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_feature_that_never_changes_is_0_once_standardised(dtype):
    # The mean of three times 0.1 is not 0.1 in floating point.
    X = np.full((3, 1), 0.1, dtype=dtype)
    still = nn.Dataset("still", X, np.zeros(3, dtype=int), ["a"], ["only"], "a test")
    assert still.standardised().X.tolist() == [[0.0]] * 3


def test_a_dataset_refuses_what_does_not_fit():
    X = np.zeros((2, 1))
    for strange, message in (
        (np.array([0, 2]), "y holds 2 in row 1, and 2 class names allow 0 to 1"),
        (np.array([0, -1]), "y holds -1 in row 1"),
        (np.array([0]), r"the shapes \(2, 1\) and \(1,\)"),
        (np.array([0.0, 1.0]), "y of float64"),
    ):
        with pytest.raises(DataError, match=message):
            nn.Dataset("odd", X, strange, ["a"], ["no", "yes"], "a test")
    with pytest.raises(ShapeError, match=r"2 features and like=.* has 4"):
        nn.data.xor().standardised(like=nn.data.iris())


SHAPES = [nn.data.moons, nn.data.circles, nn.data.spirals, nn.data.gaussians]


@pytest.mark.parametrize("shape", SHAPES)
def test_as_many_points_are_drawn_as_asked_for_evenly_among_the_classes(shape):
    for n in (3, 50, 101):
        data = shape(n, seed=0)
        assert data.X.shape == (n, 2)
        assert np.isfinite(data.X).all()
        assert np.ptp(np.bincount(data.y)) <= 1
        assert set(data.y) == set(range(len(data.class_names)))
        assert f"nn.data.{shape.__name__}" in data.source


@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_seed_draws_the_same_points_and_leaves_the_global_generators_alone(shape):
    before = (random.getstate(), np.random.get_state()[1].tolist())
    assert np.array_equal(shape(seed=7).X, shape(seed=np.random.default_rng(7)).X)
    assert not np.array_equal(shape(seed=7).X, shape(seed=8).X)
    assert not np.array_equal(shape().X, shape().X)
    assert before == (random.getstate(), np.random.get_state()[1].tolist())


def test_moons_without_noise_are_two_half_circles():
    data = nn.data.moons(400, noise=0.0, seed=0)
    upper, lower = (data.X[data.y == label] for label in (0, 1))
    assert np.hypot(*upper.T) == pytest.approx(np.ones(200))
    assert np.hypot(*(lower - [1.0, 0.5]).T) == pytest.approx(np.ones(200))
    assert upper[:, 1].min() >= 0.0
    assert lower[:, 1].max() <= 0.5


def test_circles_without_noise_have_radius_1_and_the_factor():
    data = nn.data.circles(100, noise=0.0, factor=0.3, seed=0)
    assert np.hypot(*data.X.T) == pytest.approx(np.where(data.y == 0, 1.0, 0.3))


@pytest.mark.parametrize("turns", [0.5, 1.5, 4.0])
def test_the_arms_of_a_spiral_keep_one_unit_apart_however_often_they_turn(turns):
    data = nn.data.spirals(2000, turns=turns, noise=0.0, seed=0)
    one, other = (data.X[data.y == label] for label in (0, 1))
    gaps = np.linalg.norm(one[:, None] - other, axis=2).min(axis=1)
    assert 0.9 < gaps.min() < 1.1
    assert np.linalg.norm(data.X, axis=1).max() <= 0.5 + 2.0 * turns


@pytest.mark.parametrize(
    ("still", "blurred"),
    [
        (nn.data.moons(4000, 0.0, seed=3), nn.data.moons(4000, 0.2, seed=3)),
        (nn.data.circles(4000, 0.0, seed=3), nn.data.circles(4000, 0.2, seed=3)),
        (nn.data.spirals(4000, noise=0.0, seed=3), nn.data.spirals(4000, noise=0.2, seed=3)),
        (nn.data.gaussians(4000, spread=0.0, seed=3), nn.data.gaussians(4000, spread=0.2, seed=3)),
    ],
)
def test_noise_is_the_standard_deviation_of_each_coordinate(still, blurred):
    assert (blurred.X - still.X).std(axis=0) == pytest.approx([0.2, 0.2], rel=0.05)


def test_gaussians_stand_where_their_centres_are():
    centres = [(0.0, 5.0), (-3.0, 1.0)]
    data = nn.data.gaussians(4, centres, spread=0.0, seed=0)
    assert data.X.tolist() == [list(centres[label]) for label in data.y]
    for classes in (2, 3, 7):
        ring = nn.data.gaussians(classes, classes, spread=0.0, seed=0).X
        assert np.linalg.norm(ring - np.roll(ring, 1, axis=0), axis=1) == pytest.approx(np.full(classes, 4.0))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.data.moons(1), "moons: n must be at least 2, a row for each class, got 1"),
        (lambda: nn.data.moons(2.5), "moons: n must be a positive whole number, got 2.5"),
        (lambda: nn.data.moons(0), "moons: n must be at least 1, got 0"),
        (lambda: nn.data.moons(noise=-0.1), "moons: noise must be at least 0 and finite, got -0.1"),
        (lambda: nn.data.moons(seed="a"), "randomness comes from"),
        (lambda: nn.data.circles(factor=1.0), "circles: factor must be at least 0 and less than 1, got 1.0"),
        (lambda: nn.data.spirals(turns=float("inf")), "spirals: turns must be at least 0 and finite, got inf"),
        (lambda: nn.data.spirals(noise="much"), "spirals: noise must be a number, got 'much'"),
        (lambda: nn.data.gaussians(spread=float("nan")), "gaussians: spread must be"),
        (lambda: nn.data.gaussians(2), "gaussians: n must be at least 3"),
        *(
            (lambda strange=strange: nn.data.gaussians(centres=strange), "gaussians: centres must be a number of")
            for strange in (1, 0, True, 2.0, "ab", None, [(0, 0)], [(0, 0, 0), (1, 1, 1)], [(0, 0), (1,)])
        ),
    ],
)
def test_shapes_say_which_argument_is_wrong(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()


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


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda data: data.split(0.8), ArgumentError, "a number of rows, got 0.8.*split_stratified"),
        (lambda data: data.split("40"), ArgumentError, "split: per_class must be a positive whole number"),
        (lambda data: data.standardised(like=data.X), OperandError, "like is a Dataset.*got ndarray"),
        (lambda data: replace(data, X=data.X.tolist()), DataError, "X and y are NumPy arrays, got list and ndarray"),
        (lambda data: replace(data, feature_names=["x"]), DataError, "X has 2 columns, and there are 1 feature names"),
    ],
)
def test_what_a_data_set_cannot_be_or_do_is_named(call, kind, message):
    with pytest.raises(kind, match=message):
        call(nn.data.xor())
