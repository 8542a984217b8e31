"""Sums and products of arrays in native code: reductions, sums of products, and products of matrices."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograd.program.native_tensors.places import Places
from autograd.program.native_tensors.spelling import combined, kind_of, number
from autograd.program.native_tensors.stages import NotNative, Views
from autograd.program.tensors.sketches import At, Call

BY_BLAS = 1 << 17  # products of more multiplications than this are left to BLAS
SHORT = 8  # columns: a product with fewer is made of sums of products
INDENT = "    "


def reduction(places: Places, call: Call) -> Iterator[str]:
    """Along the axes that stay, and within them along the others, the one of nearest neighbours innermost."""
    options = dict(call.options)
    axis, keepdims = options.pop("axis", 0), options.pop("keepdims", False)
    initial = options.pop("initial", None)
    (x,) = (a.place for a in call.arguments)
    shape, steps, dtype = places.views.examples[x].shape, places.views.steps(x), places.dtype(call.place)
    if options.keys() - {"dtype", "out", "where"} or places.dtype(x).kind not in "fi" or dtype != places.dtype(x):
        raise NotNative(f"{call.function} with {call.options} has no native form")
    axes = tuple(range(len(shape))) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    gone = {i % len(shape) for i in axes} if shape else set()
    kept = [i for i in range(len(shape)) if i not in gone]
    results = places.views.steps(call.place)
    into = dict(zip(range(len(shape)) if keepdims else kept, results, strict=True))
    order = sorted(range(len(shape)), key=lambda i: -abs(steps[i]))
    inner = order[-1] if order else -1
    begins = number(initial, dtype) if initial is not None else _neutral(call.function, dtype)
    names = {i: f"i{i}" for i in range(len(shape))}
    out = (
        places.entry(call.place, [names[i] for i in into], list(into.values()))
        if not gone.intersection(into)
        else places.entry(call.place, [names[i] if i in kept else "" for i in into], list(into.values()))
    )
    entry = places.entry(x, [names[i] for i in range(len(shape))])
    lead = [i for i in order if i in kept]
    rest = [i for i in order if i in gone]
    if inner in gone and getattr(call.function, "__self__", None) is np.add:
        yield from _nested(lead, shape, [f"y = {begins}"], 0)
        yield from _nested(rest[:-1], shape, _inner_total(places, x, names, inner, shape), len(lead))
        yield f"{INDENT * len(lead)}{out} = y"
        return
    if inner in gone:
        yield from _nested(lead, shape, [f"y = {begins}"], 0)
        step = f"{combined(call.function, 'y', 'x')}"
        yield from _nested(rest, shape, [f"x = {entry}", f"y = {step}"], len(lead))
        yield f"{INDENT * len(lead)}{out} = y"
        return
    yield from _nested(lead, shape, [f"{out} = {begins}"], 0)
    within = [f"y = {out}", f"x = {entry}", f"{out} = {combined(call.function, 'y', 'x')}"]
    yield from _nested([*lead[:-1], *rest, *lead[-1:]], shape, within, 0)


def _inner_total(places: Places, x: int, names: Mapping[int, str], inner: int, shape: Sequence[int]) -> list[str]:
    home, steps = places.homes[places.views.bases[x]], places.views.steps(x)
    start = places.index(x, [(names[i], steps[i]) for i in names if i != inner])
    return [f"y = total(y, {home.pointer}, {start}, {steps[inner]}, {shape[inner]})"]


def sum_of_products(places: Places, call: Call) -> Iterator[str]:
    """vdot: of entries at the same indices, if both have one shape."""
    a, b = (x.place for x in call.arguments)
    shape = places.views.examples[a].shape
    if shape != places.views.examples[b].shape or places.dtype(a) != places.dtype(b) or not shape:
        raise NotNative("vdot of arrays of two shapes has no native form")
    order = sorted(range(len(shape)), key=lambda i: -abs(places.views.steps(a)[i]))
    *outer, inner = order
    zero = number(0, places.dtype(a))
    starts = [places.index(x, [(f"i{i}", places.views.steps(x)[i]) for i in outer]) for x in (a, b)]
    pointers = [places.pointer(x) for x in (a, b)]
    steps = [places.views.steps(x)[inner] for x in (a, b)]
    parts = ", ".join(f"{p}, {s}, {step}" for p, s, step in zip(pointers, starts, steps, strict=True))
    yield f"y = {zero}"
    yield from _nested(outer, shape, [f"y = dot(y, {parts}, {shape[inner]})"], 0)
    yield f"{places.entry(call.place, [''] * places.views.examples[call.place].ndim)} = y"


def _nested(axes: Sequence[int], shape: Sequence[int], body: Sequence[str], depth: int) -> Iterator[str]:
    for i in axes:
        yield f"{INDENT * depth}for i{i} in range({shape[i]}):"
        depth += 1
    yield from (f"{INDENT * depth}{line}" for line in body)


def _neutral(function: Any, dtype: Any) -> str:
    owner = getattr(function, "__self__", None)
    neutral: dict[Any, float] = {np.add: 0.0, np.multiply: 1.0, np.maximum: -math.inf, np.minimum: math.inf}
    least = neutral.get(owner)
    if least is None or (dtype.kind != "f" and owner in (np.maximum, np.minimum)):
        raise NotNative(f"{getattr(owner, '__name__', function)} over an axis has no native form")
    return number(least, dtype)


# ── products of matrices ──────────────────────────────────────────────────────────────────────────────────────────────


def product(places: Places, call: Call) -> Iterator[str]:
    matrices = matrices_of(call, places.views)
    kind = places.dtype(call.place)
    if any(places.dtype(x.place) != kind for x in call.arguments) or kind.kind != "f":
        raise NotNative("a product of two dtypes has no native form")
    (m, k, ai, ak), (_, n, bk, bj), (_, _, ci, cj) = matrices
    a, b, c = (places.index(p, []) for p in (call.arguments[0].place, call.arguments[1].place, call.place))
    pa, pb, pc = (places.pointer(p) for p in (call.arguments[0].place, call.arguments[1].place, call.place))
    if cj != 1 and n > 1:
        raise NotNative("a product whose rows do not lie end to end has no native form")
    if is_large(m, n, k):
        yield from _by_blas((pa, a, ai, ak), (pb, b, bk, bj), (pc, c, ci), (m, n, k), kind)
    elif n < SHORT:
        zero = number(0, kind)
        yield f"short_product({zero}, {pc}, {c}, {ci}, {pa}, {a}, {ai}, {pb}, {b}, {bj}, {m}, {n}, {k})"
    else:
        zero = number(0, kind)
        if ci == n:
            yield from (f"for i in range({m * n}):", f"    {pc}[{c} + i] = {zero}")
        else:
            yield from (
                f"for i in range({m}):",
                f"    for j in range({n}):",
                f"        {pc}[{c} + i * {ci} + j] = {zero}",
            )
        yield f"product({pc}, {c}, {ci}, {pa}, {a}, {ai}, {ak}, {pb}, {b}, {bk}, {m}, {n}, {k})"


def is_large(m: int, n: int, k: int) -> bool:
    """Whether a product is for BLAS."""
    return m * n * k > BY_BLAS and min(m, n, k) > 1


Matrix = tuple[int, int, int, int]  # rows, columns, entries between rows, entries between columns


def matrices_of(call: Call, views: Views) -> list[Matrix]:
    """Both factors and the product of a call as matrices; a vector is one row on the left, one column on the right."""
    places = [x.place if isinstance(x, At) else -1 for x in call.arguments]
    if min(places) < 0 or call.options or any(views.examples[p].ndim not in (1, 2) for p in places):
        raise NotNative("a product of stacks of matrices has no native form")
    (a, b), c = places, call.place
    left, right = views.examples[a], views.examples[b]
    (ai, ak) = views.steps(a) if left.ndim == 2 else (0, *views.steps(a))
    (bk, bj) = views.steps(b) if right.ndim == 2 else (*views.steps(b), 0)
    m, k = left.shape if left.ndim == 2 else (1, *left.shape)
    n = right.shape[1] if right.ndim == 2 else 1
    steps = list(views.steps(c))
    ci = steps.pop(0) if left.ndim == 2 else 0
    cj = steps.pop(0) if right.ndim == 2 else 1
    return [(m, k, ai, ak), (k, n, bk, bj), (m, n, ci, cj)]


def _by_blas(a: Any, b: Any, c: Any, sizes: tuple[int, int, int], kind: Any) -> Iterator[str]:
    """C = AB row by row is Cᵀ = BᵀAᵀ column by column, which is how BLAS counts."""
    (pa, a0, ai, ak), (pb, b0, bk, bj), (pc, c0, ci), (m, n, k) = a, b, c, sizes
    turned_b, ahead_b = (78, bk) if bj == 1 else (84, bj)
    turned_a, ahead_a = (78, ai) if ak == 1 else (84, ak)
    if 1 not in (bk, bj) or 1 not in (ai, ak):
        raise NotNative("a product of matrices with gaps between their entries has no native form")
    name = {"f": "sgemm", "d": "dgemm"}[kind.char]
    make = kind_of(kind) + "s"
    at = [f"{make}(address_of_{p} + {kind.itemsize} * ({start}))" for p, start in ((pb, b0), (pa, a0), (pc, c0))]
    factors = f"({number(1, kind)}, {number(0, kind)})"
    heads = f"{n}, {m}, {k}, {max(ahead_b, 1)}, {max(ahead_a, 1)}, {max(ci, 1)}"
    yield f"blas({name}, ({turned_b}, {turned_a}), ({heads}), {factors}, {', '.join(at)})"
