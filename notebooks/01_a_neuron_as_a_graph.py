# %% [markdown]
# # A neuron as a graph
#
# A sigmoid neuron is one formula, $f(x; w, b) = 1 / (\exp(-(w \cdot x + b)) + 1)$. To the engine it is six steps joined
# by arrows. After this page you can take a function apart into such steps, find every derivative in it by walking
# backward, and name what each kind of step does with a gradient. It shows Table 4.1 and Fig 4.7.

# %%
from autograd import Value, ancestry, draw, exp, explain, gradients, maximum, step
from autograd.view.table import table

# %% [markdown]
# ## Six elementary functions
#
# Write the formula as it stands, on `Value`s in place of numbers. Each one remembers how it came about.

# %%
x, w, b = Value(1.0, "x"), Value(0.0, "w"), Value(0.0, "b")
f = 1 / (exp(-(x * w + b)) + 1)
steps = [node for node in ancestry(f) if node.op]
print([node.op.name for node in steps])
print([node.data for node in steps])
assert [node.op.name for node in steps] == ["mul", "add", "mul", "exp", "add", "reciprocal"]
assert [node.data for node in steps] == [0.0, 0.0, 0.0, 1.0, 2.0, 0.5]

# %% [markdown]
# These are $h_1$ to $h_6$ of Table 4.1. On each step lies its *local derivative*: how much this step's result changes
# when one of its operands does. Nothing more is needed. A backward pass multiplies them along the way from $f$ down.

# %%
f.backward()
print(table(f))
assert (w.grad, b.grad, x.grad) == (0.25, 0.25, 0.0)

# %% [markdown]
# The same as a picture, Fig 4.7: what travels along the arrows are the values.

# %%
draw(f, edges="values")

# %% [markdown]
# And with the derivatives on the edges. Grey boxes are constants, toward which no derivative is taken. Below each local
# derivative stands the share of the gradient that went back along the edge.

# %%
draw(f)

# %% [markdown]
# ## Walking through it
#
# The next picture moves. Click on it, then use the arrow keys: six steps forward, then one for each share on the way
# back. Watch the gradient begin with $\partial f/\partial f = 1$ and arrive at $w$, $x$ and $b$.

# %%
stepper = step(f)
stepper

# %% [markdown]
# Every step is a multiplication and an addition: what has arrived from above, times what lies on the edge, added to
# what the operand had heard before. In words:

# %%
backward = [each for each in stepper if each.phase == "backward"]
for each in backward:
    print(f"{each.title:<16} {each.formula}")
assert len(backward) == 8

# %% [markdown]
# Ask for one derivative alone, and you get the whole sum behind it: each way from $f$ to $w$, and the product along it.
# Here there is one way: $1 \cdot (-0.25) \cdot 1 \cdot 1 \cdot (-1) \cdot 1 \cdot 1 = 0.25$.

# %%
explanation = explain(f, wrt=w)
print(explanation)

# %% [markdown]
# ## What each kind of step does with a gradient
#
# $f(x, y, z) = (x + y) \cdot z$ at $(-2, 5, -4)$ is small enough to do by hand. The product **swaps**: each factor gets
# the other one, times what came from above. The sum **distributes**: both operands get what came, unchanged.

# %%
x, y, z = Value(-2.0, "x"), Value(5.0, "y"), Value(-4.0, "z")
q = x + y
q.label = "q"
f = q * z
f.label = "f"
f.backward()
assert (f.data, q.data) == (-12.0, 3.0)
assert (x.grad, y.grad, z.grad, q.grad) == (-4.0, -4.0, 3.0, -4.0)
draw(f)

# %% [markdown]
# `maximum` **routes**: the larger operand gets everything, the other nothing. A node used twice is a fork on the
# way forward, and on the way back it **adds** what its two children send.

# %%
u, v = Value(3.0, "u"), Value(2.0, "v")
routed = gradients(maximum(u, v) * 5.0, [u, v])
print("routed:", routed)
assert routed == (5.0, 0.0)

s = Value(2.0, "s")
k = s * s + s * 3.0
k.label = "k"
k.backward()
print("added:", s.grad, "= 2 + 2 from s × s, and 3 from s × 3")
assert s.grad == 2 * 2.0 + 3.0
draw(k)

# %% [markdown]
# That is the branch rule: where several paths lead from $k$ to $s$, their products add up.

# %%
explain(k, wrt=s)

# %% [markdown]
# ## A longer one
#
# $z = u^2 + v^2$ with $u = xy$ and $v = x / y$. On paper, $\partial z/\partial x = 2xy^2 + 2x/y^2$ and
# $\partial z/\partial y = 2x^2y - 2x^2/y^3$. The engine has never seen either formula.

# %%
x, y = Value(1.5, "x"), Value(0.5, "y")
z = (x * y) ** 2 + (x / y) ** 2
dx, dy = gradients(z, [x, y])
print(dx, dy)
assert abs(dx - (2 * 1.5 * 0.25 + 2 * 1.5 / 0.25)) < 1e-12
assert abs(dy - (2 * 2.25 * 0.5 - 2 * 2.25 / 0.125)) < 1e-12

# %% [markdown]
# ## What a gradient is for
#
# It says how $f$ answers a small change: $f(x + \Delta x) \approx f(x) + \nabla f \cdot \Delta x$. The step that lowers
# $z$ most goes against the gradient. Take one, and compare what was promised with what came.

# %%
rate = 0.001
promised = -rate * (dx * dx + dy * dy)
after = ((1.5 - rate * dx) * (0.5 - rate * dy)) ** 2 + ((1.5 - rate * dx) / (0.5 - rate * dy)) ** 2
print(f"promised {promised:.4f}, got {after - z.data:.4f}")
assert after < z.data
assert abs((after - z.data) / promised - 1) < 0.2

# %% [markdown]
# ## Try it
#
# - Set `rate = 0.02` in the last cell, then 0.05. Where does the promise break, and why?
# - Draw `(x + 1) * (x + 1)` and `h = x + 1; h * h`. Which of them has a fork at `h`?
# - What does `abs` do with a gradient at 0? Predict it, then ask `gradients(abs(Value(0.0)), …)`.
