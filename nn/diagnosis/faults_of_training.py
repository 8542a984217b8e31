"""What can be wrong with a training as a whole: how the loss went, and what the optimizer was given."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from nn.diagnosis.findings import Evidence, Finding


def faults_of_training(evidence: Evidence) -> Iterator[Finding]:
    """Findings about the whole, the loss first."""
    yield from _loss(evidence)
    yield from _overfitting(evidence)
    yield from _optimizers(evidence)


# ── the loss ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _loss(evidence: Evidence) -> Iterator[Finding]:
    losses, rate = list(evidence.losses), evidence.rate
    lost = next((epoch for epoch, loss in enumerate(losses, 1) if not math.isfinite(loss)), None)
    if lost is not None:
        message = (
            f"the loss is {losses[lost - 1]} in epoch {lost}: the training diverged. Lower {rate} or clip gradients"
        )
        yield Finding("diverged", "", message, float(lost))
        return
    if len(losses) < 3 or evidence.learned:
        return
    first, size = losses[0], abs(losses[0]) or 1.0
    end = float(np.mean(losses[-max(1, len(losses) // 4) :]))
    rises = [b - a for a, b in pairwise(losses)]
    if end > first + 0.2 * size and losses[-1] > first:
        message = (
            f"the loss rises, from {first:.4g} to {losses[-1]:.4g}: lower {rate}, or the step goes uphill (a sign?)"
        )
        yield Finding("loss_rises", "", message, end / size)
    elif len(rises) > 4 and sum(rise > 0.1 * size for rise in rises) > 0.25 * len(rises):
        share = sum(rise > 0.1 * size for rise in rises) / len(rises)
        message = f"the loss jumps up by a tenth of what it was at first in {share:.0%} of the epochs: lower {rate}"
        yield Finding("loss_oscillates", "", message, share)
    elif len(losses) > 4 and min(losses) > first - 0.03 * size:
        fell = (first - min(losses)) / size
        message = (
            f"the loss fell by {fell:.2%} in {len(losses)} epochs: a learning rate that is too low, labels that do not "
            "belong to their rows, or parameters that the optimizer does not have"
        )
        yield Finding("loss_flat", "", message, fell)


def _overfitting(evidence: Evidence) -> Iterator[Finding]:
    held_out, losses = list(evidence.validation), list(evidence.losses)
    if len(held_out) < 10 or len(held_out) != len(losses) or not all(map(math.isfinite, held_out)):
        return
    best = int(np.argmin(held_out))
    if held_out[-1] > 1.5 * held_out[best] > 0.0 and losses[-1] < 0.5 * losses[best]:
        message = (
            f"the validation loss rose from {held_out[best]:.4g} in epoch {best + 1} to {held_out[-1]:.4g} while the "
            "training loss went on falling: it overfits. Stop early with patience=…, or use more data, weight decay or "
            "dropout"
        )
        yield Finding("overfitting", "", message, held_out[-1] / held_out[best])


# ── the optimizer ────────────────────────────────────────────────────────────────────────────────────────────────────


def _optimizers(evidence: Evidence) -> Iterator[Finding]:
    if not evidence.optimizers:
        return
    held = Counter(parameter for optimizer in evidence.optimizers for parameter in optimizer.parameters)
    own = {p for group in evidence.groups for _, p in group.parameters}
    for group in evidence.groups:
        missing = [name for name, p in group.parameters if p not in held and p.requires_grad]
        if missing:
            message = (
                f"{group.called}: the optimizer does not have {', '.join(missing[:3])}"
                + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
                + ": give it model.parameters(), after the model is complete"
            )
            yield Finding("not_in_optimizer", group.name, message, float(len(missing)))
    strange = sum(parameter not in own for parameter in held)
    if strange:
        message = (
            f"the optimizer has {strange:,} parameters that are not the model's: was the model made anew after the "
            "optimizer?"
        )
        yield Finding("strange_parameters", "", message, float(strange))
    known = {p: (group.called, group.name, name) for group in evidence.groups for name, p in group.parameters}
    twice = [p for p, n in held.items() if n > 1]
    twice += [
        p
        for optimizer in evidence.optimizers
        for name, p in zip(optimizer.names, optimizer.parameters, strict=True)
        if name in getattr(optimizer, "repeated", ()) and p not in twice
    ]
    for parameter in twice:
        called, layer, name = known.get(parameter, ("another model", "", "a parameter"))
        several = (
            "two optimizers have it, and each moves it" if held[parameter] > 1 else "it is moved once all the same"
        )
        message = f"{called}: {name} was given to the optimizer twice; {several}: give every parameter once"
        yield Finding("repeated_parameter", layer, message, 2.0)
