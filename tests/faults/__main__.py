"""`python -m tests.faults`: the table of all planted faults, the blind file apart."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # where pytest finds these modules too

from faults import bench, report


def main():
    print(report.written(*bench.outcomes()))


if __name__ == "__main__":
    main()
