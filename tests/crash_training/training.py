"""Trains a small network with a checkpoint after every epoch, going on from it where it is there.

    python training.py KIND CHECKPOINT RESULT

KIND is "arrays" or "scalars". It says "begun" when training begins, and at the end writes weights and history to
RESULT: a process to be killed at any moment and started again.
"""

import sys

import numpy as np

import nn
from autograd import Tensor

EPOCHS = 12


class Noisy(nn.Module):
    """Two layers with noise between them in training, drawn from a generator of its own."""

    def __init__(self, dtype=np.float32):
        self.first = nn.Linear(4, 8, rng=1, dtype=dtype)
        self.second = nn.Linear(8, 3, rng=2, dtype=dtype)
        self.rng = np.random.default_rng(3)

    def forward(self, x):
        hidden = self.first(x).tanh()
        if self.training:
            hidden = hidden * self.rng.uniform(0.5, 1.5, hidden.shape).astype(np.float32)
        return self.second(hidden)


def distance(outputs, targets):
    difference = outputs - targets
    return (difference**2).mean() if isinstance(difference, Tensor) else difference**2


def model_of(kind):
    return Noisy() if kind == "arrays" else nn.Neuron(4, activation="tanh", rng=1)


def trained(kind, checkpoint, model=None, optimizer=None, **options):
    """A model and the history of its training, all but what is asked for fixed."""
    rng = np.random.default_rng(0)
    model = model_of(kind) if model is None else model
    X = rng.normal(size=(60, 4) if kind == "arrays" else (30, 4))
    y = rng.normal(size=(60, 3) if kind == "arrays" else 30)
    optimizer = nn.Adam(model, lr=0.01) if optimizer is None else optimizer
    settings = {
        "loss": distance,
        "optimizer": optimizer,
        "epochs": EPOCHS,
        "batch_size": 8,
        "seed": 4,
        "validation": 0.2,
        "schedule": nn.schedules.CosineAnnealingLR(optimizer, T_max=EPOCHS),
        "clip_norm": 1.0,
        "checkpoint": checkpoint,
        "resume": True,
    }
    return model, nn.fit(model, X, y, **{**settings, **options})


if __name__ == "__main__":
    kind, checkpoint, result = sys.argv[1:]
    print("begun", flush=True)
    model, history = trained(kind, checkpoint)
    nn.checkpoints.save_state(result, {"model": model.state_dict(), "history": history.to_dict()})
