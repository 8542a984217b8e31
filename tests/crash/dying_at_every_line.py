"""Saves a new state over an old one again and again, each time in a process killed one line of code later.

Prints as JSON what each of them left: whether the file then holds the old state, the new one, or is broken, how many
other files lie beside it, and how many of those are still there after the next save. With the word "in_place" the
file is written as most programs would, to show that the kills do reach the moments that matter.
"""

import json
import os
import signal
import sys
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import numpy as np

from autograd.errors import CheckpointError
from nn import atomic, checkpoints

WATCHED = {atomic.__file__, checkpoints.__file__, __file__}


def state(word):
    return {"word": word, "weights": [np.full(4000, len(word) + i, dtype=float) for i in range(3)]}


@contextmanager
def in_place(path):
    with open(path, "wb") as file:
        yield file


def killed_at(line):
    """A trace function that kills its process before the line of that number among those executed."""
    left = line

    def trace(frame, event, _):
        nonlocal left
        if frame.f_code.co_filename not in WATCHED:
            return None
        left -= event == "line"
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    return trace


def was_killed(path, line):
    """Whether the save came to that line at all."""
    child = os.fork()
    if not child:
        sys.settrace(killed_at(line))
        checkpoints.save_state(path, state("new"))
        sys.settrace(None)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def what_is_there(path):
    try:
        found = checkpoints.load_state(path)
    except CheckpointError:
        return "broken"
    expected = state(found["word"])
    whole = all(np.array_equal(a, b) for a, b in zip(found["weights"], expected["weights"], strict=True))
    return found["word"] if whole else "mixed"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    if "in_place" in sys.argv:
        checkpoints.replacing = in_place
    left, beside, remaining = [], [], []
    checkpoints.save_state(path, state("old"))
    for line in count(1):
        if not was_killed(path, line):
            break
        left.append(what_is_there(path))
        beside.append(len(list(path.parent.iterdir())) - 1)
        checkpoints.save_state(path, state("old"))
        remaining.append(len(list(path.parent.iterdir())) - 1)
    print(json.dumps({"left": left, "beside": beside, "remaining": remaining, "unharmed": what_is_there(path)}))
