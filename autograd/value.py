"""Value: one number in a graph. Its operators record the textbook's elementary functions +, ×, exp and 1/x."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from autograd import backward, ops
from autograd.errors import Detached, OperandError
from autograd.graph import Node
from autograd.modes import current_mode
from autograd.op import Op, as_float
from autograd.scalars import recorder, reflected, shares


class Value(Node):
    """A scalar variable: a float, the op that made it, and ∂root/∂self in `grad` after `root.backward()`.

    Plain numbers among the operands become constants, toward which no derivative is taken. `grad` is 0.0 until a
    pass reaches the node; leaves add up what successive passes bring, until `zero_grad()` or `v.grad = 0`.
    Comparisons act on data, hashing is by identity.

    >>> w, x, b = Value(0.0), Value(1.0), Value(0.0)
    >>> f = 1 / ((-(x * w + b)).exp() + 1)
    >>> f.backward()
    >>> w.grad, b.grad, x.grad
    (0.25, 0.25, 0.0)
    """

    __slots__ = ()

    def __init__(self, x: Any, label: str | None = None) -> None:
        if isinstance(x, Node):
            raise OperandError("Value takes a plain number, and got a node of a graph: its number is node.data")
        self._data = as_float(x, "Value", wanted="plain numbers")
        self.grad: float = 0.0
        self.op = self._left = self._right = self._d_left = self._d_right = self._mark = None
        self._requires_grad = True
        if label is not None:
            self.label = label

    @property
    def data(self) -> float:
        """The number. Setting it changes this node alone: what was computed from it keeps its derivatives."""
        if (recording := current_mode().recording) is not None:
            recording.read(self, "the data")
        return self._data

    @data.setter
    def data(self, x: Any) -> None:
        if (recording := current_mode().recording) is not None:
            recording.written_to(self)
        self._data = as_float(x, "data", wanted="plain numbers")

    def apply(self, op: Op, arguments: Sequence[Any], parameters: dict[str, Any] | None = None) -> Value:
        if parameters is not None:
            raise OperandError(f"{op.name} works on Tensors and arrays, and a Value is one number: {self!r}")
        if op.record is None:
            op.record = recorder(op)
        return op.record(*arguments)

    def constant(self, x: float) -> Value:
        constant = Value(x)
        constant._requires_grad = False
        return constant

    def seed(self, given: Any = None) -> float:
        return 1.0 if given is None else as_float(given, "backward", wanted="plain numbers")

    def shares(self, adjoint: Any, create_graph: bool, at_home: set[Node] | None = None) -> Iterator[tuple[Node, Any]]:
        return shares(self, adjoint, create_graph)

    def store(self, walk: Iterable[tuple[Node, Any]]) -> None:
        for node, adjoint in walk:
            if node.op is None and node.grad is not None:
                node.grad += adjoint
            else:
                node.grad = adjoint

    local_gradients = Node.edges  # taken at forward time

    def backward(self) -> None:
        """Stores ∂self/∂node in the `grad` of every node that self depends on."""
        backward.backward(self)

    def zero_grad(self) -> None:
        """Sets grad back to 0.0, for a new sum."""
        self.grad = 0.0

    # One row each.
    __add__, __mul__, __pow__, __abs__ = map(recorder, (ops.add, ops.mul, ops.pow, ops.abs))
    __radd__, __rmul__, __rpow__ = map(reflected, (__add__, __mul__, __pow__))
    reciprocal, relu, tanh = map(recorder, (ops.reciprocal, ops.relu, ops.tanh))
    exp, log, sqrt, sin, cos = map(recorder, (ops.exp, ops.log, ops.sqrt, ops.sin, ops.cos))

    # The rest is algebra over them, the operands in the order written.

    def __neg__(self) -> Value:
        return self * -1.0

    def __pos__(self) -> Value:
        return self

    def __sub__(self, other: Any) -> Value:
        return self + -(other if isinstance(other, Value) else as_float(other, "subtraction"))

    def __rsub__(self, other: Any) -> Value:
        return other + -self

    def __truediv__(self, other: Any) -> Value:
        return self * ops.reciprocal(other if isinstance(other, Value) else as_float(other, "reciprocal"))

    def __rtruediv__(self, other: Any) -> Value:
        return self.reciprocal() if as_float(other, "division") == 1.0 else other * self.reciprocal()

    def sigmoid(self) -> Value:
        """1 / (exp(−x) + 1), recorded as the textbook's h3 … h6."""
        return 1.0 / ((-self).exp() + 1.0)

    def __lt__(self, other: Any) -> bool:
        return self._compare(operator.lt, other)

    def __le__(self, other: Any) -> bool:
        return self._compare(operator.le, other)

    def __gt__(self, other: Any) -> bool:
        return self._compare(operator.gt, other)

    def __ge__(self, other: Any) -> bool:
        return self._compare(operator.ge, other)

    def __eq__(self, other: object) -> bool:
        return self._compare(operator.eq, other)

    def __ne__(self, other: object) -> bool:
        return self._compare(operator.ne, other)

    __hash__ = object.__hash__

    def _compare(self, relation: Callable[[Any, Any], bool], other: Any) -> bool:
        if (recording := current_mode().recording) is not None and isinstance(other, (Value, int, float, np.number)):
            return recording.decided(_ROWS[relation](self, other))
        other = other._data if isinstance(other, Value) else other
        return relation(self._data, other) if isinstance(other, (int, float, np.number)) else NotImplemented

    def __bool__(self) -> bool:
        if (recording := current_mode().recording) is not None:
            return recording.decided(self)
        return self._data != 0.0

    def __float__(self) -> float:
        mode = current_mode()
        if mode.recording is not None:
            mode.recording.read(self, "the number")
        if mode.attached:
            raise Detached(
                f"float({self!r}) would cut the derivative off here: write autograd.exp and the like, not math.exp"
            )
        return self._data

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        """NumPy scalars on the left of an operator work as floats do; arrays and NumPy's functions say what to use."""
        if method == "__call__" and ufunc in _OPERATORS and not options and all(np.ndim(x) == 0 for x in inputs):
            left, right = (x if isinstance(x, Value) else x.item() for x in inputs)
            return _OPERATORS[ufunc](left, right)
        here = next((f"autograd.{op.name}, or " for op in ops.TABLE.values() if op.array_function is ufunc), "")
        way_out = f"use {here}operators between Values and plain numbers; for arrays use Tensor"
        raise OperandError(f"np.{ufunc.__name__} does not work on a Value: {way_out}")

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else repr(self)

    def __repr__(self) -> str:
        made = f", op={self.op.name}" if self.op else ""
        label = f", label={self.label!r}" if self.label else ""
        return f"Value({self._data!r}, grad={self.grad!r}{made}{label})"


_ROWS: dict[Callable[[Any, Any], bool], Op] = {
    operator.lt: ops.less, operator.le: ops.less_equal, operator.gt: ops.greater,
    operator.ge: ops.greater_equal, operator.eq: ops.equal, operator.ne: ops.not_equal,
}  # fmt: skip
_OPERATORS: dict[np.ufunc, Callable[[Any, Any], Any]] = {
    np.add: operator.add, np.subtract: operator.sub, np.multiply: operator.mul, np.divide: operator.truediv,
    np.power: operator.pow, np.less: operator.lt, np.less_equal: operator.le, np.greater: operator.gt,
    np.greater_equal: operator.ge, np.equal: operator.eq, np.not_equal: operator.ne,
}  # fmt: skip
