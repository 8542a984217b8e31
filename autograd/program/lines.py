"""Line: the kind of node that writes itself into a listing.

A derivative rule run on lines writes down what it would compute. So the gradient part of a program comes from the
rules of the table, and from a user's own, without being written again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd import array_ops
from autograd.algebra import Algebra
from autograd.arrays import fitted
from autograd.errors import OperandError, RuleError
from autograd.graph import Node
from autograd.op import ArrayOp, Op, as_float
from autograd.program.listing import Listing


class Line(Algebra):
    """A place in a listing, with the shape and dtype of the array that lies there; shape None is that of a float.

    It stands for numbers that are not known yet, so a rule cannot decide by them. `_data` is 1 for whoever asks
    whether a product is nan: masks are put in when a program is run, not when it is written.
    """

    __slots__ = ("dtype", "listing", "place", "shape")

    def __init__(self, listing: Listing, place: int, shape: tuple[int, ...] | None = None, dtype: Any = None) -> None:
        self.listing, self.place, self.shape, self.dtype = listing, place, shape, dtype
        self._data, self._requires_grad = 1.0, True
        self.grad = self.op = self._mark = None
        self.join((), ())

    @property
    def ndim(self) -> int:
        """How many axes the array has."""
        return len(self.shape or ())

    @property
    def T(self) -> Any:  # noqa: N802 (NumPy's name)
        """The transpose."""
        return array_ops.transpose(self)

    def __getitem__(self, index: Any) -> Any:
        return array_ops.getitem(self, index=index if isinstance(index, tuple) else (index,))

    def apply(self, op: Op, arguments: Sequence[Any], parameters: dict[str, Any] | None = None) -> Line:
        lines = [x if isinstance(x, Line) else self.constant(x) for x in arguments]
        place = self.listing.add(op, tuple(line.place for line in lines), parameters or None)
        if all(line.shape is None for line in lines):
            if isinstance(op, ArrayOp):
                raise OperandError(f"{op.name} works on Tensors and arrays, and a Value is one number")
            return Line(self.listing, place)
        like = _of_the_shape(op, lines, parameters or {})
        self.listing.shapes[place] = like.shape, like.dtype
        return Line(self.listing, place, like.shape, like.dtype)

    def constant(self, x: Any) -> Line:
        if isinstance(x, Node):
            raise OperandError(f"a rule took {x!r} from outside: it must be written with what it is given")
        if isinstance(x, np.ndarray):
            return Line(self.listing, self.listing.constant(x), x.shape, x.dtype)
        return Line(self.listing, self.listing.constant(as_float(x, "a rule")))

    def shares(self, adjoint: Any, create_graph: bool, at_home: set[Node] | None = None) -> Iterator[tuple[Node, Any]]:
        raise NotImplementedError  # a line has no past: reversing.py goes by the listing

    def why_undecided(self) -> str:
        return (
            "this rule decides by a number, or turns one into a plain float: a program would freeze what it decided. "
            "Write it with autograd's functions, such as where and greater"
        )

    def __repr__(self) -> str:
        return f"Line({self.listing.names.get(self.place, self.place)})"


def _of_the_shape(op: Op, lines: Sequence[Line], parameters: dict[str, Any]) -> Any:
    """An array of the shape and dtype that the op gives, found on ones: shapes do not depend on the numbers."""
    ones: list[Any] = [
        1.0 if line.shape is None and not op.whole else np.ones(line.shape or (), line.dtype or np.float64)
        for line in lines
    ]
    return np.asarray(op.array_function(*ones, **parameters))


def share_of(share: Any, parent: Line, op: Op) -> Line:
    """A rule's share as the parent receives it, in the parent's shape and dtype."""
    if not isinstance(share, Line):
        try:
            share = parent.constant(share)
        except (OperandError, TypeError, ValueError):
            raise RuleError(f"the rule of {op.name} gave {share!r} where a derivative was expected") from None
    if parent.shape is None:
        return share
    return fitted(share, parent.shape, parent.dtype, op)
