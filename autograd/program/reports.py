"""Reports: what can be read of a program, its page of Python and what simplification made of it."""

from __future__ import annotations

from autograd.program.arguments import Arguments
from autograd.program.path import ARRAYS, NATIVE_ARRAYS, Path
from autograd.program.simplifying.passes import LARGEST, simplified
from autograd.program.source import source
from autograd.program.tensors.executor import as_arrays
from autograd.program.tensors.source import tensor_source


def page(path: Path, arguments: Arguments, kind: str, name: str) -> str:
    """A path as the Python that an executor of this kind runs; of native code that of floats."""
    title = f"{name}, and its derivatives by the chain rule."
    if kind in (ARRAYS, NATIVE_ARRAYS):
        inputs = [*arguments.inputs(arguments.leaves)[0], *path.captured(arguments.leaves)]
        return tensor_source(path.short, as_arrays(inputs), title)
    if kind == "numpy":
        lanes = [place < len(arguments.live) for place in range(len(path.short.inputs))]
        return str(path.executor("numpy").compiled(lanes, path.differentiable).source)
    return source(path.short, title)


def explanation(path: Path, kind: str) -> str:
    """How many instructions were recorded, what stable forms and each pass made of them, and what is run."""
    short, removed = simplified(path.listing)
    lines = [f"{len(path.unfused.instructions)} instructions recorded"]
    if path.listing is not path.unfused:
        lines += [f"{len(path.listing.instructions)} instructions with {'these' if path.forms else 'no'} stable forms"]
        lines += [f"{n:>6} × {form}" for form, n in path.forms.items()]
    lines += [f"{n:>6} removed by {name}" for name, n in removed.items()]
    if path.listing is short:
        lines.append(f"       not simplified: it has more than {LARGEST:,}, and running them is soon done")
    reason = getattr(path.executor(kind), "reason", None)
    return "\n".join([*lines, f"{len(short.instructions)} instructions run{f' {reason}' if reason else ''}"])
