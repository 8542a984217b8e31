"""why_nan: explains the first value or derivative of a graph that is not finite."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from numbers import Real
from typing import Any

import numpy as np

from autograd.arrays import demand_fresh
from autograd.backward import paused_collector, walk_back
from autograd.diagnosis import reasons
from autograd.diagnosis.report import CAME_IN, MADE_HERE, MASKED, Diagnosis
from autograd.diagnosis.smallest import snippet
from autograd.diagnosis.ways_out import way_out
from autograd.entries import call, entry
from autograd.errors import OperandError, StaleData
from autograd.findings import Finding, lost_values, on_the_way_back
from autograd.graph import Node, ancestry
from autograd.lifting import name_of
from autograd.modes import Mode, ModeChange
from autograd.op import as_float
from autograd.tensor import Tensor
from autograd.trees import leaves, rebuilt
from autograd.value import Value
from autograd.view.names import names
from autograd.view.text import count

_KINDS = {"came in": CAME_IN, "masked": MASKED}


def why_nan(root: Any, *xs: Any) -> Diagnosis:
    """Why a graph holds nan or inf: where it came in, where it was made, or where 0 × inf was taken as 0.

    `root` is a Value, a Tensor or a program, of which the first value that is not finite is explained, or else the
    first derivative of one pass from it (of a Tensor of several entries, of their sum); or a function of numbers,
    arrays, and lists, tuples and dicts of them, which is run on `xs` with the lines of its ops kept. What a where, max,
    relu or clip discards is no finding. Nothing is stored in the graph. StaleData where a leaf that it was computed
    from has been set since.

    >>> from autograd import Value
    >>> x = Value(0.0, label="x")
    >>> found = why_nan(2.0 * x.log())
    >>> found.kind, found.op, found.reason
    ('made here', 'log', 'the logarithm of 0 is −∞')
    >>> print(found.script)
    from autograd import log
    <BLANKLINE>
    log(0.0)
    """
    with paused_collector():
        return _first_of([_explained(each) for each in _roots(root, xs)])


def _first_of(found: Sequence[Diagnosis]) -> Diagnosis:
    return next((diagnosis for diagnosis in found if diagnosis), found[0])


# ── what is looked at ────────────────────────────────────────────────────────────────────────────────────────────────


class _recording_lines(ModeChange):  # noqa: N801 (reads as a statement: with _recording_lines())
    __slots__ = ()

    def _changed(self, mode: Mode) -> Mode:
        return mode.but(records=True, keeps_lines=True, watcher=None)


def _roots(root: Any, xs: Sequence[Any]) -> list[Node]:
    if hasattr(root, "graph"):
        return [root.graph(*xs)]
    if isinstance(root, Node):
        if xs:
            raise OperandError("why_nan takes a root, why_nan(loss), or a function and its inputs, why_nan(f, x, y)")
        return [root]
    if not callable(root):
        raise OperandError(
            "why_nan takes a Value, a Tensor or a program, or a function and its inputs, why_nan(f, x, y), not "
            f"{type(root).__name__}: {str(root)[:60]!r}"
        )
    return _run(root, xs)


def _run(f: Callable[..., Any], xs: Sequence[Any]) -> list[Node]:
    """What f makes of fresh variables with these numbers, which need not be finite."""
    name = name_of(f)
    given = [leaf for x in xs for _, leaf in leaves(x, "")]
    arrays = any(isinstance(leaf, (np.ndarray, Tensor)) for leaf in given)
    variables = iter([_variable(leaf, arrays) for leaf in given])
    with _recording_lines():
        result = f(*(rebuilt(x, variables) for x in xs))
    roots = [node for _, node in leaves(result, "") if isinstance(node, Node)]
    if not roots:
        raise OperandError(
            f"why_nan reads the graph that {name} records, and it gave {type(result).__name__}: {str(result)[:60]!r}. "
            "Is a number taken out of the graph on the way, by float(), .data or math?"
        )
    return roots


def _variable(leaf: Any, arrays: bool) -> Any:
    """A variable that holds the numbers of a leaf, with the label of a node; whole numbers in arrays stay places."""
    label = leaf.label if isinstance(leaf, Node) else None
    data = leaf._data if isinstance(leaf, Node) else leaf
    if isinstance(data, np.ndarray) and data.dtype.kind == "f":
        return Tensor(data, label=label)
    if not isinstance(data, Real) or isinstance(data, bool):
        return leaf
    number = as_float(data, "why_nan")
    return Tensor(number, label=label) if arrays and not isinstance(leaf, Value) else Value(number, label)


# ── what is found ────────────────────────────────────────────────────────────────────────────────────────────────────


def _explained(root: Node) -> Diagnosis:
    order = ancestry(root)
    found = lost_values(root)
    if found:
        _demand_as_it_was(found)
    elif root.requires_grad:
        seed = np.ones(np.shape(root._data), root._data.dtype) if isinstance(root, Tensor) else None
        with np.errstate(all="ignore"):
            found = list(chain.from_iterable(here for _, _, here in on_the_way_back(root, walk_back(root, seed))))
    if not found:
        looked = "its value and every derivative that counts are" if root.requires_grad else "its value is"
        return Diagnosis(looked_at=f"{looked} finite ({count(len(order), 'node')})")
    children = _children(order)
    first = found[0]
    further = tuple(finding.sentence for finding in found[1:])
    return _diagnosis(first, order, children, further)


def _children(order: Sequence[Node]) -> Mapping[Node, list[Node]]:
    children: dict[Node, list[Node]] = {}
    for node in order:
        for parent in node.parents:
            children.setdefault(parent, []).append(node)
    return children


def _demand_as_it_was(found: Sequence[Finding]) -> None:
    """StaleData where a finding rests on data of a leaf that have been set since."""
    for finding in found:
        node = finding.node if finding.node.op is not None else finding.use
        if node is None or node.op is None:
            continue
        if isinstance(node, Tensor):
            demand_fresh(node)
        elif finding.kind == "made here" and np.isfinite(node.op(*(parent._data for parent in node.parents))):
            raise StaleData(
                f"{node.op.name} gave {node._data} of other numbers than its operands hold now: their data have been "
                "set since. Ask why_nan before the data change, or compute it again"
            )


def _diagnosis(
    first: Finding, order: Sequence[Node], children: Mapping[Node, list[Node]], further: tuple[str, ...]
) -> Diagnosis:
    node, at = first.node, first.at
    expression, script = snippet(first, children)
    return Diagnosis(
        kind=_KINDS.get(first.kind, MADE_HERE),
        backward=first.kind not in ("came in", "made here"),
        node=node,
        name=names(order[-1])[node],
        first_use=first.use,
        index=at,
        count=int(np.count_nonzero(first.lost)),
        op=node.op.name if node.op is not None else "",
        operands=tuple(_operand(parent, node, at) for parent in node.parents),
        site=(node if node.op is not None or first.use is None else first.use).site,
        sentence=first.sentence,
        reason=_reason(first),
        then=_then(first, order) if first.kind in ("came in", "made here") else "",
        way_out=way_out(first, children),
        expression=expression,
        script=script,
        further=further,
    )


def _operand(parent: Node, node: Node, at: tuple[int, ...]) -> tuple[str, Any]:
    """An operand by its label, with its number at the entry that is lost; of an array op with all of its numbers."""
    if node.op is None or node.op.whole:
        return parent.label or "", parent._data
    return parent.label or "", float(entry(parent._data, at))


def _reason(finding: Finding) -> str:
    node, at = finding.node, finding.at
    dtype = np.asarray(node._data).dtype
    if finding.kind == "came in" or (node.op is None and finding.kind == "made here"):
        return "a leaf held it: no op made it"
    if finding.kind == "added up":
        return f"each share is finite, and their sum is beyond the largest {dtype}"
    assert node.op is not None
    numbers = () if node.op.whole else [float(entry(parent._data, at)) for parent in node.parents]
    if finding.kind == "made here":
        return reasons.of_value(node.op.name, numbers, float(entry(node._data, at)), dtype)
    if finding.kind == "sent back" or finding.place is None:
        return f"what its pull-back adds up is beyond the largest {dtype}, or the slope is not finite there"
    local, above = float(entry(finding.local, at)), float(entry(finding.above, at))
    why = reasons.of_slope(node.op.name, finding.place, numbers, local, above, dtype)
    if finding.kind == "derivative":
        return why
    return f"{why}, and what comes from above is 0" if above == 0.0 else f"{why}; the slope here is 0"


def _then(finding: Finding, order: Sequence[Node]) -> str:
    """The op that first made nan of it, where it was infinite at first."""
    if np.isnan(entry(finding.node._data, finding.at)):
        return ""
    for node in order:
        if node.op is None or node.op.whole or not np.isnan(node._data).any():
            continue
        lost = np.asarray(np.isnan(node._data))
        at = tuple(int(i) for i in np.unravel_index(int(np.argmax(lost)), np.shape(lost)))
        numbers = [float(entry(parent._data, at)) for parent in node.parents]
        if not any(map(np.isnan, numbers)):
            why = reasons.of_nan(node.op.name, numbers)
            return f"nan in {node.op.name}: {call(node, at)}" + (f", {why}" if why else "")
    return ""
