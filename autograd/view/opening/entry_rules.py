"""What one entry of a Tensor is made of: entries of its operands, and how they are put together.

Rows that work entry by entry are called on Values as they are. Of the array table every op has its line here: some only
move entries to other places, which is read off by moving the numbers of the places themselves; the others are sums,
products and choices. A user's own array op runs its function on arrays of Values.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.array_ops import ARRAY_TABLE
from autograd.errors import OperandError
from autograd.graph import Node
from autograd.value import Value
from autograd.view.opening.entry_sums import SUMS, Index, Making, index_in

MOVES = frozenset({"reshape", "transpose", "broadcast_to", "astype", "concatenate", "getitem"})


def only_moves(node: Node) -> bool:
    """Whether every entry of this node is an entry of an operand, as it is."""
    return node.op is not None and node.op.name in MOVES and is_in_table(node)


def is_in_table(node: Node) -> bool:
    """Whether the op of this node is a row of the array table, and no op of a user's own under the same name."""
    return node.op is not None and ARRAY_TABLE.get(node.op.name) is node.op


def is_openable(node: Node) -> bool:
    """Whether entries of this node are made of numbers: not those of a leaf, nor places such as argmax gives."""
    if node.op is None or not is_in_table(node):
        return node.op is not None
    return node.op.name in MOVES or node.op.name in SUMS


def making_of(node: Any, at: Index, origins: dict[Node, NDArray[np.intp]]) -> Making:
    """How the entry of a computed Tensor at this index is made. `origins` keeps what was found about moves."""
    op = node.op
    if not op.whole:
        return _entry_by_entry(node, at)
    if not is_in_table(node):
        return _of_own_op(node, at)
    if op.name in MOVES:
        return _moved(node, at, origins)
    return SUMS[op.name](node, at, **node.parameters)


# ── entry by entry, and moved ────────────────────────────────────────────────────────────────────────────────────────


def _entry_by_entry(node: Any, at: Index) -> Making:
    needs = [(place, index_in(parent, at)) for place, parent in enumerate(node.parents)]
    return Making(needs, lambda values: node.op(*values))


def _moved(node: Any, at: Index, origins: dict[Node, NDArray[np.intp]]) -> Making:
    """The place that an entry came from: that of its number where the places are numbered and moved alike."""
    if node not in origins:
        numbered, first = [], 0
        for place, parent in enumerate(node.parents):
            if node.op.name == "getitem" and place:
                numbered.append(parent._data)  # says which entries are taken, and is none of them
                continue
            numbered.append(np.arange(first, first + parent.size).reshape(parent.shape))
            first += parent.size
        parameters = {} if node.op.name == "astype" else node.parameters
        origins[node] = numbered[0] if node.op.name == "astype" else node.op.array_function(*numbered, **parameters)
    number = int(origins[node][at])
    for place, parent in enumerate(node.parents):
        if number < parent.size:
            return Making([(place, _unravelled(number, parent.shape))], operator.itemgetter(0))
        number -= parent.size
    raise AssertionError("every entry comes from an operand")


def _unravelled(number: int, shape: tuple[int, ...]) -> Index:
    return tuple(int(i) for i in np.unravel_index(number, shape)) if shape else ()


# ── a user's own op ──────────────────────────────────────────────────────────────────────────────────────────────────


def _of_own_op(node: Any, at: Index) -> Making:
    """The op's own function on arrays of Values: NumPy adds, multiplies and sums them, and calls .exp() for np.exp."""
    shapes = [np.shape(parent._data) for parent in node.parents]
    needs = [(place, index) for place, shape in enumerate(shapes) for index in np.ndindex(*shape)]

    def combine(values: Sequence[Value]) -> Any:
        each = iter(values)
        operands = [np.empty(shape, object) for shape in shapes]
        for operand in operands:
            for index in np.ndindex(*operand.shape):
                operand[index] = next(each)
        try:
            y = np.asarray(node.op.array_function(*operands, **node.parameters), dtype=object)
            entry = y[at]
        except Exception as error:  # whatever a function of the user's own raises on Values
            raise _without_scalars(node, f"{type(error).__name__}: {error}") from error
        if y.shape != node.shape or not isinstance(entry, Value):
            raise _without_scalars(node, f"it gave {type(entry).__name__} of shape {y.shape}")
        return entry

    return Making(needs, combine)


def _without_scalars(node: Any, why: str) -> OperandError:
    return OperandError(
        f"{node.op.name} cannot be opened: its function does not run on arrays of Values ({why[:120]}). It would, "
        "written with + − × / and NumPy's sum, dot, exp, log, sqrt, sin, cos and tanh"
    )
