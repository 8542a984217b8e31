"""The whitelist parser: what it understands, and that it executes nothing."""

import math

import pytest
from hypothesis import given, strategies as st

from autograd import Value, ancestry
from autograd.errors import ExpressionError
from autograd.parsing import FUNCTIONS, LONGEST, evaluate, names_in


def ops(node):
    return [each.op.name for each in ancestry(node) if each.op]


def test_the_textbook_neuron_is_read_as_its_six_functions():
    f = evaluate("1/(exp(-(x*w + b)) + 1)", {"x": Value(1.0), "w": Value(0.0), "b": Value(0.0)})
    assert ops(f) == ["mul", "add", "mul", "exp", "add", "reciprocal"]
    assert f.data == 0.5


def test_names_come_in_the_order_of_their_first_appearance_without_functions():
    assert names_in("1/(1+exp(-(w*x+b))) + w + pi*e") == ["w", "x", "b", "pi", "e"]


def test_a_value_given_for_e_is_taken():
    assert evaluate("e*2", {"e": Value(1.0)}).data == 2.0


def test_an_error_quotes_the_part_it_speaks_of():
    with pytest.raises(ExpressionError, match=r"in 'log\(x, 2\)'"):
        evaluate("  -x*(log(x, 2)+1)", {"x": Value(2.0)})


def test_powers_comparisons_and_functions_are_understood():
    x = Value(2.0)
    assert evaluate("x**3 - 2*x + +1", {"x": x}).data == 5.0
    assert evaluate("where(x > 1, x*x, -x)", {"x": x}).data == 4.0
    assert evaluate("max(x, 1, 3)", {"x": x}).data == 3.0
    assert evaluate("sin(pi/2) + log(e)", {}) == 2.0


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_on_the_list_can_be_called(name):
    for count in (1, 2, 3):
        try:
            y = evaluate(f"{name}({', '.join(['x'] * count)})", {"x": Value(0.5)})
        except ExpressionError:  # another number of operands is wanted
            continue
        assert isinstance(y, Value)
        return
    pytest.fail(f"{name} takes neither one, two nor three operands")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("__import__('os').system('true')", "only arithmetic"),
        ("__import__('os')", "only arithmetic"),
        ("x.__class__", "only arithmetic"),
        ("x[0]", "only arithmetic"),
        ("[x]", "only arithmetic"),
        ("lambda: x", "only arithmetic"),
        ("x if x else 1", "only arithmetic"),
        ("f'{x}'", "only arithmetic"),
        ("exp(*[x])", "only arithmetic"),
        ("1 < x < 3", "only arithmetic"),
        ("x // 2", "only arithmetic"),
        ("exp(a=1)", "by position"),
        ("(x := 1)", "only arithmetic"),
        ("x; x", "cannot read"),
        ("", "cannot read"),
        ("x +", "cannot read"),
        ("\0", "cannot read"),
        ("(" * 500 + "x", "cannot read"),
        ("-" * 9000 + "x", "cannot read"),
        ("1" * 5000, "cannot read"),
        ("9**9**9", "beyond the range"),
        ("x**(10**400)", "beyond the range"),
        ("1/0", "beyond the range"),
        ("x ^ 2", "write \\*\\*"),
        ("True", "only real numbers"),
        ("1j", "only real numbers"),
        ("sigmod(x)", "did you mean sigmoid"),
        ("open(x)", "no function"),
        ("exp(x, x)", "exp takes 1 operand, got 2"),
        ("x + y", "nothing is given for y"),
        ("x*" * LONGEST + "x", "at most 10,000"),
    ],
)
def test_what_is_no_arithmetic_is_refused_in_one_line(text, message):
    with pytest.raises(ExpressionError, match=message) as problem:
        evaluate(text, {"x": Value(2.0)})
    assert "\n" not in str(problem.value)
    assert len(str(problem.value)) < 500


@given(st.text(max_size=40))
def test_any_text_is_a_value_or_an_expression_error(text):
    try:
        y = evaluate(text, {"x": Value(2.0)})
    except ExpressionError:
        return
    assert isinstance(y, Value | float)


@given(st.recursive(st.sampled_from(["x", "y", "2.5", "3"]), lambda t: st.tuples(t, st.sampled_from("+-*"), t)))
def test_the_value_is_that_of_python_arithmetic(tree):
    def written(t):
        return t if isinstance(t, str) else f"({written(t[0])} {t[1]} {written(t[2])})"

    def computed(t):
        if isinstance(t, str):
            return {"x": 0.75, "y": -1.5}.get(t) or float(t)
        a, b = computed(t[0]), computed(t[2])
        return a + b if t[1] == "+" else a - b if t[1] == "-" else a * b

    y = evaluate(written(tree), {"x": Value(0.75), "y": Value(-1.5)})
    assert math.isclose(float(y), computed(tree), rel_tol=1e-12, abs_tol=1e-12)
