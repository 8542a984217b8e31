"""python -m autograd …: the demo, and a drawing, a table, the steps or a check of an expression that is typed."""

from __future__ import annotations

import argparse
import io
import os
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

from autograd.errors import ArgumentError, AutogradError, ExpressionError
from autograd.parsing import CONSTANTS, evaluate, names_in
from autograd.value import Value

LONGEST_SHOWN = 120  # characters of an expression that are printed above its check
DESCRIPTION = "Automatic differentiation you can see through."
EXAMPLES = """examples:
  python -m autograd demo
  python -m autograd table "1/(1+exp(-(w*x+b)))" x=1 w=0 b=0
  python -m autograd draw  "1/(1+exp(-(w*x+b)))" x=1 w=0 b=0 -o neuron.svg
  python -m autograd draw  "(x + y) * z" x=-2 y=5 z=-4 --edges values -o graph.svg
  python -m autograd step  "1/(1+exp(-(w*x+b)))" x=1 w=0 b=0
  python -m autograd step  "1/(1+exp(-(w*x+b)))" x=1 w=0 b=0 -o steps.html
  python -m autograd check "1/(1+exp(-(w*x+b)))" x=1 w=0 b=0 --order 2
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code: 0, 1 when it fails, 2 when it was asked wrongly, 130 on Ctrl-C.

    A check fails where a derivative does not pass.
    """
    options = _options(sys.argv[1:] if arguments is None else list(arguments))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that cannot show ∂ shows ? and goes on
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except ExpressionError as problem:
        return _failed(str(problem), 2)
    except (AutogradError, OSError) as problem:
        if isinstance(problem, BrokenPipeError):  # the reader, `head` for one, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        return _failed(str(problem), 1)
    except KeyboardInterrupt:
        return _failed("stopped", 130)
    return code


def _options(typed: list[str]) -> argparse.Namespace:
    """What was typed; NAME=VALUE may stand before and after options, and an expression may begin with a minus."""
    if len(typed) > 1 and typed[1][:1] == "-" and typed[1] not in ("-h", "-o") and not typed[1].startswith("--"):
        typed[1] = f" {typed[1]}"  # what holds a space is not taken for an option
    parser = _parser()
    options, rest = parser.parse_known_args(typed)
    if any(text.startswith("-") or "=" not in text or not hasattr(options, "values") for text in rest):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest:
        options.values += rest
    return options


def _failed(problem: str, code: int) -> int:
    print(f"python -m autograd: error: {problem}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m autograd",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    demo = commands.add_parser("demo", help="the textbook's neuron, and its 4-6-3 network on Iris, in half a minute")
    demo.add_argument("--out", type=Path, default=Path("out"), metavar="FOLDER", help="where to write (default: out)")
    demo.add_argument("--seed", type=int, default=0, help="of the weights and the shuffling (default: 0)")
    demo.set_defaults(run=_demo)

    draw = commands.add_parser("draw", help="draw the graph of an expression, with gradients")
    _add_expression(draw)
    draw.add_argument(
        "-o", "--output", metavar="FILE", help="ending in .svg, .dot or .html (default: SVG to the terminal)"
    )
    draw.add_argument("--direction", choices=("LR", "TB"), default="LR", help="left to right, or top to bottom")
    draw.add_argument(
        "--edges", choices=("derivatives", "values", "none"), default="derivatives", help="what edges show"
    )
    draw.add_argument("--digits", type=int, default=4, help="significant digits (default: 4)")
    draw.set_defaults(run=_draw)

    table = commands.add_parser("table", help="print the forward and backward table of an expression")
    _add_expression(table)
    table.set_defaults(run=_table)

    step = commands.add_parser("step", help="step through an expression, forward and back")
    _add_expression(step)
    step.add_argument(
        "-o", "--output", metavar="FILE", help="ending in .html, .svg or .txt (default: in the terminal, step by step)"
    )
    step.set_defaults(run=_step)

    check = commands.add_parser("check", help="hold the derivatives of an expression against numerical ones")
    _add_expression(check)
    check.add_argument("--order", type=int, default=1, help="2 for second derivatives too, and so on (default: 1)")
    check.add_argument(
        "--allow", metavar="VERDICT", action="append", default=[], help="pass with this verdict too, such as kink"
    )
    check.set_defaults(run=_check)
    return parser


def _add_expression(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("expression", metavar="EXPR", help='such as "1/(1+exp(-(w*x+b)))"')
    parser.add_argument("values", metavar="NAME=VALUE", nargs="*", help="a number for each name in the expression")


def _variables(options: argparse.Namespace) -> dict[str, Value]:
    """A variable for every NAME=VALUE, which are just those that the expression needs."""
    expression: str = options.expression
    given = dict(_pair(text) for text in options.values)
    if len(given) < len(options.values):
        raise ExpressionError("a name is given twice: one NAME=VALUE for each")
    names = names_in(expression)
    missing = [name for name in names if name not in given and name not in CONSTANTS]
    if missing:
        raise ExpressionError(f"nothing is given for {', '.join(missing)}: add " + " ".join(f"{n}=…" for n in missing))
    unused = [name for name in given if name not in names]
    if unused:
        known = f"its names are {', '.join(names)}" if names else "it has no names"
        raise ExpressionError(f"{', '.join(unused)} does not occur in the expression; {known}")
    return {name: Value(x, name) for name, x in given.items()}


def _root(options: argparse.Namespace) -> Value:
    """The expression at the values given, walked back once."""
    root = _evaluated(options, _variables(options))
    root.backward()
    return root


def _evaluated(options: argparse.Namespace, variables: Mapping[str, Value]) -> Value:
    root = evaluate(options.expression, variables)
    if not isinstance(root, Value):
        raise ExpressionError(f"the expression holds no name, so there is no graph: it is {root}")
    return root


def _pair(text: str) -> tuple[str, float]:
    name, equals, number = text.partition("=")
    name = unicodedata.normalize("NFKC", name.strip())  # as Python reads names
    if not equals or not name.isidentifier():
        raise ExpressionError(f"{text[:60]!r} is not NAME=VALUE, such as x=1")
    try:
        return name, float(number)
    except ValueError:
        raise ExpressionError(f"{number[:60]!r} is not a number: give {name}=1.5 or the like") from None


def _draw(options: argparse.Namespace) -> int:
    from autograd.view.drawing import draw

    drawing = draw(_root(options), direction=options.direction, edges=options.edges, digits=options.digits)
    if options.output is None:
        print(drawing.svg)
    else:
        drawing.save(options.output)
        print(f"wrote {options.output}")
    return 0


def _table(options: argparse.Namespace) -> int:
    from autograd.view.table import table

    print(table(_root(options)))
    return 0


def _step(options: argparse.Namespace) -> int:
    from autograd.view.stepping.interactive import interact
    from autograd.view.stepping.stepper import step

    stepper = step(_evaluated(options, _variables(options)))
    if options.output is not None:
        stepper.save(options.output)
        print(f"wrote {options.output}")
    elif sys.stdin.isatty() and sys.stdout.isatty():
        interact(stepper)
    else:
        print(stepper.listing())
    return 0


def _check(options: argparse.Namespace) -> int:
    from autograd.checking import check

    variables = _variables(options)

    def f(*xs: Value) -> Value:
        return _evaluated(options, dict(zip(variables, xs, strict=True)))

    f(*variables.values())  # what cannot be read is said before anything is checked
    try:
        report = check(f, *variables.values(), order=options.order, allow=options.allow)
    except ArgumentError as problem:
        raise ExpressionError(str(problem)) from None
    written = " ".join(options.expression.split())
    print(f"f = {written if len(written) <= LONGEST_SHOWN else written[: LONGEST_SHOWN - 1] + '…'}\n{report}")
    return 0 if report.passed else 1


def _demo(options: argparse.Namespace) -> int:
    from nn.demo import run

    run(options.out, options.seed)
    return 0
