"""The pytest plugin: the fixture `gradcheck`, the marker of the same name, and the option `--gradcheck-level`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from autograd.checking.plugin.levels import DEFAULT, LEVELS
from autograd.checking.plugin.profiles import arguments

if TYPE_CHECKING:
    from autograd.checking import Report
    from autograd.checking.operators import OpReport
    from autograd.op import Op

OF_CHECK = ("order", "forward", "directions", "seed", "allow")
OF_CHECK_OP = ("order", "forward", "programs", "seed")
OPTIONS = ("level", *OF_CHECK, "programs")  # of the marker
MARKER = (
    f"gradcheck({', '.join(OPTIONS)}): a test of gradients, and options of its gradcheck fixture; "
    "every test that asks for the fixture has this marker"
)
RUNNING = pytest.StashKey[pytest.Item]()


class GradientCheck:
    """What the fixture gives: `gradcheck(f, *inputs)` and `gradcheck.op(op)` assert that gradients are right.

    Both raise GradientError with a table, and give the report where it passed. Their options are those of
    `autograd.check` and `check_op`; what is not given comes from the test's marker, else from the level.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def __call__(self, f: Callable[..., Any], *inputs: Any, **options: Any) -> Report:
        """Checks a function at one point, as `autograd.assert_gradients` does."""
        __tracebackhide__ = True
        from autograd.checking import GradientError, check

        report = check(f, *inputs, **{**self._chosen(OF_CHECK), **options})
        if not report.passed:
            raise GradientError(report)
        return report

    def op(self, op: Op, **options: Any) -> OpReport:
        """Checks an op of your own in random programs, as `assert_op` does; needs Hypothesis."""
        __tracebackhide__ = True
        from autograd.checking.operators import check_op
        from autograd.checking.report import GradientError

        report = check_op(op, **{**self._chosen(OF_CHECK_OP), **options})
        if not report.passed:
            raise GradientError(report)
        return report

    def __repr__(self) -> str:
        return "<gradcheck>"

    def _chosen(self, names: Sequence[str]) -> dict[str, Any]:
        """Those options of the test that is running."""
        __tracebackhide__ = True
        item = self._config.stash[RUNNING]
        marked = _marked(item)
        unknown = [name for name in marked if name not in OPTIONS]
        if unknown or any(mark.args for mark in item.iter_markers("gradcheck")):
            pytest.fail(
                f"the marker gradcheck takes {', '.join(OPTIONS)} by name, such as "
                f"gradcheck(level='thorough'); got {', '.join(unknown) or 'one without a name'}",
                pytrace=False,
            )
        level = _level_of(item)
        if level not in LEVELS:
            pytest.fail(f"the level of the marker gradcheck is {', '.join(LEVELS)}; got {level!r}", pytrace=False)
        chosen = {**LEVELS[level]._asdict(), **marked}
        return {name: chosen[name] for name in names if name in chosen}


@pytest.fixture(scope="session")  # a fixture for each test would not do for tests that Hypothesis calls again and again
def gradcheck(pytestconfig: pytest.Config) -> GradientCheck:
    """Asserts that gradients are right: gradcheck(f, x, y), with the options of autograd.check."""
    return GradientCheck(pytestconfig)


# ── what pytest asks ─────────────────────────────────────────────────────────────────────────────────────────────────


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("gradcheck", "gradients (glassgrad)")
    group.addoption(
        "--gradcheck-level",
        choices=tuple(LEVELS),
        default=DEFAULT,
        help=f"how hard gradients are looked at (default: {DEFAULT})",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)


def pytest_itemcollected(item: pytest.Item) -> None:
    """So that -m gradcheck selects every test of gradients."""
    if "gradcheck" in getattr(item, "fixturenames", ()):
        item.add_marker("gradcheck")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before any fixture runs: notes whose options hold, and gives a property test the examples of its level."""
    item.config.stash[RUNNING] = item
    function = getattr(item, "function", None)
    if getattr(function, "is_hypothesis_test", False) and item.get_closest_marker("gradcheck") is not None:
        level = LEVELS.get(_level_of(item))
        if level is not None and _nobody_chose_settings():
            _set(function, arguments(level))


def _marked(item: pytest.Item) -> dict[str, Any]:
    """What the markers say, those of the test before those of its class and module."""
    merged: dict[str, Any] = {}
    for mark in item.iter_markers("gradcheck"):
        merged = {**mark.kwargs, **merged}
    return merged


def _level_of(item: pytest.Item) -> Any:
    return _marked(item).get("level", item.config.getoption("gradcheck_level"))


# ── Hypothesis, where it is installed and has been imported ──────────────────────────────────────────────────────────


def _nobody_chose_settings() -> bool:
    """Whether the profile is Hypothesis's own with its own numbers: another one was chosen, and stays."""
    settings: Any = sys.modules["hypothesis"].settings
    own = getattr(settings, "_current_profile", "default").startswith(("default", "ci"))
    return own and settings().max_examples == 100 and settings().deadline in (None, timedelta(milliseconds=200))


def _set(function: Any, chosen: dict[str, Any]) -> None:
    """Sets them for one test, unless it has settings of its own."""
    from hypothesis import settings
    from hypothesis.errors import InvalidArgument

    try:
        settings(**chosen)(function)
    except InvalidArgument:  # a test is set once: by its own decorator, or for the parameters before these
        return
