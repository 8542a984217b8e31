"""A training step as a user of glassgrad writes it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import nn
from autograd import Tensor
from benchmarks.tensor_workloads import BETAS, EPSILON, Step, Task


def eager(task: Task) -> Step:
    X, y = task.data()
    x = Tensor(X, requires_grad=False)
    model = _network(task)
    loss_of = nn.CrossEntropyLoss()
    optimizer = _optimizer(task, model)

    def step() -> Any:
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def recorded(task: Task) -> Step:
    """The whole step as one program, in NumPy calls."""
    return _compiled(task, "numpy")


def native(task: Task) -> Step:
    """The whole step as one program, in machine code."""
    return _compiled(task, "native")


def _compiled(task: Task, kind: str) -> Step:
    X, y = task.data()
    model = _network(task)
    step = nn.compiled_step(model, nn.CrossEntropyLoss(), _optimizer(task, model), kind=kind)
    return lambda: step(X, y)


def _optimizer(task: Task, model: nn.Module) -> nn.Optimizer:
    if task.optimizer == "SGD":
        return nn.SGD(model, lr=task.rate)
    return nn.Adam(model, lr=task.rate, betas=BETAS, eps=EPSILON)


def _network(task: Task) -> nn.Sequential:
    activation = {"sigmoid": nn.Sigmoid, "ReLU": nn.ReLU}[task.activation]
    modules: list[nn.Module] = []
    for (inputs, outputs), (W, b) in zip(pairwise(task.sizes), task.weights(), strict=True):
        layer = nn.Linear(inputs, outputs)
        layer.weight.data, layer.bias.data = W, b
        modules += [layer, activation()]
    return nn.Sequential(*modules[:-1])
