"""What an operation does to the gradient on its way back, in words and as a rule over names."""

from __future__ import annotations

import numpy as np

from autograd import ops
from autograd.graph import Node
from autograd.view.contributions import Contribution
from autograd.view.datum import FEW, brief, is_one_number, kind
from autograd.view.reading import Reading
from autograd.view.section import REST
from autograd.view.stepping.formula import derivatives_written

# What an op that chooses does, after the word that says so.
_CHOOSES = {
    "relu": "the gradient passes where {0} > 0, else nothing",
    "clip": "the gradient passes where {0} lies inside its bounds, else nothing",
    "where": "the branch that was taken gets all of it",
    "maximum": "the larger one gets all of it, and equals share it",
    "max": "the largest gets all of it, and equals share it",
    "minimum": "the smaller one gets all of it, and equals share it",
    "min": "the smallest gets all of it, and equals share it",
}

# What an array op does.
_MOVES = "moves: every entry goes back to where it came from"
_OF_ARRAYS = {
    "reshape": _MOVES,
    "transpose": _MOVES,
    "getitem": "moves: the entries picked get their gradient, the others 0",
    "scatter": _MOVES,
    "concatenate": "splits: every part gets its piece",
    "broadcast_to": "adds: what was stretched is summed up again",
    "astype": "distributes: hands its gradient on, in the operand's dtype",
    "sum": "distributes: every entry that was added gets the sum's gradient",
    "matmul": "swaps: each factor gets the gradient times the other one, transposed",
    "linear": "swaps: weights and inputs get the gradient times one another, the bias its sum",
    "einsum": "swaps: each operand gets the gradient times the others",
    "cumsum": "adds: every entry hears from all the sums that it is in",
    "softmax": "shares out: each entry gets its probability times what its gradient is above their weighted mean",
    "log_softmax": "shares out: each entry keeps its gradient, less its probability times the sum of all",
    "logsumexp": "shares out: each entry gets its probability times the gradient",
    "nll": "scales: each score gets the gradient times minus its target",
    "max": "routes: the largest entry gets all of it, and equals share it",
    "min": "routes: the smallest entry gets all of it, and equals share it",
}

# Pull-backs over names: g what comes in, then the operands and the result y.
_PULL_BACKS = {
    "matmul": ("{g} @ {1}ᵀ", "{0}ᵀ @ {g}"),
    "linear": ("{g} @ {1}", "{g}ᵀ @ {0}", "Σ {g}"),
    "softmax": ("{y} ⊙ ({g} − Σ {g} ⊙ {y})",),
    "log_softmax": ("{g} − exp({y}) ⊙ Σ {g}",),
    "logsumexp": ("{g} ⊙ exp({0} − {y})",),
    "nll": ("−{1} ⊙ {g}", "−{0} ⊙ {g}"),
}


def role_of(reading: Reading, c: Contribution) -> str:
    """What the operation of a contribution does, beginning with the one word for it: distributes, swaps, routes, …"""
    op = c.operation.op
    assert op is not None
    names = [reading.names[parent] for parent in c.operation.parents]
    if op.name == REST:
        role = "given: arrives from outside of what is opened"
    elif op.whole:
        role = _OF_ARRAYS.get(op.name, "")
    elif op is ops.add:
        both = sum(edge is not None for edge in c.operation.edges) > 1
        role = "distributes: hands its gradient on unchanged" + (" to both" if both else "")
    elif op is ops.mul:
        role = _of_product(reading, c)
    elif op.selects:
        role = "routes: " + _CHOOSES.get(op.name, "the gradient goes where the value came from").format(*names)
    else:
        written = derivatives_written(op, reading.names[c.operation], names)[c.place]
        role = f"scales: by {_derivative(reading, c)}" + (f" = {written}" if written else "")
    stretched = not op.whole and np.size(c.operand._data) < np.size(c.operation._data)
    return f"{role}; adds up over what was stretched" if stretched else role


def _of_product(reading: Reading, c: Contribution) -> str:
    other = c.operation.parents[1 - c.place]
    if other is c.operand or other.requires_grad:
        return "swaps: each operand gets the other's value times the gradient"
    return f"scales: by {reading.names[other]}, which is constant"


def rule_of(reading: Reading, c: Contribution) -> str:
    """The chain rule on one edge, over names: ∂f/∂h5 · ∂h5/∂h4, or the pull-back where there is no one derivative."""
    came = partial(reading, c.operation)
    op = c.operation.op
    assert op is not None
    if op.whole:
        return _pull_back(reading, c, came)
    sign = "·" if is_one_number(c.operation._data) else "⊙"
    product = f"{came} {sign} {_derivative(reading, c)}"
    return f"Σ {product}" if np.size(c.operand._data) < np.size(c.operation._data) else product


def _pull_back(reading: Reading, c: Contribution, came: str) -> str:
    op, parents = c.operation.op, c.operation.parents
    assert op is not None
    written = _PULL_BACKS.get(op.name, ())
    if c.place >= len(written) or (op.name == "matmul" and any(np.ndim(parent._data) != 2 for parent in parents)):
        return f"pull-back of {op.name} at {came}"
    names = [reading.names[parent] for parent in parents]
    return written[c.place].format(*names, g=came, y=reading.names[c.operation])


def partial(reading: Reading, node: Node) -> str:
    """∂f/∂x, the gradient of the root toward a node."""
    return f"∂{reading.names[reading.root]}/∂{reading.names[node]}"


def _derivative(reading: Reading, c: Contribution) -> str:
    return reading.local(c.operation, c.place)


def numbers_of(reading: Reading, c: Contribution) -> str:
    """The rule with numbers put in, as far as they can be shown: 1 · −0.25 = −0.25, or the share alone."""
    share = reading.gradient(c.share)
    if not is_one_number(c.share):
        share += f" ({kind(c.share)})"
    whole = c.local is not None and np.size(c.operand._data) == np.size(c.operation._data)
    if not whole or np.size(c.share) > FEW:
        return share
    factors = [brief(x, reading.digits) for x in (c.upstream, c.local)]
    sign = "·" if is_one_number(c.operation._data) else "⊙"
    return f"{factors[0]} {sign} {factors[1]} = {share}"


def masked(c: Contribution) -> bool:
    """Whether the product on this edge is nan, and counts as 0 because one of its factors is exactly 0."""
    if c.local is None:
        return False
    with np.errstate(all="ignore"):
        product = np.asarray(c.upstream) * np.asarray(c.local)
    zero = (np.asarray(c.upstream) == 0.0) | (np.asarray(c.local) == 0.0)
    return bool((np.isnan(product) & zero).any())
