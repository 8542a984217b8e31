"""Mini-batches of arrays, in memory and in files, and the check that comes before them."""

import tracemalloc
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, strategies as st

import nn
from autograd import Value
from autograd.errors import ArgumentError, DataError
from nn import batches
from nn.data_checks import checked_arrays
from nn.samples import ArraySamples, checked_samples


def numbered(n, columns=2, dtype=np.float64):
    """Rows that begin with their number, and that number as the target."""
    X = np.zeros((n, columns), dtype=dtype)
    X[:, 0] = np.arange(n)
    return X, np.arange(n)


def in_file(path, array):
    np.save(path, array)
    return np.load(path, mmap_mode="r")


def peak_of(action):
    """The most memory that was in use at a time while the action ran, NumPy's arrays included."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 5))
def test_every_row_comes_once_with_its_target_in_the_batches_of_the_permutation(n, size, seed):
    X, y = numbered(n)
    size = min(size, n)
    parts = list(batches(X, y, size, seed))
    assert [len(rows) for rows, _ in parts] == [size] * (n // size) + [n % size] * (n % size > 0)
    order = np.random.default_rng(seed).permutation(n).tolist()
    for i, (rows, targets) in enumerate(parts):
        assert rows[:, 0].tolist() == targets.tolist() == sorted(order[i * size : (i + 1) * size])


def test_a_loop_of_ones_own_over_batches_learns_what_fit_learns():
    data, models = nn.data.moons(70, seed=0), [nn.Sequential(nn.Linear(2, 2, rng=0)) for _ in range(2)]
    loss, (fitted, looped) = nn.CrossEntropyLoss(), [nn.SGD(model, lr=0.1, momentum=0.9) for model in models]
    nn.fit(models[0], data.X, data.y, loss=loss, optimizer=fitted, epochs=3, batch_size=16, seed=5)
    rng = np.random.default_rng(5)
    for _ in range(3):
        for rows, labels in nn.batches(data.X, data.y, 16, rng):
            looped.zero_grad()
            loss(models[1](rows), labels).backward()
            looped.step()
    for ours, theirs in zip(models[0].parameters(), models[1].parameters(), strict=True):
        assert np.array_equal(ours.data, theirs.data)


def test_a_generator_advances_from_epoch_to_epoch_at_the_call_and_is_repeatable():
    X, y = numbered(100)
    rng = np.random.default_rng(4)
    first, second = batches(X, y, 50, rng), batches(X, y, 50, rng)
    (_, late), (_, early) = next(second), next(first)
    again = np.random.default_rng(4)
    assert early.tolist() == sorted(again.permutation(100)[:50])
    assert late.tolist() == sorted(again.permutation(100)[:50])


def test_rows_from_a_file_come_in_the_same_batches(tmp_path):
    X, y = numbered(50)
    mapped = in_file(tmp_path / "X.npy", X)
    for data in (mapped, checked_arrays(mapped, y)[0], mapped[:]):
        for (rows, targets), (expected, _) in zip(batches(data, y, 8, 3), batches(X, y, 8, 3), strict=True):
            assert rows[:, 0].tolist() == targets.tolist() == expected[:, 0].tolist()


def test_batches_of_a_pass_that_only_measures_are_views_from_first_to_last():
    X, y = numbered(10)
    parts = list(ArraySamples(X, y, None).batches(4))
    assert [targets.tolist() for _, targets in parts] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert all(np.shares_memory(rows, X) for rows, _ in parts)


def test_a_batch_may_be_changed_and_the_data_stay():
    X, y = numbered(6)
    for rows, targets in batches(X, y, 6, 0):
        rows[:] = targets[:] = -1
    assert X.min() == y.min() == 0


@pytest.mark.parametrize("source", [np.uint8, np.int64, np.bool_, np.float32, np.float64])
def test_inputs_get_the_type_asked_for_and_labels_become_int64(source):
    X, y = numbered(6)[0].astype(source), np.arange(6, dtype=np.uint8)
    for asked in (None, np.float32, "float64"):
        for rows, labels in batches(X, y, 4, 0, dtype=asked):
            assert rows.dtype == (source if asked is None else np.dtype(asked))
            assert labels.dtype == np.int64
            assert np.array_equal(rows, X[labels])
    (_, truths), *_ = batches(X, y > 2, 6)
    assert truths.dtype == np.int64


def test_targets_that_are_floats_get_the_type_of_the_inputs():
    X = np.zeros((4, 1), dtype=np.uint8)
    for targets in (np.ones(4), np.ones((4, 3))):
        ((_, y),) = batches(X, targets, 4, 0, dtype=np.float32)
        assert (y.dtype, y.shape) == (np.float32, targets.shape)
        ((_, y),) = batches(X, targets, 4, 0)
        assert y.dtype == np.float64


def test_images_keep_their_shape():
    ((rows, _),) = batches(np.zeros((3, 28, 28)), np.zeros(3), 3)
    assert rows.shape == (3, 28, 28)


def test_an_epoch_over_a_large_file_needs_the_memory_of_its_order_and_of_a_batch(tmp_path):
    n, columns, size = 16384, 1024, 64
    X = np.lib.format.open_memmap(tmp_path / "X.npy", mode="w+", dtype=np.float32, shape=(n, columns))
    y = np.zeros(n, dtype=np.uint8)
    order, batch = 8 * n, 8 * columns * size

    def epochs():
        for dtype in (None, np.float64):
            assert sum(len(rows) for rows, _ in batches(X, y, size, 0, dtype=dtype)) == n
            assert sum(len(rows) for rows, _ in ArraySamples(X, y, dtype).batches(size)) == n

    assert X.nbytes == 2**26
    # While a batch is made the caller still holds the last one.
    assert peak_of(epochs) < order + 3 * batch
    assert peak_of(lambda: checked_arrays(X, y, dtype=np.float32)) < X.nbytes / 20


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ((np.zeros((3, 1)), np.zeros(2), 1), DataError, r"X has the shape \(3, 1\) and y \(2,\)"),
        ((np.zeros((3, 1)), np.zeros(3), 4), DataError, "a batch of 4 does not fit the 3 rows there are"),
        ((np.zeros((3, 1)), np.zeros(3), 0), ArgumentError, "size must be at least 1, got 0"),
        ((np.zeros((3, 1)), np.zeros(3), 1.5), ArgumentError, "size must be a positive whole number, got 1.5"),
        ((1.0, 2.0, 1), DataError, "each row of X needs one of y"),
    ],
)
def test_what_makes_no_batches_is_refused_at_the_call(arguments, kind, message):
    with pytest.raises(kind, match=f"^batches: .*{message}"):
        batches(*arguments)


def test_what_is_no_array_of_numbers_makes_no_batches():
    for X in ([[1.0], [1.0, 2.0]], [["a"], ["b"]], None):
        with pytest.raises(DataError, match=r"^X (is no array|holds)"):
            batches(X, [0, 1], 1)


@pytest.mark.parametrize("strange", [np.int64, "f2", "no type", object(), complex])
def test_batches_are_made_in_the_two_float_types(strange):
    X, y = numbered(3)
    for call in (lambda: batches(X, y, 1, dtype=strange), lambda: checked_arrays(X, y, dtype=strange)):
        with pytest.raises(ArgumentError, match="dtype must be float32 or float64"):
            call()


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8, np.int64, np.bool_])
def test_sound_arrays_are_returned_as_they_are(dtype):
    X, y = numbered(5, dtype=dtype)
    rows, targets = checked_arrays(X, y)
    assert rows.dtype == dtype
    assert np.shares_memory(rows, X)
    assert np.shares_memory(targets, y)


def test_lists_become_arrays():
    X, y = checked_arrays([[1, 2.5], [True, np.float32(4)]], range(2))
    assert X.tolist() == [[1.0, 2.5], [1.0, 4.0]]
    assert y.tolist() == [0, 1]
    X, y = checked_arrays(np.array([[1.0, 2]], dtype=object), np.array([3], dtype=object))
    assert (X.dtype, y.dtype.kind) == (np.float64, "i")


LARGE = np.ones((2500, 100))  # several blocks


@given(st.integers(0, 2499), st.integers(0, 99), st.sampled_from([np.nan, np.inf, -np.inf]))
def test_the_first_number_that_is_not_finite_is_named(row, column, number):
    LARGE[row, column] = LARGE[2499, 99] = number
    try:
        with pytest.raises(DataError, match=f"^X holds {number} in row {row}, column {column}: data must be finite$"):
            checked_arrays(LARGE, np.zeros(2500))
    finally:
        LARGE[row, column] = LARGE[2499, 99] = 1.0


@pytest.mark.parametrize(
    ("X", "y"),
    [
        ([[1.0, 2.0], [3.0, np.nan]], [0, 1]),
        ([[1.0], [2.0]], [0.0, np.inf]),
        ([[1.0], [2.0]], [[0.0, 1.0], [np.nan, 0.0]]),
        ([[1.0, "a"]], [0]),
        ([[1.0], [None]], [0, 1]),
        ([[1.0]], ["setosa"]),
        ([[Decimal("1.5")]], [0]),
        ([[1j]], [0]),
    ],
)
def test_arrays_and_samples_are_refused_in_the_same_words(X, y):
    with pytest.raises(DataError) as expected:
        checked_samples(X, y)
    with pytest.raises(DataError) as found:
        checked_arrays(X, y)
    assert str(found.value) == str(expected.value)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        ([], [], "X is empty"),
        (np.zeros((0, 3)), np.zeros(0), r"X is empty, with the shape \(0, 3\)"),
        (np.zeros((3, 0)), np.zeros(3), "X is empty"),
        ([1.0, 2.0], [0, 1], r"X must hold rows of numbers.*reshape\(-1, 1\)"),
        (np.zeros((3, 1)), np.zeros(2), r"X has 3 rows and y the shape \(2,\): each row needs one"),
        (np.zeros((3, 1)), np.zeros((3, 0)), r"X has 3 rows and y the shape \(3, 0\)"),
        (np.zeros((3, 1)), 1.0, r"y must hold one label or target for each row of X, got the shape \(\)"),
        (np.zeros((3, 1)), np.zeros((3, 1, 1)), r"y must hold one label or target"),
        ([[1.0, 2.0], [3.0]], [0, 1], "X is no array of numbers: it has 1 in row 1 and 2 in row 0"),
        ([[1.0], 2.0, [[3.0]]], [0, 1, 2], "X is no array of numbers: all rows must be alike"),
        ([[10**400]], [0], "X holds whole numbers that are too large"),
        ([[10**400, 0.5]], [0], "X holds whole numbers that are too large"),
        (None, [0], "X holds NoneType 'None': data are plain numbers"),
        ([[Value(1.0)]], [0], "X holds Value .* in row 0, column 0: data are plain numbers"),
        (np.array([["1", "2"]]), [0], "X holds str '1' in row 0, column 0"),
        (np.array([[1 + 0j]]), [0], r"X holds complex '\(1\+0j\)' in row 0, column 0"),
        (np.array([["2020-01-01"]], dtype="M8[D]"), [0], "X holds date '2020-01-01' in row 0, column 0"),
        (np.ma.masked_array([[1.0, 2.0]], [[0, 1]]), [0], "X is a masked array with gaps"),
        (np.array([[[1.0, 1.0], [1.0, np.inf]]]), [0], r"X holds inf in row 0 at \[1, 1\]: data must be finite"),
    ],
)
def test_what_is_no_data_is_refused_in_plain_words(X, y, message):
    with pytest.raises(DataError, match=f"^{message}"):
        checked_arrays(X, y)
    with pytest.raises(DataError, match=f"^validation {message}"):
        checked_arrays(X, y, whose="validation ")


def test_a_number_too_large_for_the_type_of_the_batches_is_named():
    X = np.array([[1.0, 1e300]])
    assert checked_arrays(X, [0], dtype=np.float64)[0] is X
    with pytest.raises(DataError, match=r"X holds 1e\+300 in row 0, column 1: too large for float32"):
        checked_arrays(X, [0], dtype=np.float32)
    with pytest.raises(DataError, match=r"y holds -1e\+39 in row 1: too large for float32"):
        checked_arrays([[1.0], [2.0]], [0.0, -1e39], dtype=np.float32)
