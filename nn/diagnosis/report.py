"""health(model, history, …): what is wrong with a training, layer by layer and in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, MissingExtra, OperandError
from autograd.view.table import aligned
from autograd.view.text import count
from nn.diagnosis.faults_of_data import faults_of_data
from nn.diagnosis.faults_of_layers import faults_of_layers
from nn.diagnosis.faults_of_outputs import faults_of_outputs
from nn.diagnosis.faults_of_training import faults_of_training
from nn.diagnosis.findings import Evidence, Finding
from nn.diagnosis.layers import Group, groups_of, norm
from nn.diagnosis.one_pass import pass_over, samples_for
from nn.diagnosis.piled_up import piled_up
from nn.diagnosis.update_ratios import update_ratios
from nn.history import History
from nn.module import Module
from nn.optimizers import Optimizer


def health(
    model: Module,
    history: History | Sequence[float] | None = None,
    X: Any = None,
    y: Any = None,
    *,
    loss: Any = None,
    optimizer: Optimizer | Sequence[Optimizer] | None = None,
) -> Health:
    """What can be told of a training from what is given: a report with figures for every layer, and findings.

    - model alone: weights that are not finite or all alike, and frozen parameters.
    - history, a list of losses by epoch or what fit returned: a loss that diverges, rises, jumps or stays, and
      overfitting. That of fit knows the optimizer, the loss and the samples, where they are not given.
    - optimizer, or a list of them: parameters that it lacks, has twice, or that are not the model's.
    - X, y and loss: one forward and one backward pass in evaluation mode over at most 256 samples, spread evenly
      through the data (32 where the model is made of Values), shows gradients that do not arrive, vanish or explode,
      dead and saturated units, labels off by one, data that are not scaled, rows that change each other's outputs,
      and outputs that do not fit the loss. With the optimizer also how far one step would move each layer.

    Nothing is changed: no parameter, gradient, generator, or state of the optimizer. Where a training has come to
    something (half of the mistakes of always naming the most frequent class, or a loss that fell by 40 %), small
    gradients and saturated units are its end and no finding.

    OperandError and ArgumentError where an argument is not what it should be; DataError and what the loss raises
    where data and model do not fit.

    >>> from nn import MLP
    >>> lazy = MLP([2, 3, 1], rng=0)
    >>> lazy.layers[0].neurons[1].bias.requires_grad = False
    >>> [finding.kind for finding in health(lazy).findings]
    ['frozen']
    """
    if not isinstance(model, Module):
        raise OperandError(f"health looks at a model, got {type(model).__name__}: {str(model)[:60]!r}")
    optimizers = _optimizers(optimizer)
    groups = groups_of(model)
    if not groups:
        raise ArgumentError(f"health: {model!r} has no parameters, so there is nothing to train")
    given = [name for name, part in (("X", X), ("y", y), ("loss", loss)) if part is not None]
    if 0 < len(given) < 3 or (loss is not None and not callable(loss)):
        raise ArgumentError(f"health takes X, y and loss=… together, to pass samples through; got {', '.join(given)}")
    past = _history(history)
    samples = samples_for(model, X, y) if given else None
    if past.origin is not None and past.origin.model is model:
        optimizers = optimizers or [past.origin.optimizer]
        if samples is None:
            samples, loss = past.origin.samples, past.origin.loss
    passed = None if samples is None else pass_over(model, groups, samples, loss)
    ratios = update_ratios(groups, optimizers, {} if passed is None else passed.gradients)
    evidence = Evidence(
        model, groups, past.loss, past.validation_loss, past.error_rate, optimizers, ratios, passed, samples
    )
    kinds = (faults_of_training, faults_of_data, faults_of_outputs, faults_of_layers, piled_up)
    findings = tuple(chain.from_iterable(found(evidence) for found in kinds))
    return Health(repr(model), tuple(_layer(evidence, i) for i in range(len(groups))), findings, tuple(past.loss))


@dataclass(frozen=True, slots=True)
class LayerHealth:
    """The figures of one layer; None for what was not measured.

    `signal` is the root mean square of ∂loss/∂(what the layer gives), `dead` the share of its ReLU units that are 0 for
    every sample, `saturated` the share of sigmoid's, tanh's or clip's outputs where the slope is below 0.05, and
    `update` ‖one step of the optimizer‖ / ‖weights‖.
    """

    name: str
    text: str
    weights: float
    gradients: float | None
    signal: float | None
    update: float | None
    dead: float | None
    saturated: float | None


@dataclass(frozen=True, slots=True, repr=False)
class Health:
    """What `health` found: `findings`, the training's first and then the layers', and figures for each layer."""

    model: str
    layers: tuple[LayerHealth, ...]
    findings: tuple[Finding, ...]
    losses: tuple[float, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def plot(self, axes: Any = None) -> Any:
        """Draws the loss, the gradients, the steps and the shares of units by layer; returns the four matplotlib axes.

        `axes` are four axes to draw on. MissingExtra without matplotlib.
        """
        try:
            from matplotlib import pyplot
        except ImportError:
            raise MissingExtra('Health.plot needs matplotlib: pip install "glassgrad[plot]"') from None
        axes = pyplot.subplots(2, 2, figsize=(10, 7), layout="constrained")[1] if axes is None else axes
        four = np.ravel(axes)
        if len(four) != 4:
            raise ArgumentError(f"Health.plot draws on four axes, got {len(four)}")
        four[0].plot(range(1, len(self.losses) + 1), self.losses, marker="." if len(self.losses) == 1 else "")
        four[0].xaxis.get_major_locator().set_params(integer=True)
        four[0].set_title("loss by epoch")
        self._bars(four[1], "gradient norm", {"gradients": [layer.gradients for layer in self.layers]}, log=True)
        self._bars(four[2], "one step / weights", {"update": [layer.update for layer in self.layers]}, log=True)
        four[2].axhspan(1e-5, 0.1, color="tab:green", alpha=0.12, zorder=0)
        shares = {
            "dead": [layer.dead for layer in self.layers],
            "saturated": [layer.saturated for layer in self.layers],
        }
        self._bars(four[3], "share of units", shares, log=False)
        four[3].set_ylim(0.0, 1.0)
        four[3].legend()
        return axes

    def _bars(self, axes: Any, title: str, columns: dict[str, list[float | None]], *, log: bool) -> None:
        """Bars for each layer, side by side; what was not measured, is 0 or is not finite has none."""
        width = 0.8 / len(columns)
        for place, (name, column) in enumerate(columns.items()):
            heights = [x if x is not None and np.isfinite(x) else 0.0 for x in column]
            axes.bar(
                [i + (place - (len(columns) - 1) / 2) * width for i in range(len(column))], heights, width, label=name
            )
        if log and any(x for column in columns.values() for x in column if x is not None and np.isfinite(x)):
            axes.set_yscale("log")
        axes.set_xticks(range(len(self.layers)), [layer.name or layer.text for layer in self.layers], rotation=30)
        axes.set_title(title)

    def __str__(self) -> str:
        lines = [f"{count(len(self.findings), 'finding')} about {self.model}"]
        lines += [f"  {finding.kind}: {finding}" for finding in self.findings]
        heads = ("layer", "weights", "gradient", "signal", "step/weights", "dead", "saturated")
        rows: list[tuple[str, ...]] = [heads]
        for layer in self.layers:
            sizes = (layer.weights, layer.gradients, layer.signal, layer.update)
            shares = ("—" if x is None else f"{x:.0%}" for x in (layer.dead, layer.saturated))
            rows.append((layer.name or layer.text, *("—" if x is None else f"{x:.3g}" for x in sizes), *shares))
        if all(layer.signal is None and layer.gradients is None for layer in self.layers):
            lines.append("no sample was passed through it: give X, y and loss=…, or the history of its own fit")
        return "\n".join([*lines, aligned(rows, right=range(1, len(heads)), ruled_after=())])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: the findings and the figures."""
        return {"text/plain": str(self)}

    def __repr__(self) -> str:
        kinds = ", ".join(dict.fromkeys(finding.kind for finding in self.findings)) or "nothing found"
        return f"<health of {len(self.layers)} layers: {kinds}>"


def _layer(evidence: Evidence, place: int) -> LayerHealth:
    group: Group = evidence.groups[place]
    passed = evidence.passed
    size = norm(p._data for p in group.weights)
    if passed is None:
        return LayerHealth(group.name, group.text, size, None, None, evidence.ratios[place], None, None)
    activity = passed.activities[place]
    found = [passed.gradients[p] for _, p in group.parameters if p in passed.gradients]
    return LayerHealth(
        group.name,
        group.text,
        size,
        norm(found) if found else None,
        activity.signal,
        evidence.ratios[place],
        activity.dead_share,
        activity.saturated_share,
    )


def _optimizers(given: Any) -> list[Optimizer]:
    several = [] if given is None else list(given) if isinstance(given, (list, tuple)) else [given]
    if not all(isinstance(each, Optimizer) for each in several):
        raise OperandError(
            f"health: optimizer is an optimizer such as nn.SGD(model, lr=0.1), or a list, got {given!r:.80}"
        )
    return several


def _history(given: Any) -> History:
    if given is None or isinstance(given, History):
        return given or History()
    try:
        return History(loss=[float(loss) for loss in given])
    except (TypeError, ValueError):
        raise OperandError(f"health: history is what fit returns, or a list of losses, got {given!r:.80}") from None
