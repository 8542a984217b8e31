"""Oracles for arrays: what a gradient must be, found from NumPy's functions alone, with the error it may have.

Both take a function of arrays, written with NumPy, and give its Jacobian entry by entry:

- `complex_step`: Im f(x + ih) / h at h = 1e-100, where f is analytic: no difference is taken, so nothing cancels;
- `romberg`: differences of f in the longest floats of the machine, twice extrapolated.

`Estimate.objections(gradient)` lists where a gradient lies outside what they allow. `Draw` makes random operands, all
of their entries well apart, so that no choice between them is close to a kink.
"""

import itertools
import math

import numpy as np
from hypothesis import settings

COUNT = settings().max_examples  # how many random cases an op: 200, and many more in the thorough profile
LONG = np.longdouble


def complex_step(f, operands, place):
    """∂f/∂(each entry of one operand), with an error of 0: what remains are the roundings of one evaluation."""
    columns = []
    for i in range(operands[place].size):
        stepped = [np.array(a, dtype=complex) for a in operands]
        stepped[place].flat[i] += 1e-100j
        columns.append(np.asarray(f(*stepped)).imag / 1e-100)
    return _stacked(columns, f, operands), 0.0


STEPS = (2.0**-10, 2.0**-11, 2.0**-12)


def romberg(f, operands, place):
    """∂f/∂(each entry of one operand), and the error of each.

    D at three steps, each half the one before, extrapolated twice: R₁ = (4·D(h/2) − D(h))/3, R₂ = (16·R₁′ − R₁)/15.
    Truncation: |R₂ − R₁′| is the error of R₁′, larger than that of R₂.
    Round-off: values within 32 units of the last place are wrong by 32ε·max|f|, divided by 2h; the extrapolations weigh
    it by less than 2. Steps are powers of two and operands have 24 bits, so that x ± h is exact.
    """
    columns, errors = [], []
    epsilon = float(np.finfo(LONG).eps)
    for i in range(operands[place].size):
        slopes, largest = [], 0.0
        for h in STEPS:
            low, high = (f(*_moved(operands, place, i, side)) for side in (-h, h))
            largest = max(largest, float(np.max(np.abs(high), initial=0.0)))
            slopes.append((high - low) / LONG(2.0 * h))
        once = (4 * slopes[1] - slopes[0]) / 3, (4 * slopes[2] - slopes[1]) / 3
        twice = (16 * once[1] - once[0]) / 15
        columns.append(np.asarray(twice, dtype=float))
        errors.append(np.asarray(abs(twice - once[1]), dtype=float) + 64 * epsilon * largest / (2 * STEPS[-1]))
    return _stacked(columns, f, operands), _stacked(errors, f, operands)


def _moved(operands, place, i, side):
    arrays = [np.array(a, dtype=LONG) for a in operands]
    arrays[place].flat[i] += LONG(side)
    return arrays


def _stacked(columns, f, operands):
    return np.array(columns) if columns else np.zeros((0, *np.shape(f(*operands))))


class Estimate:
    """The gradient of Σ seed · f by one operand, and how far from it a right gradient may be.

    A pull-back adds up at most N products seed · ∂f/∂x, N the number of entries at hand. Each partial derivative p that
    it uses is within 16u·(1 + |p|)·(1 + max|operand|), the assumption of `oracles.RoundOff`, and every addition and
    multiplication rounds once. To first order a gradient may thus be wrong by

        (N + 16) · u · Σ |seed| · (1 + |p|) · (1 + max|operand|),   u = 2⁻⁵³, of float32 2⁻²⁴,

    and so may the evaluation that the oracle made, hence twice that. Added is the oracle's own error.
    """

    def __init__(self, jacobian, error, operands, place, seed):
        self.shape = operands[place].shape
        outputs = tuple(range(1, jacobian.ndim))
        self.gradient = (jacobian * seed).sum(axis=outputs).reshape(self.shape)
        self.own_error = (np.abs(seed) * (error + 0.0 * jacobian)).sum(axis=outputs).reshape(self.shape)
        largest = max((float(np.max(np.abs(a), initial=0.0)) for a in operands), default=0.0)
        entries = sum(a.size for a in operands) + np.size(seed)
        sums = (np.abs(seed) * (1 + np.abs(jacobian))).sum(axis=outputs).reshape(self.shape)
        self.roundings = 2 * (entries + 16) * sums * (1 + largest)

    def objections(self, gradient):
        """One sentence for what is wrong with a gradient; none when it is right."""
        gradient = np.asarray(gradient)
        if gradient.shape != self.shape:
            return [f"shape {gradient.shape} is not {self.shape}"]
        u = 2.0**-24 if gradient.dtype == np.float32 else 2.0**-53
        allowed = self.own_error + u * self.roundings
        right = np.abs(gradient - self.gradient) <= allowed
        return [] if right.all() else [f"{gradient} is not {self.gradient} within {allowed}"]


def estimates(f, operands, seed, *, analytic):
    """What the gradient of Σ seed · f must be, by each operand in turn."""
    oracle = complex_step if analytic else romberg
    return [Estimate(*oracle(f, operands, place), operands, place, seed) for place in range(len(operands))]


class Draw:
    """A source of random shapes, axes and operands; every entry of every array is apart from every other by 0.01."""

    def __init__(self, *seed):
        self.rng = np.random.default_rng([len(seed), *(hash_of(part) for part in seed)])
        self.slots = iter(self.rng.permutation(256).tolist())

    def array(self, shape, low=-1.5, high=1.5):
        size = math.prod(shape)
        slots = np.array(list(itertools.islice(self.slots, size)))
        assert len(slots) == size, "an example of more than 256 numbers"
        fractions = (slots + 0.5 + self.rng.uniform(-0.15, 0.15, size)) / 256
        return (low + (high - low) * fractions).astype(np.float32).astype(np.float64).reshape(shape)

    def shape(self, least=0, most=3, empty=True, largest=18):
        while True:
            rank = int(self.rng.integers(least, most + 1))
            shape = tuple(int(n) for n in self.rng.choice([0, 1, 1, 2, 2, 3, 3, 4], size=rank))
            if math.prod(shape) <= largest and (math.prod(shape) or (empty and self.chance(0.3))):
                return shape

    def broadcast_from(self, shape):
        """A shape that broadcasts to this one: some axes of size 1, some at the front left out."""
        kept = [1 if self.chance(0.3) else n for n in shape]
        return tuple(kept[int(self.rng.integers(0, len(kept) + 1)) if self.chance(0.4) else 0 :])

    def pair_of_shapes(self, most=3):
        whole = self.shape(most=most)
        return self.broadcast_from(whole), self.broadcast_from(whole)

    def chance(self, probability=0.5):
        return bool(self.rng.random() < probability)

    def pick(self, *choices):
        return choices[int(self.rng.integers(len(choices)))]

    def number(self, low, high):
        return int(self.rng.integers(low, high + 1))

    def axis(self, rank):
        return self.number(-rank, rank - 1)

    def axes(self, rank):
        """None, one axis or a tuple of different ones, some of them counted from the end."""
        kind = self.pick("all", "one", "several") if rank else "all"
        if kind == "all":
            return None
        if kind == "one":
            return self.axis(rank)
        chosen = self.rng.permutation(rank)[: self.number(0, rank)].tolist()
        return tuple(axis - rank if self.chance() else axis for axis in chosen)

    def seed(self, shape):
        return self.rng.uniform(0.5, 2.0, shape) * self.rng.choice([-1.0, 1.0], shape)


def hash_of(part):
    """A number for a name, the same in every process."""
    return part if isinstance(part, int) else int.from_bytes(str(part).encode()[:24], "little")


# ── NumPy's functions where it has no name for what the library computes ─────────────────────────────────────────────


def logsumexp(a, axis=None, keepdims=False):
    return np.log(np.sum(np.exp(a), axis=axis, keepdims=keepdims))


def softmax(a, axis=-1):
    return np.exp(a) / np.sum(np.exp(a), axis=axis, keepdims=True)


def scatter(a, index, shape):
    """Zeros with the entries of a added one by one."""
    y = np.zeros(shape, a.dtype)
    places = np.arange(math.prod(shape)).reshape(shape)[index]
    for place, entry in zip(np.ravel(places), np.ravel(a), strict=True):
        y.flat[place] += entry
    return y


def log_softmax(a, axis=-1):
    return a - logsumexp(a, axis, keepdims=True)


def norm(a, ord=None, axis=None, keepdims=False):
    """Analytic where the norm is Euclidean: no absolute value is taken."""
    if ord in (None, 2, "fro"):
        return np.sqrt(np.sum(a * a, axis=axis, keepdims=keepdims))
    return np.linalg.norm(a, ord, axis, keepdims)
