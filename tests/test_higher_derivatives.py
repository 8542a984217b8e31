"""Second and third derivatives of twenty functions that are hard for automatic differentiation, and Hessians of losses.

The truth is mpmath's and SymPy's, at 50 digits. What is allowed is the running error of the very program that computes
a derivative (tests/running_error.py): round-off, as far as the function magnifies it, and nothing else.
"""

import itertools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import mpmath
import numpy as np
import pytest
import sympy
from running_error import running_error

import autograd
import nn
from autograd import Tensor, Value, elementwise, grad, gradients, hessian, hvp, jvp


class Hard(NamedTuple):
    """A function, the same in mpmath's words, a point, and how many digits its derivatives keep there at least."""

    ours: Callable[[Any], Any]
    theirs: Callable[[Any], Any]
    point: float
    digits: int


def lambert(x):
    """W(x), where W·e^W = x, by six steps of Newton's from ln(1 + x)."""
    w = autograd.log1p(x)
    for _ in range(6):
        power = autograd.exp(w)
        w = w - (w * power - x) / (power * (w + 1.0))
    return w


def stirling(x):
    """ln Γ(x) by Stirling's series with five terms, whose numbers are whole and so not rounded."""
    denominators = (12.0 * x, -360.0 * x**3, 1260.0 * x**5, -1680.0 * x**7, 1188.0 * x**9)
    return (x - 0.5) * autograd.log(x) - x + 0.5 * math.log(2 * math.pi) + sum(1 / d for d in denominators)


def stirling_by_bernoulli_numbers(x):
    series = mpmath.fsum(mpmath.bernoulli(2 * k) / (2 * k * (2 * k - 1) * x ** (2 * k - 1)) for k in range(1, 6))
    return (x - 0.5) * mpmath.log(x) - x + mpmath.log(2 * mpmath.pi) / 2 + series


def multiplied_out(x):
    """(x − 1)⁷ by Horner's rule from its coefficients."""
    result = x - 7.0
    for coefficient in (21.0, -35.0, 35.0, -21.0, 7.0, -1.0):
        result = result * x + coefficient
    return result


def logistic(x):
    return 1 / (1 + mpmath.exp(-x))


HARDEST = {
    "x to the x, near 0": Hard(lambda x: x**x, lambda x: mpmath.exp(x * mpmath.log(x)), 2.0**-10, 12),
    "a tower of powers": Hard(lambda x: x ** (x**x), lambda x: mpmath.power(x, mpmath.power(x, x)), 1.75, 12),
    "a product of exponentials": Hard(
        lambda x: autograd.exp(-x * x) * autograd.exp(3.0 * x) * autograd.exp(autograd.sin(10.0 * x)),
        lambda x: mpmath.exp(3 * x - x**2 + mpmath.sin(10 * x)),
        0.9,
        12,
    ),
    "(eˣ − 1 − x)/x², which cancels": Hard(
        lambda x: (autograd.exp(x) - 1.0 - x) / (x * x), lambda x: (mpmath.expm1(x) - x) / x**2, 2.0**-4, 6
    ),
    "the logarithm of a logarithm near its end": Hard(
        lambda x: autograd.log(autograd.log(x)), lambda x: mpmath.log(mpmath.log(x)), 1.0 + 2.0**-8, 11
    ),
    "tan beside its pole": Hard(autograd.tan, mpmath.tan, 1.5703125, 10),
    "sin(1/x), ever faster toward 0": Hard(lambda x: autograd.sin(1 / x), lambda x: mpmath.sin(1 / x), 0.01, 12),
    "Runge's function": Hard(lambda x: 1 / (1 + 25.0 * x * x), lambda x: 1 / (1 + 25 * x**2), 0.25, 12),
    "exp(−1/x²), flat at 0": Hard(lambda x: autograd.exp(-1 / x**2), lambda x: mpmath.exp(-1 / x**2), 0.125, 12),
    "a logistic of a logistic of a logistic": Hard(
        lambda x: autograd.sigmoid(autograd.sigmoid(autograd.sigmoid(x))),
        lambda x: logistic(logistic(logistic(x))),
        -3.0,
        12,
    ),
    "a logistic where it saturates": Hard(autograd.sigmoid, logistic, 30.0, 12),
    "a softplus as sharp as a corner": Hard(
        lambda x: autograd.softplus(64.0 * x) / 64.0, lambda x: mpmath.log1p(mpmath.exp(64 * x)) / 64, 0.03, 12
    ),
    "logsumexp of what crosses": Hard(
        lambda x: autograd.logsumexp([x, x * x, autograd.sin(5.0 * x), -3.0 * x]),
        lambda x: mpmath.log(mpmath.fsum(map(mpmath.exp, (x, x**2, mpmath.sin(5 * x), -3 * x)))),
        0.7,
        12,
    ),
    "a norm beside its corner": Hard(
        lambda x: autograd.sqrt(x * x + 2.0**-20), lambda x: mpmath.hypot(x, mpmath.mpf(2) ** -10), 2.0**-11, 12
    ),
    "roots within roots": Hard(
        lambda x: autograd.sqrt(x + autograd.sqrt(x + autograd.sqrt(x))),
        lambda x: mpmath.sqrt(x + mpmath.sqrt(x + mpmath.sqrt(x))),
        2.0**-12,
        12,
    ),
    "arctan of a rational function beside its pole, which is 3 arctan x": Hard(
        lambda x: autograd.arctan((3.0 * x - x**3) / (1.0 - 3.0 * x * x)), lambda x: 3 * mpmath.atan(x), 0.5625, 7
    ),
    "Chebyshev's polynomial as cos(20 arccos x)": Hard(
        lambda x: autograd.cos(20.0 * autograd.arccos(x)), lambda x: mpmath.chebyt(20, x), 1.0 - 2.0**-6, 12
    ),
    "Stirling's series": Hard(stirling, stirling_by_bernoulli_numbers, 4.5, 12),
    "Lambert's W by Newton's iteration": Hard(lambert, lambda x: mpmath.lambertw(x), 2.5, 12),
    "(x − 1)⁷ multiplied out, which cancels": Hard(multiplied_out, lambda x: (x - 1) ** 7, 1.1, 8),
}


def reverse(f):
    return grad(f)


def forward(f):
    """The derivative by forward mode."""
    return lambda x: jvp(f, (x,), (1.0,))[1]


def nestings(f, order):
    """The derivative of this order by every nesting of the two modes: 2ⁿ functions."""
    for modes in itertools.product((reverse, forward), repeat=order):
        derivative = f
        for mode in modes:
            derivative = mode(derivative)
        yield derivative


def true_derivative(hard, order):
    with mpmath.workdps(50):
        return mpmath.diff(hard.theirs, mpmath.mpf(hard.point), order)


def distance(number, truth):
    """How far a float is from a number of 50 digits."""
    with mpmath.workdps(50):
        return float(abs(mpmath.mpf(float(number)) - truth))


def test_there_are_twenty_of_them():
    assert len(HARDEST) == 20


@pytest.mark.parametrize("order", [2, 3])
@pytest.mark.parametrize("name", HARDEST)
def test_every_nesting_of_both_modes_gives_the_derivative_of_mpmath_within_its_round_off(name, order):
    hard = HARDEST[name]
    truth = true_derivative(hard, order)
    for derivative in nestings(hard.ours, order):
        node = derivative(Value(hard.point))
        bound = running_error(node)
        assert bound <= 10.0**-hard.digits * abs(truth)
        assert distance(node.data, truth) <= bound
        assert distance(derivative(hard.point), truth) <= bound


# On Tensors logsumexp takes one Tensor and not a list; its derivatives are in tests/test_transforms.py. The fused
# logistic has the textbook's derivative y(1 − y), which keeps a digit where it saturates.
ON_TENSORS = {name: hard for name, hard in HARDEST.items() if "logsumexp" not in name}
DIGITS_ON_TENSORS = {"a logistic where it saturates": 1}


@pytest.mark.parametrize("name", ON_TENSORS)
def test_third_derivatives_on_tensors_are_those_of_mpmath_within_their_round_off(name):
    hard = HARDEST[name]
    truth = true_derivative(hard, 3)
    for derivative in nestings(hard.ours, 3):
        node = derivative(Tensor(hard.point))
        bound = running_error(node)
        assert bound <= 10.0 ** -DIGITS_ON_TENSORS.get(name, hard.digits) * abs(truth)
        assert distance(node.data, truth) <= bound


def test_the_square_of_3x_has_the_derivatives_18_and_0_at_0_by_every_nesting():
    def square(x):
        return (3.0 * x) ** 2

    assert [derivative(0.0) for derivative in nestings(square, 2)] == [18.0] * 4
    assert [derivative(0.0) for derivative in nestings(square, 3)] == [0.0] * 8


@pytest.mark.parametrize("order", [2, 3])
def test_the_bound_notices_a_rule_whose_own_derivative_is_off_by_a_millionth(order):
    # The first derivative is right; only what comes after it shows the fault.
    sine = elementwise("sine", math.sin, np.sin, lambda y, a: (cosine(a),))
    cosine = elementwise("cosine", math.cos, np.cos, lambda y, a: (sine(a) * -1.000001,))
    assert grad(sine)(0.7) == math.cos(0.7)
    right = running_error(next(nestings(autograd.sin, order))(Value(0.7)))
    with mpmath.workdps(50):
        truth = mpmath.diff(mpmath.sin, mpmath.mpf(0.7), order)
    for derivative in nestings(sine, order):
        assert distance(derivative(0.7), truth) > right


# ── Hessians of losses ───────────────────────────────────────────────────────────────────────────────────────────────


class Network(NamedTuple):
    """A network, one sample, and its loss; the activations and the loss once more in SymPy's words."""

    sizes: list[int]
    activation: str
    output: str
    loss: Callable[[list[Any]], Any]
    symbolic_activation: Callable[[Any], Any]
    symbolic_output: Callable[[Any], Any]
    symbolic_loss: Callable[[list[Any]], Any]


def symbolic_logistic(z):
    return 1 / (1 + sympy.exp(-z))


SAMPLE = (0.5, -1.25)
NETWORKS = {
    "2-3-1 of tanh with squared error": Network(
        [2, 3, 1], "tanh", "sigmoid",
        lambda outputs: nn.SquaredError()(outputs, [0.75]),
        sympy.tanh, symbolic_logistic,
        lambda outputs: (outputs[0] - sympy.Rational(3, 4)) ** 2,
    ),
    "2-2-2 of the logistic with cross-entropy": Network(
        [2, 2, 2], "sigmoid", "identity",
        lambda outputs: nn.CrossEntropyLoss()(outputs, 1),
        symbolic_logistic, lambda z: z,
        lambda outputs: sympy.log(sum(map(sympy.exp, outputs))) - outputs[1],
    ),
}  # fmt: skip


def symbolic_hessian(network, parameters):
    """SymPy's Hessian of the loss at these numbers, to 50 digits.

    The symbols stand in the order of `parameters()`: for each neuron of each layer its weights and then its bias.
    """
    symbols = sympy.symbols(f"p0:{len(parameters)}")
    supply = iter(symbols)
    numbers = [sympy.Rational(x) for x in SAMPLE]
    for place, outputs in enumerate(network.sizes[1:], 1):
        last = place == len(network.sizes) - 1
        f = network.symbolic_output if last else network.symbolic_activation
        sums = [sum(next(supply) * x for x in numbers) + next(supply) for _ in range(outputs)]
        numbers = [f(z) for z in sums]
    entries = sympy.hessian(network.symbolic_loss(numbers), symbols)
    with mpmath.workdps(50):
        evaluate = sympy.lambdify(symbols, entries, modules="mpmath", cse=True)
        return evaluate(*[mpmath.mpf(x) for x in parameters])


def loss_of(network, model):
    """The loss as a function of all parameters, a list in the order of `parameters()`."""

    def loss(parameters):
        supply = iter(parameters)
        for layer in model.layers:
            for neuron in layer.neurons:
                neuron.weights = [next(supply) for _ in neuron.weights]
                neuron.bias = next(supply)
        return network.loss(model(SAMPLE))

    return loss


@pytest.mark.parametrize("name", NETWORKS)
def test_the_hessian_of_a_networks_loss_is_the_one_of_sympy_by_every_way_to_it(name):
    network = NETWORKS[name]
    model = nn.MLP(network.sizes, network.activation, network.output, rng=5)
    parameters = [p.data + 0.1 for p in model.parameters()]  # biases start at 0
    truth = symbolic_hessian(network, parameters)

    leaves = [Value(x) for x in parameters]
    loss = loss_of(network, model)
    nodes = [gradients(g, leaves, create_graph=True) for g in gradients(loss(leaves), leaves, create_graph=True)]
    rows = hessian(loss)(parameters)
    units = np.eye(len(parameters)).tolist()
    products = [hvp(loss, (parameters,), (unit,))[0] for unit in units]

    for i, j in itertools.combinations_with_replacement(range(len(parameters)), 2):
        bound = running_error(nodes[i][j])
        assert bound <= 1e-10 * abs(truth[i, j])
        for found in (nodes[i][j].data, rows[i][j], rows[j][i], products[i][j], products[j][i]):
            assert distance(found, truth[i, j]) <= bound
