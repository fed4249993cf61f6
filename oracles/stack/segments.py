"""What straight code does to the stack below it, without knowing what is there.

Claim: `segment` finds the net effect of the instructions and the deepest slot that they pop or move, from the
rows of the opcode table of this CPython; what is not straight has no such figures and is said to be so.
"""

from __future__ import annotations

import dis
import functools
from collections.abc import Iterable
from typing import Final, NamedTuple, Protocol

from .opcodes import table


class AnyInstruction(Protocol):
    """An instruction before it is assembled, whoever made it."""

    opname: str
    arg: int | None


MOVES: Final = frozenset({"SWAP"})
"""Opcodes whose row keeps its operands, though they change places."""


class Segment(NamedTuple):
    """`net`: slots that the stack grows by. `reach`: how many of the slots below are popped or moved."""

    net: int
    reach: int


class NotStraight(ValueError):  # noqa: N818 - it says what the code is, not what went wrong
    """The instructions jump, or one of them has no row: which one."""


def segment(instructions: Iterable[AnyInstruction]) -> Segment:
    """The effect of straight code; raises NotStraight, and UnsupportedPython without an opcode table."""
    depth = lowest = 0
    for instruction in instructions:
        net, reach = _alone(instruction.opname, instruction.arg or 0)
        lowest = min(lowest, depth - reach)
        depth += net
    return Segment(depth, -lowest)


@functools.lru_cache(maxsize=4096)
def _alone(opname: str, oparg: int) -> Segment:
    """The segment of one instruction."""
    rows = table()
    opcode = dis.opmap.get(opname, -1)
    row = rows.rows[opcode] if 0 <= opcode < 256 else None
    if row is None or row.jump or not row.falls:
        raise NotStraight(opname)
    effect = rows.effect(opcode, oparg)
    return Segment(len(effect.push) - effect.drop, effect.need if opname in MOVES else effect.drop)
