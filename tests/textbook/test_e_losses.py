"""Textbook, 4.2: losses, with softmax and cross-entropy, linear regression and structural risk."""

import math

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value


def slopes(loss, outputs, target):
    """The loss of these outputs and its derivative by each of them."""
    values = [Value(f) for f in outputs]
    result = loss(values, target)
    result.backward()
    return result.data, [f.grad for f in values]


def test_the_0_1_loss_is_a_metric():
    assert nn.zero_one([0.1, 0.7, 0.2], 1) == 0.0
    assert nn.zero_one([0.1, 0.7, 0.2], 2) == 1.0
    assert isinstance(nn.zero_one([Value(0.1), Value(0.9)], 1), float)


def test_the_absolute_loss():
    assert slopes(nn.AbsoluteError(), [2.5], 1.0) == (1.5, [1.0])
    assert slopes(nn.AbsoluteError(), [-2.5], 1.0) == (3.5, [-1.0])
    assert slopes(nn.AbsoluteError(), [1.0], 1.0) == (0.0, [0.0])


def test_the_squared_loss_and_half_of_it():
    assert slopes(nn.SquaredError(), [2.5], 1.0) == (2.25, [3.0])
    assert slopes(nn.HalfSquaredError(), [1.0, 3.0], [0.0, 5.0]) == (2.5, [1.0, -2.0])


def test_the_mean_squared_error():
    assert slopes(nn.MSELoss(), [1.0, 3.0], [0.0, 5.0]) == (2.5, [1.0, -2.0])


@pytest.mark.parametrize("label", [0, 1, 2])
def test_the_log_loss_is_minus_the_log_of_the_probability_of_the_label(label):
    p = [0.34, 0.46, 0.20]
    value, grads = slopes(nn.LogLoss(), p, label)
    assert value == pytest.approx(-math.log(p[label]), rel=1e-15)
    assert grads == pytest.approx([-1 / p[i] if i == label else 0.0 for i in range(3)], rel=1e-14)


def test_cross_entropy_takes_one_hot_and_soft_labels():
    p = [0.34, 0.46, 0.20]
    assert slopes(nn.SoftCrossEntropy(), p, [0, 1, 0]) == slopes(nn.LogLoss(), p, 1)
    value, grads = slopes(nn.SoftCrossEntropy(), p, [0.2, 0.5, 0.3])
    assert value == pytest.approx(-sum(y * math.log(q) for y, q in zip([0.2, 0.5, 0.3], p, strict=True)), rel=1e-14)
    assert grads == pytest.approx([-0.2 / 0.34, -0.5 / 0.46, -0.3 / 0.20], rel=1e-14)


def test_0_log_0_is_0_in_value_and_gradient():
    assert slopes(nn.SoftCrossEntropy(), [0.0, 1.0], [0.0, 1.0]) == (0.0, [0.0, -1.0])


@pytest.mark.parametrize(
    ("f", "y", "value", "slope"),
    [(0.3, 1, 0.7, -1.0), (-0.3, 1, 1.3, -1.0), (2.0, 1, 0.0, 0.0), (0.3, -1, 1.3, 1.0), (-2.0, -1, 0.0, 0.0)],
)
def test_the_hinge_loss(f, y, value, slope):
    assert slopes(nn.HingeLoss(), [f], y) == (pytest.approx(value, rel=1e-15), [slope])


@pytest.mark.parametrize(("f", "y"), [(0.3, 1), (-2.0, 1), (0.3, -1), (2.0, -1)])
def test_the_exponential_loss(f, y):
    value, grads = slopes(nn.ExponentialLoss(), [f], y)
    assert value == pytest.approx(math.exp(-y * f), rel=1e-15)
    assert grads == pytest.approx([-y * math.exp(-y * f)], rel=1e-15)


def test_softmax_with_cross_entropy_gives_p_minus_y():
    # Logits ln p have the softmax p.
    p = [0.34, 0.46, 0.20]
    value, grads = slopes(nn.CrossEntropyLoss(), [math.log(q) for q in p], 0)
    assert value == pytest.approx(-math.log(0.34), rel=1e-14)
    assert [round(g, 12) for g in grads] == [-0.66, 0.46, 0.20]
    _, soft = slopes(nn.CrossEntropyLoss(), [math.log(q) for q in p], [0.2, 0.5, 0.3])
    assert soft == pytest.approx([0.14, -0.04, -0.10], abs=1e-15)


def test_softmax_and_log_loss_one_after_the_other_give_p_minus_y_too():
    p = [0.34, 0.46, 0.20]
    zs = [Value(math.log(q)) for q in p]
    nn.LogLoss()(autograd.softmax(zs), 0).backward()
    assert [z.grad for z in zs] == pytest.approx([-0.66, 0.46, 0.20], rel=1e-13)


def test_the_slopes_of_a_softmax_output():
    zs = [Value(math.log(q)) for q in (0.34, 0.46, 0.20)]
    autograd.softmax(zs)[0].backward()
    assert [z.grad for z in zs] == pytest.approx([0.34 * 0.66, -0.34 * 0.46, -0.34 * 0.20], rel=1e-13)


def test_linear_regression_has_the_gradients_of_the_textbook():
    xs, ys = [0.5, 1.0, -2.0, 3.0], [1.0, 2.5, -3.0, 7.0]
    neuron = nn.Neuron(1, activation="identity")
    neuron.set_weights([0.7], bias=-0.2)
    cost = autograd.mean([nn.SquaredError()(neuron([x]), y) for x, y in zip(xs, ys, strict=True)])
    cost.backward()
    residuals = [0.7 * x - 0.2 - y for x, y in zip(xs, ys, strict=True)]
    w, b = neuron.parameters()
    assert cost.data == pytest.approx(sum(r * r for r in residuals) / 4, rel=1e-14)
    assert w.grad == pytest.approx(2 / 4 * sum(r * x for r, x in zip(residuals, xs, strict=True)), rel=1e-14)
    assert b.grad == pytest.approx(2 / 4 * sum(residuals), rel=1e-14)


def test_logistic_regression_is_a_network_of_one_layer():
    neuron = nn.Neuron(2)
    neuron.set_weights([0.5, -1.0], bias=0.25)
    p = neuron([2.0, 0.5])
    nn.LogLoss()(p, 1).backward()
    assert p.data == pytest.approx(1 / (1 + math.exp(-0.75)), rel=1e-15)
    # −ln σ(z) has the slope σ(z) − 1 by z.
    assert [v.grad for v in neuron.parameters()] == pytest.approx(
        [(p.data - 1) * g for g in (2.0, 0.5, 1.0)], rel=1e-13
    )


def test_softmax_regression_is_a_network_of_one_layer():
    layer = nn.Layer(2, 3, activation="softmax")
    layer.set_weights([[0.5, -1.0], [0.1, 0.2], [-0.3, 0.4]], [0.0, 0.1, -0.1])
    p = layer([2.0, 0.5])
    nn.LogLoss()(p, 2).backward()
    for i, neuron in enumerate(layer.neurons):
        delta = p[i].data - (i == 2)
        assert [v.grad for v in neuron.parameters()] == pytest.approx([2 * delta, 0.5 * delta, delta], rel=1e-12)


def test_structural_risk_decays_weights_and_never_biases():
    model = nn.MLP([2, 3, 1], rng=0)
    for neuron in model.layers[0].neurons:
        neuron.bias.data = 5.0
    penalty = nn.l2_penalty(model, 0.1)
    weights = [w for layer in model.layers for neuron in layer.neurons for w in neuron.weights]
    assert penalty.data == pytest.approx(0.05 * sum(w.data**2 for w in weights), rel=1e-14)
    penalty.backward()
    for layer in model.layers:
        for neuron in layer.neurons:
            assert neuron.bias.grad == 0.0
            assert [w.grad for w in neuron.weights] == pytest.approx([0.1 * w.data for w in neuron.weights], rel=1e-14)


# ── the same on arrays ───────────────────────────────────────────────────────────────────────────────────────────────


def array_slopes(loss, outputs, targets):
    """The loss of a Tensor of outputs and its derivative by each of them."""
    tensor = Tensor(outputs)
    result = loss(tensor, targets)
    result.backward()
    return result.item(), tensor.grad.tolist()


def test_softmax_with_cross_entropy_gives_p_minus_y_on_a_tensor():
    p = np.array([0.34, 0.46, 0.20])
    value, grads = array_slopes(nn.CrossEntropyLoss(), np.log(p), 0)
    assert value == pytest.approx(-math.log(0.34), rel=1e-14)
    assert grads == pytest.approx([-0.66, 0.46, 0.20], rel=1e-14)
    _, soft = array_slopes(nn.CrossEntropyLoss(), np.log([p]), [[0.2, 0.5, 0.3]])
    assert soft[0] == pytest.approx([0.14, -0.04, -0.10], abs=1e-15)
    _, batch = array_slopes(nn.CrossEntropyLoss(reduction="sum"), np.log([p, p, p]), [0, 1, 2])
    np.testing.assert_allclose(batch, [[-0.66, 0.46, 0.20], [0.34, -0.54, 0.20], [0.34, 0.46, -0.80]], rtol=1e-14)


def test_softmax_and_log_loss_give_p_minus_y_on_a_tensor_too():
    z = Tensor(np.log([[0.34, 0.46, 0.20]]))
    nn.LogLoss()(autograd.softmax(z), [0]).backward()
    assert z.grad[0] == pytest.approx([-0.66, 0.46, 0.20], rel=1e-13)


def test_the_losses_of_the_textbook_on_a_tensor():
    p = [[0.34, 0.46, 0.20]]
    assert array_slopes(nn.AbsoluteError(), [[2.5]], [1.0]) == (1.5, [[1.0]])
    assert array_slopes(nn.SquaredError(), [[2.5]], [1.0]) == (2.25, [[3.0]])
    assert array_slopes(nn.HalfSquaredError(), [[1.0, 3.0]], [[0.0, 5.0]]) == (2.5, [[1.0, -2.0]])
    assert array_slopes(nn.MSELoss(), [1.0, 3.0], [0.0, 5.0]) == (2.5, [1.0, -2.0])
    assert array_slopes(nn.HingeLoss(), [[0.5]], [-1]) == (1.5, [[1.0]])
    assert array_slopes(nn.ExponentialLoss(), [[0.5]], [-1]) == (math.exp(0.5), [[math.exp(0.5)]])
    value, grads = array_slopes(nn.LogLoss(), p, [1])
    assert (value, grads[0]) == (pytest.approx(-math.log(0.46)), pytest.approx([0.0, -1 / 0.46, 0.0]))
    assert array_slopes(nn.SoftCrossEntropy(), [[0.0, 1.0]], [[0.0, 1.0]]) == (0.0, [[0.0, -1.0]])


def test_linear_regression_has_the_gradients_of_the_textbook_on_a_tensor():
    xs, ys = np.array([[0.5], [1.0], [-2.0], [3.0]]), np.array([1.0, 2.5, -3.0, 7.0])
    w, b = Tensor([[0.7]]), Tensor([-0.2])
    cost = nn.MSELoss()(Tensor(xs, requires_grad=False) @ w + b, ys)
    cost.backward()
    residuals = [0.7 * x - 0.2 - y for x, y in zip(xs[:, 0], ys, strict=True)]
    assert cost.item() == pytest.approx(sum(r * r for r in residuals) / 4, rel=1e-14)
    assert w.grad[0, 0] == pytest.approx(2 / 4 * sum(r * x for r, x in zip(residuals, xs[:, 0], strict=True)))
    assert b.grad[0] == pytest.approx(2 / 4 * sum(residuals), rel=1e-14)
