"""The strategies: what they draw is what was asked for, gradient checks of it pass, and failures shrink to little."""

import io
import math
import subprocess
import sys
from contextlib import redirect_stdout

import numpy as np
import pytest
from hypothesis import find, given, settings, strategies as st

from autograd import Tensor, Value, check
from autograd.checking import strategies
from autograd.checking.strategies import LAYOUTS, arrays, expressions, floats, shapes, tensors, values
from autograd.errors import ArgumentError, MissingExtra
from autograd.ops import TABLE

# ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@st.composite
def domains_with_points(draw):
    low = draw(st.floats(-100.0, 100.0))
    high = low + draw(st.floats(1.0, 50.0))
    return (low, high), draw(st.lists(st.floats(low - 1.0, high + 1.0), max_size=3))


@given(st.data(), domains_with_points(), st.sampled_from([np.float32, np.float64]))
def test_floats_lie_in_their_domain_and_away_from_what_is_avoided(data, domain, dtype):
    (low, high), avoid = domain
    x = data.draw(floats((low, high), avoid=avoid, apart=0.03, dtype=dtype))
    assert low <= x <= high
    assert all(abs(x - point) >= 0.03 * (1.0 - 1e-12) for point in avoid)
    assert float(dtype(x)) == x


@given(floats((-3.0, 2.0)))
def test_floats_are_0_or_so_large_that_a_square_has_a_slope_that_can_be_seen(x):
    assert x == 0.0 or abs(x) >= 2e-6


def test_a_domain_of_tiny_numbers_is_drawn_from_all_the_same():
    assert find(floats((-1e-30, 1e-30)), lambda x: x > 0.0) >= 1e-37
    assert find(floats((0.0, 1e-320)), lambda x: x > 0.0) <= 1e-320
    assert find(floats((5e-324, 5e-324)), lambda x: True) == 5e-324


@given(floats(near=[0.0, 1.0]))
def test_floats_near_special_points_are_those_or_lie_beside_them(x):
    assert min(abs(x), abs(x - 1.0)) <= 2.0**-6


def test_floats_near_a_point_come_on_both_sides_down_to_its_neighbours():
    assert find(floats(near=[1.0]), lambda x: True) == 1.0
    assert find(floats(near=[1.0]), lambda x: 0.0 < x - 1.0 < 1e-14) > 1.0
    assert find(floats(near=[1.0]), lambda x: -1e-14 < x - 1.0 < 0.0) < 1.0
    assert find(floats((0.0, 1.0), near=[1.0]), lambda x: x != 1.0) < 1.0
    assert 0.0 < find(floats(near=[0.0]), lambda x: 0.0 < x < 1e-20) < 1e-20


def test_floats_shrink_to_whole_positive_numbers_near_0():
    assert find(floats(), lambda x: True) == 0.0
    assert find(floats(), lambda x: x != 0.0) == 1.0
    assert find(floats(avoid=[0.0, 1.0]), lambda x: True) == 2.0
    assert find(floats(), lambda x: x < -1.2) == -2.0
    assert find(floats((0.25, 0.75)), lambda x: True) == 0.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"domain": (1.0, 0.0)}, "a finite domain"),
        ({"domain": (0.0, math.inf)}, "a finite domain"),
        ({"apart": 0.0}, "apart > 0"),
        ({"domain": (0.0, 1.0), "avoid": [0.5], "apart": 1.0}, "nothing of"),
        ({"domain": (0.0, 1.0), "near": [3.0]}, "nothing near 3.0"),
        ({"dtype": np.int64}, "np.float32 or np.float64"),
    ],
)
def test_floats_that_cannot_be_are_refused(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        floats(**arguments)


@given(values(floats((1.0, 2.0)), label="w"))
def test_values_hold_these_numbers_under_a_label(w):
    assert isinstance(w, Value)
    assert 1.0 <= w.data <= 2.0
    assert w.label == "w"
    assert w.op is None


def test_values_shrink_as_their_numbers_do():
    assert find(values(), lambda w: w.data > 0.3).data == 1.0
    assert find(values(label=st.sampled_from(["a", "b"])), lambda w: w.label != "a").label == "b"
    assert find(values(), lambda w: True).label is None


# ── arrays ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.data(), shapes(), st.sampled_from([np.float32, np.float64]), st.sampled_from(LAYOUTS))
def test_tensors_have_the_shape_the_dtype_and_the_layout_that_was_asked_for(data, shape, dtype, layout):
    t = data.draw(tensors(shape, dtype, layout, label="t"))
    a = t.data
    assert isinstance(t, Tensor)
    assert (t.shape, t.dtype, t.label) == (shape, dtype, "t")
    assert np.isfinite(a).all()
    long = a.size > 1 and max(shape) > 1
    if layout == "C":
        assert a.flags.c_contiguous
    if layout == "Fortran":
        assert a.flags.f_contiguous
    if layout == "strided" and long:
        assert not a.flags.c_contiguous or a.shape[-1] == 1
    if layout == "broadcast" and long:
        assert 0 in a.strides
    (t * t).sum().backward()
    assert np.array_equal(t.grad, 2.0 * a)


def test_read_only_arrays_are_read_only():
    assert not find(arrays(layout="read-only"), lambda a: a.size > 0).flags.writeable
    assert find(arrays(layout="strided"), lambda a: a.size > 0).flags.writeable


def test_arrays_are_0d_and_empty_too_and_shrink_to_little():
    assert find(arrays(), lambda a: True).shape == ()
    assert find(arrays(), lambda a: a.size == 0).shape == (0,)
    assert find(arrays(), lambda a: a.ndim == 2 and a.size > 1).tolist() in ([[0.0, 0.0]], [[0.0], [0.0]])
    small = find(arrays(), lambda a: a.size and a.max() > 0.3)
    assert (small.tolist(), small.dtype, small.flags.c_contiguous) == (1.0, np.float64, True)


def test_entries_may_be_drawn_from_anywhere():
    assert find(arrays((2,), entries=st.just(7.0)), lambda a: True).tolist() == [7.0, 7.0]
    single = find(arrays((), np.float32, entries=lambda dtype: floats((0.1, 0.2), dtype=dtype)), lambda a: True)
    assert 0.1 <= single.item() <= 0.2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"shape": "two"}, "a tuple of sizes"), ({"dtype": int}, "np.float32 or"), ({"layout": "sparse"}, "one of C,")],
)
def test_arrays_that_cannot_be_are_refused(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        arrays(**arguments)


# ── expressions ──────────────────────────────────────────────────────────────────────────────────────────────────────


@given(expressions())
@settings(max_examples=100)
def test_the_gradient_of_any_expression_passes(e):
    report = check(e.function, *e.inputs)
    assert report.passed, f"{e}\n{report}"


@given(expressions())
@settings(max_examples=100)
def test_an_expression_prints_as_a_script_that_computes_the_same(e):
    scope = {}
    exec(e.source("f = {f}\nresult = f({xs})"), scope)
    assert np.array_equal(scope["result"], e(*e.inputs))


@given(expressions(arrays=True))
@settings(max_examples=60)
def test_an_expression_gives_values_what_it_gives_tensors(e):
    boxes = []
    for x in e.inputs:
        boxes.append(np.empty(x.shape, dtype=object))
        for index in np.ndindex(x.shape):
            boxes[-1][index] = Value(float(x[index]))
    found = e.by_entry(*boxes)
    expected = e(*map(Tensor, e.inputs)).data
    assert found.shape == expected.shape
    assert np.allclose([float(v.data) for v in found.flat], expected.reshape(-1), rtol=1e-9, atol=1e-9)


def test_expressions_shrink_to_one_step_on_simple_numbers_and_print_as_the_check_of_it():
    e = find(expressions(names=["sin", "log"]), lambda e: "ops.sin(" in str(e))
    assert str(e) == "from autograd import check, ops\n\nprint(check(lambda x: ops.sin(x), 1.0))"
    shown = io.StringIO()
    with redirect_stdout(shown):
        exec(str(e), {})
    assert shown.getvalue().startswith("f: passed all of ")


def test_what_is_used_twice_has_a_name():
    several = find(expressions(arrays=False, names=["sin"]), lambda e: e.size == 3)
    assert "    h1 = x * x\n" in str(several)


def test_a_failing_property_of_expressions_shrinks_to_what_makes_it_fail():
    def fails(e):  # as if exp and × did not go together
        text = str(e)
        return "ops.exp(" in text and "*" in text

    small = find(expressions(names=["exp", "tanh"]), fails)
    assert small.size == 2
    assert small.inputs == (1.0,)


def test_expressions_keep_to_the_rows_that_are_named():
    @given(expressions(names=["tanh", "maximum"]))
    @settings(max_examples=30)
    def test(e):
        assert set(TABLE) & {part.split("(")[0] for part in str(e).split("ops.")[1:]} <= {"tanh", "maximum"}

    test()


def test_expressions_are_as_large_as_asked_for():
    @given(expressions(largest=4))
    @settings(max_examples=30)
    def test(e):
        assert 1 <= e.size <= 4

    test()
    assert find(expressions(arrays=False, largest=8), lambda e: e.size >= 5).size == 5


@pytest.mark.parametrize("arguments", [{"largest": 0}, {"names": ["sign"]}, {"names": ["sinus"]}, {"names": "sin"}])
def test_expressions_that_cannot_be_are_refused(arguments):
    with pytest.raises(ArgumentError):
        expressions(**arguments)


@pytest.mark.parametrize("name", ["floats", "values", "arrays", "tensors", "shapes", "expressions"])
def test_without_hypothesis_each_names_the_command(monkeypatch, name):
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(MissingExtra, match=rf'{name} needs hypothesis: pip install "glassgrad\[checking\]"'):
        getattr(strategies, name)()


def test_the_checker_alone_does_not_load_hypothesis():
    script = "import sys, autograd; autograd.check, autograd.check_op, autograd.checking.strategies.floats; "
    command = [sys.executable, "-c", script + "print('hypothesis' in sys.modules)"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"
