"""Faults in numbers: what is not finite, and what was taken out of the graph."""

from faults.fault import Fault

NUMBERS = [
    Fault(
        "log of zero",
        "a cross-entropy written out, with a probability that rounds to 0",
        """
import numpy as np
from autograd import Tensor, log, sigmoid, trace, why_nan

x = np.array([[0.2, 1.0], [1.5, -0.3], [-90.0, 40.0], [3.0, 0.5]])
y = np.array([1.0, 0.0, 1.0, 0.0])
w = Tensor([9.0, 1.0], label="w")

with trace():
    for step in range(2):
        p = sigmoid(x @ w)
        cost = log(p) * y + log(1.0 - p * 0.999) * (1.0 - y)  # ← fault
        loss = -cost.mean()
        w.zero_grad()
        if step == 0 and np.isfinite(loss.data):
            loss.backward()
            w.data = w.data - 0.01 * w.grad
""",
        "cost = log(p + 1e-12) * y + log(1.0 - p * 0.999) * (1.0 - y)",
        "why_nan(loss)",
        ("log gave -inf", "the logarithm of 0"),
    ),
    Fault(
        "overflow in exp",
        "softmax by its formula, of logits that are not small",
        """
import numpy as np
from autograd import Tensor, detect_anomaly, exp, max, sum

x = np.array([[300.0, 2.0], [1.0, 400.0]])
W = Tensor(np.array([[3.0, 0.0], [0.0, 2.5]]), label="W")
labels = np.array([0, 1])

def softmax(z):
    e = exp(z)  # ← fault
    return e / sum(e, axis=1, keepdims=True)

with detect_anomaly():
    for step in range(3):
        p = softmax(x @ W)
        loss = -(p[np.arange(2), labels] + 1e-9).log().mean()
        loss.backward()
        W.data = W.data - 1e-3 * W.grad
""",
        "e = exp(z - max(z, axis=1, keepdims=True))",
        "",
        ("exp gave inf",),
    ),
    Fault(
        "square root at zero",
        "a distance that becomes 0: the value is right and the slope of the root is infinite",
        """
import numpy as np
from autograd import Tensor, sqrt, trace, why_nan

anchors = np.array([[0.0, 1.0], [2.0, 0.5], [1.0, 1.0]])
shift = Tensor([0.0, 0.0], label="shift")

with trace():
    moved = anchors + shift
    apart = ((moved - anchors) ** 2).sum(axis=1)
    distance = sqrt(apart)  # ← fault
    spread = (moved ** 2).mean()
    loss = distance.mean() + 0.1 * spread
    loss.backward()
""",
        "distance = sqrt(apart + 1e-9)",
        "why_nan(loss)",
        ("sqrt", "infinite at x = 0"),
    ),
    Fault(
        "detached hidden layer",
        "a hidden layer is detached on its way to the loss, as one does for plotting",
        """
import numpy as np
from autograd import Tensor, explain, tanh, trace

rng = np.random.default_rng(0)
X, y = rng.normal(size=(20, 3)), rng.normal(size=(20, 1))
W1 = Tensor(rng.normal(size=(3, 5)), label="W1")
W2 = Tensor(rng.normal(size=(5, 1)), label="W2")

def forward():
    with trace():
        hidden = tanh(X @ W1).detach()  # ← fault
        return ((hidden @ W2 - y) ** 2).mean()

for step in range(20):
    loss = forward()
    for w in (W1, W2):
        w.zero_grad()
    loss.backward()
    for w in (W1, W2):
        if w.grad is not None:
            w.data = w.data - 0.1 * w.grad
""",
        "hidden = tanh(X @ W1)",
        "explain(forward(), W1)",
        ("nothing comes back", "detach()"),
    ),
    Fault(
        "column against row",
        "predictions of shape (n, 1) minus targets of shape (n,): every one minus every other, and no error",
        """
import numpy as np
from autograd import Tensor, explain, trace

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 3))
y = X @ [1.0, -2.0, 0.5]
W, b = Tensor(np.zeros((3, 1)), label="W"), Tensor(np.zeros(1), label="b")

def error():
    with trace():
        predicted = X @ W + b
        errors = predicted - y  # ← fault
        return (errors * errors).mean()

for step in range(30):
    loss = error()
    for p in (W, b):
        p.zero_grad()
    loss.backward()
    for p in (W, b):
        p.data = p.data - 0.1 * p.grad
""",
        "errors = predicted - y.reshape(-1, 1)",
        "explain(error(), W)",
        ("every number of one with every number of the other", "(40, 1) and (40,) to (40, 40)"),
    ),
]
