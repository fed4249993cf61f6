"""From a failing case to something worth reading: its bucket confirmed in a fresh process, its case shrunk.

Claim: nothing here runs a case in the caller's own process, and what a death is called does not depend on
who watched it.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable
from dataclasses import dataclass

from generators.case import Case
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
"""For a candidate in place of a case that was seen to hang: two hundred times what a case takes."""

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
    """A bucket's example made small. `confirmed` is False where a fresh process did not show the bucket.
    `finding` is what the small case shows, None where it was not confirmed."""

    case: Case
    attempts: int
    confirmed: bool
    finding: Finding | None = None


def shrink(target: Target, bucket: str, case: Case) -> Shrunk:
    """The smallest case found that ends in the same bucket."""
    outcome = probe(target, case)
    if not _is_in(bucket, outcome):
        return Shrunk(case, 0, False)
    if outcome.findings[0].invariant == "hang":
        reduced = reduce(case, lambda candidate: _is_in(bucket, probe(target, candidate, HANG_SECONDS)))
        return _finished(target, bucket, reduced)
    end = isolated(lambda: reduce(case, _in_process(target, bucket)), SHRINK_SECONDS, limited=True)
    if isinstance(end, Death):
        # a candidate took the process along: one process for each, then
        reduced = reduce(case, lambda candidate: _is_in(bucket, probe(target, candidate)))
    else:
        reduced = end.value
    return _finished(target, bucket, reduced)


def _finished(target: Target, bucket: str, reduced: Reduced) -> Shrunk:
    shown = [finding for finding in probe(target, reduced.case).findings if finding.bucket == bucket]
    return Shrunk(reduced.case, reduced.attempts, bool(shown), shown[0] if shown else None)


def _in_process(target: Target, bucket: str) -> Callable[[Case], bool]:
    runner = Runner(target, sampled=bucket.startswith(SAMPLED))

    def same(case: Case) -> bool:
        # recording costs as much again, and most candidates do not fail
        return runner.run(case).status == "failed" and _is_in(bucket, runner.explain(case)[0])

    return same


def _is_in(bucket: str, outcome: Outcome) -> bool:
    return any(finding.bucket == bucket for finding in outcome.findings)
