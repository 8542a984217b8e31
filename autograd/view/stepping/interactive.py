"""A stepper in a terminal, moved by what is typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.view.stepping.stepper import Stepper

QUESTION = "\nn next, b back, 1 … a step by its number, q quit: "


def interact(stepper: Stepper, ask: Callable[[str], str] = input, show: Callable[[str], Any] = print) -> None:
    """Shows the stepper after every move: n or nothing typed is the next step, b the one before, q and Ctrl-D leave."""
    show(str(stepper))
    while True:
        try:
            typed = ask(QUESTION).strip().lower()
        except EOFError:
            return
        if typed in ("q", "quit", "exit"):
            return
        if typed in ("", "n"):
            stepper.next()
        elif typed == "b":
            stepper.back()
        elif typed.isascii() and typed.isdigit() and 1 <= int(typed) <= len(stepper):
            stepper.seek(int(typed) - 1)
        else:
            show(f"{typed[:20]!r} is not understood; there are steps 1 to {len(stepper)}")
            continue
        show(f"\n{stepper}")
