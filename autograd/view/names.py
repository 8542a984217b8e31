"""What every view calls a node: the user's label, h1, h2, … for operations, x1, x2, … for variables."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from autograd.errors import ArgumentError
from autograd.graph import Node, ancestry
from autograd.view.datum import brief, is_one_number


def names(root: Node, given: Mapping[str, Any] | None = None, *, digits: int = 4) -> dict[Node, str]:
    """A name for every node the root depends on, the same in every view.

    A label comes first; then the name under which `given`, such as locals(), holds the node, also inside lists and
    tuples as w[0]; then h and the place among the operations in ancestry order, x and the place among the unnamed
    variables, c and the place among the unnamed constant arrays, or the number itself for a constant that is one.
    A name made here never repeats one of the user's. The names come in ancestry order.
    """
    order = ancestry(root)
    held = _held(order, given)
    own = {node: name for node in order if (name := node.label or held.get(node)) is not None}
    taken = set(own.values())
    chosen: dict[Node, str] = {}
    operations = variables = arrays = 0
    for node in order:
        operations += node.op is not None
        if node in own:
            chosen[node] = own[node]
        elif node.op is not None:
            chosen[node] = _free(f"h{operations}", taken)
        elif node.requires_grad:
            variables += 1
            chosen[node] = _free(f"x{variables}", taken)
        elif is_one_number(node._data):
            chosen[node] = brief(node._data, digits)
        else:
            arrays += 1
            chosen[node] = _free(f"c{arrays}", taken)
    return chosen


def node_called(called: Mapping[Node, str], wanted: str, caller: str) -> Node:
    """The one node of this name; ArgumentError where there is none, or several: `caller` is then the way out."""
    found = [node for node, name in called.items() if name == wanted]
    if not found:
        raise ArgumentError(f"no node is called {wanted!r}; there are {', '.join(list(called.values())[:12])}")
    if len(found) > 1:
        raise ArgumentError(f"{len(found)} nodes are called {wanted!r}: give the node itself, {caller}")
    return found[0]


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "′"
    return name


def _held(order: list[Node], given: Mapping[str, Any] | None) -> dict[Node, str]:
    """The first name under which the mapping holds each node: plain names before places in lists."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise ArgumentError(f"names= takes a mapping of names to nodes, such as locals(), got {type(given).__name__}")
    wanted = set(order)
    held: dict[Node, str] = {}
    for name, node in _nodes_in(given):
        if node in wanted:
            held.setdefault(node, name)
    return held


def _nodes_in(given: Mapping[str, Any]) -> Iterator[tuple[str, Node]]:
    """Every node of a mapping with its name; those a notebook keeps under names like _ and Out are left out."""
    own = [(str(name), item) for name, item in given.items()]
    queue = deque((name, item) for name, item in own if name not in ("In", "Out") and not name.startswith("_"))
    opened: set[int] = set()
    while queue:
        name, item = queue.popleft()
        if isinstance(item, Node):
            yield name, item
        elif isinstance(item, (list, tuple)) and id(item) not in opened:
            opened.add(id(item))
            queue.extend((f"{name}[{i}]", each) for i, each in enumerate(item) if isinstance(each, (Node, list, tuple)))
