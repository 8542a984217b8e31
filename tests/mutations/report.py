"""The report: rows by ways, the share caught, survivors with their reasons, the blind file, and false alarms."""

from collections import Counter, defaultdict

from autograd import check
from mutations import bench, survivors
from mutations.bench import NOT_BROKEN
from mutations.blind import BLIND

CAUGHT, SURVIVED, LEFT_OUT, NONE = "●", "○", "–", " "


def written(outcomes, search):
    """The whole report on what became of all mutants and on a search for false alarms."""
    return "\n\n".join([matrix(outcomes), share(outcomes), without_effect(), blind(blind_verdicts()), alarms(search)])


def matrix(outcomes):
    """A line for each row and a column for each way."""
    cells = defaultdict(list)
    for outcome in outcomes:
        cells[key_of(outcome.mutant)].append(outcome.caught)
    left_out = {key_of(mutant) for mutant in bench.left_out()}
    ways = list(dict.fromkeys(way for _, way in [*cells, *left_out]))
    rows = list(dict.fromkeys(row for row, _ in cells))
    width = max(map(len, rows))

    def cell(row, way):
        found = cells.get((row, way))
        return (LEFT_OUT if (row, way) in left_out else NONE) if found is None else CAUGHT if all(found) else SURVIVED

    numbers = [f"{number:2}" for number in range(1, len(ways) + 1)]
    lines = [" " * width + " " + " ".join(numbers) + "  caught"]
    for row in rows:
        own = [caught for (name, _), found in cells.items() if name == row for caught in found]
        marks = " ".join(f" {cell(row, way)}" for way in ways)
        lines.append(f"{row.ljust(width)} {marks}  {sum(own)} of {len(own)}")
    legend = [f"{number} {way}" for number, way in zip(numbers, ways, strict=True)]
    meaning = f"{CAUGHT} caught, {SURVIVED} survived, {LEFT_OUT} changes nothing in this row"
    return "\n".join([*lines, "", meaning, *legend])


def key_of(mutant):
    kind = "array op " if mutant.call in bench.calls.ARRAY_CALLS.values() else ""
    return f"{kind}{mutant.row}", mutant.way.name


def share(outcomes):
    """How many were caught, with which verdict, and who was not."""
    caught = sum(outcome.caught for outcome in outcomes)
    verdicts = Counter(outcome.verdict for outcome in outcomes if outcome.caught)
    by = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common())
    names = [outcome.mutant.name for outcome in outcomes if not outcome.caught]
    return "\n".join([f"caught: {percent(caught, len(outcomes))} ({by})", *of_survivors(names, survivors.AMONG_ROWS)])


def percent(part, whole):
    return f"{part} of {whole}, {100.0 * part / whole:.2f} %"


def of_survivors(names, reasons):
    """A line for each, with its reason."""
    lines = [f"  {name}: {reasons.get(name, 'no reason is known: a fault of the checker')}" for name in names]
    return ["survivors:", *lines] if lines else ["survivors: none"]


def without_effect():
    """What was not counted, for it would have changed nothing."""
    lines = [f"  {way}: {', '.join(rows)} – {reason}" for way, (rows, reason) in NOT_BROKEN.items()]
    return "\n".join(["not counted, for nothing would be wrong:", *lines])


def blind_verdicts():
    """What the checker says of each mutant of the blind file, as a user asks it."""
    found = {}
    for case in BLIND:
        f, inputs = case.build()
        report = check(f, *inputs, **case.options)
        found[case.name] = "pass" if report.passed else ", ".join(sorted(set(report.verdicts.values()) - {"pass"}))
    return found


def blind(verdicts):
    """The blind file's mutants with their verdicts and faults."""
    width = max(map(len, verdicts))
    passed = [name for name, verdict in verdicts.items() if verdict == "pass"]
    lines = [f"  {case.name.ljust(width)}  {verdicts[case.name]}: {case.fault}" for case in BLIND]
    caught = f"blind file: {percent(len(verdicts) - len(passed), len(verdicts))} caught"
    return "\n".join([caught, *lines, *of_survivors(passed, survivors.AMONG_THE_BLIND)])


def alarms(search):
    """How many right programs were blamed."""
    lines = [f"  {alarm.name}\n{alarm.report}" for alarm in search.alarms]
    limited = f"{search.limited} of them limited by precision" if search.limited else "none limited by precision"
    return "\n".join([f"false alarms: {len(search.alarms)} in {search.programs} random programs, {limited}", *lines])
