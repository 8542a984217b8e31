"""A naive engine: a number remembers its operands, and a derivative is the chain rule, taken by recursion.

It shares no code with the library: every function and every partial derivative is written out in closed form.
"""

import math
from math import cosh, exp, log, nan, pow, sqrt


class Number:
    """A float, the operands it came from, and its partial derivative by each of them."""

    def __init__(self, data, operands=(), partials=()):
        self.data, self.operands, self.partials = data, operands, partials


def apply(name, *operands):
    operands = [x if isinstance(x, Number) else Number(x) for x in operands]
    function, partials = ROWS[name]
    floats = [x.data for x in operands]
    return Number(function(*floats), operands, partials(*floats))


def derivative(y, x, known=None):
    """∂y/∂x = Σ ∂y/∂operand · ∂operand/∂x, where nothing comes of a product with a factor of 0."""
    known = {} if known is None else known
    if y is x:
        return 1.0
    if id(y) not in known:
        edges = [
            (partial, derivative(operand, x, known)) for partial, operand in zip(y.partials, y.operands, strict=True)
        ]
        known[id(y)] = sum(partial * inner for partial, inner in edges if partial != 0.0 and inner != 0.0)
    return known[id(y)]


def softmax(*xs):
    return tuple(1.0 / sum(exp(other - x) for other in xs) for x in xs)


def shared(best):
    """The partial derivatives of a choice: equal shares among those that are the best."""
    return lambda *xs: tuple(xs.count(best(xs)) ** -1.0 if x == best(xs) else 0.0 for x in xs)


ROWS = {
    "add": (lambda a, b: a + b, lambda a, b: (1.0, 1.0)),
    "mul": (lambda a, b: a * b, lambda a, b: (b, a)),
    "exp": (exp, lambda a: (exp(a),)),
    "reciprocal": (lambda a: 1 / a, lambda a: (-1 / (a * a),)),
    "divide": (lambda a, b: a / b, lambda a, b: (1 / b, -a / (b * b))),
    "pow": (pow, lambda a, b: (b * pow(a, b - 1), pow(a, b) * log(a) if a > 0.0 else nan)),
    "sqrt": (sqrt, lambda a: (0.5 / sqrt(a),)),
    "log": (log, lambda a: (1 / a,)),
    "log1p": (math.log1p, lambda a: (1 / (1 + a),)),
    "expm1": (math.expm1, lambda a: (exp(a),)),
    "sin": (math.sin, lambda a: (math.cos(a),)),
    "cos": (math.cos, lambda a: (-math.sin(a),)),
    "tan": (math.tan, lambda a: (math.cos(a) ** -2,)),
    "arcsin": (math.asin, lambda a: (1 / sqrt(1 - a * a),)),
    "arccos": (math.acos, lambda a: (-1 / sqrt(1 - a * a),)),
    "arctan": (math.atan, lambda a: (1 / (1 + a * a),)),
    "sinh": (math.sinh, lambda a: (cosh(a),)),
    "cosh": (cosh, lambda a: (math.sinh(a),)),
    "tanh": (math.tanh, lambda a: (cosh(a) ** -2,)),
    "logistic": (lambda a: 1 / (1 + exp(-a)), lambda a: (0.25 * cosh(a / 2) ** -2,)),
    "logaddexp": (lambda a, b: log(exp(a) + exp(b)), softmax),
    "logsumexp": (lambda *xs: log(sum(exp(x) for x in xs)), softmax),
    "abs": (abs, lambda a: ((a > 0.0) - (a < 0.0),)),
    "relu": (lambda a: max(a, 0.0), lambda a: (1.0 if a > 0.0 else 0.0,)),
    "maximum": (max, shared(max)),
    "minimum": (min, shared(min)),
    "max": (lambda *xs: max(xs), shared(max)),
    "min": (lambda *xs: min(xs), shared(min)),
    "where": (lambda c, a, b: a if c else b, lambda c, a, b: (0.0, 1.0, 0.0) if c else (0.0, 0.0, 1.0)),
    "clip": (lambda a, low, high: min(max(a, low), high), lambda a, low, high: (float(low < a < high), 0.0, 0.0)),
    "sign": (lambda a: float(a > 0.0) - float(a < 0.0), lambda a: (0.0,)),
    "greater": (lambda a, b: float(a > b), lambda a, b: (0.0, 0.0)),
    "greater_equal": (lambda a, b: float(a >= b), lambda a, b: (0.0, 0.0)),
    "less": (lambda a, b: float(a < b), lambda a, b: (0.0, 0.0)),
    "less_equal": (lambda a, b: float(a <= b), lambda a, b: (0.0, 0.0)),
    "equal": (lambda a, b: float(a == b), lambda a, b: (0.0, 0.0)),
    "not_equal": (lambda a, b: float(a != b), lambda a, b: (0.0, 0.0)),
}
