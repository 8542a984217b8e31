"""Operands from the whole range of floats: any bits, subnormals, the ends, neighbours of special points, ties."""

from __future__ import annotations

import math
import random
import struct
import sys

import mpmath

from autograd.op import Op

LARGEST, SMALLEST_NORMAL, SMALLEST = sys.float_info.max, sys.float_info.min, 5e-324
SPECIAL = (
    *(0.0, SMALLEST, SMALLEST_NORMAL, 2.0**-1024, LARGEST),
    *(0.5, 1.0, 2.0, math.log(2.0), math.pi / 2.0, math.pi, 2.0**53),
    *(2.0**-27, 2.0**-537, 2.0**-511, 2.0**512, 2.0**537, 1e161),  # where squares are rounded away, underflow, overflow
    *(math.log(LARGEST), -math.log(SMALLEST), 710.4758600739439, 19.06, 36.7),  # where exp, sinh, tanh, σ end
)


def operands(op: Op, count: int, seed: int = 0) -> list[tuple[float, ...]]:
    """Points for a row, the same for the same seed: half of them with operands that have to do with one another."""
    rng = random.Random(f"{op.name} {seed}")
    size = 3 if op.arity == -1 else op.arity
    points = []
    for _ in range(count):
        point = [anywhere(rng) for _ in range(size)]
        if op.name in TOGETHER and rng.random() < 0.5:
            point = TOGETHER[op.name](rng, point)
        points.append(tuple(x if math.isfinite(x) else LARGEST for x in point))
    return points


def anywhere(rng: random.Random) -> float:
    """One finite float; the exponent is even over all of them, over the small numbers or over the moderate ones."""
    return rng.choice(FAMILIES)(rng)


def any_bits(rng: random.Random) -> float:
    return from_bits(rng.getrandbits(64))


def subnormal(rng: random.Random) -> float:
    return signed(rng, from_bits(rng.getrandbits(rng.randint(1, 52))))


def beside_special(rng: random.Random) -> float:
    """A special point, one a few floats away, or one at a distance between those and a half of it."""
    x = rng.choice(SPECIAL)
    if rng.random() < 0.3:
        return signed(rng, x * (1.0 + signed(rng, 2.0 ** -rng.randint(1, 52))))
    for _ in range(rng.randrange(6)):
        x = math.nextafter(x, rng.choice([-math.inf, math.inf]))
    return signed(rng, x)


def beside_a_multiple_of_half_pi(rng: random.Random) -> float:
    k = rng.getrandbits(rng.choice([3, 8, 53, 200, 1000]))
    with mpmath.workprec(1100):
        return signed(rng, float(k * mpmath.pi / 2))


def from_bits(bits: int) -> float:
    x: float = struct.unpack("<d", struct.pack("<Q", bits))[0]
    return x if math.isfinite(x) else from_bits(bits & ~(1 << 62))


def signed(rng: random.Random, x: float) -> float:
    return rng.choice([-x, x])


FAMILIES = [
    *(any_bits, any_bits, subnormal, beside_special, beside_special, beside_a_multiple_of_half_pi),
    lambda rng: rng.uniform(-4.0, 4.0),
    lambda rng: rng.uniform(-1.0, 1.0),
    lambda rng: rng.uniform(-750.0, 750.0),
    lambda rng: signed(rng, 2.0 ** rng.uniform(-60.0, 60.0)),
    lambda rng: float(rng.randint(-20, 20)),
]


# ── operands that meet ───────────────────────────────────────────────────────────────────────────────────────────────


def cancelling(rng: random.Random, point: list[float]) -> list[float]:
    return [point[0], -tied(rng, point)[1]]


def tied(rng: random.Random, point: list[float]) -> list[float]:
    """The second and the last beside the first, or equal to it."""
    for place in {1, len(point) - 1}:
        x = point[0]
        for _ in range(rng.randrange(3)):
            x = math.nextafter(x, signed(rng, LARGEST))
        point[place] = x
    return point


def product_in_range(rng: random.Random, point: list[float]) -> list[float]:
    return [point[0], with_exponent(rng, rng.randint(-1080, 1030) - math.frexp(point[0])[1])]


def quotient_in_range(rng: random.Random, point: list[float]) -> list[float]:
    return [point[0], with_exponent(rng, math.frexp(point[0])[1] - rng.randint(-1080, 1030))]


def with_exponent(rng: random.Random, exponent: int) -> float:
    return signed(rng, math.ldexp(rng.uniform(0.5, 1.0), max(min(exponent, 1024), -1073)))


def power_in_range(rng: random.Random, point: list[float]) -> list[float]:
    """An exponent that takes the base to anywhere in the range; whole ones with negative bases as well."""
    base = math.fabs(point[0])
    if base in (0.0, 1.0):
        return point
    exponent = rng.uniform(-1090.0, 1040.0) / math.log2(base)
    if rng.random() < 0.3 and math.fabs(exponent) < 1e18:
        return [signed(rng, base), float(round(exponent))]
    return [base, exponent]


def near_one_another(rng: random.Random, point: list[float]) -> list[float]:
    """Powers of e whose sum all of them have a part in, or whose sum is nearly 1, with the logarithm 0."""
    if rng.random() < 0.3:
        share = rng.uniform(0.01, 0.99)
        return [math.log(share), math.log1p(-share), -800.0][: len(point)]
    span = rng.choice([2.0, 40.0, 800.0])
    middle = rng.choice([0.0, point[0]])
    return [middle + rng.uniform(-span, span) for _ in point]


TOGETHER = {
    "add": cancelling,
    "mul": product_in_range,
    "divide": quotient_in_range,
    "pow": power_in_range,
    **dict.fromkeys(["logaddexp", "logsumexp"], near_one_another),
    **dict.fromkeys(["maximum", "minimum", "max", "min", "clip"], tied),
    **dict.fromkeys(["greater", "greater_equal", "less", "less_equal", "equal", "not_equal"], tied),
}
