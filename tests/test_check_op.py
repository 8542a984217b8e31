"""check_op: every row of both tables passes, every fault is caught, and what fails is a script of a few lines."""

import math
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import autograd
from autograd import array_op, assert_op, check_op, elementwise, ops, sigmoid
from autograd.array_ops import ARRAY_TABLE
from autograd.errors import ArgumentError, MissingExtra, OperandError, ShapeError
from autograd.ops import TABLE

RIGHT = 3  # programs for each row here, and many more in the thorough test
ROOT = Path(autograd.__file__).parents[1]

# Rows that need parameters, or operands that nobody guesses.
GIVEN = {
    "reshape": {"inputs": [(2, 3)], "parameters": {"shape": (3, 2)}},
    "broadcast_to": {"inputs": [(3,)], "parameters": {"shape": (2, 3)}},
    "astype": {"inputs": [(2, 3)], "parameters": {"dtype": np.dtype(np.float32)}},
    "getitem": {"inputs": [(3, 3)], "parameters": {"index": (np.array([0, 0, 2]), slice(2))}},
    "scatter": {"inputs": [(3, 2)], "parameters": {"index": (np.array([0, 0, 2]),), "shape": (4, 2)}},
    "sum": {"parameters": st.sampled_from([{}, {"axis": 0}, {"axis": -1, "keepdims": True}])},
    "cumsum": {"parameters": {"axis": 0}},
    "einsum": {"inputs": [(2, 3), (4, 3)], "parameters": {"subscripts": "ij,kj->ik"}},
}
ROWS = [*((op, {}) for op in TABLE.values()), *((op, GIVEN.get(op.name, {})) for op in ARRAY_TABLE.values())]
NAMES = [f"{op.name} of arrays" if op.whole else op.name for op, _ in ROWS]


@pytest.mark.parametrize(("op", "given"), ROWS, ids=NAMES)
def test_every_row_of_both_tables_passes(op, given):
    report = check_op(op, programs=RIGHT, **given)
    assert report.passed, str(report)


@pytest.mark.thorough
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("op", "given"), ROWS, ids=NAMES)
def test_every_row_of_both_tables_passes_in_many_programs(op, given, seed):
    report = check_op(op, programs=100, seed=seed, **given)
    assert report.passed, str(report)


# ── right ops of a user ──────────────────────────────────────────────────────────────────────────────────────────────


def value_of_swish(a):
    return a / (1.0 + math.exp(-a))


def values_of_swish(a):
    return a / (1.0 + np.exp(-a))


def right_slope(y, a):
    return y + sigmoid(a) * (1.0 - y)


def swish_with(rule):
    return elementwise("swish", value_of_swish, values_of_swish, rule)


def blend_with(rule):
    """a · e^(0.3 b), of which ∂a = e^(0.3 b) and ∂b = 0.3 y."""
    return elementwise("blend", lambda a, b: a * math.exp(0.3 * b), lambda a, b: a * np.exp(0.3 * b), rule)


def right_slopes(y, a, b):
    return ops.exp(0.3 * b), 0.3 * y


def test_right_ops_pass():
    swish = swish_with(lambda y, a: (right_slope(y, a),))
    report = check_op(swish, programs=20)
    assert report
    assert report.passed
    assert report.verdict == "pass"
    assert report.script == report.cause == ""
    assert report.report is None
    assert str(report).startswith("swish: passed ")
    assert check_op(blend_with(right_slopes), programs=20)
    assert_op(swish, programs=3)


def test_right_ops_pass_to_second_order():
    assert check_op(swish_with(lambda y, a: (right_slope(y, a),)), order=2, programs=8)


def test_an_op_with_a_kink_passes_wherever_its_slope_lies_between_both():
    steps = elementwise("leaky", lambda a: max(a, 0.1 * a), lambda a: np.maximum(a, 0.1 * a),
                        lambda y, a: (ops.where(ops.greater(a, 0.0), 1.0, 0.1),))  # fmt: skip
    assert check_op(steps, inputs=[np.array([-1.0, 0.0, 2.0])], programs=30)


def test_the_domain_is_found_by_trying():
    entropy = elementwise(
        "entropy", lambda a: a * math.log(a), lambda a: a * np.log(a), lambda y, a: (1.0 + ops.log(a),)
    )
    assert check_op(entropy, programs=20)
    reach = elementwise("reach", lambda a, b: math.log(a - b), lambda a, b: np.log(a - b),
                        lambda y, a, b: (ops.reciprocal(a - b), -ops.reciprocal(a - b)))  # fmt: skip
    assert check_op(reach, programs=20)


def test_an_array_op_passes_on_operands_that_only_its_user_knows():
    inverse = array_op("inverse", np.linalg.inv, lambda g, y, a: (-(y.T @ g @ y.T),))
    matrix = np.array([[2.0, 0.5], [-1.0, 1.5]])
    assert check_op(inverse, inputs=[matrix], programs=12)
    assert check_op(inverse, inputs=st.sampled_from([[matrix], [matrix.T + np.eye(2)]]), programs=12)
    drawn = arrays.arrays(np.float64, (2, 2), elements=st.floats(-0.5, 0.5)).map(lambda a: [a + 2.0 * np.eye(2)])
    assert check_op(inverse, inputs=drawn, programs=6)


# ── wrong ones ───────────────────────────────────────────────────────────────────────────────────────────────────────


def stale():
    seen = []

    def rule(y, a, b):
        old = seen[-1] if seen and np.shape(seen[-1][0]) == np.shape(y) else (y, a, b)
        seen.append((y, a, b))
        return right_slopes(*old)

    return rule


def random_slope():
    rng = np.random.default_rng(0)
    return lambda y, a, b: (ops.exp(0.3 * b) * (1.0 + 0.01 * rng.random()), 0.3 * y)


def on_a_second_call():
    """Off where the op meets the very operand that it met in another call just before."""
    seen = []

    def rule(y, a, b):
        again = bool(seen) and seen[-1][1] is a and seen[-1][0] is not y
        seen[:] = [(y, a)]
        return ops.exp(0.3 * b) * (1.01 if again else 1.0), 0.3 * y

    return rule


def doubled(a):
    a *= 2.0
    return a


def changing_the_gradient(g, y, a):
    if isinstance(g, np.ndarray):
        g *= 3.0
        return (g,)
    return (3.0 * g,)


def single(a):
    return getattr(a, "dtype", None) == np.float32


WRONG = {
    "sign": (blend_with(lambda y, a, b: (-ops.exp(0.3 * b), 0.3 * y)), "sign"),
    "factor 1.001": (blend_with(lambda y, a, b: (1.001 * ops.exp(0.3 * b), 0.3 * y)), "factor 1.001"),
    "factor 2": (blend_with(lambda y, a, b: (2.0 * ops.exp(0.3 * b), 0.3 * y)), "factor 2"),
    "zero": (blend_with(lambda y, a, b: (0.0 * a, 0.3 * y)), "detached"),
    "swapped operands": (blend_with(lambda y, a, b: (0.3 * y, ops.exp(0.3 * b))), "swapped"),
    "forgotten operand": (blend_with(lambda y, a, b: (ops.exp(0.3 * b), 0.0 * b)), "detached"),
    "offset": (swish_with(lambda y, a: (right_slope(y, a) + 0.01,)), "offset"),
    "stale": (blend_with(stale()), "stale"),
    "at 0 alone": (swish_with(lambda y, a: (right_slope(y, a) + ops.equal(a, 0.0),)), "at this point alone"),
    "one operand twice": (blend_with(lambda y, a, b: (ops.exp(0.3 * b), (0.31 if a is b else 0.3) * y)), ""),
    "a second call": (blend_with(on_a_second_call()), ""),
    "in float32": (swish_with(lambda y, a: (right_slope(y, a) * (1.001 if single(a) else 1.0),)), "factor 1.001"),
    "random": (blend_with(random_slope()), "a rule changes"),
    "broadcast not summed": (
        array_op("shifted", lambda a, b: a + b, lambda g, y, a, b: (g, g[0] if a.ndim > b.ndim else g)),
        "broadcast not summed",
    ),
    "transposed": (array_op("product", np.matmul, lambda g, y, a, b: (g @ b, a.T @ g)), "transposed"),
    "shares not added up": (
        array_op("picked", lambda a: a[[0, 0, 1]], lambda g, y, a: (autograd.concatenate([g[1:], 0.0 * a[2:]]),)),
        "missing accumulation",
    ),
    "turned round": (array_op("summed", np.cumsum, lambda g, y, a: (autograd.cumsum(g),)), ""),
    "changes its operand": (array_op("doubled", doubled, lambda g, y, a: (2.0 * g,)), "changes what it is given"),
    "changes the gradient": (array_op("tripled", lambda a: 3.0 * a, changing_the_gradient), "changes what it is given"),
    "on arrays alone": (
        elementwise("cube", lambda a: a**3, lambda a: a**3 + 0.5 * a, lambda y, a: (3.0 * a * a,)),
        "",
    ),
    "another value on arrays": (
        elementwise("cube", lambda a: a**3, lambda a: a**3 + 0.5, lambda y, a: (3.0 * a * a,)),
        "engines disagree",
    ),
    "raises on arrays": (
        elementwise("wave", math.sin, np.sin, lambda y, a: (math.cos(a),)),
        "raised TypeError",
    ),
    "not a number": (
        elementwise("bump", lambda a: a * a, lambda a: a * a, lambda y, a: (2.0 * ops.sqrt(a) * ops.sqrt(a),)),
        "rule gives nan",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_op_is_caught_explained_and_shrunk(fault):
    op, cause = WRONG[fault]
    report = check_op(op)
    assert not report.passed, str(report)
    assert report.verdict == {"random": "non-deterministic", "not a number": "not finite"}.get(fault, "wrong")
    if cause:
        assert cause in report.cause, str(report)
    program = report.script.rpartition("\n\n")[0].rpartition("\n\n")[2]
    assert len(report.script.splitlines()) <= 30, report.script
    assert program.count("\n") <= 8, report.script
    scope = {"shown": None}
    exec(report.script.replace("print(check(", "shown = (check("), scope)
    assert scope["shown"] is None or not scope["shown"].passed


def test_an_op_that_is_imported_shrinks_to_three_lines_that_run(tmp_path):
    (tmp_path / "activations.py").write_text(
        "import math\nimport numpy as np\nfrom autograd import elementwise, sigmoid\n\n"
        "swish = elementwise('swish', lambda a: a / (1 + math.exp(-a)), lambda a: a / (1 + np.exp(-a)),\n"
        "                    lambda y, a: (-y + sigmoid(a) * (1.0 - y),))\n"
    )
    (tmp_path / "checks.py").write_text(
        "from autograd import check_op\nfrom activations import swish\nprint(check_op(swish).script)\n"
    )
    script = run(tmp_path, "checks.py")
    lines = [line for line in script.splitlines() if line]
    assert lines[:2] == ["from activations import swish", "from autograd import check"]
    assert re.fullmatch(r"print\(check\(lambda x: swish\(x\), \S+\)\)", lines[2])
    assert len(lines) == 3
    (tmp_path / "shrunk.py").write_text(script)
    assert "f: wrong toward x" in run(tmp_path, "shrunk.py")


def run(folder, file):
    """What a script prints, run in a folder by a Python of its own."""
    command = [sys.executable, file]
    environment = {"PYTHONPATH": f"{ROOT}:{folder}", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


SCALE = 0.5


def scaled(g):
    return SCALE * g


def test_an_op_made_in_a_function_is_printed_with_all_that_it_uses():
    power = 3

    halved = array_op("halved", lambda a: a**power / 2.0,
                      lambda g, y, a: (scaled(g) * a * a,))  # fmt: skip
    report = check_op(halved)
    assert "power = 3" in report.script
    assert "SCALE" in report.script or "import scaled" in report.script
    assert "factor 1/3" in report.cause
    scope = {}
    exec(report.script.replace("print(", "shown = ("), scope)
    assert not scope["shown"].passed
    assert str(scope["shown"]) in str(report)


def test_the_report_says_all_of_it():
    swish = swish_with(lambda y, a: (-right_slope(y, a),))
    report = check_op(swish)
    text = str(report)
    assert text.startswith("swish: wrong – sign. Random program 1 showed it; the shortest is\n\n    ")
    assert "x: every wrong one is minus the right one: a rule lost a minus." in text
    line = test_the_report_says_all_of_it.__code__.co_firstlineno + 1
    assert report.rule.endswith(f"test_check_op.py:{line}")
    assert f"Its rule begins at {report.rule}." in text
    assert repr(report) == "OpReport(swish, wrong, 1 programs)"
    shown = []
    report._repr_pretty_(SimpleNamespace(text=shown.append), False)
    assert shown == [text]
    with pytest.raises(AssertionError, match="a rule lost a minus") as caught:
        assert_op(swish)
    assert not caught.value.report.passed


def test_the_same_programs_are_drawn_every_time():
    swish = swish_with(lambda y, a: (right_slope(y, a) * (1.001 if single(a) else 1.0),))
    assert str(check_op(swish)) == str(check_op(swish))


def test_what_its_rule_gives_no_derivative_of_is_held_constant():
    assert "Held constant: operand 2, 3," in str(check_op(ops.clip, programs=4))


def test_an_op_without_a_rule_must_be_flat():
    leaning = elementwise("leaning", lambda a: math.floor(a) + 0.01 * a, lambda a: np.floor(a) + 0.01 * a, None)
    assert check_op(leaning).cause == "detached"


# ── what it is given ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_says_when_operands_cannot_be_guessed():
    picky = array_op("picky", lambda a, axes: np.transpose(a, axes), lambda g, y, a, axes: (g,))
    with pytest.raises(ArgumentError, match=r"no operands were found with which picky works.*inputs=.*parameters="):
        check_op(picky)
    nowhere = elementwise("nowhere", lambda a: math.nan, lambda a: a * math.nan, lambda y, a: (y,))
    with pytest.raises(ArgumentError, match=r"nowhere is finite at none of the points.*inputs="):
        check_op(nowhere)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"inputs": 3.0}, ArgumentError, "one entry for each operand"),
        ({"inputs": [1.0, 2.0]}, ShapeError, "sin takes 1 operands, and inputs has 2"),
        ({"inputs": [st.floats(0.0, 1.0)]}, ArgumentError, "itself a strategy for lists"),
        ({"inputs": [None]}, ArgumentError, "got an entry 'None'"),
        ({"parameters": {"axis": 0}}, OperandError, "takes no parameters"),
        ({"programs": 0}, ArgumentError, "programs as a whole number"),
        ({"order": True}, ArgumentError, "order as a whole number"),
    ],
)
def test_bad_arguments_are_named(given, error, message):
    with pytest.raises(error, match=message):
        check_op(ops.sin, **given)


def test_a_function_is_no_op():
    with pytest.raises(OperandError, match=r"check_op takes an op.*autograd\.check"):
        check_op(math.sin)


def test_without_hypothesis_it_names_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(MissingExtra, match=r'check_op needs hypothesis: pip install "glassgrad\[checking\]"'):
        check_op(ops.sin)


def test_what_no_program_can_judge_has_not_passed():
    report = check_op(ops.abs, inputs=[0.0], programs=5)
    assert not report.passed
    assert report.verdict == "kink"
    assert str(report).startswith("abs: kink – none of ")
