"""Textbook: small graphs by hand: the roles of nodes, the branch rule, the first-order step."""

import math

import pytest

import autograd
from autograd import Value, ancestry


def test_the_product_of_a_sum():
    x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
    q = x + y
    f = q * z
    f.backward()
    assert (q.data, f.data) == (3.0, -12.0)
    assert (x.grad, y.grad, z.grad, q.grad) == (-4.0, -4.0, 3.0, -4.0)


def test_on_each_edge_downstream_is_upstream_times_local():
    x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
    f = (x + y) * z
    f.backward()
    for node in ancestry(f):
        for parent, local in zip(node.parents, node.local_gradients, strict=True):
            assert parent.grad == node.grad * local


def test_add_distributes_its_gradient():
    x, y = Value(3.0), Value(-1.0)
    ((x + y) * 7).backward()
    assert (x.grad, y.grad) == (7.0, 7.0)


def test_multiply_swaps_the_other_factor_in():
    x, y = Value(3.0), Value(-1.0)
    ((x * y) * 7).backward()
    assert (x.grad, y.grad) == (-7.0, 21.0)


def test_a_node_used_twice_adds_the_gradients():
    x, a, b = Value(3.0), Value(5.0), Value(7.0)
    (x * a + x * b).backward()
    assert x.grad == 12.0


def test_max_routes_the_gradient_to_the_winner():
    x, y = Value(3.0), Value(-1.0)
    (autograd.maximum(x, y) * 7).backward()
    assert (x.grad, y.grad) == (7.0, 0.0)


@pytest.mark.parametrize(("x", "y"), [(1.0, 2.0), (3.0, -0.5), (-2.0, -4.0)])
def test_z_of_u_and_v(x, y):
    a, b = Value(x), Value(y)
    u, v = a * b, a / b
    (u**2 + v**2).backward()
    assert a.grad == pytest.approx(2 * x * y**2 + 2 * x / y**2, rel=1e-14)
    assert b.grad == pytest.approx(2 * x**2 * y - 2 * x**2 / y**3, rel=1e-14)


def test_the_branch_rule():
    s = Value(0.7)
    x, y = s.sin(), s.exp()
    z = x * y * y
    z.backward()
    by_x, by_y = math.exp(0.7) ** 2, 2 * math.sin(0.7) * math.exp(0.7)
    assert s.grad == pytest.approx(by_x * math.cos(0.7) + by_y * math.exp(0.7), rel=1e-14)


def test_the_same_function_three_times_over():
    # z = f(f(f(w))): dz/dw = f′(f(f(w)))·f′(f(w))·f′(w), here with f = σ.
    w = Value(0.4)
    first = w.sigmoid()
    second = first.sigmoid()
    second.sigmoid().backward()

    def slope(x):
        return 1 / (1 + math.exp(-x)) * (1 - 1 / (1 + math.exp(-x)))

    assert w.grad == pytest.approx(slope(second.data) * slope(first.data) * slope(0.4), rel=1e-14)


def bowl(x, y):
    return x * x + 3 * (y * y) + x * y


def gradient_of_bowl(x, y):
    a, b = Value(x), Value(y)
    bowl(a, b).backward()
    return a.grad, b.grad


def test_the_first_order_step_predicts_the_change():
    slope = gradient_of_bowl(1.0, -2.0)
    for size in (1e-2, 1e-3, 1e-4):
        step = (0.6 * size, 0.8 * size)
        change = bowl(1.0 + step[0], -2.0 + step[1]) - bowl(1.0, -2.0)
        # What remains is the second order: ½ Δxᵀ H Δx with H's entries at most 6.
        assert abs(change - slope[0] * step[0] - slope[1] * step[1]) <= 6 * size**2


def test_the_fall_is_steepest_against_the_gradient():
    gx, gy = gradient_of_bowl(1.0, -2.0)
    length = math.hypot(gx, gy)
    directions = [(math.cos(math.tau * i / 360), math.sin(math.tau * i / 360)) for i in range(360)]
    best = min(directions, key=lambda d: bowl(1.0 + 1e-6 * d[0], -2.0 + 1e-6 * d[1]))
    cosine = (best[0] * gx + best[1] * gy) / length
    assert cosine == pytest.approx(-1.0, abs=1e-3)


def descend(rate, steps=30):
    x, y = Value(1.0), Value(-2.0)
    for _ in range(steps):
        x.zero_grad()
        y.zero_grad()
        bowl(x, y).backward()
        x.data -= rate * x.grad
        y.data -= rate * y.grad
    return bowl(x.data, y.data)


def test_a_learning_rate_too_small_crawls_and_one_too_large_overshoots():
    start = bowl(1.0, -2.0)
    assert descend(0.25) < 1e-6 * start
    assert 0.5 * start < descend(1e-4) < start
    assert descend(0.5) > start
