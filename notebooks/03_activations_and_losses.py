# %% [markdown]
# # Activations and losses
#
# A network is made of sums, and of one bent function between them. Which one? The choice decides how much of a gradient
# comes back through it. After this page you can read Table 4.2, say of each activation where it saturates, and say why
# softmax and cross-entropy belong together. It shows Figs 4.2, 4.3, 4.4 and 4.10 (each curve with its derivative).

# %%
import math

import matplotlib.pyplot as plt
import numpy as np

import autograd
import nn
from autograd import Tensor, Value, gradients

# %% [markdown]
# ## A function and its slope
#
# Every curve below is one call on an array, and every slope one backward pass: summed over its entries, an elementwise
# function has $f'(x_i)$ as its gradient by $x_i$.


# %%
def slope(f, xs):
    t = Tensor(xs)
    (found,) = gradients(f(t).sum(), [t])
    return found


def curves(axes, activations, xs):
    for name, f in activations.items():
        (line,) = axes.plot(xs, f(Tensor(xs)).data, label=name)
        axes.plot(xs, slope(f, xs), color=line.get_color(), linestyle=":", linewidth=1.5)
    axes.axhline(0.0, color="lightgrey", linewidth=0.8, zorder=0)
    axes.set_xlabel("x")
    axes.legend(frameon=False)


# An even count leaves out x = 0, where some of them have a kink.
xs = np.linspace(-4.0, 4.0, 400)

# %% [markdown]
# **Fig 4.2**: the logistic function and tanh, with their slopes dotted. Both saturate on either side. The logistic
# slope is never above 0.25, so that each layer takes away at least three quarters of what comes back.

# %%
figure, axes = plt.subplots(figsize=(6, 3.4), layout="constrained")
curves(axes, {"logistic": autograd.sigmoid, "tanh": autograd.tanh}, xs)
plt.close(figure)
figure

# %%
for x in (0.0, 5.0, 10.0):
    print(f"σ′({x:>4}) = {autograd.grad(autograd.sigmoid)(x):.3g}")
assert autograd.grad(autograd.sigmoid)(0.0) == 0.25
assert abs(autograd.grad(autograd.sigmoid)(5.0) - 0.00665) < 5e-6
assert abs(autograd.grad(autograd.sigmoid)(10.0) - 4.54e-5) < 5e-8

# %% [markdown]
# tanh is the logistic function, stretched: $\tanh x = 2\sigma(2x) - 1$. A third way to write it,
# $(e^{2x} - 1)/(e^{2x} + 1)$, is right on paper and fails in floating point as soon as $e^{2x}$ overflows.

# %%
x = 0.7
assert abs(2 * autograd.sigmoid(Value(2 * x)).data - 1 - math.tanh(x)) < 1e-15
power = autograd.exp(Value(2 * 400.0))
print("naive:", ((power - 1) / (power + 1)).data, "  the row of the table:", autograd.tanh(Value(400.0)).data)
assert math.isnan(((power - 1) / (power + 1)).data)
assert autograd.tanh(Value(400.0)).data == 1.0

# %% [markdown]
# **Fig 4.3**: the straight-line stand-ins. A Taylor line at 0, cut off where it leaves the range: cheap, and flat beyond.

# %%
figure, axes = plt.subplots(figsize=(6, 3.4), layout="constrained")
curves(axes, {"hard-logistic": autograd.hard_logistic, "hard-tanh": autograd.hard_tanh}, xs)
plt.close(figure)
figure

# %%
assert autograd.grad(autograd.hard_logistic)(1.0) == 0.25
assert autograd.grad(autograd.hard_logistic)(3.0) == 0.0
assert autograd.grad(autograd.hard_tanh)(0.5) == 1.0

# %% [markdown]
# **Fig 4.4**: ReLU and its family. On the right the slope is 1, and a gradient comes through as it is. On the left ReLU
# is flat: a unit that is negative on every sample learns nothing any more, it has *died*. The others leave a way back.

# %%
figure, axes = plt.subplots(figsize=(6, 3.4), layout="constrained")
family = {
    "ReLU": autograd.relu,
    "leaky ReLU, γ = 0.1": lambda t: autograd.leaky_relu(t, 0.1),
    "ELU, γ = 1": autograd.elu,
    "softplus": autograd.softplus,
}
curves(axes, family, xs)
plt.close(figure)
figure

# %%
left = {name: float(slope(f, np.array([-2.0]))[0]) for name, f in family.items()}
print({name: round(found, 4) for name, found in left.items()})
assert left["ReLU"] == 0.0
assert left["leaky ReLU, γ = 0.1"] == 0.1
assert abs(left["ELU, γ = 1"] - math.exp(-2.0)) < 1e-15
assert abs(left["softplus"] - 1 / (1 + math.exp(2.0))) < 1e-15

# %% [markdown]
# At the kink there is no slope to take, and a convention decides: $\mathrm{relu}'(0) = 0$, the textbook's $I(x > 0)$.
# PReLU learns its γ, so that there is a derivative by γ too, $\min(0, x)$. Maxout routes to the largest of $K$ lines;
# leaky ReLU is maxout with the two lines $x$ and $\gamma x$.

# %%
gamma = Value(0.25, "γ")
(by_gamma,) = gradients(autograd.prelu(Value(-3.0), gamma), [gamma])
print("relu′(0) =", autograd.grad(autograd.relu)(0.0), "  ∂prelu/∂γ at −3 =", by_gamma)
assert autograd.grad(autograd.relu)(0.0) == 0.0
assert by_gamma == -3.0

# %% [markdown]
# **Fig 4.10** puts slopes beside one another: of a stack of ten layers, what part of a gradient is left where every unit
# sits at $x$? It is $f'(x)^{10}$, and this is the whole of the vanishing gradient problem.

# %%
figure, axes = plt.subplots(figsize=(6, 3.4), layout="constrained")
for name, f in {"logistic": autograd.sigmoid, "tanh": autograd.tanh, "ReLU": autograd.relu}.items():
    axes.semilogy(xs, np.maximum(slope(f, xs) ** 10, 1e-16), label=name)
axes.set_xlabel("x")
axes.set_ylabel("what ten layers leave of a gradient")
axes.legend(frameon=False)
plt.close(figure)
figure

# %%
print(f"at best, logistic: {0.25**10:.1e}")
assert max(slope(autograd.sigmoid, xs)) ** 10 < 1e-6 < 1.0 == max(slope(autograd.relu, xs)) ** 10

# %% [markdown]
# ## Softmax: scores to probabilities
#
# $p_i = e^{z_i} / \sum_j e^{z_j}$. Raising one score lowers every other probability: $\partial p_1/\partial z_1 =
# p_1(1 - p_1)$ and $\partial p_1/\partial z_2 = -p_1 p_2$.

# %%
scores = np.array([4.0, 1.0, -4.0])
p = autograd.softmax(Tensor(scores)).data
J = autograd.jacobian(autograd.softmax)(scores)
print(p.round(6))
print(J.round(6))
assert p.round(6).tolist() == [0.952270, 0.047411, 0.000319]
assert np.allclose(J, np.diag(p) - np.outer(p, p), rtol=1e-12, atol=0.0)

# %% [markdown]
# ## Losses
#
# A loss says how bad an answer is, and its slope says in which direction and how hard to correct it. The 0–1 loss, which
# is what we care about, is flat nearly everywhere; the others stand in for it. Over the margin $y f$ with $y = \pm 1$:

# %%
margins = np.linspace(-2.0, 2.0, 401)
figure, axes = plt.subplots(figsize=(6, 3.4), layout="constrained")
stand_ins = {
    "0–1": lambda m: np.where(m.data > 0, 0.0, 1.0),
    "hinge": lambda m: autograd.relu(1 - m).data,
    "exponential": lambda m: autograd.exp(-m).data,
    "log loss": lambda m: autograd.softplus(-m).data / math.log(2.0),
    "squared": lambda m: ((1 - m) ** 2).data,
}
for name, loss in stand_ins.items():
    axes.plot(margins, loss(Tensor(margins)), label=name)
axes.set_ylim(0, 4)
axes.set_xlabel("y·f")
axes.legend(frameon=False)
plt.close(figure)
figure

# %% [markdown]
# ## Why softmax goes with cross-entropy
#
# Cross-entropy is $-\ln p$ of the true class. Alone, its slope $-1/p$ explodes as $p \to 0$; alone, softmax saturates.
# Together the two cancel to $\partial L/\partial z_i = p_i - y_i$: the error itself, neither exploding nor vanishing.

# %%
p = np.array([0.34, 0.46, 0.20])
z = Tensor(np.log(p), label="z")
nn.CrossEntropyLoss()(z, 0).backward()
print(z.grad.round(2))
assert np.allclose(z.grad, [-0.66, 0.46, 0.20], rtol=0.0, atol=1e-15)

# %% [markdown]
# The loss takes the scores, never the probabilities: it works with the logarithms from the start, and so it survives
# scores that no `exp` would.

# %%
z = Tensor([1000.0, 0.0], label="z")
loss = nn.CrossEntropyLoss()(z, 1)
loss.backward()
print("loss", loss.data, " gradient", z.grad)
assert loss.data == 1000.0
assert z.grad.tolist() == [1.0, -1.0]

# %% [markdown]
# Hand it probabilities by mistake, and it says so rather than training on a distorted slope:

# %%
try:
    nn.CrossEntropyLoss()(autograd.softmax(Tensor(scores)), 0)
except autograd.errors.AutogradError as problem:
    message = str(problem)
print(message)
assert "NLLLoss" in message

# %% [markdown]
# For a line through points the loss is the mean of squares, and its slopes are the textbook's
# $\frac{2}{n}\sum(\hat y_i - y_i)x_i$ and $\frac{2}{n}\sum(\hat y_i - y_i)$.

# %%
x, y = np.array([0.0, 1.0, 2.0, 3.0]), np.array([1.0, 2.0, 2.0, 5.0])
w, b = Tensor(0.5, label="w"), Tensor(0.0, label="b")
nn.MSELoss()(w * x + b, y).backward()
error = 0.5 * x - y
print(w.grad, b.grad)
assert abs(w.grad - 2 * np.mean(error * x)) < 1e-12
assert abs(b.grad - 2 * np.mean(error)) < 1e-12

# %% [markdown]
# ## Try it
#
# - Which activation of Table 4.2 has its steepest point away from 0? Draw `autograd.elu` with γ = 2 and look at the kink.
# - Plot $\partial L/\partial z_1$ of softmax with *squared* error against $z_1$. Where does it vanish although the answer
#   is wrong?
# - Give the cross-entropy a soft label such as `[0.7, 0.2, 0.1]`. At which scores is its gradient 0?
