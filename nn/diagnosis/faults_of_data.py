"""What can be wrong with data and labels: columns that are not scaled, labels that stand or count one off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.diagnosis.findings import Evidence, Finding
from nn.diagnosis.one_pass import Pass, spread

ENOUGH = 30  # rows from which neighbours say something about labels
MOST = 1_000  # rows that are looked at
LARGE = 30.0  # the size of features from which they count as not scaled


def faults_of_data(evidence: Evidence) -> Iterator[Finding]:
    """Findings about data and labels, and about outputs that do not answer to them."""
    if evidence.passed is None:
        return
    yield from _missing_first_class(evidence, evidence.passed)
    if not evidence.learned:
        yield from _unscaled(evidence)
        yield from _labels(evidence, evidence.passed)
        yield from _same_outputs(evidence, evidence.passed)


def _unscaled(evidence: Evidence) -> Iterator[Finding]:
    X = np.asarray(evidence.data[0])
    places = spread(len(X), MOST)
    rows = np.asarray(X[places], dtype=np.float64).reshape(len(places), -1)
    sizes = np.sqrt(np.square(rows).mean(axis=0))
    spreads = rows.std(axis=0)
    moving = spreads[spreads > 0.0]
    apart = float(moving.max() / moving.min()) if moving.size else 1.0
    if sizes.max() > LARGE or (apart > 1e3 and sizes.max() > 3.0):
        place = int(np.argmax(sizes))
        message = (
            f"the data are not scaled: column {place} has the size {sizes[place]:.3g}, and columns vary up to "
            f"{apart:.3g} times as much as others. Use (x − mean) / standard deviation, as data.standardised() does"
        )
        yield Finding("not_scaled", "", message, float(sizes[place]))


def _missing_first_class(evidence: Evidence, passed: Pass) -> Iterator[Finding]:
    labels = np.asarray(evidence.data[1])
    outputs = passed.outputs.shape[-1] if passed.outputs.ndim > 1 else 1
    if passed.predicted is None or labels.ndim != 1 or outputs < 3:
        return
    present = np.unique(labels)
    if present[0] == 1 and present[-1] == outputs - 1 and present.size == outputs - 1:
        message = (
            f"labels run from 1 to {outputs - 1} and the model has {outputs} outputs: class 0 never occurs. Labels "
            f"count from 0: y - 1, and {outputs - 1} outputs"
        )
        yield Finding("labels_off_by_one", "", message, 1.0)


def _labels(evidence: Evidence, passed: Pass) -> Iterator[Finding]:
    """Whether neighbouring rows have the same label more often than chance has it, as they are and shifted by a row."""
    if passed.predicted is None:
        return
    off = _constant_error(passed)
    if off:
        share = float(np.mean(passed.predicted == passed.targets + off))
        message = (
            f"the model names class y{off:+d} for {share:.0%} of the samples "
            "with label y: labels are off by one against those it was trained with"
        )
        yield Finding("labels_off_by_one", "", message, float(off))
        return
    rows, labels = evidence.data
    y = np.asarray(labels)
    places = spread(len(y), MOST)
    if len(places) < ENOUGH or y.ndim > 1:
        return
    X = np.asarray(np.asarray(rows)[places], dtype=np.float64).reshape(len(places), -1)
    agreement = {shift: _agreement(X, np.roll(y, shift)[places]) for shift in (0, 1, -1)}
    chance = float(np.square(np.unique(y, return_counts=True)[1] / len(y)).sum())
    best = max((1, -1), key=lambda shift: agreement[shift])
    if agreement[best] > agreement[0] + 0.5 * (1.0 - chance):
        message = (
            f"labels seem to stand one row off: neighbours share their label in {agreement[0]:.0%} of the rows, and in "
            f"{agreement[best]:.0%} with y shifted by {best:+d}: np.roll(y, {best}). Was a header or a row dropped "
            "from one of X and y alone?"
        )
        yield Finding("labels_off_by_one", "", message, agreement[best])
    elif agreement[0] < chance + 0.15 * (1.0 - chance):
        message = (
            f"labels do not go with the rows: neighbours share their label in {agreement[0]:.0%} of the rows, which is "
            f"chance ({chance:.0%}). Were X and y shuffled apart?"
        )
        yield Finding("labels_unrelated", "", message, agreement[0])


def _constant_error(passed: Pass) -> int:
    """1 or −1 where the predicted class is the label plus that, for four of five samples; else 0."""
    assert passed.predicted is not None
    if len(np.unique(passed.targets)) < 3 or len(np.unique(passed.predicted)) < 3:
        return 0
    return next((off for off in (1, -1) if np.mean(passed.predicted == passed.targets + off) > 0.8), 0)


def _agreement(X: NDArray[np.float64], y: NDArray[Any]) -> float:
    """How often a row has the label of the row nearest to it, columns scaled alike."""
    spreads = X.std(axis=0)
    Z = (X - X.mean(axis=0)) / np.where(spreads > 0.0, spreads, 1.0)
    squares = np.square(Z).sum(axis=1)
    distances = squares - 2.0 * Z @ Z.T + squares[:, None]
    np.fill_diagonal(distances, np.inf)
    return float(np.mean(y[np.argmin(distances, axis=1)] == y))


def _same_outputs(evidence: Evidence, passed: Pass) -> Iterator[Finding]:
    if len(passed.rows) < 2 or (passed.rows == passed.rows[0]).all() or not np.isfinite(passed.outputs).all():
        return
    size = float(np.abs(passed.outputs).max(initial=0.0))
    apart = float(np.ptp(passed.outputs, axis=0).max(initial=0.0))
    targets_differ = len(np.unique(passed.targets)) > 1
    if targets_differ and apart <= 1e-9 * size:
        message = (
            f"the outputs are the same for all {len(passed.rows)} samples: nothing of the inputs gets through. See to "
            "dead or saturated units, and to weights of 0"
        )
        yield Finding("same_outputs", "", message, apart)
    elif targets_differ and len(evidence.losses) > 1 and passed.predicted is not None:
        classes = np.unique(passed.predicted)
        if classes.size == 1:
            message = (
                f"every sample is named class {classes[0]}, and there are {len(np.unique(passed.targets))}: the model "
                "has learned no more than which class is frequent. Scale the data, train longer, or look at the labels"
            )
            yield Finding("same_prediction", "", message, float(classes[0]))
