"""Ways out: what to write in place of an op that is not finite, read from the op and its neighbours in the graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autograd.findings import Finding
from autograd.graph import Node

Children = Mapping[Node, Sequence[Node]]


def _double_where(name: str) -> str:
    f = {"divide": "a / ", "reciprocal": "1 / "}.get(name, name)
    call = f"{f}where(ok, x, 1.0)" if f.endswith(" ") else f"{f}(where(ok, x, 1.0){', b' if name == 'pow' else ''})"
    return f"where(ok, {call}, other), whose inner where keeps x inside the domain on the way back too"


def way_out(finding: Finding, children: Children) -> str:
    """One sentence that names the stable row, or the change that keeps the op inside its domain."""
    node = finding.node
    if finding.kind == "came in":
        return "look at where this number comes from: np.isfinite(data).all() before the graph is built"
    stable = _stable_form(node, children)
    if stable:
        return stable
    if finding.kind == "made here":
        return _AT_VALUES.get(_name(node), _SCALE)
    if finding.kind == "masked":
        meant = f"where the 0 is meant, say so: {_double_where(_name(node))}"
        return f"{meant}; else keep away from the point, as in {_nearby(node)}"
    return _AT_SLOPES.get(_name(node), _SCALE)


_SCALE = "bring the numbers into range: a smaller scale or learning rate, clipped gradients, or float64"
_AT_VALUES = {
    "log": f"keep x above 0, log(clip(x, 1e-12, inf)), or {_double_where('log')}",
    "log1p": f"keep x above −1 by clip, or {_double_where('log1p')}",
    "divide": f"keep the denominator away from 0, a / (b + 1e-12) where b ≥ 0, or {_double_where('divide')}",
    "reciprocal": f"keep the denominator away from 0, 1 / (x + 1e-12) where x ≥ 0, or {_double_where('reciprocal')}",
    "sqrt": f"keep x at or above 0, sqrt(relu(x)) or sqrt(abs(x)), or {_double_where('sqrt')}",
    "pow": f"keep the base above 0 by clip or abs, or use a whole exponent, or {_double_where('pow')}",
    "arcsin": "hold x in the domain: arcsin(clip(x, -1.0, 1.0))",
    "arccos": "hold x in the domain: arccos(clip(x, -1.0, 1.0))",
    "exp": "subtract the largest x first, as softmax and logsumexp do, or hold it back: exp(clip(x, -700.0, 700.0))",
    "expm1": "hold x back: expm1(clip(x, -700.0, 700.0))",
    "sinh": "hold x back with clip, or use tanh, which is bounded",
    "cosh": "hold x back with clip, or use tanh, which is bounded",
    "astype": "keep float64, or bring the numbers into the range of float32 first",
}
_AT_SLOPES = {
    "sqrt": f"keep away from 0, sqrt(x + 1e-12), or {_double_where('sqrt')}",
    "log": f"keep away from 0, log(clip(x, 1e-12, inf)), or {_double_where('log')}",
    "pow": f"keep the base away from 0 or make the exponent a plain number, or {_double_where('pow')}",
    "arcsin": "hold x inside the domain: arcsin(clip(x, -0.999999, 0.999999))",
    "arccos": "hold x inside the domain: arccos(clip(x, -0.999999, 0.999999))",
}


def _nearby(node: Node) -> str:
    return {"sqrt": "sqrt(x + 1e-12)", "log": "log(x + 1e-12)"}.get(_name(node), "clip(x, low, high)")


def _stable_form(node: Node, children: Children) -> str:
    """The stable row that the op and its neighbours spell out, if they do."""
    name = _name(node)
    if name == "log":
        return _of_log(node)
    if name in ("exp", "expm1"):
        return _of_exp(node, children)
    if name in ("divide", "reciprocal") and any(_name(parent) in ("exp", "sum") for parent in node.parents):
        inside = [_name(p) for parent in node.parents for p in (parent, *parent.parents)]
        if "exp" in inside:
            return "write it as softmax(x), which subtracts the largest x first"
    return ""


def _of_log(node: Node) -> str:
    operand = node.parents[0]
    inside = [_name(operand), *(_name(parent) for parent in operand.parents)]
    if "softmax" in inside:
        return "take both at once: log_softmax(x), or nn.CrossEntropyLoss() on the logits in place of softmax and log"
    if _is_sigmoid(operand):
        return "take both at once: log_sigmoid(x), or a cross-entropy from logits"
    if _name(operand) == "exp":
        return "the logarithm of exp(x) is x: stay with x; for sums of them use logsumexp"
    if "exp" in inside:
        return "take both at once: logsumexp(xs), or softplus(x) for log(1 + exp(x))"
    return ""


def _of_exp(node: Node, children: Children) -> str:
    around = [child for first in children.get(node, ()) for child in (first, *children.get(first, ()))]
    names = {_name(child) for child in around}
    if _name(node) == "expm1":
        return ""
    if "log" in names or "log1p" in names:
        return "take both at once: logsumexp(xs), or softplus(x) for log(1 + exp(x))"
    if "add" in names and names & {"reciprocal", "divide"}:
        return "use the stable row of 1 / (1 + exp(−x)): autograd.ops.logistic(x), or for its logarithm log_sigmoid(x)"
    if names & {"reciprocal", "divide", "sum"}:
        return "write it as softmax(xs) or logsumexp(xs), which subtract the largest x first"
    return ""


def _is_sigmoid(node: Node) -> bool:
    """σ as one row, or spelled out as 1 / (exp(−x) + 1)."""
    if _name(node) in ("logistic", "divide", "reciprocal"):
        inside = [_name(p) for parent in node.parents for p in (parent, *parent.parents)]
        return _name(node) == "logistic" or "exp" in inside
    return False


def _name(node: Node) -> str:
    return node.op.name if node.op is not None else ""
