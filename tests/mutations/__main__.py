"""`python -m tests.mutations`: the whole bench, in a few minutes. `--programs 500` searches fewer for false alarms."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # where pytest finds these modules too

from mutations import bench, false_alarms, report


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=report.__doc__)
    parser.add_argument("--programs", type=int, default=10_000, help="random programs to search for false alarms")
    programs = parser.parse_args().programs
    outcomes = [bench.outcome(mutant) for mutant in bench.mutants()]
    print(report.written(outcomes, false_alarms.search(programs)))


if __name__ == "__main__":
    main()
