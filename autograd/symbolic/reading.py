"""Reading: the leaves of a graph of Values get names, and the graph becomes one of expressions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from autograd.errors import ArgumentError, AutogradError, OperandError
from autograd.graph import Node, ancestry
from autograd.symbolic.forms import demand_short, number, sympy
from autograd.symbolic.symbolic_node import Symbolic
from autograd.value import Value
from autograd.view.datum import brief
from autograd.view.names import names


def leaf_names(root: Any, given: Mapping[str, Any] | None = None) -> dict[Node, str]:
    """The name of every leaf that becomes a symbol, no two alike: of variables, and of constants that have one.

    Names are those of the drawings: the label, the name under which `given` holds the leaf, else x1, x2, …; of several
    leaves with one name the second is name_2, and so on. OperandError for Tensors and for what is no node.
    """
    _demand_value(root)
    called = names(root, given)
    own = {
        leaf: name
        for leaf, name in called.items()
        if leaf.op is None and (leaf.requires_grad or leaf.label or name != brief(leaf._data, 4))
    }
    taken: set[str] = set()
    for leaf, name in own.items():
        count, free = 1, name
        while free in taken or (count > 1 and free in own.values()):
            count += 1
            free = f"{name}_{count}"
        taken.add(free)
        own[leaf] = free
    return own


def symbolic_graph(root: Node, called: Mapping[Node, str]) -> dict[Node, Symbolic]:
    """For every node the root depends on, the node of expressions that the same op makes of the same parents."""
    made: dict[Node, Symbolic] = {}
    for node in ancestry(root):
        if node.op is not None:
            made[node] = node.op(*(made[parent] for parent in node.parents))
        elif node in called:
            made[node] = symbol(called[node], node.requires_grad)
        else:
            made[node] = Symbolic(number(node._data))
    return made


def symbol(name: str, requires_grad: bool = True) -> Symbolic:
    """A leaf that stands for any finite real number."""
    return Symbolic(sympy().Symbol(name, real=True), requires_grad)


def leaf_of(wrt: Any, called: Mapping[Node, str]) -> Node:
    """The leaf that is differentiated toward, given itself or by name."""
    name = wrt.name if isinstance(wrt, sympy().Symbol) else wrt
    if isinstance(name, str):
        leaf = next((leaf for leaf, own in called.items() if own == name), None)
        if leaf is None:
            near = get_close_matches(name, called.values(), 1) or list(called.values())[:10]
            known = f"its leaves are {', '.join(near)}" if near else "it has none"
            raise ArgumentError(f"no leaf of this graph is called {name!r}: {known}")
    elif not isinstance(wrt, Value):
        raise OperandError(f"wrt is a leaf of the graph, or its name, not {type(wrt).__name__}: {str(wrt)[:60]!r}")
    else:
        leaf = wrt
    if leaf.op is not None:
        raise ArgumentError(
            f"a symbolic derivative is taken toward leaves, and {leaf!r} was made by {leaf.op.name}: "
            "gradients(root, [node]) gives its number"
        )
    if not leaf.requires_grad:
        raise AutogradError(f"no derivative is taken toward {leaf!r}: it is a constant, or frozen")
    return leaf


def _demand_value(root: Any) -> None:
    if isinstance(root, Value):
        return
    if isinstance(root, Node):
        raise OperandError(
            f"symbolic expressions are made of Values, one symbol a number, and this is a {type(root).__name__} of "
            f"shape {getattr(root, 'shape', ())}: build the graph of Values instead, a network with to_scalars()"
        )
    raise OperandError(f"the graph of a Value is wanted, not {type(root).__name__}: {str(root)[:60]!r}")


# ── symbols inside and outside ───────────────────────────────────────────────────────────────────────────────────────
# Inside, symbols are known to be real, which |x| and √x² need. Outside they are the plain ones, so that
# expression.subs("x", 2) and expression.diff(sympy.Symbol("x")) find them: to SymPy a real x is another x.


def plain(expression: Any) -> Any:
    """The expression in plain symbols; GraphTooLarge where a number in it is too long for Python to print."""
    for constant in expression.atoms(sympy().Rational):
        demand_short("SymPy", constant)
    return expression.xreplace({x: sympy().Symbol(x.name) for x in expression.free_symbols})


def real(expression: Any) -> Any:
    """The expression in symbols that are known to be real."""
    return expression.xreplace({x: sympy().Symbol(x.name, real=True) for x in expression.free_symbols})


def latex_name(name: str) -> str | None:
    """How LaTeX writes a name that is no identifier, character by character; None where SymPy knows best."""
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*", name):
        return None
    return r"\text{" + "".join(_ESCAPED.get(character, character) for character in name) + "}"


_ESCAPED = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "%": r"\%", "#": r"\#", "&": r"\&", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "\n": " ", "\r": " ",
}  # fmt: skip
