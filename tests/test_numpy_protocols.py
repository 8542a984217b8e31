"""NumPy's own functions on Tensors: the same names, the same values, a node each, or an error that says what to use."""

import numpy as np
import pytest
from array_oracles import COUNT, Draw, estimates
from array_samples import DOMAINS, FUNCTIONS as SAMPLES, WITHOUT_A_DERIVATIVE

from autograd import Tensor, Value, array_functions
from autograd.errors import AutogradError, OperandError
from autograd.numpy_protocols import FUNCTIONS, UFUNCS

NAMES = {"amax": "max", "amin": "min"}
SAMPLED = [f for f in FUNCTIONS if NAMES.get(f.__name__, f.__name__) in SAMPLES]
WITHOUT_A_SAMPLE = {np.ravel, np.where, np.shape, np.ndim, np.size, np.argmax, np.argmin}


def test_every_function_of_numpy_that_is_answered_is_tested():
    assert {*SAMPLED, *WITHOUT_A_SAMPLE} == set(FUNCTIONS)


@pytest.mark.parametrize("function", SAMPLED, ids=lambda f: f.__name__)
def test_a_function_of_numpy_on_tensors_gives_the_node_with_numpys_value(function):
    sampler, _ = SAMPLES[NAMES.get(function.__name__, function.__name__)]
    for number in range(COUNT // 5):
        sample = sampler(Draw(function.__name__, number))
        tensors = [Tensor(a) for a in sample.operands]
        y = sample.call(function, *tensors)
        assert isinstance(y, Tensor)
        try:
            wanted = sample.call(function, *sample.operands)
        except ValueError:  # np.linalg.norm over no axis, or three
            continue
        np.testing.assert_allclose(y.data, wanted, rtol=1e-13, atol=1e-13)
        y.backward(np.ones(y.shape))
        assert [t.grad.shape for t in tensors] == [a.shape for a in sample.operands]


def test_functions_of_numpy_that_are_no_row_of_the_samples():
    x = Tensor([[1.0, -2.0], [3.0, 4.0]])
    assert np.ravel(x).data.tolist() == [1.0, -2.0, 3.0, 4.0]
    assert np.where(x > 0, x, 0.0).data.tolist() == [[1.0, 0.0], [3.0, 4.0]]
    assert (np.shape(x), np.ndim(x), np.size(x)) == ((2, 2), 2, 4)
    for name, by_numpy in WITHOUT_A_DERIVATIVE.items():
        assert getattr(np, name)(x, axis=1).data.tolist() == by_numpy(x.data, axis=1).tolist()


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda f: f.__name__)
def test_a_ufunc_on_tensors_has_numpys_values_and_the_gradients_of_differences(ufunc):
    name = ufunc.__name__
    low, high = (
        (0.3, 2.0) if name in ("log2", "log10", "power", "float_power", "divide", "log", "sqrt") else (-1.5, 1.5)
    )
    low, high = DOMAINS.get(name, (low, high)) if "arc" in name or name in ("log1p", "tan") else (low, high)
    for number in range(COUNT // 10):
        draw = Draw(name, number)
        if ufunc is np.matmul:
            operands = [draw.array((2, 3)), draw.array((3, 2))]
        else:
            whole = draw.shape(largest=12)
            operands = [draw.array(draw.broadcast_from(whole), low, high) for _ in range(ufunc.nin)]
        wanted = ufunc(*operands)
        tensors = [Tensor(a) for a in operands]
        y = ufunc(*tensors)
        assert isinstance(y, Tensor)
        np.testing.assert_allclose(y.data, wanted, rtol=1e-13, atol=1e-14)
        if not y.requires_grad:
            continue
        seed = draw.seed(y.shape)
        y.backward(seed)
        for tensor, estimate in zip(tensors, estimates(ufunc, operands, seed, analytic=False), strict=True):
            assert estimate.objections(tensor.grad) == []


BINARY = [f for f in UFUNCS if f.nin == 2 and f is not np.matmul]


@pytest.mark.parametrize("ufunc", BINARY, ids=lambda f: f.__name__)
def test_arrays_lists_and_numbers_join_tensors_on_either_side(ufunc):
    a, x = np.array([1.0, 2.0]), Tensor([3.0, 0.5])
    for other in (a, a.tolist(), np.float64(1.5), 1.5, 2, np.array(2.0), np.array([2, 1]), np.array([2, 1], np.uint8)):
        for left, right in ((other, x), (x, other)):
            y = ufunc(left, right)
            assert isinstance(y, Tensor)
            plain = [side.data if side is x else np.asarray(side, dtype=float) for side in (left, right)]
            np.testing.assert_allclose(y.data, ufunc(*plain), rtol=1e-15)


OPERATORS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "×": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
    "@": lambda a, b: a @ b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_with_arrays_lists_and_numpy_numbers_give_tensors_and_never_arrays_of_objects(name):
    operator = OPERATORS[name]
    x = Tensor([3.0, 0.5])
    others = [np.array([1.0, 2.0]), [1.0, 2.0], (1.0, 2.0), np.array([1, 2]), np.array([1, 2], np.uint8)]
    others += [] if name == "@" else [np.float64(1.5), np.float32(1.5), np.int64(2), np.array(2.0), 1.5, 2, True]
    for other in others:
        numbers = np.asarray(other, dtype=float)
        for left, right in ((other, x), (x, other)):
            y = operator(left, right)
            assert isinstance(y, Tensor)
            wanted = operator(*(x.data if side is x else numbers for side in (left, right)))
            np.testing.assert_allclose(y.data, wanted, rtol=1e-15)


@pytest.mark.parametrize("name", ["+", "-", "×", "/", "**"])
def test_float32_stays_with_plain_numbers_and_promotes_with_float64_arrays_as_numpy_does(name):
    x = Tensor(np.array([3.0, 0.5], np.float32))
    for other in (2, 1.5, np.float32(2), np.float64(2), np.ones(2), np.ones(2, np.float32), np.ones(2, np.float16)):
        for left, right in ((other, x), (x, other)):
            y = OPERATORS[name](left, right)
            plain = [np.array(x.data) if side is x else side for side in (left, right)]
            assert y.dtype == OPERATORS[name](*plain).dtype
            y.sum().backward()
            assert x.grad.dtype == np.float32


X = Tensor(np.arange(6.0).reshape(2, 3))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: np.exp(X, out=np.zeros((2, 3))), r"np\.exp .* takes no out="),
        (lambda: np.add(X, 1.0, where=X.data > 0), r"np\.add .* takes no where="),
        (lambda: np.add(np.ones((2, 3)), 1.0, out=X), r"np\.add .* takes no out="),
        (lambda: np.ones((2, 3)).__iadd__(X), r"np\.add .* takes no out="),
        (lambda: np.sum(X, out=np.zeros(())), r"np\.sum .*out"),
        (lambda: np.sum(X, dtype=np.float32), r"np\.sum .*dtype"),
        (lambda: np.add.reduce(X), r"np\.add\.reduce does not work on a Tensor"),
        (lambda: np.multiply.outer(X, X), r"np\.multiply\.outer does not work on a Tensor"),
        (lambda: np.floor(X), r"np\.floor is not among .*np\.floor\(t\.data.*elementwise"),
        (lambda: np.remainder(X, 2.0), r"np\.remainder is not among"),
        (lambda: np.sort(X), r"np\.sort is not among .*array_op"),
        (lambda: np.linalg.inv(X), r"np\.linalg\.inv is not among"),
        (lambda: np.vstack([X, X]), r"np\.vstack is not among"),
        (lambda: np.where(X > 0), r"where takes 3 operands, got 1"),
        (lambda: np.add(X, Value(1.0)), r"add cannot join a Value and a Tensor"),
        (lambda: np.add(X, "x"), r"add works on Tensors, arrays and numbers, not on str"),
        (lambda: np.multiply(X, np.array([None] * 3)), r"mul works on .* not on ndarray"),
        (lambda: np.array(X), r"t\.numpy\(\) or t\.data"),
        (lambda: np.asarray(X), r"t\.numpy\(\) or t\.data"),
        (lambda: np.array([X, X]), r"t\.numpy\(\) or t\.data"),
    ],
)
def test_what_numpy_asks_for_and_is_not_there_is_refused_by_name(call, message):
    with pytest.raises(AutogradError, match=message):
        call()
    assert X.data.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]


def test_a_constant_tensor_is_an_array_wherever_numpy_wants_one():
    constant = Tensor([1.0, 2.0], requires_grad=False)
    assert np.asarray(constant).tolist() == [1.0, 2.0]
    assert np.asarray(constant, dtype=np.float32).dtype == np.float32


def test_numpys_clip_takes_its_bounds_by_either_name():
    x = Tensor([-1.0, 0.5, 2.0])
    for y in (x.clip(0.0, 1.0), np.clip(x, 0.0, 1.0), np.clip(x, a_min=0.0, a_max=1.0), np.clip(x, min=0.0, max=1.0)):
        assert y.data.tolist() == [0.0, 0.5, 1.0]
    assert (x.clip(min=0.0).data.tolist(), x.clip(max=1.0).data.tolist()) == ([0.0, 0.5, 2.0], [-1.0, 0.5, 1.0])


@pytest.mark.parametrize(("f", "places"), [(np.exp2, [-2.0, 0.0, 3.0]), (np.log2, [0.25, 1.0, 8.0])])
def test_powers_of_two_and_their_logarithms_are_exact(f, places):
    assert f(Tensor(places)).data.tolist() == f(places).tolist()


@pytest.mark.parametrize("name", ["sum", "mean", "var", "prod", "max", "norm", "softmax", "cumsum", "trace", "clip"])
def test_an_array_of_values_is_refused_by(name):
    arguments = {"clip": (0.0, 1.0)}.get(name, ())
    with pytest.raises(OperandError, match=r"not one of Value: use Tensor"):
        getattr(array_functions, name)(np.array([[Value(1.0), Value(2.0)]]), *arguments)
