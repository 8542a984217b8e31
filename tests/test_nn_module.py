"""Modules: parameters found by walking attributes, states, modes and regions."""

import copy
import gc
import operator
import pickle

import pytest

import nn
from autograd import Value, region
from autograd.errors import ArgumentError


class Tied(nn.Module):
    """Two names for one weight, and holders of every kind."""

    def __init__(self) -> None:
        self.first = Value(1.0)
        self.second = self.first
        self.parts = {"left": nn.Neuron(1, rng=0), "right": [Value(2.0), (Value(3.0),)]}
        self.size = 4

    def forward(self, x):
        return self.first * x + self.second


def test_parameters_have_dotted_names_in_the_order_of_attributes():
    names = [name for name, _ in nn.MLP([2, 2, 1], rng=0).named_parameters()]
    assert names == [
        "layers.0.neurons.0.weights.0", "layers.0.neurons.0.weights.1", "layers.0.neurons.0.bias",
        "layers.0.neurons.1.weights.0", "layers.0.neurons.1.weights.1", "layers.0.neurons.1.bias",
        "layers.1.neurons.0.weights.0", "layers.1.neurons.0.weights.1", "layers.1.neurons.0.bias",
    ]  # fmt: skip


def test_parameters_are_found_in_lists_tuples_dicts_and_modules_and_tied_ones_once():
    names = [name for name, _ in Tied().named_parameters()]
    assert names == ["first", "parts.left.weights.0", "parts.left.bias", "parts.right.0", "parts.right.1.0"]


def test_the_textbook_counts_57_parameters_for_13_neurons_in_4_layers_over_2_inputs():
    assert len(nn.MLP([2, 4, 4, 4, 1]).parameters()) == 57


def test_parameters_are_a_sequence_that_cannot_change_and_keeps_its_names():
    neuron, other = nn.Neuron(2, rng=0), nn.Neuron(1, rng=1)
    parameters = neuron.parameters()
    assert len(parameters) == 3
    assert list(parameters) == [*neuron.weights, neuron.bias]
    assert parameters[0] is neuron.weights[0]
    assert parameters[-1] is neuron.bias
    assert neuron.bias in parameters
    assert [name for name, _ in parameters[1:].named] == ["weights.1", "bias"]
    joined = parameters
    joined += other.parameters()
    assert list(joined) == [*neuron.weights, neuron.bias, *other.weights, other.bias]
    assert len(parameters) == 3
    assert repr(other.parameters()).startswith("Parameters([('weights.0', Value(")
    with pytest.raises(TypeError, match="unsupported operand"):
        operator.add(parameters, [Value(1.0)])
    for change in ("append", "extend", "pop", "insert", "clear", "__setitem__", "__delitem__"):
        assert not hasattr(parameters, change)


def test_parameters_kept_by_a_module_are_its_own_and_keep_their_names():
    outer = nn.Module()
    outer.inner = nn.Neuron(1, rng=0).parameters()
    assert [name for name, _ in outer.named_parameters()] == ["inner.weights.0", "inner.bias"]


def test_a_kept_output_is_not_a_parameter():
    neuron = nn.Neuron(1, rng=0)
    neuron.last = neuron([1.0])
    assert len(neuron.parameters()) == 2


def test_a_module_that_holds_its_own_holder_is_walked_once():
    outer, inner = Tied(), Tied()
    outer.inner, inner.outer = inner, outer
    assert len(outer.parameters()) == 10


def test_tied_weights_add_their_gradients():
    model = Tied()
    model(5.0).backward()
    assert model.first.grad == 6.0


def test_a_state_moves_from_one_model_to_another():
    one, other = nn.MLP([2, 3, 1], rng=0), nn.MLP([2, 3, 1], rng=1)
    other.load_state_dict(one.state_dict())
    assert other.state_dict() == one.state_dict()
    assert other([1.0, 2.0])[0].data == one([1.0, 2.0])[0].data


def test_a_state_is_a_copy():
    model = nn.Neuron(1, rng=0)
    state = model.state_dict()
    model.bias.data = 7.0
    assert state["bias"] == 0.0


def test_a_state_that_does_not_fit_is_refused_whole_and_the_differences_are_listed():
    model = nn.Neuron(2, rng=0)
    before = model.state_dict()
    with pytest.raises(ArgumentError) as error:
        model.load_state_dict({"weights.0": 9.0, "bias": "zero", "slope": 1.0})
    for difference in ("weights.1 is missing", "slope is not a parameter", "bias holds str, not a number"):
        assert difference in str(error.value)
    assert model.state_dict() == before
    with pytest.raises(ArgumentError, match="a state is a dict"):
        model.load_state_dict("model.npz")


def test_zero_grad_clears_every_gradient():
    model = nn.MLP([1, 2, 1], rng=0)
    model([1.0])[0].backward()
    assert any(p.grad for p in model.parameters())
    model.zero_grad()
    assert [p.grad for p in model.parameters()] == [0.0] * 7


def test_train_and_eval_reach_every_module_within():
    model = nn.MLP([1, 2, 1])
    assert model.eval() is model
    assert not any(module.training for _, module in model.named_modules())
    model.train()
    assert all(module.training for _, module in model.named_modules())


def test_nodes_belong_to_the_region_of_the_module_that_made_them():
    model = nn.MLP([2, 2, 1], rng=0)
    output = model([1.0, 2.0])[0]
    assert output.region.name == "MLP.layers.1.neurons.0"
    assert nn.Neuron(1)([1.0]).region.name == "Neuron"
    assert all(p.region is None for p in model.parameters())
    with region("block"):
        assert nn.Neuron(1)([1.0]).region.name == "block.Neuron"


def test_a_dropped_graph_and_model_are_freed_without_the_collector():
    gc.collect()
    gc.disable()
    try:
        model = nn.MLP([2, 4, 1], rng=0)
        output = model([1.0, 2.0])[0]
        output.backward()
        del model, output
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_copies_and_pickles_keep_weights_and_ties():
    model = Tied()
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert twin.state_dict() == model.state_dict()
        assert twin.first is twin.second
        assert twin.first is not model.first


def test_a_module_without_forward_says_what_to_write():
    with pytest.raises(NotImplementedError, match="Module needs a method forward"):
        nn.Module()(1.0)


def test_a_module_prints_what_it_is():
    assert repr(Tied()) == "Tied(5 parameters)"
    assert repr(nn.MLP([4, 6, 3])) == "MLP([4, 6, 3], activation='sigmoid', output='identity')"
    assert repr(nn.Layer(2, 3, activation=abs)) == "Layer(2, 3, activation=abs)"
    assert repr(nn.Neuron(3)) == "Neuron(3, activation='sigmoid')"
