"""The disassembly of a code object with the stack that the report has at each instruction."""

from __future__ import annotations

import dis
from collections.abc import Mapping
from dataclasses import dataclass
from types import CodeType
from typing import Final

from .report import Report, Violation
from .slots import spell

WIDEST: Final = 60
WIDEST_INTEGER: Final = 256
"""Characters of a constant, and bits of an integer, that are written out in a listing."""


@dataclass(frozen=True)
class ListingRow:
    """One instruction, EXTENDED_ARGs included and caches not.

    `offset` in bytes; `stack` is the one before it, bottom first, as short text, or None where control never
    comes; `extra` is what the caller had to say of this offset.
    """

    offset: int
    opname: str
    oparg: int | None
    argrepr: str
    stack: str | None
    violations: tuple[Violation, ...]
    extra: str = ""


class _Shown:
    """A constant in the place of itself, for `dis` to write out: short, and of whatever size."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __repr__(self) -> str:
        if isinstance(self.value, int) and self.value.bit_length() > WIDEST_INTEGER:
            return f"<integer of {self.value.bit_length()} bits>"
        try:
            text = repr(self.value)
        except ValueError:
            # a huge integer somewhere inside: Python refuses to write it out
            return f"<{type(self.value).__name__}>"
        return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def annotate(code: CodeType, report: Report, extra: Mapping[int, str] | None = None) -> list[ListingRow]:
    """One row an instruction, in the order of the code; `extra` has more text for some byte offsets."""
    by_offset: dict[int, list[Violation]] = {}
    for violation in report.violations:
        by_offset.setdefault(violation.offset, []).append(violation)
    states = report.states
    return [
        ListingRow(
            offset=offset,
            opname=opname,
            oparg=oparg,
            argrepr=argrepr,
            stack=spell(states[offset]) if offset in states else None,
            violations=tuple(by_offset.get(offset, ())),
            extra=(extra or {}).get(offset, ""),
        )
        for offset, opname, oparg, argrepr in _instructions(code, report)
    ]


def _instructions(code: CodeType, report: Report) -> list[tuple[int, str, int | None, str]]:
    """Offset, opcode, oparg, and what the oparg stands for."""
    shown = code.replace(co_consts=tuple(map(_Shown, code.co_consts)))
    try:
        return [(each.offset, each.opname, each.arg, each.argrepr) for each in dis.get_instructions(shown)]
    except (IndexError, KeyError, ValueError):
        # `dis` looks up what an oparg names, and the oparg of rejected code may name nothing
        return [(at, *_plain(code.co_code, at), "") for at in report.offsets]


def _plain(code: bytes, at: int) -> tuple[str, int]:
    """The opcode and oparg at an offset."""
    name, oparg, shift = dis.opname[code[at]], code[at + 1], 0
    while at >= 2 and code[at - 2] == dis.EXTENDED_ARG:
        at, shift = at - 2, shift + 8
        oparg |= code[at + 1] << shift
    return name, oparg
