"""One forward and one backward pass over some samples, and what each layer does in it. Nothing is written anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Node, Tensor, Value, ancestry, trace, walk_back
from autograd.backward import paused_collector
from autograd.errors import ArgumentError
from autograd.modes import calling_site
from nn.classes import is_list
from nn.diagnosis.activity import Activity, Neurons, look_at_arrays
from nn.diagnosis.layers import Group, layers_of_nodes, norm
from nn.learning import is_array_model
from nn.losses import Loss
from nn.module import Module, Parameter, training_mode
from nn.samples import ArraySamples, Data, Samples, checked_array_samples, checked_samples

ROWS_OF_ARRAYS, ROWS_OF_VALUES = 256, 32  # how many samples are looked at together
SINGLE = 8  # and how many one by one


@dataclass
class Pass:
    """What a pass over some samples found; gradients only of parameters that the loss depends on.

    `used` holds every node that the outputs were computed from, also without a derivative. Where targets are classes,
    `predicted` and `mistakes` say which were named. `largest_of_one` is the largest norm of a single sample's gradient.
    `cuts` are places where derivatives end, each with what is there and the line. `outputs_of_rows` are the nodes that
    the model gave, of a model of Tensors one for all rows, and `error` the loss of them; `alone` holds some rows'
    places, each with what the model gave for that row by itself. `here` is the line that asked.
    """

    rows: NDArray[Any]
    targets: NDArray[Any]
    outputs: NDArray[Any]
    loss: float
    gradients: dict[Parameter, Any]
    activities: list[Activity]
    used: set[Node]
    predicted: NDArray[Any] | None = None
    mistakes: NDArray[np.bool_] | None = None
    largest_of_one: float = 0.0
    cuts: list[tuple[str, str]] = field(default_factory=list)
    outputs_of_rows: list[Any] = field(default_factory=list)
    error: Any = None
    alone: list[tuple[int, Any]] = field(default_factory=list)
    criterion: Any = None
    here: str = ""


def samples_for(model: Module, X: Any, y: Any) -> Data:
    """Data for this kind of model; DataError says what is wrong with them, and where."""
    if is_array_model(model):
        dtype = next(p.dtype for p in model.parameters() if isinstance(p, Tensor))
        return checked_array_samples(X, y, dtype)
    return checked_samples(X, y)


def pass_over(model: Module, groups: Sequence[Group], samples: Data, loss: Any) -> Pass:
    """A pass in evaluation mode over samples spread evenly through the data."""
    here = str(calling_site())
    with training_mode(model, False), trace(), paused_collector(), np.errstate(all="ignore"):
        if isinstance(samples, ArraySamples):
            return _over_arrays(model, groups, samples, loss, here)
        return _over_values(model, groups, samples, loss, here)


def spread(count: int, most: int) -> NDArray[np.intp]:
    """At most so many places, evenly from first to last."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.intp))


def _adjoints(error: Any) -> dict[Node, Any]:
    return dict(walk_back(error)) if error.requires_grad else {}


# ── Tensors ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _over_arrays(model: Module, groups: Sequence[Group], samples: ArraySamples, loss: Any, here: str) -> Pass:
    chosen = samples.taken(spread(len(samples), ROWS_OF_ARRAYS))
    rows, targets = next(chosen.batches(len(chosen)))
    outputs = model(rows)
    error = loss(outputs, targets)
    if not isinstance(outputs, Tensor) or not isinstance(error, Tensor) or error.size != 1:
        raise ArgumentError(f"health: the loss of a batch is a Tensor of one number, got {error!r:.80}")
    adjoints, order = _adjoints(error), ancestry(outputs)
    layers = layers_of_nodes(order, groups)
    activities = [Activity() for _ in groups]
    look_at_arrays(layers, adjoints, activities, here)
    owned = [p for group in groups for _, p in group.parameters]
    gradients = {p: adjoints[p] for p in owned if p in adjoints}
    found = Pass(rows, targets, outputs.numpy(), error.item(), gradients, activities, set(order))
    found.cuts = list(dict.fromkeys(_cuts(order, layers, rows, here)))
    found.outputs_of_rows, found.error, found.criterion, found.here = [outputs], error, loss, here
    for i in spread(len(rows), SINGLE).tolist():
        found.alone.append((i, model(rows[i : i + 1])))
        alone = _adjoints(loss(found.alone[-1][1], targets[i : i + 1]))
        found.largest_of_one = max(found.largest_of_one, norm(alone[p] for p in gradients if p in alone))
    mistakes = loss.mistakes(outputs, targets) if isinstance(loss, Loss) else None
    if mistakes is not None:
        found.mistakes, found.predicted = np.ravel(mistakes), np.ravel(loss.predicted(outputs))
    return found


def _cuts(order: Sequence[Any], layers: Mapping[Node, int], rows: Any, here: str) -> Iterator[tuple[str, str]]:
    """Ops without a derivative over what a layer gives, and ops that read numbers taken out of a graph."""
    for node in order:
        if node.op is None:
            continue
        site = "" if str(node.site) == here else str(node.site)
        if not node.op.derivable and any(parent in layers and parent.requires_grad for parent in node.parents):
            yield node.op.name, site
        for parent in node.parents:
            constant = parent.op is None and not parent.requires_grad and np.size(parent._data) > 1
            if constant and np.shape(parent._data)[:1] == rows.shape[:1] and not _same(parent._data, rows):
                yield "", site


def _same(a: Any, b: Any) -> bool:
    return np.size(a) == np.size(b) and np.array_equal(np.ravel(a), np.ravel(b))


# ── Values ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _over_values(model: Module, groups: Sequence[Group], samples: Samples, loss: Any, here: str) -> Pass:
    chosen = samples.taken(spread(len(samples), ROWS_OF_VALUES).tolist())
    found = Pass(np.array(chosen.rows), np.array(chosen.targets), np.empty(0), 0.0, {}, [], set())
    found.activities = [Activity() for _ in groups]
    neurons, outputs = Neurons(found.activities, here), list[Any]()
    owned = [p for group in groups for _, p in group.parameters]
    for row, target in chosen:
        outputs.append(model(row))
        error = loss(outputs[-1], target)
        if not isinstance(error, Value):
            raise ArgumentError(f"health: the loss of a sample is a Value, got {error!r:.80}")
        adjoints = _adjoints(error)
        given = outputs[-1] if is_list(outputs[-1]) else [outputs[-1]]
        order = list(dict.fromkeys(node for y in given if isinstance(y, Value) for node in ancestry(y)))
        neurons.look(layers_of_nodes(order, groups), adjoints)
        reached = [p for p in owned if p in adjoints]
        for p in reached:
            found.gradients[p] = found.gradients.get(p, 0.0) + adjoints[p] / len(chosen)
        found.largest_of_one = max(found.largest_of_one, norm(adjoints[p] for p in reached))
        found.used.update(p for p in order if p.op is None)
        found.loss += error._data / len(chosen)
    neurons.count()
    found.outputs_of_rows, found.criterion, found.here = [y for y in given if isinstance(y, Value)], loss, here
    found.outputs = np.array([[getattr(y, "_data", y) for y in (o if is_list(o) else [o])] for o in outputs])
    if isinstance(loss, Loss):
        mistakes = [loss.is_mistake(o, target) for o, target in zip(outputs, chosen.targets, strict=True)]
        if None not in mistakes:
            found.mistakes = np.array(mistakes, bool)
            found.predicted = np.array([loss.predicted(o) for o in outputs])
    return found
