"""The modes: whether and how ops record, in one context variable, so that threads and tasks stay apart."""

from __future__ import annotations

import inspect
import sys
from contextlib import ContextDecorator
from contextvars import ContextVar, Token
from copy import copy
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from autograd.errors import OperandError


class Site(NamedTuple):
    """The line of the user's code that made a node. It prints as "file.py:12", in a notebook as "In[3]:12"."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{_cell(self.file) or self.file}:{self.line}"

    @property
    def short(self) -> str:
        """The same without the folders."""
        return f"{_cell(self.file) or Path(self.file).name}:{self.line}"


def _cell(file: str) -> str:
    """The cell whose code goes by this file name, as IPython counts it: "In[3]"; empty of any other file."""
    # IPython is never loaded here, only asked where it runs.
    find = getattr(sys.modules.get("IPython"), "get_ipython", None)
    name_of = getattr(getattr(find and find(), "compile", None), "format_code_name", None)
    known = name_of(file) if name_of is not None else None
    return "" if known is None else str(known[1])


class Region:
    """A named part of a computation: one call of a module, or one `with region("name")` block.

    `owner` is a string, or an object whose `name_within(outer_owner)` gives its name; it is asked only when the
    name is read, so that entering a region costs next to nothing.
    """

    __slots__ = ("outer", "owner")

    def __init__(self, owner: Any, outer: Region | None = None) -> None:
        self.owner, self.outer = owner, outer

    @property
    def name(self) -> str:
        """The dotted path of names, outermost first."""
        outer = self.outer
        own = self.owner if isinstance(self.owner, str) else self.owner.name_within(outer and outer.owner)
        return own if outer is None else f"{outer.name}.{own}"

    def __repr__(self) -> str:
        return f"<region {self.name}>"


class Mode:
    """What every op asks before it records; never changed, only replaced by another."""

    __slots__ = ("attached", "keeps_lines", "recording", "records", "region", "special", "watcher")

    def __init__(
        self,
        records: bool = True,
        keeps_lines: bool = False,
        watcher: Any = None,
        region: Region | None = None,
        attached: bool = False,
        recording: Any = None,
    ) -> None:
        self.records = records
        self.keeps_lines = keeps_lines
        self.watcher = watcher  # under detect_anomaly: told of every new node
        self.region = region
        self.attached = attached  # a node must not be turned into a plain float: what follows would be cut off
        self.recording = recording  # under record: told of every decision, and of every number that is read
        self.special = not records or keeps_lines or watcher is not None  # whether an op must look beyond the region

    def but(self, **changes: Any) -> Mode:
        """This mode with these things changed."""
        return Mode(**{name: changes.get(name, getattr(self, name)) for name in _PARTS})

    def within(self, owner: Any) -> Mode:
        """This mode in one more region."""
        region = Region(owner, self.region)
        return Mode(self.records, self.keeps_lines, self.watcher, region, self.attached, self.recording)


_PARTS = ("records", "keeps_lines", "watcher", "region", "attached", "recording")


MODE: ContextVar[Mode] = ContextVar("autograd_mode", default=Mode())  # noqa: B039 (a Mode never changes)
current_mode = MODE.get


class ModeChange(ContextDecorator):
    """A context manager and decorator: another mode on the way in, the old one again on the way out."""

    __slots__ = ("_tokens",)
    _namesake = ""  # what else a caller who gives it something may have had in mind

    def __init__(self, *given: Any) -> None:
        if given:
            name = type(self).__name__
            raise OperandError(f"{name}() takes nothing: write `with {name}():` or `@{name}()`{self._namesake}")
        self._tokens: list[Token[Mode]] = []

    def _changed(self, mode: Mode) -> Mode:
        raise NotImplementedError

    def __call__(self, function: Any) -> Any:
        """Decorates a function; one that runs in pieces would leave the mode before its first line."""
        if inspect.isgeneratorfunction(function) or inspect.iscoroutinefunction(function):
            raise OperandError(
                f"{type(self).__name__} cannot decorate {function.__qualname__}, which runs in pieces: "
                f"write `with {type(self).__name__}(…):` inside it"
            )
        return super().__call__(function)

    def _recreate_cm(self) -> Self:
        """As a decorator each call enters on its own, so that calls in several threads do not mix."""
        fresh = copy(self)
        fresh._tokens = []
        return fresh

    def __enter__(self) -> None:
        self._tokens.append(MODE.set(self._changed(MODE.get())))

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        MODE.reset(self._tokens.pop())


class no_grad(ModeChange):  # noqa: N801 (reads as a statement: with no_grad())
    """Inside, ops compute values and record nothing: their results are constants."""

    __slots__ = ()

    def _changed(self, mode: Mode) -> Mode:
        return mode.but(records=False)


class trace(ModeChange):  # noqa: N801
    """Inside, every node remembers the file and line of the user's code that made it (`node.site`)."""

    __slots__ = ()
    _namesake = ". The trace of a matrix is t.trace() or np.trace(t)"

    def _changed(self, mode: Mode) -> Mode:
        return mode.but(keeps_lines=True)


class region(ModeChange):  # noqa: N801
    """Inside, every node belongs to a region of this name; drawings fold regions into boxes.

    The name is a string, or an object that is asked for it when it is read (see `Region`).
    """

    __slots__ = ("_owner",)

    def __init__(self, name: Any) -> None:
        super().__init__()
        if not isinstance(name, str) and not hasattr(name, "name_within"):
            raise OperandError(f"a region's name is a string, got {type(name).__name__}: {name!r}")
        self._owner = name

    def _changed(self, mode: Mode) -> Mode:
        return mode.within(self._owner)


class attached(ModeChange):  # noqa: N801
    """Inside, turning a node into a plain float raises: `math.exp(v)` would cut the derivative off in silence."""

    __slots__ = ()

    def _changed(self, mode: Mode) -> Mode:
        return mode.but(attached=True)


_OWN = ("autograd", "nn", "copy", "pickle")


def calling_site() -> Site:
    """The nearest line outside this library's own packages, and Python's for copies."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _OWN:
        frame = frame.f_back
    return Site(frame.f_code.co_filename, frame.f_lineno)
