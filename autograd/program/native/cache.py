"""The cache of native code: where the source of the loops is kept, so that Numba finds on disk what it compiled before.

A file is named after all that its code depends on, and is put there whole: two processes at once do each other no harm.
Where nothing can be written, the loops are compiled anew in each process.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import tempfile
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from autograd.errors import MissingExtra
from autograd.op import Op
from autograd.program.native import source as native_source
from autograd.program.native.rows import text_of


def numba() -> ModuleType:
    """The package Numba; MissingExtra without it."""
    try:
        import numba
    except ImportError:
        raise MissingExtra('native code needs numba: pip install "glassgrad[native]"') from None
    return numba


@cache
def loops() -> Any:
    """The compiled loops: `one`, `lanes`, `scheduled` and `straight`; see `loops`."""
    text = native_source.loops()
    return compiled(f"loops_{_key(text)}", text)


@cache
def address_of(op: Op) -> int:
    """Where the machine code of a row lies, for numbers: in the C library, or compiled from the table."""
    from llvmlite import binding

    name = text_of(op).text.removeprefix("math.").removesuffix("({})")
    known = binding.address_of_symbol(name) if text_of(op).text.startswith("math.") else None
    if known:
        return int(known)
    text = native_source.row(op)
    return int(compiled(f"{op.name}_{_key(text)}", text).row.address)


def folder() -> Path:
    """Where compiled loops are kept: in NUMBA_CACHE_DIR where that is set, else where a user's caches are."""
    given = os.environ.get("NUMBA_CACHE_DIR")
    if given:
        return Path(given) / "glassgrad"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "glassgrad" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "glassgrad"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "glassgrad"


def _key(text: str) -> str:
    """A name for all that compiled code depends on: the source and what it is compiled by and for."""
    return hashlib.sha256(f"{text}\n{surroundings()}".encode()).hexdigest()[:16]


@cache
def surroundings() -> str:
    """What compiled code depends on besides its source: Python, Numba, and the processor."""
    from llvmlite import binding

    processor = (binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten())
    return "\n".join((sys.version, numba().__version__, *processor))


def compiled(name: str, text: str) -> ModuleType:
    """The module of this source, whose functions Numba compiled before or compiles now.

    A source says CACHED = True, which becomes False where nothing can be kept.
    """
    try:
        path = folder() / f"{name}.py"
        _keep(path, text)
        return _module(name, str(path), path.read_text(encoding="utf-8"))
    except Exception:  # a full disk, a damaged file, a folder that belongs to somebody else: it goes without
        return _module(name, f"<{name}>", text.replace("CACHED = True", "CACHED = False"))


def _module(name: str, path: str, text: str) -> ModuleType:
    spec = importlib.util.spec_from_loader(name, loader=None)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    module.__file__ = path
    sys.modules[name] = module  # compiled code finds its module by name
    exec(compile(text, path, "exec"), vars(module))
    return module


def _keep(path: Path, text: str) -> None:
    """Writes the file unless it is there; Numba takes another time of change for another source, so all have one."""
    try:
        if path.read_text(encoding="utf-8") == text:
            return
    except OSError:
        path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
        file.write(text)
    os.utime(file.name, (0, 0))
    os.replace(file.name, path)
