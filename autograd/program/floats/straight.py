"""Straight-line code: a listing as one Python function, written for speed.

It computes what the page computes, operation by operation. But it names only what is used more than once, and gives
names anew where the number before is not needed any more, so that Python has less to put away and to find.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd.program.floats.shapes import Functions, constant_text
from autograd.program.floats.trees import Tree, grown, slots
from autograd.program.listing import Listing


def straight(listing: Listing, title: str) -> dict[str, Callable[..., Any]]:
    """The functions `value` and, where there are derivatives, `value_and_gradient`, as the page has them."""
    forward, backward = grown(listing)
    slopes = [place for place in listing.gradients if place is not None]
    backward, late = _handed_out(backward, slopes)
    inputs = range(len(listing.inputs))
    guards = {guard.place: guard.held for guard in listing.guards}
    where = slots([*forward, *backward, *late], {i: i for i in inputs}, {*listing.outputs, *slopes, *guards})
    names = {place: f"x{slot}" for place, slot in where.items()}
    names |= {~i: constant_text(x) for i, x in enumerate(listing.constants)}
    functions = Functions()

    def text(tree: Tree) -> str:
        return tree[1].written([names[place] for place in tree[2]], functions)

    lines = [_guard(names[i], guards[i]) for i in inputs if i in guards]
    for tree in forward:
        lines.append(f"{names[tree[0]]} = {text(tree)}")
        if tree[0] in guards:
            lines.append(_guard(names[tree[0]], guards[tree[0]]))
    y = ", ".join(names[place] for place in listing.outputs)
    y = y if len(listing.outputs) == 1 else f"({y}{',' if y else ''})"
    arguments = ", ".join(names[i] for i in inputs)
    texts = [_function(f"value({arguments})", [*lines, f"return {y}"])]
    if slopes:
        lines += [f"{names[tree[0]]} = {text(tree)}" for tree in backward]
        handed = {tree[0]: text(tree) for tree in late}
        gradient = "".join(f"{handed.get(place) or names[place]}, " for place in slopes)
        texts.append(_function(f"value_and_gradient({arguments})", [*lines, f"return {y}, ({gradient})"]))
    return functions.compiled("\n".join(texts), title)


def _handed_out(trees: Sequence[Tree], slopes: Sequence[int]) -> tuple[list[Tree], list[Tree]]:
    """The trees, and apart from them those that are derivatives and nothing else: they need no name."""
    read = {place for _, _, leaves in trees for place in leaves}
    last = {place for place in slopes if place not in read and slopes.count(place) == 1}
    return [tree for tree in trees if tree[0] not in last], [tree for tree in trees if tree[0] in last]


def _function(head: str, lines: Sequence[str]) -> str:
    return "\n    ".join([f"def {head}:", *lines])


def _guard(name: str, held: bool) -> str:
    return f"if {'not ' if held else ''}{name}: return None"
