"""The disassembly of a code object with the stack that the report has at each instruction."""

from __future__ import annotations

import dis
from collections.abc import Mapping
from dataclasses import dataclass
from types import CodeType

from .report import Report, Violation
from .slots import spell


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


def annotate(code: CodeType, report: Report, extra: Mapping[int, str] | None = None) -> list[ListingRow]:
    """One row an instruction, in the order of the code; `extra` has more text for some byte offsets."""
    by_offset: dict[int, list[Violation]] = {}
    for violation in report.violations:
        by_offset.setdefault(violation.offset, []).append(violation)
    rows = []
    for found in dis.get_instructions(code):
        stack = report.states.get(found.offset)
        rows.append(
            ListingRow(
                offset=found.offset,
                opname=found.opname,
                oparg=found.arg,
                argrepr=found.argrepr,
                stack=None if stack is None else spell(stack),
                violations=tuple(by_offset.get(found.offset, ())),
                extra=(extra or {}).get(found.offset, ""),
            )
        )
    return rows
