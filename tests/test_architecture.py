"""The rooms of the library, which way imports may point, and what importing costs."""

import ast
import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import pytest

import autograd
import nn

ROOT = Path(autograd.__file__).parents[1]

# From the top down: each room imports only rooms above it. A new module must be given its place here.
ROOMS = {
    "autograd": [
        *("errors", "complaints", "aligned", "leaf_data", "modes", "graph", "products"),
        *("op", "ops", "subscripts", "array_ops"),
        *("algebra", "scalars", "arrays", "liveness", "entries", "findings", "anomaly", "backward"),
        *("value", "array_functions", "numpy_protocols", "tensor"),
        "functions",
        *("trees", "stand_ins", "forward", "lifting", "evaluation", "sweeping", "transforms"),
        *("numeric", "parsing", "checking", "program", "view", "symbolic"),
        *("diagnosis", "comparing", "mistakes"),
    ],
    "nn": [
        *("arguments", "randomness", "initializers", "activations", "module", "scalar"),
        *("inputs", "layers", "activation_modules", "conversion", "summary", "sequential"),
        *("dataset", "synthetic", "idx", "mnist", "data_checks"),
        *("samples", "perceptron", "classes", "metrics", "regression_metrics", "targets"),
        *("reductions", "losses", "distance_losses", "class_losses", "cross_entropy", "margin_losses", "penalties"),
        *("flat", "optimizers", "clipping", "schedules", "atomic", "checkpoints"),
        *("history", "callbacks", "tally", "learning", "rehearsal"),
        *("compiling", "best", "run", "resuming", "training"),
        *("data", "textbook", "demo"),
        *("diagrams", "diagnosis"),
    ],
}
ABOVE_BOTH = {"autograd.cli", "autograd.__main__"}  # the command line uses both packages

# Imports that run against the arrows, inside a function, each with its reason.
LAZY = {
    ("autograd.graph", "autograd.op"): "a node's op, named in an annotation and never imported when it runs",
    ("nn.scalar", "nn.sequential"): "MLP.to_tensors gives a Sequential, whose to_scalars gives an MLP",
}

MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): path
    for package in ROOMS
    for path in sorted((ROOT / package).rglob("*.py"))
}


def room(module):
    """autograd.view.svg stands in the room autograd.view."""
    return ".".join(module.split(".")[:2])


def imports(module):
    """What a module imports from our own packages, with whether it does so inside a function."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    functions += [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    inside = {id(node) for function in functions for node in ast.walk(function)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            own = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in MODULES or f"{name}.__init__" in MODULES else node.module for name in own]
        else:
            continue
        yield from ((name, id(node) in inside) for name in names if name.split(".")[0] in ROOMS)


def place(module):
    package, name = room(module).split(".")
    assert name in ROOMS[package], f"{module} has no place in ROOMS: say which rooms it may import"
    return ROOMS[package].index(name)


def is_front_door(module):
    """The two `__init__` files hand names on, and are used by whoever stands outside their package."""
    return module in ("autograd", "nn", "autograd.__init__", "nn.__init__")


@pytest.mark.parametrize("module", [m for m in MODULES if m not in ABOVE_BOTH and not is_front_door(m)])
def test_a_room_imports_only_rooms_above_it(module):
    for imported, lazily in imports(module):
        if room(imported) == room(module) or (lazily and (room(module), room(imported)) in LAZY):
            continue
        assert imported not in ABOVE_BOTH, f"{module} imports the command line"
        if module.startswith("autograd."):
            assert imported.startswith("autograd."), f"{module} imports {imported}, which stands below it"
        elif imported.startswith("autograd"):
            continue
        assert not is_front_door(imported), f"{module} imports from its own package's __init__"
        assert place(imported) < place(module), f"{module} imports {imported}, which stands below it"


def test_the_engine_never_imports_the_networks():
    engine = [module for module in MODULES if module.startswith("autograd") and module not in ABOVE_BOTH]
    assert [m for m in engine for imported, _ in imports(m) if imported.split(".")[0] == "nn"] == []


def test_the_named_exceptions_exist():
    for module, imported in LAZY:
        assert (imported, True) in [(room(name), lazily) for name, lazily in imports(module)]


def calls_at_module_level(tree):
    statements = [s for s in tree.body if not isinstance(s, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))]
    return [n for s in statements for n in ast.walk(s) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]


@pytest.mark.parametrize("module", MODULES)
def test_every_name_can_be_found_by_search(module):
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert [alias.name for alias in node.names] != ["*"], f"{module} imports *"
    assert [c.func.id for c in calls_at_module_level(tree) if c.func.id in ("setattr", "globals", "exec", "eval")] == []


@pytest.mark.parametrize("module", MODULES)
def test_every_module_says_what_it_is_for(module):
    assert ast.get_docstring(ast.parse(MODULES[module].read_text(encoding="utf-8")))


def loaded_by(statement):
    """The top-level packages that are loaded after a statement in a fresh Python."""
    script = f"{statement}\nimport sys\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True, text=True, check=True, timeout=60, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return set(done.stdout.split())


HEAVY = {"matplotlib", "graphviz", "tqdm", "hypothesis", "pytest", "scipy", "sympy", "numba", "IPython", "anywidget"}


def test_importing_the_engine_loads_numpy_and_nothing_else():
    assert loaded_by("import autograd") & (HEAVY | {"nn"}) == set()


def test_importing_the_networks_loads_no_extra_either():
    assert loaded_by("import autograd, nn") & HEAVY == set()


def test_the_public_names_are_there_and_listed_in_order():
    assert autograd.__all__ == sorted(autograd.__all__)
    for name in autograd.__all__:
        assert getattr(autograd, name) is not None
    for name in nn.__all__:
        assert getattr(nn, name) is not None


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'autograd' has no attribute 'gradd'"):
        _ = autograd.gradd


def test_what_is_imported_as_autograd_is_this_distributions():
    # Another package on PyPI has the same import name: whoever installs both gets one of them.
    owners = importlib.metadata.packages_distributions().get("autograd", ["glassgrad"])
    assert set(owners) == {"glassgrad"}
    assert Path(autograd.__file__).is_relative_to(Path(nn.__file__).parents[1])
    assert "glassgrad" in autograd.__doc__
