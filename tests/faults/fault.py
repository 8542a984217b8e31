"""What a planted fault is: a script with one wrong line, the right one, and what an answer must say to name it."""

from __future__ import annotations

from dataclasses import dataclass

MARK = "# ← fault"


@dataclass(frozen=True)
class Fault:
    """A small training script with one fault, at the line that ends in `# ← fault`.

    `right` is what stands there in the healthy twin: the same indentation, without the mark; several lines or none.
    `call` is what the user then asks, one expression in the script's names; "" where the library objects by itself
    while the script runs. The answer names the fault where it holds all of `words`, whatever their case, and the line,
    as file:line; or, where the fault is at no line of its own, `place`: the layer, parameter, argument or op.
    """

    name: str
    about: str
    script: str
    right: str
    call: str
    words: tuple[str, ...]
    place: str = ""

    @property
    def file(self) -> str:
        """The file name under which the script runs: all that the library learns of it besides the code."""
        return f"{self.name.replace(' ', '_')}.py"

    @property
    def lines(self) -> list[str]:
        """The lines of the script, without the mark, for not even a comment is to give the fault away."""
        return [line.replace(MARK, "").rstrip() for line in self._marked]

    @property
    def line(self) -> int:
        """The number of the wrong line, from 1."""
        (number,) = (number for number, line in enumerate(self._marked, 1) if MARK in line)
        return number

    @property
    def twin(self) -> list[str]:
        """The lines of the script with the right ones in place of the wrong one."""
        lines, wrong = self.lines, self.lines[self.line - 1]
        indent = wrong[: len(wrong) - len(wrong.lstrip())]
        own = [indent + line for line in self.right.strip().splitlines()] or [f"{indent}pass"]
        return [*lines[: self.line - 1], *own, *lines[self.line :]]

    @property
    def _marked(self) -> list[str]:
        return self.script.strip("\n").splitlines()
