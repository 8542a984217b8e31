"""Tensor: an array in a graph. The same rules as on Values, on NumPy arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import array_functions as functions, array_ops, arrays, backward, numpy_protocols, ops
from autograd.errors import ArgumentError, AutogradError, Detached, OperandError, ShapeError
from autograd.graph import MANY, Mark, Node
from autograd.leaf_data import LeafData
from autograd.modes import calling_site, current_mode, no_grad
from autograd.op import Op, as_float


class Tensor(Node):
    """An array variable: a NumPy array, the op that made it, and ∂root/∂self in `grad` after `root.backward()`.

    It holds a copy of what it is given, float32 or float64 (Python numbers and lists: float64), and keeps that dtype
    through every op and gradient. Arrays and numbers among operands become constants. `grad` is None until a pass
    reaches the node; leaves add up what successive passes bring, until `zero_grad()`. Comparisons are elementwise and
    give 1 and 0; hashing is by identity.

    Data of a node that an op made never change. A leaf's are set with `t.data = …`, which copies them into place.

    >>> W = Tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> y = (W @ [1.0, -1.0]).sum()
    >>> y.backward()
    >>> W.grad
    array([[ 1., -1.],
           [ 1., -1.]])
    """

    __slots__ = ("_home", "_parameters", "_version", "_versions")

    _data: NDArray[Any]
    _parameters: dict[str, Any] | None  # what the op was given besides operands, such as axis
    _version: int  # how often a leaf's data have been set
    _versions: tuple[int, ...]  # those of the parents when this node was made
    _home: NDArray[Any] | None  # where a leaf's gradient is kept, once somebody provides a place

    def __init__(self, a: Any, requires_grad: bool = True, label: str | None = None) -> None:
        if not isinstance(requires_grad, (bool, np.bool_)):
            raise ArgumentError(
                f"requires_grad is True or False, got {requires_grad!r}. A label is given by name, label=…, and the "
                "dtype is the array's, a.astype(np.float32)"
            )
        self._data = _floating(a)
        self._version, self._requires_grad = 0, bool(requires_grad)
        self.grad: NDArray[Any] | None = None
        self.op = self._left = self._right = self._d_left = self._d_right = self._mark = None
        self._parameters = self._versions = self._home = None  # type: ignore[assignment]
        if label is not None:
            self.label = label

    # ── data ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def data(self) -> NDArray[Any]:
        """The array, read-only. On a leaf it can be set: the new numbers are copied into place, in its dtype.

        So `t.data = t.data - lr * t.grad` takes a step, and so does `t.data -= lr * t.grad`.
        """
        self._demand_readable("the data")
        view = self._data.view() if self.op is not None else self._data.view(LeafData)
        view.flags.writeable = False
        return view

    @data.setter
    def data(self, a: Any) -> None:
        if self.op is not None:
            raise AutogradError(f"the data of {self!r} were computed and stay as they are: set those of a leaf")
        new = _floating(a, self.dtype, "data")
        if new.shape != self.shape:
            raise ShapeError(f"data of shape {new.shape} do not fit a leaf of shape {self.shape}")
        self.write(new)

    def write(self, new: Any) -> None:
        """Copies numbers of this shape into a leaf's place, which raises its version: graphs made before are stale."""
        if (recording := current_mode().recording) is not None:
            recording.written_to(self)
        if not self._data.flags.writeable:
            self._data = self._data.copy()
        np.copyto(self._data, new, casting="same_kind")
        self._version += 1

    def move_to(self, data: NDArray[Any], grad: NDArray[Any]) -> None:
        """Keeps this leaf's numbers, and from now on its gradient, in parts of arrays that the caller holds.

        Who changes them there says so with `changed`.
        """
        np.copyto(data, self._data)
        self._data, self._home = data, grad
        if self.grad is not None:
            np.copyto(grad, self.grad)
            self.grad = grad

    def lives_in(self, data: NDArray[Any] | None) -> bool:
        """Whether these very numbers are the leaf's own."""
        return self._data is data

    def bring_grad_home(self) -> bool:
        """Puts a gradient that somebody has set elsewhere into its place; False where there is none."""
        if self.grad is None:
            return False
        if self.grad is not self._home and self._home is not None:
            np.copyto(self._home, self.grad, casting="same_kind")
            self.grad = self._home
        return True

    def changed(self) -> None:
        """Says that the numbers have been changed in their place: graphs made before are stale."""
        self._version += 1

    def _demand_readable(self, what: str) -> None:
        """Under record a number that left the graph would be frozen into the program."""
        if (recording := current_mode().recording) is not None:
            recording.read(self, what)

    shape = property(lambda self: self._data.shape, doc="The size of each axis.")
    dtype = property(lambda self: self._data.dtype, doc="float32 or float64; of argmax whole numbers.")
    ndim = property(lambda self: self._data.ndim, doc="How many axes there are.")
    size = property(lambda self: self._data.size, doc="How many entries there are.")

    def numpy(self) -> NDArray[Any]:
        """A copy of the data."""
        self._demand_readable("the data")
        return self._data.copy()

    def item(self) -> float:
        """The one entry of a Tensor of size 1 as a plain number."""
        if self.size != 1:
            raise ShapeError(f"item() is the number of a Tensor of size 1, and this one has shape {self.shape}")
        self._demand_readable("the number")
        if current_mode().attached:
            raise Detached(f"a plain number made of {self!r} would cut the derivative off here")
        return self._data.item()

    def tolist(self) -> Any:
        """The data as nested lists of plain numbers."""
        self._demand_readable("the data")
        return self._data.tolist()

    def detach(self) -> Tensor:
        """A constant with the same data."""
        mode = current_mode()
        if mode.recording is not None:
            with no_grad():
                return self * 1.0  # a line of the program, through which no derivative goes
        constant: Tensor = arrays.leaf(
            Tensor, self._data.copy() if self.op is None else self._data, requires_grad=False
        )
        if mode.keeps_lines:
            constant._mark = Mark(region=mode.region, site=calling_site())
        return constant

    # ── the graph ────────────────────────────────────────────────────────────────────────────────────────────────────

    def apply(self, op: Op, arguments: Sequence[Any], parameters: dict[str, Any] | None = None) -> Tensor:
        return arrays.record(Tensor, op, arguments, parameters)

    def constant(self, x: Any) -> Tensor:
        floating = self.dtype if self.dtype.kind == "f" else np.float64
        data = np.array(x, dtype=None if isinstance(x, (np.ndarray, np.generic)) else floating)
        return arrays.leaf(Tensor, data, requires_grad=False)

    def seed(self, given: Any = None) -> Any:
        if given is None and self.size != 1:
            raise ShapeError(
                f"a gradient starts from one number, and this Tensor has shape {self.shape}: sum it, "
                "t.sum().backward(), or say how its entries count, t.backward(weights of the same shape)"
            )
        if given is None:
            return np.ones(self.shape, self.dtype)
        if isinstance(given, (np.ndarray, Tensor)) and given.dtype != self.dtype:
            raise OperandError(f"the seed has dtype {given.dtype} and the Tensor {self.dtype}: use .astype")
        seed = given if isinstance(given, Tensor) else _floating(given, self.dtype, "the seed")
        if seed.shape != self.shape:
            raise ShapeError(f"the seed has shape {seed.shape} and the Tensor {self.shape}: they must be equal")
        return seed

    def shares(self, adjoint: Any, create_graph: bool, at_home: set[Node] | None = None) -> Iterator[tuple[Node, Any]]:
        return arrays.shares(self, adjoint, create_graph, at_home)

    def join(self, parents: Sequence[Any], edges: Sequence[Any]) -> None:
        super().join((), ())
        if parents:  # in a tuple however few there are: a share of an array is more than adjoint × local derivative
            self._left, self._d_left, self._right = tuple(parents), tuple(edges), MANY

    def store(self, walk: Iterable[tuple[Node, Any]]) -> None:
        for node, adjoint in list(walk):  # all of it first: a pass that StaleData stops has stored nothing
            if node.op is not None:
                node.grad = np.asarray(adjoint)
            elif node.grad is not None:
                node.grad = _added(node.grad, adjoint)
            elif node._home is None:  # type: ignore[attr-defined]
                node.grad = np.array(adjoint)
            else:
                node.grad = node._home  # type: ignore[attr-defined]
                if adjoint is not node.grad:
                    np.copyto(node.grad, adjoint)

    @property
    def local_gradients(self) -> tuple[Any, ...]:
        """The derivative by each parent of an elementwise op, entry by entry; None toward constants.

        An array op has a pull-back in place of local derivatives: its entries are that function.
        """
        return arrays.local_derivatives(self)

    @property
    def parameters(self) -> dict[str, Any]:
        """What the op was given besides its operands, such as axis."""
        return dict(self._parameters or {})

    def backward(self, seed: Any = None) -> None:
        """Stores ∂self/∂node in the `grad` of every node that self depends on.

        A Tensor of several entries needs a seed of its shape: how much each entry counts. `grad` is then the gradient
        of the sum of seed × self. ShapeError and OperandError where the seed does not fit.
        """
        backward.backward(self, seed._data if isinstance(seed, Tensor) else seed)

    def disown(self) -> None:
        if self.op is None:
            self._data, self._home = self._data.copy(), None
        if isinstance(self.grad, np.ndarray):
            self.grad = self.grad.copy()

    def zero_grad(self) -> None:
        """Sets grad back to None, for a new sum."""
        self.grad = None

    def masked(self, mask: NDArray[np.bool_]) -> Tensor:
        """0 where the mask is true, the entries of self elsewhere."""
        return ops.where(mask, 0.0, self)

    # ── operators ────────────────────────────────────────────────────────────────────────────────────────────────────

    def __add__(self, other: Any) -> Tensor:
        return arrays.record(Tensor, ops.add, (self, other), None)

    def __radd__(self, other: Any) -> Tensor:
        return arrays.record(Tensor, ops.add, (other, self), None)

    def __mul__(self, other: Any) -> Tensor:
        return arrays.record(Tensor, ops.mul, (self, other), None)

    def __rmul__(self, other: Any) -> Tensor:
        return arrays.record(Tensor, ops.mul, (other, self), None)

    def __truediv__(self, other: Any) -> Tensor:
        return arrays.record(Tensor, ops.divide, (self, other), None)

    def __rtruediv__(self, other: Any) -> Tensor:
        return arrays.record(Tensor, ops.divide, (other, self), None)

    def __pow__(self, other: Any) -> Tensor:
        return arrays.record(Tensor, ops.pow, (self, other), None)

    def __rpow__(self, other: Any) -> Tensor:
        return arrays.record(Tensor, ops.pow, (other, self), None)

    def __matmul__(self, other: Any) -> Tensor:
        return arrays.record(Tensor, array_ops.matmul, (self, other), None)

    def __rmatmul__(self, other: Any) -> Tensor:
        return arrays.record(Tensor, array_ops.matmul, (other, self), None)

    def __neg__(self) -> Tensor:
        return self * -1.0

    def __pos__(self) -> Tensor:
        return self

    def __abs__(self) -> Tensor:
        return ops.abs(self)

    def __sub__(self, other: Any) -> Tensor:
        return self + _negated(other)

    def __rsub__(self, other: Any) -> Tensor:
        return other + self * -1.0

    def __gt__(self, other: Any) -> Any:
        return ops.greater(self, other)

    def __ge__(self, other: Any) -> Any:
        return ops.greater_equal(self, other)

    def __lt__(self, other: Any) -> Any:
        return ops.less(self, other)

    def __le__(self, other: Any) -> Any:
        return ops.less_equal(self, other)

    def __eq__(self, other: object) -> Any:
        return ops.equal(self, other) if isinstance(other, _COMPARABLE) else NotImplemented

    def __ne__(self, other: object) -> Any:
        return ops.not_equal(self, other) if isinstance(other, _COMPARABLE) else NotImplemented

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        if self.size != 1:
            raise OperandError(
                f"a Tensor of shape {self.shape} is neither true nor false: use autograd.where to choose by entry"
            )
        if (recording := current_mode().recording) is not None:
            return bool(recording.decided(self))
        return bool(self._data.item())

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.dtype.kind not in "iu":
            raise OperandError(f"only a whole number, such as argmax gives, can be a place in a list: not {self!r}")
        return int(self.item())

    def __len__(self) -> int:
        if not self.ndim:
            raise OperandError("a Tensor of rank 0 has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> Tensor:
        parts = index if isinstance(index, tuple) else (index,)
        places = [part for part in parts if isinstance(part, Tensor)]
        template = tuple(array_ops.PLACE if isinstance(part, Tensor) else _index(part) for part in parts)
        return array_ops.getitem(self, *map(_as_places, places), index=template)

    def __setitem__(self, index: Any, x: Any) -> None:
        raise OperandError(
            "t[…] = u would change data that derivatives depend on: make a new Tensor with autograd.where or "
            "autograd.concatenate, or set a leaf's data as a whole with t.data = …"
        )

    # ── methods with NumPy's names ───────────────────────────────────────────────────────────────────────────────────

    T = property(lambda self: functions.transpose(self), doc="The axes in reverse order.")

    def sum(self, axis: functions.Axis = None, keepdims: bool = False) -> Tensor:
        """The sum over one axis, several, or all."""
        return functions.sum(self, axis, keepdims)

    def mean(self, axis: functions.Axis = None, keepdims: bool = False) -> Tensor:
        """The sum × 1/n."""
        return functions.mean(self, axis, keepdims)

    def prod(self, axis: functions.Axis = None, keepdims: bool = False) -> Tensor:
        """The product over one axis, several, or all."""
        return functions.prod(self, axis, keepdims)

    def max(self, axis: functions.Axis = None, keepdims: bool = False) -> Tensor:
        """The largest; those equal to it share the derivative equally."""
        return functions.max(self, axis, keepdims)

    def min(self, axis: functions.Axis = None, keepdims: bool = False) -> Tensor:
        """The smallest; those equal to it share the derivative equally."""
        return functions.min(self, axis, keepdims)

    def var(self, axis: functions.Axis = None, ddof: float = 0, keepdims: bool = False) -> Tensor:
        """Σ (a − mean)² / (n − ddof)."""
        return functions.var(self, axis, ddof, keepdims)

    def std(self, axis: functions.Axis = None, ddof: float = 0, keepdims: bool = False) -> Tensor:
        """The square root of the variance."""
        return functions.std(self, axis, ddof, keepdims)

    def cumsum(self, axis: int | None = None) -> Tensor:
        """Sums of the entries so far."""
        return functions.cumsum(self, axis)

    def argmax(self, axis: int | None = None, keepdims: bool = False) -> Tensor:
        """The place of the first largest entry, without a derivative."""
        return functions.argmax(self, axis, keepdims)

    def argmin(self, axis: int | None = None, keepdims: bool = False) -> Tensor:
        """The place of the first smallest entry, without a derivative."""
        return functions.argmin(self, axis, keepdims)

    def logsumexp(self, axis: functions.Axis = None, keepdims: bool = False) -> Tensor:
        """ln Σ eᵃ, stable."""
        return functions.logsumexp(self, axis, keepdims)

    def softmax(self, axis: functions.Axis = -1) -> Tensor:
        """eᵃ / Σ eᵃ along an axis."""
        return functions.softmax(self, axis)

    def log_softmax(self, axis: functions.Axis = -1) -> Tensor:
        """a − ln Σ eᵃ along an axis."""
        return functions.log_softmax(self, axis)

    def dot(self, b: Any) -> Tensor:
        """NumPy's dot product."""
        return functions.dot(self, b)

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
        """The sum along a diagonal."""
        return functions.trace(self, offset, axis1, axis2)

    def reshape(self, *shape: Any) -> Tensor:
        """The same entries in another shape: reshape(2, 3) or reshape((2, 3))."""
        return functions.reshape(self, shape[0] if len(shape) == 1 else shape)

    def flatten(self) -> Tensor:
        """All entries along one axis."""
        return functions.reshape(self, -1)

    def transpose(self, *axes: Any) -> Tensor:
        """The axes in another order: transpose(1, 0) or transpose((1, 0)); reversed where none is given."""
        given = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        return functions.transpose(self, given or None)

    def swapaxes(self, axis1: int, axis2: int) -> Tensor:
        """Two axes exchanged."""
        return functions.swapaxes(self, axis1, axis2)

    def squeeze(self, axis: functions.Axis = None) -> Tensor:
        """Axes of size 1 taken out."""
        return functions.squeeze(self, axis)

    def take(self, indices: Any, axis: int | None = None) -> Tensor:
        """The entries at these places along an axis."""
        return functions.take(self, indices, axis)

    def repeat(self, repeats: Any, axis: int | None = None) -> Tensor:
        """Every entry repeated so many times."""
        return functions.repeat(self, repeats, axis)

    def clip(self, min: Any = None, max: Any = None) -> Tensor:
        """Entries held between two bounds, None for no bound."""
        return functions.clip(self, min, max)

    def astype(self, dtype: Any) -> Tensor:
        """The same entries in another dtype, float32 or float64."""
        return array_ops.astype(self, dtype=_float_dtype(dtype))

    def exp(self) -> Tensor:
        """eᵃ, entry by entry."""
        return ops.exp(self)

    def log(self) -> Tensor:
        """ln a, entry by entry."""
        return ops.log(self)

    def sqrt(self) -> Tensor:
        """√a, entry by entry."""
        return ops.sqrt(self)

    def tanh(self) -> Tensor:
        """tanh a, entry by entry."""
        return ops.tanh(self)

    def relu(self) -> Tensor:
        """max(a, 0), entry by entry."""
        return ops.relu(self)

    def sigmoid(self) -> Tensor:
        """1/(1 + e⁻ᵃ), entry by entry, in one stable step."""
        return ops.logistic(self)

    def reciprocal(self) -> Tensor:
        """1/a, entry by entry."""
        return ops.reciprocal(self)

    # ── NumPy's protocols ────────────────────────────────────────────────────────────────────────────────────────────

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        return numpy_protocols.of_ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        return numpy_protocols.of_function(function, arguments, options)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if self._requires_grad or current_mode().attached:
            raise Detached(f"an array made of {self!r} would leave the graph unseen: say t.numpy() or t.data")
        return self._data.astype(dtype or self.dtype)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else repr(self)

    def __repr__(self) -> str:
        threshold = 20
        if self.size > threshold:
            shown = f"shape={self.shape}"
        else:
            shown = np.array2string(self._data, separator=", ", prefix="Tensor(")
        made = f", op={self.op.name}" if self.op else ""
        label = f", label={self.label!r}" if self.label else ""
        constant = "" if self._requires_grad or self.op else ", requires_grad=False"
        return f"Tensor({shown}, dtype={self.dtype}{made}{label}{constant})"


_COMPARABLE = (Node, np.ndarray, np.generic, int, float, list, tuple)


def _floating(a: Any, dtype: Any = None, name: str = "Tensor") -> NDArray[Any]:
    """A copy of a as a float32 or float64 array; Python's numbers and lists of them become float64."""
    if isinstance(a, Node):
        raise OperandError(f"{name} takes numbers, and got a node of a graph: its numbers are node.data. Got {a!r}")
    if isinstance(a, (list, tuple)) and any(isinstance(item, Node) for item in a):
        raise OperandError(f"{name} takes numbers, and got a list of nodes: join Tensors with autograd.stack")
    if isinstance(a, np.ma.MaskedArray):
        raise OperandError(f"{name} takes numbers, and got a masked array: say what stands for the rest, a.filled(0.0)")
    try:
        array = np.array(a)
    except Detached:
        raise OperandError(f"{name} takes numbers, and got lists of nodes: join Tensors with autograd.stack") from None
    except (ValueError, TypeError):
        raise ShapeError(f"{name} takes numbers in rows of equal length, and got rows of unequal length") from None
    if array.dtype.kind not in "fiub":
        held = f"an array of {array.dtype}" if isinstance(a, np.ndarray) else type(a).__name__
        raise OperandError(f"{name} takes numbers, of float32 or float64, and got {held}: {str(a)[:60]!r}")
    if array.dtype.kind in "iub" and (dtype is not None or not isinstance(a, (np.ndarray, np.generic))):
        array = array.astype(np.float64)
    if array.dtype.kind in "iub":
        raise OperandError(
            f"{name} takes float32 or float64, and got an array of {array.dtype}: write a.astype(np.float64)"
        )
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if array.dtype not in (np.float32, np.float64):
        raise OperandError(f"{name} takes float32 or float64, and got {array.dtype}: {str(a)[:60]!r}")
    return array if dtype is None else array.astype(dtype, copy=False)


def _added(held: Any, adjoint: NDArray[Any]) -> Any:
    """What a leaf's grad held, which anybody may have set, and what a pass brings to it: in place where that fits."""
    if held.__class__ is np.ndarray and held.dtype == adjoint.dtype and held.shape == adjoint.shape:
        if held.flags.writeable:
            held += adjoint
            return held
        return held + adjoint
    earlier = _floating(held, adjoint.dtype, "grad")
    if earlier.shape not in ((), adjoint.shape):
        raise ShapeError(f"grad was set to shape {earlier.shape} on a leaf of shape {adjoint.shape}: None starts anew")
    return earlier + adjoint


def _float_dtype(dtype: Any) -> Any:
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = None
    if found not in (np.float32, np.float64):
        raise ArgumentError(f"a Tensor's dtype is float32 or float64, got {dtype!r}")
    return found


def _negated(x: Any) -> Any:
    """−x: of a node as a node, of plain data as data (whole numbers as floats, for an unsigned one has no negative)."""
    if isinstance(x, Node):
        return ops.mul(x, -1.0)
    if x.__class__ in (int, float, bool):
        return as_float(x, "subtraction") * -1.0
    refusal = "subtraction works on Tensors, arrays and numbers, not on"
    return np.multiply(arrays.constant(Tensor, x, refusal)._data, -1.0)


def _index(part: Any) -> Any:
    """One part of an index as it is kept: arrays are copied, so that the caller may change his."""
    if part is None or part is Ellipsis or isinstance(part, (int, slice, np.integer)):
        return part
    try:
        array = np.array(part, dtype=None if np.size(part) else np.intp)
    except (ValueError, TypeError):
        raise OperandError(f"an index holds whole numbers, slices or truths, not {str(part)[:60]!r}") from None
    if array.dtype.kind not in "iub":
        raise OperandError(f"an index holds whole numbers, slices or truths, not {str(part)[:60]!r}")
    return array


def _as_places(part: Tensor) -> Tensor:
    """A node as an index: whole numbers as they are, the 1 and 0 of a comparison as truths."""
    kind = part.dtype.kind
    if kind in "iub":
        return part
    if part._requires_grad or not np.isin(part._data, (0.0, 1.0)).all():
        raise OperandError(f"an index holds whole numbers or truths, such as t > 0 gives, not {part!r}")
    return array_ops.astype(part, dtype=np.dtype(bool))
