"""The page of lanes: a listing as NumPy source, every step one number a lane, the same instruction for all of them.

`before` computes once what no lane changes; the lanes of a block follow, each result in a room that is there already;
`after` puts together what was summed over lanes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from autograd import ops
from autograd.op import Op
from autograd.program.lanes.plan import COMBINED, DOT, LANES, ONCE, TOTAL, Plan
from autograd.program.lanes.spelling import lines, spelling
from autograd.program.page import _commented as commented
from autograd.program.spelling import definitions

NUMBER_ROOM = "np.empty(())"  # what no lane changes is an array too, of one number


class LanePage:
    """The source for one choice of batched inputs, and what it says about itself to whoever runs it.

    The page's functions are `before(…numbers)`, `lanes(…inputs, …results of before, rooms)`, `after(count, …numbers,
    …results of before, …sums)` and one that calls all three. `before` gives None, and `lanes` the truths of a guard,
    where some lanes take a branch that the page does not hold.
    """

    def __init__(self, plan: Plan, title: str) -> None:
        self.plan, self.listing, self._title = plan, plan.listing, title
        self._names = {place: name for place, name in self.listing.names.items() if place < plan.stop}
        self._taken = {"np", *self._names.values()}
        self.functions: dict[Op, str] = {}  # what the page calls and is not NumPy's, by the name it has there
        self.before, self.lanes, self.after = map(self._fresh, ("before", "lanes", "after"))
        self._rooms = [self._fresh(f"out{i + 1}") for i in range(len(plan.handed_out))]
        self._rooms += [self._fresh(f"r{i + 1}") for i in range(plan.count)]
        self._count, self._all_rooms = self._fresh("count"), self._fresh("rooms")
        self._totals = {p: self._fresh(f"sum_{self._names[p]}") for p, _ in plan.done(TOTAL, DOT, COMBINED)}
        inputs = self.listing.inputs
        self._numbers = [name for i, name in enumerate(inputs) if i not in plan.varying]
        self._once = [self._names[place] for place, _ in plan.done(ONCE)]
        self._sums = [self._totals[place] for place, _ in plan.done(TOTAL, DOT)]

    def source(self) -> str:
        """The whole page, which runs on its own with NumPy."""
        results = [self._sum(place) for _, place in self.plan.sums]
        bodies = [
            _function(self.before, self._numbers, [*self._before_lines(), f"return {_tuple(self._once)}"]),
            _function(self.lanes, [*self.listing.inputs, *self._once, self._all_rooms],
                      [*self._lane_lines(), f"return {_tuple(self._sums)}"]),
            _function(self.after, [self._count, *self._numbers, *self._once, *self._sums],
                      [*self._after_lines(), f"return {_tuple(results)}"]),
            _function(self._fresh("value_and_gradient" if results or self.plan.slopes else "value"),
                      self.listing.inputs, self._together()),
        ]  # fmt: skip
        needed = [name for op in self._ops() if (spelled := spelling(op)) for name in spelled.definitions]
        own = [f"# {name}: an op of your own" for name in self.functions.values()]
        head = [f'"""{self._title}"""', "import numpy as np", *definitions(needed).values(), *own]
        return "\n\n\n".join([*head, *bodies]) + "\n"

    def _ops(self) -> list[Op]:
        used = [self._line(place)[0] for place, _ in self.plan.done(ONCE, LANES)]
        return list(dict.fromkeys(used))

    # ── the three parts ──────────────────────────────────────────────────────────────────────────────────────────────

    def _before_lines(self) -> Iterator[str]:
        for place in [p for p in range(self.plan.first) if p not in self.plan.varying]:
            yield from self._number_guard(place)
        for place, _ in self.plan.done(ONCE):
            yield from self._written(place, NUMBER_ROOM)
            yield from self._number_guard(place)

    def _lane_lines(self) -> Iterator[str]:
        if self._rooms:
            yield f"{', '.join(self._rooms)}{',' if len(self._rooms) == 1 else ''} = {self._all_rooms}"
        yield from (line for p in range(self.plan.first) if p in self.plan.varying for line in self._lane_guard(p))
        turn = self.plan.first + self.listing.forward
        for place, kind in self.plan.done(LANES, TOTAL, DOT):
            if place >= turn:
                yield "# backward"
                turn = self.plan.stop
            yield from self._lane_line(place, kind)
        for room, place in enumerate(self.plan.handed_out):
            if self.plan.rooms.get(place) != room:
                yield f"np.copyto({self._rooms[room]}, {self._operand(place)})"

    def _lane_line(self, place: int, kind: str) -> Iterator[str]:
        if kind == LANES:
            yield from self._written(place, self._rooms[self.plan.rooms[place]])
            yield from self._lane_guard(place)
        elif kind == TOTAL:
            yield commented(f"{self._totals[place]} = {self._names[place]}.sum()", "over the lanes")
        else:
            a, b = map(self._operand, self._line(place)[1])
            yield commented(f"{self._totals[place]} = {a}.dot({b})", f"{a} × {b}, summed over the lanes")

    def _after_lines(self) -> Iterator[str]:
        for place, _ in self.plan.done(COMBINED):
            op, operands = self._line(place)
            if op is ops.add:
                a, b = map(self._sum, operands)
                yield f"{self._totals[place]} = {a} + {b}"
            else:
                a, b = (self._totals[o] if o in self.plan.varying else self._operand(o) for o in operands)
                yield f"{self._totals[place]} = {a} * {b}"

    def _together(self) -> Iterator[str]:
        """All lanes as one block, for whoever runs the page alone."""
        inputs, listing, rooms = self.listing.inputs, self.listing, self._all_rooms
        known, sums, found = self._fresh("known"), self._fresh("sums"), self._fresh("totals")
        batched = [name for i, name in enumerate(inputs) if i in self.plan.varying]
        lanes = f"{batched[0]}.size" if batched else "1"
        if self._numbers:
            yield f"{_tuple(self._numbers)} = map(np.asarray, {_tuple(self._numbers)})"
        yield f"{known} = {self.before}({', '.join(self._numbers)})"
        if self.plan.guards:
            yield f"if {known} is None:"
            yield "    return None"
        yield f"{rooms} = np.empty(({len(self._rooms)}, {lanes}))"
        yield f"{sums} = {self.lanes}({', '.join([*inputs, f'*{known}', rooms])})"
        if self.plan.guards:
            yield f"if {sums}.__class__ is np.ndarray:"
            yield "    return None"
        yield f"{found} = {self.after}({', '.join([lanes, *self._numbers, f'*{known}', f'*{sums}'])})"
        outputs = [f"{rooms}[{i}]" for i in range(len(listing.outputs))]
        value = outputs[0] if len(outputs) == 1 else _tuple(outputs)
        slopes = {i: f"{rooms}[{len(outputs) + k}]" for k, (i, _) in enumerate(self.plan.slopes)}
        slopes |= {i: f"{found}[{k}]" for k, (i, _) in enumerate(self.plan.sums)}
        yield f"return {value}, {_tuple([slopes[i] for i in sorted(slopes)])}" if slopes else f"return {value}"

    # ── pieces ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _line(self, place: int) -> tuple[Op, tuple[int, ...]]:
        return self.listing.instructions[place - self.plan.first][:2]

    def _written(self, place: int, room: str) -> Iterator[str]:
        op, operands = self._line(place)
        own = ""
        if spelling(op) is None:
            own = self.functions.setdefault(op, "") or self._fresh(op.name)
            self.functions[op] = own
        texts = [self._operand(operand) for operand in operands]
        first, *others = lines(op, self._names[place], texts, room, own)
        yield commented(first, op.written(*texts))
        yield from others

    def _operand(self, place: int) -> str:
        return self._names[place] if place >= 0 else _number(self.listing.value_at(place))

    def _sum(self, place: int) -> str:
        """What the sum over all lanes is called, of a number that is the same in all of them too."""
        return self._totals[place] if place in self.plan.varying else f"{self._count} * {self._operand(place)}"

    def _number_guard(self, place: int) -> Iterator[str]:
        guard = self.plan.guards.get(place)
        if guard is not None:
            yield commented(f"if {self._names[place]} {'==' if guard.held else '!='} 0.0:", f"decided at {guard.line}")
            yield "    return None  # another branch, which this page does not hold"

    def _lane_guard(self, place: int) -> Iterator[str]:
        guard = self.plan.guards.get(place)
        if guard is not None:
            name, held = self._names[place], guard.held
            yield commented(f"if {f'not {name}.all()' if held else f'{name}.any()'}:", f"decided at {guard.line}")
            yield f"    return {name} {'!=' if held else '=='} 0.0  # the others take another branch"

    def _fresh(self, name: str) -> str:
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name


def _function(name: str, arguments: Sequence[str], body: Iterable[str]) -> str:
    return "\n    ".join([f"def {name}({', '.join(arguments)}):", *body])


def _tuple(texts: Sequence[str]) -> str:
    return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"


def _number(x: float) -> str:
    if np.isfinite(x):
        return repr(x)
    return "np.nan" if x != x else "np.inf" if x > 0.0 else "-np.inf"
