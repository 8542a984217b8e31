"""A training step in PyTorch: as most people write it, with Adam's fused kernel, and compiled."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch

from benchmarks.tensor_workloads import BETAS, EPSILON, Step, Task

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", torch.get_num_threads())))


def eager(task: Task, fused: bool = False, compile_: Callable[[Any], Any] = lambda function: function) -> Step:
    X, y = map(torch.from_numpy, task.data())
    model = _network(task)
    loss_of = torch.nn.CrossEntropyLoss()
    optimizer = {
        "SGD": lambda: torch.optim.SGD(model.parameters(), lr=task.rate),
        "Adam": lambda: torch.optim.Adam(model.parameters(), lr=task.rate, betas=BETAS, eps=EPSILON, fused=fused),
    }[task.optimizer]()
    forward = compile_(lambda x, labels: loss_of(model(x), labels))
    update = compile_(optimizer.step)

    def step() -> torch.Tensor:
        optimizer.zero_grad()
        loss = forward(X, y)
        loss.backward()
        update()
        return loss.detach()

    return step


def fused(task: Task) -> Step:
    return eager(task, fused=True)


def compiled(task: Task) -> Step:
    """The step with its forward and backward passes and its update compiled, which takes a C++ compiler."""
    return eager(task, compile_=torch.compile)


def _network(task: Task) -> torch.nn.Sequential:
    activation = {"sigmoid": torch.nn.Sigmoid, "ReLU": torch.nn.ReLU}[task.activation]
    modules: list[torch.nn.Module] = []
    for (inputs, outputs), (W, b) in zip(pairwise(task.sizes), task.weights(), strict=True):
        layer = torch.nn.Linear(inputs, outputs)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(W))
            layer.bias.copy_(torch.from_numpy(b))
        modules += [layer, activation()]
    return torch.nn.Sequential(*modules[:-1])
