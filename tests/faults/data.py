"""Faults of the data: labels, numbers and scales."""

from faults.fault import Fault

DATA = [
    Fault(
        "nan in the data",
        "a measurement is missing, and was read as nan",
        """
import numpy as np
import nn

data = nn.data.iris().shuffled(seed=0)
X = np.array(data.X)
X[17, 2] = float("nan")  # ← fault
model = nn.Sequential(nn.Linear(4, 8, rng=0), nn.Tanh(), nn.Linear(8, 3, rng=1))
optimizer = nn.SGD(model, lr=0.1)
error = nn.CrossEntropyLoss()

history = nn.fit(model, X, data.y, loss=error, optimizer=optimizer, epochs=5, seed=0, progress=False)
""",
        "X[17, 2] = 1.4",
        "",
        ("X holds nan", "data must be finite"),
        place="row 17, column 2",
    ),
    Fault(
        "labels count from one",
        "classes are numbered 1, 2, 3, and the model was given a fourth output to silence the error",
        """
import nn

data = nn.data.iris().shuffled(seed=0)
labels = data.y + 1  # ← fault
model = nn.Sequential(nn.Linear(4, 8, rng=0), nn.Tanh(), nn.Linear(8, labels.max() + 1, rng=1))
optimizer = nn.SGD(model, lr=0.2)
error = nn.CrossEntropyLoss()

history = nn.fit(model, data.X, labels, loss=error, optimizer=optimizer, epochs=10, seed=0, progress=False)
""",
        "labels = data.y",
        "nn.health(model, history, data.X, labels, loss=error, optimizer=optimizer)",
        ("labels run from 1", "count from 0"),
        place="y - 1",
    ),
    Fault(
        "labels shuffled apart",
        "the rows are shuffled, and the labels in another order",
        """
import numpy as np
import nn

data = nn.data.iris()
rows = np.random.default_rng(0).permutation(len(data.y))
X, y = data.X[rows], data.y[rows]
y = y[np.random.default_rng(1).permutation(len(y))]  # ← fault
model = nn.Sequential(nn.Linear(4, 8, rng=0), nn.Tanh(), nn.Linear(8, 3, rng=1))
optimizer = nn.SGD(model, lr=0.1)
error = nn.CrossEntropyLoss()

history = nn.fit(model, X, y, loss=error, optimizer=optimizer, epochs=20, seed=0, progress=False)
""",
        "y = y.copy()",
        "nn.health(model, history, X, y, loss=error, optimizer=optimizer)",
        ("do not go with the rows", "shuffled apart"),
        place="labels",
    ),
    Fault(
        "data not scaled",
        "one column is in micrometres, the others in centimetres",
        """
import numpy as np
import nn

data = nn.data.iris().shuffled(seed=0)
X = np.array(data.X)
X[:, 1] *= 1e4  # ← fault
model = nn.Sequential(nn.Linear(4, 8, rng=0), nn.Tanh(), nn.Linear(8, 3, rng=1))
optimizer = nn.SGD(model, lr=0.1)
error = nn.CrossEntropyLoss()

history = nn.fit(model, X, data.y, loss=error, optimizer=optimizer, epochs=15, seed=0, progress=False)
""",
        "X[:, 1] *= 1.0",
        "nn.health(model, history, X, data.y, loss=error, optimizer=optimizer)",
        ("the data are not scaled", "standard deviation"),
        place="column 1",
    ),
]
