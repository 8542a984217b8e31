"""The command line, run as a user runs it."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "autograd", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONUTF8": "1", **environment},
        timeout=120,
        check=False,
    )


NEURON = ("1/(1+exp(-(w*x+b)))", "x=1", "w=0", "b=0")


def test_the_table_shows_the_textbook_forward_and_backward():
    result = run("table", *NEURON)
    assert result.returncode == 0
    lines = [line.split() for line in result.stdout.splitlines()]
    assert [(line[0], line[-1]) for line in lines if line[0].startswith("h")] == [
        ("h1", "0.25"),
        ("h2", "0.25"),
        ("h3", "−0.25"),
        ("h4", "−0.25"),
        ("h5", "−0.25"),
        ("h6", "1"),
    ]
    assert [line[-1] for line in lines if line[1:2] == ["variable"]] == ["0.25", "0", "0.25"]
    assert "∂h6/∂h5 = −0.25" in result.stdout


def test_steps_are_listed_where_there_is_no_terminal():
    result = run("step", *NEURON)
    assert (result.returncode, result.stderr) == (0, "")
    assert "   9  h5 speaks to h4\n      ∂h6/∂h4 += ∂h6/∂h5 · ∂h5/∂h4 = −0.25 · 1 = −0.25\n" in result.stdout
    assert result.stdout.count(" speaks to ") == 8


@pytest.mark.parametrize("ending", ["html", "svg", "txt"])
def test_steps_are_saved_to_the_file_that_was_asked_for(tmp_path, ending):
    file = tmp_path / f"steps.{ending}"
    result = run("step", *NEURON, "-o", str(file))
    assert (result.returncode, result.stdout) == (0, f"wrote {file}\n")
    assert "h5" in file.read_text(encoding="utf-8")


def test_a_check_that_passes_shows_every_input_and_exits_with_0():
    result = run("check", *NEURON)
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[:2] == ["f = 1/(1+exp(-(w*x+b)))", "f: passed all of 6 comparisons (reverse, forward)"]
    cells = [line.split() for line in lines if line.endswith("pass")]
    assert [(name, float(analytic)) for name, _, analytic, *_ in cells] == [("x", 0.0), ("w", 0.25), ("b", 0.25)]


def test_a_check_goes_to_the_order_it_is_asked_for():
    result = run("check", "sin(x)*y", "x=0.5", "y=2", "--order", "2")
    assert result.returncode == 0
    assert "(reverse, forward, 2nd reverse, 2nd forward)" in result.stdout


def test_a_check_that_does_not_pass_says_why_and_exits_with_1():
    at_a_kink, outside = run("check", "relu(x)", "x=0"), run("check", "log(x)", "x=-1")
    assert (at_a_kink.returncode, at_a_kink.stderr) == (1, "")
    assert "f: kink toward x" in at_a_kink.stdout
    assert "move the input off the kink" in at_a_kink.stdout
    assert (outside.returncode, outside.stderr) == (1, "")
    assert "f: not finite toward x" in outside.stdout


def test_a_verdict_that_is_allowed_is_shown_and_exits_with_0():
    result = run("check", "relu(x)", "x=0", "--allow", "kink")
    assert result.returncode == 0
    assert "f: kink toward x" in result.stdout
    assert result.stdout.endswith("Passed all the same: kink is allowed.\n")


@pytest.mark.parametrize("ending", ["svg", "dot", "html"])
def test_draw_writes_the_file_it_was_asked_for(tmp_path, ending):
    file = tmp_path / f"g.{ending}"
    result = run("draw", *NEURON, "-o", str(file))
    assert (result.returncode, result.stderr) == (0, "")
    assert str(file) in result.stdout
    assert "h6" in file.read_text(encoding="utf-8")


def test_draw_without_a_file_prints_svg():
    result = run("draw", "x*y", "x=2", "y=3", "--edges", "values", "--direction", "TB")
    assert ElementTree.fromstring(result.stdout).tag.endswith("svg")


@pytest.mark.parametrize("expression", ["-x*2", "-x", "-(x+x)", "-h*2", "-o*2"])
def test_an_expression_may_begin_with_a_minus(expression):
    name = expression.strip("-(")[0]
    assert run("table", expression, f"{name}=3").returncode == 0


def test_values_may_stand_before_and_after_options(tmp_path):
    for order in (["x=1", "-o", "FILE", "y=2"], ["-o", "FILE", "x=1", "y=2"], ["x=1", "y=2", "-o", "FILE"]):
        file = tmp_path / "g.svg"
        result = run("draw", "x*y", *[str(file) if text == "FILE" else text for text in order])
        assert (result.returncode, result.stderr) == (0, "")


def test_a_letter_that_has_two_codes_is_one_name():
    assert run("table", "\u00b5*2", "\u00b5=1").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["table", "x*y", "x=1"], 2, "nothing is given for y: add y=…"),
        (["table", "x", "x=1", "y=2"], 2, "y does not occur"),
        (["table", "x", "x=1", "x=2"], 2, "given twice"),
        (["table", "x", "x"], 2, "is not NAME=VALUE"),
        (["table", "x", "x=one"], 2, "'one' is not a number"),
        (["table", "1+1"], 2, "holds no name"),
        (["table", "__import__('os').system('true')"], 2, "only arithmetic"),
        (["table", "x.real", "x=1"], 2, "only arithmetic"),
        (["table", "9**9**9*x", "x=1"], 2, "beyond the range"),
        (["check", "x*y", "x=1"], 2, "nothing is given for y: add y=…"),
        (["check", "x*x", "x=inf"], 2, "x holds inf: a check needs finite numbers"),
        (["check", "1+1"], 2, "holds no name"),
        (["check", "__import__('os').system('true')"], 2, "only arithmetic"),
        (["check", "x.real", "x=1"], 2, "only arithmetic"),
        (["check", "sin(x, x)", "x=1"], 2, "sin takes 1 operand, got 2"),
        (["check", "x*x", "x=1", "--order", "0"], 2, "1 or more; got 0"),
        (["check", "x*x", "x=1", "--allow", "kinky"], 2, "among pass, precision-limited, kink"),
        (["draw", "x*x", "x=1", "-o", "/no/such/folder/g.svg"], 1, "/no/such/folder/g.svg"),
        (["draw", "x*x", "x=1", "-o", "g.png"], 1, ".svg, .dot or .html"),
        (["draw", "x*x", "x=1", "--edges", "all"], 2, "invalid choice"),
        (["step", "x*y", "x=1"], 2, "nothing is given for y: add y=…"),
        (["step", "1+1"], 2, "holds no name"),
        (["step", "x*x", "x=1", "-o", "g.png"], 1, ".html, .svg or .txt"),
        (["draw"], 2, "required"),
        (["paint"], 2, "invalid choice"),
        ([], 2, "required"),
    ],
)
def test_what_is_asked_wrongly_is_said_in_one_line_with_its_exit_code(arguments, code, message):
    result = run(*arguments)
    assert result.returncode == code
    assert message in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_help_has_examples():
    result = run("--help")
    assert result.returncode == 0
    assert 'python -m autograd draw  "1/(1+exp(-(w*x+b)))" x=1 w=0 b=0 -o neuron.svg' in result.stdout


def test_a_reader_that_stops_early_is_no_error():
    command = f'{sys.executable} -m autograd draw "x*x" x=1 | head -c 1; echo ${{PIPESTATUS[0]}}'
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120, check=False)
    assert result.stdout.endswith("0\n")
    assert result.stderr == ""


def test_a_terminal_without_greek_letters_still_gets_its_table():
    result = run("table", *NEURON, PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert result.returncode == 0
    assert "0.25" in result.stdout


def test_the_demo_trains_prints_and_writes_what_it_says(tmp_path):
    result = run("demo", "--out", str(tmp_path / "out"), "--seed", "3")
    assert (result.returncode, result.stderr) == (0, "")
    assert "h6    1 / h5      0.5  ∂h6/∂h5 = −0.25                 1" in result.stdout
    record = json.loads((tmp_path / "out" / "iris.json").read_text(encoding="utf-8"))
    assert record["seed"] == 3
    assert f"{record['right']} of 30 test flowers right" in result.stdout
    assert record["right"] >= 29
    assert record["accuracy"] == record["right"] / 30
    assert record["history"]
    for name in ("sigmoid.svg", "iris-neuron.svg"):
        assert ElementTree.parse(tmp_path / "out" / name).getroot().tag.endswith("svg")
        assert str(tmp_path / "out" / name) in result.stdout


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(10))
def test_any_of_ten_seeds_names_at_least_29_of_the_30_test_flowers(tmp_path, seed):
    result = run("demo", "--out", str(tmp_path), "--seed", str(seed))
    assert json.loads((tmp_path / "iris.json").read_text(encoding="utf-8"))["right"] >= 29, result.stdout
