"""The forked workers of a campaign, and the memory they share with it.

Claim: which case a worker is at, and how its cases ended so far, is in shared memory before anything of a
case runs, so that a worker's death loses nothing and names its case.
"""

from __future__ import annotations

import gc
import itertools
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

from generators.cases import CASE_KINDS, drawn_case
from generators.codec import dumps
from harness.corpus import Known, without_known
from harness.isolation import HARNESS_FAILED, quiet
from harness.runner import STAGES, STATUSES, Clock, Outcome, Runner
from harness.targets.base import Target
from oracles.run import Finding

KINDS_LIMIT = 160
"""Kinds (of cases, nodes, sources …) that statistics are kept for; more would be an error at start."""

_CASE, _STAGE, _SINCE, _LAST, _FAILED = range(5)
_STATUS_AT = 5
_SPENT_AT = _STATUS_AT + len(STATUSES)
_KINDS_AT = _SPENT_AT + len(STAGES)
_WORDS = _KINDS_AT + KINDS_LIMIT * len(STATUSES)

IDLE = -1
"""In the case word: between two cases."""


class Slot:
    """A worker's shared memory: the case it is at, since when and in which stage, and its counts.

    The parent and the worker see the same 64-bit words; only the worker writes while it lives.
    """

    def __init__(self, kinds: tuple[str, ...]) -> None:
        if len(kinds) > KINDS_LIMIT:
            raise ValueError(f"{len(kinds)} kinds; KINDS_LIMIT allows {KINDS_LIMIT}")
        self.kinds = {kind: at for at, kind in enumerate(kinds)}
        self.words = memoryview(mmap.mmap(-1, _WORDS * 8)).cast("q")
        self.words[_CASE] = IDLE
        self.words[_LAST] = IDLE

    def begin(self, index: int) -> None:
        """Case `index` is about to be drawn."""
        self.words[_SINCE] = time.monotonic_ns()
        self.words[_LAST] = index
        self.words[_CASE] = index

    def last(self) -> int:
        """The case begun last, over or not; IDLE before the first."""
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

    def end(self, kinds: frozenset[str], status: str) -> None:
        """The case ended: count it, once in all and once for each kind it is made of."""
        at = STATUSES.index(status)
        words = self.words
        words[_STATUS_AT + at] += 1
        for kind in kinds:
            words[_KINDS_AT + self.kinds[kind] * len(STATUSES) + at] += 1
        words[_CASE] = IDLE

    def abandon(self) -> None:
        """The worker died in its case, which its parent counts."""
        self.words[_CASE] = IDLE

    def spent(self, nanoseconds: list[int]) -> None:
        """Add to the time spent by stage."""
        for at, amount in enumerate(nanoseconds):
            self.words[_SPENT_AT + at] += amount
            nanoseconds[at] = 0

    def case(self) -> int:
        """The case in hand, or IDLE."""
        return self.words[_CASE]

    def current_stage(self) -> str:
        """The name of the stage the case is in."""
        return STAGES[min(self.words[_STAGE], len(STAGES) - 1)]

    def begun(self) -> tuple[int, int]:
        """The case in hand and when it began: changes whenever the worker goes on."""
        return self.words[_CASE], self.words[_SINCE]

    def counts(self) -> dict[str, int]:
        """Cases by status."""
        return {status: self.words[_STATUS_AT + at] for at, status in enumerate(STATUSES)}

    def counts_by_kind(self) -> dict[str, dict[str, int]]:
        """Cases by kind and status."""
        return {
            kind: {
                status: self.words[_KINDS_AT + row * len(STATUSES) + at] for at, status in enumerate(STATUSES)
            }
            for kind, row in self.kinds.items()
        }

    def spent_by_stage(self) -> dict[str, int]:
        """Nanoseconds by stage."""
        return {stage: self.words[_SPENT_AT + at] for at, stage in enumerate(STAGES)}


WATCHED = 32
"""One case in so many is emitted once more with all calls of the codegen held against their contracts."""


@dataclass(frozen=True, slots=True)
class Share:
    """Which cases a worker draws: every `step`-th of the campaign's, from `first` up to `end`."""

    seed: int
    first: int
    step: int
    end: int | None
    deadline: float | None
    """On the monotonic clock; None for a campaign of a fixed number of examples."""
    kinds: tuple[str, ...] = CASE_KINDS
    watch_every: int = WATCHED

    def indices(self) -> Iterator[int]:
        """The indices in order, until the end or the deadline."""
        for index in itertools.count(self.first, self.step):
            if (self.end is not None and index >= self.end) or (
                self.deadline is not None and time.monotonic() >= self.deadline
            ):
                return
            yield index


@dataclass(slots=True)
class Worker:
    """A running worker as its parent sees it."""

    share: Share
    slot: Slot
    process: int
    pipe: int
    stderr: Any
    unread: bytearray = field(default_factory=bytearray)
    begun: tuple[int, int] = (IDLE, 0)
    waited: float = 0.0
    """Seconds the parent has watched the worker in this case."""

    def watch(self, seconds: float) -> float:
        """The parent was awake for `seconds` more: how long it has now watched the case in hand.

        Not the wall's time since the case began: all processes may have been stopped together.
        """
        begun = self.slot.begun()
        if begun != self.begun or begun[0] == IDLE:
            self.begun, self.waited = begun, 0.0
        else:
            self.waited += seconds
        return self.waited


def start(share: Share, slot: Slot, work: Callable[[], Iterator[str]]) -> Worker:
    """Fork a worker that writes the lines of `work`; its target has to be entered already, to be warm."""
    reader, writer = os.pipe()
    stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the worker
    process = os.fork()
    if process == 0:
        os.close(reader)
        _be_worker(work, slot, writer, stderr.fileno())
    os.close(writer)
    os.set_blocking(reader, False)
    return Worker(share, slot, process, reader, stderr)


def _be_worker(work: Callable[[], Iterator[str]], slot: Slot, writer: int, stderr: int) -> None:
    """Never returns."""
    status = HARNESS_FAILED
    try:
        # the parent decides when to end: a signal to the whole group must not look like a death in a case
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        quiet(stderr)
        gc.freeze()
        with os.fdopen(writer, "w", buffering=1) as pipe:
            for line in work():
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


def work(target: Target, share: Share, slot: Slot, known: Sequence[Known] = ()) -> Iterator[str]:
    """Run the share's cases; a JSON line for each case that failed, is known or was not judged."""
    spent = [0] * len(STAGES)
    clock = Clock(spent, slot.stage)
    runner = Runner(target, clock)
    parent = os.getppid()
    for index in share.indices():
        if os.getppid() != parent:
            return  # the campaign was killed: nobody reads on
        slot.begin(index)
        clock.start()
        case = drawn_case(share.seed, index, share.kinds)
        clock.done(0)
        outcome = runner.run(case)
        if index % TRACED == 0:
            outcome = runner.trace(case, outcome)
        if index % share.watch_every == 0:
            outcome = runner.watch(case, outcome)
        if outcome.status == "failed":
            explained, _ = runner.explain(case)
            outcome = without_known(known, case, explained if explained.findings else outcome)
            yield _line(index, outcome, dumps(case), len(case.nodes))
        elif outcome.status != "passed" or outcome.reason:
            yield _line(index, outcome, None, len(case.nodes))
        slot.end(case.kinds(), outcome.status)
        slot.spent(spent)


def _line(index: int, outcome: Outcome, case: str | None, nodes: int) -> str:
    return json.dumps(
        {
            "index": index,
            "status": outcome.status,
            "reason": outcome.reason,
            "findings": [asdict(finding) for finding in outcome.findings],
            "case": case,
            "nodes": nodes,
        }
    )


def finding_from_data(data: dict[str, Any]) -> Finding:
    """The finding that `asdict` made `data` of."""
    return Finding(**data)
