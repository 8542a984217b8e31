"""What can be wrong with single layers: numbers, gradients that vanish or explode, units that are dead or saturated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.view.text import count
from nn.diagnosis.activity import Activity
from nn.diagnosis.findings import Evidence, Finding
from nn.diagnosis.layers import Group, norm
from nn.diagnosis.one_pass import Pass

DEAD, DEAD_IN_THE_END = 0.4, 0.5  # shares of dead units: that are too many, also where the training came to something
SATURATED, SATURATED_AT_FIRST = 0.7, 0.95
VANISHING, EXPLODING = 1e-4, 1e4  # the gradient at the first layer over that at the last
TOO_LARGE, TOO_LARGE_AT_FIRST, TOO_SMALL = 0.1, 0.5, 1e-5  # one step over the size of the weights


def faults_of_layers(evidence: Evidence) -> Iterator[Finding]:
    """Findings about layers, those first that explain others."""
    yield from _not_finite(evidence)
    yield from _alike(evidence)
    yield from _frozen(evidence)
    passed = evidence.passed
    if passed is None:
        return
    yield from _unreached(evidence, passed)
    yield from _infinite_gradients(evidence, passed)
    yield from _dead(evidence, passed)
    if not evidence.learned:
        yield from _saturated(evidence, passed)
        yield from _from_last_to_first(evidence, passed)
        yield from _steps(evidence)


# ── the numbers themselves ───────────────────────────────────────────────────────────────────────────────────────────


def _not_finite(evidence: Evidence) -> Iterator[Finding]:
    for group in evidence.groups:
        lost = {name: int(np.count_nonzero(~np.isfinite(p._data))) for name, p in group.parameters}
        names = [name for name, n in lost.items() if n]
        if names:
            message = (
                f"{group.called}: {names[0]} is not finite ({count(sum(lost.values()), 'number')} of the layer): the "
                f"training diverged. Start again with fresh weights and a tenth of {evidence.rate}, or clip gradients"
            )
            yield Finding("not_finite", group.name, message, float(sum(lost.values())))


def _alike(evidence: Evidence) -> Iterator[Finding]:
    """Hidden units alike in what comes in and in what goes out learn the same and stay the same (exercise 4-5).

    Outputs that begin alike part at the first step, for each has a target of its own.
    """
    layers = [_rows(group) for group in evidence.groups]
    for place, (group, rows) in enumerate(zip(evidence.groups, layers, strict=True)):
        if rows is None or len(rows) < 2 or not rows.shape[1] or not (rows == rows[0]).all():
            continue
        following = next((other for other in layers[place + 1 :] if other is not None), None)
        if following is not None and _reads_alike(following, len(rows)) and _learn_alike(group, evidence.passed):
            message = (
                f"{group.called}: all {len(rows)} units have the same weights, and what follows weighs them alike, so "
                "they learn the same and stay one unit: start from random weights"
            )
            yield Finding("symmetric", group.name, message, float(len(rows)))


def _reads_alike(following: Any, units: int) -> bool:
    """Whether a layer gives all units of the one before it the same weights; its biases may be a column more."""
    columns = following[:, :units]
    return following.shape[1] - units in (0, 1) and bool((columns == columns[:, :1]).all())


def _learn_alike(group: Group, passed: Pass | None) -> bool:
    """Whether nothing that came back tells the units apart."""
    if passed is None or any(p not in passed.gradients for _, p in group.parameters):
        return True
    gradients = _rows(group, passed.gradients)
    return gradients is None or np.allclose(gradients, gradients[0], rtol=1e-4, atol=1e-6 * np.abs(gradients).max())


def _rows(group: Group, numbers: Mapping[Any, Any] | None = None) -> Any:
    """What each unit of a layer has, its weights and its bias, or the gradients of these."""
    arrays = [np.asarray(p._data if numbers is None else numbers[p]) for _, p in group.parameters]
    if all(isinstance(p, Tensor) for _, p in group.parameters):
        matrix = next((a for a in arrays if a.ndim == 2), None)
        biases = [a[:, None] for a in arrays if matrix is not None and a.shape == matrix.shape[:1]]
        return None if matrix is None else np.concatenate([matrix, *biases], axis=1)
    units: dict[str, list[Any]] = {}
    for (name, _), number in zip(group.parameters, arrays, strict=True):
        units.setdefault(name.partition(".weights")[0].removesuffix(".bias"), []).append(number)
    return np.array(list(units.values())) if len({len(unit) for unit in units.values()}) == 1 else None


# ── gradients that do not arrive ─────────────────────────────────────────────────────────────────────────────────────


def _frozen(evidence: Evidence) -> Iterator[Finding]:
    for group in evidence.groups:
        frozen = [name for name, p in group.parameters if not p.requires_grad]
        if frozen:
            share = len(frozen) / len(group.parameters)
            message = (
                f"{group.called}: {_listed(frozen)} {_are(frozen)} frozen (requires_grad is False) and will not learn: "
                "set requires_grad = True, unless that is meant"
            )
            yield Finding("frozen", group.name, message, share)


def _unreached(evidence: Evidence, passed: Pass) -> Iterator[Finding]:
    sites = [site for _, site in passed.cuts if site]
    for group, activity in zip(evidence.groups, passed.activities, strict=True):
        lost = [name for name, p in group.parameters if p.requires_grad and p not in passed.gradients]
        if not lost:
            continue
        used = any(p in passed.used for _, p in group.parameters)
        ops = [op for op, _ in passed.cuts if op]
        if used and ops:
            why = f"{ops[0]} has no derivative and stands between it and the loss: use a smooth function in its place"
        elif used:
            why = "the loss does not depend on it through a derivative: was the loss made of outputs that were cut off?"
        else:
            why = (
                "it was cut off, by .detach(), .data, .numpy(), float() or no_grad(), or the model does not call it: "
                "keep Tensors and Values as they are from input to loss"
            )
        site = sites[0] if sites else activity.site if used else ""
        yield Finding("detached", group.name, f"{group.called}: no gradient reaches {_listed(lost)}; {why}", 0.0, site)


def _infinite_gradients(evidence: Evidence, passed: Pass) -> Iterator[Finding]:
    for group, activity in zip(evidence.groups, passed.activities, strict=True):
        size = _gradient_norm(group, passed)
        if size is not None and not np.isfinite(size):
            message = (
                f"{group.called}: the gradient is {size}: autograd.why_nan(loss) names the operation. Clip gradients, "
                f"lower {evidence.rate}, or use a stable form such as cross-entropy from logits"
            )
            yield Finding("not_finite_gradient", group.name, message, size, activity.site)


# ── units ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _dead(evidence: Evidence, passed: Pass) -> Iterator[Finding]:
    """The layer with the most dead units, and how many more have too many."""
    limit = DEAD_IN_THE_END if evidence.learned else DEAD
    found = [each for each in _shares(evidence, passed, "dead_share") if each[2] >= limit]
    if found and len(passed.rows) > 1:
        group, activity, share = max(found, key=lambda each: each[2])
        more = f" (and many in {count(len(found) - 1, 'other layer')})" if len(found) > 1 else ""
        message = (
            f"{group.called}: {share:.0%} of its {activity.units} ReLU units are dead, 0 for all {len(passed.rows)} "
            f"samples{more}: lower {evidence.rate}, use leaky ReLU, or start from He weights and a bias of 0"
        )
        yield Finding("dead", group.name, message, share, activity.site)


def _saturated(evidence: Evidence, passed: Pass) -> Iterator[Finding]:
    limit = SATURATED if len(evidence.losses) > 2 else SATURATED_AT_FIRST
    for group, activity, share in _shares(evidence, passed, "saturated_share"):
        if share >= limit:
            message = (
                f"{group.called}: {share:.0%} of what it gives lies where its activation is flat (slope below 0.05): "
                "start from smaller weights, scale the data, or use ReLU"
            )
            yield Finding("saturated", group.name, message, share, activity.site)


def _shares(evidence: Evidence, passed: Pass, what: str) -> Iterator[tuple[Group, Activity, float]]:
    for group, activity in zip(evidence.groups, passed.activities, strict=True):
        share = getattr(activity, what)
        if share is not None:
            yield group, activity, share


# ── how large gradients and steps are ────────────────────────────────────────────────────────────────────────────────


def _from_last_to_first(evidence: Evidence, passed: Pass) -> Iterator[Finding]:
    """What comes back to the first layer against what comes back to the last (textbook, 4.7)."""
    met = [(g, a.signal) for g, a in zip(evidence.groups, passed.activities, strict=True) if a.signal is not None]
    if len(met) < 3 or not met[-1][1] or not np.isfinite(met[0][1]):
        return
    (first, reaches), (last, sent) = met[0], met[-1]
    ratio = reaches / sent
    blocked = any(activity.dead_share == 1.0 for activity in passed.activities)  # a finding of its own
    if ratio < VANISHING and not blocked:
        message = (
            f"{first.called}: the gradient vanishes: what reaches it is {ratio:.1e} of that at {last.called}. Use ReLU "
            "with He weights or tanh with variance 1/n, or fewer layers; a larger learning rate does not help"
        )
        yield Finding("vanishing", first.name, message, ratio)
    elif ratio > EXPLODING:
        message = (
            f"{first.called}: the gradient explodes: what reaches it is {ratio:.1e} times that at {last.called}. Start "
            "from smaller weights (variance 1/n), or clip gradients with clip_norm=1.0"
        )
        yield Finding("exploding", first.name, message, ratio)


def _steps(evidence: Evidence) -> Iterator[Finding]:
    """One step against the size of the weights: about a thousandth is usual (exercise 4-6)."""
    known = [(group, ratio) for group, ratio in zip(evidence.groups, evidence.ratios, strict=True) if ratio is not None]
    largest = max(known, key=lambda pair: pair[1], default=None)
    if largest is None:
        return
    group, ratio = largest
    if ratio > (TOO_LARGE if len(evidence.losses) > 2 else TOO_LARGE_AT_FIRST):
        message = (
            f"{group.called}: one step changes its weights by {_share(ratio)} size: {evidence.rate} is too high, "
            "try a tenth of it"
        )
        yield Finding("update_too_large", group.name, message, ratio)
    elif 0.0 < ratio < TOO_SMALL:
        message = (
            f"no layer's weights change by more than {ratio:.1e} of their size in one step: {evidence.rate} is too "
            "low, try 10 or 100 times as much"
        )
        yield Finding("update_too_small", "", message, ratio)


def _share(ratio: float) -> str:
    """25% of their, or 6e+09 times their, from ten times on."""
    return f"{ratio:.0%} of their" if ratio < 10.0 else f"{ratio:.3g} times their"


def _gradient_norm(group: Group, passed: Pass) -> float | None:
    found = [passed.gradients[p] for _, p in group.parameters if p in passed.gradients]
    return norm(found) if found else None


def _listed(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _are(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"
