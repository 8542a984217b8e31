"""Rules that are mistaken in form: the engine names the op, says what it was given and what it wanted."""

import numpy as np
import pytest

from autograd import Tensor, array_op, elementwise
from autograd.errors import ArgumentError, OperandError, RuleError


@pytest.mark.parametrize(
    ("share", "shape"),
    [(np.ones((4, 3)), (3, 4)), (np.ones(3), (3, 4)), (np.ones(12), (3, 4)), (np.ones((3, 2)), (3, 4))],
)
def test_a_share_that_no_broadcasting_explains_names_the_op_and_both_shapes(share, shape):
    op = array_op("mistaken", lambda a: a.sum(), lambda g, y, a: (share,))
    with pytest.raises(RuleError, match=rf"rule of mistaken .*\({', '.join(map(str, share.shape))},?\).*\(3, 4\)"):
        op(Tensor(np.ones(shape))).backward()


@pytest.mark.parametrize("returned", [None, [1.0], (1.0, 2.0), 1.0])
def test_a_pull_back_must_return_one_share_for_each_operand(returned):
    op = array_op("mistaken", lambda a: a.sum(), lambda g, y, a: returned)
    with pytest.raises(RuleError, match="mistaken must return a tuple of 1"):
        op(Tensor([1.0, 2.0])).backward()


@pytest.mark.parametrize("share", [1.0, "x", [1.0, 1.0]])
def test_a_share_that_is_no_array_names_the_op(share):
    op = array_op("mistaken", lambda a: a.sum(), lambda g, y, a: (share,))
    with pytest.raises(RuleError, match=r"rule of mistaken gave .* where a share of shape \(2,\)"):
        op(Tensor([1.0, 2.0])).backward()


@pytest.mark.parametrize("pull_back", [lambda g, a: (g,), lambda g, y, a, b: (g,), lambda: ()])
def test_a_pull_back_that_takes_other_arguments_says_which_it_should_take(pull_back):
    op = array_op("mistaken", lambda a: a.sum(), pull_back)
    with pytest.raises(RuleError, match="pull-back of mistaken must take the gradient g, the result y and then"):
        op(Tensor([1.0, 2.0])).backward()


def test_a_mistake_inside_a_pull_back_stays_what_it_is():
    op = array_op("mistaken", lambda a: a.sum(), lambda g, y, a: (g + None,))
    with pytest.raises(TypeError, match="NoneType"):
        op(Tensor([1.0, 2.0])).backward()


@pytest.mark.parametrize("derivative", [np.ones(17), "x"])
def test_a_derivative_that_does_not_fit_the_result_names_the_op(derivative):
    op = elementwise("mistaken", lambda a: a, lambda a: 1.0 * a, lambda y, a: (derivative,))
    with pytest.raises(RuleError, match=r"rule of mistaken gave .* where a derivative of shape \(3,\)"):
        op(Tensor([1.0, 2.0, 3.0])).sum().backward()


def test_a_function_that_gives_complex_numbers_is_refused():
    op = array_op("fourier", np.fft.fft, lambda g, y, a: (g,))
    with pytest.raises(OperandError, match="fourier must give an array of real numbers, and gave one of complex128"):
        op(Tensor([1.0, 2.0]))


@pytest.mark.parametrize("symbol", ["{a}", "{", "{0} {2}"])
def test_a_symbol_without_places_for_operands_is_refused_at_once(symbol):
    with pytest.raises(ArgumentError, match=r"one \{\} for each"):
        array_op("f", lambda a: a, None, symbol=symbol)


def test_an_array_op_is_written_by_its_symbol_where_that_has_a_place_for_each_operand():
    op = array_op("boxplus", lambda *arrays: arrays[0], None, symbol="{} ⊞ {}")
    assert [op.written("x"), op.written("x", "y"), op.written("x", "y", "z")] == [
        *("boxplus(x)", "x ⊞ y", "boxplus(x, y, z)"),
    ]


def test_a_users_own_ops_are_at_home_on_tensors():
    cube = elementwise("cube", lambda a: a * a * a, lambda a: a**3, lambda y, a: (3.0 * a * a,))
    double = array_op("double", lambda a, times: times * a, lambda g, y, a, times: (g * float(times),))
    x = Tensor([1.0, 2.0])
    y = double(cube(x), times=2)
    assert y.data.tolist() == [2.0, 16.0]
    y.sum().backward()
    assert x.grad.tolist() == [6.0, 24.0]
    assert y.parameters == {"times": 2}
