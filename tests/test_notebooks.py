"""The notebooks run, assert what they show, and lie beside their sources as these now are."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
SOURCES = sorted(NOTEBOOKS.glob("[0-9]*.py"))
notebook_of = runpy.run_path(str(NOTEBOOKS / "execute.py"))["notebook_of"]
by_name = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)


def test_there_are_eleven_of_one_idea_each():
    assert [path.stem[:2] for path in SOURCES] == [f"{number:02}" for number in range(1, 12)]


@by_name
def test_a_notebook_runs_as_plain_python_from_any_folder(source, tmp_path):
    environment = {**os.environ, "MPLBACKEND": "agg"}
    done = subprocess.run(
        [sys.executable, "-W", "error", source],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]


@by_name
def test_a_notebook_and_its_source_are_in_step(source):
    kept = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
    now = notebook_of(source)
    assert [(cell.cell_type, cell.source) for cell in kept.cells] == [(c.cell_type, c.source) for c in now.cells], (
        "make notebooks runs them anew"
    )


@by_name
def test_a_kept_notebook_was_run_from_top_to_bottom_without_an_error(source):
    code = [
        cell for cell in nbformat.read(source.with_suffix(".ipynb"), as_version=4).cells if cell.cell_type == "code"
    ]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert [o for o in outputs if o.output_type == "error"] == []
    assert [o.text for o in outputs if o.output_type == "stream" and o.name == "stderr"] == []


@by_name
def test_a_notebook_asserts_what_it_shows_and_holds_no_logic_of_its_own(source):
    text = source.read_text(encoding="utf-8")
    assert "assert " in text
    assert not re.search(r"^class ", text, flags=re.MULTILINE)


SHOWN = [
    *("Table 4.1", "Table 4.2"),
    *(f"Fig 4.{figure}" for figure in range(1, 11)),
    *(f"Exercise 4-{exercise}" for exercise in range(1, 7)),
    *("Algorithm 4.1", "Theorem 4.1"),
]


@pytest.mark.parametrize("what", SHOWN)
def test_every_figure_and_table_of_the_chapter_has_its_place(what):
    assert any(re.search(rf"{what}\b", path.read_text(encoding="utf-8"), flags=re.IGNORECASE) for path in SOURCES)
