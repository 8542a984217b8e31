"""Shortcuts: cheaper NumPy calls with the same results up to rounding, for a training step, which is run many times.

Each is a few equations that it looks for among the calls, and what it makes of the numbers in them. A result is within
a few ε of the exact one, a sum of n terms within n ε of the sum of their absolute values (Higham, 2002, 4.2), as is
that of the calls in whose place it stands: no more and no less exact, but not the same to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from autograd.program.tensors.fusions import Fused, moved, needed_calls, places_in
from autograd.program.tensors.sketches import FUNCTION, UFUNC, VIEW, At, Call, looked_up

SUM = np.add.reduce
ROWS = {"axis": -1, "keepdims": True}
Letters = dict[str, Any]
Equations = Mapping[str, tuple[Any, ...]]  # for a letter the function and its operands, letters or numbers


class Shortcut(NamedTuple):
    """What is looked for, the first equation being the call to replace, and what makes the calls in its place.

    It is given the letters and the call, makes others on its way, and gives the last or a place where its numbers lie
    already, or None where it is of no use.
    """

    equations: Equations
    made: Callable[[Shortened, Letters, Call], Call | At | None]


class Shortened:
    """The calls of a listing with all shortcuts taken, and where its results lie now.

    `labels` is the place of an input that should hold nothing but numbers of classes. Where these are only looked up
    in tables, as `labels_are_checked` says, any other number gives nan.
    """

    def __init__(self, fused: Fused, labels: int | None = None) -> None:
        self.sheet, self.labels = fused.sheet, labels
        self.calls: list[Call] = []
        self._makers: dict[int, Call] = {}
        self._computed: dict[str, int] = {}  # the place of what these functions of these arguments give
        self._coming = {self._key(call, call.place): call for call in fused.calls if call.kind == UFUNC}
        self._ones: dict[Any, At] = {}
        self._same: dict[int, int] = {}  # a place whose numbers lie at another one
        for call in fused.calls:
            self._take(
                call._replace(arguments=moved(call.arguments, self._same), options=moved(call.options, self._same))
            )
        self.outputs, self.gradients = (
            [self._same.get(place, place) for place in places] for places in (fused.outputs, fused.gradients)
        )
        self.calls = needed_calls(self.calls, {*self.outputs, *self.gradients})
        readers = [call for call in self.calls if labels in places_in((call.arguments, call.options))]
        lookups = {place for call in self.calls if call.function is looked_up for place in places_in(call.arguments)}
        self.labels_are_checked = bool(readers) and all(call.place in lookups for call in readers)

    def made(self, like: Call, kind: str, function: Any, *arguments: Any, **options: Any) -> At:
        """The place of one more call's result, on the line of another."""
        held = [self.sheet.arrays[x.place] if isinstance(x, At) else x for x in arguments]
        with np.errstate(all="ignore"):
            place = self.sheet.sketch(np.asarray(function(*held, **options))).place
        self._take(Call(kind, function, arguments, options, place, like.line))
        return At(self._same.get(place, place))

    def made_early(self, function: Any, *arguments: Any, like: Call) -> At | None:
        """The place of the result of a call that is to come, of the dtype of another's result, on whose line it is."""
        coming = self._coming.get(self._key(Call(UFUNC, function, arguments, {}, -1, -1), like.place))
        if coming is None:
            return None
        place = self.sheet.sketch(self.sheet.arrays[coming.place]).place
        self._take(coming._replace(place=place, line=like.line))
        return At(self._same.get(place, place))

    def constant(self, x: Any, dtype: Any) -> At:
        """The place of an array that is always this one."""
        return At(self.sheet.constant(np.asarray(x, dtype)).place)

    def ones(self, shape: tuple[int, ...], dtype: Any) -> At:
        """The place of an array of ones."""
        if (shape, dtype) not in self._ones:
            self._ones[shape, dtype] = self.constant(np.ones(shape), dtype)
        return self._ones[shape, dtype]

    def array(self, x: At) -> Any:
        """An example of what lies at a place."""
        return self.sheet.arrays[x.place]

    def _take(self, call: Call) -> None:
        for equations, made in SHORTCUTS:
            letters: Letters = {}
            first, *_ = equations
            if call.place >= 0 and self._holds(equations, first, call, letters):
                found = made(self, letters, call)
                if isinstance(found, At):
                    self._same[call.place] = found.place
                    return
                if found is not None:
                    call = found
                    break
        if call.kind == UFUNC:
            place = self._computed.setdefault(self._key(call, call.place), call.place)
            if place != call.place:
                self._same[call.place] = place
                return
        self._makers[call.place] = call
        self.calls.append(call)

    def _key(self, call: Call, place: int) -> str:
        """What is the same for calls of the same function of the same numbers, of the dtype of that at a place."""
        return f"{call[1:4]!r} {self.sheet.arrays[place].dtype}"

    def _holds(self, equations: Equations, letter: str, call: Call | None, letters: Letters) -> bool:
        """Whether a call is what the equation of this letter says; puts the numbers in it into `letters`."""
        if call is None or call.function != equations[letter][0] or len(call.arguments) != len(equations[letter]) - 1:
            return False
        return all(
            self._is(equations, wanted, x, letters)
            for wanted, x in zip(equations[letter][1:], call.arguments, strict=True)
        )

    def _is(self, equations: Equations, wanted: Any, x: Any, letters: Letters) -> bool:
        if not isinstance(wanted, str):
            return not isinstance(x, At) and bool(x == wanted)
        if wanted in letters:
            return bool(letters[wanted] == x)
        letters[wanted] = x
        maker = self._makers.get(x.place) if isinstance(x, At) else None
        return wanted not in equations or self._holds(equations, wanted, maker, letters)


# ── the logistic function ────────────────────────────────────────────────────────────────────────────────────────────


def _by_one_exponential(s: Shortened, letters: Letters, call: Call) -> Call:
    """1 / (1 + e⁻ᵃ) as e / (1 + e) with e = eᵃ: where a is above 3 − ln ε it is 1, and e need not be larger."""
    dtype = s.array(letters["a"]).dtype
    most = s.constant(3.0 - math.log(np.finfo(dtype).eps), dtype)
    e = s.made(call, UFUNC, np.exp, s.made(call, UFUNC, np.minimum, letters["a"], most))
    return call._replace(arguments=(e, s.made(call, UFUNC, np.add, 1.0, e)))


LOGISTIC = Shortcut(
    {
        "y": (np.divide, "m", "n"),
        "m": (np.maximum, "e", "t"),
        "t": (np.greater_equal, "a", 0.0),
        "n": (np.add, 1.0, "e"),
        "e": (np.exp, "c"),
        "c": (np.copysign, "a", -1.0),
    },
    _by_one_exponential,
)


def _over_the_same_sum(s: Shortened, letters: Letters, call: Call) -> Call:
    """The slope y (1 − y) of y = e / (1 + e) as y / (1 + e)."""
    return call._replace(function=np.divide, arguments=(letters["y"], letters["n"]))


SLOPE = Shortcut(
    {
        "s": (np.multiply, "y", "r"),
        "r": (np.subtract, 1.0, "y"),
        "y": (np.divide, "e", "n"),
        "n": (np.add, 1.0, "e"),
    },
    _over_the_same_sum,
)

# ── the larger of a number and 0 ─────────────────────────────────────────────────────────────────────────────────────


def _by_its_slope(s: Shortened, letters: Letters, call: Call) -> Call | None:
    """The larger of a and 0 as a times its slope, 1 where a > 0 and else 0, where that is asked for as well.

    A product is made in a third of the time of a comparison that minds nan. At −∞ it gives nan in place of 0.
    """
    slope = s.made_early(np.greater, letters["a"], 0.0, like=call)
    return slope and call._replace(function=np.multiply, arguments=(letters["a"], slope))


RECTIFIER = Shortcut({"y": (np.maximum, "a", 0.0)}, _by_its_slope)

# ── softmax and its logarithm: s is a row less its largest entry ─────────────────────────────────────────────────────

LOG_SOFTMAX: Equations = {
    "f": (np.subtract, "s", "l"),
    "l": (np.log, "t"),
    "t": (np.dot, "e", "ones"),
    "e": (np.exp, "s"),
}


def _by_the_same_exponentials(s: Shortened, letters: Letters, call: Call) -> Call | None:
    """e^{s − ln Σ eˢ} w, one w for each row, as eˢ (w / Σ eˢ)."""
    if s.array(letters["w"]).shape != s.array(letters["t"]).shape:
        return None
    return call._replace(
        arguments=(letters["e"], s.made(call, UFUNC, np.divide, letters["w"], letters["t"])),
    )


SOFTMAX = Shortcut({"y": (np.multiply, "q", "w"), "q": (np.exp, "f"), **LOG_SOFTMAX}, _by_the_same_exponentials)


def _without_logarithms_of_all(s: Shortened, letters: Letters, call: Call) -> Call:
    """Σ p (s − l), one l for each row, as Σ p s − Σ l Σ p."""
    p, logits = letters["p"], letters["s"]
    weights = s.made(call, UFUNC, SUM, p, **ROWS)
    if "turned" in letters:
        p, logits = letters["turned"], s.made(call, VIEW, np.transpose, logits)
    at_p = s.made(call, FUNCTION, np.vdot, p, logits)
    at_sums = s.made(call, FUNCTION, np.vdot, weights, letters["l"])
    return call._replace(kind=UFUNC, function=np.subtract, arguments=(at_p, at_sums))


NLL = Shortcut({"y": (np.vdot, "p", "f"), **LOG_SOFTMAX}, _without_logarithms_of_all)
NLL_TURNED = Shortcut(
    {
        "y": (np.vdot, "turned", "g"),
        "turned": (np.transpose, "p"),
        "g": (np.transpose, "f"),
        **LOG_SOFTMAX,
    },
    _without_logarithms_of_all,
)

# ── sums ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _by_product(s: Shortened, letters: Letters, call: Call) -> Call | None:
    """The sums of rows or columns as a product with ones, which BLAS does in a third of the time."""
    x, axis, keepdims = s.array(letters["x"]), call.options.get("axis"), call.options.get("keepdims", False)
    contiguous = x.flags.c_contiguous or x.flags.f_contiguous
    if x.ndim != 2 or x.dtype.char not in "fd" or not contiguous or call.options.keys() - {"axis", "keepdims"}:
        return None
    if axis not in (0, 1, -1) or not s.array(At(call.place)).flags.c_contiguous:
        return None
    many = x.shape[axis]
    ones = s.ones(((1, many) if axis == 0 else (many, 1)) if keepdims else (many,), x.dtype)
    product = (ones, letters["x"]) if axis == 0 else (letters["x"], ones)
    return call._replace(function=np.dot, arguments=product, options={})


SUMS = Shortcut({"y": (SUM, "x")}, _by_product)

# ── labels ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _from_table(s: Shortened, letters: Letters, call: Call) -> Call | None:
    """1 where labels equal 0, 1, … and else 0: the columns of a table.

    The first and the last are those of numbers that are no classes: nan, where there should be none.
    """
    if not isinstance(letters["y"], At) or not isinstance(letters["k"], At):
        return None
    labels, classes, result = s.array(letters["y"]), s.array(letters["k"]), s.array(At(call.place)).dtype
    if labels.ndim != 1 or labels.dtype != np.int64 or classes.ndim != 2 or result.kind != "f":
        return None
    if letters["k"].place not in s.sheet.constants or (classes != np.arange(len(classes))[:, None]).any():
        return None
    table = np.eye(len(classes), len(classes) + 2, 1)
    if letters["y"].place == s.labels:
        table[:, [0, -1]] = math.nan
    columns = s.made(call, UFUNC, np.add, letters["y"], s.constant(1, np.int64))
    return call._replace(kind=FUNCTION, function=looked_up, arguments=(s.constant(table, result), columns))


def _from_table_of_products(s: Shortened, letters: Letters, call: Call) -> Call | None:
    """A number times columns of a table, as those of the table times the number."""
    if letters["c"].__class__ is not float:
        return None
    table = s.array(letters["table"])
    found = s.made(call, FUNCTION, looked_up, s.constant(table * letters["c"], table.dtype), letters["columns"])
    return call._replace(kind=VIEW, function=np.transpose, arguments=(found, None))


LABELS = Shortcut({"h": (np.equal, "y", "k")}, _from_table)
WEIGHTS = Shortcut(
    {"p": (np.multiply, "v", "c"), "v": (np.transpose, "h", None), "h": (looked_up, "table", "columns")},
    _from_table_of_products,
)


def _same_for_all(s: Shortened, letters: Letters, call: Call) -> At | None:
    """The sums of columns of a table, one for each label, as one number, where those of all classes are the same.

    Those of labels that are no classes are nan in the columns themselves.
    """
    table, axis = s.array(letters["table"]), call.options.get("axis")
    if axis not in (1, -1) or not np.isnan(table[:, [0, -1]]).all():
        return None
    sums = np.add.reduce(table[:, 1:-1], axis=0)
    if (sums != sums[0]).any():
        return None
    example = s.array(At(call.place))
    return s.constant(np.full(example.shape, sums[0]), example.dtype)


TOTALS = Shortcut(
    {"y": (SUM, "v"), "v": (np.transpose, "h", None), "h": (looked_up, "table", "columns")},
    _same_for_all,
)

SHORTCUTS = (LOGISTIC, SLOPE, RECTIFIER, SOFTMAX, NLL, NLL_TURNED, TOTALS, SUMS, LABELS, WEIGHTS)
