"""A campaign: the chunks of a plan, run by forked workers until its budget is used up.

Claim: with a number of examples the same seed gives the same cases and the same findings, whatever the number
of workers; every case drawn is counted under exactly one status; a worker's death is a finding with its case,
and the campaign goes on. A worker that somebody else killed is replaced, and its case run again.
"""

from __future__ import annotations

import dataclasses
import json
import select
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from harness.chunks import Bucket, Part, Past, Plan, Statistics
from harness.corpus import Known, without_known
from harness.isolation import MEMORY, HarnessFailure, cause_of, tail
from harness.journal import StateError
from harness.runner import STATUSES, Outcome
from harness.targets.base import Target
from harness.triage import death_finding
from harness.vitals import TICK
from harness.workers import Job, Note, Slot, Worker, finding_from_data, line, noted, start, work

CASE_SECONDS = 5.0
"""Of its worker's own time (see `Vitals`): a case that takes longer hangs. The slowest that does not takes
milliseconds."""

HASTE = 5
"""By how much less time a case may take in a chunk in which another one hung."""

AGAIN = 4
"""Times that a case is run again whose worker was killed: the killer may be somebody else."""

VAIN = 10
"""Workers in a row that may die before they begin a case."""

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(slots=True)
class Running:
    """A chunk that a worker is at. `told`: what was said of its cases, by index; `died`: kinds and status of
    those whose worker died in them; `again`: how often a case was run again since its worker was killed;
    `vain`: workers in a row that died before they began a case; `hung`: did a case hang?"""

    number: int
    span: range
    told: dict[int, dict[str, Any]] = field(default_factory=dict)
    died: dict[int, tuple[frozenset[str], str]] = field(default_factory=dict)
    again: Counter[int] = field(default_factory=Counter)
    vain: int = 0
    hung: bool = False

    def part(self, plan: Plan, notes: Sequence[Note], spent: dict[str, float]) -> Part:
        """What came of the chunk, up to the first case that was not run."""
        counted = Statistics(spent=spent)
        for index, note in zip(self.span, notes, strict=False):
            ended = self.died.get(index) or noted(note)
            record = self.told.get(index)
            if ended is None:
                if record is None:
                    return Part(self.number, index, counted)
                # it was all over but for the noting
                ended = plan.case(index).kinds(), record["status"]
            counted.count(*ended)
            if record is not None:
                self._judge(counted, record)
        return Part(self.number, self.span.stop, counted)

    def _judge(self, counted: Statistics, record: dict[str, Any]) -> None:
        if record["status"] == "failed":
            counted.found(bucket_of(record))
        else:
            counted.reasons[f"{record['status']}: {record['reason']}"] += 1


def bucket_of(record: dict[str, Any]) -> Bucket:
    """The cause of a failed case, as far as its worker told."""
    # one finding stands for the case: what comes after the first is mostly its consequence
    finding = finding_from_data(record["findings"][0])
    return Bucket(finding.bucket, finding, record["nodes"], record["index"])


class Campaign:
    """Runs a plan on a target, but for what was run in the past. `progress` is called about ten times a
    second; `known` are the causes that are counted and gone past. `seen` is called for each new bucket, and
    for each better example of one; `done` for each chunk, and for what was run of a chunk when the campaign
    ended.

    An error of the harness ends the campaign, and so does `done` with a StateError; `failure` is that error,
    and what was found until then stands.
    """

    def __init__(
        self,
        target: Target,
        plan: Plan,
        progress: Callable[[Statistics], None] = lambda statistics: None,
        known: Sequence[Known] = (),
        seen: Callable[[Bucket], None] = lambda bucket: None,
        done: Callable[[Part], None] = lambda part: None,
        past: Past | None = None,
    ) -> None:
        past = past or Past()
        self.target = target
        self.known = known
        self.seen = seen
        self.done = done
        self.failure: HarnessFailure | StateError | None = None
        self.plan = plan
        self.progress = progress
        self.statistics = past.statistics
        self.before = past.statistics.seconds
        self.parts = dict(past.parts)
        """What was run in the past of chunks that have not been finished since."""
        self.chunks = (number for number in plan.chunks() if number not in past.chunks)
        self.best = dict(past.statistics.buckets)
        """The best examples so far and how often each cause was seen, cases in chunks that are not done
        counted too."""
        self.alive: dict[Worker, Running] = {}
        self.interrupted = False
        self.killed = 0
        """Workers that were killed from outside."""
        self.replaced = 0
        """Workers in whose place another one was started, whatever the cause."""
        self.lost: list[str] = []
        """Machines that were lost: none, on one."""
        self.began = self.looked = time.monotonic()

    def run(self) -> Statistics:
        """Run to the end of the budget, or until interrupted (Ctrl-C ends it in order)."""
        self.began = time.monotonic()
        seconds = self.plan.seconds
        deadline = None if seconds is None else self.began + seconds - self.before
        self.job = Job(self.target, self.plan, self.known, deadline)
        # Ctrl-C and a service's SIGTERM are noted, not raised: raised between reaping a worker and starting
        # its successor, they would lose one of the two
        previous = {number: signal.signal(number, self._interrupt) for number in ENDING_SIGNALS}
        try:
            for _ in range(self.plan.workers):
                self._employ()
            while self.alive and not self.interrupted and self.failure is None:
                self._tick()
                self.progress(self._so_far())
        except HarnessFailure as failure:
            self.failure = failure
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
            for worker in list(self.alive):
                self._stop(worker)
        for part in self.parts.values():
            self.statistics.add(part.statistics)
        self.statistics.seconds = self.seconds()
        self.statistics.replaced = self.replaced
        return self.statistics

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self.interrupted = True

    def seconds(self) -> float:
        """What the campaign took so far, with what was run before."""
        return self.before + time.monotonic() - self.began

    def _so_far(self) -> Statistics:
        """The statistics with what is known of chunks that are not done: statuses and buckets."""
        statuses = dict(self.statistics.statuses)
        for worker in self.alive:
            for note in worker.slot.notes():
                if note[0]:
                    statuses[STATUSES[note[0] - 1]] += 1
        seconds = self.seconds()
        return dataclasses.replace(
            self.statistics, seconds=seconds, statuses=statuses, buckets=self.best, replaced=self.replaced
        )

    # --- workers and their chunks ------------------------------------------------------------------

    def _employ(self) -> None:
        """Start a worker, if there is a chunk for it."""
        running = self._next()
        if running is not None:
            slot = Slot(self.plan.chunk)
            self._start(slot, running, running.span)

    def _next(self) -> Running | None:
        number = None if self.job.is_over() else next(self.chunks, None)
        return None if number is None else Running(number, self.plan.span(number))

    def _start(self, slot: Slot, running: Running, cases: range) -> None:
        worker = start(slot, lambda orders, output: work(self.job, slot, orders, output))
        self.alive[worker] = running
        worker.order(cases)

    def _tick(self) -> None:
        """One look at every worker."""
        ready, _, _ = select.select([worker.pipe for worker in self.alive], [], [], TICK)
        for worker in list(self.alive):
            if worker.pipe in ready and not self._read(worker):
                self._bury(worker, "")
        if time.monotonic() - self.looked >= TICK:
            self.looked = time.monotonic()
            for worker in list(self.alive):
                # a cause that hangs does it again: of the next ones less is enough
                patience = CASE_SECONDS / HASTE if self.alive[worker].hung else CASE_SECONDS
                if cause := worker.watch(patience):
                    worker.kill()
                    self._bury(worker, cause)

    def _read(self, worker: Worker) -> bool:
        """Take in what the worker wrote; False at the end of its pipe."""
        lines, ended = worker.read()
        for each in lines:
            record = json.loads(each)
            if "index" in record:
                self._hear(self.alive[worker], record)
            else:
                self._finish(worker, record["end"])
        return not ended

    def _hear(self, running: Running, record: dict[str, Any]) -> None:
        running.told[record["index"]] = record
        if record["status"] != "failed":
            return
        bucket = bucket_of(record)
        best = self.best.get(bucket.name)
        self.best[bucket.name] = bucket if best is None else best.joined(bucket)
        if best is None or bucket.order() < best.order():
            self.seen(bucket)

    def _finish(self, worker: Worker, end: int) -> None:
        """The worker is through with its chunk, or its time was over: give it the next."""
        running, slot = self.alive[worker], worker.slot
        notes, spent = slot.notes(), slot.spent()
        following = self._next() if end == running.span.stop else None
        if following is None:
            self._dismiss(worker)
        else:
            slot.clear()
            if worker.vitals.grown() > MEMORY // 2:
                # no case has taken it alone: the next one must not be blamed
                self._dismiss(worker)
                self.replaced += 1
                self._start(slot, following, following.span)
            else:
                self.alive[worker] = following
                worker.order(following.span)
        self._take(running.part(self.plan, notes, spent))

    def _dismiss(self, worker: Worker) -> Running:
        worker.kill()
        worker.reap()
        worker.stderr.close()
        return self.alive.pop(worker)

    def _stop(self, worker: Worker) -> None:
        """The campaign ends before the chunk does."""
        worker.kill()
        self._read(worker)
        if worker in self.alive:  # else its chunk was done at that very moment
            running = self._dismiss(worker)
            part = running.part(self.plan, worker.slot.notes(), worker.slot.spent())
            if part.end > running.span.start:
                self._take(part)

    def _take(self, part: Part) -> None:
        before = self.parts.pop(part.chunk, part)
        if before.end > part.end:
            self.parts[part.chunk] = before  # it was stopped earlier this time
            return
        self.statistics.add(part.statistics)
        self.statistics.seconds = self.seconds()
        if self.failure is None:
            try:
                self.done(part)
            except StateError as error:
                self.failure = error

    # --- deaths ------------------------------------------------------------------------------------

    def _bury(self, worker: Worker, cause: str) -> None:
        """The worker is gone, for a cause if its parent ended it: reap it, report what it died of, and start
        another in its place."""
        if worker in self.alive:
            self._read(worker)
        if worker not in self.alive:
            return  # its last chunk was done
        running, slot = self.alive.pop(worker), worker.slot
        self.replaced += 1
        status = worker.reap()
        stderr = tail(worker.stderr)
        worker.stderr.close()
        if slot.failed():
            raise HarnessFailure(f"case {slot.case()} of seed {self.plan.seed}\n{stderr}")
        ended = cause or cause_of(status)
        index = slot.last()
        if index < worker.first:
            running.vain += 1
            if running.vain == VAIN:
                raise HarnessFailure(f"{VAIN} workers died before their first case ({ended})\n{stderr}")
            self._start(slot, running, range(worker.first, running.span.stop))
            return
        running.vain = 0
        over = slot.is_noted(index - running.span.start)
        if cause:
            # it may have gone on at that very moment
            innocent = slot.begun() != worker.begun
        else:
            innocent = self._is_from_outside(running, ended, index, over)
        if not innocent:
            self._report_death(running, slot, ended, stderr)
            running.hung |= cause == "hang"
        following = index + over if innocent else index + 1
        self._start(slot, running, range(following, running.span.stop))

    def _is_from_outside(self, running: Running, ended: str, index: int, over: bool) -> bool:
        """Did somebody else kill the worker? A case that does it does it again."""
        if ended != "SIGKILL" or running.again[index] == AGAIN:
            return False
        self.killed += 1
        running.again[index] += not over
        return True

    def _report_death(self, running: Running, slot: Slot, cause: str, stderr: str) -> None:
        """The worker died in the case it began last, or right after it."""
        index = slot.last()
        self.killed -= running.again.pop(index, 0)  # it was the case
        case = self.plan.case(index)
        finding = death_finding(cause, slot.current_stage(), stderr)
        outcome = without_known(self.known, case, Outcome("failed", (finding,)))
        running.died[index] = case.kinds(), outcome.status
        self._hear(running, json.loads(line(index, outcome, len(case.nodes))))
