"""What each kind of step says: titles, and rules with numbers put in. Every function gives entries of a `Step`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from autograd.graph import Node
from autograd.view.contributions import Contribution
from autograd.view.datum import is_one_number
from autograd.view.notation import notation
from autograd.view.reading import Reading
from autograd.view.stepping.roles import masked, numbers_of, partial, role_of, rule_of
from autograd.view.wording import counted

SEVERAL = 3  # names or gradients that one line lists


def forward(reading: Reading, node: Node) -> dict[str, str]:
    """h5 = 1 / h4, then = 1 / 2 = 0.5, and the local derivatives, which are taken now and used on the way back."""
    name, written = reading.names[node], reading.written(node)
    values = [reading.value(parent._data) for parent in node.parents]
    with_numbers = notation(node, [_operand(node, text) for text in values])
    derivatives = [
        f"{reading.local(node, place)} = {reading.value(edge.derivative)}"
        for place, edge in enumerate(reading.edges_into(node))
        if edge.derivative is not None and is_one_number(edge.derivative)
    ]
    return {
        "title": f"{name} = {written}",
        "formula": f"{name} = {with_numbers} = {reading.value(node._data)}",
        "note": ", ".join(derivatives),
    }


def _operand(node: Node, text: str) -> str:
    """A negative base of a power stands in parentheses."""
    return f"({text})" if node.op is not None and node.op.name == "pow" and text.startswith("−") else text


def folded_forward(reading: Reading, name: str, nodes: Collection[Node], shown: Collection[Node]) -> dict[str, str]:
    results = [f"{reading.names[node]} = {reading.value(node._data)}" for node in nodes if node in shown]
    return {"title": f"{name} is computed", "formula": _listed(results), "note": f"{counted(nodes)} folded"}


def seed(reading: Reading) -> dict[str, str]:
    """∂f/∂f = 1, where every walk back begins."""
    name = reading.names[reading.root]
    started = f"{partial(reading, reading.root)} = {reading.gradient(reading.adjoints[reading.root])}"
    return {"title": f"{name} begins the walk back", "formula": started}


def backward(reading: Reading, c: Contribution) -> dict[str, str]:
    """h5 speaks to h4: ∂f/∂h4 += ∂f/∂h5 · ∂h5/∂h4 = 1 · −0.25 = −0.25."""
    return {
        "title": f"{reading.names[c.operation]} speaks to {reading.names[c.operand]}",
        "formula": f"{partial(reading, c.operand)} += {rule_of(reading, c)} = {numbers_of(reading, c)}",
        "role": role_of(reading, c),
    }


def about_mask(c: Contribution) -> str:
    return "0 × ∞ counts as 0 here: nothing comes from a branch not taken" if masked(c) else ""


def folded_backward(
    reading: Reading, name: str, nodes: Collection[Node], outside: Sequence[Node], sums: Mapping[Node, Any]
) -> dict[str, str]:
    listed = _listed([reading.names[node] for node in outside])
    return {
        "title": f"{name} speaks to {listed}" if outside else f"{name} has heard all, and keeps it",
        "formula": _listed([f"{partial(reading, node)} = {reading.gradient(sums[node])}" for node in outside]),
        "note": f"{counted(nodes)} folded",
    }


def done(reading: Reading, variables: Sequence[Node]) -> dict[str, str]:
    gradients = [
        f"{partial(reading, node)} = {reading.gradient(reading.adjoints.get(node, 0.0))}" for node in variables
    ]
    return {"title": "every gradient is there", "formula": _listed(gradients, 2 * SEVERAL)}


def _listed(texts: Sequence[str], several: int = SEVERAL) -> str:
    more = f" and {len(texts) - several:,} more" if len(texts) > several else ""
    return ", ".join(texts[:several]) + more
