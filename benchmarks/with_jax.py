"""JAX: a training step compiled whole, forward, backward and update in one call of jax.jit; and workload S."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.program_workloads import SIZES, Running, problem, told_apart
from benchmarks.tensor_workloads import BETAS, EPSILON, Step, Task


def jitted(task: Task) -> Step:
    x, y = map(jnp.asarray, task.data())
    activate = {"sigmoid": jax.nn.sigmoid, "ReLU": jax.nn.relu}[task.activation]
    update = {"SGD": _sgd, "Adam": _adam}[task.optimizer]

    def loss_of(weights: Any, x: jax.Array, y: jax.Array) -> jax.Array:
        for W, b in weights[:-1]:
            x = activate(x @ W.T + b)
        W, b = weights[-1]
        return -jnp.take_along_axis(jax.nn.log_softmax(x @ W.T + b), y[:, None], axis=1).mean()

    def whole(state: Any, x: jax.Array, y: jax.Array) -> tuple[jax.Array, Any]:
        loss, gradients = jax.value_and_grad(loss_of)(state[0], x, y)
        return loss, update(state, gradients, task.rate)

    weights = [(jnp.asarray(W), jnp.asarray(b)) for W, b in task.weights()]
    zeros = [jax.tree.map(jnp.zeros_like, weights) for _ in range(2)]
    state = (weights, *zeros, jnp.zeros((), jnp.int32)) if task.optimizer == "Adam" else (weights,)
    compiled = jax.jit(whole, donate_argnums=0)  # the old weights' memory takes the new ones

    def step() -> jax.Array:
        nonlocal state
        loss, state = compiled(state, x, y)
        return loss

    return step


def _sgd(state: Any, gradients: Any, rate: float) -> Any:
    (weights,) = state
    return (jax.tree.map(lambda w, g: w - rate * g, weights, gradients),)


def _adam(state: Any, gradients: Any, rate: float) -> Any:
    weights, firsts, seconds, steps = state
    first, second = BETAS
    steps = steps + 1
    firsts = jax.tree.map(lambda m, g: first * m + (1.0 - first) * g, firsts, gradients)
    seconds = jax.tree.map(lambda v, g: second * v + (1.0 - second) * g * g, seconds, gradients)
    scale, spread = rate / (1.0 - first**steps), 1.0 - second**steps
    weights = jax.tree.map(lambda w, m, v: w - scale * m / (jnp.sqrt(v / spread) + EPSILON), weights, firsts, seconds)
    return weights, firsts, seconds, steps


# ── section A: the samples of workload S ─────────────────────────────────────────────────────────────────────────────


def one_sample(workload: str, size: int) -> Running:
    """jax.jit of value and gradient for one sample, written with matrices, in float64."""
    return _samples(workload, size, lambda f: jax.value_and_grad(f))


def many_samples(workload: str, size: int) -> Running:
    """The same for samples side by side: the losses by vmap, and the gradient of their sum."""

    def whole(f: Any) -> Any:
        def total(p: Any, X: Any, t: Any) -> Any:
            losses = jax.vmap(f, in_axes=(None, 1, 0))(p, X, t)
            return losses.sum(), losses

        def losses_and_gradient(p: Any, X: Any, t: Any) -> Any:
            (_, losses), gradient = jax.value_and_grad(total, has_aux=True)(p, X, t)
            return losses, gradient

        return losses_and_gradient

    return _samples(workload, size, whole)


def _samples(workload: str, size: int, whole: Any) -> Running:
    jax.config.update("jax_enable_x64", True)
    task = problem(workload, size, {"relu": jax.nn.relu})
    given = [jnp.asarray(np.array(x)) for x in task.arguments]

    def squared_error(p: jax.Array, x: jax.Array, target: jax.Array) -> jax.Array:
        start = 0
        for below, units in pairwise(SIZES):
            layer = p[start : (start := start + units * (below + 1))].reshape(units, below + 1)
            sums = layer[:, :-1] @ x + layer[:, -1]
            x = jax.nn.relu(sums)
        return (sums[0] - target) ** 2

    compiled = jax.jit(whole(squared_error))

    def answer() -> float:
        losses, gradient = compiled(*given)
        return told_apart(np.ravel(losses).tolist(), gradient.tolist())

    return Running(lambda: jax.block_until_ready(compiled(*given)), answer, task.operations)
