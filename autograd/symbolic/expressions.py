"""Graphs and text as SymPy expressions, their LaTeX, their simplest form, and their derivatives two ways.

The expressions are in plain symbols, as sympy.Symbol("x") makes them; they are made and simplified as of real numbers.
MissingExtra is raised where SymPy is not installed, GraphTooLarge where it would take too long.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograd.backward import walk_back
from autograd.errors import ExpressionError, OperandError
from autograd.graph import Node
from autograd.parsing import evaluate, names_in
from autograd.symbolic.forms import number, sympy
from autograd.symbolic.limits import demand_few_terms, within_reach
from autograd.symbolic.reading import latex_name, leaf_names, leaf_of, plain, real, symbol, symbolic_graph
from autograd.symbolic.symbolic_node import Symbolic

Names = Mapping[str, Any] | None


def to_sympy(root: Node, names: Names = None) -> Any:
    """The graph of a Value as a SymPy expression in its leaves.

    A leaf becomes a symbol called by its label, or as `names`, such as locals(), calls it, or x1, x2, …; of two leaves
    with one label the second is label_2. Constants keep their numbers to the last bit, simple ones as fractions. A
    user's own op becomes an undefined function. OperandError for Tensors.

    >>> from autograd import Value
    >>> x, w, b = Value(1.0, "x"), Value(0.0, "w"), Value(0.0, "b")
    >>> to_sympy(1 / ((-(x * w + b)).exp() + 1))
    1/(exp(-b - w*x) + 1)
    """
    with within_reach():
        called = leaf_names(root, names)
        return plain(symbolic_graph(root, called)[root].expression)


def symbols(root: Node, names: Names = None) -> dict[Node, Any]:
    """The symbol of every leaf that `to_sympy` makes one of, in the order of the walk."""
    return {leaf: sympy().Symbol(name) for leaf, name in leaf_names(root, names).items()}


def derivative(root: Node, wrt: Any, names: Names = None) -> Any:
    """∂root/∂wrt as an expression, by the rules of the table run on symbols; 0 where root does not depend on it.

    `wrt` is a leaf or its name, or a list of them, to be differentiated by one after another. A user's own op needs a
    rule written with autograd's functions, else RuleError.

    >>> from autograd import Value
    >>> x = Value(2.0, "x")
    >>> derivative(x**3, x), derivative(x**3, [x, x])
    (3*x**2, 6*x)
    """
    with within_reach():
        called = leaf_names(root, names)
        made = symbolic_graph(root, called)
        y = made[root]
        for each in wrt if isinstance(wrt, (list, tuple)) else [wrt]:
            x = made.get(leaf_of(each, called))
            walk = walk_back(y, create_graph=True)
            y = next((adjoint for node, adjoint in walk if node is x), Symbolic(number(0.0)))
        return plain(y.expression)


def sympy_derivative(root: Node, wrt: Any, names: Names = None) -> Any:
    """∂root/∂wrt as SymPy itself finds it, to compare `derivative` with: they differ at most at special points.

    >>> from autograd import Value, tanh
    >>> x = Value(2.0, "x")
    >>> derivative(tanh(x), x), sympy_derivative(tanh(x), x)
    (1 - tanh(x)**2, 1 - tanh(x)**2)
    """
    with within_reach():
        called = leaf_names(root, names)
        y = symbolic_graph(root, called)[root].expression
        for each in wrt if isinstance(wrt, (list, tuple)) else [wrt]:
            leaf = leaf_of(each, called)
            y = sympy().diff(y, sympy().Symbol(called[leaf], real=True)) if leaf in called else number(0.0)
        return plain(y)


def to_latex(root: Any, names: Names = None) -> str:
    """LaTeX, without the dollar signs, of a graph or of an expression such as `derivative` gives.

    >>> from autograd import Value, sqrt
    >>> print(to_latex(sqrt(Value(2.0, "x") + 0.5)))
    \\sqrt{x + \\frac{1}{2}}
    """
    expression = root if isinstance(root, sympy().Basic) else to_sympy(root, names)
    own = {x: latex_name(x.name) for x in expression.free_symbols}
    with within_reach():
        return sympy().latex(expression, symbol_names={x: text for x, text in own.items() if text is not None})


def simplify(expression: Any, names: Names = None) -> Any:
    """The simplest form that SymPy finds of an expression: typed as text, a graph, or such as `derivative` gives.

    Text is read by the whitelist parser: numbers, names, + − * / **, comparisons and the functions of the table; pi and
    e are exact. ExpressionError for anything else, and nothing is ever executed.

    >>> simplify("3*x - x + 2*x + 1")
    4*x + 1
    """
    with within_reach():
        if isinstance(expression, str):
            read = _read(expression)
        elif isinstance(expression, sympy().Basic):
            read = real(expression)
        elif isinstance(expression, Node):
            read = real(to_sympy(expression, names))
        else:
            raise OperandError(
                f"simplify takes text, a graph or a SymPy expression, not {type(expression).__name__}: "
                f"{str(expression)[:60]!r}"
            )
        demand_few_terms(read)
        return plain(_simplest(read))


def _read(text: str) -> Any:
    """The expression typed as text, through the parser: only its ops are applied, to symbols."""
    constants = {"pi": sympy().pi, "e": sympy().E}
    values = {name: Symbolic(constants[name]) if name in constants else symbol(name) for name in names_in(text)}
    result = evaluate(text, values)
    if isinstance(result, Symbolic):
        return result.expression
    if isinstance(result, float):
        return number(result)
    raise ExpressionError(f"{text[:60]!r} is no number and no expression")


def _simplest(read: Any) -> Any:
    try:
        return sympy().simplify(sympy().piecewise_fold(read))
    except RecursionError:
        raise
    except Exception as problem:  # its own failures come in every class of error
        reason = f"{type(problem).__name__}: {problem}"
        raise OperandError(f"SymPy cannot simplify this ({reason}): to_sympy gives a graph as it stands") from None
