"""A story with only those of its steps that a node reaches."""

from __future__ import annotations

from dataclasses import replace

from autograd.graph import Node, ancestry
from autograd.view.stepping.steps import Fact, Row, Step, Story


def watched(story: Story, leaf: Node, root: Node) -> Story:
    """The story with only the steps about nodes that the leaf reaches; what the others show is put off to the next."""
    reached = {leaf}
    for node in ancestry(root):
        pairs = zip(node.parents, node.edges, strict=True)
        if any(edge is not None and parent in reached for parent, edge in pairs):
            reached.add(node)
    steps: list[Step] = []
    facts: list[Fact] = []
    put_off: list[tuple[int, Row, str]] = []
    for each, fact in zip(story.steps, story.facts, strict=True):
        put_off += each.shows
        if each.phase in ("seed", "done") or any(node in reached for node in fact.nodes):
            steps.append(replace(each, shows=tuple(put_off)))
            facts.append(fact)
            put_off.clear()
    return replace(story, steps=tuple(steps), facts=tuple(facts))
