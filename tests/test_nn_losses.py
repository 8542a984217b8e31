"""Losses of the textbook: values, gradients, and labels that do not fit."""

import math

import numpy as np
import pytest

import nn
from autograd import Tensor, Value, log_softmax, no_grad, softmax
from autograd.errors import ArgumentError, OperandError, ShapeError

P = (0.34, 0.46, 0.20)


def values(*numbers):
    return [Value(x) for x in numbers]


def gradient(loss, outputs):
    loss.backward()
    return [output.grad for output in outputs]


@pytest.mark.parametrize(
    ("loss", "value", "slopes"),
    [
        (nn.SquaredError(), 5.0, [2.0, -4.0]),
        (nn.HalfSquaredError(), 2.5, [1.0, -2.0]),
        (nn.MSELoss(), 2.5, [1.0, -2.0]),
        (nn.AbsoluteError(), 3.0, [1.0, -1.0]),
        (nn.L1Loss(), 1.5, [0.5, -0.5]),
    ],
)
def test_a_distance_has_its_value_and_slopes(loss, value, slopes):
    outputs = values(2.0, 1.0)
    total = loss(outputs, [1.0, 3.0])
    assert total.data == value
    assert gradient(total, outputs) == slopes
    assert loss([Value(2.0), Value(1.0)], np.array([1, 3])).data == value


def test_a_loss_takes_a_single_value_and_a_list_of_one_alike():
    assert nn.MSELoss()(Value(3.0), 1.0).data == nn.MSELoss()([Value(3.0)], 1.0).data == 4.0


@pytest.mark.parametrize("label", [0, 0.0, np.int64(0), [1, 0, 0], (1.0, 0.0, 0.0), np.array([1.0, 0.0, 0.0])])
def test_softmax_with_cross_entropy_gives_p_minus_y(label):
    logits = values(*map(math.log, P))
    loss = nn.CrossEntropyLoss()(logits, label)
    assert loss.data == pytest.approx(-math.log(0.34))
    assert gradient(loss, logits) == pytest.approx([-0.66, 0.46, 0.20])


def test_cross_entropy_takes_soft_labels():
    logits, soft = values(1.0, -2.0, 0.5), [0.2, 0.5, 0.3]
    p = [f.data for f in softmax(logits)]
    loss = nn.CrossEntropyLoss()(logits, soft)
    assert loss.data == pytest.approx(-sum(y * math.log(f) for y, f in zip(soft, p, strict=True)))
    assert gradient(loss, logits) == pytest.approx([f - y for f, y in zip(p, soft, strict=True)])


@pytest.mark.parametrize("label", [0, 1])
def test_cross_entropy_from_logits_is_finite_at_a_thousand(label):
    logits = values(1000.0, -1000.0)
    loss = nn.CrossEntropyLoss()(logits, label)
    assert loss.data == 2000.0 * label
    assert gradient(loss, logits) == [1.0 - (label == 0), 0.0 - (label == 1)]


def test_nothing_comes_from_0_times_the_log_of_0():
    probabilities = values(0.0, 1.0)
    loss = nn.SoftCrossEntropy()(probabilities, [0.0, 1.0])
    assert loss.data == 0.0
    assert gradient(loss, probabilities) == [0.0, -1.0]
    logits = values(-math.inf, 0.0)
    loss = nn.CrossEntropyLoss()(logits, [0.0, 1.0])
    assert loss.data == 0.0
    assert gradient(loss, logits) == [0.0, 0.0]


def test_log_loss_is_minus_the_log_of_the_labels_probability():
    probabilities = values(*P)
    loss = nn.LogLoss()(probabilities, 1)
    assert loss.data == -math.log(0.46)
    assert gradient(loss, probabilities) == pytest.approx([0.0, -1 / 0.46, 0.0])


def test_log_loss_reads_a_single_output_as_the_probability_of_class_1():
    assert nn.LogLoss()(Value(0.8), 1).data == pytest.approx(-math.log(0.8))
    assert nn.LogLoss()([Value(0.8)], 0).data == pytest.approx(-math.log(0.2))


def test_all_routes_to_the_cross_entropy_agree():
    logits = (0.3, -1.2, 2.0)
    from_logits = nn.CrossEntropyLoss()(values(*logits), 2).data
    assert nn.NLLLoss()(log_softmax(values(*logits)), 2).data == pytest.approx(from_logits)
    assert nn.LogLoss()(softmax(values(*logits)), 2).data == pytest.approx(from_logits)
    assert nn.SoftCrossEntropy()(softmax(values(*logits)), [0, 0, 1]).data == pytest.approx(from_logits)


def by_hand(outputs):
    exponentials = [x.exp() for x in outputs]
    total = sum(exponentials)
    return [e / total for e in exponentials]


@pytest.mark.parametrize("already", [softmax, by_hand])
def test_cross_entropy_of_something_softmaxed_names_nll_loss(already):
    with pytest.raises(ArgumentError, match=r"already went through softmax.*NLLLoss"):
        nn.CrossEntropyLoss()(already(values(1.0, 2.0, 3.0)), 0)
    with pytest.raises(ArgumentError, match="LogLoss"):
        nn.NLLLoss()(already(values(1.0, 2.0, 3.0)), 0)


def test_cross_entropy_of_a_softmax_network_is_refused_and_of_its_logits_is_not():
    with pytest.raises(ArgumentError, match="output='identity'"):
        nn.CrossEntropyLoss()(nn.MLP([2, 3], output="softmax")([1.0, 2.0]), 0)
    nn.CrossEntropyLoss()(nn.MLP([2, 3])([1.0, 2.0]), 0)


def test_logits_that_look_like_probabilities_are_no_false_alarm():
    nn.CrossEntropyLoss()(values(0.2, 0.3, 0.5), 0)
    layer = nn.Layer(2, 2, activation="identity")
    layer.set_weights([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0])
    nn.CrossEntropyLoss()(layer([1.0, 0.0]), 0)
    nn.CrossEntropyLoss()([x.exp() for x in values(0.1, 0.2)], 0)
    nn.CrossEntropyLoss()(log_softmax(values(1.0, 2.0)), 0)


@pytest.mark.parametrize(
    ("output", "label", "value", "slope"), [(0.5, 1, 0.5, -1.0), (2.0, 1, 0.0, 0.0), (0.5, -1, 1.5, 1.0)]
)
def test_hinge_is_0_beyond_the_margin(output, label, value, slope):
    f = Value(output)
    loss = nn.HingeLoss()(f, label)
    assert loss.data == value
    assert gradient(loss, [f]) == [slope]


def test_the_exponential_loss_is_e_to_the_minus_margin():
    f = Value(0.5)
    loss = nn.ExponentialLoss()(f, -1)
    assert loss.data == math.exp(0.5)
    assert gradient(loss, [f]) == [math.exp(0.5)]
    assert nn.ExponentialLoss()(values(0.5, 0.5), [1, -1]).data == pytest.approx(math.cosh(0.5))


@pytest.mark.parametrize(
    ("loss", "outputs", "label", "mistake"),
    [
        (nn.HingeLoss(), 0.0, 1, False),
        (nn.HingeLoss(), 0.0, -1, True),
        (nn.HingeLoss(), -1e-300, -1, False),
        (nn.ExponentialLoss(), 0.3, 1, False),
        (nn.ExponentialLoss(), [0.3, -0.3], [1, -1], False),
        (nn.ExponentialLoss(), [0.3, -0.3], [1, 1], True),
        (nn.CrossEntropyLoss(), [1.0, 2.0], 1, False),
        (nn.CrossEntropyLoss(), [1.0, 2.0], [1, 0], True),
        (nn.CrossEntropyLoss(), [2.0, 2.0], 0, False),
        (nn.LogLoss(), [0.5], 1, False),
        (nn.LogLoss(), [0.5], 0, True),
        (nn.MSELoss(), [0.5], 3.0, None),
    ],
)
def test_a_loss_knows_when_outputs_are_a_mistake(loss, outputs, label, mistake):
    assert loss.is_mistake(outputs, label) is mistake


def test_a_loss_names_the_class_as_its_labels_do():
    assert [nn.HingeLoss().predicted([f]) for f in (-0.1, 0.0, 0.1)] == [-1, 1, 1]
    assert nn.HingeLoss().predicted(values(-0.1, 0.1)) == [-1, 1]
    assert [nn.LogLoss().predicted([p]) for p in (0.4, 0.5)] == [0, 1]
    assert nn.CrossEntropyLoss().predicted(values(0.1, 0.9, 0.3)) == 1


@pytest.mark.parametrize(
    ("loss", "outputs", "label", "kind", "message"),
    [
        (nn.CrossEntropyLoss(), 3, 3, ArgumentError, "label 3 is not a class: 3 outputs allow 0 to 2"),
        (nn.CrossEntropyLoss(), 1, 0, ShapeError, "an output for each class, got 1.*LogLoss"),
        (nn.NLLLoss(), 1, [1.0], ShapeError, "an output for each class, got 1.*LogLoss"),
        (nn.LogLoss(), 0, 0, ShapeError, "LogLoss got no outputs"),
        (nn.MSELoss(), 0, [], ShapeError, "MSELoss got no outputs"),
        (nn.CrossEntropyLoss(), 3, -1, ArgumentError, "label -1 is not a class"),
        (nn.CrossEntropyLoss(), 3, 0.5, ArgumentError, "label 0.5 is not a class"),
        (nn.CrossEntropyLoss(), 3, "setosa", ArgumentError, "label 'setosa' is not a class"),
        (nn.CrossEntropyLoss(), 2, ["a", "b"], OperandError, "numbers, got the text 'a'"),
        (nn.CrossEntropyLoss(), 2, [1, [0]], ShapeError, r"one number, got \[0\]"),
        (nn.CrossEntropyLoss(), 3, [0, 1], ShapeError, "2 probabilities does not fit 3 outputs"),
        (nn.CrossEntropyLoss(), 3, [1, 1, 0], ArgumentError, "sum to 1"),
        (nn.CrossEntropyLoss(), 3, [2, -1, 0], ArgumentError, "sum to 1"),
        (nn.MSELoss(), 3, 1.0, ShapeError, "3 outputs and 1 targets. For a class label use CrossEntropyLoss"),
        (nn.MSELoss(), 1, "one", OperandError, "the text 'one'"),
        (nn.MSELoss(), 1, None, OperandError, "NoneType 'None'"),
        (nn.MSELoss(), 2, [1.0, [2.0]], ShapeError, r"each output with one number, got \[2.0\]"),
        (nn.HingeLoss(), 1, 0, ArgumentError, "the labels -1 and 1, got 0"),
        (nn.HingeLoss(), 2, 1, ShapeError, "a label for each of 2 outputs, got 1"),
    ],
)
def test_a_label_that_does_not_fit_is_named(loss, outputs, label, kind, message):
    with pytest.raises(kind, match=message):
        loss(values(*[0.5] * outputs), label)


def test_the_penalty_holds_weights_and_never_biases():
    neuron = nn.Neuron(2, activation="identity")
    neuron.set_weights([3.0, -1.0], bias=100.0)
    penalty = nn.l2_penalty(neuron, 0.5)
    assert penalty.data == 0.25 * 10.0
    assert gradient(penalty, neuron.parameters()) == [1.5, -0.5, 0.0]


def test_the_penalty_and_weight_decay_move_alike():
    one, other = nn.MLP([2, 2, 1], rng=0), nn.MLP([2, 2, 1], rng=0)
    (nn.MSELoss()(one([1.0, 2.0]), 3.0) + nn.l2_penalty(one, 0.1)).backward()
    nn.MSELoss()(other([1.0, 2.0]), 3.0).backward()
    nn.SGD(one, lr=0.1).step()
    nn.SGD(other, lr=0.1, weight_decay=0.1).step()
    assert list(one.state_dict().values()) == pytest.approx(list(other.state_dict().values()), rel=1e-14)


def test_losses_work_where_nothing_is_recorded():
    with no_grad():
        assert nn.MSELoss()(values(2.0, 1.0), [1.0, 3.0]).data == 2.5
        assert nn.CrossEntropyLoss()(values(0.0, 0.0), 1).data == math.log(2.0)


def test_the_loss_of_a_batch_is_the_mean_over_its_samples():
    rows, labels = [[Value(1.0), Value(2.0)], [Value(0.5), Value(-1.0)]], [1, 0]
    loss = nn.CrossEntropyLoss()
    batch = loss(rows, labels)
    batch.backward()
    one_by_one = [loss(row, label).data for row, label in zip(rows, labels, strict=True)]
    assert batch.data == pytest.approx(sum(one_by_one) / 2)
    p = 1.0 / (1.0 + math.exp(-1.0))
    assert rows[0][0].grad == pytest.approx((1.0 - p) / 2)
    with pytest.raises(ShapeError, match="a batch of 2 samples needs as many labels"):
        loss(rows, [1])


BATCH = [[1.0, 2.0], [0.5, -1.0], [3.0, 0.0]]


@pytest.mark.parametrize(
    ("kind", "targets", "each"),
    [
        (nn.SquaredError, [[0, 2], [1, 0], [1, 1]], [1.0, 1.25, 5.0]),
        (nn.MSELoss, [[0, 2], [1, 0], [1, 1]], [[1.0, 0.0], [0.25, 1.0], [4.0, 1.0]]),
        (nn.HingeLoss, [[1, -1], [1, 1], [-1, 1]], [[0.0, 3.0], [0.5, 2.0], [4.0, 1.0]]),
        (nn.AbsoluteError, [[0, 2], [1, 0], [1, 1]], [1.0, 1.5, 3.0]),
    ],
)
def test_a_reduction_says_what_becomes_of_the_losses(kind, targets, each):
    rows, weights = [values(*row) for row in BATCH], [1.0, 0.5, 2.0]
    every = np.array(each)
    weighted = (every.T * weights).T

    def numbers(losses):
        return [numbers(loss) for loss in losses] if isinstance(losses, list) else losses.data

    assert numbers(kind(reduction="none")(rows, targets)) == each
    assert numbers(kind(reduction="none")(rows, targets, sample_weight=weights)) == weighted.tolist()
    assert kind(reduction="sum")(rows, targets).data == every.sum()
    assert kind(reduction="sum")(rows, targets, sample_weight=weights).data == weighted.sum()
    mean = weighted.sum() / (3.5 * every.size / 3)
    assert kind()(rows, targets, sample_weight=weights).data == pytest.approx(mean, rel=1e-15)


def test_one_sample_gives_its_losses_by_themselves():
    assert nn.SquaredError(reduction="none")(values(1.0, 2.0), [0, 0]).data == 5.0
    assert [loss.data for loss in nn.MSELoss(reduction="none")(values(1.0, 2.0), [0, 0])] == [1.0, 4.0]
    assert nn.MSELoss()(values(1.0, 2.0), [0, 0], sample_weight=3.0).data == 2.5
    assert nn.MSELoss(reduction="sum")(values(1.0, 2.0), [0, 0], sample_weight=3.0).data == 15.0
    assert (
        nn.MSELoss(reduction="none")(Value(2.0), 0).data == nn.MSELoss(reduction="none")([Value(2.0)], 0)[0].data == 4.0
    )


def test_class_weights_count_in_the_mean_as_in_pytorch():
    rows = [values(-1.0, -2.0), values(-0.5, -3.0), values(-0.25, -4.0)]
    assert nn.NLLLoss([1, 3])(rows, [0, 1, 1]).data == pytest.approx((1.0 + 3 * 3.0 + 3 * 4.0) / 7, rel=1e-15)
    assert nn.NLLLoss([1, 3])(rows[0], 1).data == pytest.approx(2.0)
    assert nn.NLLLoss([1, 3], reduction="sum")(rows[0], 1).data == 6.0


def test_a_label_of_a_batch_that_does_not_fit_is_named_with_its_row():
    with pytest.raises(ArgumentError, match="row 1: label 2 is not a class"):
        nn.CrossEntropyLoss()([values(1.0, 2.0), values(1.0, 2.0)], [0, 2])
    with pytest.raises(ShapeError, match="row 1: MSELoss compares each output with one number"):
        nn.MSELoss()([values(1.0), values(2.0)], [1.0, [1.0, 2.0]])
    with pytest.raises(ArgumentError, match="a finite number, got nan"):
        nn.MSELoss()(values(1.0), math.nan)


def test_targets_of_values_may_be_tensors_without_gradient():
    assert nn.MSELoss()(values(2.0, 1.0), Tensor([1.0, 3.0], requires_grad=False)).data == 2.5
    rows = [values(1.0, 2.0), values(0.5, -1.0)]
    labels = Tensor([1.0, 0.0], requires_grad=False)
    assert nn.CrossEntropyLoss()(rows, labels).data == nn.CrossEntropyLoss()(rows, [1, 0]).data
    with pytest.raises(OperandError, match=r"t.detach\(\)"):
        nn.MSELoss()(values(2.0), Tensor([1.0]))


def test_a_sample_of_weight_0_is_left_out_whatever_its_loss_is():
    rows = [values(-math.inf, 0.0), values(-2.0, 0.0)]
    loss = nn.NLLLoss()(rows, [0, 0], sample_weight=[0.0, 3.0])
    assert loss.data == 2.0
    assert gradient(loss, rows[0] + rows[1]) == [0.0, 0.0, -1.0, 0.0]
    assert [loss.data for loss in nn.NLLLoss(reduction="none")(rows, [0, 0], sample_weight=[0.0, 3.0])] == [0.0, 6.0]


@pytest.mark.parametrize("loss", [nn.MSELoss(), nn.CrossEntropyLoss(), nn.HingeLoss()])
def test_outputs_that_are_no_numbers_are_named(loss):
    with pytest.raises(OperandError, match="compares numbers, got NoneType"):
        loss(None, 1)
    labels = [0, 1] if isinstance(loss, nn.CrossEntropyLoss) else [[1, 1], [1, 1]]
    with pytest.raises(OperandError, match="row 1: a loss compares numbers, got the text 'two'"):
        loss([values(1.0, 2.0), [Value(1.0), "two"]], labels)
