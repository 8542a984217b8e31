"""A whole training step in native code: forward, loss, backward, clipping and the optimizer's move in one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.program.native_tensors.page import NativePage
from autograd.program.native_tensors.spelling import kind_of, number
from autograd.program.native_tensors.stages import NotNative
from autograd.program.native_tensors.sums import INDENT, is_large, matrices_of
from autograd.program.tensors.fusions import Fused
from autograd.program.tensors.shortcuts import Shortened
from nn.clipping import Clipper
from nn.compiling.native_move import Move, Run, runs_of
from nn.optimizers import Optimizer

Array = NDArray[Any]
LARGE = 1 << 14  # entries of a gradient that is not looked through, if it is a product whose factors can be


class NativeStep:
    """The source of a step, compiled: `run(X, y, table, *settings)` gives the loss, or nan where nothing has moved."""

    def __init__(
        self,
        fused: Fused | Shortened,
        X: Array,
        y: Array,
        bound: dict[int, Array],
        homes: Sequence[tuple[int, Array]],
        optimizer: Optimizer,
        moved: list[list[bool]],
        clip: Callable[[], object] | None,
    ) -> None:
        if clip is not None and not isinstance(clip, Clipper):
            raise NotNative("clipping by a function of one's own has no native form")
        self.page = NativePage(fused, {0: "p0", 1: "p1"}, bound, homes)
        runs, move = runs_of(optimizer, moved), Move(optimizer)
        loss, self.outputs = self.page.outputs[0], self.page.array(self.page.outputs[1])
        lines = [f"loss = {self.page.places.number(loss)}", "if not math.isfinite(loss):", f"{INDENT}return np.nan"]
        lines += self._finite(fused.gradients, homes)
        if isinstance(clip, Clipper):
            lines += self._clipping(optimizer, runs, clip.norm, clip.limit)
        for run in runs:
            lines += move.lines(self.page, run)
        self.settings, self.choices = move.settings, move.choices
        names = [f"s{i}" for i in range(len(move.settings))]
        self.run, self.table = self.page.compiled(lines, names, "loss")

    # ── what has to be finite ────────────────────────────────────────────────────────────────────────────────────────

    def _finite(self, gradients: Sequence[int], homes: Sequence[tuple[int, Array]]) -> list[str]:
        """That every gradient is: by its squares, or by |Σ aᵢbᵢ| ≤ ‖a‖‖b‖ for a large product (Cauchy and Schwarz)."""
        lines = []
        makers = {call.place: call for stage in self.page.stages for call in stage.calls}
        for place, home in homes:
            maker = makers.get(place)
            factors = self._factors(maker) if maker is not None and home.size > LARGE else []
            if factors:
                for i, (pointer, start, size) in enumerate(factors):
                    lies = f"{pointer}, {start}, 1"
                    lines.append(f"n{i} = math.sqrt(dot({number(0, home.dtype)}, {lies}, {lies}, {size}))")
                lines.append(f"if not n0 * n1 < {0.25 * float(np.finfo(home.dtype).max)!r}:")
            else:
                pointer, start = self.page.home_of(home)
                where = f"{pointer}, {start}, 1"
                lines.append(f"if not math.isfinite(dot({number(0, home.dtype)}, {where}, {where}, {home.size})):")
            lines.append(f"{INDENT}return np.nan")
        return lines

    def _factors(self, call: Any) -> list[tuple[str, int, int]]:
        """Where the two factors of a large product lie, if each fills its place."""
        views = self.page.views
        if call.function is not np.dot or not is_large(
            *(matrices_of(call, views)[i][j] for i, j in ((0, 0), (1, 1), (0, 1)))
        ):
            return []
        found = []
        for x in call.arguments:
            example, home = views.examples[x.place], self.page.homes[views.bases[x.place]]
            if not (example.flags.c_contiguous or example.flags.f_contiguous):
                return []
            found.append((home.pointer, home.start + views.offset(x.place), example.size))
        return found

    # ── clipping, the value first ────────────────────────────────────────────────────────────────────────────────────

    def _clipping(
        self, optimizer: Optimizer, runs: Sequence[Run], norm: float | None, limit: float | None
    ) -> list[str]:
        lines = []
        places = []  # a pointer's name, the first entry and the last, and their dtype
        for run in runs:
            grad = optimizer.flats[run.flat].grad
            pointer, start = self.page.home_of(grad)
            places.append((pointer, start + run.first, start + run.last, grad.dtype))
        if limit is not None:
            for g, first, last, dtype in places:
                lines += [f"for i in range({first}, {last}):",
                          f"    {g}[i] = clipped({g}[i], {number(-limit, dtype)}, {number(limit, dtype)})"]  # fmt: skip
        if norm is not None:
            lines.append("squares = 0.0")
            lines += [f"squares = dot(squares, {g}, {first}, 1, {g}, {first}, 1, {last - first})"
                      for g, first, last, _ in places]  # fmt: skip
            # Lengths whose squares are too large or too small for a float are left to clip_grad_norm.
            lines += ["if not (squares == 0.0 or 1e-30 < squares < np.inf):", f"{INDENT}return np.nan"]
            lines += [f"if math.sqrt(squares) > {norm!r}:", f"{INDENT}factor = {norm!r} / math.sqrt(squares)"]
            for g, first, last, dtype in places:
                lines += [f"    for i in range({first}, {last}):", f"        {g}[i] *= {kind_of(dtype)}(factor)"]
        return lines
