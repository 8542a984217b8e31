"""The page of a program of arrays as native code: where its numbers lie, its source, and what Numba makes of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.aligned import aligned_zeros
from autograd.program.native import cache as native_cache
from autograd.program.native_tensors.packing import Packed
from autograd.program.native_tensors.places import Home, Places, is_one_number
from autograd.program.native_tensors.rooms import Rooms, reads
from autograd.program.native_tensors.spelling import kind_of
from autograd.program.native_tensors.stages import NotNative, Views, stages_of
from autograd.program.native_tensors.writing import lines
from autograd.program.tensors.fusions import Fused
from autograd.program.tensors.shortcuts import Shortened
from autograd.program.tensors.sketches import UFUNC, At, Call

Array = NDArray[Any]
_KERNELS = Path(__file__).with_name("kernels.py")
_OPTIONS = """
import math

import numpy as np
from numba import njit

CACHED = True
native = njit(error_model="numpy", fastmath={"contract"})
summing = njit(error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
lasting = {"cache": CACHED, "error_model": "numpy", "nogil": True, "fastmath": {"contract"}}
"""
_CONSTANT = re.compile(r"\b(?:float32|float64|int64|int32)\((?:-?[0-9][0-9.xA-Fe+-]*|-?np\.inf|np\.nan)\)")
_CALL = re.compile(r"\b((?:short_)?product|total|dot)(\(.*\))")
_WHOLE = re.compile(r"(?<=, )[0-9]+(?=[,)])")
_SUMS = ("total", "dot")
_FUNCTIONS = ("clipped", "exp32", "exp64", *_SUMS, "product", "short_product")


class NativePage:
    """Calls as native code: the lines of their stages, and arrays for all that they leave behind.

    `inputs` are examples of what is given at every call, each with its place and its name; `bound` are arrays that lie
    where they are for good, `homes` such ones that numbers are to be written into.
    """

    def __init__(
        self,
        fused: Fused | Shortened,
        inputs: Mapping[int, str],
        bound: Mapping[int, Array],
        homes: Sequence[tuple[int, Array]] = (),
    ) -> None:
        self.sheet, self._roots = fused.sheet, dict[Any, tuple[str, Array]]()
        for array in self.sheet.arrays:
            if not array.size:
                raise NotNative("arrays without entries have no native form")
        self._calls = Packed(self.sheet, fused.calls).calls
        views, made = Views(self.sheet, self._calls), {call.place for call in self._calls}
        homely: dict[int, Array] = {}
        for place, home in homes:
            at_home = views.bases[place] == place and place in made and place not in homely
            if not at_home or not _lies_as(views.examples[place], home):
                place = self._copy(place)
            homely[place] = home
        gone = {place for place, _ in homes}
        self.outputs, self.gradients = (
            [place if views.bases[place] in made and place not in gone else self._copy(place) for place in places]
            for places in (fused.outputs, [place for place in fused.gradients if place not in gone])
        )
        kept = [*self.outputs, *self.gradients, *homely]
        calls = self._calls
        self.views = Views(self.sheet, calls)
        self.stages = stages_of(calls, self.views)
        self.homes: dict[int, Home] = {}
        for place, name in inputs.items():
            self.homes[place] = Home(name, 0)
        for place, array in {**bound, **homely}.items():
            self.homes[place] = self.home_of(array)
        self._inputs = inputs
        self._rooms = Rooms()
        self._give_rooms(kept)
        self.places = Places(self.sheet, self.views, self.homes)
        self.lines = [line for stage in self.stages for line in lines(self.places, stage)]
        self.memory = self._filled_memory()

    def _copy(self, place: int) -> int:
        """The place of a copy, row by row."""
        example = self.sheet.arrays[place]
        copied = self.sheet.sketch(np.empty(example.shape, example.dtype)).place
        self._calls.append(Call(UFUNC, np.positive, (At(place),), {}, copied, -1))
        return copied

    def home_of(self, array: Array) -> Home:
        """Where an array lies that stays where it is: so far from the first one of the same memory."""
        owner: Any = array
        while getattr(owner, "base", None) is not None:
            owner = owner.base
        name, first = self._roots.setdefault((id(owner), array.dtype), (f"r{len(self._roots)}", array))
        return Home(name, (array.ctypes.data - first.ctypes.data) // array.itemsize)

    def array(self, place: int) -> Array:
        """What lies at a place that is kept: its numbers are those of the last call."""
        base, example = self.views.bases[place], self.views.examples[place]
        home = self.homes[base]
        start = (home.start + self.views.offset(place)) * example.itemsize
        return np.ndarray(example.shape, example.dtype, self.memory[home.pointer].data, start, example.strides)

    # ── memory ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _give_rooms(self, kept: Sequence[int]) -> None:
        bases, sheet = self.views.bases, self.sheet
        wanted = {
            bases[place]
            for stage in self.stages
            for place in reads(stage)
            if stage.shape is None or not is_one_number(sheet, place)
        }
        for place in sorted({bases[place] for place in kept} | wanted):
            constant = sheet.constants.get(place)
            if constant is not None:
                start = self._rooms.taken(constant.size, constant.dtype)
                self.homes[place] = Home(f"w{kind_of(constant.dtype)}", start)
        last: dict[int, int] = {}
        for i, stage in enumerate(self.stages):
            inside = {call.place for call in stage.calls}
            for place in reads(stage):
                if stage.shape is None or not any(self.views.lie_alike(place, made) for made in inside):
                    last[bases[place]] = i
        last |= {bases[place]: len(self.stages) for place in kept}
        for i, stage in enumerate(self.stages):
            for call in stage.calls:
                if call.place in last and call.place not in self.homes:
                    example = self.views.examples[call.place]
                    start = self._rooms.taken(example.size, example.dtype)
                    self.homes[call.place] = Home(f"w{kind_of(example.dtype)}", start)
            for base in [base for base, end in last.items() if end == i]:
                home, example = self.homes.get(base), self.views.examples[base]
                if home is not None and home.pointer[0] == "w" and base not in sheet.constants:
                    self._rooms.give_back(home.start, example.size, example.dtype)

    def _filled_memory(self) -> dict[str, Array]:
        memory = {f"w{kind_of(dtype)}": aligned_zeros(size, dtype) for dtype, size in self._rooms.sizes.items()}
        for place, constant in self.sheet.constants.items():
            home = self.homes.get(place)
            if home is not None:
                steps = self.views.examples[place].strides
                room = memory[home.pointer][home.start :]
                np.ndarray(constant.shape, constant.dtype, room.data, 0, steps)[...] = constant
        return memory

    # ── source ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def compiled(self, after: Sequence[str] = (), settings: Sequence[str] = (), result: str = "0.0") -> Any:
        """The function of the inputs, an array of addresses, and settings; and that array.

        It gives the result, or nan where a decision falls otherwise.
        """
        body = [*self.lines, *after, f"return float64({result})"]
        text = "\n".join(body)
        addresses: list[int] = []
        opened: list[str] = []
        for place, name in self._inputs.items():
            kind = kind_of(self.sheet.arrays[place].dtype)
            opened += [f"address_of_{name} = given_{name}.ctypes.data", f"{name} = {kind}s(address_of_{name})"]
        for name, array in [*self._roots.values(), *self.memory.items()]:
            opened += [f"address_of_{name} = table[{len(addresses)}]",
                       f"{name} = {kind_of(array.dtype)}s(address_of_{name})"]  # fmt: skip
            addresses.append(array.ctypes.data)
        for name in ("sgemm", "dgemm"):
            if f"blas({name}" in text:
                opened.append(f"{name} = table[{len(addresses)}]")
                addresses.append(_blas_at(name))
        given = [f"given_{name}" for name in self._inputs.values()]
        examples = [self.sheet.arrays[place] for place in self._inputs]
        kinds = [f"Array({'types.boolean' if x.dtype == bool else kind_of(x.dtype)}, {x.ndim}, 'C')" for x in examples]
        signature = ", ".join([f"types.{kind}" for kind in kinds] + ["int64[::1]"] + ["float64"] * len(settings))
        head = [f"@njit(float64({signature}), **lasting)", f"def run({', '.join([*given, 'table', *settings])}):"]
        source = _with_constants(kernels(), "\n    ".join(["\n".join(head), *opened, *body]) + "\n")
        self.source = source
        name = f"arrays_{hashlib.sha256((source + native_cache.surroundings()).encode()).hexdigest()[:16]}"
        try:
            return native_cache.compiled(name, source).run, np.array(addresses, np.int64)
        except Exception as error:
            raise NotNative(f"Numba does not take it: {error}".splitlines()[0]) from error


@cache
def kernels() -> str:
    """The source of what every program is built of."""
    parts = [_KERNELS.read_text(encoding="utf-8"), _OPTIONS]
    parts += [f"{name} = {'summing' if name in _SUMS else 'native'}({name})\n" for name in _FUNCTIONS]
    return "".join(parts)


def _with_constants(above: str, text: str) -> str:
    """The two texts, numbers of a dtype as names for them, which costs Numba less time than to find out their dtype."""
    names: dict[str, str] = {}

    def name(found: re.Match[str]) -> str:
        return names.setdefault(found[0], f"c{len(names)}")

    # Numba compiles a function anew for other whole numbers written in its call, and not for names of such.
    text = _CALL.sub(lambda found: found[1] + _WHOLE.sub(lambda n: f"int64({n[0]})", found[2]), text)
    text = _CONSTANT.sub(name, text)
    above = _CONSTANT.sub(name, above)
    return "\n".join([above, *(f"{name} = np.{number}" for number, name in names.items()), "", "", text])


def _blas_at(name: str) -> int:
    """Where a function of the BLAS lies that comes with SciPy."""
    try:
        import_module("scipy.linalg.cython_blas")
    except ImportError:
        raise NotNative("large products, which need SciPy") from None
    from numba.extending import get_cython_function_address

    return int(get_cython_function_address("scipy.linalg.cython_blas", name))


def _lies_as(example: Array, home: Array) -> bool:
    return (example.shape, example.dtype, example.strides) == (home.shape, home.dtype, home.strides)
