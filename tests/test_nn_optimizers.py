"""SGD: its formula, momentum, decay on weights alone, and gradients that are missing."""

import math

import pytest

import nn
from autograd import Value
from autograd.errors import ArgumentError, AutogradError, OperandError


def with_gradient(data, grad):
    parameter = Value(data)
    parameter.grad = grad
    return parameter


def test_sgd_moves_against_the_gradient():
    w = with_gradient(1.0, 4.0)
    nn.SGD([w], lr=0.5).step()
    assert w.data == -1.0


def test_momentum_keeps_part_of_the_last_move():
    w = with_gradient(0.0, 1.0)
    optimizer = nn.SGD([w], lr=1.0, momentum=0.5)
    optimizer.step()
    assert w.data == -1.0
    optimizer.step()
    assert w.data == -2.5


def test_decay_joins_the_gradient_before_momentum_as_in_pytorch():
    lr, momentum, decay = 0.1, 0.9, 0.2
    w, kept, buffer = Value(2.0), 2.0, 0.0
    optimizer = nn.SGD([w], lr=lr, momentum=momentum, weight_decay=decay)
    for step in range(10):
        w.grad = math.cos(step)
        optimizer.step()
        buffer = momentum * buffer + (math.cos(step) + decay * kept)
        kept -= lr * buffer
        assert w.data == pytest.approx(kept, rel=1e-13)


def test_decay_pulls_weights_and_leaves_biases():
    for what in (lambda model: model, lambda model: model.parameters(), lambda model: model.named_parameters()):
        model = nn.Neuron(1, rng=0)
        model.set_weights([2.0], bias=3.0)
        model.weights[0].grad = model.bias.grad = 1.0
        nn.SGD(what(model), lr=0.1, weight_decay=0.5).step()
        assert model.weights[0].data == pytest.approx(2.0 - 0.1 * (1.0 + 0.5 * 2.0))
        assert model.bias.data == pytest.approx(3.0 - 0.1 * 1.0)


def test_the_parameters_of_two_models_together_still_know_their_biases():
    for joined in (lambda a, b: a + b, lambda a, b: (a + b)[:], lambda a, b: sum([b], start=a)):
        one, other = nn.Neuron(1, rng=0), nn.Neuron(1, rng=1)
        one.weights[0].grad = 1e-300
        one.bias.data = other.bias.data = 3.0
        before = other.weights[0].data
        nn.SGD(joined(one.parameters(), other.parameters()), lr=0.1, weight_decay=0.5).step()
        assert one.bias.data == other.bias.data == 3.0
        assert other.weights[0].data == pytest.approx(0.95 * before)


def test_plain_values_have_no_names_and_all_decay():
    w, b = with_gradient(2.0, 1.0), with_gradient(2.0, 1.0)
    nn.SGD([w, b], lr=0.1, weight_decay=0.5).step()
    assert w.data == b.data == pytest.approx(1.8)


def test_a_parameter_given_twice_is_updated_once():
    w = with_gradient(1.0, 1.0)
    optimizer = nn.SGD([w, w], lr=0.1)
    optimizer.step()
    assert w.data == pytest.approx(0.9)
    assert optimizer.parameters == [w]


def test_a_frozen_parameter_stays():
    w, frozen = with_gradient(1.0, 1.0), with_gradient(1.0, 1.0)
    frozen.requires_grad = False
    nn.SGD([w, frozen], lr=0.1, weight_decay=0.5).step()
    assert frozen.data == 1.0


def test_a_step_without_backward_asks_for_it():
    model = nn.MLP([2, 2, 1], rng=0)
    with pytest.raises(AutogradError, match=r"all 9 gradients are 0. Was loss.backward\(\) called"):
        nn.SGD(model, lr=0.1).step()


def test_gradients_of_zero_are_allowed_once_there_was_another():
    w = Value(1.0)
    optimizer = nn.SGD([w], lr=0.5)
    for expected in (0.0, 0.0, 0.0):
        optimizer.zero_grad()
        (w * w).backward()
        optimizer.step()
        assert w.data == expected


def test_zero_grad_clears_the_gradients():
    w = with_gradient(1.0, 4.0)
    nn.SGD([w], lr=0.5).zero_grad()
    assert w.grad == 0.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": -0.1}, "lr must be at least 0 and finite, got -0.1"),
        ({"lr": float("nan")}, "lr must be"),
        ({"lr": "fast"}, "lr must be a number, got 'fast'"),
        ({"lr": "0.1"}, "lr must be a number, got '0.1'"),
        ({"lr": True}, "lr must be a number, got True"),
        ({"lr": None}, "lr must be a number, got None"),
        ({"lr": 0.1, "momentum": 1.0}, "momentum must be at least 0 and less than 1"),
        ({"lr": 0.1, "weight_decay": -1.0}, "weight_decay must be at least 0"),
    ],
)
def test_rates_out_of_range_are_refused(options, message):
    with pytest.raises(ArgumentError, match=message):
        nn.SGD([Value(1.0)], **options)


def test_only_leaf_values_are_optimised():
    with pytest.raises(ArgumentError, match="no parameters"):
        nn.SGD([], lr=0.1)
    with pytest.raises(OperandError, match=r"leaf Values and Tensors; parameters\.0 is 3"):
        nn.SGD([3.0], lr=0.1)
    with pytest.raises(OperandError, match="leaf Values"):
        nn.SGD([Value(1.0) * 2.0], lr=0.1)
    with pytest.raises(OperandError, match=r"pairs of name and parameter, or parameters alone, not \(1, 2, 3\)"):
        nn.SGD([(1, 2, 3)], lr=0.1)
    with pytest.raises(OperandError, match="pairs of name and parameter"):
        nn.SGD([(1, Value(1.0))], lr=0.1)
    with pytest.raises(OperandError, match="leaf Values and Tensors; w is 1"):
        nn.SGD([("w", 1.0)], lr=0.1)
    with pytest.raises(OperandError, match="a module or a list of parameters, not Value"):
        nn.SGD(Value(1.0), lr=0.1)


def test_decaying_the_bias_shifts_y_equal_to_x_plus_10_and_decaying_the_weight_alone_fits_it_better():
    def fitted(optimizer_of):
        model = nn.Neuron(1, activation="identity", rng=0)
        X = [[x / 4.0] for x in range(-4, 5)]
        nn.fit(model, X, [x + 10.0 for (x,) in X], loss=nn.MSELoss(), optimizer=optimizer_of(model), epochs=60, seed=0)
        return model.bias.data

    assert fitted(lambda model: nn.SGD(model, lr=0.1, weight_decay=0.5)) == pytest.approx(10.0, abs=0.01)
    assert fitted(lambda model: nn.SGD(list(model.parameters()), lr=0.1, weight_decay=0.5)) < 8.5
