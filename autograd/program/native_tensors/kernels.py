"""What native code for arrays is built of: memory at an address, sums, products of matrices, and e to the x.

This file is a pattern, as native/loops.py is: `page` puts it above what it writes for one program, and Numba compiles
as much of it as that program calls. An array is a pointer, the place of its first entry, and steps between entries.
"""

# mypy: disable-error-code="call-arg"
# (an intrinsic is called without the first of its arguments)

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import float32, float64, int32, int64, types, uint8  # noqa: F401 (programs use them)
from numba.extending import intrinsic


def _memory(kind: Any) -> Any:
    """What makes an address a pointer to numbers of one kind."""

    @intrinsic
    def pointer(typing: Any, address: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

        return types.CPointer(kind)(types.int64), code  # type: ignore[no-untyped-call]

    return pointer


float32s, float64s, int64s, uint8s = map(_memory, (types.float32, types.float64, types.int64, types.uint8))


@intrinsic
def as_float32(typing: Any, bits: Any) -> Any:
    """The number with these 32 bits."""
    return types.float32(types.int32), lambda context, builder, signature, x: builder.bitcast(x[0], ir.FloatType())


@intrinsic
def bits_of(typing: Any, number: Any) -> Any:
    """The 32 bits of a number."""
    return types.int32(types.float32), lambda context, builder, signature, x: builder.bitcast(x[0], ir.IntType(32))


@intrinsic
def as_float64(typing: Any, bits: Any) -> Any:
    """The number with these 64 bits."""
    return types.float64(types.int64), lambda context, builder, signature, x: builder.bitcast(x[0], ir.DoubleType())


@intrinsic
def bits_of_double(typing: Any, number: Any) -> Any:
    """The 64 bits of a number."""
    return types.int64(types.float64), lambda context, builder, signature, x: builder.bitcast(x[0], ir.IntType(64))


@intrinsic
def blas(typing: Any, address: Any, letters: Any, sizes: Any, factors: Any, a: Any, b: Any, c: Any) -> Any:
    """Calls ?gemm at an address: C ← αAB + βC, column by column.

    `letters` says of A and B whether they lie transposed; `sizes` are m, n, k and the leading dimensions of A, B and C.
    """

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        def kept(x: Any) -> Any:
            room = builder.alloca(x.type)
            builder.store(x, room)
            return room

        function, letters, sizes, factors, a, b, c = arguments
        byte, word = ir.IntType(8), ir.IntType(32)
        letters = [kept(builder.trunc(x, byte)) for x in _parts(builder, letters)]
        m, n, k, ahead, bhead, chead = (kept(builder.trunc(x, word)) for x in _parts(builder, sizes))
        alpha, beta = map(kept, _parts(builder, factors))
        given = [*letters, m, n, k, alpha, a, ahead, b, bhead, beta, c, chead]
        kind = ir.FunctionType(ir.VoidType(), [x.type for x in given])
        builder.call(builder.inttoptr(function, kind.as_pointer()), given)
        return context.get_dummy_value()

    return types.none(address, letters, sizes, factors, a, b, c), code


def _parts(builder: Any, several: Any) -> list[Any]:
    return [builder.extract_value(several, i) for i in range(several.type.count)]


# ── e to the x: x = n ln 2 + r, and the series of eʳ as far as the dtype sees (Muller, 2016, 11.2); within an ulp ────


def exp32(x: Any) -> Any:
    """e to the x, with no branch, so that many are worked out at once."""
    x = float32(89.0) if x > float32(89.0) else x
    x = float32(-104.0) if x < float32(-104.0) else x
    shifted = x * float32(1.4426950408889634) + float32(12582912.0)  # in whose last bits lies the nearest n
    n = shifted - float32(12582912.0)
    r = x - n * float32(0.693359375)
    r = r - n * float32(-2.12194440054690583e-4)
    y = float32(1.0 / 5040.0)
    y = y * r + float32(1.0 / 720.0)
    y = y * r + float32(1.0 / 120.0)
    y = y * r + float32(1.0 / 24.0)
    y = y * r + float32(1.0 / 6.0)
    y = y * r + float32(0.5)
    y = y * r + float32(1.0)
    y = y * r + float32(1.0)
    power = bits_of(shifted) - int32(0x4B400000)
    half = power >> int32(1)
    y = y * as_float32(int32((half + int32(127)) << int32(23)))
    return y * as_float32(int32((power - half + int32(127)) << int32(23)))


def exp64(x: Any) -> Any:
    """e to the x, with no branch, so that many are worked out at once."""
    x = 710.0 if x > 710.0 else x
    x = -746.0 if x < -746.0 else x
    shifted = x * 1.4426950408889634 + 6755399441055744.0
    n = shifted - 6755399441055744.0
    r = x - n * 0.6931471803691238
    r = r - n * 1.9082149292705877e-10
    y = 1.0 / 6227020800.0
    y = y * r + 1.0 / 479001600.0
    y = y * r + 1.0 / 39916800.0
    y = y * r + 1.0 / 3628800.0
    y = y * r + 1.0 / 362880.0
    y = y * r + 1.0 / 40320.0
    y = y * r + 1.0 / 5040.0
    y = y * r + 1.0 / 720.0
    y = y * r + 1.0 / 120.0
    y = y * r + 1.0 / 24.0
    y = y * r + 1.0 / 6.0
    y = y * r + 0.5
    y = y * r + 1.0
    y = y * r + 1.0
    power = bits_of_double(shifted) - int64(0x4338000000000000)
    half = power >> int64(1)
    y = y * as_float64(int64((half + int64(1023)) << int64(52)))
    return y * as_float64(int64((power - half + int64(1023)) << int64(52)))


def clipped(x: Any, low: Any, high: Any) -> Any:
    """x held between two bounds."""
    x = x if x >= low or x != x else low
    return x if x <= high or x != x else high


# ── sums: their terms are added in whatever order is quickest ────────────────────────────────────────────────────────


def total(zero: Any, a: Any, start: Any, step: Any, count: Any) -> Any:
    """The sum of so many entries, begun with zero."""
    y = zero
    for i in range(count):
        y += a[start + i * step]
    return y


def dot(zero: Any, a: Any, start: Any, step: Any, b: Any, first: Any, stride: Any, count: Any) -> Any:
    """The sum of products of entries, begun with zero."""
    y = zero
    for i in range(count):
        y += a[start + i * step] * b[first + i * stride]
    return y


# ── products of matrices ─────────────────────────────────────────────────────────────────────────────────────────────


def product(
    c: Any, c0: Any, ci: Any, a: Any, a0: Any, ai: Any, ak: Any, b: Any, b0: Any, bk: Any, m: Any, n: Any, k: Any
) -> None:
    """C ← C + AB for (m, k) and (k, n); the rows of B and of C lie end to end. Four rows of each are read at a time."""
    for i in range(0, m - m % 4, 4):
        c1 = c0 + i * ci
        c2, c3, c4 = c1 + ci, c1 + 2 * ci, c1 + 3 * ci
        p = a0 + i * ai
        q, r, s = p + ai, p + 2 * ai, p + 3 * ai
        for l in range(0, k - k % 4, 4):  # noqa: E741
            b1 = b0 + l * bk
            b2, b3, b4 = b1 + bk, b1 + 2 * bk, b1 + 3 * bk
            h = l * ak
            p1, p2, p3, p4 = a[p + h], a[p + h + ak], a[p + h + 2 * ak], a[p + h + 3 * ak]
            q1, q2, q3, q4 = a[q + h], a[q + h + ak], a[q + h + 2 * ak], a[q + h + 3 * ak]
            r1, r2, r3, r4 = a[r + h], a[r + h + ak], a[r + h + 2 * ak], a[r + h + 3 * ak]
            s1, s2, s3, s4 = a[s + h], a[s + h + ak], a[s + h + 2 * ak], a[s + h + 3 * ak]
            for j in range(n):
                d, e, f, g = b[b1 + j], b[b2 + j], b[b3 + j], b[b4 + j]
                c[c1 + j] = c[c1 + j] + p1 * d + p2 * e + p3 * f + p4 * g
                c[c2 + j] = c[c2 + j] + q1 * d + q2 * e + q3 * f + q4 * g
                c[c3 + j] = c[c3 + j] + r1 * d + r2 * e + r3 * f + r4 * g
                c[c4 + j] = c[c4 + j] + s1 * d + s2 * e + s3 * f + s4 * g
        for l in range(k - k % 4, k):  # noqa: E741
            b1, h = b0 + l * bk, l * ak
            p1, q1, r1, s1 = a[p + h], a[q + h], a[r + h], a[s + h]
            for j in range(n):
                d = b[b1 + j]
                c[c1 + j] += p1 * d
                c[c2 + j] += q1 * d
                c[c3 + j] += r1 * d
                c[c4 + j] += s1 * d
    for i in range(m - m % 4, m):
        for l in range(k):  # noqa: E741
            x, b1, c1 = a[a0 + i * ai + l * ak], b0 + l * bk, c0 + i * ci
            for j in range(n):
                c[c1 + j] += x * b[b1 + j]


def short_product(
    zero: Any, c: Any, c0: Any, ci: Any, a: Any, a0: Any, ai: Any, b: Any, b0: Any, bj: Any, m: Any, n: Any, k: Any
) -> None:
    """C ← AB where n is small: the rows of A and the columns of B lie end to end, and so do the rows of C."""
    for i in range(m):
        for j in range(n):
            c[c0 + i * ci + j] = dot(zero, a, a0 + i * ai, 1, b, b0 + j * bj, 1, k)
