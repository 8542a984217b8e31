"""Neurons, layers and networks made of Values, and the perceptron."""

import math
import random

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, ancestry
from autograd.errors import ArgumentError, DataError, OperandError, ShapeError
from nn.activations import ACTIVATIONS


def test_a_neuron_sums_products_in_order_and_then_the_bias():
    neuron = nn.Neuron(2, activation="identity", rng=0)
    z = neuron([3.0, 4.0])
    assert [node.op.name for node in ancestry(z) if node.op] == ["mul", "mul", "add", "add"]
    w1, w2, b = neuron.parameters()
    assert z.data == w1.data * 3.0 + w2.data * 4.0 + b.data
    z.backward()
    assert [w1.grad, w2.grad, b.grad] == [3.0, 4.0, 1.0]


def test_a_sigmoid_neuron_of_weight_0_gives_the_textbooks_half_and_quarter():
    neuron = nn.Neuron(1)
    neuron.set_weights([0.0], bias=0.0)
    f = neuron([1.0])
    f.backward()
    assert (f.data, neuron.weights[0].grad, neuron.bias.grad) == (0.5, 0.25, 0.25)
    assert [node.op.name for node in ancestry(f) if node.op] == ["mul", "add", "mul", "exp", "add", "reciprocal"]


def test_gradients_reach_inputs_that_are_values():
    neuron = nn.Neuron(1, activation="identity")
    neuron.set_weights([5.0], bias=1.0)
    x = Value(2.0)
    neuron([x]).backward()
    assert x.grad == 5.0


@pytest.mark.parametrize(
    "inputs", [[1, 2, 3], (1.0, 2.0, 3.0), np.array([1.0, 2.0, 3.0]), [np.float32(1), np.int64(2), 3]]
)
def test_inputs_may_be_lists_tuples_or_arrays_of_numbers(inputs):
    assert nn.Neuron(3, rng=0)(inputs).data == nn.Neuron(3, rng=0)([1.0, 2.0, 3.0]).data


@pytest.mark.parametrize("module", [nn.Neuron(3), nn.Layer(3, 2), nn.MLP([3, 2])])
def test_a_wrong_count_of_inputs_is_named(module):
    with pytest.raises(ShapeError, match="expected 3, got 2"):
        module([1, 2])
    with pytest.raises(OperandError, match="a list of 3 numbers"):
        module(1.0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.Neuron(0), "inputs must be at least 1, got 0"),
        (lambda: nn.Neuron(2.5), "inputs must be a positive whole number, got 2.5"),
        (lambda: nn.Layer(2, 0), "outputs must be at least 1"),
        (lambda: nn.MLP([3]), r"at least two sizes, such as \[4, 6, 3\]"),
        (lambda: nn.Neuron(True), "inputs must be a positive whole number, got True"),
        (lambda: nn.Perceptron(0), "Perceptron: inputs must be at least 1, got 0"),
        (lambda: nn.MLP(3), "at least two sizes"),
        (lambda: nn.MLP(None), "at least two sizes.*got None"),
        (lambda: nn.MLP(np.int64(3)), "at least two sizes"),
        (lambda: nn.MLP(np.array(3)), "at least two sizes"),
        (lambda: nn.MLP("43"), "at least two sizes"),
        (lambda: nn.MLP(size for size in (4, 3)), "at least two sizes"),
        (lambda: nn.MLP([3, -1]), "sizes must be at least 1, got -1"),
        (lambda: nn.Neuron(2, activation="sigmod"), "unknown activation 'sigmod'.*sigmoid, tanh, relu"),
        (lambda: nn.Neuron(2, activation="softmax"), "unknown activation 'softmax'"),
        (lambda: nn.MLP([2, 2], output="sofmax"), "unknown activation 'sofmax'.*softmax"),
        (lambda: nn.Neuron(2, rng=-1), "a non-negative int, a random.Random, a numpy Generator or None"),
        (lambda: nn.Neuron(2, rng=random), "a non-negative int"),
    ],
)
def test_what_cannot_be_built_is_a_value_error_naming_what_can(make, message):
    with pytest.raises(ValueError, match=message) as error:
        make()
    assert isinstance(error.value, ArgumentError)


def test_layers_and_networks_return_lists_also_of_one():
    for outputs in (nn.Layer(2, 1)([1.0, 2.0]), nn.MLP([2, 3, 1])([1.0, 2.0])):
        assert isinstance(outputs, list)
        assert len(outputs) == 1
        assert isinstance(outputs[0], Value)


def test_a_network_is_the_matrix_formula():
    model = nn.MLP([3, 4, 2], activation="tanh", rng=0)
    a = x = np.array([0.5, -1.0, 2.0])
    for layer in model.layers:
        W = np.array([[w.data for w in neuron.weights] for neuron in layer.neurons])
        z = W @ a + [neuron.bias.data for neuron in layer.neurons]
        a = np.tanh(z)
    assert np.allclose([value.data for value in model(x)], z, rtol=1e-14)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_by_name_is_the_function_of_the_engine(name):
    neuron = nn.Neuron(1, activation=name)
    neuron.set_weights([1.0], bias=0.0)
    assert neuron([0.3]).data == pytest.approx(float(ACTIVATIONS[name](Value(0.3))))


def test_an_activation_may_be_any_function_or_a_module_with_parameters():
    class Slope(nn.Module):
        def __init__(self):
            self.slope = Value(0.2)

        def forward(self, x):
            return autograd.prelu(x, self.slope)

    layer = nn.Layer(1, 2, activation=Slope(), rng=0)
    layer.set_weights([[1.0], [-1.0]], [0.0, 0.0])
    outputs = layer([3.0])
    assert [a.data for a in outputs] == [3.0, pytest.approx(-0.6)]
    assert len(layer.parameters()) == 5
    assert nn.Neuron(1, activation=lambda z: z * 0.0)([1.0]).data == 0.0


def test_a_softmax_output_works_on_the_whole_layer():
    model = nn.MLP([2, 3], output="softmax", rng=0)
    outputs = model([1.0, 2.0])
    assert sum(p.data for p in outputs) == pytest.approx(1.0)
    logs = nn.MLP([2, 3], output="log_softmax", rng=0)([1.0, 2.0])
    assert [p.data for p in outputs] == pytest.approx([math.exp(f.data) for f in logs])


def test_two_hidden_relu_neurons_compute_xor():
    model = nn.MLP([2, 2, 1], activation="relu")
    model.layers[0].set_weights([[1.0, 1.0], [1.0, 1.0]], [0.0, -1.0])
    model.layers[1].set_weights([[1.0, -2.0]], [0.0])
    table = nn.data.xor()
    assert [model(row)[0].data for row in table.X] == list(table.y)


def test_weights_of_the_wrong_shape_are_refused_with_both_shapes():
    layer = nn.Layer(2, 3)
    with pytest.raises(ShapeError, match=r"W of shape \(3, 2\) and 3 biases, got \(2, 3\) and 3. Transpose"):
        layer.set_weights([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]], [0.0, 0.0, 0.0])
    with pytest.raises(ShapeError, match="expected 2, got 1"):
        nn.Neuron(2).set_weights([1.0], bias=0.0)


@pytest.mark.parametrize(
    ("weights", "biases", "kind", "message"),
    [
        ([[1.0, 2.0], [1.0], [1.0, 2.0]], [0.0] * 3, ShapeError, "row 1 of W holds 1 numbers and row 0 holds 2"),
        ([1, 2, 3], [0.0] * 3, OperandError, "row 0 of W must be a list, got int: 1"),
        (None, [0.0] * 3, OperandError, "W must be a list, got NoneType"),
        ([[1.0, 2.0]] * 3, None, OperandError, "b must be a list, got NoneType"),
        ([], [0.0] * 3, ShapeError, r"got \(0, 0\) and 3"),
        ([[1.0, 2.0]] * 3, [0.0] * 2, ShapeError, r"got \(3, 2\) and 2"),
        ([[1.0, 2.0], [1.0, "x"], [1.0, 2.0]], [0.0] * 3, OperandError, "row 1 of W, entry 1, must be a number.*'x'"),
        ([[1.0, 2.0]] * 3, [0.0, 0.0, "b"], OperandError, "b, entry 2, must be a number"),
    ],
)
def test_weights_that_do_not_fit_name_the_place_and_change_nothing(weights, biases, kind, message):
    layer = nn.Layer(2, 3, rng=0)
    before = layer.state_dict()
    with pytest.raises(kind, match=message):
        layer.set_weights(weights, biases)
    assert layer.state_dict() == before


@pytest.mark.parametrize(
    ("weights", "bias", "message"),
    [([5.0, "x"], 0.0, "entry 1, must be a number"), (5.0, 0.0, "must be a list"), ([5.0, 6.0], None, "the bias must")],
)
def test_a_neuron_is_set_whole_or_not_at_all(weights, bias, message):
    neuron = nn.Neuron(2, rng=0)
    before = neuron.state_dict()
    with pytest.raises(OperandError, match=message):
        neuron.set_weights(weights, bias)
    assert neuron.state_dict() == before


def test_the_same_seed_gives_the_same_weights_and_the_global_random_state_is_untouched():
    python_state, numpy_state = random.getstate(), np.random.get_state()[1].tolist()
    for make in (lambda: 3, lambda: random.Random(3), lambda: np.random.default_rng(3)):
        assert nn.MLP([2, 3, 1], rng=make()).state_dict() == nn.MLP([2, 3, 1], rng=make()).state_dict()
    assert nn.MLP([2, 3, 1]).state_dict() != nn.MLP([2, 3, 1]).state_dict()
    assert random.getstate() == python_state
    assert np.random.get_state()[1].tolist() == numpy_state


def test_one_generator_gives_different_weights_each_time():
    rng = random.Random(0)
    assert nn.Neuron(2, rng=rng).state_dict() != nn.Neuron(2, rng=rng).state_dict()


def test_first_weights_lie_within_their_bound_and_biases_are_0():
    neuron = nn.Neuron(300, rng=0)
    weights = np.array([w.data for w in neuron.weights])
    assert abs(weights).max() <= 0.1
    assert weights.var() == pytest.approx(1 / 300, rel=0.2)
    assert neuron.bias.data == 0.0


@pytest.mark.parametrize("table", [nn.data.and_(), nn.data.or_(), nn.data.nand()], ids=lambda table: table.name)
def test_the_perceptron_learns(table):
    perceptron = nn.Perceptron(2)
    assert perceptron.learn(table.X, table.y)
    assert [perceptron(row).data for row in table.X] == list(table.y)


def test_the_perceptron_never_learns_xor():
    table, perceptron = nn.data.xor(), nn.Perceptron(2)
    assert not perceptron.learn(table.X, table.y, epochs=200)
    assert [perceptron(row).data for row in table.X] != list(table.y)


def test_the_perceptrons_rule_moves_by_the_error_times_the_input():
    perceptron = nn.Perceptron(2)
    perceptron.learn([[2.0, -3.0]], [0], epochs=1, rate=0.5)
    assert [p.data for p in perceptron.parameters()] == [-1.0, 1.5, -0.5]


def test_the_perceptron_leaves_frozen_parameters_alone():
    perceptron = nn.Perceptron(2)
    perceptron.bias.requires_grad = perceptron.weights[0].requires_grad = False
    perceptron.learn([[2.0, -3.0]], [0], epochs=1)
    assert [p.data for p in perceptron.parameters()] == [0.0, 3.0, 0.0]


def test_the_perceptron_refuses_labels_and_data_it_cannot_learn():
    with pytest.raises(ArgumentError, match="the labels 0 and 1, got -1"):
        nn.Perceptron(1).learn([[1.0], [2.0]], [0, -1])
    with pytest.raises(DataError, match="X has 2 rows and y has 1"):
        nn.Perceptron(1).learn([[1.0], [2.0]], [0])
    with pytest.raises(ArgumentError, match=r"Perceptron\.learn: rate must be at least 0 and finite, got -1"):
        nn.Perceptron(1).learn([[1.0]], [0], rate=-1)
    with pytest.raises(ArgumentError, match=r"Perceptron\.learn: epochs must be a positive whole number, got True"):
        nn.Perceptron(1).learn([[1.0]], [0], epochs=True)
