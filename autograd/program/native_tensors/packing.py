"""Products of matrices as native code wants them: sums as sums, and rows and columns that lie end to end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.program.native_tensors.stages import Views
from autograd.program.native_tensors.sums import SHORT, is_large, matrices_of
from autograd.program.tensors.sketches import UFUNC, VIEW, At, Call, Sheet


class Packed:
    """Calls whose small products find rows and columns end to end: where they do not lie so, a copy is made first."""

    def __init__(self, sheet: Sheet, calls: Sequence[Call]) -> None:
        self.sheet, self.views, self.calls = sheet, Views(sheet, calls), list[Call]()
        self._copies: dict[Any, int] = {}
        for call in calls:
            call = _as_sum(call, sheet)
            self.calls.append(self._with_copies(call) if call.function in (np.dot, np.matmul) else call)

    def _with_copies(self, call: Call) -> Call:
        (m, k, _, ak), (_, n, bk, bj), _ = matrices_of(call, self.views)
        a, b = call.arguments
        if is_large(m, n, k):
            return call
        if n < SHORT:
            a = a if ak == 1 or k == 1 else self._copy(a, (k, 1), call)
            b = b if bk == 1 or k == 1 else self._copy(b, (1, k), call)
        elif bj != 1:
            b = self._copy(b, (n, 1), call)
        return call._replace(arguments=(a, b))

    def _copy(self, x: At, steps: tuple[int, int], call: Call) -> At:
        example = self.views.examples[x.place]
        steps = steps if example.ndim == 2 else (1,)  # type: ignore[assignment]
        key = (self.views.bases[x.place], self.views.offset(x.place), example.shape, example.strides, steps)
        # The same numbers may be wanted as another matrix, turned: what counts is where each of them lies.
        turned = (*key[:2], example.shape[::-1], example.strides[::-1], steps[::-1])
        for known in (key, turned):
            if known in self._copies:
                place = self._copies[known]
                if known is key:
                    return At(place)
                view = self.sheet.sketch(self.sheet.arrays[place].T).place
                self.calls.append(Call(VIEW, np.transpose, (At(place),), {}, view, call.line))
                return At(view)
        room = np.empty(example.size, example.dtype)
        strides = [step * example.itemsize for step in steps]
        place = self.sheet.sketch(np.ndarray(example.shape, example.dtype, room.data, 0, strides)).place
        self.calls.append(Call(UFUNC, np.positive, (x,), {}, place, call.line))
        self._copies[key] = place
        return At(place)


def _as_sum(call: Call, sheet: Sheet) -> Call:
    """A product with ones as the sum that it is."""
    if call.function is not np.dot:
        return call
    for i, x in enumerate(call.arguments):
        other, ones = call.arguments[1 - i], sheet.constants.get(getattr(x, "place", -1))
        if ones is None or not (ones == 1.0).all() or sheet.arrays[other.place].ndim != 2:
            continue
        if i == 0 and (ones.ndim == 1 or ones.shape[0] == 1):
            return _sum(call, other, 0, ones.ndim == 2)
        if i == 1 and (ones.ndim == 1 or ones.shape[1] == 1):
            return _sum(call, other, 1, ones.ndim == 2)
    return call


def _sum(call: Call, x: At, axis: int, keepdims: bool) -> Call:
    options = {"axis": axis, "keepdims": keepdims}
    return call._replace(function=np.add.reduce, arguments=(x,), options=options)
