"""Planted faults are named, by one call and at the line; healthy scripts are not accused."""

import functools

import pytest

from faults import bench, misses, report
from faults.bench import Outcome
from faults.fault import MARK, Fault
from faults.planted import PLANTED

NAMES = [fault.name for fault in PLANTED]
outcome = functools.cache(bench.outcome)


@pytest.mark.parametrize("fault", PLANTED, ids=NAMES)
def test_the_call_names_the_fault_and_where_it_is(fault):
    found = outcome(fault)
    assert found.named == (fault.name not in misses.AMONG_THE_PLANTED), found.answer


@pytest.mark.parametrize("fault", PLANTED, ids=NAMES)
def test_nothing_is_found_in_the_same_script_without_the_fault(fault):
    found = outcome(fault)
    assert found.twin_is_clean, found.of_twin


def test_there_are_thirty_faults_of_which_at_least_26_are_named():
    assert len(PLANTED) == len(set(NAMES)) == 30
    assert sum(outcome(fault).named for fault in PLANTED) >= 26


@pytest.mark.parametrize("fault", PLANTED, ids=NAMES)
def test_the_script_is_small_and_has_one_wrong_line_which_nothing_gives_away(fault):
    assert fault.script.count(MARK) == 1
    assert len(fault.lines) <= 25
    assert fault.lines != fault.twin
    assert "fault" not in "".join([*fault.lines, fault.file]).replace("default", "")


def test_the_faults_of_the_blind_file_are_named_as_often_as_was_measured():
    blind = bench.blind()
    found = [outcome(fault) for fault in blind]
    missed = {each.fault.name for each in found if not each.named}
    assert missed == set(misses.AMONG_THE_BLIND)
    assert len(found) - len(missed) == misses.NAMED_OF_THE_BLIND
    assert [each.fault.name for each in found if each.false_alarm] == []


# ── the bench itself ─────────────────────────────────────────────────────────────────────────────────────────────────

DIVISION = Fault(
    "division",
    "a division by zero",
    """
from autograd import Value, trace, why_nan
with trace():
    x = Value(2.0)
    y = 1.0 / (x - 2.0)  # ← fault
""",
    "y = 1.0 / (x - 1.0)",
    "why_nan(y)",
    ("a division by zero",),
)


def test_a_fault_is_named_where_cause_and_line_are_right():
    found = bench.outcome(DIVISION)
    assert found.named
    assert "division.py:4" in found.answer
    assert found.of_twin.startswith("nothing to explain")


@pytest.mark.parametrize("answer", ["a division by zero", "a division by zero at division.py:41", "division.py:4"])
def test_a_cause_without_the_line_and_a_line_without_the_cause_name_nothing(answer):
    assert not Outcome(DIVISION, answer, "").named


def test_a_healthy_script_that_is_accused_is_a_false_alarm():
    assert Outcome(DIVISION, "", "a division by zero").false_alarm


def test_what_the_library_raises_by_itself_is_an_answer_with_the_line_of_the_script():
    raised = Fault(
        "shapes", "", "import nn\nloss = nn.MSELoss()([[1.0]], [[1.0, 2.0]])  # ← fault", "", "", ("MSELoss",)
    )
    assert bench.outcome(raised).named
    assert "shapes.py:2" in bench.outcome(raised).answer


def test_the_report_has_a_line_for_each_fault_and_tells_what_was_missed_and_why():
    named, missed = Outcome(DIVISION, "a division by zero at division.py:4", ""), Outcome(DIVISION, "fine", "")
    text = report.section("faults", [named, missed], {"division": "nobody looked"})
    assert "faults: 1 of 2 named" in text
    assert "division  why_nan  named   a division by zero at division.py:4" in text
    assert "missed: division: nobody looked" in text
    assert text.endswith("false alarms on the healthy twins: none")
    assert "blind file: there is none" in report.written([named], [])
