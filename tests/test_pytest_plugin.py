"""The pytest plugin, in suites of their own: it asserts gradients, says why they fail, and is in nobody's way."""

import importlib.metadata
import importlib.util
import os
import subprocess
import sys

import pytest
from hypothesis import settings

# Suites inside run in this process, which loads NumPy once and for all of them.
import autograd.checking
import nn

pytest_plugins = ["pytester"]

HALF = """
import autograd
import pytest
from autograd import elementwise, tanh
half = elementwise("half", lambda a: a * a, lambda a: a * a, lambda y, a: (a,))
"""


def test_the_plugin_is_installed_under_its_name():
    (plugin,) = importlib.metadata.entry_points(group="pytest11", name="glassgrad")
    assert plugin.value == "autograd.checking.plugin.hooks"


def test_a_wrong_gradient_fails_with_the_table_and_nothing_from_inside(pytester):
    pytester.makepyfile(
        HALF
        + """
def test_right(gradcheck):
    assert gradcheck(tanh, 0.5).passed

def test_wrong(gradcheck):
    gradcheck(lambda weight, x: half(weight) * x, 3.0, 2.0)
"""
    )
    result = pytester.runpytest()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            ">       gradcheck(lambda weight, x: half(weight) * x, 3.0, 2.0)",
            "E *GradientError: f: wrong toward weight *",
            "E       input *analytic*numeric*verdict*suspected cause",
            "E       weight *factor 1/2",
            "E       weight: every wrong one is 1/2 times the right one.",
        ]
    )
    assert not any(autograd.checking.__path__[0] in line for line in result.outlines)
    assert len(result.outlines) < 35


def test_what_f_raises_is_shown_at_its_own_line(pytester):
    pytester.makepyfile(
        """
from autograd import assert_gradients

def divided(x):
    return x / (1 // 0)

def test_by_fixture(gradcheck):
    gradcheck(divided, 1.0)

def test_by_function():
    assert_gradients(divided, 1.0)
"""
    )
    result = pytester.runpytest()
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines([">       gradcheck(divided, 1.0)", ">       return x / (1 // 0)"])
    result.stdout.no_fnmatch_line("*checking*")


def test_options_come_from_the_call_then_the_marker_then_the_level(pytester):
    pytester.makepyfile(
        HALF
        + """
import numpy as np

@pytest.fixture
def modes(gradcheck):
    return lambda **options: {row.mode for row in gradcheck(tanh, 0.5, **options).rows}

def test_level_of_the_command_line(modes, gradcheck):
    assert modes() == {"reverse"}
    assert len(gradcheck(lambda w: (w * w).sum(), np.ones(100)).rows) == 2

@pytest.mark.gradcheck(level="thorough", allow=["kink"])
class TestClass:
    def test_marker_of_the_class(self, modes, gradcheck):
        assert modes() == {"reverse", "forward", "2nd reverse", "2nd forward"}
        assert not set(gradcheck(abs, 0.0, order=1).verdicts.values()) - {"kink"}

    @pytest.mark.gradcheck(order=1)
    def test_marker_of_the_test(self, modes, gradcheck):
        assert modes() == {"reverse", "forward"}
        assert len(gradcheck(lambda w: (w * w).sum(), np.ones(100)).rows) == 32

    def test_the_call(self, modes):
        assert modes(order=2, forward=False) == {"reverse", "2nd reverse"}
"""
    )
    pytester.runpytest("--gradcheck-level", "quick").assert_outcomes(passed=4)


def test_an_op_is_checked_in_as_many_programs_as_are_asked_for(pytester):
    pytester.makepyfile(
        HALF
        + """
@pytest.mark.gradcheck(programs=3)
def test_right(gradcheck):
    assert gradcheck.op(autograd.sin).programs <= 3

def test_wrong(gradcheck):
    gradcheck.op(half)
"""
    )
    result = pytester.runpytest("--gradcheck-level", "quick")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([">       gradcheck.op(half)", "E *GradientError: half: wrong *", "E *factor 1/2*"])
    assert not any(autograd.checking.__path__[0] in line for line in result.outlines)


def test_the_marker_selects_every_test_that_asks_for_the_fixture(pytester):
    pytester.makepyfile(
        HALF
        + """
def test_by_fixture(gradcheck):
    gradcheck(tanh, 0.5)

@pytest.mark.gradcheck
def test_by_marker():
    pass

def test_of_something_else():
    raise AssertionError
"""
    )
    pytester.runpytest("-m", "gradcheck", "--strict-markers").assert_outcomes(passed=2, deselected=1)


def test_what_is_asked_wrongly_is_said_in_one_line(pytester):
    pytester.makepyfile(
        HALF
        + """
@pytest.mark.gradcheck(lvl="quick")
def test_a(gradcheck):
    gradcheck(tanh, 0.5)

@pytest.mark.gradcheck("quick")
def test_b(gradcheck):
    gradcheck(tanh, 0.5)

@pytest.mark.gradcheck(level="slow")
def test_c(gradcheck):
    gradcheck(tanh, 0.5)

def test_d(gradcheck):
    gradcheck(3.0, 0.5)
"""
    )
    result = pytester.runpytest()
    result.assert_outcomes(failed=4)
    result.stdout.fnmatch_lines(
        [
            "the marker gradcheck takes level, order, *got lvl",
            "the marker gradcheck takes level, order, *got one without a name",
            "the level of the marker gradcheck is quick, standard, thorough; got 'slow'",
            "E *OperandError: check takes a function *",
        ]
    )
    assert pytester.runpytest("--gradcheck-level", "slow").ret == pytest.ExitCode.USAGE_ERROR


# ── Hypothesis ───────────────────────────────────────────────────────────────────────────────────────────────────────

COUNTED = """
import pytest
from hypothesis import given, settings, strategies as st
from autograd import tanh

calls = []

@pytest.mark.gradcheck
@given(st.floats(1, 2))
def test_marked(x):
    calls.append("marked")

@given(x=st.floats(1, 2))
def test_fixture(gradcheck, x):
    calls.append("fixture")
    gradcheck(tanh, x)

@settings(max_examples=7)
@given(x=st.floats(1, 2))
def test_settings_of_its_own(gradcheck, x):
    calls.append("own")

@given(st.floats(1, 2))
@settings(max_examples=8)
@pytest.mark.gradcheck(level="thorough")
def test_settings_below(x):
    calls.append("below")

@given(st.floats(1, 2))
def test_of_something_else(x):
    calls.append("else")

def test_counts():
    counts = {name: calls.count(name) for name in calls}
    assert counts == COUNTS
"""


def test_a_property_test_of_gradients_tries_the_examples_of_its_level(pytester):
    counts = {"marked": 20, "fixture": 20, "own": 7, "below": 8, "else": 100}
    pytester.makepyfile(COUNTED.replace("COUNTS", repr(counts)))
    pytester.runpytest_subprocess("--gradcheck-level", "quick", "-W", "error").assert_outcomes(passed=6)


@pytest.fixture
def profile_kept():
    """Loads this suite's profile again after a suite inside has loaded its own."""
    yield
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.mark.usefixtures("profile_kept")
@pytest.mark.parametrize("plugins", [(), ("-p", "no:hypothesispytest")], ids=["with", "without"])
def test_a_profile_that_was_chosen_stays_with_or_without_the_plugin_of_hypothesis(pytester, plugins):
    counts = {"marked": 9, "fixture": 9, "own": 7, "below": 8, "else": 9}
    pytester.makeconftest(
        """
from hypothesis import settings
settings.register_profile("mine", max_examples=9, deadline=None)
settings.load_profile("mine")
"""
    )
    pytester.makepyfile(COUNTED.replace("COUNTS", repr(counts)))
    pytester.runpytest("--gradcheck-level", "quick", *plugins).assert_outcomes(passed=6)


@pytest.mark.parametrize("on_ci", [False, True])
def test_importing_hypothesis_registers_a_profile_for_every_level_and_loads_none(on_ci):
    script = """
import sys
from hypothesis import settings
loaded = {"sympy", "matplotlib", "nn", "pytest"} & set(sys.modules)
profiles = [settings.get_profile(f"gradcheck-{level}") for level in ("quick", "standard", "thorough")]
numbers = [profile.max_examples for profile in profiles]
others = {(profile.deadline, profile.derandomize) for profile in profiles}
print(numbers, others, loaded, settings() in profiles)
"""
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | ({"CI": "1"} if on_ci else {})
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True, text=True, check=True, timeout=60, env=environment,
    )  # fmt: skip
    assert done.stdout == f"[20, 100, 1000] {{(None, {on_ci})}} set() False\n"


# ── suites that are about something else ─────────────────────────────────────────────────────────────────────────────


def test_a_suite_without_gradients_loads_no_more_than_the_checker_and_sees_no_warning_in_one_process_or_two(pytester):
    pytester.makepyfile(
        """
import sys

def test_nothing_is_loaded():
    assert {"nn", "sympy", "matplotlib", "hypothesis"} & set(sys.modules) == set()
"""
    )
    pytester.runpytest_subprocess("-W", "error", "--strict-config").assert_outcomes(passed=1)
    if importlib.util.find_spec("xdist"):
        pytester.runpytest_subprocess("-W", "error", "-n", "1").assert_outcomes(passed=1)


@pytest.mark.parametrize("package", [autograd, nn], ids=lambda package: package.__name__)
def test_pytest_does_not_warn_of_a_package_that_was_imported_before_it(package):
    assert "PYTEST_DONT_REWRITE" in package.__doc__  # what it looks for in each package that comes with a plugin


def test_a_suite_may_have_a_fixture_and_a_marker_of_the_same_name(pytester):
    pytester.makepyfile(
        """
import pytest

@pytest.fixture
def gradcheck():
    return 5

@pytest.mark.gradcheck("of another kind", lvl=1)
def test_of_its_own(gradcheck):
    assert gradcheck == 5
"""
    )
    pytester.runpytest("-W", "error", "--strict-markers").assert_outcomes(passed=1)
