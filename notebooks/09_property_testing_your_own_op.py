# %% [markdown]
# # Property testing your own op
#
# You need a function that the table lacks. You write its value and, from paper, its derivative. How do you know that the
# derivative is right, everywhere and not just where you looked? After this page you can define an op by one row, have it
# checked in random programs, read the verdict, and keep the check in a test suite.

# %%
import math
import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import hypothesis
import matplotlib.pyplot as plt
import numpy as np

import autograd
from autograd import Tensor, Value, array_op, assert_op, check, check_op, elementwise
from autograd.checking import strategies

# %% [markdown]
# ## An op is one row
#
# Swish is $a\,\sigma(a) = a / (1 + e^{-a})$, and its derivative $\sigma + a\,\sigma(1 - \sigma) = y + \sigma(a)(1 - y)$ for
# the value $y$. The row holds just this: the name, the function on a float, the same on an array, and the rule.

# %%
swish = elementwise(
    "swish",
    lambda a: a / (1.0 + math.exp(-a)),
    lambda a: a / (1.0 + np.exp(-a)),
    lambda y, a: (y + autograd.sigmoid(a) * (1.0 - y),),
)

# %% [markdown]
# From here on it is an op like the others, on numbers and on arrays. The rule is written with the library's functions,
# not with NumPy's, so that it can be differentiated again.

# %%
x, t = Value(0.5, "x"), Tensor([-1.0, 0.0, 0.5], label="t")
swish(x).backward()
swish(t).sum().backward()
second = autograd.grad(autograd.grad(swish))(0.5)
print(x.grad, t.grad, second)
assert abs(t.grad[2] - x.grad) < 1e-15
assert check(swish, 0.5, order=2).passed

# %% [markdown]
# ## One point shows little
#
# Here is another function, softsign, $a / (1 + |a|)$, whose derivative is $(1 - |y|)^2$. Somebody has forgotten the bars.
# At the point where they tried it, all is well.

# %%
softsign = elementwise(
    "softsign",
    lambda a: a / (1.0 + abs(a)),
    lambda a: a / (1.0 + np.abs(a)),
    lambda y, a: ((1.0 - y) ** 2,),
)
at_one_point = check(softsign, 0.7)
assert at_one_point.passed
at_one_point

# %% [markdown]
# `check_op` does not look at one point. It puts the op into random programs, among other ops, shared inputs, broadcasting,
# views and two dtypes, and compares four ways to each derivative: the engine on numbers, the engine on arrays, forward
# mode, and numerical differentiation. The first program that fails is made shorter and shorter while it still fails.

# %%
found = check_op(softsign)
print(found)
assert found.verdict == "wrong"
assert found.script.rstrip().endswith("print(check(lambda x: softsign(x), -1.0))")

# %% [markdown]
# What is left is the smallest thing that shows the fault: the imports, the op, and a call at $-1$, to be pasted into a file
# and run. Read the last table. The engine says 2.25, the function itself 0.25.
#
# With the bars the same search finds nothing. "Passed" does not say that the rule is right. It says that nobody has found
# where it is wrong, after looking in many places.

# %%
mended = elementwise(
    "softsign",
    lambda a: a / (1.0 + abs(a)),
    lambda a: a / (1.0 + np.abs(a)),
    lambda y, a: ((1.0 - autograd.abs(y)) ** 2,),
)
report = check_op(mended)
assert report.passed
report

# %% [markdown]
# Could the numerical derivative be to blame, with a badly chosen step? A picture over all steps settles that, here at
# $-0.7$. On the left the mended rule: the error falls until round-off takes over. On the right the wrong one: no step
# mends it.

# %%
right, wrong = check(mended, -0.7), check(softsign, -0.7)
figure, axes = plt.subplots(1, 2, figsize=(8, 3.2), sharey=True, layout="constrained")
right.plot(axes[0])
wrong.plot(axes[1])
plt.close(figure)
assert min(right.error_against_step().errors) < 1e-9
assert min(wrong.error_against_step().errors) > 1.5
figure

# %% [markdown]
# ## What it can say about a fault
#
# Many faults have a shape. Where all wrong numbers are off in the same way, the report says in which. Five rules for
# $b\,e^{a}$, four of them spoilt; `assert_op` is `check_op` for a script or a test, and raises where the op fails.

# %%
rules = {
    "right": lambda y, a, b: (y, autograd.exp(a)),
    "sign of the second": lambda y, a, b: (y, -autograd.exp(a)),
    "twice the first": lambda y, a, b: (2.0 * y, autograd.exp(a)),
    "the two swapped": lambda y, a, b: (autograd.exp(a), y),
    "the first forgotten": lambda y, a, b: (0.0, autograd.exp(a)),
}
causes = {}
for name, rule in rules.items():
    grown = elementwise("grown", lambda a, b: b * math.exp(a), lambda a, b: b * np.exp(a), rule)
    causes[name] = check_op(grown).cause
    print(f"{name:>20}: {causes[name] or 'passed'}")
assert causes == {
    "right": "",
    "sign of the second": "sign",
    "twice the first": "factor 2",
    "the two swapped": "swapped",
    "the first forgotten": "detached",
}

# %% [markdown]
# ## Ops on whole arrays
#
# Where entries depend on one another, a rule by entries will not do. An array op has a function, and a pull-back from the
# gradient $g$ of its result to that of its operands. Taking off the mean of each row, $y = a - \bar{a}$, the pull-back takes
# off the mean of each row of $g$. Without the `axis`, a vector passes, and a matrix does not:

# %%
centred = array_op(
    "centred",
    lambda a: a - a.mean(axis=-1, keepdims=True),
    lambda g, y, a: (g - autograd.mean(g, axis=-1, keepdims=True),),
)
careless = array_op("centred", lambda a: a - a.mean(axis=-1, keepdims=True), lambda g, y, a: (g - autograd.mean(g),))
assert_op(centred, programs=20)
assert check_op(careless, inputs=[(3,)], programs=20).passed
on_matrices = check_op(careless, inputs=[(2, 3)])
print(str(on_matrices.report).splitlines()[0])
assert on_matrices.verdict == "wrong"

# %% [markdown]
# ## Properties of your own functions
#
# The machine behind this is Hypothesis: it draws examples, and where one fails, looks for a simpler one. You can use it on
# any function. `strategies` draws numbers that can be judged: away from kinks, inside the domain, in every layout in
# which arrays come. Huber's loss bends at $\pm 1$.


# %%
def huber(residuals):
    size = autograd.abs(residuals)
    return autograd.where(size < 1.0, residuals**2 / 2.0, size - 0.5).mean()


tried: list[float] = []


@hypothesis.settings(max_examples=40, deadline=None, derandomize=True, database=None)
@hypothesis.given(strategies.tensors(shape=(3,), entries=strategies.floats((-3.0, 3.0), avoid=[-1.0, 0.0, 1.0])))
def huber_is_right_anywhere(residuals):
    tried.append(residuals.data)
    autograd.assert_gradients(huber, residuals)


huber_is_right_anywhere()
print(f"{len(tried)} examples, among them", *tried[2:5], sep="\n")
assert len(tried) >= 40

# %% [markdown]
# Shrinking, on its own: what is the simplest number at which the careless softsign is wrong? Hypothesis finds some such
# number, then whole ones, then small ones.

# %%
simplest = hypothesis.find(
    strategies.floats((-3.0, 3.0), avoid=[0.0]),
    lambda a: not check(softsign, a).passed,
    settings=hypothesis.settings(derandomize=True, database=None, deadline=None),
)
print(simplest)
assert simplest == -1.0

# %% [markdown]
# ## Where it cannot tell
#
# $(x + 10^{12}) - 10^{12}$ has the slope 1. But $10^{12}$ leaves few digits for $x$, and a numerical derivative cannot be
# known well. An honest checker does not say "right" here, nor "wrong". A verdict other than `pass` fails a test unless it
# is allowed.

# %%
cancelled = check(lambda x: (x + 1e12) - 1e12, 1.0)
assert cancelled.verdicts == {"x": "precision-limited"}
assert not cancelled.passed
assert check(lambda x: (x + 1e12) - 1e12, 1.0, allow=["precision-limited"]).passed
cancelled

# %% [markdown]
# A kink is another such place: relu has two slopes at 0, the engine picks the textbook's, and neither is *the* derivative.

# %%
print(check(autograd.relu, 0.0).verdicts, check(autograd.sqrt, 0.0).verdicts)
assert check(autograd.relu, 0.0).verdicts == {"input 0": "kink"}
assert check(autograd.sqrt, 0.0).verdicts == {"input 0": "not finite"}

# %% [markdown]
# ## In a test suite
#
# pytest knows the fixture `gradcheck` as soon as the library is installed. Two lines a test. Here is a file in a temporary
# folder, with one test that passes and one that does not, and what pytest says of the latter.

# %%
suite = """
import math
from autograd import exp

def test_growth(gradcheck):
    gradcheck(lambda rate, time: time * exp(rate * time), 0.5, 2.0)

def test_growth_with_the_wrong_exp(gradcheck):
    gradcheck(lambda rate, time: time * math.exp(rate * time), 0.5, 2.0)
"""
with tempfile.TemporaryDirectory() as folder:
    Path(folder, "test_growth.py").write_text(suite, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--color=no", "test_growth.py"]
    plainly = {**os.environ, "PYTHONUTF8": "1"}
    done = subprocess.run(command, cwd=folder, env=plainly, capture_output=True, encoding="utf-8")
said = [line for line in done.stdout.splitlines() if line.startswith((".", ">", "E"))]
print(*(textwrap.fill(line, 112, subsequent_indent="E         ") for line in said), sep="\n")
assert done.returncode == 1
assert said[0].startswith(".F")
assert "detached" in done.stdout

# %% [markdown]
# `math.exp` has turned the node into a plain number, and nothing comes back to either input through it. `gradcheck.op` does
# for an op what `check_op` did above. How hard to look is one option: `pytest --gradcheck-level quick`, `standard` or
# `thorough`.
#
# ## Try it
#
# - Break the rule of `swish` so that it is wrong only for $a > 40$. Does `check_op` notice? Does it with
#   `inputs=[np.linspace(35.0, 45.0, 11)]`?
# - Write `cube_root` as an op. What is its verdict at 0, and why is it not `wrong`?
# - Write the second derivative of `swish` on paper and compare it with `autograd.grad(autograd.grad(swish))`.
