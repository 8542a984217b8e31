"""detect_anomaly names the op, the operands, the file and the line of the first number that is not finite."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

import autograd
from autograd import Tensor, Value, detect_anomaly
from autograd.errors import NonFinite

HERE = r"test_anomaly\.py:\d+"


def test_a_value_that_is_not_finite_is_named_where_it_began():
    x = Value(1000.0, label="x")
    with pytest.raises(NonFinite, match=rf"exp gave inf: exp\(x = 1000\.0\), made in .*{HERE}"), detect_anomaly():
        (autograd.exp(x) * 2 + 1).backward()


def test_the_line_named_is_the_line_of_the_op():
    def f(x):
        y = x.log()  # the second line of f
        return y * 2

    with pytest.raises(NonFinite) as raised, detect_anomaly():
        f(Value(0.0)).backward()
    assert f"test_anomaly.py:{f.__code__.co_firstlineno + 1}" in str(raised.value)


def test_a_derivative_that_is_not_finite_is_named():
    x = Value(0.0, label="x")
    message = (
        rf"the derivative of sqrt toward operand 1 \(x\) is inf, times 1\.0 from above: .* = 0\.0, made in .*{HERE}"
    )
    with pytest.raises(NonFinite, match=message), detect_anomaly():
        autograd.sqrt(x).backward()


def test_a_masked_edge_is_named():
    x = Value(0.0, label="x")
    plain = autograd.sqrt(x) ** 2
    plain.backward()
    assert x.grad == 0.0
    message = r"back through sqrt, 0\.0 × inf toward operand 1 \(x\) is nan and was taken as 0"
    with pytest.raises(NonFinite, match=message), detect_anomaly():
        (autograd.sqrt(x) ** 2).backward()


@pytest.mark.parametrize("x", [-1.0, 0.0])
def test_what_a_choice_discards_is_no_anomaly(x):
    v = Value(x)
    with detect_anomaly():
        f = autograd.where(v > 0, autograd.sqrt(v), v * 2)
        f.backward()
    assert v.grad == 2.0


def test_a_discarded_branch_is_no_anomaly_behind_max_relu_and_clip_either():
    v = Value(0.0)
    with detect_anomaly():
        autograd.maximum(autograd.log(v), -3.0).backward()
        autograd.relu(autograd.log(v)).backward()
        autograd.clip(autograd.log(v), -1.0, 1.0).backward()
    assert v.grad == 0.0


def test_elu_far_out_is_no_anomaly():
    v = Value(1000.0)
    with detect_anomaly():
        autograd.elu(v).backward()
    assert v.grad == 1.0


def test_a_square_of_a_negative_number_is_no_anomaly():
    x = Value(-2.0)
    with detect_anomaly():
        (x**2).backward()
    assert x.grad == -4.0


def test_an_infinity_that_becomes_finite_again_is_no_anomaly():
    x = Value(1000.0)
    with detect_anomaly():
        y = x.sigmoid() + autograd.reciprocal(autograd.exp(x))
    assert y.data == 1.0


def test_a_value_that_nobody_differentiates_is_named_when_the_block_ends():
    x = Value(0.0, label="x")
    with pytest.raises(NonFinite, match=rf"log gave -inf: .*x = 0\.0.*{HERE}"), detect_anomaly():
        x.log()


def test_the_operand_that_began_it_is_named_and_not_what_followed():
    def f(y):
        return y * y + y.exp()

    with pytest.raises(NonFinite, match=r"^sqrt gave nan"), detect_anomaly():
        f(Value(-1.0).sqrt()).backward()


def test_a_leaf_that_came_in_not_finite_is_named_as_such():
    x = Value(math.nan, label="sepal width")
    with (
        pytest.raises(NonFinite, match=r"nan came in from outside, as a leaf \(sepal width\)"),
        detect_anomaly(),
    ):
        x.backward()


def test_the_first_op_that_uses_a_leaf_that_is_not_finite_is_named_with_the_leaf():
    x = Value(math.inf, label="x")
    first_use = r"inf came in from outside, as a leaf \(x\), first used by mul: x = inf × 2\.0, made in"
    with pytest.raises(NonFinite, match=rf"{first_use} .*{HERE}"), detect_anomaly():
        (x * 2 + 1).backward()


def test_a_finite_computation_passes_unchanged():
    x = Value(0.5)
    with detect_anomaly():
        y = (x.tanh() * x).exp()
        y.backward()
    inside, x.grad = x.grad, 0.0
    (x.tanh() * x).exp().backward()
    assert inside == x.grad


def test_an_error_of_the_users_own_is_not_replaced():
    def fails(y):
        raise KeyError(y)

    with pytest.raises(KeyError), detect_anomaly():
        fails(Value(0.0).log())


def test_the_mode_ends_with_the_block():
    with pytest.raises(NonFinite), detect_anomaly():
        Value(0.0).log().backward()
    y = Value(0.0).log()
    y.backward()
    assert y.site is None


def test_an_anomaly_is_an_arithmetic_error_too():
    with pytest.raises(ArithmeticError), detect_anomaly():
        (Value(1e308) * 10).backward()


def test_under_an_anomaly_no_gradient_is_left_half_stored():
    x, w = Value(0.0), Value(2.0)
    with detect_anomaly():
        f = autograd.sqrt(x) + w * 3
        with pytest.raises(NonFinite):
            f.backward()
    assert (x.grad, w.grad) == (0.0, 0.0)


def test_a_graph_made_before_the_block_says_how_to_learn_the_line():
    y = autograd.sqrt(Value(0.0))
    with pytest.raises(NonFinite, match=r"detect_anomaly\(\) or trace\(\) to learn the line"), detect_anomaly():
        y.backward()


def test_one_detect_anomaly_can_be_entered_twice():
    watch = detect_anomaly()
    for _ in range(2):
        with pytest.raises(NonFinite, match="log gave -inf"), watch:
            autograd.log(Value(0.0))


def test_a_leaf_that_is_not_finite_is_told_apart_from_an_op_that_makes_it_so():
    with pytest.raises(NonFinite, match="came in from outside"), detect_anomaly():
        autograd.max([Value(math.nan), 1.0])


# ── Tensors: the same, entry by entry ────────────────────────────────────────────────────────────────────────────────

quiet = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # Tensors warn where NumPy does


@quiet
def test_the_first_entry_that_is_not_finite_is_named_with_how_many_there_are():
    x = Tensor([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0]], label="x")
    message = (
        r"log gave -inf at \[0, 1\] of shape \(2, 3\), the first of 3 such entries: log\(x\[0, 1\] = 0\.0\), made in"
    )
    with pytest.raises(NonFinite, match=rf"{message} .*{HERE}"), detect_anomaly():
        (autograd.log(x) * 2.0).sum().backward()
    assert x.grad is None


@quiet
def test_every_operand_is_named_by_its_own_entry_where_it_was_broadcast():
    x, y = Tensor([[1.0], [2.0]], label="x"), Tensor([1.0, 0.0], label="y")
    message = (
        r"divide gave inf at \[0, 1\] of shape \(2, 2\), the first of 2 such entries: x\[0, 0\] = 1\.0 / y\[1\] = 0\.0,"
    )
    with pytest.raises(NonFinite, match=message), detect_anomaly():
        (x / y).sum().backward()


@quiet
def test_an_array_op_names_its_operands_by_shape():
    x, weights = Tensor([[1e200, 1.0]], label="x"), Tensor([[1e200], [1.0]])
    message = r"matmul gave inf at \[0, 0\] of shape \(1, 1\): x of shape \(1, 2\) @ an array of shape \(2, 1\)"
    with pytest.raises(NonFinite, match=message), detect_anomaly():
        (x @ weights).sum().backward()


@quiet
def test_a_derivative_of_one_entry_is_named():
    x = Tensor([4.0, 0.0, 1.0], label="x")
    message = (
        r"the derivative of sqrt toward operand 1 \(x\) is inf, times 1\.0 from above at \[1\] of shape \(3,\): "
        rf"sqrt\(x\[1\] = 0\.0\) = 0\.0, made in .*{HERE}"
    )
    with pytest.raises(NonFinite, match=message), detect_anomaly():
        autograd.sqrt(x).sum().backward()
    assert x.grad is None


@quiet
def test_a_masked_edge_of_one_entry_is_named():
    x = Tensor([4.0, 0.0], label="x")
    (autograd.sqrt(x) ** 2).sum().backward()
    assert x.grad.tolist() == [1.0, 0.0]
    message = r"back through sqrt, 0\.0 × inf toward operand 1 \(x\) is nan and was taken as 0 at \[1\] of shape \(2,\)"
    with pytest.raises(NonFinite, match=message), detect_anomaly():
        (autograd.sqrt(x) ** 2).sum().backward()


# How something that is not finite behind a choice reaches it, one for each way that masks go back through array ops.
WAYS = {
    "nothing between": lambda y, chosen: autograd.where(chosen, y, 1.0),
    "reshape": lambda y, chosen: autograd.where(autograd.reshape(chosen, (1, 2)), y.reshape(1, 2), 1.0),
    "getitem": lambda y, chosen: autograd.where(chosen[::-1], y[::-1], 1.0),
    "getitem by an array": lambda y, chosen: autograd.where(chosen[[1, 0, 1]], y[[1, 0, 1]], 1.0),
    "transpose": lambda y, chosen: autograd.where(chosen.reshape(2, 1), y.reshape(1, 2).T, 1.0),
    "concatenate": lambda y, chosen: autograd.where(
        autograd.concatenate([chosen, chosen]), autograd.concatenate([y, y]), 1.0
    ),
    "broadcast": lambda y, chosen: autograd.where(chosen, y + np.zeros((3, 2)), 1.0),
    "sum of rows": lambda y, chosen: autograd.where(chosen, autograd.sum(y.reshape(2, 1), axis=1), 1.0),
    "matmul": lambda y, chosen: autograd.where(chosen.reshape(2, 1), y.reshape(2, 1) @ [[3.0, 0.0]], 1.0),
    "einsum": lambda y, chosen: autograd.where(chosen, np.einsum("i,j->i", y, np.ones(3)), 1.0),
}


@quiet
@pytest.mark.parametrize("way", WAYS)
def test_what_a_choice_discards_at_an_entry_is_no_anomaly(way):
    x = Tensor([-1.0, 4.0])
    with detect_anomaly():
        WAYS[way](autograd.sqrt(x), x > 0).sum().backward()
    assert x.grad[0] == 0.0
    assert x.grad[1] > 0.0


@quiet
@pytest.mark.parametrize("way", WAYS)
def test_a_masked_edge_that_no_choice_discards_is_named_however_far_it_lies_behind(way):
    x = Tensor([0.0, 4.0], label="x")
    with pytest.raises(NonFinite, match=r"0\.0 × inf toward operand 1 \(x\) is nan"), detect_anomaly():
        (WAYS[way](autograd.sqrt(x), x >= 0).sum() * 0.0).backward()


STEPS = {
    "sqrt": autograd.sqrt, "log": autograd.log, "exp": autograd.exp, "1/x": autograd.reciprocal, "relu": autograd.relu,
    "square": lambda a: a**2, "less 1": lambda a: a - 1.0, "times 0": lambda a: a * 0.0, "abs": abs,
    "clip": lambda a: autograd.clip(a, -1.0, 2.0), "max": lambda a: autograd.maximum(a, 0.5),
    "min": lambda a: autograd.minimum(a, 3.0), "where": lambda a: autograd.where(autograd.greater(a, 1.0), a, 1.0),
}  # fmt: skip
points = st.lists(st.sampled_from([-1000.0, -1.0, 0.0, 0.5, 1.0, 4.0, 1000.0]), min_size=1, max_size=4)


def is_anomalous(f, x):
    try:
        with detect_anomaly():
            f(x)
    except NonFinite:
        return True
    return False


@quiet
@given(st.lists(st.sampled_from(list(STEPS)), min_size=1, max_size=6), points)
def test_a_tensor_is_anomalous_where_one_of_its_entries_as_a_value_is(names, xs):
    def f(x):
        y = x
        for name in names:
            y = STEPS[name](y)
        (y if isinstance(y, Value) else y.sum()).backward()

    assert is_anomalous(f, Tensor(xs)) == any(is_anomalous(f, Value(x)) for x in xs)


@quiet
def test_the_losers_of_a_max_over_an_axis_do_not_matter():
    x = Tensor([[0.0, 9.0], [4.0, 1.0]])
    with detect_anomaly():
        autograd.max(autograd.sqrt(x), axis=1).sum().backward()
    np.testing.assert_allclose(x.grad, [[0.0, 1 / 6], [0.25, 0.0]])


@quiet
def test_where_of_the_square_root_is_no_anomaly_on_the_way_back():
    x = Tensor([-1.0, 4.0])
    with detect_anomaly():
        autograd.where(x > 0, autograd.sqrt(x), x).sum().backward()
    assert x.grad.tolist() == [1.0, 0.25]


@quiet
def test_a_share_of_an_array_op_that_is_not_finite_is_named():
    x, weights = Tensor([[1e-200]], label="x"), Tensor([[1e200]], label="W")
    message = r"matmul sends back inf toward x at \[0, 0\] of shape \(1, 1\): x of shape"
    with pytest.raises(NonFinite, match=message), detect_anomaly():
        ((x @ weights) * 1e200).sum().backward()


@quiet
def test_a_tensor_that_came_in_not_finite_is_named_with_its_first_use():
    x = Tensor(np.array([[1.0, 2.0], [np.nan, 3.0]], np.float32), label="x")
    message = (
        r"the value nan at \[1, 0\] of shape \(2, 2\) came in from outside, as a leaf \(x\), first used by mul: "
        r"x of shape \(2, 2\) × 2\.0, made in"
    )
    with pytest.raises(NonFinite, match=message), detect_anomaly():
        (x * 2).sum().backward()


@quiet
def test_a_tensor_that_nobody_differentiates_is_named_when_the_block_ends():
    with pytest.raises(NonFinite, match=r"log gave -inf at \[1\] of shape \(2,\)"), detect_anomaly():
        autograd.log(Tensor([1.0, 0.0]))


@quiet
def test_infinities_that_become_finite_again_are_no_anomaly():
    x = Tensor([1000.0, 0.0])
    with detect_anomaly():
        y = autograd.reciprocal(autograd.exp(x))
    assert y.tolist() == [0.0, 1.0]


def test_a_finite_computation_on_tensors_passes_unchanged():
    generator = np.random.default_rng(0)
    x, weights = generator.normal(size=(5, 3)), Tensor(generator.normal(size=(3, 4)))

    def f(w):
        return autograd.softmax(autograd.relu(x @ w), axis=1)[:, 0].mean() + autograd.norm(w) + autograd.max(w)

    f(weights).backward()
    outside, weights.grad = weights.grad, None
    with detect_anomaly():
        f(weights).backward()
    np.testing.assert_array_equal(weights.grad, outside)


def test_second_derivatives_of_tensors_are_looked_at_too():
    x = Tensor([2.0, 3.0])
    with detect_anomaly():
        (first,) = autograd.gradients((x**3).sum(), [x], create_graph=True)
        (second,) = autograd.gradients(first.sum(), [x])
    np.testing.assert_allclose(second, [12.0, 18.0])


def test_the_empty_and_the_seeded_are_looked_at_like_the_rest():
    x = Tensor([1.0, 2.0])
    with detect_anomaly():
        (x * x).backward([1.0, 0.0])
        (Tensor(np.zeros((0, 3))) * 2.0).sum().backward()
    assert x.grad.tolist() == [2.0, 0.0]
