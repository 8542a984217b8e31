"""detect_anomaly names the op, the operands, the file and the line of the first number that is not finite."""

import math

import pytest

import autograd
from autograd import Value, detect_anomaly
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
