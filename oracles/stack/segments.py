"""What a stretch of code does to the stack below it, without knowing what is there.

Claim: `segment` finds the net effect of the instructions and the deepest slot that they pop or move, from the
rows of the opcode table of this CPython. It follows jumps forward within the stretch, whose ways have to meet
at equal depth; whatever jumps otherwise has no such figures and is said to be so.
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
    """The instructions jump out of the stretch, backward, or to where they meet at another depth, or one of
    them has no row: which one."""


def segment(instructions: Iterable[AnyInstruction]) -> Segment:
    """The effect of the code; raises NotStraight, and UnsupportedPython without an opcode table."""
    depth, lowest = 0, 0
    reachable = True
    ahead: dict[int, tuple[int, str]] = {}
    """Id of an instruction that is jumped to -> the depth there, and who jumps."""
    for instruction in instructions:
        if ahead and id(instruction) in ahead:
            there, jumper = ahead.pop(id(instruction))
            if reachable and there != depth:
                raise NotStraight(jumper)
            depth, reachable = there, True
        if not reachable:
            continue
        opname, oparg = instruction.opname, instruction.arg or 0
        falls, jumps = _alone(opname, oparg)
        if jumps is not None:
            target = getattr(instruction, "target", None)
            there = depth + jumps.net
            if target is None or ahead.setdefault(id(target), (there, opname))[0] != there:
                raise NotStraight(opname)
            lowest = min(lowest, depth - jumps.reach)
        reachable = falls is not None
        if falls is not None:
            lowest = min(lowest, depth - falls.reach)
            depth += falls.net
    if ahead or not reachable:
        raise NotStraight(next((jumper for _, jumper in ahead.values()), "code that does not go on"))
    return Segment(depth, -lowest)


@functools.lru_cache(maxsize=4096)
def _alone(opname: str, oparg: int) -> tuple[Segment | None, Segment | None]:
    """What one instruction does where it goes on to the next, and where it jumps."""
    rows = table()
    opcode = dis.opmap.get(opname, -1)
    row = rows.rows[opcode] if 0 <= opcode < 256 else None
    if row is None or not (row.falls or row.jump):
        raise NotStraight(opname)
    ways = []
    for there, jump in ((row.falls, False), (row.jump, True)):
        effect = rows.effect(opcode, oparg, jump) if there else None
        reach = 0 if effect is None else effect.need if opname in MOVES else effect.drop
        ways.append(None if effect is None else Segment(len(effect.push) - effect.drop, reach))
    return ways[0], ways[1]
