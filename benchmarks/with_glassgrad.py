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
    optimizer = {
        "SGD": lambda: nn.SGD(model, lr=task.rate),
        "Adam": lambda: nn.Adam(model, lr=task.rate, betas=BETAS, eps=EPSILON),
    }[task.optimizer]()

    def step() -> Any:
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def _network(task: Task) -> nn.Sequential:
    activation = {"sigmoid": nn.Sigmoid, "ReLU": nn.ReLU}[task.activation]
    modules: list[nn.Module] = []
    for (inputs, outputs), (W, b) in zip(pairwise(task.sizes), task.weights(), strict=True):
        layer = nn.Linear(inputs, outputs)
        layer.weight.data, layer.bias.data = W, b
        modules += [layer, activation()]
    return nn.Sequential(*modules[:-1])
