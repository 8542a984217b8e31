# %% [markdown]
# # Debugging a broken gradient
#
# A wrong gradient seldom raises an error. The loss is nan, or it stands still, or it falls and the answer is wrong all the
# same. Here are six such cases, with one question to ask in each. After this page you know which call answers "where did
# the nan come from?", "why does this parameter not learn?", "is my derivative right?", "what changed?" and "what is wrong
# with this training?".

# %%
import numpy as np

import autograd
import nn
from autograd import Tensor, Value, mistakes

# %% [markdown]
# ## Where did the nan come from?
#
# The log loss of a sigmoid, written as in the book: $-\ln \sigma(z)$. It works for days, until a score gets large.


# %%
def naive_loss(z):
    return -autograd.log(1 / (autograd.exp(-z) + 1))


diagnosis = autograd.why_nan(naive_loss, -800.0)
print(diagnosis)
assert diagnosis.kind == "made here"
assert diagnosis.op == "log"

# %% [markdown]
# It names the step, its operand, the line and a smallest expression that fails likewise: $\sigma(-800)$ is so small that
# it is rounded to 0, and the logarithm of that is $-\infty$. The way out is not to pass through the small number at all.
# The same loss as one function has no such point:

# %%
print(autograd.value_and_grad(autograd.softplus)(800.0))
assert autograd.value_and_grad(autograd.softplus)(800.0) == (800.0, 1.0)

# %% [markdown]
# A value can be right and its derivative still be nan. $\sqrt{x}$ has an infinite slope at 0, and something above it
# multiplies that by 0:


# %%
def length(x, y):
    return autograd.sqrt(x * x + y * y)


diagnosis = autograd.why_nan(length, 0.0, 0.0)
print(diagnosis)
assert diagnosis.backward

# %% [markdown]
# A branch that is not taken is no such case. `where` evaluates both sides and throws one away; what was thrown away may
# be nan, and nothing is wrong:

# %%
x = Tensor([-1.0, 0.0, 4.0], label="x")
with np.errstate(all="ignore"):  # NumPy would warn of the logarithms that are thrown away
    safe = autograd.where(x > 0.0, autograd.log(x), 0.0).sum()
print(autograd.why_nan(safe))
assert not autograd.why_nan(safe)

# %% [markdown]
# ## Why does this parameter not learn?
#
# `explain` adds a gradient up from the shares that arrived. If none did, it says where the chain is cut. In this loss
# somebody took the prediction out of the graph, to print it, and put the number back:

# %%
with autograd.trace():
    w, v = Value(0.5, "w"), Value(2.0, "v")
    hidden = autograd.tanh(w * 1.5)
    hidden = Value(hidden.data, "hidden")
    loss = (v * hidden - 1.0) ** 2
explanation = autograd.explain(loss, wrt=w)
print(explanation)
assert explanation.gradient == 0.0

# %% [markdown]
# And $v$ did receive something, through one edge:

# %%
print(autograd.explain(loss, wrt=v))
assert abs(autograd.explain(loss, wrt=v).gradient - 2 * (2.0 * hidden.data - 1.0) * hidden.data) < 1e-15

# %% [markdown]
# ## Is my derivative right?
#
# An op of your own is a function and its rule, and the rule is where the sign goes wrong. `check` compares it with
# differences and says what the mistake looks like:

# %%
gaussian = autograd.elementwise(
    "gaussian", lambda a: float(np.exp(-a * a)), lambda a: np.exp(-a * a), lambda y, a: (2 * a * y,)
)
report = autograd.check(gaussian, 0.7)
print(report)
assert not report.passed

# %%
right = autograd.elementwise(
    "gaussian", lambda a: float(np.exp(-a * a)), lambda a: np.exp(-a * a), lambda y, a: (-2 * a * y,)
)
assert autograd.check(right, 0.7).passed

# %% [markdown]
# ## Did I make one of the classic mistakes?
#
# Write a backward pass by hand, or a training loop, and sooner or later you forget `zero_grad`, overwrite where you should
# add, or visit nodes in the wrong order. `mistakes` makes each of them on your graph, so that you can compare the wrong
# numbers with yours.

# %%
a = Value(1.0, "a")
b = a + a
c = b + b
overview = mistakes.all(c)
print(overview)

# %% [markdown]
# Which of them gave you 2 for `a` where 4 is right? `c` speaks to `b` twice, once along each edge. Without the topological
# order `b` passes on what it heard the first time, and the second share never gets through. The picture marks the node
# where it first shows.

# %%
mistake = mistakes.without_topological_order(c)
print(mistake)
mistake.drawing()

# %% [markdown]
# ## What changed?
#
# Two versions of one computation, and the answers differ. `compare` lays the graphs side by side and finds the first step
# that does, in units in the last place. Here the variance of three numbers as $\overline{x^2} - \bar{x}^2$, in float32 and
# in float64:

# %%
runs = []
for kind in (np.float32, np.float64):
    x = Tensor(np.array([1000.1, 1000.2, 1000.3], kind), label="x")
    variance = (x * x).mean() - x.mean() ** 2
    variance.backward()
    runs.append(variance)
print([float(run.data) for run in runs])
comparison = autograd.compare(*runs, ulps=10)
print(comparison)
assert comparison.first.ulps > 1e6

# %% [markdown]
# Up to there the two agree within the few last digits that rounding may move; the difference of two large means has no
# digit right. That is the step to write in another way, $\overline{(x - \bar x)^2}$.

# %% [markdown]
# ## What is wrong with this training?
#
# No single graph shows it: the loss just does not come down. Eight ReLU units of sixteen have a bias so low that they are
# 0 on every sample; nothing comes back through them, and so nothing ever lifts them.

# %%
moons = nn.data.moons(200, seed=0)
model = nn.Sequential(nn.Linear(2, 16, rng=0), nn.ReLU(), nn.Linear(16, 2, rng=1))
model[0].bias.data = [-20.0] * 8 + [0.0] * 8
optimizer = nn.SGD(model, lr=0.001)
history = nn.fit(
    model, moons.X, moons.y, loss=nn.CrossEntropyLoss(), optimizer=optimizer, epochs=20, seed=0, progress=False
)
health = nn.health(model, history)
print(health)
assert "dead" in {finding.kind for finding in health.findings}

# %% [markdown]
# Each finding names the layer, the figure and a way out. With sound biases and a larger rate there is nothing to report:

# %%
model = nn.Sequential(nn.Linear(2, 16, rng=0), nn.ReLU(), nn.Linear(16, 2, rng=1))
optimizer = nn.SGD(model, lr=0.5)
history = nn.fit(
    model, moons.X, moons.y, loss=nn.CrossEntropyLoss(), optimizer=optimizer, epochs=40, seed=0, progress=False
)
print(nn.health(model, history))
assert nn.health(model, history).healthy

# %% [markdown]
# ## Stop where it happens
#
# A gradient explodes on its way back. The stepper can run until it passes a bound, and stand there:

# %%
x = Value(3.0, "x")
y = x
for _ in range(6):
    y = y * y
stepper = autograd.step(y).break_when(bound=1e20)
stepper.run()
print(stepper.stopped)
print(stepper.current.formula)
assert stepper.position < len(stepper) - 1

# %% [markdown]
# ## Try it
#
# - Change `naive_loss` until `why_nan` finds nothing for any score from −1000 to 1000.
# - Give `gaussian` the rule `(-a * y,)`. What does `check` say the mistake looks like now?
# - Set the learning rate of the last training to 500. Which findings do you expect? Ask `nn.health`.
