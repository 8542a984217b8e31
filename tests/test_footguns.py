"""Footguns: what surprises people, each shown as it is, with the way round it.

Nothing here is a fault; all of it has been taken for one. A surprise that is found later gets a test here.
"""

import math

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value, detect_anomaly, record
from autograd.errors import ArgumentError, Detached, NonFinite, OperandError, StaleData

# ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_division_of_values_may_differ_from_pythons_by_one_rounding():
    """a / b is recorded as a × (1/b), the textbook's elementary functions: two roundings in place of one."""
    assert (Value(49.0) / Value(49.0)).data == 0.9999999999999999
    assert (Tensor(49.0) / Tensor(49.0)).item() == 1.0  # the row divide, rounded once
    assert autograd.divide(Value(49.0), Value(49.0)).data == 1.0  # which Values have as well


def test_the_cube_root_of_a_negative_number_is_nan():
    """As in NumPy; Python alone would answer with a complex number."""
    assert math.isnan((Value(-8.0) ** (1 / 3)).data)


def test_the_root_of_x_squared_has_no_slope_at_zero_and_root_x_squared_loses_it():
    """sqrt(x)² is x for x ≥ 0, and its slope at 0 is taken as ∞ × 0: nothing comes from a factor that is exactly 0."""
    x = Value(0.0)
    (x.sqrt() ** 2).backward()
    assert x.grad == 0.0
    with pytest.raises(NonFinite), detect_anomaly():  # where it is told
        (Value(0.0).sqrt() ** 2).backward()


def test_a_float_operator_makes_a_constant_of_its_number():
    """Only Values and Tensors are followed: a number that training changes must be one of them."""
    rate = 2.0
    x = Value(3.0)
    y = x * rate
    rate = 5.0
    y.backward()
    assert (x.grad, rate) == (2.0, 5.0)


# ── gradients ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_second_backward_adds_to_the_first():
    x = Value(3.0)
    y = x * x
    y.backward()
    assert x.grad == 6.0
    y.backward()
    assert x.grad == 12.0
    x.zero_grad()
    y.backward()
    assert x.grad == 6.0


def test_mathematics_on_a_value_cuts_it_off():
    """math.exp(v) calls float(v), which is a plain number: the gradient stops there, and nobody says so …"""
    x = Value(1.0)
    y = math.exp(x) * x
    y.backward()
    assert x.grad == math.e  # of the second factor alone
    with pytest.raises(Detached, match=r"autograd\.exp"):  # … except where a function is differentiated as a whole
        autograd.grad(lambda x: math.exp(x) * x)(1.0)


def test_an_attribute_of_a_shape_is_not_differentiated():
    assert autograd.grad(lambda x: x.sum() * x.size)(np.ones(3)).tolist() == [3.0, 3.0, 3.0]


def test_changing_data_after_the_fact_counts_for_tensors_and_not_for_values():
    """A Value keeps its local derivatives; a Tensor takes them at backward, and refuses when the data are new."""
    x = Value(3.0)
    y = x * x
    x.data = 100.0
    y.backward()
    assert x.grad == 6.0
    t = Tensor([3.0])
    u = (t * t).sum()
    t.data = [100.0]
    with pytest.raises(StaleData):
        u.backward()


def test_equal_values_are_not_one_key():
    """== compares numbers, hashing goes by identity: a dict of nodes finds the node itself alone."""
    a, b = Value(1.0), Value(1.0)
    assert a == b
    assert {a: "a"}.get(b) is None


def test_numpy_functions_do_not_work_on_a_value():
    with pytest.raises(OperandError, match=r"autograd\.exp"):
        np.exp(Value(1.0))


# ── programs ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_plain_number_from_outside_is_frozen_into_a_program():
    """Recording sees nodes: a global float is a constant like any other. Give it as an argument, or make it a Value."""
    settings = {"rate": 2.0, "live": Value(2.0)}
    frozen = record(lambda x: x * settings["rate"], 1.0)
    live = record(lambda x: x * settings["live"], 1.0)
    settings["rate"] = 5.0
    settings["live"].data = 5.0
    assert (frozen(1.0), live(1.0)) == (2.0, 5.0)


def test_what_a_function_prints_it_prints_while_it_is_recorded(capsys):
    """A recording runs the function twice, to see whether it does the same; replays do not run it at all."""

    def f(x):
        print("here")
        return x * 2.0

    program = record(f, 1.0)
    assert capsys.readouterr().out == "here\nhere\n"
    program(2.0)
    assert capsys.readouterr().out == ""


def test_a_whole_number_given_to_a_program_is_a_number_and_counts_nothing():
    """A program's numbers may change from call to call, and a loop's length may not: close over it."""
    with pytest.raises(TypeError):
        record(lambda x, n: sum(x for _ in range(n)), 1.0, 3)
    n = 3
    assert record(lambda x: sum((x for _ in range(n)), start=0.0), 1.0)(2.0) == 6.0


def test_the_same_branch_in_other_words_is_recorded_anew():
    """Paths are told apart by what was decided, not by what came of it."""
    program = record(lambda x: abs(x) if x > 0.0 else 1.0 * abs(x), 1.0)
    program(-1.0)
    assert len(program.paths) == 2


def test_python_max_is_a_branch_and_maximum_is_not():
    branch = record(lambda x, y: max(x, y), 1.0, 2.0)
    row = record(lambda x, y: autograd.maximum(x, y), 1.0, 2.0)
    assert branch(5.0, 2.0) == row(5.0, 2.0) == 5.0
    assert (len(branch.paths), len(row.paths)) == (2, 1)
    assert branch.gradient(2.0, 2.0) != row.gradient(2.0, 2.0) == (0.5, 0.5)  # a tie is shared by the row alone


def test_a_number_that_went_through_text_is_frozen():
    """Text is for people to read: nobody knows whether it is read back. Round with arithmetic, or outside."""
    program = record(lambda x: x * float(f"{x:.1f}"), 2.0)
    assert program(3.0) == 6.0


def test_attributes_of_an_object_are_frozen():
    """An object that is no model is a setting; it must be the same one, and what it holds is a number from outside."""

    class Settings:
        rate = 2.0

    here = Settings()
    program = record(lambda x, settings: x * settings.rate, 1.0, here)
    here.rate = 5.0
    assert program(1.0, here) == 2.0
    assert record(lambda x, rate: x * rate, 1.0, here.rate)(1.0, 5.0) == 5.0  # give it as an argument


def test_what_a_function_does_to_lists_is_done_while_it_is_recorded():
    """A program computes what the function gives; a list that it changes on the way is not changed by replays."""
    seen = []

    def f(xs):
        xs.append(xs[0] * 2.0)  # on a list of the program's own
        seen.append(len(xs))
        return sum(xs, start=0.0)

    program = record(f, [1.0, 2.0])
    mine = [10.0, 0.0]
    assert program(mine) == 30.0
    assert (mine, seen) == ([10.0, 0.0], [3, 3])


def test_a_generator_of_your_own_that_draws_the_same_twice_is_frozen():
    """That two runs agree is all that can be seen of a generator of yours; Python's and NumPy's own are looked at."""

    class Coin:
        def toss(self):
            return 1.0

    coin = Coin()
    program = record(lambda x: x * coin.toss(), 1.0)
    coin.toss = lambda: 2.0
    assert program(1.0) == 1.0


def test_freezing_a_parameter_after_recording_is_refused_where_derivatives_are_asked_for():
    """requires_grad is asked when a program is recorded: record it again."""
    model = nn.Neuron(1, rng=0)
    program = record(lambda model: model([1.0]), model)
    model.bias.requires_grad = False
    assert program(model) == model([1.0]).data
    with pytest.raises(ArgumentError, match=r"bias was variable when f was recorded, and is frozen.*Record it again"):
        program.gradient(model)
    assert record(lambda model: model([1.0]), model).gradient(model)[0]["bias"] == 0.0


def test_a_parameter_that_is_not_named_is_left_at_its_default():
    """A program takes the arguments of the example: those that it left out are constants of the function."""
    program = record(lambda x, scale=2.0: x * scale, 1.0)
    assert program(3.0) == 6.0
    with pytest.raises(ArgumentError, match=r"takes x, and no scale.*Record it with scale=…"):
        program(3.0, scale=5.0)
    assert record(lambda x, scale=2.0: x * scale, 1.0, 2.0)(3.0, 5.0) == 15.0
