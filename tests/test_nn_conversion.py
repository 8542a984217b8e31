"""The same network of Values and of Tensors: equal outputs, losses and gradients, and what cannot be converted."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import autograd
import nn
from autograd import Value
from autograd.errors import ArgumentError
from nn.activations import ACTIVATIONS, LAYER_ACTIVATIONS

HIDDEN = st.sampled_from([name for name in ACTIVATIONS if name != "step"])
OUTPUT = st.sampled_from([*ACTIVATIONS, *LAYER_ACTIVATIONS])


def squares(outputs, targets):
    """Σ (f − y)², of lists of Values and of arrays alike."""
    if isinstance(outputs, list):
        rows = zip(outputs, targets, strict=True)
        return autograd.sum([(f - y) * (f - y) for row, wanted in rows for f, y in zip(row, wanted, strict=True)])
    return ((outputs - targets) * (outputs - targets)).sum()


def matrices(mlp, numbers):
    """W and b of each layer of an MLP, of whatever a Value is asked for."""
    for layer in mlp.layers:
        yield np.array([[numbers(w) for w in neuron.weights] for neuron in layer.neurons])
        yield np.array([numbers(neuron.bias) for neuron in layer.neurons])


def demand_agreement(found, expected):
    """Demands that two arrays differ by at most 1e-12 of their largest entry, taken as 0.01 where terms cancelled."""
    assert found.dtype == np.float64
    assert np.abs(found - expected).max() <= 1e-12 * max(0.01, np.abs(expected).max())


def compared(mlp, sequential, X, targets):
    """Runs both on the same rows and compares outputs, losses and every gradient."""
    rows, outputs = [mlp(row) for row in X.tolist()], sequential(X)
    demand_agreement(outputs.data, np.array([[value.data for value in row] for row in rows]))
    loss, tensor_loss = squares(rows, targets.tolist()), squares(outputs, targets)
    demand_agreement(tensor_loss.data, np.array(loss.data))
    loss.backward()
    if tensor_loss.requires_grad:
        tensor_loss.backward()
    for parameter, expected in zip(sequential.parameters(), matrices(mlp, lambda v: v.grad), strict=True):
        demand_agreement(parameter.grad if parameter.grad is not None else np.zeros(parameter.shape), expected)


@given(
    sizes=st.lists(st.integers(1, 4), min_size=2, max_size=4), hidden=HIDDEN, output=OUTPUT,
    seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([0.1, 1.0, 3.0]),
)  # fmt: skip
def test_both_networks_compute_and_learn_the_same(sizes, hidden, output, seed, scale):
    rng = np.random.default_rng(seed)
    mlp = nn.MLP(sizes, activation=hidden, output=output, rng=rng)
    for parameter in mlp.parameters():
        parameter.data = float(parameter.data + rng.normal(0.0, 0.3))
    X, targets = scale * rng.normal(size=(3, sizes[0])), rng.normal(size=(3, sizes[-1]))
    sequential = mlp.to_tensors()
    compared(mlp, sequential, X, targets)
    back = sequential.to_scalars()
    assert repr(back) == repr(nn.MLP(sizes, activation=back.activation, output=output))
    assert back.state_dict() == mlp.state_dict()


@given(hidden=st.lists(HIDDEN, min_size=1, max_size=3), output=OUTPUT, seed=st.integers(0, 2**32 - 1))
def test_every_hidden_layer_may_have_an_activation_of_its_own(hidden, output, seed):
    sizes = [2] * (len(hidden) + 2)
    mlp = nn.MLP(sizes, activation=hidden, output=output, rng=seed)
    back = mlp.to_tensors().to_scalars()
    assert [layer.activation for layer in back.layers] == [*hidden, output]
    assert back.state_dict() == mlp.state_dict()


def test_the_textbooks_iris_network_gives_the_printed_probabilities_on_arrays():
    X = np.array(nn.textbook.IRIS_FLOWERS)
    model = nn.textbook.iris_model().to_tensors()
    assert repr(model) == "Sequential(Linear(4, 6), Sigmoid(), Linear(6, 3), Softmax())"
    np.testing.assert_allclose(model(X).data, nn.textbook.IRIS_PROBABILITIES, rtol=1e-5)


def test_a_step_of_training_moves_both_to_the_same_weights():
    mlp = nn.MLP([2, 3, 1], activation="tanh", rng=0)
    sequential = mlp.to_tensors()
    X, targets = np.array([[0.5, -1.0], [1.0, 2.0]]), np.array([[1.0], [-1.0]])
    for model in (mlp, sequential):
        optimizer = nn.SGD(model.parameters(), lr=0.1)
        for _ in range(3):
            outputs = model(X) if model is sequential else [model(row) for row in X.tolist()]
            optimizer.zero_grad()
            squares(outputs, X[:, :1] * 0 + targets if model is sequential else targets.tolist()).backward()
            optimizer.step()
    for parameter, expected in zip(sequential.parameters(), matrices(mlp, lambda v: v.data), strict=True):
        demand_agreement(parameter.data, expected)


def test_the_copies_share_nothing():
    mlp = nn.MLP([2, 2, 1], rng=0)
    before = mlp.state_dict()
    sequential = mlp.to_tensors()
    kept = sequential.state_dict()
    for parameter in mlp.parameters():
        parameter.data = 9.0
    assert {name: array.tolist() for name, array in sequential.state_dict().items()} == {
        name: array.tolist() for name, array in kept.items()
    }
    assert sequential.to_scalars().state_dict() == before


def test_float32_weights_are_taken_over_exactly():
    sequential = nn.Sequential(nn.Linear(3, 2, rng=0), nn.Sigmoid())
    mlp = sequential.to_scalars()
    for found, parameter in zip(matrices(mlp, lambda v: v.data), sequential.parameters(), strict=True):
        np.testing.assert_array_equal(found, parameter.data)
    found = [value.data for value in mlp([1.0, 2.0, 3.0])]
    np.testing.assert_allclose(found, sequential([1.0, 2.0, 3.0]).data, rtol=1e-5)


def test_a_flatten_in_front_and_sequentials_within_are_taken_apart():
    model = nn.Sequential(nn.Flatten(), nn.Sequential(nn.Linear(4, 3, rng=0), nn.ReLU()), nn.Linear(3, 1, rng=1))
    mlp = model.to_scalars()
    assert repr(mlp) == "MLP([4, 3, 1], activation='relu', output='identity')"
    x = np.array([[[1.0, 2.0], [3.0, 4.0]]])
    assert mlp(x.ravel())[0].data == pytest.approx(model(x).data[0, 0], rel=1e-5)


def test_a_missing_bias_becomes_a_zero_that_is_not_learned():
    mlp = nn.Sequential(nn.Linear(2, 3, bias=False, rng=0), nn.Tanh(), nn.Linear(3, 1, rng=0)).to_scalars()
    biases = [neuron.bias for neuron in mlp.layers[0].neurons]
    assert [(bias.data, bias.requires_grad) for bias in biases] == [(0.0, False)] * 3
    assert all(neuron.bias.requires_grad for neuron in mlp.layers[1].neurons)


def test_what_is_frozen_stays_frozen():
    mlp = nn.MLP([2, 2, 1], rng=0)
    for parameter in mlp.layers[0].parameters():
        parameter.requires_grad = False
    sequential = mlp.to_tensors()
    assert [p.requires_grad for p in sequential.parameters()] == [False, False, True, True]
    assert [p.requires_grad for p in sequential.to_scalars().parameters()] == [False] * 6 + [True] * 3


def test_modes_go_over():
    assert not nn.MLP([2, 1]).eval().to_tensors()[0].training
    assert not nn.Sequential(nn.Linear(2, 1)).eval().to_scalars().layers[0].training


@pytest.mark.parametrize("activation", [nn.LeakyReLU(0.2), nn.ELU(0.5)])
def test_an_activation_with_options_goes_both_ways_as_the_module_it_is(activation):
    model = nn.Sequential(
        nn.Linear(2, 3, dtype=np.float64, rng=0), activation, nn.Linear(3, 2, dtype=np.float64, rng=1)
    )
    model = nn.Sequential(*model.to_scalars().to_tensors())
    assert model[1] is activation
    rng = np.random.default_rng(0)
    compared(model.to_scalars(), model, rng.normal(size=(4, 2)), rng.normal(size=(4, 2)))


def test_a_function_of_the_library_is_known_by_its_name():
    assert repr(nn.MLP([1, 1], output=autograd.relu).to_tensors()) == "Sequential(Linear(1, 1), ReLU())"


class Own(nn.MLP):
    """An MLP that might compute anything."""


def tied():
    mlp = nn.MLP([1, 1, 1])
    mlp.layers[1].neurons[0].bias = mlp.layers[0].neurons[0].bias
    return mlp


def half_frozen():
    mlp = nn.MLP([2, 1])
    mlp.layers[0].neurons[0].weights[1].requires_grad = False
    return mlp


def of_a_perceptron():
    mlp = nn.MLP([2, 1])
    mlp.layers[0].neurons[0] = nn.Perceptron(2)
    return mlp


@pytest.mark.parametrize(
    ("mlp", "message"),
    [
        (nn.MLP([2, 2, 1], activation=lambda x: x * x), "layers.0 has the activation <lambda>, .* known by no name"),
        (Own([2, 1]), "Own is a class of its own"),
        (tied(), "some weights are tied"),
        (half_frozen(), "some entries of layers.0: W are frozen and some are not"),
        (of_a_perceptron(), "made of Layer and Neuron, and holds Layer"),
    ],
)
def test_what_tensors_cannot_be_is_refused_by_name(mlp, message):
    with pytest.raises(ArgumentError, match=f"to_tensors: .*{message}"):
        mlp.to_tensors()


class OwnLinear(nn.Linear):
    """A Linear that might compute anything."""


LINEAR = nn.Linear(2, 2, rng=0)


@pytest.mark.parametrize(
    ("modules", "message"),
    [
        ([LINEAR, nn.Dropout(0.5)], r"1 is Dropout\(0.5\), for which an MLP has no counterpart"),
        ([nn.Maxout(2, 2)], r"0 is Maxout\(2, 2, pieces=2\), for which"),
        ([LINEAR, nn.PReLU()], r"1 is PReLU\(1\), for which"),
        ([OwnLinear(2, 2)], r"0 is OwnLinear\(2, 2\), for which"),
        ([LINEAR, nn.Sequential(nn.ReLU(), nn.Tanh())], r"1\.1 is Tanh\(\) and follows another activation"),
        ([nn.ReLU(), LINEAR], r"0 is ReLU\(\) and comes before the first Linear"),
        ([LINEAR, nn.ReLU(), LINEAR], r"2 is Linear\(2, 2\) a second time"),
        ([LINEAR, nn.Linear(3, 1)], r"1 is Linear\(3, 1\), and the layer before it gives 2"),
        ([LINEAR, nn.Softmax(axis=0)], r"1 is Softmax\(axis=0\)"),
        ([LINEAR, nn.Flatten()], r"1 is Flatten\(\), for which"),
        ([nn.Flatten()], "at least one layer"),
        ([], "at least one layer"),
    ],
)
def test_what_values_cannot_be_is_refused_by_name(modules, message):
    with pytest.raises(ArgumentError, match=f"to_scalars: .*({message})"):
        nn.Sequential(*modules).to_scalars()


def test_a_subclass_of_sequential_is_refused():
    class Residual(nn.Sequential):
        def forward(self, x):
            return x + super().forward(x)

    with pytest.raises(ArgumentError, match="Residual is a class of its own"):
        Residual(LINEAR).to_scalars()
    with pytest.raises(ArgumentError, match=r"0 is Residual\(Linear\(2, 2\)\), for which"):
        nn.Sequential(Residual(LINEAR)).to_scalars()


def test_a_list_of_activations_of_another_length_is_refused():
    with pytest.raises(ArgumentError, match="2 hidden layers take as many activations, or one for all, got 1"):
        nn.MLP([2, 2, 2, 1], activation=["relu"])
    assert repr(nn.MLP([2, 2, 2, 1], ["relu", abs])) == (
        "MLP([2, 2, 2, 1], activation=['relu', abs], output='identity')"
    )
    assert isinstance(nn.MLP([2, 1], activation=[], rng=0)([1.0, 2.0])[0], Value)
