# %% [markdown]
# # Tensors and digits
#
# A network for handwritten digits has hundreds of thousands of weights, and a node for each of them would be slow. Do
# arrays need another theory? After this page you can say what a `Tensor` adds to a `Value` and what it does not, open
# one number of a matrix product into the sums it stands for, predict the shape of every gradient, and train a network
# that reads digits.

# %%
import matplotlib.pyplot as plt
import numpy as np

import autograd
import nn
from autograd import Tensor, Value, ancestry, draw, gradients, opened

# %% [markdown]
# ## The same rules
#
# A `Tensor` is a NumPy array in a graph. Each op works on all of its entries, by the row of the table that works on one
# number. The gradient by an array is an array of the same shape: one derivative for each entry.

# %%
numbers = [-1.0, 0.5, 2.0]
t = Tensor(numbers, label="t")
(autograd.tanh(t) ** 2).sum().backward()
print("at once:   ", t.grad)

one_by_one = [Value(x) for x in numbers]
autograd.sum([autograd.tanh(v) ** 2 for v in one_by_one]).backward()
print("one by one:", [v.grad for v in one_by_one])
assert t.grad.shape == t.shape == (3,)
assert np.allclose(t.grad, [v.grad for v in one_by_one], rtol=1e-15, atol=0.0)

# %% [markdown]
# What changes is the size of the graph. The Iris network, on one flower, is 112 operations on numbers. On arrays it is
# a handful, and stays so for any number of flowers.

# %%
scalars = nn.textbook.iris_model()
arrays = scalars.to_tensors()
flowers = list(nn.textbook.IRIS_FLOWERS)
small = [node for node in ancestry(scalars(flowers[0])[1]) if node.op]
whole = [node for node in ancestry(arrays(flowers)) if node.op]
print(len(small), "operations for one probability of one flower")
print(len(whole), "operations for 18 probabilities of 6 flowers:", [node.op.name for node in whole])
assert len(small) == 112
assert len(whole) < 10

# %% [markdown]
# ## Inside a matrix product
#
# The one new op that matters is `@`. A layer is $z = Wx + b$, and $z_i = \sum_j W_{ij} x_j + b_i$.

# %%
W = Tensor([[1.0, -2.0, 0.5], [3.0, 0.25, -1.0]], label="W")
x = Tensor([2.0, 1.0, 4.0], label="x")
b = Tensor([0.5, -0.5], label="b")
z = W @ x + b
z.label = "z"
print(z.data)
assert z.data.tolist() == [2.5, 1.75]
draw(z)

# %% [markdown]
# Two boxes. What do they stand for? `opened` takes one entry, here $z_1$, back to the products and sums of numbers. The
# numbers are the same, and so are the derivatives.

# %%
entry = opened(z, at=1, depth=None)
print(entry)
assert entry.difference == 0.0
entry

# %% [markdown]
# Read the derivatives off the picture: $\partial z_1/\partial W_{1j} = x_j$ and $\partial z_1/\partial x_j = W_{1j}$, the
# swap of every product. Row 0 of $W$ has no part in $z_1$.

# %%
print(entry.gradient(W), entry.gradient(x), entry.gradient(b), sep="\n")
assert entry.gradient(W).tolist() == [[0.0, 0.0, 0.0], [2.0, 1.0, 4.0]]
assert entry.gradient(x).tolist() == W.data[1].tolist()

# %% [markdown]
# Let a gradient $g = \partial L/\partial z$ come back over all of $z$, and add up over its entries. What the swaps come
# to is again two matrix products: $\partial L/\partial W = g\,x^\top$ and $\partial L/\partial x = W^\top g$. This is the
# rule that the engine has for `@`, and the backpropagation of the textbook.

# %%
g = np.array([1.0, -3.0])
z.backward(g)
by_entry = [opened(z, at=i, depth=None) for i in range(2)]
print(W.grad)
assert np.array_equal(W.grad, np.outer(g, x.data))
assert np.array_equal(x.grad, W.data.T @ g)
assert np.array_equal(W.grad, sum(g_i * part.gradient(W) for g_i, part in zip(g, by_entry, strict=True)))

# %% [markdown]
# ## Broadcasting, and how it is undone
#
# A bias of shape (3,) is added to a batch of shape (4, 3): NumPy stretches it, so that each $b_j$ is used four times. A
# node that is used four times adds four gradients. On the way back, then, the stretched axis is summed, and the gradient
# has the shape of the bias again.

# %%
X, b = Tensor(np.ones((4, 3)), label="X"), Tensor([0.1, 0.2, 0.3], label="b")
upstream = np.arange(12.0).reshape(4, 3)
(X + b).backward(upstream)
print("arrives: ", upstream.shape, " at X:", X.grad.shape, " at b:", b.grad.shape, b.grad)
assert np.array_equal(b.grad, upstream.sum(axis=0))

column, row = Tensor(np.ones((4, 1)), label="column"), Tensor(np.ones((1, 3)), label="row")
by_column, by_row = gradients((column * row).sum(), [column, row])
assert (by_column.shape, by_row.shape) == ((4, 1), (1, 3))
assert (by_column[0, 0], by_row[0, 0]) == (3.0, 4.0)

# %% [markdown]
# Broadcasting is also how a mistake goes unseen: (4,) and (4, 1) give (4, 4) without a word. Shapes that cannot be joined
# are named where they meet.

# %%
assert (Tensor(np.ones(4)) - Tensor(np.ones((4, 1)))).shape == (4, 4)
try:
    Tensor(np.ones((32, 4))) @ Tensor(np.ones((6, 4)))
except autograd.errors.ShapeError as problem:
    message = str(problem)
print(message)
assert "(32, 4)" in message
assert "(6, 4)" in message

# %% [markdown]
# ## Digits
#
# 1,797 handwritten digits of 8×8 pixels, from 0 for paper to 16 for ink. A fifth of each class is held out.

# %%
digits = nn.data.digits()
train, test = digits.split_stratified(held_out=0.2, seed=0)
print(digits, len(train), len(test))
assert (len(digits), len(train), len(test)) == (1797, 1438, 359)

figure, axes = plt.subplots(2, 10, figsize=(8, 1.9), layout="constrained")
for ax, image, label in zip(axes.flat, train.X, train.y, strict=False):
    ax.imshow(image.reshape(8, 8), cmap="Greys")
    ax.set_title(str(label), fontsize=9)
    ax.axis("off")
plt.close(figure)
figure

# %% [markdown]
# The network flattens an image to 64 numbers, mixes them into 256 hidden units, and gives ten scores. Its numbers are
# float32, half the size of float64 and precise enough for weights that are nudged by noisy batches.

# %%
rng = np.random.default_rng(0)
model = nn.Sequential(nn.Linear(64, 256, rng=rng), nn.ReLU(), nn.Linear(256, 10, rng=rng))
print(model.summary(64))
assert sum(p.size for p in model.parameters()) == 64 * 256 + 256 + 256 * 10 + 10 == 19_210
assert {p.dtype for p in model.parameters()} == {np.dtype(np.float32)}

# %% [markdown]
# AdamW gives each weight a step size of its own, and the cosine schedule makes the steps small at the end.
# `compile=True` turns the training step into a program, which the page on programs explains; the weights it gives are
# the same up to round-off.

# %%
scaled, scaled_test = train.standardised(), test.standardised(like=train)
optimizer = nn.AdamW(model, lr=0.007, weight_decay=0.1)
history = nn.fit(
    model, scaled.X, scaled.y, loss=nn.CrossEntropyLoss(), optimizer=optimizer,
    schedule=nn.CosineAnnealingLR(optimizer, T_max=30), epochs=30, batch_size=16, seed=0,
    compile=True, progress=False,
)  # fmt: skip
figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
history.plot(axes)
plt.close(figure)
figure

# %% [markdown]
# The training digits it now knows by heart. The held-out ones are what counts.

# %%
named = nn.predict(model, scaled_test.X)
right = nn.accuracy(named, test.y)
print(f"held out: {right:.1%} right, {np.count_nonzero(named != test.y)} of {len(test)} wrong")
assert nn.accuracy(nn.predict(model, scaled.X), scaled.y) > 0.99
assert right > 0.97

# %% [markdown]
# Here are the first of the held-out digits under the names they were given, and below them all that were named wrongly:
# the right name in brackets. How many of those would you have read?

# %%
wrong = np.flatnonzero(named != test.y)
shown = [*range(20), *wrong[:10]]
figure, axes = plt.subplots(3, 10, figsize=(8, 2.9), layout="constrained")
for ax in axes.flat:
    ax.axis("off")
for ax, i in zip(axes.flat, shown, strict=False):
    ax.imshow(test.X[i].reshape(8, 8), cmap="Greys")
    ax.set_title(
        f"{named[i]}" if i not in wrong else f"{named[i]} ({test.y[i]})",
        fontsize=9,
        color="crimson" if i in wrong else "black",
    )
plt.close(figure)
figure

# %% [markdown]
# ## What the first layer looks for
#
# A hidden unit is the product of the image with a row of $W^{(1)}$, hence with an image of weights. Red pixels speak for
# the unit, blue ones against it. These are the sixteen units with the largest weights toward the scores. Most of them
# weigh ink in one place against ink beside it, as an eye does for an edge or a stroke. They are not tidy: nobody has asked
# for that.

# %%
first, last = model[0].weight.data, model[2].weight.data
strongest = np.argsort(-np.linalg.norm(last, axis=0))[:16]
figure, axes = plt.subplots(2, 8, figsize=(8, 2.2), layout="constrained")
for ax, unit in zip(axes.flat, strongest, strict=True):
    reach = np.abs(first[unit]).max()
    ax.imshow(first[unit].reshape(8, 8), cmap="RdBu_r", vmin=-reach, vmax=reach)
    ax.set_title(f"unit {unit}", fontsize=8)
    ax.axis("off")
plt.close(figure)
figure

# %% [markdown]
# Any number in this network can be opened as the ones above were. Here a hidden unit on one image: 64 products, in
# float32 as the network has it, and in float64 as the opened graph computes it. They differ by the round-off of float32.

# %%
unit = int(strongest[0])
opened_unit = opened(model[0](scaled_test.X[:1]), at=(0, unit), depth=None, names=dict(model.named_parameters()))
print(opened_unit)
assert opened_unit.difference < 1e-5

# %% [markdown]
# ## The same at full size
#
# MNIST has 60,000 training and 10,000 test images of 28×28 pixels. The textbook's network for it, 784–512–512–10, has
# 669,706 parameters. Its graph has a few nodes more than the one above, for the layer more, and not one for its size.

# %%
large = nn.Sequential(
    nn.Flatten(),
    nn.Linear(784, 512, rng=rng),
    nn.ReLU(),
    nn.Linear(512, 512, rng=rng),
    nn.ReLU(),
    nn.Linear(512, 10, rng=rng),
)
print(large.summary((28, 28)))
assert sum(p.size for p in large.parameters()) == 669_706

# %% [markdown]
# With the four files of MNIST in a folder of yours (the library downloads nothing), `nn.data.mnist("folder")` gives the
# two data sets in the form of the one above, with pixels from 0 to 1, and the call of `nn.fit` is the same. What needs no
# files is to see that one pass back reaches all the parameters, on a batch of noise:

# %%
loss = nn.CrossEntropyLoss()(large(rng.random((32, 28, 28), dtype=np.float32)), rng.integers(10, size=32))
loss.backward()
reached = sum(p.grad.size for p in large.parameters() if p.grad is not None)
operations = [node for node in ancestry(loss) if node.op]
print(f"{len(operations)} operations, {reached:,} derivatives, loss {loss.item():.2f} (guessing: {np.log(10):.2f})")
assert reached == 669_706
assert len(operations) < 30
assert abs(loss.item() - np.log(10)) < 0.5

# %% [markdown]
# ## Try it
#
# - Open `(W @ x).sum()` to every depth. How many operations are there for a matrix of $m$ rows and $n$ columns?
# - A regression has outputs of shape (4,) and targets of shape (4, 1). What is the mean of the squares of their
#   difference a mean of? What does `nn.MSELoss` say to such a pair?
# - Train with 16 hidden units and look at their pictures. Are they sharper? What happens to the held-out digits?
