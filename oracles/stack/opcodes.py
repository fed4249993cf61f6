"""The opcode tables: one declaration a row, from which everything else is derived.

`TABLES` has the rows of each Python version that can be verified. Versions share what they share. A row is
written in the notation of `notation.py`; what the notation cannot say stands in `steps.py`.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from . import rows310, rows311, rows312, rows313, rows314, slots, steps
from .flow import Fault
from .notation import Effect, effect, parse
from .rows import SPACES, Row
from .slots import Slot
from .steps import Step

if TYPE_CHECKING:
    from .interpreter import Machine

MODULES: Final = {(3, 10): rows310, (3, 11): rows311, (3, 12): rows312, (3, 13): rows313, (3, 14): rows314}
ROWS: Final[dict[tuple[int, int], Mapping[str, Row]]] = {
    version: module.ROWS for version, module in MODULES.items()
}


class Traits(NamedTuple):
    """What else belongs to one version.

    `loop_ends`: what FOR_ITER skips where the iterator is exhausted. `start_is_a_target`: whether a jump may
    go back to the first instruction. `lasti`: the offset that a handler finds.
    """

    loop_ends: tuple[str, ...] = ()
    start_is_a_target: bool = True
    lasti: Slot = slots.LASTI


TRAITS: Final = {
    (3, 11): Traits(start_is_a_target=False),  # counted as one too far
    (3, 12): Traits(("END_FOR",)),
    (3, 13): Traits(("END_FOR", "POP_TOP")),
    (3, 14): Traits(("END_FOR",), lasti=slots.TAGGED_LASTI),
}


class UnsupportedPython(RuntimeError):  # noqa: N818 - it says what Python is, not what went wrong
    """There is no opcode table for this version of Python."""


class Compiled(NamedTuple):
    """One row for one oparg, ready to be applied: operands are the top `need` slots, none with a bit of its
    mask in `forbidden`; `drop` are popped, `push` pushed, `step` is called; the oparg is below the limit of
    `space`."""

    need: int
    drop: int
    forbidden: tuple[int, ...]
    push: tuple[Slot, ...]
    step: Step | None
    space: int


def _general(row: Row, found: Effect) -> Step:
    """Checks lenient operands, looks, moves, and looks again."""

    def step(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
        base = len(stack) - found.need
        if found.expected:
            machine.expect(i, found, stack)
        if row.before is not None:
            row.before(machine, i, stack, variables)
        _move(found, stack, base)
        return i + 1 if row.after is None else row.after(machine, i, stack, variables)

    return step


def _move(found: Effect, stack: list[Slot], base: int) -> None:
    pushed = [stack[base + item] if isinstance(item, int) else item for item in found.push]
    stack[len(stack) - found.drop :] = pushed


def _expecting(instead: Step, found: Effect) -> Step:
    """A step that moves the operands itself, behind the check of the lenient ones."""

    def step(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
        machine.expect(i, found, stack)
        return instead(machine, i, stack, variables)

    return step


def _branch(row: Row, falls: Effect, jumps: Effect) -> Step:
    """A conditional jump: the target gets the outputs of one side, the next instruction of the other."""

    def step(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
        base = len(stack) - falls.need
        if falls.expected:
            machine.expect(i, falls, stack)
        if row.before is not None:
            row.before(machine, i, stack, variables)
        tested = stack[-1]
        there = stack.copy()
        _move(jumps, there, base)
        _move(falls, stack, base)
        if row.none is None:
            machine.jump(i, there, variables)
            return i + 1
        machine.jump(i, steps.narrowed(there, tested, row.none), steps.narrowed(variables, tested, row.none))
        stack[:] = steps.narrowed(stack, tested, not row.none)
        variables[:] = steps.narrowed(variables, tested, not row.none)
        return i + 1

    return step


def _out_of_range(row: Row) -> Step:
    def step(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
        low, high = row.oparg or (0, 0)
        raise Fault("oparg-range", f"oparg {machine.args[i]} is not from {low} to {high}")

    return step


MOST_OPERANDS: Final = 1_000_000
"""No stack is so deep. An oparg has 32 bits, and a slot would be made for each operand that it counts."""


def _too_many(machine: Machine, i: int, stack: list[Slot], variables: list[Slot]) -> int:
    raise Fault("underflow", f"{machine.spelled(i)} moves more than {MOST_OPERANDS} slots")


LARGEST_KEPT: Final = 256
"""Opargs below this have their compiled rows kept; larger ones are rare and long."""


class Table:
    """The rows of one version, compiled on demand. `rows` is indexed by opcode, None where there is none."""

    def __init__(self, rows: Mapping[str, Row], traits: Traits = Traits()) -> None:  # noqa: B008 - immutable
        self.names = list(dis.opname[:256])
        self.rows: list[Row | None] = [rows.get(name) for name in self.names]
        self.loop_ends, self.start_is_a_target, self.lasti = traits
        self.caches = _caches()
        self.extended_arg, self.resume = dis.opmap["EXTENDED_ARG"], dis.opmap.get("RESUME", -1)
        self.puts_aside = dis.opmap.get("LOAD_FAST_AND_CLEAR", -1)
        self.builders = frozenset(dis.opmap[name] for name in ("BUILD_LIST", "BUILD_SET", "BUILD_MAP"))
        self.blocks = "POP_BLOCK" in rows
        yields = rows.get("YIELD_VALUE")
        self.yield_says_so = yields is not None and yields.oparg == (0, 1)
        self._declared = {op: parse(row.effect) for op, row in enumerate(self.rows) if row is not None}
        self.direction = {op: row.jump for op, row in enumerate(self.rows) if row and row.jump}
        self.keeping = frozenset(
            op for op, row in enumerate(self.rows) if row and (row.keeps or not row.raises)
        )
        self.cleanup_throw = dis.opmap.get("CLEANUP_THROW", -1)
        self.yields = dis.opmap["YIELD_VALUE"]
        self.silent = frozenset(op for op, row in enumerate(self.rows) if row and not row.raises)
        self.sized = [op in self._declared and self._declared[op].sized for op in range(256)]
        self._drops: dict[tuple[int, int], int] = {}
        self._kept: dict[tuple[int, int], Compiled] = {}
        self.fixed = [self._fixed(op) for op in range(256)]

    def _fixed(self, op: int) -> Compiled | None:
        row = self.rows[op]
        if row is None or row.oparg or self._declared[op].sized:
            return None
        return self._compile(op, row, 0)

    def effect(self, op: int, oparg: int, jump: bool = False) -> Effect:
        """What the row of `op` declares for this oparg; raises KeyError where there is no row."""
        return effect(self._declared[op], oparg, jump)

    def drop(self, op: int, oparg: int) -> int:
        """How many slots the row pops; 0 where there is no row."""
        key = (op, oparg if self.sized[op] else 0)
        count = self._drops.get(key)
        if count is None:
            declared = self._declared.get(op)
            few = declared is not None and declared.operands(oparg) <= MOST_OPERANDS
            count = effect(declared, oparg).drop if declared is not None and few else 0
            if oparg < LARGEST_KEPT:
                self._drops[key] = count
        return count

    def compiled(self, op: int, oparg: int) -> Compiled | None:
        """The row ready to be applied, or None where there is no row."""
        row = self.rows[op]
        if row is None:
            return None
        found = self._kept.get((op, oparg))
        if found is None:
            found = self._compile(op, row, oparg)
            if oparg < LARGEST_KEPT:
                self._kept[op, oparg] = found
        return found

    def _compile(self, op: int, row: Row, oparg: int) -> Compiled:
        space = SPACES[row.space].number
        if row.oparg and not row.oparg[0] <= oparg <= row.oparg[1]:
            return Compiled(0, 0, (), (), _out_of_range(row), 0)
        if self._declared[op].operands(oparg) > MOST_OPERANDS:
            return Compiled(0, 0, (), (), _too_many, 0)
        falls, jumps = self.effect(op, oparg), self.effect(op, oparg, jump=True)
        slots = tuple(item for item in falls.push if isinstance(item, Slot))
        if row.instead is not None:
            step = _expecting(row.instead, falls) if falls.expected else row.instead
            return Compiled(falls.need, 0, falls.forbidden, (), step, space)
        if row.jump and row.falls:
            return Compiled(falls.need, 0, falls.forbidden, (), _branch(row, falls, jumps), space)
        if row.before or falls.expected or len(slots) < len(falls.push):
            return Compiled(falls.need, 0, falls.forbidden, (), _general(row, falls), space)
        return Compiled(falls.need, falls.drop, falls.forbidden, slots, row.after, space)


@cache
def table(version: tuple[int, int] = sys.version_info[:2]) -> Table:
    """The opcode table of this Python; raises UnsupportedPython where there is none."""
    rows = ROWS.get(version)
    if rows is None:
        known = ", ".join(f"{major}.{minor}" for major, minor in ROWS)
        raise UnsupportedPython(
            f"no opcode table for Python {version[0]}.{version[1]}; there is one for {known}"
        )
    # 3.11 counts a jump back to the first instruction as one too far
    return Table(rows, TRAITS.get(version, Traits()))


def _caches() -> list[int]:
    """How many cache entries follow each opcode."""
    # a list by opcode, or from 3.13 on a mapping of names
    entries: Any = getattr(dis, "_inline_cache_entries", {})  # 3.10 has no caches
    if isinstance(entries, Mapping):
        return [entries.get(name, 0) for name in dis.opname[:256]]
    return list(entries)
