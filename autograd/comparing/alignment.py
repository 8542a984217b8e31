"""Alignment: which node of one graph stands for which of the other."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher

from autograd.comparing.outline import Outline, inward, outward
from autograd.graph import Node

LONGEST = 400  # nodes in a row without a partner that are looked through for the best fit


class Alignment:
    """Partners by their places in the two outlines: `of_first[i]` is where node i of the first has its partner.

    Partners are alike; those in `replaced` are not, and stand in the same place all the same. Others have none.
    """

    def __init__(self, first: Node, second: Node) -> None:
        self.outlines = Outline(first), Outline(second)
        one, other = self.outlines
        labels = one.labels & other.labels
        one.name_by(labels)
        other.name_by(labels)
        self.of_first: list[int | None] = [None] * len(one.nodes)
        self.of_second: list[int | None] = [None] * len(other.nodes)
        self.replaced: list[tuple[int, int]] = []
        if one.tokens == other.tokens and one.parents == other.parents:
            self.of_first = list(range(len(one.nodes)))
            self.of_second = list(range(len(one.nodes)))
            return
        self._by_structure()
        self._toward_operands()
        self._between_partners()

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Partners, in the order of the first graph."""
        return [(i, j) for i, j in enumerate(self.of_first) if j is not None]

    def _join(self, i: int, j: int) -> None:
        self.of_first[i], self.of_second[j] = j, i

    def _by_structure(self) -> None:
        """Partners by all that lies before and after them; else by what lies before, or after."""
        before, after = inward(self.outlines), outward(self.outlines)
        both = [list(zip(b, a, strict=True)) for b, a in zip(before, after, strict=True)]
        self._by_number(both[0], both[1], leaves=True)
        self._by_number(before[0], before[1], leaves=False)
        self._by_number(after[0], after[1], leaves=True)

    def _by_number(self, ours: Sequence[Hashable], theirs: Sequence[Hashable], *, leaves: bool) -> None:
        """The k-th node with a number is the partner of the k-th with the same, where there are as many of them."""
        groups: dict[Hashable, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for side, (numbers, partners) in enumerate(((ours, self.of_first), (theirs, self.of_second))):
            for place, number in enumerate(numbers):
                if partners[place] is None and (leaves or self.outlines[side].parents[place]):
                    groups[number][side].append(place)
        for own, others in groups.values():
            if len(own) == len(others):
                for i, j in zip(own, others, strict=True):
                    self._join(i, j)

    def _toward_operands(self) -> None:
        """Operands in the same place of two partners are partners where they are alike."""
        one, other = self.outlines
        for i in reversed(range(len(one.nodes))):
            j = self.of_first[i]
            if j is None or len(one.parents[i]) != len(other.parents[j]):
                continue
            for p, q in zip(one.parents[i], other.parents[j], strict=True):
                if self.of_first[p] is None and self.of_second[q] is None and one.tokens[p] == other.tokens[q]:
                    self._join(p, q)

    def _between_partners(self) -> None:
        """What is left between two pairs of partners is aligned as a sequence."""
        for own, others in self._gaps():
            if not own or not others:
                continue
            ours, theirs = (
                [outline.tokens[k] for k in gap] for outline, gap in zip(self.outlines, (own, others), strict=True)
            )
            for i, j in _fitted(ours, theirs):
                self._join(own[i], others[j])
            self._replace(own, others)

    def _replace(self, own: Sequence[int], others: Sequence[int]) -> None:
        """What is still left in a gap stands in the place of the other: op for op, leaf for leaf, where all fit so."""
        for leaf in (False, True):
            ours = [i for i in own if self.of_first[i] is None and (not self.outlines[0].parents[i]) == leaf]
            theirs = [j for j in others if self.of_second[j] is None and (not self.outlines[1].parents[j]) == leaf]
            if len(ours) == len(theirs):
                self.replaced += zip(ours, theirs, strict=True)

    def _gaps(self) -> Iterator[tuple[list[int], list[int]]]:
        """The places without a partner between partners that stand in the same order in both graphs."""
        pairs = _rising(self.pairs)
        i0 = j0 = 0
        for i, j in [*pairs, (len(self.of_first), len(self.of_second))]:
            own = [k for k in range(i0, i) if self.of_first[k] is None]
            yield own, [k for k in range(j0, j) if self.of_second[k] is None]
            i0, j0 = i + 1, j + 1


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest choice of pairs, rising in the first place, that rises in the second too."""
    ends: list[int] = []
    last: list[int] = []
    before: list[int | None] = [None] * len(pairs)
    for place, (_, j) in enumerate(pairs):
        at = bisect_left(ends, j)
        ends[at : at + 1] = [j]
        last[at : at + 1] = [place]
        before[place] = last[at - 1] if at else None
    chosen: list[tuple[int, int]] = []
    step: int | None = last[-1] if last else None
    while step is not None:
        chosen.append(pairs[step])
        step = before[step]
    return chosen[::-1]


def _fitted(ours: Sequence[Hashable], theirs: Sequence[Hashable]) -> Iterator[tuple[int, int]]:
    """Places of two sequences, rising in both, where they are alike."""
    if max(len(ours), len(theirs)) > LONGEST:
        yield from ((k, k) for k, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a == b)
        return
    for block in SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks():
        yield from ((block.a + k, block.b + k) for k in range(block.size))
