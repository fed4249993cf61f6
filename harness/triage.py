"""From a failing case to something worth reading: its bucket confirmed in a fresh process, its case shrunk.

Claim: nothing here runs a case in the caller's own process, and what a death is called does not depend on
who watched it.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from generators.case import Case
from harness.corpus import Known, without_known
from harness.isolation import MEMORY, OUTPUT, Death, isolated
from harness.reducer.reduce import Reduced, reduce
from harness.runner import STAGES, Clock, Outcome, Runner
from harness.targets.base import Target
from oracles.run import Finding

SAMPLED = ("trace ", "contracts ")
"""How the buckets begin of the oracles that a campaign gives a sample to."""

ENDED = {
    "hang": "hung",
    "memory": f"took more than {MEMORY >> 20:,} MiB of memory",
    "output": f"wrote more than {OUTPUT >> 20} MiB",
}
"""Why a process is ended that does not die of itself: what its finding says."""

PROBE_SECONDS = 5.0
"""For one case in a process of its own; a case takes milliseconds."""

HANG_SECONDS = 1.0
"""For a case that was seen to hang, and for candidates in its place: two hundred times what a case takes."""

HANG = "isolation · hang"
"""How the buckets begin of cases that hang."""

RUNS = 4
"""Fresh processes in which an example is run before anything is made of it: does it always show its
bucket?"""

SHRINK_SECONDS = 120.0
"""For a whole reduction in one process; beyond it each candidate gets a process of its own."""


def death_finding(cause: str, stage: str, stderr: str) -> Finding:
    """The finding that a process died, or was ended, in a stage of a case. `cause`: as in `Death`."""
    told = ENDED.get(cause)
    return Finding(
        oracle="isolation",
        invariant=cause if told else "crash",
        subject=stage if told else f"{cause} in {stage}",
        message=f"the process {told or f'ended with {cause}'} in stage `{stage}`",
        detail=stderr,
    )


class StageWatch:
    """The stage of a case, in memory shared with a forked child."""

    def __init__(self) -> None:
        self._byte = mmap.mmap(-1, 1)

    def enter(self, stage: int) -> None:
        """Stage number `stage` of STAGES begins."""
        self._byte[0] = stage

    def name(self) -> str:
        """The stage entered last."""
        return STAGES[min(self._byte[0], len(STAGES) - 1)]


def probe(target: Target, case: Case, seconds: float = PROBE_SECONDS) -> Outcome:
    """The outcome of a case in a process of its own, codegen calls named; a death is a finding."""
    watch = StageWatch()

    def child() -> Outcome:
        runner = Runner(target, Clock([0] * len(STAGES), watch.enter))
        return runner.explain(case)[0]

    end = isolated(child, seconds, limited=True)
    if isinstance(end, Death):
        return Outcome("failed", (death_finding(end.cause, watch.name(), end.stderr),))
    return end.value


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A bucket's example made small. It was run in `runs` fresh processes, of which `shown` ended in the
    bucket. `finding` is what the small case shows; None where that is left as it was, since it does not
    always show."""

    case: Case
    attempts: int
    shown: int
    runs: int
    finding: Finding | None = None

    @property
    def confirmed(self) -> bool:
        """Did every process show it, and does the small case?"""
        return self.shown == self.runs and self.finding is not None


class Shrinker:
    """Makes the example of one bucket small. A candidate counts where it ends in the bucket and no known
    cause covers that finding: else a new cause could be shrunk until only an old one is left of it."""

    def __init__(self, target: Target, bucket: str, known: Sequence[Known] = ()) -> None:
        self.target = target
        self.bucket = bucket
        self.known = known
        # a case that hangs is waited for each time
        self.seconds = HANG_SECONDS if bucket.startswith(HANG) else PROBE_SECONDS

    def shrink(self, case: Case) -> Shrunk:
        """The smallest case found that shows the bucket, after a look at whether this one always does."""
        shown = sum(self._shown_apart(case) is not None for _ in range(RUNS))
        if shown < RUNS:
            return Shrunk(case, 0, shown, RUNS)
        reduced = self._reduced(case)
        finding = self._shown_apart(reduced.case)
        small = case if finding is None else reduced.case
        return Shrunk(small, reduced.attempts, shown, RUNS, finding)

    def _reduced(self, case: Case) -> Reduced:
        if not self.bucket.startswith(HANG):
            end = isolated(lambda: reduce(case, self._in_process()), SHRINK_SECONDS, limited=True)
            if not isinstance(end, Death):
                return end.value
        # a candidate takes the process along: one process for each, then
        return reduce(case, lambda candidate: self._shown_apart(candidate) is not None)

    def _in_process(self) -> Callable[[Case], bool]:
        runner = Runner(self.target, sampled=self.bucket.startswith(SAMPLED))

        def same(case: Case) -> bool:
            # recording costs as much again, and most candidates do not fail
            return (
                runner.run(case).status == "failed" and self._shown(case, runner.explain(case)[0]) is not None
            )

        return same

    def _shown_apart(self, case: Case) -> Finding | None:
        return self._shown(case, probe(self.target, case, self.seconds))

    def _shown(self, case: Case, outcome: Outcome) -> Finding | None:
        left = without_known(self.known, case, outcome).findings
        return next((finding for finding in left if finding.bucket == self.bucket), None)


def shrink(target: Target, bucket: str, case: Case, known: Sequence[Known] = ()) -> Shrunk:
    """The smallest case found that ends in the same bucket, by no known cause."""
    return Shrinker(target, bucket, known).shrink(case)
