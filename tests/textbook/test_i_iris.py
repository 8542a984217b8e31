"""Textbook: Iris, the complete example: the published network, and networks trained by the library."""

import numpy as np
import pytest

import nn

# As printed; W1 and W2 are (in, out).
W1 = [
    [-0.92051142, -0.26299602, -1.31182587, -0.01975909, -0.59453297, -1.11046791],
    [-0.28832591, -1.20107734, -0.9193843, 2.20059323, -1.76573455, -0.85953856],
    [-2.33936191, 2.61448216, -0.70324481, -2.55568218, 2.42951894, -1.61432779],
    [-2.24077463, 2.89018154, 0.49342883, -2.72368193, 4.8323493, 1.31086338],
]
B1 = [-2.00212002, -2.24461389, -0.26081288, 0.61751789, -11.42080021, -0.88119394]
W2 = [
    [-0.47563726, -0.80865479, -1.70860052],
    [-4.02558851, 4.80955172, 1.79265082],
    [0.18003793, 0.4045147, 0.40952846],
    [8.4482317, -6.87298441, -4.0685277],
    [-2.96541858, -5.34733152, 11.1489048],
    [0.08154635, 0.21151544, -0.45402744],
]
B2 = [0.90756476, 2.25174689, -2.58430076]

FLOWERS = {
    (5.0, 3.5, 1.3, 0.3): (9.99998450e-01, 1.42261445e-06, 1.62947060e-07),
    (4.5, 2.3, 1.3, 0.3): (9.99949336e-01, 4.81077950e-05, 2.52183918e-06),
    (5.5, 2.6, 4.4, 1.2): (4.37718809e-05, 9.98948872e-01, 1.00730266e-03),
    (6.1, 3.0, 4.6, 1.4): (4.63805227e-05, 9.98428643e-01, 1.52486726e-03),
    (6.7, 3.1, 5.6, 2.4): (8.70701982e-08, 2.18645262e-04, 9.99781311e-01),
    (6.9, 3.1, 5.1, 2.3): (2.09509579e-07, 6.10101502e-04, 9.99389648e-01),
}


@pytest.fixture(scope="module")
def published():
    """The 4-6-3 network with the printed weights, transposed to (out, in)."""
    model = nn.MLP([4, 6, 3], activation="sigmoid", output="softmax")
    model.layers[0].set_weights(np.transpose(W1).tolist(), B1)
    model.layers[1].set_weights(np.transpose(W2).tolist(), B2)
    return model


def test_iris_is_150_flowers_of_4_features_and_3_classes_of_50():
    data = nn.data.iris()
    assert data.X.shape == (150, 4)
    assert np.bincount(data.y).tolist() == [50, 50, 50]
    assert len(data.feature_names) == 4
    assert len(data.class_names) == 3


def test_the_first_40_of_each_class_train_and_the_last_10_test():
    data = nn.data.iris()
    train, test = data.split(40)
    assert (len(train.X), len(test.X)) == (120, 30)
    for label in range(3):
        of_class = data.X[data.y == label]
        assert np.array_equal(train.X[train.y == label], of_class[:40])
        assert np.array_equal(test.X[test.y == label], of_class[40:])


@pytest.mark.parametrize("flower", FLOWERS, ids=str)
def test_the_published_weights_give_the_published_probabilities(published, flower):
    assert [p.data for p in published(flower)] == pytest.approx(list(FLOWERS[flower]), rel=1e-5, abs=0)


def test_the_librarys_copy_of_the_published_network_is_this_one(published):
    assert nn.textbook.iris_model().state_dict() == published.state_dict()
    assert dict(zip(nn.textbook.IRIS_FLOWERS, nn.textbook.IRIS_PROBABILITIES, strict=True)) == FLOWERS


def test_the_published_network_is_the_matrix_formula(published):
    for flower in FLOWERS:
        hidden = 1 / (1 + np.exp(-(np.array(flower) @ W1 + B1)))
        powers = np.exp(hidden @ W2 + B2)
        assert [p.data for p in published(flower)] == pytest.approx((powers / powers.sum()).tolist(), rel=1e-12)


# ── on Tensors ───────────────────────────────────────────────────────────────────────────────────────────────────────


def published_on_tensors(dtype):
    """The published network as modules: x of shape (n, 4), probabilities of shape (n, 3)."""
    model = nn.Sequential(nn.Linear(4, 6, dtype=dtype), nn.Sigmoid(), nn.Linear(6, 3, dtype=dtype), nn.Softmax())
    model.load_state_dict({"0.weight": np.transpose(W1), "0.bias": B1, "2.weight": np.transpose(W2), "2.bias": B2})
    return model


def test_on_tensors_all_six_rows_are_the_published_probabilities_to_1e_5_the_tiny_ones_included():
    p = published_on_tensors(np.float64)(list(FLOWERS))
    assert p.dtype == np.float64
    np.testing.assert_allclose(p.data, list(FLOWERS.values()), rtol=1e-5, atol=0)


def test_in_32_bits_every_probability_above_a_millionth_is_the_published_one_to_1e_4():
    p, printed = published_on_tensors(np.float32)(list(FLOWERS)), np.array(list(FLOWERS.values()))
    assert p.dtype == np.float32
    np.testing.assert_allclose(p.data[printed > 1e-6], printed[printed > 1e-6], rtol=1e-4, atol=0)
    np.testing.assert_allclose(p.data.sum(axis=1), 1.0, rtol=1e-6)


def test_the_librarys_copy_turned_into_tensors_is_the_same_network():
    model = nn.textbook.iris_model().to_tensors()
    flowers = list(nn.textbook.IRIS_FLOWERS)
    np.testing.assert_allclose(model(flowers).data, nn.textbook.IRIS_PROBABILITIES, rtol=1e-5, atol=0)
    np.testing.assert_allclose(model(flowers).data, published_on_tensors(np.float64)(flowers).data, rtol=1e-13, atol=0)


def test_a_flower_alone_has_the_probabilities_it_has_in_a_batch():
    model = published_on_tensors(np.float64)
    together = model(list(FLOWERS)).data
    for flower, row in zip(FLOWERS, together, strict=True):
        np.testing.assert_allclose(model(flower).data, row, rtol=1e-13, atol=0)


def test_the_hidden_size_6_lies_between_the_bounds_of_the_rule_of_thumb():
    # √(n + m) + a with a from 1 to 10, for n = 4 inputs and m = 3 outputs.
    hidden = published_on_tensors(np.float64)[0].out_features
    assert np.sqrt(4 + 3) + 1 <= hidden <= np.sqrt(4 + 3) + 10


# ── trained from random weights ──────────────────────────────────────────────────────────────────────────────────────


def right_of_30_on_tensors(seed):
    """How many of the 30 test flowers the same network of Tensors, trained from random weights, names rightly."""
    train, test = nn.data.iris().split(40)
    scaled, rng = train.standardised(), np.random.default_rng(seed)
    model = nn.Sequential(nn.Linear(4, 6, rng=rng), nn.Sigmoid(), nn.Linear(6, 3, rng=rng))
    nn.fit(
        model, scaled.X, scaled.y, loss=nn.CrossEntropyLoss(), optimizer=nn.SGD(model, lr=0.1, momentum=0.9),
        epochs=30, batch_size=8, seed=seed, progress=False,
    )  # fmt: skip
    return nn.confusion(nn.predict(model, test.standardised(like=train).X), test.y.tolist()).right


@pytest.mark.parametrize("seed", range(10))
def test_networks_of_tensors_trained_from_any_of_ten_seeds_name_29_of_30_flowers(seed):
    assert right_of_30_on_tensors(seed) >= 29


def right_of_30(seed):
    """How many of the 30 test flowers a network trained from random weights names rightly."""
    train, test = nn.data.iris().split(40)
    scaled, model = train.standardised(), nn.MLP([4, 6, 3], rng=seed)
    nn.fit(
        model, scaled.X, scaled.y, loss=nn.CrossEntropyLoss(), optimizer=nn.SGD(model, lr=0.1, momentum=0.9),
        epochs=30, batch_size=8, seed=seed, progress=False,
    )  # fmt: skip
    return nn.confusion(nn.predict(model, test.standardised(like=train).X), test.y.tolist()).right


def test_a_network_trained_from_random_weights_names_29_of_30_flowers():
    assert right_of_30(seed=7) >= 29


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(10))
def test_networks_trained_from_any_of_ten_seeds_name_29_of_30_flowers(seed):
    assert right_of_30(seed) >= 29
