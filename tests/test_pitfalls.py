"""What broke a well-known engine once, on Values: each row of the list is a test by its own words."""

import asyncio
import copy
import gc
import math
import os
import pickle
import random
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, ancestry, detect_anomaly, gradients, no_grad
from autograd.errors import NonFinite, OperandError, StaleData

ROOT = Path(autograd.__file__).parents[1]
INF = math.inf


def run(script, **environment):
    """What a fresh Python prints when it runs the script with warnings as errors."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def slopes(f, *xs):
    inputs = [Value(x) for x in xs]
    f(*inputs).backward()
    return [x.grad for x in inputs]


# ── graph and engine ─────────────────────────────────────────────────────────────────────────────────────────────────


def deep_chain(length=100_000):
    x = Value(0.0, label="x")
    y = x
    for _ in range(length):
        y = y + 0.001
    return x, y


def test_backward_over_a_chain_of_100_000():
    x, y = deep_chain()
    y.backward()
    assert x.grad == 1.0
    assert gradients(y, [x]) == (1.0,)


def test_the_second_derivative_over_a_chain_of_20_000():
    x = Value(1.0)
    y = x
    for _ in range(20_000):
        y = y * 1.0001
    (slope,) = gradients(y * y, [x], create_graph=True)
    (curvature,) = gradients(slope, [x])
    assert curvature == pytest.approx(2 * 1.0001**40_000, rel=1e-9)


def test_repr_copy_and_pickle_of_a_chain_of_100_000():
    x, y = deep_chain()
    assert len(repr(y)) < 100
    assert f"{y:.3f}" == "100.000"
    assert copy.copy(y).parents == y.parents
    for twin in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        twin.backward()
        order = ancestry(twin)
        assert (order[0].label, order[0].grad, len(order)) == ("x", 1.0, 200_001)
    assert x.grad == 0.0


def test_comparing_and_hashing_a_deep_chain_does_not_walk_it():
    _, y = deep_chain()
    assert y == y
    assert y in {y}
    assert bool(y)


def test_dropping_a_graph_of_a_million_nodes_gives_the_memory_back():
    before, built, after = map(
        int,
        run("""
import gc, sys
from autograd import Value
def build(length):
    x = Value(0.0)
    y = x
    for _ in range(length):
        y = y + 0.001
    y.backward()
    assert x.grad == 1.0
    return y
gc.disable()
build(1000)
before = sys.getallocatedblocks()
y = build(1_000_000)
built = sys.getallocatedblocks()
del y
print(before, built, sys.getallocatedblocks())
""").split(),
    )
    assert built - before > 1_000_000  # the graph was there
    assert after - before <= 0.05 * (built - before)


def test_a_dropped_graph_holds_no_reference_cycles():
    gc.collect()
    gc.disable()
    try:
        x = Value(2.0)
        y = autograd.max([(x * x).exp() / 2, x.sigmoid() - 1, autograd.where(x > 0, x, -x)])
        y.backward()
        (slope,) = gradients(y, [x], create_graph=True)
        slope.backward()
        assert len({*ancestry(y), *ancestry(slope)}) > 20
        del x, y, slope
        assert gc.collect() == 0  # reference counting had freed everything
    finally:
        gc.enable()


def test_a_is_1_b_is_a_plus_a_c_is_b_plus_b():
    a = Value(1.0)
    b = a + a
    (b + b).backward()
    assert a.grad == 4.0


def test_a_times_a_has_two_edges():
    a = Value(3.0)
    y = a * a
    y.backward()
    assert y.parents == (a, a)
    assert y.local_gradients == (3.0, 3.0)
    assert a.grad == 6.0


def test_the_same_script_and_seed_in_6_processes_gives_bit_identical_gradients():
    script = """
import autograd, nn
model = nn.MLP([4, 5, 3], activation="tanh", rng=3)
loss = nn.CrossEntropyLoss()
total = autograd.sum([loss(model([0.1 * i, -0.2, 0.3, i]), i % 3) for i in range(6)])
(total * total + autograd.norm(list(model.parameters()))).backward()
print(total.data.hex(), *[p.grad.hex() for p in model.parameters()])
"""
    seen = {run(script, PYTHONHASHSEED=str(seed)) for seed in range(6)}
    assert len(seen) == 1
    assert len(seen.pop().split()) == 1 + 4 * 5 + 5 + 5 * 3 + 3


def test_memory_is_flat_over_50_training_steps_of_a_2_8_8_1_network_with_the_collector_off():
    model = nn.MLP([2, 8, 8, 1], activation="tanh", rng=0)
    optimizer, loss = nn.SGD(model, lr=0.05), nn.MSELoss()

    def step():
        optimizer.zero_grad()
        loss(model([0.3, -0.7]), 0.5).backward()
        optimizer.step()

    gc.disable()
    try:
        for _ in range(5):
            step()
        tracked = len(gc.get_objects())
        tracemalloc.start()
        empty = tracemalloc.get_traced_memory()[0]
        kept = loss(model([0.3, -0.7]), 0.5)
        one_graph = tracemalloc.get_traced_memory()[0] - empty
        del kept
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(50):
            step()
        grown = tracemalloc.get_traced_memory()[0] - before
        assert len(gc.get_objects()) <= tracked + 5
    finally:
        tracemalloc.stop()
        gc.enable()
    assert grown < one_graph  # fifty were built; what is left are the interpreter's lists of free tuples and floats


def test_backward_twice_on_x_times_x_gives_6_then_12():
    x = Value(3.0)
    y = x * x
    y.backward()
    assert x.grad == 6.0
    y.backward()
    assert x.grad == 12.0


def test_leaf_data_changed_between_forward_and_backward_gives_the_gradient_of_the_forward_pass():
    x = Value(3.0)
    y = x * x
    x.data = 50.0
    y.backward()
    assert x.grad == 6.0


def test_leaf_data_changed_before_a_nested_derivative_raises():
    x = Value(3.0)
    y = x * x
    x.data = 50.0
    with pytest.raises(StaleData, match="mul"):
        gradients(y, [x], create_graph=True)


def test_backward_on_a_leaf_gives_it_1():
    x = Value(3.0)
    x.backward()
    assert x.grad == 1.0


def test_an_output_independent_of_the_input_has_the_gradient_0():
    x, y = Value(3.0), Value(2.0)
    (y * y).backward()
    assert x.grad == 0.0
    assert gradients(y * y, [x]) == (0.0,)
    assert gradients(autograd.sign(x) * y, [x]) == (0.0,)


# ── special points ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("x", "slope"), [(-1.0, 1.0), (4.0, 0.25)])
def test_where_x_is_positive_sqrt_x_else_x(x, slope):
    assert slopes(lambda v: autograd.where(autograd.greater(v, 0.0), autograd.sqrt(v), v), x) == [slope]
    assert slopes(lambda v: autograd.where(v > 0, v.sqrt(), v), x) == [slope]


def test_max_of_2_2_and_1():
    assert slopes(lambda *xs: autograd.max(xs), 2.0, 2.0, 1.0) == [0.5, 0.5, 0.0]


def test_relu_abs_hard_tanh_and_hard_logistic_at_their_kinks():
    assert slopes(autograd.relu, 0.0) == slopes(abs, 0.0) == [0.0]
    for f, kinks in ((autograd.hard_tanh, (-1.0, 1.0)), (autograd.hard_logistic, (-2.0, 2.0))):
        for x in kinks:
            assert slopes(f, x) == [0.0]


def test_the_norm_of_zeros_and_the_deviation_of_constants():
    assert slopes(lambda *xs: autograd.norm(xs), 0.0, 0.0, 0.0) == [0.0, 0.0, 0.0]
    assert slopes(lambda *xs: autograd.std(xs), 5.0, 5.0, 5.0) == [0.0, 0.0, 0.0]


def test_sqrt_of_0_is_0_with_an_infinite_gradient_that_the_anomaly_mode_names():
    x = Value(0.0)
    y = autograd.sqrt(x)
    y.backward()
    assert (y.data, x.grad) == (0.0, INF)
    with pytest.raises(NonFinite, match="derivative of sqrt"), detect_anomaly():
        autograd.sqrt(Value(0.0)).backward()


def test_a_negative_base_to_a_value_has_nan_by_the_exponent_and_the_right_gradient_by_the_base():
    by_base, by_exponent = slopes(lambda a, b: a**b, -2.0, 3.0)
    assert by_base == 12.0
    assert math.isnan(by_exponent)


def test_minus_8_to_a_third_is_nan_and_never_complex():
    y = Value(-8.0) ** (1 / 3)
    assert type(y.data) is float
    assert math.isnan(y.data)
    assert math.isnan(((-8.0) ** Value(1 / 3)).data)


@pytest.mark.parametrize(
    ("f", "x", "value"),
    [
        (lambda v: 1 / v, 0.0, INF),
        (lambda v: 1 / v, -0.0, -INF),
        (lambda v: 2 / v, 0.0, INF),
        (lambda v: v / 0, 1.0, INF),
        (lambda v: v / Value(0.0), 1.0, INF),
        (autograd.exp, 1000.0, INF),
        (autograd.log, 0.0, -INF),
        (lambda v: v**400, 10.0, INF),
        (lambda v: v**-1, 0.0, INF),
        (autograd.cosh, 1000.0, INF),
    ],
)
def test_ieee_values_and_no_exception(f, x, value):
    y = f(Value(x))
    y.backward()
    assert y.data == value


def test_stable_functions_at_a_thousand_under_warnings_as_errors():
    out = run("""
import autograd, nn, math
from autograd import Value
for x in (1000.0, -1000.0):
    for f in (autograd.sigmoid, autograd.softplus, autograd.tanh, autograd.log_sigmoid):
        v = Value(x)
        y = f(v)
        y.backward()
        assert f(x) == y.data and math.isfinite(v.grad), (f, x)
        print(y.data, v.grad)
    zs = [Value(x), Value(0.0), Value(-x)]
    loss = nn.CrossEntropyLoss()(zs, 1)
    loss.backward()
    print(loss.data, *[z.grad for z in zs])
""")
    numbers = [[abs(float(x)) for x in line.split()] for line in out.splitlines()]
    assert numbers == [
        *([1, 0], [1000, 1], [1, 0], [0, 0], [1000, 1, 1, 0]),  # at 1000
        *([0, 0], [0, 0], [1, 0], [1000, 1], [1000, 0, 1, 1]),  # at −1000
    ]


def test_softmax_with_one_minus_infinity_and_with_nothing_else():
    zs = [Value(1.0), Value(-INF), Value(3.0)]
    ps = autograd.softmax(zs)
    (-autograd.log(ps[0])).backward()
    assert ps[1].data == 0.0
    assert zs[1].grad == 0.0
    assert all(math.isfinite(z.grad) for z in zs)
    assert all(math.isnan(p.data) for p in autograd.softmax([Value(-INF)] * 3))


def test_prod_of_2_0_3_and_of_two_zeros():
    assert slopes(lambda *xs: autograd.prod(xs), 2.0, 0.0, 3.0) == [0.0, 6.0, 0.0]
    assert slopes(lambda *xs: autograd.prod(xs), 0.0, 0.0, 3.0) == [0.0, 0.0, 0.0]


def test_numbers_on_the_left_give_the_right_node_and_never_an_array():
    x = Value(3.0)
    nodes = [2**x, x**x, np.float64(3) * x, np.float64(2) ** x, np.int64(1) - x]
    assert all(isinstance(y, Value) for y in nodes)
    assert [y.data for y in nodes] == [8.0, 27.0, 9.0, 8.0, -2.0]
    assert slopes(lambda v: v**v, 3.0) == pytest.approx([27.0 * (math.log(3.0) + 1)], rel=1e-15)


def test_an_array_times_a_value_and_numpys_exp_of_one_say_what_to_use():
    with pytest.raises(TypeError, match="Tensor"):
        np.ones(3) * Value(1.0)
    with pytest.raises(TypeError, match="Tensor"):
        Value(1.0) * np.ones(3)
    with pytest.raises(TypeError, match=r"autograd\.exp"):
        np.exp(Value(1.0))


def test_math_exp_of_a_value_detaches_through_float():
    x = Value(1.0)
    y = math.exp(x) * x
    y.backward()
    assert y.data == math.e
    assert x.grad == math.e  # and not 2e: the exponential was a plain number
    assert type(math.exp(x)) is float


def test_x_squared_at_minus_2_takes_no_logarithm_and_reports_no_anomaly():
    x = Value(-2.0)
    with detect_anomaly():
        y = x**2
        y.backward()
    assert x.grad == -4.0
    assert y.local_gradients == (-4.0, None)


def test_the_second_derivative_of_3x_squared_at_0():
    x = Value(0.0)
    (slope,) = gradients((3 * x) ** 2, [x], create_graph=True)
    assert gradients(slope, [x]) == (18.0,)


def test_sqrt_of_x_squared_at_0_has_the_gradient_0_and_the_anomaly_mode_names_the_masked_edge():
    assert slopes(lambda v: autograd.sqrt(v) ** 2, 0.0) == [0.0]
    with pytest.raises(NonFinite, match=r"through sqrt, 0\.0 × inf .* taken as 0"), detect_anomaly():
        slopes(lambda v: autograd.sqrt(v) ** 2, 0.0)


def test_minimum_of_relu_and_6_at_its_kinks_is_written_with_clip():
    assert slopes(autograd.relu6, 0.0) == slopes(autograd.relu6, 6.0) == [0.0]
    assert slopes(autograd.relu6, 5.0) == [1.0]


def test_division_through_the_reciprocal_may_differ_from_ieee_division_by_one_rounding():
    a, b = 49.0, 49.0
    assert (Value(a) / b).data == a * (1 / b) != a / b
    assert (Value(a) / b).data == pytest.approx(1.0, rel=2**-52)
    assert autograd.divide(Value(a), b).data == 1.0


# ── modes, threads, tasks ────────────────────────────────────────────────────────────────────────────────────────────


def test_no_grad_in_one_thread_while_another_trains():
    x, entered, leave, losses = Value(1.0), threading.Event(), threading.Event(), []

    def evaluate():
        with no_grad():
            entered.set()
            leave.wait(timeout=30)
            losses.append((x * x).requires_grad)

    thread = threading.Thread(target=evaluate)
    thread.start()
    assert entered.wait(timeout=30)
    y = x * x
    y.backward()
    leave.set()
    thread.join()
    assert (x.grad, losses) == (2.0, [False])


def test_an_exception_inside_no_grad_restores_the_mode():
    with pytest.raises(OperandError), no_grad():
        Value(1.0) + "1"
    assert (Value(1.0) * 2).requires_grad


def test_modes_do_not_leak_between_asyncio_tasks():
    x = Value(2.0)

    async def evaluate():
        with no_grad():
            await asyncio.sleep(0)
            needs = (x * x).requires_grad
            await asyncio.sleep(0)
        return needs

    async def train():
        found = []
        for _ in range(4):
            found.append((x * x).requires_grad)
            await asyncio.sleep(0)
        return all(found)

    async def both():
        return await asyncio.gather(evaluate(), train(), evaluate())

    assert asyncio.run(both()) == [False, True, False]


def test_importing_and_using_the_engine_gives_no_warning():
    assert run("import autograd, nn; x = autograd.Value(0.0); (1 / x + x.log()).backward(); print(x.grad)")


def test_no_global_random_state_is_read_or_changed():
    random.seed(1)
    np.random.seed(1)
    plain, legacy = random.getstate(), np.random.get_state()[1].tolist()
    first = [p.data for p in nn.MLP([2, 3, 1], rng=5).parameters()]
    random.seed(2)
    np.random.seed(2)
    assert [p.data for p in nn.MLP([2, 3, 1], rng=5).parameters()] == first
    random.seed(1)
    np.random.seed(1)
    nn.MLP([2, 3, 1], rng=5)
    nn.MLP([2, 3, 1])
    assert random.getstate() == plain
    assert np.random.get_state()[1].tolist() == legacy
