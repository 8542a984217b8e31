"""Writing a file so that whoever reads it, and whenever the writer is killed, finds the old one or the new one, whole.

The new bytes go to a file of their own in the same folder, reach the disk, and take the old file's place by a rename,
which a file system does entirely or not at all. A writer that is killed leaves its unfinished file behind: the name
tells what it is, and the next writer in that folder removes it. Every writer holds a lock on its unfinished file, and
the system gives up a lock when its process dies, so what can be locked has no writer any more.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows has no such locks: unfinished files of killed writers stay there
    fcntl = None  # type: ignore[assignment]

_UNFINISHED = re.compile(r"\.glassgrad-[0-9a-f]{16}\.unfinished")


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, which takes the place of `path` at the end of the block.

    Where the block raises, `path` stays as it is. A symbolic link keeps its place, and what it points to is replaced.
    """
    path = Path(os.path.realpath(path))
    _remove_abandoned(path.parent)
    unfinished, file = _own_file(path.parent)
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if fcntl is not None:
                os.replace(unfinished, path)  # while the lock is held
        if fcntl is None:
            os.replace(unfinished, path)  # Windows renames no open file
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise
    _reach_disk(path.parent)


def _own_file(folder: Path) -> tuple[Path, BinaryIO]:
    """A new file in the folder, opened and locked by this writer, with its name."""
    while True:
        unfinished = folder / f".glassgrad-{secrets.token_hex(8)}.unfinished"
        file = open(unfinished, "xb")  # noqa: SIM115  (the caller closes it)
        if _locked(file, wait=True) and not unfinished.exists():
            # Another writer has found it before the lock was on, and has removed it.
            file.close()
            continue
        return unfinished, file


def _remove_abandoned(folder: Path) -> None:
    """Removes the unfinished files in a folder whose writers are dead, so far as this user may."""
    names: list[str] = []
    with suppress(PermissionError):
        names = os.listdir(folder)
    for name in names:
        unfinished = folder / name
        if not _UNFINISHED.fullmatch(name) or not unfinished.is_file():
            continue
        with suppress(OSError), open(unfinished, "r+b") as file:
            if _locked(file, wait=False):
                unfinished.unlink()


def _locked(file: BinaryIO, wait: bool) -> bool:
    """Whether the file is locked now for as long as it is open; False where the system has no locks."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True


def _reach_disk(folder: Path) -> None:
    """Waits until the folder's list of names is on the disk, where the system and this user may open a folder."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    with suppress(PermissionError):
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
