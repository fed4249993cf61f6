"""Takes code bytes and exception tables apart into instructions, and puts them together again.

The claim: `assemble(take_apart(code))` is the code itself, and what is moved in between keeps its jumps and
its rows. Caches, EXTENDED_ARG and jump directions of 3.10 to 3.14 are asked of `dis`. It knows no stacks.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Iterator
from types import CodeType
from typing import Any, Final

NEWER: Final = sys.version_info >= (3, 11)
"""Exception tables, inline caches and jumps backwards that count upwards: from 3.11 on."""
EXTENDED_ARG: Final = dis.opmap["EXTENDED_ARG"]


def _caches() -> list[int]:
    # 3.11 and 3.12 have a list by opcode, later ones a dict by name, 3.10 no caches.
    entries: Any = getattr(dis, "_inline_cache_entries", [0] * 256)
    if isinstance(entries, dict):
        return [entries.get(name, 0) for name in dis.opname[:256]]
    return list(entries)[:256]


CACHES: Final[list[int]] = _caches()
JUMPS: Final = frozenset(op for op in (*dis.hasjrel, *dis.hasjabs) if op < 256) - {
    # Its oparg says where the loop began, for tracing alone: control does not go there.
    dis.opmap["END_ASYNC_FOR"] if sys.version_info >= (3, 14) else -1
}
ABSOLUTE: Final = frozenset(dis.hasjabs)
BACKWARD: Final = frozenset(op for op in JUMPS if "JUMP_BACKWARD" in dis.opname[op])


class Instruction:
    """One instruction, compared by identity. `target` is where it jumps, or None where `arg` is to stay as it
    is; `prefixes` is the smallest number of EXTENDED_ARGs to write it with."""

    __slots__ = ("arg", "op", "prefixes", "target")

    def __init__(self, op: int, arg: int, prefixes: int = 0, target: Instruction | None = None) -> None:
        self.op = op
        self.arg = arg
        self.prefixes = prefixes
        self.target = target

    def __repr__(self) -> str:
        return f"{dis.opname[self.op]} {self.arg}"

    def copy(self) -> Instruction:
        """Another one that does the same."""
        return Instruction(self.op, self.arg, self.prefixes, self.target)


class Row:
    """One row of an exception table: from `start` up to `end` (exclusive). `shift` is added to start, end and
    target, in code units, once the instructions have their places."""

    __slots__ = ("depth", "end", "lasti", "shift", "start", "target")

    def __init__(
        self, start: Instruction, end: Instruction, target: Instruction, depth: int, lasti: bool
    ) -> None:
        self.start = start
        self.end = end
        self.target = target
        self.depth = depth
        self.lasti = lasti
        self.shift = [0, 0, 0]


class Layout:
    """The instructions of a code object, in order, the rows of its exception table, and `end`, which stands
    for the place behind the last instruction."""

    def __init__(self, instructions: list[Instruction], rows: list[Row], end: Instruction) -> None:
        self.instructions = instructions
        self.rows = rows
        self.end = end

    def remove(self, at: int) -> Instruction:
        """Take an instruction out; what led to it leads to the next one."""
        gone = self.instructions.pop(at)
        following = self.instructions[at] if at < len(self.instructions) else self.end
        for instruction in self.instructions:
            if instruction.target is gone:
                instruction.target = following
        for row in self.rows:
            row.start = following if row.start is gone else row.start
            row.end = following if row.end is gone else row.end
            row.target = following if row.target is gone else row.target
        return gone

    def unlink(self) -> None:
        """Let the jumps keep their opargs, whatever moves."""
        for instruction in self.instructions:
            instruction.target = None


def size_of(instruction: Instruction) -> int:
    """In code units, with prefixes and caches."""
    return instruction.prefixes + 1 + CACHES[instruction.op]


def raw_instructions(code: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Offset (of the first prefix), opcode, oparg and number of prefixes of each instruction."""
    position = 0
    while position < len(code):
        start, high = position, 0
        while code[position] == EXTENDED_ARG and position + 2 < len(code):
            high = (high | code[position + 1]) << 8
            position += 2
        op = code[position]
        yield start, op, high | code[position + 1], (position - start) // 2
        position += 2 + 2 * CACHES[op]


def jump_target(behind: int, op: int, arg: int) -> int:
    """The offset in bytes that the jump leads to; `behind` is where the next instruction begins."""
    if op in ABSOLUTE:
        return 2 * arg
    return behind - 2 * arg if op in BACKWARD else behind + 2 * arg


def take_apart(code: CodeType) -> Layout:
    """The layout of well-formed code."""
    raw = list(raw_instructions(code.co_code))
    instructions = [Instruction(op, arg, prefixes) for _, op, arg, prefixes in raw]
    end = Instruction(0, 0)
    by_offset = {start: made for (start, *_), made in zip(raw, instructions, strict=True)}
    by_offset[len(code.co_code)] = end
    for (start, op, arg, _), instruction in zip(raw, instructions, strict=True):
        if op in JUMPS:
            target = jump_target(start + 2 * size_of(instruction), op, arg)
            instruction.target = by_offset[target]
    rows = []
    for start, stop, target, depth, lasti in parse_table(code.co_exceptiontable) if NEWER else ():
        rows.append(Row(by_offset[start], by_offset[stop], by_offset[target], depth, lasti))
    return Layout(instructions, rows, end)


def _prefixes_for(arg: int) -> int:
    return max(0, (arg.bit_length() - 1) // 8)


def _settle(layout: Layout) -> dict[Instruction, int]:
    """Give linked jumps their opargs, and all instructions room for theirs; the offset of each."""
    while True:
        places: dict[Instruction, int] = {}
        at = 0
        for instruction in layout.instructions:
            places[instruction] = at
            at += 2 * size_of(instruction)
        places[layout.end] = at
        grown = False
        for instruction in layout.instructions:
            if instruction.target is not None:
                behind = places[instruction] + 2 * size_of(instruction)
                there = places[instruction.target]
                distance = behind - there if instruction.op in BACKWARD else there - behind
                units = there // 2 if instruction.op in ABSOLUTE else distance // 2
                # A jump that would have to go the other way goes nowhere far.
                instruction.arg = max(0, units)
            needed = _prefixes_for(instruction.arg)
            if needed > instruction.prefixes:
                instruction.prefixes = needed
                grown = True
        if not grown:
            return places


def assemble(layout: Layout) -> tuple[bytes, bytes, dict[Instruction, int]]:
    """`co_code`, `co_exceptiontable`, and the offset of each instruction (of its first prefix)."""
    places = _settle(layout)
    code = bytearray()
    for instruction in layout.instructions:
        for prefix in range(instruction.prefixes, 0, -1):
            code += bytes([EXTENDED_ARG, instruction.arg >> 8 * prefix & 255])
        code += bytes([instruction.op, instruction.arg & 255])
        code += bytes(2 * CACHES[instruction.op])
    table = bytearray()
    for row in layout.rows:
        ends = zip((row.start, row.end, row.target), row.shift, strict=True)
        start, stop, target = (max(0, places[place] // 2 + shift) for place, shift in ends)
        numbers = (start, max(0, stop - start), target, row.depth << 1 | row.lasti)
        for number, first in zip(numbers, (128, 0, 0, 0), strict=True):
            table += _six_bits(number, first)
    return bytes(code), bytes(table), places


def _six_bits(number: int, mark: int) -> bytes:
    groups = [number & 63]
    while number := number >> 6:
        groups.append(number & 63 | 64)
    groups[-1] |= mark
    return bytes(reversed(groups))


def parse_table(table: bytes) -> Iterator[tuple[int, int, int, int, bool]]:
    """Start, end, target (in bytes), depth and lasti of each row of a well-formed exception table."""
    groups = iter(table)
    for first in groups:
        numbers = []
        for field in range(4):
            byte = first if field == 0 else next(groups)
            number = byte & 63
            while byte & 64:
                byte = next(groups)
                number = number << 6 | byte & 63
            numbers.append(number)
        start, length, target, rest = numbers
        yield 2 * start, 2 * (start + length), 2 * target, rest >> 1, bool(rest & 1)
