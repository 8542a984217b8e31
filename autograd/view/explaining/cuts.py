"""Where the way from a node to a root is cut, so that no derivative, or not all of it, comes back along it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from autograd.graph import Node, ancestry
from autograd.view.reading import derivatives_of

SUSPECTS = 3  # constants that are named where the way cannot be known
DIGITS = 4  # a number of more is hardly typed twice


def between(root: Node, node: Node) -> list[Node]:
    """The nodes that depend on a node, by whatever edges, and that the root depends on, the node and root included.

    In ancestry order; nothing where the root does not depend on the node.
    """
    found: dict[Node, None] = {}
    for other in ancestry(root):
        if other is node or any(parent in found for parent in other.parents):
            found[other] = None
    return list(found) if root in found else []


def cuts_between(root: Node, node: Node, names: Mapping[Node, str]) -> Iterator[str]:
    """A sentence for every place where a derivative toward the node stops."""
    name = names[node]
    if root is node:
        return
    way = between(root, node)
    if not way:
        yield from _unconnected(root, node, names)
        return
    if not node.requires_grad:
        kind = "has requires_grad = False" if node.op is None else f"was made by {node.op.name} of constants alone"
        yield f"{name} {kind}: no derivative is taken toward it"
        return
    on_the_way = set(way)
    for operation in way:
        if operation is node:
            continue
        for place, derivative in enumerate(derivatives_of(operation)):
            operand = operation.parents[place]
            if derivative is None and operand in on_the_way and operand.requires_grad:
                yield _by_op(operation, place, names)


def _by_op(operation: Node, place: int, names: Mapping[Node, str]) -> str:
    op = operation.op
    assert op is not None
    operand = names[operation.parents[place]]
    written = op.written(*(names[parent] for parent in operation.parents))
    if not operation.requires_grad or not op.derivable:
        why = f"{op.name} has no derivative"
    else:
        why = f"{op.name} takes no derivative toward its operand {place + 1}"
    return f"Nothing comes back to {operand} through {names[operation]} = {written}{_line(operation)}: {why}"


def _unconnected(root: Node, node: Node, names: Mapping[Node, str]) -> Iterator[str]:
    """The root does not know the node: what it may have been turned into on the way."""
    f, x = names[root], names[node]
    yield f"No recorded operation leads from {x} to {f}"
    if root.op is None and not root.requires_grad:
        yield f"{f} is a constant{_made(root)}: was it made under no_grad(), or by detach()?"
        return
    readers = {parent: other for other in reversed(ancestry(root)) for parent in other.parents}
    leaves = [other for other in readers if other.op is None]
    namesakes = [other for other in leaves if node.label is not None and other.label == node.label]
    if namesakes:
        yield f"{f} depends on another leaf that is called {x} too: was {x} made anew since {f} was computed?"
    constants = [other for other in leaves if not other.requires_grad]
    known = set(namesakes)
    copies = [other for other in leaves if other not in known and _looks_copied(other, node)]
    known |= set(copies)
    severed = [other for other in constants if other.site is not None and other not in known]
    for constant in severed[:SUSPECTS]:
        yield f"{names[constant]} is a constant{_made(constant)}, by detach() or under no_grad(): is the way cut there?"
    for copied in copies[:SUSPECTS]:
        reader, kind = readers[copied], "variable" if copied.requires_grad else "constant"
        yield (
            f"{names[reader]}{_line(reader)} reads the {kind} {names[copied]}, which holds the numbers of {x}: "
            "was it copied from there, by detach(), .data or float(), or under no_grad()?"
        )
    if not copies and not namesakes and not severed:
        yield f"What is computed from {x} under no_grad(), or through detach(), .data or float(), is a constant for {f}"


def _looks_copied(leaf: Node, node: Node) -> bool:
    """Whether a leaf holds the numbers of a node, and hardly by chance, as a 3 in a formula does that of a = 3."""
    same = np.shape(leaf._data) == np.shape(node._data) and np.array_equal(leaf._data, node._data, equal_nan=True)
    made_so = leaf.site is not None or (leaf.requires_grad and leaf.label is None)
    return bool(same) and (made_so or _telling(leaf._data))


def _telling(data: Any) -> bool:
    """Whether numbers are hardly met twice by chance: entries that differ, or one of more than a few digits."""
    entries = np.ravel(data)
    if not entries.size:
        return False
    digits = str(abs(entries[0])).partition("e")[0].replace(".", "").strip("0")
    return bool((entries != entries[0]).any()) or len(digits) > DIGITS


def _made(constant: Node) -> str:
    return "" if constant.site is None else f" made at {constant.site}"


def _line(node: Node) -> str:
    return "" if node.site is None else f" at {node.site}"
