"""A campaign: cases drawn by seed and index until a budget is used up, on all workers.

Claim: with a number of examples the same seed gives the same cases and the same findings in the same order,
whatever the number of workers; every case drawn is counted under exactly one status; a worker's death is a
finding with its case, and the campaign goes on.
"""

from __future__ import annotations

import json
import os
import select
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType

from generators.case import OPERATIONS, SOURCE_KINDS
from generators.cases import CASE_KINDS, drawn_case
from generators.codec import dumps
from generators.nodes import NODE_KINDS
from generators.steps import STEPS
from harness.corpus import Known, without_known
from harness.isolation import HarnessFailure, cause_of, tail
from harness.runner import NOT_JUDGED, STAGES, STATUSES, Outcome
from harness.targets.base import Target
from harness.triage import death_finding
from harness.workers import IDLE, WATCHED, Share, Slot, Worker, finding_from_data, start, work
from oracles.run import Finding

KINDS = (
    *(f"case:{kind}" for kind in CASE_KINDS),
    *NODE_KINDS,
    *(f"source:{kind}" for kind in SOURCE_KINDS),
    *(f"effect:{operation}" for operation in OPERATIONS),
    *(f"step:{operation}" for operation in STEPS),
)
"""What statistics are kept by."""

CASE_SECONDS = 10.0
"""A case that takes longer hangs: the slowest that does not takes milliseconds."""

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

TICK = 0.1
"""Seconds between two looks at the workers."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run: a number of examples of these kinds, or seconds, or both (whichever ends first).

    One case in `watch_every` is emitted once more and held against the codegen's contracts."""

    seed: int
    examples: int | None
    seconds: float | None
    workers: int
    kinds: tuple[str, ...] = CASE_KINDS
    watch_every: int = WATCHED


@dataclass(slots=True)
class Bucket:
    """Findings with one cause: how often, and the smallest case that shows it."""

    name: str
    finding: Finding
    case: str
    nodes: int
    index: int
    count: int = 0

    def order(self) -> tuple[int, int]:
        """The better example is the smaller one, then the earlier one."""
        return self.nodes, self.index


@dataclass(slots=True)
class Statistics:
    """What a campaign counted. `spent` is in seconds of worker time by stage."""

    seconds: float = 0.0
    statuses: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATUSES, 0))
    by_kind: dict[str, dict[str, int]] = field(default_factory=dict)
    spent: dict[str, float] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    buckets: dict[str, Bucket] = field(default_factory=dict)

    @property
    def cases(self) -> int:
        """Cases judged: all but those for which there was no code."""
        return sum(count for status, count in self.statuses.items() if status not in NOT_JUDGED)

    @property
    def drawn(self) -> int:
        """All cases drawn."""
        return sum(self.statuses.values())


class Campaign:
    """Runs a plan on a target. `progress` is called about ten times a second; `known` are the causes that
    are counted and gone past. `seen` is called for each new bucket, and for each better example of one.

    An error of the harness ends the campaign; `failure` is that error, and what was found until then stands.
    """

    def __init__(
        self,
        target: Target,
        plan: Plan,
        progress: Callable[[Statistics], None] = lambda statistics: None,
        known: Sequence[Known] = (),
        seen: Callable[[Bucket], None] = lambda bucket: None,
    ) -> None:
        self.target = target
        self.known = known
        self.seen = seen
        self.failure: HarnessFailure | None = None
        self.plan = plan
        self.progress = progress
        self.slots = [Slot(KINDS) for _ in range(plan.workers)]
        self.statistics = Statistics()
        self.deaths: list[tuple[frozenset[str], str]] = []
        """Cases whose worker died in them: (kinds, status), not in any slot's counts."""
        self.alive: list[Worker] = []
        self.interrupted = False

    def run(self) -> Statistics:
        """Run to the end of the budget, or until interrupted (Ctrl-C ends it in order)."""
        began = time.monotonic()
        deadline = None if self.plan.seconds is None else began + self.plan.seconds
        # Ctrl-C and a service's SIGTERM are noted, not raised: raised between reaping a worker and starting
        # its successor, they would lose one of the two
        previous = {number: signal.signal(number, self._interrupt) for number in ENDING_SIGNALS}
        try:
            for at, slot in enumerate(self.slots):
                self.alive.append(self._start(self._share(at, deadline), slot))
            while self.alive and not self.interrupted:
                self._tick()
                self._count(time.monotonic() - began)
                self.progress(self.statistics)
        except HarnessFailure as failure:
            self.failure = failure
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
            for worker in self.alive:
                self._stop(worker)
        self._count(time.monotonic() - began)
        return self.statistics

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self.interrupted = True

    def _start(self, share: Share, slot: Slot) -> Worker:
        return start(share, slot, lambda: work(self.target, share, slot, self.known))

    def _share(self, first: int, deadline: float | None) -> Share:
        plan = self.plan
        return Share(plan.seed, first, plan.workers, plan.examples, deadline, plan.kinds, plan.watch_every)

    def _tick(self) -> None:
        """One look at every worker."""
        before = time.monotonic()
        ready, _, _ = select.select([worker.pipe for worker in self.alive], [], [], TICK)
        awake = min(time.monotonic() - before, 2 * TICK)
        for worker in list(self.alive):
            if worker.pipe in ready and not self._read(worker):
                self._bury(worker, None)
            elif worker.watch(awake) > CASE_SECONDS:
                os.kill(worker.process, signal.SIGKILL)
                self._bury(worker, "hang")

    def _read(self, worker: Worker) -> bool:
        """Take in what the worker wrote; False at the end of its pipe."""
        while True:
            try:
                chunk = os.read(worker.pipe, 1 << 16)
            except BlockingIOError:
                return True
            if not chunk:
                return False
            worker.unread += chunk
            *lines, rest = worker.unread.split(b"\n")
            worker.unread = bytearray(rest)
            for line in lines:
                self._take(json.loads(line))

    def _take(self, record: dict[str, object]) -> None:
        if record["status"] != "failed":
            self.statistics.reasons[f"{record['status']}: {record['reason']}"] += 1
            return
        findings = [finding_from_data(data) for data in record["findings"]]  # type: ignore[attr-defined]
        # one finding stands for the case: what comes after the first is mostly its consequence
        self._add(findings[0], str(record["case"]), int(str(record["nodes"])), int(str(record["index"])))

    def _add(self, finding: Finding, case: str, nodes: int, index: int) -> None:
        new = Bucket(finding.bucket, finding, case, nodes, index)
        best = self.statistics.buckets.setdefault(new.name, new)
        new.count = best.count + 1
        best.count = new.count
        if new is best or new.order() < best.order():
            self.statistics.buckets[new.name] = new
            self.seen(new)

    def _bury(self, worker: Worker, hang: str | None) -> None:
        """The worker is gone: reap it, report its death if it died, and start another in its place."""
        self.alive.remove(worker)
        self._read(worker)
        status = os.waitpid(worker.process, 0)[1]
        os.close(worker.pipe)
        stderr = tail(worker.stderr)
        worker.stderr.close()
        index = worker.slot.case()
        # a case may end the worker with `os._exit(0)`: only between two cases is 0 the end of its share
        if status == 0 and hang is None and index == IDLE:
            return
        if worker.slot.failed():
            raise HarnessFailure(f"case {index} of seed {self.plan.seed}\n{stderr}")
        if hang is None and index == IDLE:
            raise HarnessFailure(f"a worker died between two cases ({cause_of(status)})\n{stderr}")
        # a worker that was killed for a hang may have gone on at that very moment
        if hang is None or worker.slot.begun() == worker.begun:
            self._report_death(worker, index, hang or cause_of(status), stderr)
            first = worker.slot.last() + self.plan.workers
        else:
            first = worker.slot.last() + (self.plan.workers if index == IDLE else 0)
        worker.slot.abandon()
        share = self._share(first, worker.share.deadline)
        self.alive.append(self._start(share, worker.slot))

    def _report_death(self, worker: Worker, index: int, cause: str, stderr: str) -> None:
        case = drawn_case(self.plan.seed, index, self.plan.kinds)
        finding = death_finding(cause, worker.slot.current_stage(), stderr)
        outcome = without_known(self.known, case, Outcome("failed", (finding,)))
        self.deaths.append((case.kinds(), outcome.status))
        if outcome.findings:
            self._add(finding, dumps(case), len(case.nodes), index)
        else:
            self.statistics.reasons[f"{outcome.status}: {outcome.reason}"] += 1

    def _stop(self, worker: Worker) -> None:
        os.kill(worker.process, signal.SIGKILL)
        self._read(worker)
        os.waitpid(worker.process, 0)
        os.close(worker.pipe)
        worker.stderr.close()

    def _count(self, seconds: float) -> None:
        statistics = self.statistics
        statistics.seconds = seconds
        statistics.statuses = {
            status: sum(slot.counts()[status] for slot in self.slots) for status in STATUSES
        }
        statistics.by_kind = {kind: dict.fromkeys(STATUSES, 0) for kind in KINDS}
        for slot in self.slots:
            for kind, counts in slot.counts_by_kind().items():
                for status, count in counts.items():
                    statistics.by_kind[kind][status] += count
        for kinds, status in self.deaths:
            statistics.statuses[status] += 1
            for kind in kinds:
                statistics.by_kind[kind][status] += 1
        statistics.spent = {
            stage: sum(slot.spent_by_stage()[stage] for slot in self.slots) / 1e9 for stage in STAGES
        }
