"""opened(tensor, at): one entry of a Tensor as a graph of Values with the same numbers."""

from __future__ import annotations

import math
import operator
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd.backward import paused_collector
from autograd.errors import ArgumentError, GraphTooLarge, OperandError, StaleData
from autograd.graph import Node, ancestry
from autograd.tensor import Tensor
from autograd.value import Value
from autograd.view.datum import brief, is_one_number
from autograd.view.drawing import Drawing, draw
from autograd.view.names import names as names_of
from autograd.view.notation import notation
from autograd.view.opening.entry_rules import is_openable, making_of, only_moves
from autograd.view.opening.entry_sums import Index, Making, constant
from autograd.view.text import count, one_line


def opened(
    tensor: Any,
    at: int | Sequence[int] = (),
    *,
    depth: int | None = 1,
    names: Mapping[str, Any] | None = None,
    limit: int = 20_000,
) -> Opened:
    """The entry of a Tensor at an index as a graph of Values: the sums and products that it stands for.

    Its leaves are entries of the operands, W[1, 0] and x[0], as they were when the Tensor was computed. With `depth` so
    many operations are opened one within the other, with None all of them back to the leaves; reshaping, transposing
    and indexing, which compute nothing, do not count. (A mean is a sum and a product, hence two.) One backward pass
    is taken from the entry, so that the gradients of the leaves are those of the Tensors at their places.

    `names` is a mapping such as locals(), or a model's dict(model.named_parameters()), that names Tensors.

    OperandError where it is no computed Tensor, or where an op has no entries that are made of numbers (argmax; an op
    of one's own that does not run on Values). ArgumentError where there is no such entry. GraphTooLarge beyond `limit`
    entries. StaleData where a leaf has been set since.

    >>> W, x = Tensor([[1.0, 2.0], [3.0, 4.0]], label="W"), Tensor([5.0, 6.0], label="x")
    >>> entry = opened(W @ x, at=1)
    >>> print(entry)
    h1[1], where h1 = W @ x: 3 operations on 4 entries
    tensor   39.0
    scalars  39.0
    relative difference 0
    >>> entry.gradient(W)
    array([[0., 0.],
           [5., 6.]])
    """
    _demand_computed(tensor)
    index = _index(at, tensor.shape)
    if depth is not None and (not isinstance(depth, int) or isinstance(depth, bool) or depth < 1):
        raise ArgumentError(f"depth={depth!r} is not allowed: it is a whole number from 1 on, or None for all")
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise ArgumentError(f"limit={limit!r} is not allowed: it is a whole number from 1 on")
    with paused_collector(), np.errstate(all="ignore"):
        named = names_of(tensor, names)
        opening = _Opening(named, _nodes_to_open(tensor, depth), limit)
        root = opening.value_of(tensor, index)
        if root.requires_grad:
            root.backward()
    written = notation(tensor, [named[parent] for parent in tensor.parents])
    return Opened(tensor, index, named[tensor], written, root, tuple(opening.leaves))


class Entry(NamedTuple):
    """One leaf of an opened entry: which Tensor it is an entry of, where, and as which Value."""

    tensor: Tensor
    at: Index
    value: Value


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Opened:
    """One entry of a Tensor, `tensor` at `at`, and the graph of Values that gives the same number, `root`.

    `entries` are the graph's leaves in the order in which they are met; each Value carries its name as label. Notebooks
    show the drawing.
    """

    tensor: Tensor
    at: Index
    name: str  # of the Tensor
    written: str  # the operation that made it
    root: Value
    entries: tuple[Entry, ...]

    @property
    def number(self) -> float:
        """The number in the Tensor."""
        return float(self.tensor._data[self.at])

    @property
    def value(self) -> float:
        """The number that the graph of Values has computed."""
        return self.root._data

    @property
    def difference(self) -> float:
        """|value − number| relative to the larger of the two: 0 where they are the same, nan included."""
        a, b = self.number, self.value
        if a == b or (a != a and b != b):
            return 0.0
        apart = abs(a - b) / max(abs(a), abs(b))
        return apart if math.isfinite(apart) else math.inf

    def gradient(self, tensor: Tensor) -> NDArray[np.float64]:
        """∂root/∂tensor in the shape of the Tensor: 0 wherever the entry does not depend on it.

        OperandError where no entry of this Tensor is a leaf of the graph.
        """
        found = [entry for entry in self.entries if entry.tensor is tensor]
        if not found:
            labels = [entry.value.label for entry in self.entries if entry.value.label]
            known = ", ".join(dict.fromkeys(label.partition("[")[0] for label in labels)) or "nothing"
            raise OperandError(
                f"no entry of this Tensor is a leaf of {self!r}, whose leaves are entries of {known}. With a larger "
                "depth more is opened"
            )
        gradient = np.zeros(tensor.shape)
        for entry in found:
            gradient[entry.at] = entry.value.grad
        return gradient

    def draw(self, **options: Any) -> Drawing:
        """The picture of the graph of Values, with the options of `autograd.draw`."""
        return draw(self.root, **options)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {**self.draw()._repr_mimebundle_(), "text/plain": str(self)}

    def __str__(self) -> str:
        operations = sum(node.op is not None for node in ancestry(self.root))
        name, written = one_line(_entry_name(self.name, self.at)), one_line(self.written)
        sizes = f"{count(operations, 'operation')} on {count(len(self.entries), 'entry', 'entries')}"
        return "\n".join(
            [
                f"{name}, where {one_line(self.name)} = {written}: {sizes}",
                f"tensor   {self.number!r}",
                f"scalars  {self.value!r}",
                f"relative difference {self.difference:.2g}",
            ]
        )

    def __repr__(self) -> str:
        return f"<opened: {one_line(_entry_name(self.name, self.at))} = {self.value!r}>"


class _Opening:
    """Entries as Values, each made once: parents before children, without recursion."""

    def __init__(self, names: Mapping[Node, str], to_open: set[Node], limit: int) -> None:
        self.names, self.to_open, self.limit = names, to_open, limit
        self.leaves: list[Entry] = []
        self._made: dict[tuple[Node, Index], Value] = {}
        self._origins: dict[Node, NDArray[np.intp]] = {}

    def value_of(self, tensor: Node, at: Index) -> Value:
        makings: dict[tuple[Node, Index], Making] = {}
        stack: list[tuple[Any, Index]] = [(tensor, at)]
        while stack:
            node, index = entry = stack[-1]
            if entry not in self._made and node not in self.to_open:
                self._made[entry] = self._leaf(node, index)
            if entry in self._made:
                stack.pop()
                continue
            if entry not in makings:
                self._demand_room(len(makings))
                makings[entry] = making_of(node, index, self._origins)
            making = makings[entry]
            needs = [(node.parents[place], inside) for place, inside in making.needs]
            missing = [need for need in needs if need not in self._made]
            if missing:
                stack += reversed(missing)
                continue
            made = making.combine([self._made[need] for need in needs])
            if made.label is None and made.op is not None:
                made.label = _entry_name(self.names[node], index)
            self._made[entry] = made
            stack.pop()
        return self._made[tensor, at]

    def _leaf(self, node: Any, at: Index) -> Value:
        self._demand_room(0)
        number = float(node._data[at])
        name = self.names[node]
        value = Value(number) if node.requires_grad else constant(number)
        if node.requires_grad or not is_one_number(node._data) or name != brief(node._data, 4):
            value.label = _entry_name(name, at)  # a bare number is shown as itself
        self.leaves.append(Entry(node, at, value))
        return value

    def _demand_room(self, waiting: int) -> None:
        if len(self._made) + waiting >= self.limit:
            raise GraphTooLarge(
                f"this entry is made of more than {self.limit:,} entries: open fewer operations with depth=…, or more "
                "entries with limit=…"
            )


def _entry_name(name: str, at: Index) -> str:
    return f"{name}[{', '.join(map(str, at))}]" if at else name


def _nodes_to_open(tensor: Node, depth: int | None) -> set[Node]:
    """The nodes whose entries are taken apart: those nearer than `depth`, moves not counted."""
    to_open: set[Node] = set()
    waiting = deque([(tensor, 0)])
    while waiting:
        node, distance = waiting.popleft()
        beyond = depth is not None and distance >= depth
        if node in to_open or not is_openable(node) or (beyond and not only_moves(node)):
            continue
        _demand_fresh(node)
        to_open.add(node)
        if only_moves(node):
            waiting.extendleft((parent, distance) for parent in node.parents)
        else:
            waiting.extend((parent, distance + 1) for parent in node.parents)
    return to_open


def _demand_computed(tensor: Any) -> None:
    if not isinstance(tensor, Tensor):
        kind = "one number already: autograd.draw shows its graph" if isinstance(tensor, Value) else "no Tensor"
        raise OperandError(f"opened takes a Tensor, and {type(tensor).__name__} {str(tensor)[:60]!r} is {kind}")
    if tensor.op is None:
        raise OperandError(
            f"opened takes a Tensor that an operation made, and {tensor!r} is a leaf: it was given, or computed under "
            "no_grad()"
        )
    if not is_openable(tensor):
        raise OperandError(
            f"an entry of {tensor.op.name} is a place, and no number made of numbers: open what it was taken of"
        )


def _demand_fresh(node: Any) -> None:
    """StaleData where the data of a leaf have been set since this node was computed from it."""
    for parent, version in zip(node.parents, node._versions, strict=True):
        if version is not None and parent._version != version:
            raise StaleData(
                f"{node.op.name} was computed from a parameter of shape {parent.shape} whose data have been set since: "
                "its scalars would have other numbers. Compute it again, then open it"
            )


def _index(at: Any, shape: tuple[int, ...]) -> Index:
    """The index of one entry, counted from the front; ArgumentError where there is none."""
    try:
        index = tuple(operator.index(i) for i in (at if isinstance(at, (tuple, list)) else (at,)))
    except TypeError:
        raise ArgumentError(f"at={at!r} is no index of one entry: a whole number for each axis of {shape}") from None
    if len(index) != len(shape) or any(not -size <= i < size for i, size in zip(index, shape, strict=True)):
        raise ArgumentError(f"there is no entry at {at!r} in shape {shape}: one whole number for each axis, within it")
    return tuple(i % size for i, size in zip(index, shape, strict=True))
