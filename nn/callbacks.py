"""Callbacks: what training tells a function of the user's after every epoch, and how that function ends the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from nn.history import History
from nn.module import Module
from nn.optimizers import Optimizer


class StopTraining(Exception):
    """Raised in a callback: the run ends after this epoch as if it had been the last."""


@dataclass
class Report:
    """An epoch that is over: its number, counted from 1, all that was measured so far, and what is being trained.

    The model is in training mode, which `nn.predict` leaves for its own work, and the optimizer has the learning rate
    of the next epoch.
    """

    epoch: int
    history: History
    model: Module
    optimizer: Optimizer
    stopped: bool = field(default=False, init=False)

    def stop(self) -> None:
        """Ends the run after this epoch as if it had been the last."""
        self.stopped = True


Callback: TypeAlias = Callable[[Report], object]
