"""Initialisers: their distributions, and what they are for: signals that keep their size through ten layers."""

import functools
import math
import random

import numpy as np
import pytest

from autograd.errors import ArgumentError, ShapeError
from nn.initializers import (
    INITIALIZERS,
    he_normal,
    he_uniform,
    initializer,
    lecun_normal,
    lecun_uniform,
    normal,
    uniform,
    xavier_normal,
    xavier_uniform,
    zeros,
)

OUT, IN = 200, 300
VARIANCES = [
    (xavier_normal, 2.0 / (IN + OUT)),
    (xavier_uniform, 2.0 / (IN + OUT)),
    (he_normal, 2.0 / IN),
    (he_uniform, 2.0 / IN),
    (lecun_normal, 1.0 / IN),
    (lecun_uniform, 1.0 / IN),
    (functools.partial(normal, std=0.3), 0.09),
    (functools.partial(uniform, bound=0.3), 0.03),
]
RANDOM = [function for function, _ in VARIANCES]


def is_uniform(function):
    return getattr(function, "func", function).__name__.endswith("uniform")


@pytest.mark.parametrize(("function", "variance"), VARIANCES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_mean_and_variance_are_those_promised(function, variance, dtype):
    weights = function((OUT, IN), dtype, 1).astype(float)
    n = weights.size
    assert abs(weights.mean()) < 5.0 * math.sqrt(variance / n)
    # A sample variance has the variance (kurtosis − 1)·σ⁴/n; the kurtosis is 3 where normal and 9/5 where uniform.
    excess = 0.8 if is_uniform(function) else 2.0
    assert abs((weights**2).mean() - variance) < 5.0 * variance * math.sqrt(excess / n)


@pytest.mark.parametrize(("function", "variance"), VARIANCES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_uniform_ones_fill_their_bounds_and_normal_ones_have_tails(function, variance, dtype):
    weights = np.abs(function((OUT, IN), dtype, 2))
    bound = math.sqrt(3.0 * variance)
    if is_uniform(function):
        assert 0.999 * bound < weights.max() <= np.nextafter(dtype(bound), dtype(np.inf))
        assert np.mean(weights < bound / 2.0) == pytest.approx(0.5, abs=0.01)
    else:
        # Beyond one and beyond two standard deviations.
        assert np.mean(weights > math.sqrt(variance)) == pytest.approx(0.3173, abs=0.01)
        assert np.mean(weights > 2.0 * math.sqrt(variance)) == pytest.approx(0.0455, abs=0.005)


@pytest.mark.parametrize("function", RANDOM)
def test_a_seed_gives_the_same_weights_again_and_in_both_dtypes(function):
    once = function((3, 4), np.float64, 7)
    assert np.array_equal(once, function((3, 4), np.float64, np.random.default_rng(7)))
    assert np.array_equal(once.astype(np.float32), function((3, 4), np.float32, 7))
    assert not np.array_equal(once, function((3, 4), np.float64, 8))


@pytest.mark.parametrize("function", RANDOM)
def test_one_generator_gives_two_layers_different_weights(function):
    rng = np.random.default_rng(0)
    assert not np.array_equal(function((3, 4), np.float32, rng), function((3, 4), np.float32, rng))


@pytest.mark.parametrize("function", [zeros, *RANDOM])
def test_global_random_state_is_untouched(function):
    before = random.getstate(), repr(np.random.get_state())
    function((3, 4), np.float32, 0)
    function((3, 4), np.float32, None)
    assert before == (random.getstate(), repr(np.random.get_state()))


@pytest.mark.parametrize("function", [zeros, *RANDOM])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, "float32", np.dtype("f8")])
def test_shape_and_dtype_are_those_asked_for(function, dtype):
    weights = function((2, 5), dtype)
    assert (weights.shape, weights.dtype) == ((2, 5), np.dtype(dtype))
    assert function([2, 5]).dtype == np.float32


def test_zeros_are_zeros_and_draw_nothing():
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    assert not zeros((3,), np.float64, rng).any()
    assert rng.bit_generator.state == before


def test_a_bias_may_be_drawn_where_no_fan_is_needed():
    assert uniform((4,), bound=0.1).shape == normal((4,), std=0.1).shape == zeros((4,)).shape == (4,)


@pytest.mark.parametrize(
    "function", [xavier_normal, xavier_uniform, he_normal, he_uniform, lecun_normal, lecun_uniform]
)
@pytest.mark.parametrize("shape", [(3,), (), (2, 3, 4)])
def test_fans_are_those_of_a_matrix(function, shape):
    with pytest.raises(ShapeError, match=rf"{function.__name__} takes the shape \(outputs, inputs\) of a weight"):
        function(shape)


def test_names_find_their_functions_and_functions_stay():
    for name, function in INITIALIZERS.items():
        assert initializer(name) is function
        assert function.__name__ == name
    assert initializer(he_normal) is he_normal


@pytest.mark.parametrize("name", ["he", "", None, 3, ["zeros"]])
def test_an_unknown_name_lists_those_there_are(name):
    with pytest.raises(ArgumentError, match=r"unknown initializer .*zeros, xavier_uniform.*he_normal.*partial\(normal"):
        initializer(name)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: he_normal((0, 3)), "every size must be at least 1, got 0"),
        (lambda: he_normal((2, 3.0)), "every size must be a positive whole number, got 3.0"),
        (lambda: he_normal(3), r"shape must be a tuple of sizes, such as \(outputs, inputs\), got 3"),
        (lambda: he_normal("23"), "shape must be a tuple of sizes"),
        (lambda: he_normal((2, 3), np.int64), "dtype must be float32 or float64"),
        (lambda: he_normal((2, 3), np.float16), "dtype must be float32 or float64"),
        (lambda: he_normal((2, 3), None), "dtype must be float32 or float64, got None"),
        (lambda: zeros((2, 3), "floaty"), "dtype must be float32 or float64, got 'floaty'"),
        (lambda: he_normal((2, 3), np.float32, -1), "randomness comes from"),
        (lambda: normal((2, 3), std=-1.0), "normal: std must be at least 0"),
        (lambda: uniform((2, 3), bound=math.inf), "uniform: bound must be at least 0 and finite"),
    ],
)
def test_what_cannot_be_is_refused(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()


WIDTH, DEPTH = 512, 10


def variances(function, activation, seed):
    """The mean square of what enters the activations of the first and of the tenth layer, inputs being N(0, 1)."""
    rng = np.random.default_rng(seed)
    signals, found = rng.standard_normal((256, WIDTH)), []
    for _ in range(DEPTH):
        sums = signals @ function((WIDTH, WIDTH), np.float64, rng).T
        found.append(float((sums**2).mean()))
        signals = activation(sums)
    return found[0], found[-1]


def relu(sums):
    return np.maximum(sums, 0.0)


def identity(sums):
    return sums


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("function", "activation", "lowest", "highest"),
    [
        (he_normal, relu, 0.4, 2.5),
        (he_uniform, relu, 0.4, 2.5),
        (lecun_normal, identity, 0.6, 1.7),
        (lecun_uniform, identity, 0.6, 1.7),
        (xavier_normal, identity, 0.6, 1.7),
        (xavier_uniform, identity, 0.6, 1.7),
        # tanh flattens what is large, so signals shrink to about 0.06 of their variance, ever more slowly.
        (lecun_normal, np.tanh, 0.03, 0.12),
        (xavier_uniform, np.tanh, 0.03, 0.12),
    ],
)
def test_signals_keep_their_size_through_ten_layers(function, activation, lowest, highest, seed):
    first, last = variances(function, activation, seed)
    assert lowest < last / first < highest


@pytest.mark.parametrize("seed", range(3))
def test_weights_too_small_or_too_large_lose_the_signals(seed):
    small = functools.partial(normal, std=math.sqrt(1.0 / (4.0 * WIDTH)))
    large = functools.partial(normal, std=math.sqrt(4.0 / WIDTH))
    assert 1e-7 < variances(small, np.tanh, seed)[1] < 1e-5
    assert 1e4 < variances(large, identity, seed)[1] < 1e8
    # He's factor of 2 is what relu needs: without it every layer halves the variance.
    assert 2.0**-12 < variances(lecun_normal, relu, seed)[1] < 2.0**-7
    assert variances(zeros, np.tanh, seed) == (0.0, 0.0)
