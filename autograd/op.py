"""What an op is: a name, a function and one derivative rule, on one row."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Sequence
from numbers import Real
from typing import Any, NamedTuple, TypeVar

import numpy as np

from autograd.complaints import COMPLAINTS, explained, numbers
from autograd.errors import ArgumentError, OperandError, RuleError
from autograd.graph import Node
from autograd.products import masked_product

AnyOp = TypeVar("AnyOp", bound="Op")

# Where `math` and plain floats raise, IEEE-754 has an answer: inf, nan or a signed zero.
EXCEPTIONAL = (ArithmeticError, ValueError)


class Op:
    """An op is a name, a function and one derivative rule.

    `function` works on floats and `array_function` on NumPy arrays (complex ones too where `analytic`, else refused).
    `rule(y, a, b, …)` gives the local derivatives (∂y/∂a, ∂y/∂b, …), one entry for each parent: a number, None where
    there is no derivative, or a function of nothing where taking it unasked would be wasteful or undefined.
    It is written with ops and + − × alone, so that it runs on floats, arrays and nodes alike.
    `selects` marks the ops that discard a branch on purpose (where, maximum, relu, clip).

    Calling an op dispatches on its arguments: a node records itself, arrays give arrays, plain numbers give a float.
    """

    __slots__ = (
        "analytic", "arity", "array_function", "derivable", "function", "latex", "name", "record", "rule", "selects",
        "symbol",
    )  # fmt: skip
    whole = False  # whether it works on whole arrays, with a pull-back in place of local derivatives

    def __init__(
        self,
        name: str,
        function: Callable[..., float],
        array_function: Callable[..., Any],
        rule: Callable[..., tuple[Any, ...]] | None,
        *,
        symbol: str | None = None,
        latex: str | None = None,
        analytic: bool = False,
        selects: bool = False,
    ) -> None:
        self.name, self.function, self.array_function, self.rule = name, function, array_function, rule
        self.arity = -1 if self.whole else _arity(function) if rule is None else _arity(rule, beside=1)
        operands = ", ".join(["{}"] * max(self.arity, 1))
        self.symbol = symbol or f"{name}({operands})"
        self.latex = latex or rf"\operatorname{{{{{name}}}}}\left({operands}\right)"
        self.analytic, self.selects, self.derivable = analytic, selects, rule is not None
        self.record: Callable[..., Any] | None = None  # how scalar nodes record this op: made once, at first use

    def __call__(self, *arguments: Any) -> Any:
        if len(arguments) != self.arity and (self.arity != -1 or not arguments):
            wanted = {-1: "at least one operand", 1: "1 operand"}.get(self.arity, f"{self.arity} operands")
            raise OperandError(f"{self.name} takes {wanted}, got {len(arguments)}")
        for argument in arguments:
            if argument.__class__ is not float:
                return self._dispatched(arguments)
        return self._on_floats(arguments)

    def _dispatched(self, arguments: Sequence[Any]) -> Any:
        for argument in arguments:
            if isinstance(argument, Node):
                return argument.apply(self, arguments)
        if any(isinstance(argument, (np.ndarray, complex)) for argument in arguments):
            return self._on_arrays(arguments)
        return self._on_floats([as_float(argument, self.name, wanted=_ANY) for argument in arguments])

    def _on_arrays(self, arguments: Sequence[Any]) -> Any:
        if not self.analytic:
            _refuse_complex(self.name, arguments)
        try:
            y = self.array_function(*arguments)
        except COMPLAINTS as error:
            raise explained(self.name, arguments, None, error) from None
        return y if y.__class__ is np.ndarray and y.dtype.kind != "O" else numbers(self.name, y, arguments)

    def _on_floats(self, arguments: Sequence[float]) -> float:
        try:
            y = self.function(*arguments)
        except EXCEPTIONAL:
            with np.errstate(all="ignore"):
                y = self.array_function(*map(np.float64, arguments))
        if y.__class__ is float:
            return y
        try:
            return as_float(y, self.name)
        except OperandError:
            raise OperandError(f"{self.name} must give a number, and of {tuple(arguments)} gave {y!r}") from None

    def value_and_derivatives(self, *arguments: float) -> tuple[float, tuple[Any, ...]]:
        """The value and every local derivative at plain floats, by IEEE-754 where Python would raise."""
        y = self._on_floats(arguments)
        if self.rule is None:
            return y, (None,) * len(arguments)
        try:
            derivatives = self.rule(y, *arguments)
        except EXCEPTIONAL:
            with np.errstate(all="ignore"):
                derivatives = self.rule(*map(np.float64, (y, *arguments)))
        _demand_one_each(self, derivatives, arguments)
        return y, derivatives

    def shares(
        self, adjoint: Any, y: Any, operands: Sequence[Any], wanted: Sequence[Any], parameters: Any, home: Any
    ) -> Iterator[tuple[int, Any]]:
        """Place and share of every operand wanted: the adjoint of y times the local derivative, masked.

        The rule is taken here, on what it is given: arrays, or the nodes of a graph. `home(place)` may give an array
        into which that share can be written.
        """
        assert self.rule is not None
        entries = self.rule(y, *operands)
        _demand_one_each(self, entries, operands)
        for place, entry in enumerate(entries):
            if wanted[place] is None or entry is None:
                continue
            local = entry() if callable(entry) else entry
            try:
                share = masked_product(adjoint, local)
            except (ValueError, TypeError, AttributeError):
                raise RuleError(
                    f"the rule of {self.name} gave {_brief(local)} where a derivative of shape {y.shape} was expected"
                ) from None
            yield place, share

    def written(self, *operands: str) -> str:
        """The op in the textbook's notation, with the operands' names put in."""
        return self.symbol.format(*operands) if self.arity != -1 else f"{self.name}({', '.join(operands)})"

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    # An op is one and the same everywhere: a copy is itself (and a pickle is its name, see ops.py).

    def __copy__(self) -> Op:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Op:
        return self


def elementwise(
    name: str,
    function: Callable[..., float],
    array_function: Callable[..., Any],
    rule: Callable[..., tuple[Any, ...]] | None,
    **display: Any,
) -> Op:
    """A new op from one row: its name, its function on floats and on arrays, and its local derivatives.

    `rule(y, a, b, …)` returns (∂y/∂a, ∂y/∂b, …); see `Op`. Write it with autograd's functions and + − × (`math` does
    for first derivatives alone, and a / b is divide(a, b)), or None where there is no derivative. Where `function`
    raises ArithmeticError or ValueError, as `math` does outside a domain, `array_function` gives the answer.
    Display options: symbol="{} × {}", latex="…".

    >>> cube = elementwise("cube", lambda a: a * a * a, lambda a: a**3, lambda y, a: (3.0 * a * a,))
    >>> cube(2.0)
    8.0
    """
    _demand_row(name, ("function", function), ("array function", array_function), ("rule", rule))
    op = Op(name, function, array_function, rule, **display)
    taken = _arity(function)
    if -1 not in (taken, op.arity) and taken != op.arity:
        raise RuleError(f"the rule of {name} must take the result y and then the {taken} operands of its function")
    return _with_fitting_symbol(op, max(op.arity, 1))


class ArrayOp(Op):
    """An op on whole arrays: a name, a function, and a pull-back in place of local derivatives.

    `pull_back(g, y, a, b, …, **parameters)` gives what each operand receives when y receives g: a tuple with an array,
    None, or a function of nothing for each. It is written with ops, so that it runs on arrays and on nodes alike.
    Parameters such as axis are passed by name; shares may keep the shape and dtype that broadcasting gave them.
    """

    __slots__ = ("pull_back",)
    whole = True

    def __init__(
        self, name: str, function: Callable[..., Any], pull_back: Callable[..., tuple[Any, ...]] | None, **display: Any
    ) -> None:
        super().__init__(name, function, function, None, **display)
        self.pull_back, self.derivable = pull_back, pull_back is not None

    def __call__(self, *operands: Any, **parameters: Any) -> Any:
        for operand in operands:
            if isinstance(operand, Node):
                return operand.apply(self, operands, parameters)
        if not self.analytic:
            _refuse_complex(self.name, operands)
        try:
            y: Any = self.function(*operands, **parameters)
        except COMPLAINTS as error:
            raise explained(self.name, operands, parameters, error) from None
        return y if y.__class__ is np.ndarray and y.dtype.kind != "O" else numbers(self.name, y, operands)

    def shares(
        self, adjoint: Any, y: Any, operands: Sequence[Any], wanted: Sequence[Any], parameters: Any, home: Any
    ) -> Iterator[tuple[int, Any]]:
        assert self.pull_back is not None
        try:
            entries = self.pull_back(adjoint, y, *operands, **(parameters or {}))
        except TypeError:
            self._demand_fitting_pull_back(operands, parameters or {})
            raise
        _demand_one_each(self, entries, operands)
        for place, entry in enumerate(entries):
            if wanted[place] is None or entry is None:
                continue
            if entry.__class__ is Into:
                yield place, entry.function(home(place))
            else:
                yield place, entry() if callable(entry) else entry

    def _demand_fitting_pull_back(self, operands: Sequence[Any], parameters: dict[str, Any]) -> None:
        assert self.pull_back is not None
        try:
            inspect.signature(self.pull_back).bind(None, None, *operands, **parameters)
        except TypeError as error:
            raise RuleError(
                f"the pull-back of {self.name} must take the gradient g, the result y and then all that its function "
                f"takes: {error}"
            ) from None

    def written(self, *operands: str) -> str:
        """By the op's symbol where it has a place for each operand, as in x @ W; else as a call."""
        fits = self.symbol.count("{") == len(operands)
        return self.symbol.format(*operands) if fits else f"{self.name}({', '.join(operands)})"


class Into(NamedTuple):
    """An entry of a pull-back that can be written into an array that is there: `function(out)`, out an array or None.

    The weights' share of a layer is as large as the weights: this saves a copy of it.
    """

    function: Callable[[Any], Any]


def array_op(
    name: str, function: Callable[..., Any], pull_back: Callable[..., tuple[Any, ...]] | None, **display: Any
) -> ArrayOp:
    """A new op on whole arrays from one row: its name, its function, and how a gradient comes back through it.

    `function(a, b, …, **parameters)` takes and gives NumPy arrays; whole numbers that it makes of variables become
    floats. `pull_back(g, y, a, b, …, **parameters)` returns a tuple with the share of each operand, given the gradient
    g of the result y; write it with autograd's functions, so that second derivatives are right too, or give None where
    there is no derivative. See `ArrayOp`.

    >>> double = array_op("double", lambda a: 2.0 * a, lambda g, y, a: (2.0 * g,))
    >>> double(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    _demand_row(name, ("function", function), ("pull-back", pull_back))
    op = ArrayOp(name, function, pull_back, **display)
    return _with_fitting_symbol(op, op.symbol.count("{"))


def _demand_row(name: str, *roles: tuple[str, Any]) -> None:
    if not isinstance(name, str) or not name.isidentifier():
        raise OperandError(f"an op's name must be an identifier, got {name!r}")
    for role, f in roles:
        if not callable(f) and not (role in ("rule", "pull-back") and f is None):
            raise OperandError(f"the {role} of {name} must be callable, got {f!r}")


def _with_fitting_symbol(op: AnyOp, places: int) -> AnyOp:
    """The op, whose symbol takes the names of so many operands; else ArgumentError."""
    try:
        op.written(*["a"] * places)
    except (IndexError, KeyError, ValueError):
        raise ArgumentError(
            f"the symbol {op.symbol!r} of {op.name} must hold one {{}} for each of its operands"
        ) from None
    return op


def _demand_one_each(op: Op, entries: Any, operands: Sequence[Any]) -> None:
    if not isinstance(entries, tuple) or len(entries) != len(operands):
        rule = "pull-back" if isinstance(op, ArrayOp) else "rule"
        raise RuleError(
            f"the {rule} of {op.name} must return a tuple of {len(operands)} derivatives, one for each parent, "
            f"and returned {entries!r}"
        )


def _refuse_complex(op_name: str, arguments: Sequence[Any]) -> None:
    """What is not analytic has a meaning for complex numbers at most by accident: OperandError."""
    for argument in arguments:
        if isinstance(argument, complex) or (isinstance(argument, np.ndarray) and argument.dtype.kind == "c"):
            raise OperandError(
                f"{op_name} takes no complex numbers, for it is not marked analytic. A derivative by method='complex' "
                "needs analytic ops alone; method='richardson' takes any."
            )


_ANY = "numbers, arrays, Values and Tensors"


def _brief(x: Any) -> str:
    return f"shape {x.shape}" if hasattr(x, "shape") else repr(x)[:60]


def as_float(x: Any, op_name: str, *, wanted: str = "numbers and Values") -> float:
    """A plain number as a float; anything else raises OperandError naming the op and the way out."""
    if x.__class__ is float:
        return x
    if x.__class__ is int or isinstance(x, (Real, np.bool_)):
        try:
            return float(x)
        except OverflowError:  # an int beyond the float range rounds to infinity, as IEEE-754 has it
            return math.inf if x > 0 else -math.inf  # type: ignore[operator]
    if isinstance(x, np.ndarray) and x.ndim == 0:
        return as_float(x.item(), op_name, wanted=wanted)
    if isinstance(x, np.ndarray):
        raise OperandError(
            f"{op_name} takes {wanted}, not an array of shape {x.shape}: a Value is one number. "
            "Use Tensor for arrays, or a list of Values."
        )
    raise OperandError(f"{op_name} works on {wanted}, not on {type(x).__name__}: {str(x)[:60]!r}")


def _arity(function: Callable[..., Any], beside: int = 0) -> int:
    """How many operands a function takes, beside those not counted: −1 when any number will do."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # a builtin that does not say
        return -1
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return -1
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return max(sum(p.kind in positional and p.default is p.empty for p in parameters) - beside, 0)
