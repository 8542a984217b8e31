"""Faults in ops of one's own: derivative rules and pull-backs that are wrong."""

from faults.fault import Fault

OWN_OPS = [
    Fault(
        "wrong sign in a rule",
        "the derivative of e^−x is −e^−x, and the rule has lost the minus",
        """
import math
import numpy as np
from autograd import Value, check_op, elementwise

decay = elementwise(
    "decay",
    lambda a: math.exp(-a),
    lambda a: np.exp(-a),
    lambda y, a: (y,),  # ← fault
)

rate = Value(0.5, label="rate")
for step in range(20):
    loss = (decay(rate * 2.0) - 0.1) ** 2
    rate.zero_grad()
    loss.backward()
    rate.data -= 0.5 * rate.grad
""",
        "lambda y, a: (-1.0 * y,),",
        "check_op(decay, programs=10)",
        ("decay: wrong – sign", "lost a minus"),
    ),
    Fault(
        "missing chain factor",
        "the derivative of sin 3x is 3 cos 3x, and the rule forgets the inner 3",
        """
import math
import numpy as np
from autograd import Tensor, assert_op, cos, elementwise

wave = elementwise(
    "wave",
    lambda a: math.sin(3.0 * a),
    lambda a: np.sin(3.0 * a),
    lambda y, a: (cos(3.0 * a),),  # ← fault
)

x = np.linspace(-1.0, 1.0, 20)
w = Tensor(0.8, label="w")
for step in range(20):
    loss = ((wave(w * x) - np.sin(3.0 * x)) ** 2).mean()
    w.zero_grad()
    loss.backward()
    w.data = w.data - 0.05 * w.grad
""",
        "lambda y, a: (3.0 * cos(3.0 * a),),",
        "assert_op(wave, programs=10)",
        ("wave: wrong – factor 1/3", "1/3 times the right one"),
    ),
    Fault(
        "stretched operand not summed",
        "one scale for every row of x: its gradient is a sum over the rows, and the pull-back takes the first row",
        """
import numpy as np
from autograd import Tensor, array_op, check_op

scaled = array_op(
    "scaled",
    lambda x, s: x * s,
    lambda g, y, x, s: (g * s, g[0] * x[0]),  # ← fault
)

x = np.random.default_rng(0).normal(size=(8, 3))
target = x * [1.0, 2.0, 3.0]
s = Tensor(np.ones(3), label="s")
for step in range(20):
    loss = ((scaled(x, s) - target) ** 2).mean()
    s.zero_grad()
    loss.backward()
    s.data = s.data - 0.5 * s.grad
""",
        "lambda g, y, x, s: (g * s, (g * x).sum(axis=0)),",
        "check_op(scaled, inputs=[(3, 2), (2,)], programs=10)",
        ("scaled: wrong – broadcast not summed", "sum the share over the stretched axes"),
    ),
    Fault(
        "second derivative cut off",
        "a rule that reads numbers out of its operand: first derivatives are right, and second ones have lost a part",
        """
import numpy as np
from autograd import Value, check_op, elementwise, grad

def slope(y, a):
    number = getattr(a, "data", a)
    return (1.0 / (1.0 + abs(number)) ** 2,)

softsign = elementwise(
    "softsign",
    lambda a: a / (1.0 + abs(a)),
    lambda a: a / (1.0 + np.abs(a)),
    lambda y, a: slope(y, a),  # ← fault
)

f = lambda x: (softsign(x) - 0.9) ** 2
x = 0.5
for step in range(10):
    x -= grad(f)(x) / max(abs(grad(grad(f))(x)), 0.1)
""",
        "lambda y, a: ((1.0 + abs(a)) ** -2,),",
        "check_op(softsign, order=2, programs=10)",
        ("softsign: wrong – detached", "2nd reverse"),
    ),
]
