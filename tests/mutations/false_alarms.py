"""False alarms: random programs whose rules are right, and every verdict that says otherwise.

A derivative may be too small beside the round-off of its function to be judged, which the checker says and which is no
alarm.
"""

from typing import NamedTuple

from random_programs import program

from autograd import check
from mutations.array_programs import ArrayProgram


class Alarm(NamedTuple):
    """A right program that the checker objects to, and its report."""

    name: str
    report: str


class Search(NamedTuple):
    """How many programs were checked, how many of them could not be judged to the end, and the false alarms."""

    programs: int
    limited: int
    alarms: tuple[Alarm, ...]

    def __add__(self, other):
        return Search(*(own + more for own, more in zip(self, other, strict=True)))


def search(programs):
    """Searches so many programs, seven in ten of them on numbers."""
    scalars = 7 * programs // 10
    return of_scalars(range(scalars)) + of_arrays(range(programs - scalars))


def of_scalars(numbers, largest=60):
    """Searches programs on numbers, of up to so many steps."""
    made = ((f"program({n}, {largest})", program(n, largest)) for n in numbers)
    return searched((name, lambda *xs, run=own.run: run(xs), own.point) for name, own in made)


def of_arrays(numbers):
    """Searches programs on arrays."""
    made = ((f"ArrayProgram({n})", ArrayProgram(n)) for n in numbers)
    return searched((name, own, own.inputs) for name, own in made)


def searched(programs):
    """Checks functions, each with a name and its inputs."""
    count, limited, alarms = 0, 0, []
    for name, f, inputs in programs:
        report = check(f, *inputs)
        found = set(report.verdicts.values())
        count, limited = count + 1, limited + ("precision-limited" in found)
        if found - {"pass", "precision-limited"}:
            alarms.append(Alarm(name, str(report)))
    return Search(count, limited, tuple(alarms))
