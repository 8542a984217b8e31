"""What a graph is: nodes joined by ordered parents, and the one walk that everything shares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.errors import AutogradError, OperandError
from autograd.modes import Region, Site, current_mode

if TYPE_CHECKING:
    from autograd.op import Op


class Mark(NamedTuple):
    """What a node may carry besides its numbers, kept together because most nodes carry none of it."""

    label: str | None = None
    region: Region | None = None
    site: Site | None = None
    walked: bool = False  # whether backward() has started here


MANY = object()  # in place of the second parent: the first holds a tuple of more than two


class Node:
    """One value in a graph: data, the op that made it, its ordered parents, and what lies on the edges toward them.

    Storage is flat because every object the collector tracks costs time in a large graph: one or two parents and
    what lies on their edges lie in slots, more than two in tuples. A plain number among the parents stays a plain
    number until somebody reads `parents`. There are no closures and no reference to children, hence no cycles:
    a dropped graph is freed by reference counting.
    """

    __slots__ = ("_d_left", "_d_right", "_data", "_left", "_mark", "_requires_grad", "_right", "grad", "op")

    _data: Any
    grad: Any
    op: Op | None
    _left: Any
    _right: Any
    _d_left: Any
    _d_right: Any
    _mark: str | Region | Mark | None

    # What a kind of node brings: Value on floats, Tensor on arrays.

    @property
    def data(self) -> Any:
        """The number, or the array."""
        raise NotImplementedError

    def apply(self, op: Op, arguments: Sequence[Any], parameters: dict[str, Any] | None = None) -> Node:
        """The node that `op` makes of these arguments, one of which is this node; parameters where it is an ArrayOp."""
        raise NotImplementedError

    def constant(self, x: Any) -> Node:
        """A leaf without gradient, of this node's kind."""
        raise NotImplementedError

    def seed(self, given: Any = None) -> Any:
        """The adjoint a pass from this node begins with: 1, or what is given, checked."""
        raise NotImplementedError

    def shares(self, adjoint: Any, create_graph: bool, at_home: set[Node] | None = None) -> Iterator[tuple[Node, Any]]:
        """Each parent that needs a gradient, with what it receives when this node has received `adjoint`.

        With a set `at_home` the first share of a leaf may be written where its gradient is kept: those so served.
        """
        raise NotImplementedError

    def store(self, walk: Iterable[tuple[Node, Any]]) -> None:
        """Puts the adjoints of a pass from this node into each node's `grad`: leaves add them to what they held."""
        raise NotImplementedError

    def disown(self) -> None:
        """Gives a fresh copy of a node numbers of its own, where they could be changed in their place."""

    def masked(self, mask: Any) -> Node:
        """0 where the mask is true, this node elsewhere."""
        raise NotImplementedError

    @property
    def local_gradients(self) -> tuple[Any, ...]:
        """The derivative of this node by each parent; None toward constants."""
        raise NotImplementedError

    @property
    def parents(self) -> tuple[Node, ...]:
        """The operands in written order: a × a has two, a leaf has none; plain numbers appear as constants."""
        left, right = self._left, self._right
        if left is None:
            return ()
        if right is MANY:
            if not all(isinstance(p, Node) for p in left):
                self._left = left = tuple(p if isinstance(p, Node) else self.constant(p) for p in left)
            return tuple(left)
        if not isinstance(left, Node):
            self._left = left = self.constant(left)
        if right is None:
            return (left,)
        if not isinstance(right, Node):
            self._right = right = self.constant(right)
        return (left, right)

    @property
    def edges(self) -> tuple[Any, ...]:
        """What was kept at forward time for each parent (on a Value the local derivative); None toward constants."""
        if self._left is None:
            return ()
        if self._right is MANY:
            return tuple(self._d_left)
        return (self._d_left,) if self._right is None else (self._d_left, self._d_right)

    def join(self, parents: Sequence[Any], edges: Sequence[Any]) -> None:
        """Stores ordered parents and what is kept for each, in their places."""
        self._left = self._right = self._d_left = self._d_right = None
        if len(parents) > 2:
            self._left, self._d_left, self._right = tuple(parents), tuple(edges), MANY
        elif parents:
            self._left, self._d_left = parents[0], edges[0]
            if len(parents) == 2:
                self._right, self._d_right = parents[1], edges[1]

    @property
    def requires_grad(self) -> bool:
        """Whether derivatives are taken toward this node: set it to False on a leaf to freeze it."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, flag: bool) -> None:
        if self.op is not None:
            raise AutogradError(
                f"requires_grad belongs to leaves; this node was made by {self.op.name} and needs a gradient "
                "if a parent does. Freeze its leaves, or compute it under no_grad()."
            )
        self._requires_grad = bool(flag)

    @property
    def mark(self) -> Mark:
        """Label, region and line together."""
        mark = self._mark
        if mark.__class__ is Mark:
            return mark
        return Mark(region=mark) if isinstance(mark, Region) else Mark(label=mark)  # type: ignore[arg-type]

    @property
    def label(self) -> str | None:
        """The user's name for this node, shown in drawings and tables."""
        return self.mark.label

    @label.setter
    def label(self, label: str | None) -> None:
        if label is not None and not isinstance(label, str):
            raise OperandError(f"a label is a string, got {type(label).__name__}: {label!r}")
        mark = self.mark
        self._mark = mark._replace(label=label) if any(mark[1:]) else label

    @property
    def region(self) -> Region | None:
        """The module call or `region` block that this node was made in."""
        return self.mark.region

    @property
    def site(self) -> Site | None:
        """File and line, kept under trace() and detect_anomaly()."""
        return self.mark.site

    @property
    def walked(self) -> bool:
        """Whether a backward pass has started from this node: only then do views show its gradients."""
        return self.mark.walked

    # Copies and pickles go over the walk, not over the recursion that Python would use on a deep graph. A deep copy
    # of several nodes of one graph keeps them in one graph; a pickle holds the whole graph of each node apart.

    def __copy__(self) -> Node:
        _demand_no_recording(self)
        return _rebuilt(type(self), _row(self), self.parents)

    def __deepcopy__(self, memo: dict[int, Any]) -> Node:
        _demand_no_recording(self)
        for node in ancestry(self):
            if id(node) not in memo:
                parents = [memo[id(parent)] for parent in node.parents]
                memo[id(node)] = _rebuilt(type(node), _row(node), parents)
        return memo[id(self)]

    def __reduce__(self) -> tuple[Any, ...]:
        _demand_no_recording(self)
        order = ancestry(self)
        index = {node: i for i, node in enumerate(order)}
        rows = [(*_row(node)[:-1], _without_owners(node), [index[p] for p in node.parents]) for node in order]
        return (_unpickled, (type(self), rows))


def _demand_no_recording(node: Node) -> None:
    """Under record the numbers of a copy would be frozen into the program."""
    if (recording := current_mode().recording) is not None:
        recording.read(node, "a copy")


def _row(node: Node) -> tuple[Any, ...]:
    own = tuple(getattr(node, name) for name in type(node).__slots__)
    return (node._data, node.grad, node.op, node.edges, node.requires_grad, own, node._mark)


def _without_owners(node: Node) -> Mark:
    """What the node carries, its region by name alone: a pickle of a graph does not hold the modules that made it."""
    mark = node.mark
    return mark if mark.region is None else mark._replace(region=Region(mark.region.name))


def _rebuilt(kind: type[Node], row: Sequence[Any], parents: Sequence[Node]) -> Node:
    node = kind.__new__(kind)
    node._data, node.grad, node.op, edges, node._requires_grad, own, node._mark = row
    for name, item in zip(kind.__slots__, own, strict=True):
        setattr(node, name, item)
    node.join(parents, edges)
    node.disown()
    return node


def _unpickled(kind: type[Node], rows: list[tuple[Any, ...]]) -> Node:
    nodes: list[Node] = []
    for *row, parents in rows:
        nodes.append(_rebuilt(kind, row, [nodes[i] for i in parents]))
    return nodes[-1]


# ── the walk ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def ancestry(root: Node, *, differentiable: bool = False, numbers: bool = True) -> list[Node]:
    """Every node the root depends on, parents before children.

    Depth-first, parents left to right, iterative, and the same in every process. With `differentiable` only the
    edges that carry a derivative are followed: what backward needs, and nothing else. Without `numbers` plain numbers
    among the parents stay plain numbers, and are left out.
    """
    if not isinstance(root, Node):
        raise OperandError(f"a graph is walked from a node, such as a Value, not from {type(root).__name__}: {root!r}")
    order: list[Node] = []
    seen: set[Node] = set()
    stack: list[Any] = []
    pop, finish, see = stack.pop, order.append, seen.add
    node = root
    while True:
        # Down: leave the node on the stack, under a None and the parents still to be visited, and go to the first.
        see(node)
        left, right = node._left, node._right
        if right is MANY or (numbers and not differentiable):
            if differentiable:
                waiting = [left[i] for i, edge in enumerate(node._d_left) if edge is not None and left[i] not in seen]
            elif numbers:
                waiting = [parent for parent in node.parents if parent not in seen]
            else:
                waiting = [x for x in left if x.__class__ is not float and x not in seen]
            if waiting:
                stack += (node, None, *reversed(waiting[1:]))
                node = waiting[0]
                continue
        # The same for one or two parents, written out: this is the inner loop of every backward pass.
        elif differentiable and node._d_left is not None and left not in seen:
            if node._d_right is not None and right not in seen:
                stack += (node, None, right)
            else:
                stack += (node, None)
            node = left
            continue
        elif differentiable and node._d_right is not None and right not in seen:
            stack += (node, None)
            node = right
            continue
        elif not differentiable:
            later = right if right is not None and right.__class__ is not float and right not in seen else None
            if left is not None and left.__class__ is not float and left not in seen:
                stack += (node, None) if later is None else (node, None, later)
                node = left
                continue
            if later is not None:
                stack += (node, None)
                node = later
                continue
        finish(node)
        # Up: a None says that all parents of the node below it are finished.
        while stack:
            node = pop()
            if node is None:
                finish(pop())
            elif node not in seen:
                break
        else:
            return order
