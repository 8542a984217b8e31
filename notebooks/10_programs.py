# %% [markdown]
# # Programs: a graph that is kept
#
# So far every call has built its graph anew, walked it back and thrown it away. That is a **dynamic** graph: built as the
# program runs, free to be another one next time, and hard to optimise, for nobody knows what comes next. A **static** graph
# is built before it runs. It can be simplified and run fast, and it cannot change. What does one gain, and what must be
# given up? After this page you can record a function, read its derivative as a page of Python, run it on many samples at
# once, and say what a recording would get wrong and how it is kept from doing so.

# %%
import importlib.util
import math
import random
import textwrap
import time

import numpy as np

import autograd
import nn
from autograd import Value, draw, exp, gradients, log, record

# %% [markdown]
# ## A page of Python
#
# `record` runs a function at an example and writes down what it does. The result is data: it prints in the textbook's
# notation, $h_1$ to $h_6$, and then the derivatives.


# %%
def neuron(x, w, b):
    return 1 / (exp(-(x * w + b)) + 1)


program = record(neuron, 1.0, 0.0, 0.0)
print(program)
assert str(program).splitlines()[0] == "h1 = x × w"

# %% [markdown]
# Called, it gives what the engine gives, to the last bit. No graph is built any more. The numbers of the example do not
# matter: others may follow.

# %%
x, w, b = Value(1.5, "x"), Value(-0.3, "w"), Value(0.2, "b")
root = neuron(x, w, b)
print(program.value_and_gradient(1.5, -0.3, 0.2))
assert program.value_and_gradient(1.0, 0.0, 0.0) == (0.5, (0.0, 0.25, 0.25))
assert program.value_and_gradient(1.5, -0.3, 0.2) == (root.data, gradients(root, [x, w, b]))

# %% [markdown]
# What runs is a page of Python, and you can read it. Forward line by line, then backward line by line, by the rules of
# the table: the products on paper of the first of these pages, as code.

# %%
page = program.source()
print(page)

# %% [markdown]
# It needs nothing of the library. Taken out into an empty namespace, it runs. And the graph is still there to be drawn.

# %%
alone: dict = {}
exec(page, alone)
print(alone["value_and_gradient"](1.0, 0.0, 0.0))
assert alone["value_and_gradient"](1.0, 0.0, 0.0) == (0.5, (0.0, 0.25, 0.25))
draw(program)

# %% [markdown]
# ## Branches
#
# A recording follows one path. What if the function takes another one next time? A recording that knew nothing of this would
# give the wrong branch's answer, without a word. Here each decision on a number becomes a **guard**.


# %%
def bent(x):
    if x > 0.0:
        return x * x
    return x * 0.1


branches = record(bent, 3.0)
print(branches.source())

# %% [markdown]
# At $-2$ the guard fails. The function is then run again, and the new path recorded beside the first.

# %%
print(len(branches.paths), "path recorded")
print(branches.value_and_gradient(3.0), branches.value_and_gradient(-2.0))
print(len(branches.paths), "paths recorded")
assert branches.value_and_gradient(3.0) == (9.0, (6.0,))
assert branches.value_and_gradient(-2.0) == (-0.2, (0.1,))
assert len(branches.paths) == 2

# %% [markdown]
# ## What would be frozen
#
# Worse than a branch is a number that leaves the graph. The recording would keep it for ever, whatever the arguments. So
# would it keep what chance gave. All of this is refused, with the line where it happens and the way out.


# %%
def leaves_the_graph(x):
    return x * math.exp(x)


def draws(x):
    return x * random.random()


def reads_the_number(x):
    return x * x.data


refusals = []
for f in (leaves_the_graph, draws, reads_the_number):
    try:
        record(f, 1.0)
    except autograd.errors.AutogradError as problem:
        refusals.append(type(problem).__name__)
        print(textwrap.fill(f"{f.__name__}: {problem}", 110), end="\n\n")
assert refusals == ["Detached", "Unrecordable", "Detached"]

# %% [markdown]
# ## What can be simplified
#
# Someone who knows the whole computation can shorten it. Work that is done twice is done once, what nobody reads is not
# done at all, and constants are folded. None of this changes a bit of the result.


# %%
def repetitive(x, y):
    _ = exp(x) * 17.0
    return (x * y + 1.0) * (y * x + 1.0) * (2.0 * Value(3.0))


shorter = record(repetitive, 1.0, 2.0)
print(shorter.explain())
u, v = Value(0.3), Value(-1.7)
product = repetitive(u, v)
assert shorter.value_and_gradient(0.3, -1.7) == (product.data, gradients(product, [u, v]))

# %% [markdown]
# Other changes are better than the original, but not the same bits, and so they are made only where you ask. On paper
# $\ln(1 + e^x)$ is fine. In floating point $e^{1000}$ overflows. With `fuse=True` formulas take the stable forms that the
# library knows for them.

# %%
formula = record(lambda x: log(1 + exp(x)), 0.0)
stable = formula.simplify(fuse=True)
print("as written:", formula.value_and_gradient(1000.0))
print("fused:     ", stable.value_and_gradient(1000.0))
print(stable.explain())
assert formula(1000.0) == math.inf
assert stable.value_and_gradient(1000.0) == (1000.0, (1.0,))
assert abs(stable(0.5) - formula(0.5)) < 1e-15

# %% [markdown]
# ## Many samples at once
#
# A page of arithmetic does not care whether its lines hold numbers or arrays. Give arrays in place of numbers, and the
# program runs in **lanes**, one for each entry. Toward `w` and `b`, which all lanes share, the gradient is the sum over the
# lanes.

# %%
xs = np.linspace(-3.0, 3.0, 1000)
values, (by_x, by_w, by_b) = program.value_and_gradient(xs, 0.7, -0.1)
one_by_one = [program.value_and_gradient(each, 0.7, -0.1) for each in xs.tolist()]
print(values.shape, by_x.shape, by_w, by_b)
assert np.allclose(values, [value for value, _ in one_by_one], rtol=1e-15, atol=0.0)
assert abs(by_w - sum(gradient[1] for _, gradient in one_by_one)) < 1e-12

# %% [markdown]
# Branches are taken lane by lane. Where lanes part, each group goes its own way, and the results come back in order.

# %%
lanes = branches(np.array([-2.0, 1.0, 3.0, -0.5]))
print(lanes)
assert lanes.tolist() == [bent(each) for each in (-2.0, 1.0, 3.0, -0.5)]

# %% [markdown]
# ## A network, and what it costs
#
# The loss of one sample in a network of 337 parameters is 643 operations on numbers, and its gradient 1,014 more. The
# program takes the model as an argument, reads the weights as they are at each call, and gives their derivatives by name.


# %%
def loss(model, x, target):
    return (model(x)[0] - target) ** 2


model = nn.MLP([2, 16, 16, 1], activation="tanh", rng=0)
step = record(loss, model, [0.1, 0.2], 1.0, argnums=0)
value, (by_name,) = step.value_and_gradient(model, [0.3, -0.4], 0.5)
root = loss(model, [0.3, -0.4], 0.5)
root.backward()
print(repr(step), "toward", len(by_name), "parameters")
assert (step.listing.forward, len(step.listing.instructions), len(by_name)) == (643, 643 + 1014, 337)
assert value == root.data
assert by_name == {name: parameter.grad for name, parameter in model.named_parameters()}

# %% [markdown]
# The gradient over 1,000 samples, in several ways, with one result. The times are those of one run on one machine, to be
# read as orders of magnitude. With Numba there is machine code too, made at the first call and kept on disk.

# %%
rng = np.random.default_rng(0)
X, y = rng.normal(size=(1000, 2)), rng.normal(size=1000)
parameters = model.parameters()


def dynamic():
    return np.sum(
        [gradients(loss(model, row, t), parameters) for row, t in zip(X.tolist(), y.tolist(), strict=True)], 0
    )


def on_floats():
    pairs = zip(X.tolist(), y.tolist(), strict=True)
    return np.sum([list(step.gradient(model, row, t)[0].values()) for row, t in pairs], axis=0)


ways = {
    "a graph for each sample": dynamic,
    "a program for each sample": on_floats,
    "a program in lanes": lambda: list(step.gradient(model, list(X.T), y)[0].values()),
}
if importlib.util.find_spec("numba"):
    native = step.to("native")
    ways["the same in machine code"] = lambda: list(native.gradient(model, list(X.T), y)[0].values())

found = {}
for name, way in ways.items():
    way()  # once to warm up
    start = time.perf_counter()
    found[name] = np.array(way())
    print(f"{name:>26}: {1e6 * (time.perf_counter() - start) / len(X):9.2f} µs a sample")
reference = found["a graph for each sample"]
assert all(np.allclose(each, reference, rtol=1e-9, atol=1e-9) for each in found.values())

# %% [markdown]
# Nothing has become cleverer about derivatives between the first line and the last. The rules are the same, and so are the
# numbers. What went away is the making of a node for each number, and then the waiting of Python for every operation.
#
# ## Training with a program
#
# `nn.fit(…, compile=True)` records the loss of one sample and runs each batch in lanes. For a model of Tensors a whole step,
# with loss, backward and the optimizer's move, becomes one program. The weights are the same up to the order of sums.

# %%
moons = nn.data.moons(200, seed=0)
losses = {}
for compiled in (False, True):
    net = nn.MLP([2, 16, 2], activation="tanh", rng=0)
    start = time.perf_counter()
    history = nn.fit(
        net, moons.X, moons.y, loss=nn.CrossEntropyLoss(), optimizer=nn.SGD(net, lr=0.1, momentum=0.9),
        epochs=10, batch_size=20, seed=0, compile=compiled, progress=False,
    )  # fmt: skip
    losses[compiled] = history.loss
    print(f"compile={compiled!s:<5}  loss {history.loss[-1]:.6f}  {time.perf_counter() - start:.2f} s")
assert history.eager_because == ""
assert np.allclose(losses[True], losses[False], rtol=1e-9)

# %% [markdown]
# What cannot be recorded is trained as without `compile`, and the history says why, in `eager_because`. Dropout draws anew
# at each step: a program would freeze the first draw.
#
# ## What was given up
#
# A dynamic graph can be looked at: stop anywhere, print, step, change the function and call it again. A program runs what
# it has recorded. So write and debug with the one, and train with the other; here both are the same function.
#
# ## Try it
#
# - Record `neuron` and change `source()` by hand so that it also returns the second derivative by $w$. Compare it with
#   `autograd.hessian`.
# - Write `bent` with `autograd.where` in place of `if`. How many paths has it, and what does its page look like?
# - Record a loop `while x > n: n += 1`. What is said when there are too many paths?
