"""Random programs on arrays: steps that broadcast, reduce, reorder, pick and reuse, each program made from a number."""

import random

import numpy as np
from array_oracles import Draw

import autograd
from autograd import Tensor

SMOOTH = (
    autograd.tanh,
    autograd.sin,
    autograd.arctan,
    autograd.sigmoid,
    lambda a: autograd.exp(0.3 * a),
    lambda a: autograd.log1p(a * a),
    lambda a: autograd.sqrt(1.0 + a * a),
    lambda a: 1.0 / (1.5 + a * a),
    lambda a: 0.5 * a * a - a,
)
CHOICES = (
    autograd.relu,
    autograd.abs,
    lambda a: autograd.where(a > 0.0, a * a, 0.3 * a),
    lambda a: autograd.maximum(a, 0.0) + 0.1 * a,
)
REDUCTIONS = (autograd.sum, autograd.mean, autograd.logsumexp)
ALONG = (autograd.softmax, autograd.log_softmax, autograd.cumsum)
APART = 1e-4  # from a kink, of what a choice is made of


class ArrayProgram:
    """A function of arrays and the inputs it is differentiated at; `steps` say what it does, one after another."""

    def __init__(self, number):
        self.rng, self.draw = random.Random(number), Draw("array program", number)
        whole = self.draw.shape(least=1, empty=False, largest=12)
        self.inputs = [self.draw.array(self.draw.broadcast_from(whole)) for _ in range(self.rng.randint(1, 3))]
        self.steps, nodes = [], [Tensor(x) for x in self.inputs]
        for _ in range(self.rng.randint(2, 8)):
            step = self.step(nodes)
            self.steps.append(step)
            nodes.append(step(nodes))

    def __call__(self, *xs):
        nodes = list(xs)
        for step in self.steps:
            nodes.append(step(nodes))
        return nodes[-1]

    def step(self, nodes):
        """What comes next: something done to the newest node, now and then with an older one."""
        last, kinds = nodes[-1], [self.smooth, self.choice, self.joined, self.joined]
        if np.abs(last.data).max() > 20.0:
            return lambda nodes: 0.1 * autograd.tanh(0.1 * nodes[-1])
        if last.ndim:
            kinds += [self.reduced, self.along, self.picked, self.turned, self.product]
        return self.rng.choice(kinds)(nodes)

    def smooth(self, nodes):
        f = self.rng.choice(SMOOTH)
        return lambda nodes: f(nodes[-1])

    def choice(self, nodes):
        f = self.rng.choice(CHOICES if np.abs(nodes[-1].data).min() > APART else SMOOTH)
        return lambda nodes: f(nodes[-1])

    def joined(self, nodes):
        """With an older node that broadcasts against it: an input used again, or the node itself."""
        fitting = [place for place, x in enumerate(nodes) if broadcast(x.shape, nodes[-1].shape) or x is nodes[-1]]
        place, times = self.rng.choice(fitting), self.rng.random() < 0.5
        return lambda nodes: nodes[-1] * nodes[place] if times else nodes[-1] - 0.7 * nodes[place]

    def reduced(self, nodes):
        f, axis, keepdims = self.rng.choice(REDUCTIONS), self.draw.axis(nodes[-1].ndim), self.rng.random() < 0.5
        return lambda nodes: f(nodes[-1], axis=axis, keepdims=keepdims)

    def along(self, nodes):
        f, axis = self.rng.choice(ALONG), self.draw.axis(nodes[-1].ndim)
        return lambda nodes: f(nodes[-1], axis=axis)

    def picked(self, nodes):
        """Rows, some of them twice; or all of them backwards."""
        size = len(nodes[-1])
        rows = np.array([self.rng.randrange(size) for _ in range(self.rng.randint(1, 3))])
        index = self.rng.choice([rows, slice(None, None, -1)])
        return lambda nodes: nodes[-1][index]

    def turned(self, nodes):
        """With the axes in another order, flat, or joined to itself."""
        return self.rng.choice(
            [
                lambda nodes: autograd.transpose(nodes[-1]),
                lambda nodes: nodes[-1].reshape(-1),
                lambda nodes: autograd.concatenate([nodes[-1], nodes[-1] * nodes[-1]], axis=0),
            ]
        )

    def product(self, nodes):
        """With a matrix, or with itself."""
        if nodes[-1].ndim == 2 and self.rng.random() < 0.5:
            return lambda nodes: nodes[-1] @ nodes[-1].T
        matrix = self.draw.rng.normal(size=(nodes[-1].shape[-1], 2)).round(3)
        return lambda nodes: nodes[-1] @ matrix


def broadcast(one, other):
    """Whether two shapes broadcast, to something not too large."""
    try:
        return np.prod(np.broadcast_shapes(one, other)) <= 24
    except ValueError:
        return False
