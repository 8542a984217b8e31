"""Forms: how the arguments of a program lie in lists, tuples and dicts, to take calls apart and back quickly."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count, islice
from keyword import iskeyword
from typing import Any, NamedTuple
from unicodedata import normalize

from autograd.errors import ShapeError
from autograd.trees import beside, leaves, rebuilt


class Form(NamedTuple):
    """One list, tuple or dict: how many parts, under which keys, and the forms of those that are no leaves."""

    example: Any
    keys: tuple[Any, ...] | None
    parts: tuple[Form | None, ...]
    bare: bool  # whether all parts are leaves
    name: str

    def taken_apart(self, given: Any, into: list[Any]) -> None:
        """Appends the leaves of `given` from left to right; ShapeError where it has another form."""
        if self.keys is None:
            if not isinstance(given, (list, tuple)) or len(given) != len(self.parts):
                self._misfit(given)
            items = given
        else:
            if not isinstance(given, dict) or given.keys() != self.example.keys():
                self._misfit(given)
            items = [given[key] for key in self.keys]
        if self.bare:
            into.extend(items)
            return
        for form, item in zip(self.parts, items, strict=True):
            if form is None:
                into.append(item)
            else:
                form.taken_apart(item, into)

    def put_together(self, parts: Iterator[Any]) -> Any:
        """A tree of this form with these leaves."""
        if self.example.__class__ not in (list, tuple):
            return rebuilt(self.example, parts)
        if self.bare:
            filled = list(islice(parts, len(self.parts)))
        else:
            filled = [next(parts) if form is None else form.put_together(parts) for form in self.parts]
        return filled if self.example.__class__ is list else tuple(filled)

    def _misfit(self, given: Any) -> None:
        shape: Any = getattr(given, "shape", ())
        if self.keys is None and len(shape) in (1, 2) and shape[-1] == len(self.parts):
            rows = f"for one lane a row give its columns, list({self.name}.T)"
            raise ShapeError(
                f"{self.name} is a list of {len(self.parts)} in the example, and was given as an array of shape "
                f"{shape}: {rows if len(shape) == 2 else f'give it as a list, {self.name}.tolist()'}"
            )
        for _ in beside(self.example, given, self.name):
            pass
        raise ShapeError(f"{self.name} has another form than the example the program was recorded with")


def form_of(tree: Any, name: str) -> Form | None:
    """The form of a tree; None of a leaf."""
    if not isinstance(tree, (list, tuple, dict)):
        return None
    keys = tuple(tree) if isinstance(tree, dict) else None
    items = list(tree.values()) if isinstance(tree, dict) else tree
    places = range(len(items)) if keys is None else keys
    parts = tuple(form_of(item, f"{name}[{place!r}]") for place, item in zip(places, items, strict=True))
    return Form(tree, keys, parts, not any(parts), name)


MOST_LEAVES, DEEPEST = 2_000, 50  # of arguments that are worth lines of Python, and that Python's parser takes


def written_out(forms: Sequence[Form | None]) -> tuple[Callable[..., Any], Callable[..., Any]] | None:
    """Functions that take arguments apart and put them together, several times as fast as a walk over the forms.

    They are lines of Python, `[x0, s1] = s0`, which checks the lengths itself: TypeError or ValueError where a form
    differs, for the walk to explain. Lists of leaves alone are copied as they are. None where there are dicts, or too
    many leaves.
    """
    apart: list[str] = []
    found: list[str] = []  # the leaves, and whole lists of them
    checks: list[str] = []
    leaves, lists = count(), count()

    def line(form: Form | None, depth: int = 0) -> tuple[str, str]:
        if form is None:
            leaf = next(leaves)
            found.append(f"x{leaf}")
            return found[-1], f"p[{leaf}]"
        if form.example.__class__ not in (list, tuple) or depth > DEEPEST:
            raise OverflowError
        name, place = f"s{next(lists)}", len(apart)
        if form.bare and form.parts:
            size = len(form.parts)
            first = next(leaves)
            for _ in range(size - 1):
                next(leaves)
            found.append(f"*{name}")
            checks.append(f"len({name}) != {size}")
            inside = f"*p[{first}:{first + size}], "
        else:
            parts = [line(part, depth + 1) for part in form.parts]
            apart.insert(place, f"[{', '.join(target for target, _ in parts)}] = {name}")
            inside = "".join(f"{made}, " for _, made in parts)
        return name, f"[{inside}]" if form.example.__class__ is list else f"({inside})"

    try:
        parts = [line(form) for form in forms]
    except OverflowError:
        return None
    sequences, size = [f"s{i}.__class__" for i in range(next(lists))], next(leaves)
    if size > MOST_LEAVES:
        return None
    wrong = [f"not {{{', '.join(sequences)}}} <= SEQUENCES", *checks] if sequences else []
    targets, made = "".join(f"{target}, " for target, _ in parts), "".join(f"{made}, " for _, made in parts)
    steps = [f"({targets}) = arguments", *apart, *[f"if {each}: raise TypeError" for each in wrong],
             f"return [{', '.join(found)}]"]  # fmt: skip
    namespace: dict[str, Any] = {"SEQUENCES": {list, tuple}}
    exec("\n    ".join(["def apart(arguments):", *steps]) + f"\ndef together(p): return ({made})", namespace)
    return namespace["apart"], namespace["together"]


def leaves_of(form: Form | None, given: Any) -> list[Any]:
    """The leaves of an argument that has this form."""
    if form is None:
        return [given]
    found: list[Any] = []
    form.taken_apart(given, found)
    return found


def names_of(tree: Any, name: str) -> list[str]:
    """A Python name for every leaf: params_w_0 for params['w'][0]."""
    return [python_name(path) for path, _ in leaves(tree, name)]


def python_name(text: str) -> str:
    """The text as a name that Python takes, and reads as it is written."""
    name = normalize("NFKC", text)  # as Python does: other letters for the same name would be two arguments of one name
    if not name.isidentifier():
        name = re.sub(r"_+", "_", "".join(c if f"x{c}".isidentifier() else "_" for c in name)).strip("_")
        name = name if name.isidentifier() else f"x_{name}"
    return f"{name}_" if iskeyword(name) else name


def distinct(names: Iterable[str], taken: Iterable[str]) -> list[str]:
    """These names with lines behind them where they are taken, by one of `taken` or by one before."""
    used, found = set(taken), []
    for name in names:
        while name in used:
            name += "_"
        used.add(name)
        found.append(name)
    return found
