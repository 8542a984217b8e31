# %% [markdown]
# # Iris: the complete example
#
# From a table of flowers to a network that names them: what has to be decided on the way, and how do you know that it
# came out right? After this page you can load data and hold some of it back, choose a size for the hidden layer, read a
# published network off its weights, train one of your own, and say how good it is. It shows the textbook's complete
# example, with the six flowers of its printed table.

# %%
import math

import matplotlib.pyplot as plt
import numpy as np

import autograd
import nn
from autograd import Value, draw, explain

# %% [markdown]
# ## The data
#
# In 1936 R. A. Fisher published four lengths of 150 irises, 50 of each of three species. The first 40 of each species
# train the network. The last 10 it never sees, until it is asked for their names.

# %%
data = nn.data.iris()
train, test = data.split(40)
print(data, data.class_names, sep="\n")
print(len(train), "flowers train,", len(test), "test")
assert data.X.shape == (150, 4)
assert np.bincount(data.y).tolist() == [50, 50, 50]
assert (len(train), len(test)) == (120, 30)

# %%
figure, axes = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
for ax, (first, second) in zip(axes, [(0, 1), (2, 3)], strict=True):
    for label, name in enumerate(data.class_names):
        ax.scatter(*data.X[data.y == label][:, [first, second]].T, s=14, alpha=0.7, label=name)
    ax.set_xlabel(f"{data.feature_names[first]} in cm")
    ax.set_ylabel(f"{data.feature_names[second]} in cm")
axes[1].legend(frameon=False)
plt.close(figure)
figure

# %% [markdown]
# Setosa stands apart. The other two touch, above all in their sepals, so that no network should be expected to be sure
# of every flower.
#
# ## How many hidden neurons?
#
# Four inputs and three outputs are given by the task. For what lies between, a rule of thumb says $\sqrt{n + m} + a$ with
# $a$ from 1 to 10. It is a range, not an answer: enough neurons to bend the boundary, not so many that 120 flowers can
# be learned by heart. The textbook takes 6.

# %%
n, m = 4, 3
least, most = math.sqrt(n + m) + 1, math.sqrt(n + m) + 10
print(f"from {least:.1f} to {most:.1f}")
assert least <= 6 <= most

# %% [markdown]
# ## The published network
#
# $H = \mathrm{sigmoid}(xW^1 + b^1)$ and $y = \mathrm{softmax}(HW^2 + b^2)$. The library holds the textbook's trained
# weights, so that there is something to compare with before anything is trained. Here it is on a versicolor: in every
# circle what the neuron gives, in the last column the three probabilities. A line's colour is the sign of its weight and
# its width the size.

# %%
published = nn.textbook.iris_model()
flower = nn.textbook.IRIS_FLOWERS[2]
assert len(published.parameters()) == 4 * 6 + 6 + 6 * 3 + 3 == 51
nn.diagram(published, values=flower, inputs=data.feature_names, outputs=data.class_names)

# %% [markdown]
# The textbook prints what its network says of six flowers. Computed anew, every probability agrees with the printed one
# to a relative $10^{-5}$, also the smallest, which is less than a ten-millionth.

# %%
for each, printed in zip(nn.textbook.IRIS_FLOWERS, nn.textbook.IRIS_PROBABILITIES, strict=True):
    p = [float(output.data) for output in published(each)]
    print(each, "".join(f"{x:16.8e}" for x in p))
    assert max(abs(x - y) / y for x, y in zip(p, printed, strict=True)) < 1e-5

# %% [markdown]
# ## One neuron of it, opened
#
# How does the probability of versicolor change with the width of this flower's petals? One pass back says it. A small
# change, tried out, says the same.

# %%
inputs = [Value(length, name.replace(" ", "_")) for length, name in zip(flower, data.feature_names, strict=True)]
petal_width = inputs[3]
p = published(inputs)[1]
p.label = "p"
(slope,) = autograd.gradients(p, [petal_width])
print(f"∂p/∂(petal width) = {slope:.5f} per cm")
wider = published([*flower[:3], flower[3] + 1e-5])[1]
assert abs((wider.data - p.data) / 1e-5 - slope) < 1e-4 * abs(slope)

# %% [markdown]
# Six hidden neurons read the petal's width, and each hands a share back. `explain` lists them, with their sum.

# %%
explanation = explain(p, wrt=petal_width)
print(explanation.table())
largest = max(explanation.terms, key=lambda term: abs(term.share))
assert len(explanation.terms) == 6
assert abs(sum(term.share for term in explanation.terms) - slope) < 1e-15
assert abs(largest.share / slope - 1) < 0.002

# %% [markdown]
# One of them has nearly all of it, the fifth, whose weight on the petal's width is 4.83. The others are saturated here:
# they give nearly 0 or nearly 1, and their slope $a(1 - a)$ is next to nothing. The fifth is a neuron as on the first of
# these pages: four products, their sum with the bias, and the sigmoid.

# %%
fifth = published.layers[0].neurons[4](inputs)
fifth.label = "a"
fifth.backward()
W1, b1 = np.array(nn.textbook.IRIS_W1), np.array(nn.textbook.IRIS_B1)
a = 1 / (1 + np.exp(-(flower @ W1 + b1)))
assert max(np.delete(a * (1 - a), 4)) < 0.001
assert abs(fifth.data - a[4]) < 1e-15
assert abs(petal_width.grad - fifth.data * (1 - fifth.data) * W1[3, 4]) < 1e-15
draw(fifth, direction="TB", edges="none")

# %% [markdown]
# ## Training one from random weights
#
# The lengths differ in their means and spreads. Standardised, each column has mean 0 and spread 1, and the sigmoids
# start where they are steep. The test flowers are scaled by the numbers of the training flowers: nothing about them may
# leak into the training, not even their mean.

# %%
scaled, scaled_test = train.standardised(), test.standardised(like=train)
assert np.allclose(scaled.X.mean(axis=0), 0.0, atol=1e-12)
assert np.allclose(scaled.X.std(axis=0), 1.0)

model = nn.MLP([4, 6, 3], rng=0)
same_on_tensors = model.to_tensors()
print(model, same_on_tensors, sep="\n")

# %% [markdown]
# The last layer gives scores, not probabilities: `CrossEntropyLoss` takes the softmax along. There are two networks here,
# one made of 51 `Value`s, the other of four `Tensor`s with the same numbers. Both see the same batches of eight, drawn by
# the same seed.


# %%
def train_on_batches(network, seed):
    optimizer = nn.SGD(network, lr=0.1, momentum=0.9)
    return nn.fit(
        network, scaled.X, scaled.y, loss=nn.CrossEntropyLoss(), optimizer=optimizer,
        epochs=30, batch_size=8, seed=seed, progress=False,
    )  # fmt: skip


history = train_on_batches(model, seed=0)
on_tensors = train_on_batches(same_on_tensors, seed=0)
print(history)
assert history.loss[-1] < 0.1 < 0.9 < history.loss[0]

# %% [markdown]
# The learning curve: the mean loss and the part of the flowers named wrongly, epoch by epoch. It falls quickly while
# there are easy flowers to be learned, and slowly where only those are left that lie between two species.

# %%
figure, axes = plt.subplots(figsize=(6, 3.2), layout="constrained")
history.plot(axes)
plt.close(figure)
figure

# %% [markdown]
# Did the arrays learn the same? The rules are the same, and only the order differs in which sums are rounded.

# %%
apart = max(abs(a - b) for a, b in zip(history.loss, on_tensors.loss, strict=True))
print(f"largest difference between the losses of the two: {apart:.1e}")
assert apart < 1e-12

# %% [markdown]
# ## How good is it?
#
# The confusion table has a row for each true species, and a column for each name that was given.

# %%
named = nn.predict(model, scaled_test.X)
table = nn.confusion(named, test.y, test.class_names)
print(table)
assert named == nn.predict(same_on_tensors, scaled_test.X).tolist()
assert table.right >= 29

# %% [markdown]
# One run proves little: the weights were random, and so was the order of the flowers. Ten more, each from a seed of its
# own; the arrays make it quick.

# %%
right = []
for seed in range(1, 11):
    net = nn.MLP([4, 6, 3], rng=seed).to_tensors()
    train_on_batches(net, seed)
    right.append(nn.confusion(nn.predict(net, scaled_test.X), test.y).right)
print("right of 30:", right)
assert min(right) >= 29

# %% [markdown]
# Has it learned the 120 by heart, then? No: it still names some of its own training flowers wrongly. Here they are, the
# surest of a wrong name first. All have petals 1.5 to 1.8 cm wide, where versicolor and virginica touch.

# %%
p = autograd.softmax(autograd.Tensor(nn.predict_scores(same_on_tensors, scaled.X)), axis=-1).data
wrong = np.flatnonzero(p.argmax(axis=1) != train.y)
for i in sorted(wrong, key=lambda i: p[i, train.y[i]]):
    print(
        f"{train.X[i]}  is {train.class_names[train.y[i]]}, named {train.class_names[p[i].argmax()]} ({p[i].max():.2f})"
    )
assert 0 < len(wrong) <= 6
assert set(train.y[wrong]) <= {1, 2}
assert all(1.5 <= width <= 1.8 for width in train.X[wrong, 3])

# %% [markdown]
# ## Try it
#
# - Train with `train.X` in place of `scaled.X`, centimetres as they are. How does the learning curve begin, and why?
# - Take 2 hidden neurons, then 12. Does the test notice? Does the training loss?
# - Draw `published(inputs)[1]` whole. How many operations are there, and where do you find softmax?
