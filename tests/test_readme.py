"""What the README says is what happens."""

import doctest
import json
import re
from pathlib import Path

import pytest

import autograd
from autograd.array_ops import ARRAY_TABLE
from autograd.ops import TABLE
from benchmarks.__main__ import as_markdown

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_examples_print_what_they_say(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert blocks
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, "README", "README.md", 0)
    results = doctest.DocTestRunner().run(test)
    assert results.attempted > 5
    assert results.failed == 0


def test_the_page_of_the_neuron_is_its_programs_source():
    def neuron(x, w, b):
        return 1 / (autograd.exp(-(x * w + b)) + 1)

    assert f"```py\n{autograd.record(neuron, 1.0, 0.0, 0.0).source()}```" in README


def test_the_number_of_rows_is_that_of_the_table():
    assert f"{len(TABLE)} elementwise ops" in README
    assert f"{len(ARRAY_TABLE)} array ops" in README


def test_the_table_of_speeds_is_the_one_that_was_measured():
    results = json.loads((ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8"))
    assert f"<!-- benchmarks -->\n{as_markdown(results)}\n<!-- /benchmarks -->" in README


@pytest.mark.parametrize("path", re.findall(r"\]\(([^)#:]+)\)", README))
def test_every_link_into_the_project_leads_somewhere(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize("target", ["demo", "test", "lint", "bench", "thorough"])
def test_every_make_target_that_is_named_exists(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
