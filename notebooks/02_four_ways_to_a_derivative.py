# %% [markdown]
# # Four ways to a derivative
#
# There are four ways to let a machine find $f'(x)$: by differences, by symbols, and by the chain rule forward or in
# reverse. After this page you can use each of them on one function, say what each of them costs and where it fails,
# and know why training uses the last. It shows the error curve of numerical differentiation and Fig 4.8, a symbolic
# derivative beside a recorded walk.

# %%
import math

import matplotlib.pyplot as plt

import autograd
from autograd import Value, numeric, symbolic

# %% [markdown]
# ## 1. Differences
#
# The definition of the derivative, without its limit: $f'(x) \approx \frac{f(x+h) - f(x)}{h}$. The central difference
# $\frac{f(x+h) - f(x-h)}{2h}$ looks to both sides. How small should $h$ be?

# %%
forward = numeric.error_against_step(math.exp, 1.0, exact=math.e, method="forward")
central = numeric.error_against_step(math.exp, 1.0, exact=math.e, method="central")
figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True, layout="constrained")
forward.plot(axes[0])
central.plot(axes[1])
plt.close(figure)
figure

# %% [markdown]
# Read the curves from the right. A large step makes a **truncation error**: the curve of $f$ bends away from the chord,
# by $\frac{h}{2}|f''|$ for the forward difference and $\frac{h^2}{6}|f'''|$ for the central one. A small step makes a
# **round-off error**: $f(x+h)$ and $f(x)$ agree in nearly all their digits, and what is left of their difference is
# divided by the tiny $h$. Between the two lies the best step, and neither side is a place to be.

# %%
print(f"forward: best step {forward.best_step:.1e}, error there {min(forward.errors):.1e}")
print(f"central: best step {central.best_step:.1e}, error there {min(central.errors):.1e}")
assert 1e-10 < forward.best_step < 1e-6 < central.best_step < 1e-3
assert min(central.errors) < 1e-9

# %% [markdown]
# A table of differences at shrinking steps can be extrapolated to $h = 0$ (Richardson), and then states its own error.
# A function that is analytic takes complex numbers, and $\mathrm{Im}\,f(x + ih)/h$ subtracts nothing at all, so that
# $h$ may be as small as you like.

# %%
for method in ("forward", "central", "richardson", "complex"):
    slope = numeric.derivative(autograd.exp, 1.0, method)
    print(f"{method:>10}  {slope!r:<20}  off by {abs(slope - math.e):.1e}")
assert abs(numeric.derivative(autograd.exp, 1.0, "complex") - math.e) < 1e-15

# %% [markdown]
# What does it cost? A function of $n$ parameters needs $n + 1$ evaluations forward, $2n$ central. Each evaluation
# of a network touches every parameter, so the gradient takes $O(n^2)$ steps: 669,706 parameters make it 669,707 passes.
# Let us count.

# %%
calls: list[tuple[float, ...]] = []


def bowl(*xs: float) -> float:
    calls.append(xs)
    return sum(x * x for x in xs)


for n in (1, 10, 100):
    calls.clear()
    numeric.gradient(bowl, *[0.5] * n, method="forward")
    one_sided = len(calls)
    calls.clear()
    numeric.gradient(bowl, *[0.5] * n, method="central")
    print(f"{n:>3} parameters: {one_sided:>3} evaluations forward, {len(calls):>3} central")
    assert (one_sided, len(calls)) == (n + 1, 2 * n)

# %% [markdown]
# ## 2. Symbols
#
# The second way rewrites the formula by rules, as on paper. $3x - x + 2x + 1$ becomes $4x + 1$, and the derivative of
# the textbook's neuron is again a formula.

# %%
simpler = symbolic.simplify("3*x - x + 2*x + 1")
print(simpler)
assert str(simpler) == "4*x + 1"

# %%
x, w, b = Value(1.0, "x"), Value(0.0, "w"), Value(0.0, "b")
f = 1 / (autograd.exp(-(w * x + b)) + 1)
formula = symbolic.to_sympy(f)
formula

# %%
by_w = formula.diff("w")
by_w

# %%
at_the_point = by_w.subs({"x": 1, "w": 0, "b": 0})
print("∂f/∂w =", at_the_point)
assert float(at_the_point) == 0.25

# %% [markdown]
# Formulas grow. Compose a function with itself and look at how long its derivative is, against the number of steps in
# the graph that computes it:

# %%
inner = Value(0.5, "x")
node = inner
for depth in range(1, 6):
    node = node * autograd.sin(node)
    length = len(str(symbolic.to_sympy(node).diff("x")))
    steps = sum(1 for each in autograd.ancestry(node) if each.op)
    print(f"composed {depth} times: the derivative has {length:>5} characters, the graph {steps} steps")
assert length > 1000
assert steps == 10

# %% [markdown]
# ## 3. and 4. The chain rule, forward and in reverse
#
# Automatic differentiation does neither: no limit, no formula. It records the elementary steps of a computation and
# applies the chain rule to their **numbers**. This is Fig 4.8's other side, beside the formula above: the walk through
# the same $f$. Forward mode starts at $w$ and carries $\partial h_i/\partial w$ along; reverse mode starts at $f$ and
# carries $\partial f/\partial h_i$ back.

# %%
tangents = {node: tangent for node, tangent in autograd.push_forward(f, {w: 1.0}) if node.op}
adjoints = dict(autograd.walk_back(f))
print("        value   ∂h/∂w   ∂f/∂h")
for place, node in enumerate(tangents, start=1):
    print(f"  h{place}  {node.data:7.2f} {tangents[node]:7.2f} {adjoints[node]:7.2f}   {node.op.name}")
assert list(tangents.values()) == [1.0, 1.0, -1.0, -1.0, -1.0, 0.25]
assert [adjoints[node] for node in tangents] == [0.25, 0.25, -0.25, -0.25, -0.25, 1.0]

# %% [markdown]
# Both columns meet in the answer: the last $\partial h_6/\partial w$ and the last $\partial f/\partial w$ are the same
# 0.25, exact to the last digit. Forward mode found the derivative by $w$ alone, reverse mode found all in one sweep:

# %%
print({leaf.label: adjoints[leaf] for leaf in (x, w, b)})
assert (adjoints[x], adjoints[w], adjoints[b]) == (0.0, 0.25, 0.25)

# %% [markdown]
# For $f: \mathbb{R}^n \to \mathbb{R}^m$ forward mode takes $n$ sweeps, reverse mode $m$. A loss has $m = 1$.


# %%
def loss(weights: list[Value]) -> Value:
    return autograd.sum([autograd.tanh(weight) ** 2 for weight in weights])


sweeps = autograd.sweeps(loss, [0.1] * 1000)
print(sweeps)
assert (sweeps.forward, sweeps.reverse) == (1000, 1)

# %% [markdown]
# ## All four on one function
#
# $f(x) = x^2 \sin x$ at 1.2, whose derivative on paper is $2x \sin x + x^2 \cos x$.


# %%
def g(x):
    return x**2 * autograd.sin(x)


at = 1.2
y = g(Value(at, "x"))
answers = {
    "central difference": numeric.derivative(g, at, "central"),
    "symbolic": float(symbolic.to_sympy(y).diff("x").subs({"x": at})),
    "forward mode": autograd.jvp(g, [at], [1.0])[1],
    "reverse mode": autograd.grad(g)(at),
}
on_paper = 2 * at * math.sin(at) + at**2 * math.cos(at)
for way, slope in answers.items():
    print(f"{way:>18}  {slope!r:<20}  off by {abs(slope - on_paper):.1e}")
assert all(abs(slope - on_paper) < (1e-8 if "difference" in way else 1e-15) for way, slope in answers.items())

# %% [markdown]
# The three exact ways agree to round-off. The difference is off by its own error, and that is what makes it a good
# *check* of the others: it shares nothing with them. `autograd.check` does this comparison properly.

# %%
report = autograd.check(g, at)
print(report)
assert report.passed

# %% [markdown]
# ## Try it
#
# - Draw the two U's for $f = $ `math.sin` at 0.7 and at 1e6. Which branch moves, and why?
# - Compose six times in the cell on symbols. How long does SymPy take, and how long does `node.backward()`?
# - Give `autograd.sweeps` a function with three outputs and two inputs. Which mode does `jacobian` pick?
