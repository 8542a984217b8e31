# %% [markdown]
# # From neuron to network
#
# One neuron draws one line. What becomes possible when neurons read neurons? After this page you can say what a
# perceptron can learn and what it cannot, read a network off its picture, count its parameters, build one by hand that
# does what you want, and say what "universal" means. It shows Figs 4.1, 4.5 and 4.6 (Fig 4.5 a feedforward network, one
# with feedback, and one on a graph; Fig 4.6 layers upon layers), Exercise 4-2, Exercise 4-3 and Theorem 4.1.

# %%
import math

import matplotlib.pyplot as plt
import numpy as np

import autograd
import nn
from autograd import Tensor, Value, draw, explain, gradients, region

# %% [markdown]
# ## One neuron
#
# **Fig 4.1**: a neuron takes the sum $z = w_1x_1 + w_2x_2 + b$ and gives $a = f(z)$. In the M-P neuron of 1943 and in the
# perceptron of 1958, $f$ is a step: 1 where $z \ge 0$, else 0. Weights $1, 1$ and bias $-1.5$ compute AND.

# %%
neuron = nn.Perceptron(2)
neuron.set_weights([1.0, 1.0], bias=-1.5)
print([neuron([x1, x2]).data for x1 in (0, 1) for x2 in (0, 1)])
assert [neuron([x1, x2]).data for x1 in (0, 1) for x2 in (0, 1)] == [0.0, 0.0, 0.0, 1.0]
nn.diagram(neuron, values=[1.0, 1.0])

# %% [markdown]
# Can it find such weights? The step is flat, so that no gradient leads anywhere. The perceptron has a rule of its own:
# on each mistake $w \leftarrow w + (y - \hat y)\,x$ and $b \leftarrow b + (y - \hat y)$, until a whole epoch is right.

# %%
tables = [nn.data.and_(), nn.data.or_(), nn.data.nand(), nn.data.xor()]
perceptrons = [nn.Perceptron(2) for _ in tables]
learned = [p.learn(table.X, table.y, epochs=500) for p, table in zip(perceptrons, tables, strict=True)]
for table, perceptron, done in zip(tables, perceptrons, learned, strict=True):
    print(f"{table.name:>5}  wanted {table.y.tolist()}  gets {nn.predict(perceptron, table.X)}  learned: {done}")
assert learned == [True, True, True, False]

# %% [markdown]
# Seen from above: filled points are to give 1, and the perceptron gives 1 in the shaded half of the plane.

# %%
figure, axes = plt.subplots(1, 4, figsize=(9, 2.5), sharey=True, layout="constrained")
along = np.linspace(-0.5, 1.5, 101)
plane = np.array([(x1, x2) for x2 in along for x1 in along])
for ax, table, perceptron in zip(axes, tables, perceptrons, strict=True):
    w1, w2, b = (parameter.data for parameter in perceptron.parameters())
    ax.contourf(along, along, (plane @ [w1, w2] + b >= 0).reshape(101, 101), levels=[0.5, 1], colors=["lightsteelblue"])
    ax.scatter(*table.X.T, c=table.y, cmap="Greys", vmin=0, vmax=1, edgecolors="black", s=60, zorder=2)
    ax.set_aspect("equal")
    ax.set_title(table.name.strip("_").upper())
    ax.set_xlabel("x1")
axes[0].set_ylabel("x2")
plt.close(figure)
figure

# %% [markdown]
# XOR is not a matter of patience. It asks for $b < 0$, $w_1 + b \ge 0$, $w_2 + b \ge 0$ and $w_1 + w_2 + b < 0$. Add the
# two in the middle: $w_1 + w_2 + 2b \ge 0$. Add the other two: $w_1 + w_2 + 2b < 0$. No line divides these points.
#
# ## Two layers
#
# **Exercise 4-2**: two hidden ReLU neurons are enough. $h_1 = \mathrm{relu}(x_1 + x_2)$ counts the ones, and
# $h_2 = \mathrm{relu}(x_1 + x_2 - 1)$ the ones beyond the first. Then $y = h_1 - 2h_2$ takes the count back.

# %%
network = nn.MLP([2, 2, 1], activation="relu")
network.layers[0].set_weights([[1.0, 1.0], [1.0, 1.0]], [0.0, -1.0])
network.layers[1].set_weights([[1.0, -2.0]], [0.0])
xor = nn.data.xor()
answers = [network(row)[0].data for row in xor.X.tolist()]
print(answers)
assert answers == [0.0, 1.0, 1.0, 0.0]

# %% [markdown]
# Its picture at $(1, 1)$: each circle holds what the neuron gives there, and each line the weight that it carries.

# %%
nn.diagram(network, values=[1.0, 1.0])

# %% [markdown]
# The weights exist. Does training find them? Not from everywhere. Here are 300 networks of this shape, each with random
# weights of its own, trained at once: the arrays have one more axis, and since the losses are added up, each network's
# gradient is its own. Wider ones come first, for comparison.

# %%
rates, y = {}, xor.y.reshape(4, 1)
for hidden in (8, 4, 2):
    rng = np.random.default_rng(0)
    W1 = Tensor(rng.uniform(-math.sqrt(3 / 2), math.sqrt(3 / 2), size=(300, 2, hidden)))  # variance: 1 / inputs
    W2 = Tensor(rng.uniform(-math.sqrt(3 / hidden), math.sqrt(3 / hidden), size=(300, hidden, 1)))
    b1, b2 = Tensor(np.zeros((300, 1, hidden))), Tensor(np.zeros((300, 1, 1)))
    optimizer = nn.SGD([W1, b1, W2, b2], lr=0.1)
    for _ in range(1000):
        optimizer.zero_grad()
        activations = autograd.relu(xor.X @ W1 + b1)
        outputs = activations @ W2 + b2
        ((outputs - y) ** 2).mean(axis=(1, 2)).sum().backward()
        optimizer.step()
    found = np.all((outputs.data > 0.5) == y, axis=(1, 2))
    rates[hidden] = found.mean()
    print(f"{hidden} hidden neurons: {found.sum()} of 300 compute XOR, {found.mean():.0%}")
assert 0.15 < rates[2] < 0.35
assert rates[8] > 0.9

# %% [markdown]
# With two neurons it is about one in four or five. Where do the others end?

# %%
dead = np.any(np.all(activations.data == 0.0, axis=1), axis=1)
print(f"of the {np.sum(~found)} that fail, {np.sum(dead & ~found)} have a hidden neuron that is 0 on all four points")
print(f"of the {np.sum(found)} that succeed, {np.sum(dead & found)} have one")
assert np.mean(dead[~found]) > 0.6
assert not np.any(dead[found])

# %% [markdown]
# A ReLU that is 0 on all four points has slope 0 on all four points. Nothing comes back through it, and the neuron that
# is left can bend the plane only once. In a wider network some neurons die too, and there are enough others: one reason
# why networks in use are wider than they need be.
#
# ## Layers, and how many numbers they hold
#
# A layer is $a^{(l)} = f(W^{(l)}a^{(l-1)} + b^{(l)})$, where $w_{ij}$ leads from neuron $j$ of the layer below to neuron
# $i$. **Fig 4.6** is layers upon layers. **Exercise 4-3**: $d$ inputs and $N$ neurons in $L$ layers, of which the last
# has one neuron and the others have $k = (N - 1)/(L - 1)$ each. How many parameters are there?

# %%
d, N, L = 2, 13, 4
k = (N - 1) // (L - 1)
model = nn.MLP([d, *[k] * (L - 1), 1], rng=1)
count = len(model.parameters())
print("counted:", count, "  by the formula:", k * (d + 1) + (L - 2) * k * (k + 1) + (k + 1))
assert count == k * (d + 1) + (L - 2) * k * (k + 1) + (k + 1) == 57
nn.diagram(model)

# %% [markdown]
# Line by line: $k(d + 1)$ for the first layer, a bias with each row of weights; $k(k + 1)$ for each of the $L - 2$ layers
# after it; $k + 1$ for the output. Most of it is the middle, where the width counts twice.
#
# ## The 3–2–3 network
#
# Small enough to write out: sigmoid neurons, no biases, twelve weights, and the loss $L = \sum_i (\hat y_i - y_i)^2$.

# %%
numbers = np.random.default_rng(3).normal(size=12).round(1).tolist()
w = {i: Value(number, label=f"w{i}") for i, number in enumerate(numbers, start=1)}
x, target = [0.5, -1.0, 2.0], [1.0, 0.0, 0.5]
h1 = autograd.sigmoid(w[1] * x[0] + w[3] * x[1] + w[5] * x[2])
h2 = autograd.sigmoid(w[2] * x[0] + w[4] * x[1] + w[6] * x[2])
o = [autograd.sigmoid(w[i] * h1 + w[i + 3] * h2) for i in (7, 8, 9)]
loss = autograd.sum([(each - wanted) ** 2 for each, wanted in zip(o, target, strict=True)])
loss.label, h1.label, h2.label = "L", "H1", "H2"
loss.backward()
print(f"loss {loss.data:.4f}, ∂L/∂w1 = {w[1].grad:.6f}")

# %% [markdown]
# The same as layers, with the same numbers on the lines:

# %%
layers = nn.Sequential(
    nn.Linear(3, 2, bias=False, dtype=np.float64),
    nn.Sigmoid(),
    nn.Linear(2, 3, bias=False, dtype=np.float64),
    nn.Sigmoid(),
)
layers[0].weight.data = np.reshape(numbers[:6], (3, 2)).T
layers[2].weight.data = np.reshape(numbers[6:], (2, 3)).T
nn.SquaredError()(layers([x]), [target]).backward()
print(layers[0].weight.grad)
assert np.allclose(layers([x]).data, [each.data for each in o], rtol=1e-14)
nn.diagram(layers, values=x)

# %% [markdown]
# $w_1$ acts on $h_1$ alone, but $h_1$ acts on all three outputs. So what comes back to $w_1$ is a sum of three products,
# one through each output. With $\delta_i = \partial L/\partial\mathrm{In}_{o_i}$ it is
# $\left(\delta_1w_7 + \delta_2w_8 + \delta_3w_9\right) h_1(1 - h_1)\,x_1$. The bracket is
# what `explain` finds for $h_1$.

# %%
delta = [2 * (each.data - wanted) * each.data * (1 - each.data) for each, wanted in zip(o, target, strict=True)]
through = [delta[i] * numbers[6 + i] * h1.data * (1 - h1.data) * x[0] for i in range(3)]
print("through the outputs:", [f"{share:+.6f}" for share in through], " together:", f"{sum(through):+.6f}")
assert abs(sum(through) - w[1].grad) < 1e-15
assert len(explain(loss, wrt=w[1]).paths) == 3
assert abs(layers[0].weight.grad[0, 0] - w[1].grad) < 1e-15
print(explain(loss, wrt=h1).text)

# %% [markdown]
# ## What can a network compute?
#
# **Theorem 4.1** (universal approximation): for every continuous $f$ on a closed box and every $\varepsilon > 0$ there is
# a network with one hidden layer, $F(x) = \sum_i v_i\,\varphi(w_i^\top x + b_i)$, with $|F - f| < \varepsilon$
# everywhere. For ReLU and one input the proof is a construction. Neuron $i$ is 0 until knot $i$ and then rises, and
# $v_i$ is by how much the slope changes there: the network is a broken line through any points you like.


# %%
def broken_line(knots, heights):
    bends = np.diff(np.diff(heights) / np.diff(knots), prepend=0.0)
    model = nn.MLP([1, len(bends), 1], activation="relu")
    model.layers[0].set_weights([[1.0]] * len(bends), -knots[:-1])
    model.layers[1].set_weights([bends], [heights[0]])
    return model.to_tensors()


xs = np.linspace(0.0, math.tau, 1001)
lines = {}
for m in (2, 4, 8, 16, 32, 64):
    knots = np.linspace(0.0, math.tau, m + 1)
    lines[m] = nn.predict_scores(broken_line(knots, np.sin(knots)), xs[:, None])[:, 0]
errors = {m: np.abs(line - np.sin(xs)).max() for m, line in lines.items()}

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
left.plot(xs, np.sin(xs), color="grey", label="sin x")
for m in (4, 8):
    left.plot(xs, lines[m], label=f"{m} neurons")
left.set_xlabel("x")
left.legend(frameon=False)
right.loglog(list(errors), list(errors.values()), "o-", base=2, label="error")
right.loglog(list(errors), [(math.tau / m) ** 2 / 8 for m in errors], ":", base=2, color="grey", label="h²/8")
right.set_xlabel("hidden neurons m")
right.set_ylabel("largest error")
right.legend(frameon=False)
plt.close(figure)
figure

# %% [markdown]
# With twice the neurons, a quarter of the error: a line through a curve is off by at most $\frac{h^2}{8}\max|f''|$,
# where $h$ is the distance of the knots.

# %%
for m, error in errors.items():
    print(f"{m:>3} neurons  error {error:.5f}")
    assert error <= (math.tau / m) ** 2 / 8 + 1e-12
assert 0.2 < errors[64] / errors[32] < 0.3

# %% [markdown]
# Note what the theorem leaves out: how many neurons are needed, and whether training finds the weights. XOR above has
# shown that these are questions of their own.
#
# ## Other shapes
#
# **Fig 4.5** has networks of three kinds: feedforward, as all above; with feedback; and on a graph. The engine knows
# none of these words. Write down what is computed, and it is an expression like any other.
#
# A *recurrent* cell reads its own last state: $s_t = \tanh(u x_t + w s_{t-1})$. Unrolled over time it is a chain with the
# same $u$ and $w$ at every step, so that their gradients are sums over time.

# %%
u, v = Value(0.7, "u"), Value(-0.4, "w")
state = Value(0.0, "s0")
for time, x_t in enumerate([0.5, -1.0, 2.0], start=1):
    with region(f"t={time}"):
        state = autograd.tanh(u * x_t + v * state)
    state.label = f"s{time}"
state.backward()
draw(state, fold=True)

# %% [markdown]
# By hand, $\frac{\partial s_t}{\partial w} = (1 - s_t^2)\left(s_{t-1} + w\frac{\partial s_{t-1}}{\partial w}\right)$: a
# recursion forward in time. It arrives where the engine arrives backward.

# %%
s, by_w = 0.0, 0.0
for x_t in [0.5, -1.0, 2.0]:
    before, s = s, math.tanh(0.7 * x_t - 0.4 * s)
    by_w = (1 - s**2) * (before - 0.4 * by_w)
print(f"by hand {by_w:.12f}, by the engine {v.grad:.12f}")
assert abs(v.grad - by_w) < 1e-15

# %% [markdown]
# A *graph convolution* gives each node of a graph the mean over itself and its neighbours, times one matrix for all:
# $\mathrm{relu}(\hat A X W^\top)$. It is a matrix product with the row-normalised adjacency $\hat A$. Here the graph is a
# path of four nodes with three features each.

# %%
A = np.array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1], [0, 0, 1, 1]], dtype=float)
A_hat = Tensor(A / A.sum(axis=1, keepdims=True), requires_grad=False, label="Â")
X, W = Tensor(rng.normal(size=(4, 3)), label="X"), Tensor(rng.normal(size=(2, 3)), label="W")
features = autograd.relu(A_hat @ X @ W.T)
(by_node,) = gradients(features[0].sum(), [X])
print("new features:", features.shape, "  node 1 hears from nodes", np.flatnonzero(np.abs(by_node).sum(axis=1)) + 1)
assert features.shape == (4, 2)
assert np.flatnonzero(np.abs(by_node).sum(axis=1)).tolist() == [0, 1]
total = features.sum()
total.backward()
draw(total)

# %% [markdown]
# Two such layers reach the neighbours of neighbours: as many steps along the edges as there are layers.
#
# ## Try it
#
# - Replace `autograd.relu` by `autograd.leaky_relu` with a slope of 0.1 in the 300 networks. Who finds XOR now?
# - Draw `broken_line` through points of `abs(x - 2)`. How many neurons does it really need?
# - Set the recurrent weight to 2.0 and then to 0.1, with twenty steps. What share of `u.grad` comes from the first step?
