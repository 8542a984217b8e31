"""The bench: runs each script as a user does, asks the one call, and reads nothing but the text of the answer."""

from __future__ import annotations

import importlib.util
import linecache
import traceback
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograd.errors import AutogradError
from faults.fault import Fault
from faults.planted import PLANTED

SILENT = "no complaint"
NOTHING_FOUND = {  # what a call says of a healthy script, where it says so in a word
    "": SILENT,
    "assert_op": "None",
    "check_op": "passed",
    "mistakes.recognise": "and right",
    "nn.health": "0 findings",
    "why_nan": "nothing to explain",
}


@dataclass(frozen=True)
class Outcome:
    """The answer to a fault's call, that to the same call on its healthy twin, and what they come to."""

    fault: Fault
    answer: str
    of_twin: str

    @property
    def named(self) -> bool:
        """Whether the answer says what is wrong, and where."""
        place = self.fault.place or f"{self.fault.file}:{self.fault.line}"
        return self.cause_in(self.answer) and _holds(self.answer, place)

    @property
    def false_alarm(self) -> bool:
        """Whether the healthy twin is accused of the same, or its script does not run at all."""
        return self.cause_in(self.of_twin) or (not self.fault.call and self.of_twin != SILENT)

    @property
    def twin_is_clean(self) -> bool:
        """Whether nothing at all is found in the healthy twin."""
        call = self.fault.call.partition("(")[0]
        return not self.false_alarm and NOTHING_FOUND.get(call, "") in self.of_twin

    def cause_in(self, text: str) -> bool:
        return all(word.lower() in text.lower() for word in self.fault.words)

    @property
    def first_line(self) -> str:
        """The sentence of the answer that holds the first of the words, and what comes after it; else its start."""
        lines = [line.strip() for line in self.answer.splitlines() if line.strip()]
        word = self.fault.words[0].lower()
        telling = next((line for line in lines if word in line.lower()), lines[0])
        return telling[telling.rfind(". ", 0, max(telling.lower().find(word), 0)) + 1 :].strip()


def outcome(fault: Fault) -> Outcome:
    """What is said of a fault and of its twin."""
    return Outcome(fault, answer(fault, fault.lines), answer(fault, fault.twin))


def answer(fault: Fault, lines: Sequence[str]) -> str:
    """The text of the answer to the call after the script, or of the error that is raised, with the line."""
    source = "\n".join([*lines, *([f"answer = {fault.call}"] if fault.call else []), ""])
    linecache.cache[fault.file] = (len(source), None, source.splitlines(keepends=True), fault.file)
    scope: dict[str, Any] = {"__name__": fault.file.removesuffix(".py")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy's about overflow and the like, which a user sees scroll by
        try:
            exec(compile(source, fault.file, "exec"), scope)
        except AutogradError as error:
            return f"{type(error).__name__}: {error} ({_line_of(error, fault.file)})"
        finally:
            linecache.cache.pop(fault.file, None)
    return str(scope["answer"]) if fault.call else SILENT


def _line_of(error: Exception, file: str) -> str:
    """The line of the script that a traceback ends with, before it goes on inside the library."""
    line = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file][-1]
    return f"{file}:{line}"


def _holds(text: str, place: str) -> bool:
    """Whether a text holds a place as a whole: line 1 is not line 12."""
    start = text.find(place)
    while start >= 0:
        end = start + len(place)
        if not text[end : end + 1].isalnum() and not text[start - 1 : start].isalnum():
            return True
        start = text.find(place, start + 1)
    return False


def blind() -> list[Fault]:
    """The faults of the blind file, none where there is no such file yet."""
    if importlib.util.find_spec("faults.blind") is None:
        return []
    return list(importlib.import_module("faults.blind").BLIND)


def outcomes() -> tuple[list[Outcome], list[Outcome]]:
    """Those of the planted faults, and those of the blind file."""
    return [outcome(fault) for fault in PLANTED], [outcome(fault) for fault in blind()]
