"""What can be wrong between the outputs and the loss: shapes that cross, rows that mix, ranges that cannot fit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd import Node, ancestry
from autograd.view.names import names
from autograd.view.stretching import stretches
from nn.cross_entropy import CrossEntropyLoss
from nn.diagnosis.findings import Evidence, Finding
from nn.diagnosis.one_pass import Pass
from nn.distance_losses import DistanceLoss

RANGES = {"relu": (0.0, np.inf), "logistic": (0.0, 1.0), "softmax": (0.0, 1.0), "tanh": (-1.0, 1.0)}
OUTSIDE = 0.05  # the share of targets that an output cannot reach
APART = 1e-3  # how far a row's outputs may be from those it has alone, over the largest output


def faults_of_outputs(evidence: Evidence) -> Iterator[Finding]:
    """Findings about the graph from the last layer to the loss."""
    passed = evidence.passed
    if passed is None or not passed.outputs_of_rows:
        return
    yield from _crossed(passed)
    yield from _mixed(passed)
    yield from _out_of_range(passed)


def _crossed(passed: Pass) -> Iterator[Finding]:
    if passed.error is not None:
        for node, sentence in stretches(passed.error, names(passed.error)):
            yield Finding("crossed_shapes", "", f"in the loss {sentence}", float(np.size(node._data)))


# ── rows that mix ────────────────────────────────────────────────────────────────────────────────────────────────────


def _mixed(passed: Pass) -> Iterator[Finding]:
    """Whether a row gets other outputs among others than alone, and by which op."""
    together = passed.outputs_of_rows[0]
    size = float(np.abs(passed.outputs).max(initial=0.0))
    if len(passed.rows) < 2 or np.shape(together._data)[:1] != (len(passed.rows),) or not np.isfinite(size):
        return
    for row, alone in passed.alone:
        apart = _apart(together, alone, row)
        if apart > APART * size:
            node = next(_mixing(together, alone, row), together)
            assert node.op is not None
            message = (
                f"what the model gives for row {row} depends on the rows beside it, by up to {apart:.3g}, for "
                f"{node.op.name} mixes them. Was another axis meant, axis=-1 in place of axis=0?"
            )
            site = "" if str(node.site) == passed.here else str(node.site or "")
            yield Finding("mixed_rows", "", message, apart, site)
            return


def _mixing(together: Node, alone: Node, row: int) -> Iterator[Node]:
    """The ops whose result for this row differs, in the order of computation."""
    for one, other in zip(ancestry(together), ancestry(alone), strict=False):
        if one.op is not other.op:
            return
        size = float(np.abs(one._data).max(initial=0.0))
        if one.op is not None and _apart(one, other, row) > APART * size:
            yield one


def _apart(together: Any, alone: Any, row: int) -> float:
    """How far a row of an array is from the same row computed by itself; 0 where these are no rows."""
    one, other = together._data, alone._data
    if one.shape[:1] <= (row,) or other.shape != (1, *one.shape[1:]):
        return 0.0
    with np.errstate(all="ignore"):
        return float(np.nan_to_num(np.abs(one[row] - other[0])).max(initial=0.0))


# ── ranges ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _out_of_range(passed: Pass) -> Iterator[Finding]:
    """The last activation against what the loss wants: logits of any sign, or numbers that it can give."""
    ends = {node.op.name for node in passed.outputs_of_rows if node.op is not None}
    name = ends.pop() if len(ends) == 1 else ""
    if name not in RANGES:
        return
    low, high = RANGES[name]
    node = passed.outputs_of_rows[0]
    site = "" if str(node.site) == passed.here else str(node.site or "")
    last = f"the model ends in {name}{_of_module(node)}"
    if isinstance(passed.criterion, CrossEntropyLoss):
        message = (
            f"{last}, and CrossEntropyLoss takes logits, numbers of any sign and size: these lie from {low:g} to "
            f"{high:g}. Leave {name} out"
        )
        yield Finding("output_range", "", message, 1.0, site)
    elif isinstance(passed.criterion, DistanceLoss):
        y = passed.targets
        share = float(np.mean((y < low) | (y > high)))
        if share > OUTSIDE:
            message = (
                f"{last}, which gives {low:g} to {high:g}, and {share:.0%} of the targets lie outside (they go from "
                f"{y.min():.4g} to {y.max():.4g}): leave {name} out, or scale the targets"
            )
            yield Finding("output_range", "", message, share, site)


def _of_module(node: Node) -> str:
    region = node.region
    if region is None or region.outer is None:
        return ""
    return f" (module {region.name.partition('.')[2]}, {region.owner!r})"
