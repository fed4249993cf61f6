"""Replay one case and gather what explains it: the code with its stacks, and both values side by side.

Claim: whatever the case does to CPython, the caller gets a Replay: emitting and executing each happen in a
process of their own. Code that the stack oracle rejects is executed there too, to show what comes of it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from generators.case import Case
from generators.rules import problems
from harness.describe import AccessRow, ValueRow, accesses_side_by_side, side_by_side
from harness.isolation import Death, isolated
from harness.runner import OF_A_KIND, STAGES, Clock, Outcome, Runner, combine, judge_refusal, name_emitter
from harness.targets.base import Target
from harness.triage import StageWatch, death_finding, probe
from oracles import execution
from oracles.graph_values import Output
from oracles.run import Emission, Finding, Refused, Run, TargetError, Verdict
from oracles.stack import annotate, verify
from oracles.stack import judge as stack

REPLAY_SECONDS = 60.0
"""For emitting or executing one case, verifying and listing it: the largest legal file takes less."""

STACK_WIDTH = 160
"""Characters of a stack that are shown."""


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One instruction: the stack before it, the call that emitted it, and the violations there."""

    offset: int
    instruction: str
    stack: str
    call: str
    violations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Emitted:
    """What is known before the code runs."""

    outcome: Outcome
    rows: tuple[CodeRow, ...] = ()
    outputs: tuple[Output, ...] = ()
    stacksize: int = 0
    max_depth: int = 0


@dataclass(frozen=True, slots=True)
class Executed:
    """What running the code showed: the verdict, the values place by place, the accesses of a call, and what
    it raised."""

    outcome: Outcome
    rows: tuple[ValueRow, ...] = ()
    raised: str = ""
    accesses: tuple[AccessRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Replay:
    """One case replayed. `death` says how CPython died of it, if it did; `bad_step`: of a script that fails,
    the step that ends the shortest beginning of it that fails too."""

    case: Case
    target: str
    outcome: Outcome
    emitted: Emitted | None = None
    executed: Executed | None = None
    death: Finding | None = None
    bad_step: int | None = None
    versions: dict[str, str] = field(default_factory=dict)


def replay(target: Target, case: Case) -> Replay:
    """Emit, verify and execute the case, each stage watched from outside."""
    replayed = _replay(target, case)
    if case.kind != "script" or not replayed.outcome.findings:
        return replayed
    return dataclasses.replace(replayed, bad_step=_bad_step(target, case))


def _bad_step(target: Target, case: Case) -> int | None:
    """Of a script the step that ends the shortest beginning that is a script itself and fails."""
    for at in range(len(case.steps)):
        begun = dataclasses.replace(case, steps=case.steps[: at + 1])
        if next(problems(begun), None) is None and probe(target, begun).findings:
            return at
    return None


def _replay(target: Target, case: Case) -> Replay:
    versions = target.versions()
    emitted = _watched(target, case, _emit)
    if isinstance(emitted, Finding):
        return Replay(case, target.name, Outcome("failed", (emitted,)), death=emitted, versions=versions)
    if not emitted.rows:  # the target refused or raised
        return Replay(case, target.name, emitted.outcome, emitted, versions=versions)
    executed = _watched(target, case, _execute)
    if isinstance(executed, Finding):
        outcome = Outcome("failed", (*emitted.outcome.findings, executed))
        return Replay(case, target.name, outcome, emitted, None, executed, versions=versions)
    outcome = combine(emitted.outcome, executed.outcome)
    return Replay(case, target.name, outcome, emitted, executed, versions=versions)


def _watched(target: Target, case: Case, stage: Any) -> Any:
    watch = StageWatch()
    runner = Runner(target, Clock([0] * len(STAGES), watch.enter))
    end = isolated(lambda: stage(runner, case), REPLAY_SECONDS, limited=True)
    if isinstance(end, Death):
        return death_finding(end.cause, watch.name(), end.stderr)
    return end.value


def _emit(runner: Runner, case: Case) -> Emitted:
    try:
        run = runner.emit(case)
    except Refused as refusal:
        return Emitted(judge_refusal(runner.target, case, refusal))
    except TargetError as error:
        return Emitted(Outcome("failed", (error.finding(),)))
    emission = run.emission
    verdict = stack.judge(emission)
    outcome = Outcome(verdict.status, verdict.findings, verdict.reason)
    rows, depth = _code_rows(emission, verdict)
    return Emitted(outcome, tuple(rows), emission.outputs, emission.code.co_stacksize, depth)


def _code_rows(emission: Emission, verdict: Verdict) -> tuple[list[CodeRow], int]:
    if verdict.status == "inconclusive":
        return [CodeRow(0, "not verified on this Python", "", "", ())], 0
    calls = emission.calls or {}
    wrong: dict[int | None, list[str]] = {}
    for finding in verdict.findings:
        wrong.setdefault(finding.offset, []).append(f"{finding.invariant}: {finding.message}")
    report = verify(emission.code)
    rows = []
    for row in annotate(emission.code, report):
        call = calls.get(row.offset)
        shown = ""
        if call is not None:
            shown = call.function if call.node is None else f"{call.function}  node {call.node}"
        rows.append(
            CodeRow(
                row.offset,
                f"{row.opname} {row.argrepr or ('' if row.oparg is None else row.oparg)}".rstrip(),
                "unreachable" if row.stack is None else _top_of(row.stack),
                shown,
                tuple(wrong.get(row.offset, ())),
            )
        )
    return rows, report.max_depth


def _top_of(stack: str) -> str:
    """The stack in words; of a deep one only the top, which is what an instruction works on."""
    return stack if len(stack) <= STACK_WIDTH else "… " + stack[-STACK_WIDTH:]


def _execute(runner: Runner, case: Case) -> Executed:
    run = runner.emit(case)
    # the last stage: whatever happens from here on is the emitted code's doing
    runner.clock.done(3)
    before = dict(run.emission.namespace)
    try:
        actual = run.emission.execute(run.world)
    except (Exception, SystemExit, GeneratorExit) as error:  # noqa: BLE001 - shown to the reader
        verdict = execution.raised(run, error)
        return Executed(_named(verdict, run), raised=f"{type(error).__name__}: {error}")
    outcome: Verdict | Outcome = execution.judge_result(run, actual, before)
    for judge in OF_A_KIND.get(case.kind, ()):
        outcome = combine(outcome, judge(run))
    rows, accesses = tuple(side_by_side(run, actual)), tuple(accesses_side_by_side(run))
    return Executed(_named(outcome, run), rows, accesses=accesses)


def _named(verdict: Verdict | Outcome, run: Run) -> Outcome:
    findings = tuple(name_emitter(finding, run) for finding in verdict.findings)
    return Outcome(verdict.status, findings, verdict.reason)
