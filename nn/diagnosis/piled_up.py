"""Gradients that were never cleared: larger than those of any batch could be."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from autograd import walk_back
from autograd.backward import paused_collector
from nn.diagnosis.findings import Evidence, Finding
from nn.diagnosis.layers import norm
from nn.diagnosis.one_pass import Pass
from nn.diagnosis.update_ratios import update_ratios
from nn.layers import Dropout
from nn.module import Parameter, training_mode

BEYOND, BEYOND_WITH_DROPOUT = 3.0, 10.0  # over what batches give: the weights have moved a little since
MODEST = 0.1  # how far, over their size


def piled_up(evidence: Evidence) -> Iterator[Finding]:
    """Whether what the parameters hold in `grad` is the sum of several passes.

    A batch's gradient is a mean of those of single samples, so that in its own direction it is no longer than the
    longest of them. Where every sample was passed, that decides. Else only what is far beyond both the mean and single
    samples counts, and only where nothing was learned: a rare sample may have a gradient like no other.
    """
    passed = evidence.passed
    steps = max((optimizer.steps for optimizer in evidence.optimizers), default=0)
    if passed is None or steps < 3:
        return
    stored = {p: p.grad for p in passed.gradients if p.grad is not None}
    size, fresh = norm(stored.values()), norm(passed.gradients.values())
    if not (math.isfinite(fresh) and math.isfinite(size) and size > 1.5 * fresh > 0.0):
        return
    every = evidence.samples is not None and len(evidence.samples) == len(passed.rows)
    if every:
        found = _moved_little(evidence, stored) and size > _limit(evidence) * _reach(evidence, passed, stored, size)
    else:
        found = not evidence.learned and size > 10.0 * fresh and size > 3.0 * passed.largest_of_one
    if found:
        message = (
            f"the gradients stored in the parameters are {size / fresh:.3g} times those of one pass, more than any "
            "batch gives: they add up from batch to batch. Call optimizer.zero_grad() before every backward()"
        )
        yield Finding("gradients_not_cleared", "", message, size / fresh)


def _moved_little(evidence: Evidence, stored: Mapping[Parameter, Any]) -> bool:
    """Whether the last step was short, so that gradients before and after it are much the same."""
    ratios = update_ratios(evidence.groups, evidence.optimizers, stored)
    return all(ratio is None or ratio < MODEST for ratio in ratios)


def _limit(evidence: Evidence) -> float:
    dropped = any(isinstance(module, Dropout) for _, module in evidence.model.named_modules())
    return BEYOND_WITH_DROPOUT if dropped else BEYOND


def _reach(evidence: Evidence, passed: Pass, stored: Mapping[Parameter, Any], size: float) -> float:
    """The longest gradient of a single sample in the direction of the stored one, as a batch could count it."""
    longest, losses = 0.0, []
    assert evidence.samples is not None
    with training_mode(evidence.model, False), paused_collector(), np.errstate(all="ignore"):
        for rows, targets in evidence.samples.batches(1):
            single = rows if isinstance(rows, np.ndarray) else rows[0]
            error = passed.criterion(evidence.model(single), targets if isinstance(rows, np.ndarray) else targets[0])
            losses.append(float(error._data))
            adjoints = dict(walk_back(error)) if error.requires_grad else {}
            along = sum(float(np.vdot(adjoints[p], g)) for p, g in stored.items() if p in adjoints)
            longest = max(longest, along / size)
    mean = float(np.mean(losses))
    return longest * max(1.0, passed.loss / mean if mean > 0.0 else 1.0)  # where a loss adds up its samples
