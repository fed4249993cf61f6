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
import weakref
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import CodeType, FrameType
from typing import Any, Final, NamedTuple, TypeAlias

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
    tracer = Tracer()
    if tracer.reason:
        return inconclusive(f"trace: {tracer.reason}")
    code = emission.code
    found: list[Wrong] = []
    tracer.add(code, report or verify(code), lambda _, wrong: found.append(wrong))
    # what it raises is the value oracle's business
    with tracer, suppress(Exception, SystemExit, GeneratorExit):
        emission.execute(world)
    return failed(_finding(emission, found[0])) if found else PASSED


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


OnWrong: TypeAlias = Callable[[CodeType, Wrong], None]


def sampled(name: str, number: int, share: float) -> bool:
    """Whether the code object of this name and number is one of the `share` (0 to 1) that are traced: the
    same answer in every process and run."""
    return zlib.crc32(f"{name} {number}".encode()) < share * 2**32


class Tracer:
    """Watches any number of code objects, in the thread in which it is started, from `start` to `stop`.

    `reason` says why the stack cannot be read here, empty where it can. `frames` and `instructions` count
    what was held against a prediction. The trace function that was there before goes on getting every event.
    No code object is kept alive for being watched.
    """

    def __init__(self) -> None:
        layout = _layout()
        self.reason = "" if layout else "the value stack of this Python cannot be read"
        self.layout = layout or Layout(0, 0, 0)
        self.frames = 0
        self.instructions = 0
        self._watched: dict[int, tuple[weakref.ref[CodeType], _Watch]] = {}
        self._previous: Any = None

    def add(self, code: CodeType, report: Report, on_wrong: OnWrong) -> None:
        """Watch this code from now on. `on_wrong` is told the first belief of `report` that is wrong."""
        if self.reason:
            return
        key = id(code)
        gone = weakref.ref(code, lambda _: self._watched.pop(key, None))
        self._watched[key] = gone, _Watch(code, report, self, on_wrong)

    def start(self) -> None:
        """Trace this thread. Does nothing where it is traced already."""
        if not self.reason and sys.gettrace() != self._enter:
            self._previous = sys.gettrace()
            sys.settrace(self._enter)

    def stop(self) -> None:
        """Put back what was there before. Leaves alone what somebody else put there since."""
        if sys.gettrace() == self._enter:
            sys.settrace(self._previous)

    def __enter__(self) -> Tracer:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Out of the way, for what runs none of the watched code and is slow to trace."""
        if sys.gettrace() != self._enter:
            yield
            return
        self.stop()
        try:
            yield
        finally:
            self.start()

    def _enter(self, frame: FrameType, event: str, argument: object) -> Any:
        """The global trace function, called for each new frame."""
        inner = None
        if self._previous is not None:
            inner = self._previous(frame, event, argument)
            # a tracer written in C (coverage's is) puts itself in our place when it is called from Python
            sys.settrace(self._enter)
        _, watch = self._watched.get(id(frame.f_code), (None, None))
        if watch is None:
            return inner
        self.frames += 1
        step = _Step(watch, inner, inner is not None and frame.f_trace_opcodes)
        frame.f_trace_opcodes = True
        if inner is None:
            frame.f_trace_lines = False
        return step


class _Seen:
    """What was held against its prediction at the last instruction of a frame. The objects are kept alive, so
    that what has an address of theirs is the same object."""

    __slots__ = ("addresses", "expected", "objects")

    # of this file, as a named tuple's constructor is not: Dynamo would look at the frame of that
    def __init__(
        self, addresses: list[int | None], expected: tuple[Slot, ...], objects: list[object]
    ) -> None:
        self.addresses = addresses
        self.expected = expected
        self.objects = objects

    def still(self, addresses: list[int | None], expected: tuple[Slot, ...]) -> int:
        """How many of the lowest slots hold what they held, and are believed to be what they were."""
        same, less = min(len(addresses), len(self.addresses)), 1
        while same > 0:
            if addresses[:same] == self.addresses[:same] and expected[:same] == self.expected[:same]:
                return same
            same, less = same - less, 2 * less
        return 0


class _Step:
    """The local trace function of one frame: compares before each instruction, and hands on to `inner` what
    it would get without us."""

    __slots__ = ("inner", "opcodes", "seen", "watch")

    def __init__(self, watch: _Watch, inner: Any, opcodes: bool) -> None:
        self.watch = watch
        self.seen = _Seen([], (), [])
        self.inner = inner
        self.opcodes = opcodes

    def __call__(self, frame: FrameType, event: str, argument: object) -> _Step:
        if event == "opcode":
            self.seen = self.watch.look(frame, self.seen)
        if self.inner is not None and (self.opcodes or event != "opcode"):
            self.inner = self.inner(frame, event, argument)
        return self


class _Watch:
    """What is believed of one code object."""

    def __init__(self, code: CodeType, report: Report, tracer: Tracer, on_wrong: OnWrong) -> None:
        self.tracer = tracer
        self.on_wrong = on_wrong
        self.states: Mapping[int, tuple[Slot, ...]] = report.states
        self.opcode_at = _opcodes(code)
        cells = set(code.co_cellvars).difference(code.co_varnames)
        self.locals = code.co_nlocals + len(cells) + len(code.co_freevars)
        self.refuted = False

    def look(self, frame: FrameType, seen: _Seen) -> _Seen:
        """Hold the stack of a frame against the prediction, until the first belief that is wrong."""
        if self.refuted:
            return seen
        self.tracer.instructions += 1
        offset = self.opcode_at.get(frame.f_lasti, frame.f_lasti)
        expected = self.states.get(offset)
        if expected is None:
            told = f"control came to {offset}, where none was predicted"
            return self._refute(frame, seen, Wrong("unpredicted", offset, told))
        addresses, objects = read(frame, self.locals, self.tracer.layout)
        if len(objects) != len(expected):
            told = f"the stack is {len(objects)} deep, not {len(expected)}: {_both(expected, objects)}"
            return self._refute(frame, seen, Wrong("depth", offset, told))
        for at in range(seen.still(addresses, expected), len(objects)):
            invariant = belief(objects[at], expected[at])
            if invariant:
                told = f"slot {at} was not {expected[at].name}: {_both(expected, objects)}"
                return self._refute(frame, seen, Wrong(invariant, offset, told))
        return _Seen(addresses, expected, objects)

    def _refute(self, frame: FrameType, seen: _Seen, wrong: Wrong) -> _Seen:
        self.refuted = True
        self.on_wrong(frame.f_code, wrong)
        return seen


def belief(value: object, slot: Slot) -> str:
    """The invariant that a value in this slot breaks, empty if none."""
    if value is NULL:
        return "" if slot.bits & NULL_BITS else "null"
    if slot.constant is not UNKNOWN and value is not slot.constant:
        return "constant"
    return "" if slot.bits & kinds_of(value) or slot.bits & ANY_KIND else "kind"


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


def read(frame: FrameType, below: int, layout: Layout) -> tuple[list[int | None], list[object]]:
    """What is on the value stack of a frame that is being traced, bottom first: where, and what; `below`: its
    locals."""
    inner = ctypes.c_void_p.from_address(id(frame) + layout.frame).value or 0
    depth = max(ctypes.c_int.from_address(inner + layout.top).value - below, 0)
    first = inner + layout.slots + 8 * below
    # C alone: a frame of Python's here would be one that Dynamo looks at
    held: Any = (ctypes.py_object * depth).from_address(first)
    addresses = (ctypes.c_void_p * depth).from_address(first)[:]
    if None not in addresses:
        return addresses, held[:]
    return addresses, [NULL if address is None else held[at] for at, address in enumerate(addresses)]


def _both(expected: tuple[Slot, ...], actual: list[object]) -> str:
    was = ", ".join("NULL" if value is NULL else type(value).__name__ for value in actual)
    return f"predicted [{spell(expected)}], was [{was}]"
