"""From bytes to instructions: code units, EXTENDED_ARG, inline caches, jump targets, exception table.

Nothing here looks at the stack. Offsets are in bytes, indices count instructions; an EXTENDED_ARG or a
cache entry is part of its instruction. Formats: CPython's `Objects/exception_table_notes.txt` (3.11).
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

MAX_PREFIXES: Final = 3
"""An oparg has 32 bits: one byte of its own, and one for each EXTENDED_ARG."""


class Handler(NamedTuple):
    """One row of the exception table; `start`, `end` (exclusive), `target` in bytes, `depth` in slots."""

    start: int
    end: int
    target: int
    depth: int
    lasti: bool


class Fault(Exception):  # noqa: N818 - what is wrong with the code, not an error of the verifier
    """The code is wrong in this way; ends the path that is being followed, and becomes a Violation."""

    def __init__(self, invariant: str, message: str, offset: int | None = None) -> None:
        super().__init__(invariant, message)
        self.invariant = invariant
        self.message = message
        self.offset = offset


class Instructions(NamedTuple):
    """The decoded code: for each instruction its opcode, its oparg, the offset of its opcode, and the offset
    where it starts (its first EXTENDED_ARG). `broken` has the faults of those that are not well-formed."""

    ops: list[int]
    args: list[int]
    offsets: list[int]
    starts: list[int]
    broken: dict[int, Fault]


def decode(code: bytes, caches: list[int], extended_arg: int, resume: int) -> Instructions:
    """Split `code` into instructions. `caches` has, for each opcode, how many cache entries follow it."""
    ops: list[int] = []
    args: list[int] = []
    offsets: list[int] = []
    prefixed: dict[int, int] = {}
    broken: dict[int, Fault] = {}
    position, end = 0, len(code)
    while position < end:
        op = code[position]
        arg = code[position + 1]
        if op == extended_arg:
            index = len(ops)
            prefixed[index] = position
            if arg == 0:
                broken[index] = Fault("extended-arg", "an EXTENDED_ARG 0 comes first")
            op, arg, position = _prefixed(code, position, extended_arg)
            if op in (extended_arg, resume) or position - prefixed[index] > 2 * MAX_PREFIXES:
                broken[index] = Fault("extended-arg", _PREFIX_FAULT)
        ops.append(op)
        args.append(arg)
        offsets.append(position)
        position += 2
        cached = caches[op]
        if cached:
            # `co_code` shows zeros for whatever stood in the place of a cache entry: CPython skips it.
            position += 2 * cached
            if position > end:
                broken[len(ops) - 1] = Fault("missing-cache", f"{cached} cache entries must follow")
    starts = offsets if not prefixed else [prefixed.get(i, at) for i, at in enumerate(offsets)]
    return Instructions(ops, args, offsets, starts, broken)


_PREFIX_FAULT: Final = f"more than {MAX_PREFIXES} in a row, or before RESUME or the end of the code"


def _prefixed(code: bytes, position: int, extended_arg: int) -> tuple[int, int, int]:
    """The opcode, oparg and offset of the instruction behind the EXTENDED_ARGs at `position`."""
    high = 0
    while position + 2 < len(code) and code[position] == extended_arg:
        high = (high | code[position + 1]) << 8
        position += 2
    return code[position], high | code[position + 1], position


def where(instructions: Instructions, offset: int, size: int) -> str:
    """What lies at an offset that is not the start of an instruction, for a message."""
    if offset < 0 or offset >= size:
        return "outside the code"
    if offset & 1:
        return "inside a code unit"
    starts, offsets = instructions.starts, instructions.offsets
    for start, at in zip(starts, offsets, strict=True):
        if start < offset <= at:
            return f"behind the EXTENDED_ARG at {start}"
    return "into a cache entry"


def parse_exception_table(table: bytes) -> list[Handler]:
    """The rows of `co_exceptiontable`; raises Fault (`exception-table`) where it cannot be read.

    A row is four numbers, big end first in groups of six bits: start, length, target (in code units), and
    depth * 2 + lasti. Bit 6 says that more bytes of the number follow, bit 7 marks the first byte of a row.
    """
    rows: list[Handler] = []
    position, end = 0, len(table)
    while position < end:
        numbers = []
        for field in range(4):
            if position >= end:
                raise Fault("exception-table", f"row {len(rows)} is cut off")
            byte = table[position]
            if bool(byte & 128) != (field == 0):
                raise Fault("exception-table", f"row {len(rows)} does not begin where its mark is")
            number = byte & 63
            while byte & 64:
                position += 1
                if position >= end or table[position] & 128:
                    raise Fault("exception-table", f"row {len(rows)} is cut off")
                byte = table[position]
                number = number << 6 | byte & 63
            position += 1
            numbers.append(number)
        start, length, target, rest = numbers
        rows.append(Handler(2 * start, 2 * (start + length), 2 * target, rest >> 1, bool(rest & 1)))
    return rows


_NUMBER: Final = rb"[\x40-\x7f]*[\x00-\x3f]"
LINE_TABLES: Final = {
    False: re.compile(rb"(?:[\x00-\xff]{2})*", re.DOTALL),
    True: re.compile(
        rb"(?:[\x80-\xcf][\x00-\x7f]"  # columns of the same line in one byte
        rb"|[\xd0-\xe7][\x00-\x7f]{2}"  # columns, up to two lines on
        rb"|[\xe8-\xef]" + _NUMBER + rb"|[\xf0-\xf7](?:" + _NUMBER + rb"){4}"  # a line; all four
        rb"|[\xf8-\xff])*"  # no line
    ),
}
"""Without and with columns: what `co_linetable` looks like, entry by entry. Formats: CPython's
`Objects/lnotab_notes.txt` (3.10) and `Objects/locations.md` (3.11 on)."""


def check_line_table(table: bytes, columns: bool) -> None:
    """Raise Fault (`line-table`) where an entry is cut off or does not begin where its mark is: whoever asks
    for a line reads beyond it."""
    if not LINE_TABLES[columns].fullmatch(table):
        raise Fault("line-table", "co_linetable does not consist of whole entries", 0)


def check_exception_table(rows: list[Handler], index_of: dict[int, int], size: int) -> None:
    """Raise Fault unless the rows are sorted, do not overlap, and name instructions; CPython's search for a
    handler takes all three for granted. `index_of` maps the start of an instruction to its index."""
    last = 0
    for number, row in enumerate(rows):
        if row.start < last:
            raise Fault("exception-table", f"row {number} begins at {row.start}, before {last}", row.start)
        if row.end <= row.start or row.end > size:
            raise Fault("exception-table", f"row {number} covers {row.start} to {row.end}", row.start)
        for offset in (row.start, row.target):
            if offset not in index_of:
                raise Fault("exception-table", f"row {number}: no instruction starts at {offset}", row.start)
        last = row.end
