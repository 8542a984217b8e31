"""Calls of programs: arguments by name, a native program on buffers, frozen parameters, and refusals with a way out."""

import math
import pickle

import numpy as np
import pytest

import nn
from autograd import Tensor, Value, record
from autograd.errors import ArgumentError, Detached, OperandError, ShapeError

# ── arguments by name ────────────────────────────────────────────────────────────────────────────────────────────────


def line(x, w=2.0, *, b=1.0):
    return x * w + b


def test_arguments_go_by_position_or_by_name_as_in_the_function():
    program = record(line, 1.0, b=2.0)
    for found in (program(3.0, 4.0), program(3.0, b=4.0), program(b=4.0, x=3.0)):
        assert found == line(3.0, b=4.0)
    assert program.value_and_gradient(3.0, b=4.0) == (10.0, (2.0, 1.0))
    assert program.gradient(b=4.0, x=3.0) == (2.0, 1.0)
    assert program.graph(x=5.0, b=0.0).data == 10.0
    assert "def value(x, b):" in program.source()


def test_a_gradient_has_the_order_of_the_signature_whatever_the_order_of_names():
    program = record(lambda x, w, b: x * w + b * 3.0, b=1.0, x=1.0, w=1.0)
    assert program.gradient(b=0.0, w=5.0, x=7.0) == (5.0, 7.0, 3.0)
    assert record(lambda x, w: x * w, w=1.0, x=1.0, argnums=1).gradient(w=2.0, x=3.0) == (3.0,)


def test_names_reach_functions_that_take_any():
    assert record(lambda x, **named: x * named["a"] - named["b"], 1.0, b=1.0, a=1.0)(2.0, a=3.0, b=4.0) == 2.0
    assert record(lambda *xs: xs[0] * xs[1], 1.0, 2.0)(x2=3.0, x1=4.0) == 12.0


def test_names_go_to_lanes_nodes_models_trees_and_pickles():
    program = record(line, 1.0, b=2.0)
    assert program(x=np.arange(3.0), b=1.0).tolist() == [1.0, 3.0, 5.0]
    x = Value(3.0)
    program(x=x, b=1.0).backward()
    assert x.grad == 2.0
    assert pickle.loads(pickle.dumps(program))(b=1.0, x=3.0) == 7.0
    model = nn.Neuron(2, rng=0)
    of_model = record(lambda model, x: model(x), x=[1.0, 2.0], model=model)
    assert of_model(model=model, x=[3.0, 4.0]) == model([3.0, 4.0]).data
    assert of_model.gradient(x=[3.0, 4.0], model=model)[0]["bias"] == of_model.gradient(model, [3.0, 4.0])[0]["bias"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: p(3.0, w=4.0), r"takes x, b, and no w.*Record it with w=…"),
        (lambda p: p(3.0, x=4.0), "given x twice, by position and by name"),
        (lambda p: p(x=4.0), "takes x, b: b is missing"),
        (lambda p: p.gradient(b=4.0), "x is missing"),
        (lambda p: p(1.0, 2.0, 3.0), "takes 2 arguments, x, b: got 3"),
    ],
)
def test_names_that_do_not_fit_a_program_are_refused(call, message):
    with pytest.raises(ArgumentError, match=message):
        call(record(line, 1.0, b=2.0))


@pytest.mark.parametrize(
    ("record_it", "message"),
    [
        (lambda: record(line), r"line\(x, w=2.0, \*, b=1.0\).*missing a required argument: 'x'"),
        (lambda: record(line, 1.0, y=2.0), "unexpected keyword argument 'y'"),
        (lambda: record(line, 1.0, x=2.0), "multiple values for argument 'x'"),
        (lambda: record(line, 1.0, 2.0, 3.0), "too many positional arguments"),
    ],
)
def test_an_example_that_the_function_does_not_take_is_refused(record_it, message):
    with pytest.raises(ArgumentError, match=message):
        record_it()


# ── buffers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("straight", [False, True])
def test_a_native_program_runs_on_two_arrays_that_stay(straight):
    w = Value(5.0, "w")
    run = record(lambda x, y: x * y[0] + y[1] * w, 1.0, [2.0, 3.0]).to("native", straight=straight).on_buffers()
    assert run.names == ("x", "y_0", "y_1", "w")
    assert run.inputs.tolist() == [1.0, 2.0, 3.0, 5.0]
    run.inputs[:3] = 3.0, 4.0, 1.0
    assert run.run()
    assert (run.value.tolist(), run.gradient.tolist()) == ([17.0], [4.0, 3.0, 5.0])
    run.inputs[3] = 0.0
    assert run.run()
    assert run.results.tolist() == [12.0, 4.0, 3.0, 0.0]


def test_buffers_follow_the_branch_of_their_arguments_and_say_where_another_is_taken():
    program = record(lambda x: x * 2.0 if x > 0.0 else -x, 1.0).to("native")
    run = program.on_buffers(x=-3.0)
    assert run.run()
    assert run.results.tolist() == [3.0, -1.0]
    run.inputs[0] = 3.0
    assert not run.run()


def test_buffers_may_be_without_gradient():
    program = record(lambda x: [x, x * 2.0], 1.0).to("native")
    run = program.on_buffers(3.0, gradient=False)
    assert run.run()
    assert (run.value.tolist(), run.gradient.tolist()) == ([3.0, 6.0], [])
    with pytest.raises(ShapeError, match="gradient is that of one number"):
        program.on_buffers(3.0)


def test_buffers_are_those_of_native_programs_of_numbers():
    with pytest.raises(ArgumentError, match=r'program\.to\("native"\)\.on_buffers'):
        record(line, 1.0).on_buffers()
    with pytest.raises(ArgumentError, match="is a program of arrays, which has buffers of its own"):
        record(lambda x: x.sum(), np.ones(2)).on_buffers()


# ── frozen parameters ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("scalar", [True, False])
def test_a_parameter_that_has_become_variable_is_refused_where_its_derivative_would_have_been_zero(scalar):
    model = nn.Neuron(2, rng=0) if scalar else nn.Linear(2, 1, rng=0, dtype=np.float64)
    x = [1.0, 2.0] if scalar else np.ones((1, 2))
    model.bias.requires_grad = False
    program = record(lambda model, x: model(x) if scalar else model(x).sum(), model, x)
    assert np.all(program.gradient(model, x)[0]["bias"] == 0.0)
    model.bias.requires_grad = True
    assert program(model, x) == record(lambda model, x: model(x) if scalar else model(x).sum(), model, x)(model, x)
    with pytest.raises(ArgumentError, match=r"bias was frozen when f was recorded, and is variable.*Record it again"):
        program.gradient(model, x)


def test_lanes_and_another_model_are_asked_as_well():
    one, two = nn.Neuron(1, rng=0), nn.Neuron(1, rng=1)
    program = record(lambda model, x: model([x]), one, 1.0)
    two.bias.requires_grad = False
    with pytest.raises(ArgumentError, match="bias was variable when f was recorded, and is frozen"):
        program.gradient(two, 1.0)
    with pytest.raises(ArgumentError, match="bias was variable when f was recorded, and is frozen"):
        program.gradient(two, np.ones(3))
    assert program(two, np.ones(3)).shape == (3,)


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: x * math.exp(x), 1.0),
        (lambda x: x * float(x), 1.0),
        (lambda x: x * float(x.sum()), np.ones(2)),
        (lambda x: x * x.sum().item(), np.ones(2)),
    ],
)
def test_a_number_taken_out_is_refused_with_its_line(f, x):
    with pytest.raises(Detached, match=r"test_program_calls\.py:\d+ reads the number of .* the number would be frozen"):
        record(f, x)


@pytest.mark.parametrize("example", [1j, np.ones(2) * 1j])
def test_complex_examples_are_refused(example):
    with pytest.raises(OperandError, match="x is complex, and programs work on real numbers"):
        record(lambda x: x, example)


def test_a_batch_in_rows_is_refused_with_the_way_to_lanes():
    model = nn.MLP([2, 1], rng=0)
    program = record(lambda x: model(x)[0], [1.0, 2.0])
    batch = np.arange(6.0).reshape(3, 2)
    with pytest.raises(ShapeError, match=r"array of shape \(3, 2\): for one lane a row give its columns, list\(x\.T\)"):
        program(batch)
    with pytest.raises(ShapeError, match=r"array of shape \(2,\): give it as a list, x\.tolist\(\)"):
        program(batch[0])
    assert program(list(batch.T)).tolist() == pytest.approx([program(row.tolist()) for row in batch])


def test_what_gives_an_array_says_so_where_a_gradient_is_asked_for():
    with pytest.raises(ShapeError, match=r"gave an array of shape \(3,\): record a weighted sum"):
        record(lambda x: x * 2.0, np.ones(3)).gradient(np.ones(3))


def test_a_program_of_arrays_names_its_executor_and_why():
    with pytest.raises(ArgumentError, match="can be run by numpy or native, not by 'python', for it works on arrays"):
        record(lambda x: x.sum(), Tensor([1.0, 2.0])).to("python")
