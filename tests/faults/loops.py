"""Faults of the training loop: what is called when, and what the optimizer is given."""

from faults.fault import Fault

LOOPS = [
    Fault(
        "overwritten gradient",
        "a backward pass of one's own that sets gradients where it should add them up",
        """
from autograd import Value, ancestry, mistakes

def backward(root):
    gradients = {root: 1.0}
    for node in reversed(ancestry(root)):
        for parent, local in zip(node.parents, node.local_gradients):
            if local is not None:
                share = gradients[node] * local
                gradients[parent] = share  # ← fault
    return gradients

w = Value(0.5, label="w")
for step in range(10):
    hidden = (w * 2.0).tanh()
    loss = hidden * w + hidden * 3.0
    gradients = backward(loss)
    w.data -= 0.01 * gradients[w]
loss = (w * 2.0).tanh() * w + (w * 2.0).tanh() * 3.0
gradients = backward(loss)
""",
        "gradients[parent] = gradients.get(parent, 0.0) + share",
        "mistakes.recognise(loss, {w: gradients[w]})",
        ("overwriting instead of adding", "A share takes the place of"),
        place="w",
    ),
    Fault(
        "update before backward",
        "the optimizer steps before there are gradients",
        """
import nn

data = nn.data.iris()
model = nn.Sequential(nn.Linear(4, 8, rng=0), nn.Tanh(), nn.Linear(8, 3, rng=1))
optimizer = nn.SGD(model, lr=0.1)
error = nn.CrossEntropyLoss()

for epoch in range(3):
    optimizer.zero_grad()
    loss = error(model(data.X), data.y)
    optimizer.step()  # ← fault
    loss.backward()
""",
        "loss.backward()\noptimizer.step()\ncontinue",
        "",
        ("all 4 gradients are missing", "Was loss.backward() called"),
    ),
    Fault(
        "data changed before backward",
        "weights are clipped between the forward and the backward pass",
        """
import numpy as np
import nn
from autograd import Tensor

rng = np.random.default_rng(0)
X, y = rng.normal(size=(30, 4)), rng.normal(size=(30, 1))
W1 = Tensor(rng.normal(size=(4, 6)), label="W1")
W2 = Tensor(rng.normal(size=(6, 1)), label="W2")
optimizer = nn.SGD([W1, W2], lr=0.05)

for epoch in range(3):
    optimizer.zero_grad()
    loss = (((X @ W1).tanh() @ W2 - y) ** 2).mean()
    W2.data = np.clip(W2.data, -0.5, 0.5)  # ← fault
    loss.backward()
    optimizer.step()
""",
        "W2.data",
        "",
        ("StaleData", "whose data have been set since"),
        place="W2",
    ),
    Fault(
        "forgotten zero_grad",
        "gradients are never cleared, so that every step adds all earlier ones",
        """
import nn

data = nn.data.iris().shuffled(seed=0)
model = nn.Sequential(nn.Linear(4, 8, rng=0), nn.Tanh(), nn.Linear(8, 3, rng=1))
optimizer = nn.SGD(model, lr=0.05)
error = nn.CrossEntropyLoss()

losses = []
for epoch in range(60):
    pass  # ← fault
    loss = error(model(data.X), data.y)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
""",
        "optimizer.zero_grad()",
        "nn.health(model, losses, data.X, data.y, loss=error, optimizer=optimizer)",
        ("add up from batch to batch", "zero_grad()"),
        place="gradients_not_cleared",
    ),
    Fault(
        "parameter twice in the optimizer",
        "a layer's weight is listed once with the model and once by itself",
        """
import nn

data = nn.data.iris().shuffled(seed=0)
model = nn.Sequential(nn.Linear(4, 8, rng=0), nn.Tanh(), nn.Linear(8, 3, rng=1))
body, head = model[0], model[2]
optimizer = nn.SGD([*model.parameters(), head.weight], lr=0.2)  # ← fault
error = nn.CrossEntropyLoss()

history = nn.fit(model, data.X, data.y, loss=error, optimizer=optimizer, epochs=10, seed=0, progress=False)
""",
        "optimizer = nn.SGD(model.parameters(), lr=0.2)",
        "nn.health(model, history, data.X, data.y, loss=error, optimizer=optimizer)",
        ("given to the optimizer twice", "give every parameter once"),
        place="2.weight",
    ),
    Fault(
        "parameter missing in the optimizer",
        "the optimizer is made of the last layer alone",
        """
import nn

data = nn.data.iris().shuffled(seed=0)
model = nn.Sequential(nn.Linear(4, 8, rng=0), nn.Tanh(), nn.Linear(8, 3, rng=1))
head = model[2]
optimizer = nn.Adam(head.parameters(), lr=0.01)  # ← fault
error = nn.CrossEntropyLoss()

history = nn.fit(model, data.X, data.y, loss=error, optimizer=optimizer, epochs=20, seed=0, progress=False)
""",
        "optimizer = nn.Adam(model.parameters(), lr=0.01)",
        "nn.health(model, history, data.X, data.y, loss=error, optimizer=optimizer)",
        ("the optimizer does not have", "model.parameters()"),
        place="0.weight",
    ),
    Fault(
        "learning rate too high",
        "a step of 30 where 0.3 would do",
        """
import nn

data = nn.data.iris().shuffled(seed=0)
model = nn.Sequential(nn.Linear(4, 16, rng=0), nn.Tanh(), nn.Linear(16, 3, rng=1))
optimizer = nn.SGD(model, lr=30.0)  # ← fault
error = nn.CrossEntropyLoss()

history = nn.fit(model, data.X, data.y, loss=error, optimizer=optimizer, epochs=15, seed=0, progress=False)
""",
        "optimizer = nn.SGD(model, lr=0.3)",
        "nn.health(model, history, data.X, data.y, loss=error, optimizer=optimizer)",
        ("the learning rate (30)",),
        place="the learning rate (30)",
    ),
    Fault(
        "learning rate too low",
        "a step so small that nothing moves",
        """
import nn

data = nn.data.iris().shuffled(seed=0)
model = nn.Sequential(nn.Linear(4, 16, rng=0), nn.Tanh(), nn.Linear(16, 3, rng=1))
optimizer = nn.SGD(model, lr=1e-6)  # ← fault
error = nn.CrossEntropyLoss()

history = nn.fit(model, data.X, data.y, loss=error, optimizer=optimizer, epochs=15, seed=0, progress=False)
""",
        "optimizer = nn.SGD(model, lr=0.1)",
        "nn.health(model, history, data.X, data.y, loss=error, optimizer=optimizer)",
        ("the learning rate (1e-06) is too low",),
        place="the learning rate (1e-06)",
    ),
    Fault(
        "dropout left on",
        "the model is still in training mode when it is used",
        """
import nn
from autograd import record

data = nn.data.iris().shuffled(seed=0)
model = nn.Sequential(nn.Linear(4, 16, rng=0), nn.ReLU(), nn.Dropout(0.5, rng=2), nn.Linear(16, 3, rng=1))
optimizer = nn.Adam(model, lr=0.01)
error = nn.CrossEntropyLoss()

nn.fit(model, data.X, data.y, loss=error, optimizer=optimizer, epochs=5, seed=0, progress=False)
model.train()  # ← fault
right = nn.accuracy(nn.predicted_class(model(data.X)), data.y)
""",
        "model.eval()",
        "record(model, data.X)",
        ("did not do the same twice", "evaluation mode"),
        place="Dropout(0.5)",
    ),
]
