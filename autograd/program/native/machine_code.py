"""Straight-line machine code: a listing written in LLVM's language, one instruction after the other.

Nothing is left to decide when it runs. LLVM chooses registers quickly rather than well, and for one piece of the code
at a time, so that compiling costs some microseconds an instruction.
"""

from __future__ import annotations

import ast
import struct
from collections.abc import Sequence
from functools import cache
from typing import Any

from llvmlite import binding

from autograd import ops
from autograd.op import Op
from autograd.program.listing import Listing
from autograd.program.native.cache import address_of, loops
from autograd.program.native.rows import in_pairs, text_of

PIECE = 200  # instructions that LLVM finds registers for at once
WIDTH = 8  # lanes in one vector
Source = tuple[str, dict[str, Op]]  # a text in LLVM's language, and the rows of the table that it calls
_SIGNS = {ast.Add: "fadd", ast.Sub: "fsub", ast.Mult: "fmul", ast.Div: "fdiv"}


class Code:
    """Instructions on numbers, or on vectors of them: what has been written, and the functions it calls."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._word = "number" if kind == "double" else "vector"
        self.lines: list[str] = []
        self.called: dict[str, Op] = {}
        self._count = self._pieces = 0  # the first piece has the number 0 itself
        self._left = PIECE

    def add(self, text: str) -> str:
        """Appends an instruction and gives the name of its result: a number, for LLVM keeps no table of those."""
        self._count += 1
        name = f"%{self._count}"
        self.lines.append(f"{name} = {text}")
        return name

    def go_on(self, condition: str = "") -> None:
        """Ends a piece. Where the condition is given and does not hold, the function ends, too: another branch."""
        self._pieces += 1
        self._left = PIECE
        here = f"p{self._pieces}"
        self.lines += [f"br i1 {condition}, label %{here}, label %another" if condition else f"br label %{here}",
                       f"{here}:"]  # fmt: skip

    def row(self, op: Op, operands: Sequence[str]) -> str:
        """What a row of the table makes of these."""
        self._left -= 1
        if not self._left:
            self.go_on()
        sign, (left, right) = _arithmetic(op)
        if sign:
            a = operands[left] if left.__class__ is int else self.constant(left)
            b = operands[right] if right.__class__ is int else self.constant(right)
            return self.add(f"{sign} {self.kind} {a}, {b}")
        self.called[op.name] = op
        return self.add(
            f"call {self.kind} @{self._word}_{op.name}({', '.join([f'{self.kind} {x}' for x in operands])})"
        )

    def constant(self, x: float) -> str:
        """A number to the last bit."""
        (bits,) = struct.unpack("<Q", struct.pack("<d", x))
        return f"0x{bits:016X}" if self.kind == "double" else f"<{', '.join([f'double 0x{bits:016X}'] * WIDTH)}>"

    def load(self, array: str, index: int | str) -> str:
        """What lies in an array."""
        return self.add(f"load {self.kind}, ptr {self._at(array, index)}, align 8")

    def store(self, x: str, array: str, index: int | str) -> None:
        """Puts something into an array."""
        at = self._at(array, index)
        self.lines.append(f"store {self.kind} {x}, ptr {at}, align 8")

    def _at(self, array: str, index: int | str) -> str:
        return self.add(f"getelementptr double, ptr {array}, i64 {index}")


@cache
def _arithmetic(op: Op) -> tuple[str, tuple[Any, Any]]:
    """The instruction of a row of + − × ÷, its operands by their numbers, constants among them; of others none."""
    written = ast.parse(text_of(op).of([f"_{i}" for i in range(op.arity)]), mode="eval").body
    if not isinstance(written, ast.BinOp):
        return "", (0, 0)
    parts = (written.left, written.right)
    left, right = (int(part.id[1:]) if isinstance(part, ast.Name) else ast.literal_eval(part) for part in parts)
    return _SIGNS[type(written.op)], (left, right)


# ── one sample ───────────────────────────────────────────────────────────────────────────────────────────────────────


def one_sample(listing: Listing, gradient: bool) -> Source:
    """A function of inputs and results: 0, or 1 where a guard does not hold, or 2 where a derivative is nan."""
    code, first = Code("double"), len(listing.inputs)
    names: dict[int, str] = {}
    guards = {guard.place: guard.held for guard in listing.guards}

    def number(place: int) -> str:
        if place < 0:
            return code.constant(listing.value_at(place))
        return names[place] if place >= first else code.load("%inputs", place)

    for place in range(listing.last if gradient else first + listing.forward):
        if place >= first:
            op, operands, *_ = listing.instructions[place - first]
            for row, pair in in_pairs(op, operands, [place] * len(operands)):
                names[place] = code.row(row, [number(x) for x in pair])
        if place in guards:
            holds = code.add(f"fcmp {'une' if guards[place] else 'oeq'} double {number(place)}, 0.0")
            code.go_on(holds)
    slopes = [place for place in listing.gradients if place is not None] if gradient else []
    for i, place in enumerate([*listing.outputs, *slopes]):
        code.store(number(place), "%results", i)
    total = _sum(code, [number(place) for place in slopes])
    is_nan = code.add(f"fcmp uno double {total}, {total}")
    status = code.add(f"select i1 {is_nan}, i64 2, i64 0")
    head = "define i64 @one_sample(ptr noalias %inputs, ptr noalias %results) {"
    return "\n".join(
        [*functions(code), head, *code.lines, f"ret i64 {status}", "another:", "ret i64 1", "}"]
    ), code.called


def _sum(code: Code, terms: Sequence[str]) -> str:
    """The sum, two and two together: each addition would wait for the one before."""
    while len(terms) > 1:
        pairs = [code.row(ops.add, pair) for pair in zip(terms[::2], terms[1::2], strict=False)]
        terms = pairs + list(terms[len(pairs) * 2 :])
    return terms[0] if terms else code.constant(0.0)


# ── functions ────────────────────────────────────────────────────────────────────────────────────────────────────────


def functions(code: Code) -> list[str]:
    """The functions that code calls: those of numbers lie outside, those of vectors take their numbers one by one."""
    lines = []
    for name, op in code.called.items():
        lines.append(f"declare double @number_{name}({', '.join(['double'] * op.arity)})")
        if code.kind != "double":
            lines += _one_by_one(name, op, code.kind)
    return lines


def _one_by_one(name: str, op: Op, kind: str) -> list[str]:
    arguments = [f"%x{k}" for k in range(op.arity)]
    lines = [f"define internal {kind} @vector_{name}({', '.join(f'{kind} {x}' for x in arguments)}) {{"]
    found = "poison"
    for i in range(WIDTH):
        lines += [f"{x}_{i} = extractelement {kind} {x}, i32 {i}" for x in arguments]
        lines.append(f"%y{i} = call double @number_{name}({', '.join(f'double {x}_{i}' for x in arguments)})")
        lines.append(f"%all{i} = insertelement {kind} {found}, double %y{i}, i32 {i}")
        found = f"%all{i}"
    return [*lines, f"ret {kind} {found}", "}"]


class MachineCode:
    """A function of a source, ready to be called at its address."""

    def __init__(self, source: Source, name: str) -> None:
        text, called = source
        for row, op in called.items():
            binding.add_symbol(f"number_{row}", address_of(op))
        self._engine = binding.create_mcjit_compiler(binding.parse_assembly(text), _machine())  # owns the code
        self._engine.finalize_object()
        self.address: int = self._engine.get_function_address(name)


class StraightCode:
    """A listing, its forward part or all of it, as machine code for one sample."""

    def __init__(self, listing: Listing, gradient: bool) -> None:
        self._code = MachineCode(one_sample(listing, gradient), "one_sample")
        self._straight, self._address = loops().straight, self._code.address

    def run(self, inputs: Any, results: Any) -> int:
        """Fills the results: 0, or 1 where a guard does not hold, or 2 where a derivative is nan."""
        return self._straight(inputs, results, self._address)


def _machine() -> Any:
    """This processor. LLVM's quickest way from instructions to code takes them as they are and fuses nothing."""
    target, processor, features = _processor()
    return target.create_target_machine(cpu=processor, features=features, opt=0, jit=True)


@cache
def _processor() -> tuple[Any, str, str]:
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    features = binding.get_host_cpu_features().flatten()
    return binding.Target.from_default_triple(), binding.get_host_cpu_name(), features
