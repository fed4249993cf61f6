"""The forked workers of a campaign, and the memory they share with it.

Claim: which case a worker is at, and how the cases of its chunk ended so far, is in shared memory before
anything of the next case runs, so that a worker's death at any moment loses nothing, counts nothing twice,
and names its case.
"""

from __future__ import annotations

import gc
import json
import mmap
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from harness.chunks import KINDS, Plan
from harness.corpus import Known, without_known
from harness.isolation import HARNESS_FAILED, MEMORY, OUTPUT, end_with, limit, quiet
from harness.runner import STAGES, STATUSES, Clock, Outcome, Runner
from harness.targets.base import Target
from harness.vitals import Vitals
from oracles.run import Finding

_CASE, _STAGE, _SINCE, _LAST, _FAILED = range(5)
_SPENT_AT = 5
_ENTRIES_AT = _SPENT_AT + len(STAGES)

_KINDS_OF_A_WORD = 63
"""A shared word is signed."""

_ENTRY = 1 + -(-len(KINDS) // _KINDS_OF_A_WORD)
"""Words for a case that is over: its status, counted from 1, and the kinds it is made of, a bit each."""

_BIT = {kind: divmod(at, _KINDS_OF_A_WORD) for at, kind in enumerate(KINDS)}

IDLE = -1
"""In the case word: between two cases."""


Note = tuple[int, ...]
"""The words of an entry."""


def noted(note: Note) -> tuple[frozenset[str], str] | None:
    """The kinds that the case is made of and how it ended; None if it is not over."""
    if not note[0]:
        return None
    kinds = []
    for word, mask in enumerate(note[1:]):
        while mask:
            bit = mask & -mask
            kinds.append(KINDS[word * _KINDS_OF_A_WORD + bit.bit_length() - 1])
            mask -= bit
    return frozenset(kinds), STATUSES[note[0] - 1]


class Slot:
    """A worker's shared memory: the case it is at, since when and in which stage, and how those before it
    ended.

    The parent and the worker see the same 64-bit words. Only the worker writes while it has something to do.
    There is room for the cases of a chunk of `size`.
    """

    def __init__(self, size: int = 0) -> None:
        self.words = memoryview(mmap.mmap(-1, (_ENTRIES_AT + size * _ENTRY) * 8)).cast("q")
        self.expect(0)

    def clear(self) -> None:
        """The parent: a new chunk begins."""
        self.words[_SPENT_AT:] = memoryview(bytes((len(self.words) - _SPENT_AT) * 8)).cast("q")

    def expect(self, index: int) -> None:
        """The parent: the worker has nothing in hand, and begins with this case."""
        self.words[_CASE] = IDLE
        self.words[_LAST] = index - 1

    def begin(self, index: int) -> None:
        """Case `index` is about to be drawn."""
        self.words[_LAST] = index
        self.words[_SINCE] = time.monotonic_ns()
        self.words[_CASE] = index

    def last(self) -> int:
        """The case begun last, over or not; the one before its first, where the worker has not begun any."""
        return self.words[_LAST]

    def fail(self) -> None:
        """The harness itself raised in this worker."""
        self.words[_FAILED] = 1

    def failed(self) -> bool:
        """Did the harness itself raise in this worker?"""
        return bool(self.words[_FAILED])

    def stage(self, stage: int) -> None:
        """The case enters stage number `stage`."""
        self.words[_STAGE] = stage

    def note(self, place: int, kinds: frozenset[str], status: str) -> None:
        """How the case at this place of the chunk ended. It has been counted once the last word is
        written."""
        at = _ENTRIES_AT + place * _ENTRY
        masks = [0] * (_ENTRY - 1)
        for kind in kinds:
            word, bit = _BIT[kind]
            masks[word] |= 1 << bit
        for word, mask in enumerate(masks, at + 1):
            self.words[word] = mask
        self.words[at] = 1 + STATUSES.index(status)

    def is_noted(self, place: int) -> bool:
        """Is the case at this place of the chunk over?"""
        return bool(self.words[_ENTRIES_AT + place * _ENTRY])

    def notes(self) -> list[Note]:
        """What was noted of each place of the chunk, as it is now."""
        words = self.words[_ENTRIES_AT:].tolist()
        return [tuple(words[at : at + _ENTRY]) for at in range(0, len(words), _ENTRY)]

    def rest(self) -> None:
        """The case in hand is over, or its worker is."""
        self.words[_CASE] = IDLE

    def spend(self, nanoseconds: list[int]) -> None:
        """Add to the time spent by stage."""
        for at, amount in enumerate(nanoseconds):
            self.words[_SPENT_AT + at] += amount
            nanoseconds[at] = 0

    def spent(self) -> dict[str, float]:
        """Seconds spent on the chunk by stage."""
        return {stage: self.words[_SPENT_AT + at] / 1e9 for at, stage in enumerate(STAGES)}

    def case(self) -> int:
        """The case in hand, or IDLE."""
        return self.words[_CASE]

    def current_stage(self) -> str:
        """The name of the stage the case is in."""
        return STAGES[min(self.words[_STAGE], len(STAGES) - 1)]

    def begun(self) -> tuple[int, int]:
        """The case in hand and when it began: changes whenever the worker goes on."""
        return self.words[_CASE], self.words[_SINCE]


@dataclass(slots=True, eq=False)
class Worker:
    """A running worker as its parent sees it. `first`: what was begun in its slot when it got its
    orders."""

    slot: Slot
    process: int
    pipe: int
    orders: int
    stderr: Any
    vitals: Vitals
    unread: bytearray = field(default_factory=bytearray)
    first: int = 0
    begun: tuple[int, int] = (IDLE, 0)
    held: int = 0
    """Bytes of memory that it held when it was last seen in another case."""
    resident: int = 0
    """Bytes that it held when it was last seen."""

    def watch(self, seconds: float) -> str:
        """For what the case in hand has to be ended, if for anything: `hang`, where it has had so many
        seconds of the worker's own time, or `memory`."""
        begun = self.slot.begun()
        self.vitals.look()
        if begun != self.begun:
            self.begun, self.vitals.own = begun, 0.0
            self.held = self.resident or self.vitals.began_with
        self.resident = self.vitals.resident()
        if begun[0] == IDLE:
            return ""
        if self.vitals.own > seconds:
            return "hang"
        return "memory" if self.resident - self.held > MEMORY else ""

    def order(self, cases: range) -> None:
        """Let the worker run these cases, which are consecutive and of one chunk."""
        self.first = cases.start
        self.slot.expect(cases.start)
        # one that just died is buried soon
        try:
            os.write(self.orders, b"%d %d\n" % (cases.start, cases.stop))
        except BrokenPipeError:
            return

    def read(self) -> tuple[list[bytes], bool]:
        """The whole lines that the worker wrote since the last look, and whether its pipe is at its end."""
        while True:
            try:
                piece = os.read(self.pipe, 1 << 16)
            except BlockingIOError:
                return self._lines(), False
            if not piece:
                return self._lines(), True
            self.unread += piece

    def _lines(self) -> list[bytes]:
        *lines, rest = self.unread.split(b"\n")
        self.unread = rest
        return [bytes(line) for line in lines]

    def reap(self) -> int:
        """Wait for its end, which is near; its wait status. What it wrote to stderr can still be read."""
        status = os.waitpid(self.process, 0)[1]
        os.close(self.pipe)
        os.close(self.orders)
        return status

    def kill(self) -> None:
        """End it at once."""
        os.kill(self.process, signal.SIGKILL)


Orders = Iterator[range]
"""What a worker is told to run, piece by piece: it waits for the next."""


Work = Callable[[Orders, int], Iterator[str]]
"""What a worker does with its orders, given the file that its output goes to: the lines it tells."""


def start(slot: Slot, work: Work) -> Worker:
    """Fork a worker that writes the lines of `work`; its target has to be entered already, to be warm."""
    reader, writer = os.pipe()
    taking, orders = os.pipe()
    stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the worker
    parent = os.getpid()
    process = os.fork()
    if process == 0:
        end_with(parent)
        os.close(reader)
        os.close(orders)
        _be_worker(work, slot, taking, writer, stderr.fileno())
    os.close(writer)
    os.close(taking)
    os.set_blocking(reader, False)
    return Worker(slot, process, reader, orders, stderr, Vitals(process))


def _be_worker(work: Work, slot: Slot, orders: int, writer: int, stderr: int) -> None:
    """Never returns."""
    status = HARNESS_FAILED
    try:
        # the parent decides when to end: a signal to the whole group must not look like a death in a case
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        quiet(stderr)
        limit()
        gc.freeze()
        with os.fdopen(writer, "w", buffering=1) as pipe, os.fdopen(orders) as told:
            for line in work((range(*map(int, order.split())) for order in told), stderr):
                pipe.write(line + "\n")
        status = 0
    except BaseException:  # noqa: BLE001 - the boundary of the process: reported by exit status
        slot.fail()
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(status)


TRACED = 64
"""One case in so many goes to the trace oracle too, which costs about as much again."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker of a campaign needs to know beside its orders. `deadline` is on the monotonic clock."""

    target: Target
    plan: Plan
    known: Sequence[Known] = ()
    deadline: float | None = None

    def is_over(self) -> bool:
        """Is the time used up?"""
        return self.deadline is not None and time.monotonic() >= self.deadline


def work(job: Job, slot: Slot, orders: Orders, output: int | None = None) -> Iterator[str]:
    """Run the cases of each order, up to the deadline; `output` is the file that they write to, if any.

    A JSON line for each case that failed, is known or was not judged; `{"end": index}` after each order, with
    the first case that was not run.
    """
    plan = job.plan
    spent = [0] * len(STAGES)
    clock = Clock(spent, slot.stage)
    runner = Runner(job.target, clock)
    parent = os.getppid()
    for cases in orders:
        end = cases.stop
        for index in cases:
            if os.getppid() != parent:
                return  # the campaign was killed: nobody reads on
            if job.is_over():
                end = index
                break
            slot.begin(index)
            clock.start()
            case = plan.case(index)
            clock.done(0)
            outcome = runner.run(case)
            if index % TRACED == 0:
                outcome = runner.trace(case, outcome)
            if index % plan.watch_every == 0:
                outcome = runner.watch(case, outcome)
            if outcome.status == "failed":
                explained, _ = runner.explain(case)
                outcome = without_known(job.known, case, explained if explained.findings else outcome)
            if outcome.status != "passed" or outcome.reason:
                yield line(index, outcome, len(case.nodes))
            slot.note(index % plan.chunk, case.kinds(), outcome.status)
            slot.rest()
            slot.spend(spent)
            if output is not None:
                forget(output)
        yield json.dumps({"end": end})


def forget(output: int) -> None:
    """What the cases so far wrote goes before it is so much that another one would be blamed."""
    if os.lseek(output, 0, os.SEEK_CUR) > OUTPUT // 16:
        os.ftruncate(output, 0)
        os.lseek(output, 0, os.SEEK_SET)


def line(index: int, outcome: Outcome, nodes: int) -> str:
    """What is told of a case that did not just pass."""
    return json.dumps(
        {
            "index": index,
            "status": outcome.status,
            "reason": outcome.reason,
            "findings": [asdict(finding) for finding in outcome.findings],
            "nodes": nodes,
        }
    )


def finding_from_data(data: dict[str, Any]) -> Finding:
    """The finding that `asdict` made `data` of."""
    return Finding(**data)
