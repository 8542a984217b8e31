"""A training step in JAX, compiled whole: forward, backward and update in one call of jax.jit."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

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
