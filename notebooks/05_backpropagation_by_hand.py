# %% [markdown]
# # Backpropagation by hand
#
# The engine finds a gradient in one call. What does it compute? After this page you can write the backward pass of a
# network in four lines of NumPy and get the engine's numbers to the last digits; say why the order of that pass matters;
# and see, layer by layer, where a gradient vanishes and what does not cure it (Exercise 4-6).

# %%
from functools import partial

import matplotlib.pyplot as plt
import numpy as np

import autograd
import nn
from autograd import Tensor, Value, gradients, mistakes, step
from nn.initializers import normal

# %% [markdown]
# ## Four equations
#
# Layer $l$ computes $z^l = W^la^{l-1} + b^l$ and $a^l = f(z^l)$. Let $C$ be the cost and $\delta^l = \partial C/\partial
# z^l$, which says how the cost answers to the input of a layer. Then
#
# $$\delta^L = \nabla_aC \odot f'(z^L), \qquad \delta^l = f'(z^l) \odot (W^{l+1})^\top\delta^{l+1}, \qquad
# \frac{\partial C}{\partial W^l} = \delta^l(a^{l-1})^\top, \qquad \frac{\partial C}{\partial b^l} = \delta^l.$$
#
# The first starts at the output, the second goes one layer back, and the other two read off what a step needs. Take
# three layers of tanh, one sample, and $C = \frac12\|y - a^L\|^2$.

# %%
rng = np.random.default_rng(0)
W1, W2, W3 = rng.normal(size=(4, 3)), rng.normal(size=(3, 4)), rng.normal(size=(2, 3))
b1, b2, b3 = rng.normal(size=4), rng.normal(size=3), rng.normal(size=2)
x, y = np.array([0.5, -1.0, 2.0]), np.array([1.0, 0.0])

# %% [markdown]
# Forward, line by line, keeping every $z$ and $a$:

# %%
z1 = W1 @ x + b1
a1 = np.tanh(z1)
z2 = W2 @ a1 + b2
a2 = np.tanh(z2)
z3 = W3 @ a2 + b3
a3 = np.tanh(z3)
cost = 0.5 * np.sum((y - a3) ** 2)
print(f"cost {cost:.6f}")

# %% [markdown]
# Backward: each line is one of the four equations, with $\tanh' = 1 - \tanh^2$.

# %%
delta3 = (a3 - y) * (1 - a3**2)
delta2 = (1 - a2**2) * (W3.T @ delta3)
delta1 = (1 - a1**2) * (W2.T @ delta2)
by_weights = [np.outer(delta1, x), np.outer(delta2, a1), np.outer(delta3, a2)]
by_biases = [delta1, delta2, delta3]

# %% [markdown]
# Now the engine. It is told nothing of layers: the same lines on Tensors, and one call.

# %%
W, b = [Tensor(each) for each in (W1, W2, W3)], [Tensor(each) for each in (b1, b2, b3)]
a, zs = x, []
for weight, bias in zip(W, b, strict=True):
    zs.append(weight @ a + bias)
    a = autograd.tanh(zs[-1])
C = 0.5 * ((y - a) ** 2).sum()
C.backward()
pairs = [*zip(W, by_weights, strict=True), *zip(b, by_biases, strict=True), *zip(zs, by_biases, strict=True)]
print(f"largest difference: {max(np.abs(node.grad - by_hand).max() for node, by_hand in pairs):.1e}")
assert abs(C.item() - cost) < 1e-15
assert all(np.allclose(node.grad, by_hand, rtol=1e-13, atol=1e-16) for node, by_hand in pairs)

# %% [markdown]
# Two things went into the equations unsaid. The cost is a function **of the outputs**, so that $\nabla_aC$ exists. And
# over many samples it is **a mean of costs**, so that its gradient is the mean of their gradients. That is why one may
# compute the samples side by side:

# %%
model = nn.Sequential(nn.Linear(3, 4, dtype=np.float64, rng=1), nn.Tanh(), nn.Linear(4, 2, dtype=np.float64, rng=2))
X, Y = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
loss, parameters = nn.HalfSquaredError(), list(model.parameters())
together = gradients(loss(model(X), Y), parameters)
one_by_one = [gradients(loss(model(X[[i]]), Y[[i]]), parameters) for i in range(5)]
for all_five, single in zip(together, zip(*one_by_one, strict=True), strict=True):
    assert np.allclose(all_five, np.mean(single, axis=0), rtol=1e-12, atol=1e-16)
print("∂C/∂b of five samples:", [each[-1].round(3).tolist() for each in one_by_one])
print("their mean:           ", together[-1].round(3).tolist())

# %% [markdown]
# With softmax and cross-entropy at the end, $\delta^L$ is simpler still: $p - y$, with no slope in it that could vanish.

# %%
z = Tensor(z3)
nn.CrossEntropyLoss()(z, 0).backward()
p = np.exp(z3) / np.exp(z3).sum()
print("δᴸ =", z.grad, "  p − y =", p - [1, 0])
assert np.allclose(z.grad, p - [1, 0], rtol=1e-14)

# %% [markdown]
# ## Why the topological sort?
#
# In a row of layers the order is plain: from the last to the first. A graph has no last layer. The engine sorts it so
# that every node comes after all that read it. What would go wrong otherwise? Let $a = 1$, $b = a + a$, $c = b + b$, so
# that $c = 4a$.

# %%
a = Value(1.0, "a")
b = a + a
b.label = "b"
c = b + b
c.label = "c"
c.backward()
assert a.grad == 4.0
without = mistakes.without_topological_order(c)
print(without)
assert (without.first, without.right[a], without.wrong[a]) == (a, 4.0, 2.0)
without.drawing()

# %% [markdown]
# $b$ hears from $c$ twice, once for each operand. If it speaks at once, it has heard 1, and hands 1 on to $a$ twice. The
# second 1 arrives at $b$ and stays there. A node shared by several paths must hear from all of them before it speaks.
# Step through the right pass, and see $b$ wait:

# %%
step(c)

# %% [markdown]
# The order is one of several things that a backward pass can get wrong. Here are five of them on this graph, and then on
# the network above, a plain row of layers.

# %%
print(mistakes.all(c))
harm = {mistake.name: bool(mistake) for mistake in mistakes.all(C)}
print("\non a row of layers:")
for name, is_wrong in harm.items():
    print(f"{name:<29}  {'wrong' if is_wrong else 'no harm here'}")
assert [bool(mistake) for mistake in mistakes.all(c)] == [True, True, True, True, False]
assert list(harm.values()) == [False, False, True, False, True]

# %% [markdown]
# Look at what does no harm. In a row of layers nothing is read twice, and an engine without the order, or with `=` in
# place of `+=`, gives the right answer. So such mistakes survive a test on a row of layers, and show the day somebody
# writes a residual connection.
#
# ## Vanishing gradients
#
# $\delta^l = f'(z^l) \odot (W^{l+1})^\top\delta^{l+1}$ is a product, and a product of twenty factors is rarely near 1.
# Twenty layers of 64 neurons, eight random samples: how large is $\delta^l$ on its way to the input?


# %%
def deep_network(activation, init):
    rng = np.random.default_rng(0)
    linears = [nn.Linear(64, 64, dtype=np.float64, rng=rng, init=init) for _ in range(20)]
    return nn.Sequential(*(module for linear in linears for module in (linear, activation())))


def norms(model):
    a, zs = inputs, []
    for linear, activation in zip(model[::2], model[1::2], strict=True):
        zs.append(linear(a))
        a = activation(zs[-1])
    return [float(np.linalg.norm(delta)) for delta in gradients(nn.HalfSquaredError()(a, targets), zs)]


rng = np.random.default_rng(1000)
inputs, targets = rng.normal(size=(8, 64)), rng.normal(size=(8, 64))
found = {
    "logistic, N(0, 1/n)": norms(deep_network(nn.Sigmoid, "lecun_normal")),
    "tanh, N(0, 1/4n)": norms(deep_network(nn.Tanh, partial(normal, std=1 / 16))),
    "tanh, N(0, 1/n)": norms(deep_network(nn.Tanh, "lecun_normal")),
    "ReLU, He N(0, 2/n)": norms(deep_network(nn.ReLU, "he_normal")),
}

# %%
figure, axes = plt.subplots(figsize=(6, 3.5), layout="constrained")
for name, each in found.items():
    axes.semilogy(range(1, 21), each, ".-", label=name)
axes.set_xlabel("layer l, from the input")
axes.set_xticks([1, 5, 10, 15, 20])
axes.set_ylabel("‖δˡ‖")
axes.legend(frameon=False)
plt.close(figure)
figure

# %%
ratio = {name: each[0] / each[-1] for name, each in found.items()}
for name, first_to_last in ratio.items():
    print(f"{name:<20}  ‖δ¹‖/‖δ²⁰‖ = {first_to_last:.1e}")
assert ratio["logistic, N(0, 1/n)"] < 1e-10
assert 3e-7 < ratio["tanh, N(0, 1/4n)"] < 3e-6
assert 0.03 < ratio["tanh, N(0, 1/n)"] < 0.3
assert ratio["ReLU, He N(0, 2/n)"] > 0.1

# %% [markdown]
# A matrix with entries of variance $1/n$ keeps the length of a vector, more or less. What is left is the slope. The
# logistic function has $f' \le \frac14$ and loses three quarters in each layer: $0.25^{19} \approx 4 \cdot 10^{-12}$. tanh
# has $f' \le 1$, and here everything depends on the initialisation: with half the width of the weights, each layer halves
# the gradient, $0.5^{19} \approx 2 \cdot 10^{-6}$; with $N(0, 1/n)$ about a tenth arrives. So "tanh vanishes" is neither
# true nor false. ReLU has slope 1 on half of its inputs, and He's factor 2 makes up for the other half.

# %%
a_layer = ratio["logistic, N(0, 1/n)"] ** (1 / 19)
print(f"one layer of the logistic network leaves {a_layer:.3f} of a gradient")
assert abs(a_layer - 0.25) < 0.05

# %% [markdown]
# ## Exercise 4-6: would a larger learning rate help?
#
# The first layer hardly moves. Why not take a thousand times the learning rate? What counts is by how much of its own
# size a layer changes in a step, $\|\Delta W\|/\|W\|$. `nn.health` measures this without taking the step.

# %%
model = deep_network(nn.Sigmoid, "lecun_normal")
updates = {}
for lr in (0.1, 1e2, 1e10):
    health = nn.health(model, X=inputs, y=targets, loss=nn.HalfSquaredError(), optimizer=nn.SGD(model, lr=lr))
    updates[lr] = [layer.update for layer in health.layers]
    print(f"lr {lr:<8g}  first layer {updates[lr][0]:.1e}   last layer {updates[lr][-1]:.1e}")
assert updates[0.1][0] / updates[0.1][-1] < 1e-9
assert abs(updates[1e2][0] / updates[0.1][0] / 1e3 - 1) < 0.01
assert abs(updates[1e2][-1] / updates[0.1][-1] / 1e3 - 1) < 1e-9
assert updates[1e10][0] > 1e-3
assert updates[1e10][-1] > 1e9

# %%
figure, axes = plt.subplots(figsize=(6, 3.4), layout="constrained")
for lr, each in updates.items():
    axes.semilogy(range(1, 21), each, ".-", label=f"learning rate {lr:g}")
axes.axhspan(1e-4, 1e-2, color="tab:green", alpha=0.15, label="a healthy step")
axes.set_xlabel("layer l, from the input")
axes.set_xticks([1, 5, 10, 15, 20])
axes.set_ylabel("‖ΔW‖ / ‖W‖")
axes.legend(frameon=False, fontsize="small")
plt.close(figure)
figure

# %% [markdown]
# The learning rate scales every layer alike: the line moves up, and its slope stays. At the rate at which the first layer
# begins to learn, the last one is thrown billions of times its own size away. The cure lies in the factors of the
# product: in the activation, in the initialisation, and in shorter paths. `nn.health` says so, too:

# %%
(finding,) = [each for each in health.findings if each.kind == "vanishing"]
print(finding)
assert "larger learning rate does not help" in str(finding)

# %% [markdown]
# ## Try it
#
# - Change the first lines to a logistic output layer. Which two of the hand-written lines change?
# - Add $d = c + b$ to the graph of $a$, $b$ and $c$ and ask `mistakes.all(d)`. What does the missing order cost $a$ now?
# - Give tanh weights of variance $4/n$, that is `std=1 / 4`. Does the gradient explode? Why by less than $2^{19}$?
