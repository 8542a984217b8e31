"""Forward and central differences: the textbook's first way to a derivative."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.numeric.inputs import Array
from autograd.numeric.probe import Probe
from autograd.numeric.slopes import Slopes, beside, known, noise
from autograd.numeric.steps import evaluated


def forward(probe: Probe, step: Any, judged: bool) -> Slopes:
    """(f(x + h) − f(x)) / h: n + 1 evaluations, error O(h), by default h = u^½ · max(|x|, 1) (textbook, 4.5.1).

    Truncation is h/2 · f″ and round-off 2δ/h, δ the noise of one value, so that h = √u makes both about √u.
    Judged by 2n more, at −h, where the difference is off as much to the other side, and at 2h, where it is off twice as
    much: the larger distance bounds the truncation. At a kink the difference at −h is the other slope, and at the edge
    of a domain there is none: the error is inf.
    """
    centre = probe.centre()
    steps, (right,) = evaluated(probe, (1.0,), 1 / 2, step)
    slopes = (right - centre) / _distance(probe, steps, right)
    if not judged:
        return Slopes(slopes, np.full_like(slopes, np.inf), steps)
    everywhere = np.arange(steps.size)
    others = [
        (probe.around(everywhere, offsets) - centre) / _distance(probe, offsets, right)
        for offsets in (-steps, 2.0 * steps)
    ]
    rounding = 2.0 * noise(probe, np.abs(centre), slopes) / beside(steps, slopes)
    truncation = np.maximum(*(np.abs(slopes - other) for other in others))
    return Slopes(slopes, known(truncation + rounding), steps)


def central(probe: Probe, step: Any, judged: bool) -> Slopes:
    """(f(x + h) − f(x − h)) / 2h: 2n evaluations, error O(h²), by default h = u^⅓ · max(|x|, 1) (textbook, 4.5.1).

    Truncation is h²/6 · f‴ and round-off δ/h, δ the noise of one value, so that h = ∛u makes both about u^⅔.
    Judged by 2n + 1 more: at 2h the truncation is four times as large, so the difference is three times that at h.
    The gap between the forward and the backward difference is h · f″ + O(h³) and halves with h: what is left of it in
    2 gap(h) − gap(2h) is a kink, and half of that is added.
    """
    steps, (right, left) = evaluated(probe, (1.0, -1.0), 1 / 3, step)
    ahead, behind = _distance(probe, steps, right), _distance(probe, -steps, right)
    slopes = (right - left) / (ahead - behind)
    if not judged:
        return Slopes(slopes, np.full_like(slopes, np.inf), steps)
    centre = probe.centre()
    everywhere = np.arange(steps.size)
    wide_right, wide_left = probe.around(everywhere, 2.0 * steps), probe.around(everywhere, -2.0 * steps)
    wide_ahead, wide_behind = _distance(probe, 2.0 * steps, right), _distance(probe, -2.0 * steps, right)
    wide = (wide_right - wide_left) / (wide_ahead - wide_behind)
    gap = (right - centre) / ahead - (left - centre) / behind
    wide_gap = (wide_right - centre) / wide_ahead - (wide_left - centre) / wide_behind
    rounding = noise(probe, np.maximum(np.abs(right), np.abs(left)), slopes) / beside(steps, slopes)
    kink = np.maximum(np.abs(2.0 * gap - wide_gap) / 2.0 - 5.0 * rounding, 0.0)  # 5: what round-off can do to it
    return Slopes(slopes, known(np.abs(wide - slopes) + kink + rounding), steps)


def _distance(probe: Probe, offsets: Array, values: Array) -> Array:
    """How far the numbers were moved in truth, once x + h was rounded: dividing by that costs no accuracy."""
    return beside(probe.moved(np.arange(offsets.size), offsets) - probe.point, values)
