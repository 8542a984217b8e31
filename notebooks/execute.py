"""Runs the notebooks from their percent sources, and keeps each, with what it showed, beside its source.

`python notebooks/execute.py` runs all of them, `python notebooks/execute.py 02 07` those whose names begin so.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent
LIMIT = 60.0  # seconds a notebook may take: longer than that, nobody waits for it in a lesson


def sources(beginnings: list[str]) -> list[Path]:
    """The percent sources, in the order in which they are read."""
    return [path for path in sorted(HERE.glob("[0-9]*.py")) if path.name.startswith(tuple(beginnings or [""]))]


def notebook_of(source: Path) -> Any:
    """The notebook that a percent source stands for, with nothing in it that would differ from run to run."""
    notebook = jupytext.read(source)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for place, cell in enumerate(notebook.cells):
        cell.id = f"cell-{place}"
        cell.metadata = {}
    return notebook


def execute(source: Path) -> float:
    """Runs a notebook in a kernel of its own and writes it; the seconds that took. An error in a cell raises."""
    notebook = notebook_of(source)
    start = time.perf_counter()
    NotebookClient(notebook, timeout=LIMIT, resources={"metadata": {"path": HERE}}, record_timing=False).execute()
    seconds = time.perf_counter() - start
    notebook.metadata.pop("language_info")  # names the interpreter's exact version
    nbformat.write(notebook, source.with_suffix(".ipynb"))
    return seconds


def main(beginnings: list[str]) -> int:
    """Runs those asked for, one line each; 1 where one of them took too long."""
    slow = 0
    for source in sources(beginnings):
        seconds = execute(source)
        slow += seconds > LIMIT
        print(f"{source.stem}: {seconds:.1f} s" + (f", more than {LIMIT:g}" if seconds > LIMIT else ""))
    return int(slow > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
