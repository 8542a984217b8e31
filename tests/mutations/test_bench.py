"""The checker objects to every row that is broken, in every way, and to no program that is right.

By default a share of the mutants and of the programs; all of them in the long search.
"""

from collections import defaultdict

import pytest

from autograd import check
from autograd.array_ops import ARRAY_TABLE
from autograd.ops import TABLE
from mutations import bench, false_alarms, report, survivors
from mutations.bench import MADE_UP, Mutant, mutants, outcome
from mutations.blind import BLIND

ALL = list(mutants())
SHARE = ALL[::7]

SUSPECTED = {
    "zero": {"detached"},
    "sign": {"sign"},
    "factor 1.001": {"factor 1.001"},
    "factor 0.999": {"factor 0.999"},
    "factor 1.000001": {"factor 1 + 1e-06"},
    "factor 2": {"factor 2"},
    "off by 0.01": {"offset", "factor 1.01", "factor 0.99"},
    "not a number": {"rule gives nan"},
    "first operand forgotten": {"detached"},
    "last operand forgotten": {"detached"},
    "wrong at one point": {"at this point alone"},
    "transposed": {"transposed", "misplaced"},
    "turned round": {"misplaced"},
    "one entry forgotten": {"missing accumulation", "broadcast not summed"},
    "stale, from another call": {"stale"},
}


def survivors_among(chosen):
    return {found.mutant.name for found in map(outcome, chosen) if not found.caught}


def test_every_row_of_both_tables_is_broken_in_at_least_8_ways():
    ways = defaultdict(set)
    for mutant in ALL:
        ways[report.key_of(mutant)[0]].add(mutant.way.name)
    assert set(ways) == {*TABLE, *(f"array op {name}" for name in ARRAY_TABLE)}
    assert min(map(len, ways.values())) >= 8


def test_the_share_that_runs_by_default_holds_every_row_and_every_way():
    assert {m.row for m in SHARE} == {m.row for m in ALL}
    assert {m.way.name for m in SHARE} == {m.way.name for m in ALL}


def test_what_is_left_out_would_change_nothing():
    assert [mutant.name for mutant in bench.left_out() if mutant.shows()] == []


def test_every_mutant_is_wrong_somewhere():
    assert [mutant.name for mutant in SHARE if not mutant.shows()] == []


def test_the_checker_objects_to_mutants_and_suspects_what_was_done_to_them():
    for found in map(outcome, SHARE):
        assert found.caught or found.mutant.name in survivors.AMONG_ROWS, found.mutant.name
        assert found.causes <= SUSPECTED.get(found.mutant.way.name, found.causes), found.mutant.name


def programs_of(chosen: list[Mutant]):
    """One mutant for each row and program, put right."""
    return {(m.row, m.op.whole, m.ground, m.way.program): m.right() for m in chosen}.values()


def test_the_checker_accepts_the_same_programs_with_the_rows_as_they_are():
    for mutant in programs_of(SHARE):
        found = next(mutant.reports())
        assert found.passed, f"{mutant.name}\n{found}"


def test_the_checker_objects_to_the_mutants_of_the_blind_file():
    verdicts = report.blind_verdicts()
    assert len(verdicts) == len(BLIND) == 20
    assert {name for name, verdict in verdicts.items() if verdict == "pass"} == set(survivors.AMONG_THE_BLIND)


def test_what_is_wrong_in_the_second_derivative_alone_is_found_there():
    (case,) = (case for case in BLIND if case.name in survivors.AMONG_THE_BLIND)
    f, inputs = case.build()
    assert not check(f, *inputs, order=2).passed


def test_there_is_no_false_alarm_among_random_programs():
    search = false_alarms.search(100)
    assert search.programs == 100
    assert search.alarms == ()


def test_there_is_no_false_alarm_where_an_op_rounds_more_than_its_result_shows():
    assert false_alarms.of_arrays([766, 2171, 22077]).alarms == ()  # log_softmax close to 0, where all of it is noise


def test_the_report_names_what_was_caught_what_survived_and_why():
    found = [outcome(mutant) for mutant in ALL if mutant.row == "sign"]
    unnoticed = found[0]._replace(verdict="pass")
    text = report.written([unnoticed, *found[1:]], false_alarms.search(1))
    assert f"caught: {len(found) - 1} of {len(found)}" in text
    assert f"  {unnoticed.mutant.name}: no reason is known" in text
    assert "blind file: 19 of 20, 95.00 % caught" in text
    assert "check(…, order=2)" in text
    assert "false alarms: 0 in 1 random programs" in text
    assert all(way.name in text for way in MADE_UP)


@pytest.mark.thorough
def test_at_least_98_percent_of_all_mutants_are_caught_and_every_survivor_has_its_reason():
    names = survivors_among(ALL)
    assert names == set(survivors.AMONG_ROWS)
    assert len(names) <= 0.02 * len(ALL)


@pytest.mark.thorough
def test_every_mutant_is_wrong_somewhere_and_right_when_it_is_put_right():
    assert [mutant.name for mutant in ALL if not mutant.shows()] == []
    assert [m.name for m in programs_of(ALL) if not all(found.passed for found in m.reports())] == []


@pytest.mark.thorough
def test_there_is_no_false_alarm_among_ten_thousand_random_programs():
    search = false_alarms.search(10_000)
    assert search.programs == 10_000
    assert search.alarms == ()
