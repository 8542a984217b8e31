"""Losses on Tensors: each is what it is on Values row by row, in value and gradient, weights included."""

import math
import warnings

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value, no_grad
from autograd.errors import ArgumentError, OperandError, ShapeError

REDUCTIONS = ["mean", "sum", "none"]
DISTANCES = [nn.SquaredError, nn.HalfSquaredError, nn.MSELoss, nn.AbsoluteError, nn.L1Loss]
MARGINS = [nn.HingeLoss, nn.ExponentialLoss]
CLASSES = [nn.CrossEntropyLoss, nn.NLLLoss, nn.SoftCrossEntropy, nn.LogLoss]
ENTRYWISE = [nn.MSELoss, nn.L1Loss, *MARGINS]
SEEDS = range(4)


def probabilities(rng, shape):
    p = rng.uniform(0.05, 1.0, shape)
    return p / p.sum(axis=-1, keepdims=True)


def outputs_for(kind, rng, n, k):
    if kind in (nn.SoftCrossEntropy, nn.LogLoss):
        return probabilities(rng, (n, k))
    logits = rng.normal(size=(n, k)) * 2.0
    return -abs(logits) if kind is nn.NLLLoss else logits


def targets_for(kind, rng, n, k):
    """Every sort of target that the loss takes."""
    if kind in DISTANCES:
        return [rng.normal(size=(n, k))]
    if kind in MARGINS:
        return [rng.choice([-1, 1], size=(n, k))]
    indices = rng.integers(0, k, n)
    return [indices, indices.astype(float), np.eye(k, dtype=int)[indices], probabilities(rng, (n, k))]


def plain(losses):
    return [plain(item) for item in losses] if isinstance(losses, list) else losses.data


def total(losses):
    """One number whose derivatives tell those of every loss apart."""
    flat = [loss for row in losses for loss in (row if isinstance(row, list) else [row])]
    return autograd.sum([loss * (i + 1.0) for i, loss in enumerate(flat)])


def on_values(loss, outputs, targets, **options):
    rows = [[Value(f) for f in row] for row in outputs.tolist()]
    found = loss(rows, targets.tolist(), **options)
    (total(found) if isinstance(found, list) else found).backward()
    return np.array(plain(found)), np.array([[f.grad for f in row] for row in rows])


def on_tensor(loss, outputs, targets, **options):
    tensor = Tensor(outputs)
    found = loss(tensor, targets, **options)
    found.backward(np.arange(1.0, found.size + 1).reshape(found.shape) if found.ndim else None)
    return found.numpy(), tensor.grad


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", [*DISTANCES, *MARGINS, *CLASSES])
def test_a_tensor_has_the_loss_of_its_rows_as_values(kind, weighted, reduction):
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        n, k = int(rng.integers(1, 6)), int(rng.integers(2, 5))
        options = {"sample_weight": rng.choice([0.0, 0.5, 2.0], n)} if weighted else {}
        loss = kind(reduction=reduction)
        if weighted and kind in CLASSES:
            loss = kind(rng.uniform(0.1, 3.0, k), reduction=reduction)
        outputs = outputs_for(kind, rng, n, k)
        for targets in targets_for(kind, rng, n, k):
            value, grad = on_tensor(loss, outputs, targets, **options)
            expected_value, expected_grad = on_values(loss, outputs, targets, **options)
            np.testing.assert_allclose(value, expected_value, rtol=1e-12, atol=1e-12)
            np.testing.assert_allclose(grad, expected_grad, rtol=1e-12, atol=1e-12)


def by_formula(kind, f, y):
    """The losses of a sample in plain floats, one an output where the loss is entrywise, else one."""
    if kind in CLASSES:
        if kind is nn.CrossEntropyLoss:
            exponentials = [math.exp(z) for z in f]
            logarithms = [math.log(e / sum(exponentials)) for e in exponentials]
        else:
            logarithms = f if kind is nn.NLLLoss else [math.log(p) for p in f]
        return [-sum(p * q for p, q in zip(y, logarithms, strict=True))]
    formula = {
        nn.SquaredError: lambda f, y: (f - y) ** 2,
        nn.HalfSquaredError: lambda f, y: (f - y) ** 2 / 2,
        nn.MSELoss: lambda f, y: (f - y) ** 2,
        nn.AbsoluteError: lambda f, y: abs(f - y),
        nn.L1Loss: lambda f, y: abs(f - y),
        nn.HingeLoss: lambda f, y: max(0.0, 1.0 - y * f),
        nn.ExponentialLoss: lambda f, y: math.exp(-y * f),
    }[kind]
    each = [formula(a, b) for a, b in zip(f, y, strict=True)]
    return each if kind in ENTRYWISE else [sum(each)]


@pytest.mark.parametrize("kind", [*DISTANCES, *MARGINS, *CLASSES])
def test_reductions_and_weights_are_those_of_the_formulas(kind):
    rng = np.random.default_rng(5)
    outputs, weights, of_class = outputs_for(kind, rng, 5, 3), rng.uniform(0.1, 2.0, 5), rng.uniform(0.1, 2.0, 3)
    targets = targets_for(kind, rng, 5, 3)[-1]
    shares = np.ones(5)
    labels = targets.astype(float)
    options = {}
    if kind in CLASSES:
        labels, options = targets * of_class, {"weight": of_class}
        shares = labels.sum(axis=1)
    each = np.array([by_formula(kind, f, y) for f, y in zip(outputs.tolist(), labels.tolist(), strict=True)])
    weighted = each * weights[:, None]

    def found(reduction):
        return kind(**options, reduction=reduction)(Tensor(outputs), targets, sample_weight=weights).numpy()

    np.testing.assert_allclose(found("none"), weighted if kind in ENTRYWISE else weighted[:, 0], rtol=1e-12)
    np.testing.assert_allclose(found("sum"), weighted.sum(), rtol=1e-12)
    mean = weighted.sum() / ((weights * shares).sum() * each.shape[1])
    np.testing.assert_allclose(found("mean"), mean, rtol=1e-12)


@pytest.mark.parametrize("kind", [*DISTANCES, *MARGINS, *CLASSES])
def test_the_gradient_is_that_of_central_differences(kind):
    rng = np.random.default_rng(6)
    outputs, loss, h = outputs_for(kind, rng, 4, 3), kind(), 1e-6
    for targets in targets_for(kind, rng, 4, 3):
        _, grad = on_tensor(loss, outputs, targets)
        for place in np.ndindex(outputs.shape):
            step = np.zeros_like(outputs)
            step[place] = h
            above, below = (loss(Tensor(outputs + s), targets).item() for s in (step, -step))
            assert grad[place] == pytest.approx((above - below) / (2 * h), abs=1e-8)


@pytest.mark.parametrize("kind", [*DISTANCES, *MARGINS, *CLASSES])
def test_float32_stays_float32(kind):
    rng = np.random.default_rng(7)
    outputs = outputs_for(kind, rng, 4, 3)
    for targets in targets_for(kind, rng, 4, 3):
        for reduction in REDUCTIONS:
            for options in ({}, {"sample_weight": np.array([1.0, 0.5, 2.0, 1.0])}):
                loss = kind([1.0, 2.0, 3.0], reduction=reduction) if kind in CLASSES else kind(reduction=reduction)
                single, double = Tensor(outputs.astype(np.float32)), Tensor(outputs)
                found, exact = loss(single, targets, **options), loss(double, targets, **options)
                autograd.sum(found).backward()
                autograd.sum(exact).backward()
                assert found.dtype == single.grad.dtype == np.float32
                np.testing.assert_allclose(found.data, exact.data, rtol=1e-5)
                np.testing.assert_allclose(single.grad, double.grad, rtol=1e-4, atol=1e-6)


def test_targets_may_be_arrays_lists_and_tensors_without_gradient():
    logits = [[1.0, -1.0, 0.5], [0.0, 2.0, 0.0]]
    expected = np.mean(
        [by_formula(nn.CrossEntropyLoss, z, y) for z, y in zip(logits, ([0, 0, 1], [1, 0, 0]), strict=True)]
    )
    for labels in ([2, 0], (2, 0), np.array([2, 0], np.uint8), np.array([2.0, 0.0], np.float32), [[0, 0, 1], [1, 0, 0]],
                   Tensor([2.0, 0.0], requires_grad=False), Tensor([2.0, 0.0]).detach()):  # fmt: skip
        assert nn.CrossEntropyLoss()(Tensor(logits), labels).item() == pytest.approx(expected, rel=1e-14)
    with pytest.raises(OperandError, match=r"data without a gradient.*t.detach\(\)"):
        nn.MSELoss()(Tensor([1.0, 2.0]), Tensor([1.0, 2.0]))


def test_cross_entropy_is_log_softmax_and_nll_and_its_gradient_is_p_minus_y():
    rng = np.random.default_rng(8)
    z, labels = rng.normal(size=(6, 4)) * 3, rng.integers(0, 4, 6)
    logits = Tensor(z)
    loss = nn.CrossEntropyLoss()(logits, labels)
    assert loss.shape == ()
    assert [node.op.name for node in autograd.ancestry(loss) if node.op] == ["log_softmax", "nll"]
    loss.backward()
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(logits.grad, (p - np.eye(4)[labels]) / 6, rtol=1e-12, atol=1e-15)


def test_all_routes_to_the_cross_entropy_agree():
    rng = np.random.default_rng(9)
    z, labels = rng.normal(size=(5, 3)), rng.integers(0, 3, 5)
    routes = [
        lambda t: nn.CrossEntropyLoss()(t, labels),
        lambda t: nn.NLLLoss()(autograd.log_softmax(t), labels),
        lambda t: nn.LogLoss()(autograd.softmax(t), labels),
        lambda t: nn.SoftCrossEntropy()(autograd.softmax(t), np.eye(3)[labels]),
    ]
    found = []
    for route in routes:
        t = Tensor(z)
        loss = route(t)
        loss.backward()
        found.append([loss.item(), *t.grad.ravel()])
    np.testing.assert_allclose(found, [found[0]] * 4, rtol=1e-12, atol=1e-15)


def test_pytorchs_weighted_mean_divides_by_the_weights_of_the_labels():
    logits = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [5.0, 0.0, 0.0]])
    last = math.log(math.exp(5.0) + 2.0)
    expected = (1 * math.log(3.0) + 2 * math.log(3.0) + 2 * last) / (1 + 2 + 2)
    assert nn.CrossEntropyLoss([1, 2, 4])(Tensor(logits), [0, 1, 1]).item() == pytest.approx(expected, rel=1e-14)
    one_hot = np.eye(3)[[0, 1, 1]]
    assert nn.CrossEntropyLoss([1, 2, 4])(Tensor(logits), one_hot).item() == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("kind", [*DISTANCES, *MARGINS])
def test_a_column_of_outputs_fits_as_many_targets_and_never_stretches(kind):
    column, targets = np.array([[0.5], [-2.0], [3.0]]), np.array([1.0, 1.0, -1.0])
    for reduction in REDUCTIONS:
        value, grad = on_tensor(kind(reduction=reduction), column, targets)
        expected, expected_grad = on_tensor(kind(reduction=reduction), column, targets.reshape(3, 1))
        np.testing.assert_array_equal(value, expected)
        np.testing.assert_array_equal(grad, expected_grad)
    assert kind()(Tensor(column), targets).item() == pytest.approx(
        np.mean([by_formula(kind, [f], [y]) for f, y in zip(column[:, 0], targets, strict=True)])
    )


@pytest.mark.parametrize("kind", [*DISTANCES, *MARGINS])
@pytest.mark.parametrize(
    ("outputs", "targets"),
    [((3,), (3, 1)), ((3, 2), (3,)), ((3, 2), (2,)), ((3, 1), (1, 3)), ((3, 2), (2, 3)), ((3,), ())],
)  # fmt: skip
def test_shapes_that_do_not_match_are_both_named(kind, outputs, targets):
    with pytest.raises(ShapeError) as caught:
        kind()(Tensor(np.zeros(outputs)), np.ones(targets))
    assert str(outputs) in str(caught.value)
    assert str(targets) in str(caught.value)


@pytest.mark.parametrize("kind", [*DISTANCES, *MARGINS])
def test_outputs_of_rank_1_are_one_sample_as_a_list_is(kind):
    outputs, targets = np.array([0.5, -2.0, 3.0]), np.array([1, -1, -1])
    as_list = kind()([Value(f) for f in outputs.tolist()], targets.tolist()).data
    assert kind()(Tensor(outputs), targets).item() == pytest.approx(as_list, rel=1e-15)
    assert kind()(Tensor(0.5), 1).item() == kind()(Value(0.5), 1).data


@pytest.mark.parametrize("kind", CLASSES)
def test_one_row_of_classes_takes_one_label(kind):
    p = np.array([0.34, 0.46, 0.20])
    outputs = np.log(p) if kind in (nn.CrossEntropyLoss, nn.NLLLoss) else p
    for label in (1, 1.0, np.int64(1), np.array(1), *([] if kind is nn.LogLoss else [[0, 1, 0]])):
        loss = kind()(Tensor(outputs), label)
        assert (loss.shape, loss.item()) == ((), pytest.approx(-math.log(0.46), rel=1e-14))


def test_outputs_along_more_axes_have_their_classes_on_the_last():
    rng = np.random.default_rng(10)
    z, labels = rng.normal(size=(2, 5, 3)), rng.integers(0, 3, (2, 5))
    flat = nn.CrossEntropyLoss(reduction="none")(Tensor(z.reshape(10, 3)), labels.ravel())
    np.testing.assert_array_equal(
        nn.CrossEntropyLoss(reduction="none")(Tensor(z), labels).data, flat.data.reshape(2, 5)
    )
    assert nn.CrossEntropyLoss()(Tensor(z), labels).item() == pytest.approx(flat.data.mean(), rel=1e-14)


@pytest.mark.parametrize(
    ("loss", "outputs", "labels", "message"),
    [
        (nn.LogLoss(), [[0.4], [-0.3]], [1, 0], "LogLoss takes probabilities, between 0 and 1, got -0.3.*sigmoid"),
        (nn.LogLoss(), [[0.4, 0.6], [1.0, 3.5]], [1, 0], "LogLoss takes probabilities.* got 3.5.*CrossEntropyLoss"),
        (nn.SoftCrossEntropy(), [[2.0, -1.0]], [[1.0, 0.0]], "SoftCrossEntropy takes probabilities.* got 2.0"),
        (nn.NLLLoss(), [[-2.0, 1.5]], [0], "log-probabilities, which are never above 0, got 1.5.*CrossEntropyLoss"),
    ],
)
def test_logits_where_probabilities_belong_are_refused_on_both_kinds_of_node(loss, outputs, labels, message):
    for given in (Tensor(outputs), [[Value(f) for f in row] for row in outputs]):
        with pytest.raises(ArgumentError, match=message):
            loss(given, labels)


def test_probabilities_that_rounding_has_moved_beyond_1_are_taken():
    assert nn.LogLoss()(Tensor(np.float32([[1.0000001], [-1e-8]])), [1, 0]).item() == pytest.approx(0.0, abs=1e-6)


# ── LogLoss of single outputs ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("shape", [(4,), (4, 1)])
@pytest.mark.parametrize("label_shape", [(4,), (4, 1)])
def test_log_loss_reads_single_outputs_as_probabilities_of_class_1(shape, label_shape):
    p, y = np.array([0.9, 0.2, 0.6, 0.5]), np.array([1, 0, 0, 1])
    if len(label_shape) > len(shape):
        with pytest.raises(ShapeError, match=r"\(4,\)"):
            nn.LogLoss()(Tensor(p.reshape(shape)), y.reshape(label_shape))
        return
    outputs = Tensor(p.reshape(shape))
    loss = nn.LogLoss()(outputs, y.reshape(label_shape))
    loss.backward()
    own = np.where(y == 1, p, 1 - p)
    assert loss.item() == pytest.approx(-np.log(own).mean(), rel=1e-14)
    np.testing.assert_allclose(outputs.grad.ravel(), np.where(y == 1, -1, 1) / own / 4, rtol=1e-13)
    rows = [[Value(f)] for f in p.tolist()]
    assert nn.LogLoss()(rows, y.tolist()).data == pytest.approx(loss.item(), rel=1e-14)


def test_what_may_be_samples_or_classes_is_refused():
    with pytest.raises(ShapeError, match=r"3 samples or one of 3 classes.*\(3, 1\).*\(1, 3\)"):
        nn.LogLoss()(Tensor([0.34, 0.46, 0.20]), [0, 1, 0])
    assert nn.LogLoss()(Tensor([[0.34, 0.46, 0.20]]), [[0, 1, 0]]).item() == pytest.approx(-math.log(0.46))


def test_log_loss_of_a_column_takes_the_weights_of_two_classes():
    p, y = np.array([[0.9], [0.2], [0.6]]), np.array([1, 0, 0])
    expected = -(3 * math.log(0.9) + math.log(0.8) + math.log(0.4)) / 5
    assert nn.LogLoss([1.0, 3.0])(Tensor(p), y).item() == pytest.approx(expected, rel=1e-14)
    assert nn.LogLoss([1.0, 3.0])([[Value(f)] for f in p[:, 0]], y.tolist()).data == pytest.approx(expected, rel=1e-14)


# ── special points ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_logits_of_a_thousand_are_finite_and_right_without_warnings(dtype, reduction):
    logits = Tensor(np.array([[1000.0, -1000.0], [1000.0, -1000.0]], dtype))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loss = nn.CrossEntropyLoss(reduction=reduction)(logits, [0, 1])
        autograd.sum(loss).backward()
    assert loss.tolist() == {"mean": 1000.0, "sum": 2000.0, "none": [0.0, 2000.0]}[reduction]
    share = 0.5 if reduction == "mean" else 1.0
    np.testing.assert_array_equal(logits.grad, np.array([[0.0, 0.0], [share, -share]]))


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_logit_of_minus_infinity_rules_its_class_out(reduction):
    logits = Tensor([[-math.inf, 0.0, 0.0], [0.0, 0.0, -math.inf]])
    loss = nn.CrossEntropyLoss(reduction=reduction)(logits, [1, 1])
    autograd.sum(loss).backward()
    np.testing.assert_allclose(loss.data, {"mean": 1, "sum": 2, "none": 1}[reduction] * math.log(2.0))
    share = 0.5 if reduction == "mean" else 1.0
    np.testing.assert_allclose(logits.grad, share * np.array([[0.0, -0.5, 0.5], [0.5, -0.5, 0.0]]))


def test_nothing_comes_from_0_times_the_log_of_0():
    for loss, label in ((nn.SoftCrossEntropy(), [[0.0, 1.0]]), (nn.LogLoss(), [1])):
        probabilities = Tensor([[0.0, 1.0]])
        found = loss(probabilities, label)
        found.backward()
        assert found.item() == 0.0
        assert probabilities.grad.tolist() == [[0.0, -1.0]]
    logarithms = Tensor([[-math.inf, 0.0]])
    found = nn.NLLLoss()(logarithms, [1])
    found.backward()
    assert (found.item(), logarithms.grad.tolist()) == (0.0, [[0.0, -1.0]])


def test_a_sample_of_weight_0_counts_nothing_whatever_its_loss_is():
    for kind, outputs, targets in (
        (nn.MSELoss, [[math.inf], [2.0]], [0.0, 0.0]),
        (nn.NLLLoss, [[-math.inf, 0.0], [-2.0, 0.0]], [0, 0]),
    ):
        t = Tensor(outputs)
        loss = kind()(t, targets, sample_weight=[0.0, 3.0])
        loss.backward()
        assert loss.item() == {nn.MSELoss: 4.0, nn.NLLLoss: 2.0}[kind]
        assert not t.grad[0].any()


@pytest.mark.parametrize("kind", [nn.MSELoss, nn.HingeLoss, nn.SquaredError, nn.CrossEntropyLoss])
def test_a_mean_over_weights_of_0_is_0(kind):
    targets = [0, 1] if kind is nn.CrossEntropyLoss else [[1, -1], [1, 1]]
    t = Tensor([[0.5, 2.0], [1.0, -1.0]])
    loss = kind()(t, targets, sample_weight=[0, 0])
    loss.backward()
    assert loss.item() == 0.0
    assert not t.grad.any()
    assert kind()([[Value(0.5), Value(2.0)], [Value(1.0), Value(-1.0)]], targets, sample_weight=[0, 0]).data == 0.0


# ── mistakes of the caller ───────────────────────────────────────────────────────────────────────────────────────────


def by_hand(t):
    exponentials = autograd.exp(t)
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def by_reciprocal(t):
    exponentials = autograd.exp(t)
    return exponentials * autograd.reciprocal(exponentials.sum(axis=1, keepdims=True))


def by_logarithms(t):
    return autograd.exp(autograd.log_softmax(t))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("softmax", [autograd.softmax, by_hand, by_reciprocal, by_logarithms, nn.Softmax()])
def test_cross_entropy_of_something_softmaxed_names_nll_loss(softmax, dtype):
    logits = Tensor(np.random.default_rng(0).normal(size=(20, 10)).astype(dtype) * 5)
    with pytest.raises(ArgumentError, match=r"already went through softmax.*NLLLoss"):
        nn.CrossEntropyLoss()(softmax(logits), np.zeros(20, int))
    with pytest.raises(ArgumentError, match="LogLoss"):
        nn.NLLLoss()(softmax(logits), np.zeros(20, int))


def test_logits_that_look_like_probabilities_are_no_false_alarm():
    t = Tensor([[0.2, 0.3, 0.5], [0.1, 0.8, 0.1]])
    for logits in (t, t * 1.0, autograd.exp(t), autograd.exp(t) * 0.5, autograd.log_softmax(t), autograd.softmax(t, 0)):
        nn.CrossEntropyLoss()(logits, [0, 1])
    one_row = autograd.exp(Tensor(np.log([[0.2, 0.8], [0.5, 0.6]])))
    nn.CrossEntropyLoss()(one_row, [0, 1])


@pytest.mark.parametrize(
    ("loss", "outputs", "labels", "kind", "message"),
    [
        (nn.CrossEntropyLoss(), (3, 3), [0, 3, 1], ArgumentError, "label 3 in row 1 .*3 outputs allow 0 to 2"),
        (nn.CrossEntropyLoss(), (3, 3), [0, 1, -1], ArgumentError, "label -1 in row 2 is not a class"),
        (nn.CrossEntropyLoss(), (3, 2), [1, 1, -1], ArgumentError, r"row 2 .*Of labels -1 and 1 make \(1 \+ y\) // 2"),
        (nn.CrossEntropyLoss(), (3, 2), [1.0, -1.0, 1.0], ArgumentError, r"row 1 .*make \(1 \+ y\) // 2"),
        (nn.CrossEntropyLoss(), (3, 3), [0, 0.5, 1], ArgumentError, "label 0.5 in row 1 is not a class"),
        (nn.CrossEntropyLoss(), (3, 3), [0, math.nan, 1], ArgumentError, "label nan in row 1 is not a class"),
        (nn.CrossEntropyLoss(), (3, 3), [0, math.inf, 1], ArgumentError, "label inf in row 1 is not a class"),
        (nn.CrossEntropyLoss(), (2, 3), np.array([2**63, 0], np.uint64), ArgumentError, "in row 0 is not a class"),
        (nn.CrossEntropyLoss(), (3,), 7, ArgumentError, "label 7 is not a class"),
        (nn.CrossEntropyLoss(), (3, 3), ["a", "b", "c"], OperandError, "targets are numbers, got str 'a' in row 0"),
        (nn.CrossEntropyLoss(), (2, 3), [0, None], OperandError, "targets are numbers, got NoneType 'None' in row 1"),
        (nn.CrossEntropyLoss(), (2, 3), [[0, 1, 0], [1, 0]], ShapeError, "unequal length"),
        (nn.CrossEntropyLoss(), (2, 3), [0, 1, 2], ShapeError, r"shape \(2, 3\) and labels of shape \(3,\)"),
        (nn.CrossEntropyLoss(), (2, 3), [[0], [1]], ShapeError, r"shape \(2, 3\) and labels of shape \(2, 1\)"),
        (nn.CrossEntropyLoss(), (2, 3), [[0, 1, 0], [1, 1, 0]], ArgumentError, r"got \[1.0, 1.0, 0.0\] in row 1"),
        (nn.CrossEntropyLoss(), (2, 3), [[2, -1, 0], [1, 0, 0]], ArgumentError, "sum to 1, got .* in row 0"),
        (nn.CrossEntropyLoss(), (3,), [math.nan, 1, 0], ArgumentError, "sum to 1, got"),
        (nn.CrossEntropyLoss(), (2, 1), [0, 1], ShapeError, "an output for each class, got 1.*LogLoss"),
        (nn.CrossEntropyLoss(), (), 0, ShapeError, "an output for each class, got 1.*LogLoss"),
        (nn.CrossEntropyLoss(), (0, 3), [], ShapeError, r"no outputs: their shape is \(0, 3\)"),
        (nn.CrossEntropyLoss([1, 2]), (2, 3), [0, 1], ShapeError, "weight holds 2 numbers, and there are 3 classes"),
        (nn.LogLoss(), (2, 1), [0, 2], ArgumentError, "label 2 in row 1 is not a class: 2 outputs allow 0 to 1"),
        (nn.LogLoss(), (2, 1), [-1, 1], ArgumentError, r"row 0 .*make \(1 \+ y\) // 2"),
        (nn.HingeLoss(), (3, 1), [1, 0, 1], ArgumentError, r"-1 and 1, got 0 in row 1, column 0.*make 2 \* y - 1"),
        (nn.HingeLoss(), (3,), [1, 1, math.nan], ArgumentError, "-1 and 1, got nan in row 2"),
        (nn.MSELoss(), (2, 2), [[1, 2], [3, math.nan]], ArgumentError, "a finite number, got nan in row 1, column 1"),
        (nn.MSELoss(), (2,), ["1", "2"], OperandError, "targets are numbers, got str '1' in row 0"),
        (nn.MSELoss(), (2,), np.ma.masked_array([1.0, 2.0], [True, False]), OperandError, "masked array"),
        (nn.MSELoss(), (2,), Value(1.0), OperandError, "data without a gradient"),
    ],
)  # fmt: skip
def test_a_target_that_does_not_fit_is_named_with_its_row(loss, outputs, labels, kind, message):
    with pytest.raises(kind, match=message):
        loss(Tensor(np.full(outputs, 0.25)), labels)


@pytest.mark.parametrize(
    ("weight", "kind", "message"),
    [
        ([1.0, 2.0, 3.0], ShapeError, r"sample weights of shape \(3,\) do not match losses of shape \(2,\)"),
        (1.0, ShapeError, r"sample weights of shape \(\)"),
        ([1.0, -2.0], ArgumentError, "a number from 0 on, got -2.0 in row 1"),
        ([math.nan, 1.0], ArgumentError, "a number from 0 on, got nan in row 0"),
        ([1.0, math.inf], ArgumentError, "a number from 0 on, got inf in row 1"),
        (["a", "b"], OperandError, "sample weights are numbers, got str 'a' in row 0"),
    ],
)
def test_sample_weights_that_do_not_fit_are_named_on_both_kinds_of_node(weight, kind, message):
    for outputs in (Tensor([[1.0, 2.0], [3.0, 4.0]]), [[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]]):
        with pytest.raises(kind, match=message):
            nn.CrossEntropyLoss()(outputs, [0, 1], sample_weight=weight)


@pytest.mark.parametrize(
    ("weight", "kind"),
    [([], ShapeError), ([[1.0]], ShapeError), (2.0, ShapeError), ([1.0, -1.0], ArgumentError), ([0, 0], ArgumentError),
     ([math.nan, 1.0], ArgumentError), (["a"], OperandError)],
)  # fmt: skip
def test_class_weights_are_checked_when_the_loss_is_made(weight, kind):
    with pytest.raises(kind, match="weight"):
        nn.CrossEntropyLoss(weight)


def test_an_unknown_reduction_lists_what_there_is():
    for kind in (nn.MSELoss, nn.CrossEntropyLoss, nn.HingeLoss):
        with pytest.raises(ArgumentError, match="'mean', 'sum' or 'none', got 'average'"):
            kind(reduction="average")


def test_a_loss_prints_how_it_was_made():
    assert repr(nn.MSELoss()) == "MSELoss()"
    assert repr(nn.MSELoss(reduction="sum")) == "MSELoss(reduction='sum')"
    assert repr(nn.NLLLoss([1, 2], reduction="none")) == "NLLLoss(weight=[1.0, 2.0], reduction='none')"


# ── both kinds of node, and none ─────────────────────────────────────────────────────────────────────────────────────


def test_outputs_may_be_arrays_of_which_nothing_is_learned():
    loss = nn.CrossEntropyLoss()(np.array([[0.0, 0.0]], np.float32), [1])
    assert (loss.dtype, loss.requires_grad) == (np.float32, False)
    assert loss.item() == pytest.approx(math.log(2.0))
    assert nn.MSELoss()(np.array([1, 2]), [1, 4]).item() == 2.0
    with no_grad():
        assert nn.MSELoss()(Tensor([1.0, 2.0]), [1.0, 4.0]).item() == 2.0
        assert nn.CrossEntropyLoss()(Tensor([[0.0, 0.0]]), [1]).item() == pytest.approx(math.log(2.0))


def test_a_list_of_tensors_is_a_batch_of_them():
    rows = [Tensor([1.0, 2.0]), Tensor([0.5, -1.0])]
    loss = nn.CrossEntropyLoss()(rows, [1, 0])
    loss.backward()
    assert loss.item() == nn.CrossEntropyLoss()(Tensor([[1.0, 2.0], [0.5, -1.0]]), [1, 0]).item()
    assert rows[0].grad is not None


def test_the_callers_targets_are_neither_kept_nor_changed():
    targets, weights = np.array([[0.3, 0.7]]), np.array([2.0])
    t = Tensor([[1.0, -1.0]])
    loss = nn.CrossEntropyLoss([1.0, 3.0])(t, targets, sample_weight=weights)
    assert targets.tolist() == [[0.3, 0.7]]
    difference = Tensor([[1.0, -1.0]])
    error = nn.MSELoss()(difference, targets)
    targets[:], weights[:] = [[1.0, 0.0]], 5.0
    error.backward()
    loss.backward()
    np.testing.assert_allclose(difference.grad, [[0.7, -1.7]])
    p = 1.0 / (1.0 + math.exp(-2.0))
    np.testing.assert_allclose(t.grad, [[p - 0.3 / 2.4, (1 - p) - 2.1 / 2.4]], rtol=1e-12)


def test_weights_of_a_loss_are_no_parameters():
    assert len(nn.CrossEntropyLoss([1.0, 2.0]).parameters()) == 0


# ── what training asks ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", CLASSES)
def test_a_batch_is_named_as_its_rows_are(kind):
    rng = np.random.default_rng(11)
    outputs, loss = outputs_for(kind, rng, 7, 3), kind()
    outputs[0] = [0.2, 0.4, 0.4]
    labels = rng.integers(0, 3, 7)
    named = [loss.predicted(row) for row in outputs.tolist()]
    for batch in (outputs, Tensor(outputs)):
        assert loss.predicted(batch).tolist() == named
        for targets in (labels, labels.tolist(), np.eye(3)[labels], labels.reshape(7, 1)):
            wrong = loss.mistakes(batch, targets)
            assert wrong.dtype == bool
            assert wrong.tolist() == [a != b for a, b in zip(named, labels.tolist(), strict=True)]
    assert loss.predicted(outputs.tolist()) == named
    assert wrong.tolist() == [loss.is_mistake(row, y) for row, y in zip(outputs.tolist(), labels.tolist(), strict=True)]


def test_a_column_names_one_of_two_classes():
    p = np.array([[0.2], [0.5], [0.9]])
    assert nn.LogLoss().predicted(p).tolist() == [0, 1, 1]
    for labels in ([0, 0, 1], [[0], [0], [1]], [[1, 0], [1, 0], [0, 1]]):
        assert nn.LogLoss().mistakes(Tensor(p), labels).tolist() == [False, True, False]
    assert nn.LogLoss().mistakes(p[:, 0], [0, 0, 1]).tolist() == [False, True, False]


def test_margins_name_minus_1_and_1():
    f = np.array([[-0.1], [0.0], [0.1]])
    assert nn.HingeLoss().predicted(Tensor(f)).tolist() == nn.HingeLoss().predicted(f[:, 0]).tolist() == [-1, 1, 1]
    assert nn.HingeLoss().mistakes(f, [-1, -1, 1]).tolist() == [False, True, False]
    several = np.array([[-0.1, 2.0], [3.0, 4.0]])
    assert nn.HingeLoss().predicted(several).tolist() == [[-1, 1], [1, 1]]
    assert nn.HingeLoss().mistakes(several, [[-1, 1], [1, -1]]).tolist() == [False, True]
    assert nn.HingeLoss().predicted(several.tolist()) == [[-1, 1], [1, 1]]


def test_distances_know_no_mistakes():
    assert nn.MSELoss().mistakes(np.zeros((2, 1)), np.zeros(2)) is None


@pytest.mark.parametrize(
    ("loss", "shape", "targets"),
    [
        (nn.MSELoss(), (1, 1), np.zeros(50)),
        (nn.MSELoss(), (1,), np.zeros(50)),
        (nn.SquaredError(), (8, 2), np.zeros((50, 2))),
        (nn.CrossEntropyLoss(), (1, 3), np.arange(50) % 3),
        (nn.CrossEntropyLoss(), (1, 3), np.eye(3)[np.arange(50) % 3]),
        (nn.LogLoss(), (1, 1), np.arange(50) % 2),
        (nn.LogLoss(), (1,), np.arange(50) % 2),
        (nn.HingeLoss(), (1, 1), np.arange(50) % 2 * 2 - 1),
    ],
)
def test_targets_that_fit_a_models_outputs_pass(loss, shape, targets):
    loss.check_batch(targets, shape)


@pytest.mark.parametrize(
    ("loss", "shape", "targets", "kind", "message"),
    [
        (nn.CrossEntropyLoss(), (1, 3), [0, 1, 2, 3], ArgumentError, "label 3 in row 103 is not a class"),
        (nn.CrossEntropyLoss(), (1,), [0, 1], ShapeError, "an output for each class"),
        (nn.CrossEntropyLoss(), (1, 3), np.zeros((4, 2)), ShapeError, r"\(4, 3\) and labels of shape \(4, 2\)"),
        (nn.LogLoss(), (1, 1), [0, 1, 2], ArgumentError, "label 2 in row 102"),
        (nn.HingeLoss(), (1, 1), [1, 0], ArgumentError, "got 0 in row 101"),
        (nn.MSELoss(), (1, 2), [0.0, 1.0], ShapeError, r"\(2, 2\) and targets of shape \(2,\)"),
        (nn.MSELoss(), (1, 1), [0.0, math.nan], ArgumentError, "got nan in row 101"),
        (nn.MSELoss(), (1, 1), 3.0, ShapeError, "a target for each row"),
    ],
)
def test_targets_that_do_not_fit_a_models_outputs_are_named_before_training(loss, shape, targets, kind, message):
    with pytest.raises(kind, match=message):
        loss.check_batch(targets, shape, first=100)


# ── structural risk ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_penalty_of_a_model_of_tensors_is_that_of_its_scalar_twin():
    linear = nn.Linear(3, 2, dtype=np.float64, rng=0)
    penalty = nn.l2_penalty(linear, 0.5)
    penalty.backward()
    assert penalty.shape == ()
    assert penalty.item() == pytest.approx(0.25 * (linear.weight.data**2).sum(), rel=1e-14)
    np.testing.assert_allclose(linear.weight.grad, 0.5 * linear.weight.data, rtol=1e-14)
    assert linear.bias.grad is None
    network = nn.Sequential(nn.Linear(3, 4, rng=0), nn.ReLU(), nn.Linear(4, 2, rng=1))
    loss = nn.CrossEntropyLoss()(network(np.ones((5, 3), np.float32)), [0, 1, 0, 1, 1]) + nn.l2_penalty(network, 0.1)
    assert loss.dtype == np.float32


@pytest.mark.parametrize("strength", [-0.1, math.nan, math.inf, "0.1", None])
def test_a_penalty_needs_weights_and_a_strength(strength):
    with pytest.raises(ArgumentError, match="l2_penalty: strength must be"):
        nn.l2_penalty(nn.Linear(2, 2, rng=0), strength)
    with pytest.raises(ArgumentError, match="a model with weights"):
        nn.l2_penalty(nn.ReLU(), 0.1)
