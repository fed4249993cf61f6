"""One case through one target and the oracles.

Claim: a case ends in exactly one of `passed`, `failed`, `inconclusive`, `rejected`, `absent`; what the stack
oracle rejects is never executed here, and an error of the harness is raised, never turned into a finding.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass

from generators.case import Case
from harness.contracts import Watch
from harness.targets.base import Compared, Target, world_of
from oracles import accesses, execution, temporaries, trace
from oracles.run import Call, Emission, Finding, Refused, Run, TargetError, Verdict
from oracles.stack import judge as stack
from oracles.world import may_be_refused, must_be_refused

STATUSES = ("passed", "failed", "known", "inconclusive", "rejected", "absent")
"""How a case can end; the first four are what a summary counts as `cases`."""

NOT_JUDGED = ("rejected", "absent")
"""The ends of a case for which there was no code to judge: a legitimate graph break, and what the tested
version of the target lacks."""

STAGES = ("draw", "world", "emit", "stack", "values", "trace", "contracts")
"""What a case goes through, in order; `draw` is the campaign's, and the last two come for a sample alone."""

OF_A_KIND: dict[str, tuple[Callable[[Run], Verdict], ...]] = {"call": (accesses.judge, temporaries.judge)}
"""The oracles that judge one kind of case alone, once the emission has run."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a case ended. `reason`: why it was rejected, what it asked for in vain, or why an oracle could not
    judge it."""

    status: str
    findings: tuple[Finding, ...] = ()
    reason: str = ""


class Clock:
    """Where the time of a case goes: nanoseconds by stage, and the stage a case is in now."""

    __slots__ = ("_last", "_spent", "entered")

    def __init__(self, spent: list[int], entered: Callable[[int], None]) -> None:
        self._spent = spent
        self._last = time.perf_counter_ns()
        self.entered = entered

    def start(self) -> None:
        """A case begins: what came before it counts for nothing."""
        self._last = time.perf_counter_ns()
        self.entered(0)

    def done(self, stage: int) -> None:
        """Stage number `stage` of STAGES is over, and the next one begins."""
        now = time.perf_counter_ns()
        self._spent[stage] += now - self._last
        self._last = now
        self.entered(stage + 1)


def unobserved_clock() -> Clock:
    """A clock whose figures nobody reads."""
    return Clock([0] * len(STAGES), lambda stage: None)


class Runner:
    """Runs cases on one target, in this process; `sampled`: with the oracles too that a campaign gives a
    sample to."""

    def __init__(self, target: Target, clock: Clock | None = None, *, sampled: bool = False) -> None:
        self.target = target
        self.compared = target if isinstance(target, Compared) else None
        self.clock = clock or unobserved_clock()
        self.sampled = sampled

    def run(self, case: Case) -> Outcome:
        """The outcome of a case; findings do not yet name the codegen call."""
        try:
            run = self._emit(case, record=False)
        except Refused as refusal:
            return self.compare(case, judge_refusal(self.target, case, refusal), refusal)
        except TargetError as error:
            return self.compare(case, Outcome("failed", (error.finding(),)), error)
        outcome = self.compare(case, self._judge(run), run.emission)
        return self.watch(case, self.trace(case, outcome)) if self.sampled else outcome

    def compare(self, case: Case, outcome: Outcome, end: Emission | Refused | TargetError) -> Outcome:
        """The outcome with what a target that has a peer says of the two of them."""
        if self.compared is None:
            return outcome
        verdict = self.compared.compare(case, end)
        if verdict.findings or verdict.reason:
            said = outcome.status in NOT_JUDGED and not verdict.findings
            return outcome if said else combine(outcome, verdict)
        return outcome

    def trace(self, case: Case, outcome: Outcome) -> Outcome:
        """The outcome with what the trace oracle says of the case, which is emitted and run once more.

        What failed is not run again.
        """
        if outcome.status not in ("passed", "inconclusive"):
            return outcome
        run = self._emit(case, record=False)
        verdict = trace.judge(run.emission, run.world)
        self.clock.done(5)
        return combine(outcome, verdict) if verdict.findings or verdict.reason else outcome

    def watch(self, case: Case, outcome: Outcome) -> Outcome:
        """The outcome with what comes of holding each call of the codegen against what it declares, for which
        the case is emitted once more.

        What failed is not emitted again.
        """
        if outcome.status not in ("passed", "inconclusive"):
            return outcome
        watch = Watch()
        self.target.emit(case, world_of(self.target, case), watch=watch)
        self.clock.done(6)
        verdict = watch.verdict()
        return combine(outcome, verdict) if verdict.findings else outcome

    def explain(self, case: Case) -> tuple[Outcome, Emission | None]:
        """The outcome again, with the codegen calls recorded and named in its findings."""
        try:
            run = self._emit(case, record=True)
        except Refused as refusal:
            return self.compare(case, judge_refusal(self.target, case, refusal), refusal), None
        except TargetError as error:
            return self.compare(case, Outcome("failed", (error.finding(),)), error), None
        judged = self.compare(case, self._judge(run), run.emission)
        outcome = self.watch(case, self.trace(case, judged))
        named = tuple(name_emitter(finding, run) for finding in outcome.findings)
        return dataclasses.replace(outcome, findings=named), run.emission

    def emit(self, case: Case) -> Run:
        """The run, its emission recorded and not judged; raises Refused and TargetError."""
        return self._emit(case, record=True)

    def _emit(self, case: Case, *, record: bool) -> Run:
        world = world_of(self.target, case)
        twin = world_of(self.target, case)
        self.clock.done(1)
        try:
            emission = self.target.emit(case, world, record=record)
        finally:
            self.clock.done(2)
        return Run(case, world, twin, emission)

    def _judge(self, run: Run) -> Outcome:
        verdict = stack.judge(run.emission)
        self.clock.done(3)
        if verdict.status == "failed":
            return Outcome("failed", verdict.findings)
        values = execution.judge(run)
        outcome = combine(verdict, values)
        for judge in OF_A_KIND.get(run.case.kind, ()):
            outcome = combine(outcome, judge(run))
        self.clock.done(4)
        if outcome.status != "failed" and must_be_refused(run.case):
            told = "gave code for the object of a @contextmanager function, whose frame cannot leave this one"
            return Outcome("failed", (Finding("target", "not-refused", "generator", told),))
        return outcome


def judge_refusal(target: Target, case: Case, refusal: Refused) -> Outcome:
    """`absent` if the target says that it lacks what the case asks for; `rejected` if the case may be refused
    (`oracles/world.py` says which); else a finding."""
    if refusal.absent:
        known = refusal.absent in target.lacking()
        return Outcome("absent", reason=refusal.absent) if known else Outcome("failed", (refusal.finding(),))
    if may_be_refused(case):
        return Outcome("rejected", reason=refusal.reason)
    return Outcome("failed", (refusal.finding(),))


def combine(stack_verdict: Verdict | Outcome, values: Verdict | Outcome) -> Outcome:
    """The end of a case that both oracles looked at: inconclusive only if neither could judge.

    The reason of an oracle that could not judge is kept, whatever the other said: it is counted and shown.
    """
    findings = stack_verdict.findings + values.findings
    reason = "; ".join(reason for reason in (stack_verdict.reason, values.reason) if reason)
    if findings:
        return Outcome("failed", findings, reason)
    if stack_verdict.status == values.status == "inconclusive":
        return Outcome("inconclusive", reason=reason)
    return Outcome("passed", reason=reason)


def name_emitter(finding: Finding, run: Run) -> Finding:
    """The finding with the codegen function at fault, as far as the recorded calls tell.

    That of a finding at an offset is the call that emitted the instruction there. That of a value finding is
    what rebuilt its node: the tracker's reconstruct; else, for a node that an effect changes, the replay of
    effects; else the reconstruct of its source.
    """
    calls = run.emission.calls
    if finding.emitter or calls is None:
        return finding
    if finding.offset is not None and finding.offset in calls:
        call = calls[finding.offset]
        return dataclasses.replace(finding, emitter=call.function, node=call.node)
    if finding.node is not None:
        return dataclasses.replace(finding, emitter=_rebuilt_by(finding.node, run.case, list(calls.values())))
    return finding


def _rebuilt_by(node: int, case: Case, calls: list[Call]) -> str:
    functions = [call.function for call in calls if call.node == node]
    reconstructs = [function for function in functions if function.endswith(".reconstruct")]
    candidates = [function for function in reconstructs if not function.endswith("Source.reconstruct")]
    if any(effect.on == node for effect in case.effects):
        replays = [call.function for call in calls if call.function.startswith("SideEffects.")]
        candidates += sorted(replays, key=lambda name: not name.endswith("update_mutated"))
    return next(iter(candidates + reconstructs + functions), "")
