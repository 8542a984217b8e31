# %% [markdown]
# # Training
#
# A gradient says which way is down. How far to go, how often, from where, and when to stop? After this page you can
# choose a learning rate by looking at what it does, say what a batch is and how many steps make an epoch, write
# Algorithm 4.1 as one call, and name what makes descent slow or futile. It shows Fig 4.9 (two loss surfaces),
# Algorithm 4.1 and Exercises 4-1, 4-4 and 4-5.

# %%
import matplotlib.pyplot as plt
import numpy as np

import autograd
import nn
from autograd import Tensor, gradients

# %% [markdown]
# ## One step
#
# $f(x + \Delta x) \approx f(x) + \nabla f\cdot\Delta x = f(x) + \|\nabla f\|\,\|\Delta x\|\cos\theta$. Among all steps of
# one length the best is at $\cos\theta = -1$, against the gradient. Take a bowl, ask for its gradient at one point, and
# try every direction.


# %%
def bowl(p):
    return 0.5 * p[..., 0] ** 2 + 5.0 * p[..., 1] ** 2


start = np.array([-4.0, 1.0])
gradient = autograd.grad(bowl)(start)
angles = np.linspace(0.0, 2 * np.pi, 720, endpoint=False)
directions = np.column_stack([np.cos(angles), np.sin(angles)])
best = directions[np.argmin(bowl(start + 1e-4 * directions))]
print("gradient", gradient)
print("best direction", best.round(3), "  against the gradient", (-gradient / np.linalg.norm(gradient)).round(3))
assert gradient.tolist() == [-4.0, 10.0]
assert best @ gradient / np.linalg.norm(gradient) < -0.9999

# %% [markdown]
# ## The learning rate
#
# The rule $x \leftarrow x - \alpha\nabla f$ trusts that sentence beyond its reach, and $\alpha$ says how far. Here are
# three of them on the bowl, thirty steps each.


# %%
def descend(lr):
    point = Tensor(start)
    optimizer, path = nn.SGD([point], lr=lr), [start]
    for _ in range(30):
        optimizer.zero_grad()
        bowl(point).backward()
        optimizer.step()
        path.append(point.numpy())
    return np.array(path)


paths = {"too small, 0.01": descend(0.01), "right, 0.15": descend(0.15), "too large, 0.205": descend(0.205)}
xs, ys = np.linspace(-5, 5, 101), np.linspace(-3, 3, 61)
heights = bowl(np.stack(np.meshgrid(xs, ys), axis=-1))
figure, axes = plt.subplots(1, 3, figsize=(9, 2.6), sharey=True, layout="constrained")
for ax, (name, path) in zip(axes, paths.items(), strict=True):
    ax.contour(xs, ys, heights, levels=[0.5, 2, 5, 10, 20, 40], colors="lightgrey")
    ax.plot(*path.T, ".-", linewidth=1)
    ax.set_xlim(-5, 5)
    ax.set_ylim(-3, 3)
    ax.set_title(name)
plt.close(figure)
figure

# %%
for name, path in paths.items():
    print(f"{name:<17} f after 30 steps: {bowl(path[-1]):.3g}")
assert 1.0 < bowl(paths["too small, 0.01"][-1]) < bowl(start)
assert bowl(paths["right, 0.15"][-1]) < 1e-3
assert bowl(paths["too large, 0.205"][-1]) > bowl(start)

# %% [markdown]
# Along an axis of curvature $c$ each step multiplies the distance to the bottom by $1 - \alpha c$. The steep axis here has
# $c = 10$, so that $\alpha > 0.2$ overshoots further each time; the shallow one has $c = 1$, and waits. The ratio of the
# two, 10, is what makes descent slow, and no single $\alpha$ is right for both.
#
# ## How many samples does a step see?
#
# The loss of a network is a mean over samples. *Full-batch* descent takes all of them for one step, *SGD* one, and a
# *mini-batch* some. One loop does all three, and this is the whole of a training loop.

# %%
rng = np.random.default_rng(0)
x = rng.normal(size=(64, 1))
y = 2.0 * x - 1.0 + 0.5 * rng.normal(size=(64, 1))


def trained(batch_size, epochs, lr=0.05):
    line = nn.Linear(1, 1, dtype=np.float64, init="zeros")
    optimizer, loss, path = nn.SGD(line, lr=lr), nn.MSELoss(), [(0.0, 0.0)]
    for epoch in range(epochs):
        for rows, targets in nn.batches(x, y, batch_size, rng=epoch):
            optimizer.zero_grad()
            loss(line(rows), targets).backward()
            optimizer.step()
            path.append((line.weight.item(), line.bias.item()))
    return np.array(path)


sizes = {"full batch, 60 epochs": (64, 60), "mini-batches of 8, 8 epochs": (8, 8), "SGD, 1 epoch": (1, 1)}
paths = {name: trained(*how) for name, how in sizes.items()}
print({name: f"{len(path) - 1} steps" for name, path in paths.items()})
assert [len(path) - 1 for path in paths.values()] == [60, 64, 64]

# %%
w, b = np.meshgrid(np.linspace(-0.5, 3.0, 71), np.linspace(-2.0, 0.6, 53))
mean_loss = np.mean((w[..., None] * x[:, 0] + b[..., None] - y[:, 0]) ** 2, axis=-1)
figure, axes = plt.subplots(1, 3, figsize=(9, 3), sharey=True, layout="constrained")
for ax, (name, path) in zip(axes, paths.items(), strict=True):
    ax.contour(w, b, mean_loss, levels=[0.25, 0.4, 0.8, 1.6, 3.2, 6.4], colors="lightgrey")
    ax.plot(*path.T, ".-", markersize=3, linewidth=1)
    ax.set_title(name, fontsize="medium")
    ax.set_xlabel("w")
axes[0].set_ylabel("b")
plt.close(figure)
figure

# %% [markdown]
# All three take about sixty steps and come nearly as far. But the first has read the data sixty times and the last once: a
# rough direction now is worth more than the exact one later. The price is the noise at the end, where single samples
# disagree about where the bottom is. Mini-batches are the compromise, and hardware likes them.

# %%
bottom = np.linalg.lstsq(np.hstack([x, np.ones_like(x)]), y, rcond=None)[0][:, 0]
for name, path in paths.items():
    print(f"{name:<28} distance to the bottom at the end: {np.linalg.norm(path[-1] - bottom):.3f}")
    assert np.linalg.norm(path[-1] - bottom) < 0.3 < np.linalg.norm(path[0] - bottom)

# %% [markdown]
# An **epoch** is one walk through all samples, and an iteration is one step. 2,560,000 samples in batches of 256 make
# 10,000 iterations an epoch:

# %%
samples = np.arange(2_560_000, dtype=np.int32)
seen = np.concatenate([labels for _, labels in nn.batches(samples[:, None], samples, 256, rng=0)])
iterations = len(seen) // 256
print(f"{iterations:,} iterations")
assert iterations == 2_560_000 // 256 == 10_000
assert np.array_equal(np.sort(seen), samples)  # every sample once

# %% [markdown]
# ## Algorithm 4.1
#
# > Initialise $W$ and $b$ at random.
# > **Repeat**: shuffle the training set; **for each** sample: forward, backward, and
# > $W^l \leftarrow W^l - \alpha(\delta^l(a^{l-1})^\top + \lambda W^l)$, $b^l \leftarrow b^l - \alpha\delta^l$;
# > **until** the error rate on the validation set no longer falls. **Output** $W$ and $b$.
#
# That is `fit` with batches of one sample, a weight decay $\lambda$ that spares the biases, and patience. Two noisy
# rings, few samples, and more neurons than they need:

# %%
training, validation = nn.data.circles(60, noise=0.35, seed=2), nn.data.circles(1000, noise=0.35, seed=102)
model = nn.Sequential(nn.Linear(2, 64, rng=0), nn.ReLU(), nn.Linear(64, 2, rng=1))
optimizer = nn.SGD(model, lr=0.05, weight_decay=1e-4)
history = nn.fit(
    model, training.X, training.y, loss=nn.CrossEntropyLoss(), optimizer=optimizer, batch_size=1, epochs=100, seed=0,
    validation=(validation.X, validation.y), patience=15, progress=False,
)  # fmt: skip
print(history)
stopped_at = nn.error_rate(nn.predict(model, validation.X), validation.y)
assert history.stopped == "early"
assert len(history.loss) == history.best_epoch + 15
assert stopped_at == history.validation_error_rate[history.best_epoch - 1]

# %% [markdown]
# The weights that remain are those of the best epoch. What was spared? The same run without patience:

# %%
model = nn.Sequential(nn.Linear(2, 64, rng=0), nn.ReLU(), nn.Linear(64, 2, rng=1))
optimizer = nn.SGD(model, lr=0.05, weight_decay=1e-4)
to_the_end = nn.fit(
    model, training.X, training.y, loss=nn.CrossEntropyLoss(), optimizer=optimizer, batch_size=1, epochs=100, seed=0,
    validation=(validation.X, validation.y), progress=False,
)  # fmt: skip
figure, axes = plt.subplots(figsize=(8, 3.4), layout="constrained")
to_the_end.plot(axes)
axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
plt.close(figure)
figure

# %% [markdown]
# The training loss goes on falling, slowly. The validation loss falls, and then rises: what is learned from there on is the noise
# of sixty points.

# %%
print(f"validation error {stopped_at:.1%} where it stopped, {to_the_end.validation_error_rate[-1]:.1%} at the end")
assert history.best_epoch == to_the_end.best_epoch
assert stopped_at < to_the_end.validation_error_rate[-1]
assert min(to_the_end.validation_loss) < 0.9 * to_the_end.validation_loss[-1]
assert np.mean(to_the_end.loss[-20:]) < np.mean(to_the_end.loss[10:30])

# %% [markdown]
# ## The surface one walks on
#
# **Fig 4.9**: the smallest deep network, $y = \sigma(w_2\,\sigma(w_1x))$ at $x = 1$ with target 1, has two weights, so that
# its loss can be seen whole: $(1 - y)^2$ and $-\ln y$ (the book prints $\ln y$; the sign is a misprint). One expression on
# a grid, by broadcasting:

# %%
along = np.linspace(-10, 10, 81)
w1, w2 = Tensor(along[:, None]), Tensor(along)
y = autograd.sigmoid(w2 * autograd.sigmoid(w1))
surfaces = {"(1 − y)²": ((1 - y) ** 2).data, "−ln y": (-autograd.log(y)).data}
figure, axes = plt.subplots(1, 2, figsize=(9, 3.9), subplot_kw={"projection": "3d"}, layout="constrained")
for ax, (name, heights) in zip(axes, surfaces.items(), strict=True):
    ax.plot_surface(*np.meshgrid(along, along, indexing="ij"), heights, cmap="viridis", rcount=41, ccount=41)
    ax.set_title(name)
    ax.set_xlabel("w₁")
    ax.set_ylabel("w₂")
    ax.view_init(elev=28, azim=-130)
plt.close(figure)
figure

# %% [markdown]
# Neither is convex. On a convex surface the middle of two points lies no higher than the line between them. Take
# $w_2 = -8$ and $w_1 = 0, 4, 8$:

# %%
y = autograd.sigmoid(-8.0 * autograd.sigmoid(Tensor([0.0, 4.0, 8.0]))).data
for name, (left, middle, right) in {"(1 − y)²": (1 - y) ** 2, "−ln y": -np.log(y)}.items():
    print(f"{name:<9} middle {middle:.4f}, mean of the ends {(left + right) / 2:.4f}")
    assert middle > (left + right) / 2 + 1e-3

# %% [markdown]
# And they differ where it matters. Far from the answer, at $(0, -8)$, the output neuron is saturated. Squared error has a
# plateau there, on which nothing pulls. With the logarithm the slope of the neuron cancels, and the surface goes on down.

# %%
w1, w2 = Tensor(0.0), Tensor(-8.0)
y = autograd.sigmoid(w2 * autograd.sigmoid(w1))
(flat,) = gradients((1 - y) ** 2, [w2])
(steep,) = gradients(-autograd.log(y), [w2])
print(f"∂/∂w₂ at (0, −8): of (1 − y)² {flat:.4f}, of −ln y {steep:.4f}")
assert abs(flat) < 0.02 < 0.4 < abs(steep)

# %% [markdown]
# ## What slows descent down, or stops it
#
# **Exercise 4-1**: inputs that are always positive. The weights of a neuron have the gradients $\delta x_1, \delta x_2,
# \dots$: with positive inputs they all have the sign of $\delta$. All must rise together or fall together, and a way that
# leads up in one and down in another is walked in zigzags. It is the bowl again: the mean of the inputs makes one direction
# steep, and the learning rate must suit that one. Here are the same data as they came and with their mean taken off,
# each at one over its largest curvature.

# %%
rng = np.random.default_rng(0)
positive = rng.uniform(0, 2 * np.sqrt(3), size=(200, 4))
centred = positive - positive.mean(axis=0)
targets = centred @ rng.normal(size=(4, 1)) + 0.1 * rng.normal(size=(200, 1))
figure, axes = plt.subplots(figsize=(6, 3.2), layout="constrained")
needed = {}
for name, rows in {"always positive": positive, "mean 0": centred}.items():
    with_bias = np.hstack([rows, np.ones((200, 1))])
    lr = 1 / np.linalg.eigvalsh(2 * with_bias.T @ with_bias / 200).max()
    least = np.mean((with_bias @ np.linalg.lstsq(with_bias, targets, rcond=None)[0] - targets) ** 2)
    line = nn.Linear(4, 1, dtype=np.float64, init="zeros")
    run = nn.fit(
        line, rows, targets, loss=nn.MSELoss(), optimizer=nn.SGD(line, lr=lr), batch_size=200, epochs=800,
        progress=False,
    )  # fmt: skip
    excess = np.array(run.loss) - least
    needed[name] = int(np.argmax(excess < 0.01 * excess[0]))
    axes.semilogy(excess[: needed[name] + 1] / excess[0], label=f"{name}: {needed[name]} steps")
axes.set_xlabel("step")
axes.set_ylabel("loss above its minimum")
axes.legend(frameon=False)
assert needed["always positive"] > 50 * needed["mean 0"] > 0
plt.close(figure)
figure

# %% [markdown]
# **Exercise 4-4**: why weight decay spares the biases. Fit $y = x + 10$ on $[-1, 1]$ with a decay of 0.5 on the weight
# alone, and on both.

# %%
x = np.linspace(-1, 1, 21).reshape(-1, 1)
fitted = {}
for decayed in ("weight", "weight and bias"):
    line = nn.Linear(1, 1, dtype=np.float64, init="zeros")
    # A bias is known by its name; in a plain list of parameters everything decays.
    parameters = line if decayed == "weight" else list(line.parameters())
    optimizer = nn.SGD(parameters, lr=0.2, weight_decay=0.5)
    nn.fit(line, x, x + 10, loss=nn.MSELoss(), optimizer=optimizer, batch_size=21, epochs=400, progress=False)
    fitted[decayed] = line.weight.item(), line.bias.item()
    print(f"decay of the {decayed:<15}: y = {fitted[decayed][0]:.3f} x + {fitted[decayed][1]:.3f}")
assert abs(fitted["weight"][1] - 10) < 1e-9
assert abs(fitted["weight and bias"][1] - 10 * 2 / 2.5) < 1e-9
assert abs(fitted["weight"][0] - fitted["weight and bias"][0]) < 1e-9

# %% [markdown]
# The slope is the same in both: decay of the weight has flattened it, which is what it is for. Decay of the bias has
# moved the line from 10 to 8, makes nothing smoother, and costs an error of 2 everywhere.
#
# **Exercise 4-5**: all weights start at 0. Two neurons of a layer with equal weights give the same, get the same gradient,
# and so stay equal.

# %%
data = nn.data.moons(60, seed=0)
network = nn.Sequential(
    nn.Linear(2, 4, init="zeros", dtype=np.float64), nn.Sigmoid(), nn.Linear(4, 2, init="zeros", dtype=np.float64)
)
nn.fit(
    network, data.X, data.y, loss=nn.CrossEntropyLoss(), optimizer=nn.SGD(network, lr=0.5), batch_size=10, epochs=100,
    seed=0, progress=False,
)  # fmt: skip
print("weights of the hidden neurons:", network[0].weight.data.round(4).tolist())
assert np.ptp(network[0].weight.data, axis=0).max() < 1e-12
assert np.abs(network[0].weight.data).max() > 0.1
nn.diagram(network)

# %% [markdown]
# Four neurons that have learned, and all the same: the layer is as good as one neuron. `nn.health` knows the sight.

# %%
(finding,) = nn.health(network).findings
print(finding)
assert "same weights" in str(finding)

# %% [markdown]
# ## Try it
#
# - Give `descend` momentum: `nn.SGD([point], lr=0.05, momentum=0.9)`. What becomes of the steep and the shallow axis?
# - Train the line with batches of one sample for 20 epochs, and then with a smaller rate. How near does it come?
# - Start the network of the last exercise with all weights at 0.3 rather than 0. Is that random enough?
