"""What the guide to the checker says is what happens: its files, its examples, its commands and all that they print."""

import doctest
import os
import re
import shlex
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import settings

import autograd.checking
from autograd.checking.plugin.levels import LEVELS
from autograd.cli import main

pytest_plugins = ["pytester"]

GUIDE = (Path(autograd.checking.__path__[0]) / "GUIDE.md").read_text(encoding="utf-8")


class Block(NamedTuple):
    """A fenced block of the guide: what its fence names, and what it holds."""

    kind: str
    text: str

    @property
    def is_example(self):
        return self.kind == "python" and self.text.startswith(">>> ")

    @property
    def file(self):
        """The name of the file that it is, in its first line."""
        named = re.match(r"# (\w+\.py)\n", self.text) if self.kind == "python" else None
        return named and named[1]

    @property
    def command(self):
        """What is typed, and what is then printed."""
        if self.kind != "console" or not self.text.startswith("$ "):
            return None
        typed, _, printed = self.text[2:].partition("\n")
        return shlex.split(typed), printed


BLOCKS = [Block(*found) for found in re.findall(r"^```(\w*)\n(.*?)^```$", GUIDE, flags=re.MULTILINE | re.DOTALL)]


def plain(text):
    """Text without what differs from one machine to another: durations, and numbers as small as a rounding error."""
    text = re.sub(r"in \d+\.\d+s", "in …s", text)
    text = re.sub(r"(?<![\w.])(0|\d(\.\d+)?e-\d+)(?![\w.])", "tiny", text)
    return [" ".join(re.sub("─+", "─", line).split()) for line in text.splitlines() if line.strip()]


class Plainly(doctest.OutputChecker):
    def check_output(self, want, got, optionflags):
        return plain(want.replace("<BLANKLINE>", "")) == plain(got)


def test_every_block_is_an_example_a_file_or_a_command():
    assert len(BLOCKS) == GUIDE.count("\n```") / 2
    assert [block for block in BLOCKS if not (block.is_example or block.file or block.command)] == []


def test_the_examples_print_what_they_say():
    text = "\n".join(block.text for block in BLOCKS if block.is_example)
    test = doctest.DocTestParser().get_doctest(text, {}, "GUIDE", "GUIDE.md", 0)
    results = doctest.DocTestRunner(Plainly()).run(test)
    assert results.attempted > 10
    assert results.failed == 0


@pytest.fixture
def few_examples():
    """Where a profile was chosen, as this suite does, a level does not set the number of examples."""
    settings.load_profile("gradcheck-quick")
    yield
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.mark.usefixtures("few_examples")
def test_the_commands_print_what_they_say(pytester, capsys):
    for block in BLOCKS:
        if block.file:
            pytester.path.joinpath(block.file).write_text(block.text, encoding="utf-8")
        elif block.command:
            (program, *arguments), expected = block.command
            if program == "pytest":
                printed = str(pytester.runpytest(*arguments).stdout)
            else:
                assert arguments[:2] == ["-m", "autograd"]
                capsys.readouterr()
                main(arguments[2:])
                printed = capsys.readouterr().out
            assert "\n".join(plain(expected)) in "\n".join(plain(printed))


def test_the_table_of_levels_is_that_of_the_plugin():
    for name, level in LEVELS.items():
        derivatives = ", ".join(["first", "second"][: level.order])
        modes = "reverse, forward" if level.forward else "reverse"
        row = f"| `{name}` | {derivatives} | {modes} | {level.directions} | {level.examples} | {level.programs} |"
        assert row in GUIDE


def test_every_verdict_has_its_row():
    for verdict in autograd.checking.VERDICTS:
        assert f"\n| `{verdict}` | " in GUIDE


def test_the_readme_leads_to_the_guide():
    readme = Path(autograd.__path__[0]).parent / "README.md"
    assert "](autograd/checking/GUIDE.md)" in readme.read_text(encoding="utf-8")
