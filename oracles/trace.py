"""The trace oracle: what the stack oracle believed against the value stack that CPython really had.

Claim: at every instruction that ran, the real stack was as deep as predicted, NULL only where predicted, each
value of a predicted kind, and each known constant the very object. The first belief that is wrong is the
finding: the tables of `stack/` are wrong there, or the code is and they did not see it.

The stack of a running frame is read from memory, at the layout of `LAYOUTS`; on a Python without one the
verdict is `inconclusive`. Only for code that the stack oracle accepted, in a process that may die of it.
"""

from __future__ import annotations

import ctypes
import dis
import sys
from collections.abc import Iterator, Mapping
from types import CodeType, FrameType
from typing import Any, Final, NamedTuple

from oracles.run import PASSED, Emission, Finding, Verdict, failed, inconclusive
from oracles.stack import Report, Slot, verify
from oracles.stack.slots import ANY_KIND, NULL_BITS, UNKNOWN, kinds_of, spell
from oracles.world import World


class Layout(NamedTuple):
    """Bytes from the start of a frame object to its interpreter frame's address, and from the start of that
    to the number of slots in use (locals included) and to the first slot."""

    frame: int
    top: int
    slots: int


LAYOUTS: Final[dict[tuple[int, int], Layout]] = {(3, 11): Layout(24, 64, 72)}
"""`Include/internal/pycore_frame.h`, on a machine of 64 bits."""


class Null:
    """The type of `NULL`: a slot without an object."""

    def __repr__(self) -> str:
        return "NULL"


NULL: Final = Null()


class Wrong(NamedTuple):
    """The first belief that does not hold: which, at which byte offset, and how to say it."""

    invariant: str
    offset: int
    message: str


def judge(emission: Emission, world: World, report: Report | None = None) -> Verdict:
    """Run the emission in the world and watch its stack; what it returns or raises is not looked at."""
    layout = _layout()
    if layout is None:
        return inconclusive("trace: the value stack of this Python cannot be read")
    code = emission.code
    watch = _Watch(code, report or verify(code), layout)
    previous = sys.gettrace()
    sys.settrace(watch.enter)
    try:
        emission.execute(world)
    except (Exception, SystemExit, GeneratorExit):  # noqa: BLE001 - the value oracle's business
        pass
    finally:
        sys.settrace(previous)
    if watch.wrong is None:
        return PASSED
    return failed(_finding(emission, watch.wrong))


def _layout() -> Layout | None:
    wide = ctypes.sizeof(ctypes.c_void_p) == 8 and sys.implementation.name == "cpython"
    return LAYOUTS.get(sys.version_info[:2]) if wide else None


def _finding(emission: Emission, wrong: Wrong) -> Finding:
    call = (emission.calls or {}).get(wrong.offset)
    return Finding(
        oracle="trace",
        invariant=wrong.invariant,
        subject=dis.opname[emission.code.co_code[wrong.offset]],
        message=wrong.message,
        emitter="" if call is None else call.function,
        offset=wrong.offset,
        node=None if call is None else call.node,
    )


class _Watch:
    """A trace function that compares at each instruction of one code object."""

    def __init__(self, code: CodeType, report: Report, layout: Layout) -> None:
        self.code = code
        self.layout = layout
        self.states: Mapping[int, tuple[Slot, ...]] = report.states
        self.opcode_at = _opcodes(code)
        cells = set(code.co_cellvars).difference(code.co_varnames)
        self.locals = code.co_nlocals + len(cells) + len(code.co_freevars)
        self.wrong: Wrong | None = None

    def enter(self, frame: FrameType, event: str, argument: object) -> Any:
        """The global trace function: watches frames of the code alone."""
        if frame.f_code is not self.code:
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        return self.step

    def step(self, frame: FrameType, event: str, argument: object) -> Any:
        """The local trace function: called before each instruction."""
        if event == "opcode" and self.wrong is None:
            self._compare(frame)
        return self.step

    def _compare(self, frame: FrameType) -> None:
        offset = self.opcode_at.get(frame.f_lasti, frame.f_lasti)
        expected = self.states.get(offset)
        actual = list(read(frame, self.locals, self.layout))
        if expected is None:
            self.wrong = Wrong("unpredicted", offset, f"control came to {offset}, where none was predicted")
            return
        there = f"predicted [{spell(expected)}], was [{_spell(actual)}]"
        if len(actual) != len(expected):
            text = f"the stack is {len(actual)} deep, not {len(expected)}: {there}"
            self.wrong = Wrong("depth", offset, text)
            return
        for at, (value, slot) in enumerate(zip(actual, expected, strict=True)):
            invariant = belief(value, slot)
            if invariant:
                self.wrong = Wrong(invariant, offset, f"slot {at} was not {slot.name}: {there}")
                return


def belief(value: object, slot: Slot) -> str:
    """The invariant that a value in this slot breaks, empty if none."""
    if value is NULL:
        return "" if slot.bits & NULL_BITS else "null"
    if slot.constant is not UNKNOWN and value is not slot.constant:
        return "constant"
    return "" if slot.bits & (kinds_of(value) | ANY_KIND) else "kind"


def _opcodes(code: CodeType) -> dict[int, int]:
    """Offset of a first EXTENDED_ARG -> offset of the opcode that it belongs to."""
    found: dict[int, int] = {}
    first: int | None = None
    # the bytes alone: `dis` would write every constant out
    extended = dis.opmap["EXTENDED_ARG"]
    raw = code.co_code
    for offset in range(0, len(raw), 2):
        if raw[offset] == extended:
            first = offset if first is None else first
        elif first is not None:
            found.update(dict.fromkeys(range(first, offset, 2), offset))
            first = None
    return found


def read(frame: FrameType, below: int, layout: Layout) -> Iterator[object]:
    """What is on the value stack of a frame that is being traced, bottom first; `below`: its locals."""
    inner = ctypes.c_void_p.from_address(id(frame) + layout.frame).value or 0
    top = ctypes.c_int.from_address(inner + layout.top).value
    for at in range(below, top):
        pointer = ctypes.c_void_p.from_address(inner + layout.slots + 8 * at).value
        yield NULL if pointer is None else ctypes.cast(pointer, ctypes.py_object).value


def _spell(values: list[object]) -> str:
    return ", ".join("NULL" if value is NULL else type(value).__name__ for value in values)
