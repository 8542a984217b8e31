"""Faults of the network: how it is built, started and frozen."""

from faults.fault import Fault

NETWORKS = [
    Fault(
        "dead units",
        "biases that start at −20: no ReLU of the layer is ever above 0",
        """
import nn

data = nn.data.moons(120, seed=0)
model = nn.Sequential(nn.Linear(2, 16, rng=0), nn.ReLU(), nn.Linear(16, 2, rng=1))
first = model[0]
first.bias.data = first.bias.data - 20.0  # ← fault
optimizer = nn.SGD(model, lr=0.3)
error = nn.CrossEntropyLoss()

history = nn.fit(model, data.X, data.y, loss=error, optimizer=optimizer, epochs=15, seed=0, progress=False)
""",
        "first.bias.data = first.bias.data + 0.01",
        "nn.health(model, history, data.X, data.y, loss=error, optimizer=optimizer)",
        ("ReLU units are dead", "0 for all"),
        place="layer 0",
    ),
    Fault(
        "vanishing gradient",
        "twelve sigmoid layers one upon another",
        """
import nn

data = nn.data.moons(120, seed=0)
layers = [nn.Linear(2, 16, rng=0), nn.Sigmoid()]
for depth in range(12):  # ← fault
    layers += [nn.Linear(16, 16, rng=depth), nn.Sigmoid()]
model = nn.Sequential(*layers, nn.Linear(16, 2, rng=99))
optimizer = nn.SGD(model, lr=0.5)
error = nn.CrossEntropyLoss()

history = nn.fit(model, data.X, data.y, loss=error, optimizer=optimizer, epochs=5, seed=0, progress=False)
""",
        "for depth in range(1):",
        "nn.health(model, history, data.X, data.y, loss=error, optimizer=optimizer)",
        ("the gradient vanishes",),
        place="layer 0",
    ),
    Fault(
        "exploding gradient",
        "weights with a variance of 1 in a deep network",
        """
import numpy as np
import nn

data = nn.data.moons(120, seed=0)
rng = np.random.default_rng(0)
start = lambda shape, dtype, _: rng.normal(0.0, 1.0, shape)  # ← fault
layers = [nn.Linear(2, 64, init=start), nn.ReLU()]
for depth in range(8):
    layers += [nn.Linear(64, 64, init=start), nn.ReLU()]
model = nn.Sequential(*layers, nn.Linear(64, 2, init=start))
error = nn.CrossEntropyLoss()
""",
        "start = lambda shape, dtype, _: rng.normal(0.0, (2.0 / shape[1]) ** 0.5, shape)",
        "nn.health(model, None, data.X, data.y, loss=error)",
        ("the gradient explodes", "smaller weights"),
        place="layer 0",
    ),
    Fault(
        "all weights zero",
        "every unit starts the same and stays the same",
        """
import nn

data = nn.data.iris().shuffled(seed=0)
start = "zeros"  # ← fault
model = nn.Sequential(nn.Linear(4, 8, rng=0, init=start), nn.Tanh(), nn.Linear(8, 3, rng=1, init=start))
optimizer = nn.SGD(model, lr=0.1)
error = nn.CrossEntropyLoss()
""",
        'start = "lecun_uniform"',
        "nn.health(model, None, data.X, data.y, loss=error, optimizer=optimizer)",
        ("have the same weights", "random weights"),
        place="layer 0",
    ),
    Fault(
        "frozen layer",
        "a layer is frozen for a first phase of training, and stays so",
        """
import nn

data = nn.data.iris().shuffled(seed=0)
model = nn.Sequential(nn.Linear(4, 8, rng=0), nn.Tanh(), nn.Linear(8, 3, rng=1))
for p in model[0].parameters():
    p.requires_grad = False  # ← fault
optimizer = nn.SGD(model, lr=0.2)
error = nn.CrossEntropyLoss()

history = nn.fit(model, data.X, data.y, loss=error, optimizer=optimizer, epochs=10, seed=0, progress=False)
""",
        "p.requires_grad = True",
        "nn.health(model, history, data.X, data.y, loss=error, optimizer=optimizer)",
        ("frozen", "will not learn"),
        place="layer 0",
    ),
    Fault(
        "relu before the loss",
        "logits pass through a last ReLU, which cuts off all that are negative",
        """
import nn

data = nn.data.iris().shuffled(seed=0)
model = nn.Sequential(
    nn.Linear(4, 8, rng=0),
    nn.Tanh(),
    nn.Linear(8, 3, rng=1),
    nn.ReLU(),  # ← fault
)
optimizer = nn.SGD(model, lr=0.2)
error = nn.CrossEntropyLoss()
history = nn.fit(model, data.X, data.y, loss=error, optimizer=optimizer, epochs=10, seed=0, progress=False)
""",
        "nn.Identity(),",
        "nn.health(model, history, data.X, data.y, loss=error, optimizer=optimizer)",
        ("the model ends in relu", "CrossEntropyLoss takes logits"),
        place="module 3",
    ),
    Fault(
        "softmax twice",
        "the cross-entropy takes logits, and gets probabilities",
        """
import nn
from autograd import softmax

data = nn.data.iris().shuffled(seed=0)
model = nn.Sequential(nn.Linear(4, 8, rng=0), nn.Tanh(), nn.Linear(8, 3, rng=1))
optimizer = nn.SGD(model, lr=0.2)
error = nn.CrossEntropyLoss()

for epoch in range(10):
    optimizer.zero_grad()
    loss = error(softmax(model(data.X)), data.y)  # ← fault
    loss.backward()
    optimizer.step()
""",
        "loss = error(model(data.X), data.y)",
        "",
        ("takes logits", "already went through softmax"),
    ),
    Fault(
        "wrong axis",
        "probabilities are normalised over the batch where the classes were meant",
        """
import nn
from autograd import log_softmax

class Classifier(nn.Module):
    def __init__(self):
        self.body = nn.Linear(4, 8, rng=0)
        self.head = nn.Linear(8, 3, rng=1)

    def forward(self, x):
        hidden = self.body(x).tanh()
        return log_softmax(self.head(hidden), axis=0)  # ← fault

data = nn.data.iris().shuffled(seed=0)
model, error = Classifier(), nn.NLLLoss()
optimizer = nn.SGD(model, lr=0.2)
history = nn.fit(model, data.X, data.y, loss=error, optimizer=optimizer, epochs=5, seed=0, progress=False)
""",
        "return log_softmax(self.head(hidden), axis=1)",
        "nn.health(model, history, data.X, data.y, loss=error, optimizer=optimizer)",
        ("depends on the rows beside it", "log_softmax mixes them"),
    ),
]
