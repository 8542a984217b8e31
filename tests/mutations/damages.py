"""Damages: what is done to the derivatives of an elementwise rule, or to the shares of a pull-back.

A damage takes the list of them, entries without a derivative left out, and gives the wrong ones. It runs on floats, on
arrays and on nodes, so that a broken rule is wrong in every mode and raises in none.
"""

import math

import numpy as np

from autograd import array_op, array_ops, elementwise
from autograd.op import Into


def broken(op, damage):
    """The same op with a rule that is wrong in one way."""
    return rebuilt(op, lambda derivatives, y, operands: damage(derivatives(y, *operands)))


def rebuilt(op, change):
    """The same op with the derivatives that `change(derivatives, y, operands)` makes of the right ones.

    Entries without a derivative stay without. An op that has no rule gets one, of which the right derivatives are 0,
    and gives numbers where it gave places.
    """

    def changed(rule, y, operands):
        def derivatives(y, *xs):
            return [taken(entry) for entry in rule(y, *xs) if entry is not None]

        missing = [entry is None for entry in rule(y, *operands)]
        wrong = iter(change(derivatives, y, operands))
        return tuple(None if none else next(wrong) for none in missing)

    if op.whole:
        right = op.pull_back or (lambda g, y, *xs, **parameters: tuple(0.0 * x for x in xs))

        def pull_back(g, y, *operands, **parameters):
            return changed(lambda y, *xs: right(g, y, *xs, **parameters), y, operands)

        function = op.function if op.derivable else lambda *xs, **own: np.asarray(op.function(*xs, **own), dtype=float)
        return array_op(op.name, function, pull_back, selects=op.selects)
    rule = op.rule or (lambda y, *xs: tuple(0.0 * x for x in xs))
    return elementwise(op.name, op.function, op.array_function, lambda y, *xs: changed(rule, y, xs), selects=op.selects)


def taken(entry):
    """An entry that may have to be asked for."""
    if isinstance(entry, Into):
        return entry.function(None)
    return entry() if callable(entry) else entry


# ── of rows with a derivative ────────────────────────────────────────────────────────────────────────────────────────

DAMAGES = {
    "zero": lambda ds: [0.0 * d for d in ds],
    "sign": lambda ds: [-d for d in ds],
    "factor 1.001": lambda ds: [1.001 * d for d in ds],
    "factor 0.999": lambda ds: [0.999 * d for d in ds],
    "factor 1.000001": lambda ds: [1.000001 * d for d in ds],
    "factor 2": lambda ds: [2.0 * d for d in ds],
    "off by 0.01": lambda ds: [d + 0.01 for d in ds],
    "not a number": lambda ds: [math.nan * d for d in ds],
}
OF_SEVERAL = {
    "operands swapped": lambda ds: [*ds[1:], ds[0]],
    "first operand forgotten": lambda ds: [0.0 * ds[0], *ds[1:]],
    "last operand forgotten": lambda ds: [*ds[:-1], 0.0 * ds[-1]],
}


def swapped(shares):
    """The first two shares of one shape change places."""
    shapes = [share.shape for share in shares]
    i, j = next(((i, j) for j in range(len(shapes)) for i in range(j) if shapes[i] == shapes[j]), (0, 0))
    others = list(shares)
    others[i], others[j] = shares[j], shares[i]
    return others


def transposed(share):
    """The axes in the other order, read in the order that fits the shape."""
    return array_ops.reshape(array_ops.transpose(share), shape=share.shape)


def turned_round(share):
    """The entries from the last to the first."""
    flat = array_ops.reshape(share, shape=(math.prod(share.shape),))
    return array_ops.reshape(array_ops.getitem(flat, index=(slice(None, None, -1),)), shape=share.shape)


def without_one_entry(share):
    """The first entry 0."""
    return share * (np.arange(math.prod(share.shape)) > 0).reshape(share.shape).astype(float)


def averaged(share):
    """All entries the same, with the same sum."""
    return 0.0 * share + array_ops.sum(share) * (1.0 / max(math.prod(share.shape), 1))


OF_SEVERAL_SHARES = {**OF_SEVERAL, "operands swapped": swapped}
OF_ENTRIES = {
    "transposed": lambda shares: [transposed(share) for share in shares],
    "turned round": lambda shares: [turned_round(share) for share in shares],
    "one entry forgotten": lambda shares: [without_one_entry(share) for share in shares],
    "averaged": lambda shares: [averaged(share) for share in shares],
}


def as_array_op(op):
    """An elementwise op with a pull-back, which can mistake one entry for another, as its own rule cannot."""

    def pull_back(g, y, *operands):
        entries = [None if entry is None else taken(entry) for entry in op.rule(y, *operands)]
        return tuple(None if entry is None else g * entry for entry in entries)

    return array_op(op.name, op.array_function, pull_back, selects=op.selects)


# ── of rows without a derivative: one is made up ─────────────────────────────────────────────────────────────────────

INVENTIONS = {
    "made up: 1": lambda ds: [d + 1.0 for d in ds],
    "made up: −1": lambda ds: [d - 1.0 for d in ds],
    "made up: a thousandth": lambda ds: [d + 0.001 for d in ds],
    "made up: not a number": lambda ds: [d + math.nan for d in ds],
    "made up: 1, for the last operand": lambda ds: [*ds[:-1], ds[-1] + 1.0],
}


def leaning(op):
    """An op without a rule whose function has a slope of a thousandth all the same."""
    if op.whole:
        return array_op(op.name, lambda a, **parameters: op.function(a, **parameters) + 0.001 * np.sum(a), None)
    return elementwise(
        op.name,
        lambda *xs: op.function(*xs) + 0.001 * xs[0],
        lambda *xs: op.array_function(*xs) + 0.001 * xs[0],
        None,
    )
