"""The loops that run a tape in native code, as Numba compiles them.

This file is a pattern: native_source puts a branch for every row of the table of ops where ROWS stands. What comes of
it is compiled once for all programs and kept on disk, so that a new program costs no compilation: a program is a tape.

The tape of one sample: how many constants there are, the end of its runs, how many guards there are, and outputs; then
the runs, each a row's code, a count, and the places of so many times its operands; then place and truth of every guard;
then the places that are handed out. Results go to consecutive places, after the constants and the inputs.
"""

from __future__ import annotations

import math  # noqa: F401 (the rows use it)
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types, uint64
from numba.extending import intrinsic

HEAD = 4


def one(inputs: Any, results: Any, numbers: Any, tape: Any) -> Any:
    """Runs a tape: 0, or 1 where a guard does not hold, or 2 where a derivative is nan.

    `numbers` begins with the constants; the rest is filled in.
    """
    place, here, end = uint64(tape[0]), uint64(HEAD), uint64(tape[1])
    for i in range(inputs.size):
        numbers[place] = inputs[i]
        place += uint64(1)
    while here < end:
        code, stop = tape[here], place + uint64(tape[here + uint64(1)])  # noqa: F841
        here += uint64(2)
        # ROWS: numbers
    for _ in range(tape[2]):
        if (numbers[tape[here]] != 0.0) != (tape[here + uint64(1)] != 0):
            return 1
        here += uint64(2)
    status = 0
    for i in range(results.size):
        x = numbers[tape[here + uint64(i)]]
        results[i] = x
        if x != x and i >= tape[3]:
            status = 2
    return status


@intrinsic
def jump(typing: Any, address: Any, first: Any, second: Any) -> Any:
    """What machine code at an address gives for the addresses of two arrays."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = context.get_value_type(types.int64)
        function = builder.inttoptr(arguments[0], ir.FunctionType(word, [word, word]).as_pointer())
        return builder.call(function, arguments[1:])

    return types.int64(types.int64, types.int64, types.int64), code


def straight(inputs: Any, results: Any, address: Any) -> Any:
    """What straight-line code gives; see machine_code."""
    return jump(address, inputs.ctypes.data, results.ctypes.data)  # type: ignore[call-arg]


def operand(number: Any, place: Any, rooms: Any, shared: Any, count: Any) -> Any:
    """The room at a place; a number that all lanes share, written into one of the last rooms."""
    if place >= 0:
        return rooms[place]
    room, x = rooms[len(rooms) - number], shared[~place]
    for i in range(count):
        room[i] = x
    return room


def copy(a: Any, b: Any, count: Any) -> Any:
    """So many numbers of one row into another."""
    for i in range(count):
        b[i] = a[i]


def dot(a: Any, b: Any, count: Any) -> Any:
    """Σ a·b, in eight sums side by side: one would wait for each addition in turn."""
    t0 = t1 = t2 = t3 = t4 = t5 = t6 = t7 = 0.0
    whole = count - count % 8
    for i in range(0, whole, 8):
        t0 += a[i] * b[i]
        t1 += a[i + 1] * b[i + 1]
        t2 += a[i + 2] * b[i + 2]
        t3 += a[i + 3] * b[i + 3]
        t4 += a[i + 4] * b[i + 4]
        t5 += a[i + 5] * b[i + 5]
        t6 += a[i + 6] * b[i + 6]
        t7 += a[i + 7] * b[i + 7]
    total = ((t0 + t1) + (t2 + t3)) + ((t4 + t5) + (t6 + t7))
    for i in range(whole, count):
        total += a[i] * b[i]
    return total


def lanes(columns: Any, results: Any, rooms: Any, shared: Any, sums: Any, tape: Any) -> Any:
    """Runs a tape of lanes, as many at a time as there are in a room; −1, or the line of a guard that does not hold.

    A line is a code, the room of the result, and operands: rooms, or ~place of a number that all lanes share.
    """
    at_once = rooms.shape[1]
    for start in range(0, columns.shape[1], at_once):
        count = min(at_once, columns.shape[1] - start)
        for i in range(len(columns)):
            copy(columns[i, start:], rooms[i], count)
        for line in range(len(tape)):
            code, to = tape[line, 0], tape[line, 1]
            a = operand(1, tape[line, 2], rooms, shared, count)
            b = operand(2, tape[line, 3], rooms, shared, count)
            c = operand(3, tape[line, 4], rooms, shared, count)  # noqa: F841
            if code >= 0:
                y = rooms[to]  # noqa: F841
                # ROWS: lanes
            elif code == -1:
                sums[to] += dot(a, b, count)
            elif code == -2:
                copy(a, results[to, start:], count)
            else:
                for i in range(count):
                    if (a[i] != 0.0) != (to != 0):
                        return line
    return -1


def queue(step: Any, code: Any, ready: Any, following: Any, last: Any, length: Any) -> Any:
    """Puts a step at the end of its code's queue."""
    if length[code] == 0:
        ready[code] = step
    else:
        following[last[code]] = step
    last[code] = step
    length[code] += 1


def scheduled(codes: Any, operands: Any, arities: Any, constants: Any, first: Any) -> Any:
    """The runs of a tape, and where each step has come to stand: steps of one code that are ready go together.

    Operands below 0 are constants, below `first` inputs, and then steps. A run costs one decision, so that the longest
    one that is ready goes next.
    """
    n = len(codes)
    waits, chained = np.zeros(n, np.int32), np.zeros(n, np.int32)  # for how many steps; first of those that wait, or 0
    after = np.zeros(3 * n + 1, np.int32)
    for step in range(n - 1, -1, -1):
        for k in range(arities[codes[step]]):
            needed = operands[step, k] - first
            if needed >= 0:
                waits[step] += 1
                edge = 3 * step + k + 1
                after[edge], chained[needed] = chained[needed], edge
    ready, last = np.zeros(len(arities), np.int32), np.zeros(len(arities), np.int32)  # queues, one a code
    following, length = np.zeros(n, np.int32), np.zeros(len(arities), np.int64)
    for step in range(n):
        if waits[step] == 0:
            queue(step, codes[step], ready, following, last, length)
    runs, here, moved, done = np.empty(5 * n, np.uint32), 0, np.empty(n, np.int32), 0
    while done < n:
        code = 0
        for other in range(len(length)):
            if length[other] > length[code]:
                code = other
        head, begun = here, done
        here += 2
        while length[code]:
            step = ready[code]
            ready[code] = following[step]
            length[code] -= 1
            moved[step] = done
            done += 1
            for k in range(arities[code]):
                place = operands[step, k]
                runs[here] = constants + (place if place < first else first + moved[place - first])
                here += 1
            edge = chained[step]
            while edge:
                waiting = (edge - 1) // 3
                waits[waiting] -= 1
                if waits[waiting] == 0:
                    queue(waiting, codes[waiting], ready, following, last, length)
                edge = after[edge]
        runs[head], runs[head + 1] = code, done - begun
    return runs[:here].copy(), moved
